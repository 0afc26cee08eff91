# SPDX-License-Identifier: GPL-3.0-or-later
"""One person: private folders, bus and keyring, and the daemon that runs on them.

Bus and keyring live as long as the lab; the daemon comes and goes with each test, on empty folders.
"""

import json
import os
import shutil
import signal
import subprocess

from lab.api import ROOT, Client, Failure, options
from lab.bus import Bus
from lab.keyring import Keyring
from lab.process import Process

FOLDERS = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state",
           "XDG_CACHE_HOME": "cache"}
SANITIZER_EXIT = 99
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1:exitcode=99:verify_asan_link_order=0:"
                    "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99",
    "LSAN_OPTIONS": "exitcode=99:print_suppressions=0:suppressions={lab}/lsan.supp",
    "TSAN_OPTIONS": "exitcode=99:second_deadlock_stack=1:suppressions={lab}/tsan.supp",
}


class Person:
    def __init__(self, name, letter, folder, queue, pulse, programs, with_keyring=True):
        """letter: whose sinks; programs: the folder of cusaxd and cusaxctl."""
        self.name, self.letter, self.folder, self.queue = name, letter, folder, queue
        self.programs, self.with_keyring = programs, with_keyring
        os.makedirs(folder)
        self.runtime = os.path.join(folder, "run")
        os.mkdir(self.runtime, 0o700)
        self.bus = Bus(self.runtime)
        self.env = {
            "PATH": f"{programs}:/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": self.runtime, "DBUS_SESSION_BUS_ADDRESS": self.bus.address,
            **{key: os.path.join(folder, name) for key, name in FOLDERS.items()},
            **(pulse.environment(letter) if pulse else {})}
        keyring_home = os.path.join(folder, "keyring")
        self.keyring = Keyring(folder, {**self.env, "XDG_DATA_HOME": keyring_home,
                                        "XDG_CACHE_HOME": keyring_home})
        self.client = None
        self.daemon = None
        self.log = os.path.join(folder, "cusaxd.log")

    # the desktop session

    def start(self):
        """Starts bus and keyring."""
        self.bus.start(self.env).ready()
        self.client = Client(self.bus.address, self.name, self.queue)
        if self.with_keyring:
            self.keyring.start()
        return self

    def ready(self):
        if self.with_keyring:
            self.keyring.ready(self.client.connection)
        return self

    def stop(self):
        self.stop_daemon()
        self.keyring.stop()
        if self.client:
            self.client.close()
        self.bus.stop()

    def fresh(self):
        """Back to a person who never had accounts: empty folders, empty keyring, empty log."""
        self.stop_daemon()
        for name in FOLDERS.values():
            shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)
        if os.path.exists(self.log):
            os.replace(self.log, self.log + ".old")
        if self.with_keyring:
            if self.keyring.locked():
                self.keyring.unlock()
            self.keyring.forget()

    # the daemon

    def program_environment(self):
        """For programs under test: every checker at its strictest."""
        env = {**self.env, "G_DEBUG": "fatal-criticals"}
        for name, default in SANITIZERS.items():
            given = os.environ.get(name)
            default = default.format(lab=os.environ["LAB_DIR"])
            env[name] = f"{default}:{given}" if given else default
        return env

    def daemon_environment(self, extra=None):
        return {**self.program_environment(), **(extra or {})}

    def spawn(self, extra=None, arguments=("--debug",), log=None):
        """A cusaxd process on this person's bus, not waited for; extra: None unsets a variable."""
        # ThreadSanitizer wants its shadow memory at fixed addresses
        fixed = ["setarch", "-R"] if os.environ.get("LAB_BUILD") == "tsan" else []
        return Process("cusaxd", [*fixed, os.path.join(self.programs, "cusaxd"), *arguments],
                       log or self.log, env={key: value for key, value in
                                              self.daemon_environment(extra).items()
                                              if value is not None}, cwd=self.folder,
                       merge_env=False).start()

    def start_daemon(self, extra=None, arguments=("--debug",), timeout=10):
        self.daemon = self.spawn(extra, arguments)
        self.daemon.ready(lambda: self.queue.turn(0.02) or self.client.present(), timeout)
        return self

    def stop_daemon(self, patience=4):
        """Ends the daemon by SIGTERM and forgets it; returns its exit code."""
        if self.daemon is None:
            return None
        daemon, self.daemon = self.daemon, None
        code = daemon.stop(signal.SIGTERM, patience)
        self.queue.wait(lambda: not self.client.owner, 5, f"{self.name}'s bus name is free")
        return code

    # the API

    def call(self, path, where, method, signature=None, *arguments, **how):
        return self.client.call(path, where, method, signature, *arguments, **how)

    def refused(self, path, where, method, signature=None, *arguments, **how):
        """Calls a method that must fail; returns the Failure."""
        try:
            result = self.call(path, where, method, signature, *arguments, **how)
        except Failure as failure:
            return failure
        raise AssertionError(f"{where}.{method} was expected to fail, but returned {result!r}")

    def get(self, path, where, name):
        return self.client.get(path, where, name)

    def until(self, check, timeout, what):
        """Waits until check() is true; at once an error when the daemon ends meanwhile."""
        def alive():
            if self.daemon is not None and not self.daemon.running():
                raise AssertionError(f"{self.name}'s daemon ended with {self.daemon.exit_code} "
                                     f"while waiting for: {what}")
            return check()
        return self.queue.wait(alive, timeout, f"{self.name}: {what}")

    def wait(self, path, where, name, wanted, timeout=10):
        """Waits until a property has a value (or makes a callable true); returns the value."""
        def check():
            value = self.client.fact(path, where, name)
            good = wanted(value) if callable(wanted) else value == wanted
            return (value,) if value is not None and good else None
        want = "as wanted" if callable(wanted) else repr(wanted)
        try:
            return self.until(check, timeout, f"{where}.{name} is {want}")[0]
        except AssertionError as error:
            raise AssertionError(
                f"{error}\n{path} has {self.client.objects.get(path, {}).get(where)}") from None

    def add_account(self, protocol, address, password=None, **settings):
        """Adds an account; keyword a_b means the setting a-b. Returns its path."""
        plain = {key.replace("_", "-"): value for key, value in settings.items()}
        path = self.call(ROOT, "Admin", "AddAccount", "(ssa{sv})", protocol, address,
                         options(plain))
        if password is not None:
            self.call(ROOT, "Admin", "SetSecret", "(osa{sv})", path, password, {})
        return path

    def pair(self, chat, telephony, **settings):
        plain = {key.replace("_", "-"): value for key, value in settings.items()}
        return self.call(ROOT, "Admin", "Pair", "(ooa{sv})", chat, telephony, options(plain))

    def wait_state(self, account, wanted, timeout=10):
        return self.wait(account, "Account", "State", wanted, timeout)

    def error_of(self, account):
        """The last part of the name of the error that stands behind an account's state."""
        return (self.client.fact(account, "Account", "ErrorName") or "").rpartition(".")[2]

    def contact(self, jid, timeout=5):
        """The path of a roster entry, waited for."""
        return self.until(lambda: self.client.find("Contact", Address=jid), timeout,
                          f"the contact {jid}")

    def dial(self, target, **how):
        """Manager.Call; returns the path of the call."""
        return self.call(ROOT, "Manager", "Call", "(sa{sv})", target, options(how))

    def incoming(self, timeout=8, ignore=()):
        """The path of a ringing incoming call, waited for."""
        def search():
            for path in self.client.paths("Call"):
                if path not in ignore and \
                   self.client.fact(path, "Call", "Direction") == "incoming" and \
                   self.client.fact(path, "Call", "State") in ("incoming", "ringing"):
                    return path
            return None
        return self.until(search, timeout, "an incoming call")

    # the command line

    def ctl(self, *arguments, timeout=20, stdin=None):
        """Runs cusaxctl as this person; a CompletedProcess with text."""
        return subprocess.run([os.path.join(self.programs, "cusaxctl"), *arguments],
                              env=self.program_environment(), capture_output=True, text=True,
                              timeout=timeout, input=stdin, cwd=self.folder)

    def ctl_json(self, *arguments, **how):
        """Runs cusaxctl --json and returns what it printed."""
        done = self.ctl("--json", *arguments, **how)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"cusaxctl {' '.join(arguments)}: exit {done.returncode}, "
                                 f"{done.stdout!r} {done.stderr!r}") from None

    def log_text(self):
        try:
            with open(self.log, errors="replace") as log:
                return log.read()
        except OSError:
            return ""

# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and stopping the lab's programs by process id, each with its own log file."""

import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab itself failed: a server that did not start, a tool that is missing."""


def die_with_parent(signum=signal.SIGTERM):
    """A preexec_fn: the child gets this signal should the lab be killed before it can clean up.

    The kernel ties it to the thread that starts the child: start programs on the main thread only.
    """
    def setup():
        _libc.prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    return setup


def until(check, timeout, what, every=0.01):
    """Polls a check that has no event; returns its first true value, LabError at the deadline."""
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {timeout:g} s")
        time.sleep(every)


class Process:
    """One program. start() returns at once; ready() waits until it serves."""

    def __init__(self, name, argv, log, env=None, cwd=None, stdin=None, merge_env=True):
        self.name, self.argv, self.log = name, [str(a) for a in argv], str(log)
        self.env = {**os.environ, **(env or {})} if merge_env else dict(env or {})
        self.cwd, self.stdin = cwd, stdin
        self.popen = None

    def start(self):
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                self.argv, stdin=self.stdin or subprocess.DEVNULL, stdout=log, stderr=log,
                env={k: str(v) for k, v in self.env.items()}, cwd=self.cwd,
                start_new_session=True, preexec_fn=die_with_parent())
        return self

    @property
    def pid(self):
        return self.popen.pid

    @property
    def exit_code(self):
        """None while it runs."""
        return self.popen.poll() if self.popen else None

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def ready(self, check, timeout=15):
        """Waits until check() is true; a program that ends before that is an error."""
        def alive_and_ready():
            if not self.running():
                raise LabError(f"{self.name} ended with {self.exit_code}:\n{self.tail()}")
            return check()
        try:
            until(alive_and_ready, timeout, f"{self.name} is not ready")
        except LabError as error:
            raise LabError(f"{error}\n{self.tail()}") from None
        return self

    def send(self, signum):
        if self.running():
            self.popen.send_signal(signum)

    def wait(self, timeout):
        """The exit code; LabError if it still runs at the deadline."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} still runs after {timeout:g} s") from None

    def stop(self, signum=signal.SIGTERM, patience=3):
        """Ends it politely, then by SIGKILL to its own session; harmless when it is gone."""
        if self.popen is None:
            return None
        self.send(signum)
        try:
            self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        return self.popen.wait(5)

    def text(self):
        try:
            with open(self.log, errors="replace") as log:
                return log.read()
        except OSError:
            return ""

    def tail(self, lines=40):
        return "\n".join(self.text().splitlines()[-lines:])

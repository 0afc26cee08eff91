# SPDX-License-Identifier: GPL-3.0-or-later
"""The way in: makes the lab's folder, becomes an ordinary user, and leaves nothing behind.

    python3 -m lab.enter COMMAND [ARGUMENT...]      COMMAND: demo, shell, tests,
                                                    idle, sip, probe
    python3 -m lab.enter tests --results FILE ...   appends rows for `tests/run-c --summary`

Two processes. The keeper (this one) makes a private folder with a copy of the lab and of the
programs under test, so that the clone may lie where the ordinary user cannot read. Then it starts
the inner process as that user. Being subreaper, it inherits every orphan and ends them by id.
Killed itself, the kernel tells the inner process, which takes its servers down.
"""

import ctypes
import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from lab.process import die_with_parent

PR_SET_CHILD_SUBREAPER = 36
ORDINARY_USER = "nobody"
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
COMMANDS = {"demo": "lab.story", "shell": "lab.shell", "tests": "lab.runner",
            "probe": "lab.probe", "idle": "lab.idle", "sip": "lab.bench_sip"}
PROGRAMS = ("cusaxd", "cusaxctl")
# How often the long form of a test repeats itself: `make check-long`.
COUNT = re.compile(r"[A-Z][0-9]+_[A-Z]+")  # such as R27_RESTARTS


def furnish(folder, build):
    """Copies what runs inside: this package, and the programs under test if they are built."""
    shutil.copytree(HERE, os.path.join(folder, "src", "lab"),
                    ignore=shutil.ignore_patterns("__pycache__"))
    programs = os.path.join(folder, "bin")
    os.mkdir(programs)
    for name in PROGRAMS:
        path = os.path.join(build, name)
        if os.path.exists(path):
            shutil.copy2(path, programs)
    data = os.path.join(TOP, "tests", "data")
    for name in os.listdir(data) if os.path.isdir(data) else ():
        if name.endswith((".supp", ".txt")):
            shutil.copy2(os.path.join(data, name), folder)


def hand_over(folder, user):
    for path, folders, files in os.walk(folder):
        for name in [path] + [os.path.join(path, f) for f in folders + files]:
            os.chown(name, user.pw_uid, user.pw_gid)


def inner_environment(folder, user):
    keep = ("PATH", "TERM", "LANG", "LC_ALL", "NO_COLOR", "COLUMNS", "LINES", "PYTEST_ADDOPTS",
            "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")
    env = {k: os.environ[k] for k in keep if k in os.environ}
    env.update({k: v for k, v in os.environ.items() if k.startswith("LAB_") or COUNT.fullmatch(k)})
    env["PATH"] = f"{folder}/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    env.update(LAB_DIR=folder, HOME=folder, USER=user.pw_name, LOGNAME=user.pw_name, TMPDIR=folder,
               SHELL="/bin/sh", PYTHONPATH=os.path.join(folder, "src"), PYTHONDONTWRITEBYTECODE="1")
    return env


def take_option(argv, name):
    """Removes "--name VALUE" from argv; returns the value or None."""
    if name not in argv[:-1]:
        return None
    at = argv.index(name)
    value = argv[at + 1]
    del argv[at:at + 2]
    return value


def append_results(folder, path):
    """Hands on the rows that the tests wrote, into a file that the ordinary user may not reach."""
    written = os.path.join(folder, "results")
    if path and os.path.exists(written):
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(written) as rows, open(path, "a") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            out.write(rows.read())


def become(user):
    """A preexec_fn: drops root for good, then asks to be told of the keeper's death."""
    tell = die_with_parent(signal.SIGTERM)

    def setup():
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        tell()
    return setup


def children():
    own = os.getpid()
    with open(f"/proc/{own}/task/{own}/children") as listing:
        return [int(pid) for pid in listing.read().split()]


def reap_until(pid):
    """Reaps whatever ends below the keeper until this child does; returns its exit code."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def end_children():
    """Ends and reaps all that is left below the keeper: orphans arrive here one after the other."""
    started = time.monotonic()
    while children():
        late = time.monotonic() - started > 2
        for pid in children():
            try:
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
            except ProcessLookupError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.02)


def main(argv):
    if not argv or argv[0] not in COMMANDS:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    results = take_option(argv, "--results")
    build = os.path.abspath(os.path.join(TOP, os.environ.get("BUILD") or "build"))
    user = pwd.getpwnam(ORDINARY_USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    # From here on a signal is passed on, never the end of this process: it has to tidy up.
    inner = None

    def pass_on(signum, _frame):
        if inner is not None:
            os.kill(inner.pid, signal.SIGTERM if signum == signal.SIGHUP else signum)
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, pass_on)

    # sockets have short names: a deep TMPDIR would not do
    deep = len(tempfile.gettempdir()) > 50
    folder = tempfile.mkdtemp(prefix="cusax-lab-", dir="/tmp" if deep else None)
    code = 1
    try:
        furnish(folder, build)
        if os.geteuid() == 0:
            hand_over(folder, user)
        inner = subprocess.Popen(
            [sys.executable, "-m", COMMANDS[argv[0]], *argv[1:]], cwd=folder,
            env={**inner_environment(folder, user), "LAB_BUILD": os.path.basename(build)},
            preexec_fn=become(user))
        code = reap_until(inner.pid)
    finally:
        end_children()
        append_results(folder, results)
        if code != 0 and os.environ.get("LAB_KEEP"):
            print(f"lab: kept {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring a running daemon from outside: stalls of its main loop, wake-ups, memory."""

import os
import threading
import time

from gi.repository import Gio, GLib

from lab.api import NAME, ROOT, connect


def waits(pids):
    """(program, thread) → nanoseconds so far that it was runnable and did not run."""
    found = {}
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{thread}/schedstat") as facts:
                    found[pid, thread] = int(facts.read().split()[1])
            except (OSError, IndexError):
                continue
    return found


class WaitMeter:
    """How long programs that work one after the other waited for a processor at most, within any
    third of a second: `worst`, in seconds. On a busy machine that explains gaps that are not theirs.
    Of each program it is the thread that waited longest."""

    PERIOD = 0.05

    def __init__(self, *pids):
        self.pids, self.worst = pids, 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._stop.set()
        self._thread.join(5)

    def _run(self):
        seen = [waits(self.pids)]
        while not self._stop.wait(self.PERIOD):
            seen = [*seen[-6:], waits(self.pids)]
            longest = dict.fromkeys(self.pids, 0)
            for (pid, thread), now in seen[-1].items():
                before = seen[0].get((pid, thread), now)
                longest[pid] = max(longest[pid], now - before)
            self.worst = max(self.worst, sum(longest.values()) / 1e9)


class StallMeter:
    """Calls a real method every 20 ms on a connection of its own; a context manager.

    A stall is the time a call takes less what the programs on its way (this one, the bus, the
    daemon) waited for a processor: on a busy machine that wait is the machine's, not the daemon's.
    `worst` and `plain_worst` (with the wait) are milliseconds, `calls` how many were made.
    """

    PERIOD = 0.02

    def __init__(self, person):
        self.connection = connect(person.bus.address)
        self.pids = (os.getpid(), person.bus.process.pid, person.daemon.pid)
        self.worst = self.plain_worst = 0.0
        self.calls = 0
        self.failed = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._stop.set()
        self._thread.join(20)
        self.connection.close_sync(None)

    def _run(self):
        while not self._stop.is_set():
            before = waits(self.pids)
            begin = time.monotonic()
            try:
                self.connection.call_sync(NAME, ROOT, f"{NAME}.Manager", "GetStatistics", None,
                                          None, Gio.DBusCallFlags.NO_AUTO_START, 10000, None)
            except GLib.Error as error:
                self.failed = error.message
                return
            took = (time.monotonic() - begin) * 1000
            waited = sum(now - before[thread] for thread, now in waits(self.pids).items()
                         if thread in before) / 1e6
            self.plain_worst = max(self.plain_worst, took)
            self.worst = max(self.worst, took - waited)
            self.calls += 1
            self._stop.wait(max(0.0, self.PERIOD - took / 1000))

    def __str__(self):
        return (f"longest answer {self.worst:.1f} ms ({self.plain_worst:.1f} ms with waiting for a "
                f"processor), {self.calls} calls")


def _status(path):
    with open(path) as status:
        return dict(line.split(":\t", 1) for line in status.read().splitlines() if ":\t" in line)


def context_switches(pid):
    """Voluntary context switches so far: thread id → (name, number). Each is one wake-up."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        facts = _status(f"/proc/{pid}/task/{thread}/status")
        found[thread] = (facts["Name"], int(facts["voluntary_ctxt_switches"]))
    return found


def memory(pid):
    """Resident and private anonymous memory in MiB, from what any user may read."""
    facts = _status(f"/proc/{pid}/status")
    return int(facts["VmRSS"].split()[0]) / 1024, int(facts["RssAnon"].split()[0]) / 1024

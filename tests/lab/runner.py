# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the lab's tests; the arguments are pytest's. Writes one row of results for each file."""

import json
import os
import sys

import pytest

from lab import inner

HERE = os.path.dirname(os.path.abspath(__file__))
# What says nothing about the daemon, would measure the checker, or repeats at length what its
# neighbours do once, runs with the plain build only.
PLAIN_ONLY = ("test_audio.py", "test_callers.py", "test_durable.py", "test_history.py",
              "test_hostile.py", "test_intrusion.py", "test_lab.py", "test_large_accounts.py",
              "test_linphone.py", "test_network.py", "test_peers.py", "test_quiet.py", "test_r22.py",
              "test_references.py", "test_rooms.py", "test_soak.py")
# Most of a test is waiting for a server: two labs side by side share the processors well.
LABS = int(os.environ.get("LAB_SIDE_BY_SIDE", "2"))


class Rows:
    """A plugin: counts by file, in the shape that `tests/run-c --summary` adds up."""

    def __init__(self, build):
        self.build, self.rows = build, {}

    def pytest_runtest_logreport(self, report):
        name = os.path.basename(report.location[0]).removesuffix(".py")
        row = self.rows.setdefault(name, {
            "ring": "lab", "build": self.build, "program": name, "passed": 0, "failed": 0,
            "skipped": 0, "seconds": 0.0, "failures": [], "skips": []})
        row["seconds"] = round(row["seconds"] + report.duration, 2)
        test = report.location[2]
        if report.failed:
            row["failed"] += 1
            row["failures"].append(test if report.when == "call" else f"{test} ({report.when})")
        elif report.skipped:
            row["skipped"] += 1
            row["skips"].append(f"{test}: {report.longrepr[2]}")
        elif report.when == "call":
            row["passed"] += 1

    def write(self, path):
        with open(path, "a") as out:
            for row in self.rows.values():
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


def main():
    build = os.environ.get("LAB_BUILD", "build")
    chosen = [os.path.join(HERE, a) if a.startswith("test_") else a for a in sys.argv[1:]]
    if not chosen:
        chosen = ["-n", str(LABS), "--dist", "loadfile"]
    if not any(a.startswith(HERE) for a in chosen):
        chosen.append(HERE)
        if build != "build":
            chosen += [f"--ignore={os.path.join(HERE, name)}" for name in PLAIN_ONLY]
    daemon = os.path.join(os.environ["LAB_DIR"], "bin", "cusaxd")
    if not os.path.exists(daemon) and not any("test_lab" in a for a in chosen):
        print(f"lab: there is no cusaxd in {build}: run make first", file=sys.stderr)
        return 1
    rows = Rows("plain" if build == "build" else build)
    code = pytest.main(["-q", "--tb=short", "-p", "no:cacheprovider", "--rootdir", HERE,
                        "--durations=8", "-rs", *chosen], plugins=[rows])
    rows.write(os.path.join(os.environ["LAB_DIR"], "results"))
    if code:
        print(f"lab: failed; LAB_KEEP=1 keeps {os.environ['LAB_DIR']}", file=sys.stderr)
    return int(code)


if __name__ == "__main__":
    inner.run(main)

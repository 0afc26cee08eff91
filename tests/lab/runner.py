# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the lab's tests; the arguments are pytest's."""

import os
import sys

import pytest

from lab import inner


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    chosen = [os.path.join(here, a) if a.startswith("test_") else a for a in sys.argv[1:]]
    if not any(a.startswith(here) for a in chosen):
        chosen.append(here)
    code = pytest.main(["-q", "--tb=short", "-p", "no:cacheprovider", "--rootdir", here,
                        "--durations=8", "-o", "addopts=", *chosen])
    if code:
        print(f"lab: failed; set LAB_KEEP=1 to keep {os.environ['LAB_DIR']}", file=sys.stderr)
    return code


if __name__ == "__main__":
    inner.run(main)

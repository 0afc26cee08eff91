# SPDX-License-Identifier: GPL-3.0-or-later
"""What every program inside the lab does first: turn signals into an orderly way out."""

import atexit
import os
import shutil
import signal
import sys


def orderly():
    """SIGINT and SIGTERM end the program once, by an exception, so that servers are stopped.

    Should the keeper die first, the folder is removed from here.
    """
    keeper = os.getppid()

    def end(_signum, _frame):
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)
        raise KeyboardInterrupt
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, end)

    def orphaned():
        if os.getppid() != keeper:
            shutil.rmtree(os.environ["LAB_DIR"], ignore_errors=True)
    atexit.register(orphaned)


def run(main):
    """Runs main() to its exit code; a signal gives 130 and no traceback."""
    orderly()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab that does nothing, for the test that nothing of it is left behind."""

import os
import subprocess
import sys

from lab import inner
from lab.world import World


def main():
    """Prints one line: its own id, its folder, the ids of its servers. Ends when stdin does."""
    with World() as lab:
        servers = (lab.prosody, lab.kamailio, lab.pulse, lab.alice.bus, lab.alice.keyring)
        orphan = subprocess.run(["sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!"],
                                stdout=subprocess.PIPE, text=True)
        print(os.getpid(), os.environ["LAB_DIR"], orphan.stdout.strip(),
              *(server.process.pid for server in servers), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    inner.run(main)

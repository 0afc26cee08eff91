# SPDX-License-Identifier: GPL-3.0-or-later
"""Free loopback ports, apart from the ranges of outgoing connections and of the daemon's RTP."""

import os
import random
import socket

LOW, HIGH = 12000, 19900
# Labs that run side by side (pytest-xdist) have a share each: they cannot see what the other chose.
SHARES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
STEP = 4  # as many in a row as anybody asks for
SHARE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_given = set()


def _is_free(port):
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(family, kind) as probe:
                try:
                    probe.bind((host, port))
                except OSError:
                    return False
    return True


def free_port(count=1):
    """A port that is free for TCP and UDP on 127.0.0.1 and ::1, and so are those that follow it; never
    given out twice."""
    for _ in range(2000):
        port = random.randrange(LOW + STEP * SHARE, HIGH, STEP * SHARES)
        wanted = range(port, port + count)
        if port not in _given and all(map(_is_free, wanted)):
            _given.add(port)
            return port
    raise RuntimeError("no free loopback port")


def accepts(port, timeout=0.5):
    """Whether something on 127.0.0.1 accepts TCP connections at this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout).close()
    except OSError:
        return False
    return True


def accepts_local(path):
    """Whether something accepts connections at this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True

# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a socket in a process of its own, with the time of each piece: for measuring.

What this process does meanwhile (it plays the caller, too) does not hold up the clock.
"""

import os
import struct
import time

from lab.process import die_with_parent

HEAD = struct.Struct("=dI")


def _copy(source, out):
    while True:
        data = source.recv(65536)
        when = time.monotonic()
        os.write(out, HEAD.pack(when, len(data)) + data)
        if not data:
            return


class Clocked:
    """read(): (time, bytes), or no bytes at the end. Takes over all reading from the socket."""

    def __init__(self, source):
        follow = die_with_parent()
        self._pipe, out = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            try:
                follow()
                os.close(self._pipe)
                _copy(source, out)
            finally:
                os._exit(0)
        os.close(out)

    def _take(self, size):
        data = b""
        while len(data) < size:
            more = os.read(self._pipe, size - len(data))
            if not more:
                raise ConnectionError("nothing is read any more")
            data += more
        return data

    def read(self):
        when, size = HEAD.unpack(self._take(HEAD.size))
        return when, self._take(size)

    def close(self):
        """After the socket was shut down."""
        os.waitpid(self._child, 0)
        os.close(self._pipe)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A NAT for datagrams between one client and a server: it can forget the client, or fall silent."""

import select
import socket
import threading


class Nat:
    """Whatever a client sends to `port` goes on to target from a port of the NAT's own.

    All methods may be called from any thread. `sent` holds the first octets of each datagram that
    the client sent.
    """

    def __init__(self, target):
        self.target = target
        self.sent = []
        self._inside, self._outside = self._open(), self._open()
        self.port = self._inside.getsockname()[1]
        self._client = None
        self._silent, self._running = False, True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @staticmethod
    def _open():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        return sock

    def outside(self):
        """The port at which the server sees the client now."""
        return self._outside.getsockname()[1]

    def forget(self):
        """The client has another port from now on; what is sent to the old one is lost."""
        old, self._outside = self._outside, self._open()
        old.close()

    def silence(self):
        self._silent = True

    def go(self):
        self._silent = False

    def stop(self):
        self._running = False
        self._thread.join(2)
        self._inside.close()
        self._outside.close()

    def _run(self):
        while self._running:
            try:
                ready, _, _ = select.select([self._inside, self._outside], [], [], 0.05)
                for sock in ready:
                    self._pass(sock)
            except (OSError, ValueError):
                continue  # closed by forget(): the next round has the new one

    def _pass(self, sock):
        data, source = sock.recvfrom(65536)
        if sock is self._inside:
            self.sent.append(data[:32])
            self._client = source
            if not self._silent:
                self._outside.sendto(data, self.target)
        elif self._client and not self._silent:
            self._inside.sendto(data, self._client)

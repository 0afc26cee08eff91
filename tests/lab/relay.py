# SPDX-License-Identifier: GPL-3.0-or-later
"""A TCP relay between a client and a server of the lab to cut, stall and let go again."""

import selectors
import socket
import struct
import threading


class Relay:
    """Listens on `port`, forwards to target. All methods may be called from any thread.

    `upstream` holds all that clients sent, `accepted` counts their connections.
    """

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepted = 0
        self.upstream = bytearray()
        self._servers, self._lost = set(), set()
        self._lock = threading.Lock()
        self._stalled, self._refusing, self._running = False, False, True
        self._peer = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def reset(self):
        """Cuts every connection with RST, as a router that lost its memory does."""
        self._do(self._reset_all)

    def finish(self):
        """Ends every connection in order (FIN), as a server that is stopped does."""
        self._do(lambda: [self._drop(sock, lambda one: one.close()) for sock in list(self._peer)])

    def stall(self):
        """Nothing passes any more; the connections stay."""
        self._do(lambda: setattr(self, "_stalled", True))

    def lose(self):
        """What is connected now hears nothing any more; new connections pass: another network."""
        self._do(self._lose_all)

    def refuse(self):
        """As reset(), and every new connection is cut at once."""
        self._do(lambda: (setattr(self, "_refusing", True), self._reset_all()))

    def go(self):
        """Everything passes again."""
        self._do(lambda: (setattr(self, "_stalled", False), setattr(self, "_refusing", False)))

    def stop(self):
        self._running = False
        self._wake.send(b"x")
        self._thread.join(2)
        for sock in [self.listener, self._wake, self._woken, *self._peer, *self._lost]:
            sock.close()

    def _do(self, action):
        with self._lock:
            action()
        self._wake.send(b"x")

    @staticmethod
    def _reset(sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    def _drop(self, sock, close):
        other = self._peer.pop(sock, None)
        if other is None:
            return
        self._peer.pop(other, None)
        self._servers -= {sock, other}
        for one in (sock, other):
            try:
                self._selector.unregister(one)
            except (KeyError, ValueError):
                pass
            close(one)

    def _reset_all(self):
        for sock in list(self._peer):
            self._drop(sock, self._reset)

    def _lose_all(self):
        for sock in list(self._peer):
            self._selector.unregister(sock)
            self._lost.add(sock)
        self._peer.clear()
        self._servers.clear()

    def _accept(self):
        client, _ = self.listener.accept()
        self.accepted += 1
        try:
            server = socket.create_connection(self.target, 2) if not self._refusing else None
        except OSError:
            server = None
        if server is None:
            self._reset(client)
            return
        self._servers.add(server)
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peer[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _forward(self, sock):
        try:
            data = sock.recv(65536)
            if data:
                if sock not in self._servers:
                    self.upstream += data
                self._peer[sock].sendall(data)
                return
        except OSError:
            pass
        self._drop(sock, lambda one: one.close())

    def _run(self):
        while self._running:
            stalled = self._stalled
            watched = self._selector if not stalled else None
            if watched is None:
                self._woken.recv(64)
                continue
            for key, _ in watched.select():
                with self._lock:
                    if key.fileobj is self._woken:
                        self._woken.recv(64)
                    elif key.fileobj is self.listener:
                        self._accept()
                    elif not self._stalled and key.fileobj in self._peer:
                        self._forward(key.fileobj)

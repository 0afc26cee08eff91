# SPDX-License-Identifier: GPL-3.0-or-later
"""An external component of Prosody (XEP-0114): it may send whatever it likes from its own domain."""

import hashlib
import re
import socket
import threading

from lab.process import LabError

OPEN = ("<stream:stream xmlns='jabber:component:accept' to='{domain}' "
        "xmlns:stream='http://etherx.jabber.org/streams'>")


class Component:
    """Connected and accepted once start() returns. What it hears is thrown away."""

    def __init__(self, domain, secret, port):
        self.domain, self.secret, self.port = domain, secret, port
        self._socket = None
        self._heard = b""

    def start(self):
        self._socket = socket.create_connection(("127.0.0.1", self.port), 5)
        self.raw(OPEN.format(domain=self.domain))
        number = self._until(rb"id=['\"]([^'\"]+)['\"]")
        digest = hashlib.sha1((number + self.secret).encode()).hexdigest()
        self.raw(f"<handshake>{digest}</handshake>")
        self._until(rb"(<handshake ?/>|</handshake>)")
        self._socket.settimeout(None)
        threading.Thread(target=self._drain, daemon=True, name="component").start()
        return self

    def raw(self, xml):
        """Sends bytes as they are."""
        self._socket.sendall(xml.encode())

    def stop(self):
        if self._socket:
            self._socket.close()

    def _until(self, pattern):
        while True:
            found = re.search(pattern, self._heard)
            if found:
                self._heard = b""
                return found.group(1).decode()
            data = self._socket.recv(4096)
            if not data:
                raise LabError(f"the component was not accepted: {self._heard!r}")
            self._heard += data

    def _drain(self):
        try:
            while self._socket.recv(65536):
                pass
        except OSError:
            pass

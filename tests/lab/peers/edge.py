# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted neighbour of a telephone, over UDP, TCP or TLS: its own proxy and registrar, or somebody
behind another one. It says what it is told, byte by byte, and keeps all that it hears.
"""

import re
import secrets
import select
import socket
import ssl
import threading
import time

from lab.peers.digest import authorization
from lab.peers.exchange import Message

REALM = "sip.test"
CHALLENGE = f'WWW-Authenticate: Digest realm="{REALM}", nonce="{{}}", algorithm=MD5, qop="auth"'
KEPT = ("via", "from", "call-id", "cseq", "record-route")


class Dialog:
    """One in which the telephone called: the INVITE, and what we are in it."""

    def __init__(self, invite):
        self.tag = secrets.token_hex(4)
        self.remote, self.local = invite.one("from"), f"{invite.one('to')};tag={self.tag}"
        self.call_id, self.cseq = invite.one("call-id"), 100
        self.target = re.search(r"<([^>]+)>", invite.one("contact")).group(1)
        self.routes = invite.headers.get("record-route", [])


class Edge:
    """server: (host, port) of the proxy that it stands behind, over UDP; None: it is one."""

    def __init__(self, transport="udp", certificate=None, server=None):
        self.transport, self.server = transport, server
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._context = None
        if transport == "tls":
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate.pem, certificate.key)
        if transport != "udp":
            self._socket.listen()
        self._stream = None  # of TCP and TLS: the connection
        self._remote = server
        self._lock, self._came = threading.Lock(), threading.Condition()
        self._next = 0
        self.registers = True  # FALSE: REGISTER is left to the test
        self.react = None  # called with other requests, on the thread; TRUE: it has answered
        self.heard, self.contact = [], None
        self._running = True
        self._thread = threading.Thread(target=self._datagrams if transport == "udp" else
                                        self._streams, daemon=True)
        self._thread.start()

    def stop(self):
        self._running = False
        self._thread.join(2)
        self._socket.close()

    def proxy(self):
        """As an account's setting."""
        return f"sip:127.0.0.1:{self.port};transport={self.transport}"

    def drop(self):
        """Closes the connection."""
        with self._lock:
            if self._stream:
                self._stream.close()

    # talking

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        if self.transport == "udp":
            self._socket.sendto(data, self._remote)
            return
        with self._lock:
            try:
                self._stream.sendall(data)
            except OSError:
                pass  # the other side has had enough

    def text(self, method, uri, lines, body=""):
        """A request; lines: From, To, Call-ID, CSeq and what else is wanted."""
        kind = ["Content-Type: application/sdp"] if body.startswith("v=0") else []
        return "\r\n".join([
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} 127.0.0.1:{self.port};"
            f"branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70", *lines, *kind, f"Content-Length: {len(body)}", "", body])

    def begin(self, method, uri, sender, lines=(), body=""):
        """A request outside of dialogs, as text."""
        tag = secrets.token_hex(4)
        return self.text(method, uri, [
            f"From: <{sender}>;tag={tag}", f"To: <{uri}>", f"Call-ID: {tag}@edge",
            f"CSeq: 1 {method}", f"Contact: <sip:edge@127.0.0.1:{self.port}>", *lines], body)

    def inside(self, dialog, method, lines=(), body=""):
        """A request in a dialog, as text."""
        dialog.cseq += 1
        return self.text(method, dialog.target, [
            *(f"Route: {route}" for route in dialog.routes), f"From: {dialog.local}",
            f"To: {dialog.remote}", f"Call-ID: {dialog.call_id}", f"CSeq: {dialog.cseq} {method}",
            f"Contact: <sip:edge@127.0.0.1:{self.port}>", *lines], body)

    def answer(self, request, status, lines=(), body="", tag="edge", contact=None):
        """A response, as text; contact: the value of that header, where it is not our own."""
        to = request.one("to")
        kind = ["Content-Type: application/sdp"] if body else []
        kept = [f"{name.title()}: {value}" for name in KEPT
                for value in request.headers.get(name, [])]
        return "\r\n".join([
            f"SIP/2.0 {status}", *kept, f"To: {to}{'' if 'tag=' in to else f';tag={tag}'}",
            f"Contact: {contact or f'<sip:edge@127.0.0.1:{self.port}>'}", *lines, *kind,
            f"Content-Length: {len(body)}", "", body])

    def reply(self, request, status, *lines, **how):
        self.send(self.answer(request, status, lines, **how))

    def ack(self, response):
        """Acknowledges a refusal (RFC 3261 §17.1.1.3)."""
        kept = [f"{name.title()}: {response.one(name)}" for name in ("via", "from", "to", "call-id")]
        uri = re.search(r"<([^>]+)>", response.one("to")).group(1)
        self.send("\r\n".join([f"ACK {uri} SIP/2.0", *kept, f"CSeq: {response.cseq} ACK",
                               "Max-Forwards: 70", "Content-Length: 0", "", ""]))

    def challenge(self, request, status, realm=REALM):
        header = CHALLENGE.format(secrets.token_hex(4)).replace(f'"{REALM}"', f'"{realm}"')
        self.reply(request, status, header if status.startswith("401") else
                   header.replace("WWW-", "Proxy-"))

    def log_in(self, user, password, domain):
        """Registers with the proxy that it stands behind."""
        login = ()
        for cseq in (1, 2):
            self.send(self.text("REGISTER", f"sip:{domain}", [
                f"From: <sip:{user}@{domain}>;tag=r", f"To: <sip:{user}@{domain}>",
                f"Call-ID: {user}@edge", f"CSeq: {cseq} REGISTER", "Expires: 120",
                f"Contact: <sip:{user}@127.0.0.1:{self.port}>", *login]))
            answer = self.expect("SIP/2.0 ")
            if answer.code == 200:
                return
            login = (authorization(user, password, "REGISTER", f"sip:{domain}",
                                   answer.one("www-authenticate")),)
        raise AssertionError(f"{user} is not let in: {answer.first}")

    # hearing

    def expect(self, start, timeout=5, fits=lambda message: True):
        """The next message that begins so, and fits; those before it are passed over."""
        found = self.wait(start, timeout, fits)
        assert found, f"no {start!r}; last heard: {[m.first for m in self.heard[-6:]]}"
        return found

    def wait(self, start, timeout, fits=lambda message: True):
        """The same, or None in the end."""
        deadline = time.monotonic() + timeout
        with self._came:
            while True:
                while self._next < len(self.heard):
                    self._next += 1
                    message = self.heard[self._next - 1]
                    if message.first.startswith(start) and fits(message):
                        return message
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._came.wait(left)

    def fence(self, uri, timeout=5):
        """Whether all that was sent before has been handled: OPTIONS came back."""
        options = self.begin("OPTIONS", uri, "sip:fence@fence.test")
        call_id = re.search(r"Call-ID: (\S+)", options).group(1)
        self.send(options)
        deadline = time.monotonic() + timeout
        with self._came:
            while not any(m.code == 200 and m.one("call-id") == call_id for m in self.heard):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._came.wait(left)
        return True

    def count(self, start, text=""):
        """Messages so far that begin so and hold the text."""
        return sum(m.first.startswith(start) and text in m.text for m in list(self.heard))

    # the thread

    def _datagrams(self):
        while self._running:
            if not select.select([self._socket], [], [], 0.1)[0]:
                continue
            data, where = self._socket.recvfrom(65535)
            if not self.server:
                self._remote = where
            if len(data) > 4:
                self._take(data)

    def _streams(self):
        while self._running:
            if not select.select([self._socket], [], [], 0.1)[0]:
                continue
            stream = self._socket.accept()[0]
            try:
                stream.settimeout(2)
                if self._context:
                    stream = self._context.wrap_socket(stream, server_side=True)
                stream.settimeout(0.2)
                self._stream = stream
                self._listen(stream)
            except (OSError, ValueError):
                continue
            finally:
                stream.close()

    def _listen(self, stream):
        data = b""
        while self._running:
            pending = isinstance(stream, ssl.SSLSocket) and stream.pending()
            if not pending and not select.select([stream], [], [], 0.1)[0]:
                continue
            try:
                with self._lock:
                    more = stream.recv(65536)
            except TimeoutError:
                continue  # a record of TLS itself
            if not more:
                return
            data += more
            while True:
                data = data.lstrip(b"\r\n")
                head, end, rest = data.partition(b"\r\n\r\n")
                size = re.search(rb"^(?:Content-Length|l)[ \t]*:[ \t]*(\d+)", head,
                                 re.MULTILINE | re.IGNORECASE)
                size = int(size.group(1)) if size else 0
                if not end or len(rest) < size:
                    break
                self._take(head + end + rest[:size])
                data = rest[size:]

    def _take(self, data):
        message = Message(data.decode(errors="replace"))
        message.text = data.decode(errors="replace")
        if message.method == "REGISTER" and self.registers:
            self._register(message)
        elif message.method in ("SUBSCRIBE", "PUBLISH"):
            self.reply(message, "489 Bad Event")
        elif message.method in ("OPTIONS", "CANCEL"):
            self.reply(message, "200 OK")
        elif not message.code and not (self.react and self.react(message)) and \
                message.method in ("BYE", "NOTIFY"):
            self.reply(message, "200 OK")
        with self._came:
            self.heard.append(message)
            self._came.notify_all()

    def _register(self, message):
        contact = re.search(r"<([^>]+)>", message.one("contact"))
        if "authorization" not in message.headers:
            self.challenge(message, "401 Unauthorized")
            return
        self.contact = contact.group(1) if contact else self.contact
        self.reply(message, "200 OK", "Expires: 600", contact=message.one("contact"))

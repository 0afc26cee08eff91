# SPDX-License-Identifier: GPL-3.0-or-later
"""An XMPP server that is up to no good: scripted, over good TLS or before it.

Each connection runs one script in a thread of its own. A script gets a Dialogue; what the client
sent stays readable in `heard`.
"""

import base64
import hashlib
import hmac
import os
import re
import socket
import ssl
import threading

SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams' id='h' from='xmpp.test' version='1.0'>")
STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
BIND = ("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        "<sm xmlns='urn:xmpp:sm:3'/><ver xmlns='urn:xmpp:features:rosterver'/>")
PATIENCE = 8


class Gone(Exception):
    """The client closed, or said nothing in time."""


def mechanisms(*names, more=""):
    inner = "".join(f"<mechanism>{name}</mechanism>" for name in names)
    return f"<mechanisms {SASL}>{inner}</mechanisms>{more}"


class Dialogue:
    """One connection: what a script does with it."""

    def __init__(self, sock, context):
        self.sock, self.context = sock, context
        self.heard = b""  # all that came, after TLS once that is up
        self._taken = 0
        self.over = False  # the script ran to its end, or to the client's
        sock.settimeout(PATIENCE)

    def send(self, data):
        """Text or bytes. A client that is gone is the end of the script."""
        try:
            self.sock.sendall(data if isinstance(data, bytes) else data.encode())
        except OSError:
            raise Gone() from None

    def expect(self, pattern):
        """Waits for a regular expression in what was not taken yet; returns the match."""
        while True:
            found = re.search(pattern.encode(), self.heard[self._taken:])
            if found:
                self._taken += found.end()
                return found
            try:
                data = self.sock.recv(65536)
            except OSError:
                data = b""
            if not data:
                raise Gone()
            self.heard += data

    def listen(self):
        """Until the client closes; what it says meanwhile is not kept beyond a megabyte."""
        try:
            while data := self.sock.recv(65536):
                if len(self.heard) < 1 << 20:
                    self.heard += data
        except OSError:
            pass

    def open(self, features):
        self.expect("<stream:stream[^>]*>")
        self.send(f"{HEADER}<stream:features>{features}</stream:features>")

    def start_tls(self):
        self.open(STARTTLS)
        self.expect("<starttls[^>]*>")
        self.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        try:
            self.sock = self.context.wrap_socket(self.sock, server_side=True)
        except OSError:
            raise Gone() from None
        self.heard, self._taken = b"", 0

    # login

    def auth(self):
        """The client's first message of a login: mechanism and text."""
        found = self.expect(r"<auth[^>]*mechanism=.([A-Z0-9-]+).[^>]*>([^<]*)</auth>")
        return found.group(1).decode(), base64.b64decode(found.group(2)).decode()

    def challenge(self, text):
        self.send(f"<challenge {SASL}>{base64.b64encode(text.encode()).decode()}</challenge>")

    def response(self):
        found = self.expect("<response[^>]*>([^<]*)</response>")
        return base64.b64decode(found.group(1)).decode()

    def scram(self, password, rounds=4096, success=True):
        """SCRAM-SHA-256, done right; success False: with a wrong signature in the end."""
        _mechanism, first = self.auth()
        bare = first.split(",", 2)[2]
        salt = os.urandom(12)
        nonce = re.search("r=([^,]*)", bare).group(1) + "server"
        challenge = f"r={nonce},s={base64.b64encode(salt).decode()},i={rounds}"
        self.challenge(challenge)
        final = self.response().rpartition(",p=")[0]
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
        key = hmac.digest(salted, b"Server Key", "sha256")
        text = ",".join((bare, challenge, final)) if success else "something else"
        proof = base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
        proof = base64.b64encode(f"v={proof}".encode()).decode()
        self.send(f"<success {SASL}>{proof}</success>")

    def login(self, password):
        """All of it, up to a session that is online with an empty roster."""
        self.start_tls()
        self.open(mechanisms("SCRAM-SHA-256"))
        self.scram(password)
        self.open(BIND)
        found = self.expect("<resume[^>]*>|<iq[^>]*id=.([^'\" ]+)")
        if not found.group(1):
            self.send("<failed xmlns='urn:xmpp:sm:3'><item-not-found "
                      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
            found = self.expect("<iq[^>]*id=.([^'\" ]+)")
        number = found.group(1).decode()
        self.send(f"<iq type='result' id='{number}'>"
                  "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  "<jid>alice@xmpp.test/h</jid></bind></iq>")
        self.expect("<enable[^>]*>")
        self.send("<enabled xmlns='urn:xmpp:sm:3' id='h' resume='true'/>")
        found = self.expect("<iq([^>]*)><query xmlns=.jabber:iq:roster")
        number = re.search(b"id=.([^'\" ]+)", found.group(1)).group(1).decode()
        self.send(f"<iq type='result' id='{number}'><query xmlns='jabber:iq:roster'/></iq>")


class Hostile:
    """Listens on `port`. `script` runs for each connection; `dialogues` are all so far."""

    def __init__(self, certificate, script):
        self.script = script
        self.dialogues = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.pem, certificate.key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True, name="hostile")
        self._thread.start()

    def stop(self):
        # accept() is woken by shutdown(), not by close()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self._thread.join(2)

    def _run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            dialogue = Dialogue(sock, self.context)
            self.dialogues.append(dialogue)
            threading.Thread(target=self._play, args=(dialogue, self.script), daemon=True,
                             name="hostile-script").start()

    def _play(self, dialogue, script):
        try:
            script(dialogue)
        except Gone:
            pass
        finally:
            dialogue.sock.close()
            dialogue.over = True

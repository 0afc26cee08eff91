# SPDX-License-Identifier: GPL-3.0-or-later
"""A telephone exchange in one thread, over UDP: registers whoever asks, calls, answers, misbehaves.

For what needs many calls, or calls that go wrong in a way of one's own. Whoever is registered here has
it as a proxy, so that nothing is between the two.
"""

import re
import secrets
import select
import socket
import threading
import time

HEADER = re.compile(r"^([\w-]+)[ \t]*:[ \t]*(.*?)\r?$", re.MULTILINE)
NAMES = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact"}
# How a call goes wrong: those that it makes, and those that it gets.
UGLY_OUT = ("cancel-race", "no-ack", "bye-glare", "reinvite-glare")
UGLY_IN = ("late-200", "fork")


def number(text):
    """What is none is 0: others may say what they like."""
    return int(text) if text.isascii() and text.isdigit() else 0


class Message:
    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        self.first, _, rest = head.partition("\r\n")
        self.headers = {}
        for name, value in HEADER.findall(rest):
            name = name.lower()
            self.headers.setdefault(NAMES.get(name, name), []).append(value)
        self.method = self.first.split(" ", 1)[0]
        self.code = number(self.first[8:11]) if self.method == "SIP/2.0" else 0
        cseq, _, self.cseq_method = self.one("cseq").partition(" ")
        self.cseq = number(cseq)

    def one(self, name):
        return self.headers.get(name, [""])[0]


class Call:
    """One call that the exchange makes. `sent`, `rang`, `answered`: when; `over`: it has ended."""

    def __init__(self, contact, sender, how, rtp):
        self.contact, self.sender, self.how, self.rtp = contact, sender, how, rtp
        self.id, self.tag = secrets.token_hex(8), secrets.token_hex(4)
        self.branch = "z9hG4bK" + secrets.token_hex(8)
        self.to = f"<{contact}>"
        self.cseq, self.code = 1, 0
        self.sent = self.rang = self.answered = 0.0
        self.over = threading.Event()
        self.bye_sent = False


class Exchange:
    """hold: seconds between the answer and the hang-up of calls that go well. rtp: what is heard is
    sent back. Incoming calls are answered as `how` says of the user part that is called."""

    def __init__(self, hold=0.0, codec="0 PCMU/8000"):
        self.hold, self.codec = hold, codec
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind(("127.0.0.1", 0))
        self.contacts, self.calls, self.taken = {}, {}, {}
        self.counts = {}
        self._later = []
        self._lock = threading.Lock()
        self._running = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._running = False
        self._thread.join(2)
        self.socket.close()
        self.media.close()

    def proxy(self):
        return f"sip:127.0.0.1:{self.port};transport=udp"

    def call(self, user, sender="sip:carol@sip.test", how="plain"):
        """Calls a registered user."""
        call = Call(self.contacts[user], f"<{sender}>", how, self.media.getsockname()[1])
        self.calls[call.id] = call
        call.sent = time.monotonic()
        self._send_request(call, "INVITE", call.cseq, call.branch, self._sdp())
        return call

    # words

    def _sdp(self):
        payload, name = self.codec.split(" ")
        return (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {self.media.getsockname()[1]} RTP/AVP {payload}\r\n"
                f"a=rtpmap:{payload} {name}\r\na=sendrecv\r\n")

    def _count(self, word):
        self.counts[word] = self.counts.get(word, 0) + 1

    def _send(self, lines, body, where):
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
        self.socket.sendto(text.encode(), where)

    def _address(self, uri):
        host, port = re.search(r"@([\d.]+):(\d+)", uri).groups()
        return host, int(port)

    def _send_request(self, call, method, cseq, branch, body=""):
        kind = ["Content-Type: application/sdp"] if body else []
        self._send([f"{method} {call.contact} SIP/2.0",
                    f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch};rport",
                    f"From: {call.sender};tag={call.tag}", f"To: {call.to}", f"Call-ID: {call.id}",
                    f"CSeq: {cseq} {method}", f"Contact: <sip:exchange@127.0.0.1:{self.port}>",
                    "Max-Forwards: 70", *kind], body, self._address(call.contact))

    def _reply(self, message, where, status, *lines, body="", tag="x"):
        to = message.one("to")
        if "tag=" not in to and not status.startswith("100"):
            to += f";tag={tag}"
        kind = ["Content-Type: application/sdp"] if body else []
        self._send([f"SIP/2.0 {status}", *(f"Via: {via}" for via in message.headers["via"]),
                    f"From: {message.one('from')}", f"To: {to}",
                    f"Call-ID: {message.one('call-id')}", f"CSeq: {message.one('cseq')}", *lines,
                    *kind], body, where)

    # the thread

    def _run(self):
        while self._running:
            now = time.monotonic()
            with self._lock:
                due = [item for item in self._later if item[0] <= now]
                self._later = [item for item in self._later if item[0] > now]
            for _, action, arguments in due:
                action(*arguments)
            wait = min([0.05, *(max(0.0, when - now) for when, _, _ in self._later)])
            for ready in select.select([self.socket, self.media], [], [], wait)[0]:
                data, where = ready.recvfrom(65535)
                if ready is self.media:
                    self.media.sendto(data, where)
                elif len(data) > 4:
                    self._heard(Message(data.decode(errors="replace")), where)

    def _after(self, seconds, action, *arguments):
        with self._lock:
            self._later.append((time.monotonic() + seconds, action, arguments))

    def _heard(self, message, where):
        if message.code:
            call = self.calls.get(message.one("call-id"))
            if call:
                self._answered(call, message)
            return
        self._count(message.method)
        handler = getattr(self, f"_on_{message.method.lower()}", None)
        if handler:
            handler(message, where)
        elif message.method != "ACK":
            self._reply(message, where, "405 Method Not Allowed")

    def _on_register(self, message, where):
        contact = re.search(r"<([^>]+)>", message.one("contact"))
        user = re.search(r"sip:([^@]+)@", message.one("to")).group(1)
        if contact and "expires=0" not in message.one("contact"):
            self.contacts[user] = contact.group(1)
        self._reply(message, where, "200 OK", f"Contact: {message.one('contact')}", "Expires: 600")

    def _on_subscribe(self, message, where):
        self._reply(message, where, "489 Bad Event")

    # calls that are made

    def _ack(self, call, cseq, branch=None):
        self._send_request(call, "ACK", cseq, branch or "z9hG4bK" + secrets.token_hex(8))

    def _bye(self, call):
        if call.over.is_set() or call.bye_sent:
            return
        call.bye_sent = True
        call.cseq += 1
        self._send_request(call, "BYE", call.cseq, "z9hG4bK" + secrets.token_hex(8))

    def _answered(self, call, message):
        if message.cseq_method == "INVITE":
            self._answered_invite(call, message)
        elif message.cseq_method == "BYE":
            self._finish(call)

    def _finish(self, call):
        call.over.set()
        self.calls.pop(call.id, None)

    def _answered_invite(self, call, message):
        if message.code < 200:
            call.rang = call.rang or time.monotonic()
            if call.how == "cancel-race" and message.code > 100 and not call.answered:
                self._send_request(call, "CANCEL", 1, call.branch)
                call.how = "cancelled"
            return
        call.code = message.code
        call.to = message.one("to")
        if message.code >= 300:
            self._ack(call, message.cseq, call.branch if message.cseq == 1 else None)
            if message.cseq == 1:
                self._finish(call)
            return
        contact = re.search(r"<([^>]+)>", message.one("contact"))
        call.contact = contact.group(1) if contact else call.contact
        if call.how == "no-ack":
            # the answer is sent again and again; then the caller is gone
            if call.answered:
                self._bye(call)
            call.answered = call.answered or time.monotonic()
            return
        self._ack(call, message.cseq)
        if call.answered:
            return
        call.answered = time.monotonic()
        if call.how == "cancelled":
            self._bye(call)
        elif call.how == "reinvite-glare":
            call.cseq += 1
            self._send_request(call, "INVITE", call.cseq, "z9hG4bK" + secrets.token_hex(8),
                               self._sdp())
            self._after(0.15, self._bye, call)
        else:
            self._after(self.hold, self._bye, call)

    # calls that are taken

    def _on_invite(self, message, where):
        call = self.calls.get(message.one("call-id"))
        if call:
            # RFC 3261 §14.2: both at once
            self._reply(message, where, "491 Request Pending")
            return
        if "tag=" in message.one("to"):
            self._reply(message, where, "200 OK", self._contact(), body=self._sdp())
            return
        how = re.match(r"INVITE sips?:([\w-]+)", message.first).group(1)
        self.taken[message.one("call-id")] = (message, where, how)
        self._reply(message, where, "180 Ringing", self._contact(), tag="a")
        if how == "fork":
            self._reply(message, where, "180 Ringing", self._contact(), tag="b")
        if how != "late-200":
            self._take(message, where, "a")
        if how == "fork":
            self._take(message, where, "b")

    def _contact(self):
        return f"Contact: <sip:exchange@127.0.0.1:{self.port}>"

    def _take(self, message, where, tag):
        self._reply(message, where, "200 OK", self._contact(), body=self._sdp(), tag=tag)

    def _on_cancel(self, message, where):
        self._reply(message, where, "200 OK", tag="a")
        invite = self.taken.get(message.one("call-id"))
        if invite:
            # the answer was on its way already
            self._take(invite[0], invite[1], "a")

    def _on_bye(self, message, where):
        self._reply(message, where, "200 OK")
        self.taken.pop(message.one("call-id"), None)
        call = self.calls.get(message.one("call-id"))
        if call:
            self._finish(call)

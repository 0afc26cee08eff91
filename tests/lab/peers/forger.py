# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIP caller that writes whatever it likes: one INVITE after the other over UDP, each cancelled.

It has no media and never answers; it can log in by digest, and then still write anything.
"""

import re
import secrets
import socket
import threading
import time

from lab.peers.digest import authorization

INVITE = """INVITE {target} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{port};branch={branch};rport
From: {sender};tag={tag}
To: <{target}>
Call-ID: {call}
CSeq: {cseq} INVITE
Contact: <sip:forger@127.0.0.1:{port}>
Max-Forwards: 70
{extra}Content-Type: application/sdp
Content-Length: {length}

{body}"""
SHORT = """{method} {target} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{port};branch={branch};rport
From: {sender};tag={tag}
To: <{target}>{to_tag}
Call-ID: {call}
CSeq: {cseq} {method}
Max-Forwards: 70
Content-Length: 0

"""
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")


class Attempt:
    """One call: `sent` is when its last INVITE left, `codes` are the answers to it so far."""

    def __init__(self, target, sender, headers, user):
        self.target, self.sender, self.headers, self.user = target, sender, headers, user
        self.call, self.tag = secrets.token_hex(8), secrets.token_hex(4)
        self.cseq, self.branch, self.sent = 0, "", 0.0
        self.codes, self.over = [], threading.Event()


class Forger:
    """server: (host, port); passwords: of the users that it can log in as. Events: answer."""

    def __init__(self, server, passwords, queue):
        self.server, self.passwords, self.queue = server, passwords, queue
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self._attempts = {}
        self._running = True
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def invite(self, target, sender, headers=(), user=None):
        """Calls; sender is the value of From without its tag, headers are whole lines. With a user
        the challenge is answered as that user, whatever From says."""
        attempt = Attempt(target, sender, headers, user)
        self._attempts[attempt.call] = attempt
        self._send_invite(attempt)
        return attempt

    def cancel(self, attempt, timeout=5):
        """Takes the call back and waits for its end."""
        self._send(SHORT, attempt, method="CANCEL", to_tag="")
        assert attempt.over.wait(timeout), f"no end of the call from {attempt.sender}"

    def stop(self):
        self._running = False
        self.socket.sendto(b"", self.socket.getsockname())
        self._thread.join(2)
        self.socket.close()

    def _send(self, form, attempt, **words):
        text = form.format(target=attempt.target, port=self.port, branch=attempt.branch,
                           sender=attempt.sender, tag=attempt.tag, call=attempt.call,
                           cseq=attempt.cseq, **words)
        head, _, body = text.partition("\n\n")
        data = head.replace("\n", "\r\n") + "\r\n\r\n" + body
        self.socket.sendto(data.encode(), self.server)

    def _send_invite(self, attempt, credentials=None):
        attempt.cseq += 1
        attempt.branch = "z9hG4bK" + secrets.token_hex(8)
        attempt.codes = []
        lines = [*attempt.headers, *([credentials] if credentials else [])]
        attempt.sent = time.monotonic()
        self._send(INVITE, attempt, extra="".join(line + "\n" for line in lines), body=SDP,
                   length=len(SDP))

    def _log_in(self, attempt, challenge):
        self._send_invite(attempt, authorization(attempt.user, self.passwords[attempt.user],
                                                 "INVITE", attempt.target, challenge))

    def _receive(self):
        while self._running:
            text = self.socket.recv(65535).decode(errors="replace")
            call = re.search(r"^Call-ID: *(\S+)", text, re.MULTILINE | re.IGNORECASE)
            code = re.match(r"SIP/2.0 (\d+)", text)
            attempt = self._attempts.get(call.group(1)) if call and code else None
            if attempt and f"CSeq: {attempt.cseq} INVITE" in text:
                self._answered(attempt, int(code.group(1)), text)

    def _answered(self, attempt, code, text):
        attempt.codes.append(code)
        if code < 200:
            self.queue.push("forger", "answer", code=code)
            return
        to_tag = re.search(r"^To:.*?(;tag=[^\s;]+)", text, re.MULTILINE | re.IGNORECASE)
        self._send(SHORT, attempt, method="ACK", to_tag=to_tag.group(1) if to_tag else "")
        challenge = re.search(r"^WWW-Authenticate: *(.*)", text, re.MULTILINE | re.IGNORECASE)
        if code == 401 and challenge and attempt.user and attempt.cseq == 1:
            self._log_in(attempt, challenge.group(1))
        else:
            attempt.over.set()
        self.queue.push("forger", "answer", code=code)


class Flood:
    """INVITE or OPTIONS requests at a rate, each from another caller, all from one thread.

    Nothing is cancelled; final answers are acknowledged, so that they are not sent again.
    """

    def __init__(self, server, target, rate, seconds, method="INVITE"):
        self.server, self.target, self.method = server, target, method
        self.sent, self._codes = 0, {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self._running = True
        self._thread = threading.Thread(target=self._run, args=(rate, seconds), daemon=True)
        self._thread.start()

    def codes(self):
        """How many calls were answered so: each is counted by its last answer."""
        self._thread.join()
        counts = {}
        for code in self._codes.values():
            counts[code] = counts.get(code, 0) + 1
        return counts

    def stop(self):
        self._running = False
        self._thread.join(2)
        self.socket.close()

    def _attempt(self, number):
        attempt = Attempt(self.target, f"<sip:caller{number}@flood.test>", (), None)
        attempt.cseq, attempt.branch = 1, "z9hG4bK" + secrets.token_hex(8)
        return attempt

    def _send(self, form, attempt, **words):
        text = form.format(target=attempt.target, port=self.port, branch=attempt.branch,
                           sender=attempt.sender, tag=attempt.tag, call=attempt.call,
                           cseq=attempt.cseq, **words)
        head, _, body = text.partition("\n\n")
        self.socket.sendto((head.replace("\n", "\r\n") + "\r\n\r\n" + body).encode(), self.server)

    def _request(self, attempt):
        if self.method == "INVITE":
            self._send(INVITE, attempt, extra="", body=SDP, length=len(SDP))
        else:
            self._send(SHORT, attempt, method=self.method, to_tag="")

    def _run(self, rate, seconds):
        attempts = {}
        begin = time.monotonic()
        while self._running and time.monotonic() < begin + seconds + 0.5:
            due = min(int((time.monotonic() - begin) * rate), rate * seconds)
            while self.sent < due:
                attempt = self._attempt(self.sent)
                attempts[attempt.call] = attempt
                self._request(attempt)
                self.sent += 1
            self._listen(attempts)
            time.sleep(0.002)

    def _listen(self, attempts):
        while True:
            try:
                text = self.socket.recv(65535).decode(errors="replace")
            except OSError:
                return
            call = re.search(r"^Call-ID: *(\S+)", text, re.MULTILINE | re.IGNORECASE)
            code = re.match(r"SIP/2.0 (\d+)", text)
            attempt = attempts.get(call.group(1)) if call and code else None
            if not attempt:
                continue
            self._codes[attempt.call] = int(code.group(1))
            if self.method == "INVITE" and int(code.group(1)) >= 200:
                tag = re.search(r"^To:.*?(;tag=[^\s;]+)", text, re.MULTILINE | re.IGNORECASE)
                self._send(SHORT, attempt, method="ACK", to_tag=tag.group(1) if tag else "")

# SPDX-License-Identifier: GPL-3.0-or-later
"""A telephone made of sockets, whose sound can do what no telephone should: for attacks on media.

It speaks SIP over TLS to the lab's proxy, SDES keys and RTP by hand (RFC 3711, own code on
`cryptography`), PCMU only.
"""

import base64
import hashlib
import hmac
import math
import re
import secrets
import socket
import ssl
import struct
import threading
import time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lab.peers.digest import authorization

FRAME = 160  # samples of 20 ms


def _ulaw(sample):
    """One sample by ITU-T G.711."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF


def tone(frequency, frames):
    """Payloads of PCMU."""
    samples = [int(12000 * math.sin(2 * math.pi * frequency * i / 8000))
               for i in range(frames * FRAME)]
    return [bytes(map(_ulaw, samples[i:i + FRAME])) for i in range(0, len(samples), FRAME)]


class Srtp:
    """AES_CM_128_HMAC_SHA1_80 in one direction."""

    def __init__(self, key=None):
        self.key = key or secrets.token_bytes(30)
        self.cipher_key, self.auth_key, self.salt = (self._derive(label, size) for label, size in
                                                     ((0, 16), (1, 20), (2, 14)))

    def attribute(self):
        return ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
                f"{base64.b64encode(self.key).decode()}\r\n")

    def _derive(self, label, size):
        iv = bytearray(self.key[16:] + b"\0\0")
        iv[7] ^= label
        return self._stream(self.key[:16], bytes(iv), bytes(size))

    @staticmethod
    def _stream(key, iv, data):
        return Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor().update(data)

    def protect(self, packet, index):
        """index: the sequence number with the roll-over counter above it."""
        ssrc = struct.unpack(">8xI", packet[:12])[0]
        iv = (int.from_bytes(self.salt + b"\0\0", "big") ^ ssrc << 64 ^ index << 16)
        sealed = packet[:12] + self._stream(self.cipher_key, iv.to_bytes(16, "big"), packet[12:])
        tag = hmac.new(self.auth_key, sealed + struct.pack(">I", index >> 16), hashlib.sha1).digest()[:10]
        return sealed + tag


class Stream:
    """A sender of RTP: what it sends is kept, so that it can be sent again."""

    def __init__(self, sock, to, srtp=None, ssrc=None, sequence=None):
        self.socket, self.to, self.srtp = sock, to, srtp
        self.ssrc = secrets.randbits(32) if ssrc is None else ssrc
        self.sequence = secrets.randbits(12) if sequence is None else sequence
        self.timestamp = secrets.randbits(30)
        self.sent = []
        self.lose = lambda number: False

    def send(self, payload):
        packet = struct.pack(">BBHII", 0x80, 0, self.sequence & 0xFFFF, self.timestamp,
                             self.ssrc) + payload
        self.sequence += 1
        self.timestamp += FRAME
        packet = self.srtp.protect(packet, self.sequence - 1) if self.srtp else packet
        self.sent.append(packet)
        if not self.lose(len(self.sent)):
            self.socket.sendto(packet, self.to)


def media_socket(address="127.0.0.1"):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    sock.setblocking(False)
    return sock


def received(sock):
    """Packets that came to a socket so far."""
    count = 0
    while True:
        try:
            sock.recv(4096)
            count += 1
        except OSError:
            return count


class Call:
    def __init__(self, sdp, headers, request):
        self.sdp, self.headers, self.request = sdp, headers, request
        found = re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
        where = re.search(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE)
        self.media = (where.group(1), int(found.group(1))) if found and where else None

    def crypto(self):
        """Whether the other side gave keys."""
        return "a=crypto" in self.sdp


class Intruder:
    """A user of the lab's proxy, registered over TLS. Incoming calls are answered by `answer(call)`,
    which gives the description to answer with."""

    def __init__(self, user, password, port, ca, domain, answer=None):
        self.user, self.password, self.domain, self.answer = user, password, domain, answer
        context = ssl.create_default_context(cafile=ca)
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port)),
                                          server_hostname=domain)
        self.port = self.socket.getsockname()[1]
        self.contact = f"<sip:{user}@127.0.0.1:{self.port};transport=tls>"
        self.incoming, self.requests = [], []
        self._answers, self._came, self._lock = {}, threading.Condition(), threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        self._ask("REGISTER", f"sip:{domain}", extra=f"Contact: {self.contact}\nExpires: 60\n")

    def close(self):
        self.socket.close()

    def dial(self, target, sdp):
        """A Call that was answered."""
        head, body = self._ask("INVITE", target, body=sdp,
                               extra=f"Contact: {self.contact}\n"
                                     "Content-Type: application/sdp\n")
        return Call(body, head, None)

    def _send(self, text, body=""):
        data = text.replace("\r\n", "\n").replace("\n", "\r\n") + \
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        with self._lock:
            self.socket.sendall(data.encode())

    def _request(self, method, target, cseq, ids, extra=""):
        branch, tag, call, to_tag = ids
        return (f"{method} {target} SIP/2.0\n"
                f"Via: SIP/2.0/TLS 127.0.0.1:{self.port};branch={branch};rport\n"
                f"From: <sip:{self.user}@{self.domain}>;tag={tag}\n"
                f"To: <{target if method != 'REGISTER' else f'sip:{self.user}@{self.domain}'}>"
                f"{to_tag}\nCall-ID: {call}\nCSeq: {cseq} {method}\nMax-Forwards: 70\n{extra}")

    def _ask(self, method, target, body="", extra=""):
        tag, call = secrets.token_hex(4), secrets.token_hex(8)
        login = ""
        for cseq in (1, 2):
            branch = "z9hG4bK" + secrets.token_hex(8)
            self._send(self._request(method, target, cseq, (branch, tag, call, ""),
                                     extra + login), body)
            code, head, answer = self._await(branch)
            if method == "INVITE":
                to_tag = re.search(r"^To:.*?(;tag=[^\s;]+)", head, re.MULTILINE).group(1)
                remote, route = target, ""
                if code < 300:
                    remote = re.search(r"^Contact:.*?<([^>]+)>", head, re.MULTILINE).group(1)
                    routes = re.findall(r"^Record-Route: *(.+?)\r?$", head, re.MULTILINE)
                    route = "".join(f"Route: {value}\n" for value in reversed(routes))
                    branch = "z9hG4bK" + secrets.token_hex(8)
                self._send(self._request("ACK", remote, cseq, (branch, tag, call, to_tag), route))
            if code != 401 or cseq == 2:
                break
            login = authorization(self.user, self.password, method, target, head) + "\n"
        assert code < 300, f"{method} was answered with {code}"
        return head, answer

    def _await(self, branch, timeout=15):
        deadline = time.monotonic() + timeout
        with self._came:
            while branch not in self._answers:
                assert self._came.wait(deadline - time.monotonic()), "no answer"
            return self._answers.pop(branch)

    def _read(self):
        data = b""
        while True:
            try:
                more = self.socket.recv(65536)
            except (OSError, ValueError):
                return
            if not more:
                return
            data += more
            while b"\r\n\r\n" in data:
                head, _, rest = data.partition(b"\r\n\r\n")
                size = re.search(rb"^(?:Content-Length|l): *(\d+)", head,
                                 re.MULTILINE | re.IGNORECASE)
                size = int(size.group(1)) if size else 0
                if len(rest) < size:
                    break
                self._heard(head.decode(errors="replace").replace("\r\n", "\n") + "\n",
                            rest[:size].decode(errors="replace"))
                data = rest[size:]

    def _heard(self, head, body):
        if head.startswith("SIP/2.0 "):
            code = int(head.split()[1])
            branch = re.search(r"branch=([^;\s]+)", head).group(1)
            if code >= 200:
                with self._came:
                    self._answers[branch] = (code, head, body)
                    self._came.notify_all()
        elif head.startswith("INVITE "):
            self.incoming.append(Call(body, head, None))
            self._reply(head, 200, self.answer(self.incoming[-1]))
        elif not head.startswith("ACK "):
            self.requests.append((head.split()[0], body))
            self._reply(head, 200)

    def _reply(self, head, code, body=""):
        kept = "".join(line + "\n" for line in head.splitlines()
                       if re.match(r"(Via|From|Call-ID|CSeq|Record-Route):", line, re.IGNORECASE))
        to = re.search(r"^To:.*$", head, re.MULTILINE | re.IGNORECASE).group(0)
        to += "" if ";tag=" in to else f";tag={secrets.token_hex(4)}"
        more = f"Contact: {self.contact}\nContent-Type: application/sdp\n" if body else ""
        self._send(f"SIP/2.0 {code} OK\n{kept}{to}\n{more}", body)


def description(sock, more="", protocol="RTP/AVP"):
    """PCMU at a socket; more: attributes."""
    address, port = sock.getsockname()
    return (f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            f"m=audio {port} {protocol} 0\r\na=rtpmap:0 PCMU/8000\r\n{more}")

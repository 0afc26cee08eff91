# SPDX-License-Identifier: GPL-3.0-or-later
"""R16: attacks on the media of calls. Nothing injected is heard, nothing goes elsewhere, and a call
never shows more protection than it has."""

import os
import secrets
import struct
import subprocess
import threading
import time

import pytest

from lab import ports
from lab.kamailio import DOMAIN
from lab.meter import WaitMeter
from lab.peers.intruder import (Intruder, Srtp, Stream, description, media_socket, received,
                                tone)
from lab.process import until
from lab.test_calls import answer

# Tones: of the other side, and of whoever breaks in: beside the lines that u-law makes of the first.
OWN, INJECTED = 660, 1103
LIMIT = -60  # dB below full scale
CALLS = int(os.environ.get("R16_CALLS", "1"))


@pytest.fixture
def intruder(world, peers):
    for left in (2, 1, 0):  # the phone itself may miss the answer to its registration
        world.kamailio.forget("mallory")
        try:
            phone = Intruder("mallory", world.password("mallory"), world.kamailio.tls_port, world.ca,
                             DOMAIN)
        except AssertionError:
            if not left:
                raise
            continue
        return peers.keep(Stoppable(phone))


class Stoppable:
    def __init__(self, inner):
        self.inner = inner

    def stop(self):
        self.inner.close()


class Attack(threading.Thread):
    """Sends the sound of the other side in real time, and with each frame whatever `act` does. `late`:
    by how many seconds it missed the time of a frame at most."""

    def __init__(self, stream, act):
        super().__init__(daemon=True)
        self.stream, self.act, self.running, self.frames = stream, act, True, 0
        self.late = 0.0

    def run(self):
        sound = tone(OWN, 50)
        begin = time.monotonic()
        while self.running:
            self.stream.send(sound[self.frames % 50])
            if self.act:
                self.act(self.frames)
            self.frames += 1
            left = begin + self.frames * 0.02 - time.monotonic()
            self.late = max(self.late, -left)
            time.sleep(max(0.0, left))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exc):
        self.running = False
        self.join()


class Strangers:
    """Sockets elsewhere that send the injected tone, and count what comes to them."""

    def __init__(self, target, srtp=None):
        self.sockets = [media_socket(f"127.0.0.{2 + i}") for i in range(4)]
        self.sockets += [media_socket() for _ in range(2)]
        self.streams = [Stream(sock, target, srtp) for sock in self.sockets]
        self.sound = tone(INJECTED, 50)

    def spray(self, frame):
        for stream in self.streams:
            stream.send(self.sound[frame % 50])

    def heard(self):
        return sum(received(sock) for sock in self.sockets)


def up(world, person, phone, encrypted):
    """A call from the intruder to the person; gives it, the stream, and our side's socket."""
    sock = media_socket()
    keys = Srtp() if encrypted else None
    made = {}
    dialling = threading.Thread(target=lambda: made.update(call=phone.inner.dial(
        world.sip_uri(person.name), description(sock, keys.attribute() if keys else "",
                                                "RTP/SAVP" if keys else "RTP/AVP"))))
    dialling.start()
    call = person.incoming()
    answer(person, call)
    dialling.join(10)
    return call, Stream(sock, made["call"].media, keys), sock


def bye_report(ssrc):
    """RTCP BYE (RFC 3550 §6.6) behind an empty report."""
    return struct.pack(">BBHI", 0x80, 201, 1, ssrc) + struct.pack(">BBHI", 0x81, 203, 1, ssrc)


def swap(stream, sound):
    """The source of the other side, another sender."""
    other = Stream(stream.socket, stream.to)
    return lambda frame: other.send(sound[frame % 50])


def judge(world, person, call, say, what, encryption):
    heard = world.pulse.hear("a", OWN)
    assert heard.is_tone(OWN), f"{what}: the other side is heard as {heard}"
    levels = world.pulse.levels("a", [OWN, INJECTED])
    assert levels[OWN] > -30, "the meter measures"
    say(f"{what}: {heard}; injected tone {levels[INJECTED]:.0f} dB")
    assert levels[INJECTED] < LIMIT
    assert person.get(call, "Call", "State") == "active"
    person.wait(call, "Call", "Encryption", encryption)


def test_R16_a_clear_call_keeps_its_sound(world, alice, intruder, say):
    world.set_up(alice, "tls", srtp="off", codecs=["pcmu"])
    for _ in range(CALLS):
        call, stream, _sock = up(world, alice, intruder, encrypted=False)
        strangers = Strangers(stream.to)
        swapped = swap(stream, strangers.sound)
        reports = media_socket()

        def act(frame):
            strangers.spray(frame)
            if frame > 20:
                swapped(frame)
                reports.sendto(bye_report(stream.ssrc), (stream.to[0], stream.to[1] + 1))
                stream.socket.sendto(bye_report(stream.ssrc), stream.to)
        with Attack(stream, act):
            judge(world, alice, call, say, "clear: spray, second sender, RTCP BYE", "none")
        assert strangers.heard() == 0, "sound went to a stranger"
        alice.call(call, "Call", "Hangup")


def test_R16_an_encrypted_call_takes_nothing_clear_forged_or_old(world, alice, intruder, say):
    world.set_up(alice, "tls", srtp="require", codecs=["pcmu"])
    for _ in range(CALLS):
        call, stream, _sock = up(world, alice, intruder, encrypted=True)
        strangers = Strangers(stream.to)
        forged = Strangers(stream.to, Srtp())
        sound = tone(INJECTED, 50)
        for frame in range(50):  # what is sent again later, while the other tone is played
            stream.send(sound[frame])
        recorded = list(stream.sent)
        clear = Stream(stream.socket, stream.to, ssrc=stream.ssrc, sequence=stream.sequence)

        def act(frame):
            strangers.spray(frame)
            forged.spray(frame)
            clear.sequence = stream.sequence
            clear.send(sound[frame % 50])
            stream.socket.sendto(recorded[frame % 50], stream.to)
            stream.socket.sendto(bye_report(stream.ssrc), stream.to)
        with Attack(stream, act) as attack:
            while attack.frames < 75:  # what was sent first has been played
                time.sleep(0.02)
            judge(world, alice, call, say, "SRTP: spray, clear, forged, replay, RTCP BYE",
                  "sdes-srtp")
        assert strangers.heard() + forged.heard() == 0, "sound went to a stranger"
        alice.call(call, "Call", "Hangup")


def refused(person, call):
    """The call ended, was never active, and never claimed to be encrypted."""
    person.wait(call, "Call", "State", "ended")
    assert person.get(call, "Call", "AnswerTime") == 0 or \
        person.get(call, "Call", "EndReason") in ("failed", "refused-by-policy")
    assert person.get(call, "Call", "Encryption") == "none"
    assert person.get(call, "Call", "EndText")


@pytest.mark.parametrize("protocol", ["RTP/AVP", "RTP/SAVP"])
def test_R16_an_answer_without_keys_ends_the_call(world, queue, alice, intruder, say, protocol):
    world.set_up(alice, "tls", srtp="require", codecs=["pcmu"])
    sock = media_socket()
    intruder.inner.answer = lambda _call: description(sock, protocol=protocol)
    call = alice.dial(world.sip_uri("mallory"))
    refused(alice, call)
    assert intruder.inner.incoming[0].crypto()
    say(f"answer without keys as {protocol}: {alice.get(call, 'Call', 'EndText')}")
    assert received(sock) == 0, "sound left in clear"


def test_R16_a_certificate_that_was_not_announced_ends_the_call(world, alice, intruder, say):
    world.set_up(alice, "tls", srtp="require", media_encryption="dtls", codecs=["pcmu"])
    port = ports.free_port()
    good = world.certificates.good(DOMAIN)
    server = subprocess.Popen(
        ["openssl", "s_server", "-dtls1_2", "-use_srtp", "SRTP_AES128_CM_SHA1_80", "-accept",
         f"127.0.0.1:{port}", "-cert", good.pem, "-key", good.key, "-quiet"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wrong = ":".join(f"{byte:02X}" for byte in secrets.token_bytes(32))
    intruder.inner.answer = lambda _call: (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} UDP/TLS/RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=rtcp-mux\r\n"
        f"a=setup:passive\r\na=fingerprint:sha-256 {wrong}\r\n")
    try:
        call = alice.dial(world.sip_uri("mallory"))
        refused(alice, call)
        say(f"wrong fingerprint: {alice.get(call, 'Call', 'EndText')}")
        assert "certificate" in alice.get(call, "Call", "EndText")
    finally:
        server.kill()
        server.wait()


R31_SECONDS = int(os.environ.get("R31_SECONDS", "4"))


def test_R31_sound_goes_on_over_a_wrap_losses_and_another_sender(world, alice, intruder, say):
    """Numbers wrap after half a second, 2 % are lost, the sender (SSRC) changes in the middle."""
    world.set_up(alice, "tls", srtp="require", codecs=["pcmu"])
    call, stream, _sock = up(world, alice, intruder, encrypted=True)
    stream.sequence = 65510
    stream.lose = lambda number: number % 50 == 49
    middle = R31_SECONDS * 25

    def act(frame):
        if frame == middle:
            stream.ssrc, stream.sequence = secrets.randbits(32), secrets.randbits(12)
    with Attack(stream, act) as sound:
        assert world.pulse.hear("a", OWN).is_tone(OWN)
        sound.late = 0.0
        with WaitMeter(world.pulse.process.pid, alice.daemon.pid) as waited, \
                world.pulse.gaps("a") as gaps:
            until(lambda: sound.frames > 2 * middle, R31_SECONDS + 10, "the time passes")
        facts = alice.call(call, "Call", "GetStatistics")
    say(f"{sound.frames} packets with wrap, loss and another sender: longest gap "
        f"{gaps.longest * 1000:.0f} ms (the sender was {sound.late * 1000:.0f} ms late, waiting for a "
        f"processor took {waited.worst * 1000:.0f} ms); lost {facts['packets-lost']}, made up "
        f"{facts['concealed'] / 1000:.0f} ms, refused {facts['packets-refused']}")
    assert gaps.longest - sound.late - waited.worst < 0.2
    assert facts["packets-refused"] == 0 < facts["concealed"]
    alice.call(call, "Call", "Hangup")


def test_T4_keys_go_by_INFO_where_the_other_side_takes_no_events(world, alice, intruder):
    world.set_up(alice, "tls", srtp="off", codecs=["pcmu"])
    call, _stream, _sock = up(world, alice, intruder, encrypted=False)
    alice.call(call, "Call", "SendDtmf", "(s)", "5#")
    until(lambda: len(intruder.inner.requests) >= 2, 5, "both keys")
    keys = [body for method, body in intruder.inner.requests if method == "INFO"]
    assert ["5" in keys[0], "#" in keys[1]] == [True, True]
    assert all("Signal" in body for body in keys)
    alice.call(call, "Call", "Hangup")

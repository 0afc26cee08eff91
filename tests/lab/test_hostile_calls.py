# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile telephones and proxies, against the whole daemon: its own proxy is the attacker, over each
transport, or the attacker sits behind Kamailio. R7_ATTEMPTS, R12_MUTANTS and R15_TIMES are how many;
where they are given, and with R11_WAYS=all, it is done by every way there is.
"""

import os
import random
import re
import socket
import time

import pytest

from lab.api import ROOT, Failure
from lab.kamailio import DOMAIN
from lab.meter import StallMeter
from lab.peers.edge import Dialog, Edge
from lab.peers.forger import SDP

ATTEMPTS = int(os.environ.get("R7_ATTEMPTS", "1"))
MUTANTS = int(os.environ.get("R12_MUTANTS", "72"))
TIMES = int(os.environ.get("R15_TIMES", "1"))
EACH = 18  # mutants between two good calls
ROUND = 0.3  # seconds, or more callers would ring than may
CHALLENGES = ("401 Unauthorized", "407 Proxy Authentication Required")


class Lane:
    """alice's account, and who is at the other end: `edge` is called, `caller` calls `uri`."""

    def __init__(self, world, alice, peers, way):
        self.world, self.alice, self.way = world, alice, way
        self.behind = way == "kamailio"
        self.callee = world.sip_uri("mallory")
        if self.behind:
            self.edge = peers.keep(Edge(server=("127.0.0.1", world.kamailio.port)))
            self.caller = peers.keep(Edge(server=("127.0.0.1", world.kamailio.trunk_port)))
            world.kamailio.forget("mallory")
            self.edge.log_in("mallory", world.password("mallory"), DOMAIN)
            self.account = world.add_sip(alice, "tls", srtp="off", codecs=["pcmu"])
        else:
            self.edge = self.caller = peers.keep(Edge(way, world.certificates.good(DOMAIN)))
            self.account = world.add_sip(alice, way, proxy=self.edge.proxy(), srtp="off",
                                         codecs=["pcmu"])
        alice.wait_state(self.account, "online")
        self.mark = world.kamailio.mark()
        self.calls, self.dialled, self.known, self.ringing = [], 0, set(), ""

    @property
    def uri(self):
        return self.world.sip_uri("alice") if self.behind else self.edge.contact

    def fence(self, timeout=5):
        """All that was sent has been handled, and what is to be told of it was."""
        there = self.caller.fence(self.uri, timeout)
        self.alice.get(ROOT, "Manager", "MissedCalls")
        self.alice.queue.drain()
        return there

    def settle(self):
        """The same, whatever was sent; FALSE: the stream was out of step, and is a new one."""
        if self.way == "udp":
            assert self.fence()
            return True
        if self.fence(0.5):
            return True
        if not self.behind:
            self.edge.drop()
            self.alice.wait(self.account, "Account", "State", lambda state: state != "online")
        self.alice.call(self.account, "Account", "Connect")
        self.alice.wait_state(self.account, "online")
        return False

    def dial(self):
        """alice calls: the path of the call, and the INVITE that arrives."""
        # what came by the proxy may just have ended the connection
        self.alice.wait_state(self.account, "online")
        path = self.alice.dial(self.callee, account=self.account)
        self.calls.append(path)
        self.dialled += 1
        invite = self.edge.expect("INVITE ", fits=lambda m: m.one("call-id") not in self.known)
        self.known.add(invite.one("call-id"))  # what comes again is not the next one
        return path, invite

    def stand(self):
        path, invite = self.dial()
        dialog = Dialog(invite)
        self.edge.reply(invite, "200 OK", "Allow: INVITE, ACK, BYE, UPDATE", body=SDP,
                        tag=dialog.tag)
        self.edge.expect("ACK ")
        self.alice.wait(path, "Call", "State", "active")
        return path, dialog

    def act(self, path, method, *arguments):
        """A verb that the other side, or a call that has ended, may refuse."""
        try:
            self.alice.call(path, "Call", method, *arguments)
        except Failure as failure:
            assert failure.name not in ("InvalidArgument", ""), failure

    def ring(self, sender, lines=()):
        """The other side calls: the path of the call, once it rings."""
        invite = self.caller.begin("INVITE", self.uri, sender, lines, SDP)
        self.ringing = re.search(r"Call-ID: (\S+)", invite).group(1)
        self.caller.send(invite)
        self.calls.append(self.alice.incoming(timeout=1, ignore=self.calls))
        self.caller.expect("SIP/2.0 180", fits=lambda m: m.one("call-id") == self.ringing)
        return self.calls[-1]

    def decline(self, path):
        self.act(path, "Decline", "(a{sv})", {})
        self.caller.ack(self.caller.expect(
            "SIP/2.0 486", fits=lambda m: m.one("call-id") == self.ringing))
        self.alice.wait(path, "Call", "State", "ended")

    def invites(self):
        """INVITEs of alice outside of calls, without those to log in."""
        if not self.behind:
            return sum(m.method == "INVITE" and "tag=" not in m.one("to") for m in self.edge.heard)
        asked = [r for r in self.world.kamailio.requests("INVITE", self.mark)
                 if r["from"].startswith(self.world.sip_uri("alice")) and "@127." not in r["ruri"]]
        return len(asked) // 2

    def standing(self):
        return [path for path in self.alice.client.paths("Call")
                if self.alice.client.fact(path, "Call", "State") != "ended"]


@pytest.fixture
def lane(world, alice, peers, request):
    return Lane(world, alice, peers, request.param)


WAYS = ("udp", "tcp", "tls", "kamailio")


def ways(*names, every):
    """Where the environment says how often, by every way."""
    return pytest.mark.parametrize("lane", WAYS if every in os.environ else names, indirect=True)


# R7: passwords

def challenge_inside(lane, status):
    """Every request of ours in a call is challenged; how many there were."""
    path, dialog = lane.stand()
    asked = []

    def react(message):
        if "tag=" not in message.one("to") or message.method == "ACK":
            return False
        asked.append(message.method)
        lane.edge.challenge(message, status)
        return True
    lane.edge.react = react
    try:
        lane.alice.client.set(path, "Call", "Held", True)
    except Failure:
        pass
    lane.edge.expect("INVITE ")
    lane.act(path, "SendDtmf", "(s)", "1")
    lane.act(path, "Transfer", "(sa{sv})", "sip:carol@sip.test", {})
    lane.edge.expect("REFER ")
    lane.edge.send(lane.edge.inside(dialog, "REFER", ["Refer-To: <sip:carol@sip.test>"]))
    lane.edge.expect("NOTIFY ")
    lane.act(path, "Hangup")
    lane.edge.expect("BYE ")
    lane.edge.react = None
    assert {"INVITE", "INFO", "REFER", "NOTIFY", "BYE"} <= set(asked)
    return len(asked)


def challenge_invite(lane, status):
    """The call itself is challenged: after a sign of the other side, and by a foreign realm."""
    for before, realm in (("180 Ringing", DOMAIN), ("183 Session Progress", DOMAIN),
                          (None, "evil.test")):
        path, invite = lane.dial()
        if before:
            lane.edge.reply(invite, before)
        lane.edge.challenge(invite, status, realm)
        lane.edge.expect("ACK ")
        lane.alice.wait(path, "Call", "State", "ended")
    return 3


def welcome(lane):
    """The proxy itself challenges, and is answered."""
    path, invite = lane.dial()
    if not lane.behind:
        lane.edge.challenge(invite, CHALLENGES[1])
        invite = lane.edge.expect("INVITE ")
        assert "Proxy-Authorization: " in invite.text
        lane.dialled += 1  # one more INVITE is seen
    lane.edge.reply(invite, "486 Busy Here")
    lane.edge.expect("ACK ")
    lane.alice.wait(path, "Call", "State", "ended")


@ways("tls", "kamailio", every="R7_ATTEMPTS")
def test_R7_no_stranger_gets_a_digest(lane, say):
    attempts = 0
    while True:
        for status in CHALLENGES:
            attempts += challenge_inside(lane, status) + challenge_invite(lane, status)
        if attempts >= ATTEMPTS:
            break
    given = lane.edge.count("", "uthorization: ") - lane.edge.count("REGISTER ", "uthorization: ")
    answered = max(2, ATTEMPTS // 10)
    assert given == 0 and lane.invites() == lane.dialled
    for _ in range(answered):
        welcome(lane)
    assert lane.invites() == lane.dialled
    say(f"{lane.way}: {attempts} challenges of strangers, 0 answered; {answered} of {answered} of the "
        "proxy answered")


# R15: consent

INVITING = [
    ["Answer-Mode: Auto"],
    ["Priv-Answer-Mode: Auto;require"],
    ["Call-Info: <http://127.0.0.1:{}/>;answer-after=0"],
    ["Alert-Info: <http://127.0.0.1:{}/a.wav>;info=alert-autoanswer"],
    ["Alert-Info: <http://127.0.0.1:{}/ring.wav>"],
    ["Call-Info: <http://127.0.0.1:{}/face.png>;purpose=icon"],
    ["Call-Info: <http://127.0.0.1:{}/card>;purpose=card"],
    ["P-Auto-Answer: normal", "X-Auto-Answer: true"],
    ["Error-Info: <http://127.0.0.1:{}/>", "Identity-Info: <http://127.0.0.1:{}/>"],
    ["Join: a;to-tag=b;from-tag=c"],
]
INSIDE = [
    ("REFER", ["Refer-To: <sip:premium@evil.test>"]),
    ("REFER", ["Refer-To: <sip:premium@evil.test?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"]),
    ("REFER", ["Refer-To: <sip:premium@evil.test;method=INVITE>", "Refer-Sub: false"]),
    ("NOTIFY", ["Event: talk", "Subscription-State: active"]),
    ("NOTIFY", ["Event: hold", "Subscription-State: active"]),
    ("NOTIFY", ["Event: refer", "Subscription-State: terminated"]),
]
REDIRECTIONS = ["300 Multiple Choices", "301 Moved Permanently", "302 Moved Temporarily",
                "305 Use Proxy"]


def abuse(lane, web, number):
    """One of each; how many there were."""
    port = web.getsockname()[1]
    for row, lines in enumerate(INVITING):
        path = lane.ring(f"sip:abuser{number}.{row}@evil.test", [line.format(port) for line in lines])
        assert lane.fence() and lane.alice.get(path, "Call", "State") == "incoming"
        assert not lane.world.pulse.recorders(), "a microphone is open"
        lane.decline(path)
    path, dialog = lane.stand()
    for method, lines in INSIDE:
        lane.edge.send(lane.edge.inside(dialog, method, lines))
        lane.edge.expect("SIP/2.0 ")
    assert lane.alice.get(path, "Call", "State") == "active"
    assert lane.alice.get(path, "Call", "Held") is False
    lane.act(path, "Hangup")
    lane.edge.expect("BYE ")
    for status in REDIRECTIONS:
        path, invite = lane.dial()
        lane.edge.reply(invite, status, contact="<sip:premium@evil.test>")
        lane.edge.expect("ACK ")
        lane.alice.wait(path, "Call", "State", "ended")
    return len(INVITING) + len(INSIDE) + len(REDIRECTIONS)


@ways("tcp", "kamailio", every="R15_TIMES")
def test_R15_nothing_happens_without_consent(lane, say):
    with socket.create_server(("127.0.0.1", 0)) as web:
        web.setblocking(False)
        attempts = sum(abuse(lane, web, number) for number in range(TIMES))
        lane.fence()
        with pytest.raises(BlockingIOError):
            web.accept()
    assert lane.invites() == lane.dialled
    assert set(lane.alice.client.paths("Call")) <= set(lane.calls) and not lane.standing()
    say(f"{lane.way}: {attempts} attempts: no call, no answer, no microphone, no fetch of theirs")


# R11: torture

def torture():
    """Name, right codes ("-": none), octets: of each message of the RFCs."""
    for name in ("rfc4475.txt", "rfc5118.txt"):
        with open(os.path.join(os.environ["LAB_DIR"], name)) as text:
            for part in re.split(r"^@", text.read(), flags=re.MULTILINE)[1:]:
                head, _, rest = part.partition("\n")
                # what follows the last line is an empty one, or a comment on the next message
                rest = re.sub(r"\n(#.*\n)*\Z", "", rest.rstrip(" "))
                rest = re.sub(r"(?<!\\)((?:\\\\)*)\\\n", r"\1", rest) + "\n"
                data = re.sub(rb"\\x([0-9a-f]{2})|\\\\", lambda m: bytes([int(m.group(1), 16)])
                              if m.group(1) else b"\\", rest.replace("\n", "\r\n").encode("latin-1"))
                label, codes = head.split()
                # in one stack, not in one each: no message is a copy of another
                data = data.replace(b"branch=z9hG4bK", b"branch=z9hG4bK" + label.encode())
                yield label, codes.split("/"), data


def tortured(lane, codes, message):
    """Whether one message was answered as it should, and None where the stream is out of step."""
    mark = len(lane.edge.heard)
    lane.edge.send(message)
    if not lane.settle():
        return None
    rang = [path for path in lane.standing() if path not in lane.calls]
    lane.calls += rang
    if rang:
        lane.edge.expect("SIP/2.0 180")
    given = [str(m.code) for m in lane.edge.heard[mark:] if m.code and m.one("call-id")[-5:] != "@edge"]
    for path in rang:
        lane.act(path, "Decline", "(a{sv})", {})
    assert not rang or "180" in codes, "it rang"
    return any(code in given for code in codes) or ("-" in codes and not given)


@pytest.mark.parametrize("lane", WAYS[:3] if "R11_WAYS" in os.environ else ("udp", "tls"),
                         indirect=True)
def test_R11_torture_messages_are_answered_as_the_rfcs_say(lane, say):
    wrong, lost, total = [], 0, 0
    for label, codes, message in torture():
        right = tortured(lane, codes, message)
        total += 1
        if right is None:
            lost += 1
            assert lane.way != "udp" and any(code >= "4" for code in codes), f"{label}: no answer"
        elif not right:
            wrong.append((label, codes, [m.first for m in lane.edge.heard[-4:]]))
    assert total == 60 and not wrong and not lane.standing()
    say(f"{lane.way}: {total} messages, {total - lost} answered rightly, {lost} ended the connection")


# R12: mutants

class Mutator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def __call__(self, text):
        data = bytearray(text.encode())
        for _ in range(self.random.randint(1, 4)):
            if len(data) < 20:
                break
            at = self.random.randrange(len(data))
            run = bytes(data[at:at + self.random.randint(1, 40)])
            how = self.random.randrange(4)
            if how == 0:
                data[at] = self.random.randint(1, 255)
            elif how == 1:
                del data[at:at + len(run)]
            elif how == 2:
                data[at:at] = run
            else:
                data[at:at] = b"\r\n"
        return bytes(data)


def mutant_invites(lane, mutate, number):
    """A round of them, then whatever rings is declined."""
    for row in range(EACH):
        lane.caller.send(mutate(lane.caller.begin(
            "INVITE", lane.uri, f"sip:mutant{number}.{row}@evil.test",
            ["Supported: 100rel, timer, replaces", "Session-Expires: 1800",
             "Call-Info: <xmpp:a@x.test>;purpose=impp", "Record-Route: <sip:127.0.0.1;lr>"], SDP)))
        if not lane.behind:
            lane.settle()
    lane.settle()
    end_all(lane)


def mutant_answers(lane, mutate):
    """Of ours: what rings, what answers, and what notifies in a call that stands."""
    for status in ("180 Ringing", "200 OK"):
        path, invite = lane.dial()
        lane.edge.send(mutate(lane.edge.answer(invite, status, body=SDP)))
        lane.settle()
        lane.act(path, "Hangup")
        lane.edge.reply(invite, "487 Request Terminated")
        lane.alice.wait(path, "Call", "State", "ended")
    _path, dialog = lane.stand()
    for _ in range(EACH - 2):
        lane.edge.send(mutate(lane.edge.inside(
            dialog, "NOTIFY", ["Event: refer", "Subscription-State: active;expires=60"],
            "SIP/2.0 180 Ringing\r\n")))
    lane.settle()
    end_all(lane)


def end_all(lane):
    for path in lane.standing():
        lane.calls.append(path)
        incoming = lane.alice.client.fact(path, "Call", "Direction") == "incoming"
        lane.act(path, *(("Decline", "(a{sv})", {}) if incoming else ("Hangup",)))
    lane.alice.until(lambda: not lane.standing(), 3, "all calls have ended")


def good_call(lane, number):
    """TRUE: one rings. Kamailio may still be about to close a connection for what came by it."""
    for left in (lane.behind, False):
        try:
            lane.decline(lane.ring(f"sip:good{number}@sip.test"))
            return True
        except AssertionError:
            if not left:
                raise
            end_all(lane)
            lane.settle()
    return False


@ways("udp", "kamailio", every="R12_MUTANTS")
def test_R12_after_mutants_the_next_call_works(lane, say):
    seed = random.randrange(2 ** 32)
    mutate, good = Mutator(seed), 0
    with StallMeter(lane.alice) as meter:
        for number in range(MUTANTS // EACH):
            begin = time.monotonic()
            if number % 2:
                mutant_answers(lane, mutate)
            else:
                mutant_invites(lane, mutate, number)
            good += good_call(lane, number)
            while time.monotonic() < begin + ROUND:
                lane.alice.queue.turn(0.05)
    lane.alice.until(lambda: not lane.standing(), 3, "no call is left")
    say(f"{lane.way}: {good * EACH} mutants (seed {seed}), {good} of {good} good calls rang; {meter}")
    assert meter.failed is None and meter.worst < 1000

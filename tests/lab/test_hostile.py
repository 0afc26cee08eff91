# SPDX-License-Identifier: GPL-3.0-or-later
"""A hostile server behind a good certificate: in the login (R6), and with streams of all kinds (R10)."""

import base64
import os
import re
import time

import pytest

from lab.api import ROOT
from lab.events import seen
from lab.meter import StallMeter, memory
from lab.peers.hostile import HEADER, SASL, Hostile, mechanisms
from lab.process import until
from lab.relay import Relay

REPEAT = int(os.environ.get("R10_REPEAT", "1"))
SCRAM = mechanisms("SCRAM-SHA-256")
STATES_DOWN = ("waiting", "failed")


class Stage:
    """alice's account behind a relay that leads to the real server or to the hostile one."""

    def __init__(self, world, alice, peers):
        self.world, self.alice = world, alice
        self.relay = peers.keep(Relay(("127.0.0.1", world.chat.port)))
        self.hostile = peers.keep(Hostile(world.certificates.good("xmpp.test"), None))
        self.password = world.password("alice")
        self.account = world.add_xmpp(alice, port=self.relay.port, allow_plain=True)
        alice.wait_state(self.account, "online")

    def visit(self, script, patience=20):
        """Cuts the connection, leads the next one to the script; returns its dialogue and the name of
        the error once that is over and the account was down. (It comes again soon, by itself.)"""
        self.hostile.script = script
        self.relay.target = ("127.0.0.1", self.hostile.port)
        before = len(self.hostile.dialogues)
        self.relay.reset()
        self.alice.wait(self.account, "Account", "State", lambda state: state != "online")
        mark = len(self.alice.queue.events)
        self.alice.call(self.account, "Account", "Connect")
        until(lambda: any(one.over for one in self.hostile.dialogues[before:]), patience,
              "the script is over")
        down = seen("alice", "properties", path=self.account,
                    changed=lambda facts: facts.get("State") in STATES_DOWN)
        event = self.alice.until(
            lambda: next(filter(down, self.alice.queue.events[mark:]), None), patience,
            "the account is down")
        return self.hostile.dialogues[before], event.changed.get("ErrorName", "")

    def come_home(self, timeout):
        """The good server is there again; seconds until the account is online by itself."""
        self.relay.target = ("127.0.0.1", self.world.chat.port)
        begin = time.monotonic()
        self.alice.wait_state(self.account, "online", timeout)
        return time.monotonic() - begin


@pytest.fixture
def stage(world, alice, peers):
    return Stage(world, alice, peers)


# R6: logins

def login(features, *answers):
    """A script that offers features, and answers whatever the client says with each in turn."""
    def script(dialogue):
        dialogue.start_tls()
        dialogue.open(features)
        for answer in answers:
            dialogue.expect("</auth>|</response>")
            dialogue.send(answer)
        dialogue.listen()
    return script


def sasl(element, text=""):
    return f"<{element} {SASL}>{base64.b64encode(text.encode()).decode()}</{element}>"


def challenged(make):
    """A script whose challenge is made from the client's nonce."""
    def script(dialogue):
        dialogue.start_tls()
        dialogue.open(SCRAM)
        dialogue.challenge(make(re.search("r=([^,]*)", dialogue.auth()[1]).group(1)))
        dialogue.listen()
    return script


def wrong_signature(dialogue):
    dialogue.start_tls()
    dialogue.open(SCRAM)
    dialogue.scram("not the password", success=False)
    dialogue.listen()


SALT = "s=c2FsdHNhbHRzYWx0"
FAILURE = f"<failure {SASL}><not-authorized/></failure>"
LOGINS = {
    "success without a proof": login(SCRAM, f"<success {SASL}/>"),
    "success with a made-up proof": login(SCRAM, sasl("success", "v=" + "A" * 43 + "=")),
    "a wrong signature in the end": wrong_signature,
    "a nonce that is not ours": login(SCRAM, sasl("challenge", f"r=x,{SALT},i=4096")),
    "a nonce that adds nothing": challenged(lambda nonce: f"r={nonce},{SALT},i=4096"),
    "one round": challenged(lambda nonce: f"r={nonce}x,{SALT},i=1"),
    "a billion rounds": challenged(lambda nonce: f"r={nonce}x,{SALT},i=1000000000"),
    "ten million rounds": challenged(lambda nonce: f"r={nonce}x,{SALT},i=10000000"),
    "no salt": challenged(lambda nonce: f"r={nonce}x,s=,i=4096"),
    "an extension that must be known": challenged(lambda nonce: f"m=x,r={nonce}x,{SALT},i=4096"),
    "a question for the password": login(SCRAM, sasl("challenge", "Password:"),
                                         sasl("challenge", "Password:")),
    "only PLAIN": login(mechanisms("PLAIN")),
    "only weaker ones than before": login(mechanisms("SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5",
                                                     "LOGIN", "PLAIN", "ANONYMOUS")),
    "a refusal, then PLAIN": login(SCRAM, FAILURE + mechanisms("PLAIN")),
    "no login at all": login("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"),
    "the login of old": login("<auth xmlns='http://jabber.org/features/iq-auth'/>"),
}


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        facts = stat.read().rpartition(")")[2].split()
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def gives_away(heard, password):
    """Whether the password, or a session, was given to the server."""
    forms = [password.encode(), base64.b64encode(password.encode()).rstrip(b"="),
             base64.b64encode(b"\0alice\0" + password.encode()).rstrip(b"=")]
    return any(form in heard for form in forms) or b"<iq" in heard or \
        b"mechanism='PLAIN'" in heard or b'mechanism="PLAIN"' in heard or b"SHA-1<" in heard


def test_R6_no_hostile_login_gets_a_session_or_the_password(stage, alice, say):
    wrong, sessions, given, longest = [], 0, 0, 0.0
    for name, script in LOGINS.items():
        before = processor_seconds(alice.daemon.pid)
        mark = len(alice.queue.events)
        dialogue, error = stage.visit(script)
        used = processor_seconds(alice.daemon.pid) - before
        longest = max(longest, used)
        online = any(event.kind == "properties" and event.path == stage.account and
                     event.changed.get("State") == "online" for event in alice.queue.events[mark:])
        sessions += online
        given += gives_away(dialogue.heard, stage.password)
        if online or gives_away(dialogue.heard, stage.password) or not error:
            wrong.append(f"{name}: {dialogue.heard[-400:]}")
        if used > 1:
            wrong.append(f"{name}: {used:.2f} s of work")
    say(f"{len(LOGINS)} hostile logins: {sessions} sessions, {given} passwords or weaker answers, "
        f"at most {longest:.2f} s of processor time")
    assert not wrong, "\n".join(wrong)
    assert len(LOGINS) >= 12
    alice.call(stage.account, "Account", "Connect")
    stage.come_home(20)


# R10: streams

def before_tls(data):
    def script(dialogue):
        dialogue.expect("<stream:stream[^>]*>")
        dialogue.send(data)
        dialogue.listen()
    return script


def in_tls(data):
    def script(dialogue):
        dialogue.start_tls()
        dialogue.expect("<stream:stream[^>]*>")
        dialogue.send(data)
        dialogue.listen()
    return script


def online(*parts, close=True):
    """Behind a whole login; parts are text, or functions that give it."""
    def script(dialogue):
        dialogue.login(script.password)
        for part in parts:
            dialogue.send(part() if callable(part) else part)
        if close:
            dialogue.send("</stream:stream>")
            dialogue.listen()
    return script


def many(stanza, number):
    return lambda: "".join(stanza.format(n=n) for n in range(number))


def dripping(dialogue):
    dialogue.login(dripping.password)
    for byte in "<message from='a@b.test'><body>slow</body></message>":
        dialogue.send(byte)
        time.sleep(0.002)


def circles(dialogue):
    dialogue.start_tls()
    dialogue.expect("<stream:stream[^>]*>")
    dialogue.send(f"{HEADER}<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:"
                  "xmpp-streams'>127.0.0.1:1</see-other-host></stream:error></stream:stream>")


DTD = ("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
       + "".join(f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi"))
       + "]>")
FEATURES = "<stream:features>"
MESSAGE = "<message from='eve{n}@evil.test/x' type='chat' id='{n}'><body>{n}</body></message>"
STREAMS = {
    "noise before TLS": before_tls(os.urandom(4096)),
    "spaces before TLS": before_tls(b" " * 300000 + b"</stream:stream>"),
    "HTTP": before_tls("HTTP/1.1 400 Bad Request\r\n\r\n"),
    "a version of old": before_tls(HEADER.replace("version='1.0'>", "version='0.9'>")),
    "an error at once": before_tls(
        f"{HEADER}<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "</stream:error></stream:stream>"),
    "a header of a megabyte": in_tls(f"<stream:stream x='{'y' * 2000000}"),
    "a DTD": in_tls(f"{DTD}{HEADER}{FEATURES}&i;</stream:features>"),
    "an instruction": in_tls(f"{HEADER}<?xml-stylesheet href='x'?>"),
    "a comment": in_tls(f"{HEADER}<!-- -->"),
    "features of 5 MB": in_tls(f"{HEADER}{FEATURES}{'<x/>' * 1250000}"),
    "features 100,000 deep": in_tls(f"{HEADER}{FEATURES}{'<x>' * 100000}"),
    "an unbound prefix": in_tls(f"{HEADER}<y:features/>"),
    "no UTF-8": in_tls(HEADER.encode() + b"<message><body>\xff\xfe\xc0\x80</body></message>"),
    "zeros": in_tls(HEADER.encode() + b"\0" * 1000),
    "tags that cross": in_tls(f"{HEADER}<a><b></a></b>"),
    "an entity that is not there": in_tls(f"{HEADER}<message><body>&x;</body></message>"),
    "see-other-host": circles,
    "a stanza without an end": online(lambda: "<message><body>" + "x" * 6000000),
    "2,000 messages of strangers": online(many(MESSAGE, 2000)),
    "2,000 presences": online(many("<presence from='eve{n}@evil.test/x'/>", 2000)),
    "200 pushes of the roster": online(many(
        "<iq type='set' id='{n}'><query xmlns='jabber:iq:roster'>"
        "<item jid='c{n}@x.test' subscription='both'/></query></iq>", 200)),
    "a message 100,000 deep": online(lambda: "<message>" + "<x>" * 100000 + "</x>" * 100000 +
                                     "</message>"),
    "10,000 attributes": online(lambda: "<message " + " ".join(
        f"a{n}='x'" for n in range(10000)) + "/>"),
    "100,000 children": online(lambda: "<message>" + "<x/>" * 100000 + "</message>"),
    "name spaces": online(lambda: "<message>" + "".join(
        f"<x{n} xmlns:p{n}='{'u' * 1000}'/>" for n in range(4000)) + "</message>"),
    "answers to nothing": online(many("<iq type='result' id='{n}' from='eve@evil.test'/>", 5000)),
    "2,000 questions": online(many(
        "<iq type='get' id='{n}' from='eve@evil.test/x'><query "
        "xmlns='http://jabber.org/protocol/disco#info'/></iq>", 2000)),
    "500 requests to subscribe": online(many(
        "<presence type='subscribe' from='eve{n}@evil.test'/>", 500)),
    "acknowledgements of what was never sent": online("<a xmlns='urn:xmpp:sm:3' h='4294967295'/>"
                                                      + "<r xmlns='urn:xmpp:sm:3'/>" * 5000),
    "text between stanzas": online("hello " * 1000),
    "an end inside a stanza": online("<message><body>", close=False),
    "byte by byte": dripping,
}


def peak(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024


def test_R10_no_hostile_stream_brings_the_daemon_down_or_to_a_halt(stage, alice, say):
    pid, wrong, home = alice.daemon.pid, [], []
    for script in STREAMS.values():
        script.password = stage.password
    before = memory(pid)[0]
    with StallMeter(alice) as meter:
        for turn in range(REPEAT):
            for name, script in STREAMS.items():
                worst = meter.worst
                if not stage.visit(script)[1]:
                    wrong.append(f"{name}: no error")
                if meter.worst > max(worst, 200):
                    wrong.append(f"{name}: an answer took {meter.worst:.0f} ms")
                if turn > 0 or name == list(STREAMS)[-1]:
                    alice.call(stage.account, "Account", "Connect")
                    home.append(stage.come_home(60))
    grown = peak(pid) - before
    say(f"{len(STREAMS)} hostile streams {REPEAT} times: {meter}; peak memory +{grown:.1f} MiB; "
        f"back on a good server after at most {max(home):.1f} s")
    assert not wrong, "\n".join(wrong)
    assert meter.failed is None
    assert len(STREAMS) >= 30
    if os.environ.get("LAB_BUILD") == "build":  # a sanitizer keeps what was freed
        assert grown < 64
    assert alice.daemon.running() and alice.call(ROOT, "Manager", "GetStatistics")

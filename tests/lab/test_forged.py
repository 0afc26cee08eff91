# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged and genuine callers: nobody is shown as a contact without proof (C52, C62-C68).

Callers come to Kamailio either as its user mallory (or bob), who logs in and then writes what he
likes, or over the trunk from another provider, whose headers pass as they are. What is asserted
of own users is who logged in; what comes over the trunk is what the network vouches for.
"""

import os
import time

import pytest

from lab.events import seen
from lab.peers.forger import Forger
from lab.peers.slix import vcard
from lab.process import until
from lab.relay import Relay

NUMBER = "+33123456789"
CONTACTS = {"bob": ["sip:bob@sip.test"], "carol": ["+33 (1) 23-45 67/89"], "dave": [],
            "anna": ["tel:+33199999999", "sip:twins@sip.test"],
            "berta": ["tel:+33199999999", "sip:twins@sip.test"],
            "frank": ["sip:frank@partner.test"], "gina": ["4711"]}
# More than are fetched unasked: the cards of the rest are not known when somebody names them.
CROWD = [f"user{number}" for number in range(560)]
PLAN = {"country": "+33", "national_prefix": "0", "international_prefix": "00"}
# How often in a row, 20 times a second, nothing more is fetched: with the checkers it may pause.
CALM = 20 if os.environ.get("LAB_BUILD", "build") == "build" else 100
RINGS_WITHIN = 0.3

UNKNOWN, CLAIMED, CONTRADICTED = ("unknown",), ("claimed",), ("contradicted",)
UNVERIFIED = UNKNOWN + CLAIMED + CONTRADICTED
MALLORY = "<sip:mallory@sip.test>"
STRANGER = "<sip:stranger@evil.test>"


def person_jid(name):
    return f"{name}@xmpp.test"


def cue(uri, parameters=";purpose=impp"):
    return f"Call-Info: <{uri}>{parameters}"


def asserted(value):
    return f"P-Asserted-Identity: {value}"


BOB = cue("xmpp:bob@xmpp.test")

# Everything below is forged. Name, headers, grades that are right.
CUES = [
    ("C66: the address of a contact", [BOB], CONTRADICTED),
    ("C66: in capitals", [cue("XMPP:Bob@XMPP.TEST", ";PURPOSE=IMPP")], CONTRADICTED),
    ("C66: with a resource", [cue("xmpp:bob@xmpp.test/phone")], CONTRADICTED),
    ("C66: quoted purpose", [cue("xmpp:bob@xmpp.test", ';purpose="impp"')], UNVERIFIED),
    ("C66: parameters before", [cue("xmpp:bob@xmpp.test", ";a=b;purpose=impp;c")], CONTRADICTED),
    ("C66: with a query", [cue("xmpp:bob@xmpp.test?message;body=x")], CONTRADICTED),
    ("C66: escaped", [cue("xmpp:%62ob@xmpp.test")], CONTRADICTED),
    ("C66: with an authority", [cue("xmpp://guest@x.test/bob@xmpp.test")], UNVERIFIED),
    ("C66: after a picture", ["Call-Info: <http://x.test/b.png>;purpose=icon, "
                              "<xmpp:bob@xmpp.test>;purpose=impp"], CONTRADICTED),
    ("C66: in a second header", [cue("http://x.test", ";purpose=info"), BOB], CONTRADICTED),
    ("C66: after a stranger", [cue("xmpp:eve@evil.test"), BOB], UNVERIFIED),
    ("C66: before a stranger", [BOB, cue("xmpp:eve@evil.test")], CONTRADICTED),
    ("C66: twenty of them", [BOB] * 20, CONTRADICTED),
    ("C66: somebody else's number", [cue("xmpp:carol@xmpp.test")], CONTRADICTED),
    ("C66: a contact without a number", [cue("xmpp:dave@xmpp.test")], CONTRADICTED),
    ("C66: one of two with the same number", [cue("xmpp:anna@xmpp.test")], CONTRADICTED),
    ("C64: a stranger", [cue("xmpp:eve@evil.test")], CLAIMED),
    ("C64: looks like a contact", [cue("xmpp:b\u043eb@xmpp.test")], UNVERIFIED),
    ("C64: a longer domain", [cue("xmpp:bob@xmpp.test.evil.test")], CLAIMED),
    ("C63: another purpose", [cue("xmpp:bob@xmpp.test", ";purpose=card")], UNKNOWN),
    ("C63: another scheme", [cue("im:bob@xmpp.test")], UNKNOWN),
    ("C63: no brackets", ["Call-Info: xmpp:bob@xmpp.test;purpose=impp"], UNVERIFIED),
    ("C63: no end", ["Call-Info: <xmpp:bob@xmpp.test;purpose=impp"], UNKNOWN),
    ("C63: nothing in it", [cue("xmpp:")], UNKNOWN),
]
NAMES = ["Bob Brown", "bob@xmpp.test", "sip:bob@sip.test", NUMBER, "Bob \u202e(verified)",
         '\\"Bob\\" <sip:bob@sip.test>']
HEADERS = [
    "Remote-Party-ID: <sip:bob@sip.test>;party=calling;screen=yes;privacy=off",
    "P-Preferred-Identity: <sip:bob@sip.test>", asserted("<sip:bob@sip.test>"),
    asserted(f"<tel:{NUMBER}>"), "Diversion: <sip:bob@sip.test>;reason=unconditional",
    "History-Info: <sip:bob@sip.test>;index=1", "Reply-To: <sip:bob@sip.test>",
    "Referred-By: <sip:bob@sip.test>", "Subject: from sip:bob@sip.test",
]
# mallory logs in, From says somebody else: the proxy knows who it was (C68).
SENDERS = ["<sip:bob@sip.test>", '"Bob Brown" <sip:bob@sip.test>', "<sip:bob@sip.test:5060>",
           f"<sip:{NUMBER}@sip.test;user=phone>", f"<sip:{NUMBER}@sip.test>",
           "<sip:0123456789@sip.test;user=phone>", "<sip:4711@sip.test>", "<sip:twins@sip.test>"]
# Over the trunk, From alone: a foreign domain has its own users, and vouches for no number (C67).
FOREIGN = ["<sip:bob@evil.test>", "<sip:bob@sip.test.evil.test>", "<sip:bob@evilsip.test>",
           "<sip:bob%40sip.test@evil.test>", "<sip:bob@evil.test;maddr=sip.test>",
           f"<sip:{NUMBER}@evil.test;user=phone>", f"<sip:{NUMBER}@evil.test>",
           "<sip:4711@evil.test>", "<sip:frank@evil.test>", "<sip:frank@partner.test.evil.test>"]
# Over the trunk, asserted: nearly the address of a contact (C67).
NEARLY = ["<sip:bob@evil.test>", f"<sip:{NUMBER}@evil.test;user=phone>", f"<tel:{NUMBER[:-1]}>",
          f"<tel:{NUMBER}0>", "<tel:+34123456789>", "<sip:23456789@sip.test;user=phone>",
          f"<tel:{NUMBER};ext=7>", "<sip:47110@sip.test>", "<sip:711@sip.test>",
          "<sip:BOB@sip.test>", "<sip:bob.@sip.test>", "<sip:bob%00@sip.test>",
          "<sip:frank@partner.test.test>", "<sip:frank@sip.test>", "bob@sip.test", "<sip:>"]
TWINS = [("C67: two contacts with one number", [asserted("<tel:+33199999999>")], UNKNOWN),
         ("C67: two contacts with one address", [asserted("<sip:twins@sip.test>")], UNKNOWN),
         ("C64: two with one number, one named",
          [asserted("<tel:+33199999999>"), cue("xmpp:anna@xmpp.test")], CLAIMED),
         ("C68: privacy is asked for", [asserted("<sip:bob@sip.test>"), "Privacy: id"], UNKNOWN),
         ("C66: the number of one contact, the name of another",
          [asserted("<sip:bob@sip.test>"), cue("xmpp:carol@xmpp.test")], CONTRADICTED)]


def forged():
    """All forged calls: name, user who logs in or None for the trunk, From, headers, grades."""
    for name, headers, grades in CUES:
        yield name, "mallory", MALLORY, headers, grades
    for name in NAMES:
        yield f"C64: the name {name}", "mallory", f'"{name}" {MALLORY}', [], UNKNOWN
    for header in HEADERS:
        yield f"C68: {header}", "mallory", MALLORY, [header], UNKNOWN
    for sender in SENDERS:
        yield f"C68: From {sender}", "mallory", sender, [], UNKNOWN
    yield "C66: From and name of a contact", "mallory", SENDERS[0], [BOB], CONTRADICTED
    for sender in FOREIGN:
        yield f"C67: From {sender}", None, sender, [], UNKNOWN
    for header in HEADERS[:2]:
        yield f"C68: trunk, {header}", None, STRANGER, [header], UNKNOWN
    for value in NEARLY:
        yield f"C67: asserted {value}", None, STRANGER, [asserted(value)], UNKNOWN
    for name, headers, grades in TWINS:
        yield name, None, STRANGER, headers, grades


# Genuine calls: contact, user who logs in or None for the trunk, From, headers.
GENUINE = [
    ("bob", "bob", "<sip:bob@sip.test>", []),
    ("bob", "bob", '"Mallory" <sip:bob@sip.test>', []),
    ("bob", "bob", "<sip:bob@sip.test>", [BOB]),
    ("bob", "bob", "<sip:bob@sip.test>", [cue("XMPP:BOB@xmpp.test/x", ";PURPOSE=impp")]),
    ("bob", "bob", "<sip:bob@sip.test>", [cue("http://x.test", ";purpose=icon"), BOB]),
    ("bob", "bob", "<sip:anybody@sip.test>", []),
    *((name, None, STRANGER, [asserted(value)]) for name, value in (
        ("bob", "<sip:bob@SIP.TEST:5060;transport=udp>"), ("bob", "<sips:bob@sip.test>"),
        ("bob", "<sip:%62ob@sip.test>"), ("bob", '"Mallory" <sip:bob@sip.test>'),
        ("carol", f"<tel:{NUMBER}>"), ("carol", "<tel:+33-1-23-45-67-89>"),
        ("carol", f"<sip:{NUMBER}@sip.test;user=phone>"), ("carol", f"<sip:{NUMBER}@sip.test>"),
        ("carol", "<sip:0123456789@sip.test;user=phone>"),
        ("carol", "<sip:0033123456789@sip.test;user=phone>"),
        ("gina", "<sip:4711@sip.test>"), ("frank", "<sip:frank@partner.test>"))),
    ("carol", None, STRANGER, [asserted(f"<tel:{NUMBER}>"), cue("xmpp:carol@xmpp.test")]),
    ("frank", None, "<sip:frank@partner.test>", []),
]


class Stage:
    """One person called, the callers, and what is counted."""

    def __init__(self, world, person, forgers):
        self.world, self.person, self.forgers = world, person, forgers
        self.calls, self.latencies = set(), []

    def dial(self, user, sender, headers):
        """Calls the person; returns the attempt and the path of the call, or None if refused."""
        forger = self.forgers[user is not None]
        attempt = forger.invite(self.world.sip_uri(self.person.name), sender, headers, user)

        def new_call():
            return [path for path in self.person.client.paths("Call") if path not in self.calls]
        self.person.until(lambda: new_call() or attempt.over.is_set(), 8, f"a call by {sender}")
        if not new_call():
            return attempt, None
        path = new_call()[0]
        self.calls.add(path)
        shown = next(event for event in reversed(self.person.queue.events)
                     if event.kind == "added" and event.fields.get("path") == path)
        self.latencies.append(shown.time - attempt.sent)
        return attempt, path

    def grade(self, path, wanted, timeout=3):
        """The grade of a call, waited for; what it is in the end if it is not as wanted."""
        fact = self.person.client.fact
        deadline = time.monotonic() + timeout
        while fact(path, "Call", "Identity") not in wanted and time.monotonic() < deadline:
            self.person.queue.turn(0.05)
        return fact(path, "Call", "Identity")

    def hang_up(self, user, attempt, path):
        if path:
            self.forgers[user is not None].cancel(attempt)
            self.person.wait(path, "Call", "State", "ended")

    def was_verified(self, path):
        """Whether the call was shown as a contact's at any time."""
        fact = self.person.client.fact
        return fact(path, "Call", "Identity") == "verified" or \
            fact(path, "Call", "Contact") != "/" or \
            any(event.changed.get("Identity") == "verified" for event in self.person.queue.events
                if event.kind == "properties" and event.path == path)


@pytest.fixture
def crowded(world, peers):
    """A chat server of its own, where alice has a large roster, behind a relay."""
    folder = os.path.join(world.folder, f"forged-{len(os.listdir(world.folder))}")
    server = world.chat_server(folder)
    people = {**CONTACTS, **{name: [f"sip:{name}@sip.test"] for name in CROWD}}
    server.add_user(world.jid("alice"), world.password("alice"))
    server.set_roster(world.jid("alice"), {world.jid(name): name.title() for name in people})
    for name, numbers in people.items():
        server.set_vcard(world.jid(name), vcard(name.title(), numbers))
    peers.keep(server.start().ready())
    relay = peers.keep(Relay(("127.0.0.1", server.port)))
    return server, relay


@pytest.fixture
def forgers(world, peers):
    """Callers over the trunk, and callers who log in."""
    return [peers.keep(Forger(("127.0.0.1", port), {user: world.password(user)
                                                    for user in ("mallory", "bob")}, world.queue))
            for port in (world.kamailio.trunk_port, world.kamailio.port)]


def fetched(person, server, names):
    """Waits until no more cards are asked for by the daemon itself; the contacts left out."""
    last = [0, 0]

    def calm():
        person.queue.drain()
        now = len(server.vcards_asked())
        last[:] = [now, last[1] + 1 if now == last[0] and now else 0]
        return last[1] > CALM
    until(calm, 60, "the cards that are fetched at login are there", every=0.05)
    asked = set(server.vcards_asked())
    for name in CONTACTS:
        path = person.contact(person_jid(name))
        if person_jid(name) not in asked:
            person.call(path, "Contact", "Refresh")
    return [name for name in names if person_jid(name) not in asked]


def test_R2_C52_C62_C64_C65_C66_C67_C68_forged_callers_are_never_contacts_and_genuine_ones_are(
        world, alice, crowded, forgers, say):
    server, relay = crowded
    xmpp = world.add_xmpp(alice, port=relay.port)
    sip = world.add_sip(alice)
    alice.pair(xmpp, sip, **PLAN)
    alice.wait_state(xmpp, "online")
    alice.wait_state(sip, "online")
    stage = Stage(world, alice, forgers)
    left = fetched(alice, server, CROWD)
    say(f"{len(left)} of {len(CROWD) + len(CONTACTS)} cards not fetched at login")
    assert len(left) >= 12
    rows, wrong, verified, fetches = 0, [], 0, []

    def forge(name, user, sender, headers, grades):
        mark = server.mark()
        attempt, path = stage.dial(user, sender, headers)
        grade = stage.grade(path, grades) if path else "refused"
        stage.hang_up(user, attempt, path)
        fetches.append(max(len(server.vcards_asked(mark, kind)) for kind in ("vcard", "vcard4")))
        if grade not in (*grades, "refused"):
            wrong.append(f"{name}: {grade} instead of {' or '.join(grades)}")
        return bool(path) and stage.was_verified(path)
    for row in forged():
        rows += 1
        verified += forge(*row)
    for name in left[:4]:
        rows += 1
        verified += forge("C65: the card, not known yet, says another number", "mallory", MALLORY,
                          [cue(f"xmpp:{name}@xmpp.test")], CONTRADICTED)
    right = 0
    genuine = GENUINE + [(name, None, f"<sip:{name}@sip.test>", [cue(f"xmpp:{name}@xmpp.test")])
                         for name in left[4:7]]
    for name, user, sender, headers in genuine:
        mark = server.mark()
        attempt, path = stage.dial(user, sender, headers)
        good = path and stage.grade(path, ("verified",)) == "verified" and \
            alice.get(path, "Call", "Contact") == alice.contact(person_jid(name))
        stage.hang_up(user, attempt, path)
        fetches.append(max(len(server.vcards_asked(mark, kind)) for kind in ("vcard", "vcard4")))
        right += bool(good)
        if not good:
            wrong.append(f"genuine {name} {sender} {headers} is not verified")
    say(f"{rows} forged callers: {verified} verified; {right} of {len(genuine)} genuine ones "
        f"verified; at most {max(fetches)} fetches of a card for one call, {sum(fetches)} in all")
    held_back(stage, relay, left[7:11], say)
    slowest = max(stage.latencies)
    say(f"announced after {sorted(stage.latencies)[rows // 2] * 1000:.0f} ms (median), "
        f"{slowest * 1000:.0f} ms (longest of {len(stage.latencies)})")
    assert not wrong, "\n".join(wrong)
    assert rows >= 60 and verified == 0
    assert len(genuine) >= 20 and right == len(genuine)
    assert max(fetches) == 1
    assert slowest < RINGS_WITHIN or os.environ.get("LAB_BUILD") != "build"


def held_back(stage, relay, names, say):
    """While the chat server is silent callers are announced at once, as what they claim to be; the
    grade follows when the cards come: the first two are whom they name."""
    relay.stall()
    before, calls = len(stage.latencies), []
    for number, name in enumerate(names):
        sender = f"<sip:{name}@sip.test>" if number < 2 else STRANGER
        attempt, path = stage.dial(None, sender, [cue(f"xmpp:{name}@xmpp.test")])
        assert stage.grade(path, CLAIMED) == "claimed", name
        assert stage.person.get(path, "Call", "Contact") == "/"
        calls.append((attempt, path))
    say(f"{len(names)} announced with the cards held back, the slowest after "
        f"{max(stage.latencies[before:]) * 1000:.0f} ms")
    relay.go()
    for number, (attempt, path) in enumerate(calls):
        wanted = "verified" if number < 2 else "contradicted"
        assert stage.grade(path, (wanted,), 5) == wanted, names[number]
        stage.hang_up(None, attempt, path)


def test_C68_without_tls_nothing_that_is_asserted_makes_a_contact(world, alice, forgers):
    world.set_up(alice, "udp")
    bob = alice.contact(world.jid("bob"))
    alice.wait(bob, "Contact", "Capabilities", lambda words: "audio" in words)
    stage = Stage(world, alice, forgers)
    for user, sender, headers in ((None, STRANGER, [asserted("<sip:bob@sip.test>")]),
                                  (None, "<sip:bob@evil.test>", [asserted("<sip:bob@sip.test>")]),
                                  ("mallory", "<sip:bob@sip.test>", [])):
        attempt, path = stage.dial(user, sender, headers)
        assert stage.grade(path, UNKNOWN) == "unknown", sender
        stage.hang_up(user, attempt, path)
        assert not stage.was_verified(path)


def test_C70_a_call_by_nobody_known_rings_all_the_same(world, queue, alice, forgers):
    world.set_up(alice)
    stage = Stage(world, alice, forgers)
    attempt, path = stage.dial(None, STRANGER, [])
    queue.wait(lambda: 180 in attempt.codes, 5, "the caller hears it ring")
    stage.hang_up(None, attempt, path)
    queue.expect(seen("alice", "properties", path=path,
                      changed=lambda change: change.get("State") == "ended"))

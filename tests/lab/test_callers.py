# SPDX-License-Identifier: GPL-3.0-or-later
"""Who rings: block lists, those let in, answering by itself, emergency services, floods.

Callers are the forger's: over the trunk what is asserted passes as it is written; a user who logs in
at Kamailio is asserted by it.
"""

import os
import time

import pytest
from gi.repository import GLib

from lab.api import ROOT, options
from lab.meter import StallMeter, WaitMeter, memory
from lab.peers.forger import Flood, Forger
from lab.test_calls import answer

SECONDS = int(os.environ.get("R14_SECONDS", "2"))
RATE = 200
STRANGER, MALLORY = "<sip:stranger@evil.test>", "<sip:mallory@sip.test>"
ASKS_TO_BE_ANSWERED = (
    "Call-Info: <sip:127.0.0.1>;answer-after=0", "Alert-Info: <http://x.test>;info=alert-autoanswer",
    "Alert-Info: info=RingAnswer", "Answer-Mode: Auto", "Priv-Answer-Mode: Auto;require",
    "P-Auto-Answer: normal", "Subject: intercom=true")


def asserted(uri):
    return f"P-Asserted-Identity: <{uri}>"


class Callers:
    def __init__(self, world, peers, person):
        self.world, self.person = world, person
        self.trunk = peers.keep(Forger(("127.0.0.1", world.kamailio.trunk_port), {},
                                       world.queue))
        self.users = peers.keep(Forger(
            ("127.0.0.1", world.kamailio.port),
            {name: world.password(name) for name in ("mallory", "carol")}, world.queue))

    def policy(self, **values):
        self.person.call(ROOT, "Admin", "SetPolicy", "(a{sv})", options(
            {key.replace("_", "-"): value for key, value in values.items()}))

    def invite(self, sender, *headers, user=None):
        forger = self.users if user else self.trunk
        return forger.invite(self.world.sip_uri(self.person.name), sender, headers, user)

    def refused(self, sender, *headers, user=None):
        """Calls; the final answer, without a call ever to be seen."""
        before = set(self.person.client.paths("Call"))
        attempt = self.invite(sender, *headers, user=user)
        assert attempt.over.wait(5), f"{sender} was not answered: {attempt.codes}"
        self.world.queue.drain()
        assert set(self.person.client.paths("Call")) == before, f"{sender} was seen"
        return attempt.codes[-1]

    def rings(self, sender, *headers, user=None):
        """Calls, must ring, is cancelled."""
        seen = set(self.person.client.paths("Call"))
        attempt = self.invite(sender, *headers, user=user)
        call = self.person.incoming(ignore=seen)
        (self.users if user else self.trunk).cancel(attempt)
        self.person.wait(call, "Call", "State", "ended")
        return call


def standing(person):
    """The calls that have not ended."""
    return [path for path in person.client.paths("Call")
            if person.client.fact(path, "Call", "State") != "ended"]


@pytest.fixture
def callers(world, alice, peers):
    world.set_up(alice)
    return Callers(world, peers, alice)


def test_T12_numbers_domains_and_hidden_callers_are_blocked(callers, alice):
    callers.rings(STRANGER)
    callers.policy(block_callers=["*@evil.test", "+33 8*", "anonymous"])
    assert callers.refused(STRANGER) == 603
    assert callers.refused("<tel:+33812345678>") == 603
    assert callers.refused("<sip:new@other.test>", asserted("sip:eve@evil.test")) == 603
    assert callers.refused("Anonymous <sip:anonymous@anonymous.invalid>", "Privacy: id") == 603
    callers.rings("<sip:stranger@evil.test.example>")
    callers.policy(allow_callers=["stranger@evil.test"])
    callers.rings(STRANGER)
    # every call is in the log, those refused with the reason, and none of them was missed
    log = alice.call(ROOT, "Manager", "GetCallLog", "(a{sv})", {})
    assert [entry["end-reason"] for entry in log] == [
        "cancelled", "cancelled", *["refused-by-policy"] * 4, "cancelled"]
    assert [entry["missed"] for entry in log] == [True, True, False, False, False, False, True]
    assert alice.get(ROOT, "Manager", "MissedCalls") == 3


def test_T12_who_is_blocked_in_chat_rings_by_no_address(world, callers, alice, queue):
    carol = alice.contact(world.jid("carol"))
    alice.wait(carol, "Contact", "Phones", lambda phones: len(phones) > 0)
    attempt = callers.invite("<sip:carol@sip.test>", user="carol")
    call = alice.incoming()
    assert alice.get(call, "Call", "Contact") == carol
    # while it rings
    alice.client.set(carol, "Contact", "Blocked", True)
    alice.wait(call, "Call", "EndReason", "declined")
    assert attempt.over.wait(5) and attempt.codes[-1] == 603
    assert callers.refused("<sip:carol@sip.test>", user="carol") == 603
    assert callers.refused("<sip:x@other.test>", asserted(world.sip_uri("carol"))) == 603
    alice.client.set(carol, "Contact", "Blocked", False)
    alice.wait(carol, "Contact", "Blocked", False)
    callers.rings("<sip:carol@sip.test>", user="carol")


def test_T12_only_contacts_and_the_list_ring(callers):
    callers.policy(unknown_callers="refuse", allow_callers=["mallory@sip.test"])
    assert callers.refused(STRANGER) == 603
    # who only writes that address into From is not let in
    assert callers.refused(MALLORY, asserted("sip:x@evil.test")) == 603
    callers.rings(MALLORY, user="mallory")


def test_T18_only_the_user_s_own_list_answers(callers, alice, queue):
    for number, header in enumerate(ASKS_TO_BE_ANSWERED):
        call = callers.rings(f"<sip:stranger{number}@evil.test>", header)
        assert alice.get(call, "Call", "AnswerTime") == 0
    callers.policy(auto_answer=["mallory@sip.test"])
    call = callers.rings(MALLORY, asserted("sip:x@evil.test"), ASKS_TO_BE_ANSWERED[0])
    assert alice.get(call, "Call", "AnswerTime") == 0
    attempt = callers.invite(MALLORY, user="mallory")
    queue.wait(lambda: 200 in attempt.codes, 5, "the call is answered")
    # the wire may know of it before the bus does
    queue.wait(lambda: standing(alice), 5, "the call on the bus")
    call, = standing(alice)
    # while it stands nobody else is answered by itself
    second = callers.invite(MALLORY, user="mallory")
    alice.incoming(ignore={call})
    assert 200 not in second.codes
    callers.users.cancel(second)
    alice.call(call, "Call", "Hangup")
    alice.wait(call, "Call", "State", "ended")


def test_T17_an_emergency_service_always_rings(callers, alice):
    callers.policy(unknown_callers="refuse", block_callers=["*", "112"])
    alice.client.set(ROOT, "Manager", "Availability", "dnd")
    callers.rings("<sip:112@sip.test>", asserted("sip:112@sip.test"))
    # anybody can write that into From
    assert callers.refused("<sip:112@sip.test>", asserted("sip:eve@evil.test")) == 603
    # and out: no token is asked for
    routes = alice.call(ROOT, "Manager", "GetCallRoutes", "(sa{sv})", "112", {})
    assert routes and routes[0]["charges"] == "none" and not routes[0].get("confirm")


def test_R14_one_caller_rings_only_so_often(callers, alice):
    rung = 0
    while rung < 120:
        attempt = callers.invite(STRANGER)
        callers.world.queue.wait(lambda: attempt.over.is_set() or 180 in attempt.codes, 5,
                                 "an answer")
        callers.trunk.cancel(attempt)
        if attempt.codes[-1] == 486:
            break
        rung += 1
    assert 60 <= rung < 120 and attempt.codes[-1] == 486
    callers.rings("<sip:other@evil.test>")


def test_R14_a_flood_neither_rings_on_nor_stops_anything(world, callers, alice, queue, peers, say):
    phone = peers.baresip("carol")
    phone.dial(world.sip_uri("alice"))
    call = alice.incoming()
    answer(alice, call)
    gaps = world.pulse.gaps("a")
    before = memory(alice.daemon.pid)[0]
    most = 0
    with world.pulse.play("c", 660):
        assert world.pulse.hear("a", 660).is_tone(660)
        waited = WaitMeter(world.pulse.process.pid, phone.process.pid, alice.daemon.pid)
        with gaps, waited, StallMeter(alice) as meter:
            floods = [peers.keep(Flood(("127.0.0.1", world.kamailio.trunk_port),
                                       world.sip_uri("alice"), RATE, SECONDS, method))
                      for method in ("INVITE", "OPTIONS")]
            end = time.monotonic() + SECONDS + 0.5
            while time.monotonic() < end:
                queue.turn(0.05)
                most = max(most, sum(
                    alice.client.fact(path, "Call", "State") == "incoming"
                    for path in alice.client.paths("Call")))
    codes = floods[0].codes()
    say(f"{floods[0].sent} INVITE and {floods[1].sent} OPTIONS in {SECONDS} s: "
        f"{most} rang at a time, answers {codes}; {meter}; longest gap {gaps.longest * 1000:.0f} ms "
        f"(waiting for a processor {waited.worst * 1000:.0f} ms); "
        f"resident {before:.1f} -> {memory(alice.daemon.pid)[0]:.1f} MiB")
    assert floods[0].sent >= RATE * SECONDS * 0.9
    assert 1 <= most <= 4
    assert set(codes) <= {100, 180, 486, 503} and codes.get(486, 0) + codes.get(503, 0) > 0
    assert not meter.failed and meter.worst < 100
    assert gaps.longest - waited.worst < 0.1
    assert alice.get(call, "Call", "State") == "active"
    assert len(alice.client.paths("Call")) <= 1 + 4 + 100
    phone.hangup()
    alice.wait(call, "Call", "EndReason", "remote-hangup")


def test_T11_missed_calls_are_counted_paged_and_kept(world, callers, alice):
    for number in range(3):
        callers.rings(f"<sip:missed{number}@evil.test>")
    alice.wait(ROOT, "Manager", "MissedCalls", 3)
    page = alice.call(ROOT, "Manager", "GetCallLog", "(a{sv})", options({"limit": 2}))
    assert [entry["uri"] for entry in page] == ["sip:missed2@evil.test", "sip:missed1@evil.test"]
    rest = alice.call(ROOT, "Manager", "GetCallLog", "(a{sv})", options({"before": page[1]["id"]}))
    assert [entry["uri"] for entry in rest] == ["sip:missed0@evil.test"]
    assert all(entry["missed"] and not entry["seen"] and entry["end-reason"] == "cancelled"
               for entry in page + rest)
    # over a restart
    assert alice.stop_daemon() == 0
    alice.start_daemon()
    assert alice.get(ROOT, "Manager", "MissedCalls") == 3
    alice.call(ROOT, "Manager", "MarkCallsSeen", "(a{sv})", options(
        {"until": GLib.Variant("s", page[1]["id"])}))
    alice.wait(ROOT, "Manager", "MissedCalls", 1)
    alice.call(ROOT, "Manager", "MarkCallsSeen", "(a{sv})", {})
    alice.wait(ROOT, "Manager", "MissedCalls", 0)
    log = alice.call(ROOT, "Manager", "GetCallLog", "(a{sv})", options({"missed": True}))
    assert len(log) == 3 and all(entry["seen"] for entry in log)

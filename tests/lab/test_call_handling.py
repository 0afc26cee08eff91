# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls handled as a telephone does: early media, branches, several at once, transfers (T2, T3, T5).

The other ends are baresip and SIPp, behind Kamailio.
"""

import math
import os
import re

import pytest

from lab import family
from lab.api import options
from lab.events import seen
from lab.peers.forger import Forger
from lab.ports import free_port


def answer(person, call):
    person.call(call, "Call", "Accept", "(a{sv})", {})
    person.wait(call, "Call", "State", "active")


def hold(person, call, on):
    person.client.set(call, "Call", "Held", on)


def called_phone(world, queue, person, peers, name="carol", **how):
    """A baresip that the person called, and the call, which stands."""
    world.kamailio.forget(name)
    phone = peers.baresip(name, transport="udp", srtp=None, **how)
    call = person.dial(world.sip_uri(name))
    queue.expect(seen(f"baresip-{name}", "baresip", type="CALL_INCOMING"))
    phone.accept()
    person.wait(call, "Call", "State", "active")
    return phone, call


def scripted(world, peers, scenario, **how):
    """A SIPp that is registered as mallory and waits for a call."""
    world.kamailio.forget("mallory")
    port = free_port()
    peers.sipp("register", port=port).finish()
    return peers.sipp(scenario, port=port, **how)


def test_T2_of_two_telephones_the_first_to_answer_has_the_call(world, queue, alice, bob, peers):
    world.set_up(alice)
    world.set_up(bob)
    phone = peers.baresip("bob", transport="udp", srtp=None)
    queue.wait(lambda: len(world.kamailio.registered("bob")) == 2, 5, "both are registered")
    call = alice.dial(world.sip_uri("bob"))
    ours = bob.incoming()
    queue.expect(seen("baresip-bob", "baresip", type="CALL_INCOMING"))
    phone.accept()
    alice.wait(call, "Call", "State", "active")
    bob.wait(ours, "Call", "EndReason", "answered-elsewhere")
    alice.call(call, "Call", "Hangup")
    queue.expect(seen("baresip-bob", "baresip", type="CALL_CLOSED"))


def test_T3_four_calls_one_talks_and_a_write_swaps(world, queue, alice, peers):
    world.set_up(alice, "udp")
    callers, calls = [], []
    for _ in range(4):
        callers.append(peers.sipp("standing", target="alice"))
        calls.append(alice.incoming(ignore=calls))
        answer(alice, calls[-1])
    for call in calls[:3]:
        alice.wait(call, "Call", "Held", True)
    assert alice.get(calls[3], "Call", "Held") is False
    hold(alice, calls[0], False)
    alice.wait(calls[3], "Call", "Held", True)
    assert [alice.get(call, "Call", "Held") for call in calls] == [False, True, True, True]
    done = alice.ctl("swap", calls[3])
    assert done.returncode == 0, done.stderr
    alice.wait(calls[0], "Call", "Held", True)
    assert alice.get(calls[3], "Call", "Held") is False
    assert {alice.get(call, "Call", "State") for call in calls} == {"active"}
    for call in calls:
        alice.call(call, "Call", "Hangup")
    for caller in callers:
        caller.finish()


@pytest.mark.skipif(family.SIX, reason="the caller that is made up here speaks IPv4")
def test_T3_more_than_four_that_ring_are_busy(world, queue, alice, peers):
    world.set_up(alice, "udp")
    caller = peers.keep(Forger(("127.0.0.1", world.kamailio.trunk_port), {}, queue))
    attempts = []
    for number in range(5):
        attempts.append(caller.invite(world.sip_uri("alice"), f"<sip:{number}@evil.test>"))
        wanted = 180 if number < 4 else 486
        queue.wait(lambda: wanted in attempts[-1].codes, 5, f"caller {number} hears {wanted}")
    alice.until(lambda: len(alice.client.paths("Call")) == 4, 5, "four calls are shown")
    assert {alice.get(path, "Call", "State") for path in alice.client.paths("Call")} == {"incoming"}
    for attempt in attempts[:4]:
        caller.cancel(attempt)


def test_T3_hold_and_resume_by_the_foreign_phone(world, queue, alice, peers):
    world.set_up(alice, "udp")
    phone, call = called_phone(world, queue, alice, peers)
    phone.command("hold")
    alice.wait(call, "Call", "RemoteHeld", True)
    # it takes no other change before it has our answer to this one
    queue.expect(seen(phone.name, "baresip", type="CALL_REMOTE_SDP", param="answer"))
    phone.command("resume")
    alice.wait(call, "Call", "RemoteHeld", False)
    hold(alice, call, True)
    assert alice.get(call, "Call", "Held") is True
    hold(alice, call, False)
    alice.call(call, "Call", "Hangup")


def ulaw(frequency, seconds=1):
    """A sine as G.711 mu-law."""
    def encode(sample):
        sign, size = (0x80, -sample) if sample < 0 else (0, sample)
        size = min(size, 32635) + 132
        exponent = max(size.bit_length() - 8, 0)
        return ~(sign | exponent << 4 | size >> exponent + 3 & 15) & 0xff
    return bytes(encode(int(12000 * math.sin(2 * math.pi * frequency * k / 8000)))
                 for k in range(8000 * seconds))


def test_T2_early_media_reliable_responses_update_and_a_session_timer(world, alice, peers, say):
    world.set_up(alice, "udp", rtp_ports=(40000, 40999))  # SIPp plays from the usual ones
    tone = os.path.join(world.folder, "tone.ulaw")
    with open(tone, "wb") as out:
        out.write(ulaw(660))
    phone = scripted(world, peers, "reliable", hold_ms=2000, tone=tone)
    call = alice.dial(world.sip_uri("mallory"))
    alice.wait(call, "Call", "EarlyMedia", True)
    heard = world.pulse.hear("a", 660)
    assert alice.get(call, "Call", "State") == "ringing"
    assert not world.pulse.recorders()
    say(f"before the answer alice hears {heard}, no microphone is open")
    assert heard.is_tone(660)
    alice.wait(call, "Call", "State", "active")
    alice.wait(call, "Call", "RemoteHeld", True)
    alice.wait(call, "Call", "EndReason", "remote-hangup")
    phone.finish()


def test_T5_a_call_is_handed_over(world, queue, alice, bob, peers, say):
    world.set_up(alice, "udp")
    world.set_up(bob, "udp", srtp="off")
    phone, call = called_phone(world, queue, alice, peers)
    alice.call(call, "Call", "Transfer", "(sa{sv})", "Bob", {})
    assert alice.get(call, "Call", "TransferTarget") == world.sip_uri("bob")
    theirs = bob.incoming()
    answer(bob, theirs)
    alice.wait(call, "Call", "TransferState", "done")
    alice.wait(call, "Call", "EndReason", "local-hangup")
    with world.pulse.play("b", 440):
        heard = world.pulse.hear("c", 440)
    say(f"after the transfer carol hears bob as {heard}")
    assert heard.is_tone(440)
    bob.call(theirs, "Call", "Hangup")
    refused = alice.refused(call, "Call", "Transfer", "(sa{sv})", "Bob", {})
    assert refused.name == "WrongState"


def test_T5_a_transfer_that_fails_leaves_the_call(world, queue, alice, bob, peers):
    world.set_up(alice, "udp")
    world.set_up(bob, "udp", srtp="off")
    phone, call = called_phone(world, queue, alice, peers)
    alice.call(call, "Call", "Transfer", "(sa{sv})", "Bob", {})
    theirs = bob.incoming()
    bob.call(theirs, "Call", "Decline", "(a{sv})", {})
    alice.wait(call, "Call", "TransferState", "failed")
    assert alice.get(call, "Call", "State") == "active"
    refused = alice.refused(call, "Call", "Transfer", "(sa{sv})", "no such person", {})
    assert refused.name == "NotFound"
    alice.call(call, "Call", "Hangup")


def test_T5_nobody_is_called_because_the_other_side_says_so(world, queue, alice, bob, peers):
    world.set_up(alice, "udp")
    world.set_up(bob, "udp", srtp="off")
    phone, call = called_phone(world, queue, alice, peers)
    mark = world.kamailio.mark()
    phone.command("transfer", world.sip_uri("bob"))
    queue.expect(seen("alice", "signal", member="TransferRequested"))
    assert alice.get(call, "Call", "TransferState") == "asked"
    assert alice.get(call, "Call", "TransferTarget") == world.sip_uri("bob")
    assert not world.kamailio.requests("INVITE", mark)
    placed = alice.call(call, "Call", "AcceptTransfer", "(a{sv})", {})
    theirs = bob.incoming()
    answer(bob, theirs)
    alice.wait(placed, "Call", "State", "active")
    # Who asked hears that it worked, and leaves.
    alice.wait(call, "Call", "EndReason", "remote-hangup")
    assert alice.get(placed, "Call", "Held") is False
    alice.call(placed, "Call", "Hangup")


def test_T5_a_redirection_waits_for_the_person(world, queue, alice, bob, peers):
    world.set_up(alice, "udp")
    world.set_up(bob, "udp")
    phone = scripted(world, peers, "redirect", target="bob")
    call = alice.dial(world.sip_uri("mallory"))
    alice.wait(call, "Call", "State", "ended")
    phone.finish()
    assert alice.get(call, "Call", "EndCode") == 302
    assert alice.get(call, "Call", "TransferState") == "asked"
    assert not bob.client.paths("Call")
    done = alice.ctl("transfer", "accept")
    assert done.returncode == 0, done.stderr
    theirs = bob.incoming()
    bob.call(theirs, "Call", "Decline", "(a{sv})", {})
    refused = alice.refused(call, "Call", "DeclineTransfer")
    assert refused.name == "WrongState"


def test_T5_two_calls_are_joined(world, queue, alice, bob, peers):
    """alice has calls with bob and with SIPp; bob is to take her place in the latter."""
    world.set_up(alice, "udp")
    world.set_up(bob, "udp")
    phone = scripted(world, peers, "callee", calls=2)
    target = alice.dial(world.sip_uri("mallory"))
    alice.wait(target, "Call", "State", "active")
    call = alice.dial(world.sip_uri("bob"))
    theirs = bob.incoming()
    answer(bob, theirs)
    alice.wait(call, "Call", "State", "active")
    alice.call(call, "Call", "TransferTo", "(o)", target)
    bob.wait(theirs, "Call", "TransferState", "asked")
    placed = bob.call(theirs, "Call", "AcceptTransfer", "(a{sv})", {})
    bob.wait(placed, "Call", "State", "active")
    alice.wait(call, "Call", "TransferState", "done")
    alice.wait(call, "Call", "State", "ended")
    invites = re.findall(r"^INVITE .*?\r?\n\r?\n", phone.messages(), re.M | re.S)
    first, second = invites[0], next(text for text in invites if "\nReplaces:" in text)
    call_id = re.search(r"^Call-ID: *(\S+)", first, re.M).group(1)
    replaces = re.search(r"^Replaces: *(\S+)", second, re.M).group(1)
    tag = re.search(r"^From:.*;tag=(\S+)", first, re.M).group(1)
    assert replaces == f"{call_id};to-tag=1;from-tag={tag}"
    assert "Referred-By: <sip:alice@sip.test>" in second
    bob.call(placed, "Call", "Hangup")
    alice.call(target, "Call", "Hangup")
    phone.finish()


def test_T5_a_call_that_takes_the_place_of_another_rings_first(world, queue, alice, peers):
    world.set_up(alice, "udp")
    one = peers.sipp("standing", target="alice")
    call = alice.incoming()
    answer(alice, call)
    queue.wait(lambda: "\nACK sip" in one.messages(), 5, "the first call stands")
    okay = re.findall(r"^SIP/2.0 200 OK.*?\r?\n\r?\n", one.messages(), re.M | re.S)[0]
    facts = {name: re.search(rf"^{name}:.*", okay, re.M).group(0) for name in ("From", "To")}
    call_id = re.search(r"^Call-ID: *(\S+)", okay, re.M).group(1)
    tags = {name: re.search(r";tag=([^;\s]+)", line).group(1) for name, line in facts.items()}
    other = peers.sipp("standing", target="alice", headers=[
        f"Replaces: {call_id};to-tag={tags['To']};from-tag={tags['From']}"])
    second = alice.incoming(ignore=(call,))
    assert alice.get(second, "Call", "Replaces") == call
    assert alice.get(call, "Call", "State") == "active"
    answer(alice, second)
    alice.wait(call, "Call", "EndReason", "local-hangup")
    one.finish()
    alice.call(second, "Call", "Hangup")
    other.finish()


def test_T5_what_is_being_called_is_taken_over_by_another_call(world, queue, alice, peers):
    """RFC 3891: who was called calls back in place of the call that rings there."""
    world.set_up(alice, "udp")
    phone = scripted(world, peers, "ringing")
    placed = alice.dial(world.sip_uri("mallory"))
    alice.wait(placed, "Call", "State", "ringing")
    invite = re.findall(r"^INVITE .*?\r?\n\r?\n", phone.messages(), re.M | re.S)[0]
    call_id = re.search(r"^Call-ID: *(\S+)", invite, re.M).group(1)
    tag = re.search(r"^From:.*;tag=(\S+)", invite, re.M).group(1)
    other = peers.sipp("standing", target="alice", headers=[
        f"Replaces: {call_id};to-tag={tag};from-tag=1;early-only"])
    call = alice.incoming()
    assert alice.get(call, "Call", "Replaces") == placed
    assert alice.get(placed, "Call", "State") == "ringing"
    answer(alice, call)
    alice.wait(placed, "Call", "State", "ended")
    phone.finish()
    alice.call(call, "Call", "Hangup")
    other.finish()


def test_B1_a_caller_is_declined_with_a_message(world, queue, alice, bob, peers):
    world.set_up(alice)
    world.set_up(bob)
    alice.dial("Bob")
    theirs = bob.incoming()
    bob.wait(theirs, "Call", "Identity", "verified")
    bob.call(theirs, "Call", "Decline", "(a{sv})", options({"message": "Later, I promise"}))
    def arrived():
        for path in alice.client.paths("Chat"):
            found = alice.call(path, "Chat", "GetMessages", "(a{sv})", {})
            if any(message["text"] == "Later, I promise" for message in found):
                return True
        return False
    queue.wait(arrived, 5, "the message is there")

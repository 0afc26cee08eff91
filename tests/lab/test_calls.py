# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls: between two persons over each transport, and with phones that are not ours."""

import pytest

from lab.api import ROOT, options
from lab.events import seen

TRANSPORTS = [("udp", "none"), ("tcp", "none"), ("tls", "sdes-srtp")]


def answer(person, call):
    person.call(call, "Call", "Accept", "(a{sv})", {})
    person.wait(call, "Call", "State", "active")


def tones_both_ways(world, say, what, letter):
    """alice speaks 440 Hz, the other side ("b" or "c") 660 Hz; both must arrive within 2 %."""
    with world.pulse.play("a", 440), world.pulse.play(letter, 660):
        there, back = world.pulse.hear(letter, 440), world.pulse.hear("a", 660)
    say(f"{what}: alice is heard as {there}; she hears {back}")
    assert there.is_tone(440) and back.is_tone(660)


@pytest.mark.parametrize("transport,encryption", TRANSPORTS)
def test_T1_T6_T7_two_persons_hear_each_other(world, queue, alice, bob, say, transport, encryption):
    srtp = "require" if encryption != "none" else "off"
    mine = world.set_up(alice, transport, srtp=srtp)
    world.set_up(bob, transport, srtp=srtp)
    call = alice.dial("Bob")
    assert alice.get(call, "Call", "Account") == mine.sip
    assert alice.get(call, "Call", "Direction") == "outgoing"
    theirs = bob.incoming()
    alice.wait(call, "Call", "State", "ringing")
    answer(bob, theirs)
    alice.wait(call, "Call", "State", "active")
    for person, path in ((alice, call), (bob, theirs)):
        person.wait(path, "Call", "Encryption", encryption)
        assert person.get(path, "Call", "AnswerTime") > 0
    tones_both_ways(world, say, f"{transport}, {encryption}", "b")
    bob.call(theirs, "Call", "Hangup")
    assert alice.wait(call, "Call", "EndReason", "remote-hangup")
    assert bob.wait(theirs, "Call", "EndReason", "local-hangup")
    assert alice.get(call, "Call", "State") == "ended" == bob.get(theirs, "Call", "State")
    queue.wait(lambda: not world.pulse.streams(), 5, "the sound streams are closed")


def test_T6_opus_and_pcmu_are_both_spoken(world, alice, bob, say):
    world.set_up(alice, codecs=["opus"])
    world.set_up(bob)
    call = alice.dial(world.sip_uri("bob"))
    answer(bob, bob.incoming())
    alice.wait(call, "Call", "State", "active")
    codec = alice.wait(call, "Call", "Codec", bool)
    assert "opus" in codec.lower()
    tones_both_ways(world, say, codec, "b")


@pytest.mark.parametrize("transport,srtp,encryption", [("tls", "srtp-mand", "sdes-srtp"),
                                                       ("udp", None, "none")])
def test_T1_T2_T7_a_foreign_phone_is_called(world, queue, alice, peers, say, transport, srtp,
                                            encryption):
    world.set_up(alice, transport)  # srtp=prefer: also a phone that demands encryption is reached
    phone = peers.baresip("carol", transport=transport, srtp=srtp)
    call = alice.dial("Carol")
    queue.expect(seen("baresip-carol", "baresip", type="CALL_INCOMING"))
    phone.accept()
    alice.wait(call, "Call", "State", "active")
    alice.wait(call, "Call", "Encryption", encryption)
    tones_both_ways(world, say, f"baresip, {transport}, {encryption}", "c")
    alice.call(call, "Call", "Hangup")
    queue.expect(seen("baresip-carol", "baresip", type="CALL_CLOSED"))
    alice.wait(call, "Call", "EndReason", "local-hangup")


@pytest.mark.parametrize("transport,srtp,encryption", [("tls", "srtp-mand", "sdes-srtp"),
                                                       ("udp", None, "none")])
def test_T1_T2_T7_a_foreign_phone_calls(world, queue, alice, peers, say, transport, srtp,
                                        encryption):
    world.set_up(alice, transport)
    phone = peers.baresip("carol", transport=transport, srtp=srtp)
    phone.dial(world.sip_uri("alice"))
    call = alice.incoming()
    answer(alice, call)
    queue.expect(seen("baresip-carol", "baresip", type="CALL_ESTABLISHED"))
    alice.wait(call, "Call", "Encryption", encryption)
    tones_both_ways(world, say, f"baresip calls, {transport}, {encryption}", "c")
    phone.hangup()
    alice.wait(call, "Call", "EndReason", "remote-hangup")


def test_sipp_calls_and_hears_itself(world, alice, peers):
    world.set_up(alice, "udp")
    caller = peers.sipp("caller", target="alice", hold_ms=400)
    call = alice.incoming()
    answer(alice, call)
    alice.wait(call, "Call", "EndReason", "remote-hangup")
    caller.finish()
    assert alice.get(call, "Call", "EndCode") in (0, 200)


@pytest.mark.parametrize("word,code,reason", [(None, 486, "busy"), ("declined", 603, "declined"),
                                              ("unavailable", 480, "no-answer")])
def test_T2_a_call_is_declined_and_both_sides_say_so(world, alice, bob, word, code, reason):
    world.set_up(alice)
    world.set_up(bob)
    call = alice.dial("Bob")
    theirs = bob.incoming()
    bob.call(theirs, "Call", "Decline", "(a{sv})", options({"reason": word} if word else {}))
    bob.wait(theirs, "Call", "EndReason", "declined")
    alice.wait(call, "Call", "EndReason", reason)
    assert alice.get(call, "Call", "EndCode") == code
    assert alice.get(call, "Call", "State") == "ended"


def test_T2_a_call_is_cancelled_before_the_answer(world, alice, bob):
    world.set_up(alice)
    world.set_up(bob)
    call = alice.dial("Bob")
    theirs = bob.incoming()
    alice.call(call, "Call", "Hangup")
    alice.wait(call, "Call", "State", "ended")
    assert alice.get(call, "Call", "EndReason") in ("cancelled", "local-hangup")
    bob.wait(theirs, "Call", "State", "ended")
    assert bob.get(theirs, "Call", "EndReason") in ("cancelled", "no-answer")


def test_T2_a_number_nobody_has_ends_as_not_found(world, alice):
    world.set_up(alice)
    call = alice.dial("sip:nobody@sip.test")
    alice.wait(call, "Call", "EndReason", "not-found")
    assert alice.get(call, "Call", "EndCode") == 404


def test_T7_a_required_srtp_is_not_given_up_for_a_plain_phone(world, queue, alice, peers):
    world.set_up(alice, "tls", srtp="require")
    phone = peers.baresip("carol", transport="tls", srtp=None)
    call = alice.dial("Carol")
    with queue.forbid(seen("alice", "properties", changed=lambda c: c.get("State") == "active")):
        alice.wait(call, "Call", "State", "ended")
    phone.dial(world.sip_uri("alice"))
    queue.expect(seen("baresip-carol", "baresip", type="CALL_CLOSED"))


def test_T4_digits_are_sent_in_a_call(world, alice, peers, queue):
    world.set_up(alice, "udp")
    phone = peers.baresip("carol", transport="udp", srtp=None)
    call = alice.dial("Carol")
    queue.expect(seen("baresip-carol", "baresip", type="CALL_INCOMING"))
    phone.accept()
    alice.wait(call, "Call", "State", "active")
    alice.call(call, "Call", "SendDtmf", "(s)", "42#")
    for digit in "42#":
        queue.expect(seen("baresip-carol", "baresip", type="CALL_DTMF_START", param=digit))
    refused = alice.refused(call, "Call", "SendDtmf", "(s)", "4x")
    assert refused.name == "InvalidArgument"


def test_T9_R32_a_call_without_pulseaudio_has_a_clear_end_and_the_daemon_stays(world, queue, fresh,
                                                                               bob):
    alice = fresh(world.alice).start_daemon({"PULSE_SERVER": f"unix:{world.folder}/no-pulse"})
    mine = world.set_up(alice)
    world.set_up(bob)
    call = alice.dial("Bob")
    theirs = bob.client.find("Call", Direction="incoming") or bob.incoming()
    if bob.client.fact(theirs, "Call", "State") != "ended":
        answer(bob, theirs)
    alice.wait(call, "Call", "State", lambda state: state in ("active", "ended"))
    if alice.client.fact(call, "Call", "State") == "active":
        alice.call(call, "Call", "Hangup")
    alice.wait(call, "Call", "State", "ended")
    assert alice.get(mine.sip, "Account", "State") == "online"
    assert alice.get(mine.xmpp, "Account", "State") == "online"
    assert alice.get(ROOT, "Manager", "Version")

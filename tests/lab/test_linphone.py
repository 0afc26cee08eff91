# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls with Linphone, a phone with a SIP stack and a media engine of its own.

It runs without a screen on the lab's PulseAudio. Not asked of it: video and ZRTP, which cusaxd does
not have, and to show that an attended transfer arrived, which its prompt does not tell.
"""

import pytest

from lab.events import seen
from lab.test_call_handling import hold
from lab.test_calls import answer, tones_both_ways

CALLED = [("tls", "srtp", "sdes-srtp"), ("udp", None, "none")]
CALLS = [("tls", "dtls", "dtls-srtp")]


def set_up(world, alice, transport, ours):
    """alice offers keys by DTLS where the phone demands them so."""
    world.set_up(alice, transport, **({"media_encryption": "dtls"} if ours == "dtls-srtp" else {}))


def at_phone(queue, kind):
    return queue.expect(seen("linphone-carol", "linphone", type=kind)).groups


def registered(world, peers, **how):
    world.kamailio.forget("carol")
    return peers.linphone("carol", **how)


@pytest.mark.parametrize("transport,encryption,ours", CALLED)
def test_T2_T4_T7_linphone_is_called(world, queue, alice, peers, say, transport, encryption, ours):
    set_up(world, alice, transport, ours)
    phone = registered(world, peers, transport=transport, encryption=encryption)
    call = alice.dial("Carol")
    at_phone(queue, "incoming")
    phone.accept()
    alice.wait(call, "Call", "State", "active")
    alice.wait(call, "Call", "Encryption", ours)
    tones_both_ways(world, say, f"linphonec, {transport}, {ours}", "c")
    alice.call(call, "Call", "SendDtmf", "(s)", "4#")
    assert [at_phone(queue, "digit")[0] for _ in "4#"] == ["4", "#"]
    alice.call(call, "Call", "Hangup")
    at_phone(queue, "ended")
    alice.wait(call, "Call", "EndReason", "local-hangup")


@pytest.mark.parametrize("transport,encryption,ours", CALLS)
def test_T2_T4_T7_linphone_calls(world, queue, alice, peers, say, transport, encryption, ours):
    set_up(world, alice, transport, ours)
    phone = registered(world, peers, transport=transport, encryption=encryption)
    phone.dial(world.sip_uri("alice"))
    call = alice.incoming()
    at_phone(queue, "ringing")
    answer(alice, call)
    at_phone(queue, "connected")
    alice.wait(call, "Call", "Encryption", ours)
    tones_both_ways(world, say, f"linphonec calls, {transport}, {ours}", "c")
    phone.type("7*")
    for digit in "7*":
        queue.expect(seen("alice", "signal", member="DtmfReceived", values=(digit,)))
    phone.hangup()
    alice.wait(call, "Call", "EndReason", "remote-hangup")


def test_T3_linphone_holds_and_is_held(world, queue, alice, peers, say):
    world.set_up(alice, "udp")
    phone = registered(world, peers, transport="udp", encryption=None)
    call = alice.dial("Carol")
    at_phone(queue, "incoming")
    phone.accept()
    at_phone(queue, "connected")
    alice.wait(call, "Call", "State", "active")
    phone.type("pause")
    at_phone(queue, "holding")
    alice.wait(call, "Call", "RemoteHeld", True)
    phone.type("resume")
    alice.wait(call, "Call", "RemoteHeld", False)
    hold(alice, call, True)
    at_phone(queue, "held")
    hold(alice, call, False)
    tones_both_ways(world, say, "linphonec, after both held", "c")
    phone.hangup()
    alice.wait(call, "Call", "EndReason", "remote-hangup")


def test_T5_linphone_hands_the_call_over(world, queue, alice, bob, peers):
    world.set_up(alice, "udp")
    world.set_up(bob, "udp", srtp="off")
    phone = registered(world, peers, transport="udp", encryption=None)
    call = alice.dial("Carol")
    at_phone(queue, "incoming")
    phone.accept()
    at_phone(queue, "connected")
    alice.wait(call, "Call", "State", "active")
    phone.type(f"transfer {world.sip_uri('bob')}")
    queue.expect(seen("alice", "signal", member="TransferRequested"))
    placed = alice.call(call, "Call", "AcceptTransfer", "(a{sv})", {})
    answer(bob, bob.incoming())
    alice.wait(placed, "Call", "State", "active")
    alice.call(placed, "Call", "Hangup")

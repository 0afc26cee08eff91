# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways through NATs: ICE, STUN and TURN, with coturn and with a phone that is not ours."""

import os
import subprocess
import time

import pytest

from lab.coturn import Coturn
from lab.events import seen
from lab.process import until
from lab.test_audio import figures
from lab.test_calls import answer, tones_both_ways


@pytest.fixture(scope="module")
def coturn(world):
    return world.run(Coturn(os.path.join(world.folder, "coturn"),
                            {name: world.password(name) for name in ("alice", "bob")})).ready()


def talk(alice, bob):
    call = alice.dial("Bob")
    theirs = bob.incoming()
    answer(bob, theirs)
    alice.wait(call, "Call", "State", "active")
    return call, theirs


def path(person, call):
    return until(lambda: figures(person, call).get("path") not in (None, "direct") and
                 figures(person, call)["path"], 5, "a way is found")


@pytest.mark.parametrize("encryption", ["sdes", "dtls"])
def test_T8_ice_finds_the_direct_way(world, alice, bob, say, encryption):
    world.set_up(alice, ice=True, media_encryption=encryption)
    world.set_up(bob, ice=True)
    call, theirs = talk(alice, bob)
    say(f"ICE, {encryption}: {path(alice, call)}, {path(bob, theirs)}")
    assert path(alice, call) == "host" == path(bob, theirs)
    alice.wait(call, "Call", "Encryption", f"{encryption}-srtp")
    tones_both_ways(world, say, f"ICE, {encryption}", "b")
    bob.call(theirs, "Call", "Hangup")
    alice.wait(call, "Call", "EndReason", "remote-hangup")


def test_T8_who_hides_their_address_speaks_through_the_relay(world, alice, bob, coturn, say):
    world.set_up(alice, ice=True, turn=coturn.address, turn_login="alice", relay_only=True)
    world.set_up(bob, ice=True, stun=coturn.address)
    before = coturn.relayed()
    call, theirs = talk(alice, bob)
    assert path(alice, call) == "relay"
    assert coturn.relayed() > before
    tones_both_ways(world, say, "through TURN", "b")
    alice.call(call, "Call", "Hangup")
    bob.wait(theirs, "Call", "State", "ended")


def test_T8_servers_that_are_silent_delay_a_call_by_a_second_at_most(world, alice, bob, queue,
                                                                   say):
    world.set_up(alice, "udp", ice=True, stun="127.0.0.1:9", turn="127.0.0.1:9",
                 turn_login="alice")
    world.set_up(bob, "udp")
    begin = time.monotonic()
    call = alice.dial("Bob")
    theirs = bob.incoming()
    took = time.monotonic() - begin
    say(f"dead STUN and TURN: the other side rings after {took:.2f} s")
    assert took < 2.5
    answer(bob, theirs)
    alice.wait(call, "Call", "State", "active")
    tones_both_ways(world, say, "without ICE at the other side", "b")


def _has_more_than_loopback():
    listed = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


@pytest.mark.skipif(not _has_more_than_loopback(),
                    reason="this phone does ICE on other interfaces than loopback alone")
@pytest.mark.parametrize("ours", [True, False])
def test_T8_ice_with_a_phone_that_is_not_ours(world, queue, alice, peers, say, ours):
    world.set_up(alice, "udp", ice=True)
    phone = peers.baresip("carol", transport="udp", srtp=None, nat="ice")
    if ours:
        call = alice.dial("Carol")
        queue.expect(seen("baresip-carol", "baresip", type="CALL_INCOMING"))
        phone.accept()
        alice.wait(call, "Call", "State", "active")
    else:
        phone.dial(world.sip_uri("alice"))
        call = alice.incoming()
        answer(alice, call)
    say(f"baresip, ICE: {path(alice, call)}")
    tones_both_ways(world, say, "baresip, ICE", "c")
    phone.hangup()
    alice.wait(call, "Call", "EndReason", "remote-hangup")

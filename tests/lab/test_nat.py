# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways through NATs: ICE, STUN and TURN, with coturn and with a phone that is not ours."""

import os
import subprocess
import time

import pytest

from lab import family
from lab.coturn import HOST as RELAY_HOST, Coturn
from lab.dns import Dnsmasq
from lab.events import seen
from lab.process import until
from lab.test_audio import figures
from lab.test_calls import answer, tones_both_ways


@pytest.fixture(scope="module")
def coturn(world):
    return world.run(Coturn(os.path.join(world.folder, "coturn"),
                            {name: world.password(name) for name in ("alice", "bob")},
                            world.certificates.good(RELAY_HOST))).ready()


@pytest.fixture
def names(world, peers):
    """A name server that knows the relay."""
    return peers.keep(Dnsmasq(os.path.join(world.folder, f"names-{time.monotonic_ns()}"), [
        f"host-record={RELAY_HOST},{family.HOST}"]).start().ready())


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


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_T8_the_relay_is_reached_over_streams(world, alice, bob, coturn, names, say, transport):
    """Where a net lets nothing else through; TLS is verified by the relay's name."""
    turn = f"turns:{RELAY_HOST}:{coturn.tls_port}" if transport == "tls" else \
        f"turn:{coturn.address}?transport=tcp"
    world.set_up(alice, ice=True, turn=turn, turn_login="alice", relay_only=True,
                 dns_servers=[names.address])
    world.set_up(bob, ice=True)
    before, opened = coturn.relayed(), coturn.connections()
    call, theirs = talk(alice, bob)
    assert path(alice, call) == "relay"
    assert coturn.relayed() > before and coturn.connections() > opened
    tones_both_ways(world, say, f"through TURN over {transport}", "b")
    alice.call(call, "Call", "Hangup")
    bob.wait(theirs, "Call", "State", "ended")


def test_T8_C98_a_relay_that_is_not_the_one_named_is_not_spoken_to(world, alice, bob, names):
    false = world.run(Coturn(os.path.join(world.folder, "coturn-false"),
                             {"alice": world.password("alice")},
                             world.certificates.faulty("foreign", RELAY_HOST))).ready()
    world.set_up(alice, ice=True, turn=f"turns:{RELAY_HOST}:{false.tls_port}", turn_login="alice",
                 dns_servers=[names.address])
    world.set_up(bob, ice=True)
    call, theirs = talk(alice, bob)
    assert path(alice, call) == "host"
    assert false.relayed() == 0
    assert f"the connection to the relay {RELAY_HOST} is over" in alice.log_text()
    alice.call(call, "Call", "Hangup")
    bob.wait(theirs, "Call", "State", "ended")


def test_T8_X9_a_call_goes_through_the_relay_that_the_chat_server_lends(world, alice, bob, say):
    """XEP-0215: Prosody makes a login of a secret that it shares with coturn."""
    lent = world.run(Coturn(os.path.join(world.folder, "coturn-lent"), {},
                            world.certificates.good(RELAY_HOST), secret=world.prosody.turn_secret,
                            port=world.prosody.turn_port)).ready()
    world.set_up(alice, ice=True, relay_only=True)
    world.set_up(bob, ice=True)
    alice.until(lambda: "servers for calls" in alice.log_text(), 5, "the relays are known")
    call, theirs = talk(alice, bob)
    assert path(alice, call) == "relay"
    assert lent.relayed() > 0
    tones_both_ways(world, say, "through the relay of the chat server", "b")
    alice.call(call, "Call", "Hangup")
    bob.wait(theirs, "Call", "State", "ended")


def test_T8_servers_that_are_silent_delay_a_call_by_a_second_at_most(world, alice, bob, queue,
                                                                   say):
    world.set_up(alice, "udp", ice=True, stun=f"{family.LITERAL}:9",
                 turn=f"{family.LITERAL}:9", turn_login="alice")
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

# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the registrar is kept open, and found to be gone (RFC 5626).

Kamailio speaks outbound and answers STUN on its SIP port.
"""

import pytest

from lab.nat import Nat
from lab.process import until
from lab.relay import Relay
from lab.test_calls import answer


@pytest.fixture
def nat(world, peers):
    return peers.keep(Nat(("127.0.0.1", world.kamailio.port)))


def by(world, person, port, transport, **how):
    """The person's telephony account by way of that port, online."""
    account = world.add_sip(person, transport, proxy=f"sip:127.0.0.1:{port};transport={transport}",
                            **how)
    person.wait_state(account, "online")
    return account


def pings(nat):
    return [data for data in nat.sent if data[:2] == b"\x00\x01"]


def again_online(person, account, then):
    """Was lost after then(), and is online again."""
    then()
    person.wait_state(account, lambda state: state in ("waiting", "connecting"), 12)
    person.wait_state(account, "online", 12)


def test_T1_R26_a_nat_that_forgets_is_noticed_and_calls_come_again(world, queue, alice, bob, nat):
    account = by(world, alice, nat.port, "udp", keepalive=2)
    queue.wait(lambda: len(pings(nat)) >= 2, 6, "two signs of life")
    assert not [data for data in nat.sent if data.startswith(b"\r\n")]
    again_online(alice, account, nat.forget)
    # one binding: the registrar knows the program, and where it is now
    assert len(world.kamailio.registered("alice")) == 1
    world.set_up(bob, "udp")
    bob.dial(world.sip_uri("alice"))
    call = alice.incoming()
    answer(alice, call)
    alice.call(call, "Call", "Hangup")


def test_T1_R26_a_registrar_that_falls_silent_is_noticed(world, queue, alice, nat):
    account = by(world, alice, nat.port, "udp", keepalive=2)
    nat.silence()
    alice.wait_state(account, "waiting", 12)
    assert alice.error_of(account) == "Timeout"
    nat.go()
    alice.wait_state(account, "online", 12)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_T1_R26_a_silent_connection_is_noticed(world, queue, alice, peers, transport):
    """Lines go and come on the connection; when it falls silent a new one is made."""
    port = world.kamailio.tls_port if transport == "tls" else world.kamailio.port
    relay = peers.keep(Relay(("127.0.0.1", port)))
    account = by(world, alice, relay.port, transport, keepalive=2)
    again_online(alice, account, relay.lose)
    assert relay.accepted == 2
    until(lambda: len(world.kamailio.registered("alice")) == 1, 3, "one binding", every=0.05)

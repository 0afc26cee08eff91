# SPDX-License-Identifier: GPL-3.0-or-later
"""A call goes on when its way to the proxy, or its own address, is another one (R26)."""

import pytest

from lab import own_network
from lab.process import until
from lab.relay import Relay
from lab.test_calls import answer, tones_both_ways

CASES = ("udp", "tls", "dtls", "ice")


@pytest.mark.parametrize("case", CASES)
def test_T1_R26_a_call_goes_on_from_another_address(say, case):
    why = own_network.why_not()
    if why:
        pytest.skip(why)
    done = own_network.run("lab.roaming", case, timeout=60)
    for line in done.stdout.splitlines():
        if line.startswith("figure: "):
            say(line[len("figure: "):])
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-3000:]}"


def test_T1_R26_a_call_outlives_the_connection_to_the_proxy(world, queue, alice, bob, peers, say):
    """The connection is cut: a new one is made, and the call is told of it."""
    relay = peers.keep(Relay(("127.0.0.1", world.kamailio.tls_port)))
    account = world.add_sip(alice, proxy=f"sip:127.0.0.1:{relay.port};transport=tls")
    alice.wait_state(account, "online")
    world.set_up(bob)
    call = alice.dial(world.sip_uri("bob"))
    theirs = bob.incoming()
    answer(bob, theirs)
    alice.wait(call, "Call", "State", "active")
    mark = world.kamailio.mark()
    relay.reset()
    until(lambda: [request for request in world.kamailio.requests("INVITE", mark)
                   if request["from"] == world.sip_uri("alice")], 5, "her INVITE again", every=0.05)
    tones_both_ways(world, say, "after the connection was cut", "b")
    alice.client.set(call, "Call", "Held", True)
    bob.wait(theirs, "Call", "RemoteHeld", True)
    alice.call(call, "Call", "Hangup")
    bob.wait(theirs, "Call", "EndReason", "remote-hangup")


def test_T1_R26_a_call_without_a_way_is_ended_by_its_person(world, queue, alice, bob, peers):
    """No connection can be made: hanging up works all the same, and is told when one comes."""
    relay = peers.keep(Relay(("127.0.0.1", world.kamailio.tls_port)))
    account = world.add_sip(alice, proxy=f"sip:127.0.0.1:{relay.port};transport=tls")
    alice.wait_state(account, "online")
    world.set_up(bob)
    calls = []
    for _ in range(2):
        calls.append((alice.dial(world.sip_uri("bob")), bob.incoming(ignore=[b for _, b in calls])))
        answer(bob, calls[-1][1])
        alice.wait(calls[-1][0], "Call", "State", "active")
    relay.refuse()
    alice.call(calls[0][0], "Call", "Hangup")
    alice.wait(calls[0][0], "Call", "EndReason", "local-hangup")
    relay.go()
    bob.wait(calls[0][1], "Call", "EndReason", "remote-hangup")
    assert bob.get(calls[1][1], "Call", "State") == "active"
    alice.call(calls[1][0], "Call", "Hangup")
    bob.wait(calls[1][1], "Call", "EndReason", "remote-hangup")

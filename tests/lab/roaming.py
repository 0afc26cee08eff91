# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls over a change of address, in a network of its own: run by `test_roaming`.

alice has whatever address the machine gives her, bob keeps his. Arguments: the cases, see CASES.
"""

import sys
import time

from lab import inner, own_network
from lab.process import until
from lab.test_calls import answer
from lab.world import World

SERVER = "10.5.0.8"  # the telephony server, as alice goes to it
BOB = "10.5.0.9"
CASES = {"udp": ("udp", {"srtp": "off"}), "tls": ("tls", {"srtp": "require"}),
         "dtls": ("tls", {"srtp": "require", "media_encryption": "dtls"}),
         "ice": ("tls", {"ice": True})}


def address_of(world, name):
    """Where the registrar finds a person."""
    return [contact.split("@")[1].split(":")[0] for contact in world.kamailio.registered(name)]


def hears_both(world, say, what):
    with world.pulse.play("a", 440), world.pulse.play("b", 660):
        there, back = world.pulse.hear("b", 440), world.pulse.hear("a", 660)
    say(f"{what}: alice is heard as {there}; she hears {back}")
    assert there.is_tone(440) and back.is_tone(660), what


class Moves:
    """alice's addresses, one after the other."""

    def __init__(self):
        self.number, self.address = 0, None

    def next(self):
        self.number += 1
        old, self.address = self.address, f"10.5.1.{self.number}"
        own_network.move(SERVER, self.address, old)
        return self.address


def call_that_moves(world, moves, say, case):
    transport, settings = CASES[case]
    for person, host, listen in ((world.alice, SERVER, None), (world.bob, "127.0.0.1", f"{BOB}:0")):
        person.fresh()
        world.kamailio.forget(person.name)
        person.start_daemon()
        account = world.add_sip(person, transport, listen=listen,
                                proxy=world.kamailio.proxy(transport, host=host), **settings)
        person.wait_state(account, "online")
    alice, bob = world.alice, world.bob
    assert address_of(world, "alice") == [moves.address]
    call = alice.dial(world.sip_uri("bob"))
    theirs = bob.incoming()
    answer(bob, theirs)
    alice.wait(call, "Call", "State", "active")
    hears_both(world, say, f"{case}, before")
    mark, begin = world.kamailio.mark(), time.monotonic()
    new = moves.next()
    until(lambda: [request for request in world.kamailio.requests("INVITE", mark)
                   if new in request["contact"]], 10, "alice's INVITE from there", every=0.05)
    took = time.monotonic() - begin
    say(f"{case}: {took:.1f} s from the change to the INVITE")
    assert took <= 3, "R26: re-INVITEd within 3 s"
    until(lambda: address_of(world, "alice") == [new], 5, "one registration, from there",
          every=0.05)
    hears_both(world, say, f"{case}, after")
    for person, path in ((alice, call), (bob, theirs)):
        assert person.get(path, "Call", "State") == "active"
    if case == "ice":
        figures = alice.call(call, "Call", "GetStatistics")
        assert figures["path"] == "host", figures
    # the call is one like any other: it can be held from there, and ended
    alice.client.set(call, "Call", "Held", True)
    bob.wait(theirs, "Call", "RemoteHeld", True)
    bob.call(theirs, "Call", "Hangup")
    alice.wait(call, "Call", "EndReason", "remote-hangup")
    for person in (alice, bob):
        assert person.stop_daemon() == 0, f"{person.name}'s daemon"
        assert world.canary() not in person.log_text()


def main():
    own_network.up(SERVER, BOB)
    moves = Moves()
    moves.next()
    with World([SERVER]) as world:
        for case in sys.argv[1:]:
            try:
                call_that_moves(world, moves, lambda text: print(f"figure: {text}", flush=True),
                                case)
            except BaseException:
                for person in (world.alice, world.bob):
                    print(f"--- {person.name}\n{person.log_text()[-6000:]}")
                raise
    return 0


if __name__ == "__main__":
    inner.run(main)

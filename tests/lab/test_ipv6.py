# SPDX-License-Identifier: GPL-3.0-or-later
"""The same over IPv6, and by names that have addresses of both kinds."""

import os

import pytest

from lab.dns import Dnsmasq
from lab.events import seen
from lab.test_calls import answer, tones_both_ways


def accounts(world, person, transport, proxy, **settings):
    """Both accounts of a person by way of ::1, or of what settings say; paired and online."""
    xmpp = world.add_xmpp(person, server="::1")
    sip = world.add_sip(person, transport, proxy=proxy, listen=None, **settings)
    person.pair(xmpp, sip)
    for account in (xmpp, sip):
        person.wait_state(account, "online")
    return sip


@pytest.mark.parametrize("transport,encryption", [("udp", "none"), ("tls", "sdes-srtp")])
def test_T1_T7_two_persons_on_ipv6_alone(world, queue, alice, bob, say, transport, encryption):
    proxy = world.kamailio.proxy(transport, host="[::1]")
    for person in (alice, bob):
        accounts(world, person, transport, proxy)
        contacts = world.kamailio.registered(person.name)
        assert contacts and all("@[::1]:" in contact for contact in contacts)
    call = alice.dial("Bob")
    theirs = bob.incoming()
    answer(bob, theirs)
    alice.wait(call, "Call", "State", "active")
    alice.wait(call, "Call", "Encryption", encryption)
    tones_both_ways(world, say, f"::1, {transport}", "b")
    chat = alice.call(call, "Call", "OpenChat")
    alice.call(chat, "Chat", "Send", "(sa{sv})", "over six", {})
    queue.expect(seen("bob", "signal", member="MessageAdded"))
    bob.call(theirs, "Call", "Hangup")
    alice.wait(call, "Call", "EndReason", "remote-hangup")


def test_T1_a_name_with_both_addresses(world, alice, peers, queue):
    """Where nobody listens at the first one, the other serves; TLS is verified all the same."""
    four = peers.keep(Dnsmasq(os.path.join(world.folder, "names-both"), [
        f"srv-host=_sips._tcp.sip.test,dead.test,{world.kamailio.trunk_port},1,10",
        f"srv-host=_sips._tcp.sip.test,host.test,{world.kamailio.tls_port},2,10",
        "host-record=host.test,127.0.0.1,::1", "host-record=dead.test,127.0.0.1,::1"]
    ).start().ready())
    account = world.add_sip(alice, proxy=None, listen=None, dns_servers=[four.address])
    alice.wait_state(account, "online")
    assert alice.get(account, "Account", "Security")["tls-verified"]


def test_T1_a_literal_in_the_address_of_an_account(world, alice):
    proxy = world.kamailio.proxy("tcp", host="[::1]")
    account = world.add_sip(alice, "tcp", proxy=proxy, listen="[::1]:0")
    alice.wait_state(account, "online")
    path = alice.add_account("sip", "sip:alice@[::1]", "x", transport="udp", enabled=False)
    assert alice.get(path, "Account", "Address") == "sip:alice@[::1]"

# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of a chat account at a real server: what is off is off for everybody who looks."""

import pytest
from gi.repository import GLib

DISCO = "http://jabber.org/protocol/disco#info"
JINGLE = "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s'/>"


def disable(alice, account, *words):
    alice.client.set(account, "Account", "DisabledFeatures", GLib.Variant("as", words))


def features(client, jid):
    answer = client.iq("get", f"<query xmlns='{DISCO}'/>", to=jid)
    return {feature.get("var") for feature in answer.xml.iter(f"{{{DISCO}}}feature")}


def presence(queue, jid, here):
    """The next presence of a device of jid that dave hears, as an event."""
    return queue.expect(lambda e: e.source == "dave" and e.kind == "presence" and e.sender == jid
                        and e.resource and e.type != "error" and
                        (e.type != "unavailable") == here)


def arrival(queue, jid):
    """The full JID of the device that comes next."""
    return f"{jid}/{presence(queue, jid, True).resource}"


def new_device(queue, jid):
    """The same where one leaves before."""
    presence(queue, jid, False)
    return arrival(queue, jid)


@pytest.fixture
def dave(peers):
    return peers.slix("dave")


@pytest.mark.parametrize("word", ["audio", "video", None])
def test_C1_C13_C14_C31_no_call_by_xmpp(world, queue, alice, dave, word):
    mine, jid = world.set_up(alice), world.jid("alice")
    device = arrival(queue, jid)
    if word:
        disable(alice, mine.xmpp, word)
        device = new_device(queue, jid)
    assert not [var for var in features(dave, device) if "jingle" in var]
    with pytest.raises(Exception) as refusal:
        dave.iq("set", JINGLE, to=device)
    assert getattr(refusal.value, "condition", "") == "service-unavailable"
    assert not alice.client.paths("Call")


def test_C17_C18_messaging_off_is_refused_on_the_wire_and_on_again(world, queue, alice, dave):
    mine, jid = world.set_up(alice), world.jid("alice")
    words = {"urn:xmpp:receipts", "urn:xmpp:carbons:2"}
    assert words <= features(dave, arrival(queue, jid))
    disable(alice, mine.xmpp, "messaging")
    device = new_device(queue, jid)
    assert not words & features(dave, device)
    number = dave.send(device, "hello")
    refusal = queue.expect(lambda e: e.source == "dave" and e.kind == "message" and e.id == number)
    assert refusal.type == "error" and "service-unavailable" in refusal.xml
    assert not alice.client.paths("Chat")
    disable(alice, mine.xmpp)
    device = new_device(queue, jid)
    assert words <= features(dave, device)
    number = dave.send(device, "hello")
    queue.expect(lambda e: e.source == "dave" and e.kind == "receipt" and e.id == number)


def test_C17_C18_presence_off_is_seen_by_nobody_and_on_again(world, queue, alice, dave):
    mine, jid = world.set_up(alice), world.jid("alice")
    contact = alice.contact(world.jid("dave"))
    arrival(queue, jid)
    alice.wait(contact, "Contact", "Availability", "online")
    disable(alice, mine.xmpp, "presence")
    presence(queue, jid, False)
    alice.wait(mine.xmpp, "Account", "State", "online")
    dave.show("dnd")
    dave.iq("get", "<query xmlns='jabber:iq:roster'/>")  # the server has handled what was before
    assert alice.get(contact, "Contact", "Availability") == "offline"
    disable(alice, mine.xmpp)
    arrival(queue, jid)
    alice.wait(contact, "Contact", "Availability", "dnd")

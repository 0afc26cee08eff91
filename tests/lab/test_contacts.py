# SPDX-License-Identifier: GPL-3.0-or-later
"""Contacts: roster and pushes, presence, numbers from vCards, and what follows from them."""

from lab.api import ROOT
from lab.peers.slix import vcard


def callable_now(person, contact):
    return "audio" in (person.client.fact(contact, "Contact", "Capabilities") or [])


def test_C43_a_contact_with_a_number_is_callable_and_C45_one_without_is_not(world, queue, alice):
    mine = world.set_up(alice)
    bob, dave = alice.contact(world.jid("bob")), alice.contact(world.jid("dave"))
    queue.wait(lambda: callable_now(alice, bob), 8, "bob is callable")
    numbers = [(uri, normalised, source) for uri, _types, normalised, source in
               alice.get(bob, "Contact", "Phones")]
    assert numbers == [("sip:bob@sip.test", "sip:bob@sip.test", "vcard")]
    assert "chat" in alice.get(dave, "Contact", "Capabilities") and not callable_now(alice, dave)
    routes = alice.call(ROOT, "Manager", "GetCallRoutes", "(sa{sv})", "Bob", {})
    assert (routes[0]["account"], routes[0]["uri"]) == (mine.sip, "sip:bob@sip.test")
    assert routes[0]["reason"] and routes[0]["source"] == "vcard"
    refused = alice.refused(ROOT, "Manager", "Call", "(sa{sv})", "Dave", {})
    assert refused.name == "NoRoute"


def test_a_changed_vcard_changes_what_a_contact_can_do(world, queue, alice, peers):
    world.set_up(alice)
    carol = peers.slix("carol")
    contact = alice.contact(world.jid("carol"))
    queue.wait(lambda: callable_now(alice, contact), 8, "carol is callable")
    try:
        carol.publish_vcard("Carol", [], 1)
        queue.wait(lambda: not callable_now(alice, contact), 8, "carol is not callable any more")
        carol.publish_vcard("Carol", ["sip:carol-new@sip.test"], 2)
        queue.wait(lambda: callable_now(alice, contact), 8, "carol is callable again")
        assert alice.get(contact, "Contact", "Phones")[0][0] == "sip:carol-new@sip.test"
    finally:
        carol.iq("set", vcard("Carol Clark", [world.sip_uri("carol")]))


def test_X3_a_roster_push_adds_renames_and_removes_a_contact(world, queue, alice, peers):
    world.set_up(alice)
    other = peers.slix("alice", resource="other")
    jid = "frank@xmpp.test"
    other.add_contact(jid, "Frank", ["Friends"])
    contact = alice.contact(jid)
    assert alice.get(contact, "Contact", "Name") == "Frank"
    assert alice.get(contact, "Contact", "Groups") == ["Friends"]
    other.add_contact(jid, "Francis")
    alice.wait(contact, "Contact", "Name", "Francis")
    other.iq("set", f"<query xmlns='jabber:iq:roster'><item jid='{jid}' subscription='remove'/>"
                    "</query>")
    queue.wait(lambda: alice.client.find("Contact", Address=jid) is None, 5, "frank is gone")


def test_X4_presence_is_seen_both_ways(world, queue, alice, peers):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    assert alice.get(contact, "Contact", "Availability") == "offline"
    dave = peers.slix("dave")
    alice.wait(contact, "Contact", "Availability", "online")
    dave.show("dnd")
    alice.wait(contact, "Contact", "Availability", "dnd")
    alice.client.set(ROOT, "Manager", "Availability", "away")
    queue.wait(lambda: [e for e in queue.events if e.source == "dave" and e.kind == "presence" and
                        e.sender == world.jid("alice") and e.type == "away"], 5, "dave sees away")
    dave.stop()
    alice.wait(contact, "Contact", "Availability", "offline")


def test_contacts_accounts_and_services_keep_their_paths_over_a_restart(world, queue, alice):
    mine = world.set_up(alice)
    contact = alice.contact(world.jid("bob"))
    alice.stop_daemon()
    alice.start_daemon()
    alice.wait_state(mine.xmpp, "online")
    alice.wait_state(mine.sip, "online")
    assert alice.contact(world.jid("bob")) == contact
    assert alice.get(mine.service, "Service", "ChatAccount") == mine.xmpp
    assert alice.get(mine.service, "Service", "TelephonyAccount") == mine.sip
    alice.wait(mine.service, "Service", "State", "online")

# SPDX-License-Identifier: GPL-3.0-or-later
"""What ties a telephone address to a contact: hints, a card, both sides, a trusted directory."""

import os

from lab.api import ROOT
from lab.test_addressbook import book_of, end_incoming, write_book

PUBSUB = "http://jabber.org/protocol/pubsub"


def judged(person, call):
    names = ("Identity", "IdentitySource", "IdentityConfirmation", "IdentityEvidence", "Contact")
    return tuple(person.get(call, "Call", name) for name in names)


def look_up(person, uri):
    return person.call(ROOT, "Manager", "Lookup", "(sa{sv})", uri, {})


def best_route(person, target):
    return person.call(ROOT, "Manager", "GetCallRoutes", "(sa{sv})", target, {})[0]


def test_C51_what_a_contact_merely_announces_never_makes_a_caller_that_contact(
        world, alice, peers, say):
    world.set_up(alice)
    dave = peers.slix("dave")
    contact = alice.contact(world.jid("dave"))
    alice.wait(contact, "Contact", "Availability", "online")
    address = world.sip_uri("mallory")
    try:
        dave.iq("set", f"<pubsub xmlns='{PUBSUB}'><publish node='urn:xmpp:reach:0'>"
                       "<item id='current'><reach xmlns='urn:xmpp:reach:0'>"
                       f"<addr uri='{address}'/></reach></item></publish></pubsub>")
        alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
        route = best_route(alice, world.jid("dave"))
        assert (route["source"], route["verified"]) == ("reachability", False)
        assert look_up(alice, address)[:2] == ("/", "unknown")
        peers.sipp("caller", target="alice",
                   headers=[f"Call-Info: <xmpp:{world.jid('dave')}>;purpose=impp"])
        call = alice.incoming()
        alice.wait(call, "Call", "Identity", lambda grade: grade != "unknown")
        grade, _source, confirmation, evidence, path = judged(alice, call)
        say(f"{grade}: {evidence}")
        assert grade in ("claimed", "contradicted")
        assert (confirmation, path) == ("none", "/")
        end_incoming(alice, call)
    finally:
        dave.iq("set", f"<pubsub xmlns='{PUBSUB}#owner'><delete node='urn:xmpp:reach:0'/></pubsub>")


def test_C52_C53_both_sides_that_name_each_other_confirm_more_than_a_card(
        world, alice, bob, peers, say):
    world.set_up(alice)
    world.set_up(bob)
    contact = alice.contact(world.jid("bob"))
    alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
    bob.dial(world.sip_uri("alice"))
    call = alice.incoming()
    alice.wait(call, "Call", "IdentityConfirmation", "both-ways")
    grade, source, _confirmation, evidence, path = judged(alice, call)
    say(evidence)
    assert (grade, source, path) == ("verified", "vcard", contact)
    assert "Both sides name each other" in evidence
    end_incoming(alice, call)
    # carol's card lists her address too, but her telephone names no chat address
    peers.sipp("caller", user="carol", target="alice")
    call = alice.incoming(ignore=(call,))
    alice.wait(call, "Call", "Identity", "verified")
    assert judged(alice, call)[2] == "one-way"
    end_incoming(alice, call)


def test_C40_C52_C53_a_trusted_directory_confirms_and_its_loss_withdraws_that(
        world, alice, peers, say):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    directory = os.path.join(os.path.dirname(book_of(alice)), "directory.vcf")
    write_book(alice, ("David", world.jid("dave"), world.sip_uri("mallory")))
    os.replace(book_of(alice), directory)
    alice.wait(contact, "Contact", "Phones",
               lambda phones: [phone[3] for phone in phones] == ["directory"])
    route = best_route(alice, world.jid("dave"))
    assert (route["source"], route["verified"]) == ("directory", True)
    found, grade, why = look_up(alice, world.sip_uri("mallory"))
    assert (found, grade, why["source"], why["confirmation"]) == (
        contact, "verified", "directory", "directory")
    peers.sipp("caller", target="alice")
    call = alice.incoming()
    alice.wait(call, "Call", "Identity", "verified")
    grade, source, confirmation, evidence, path = judged(alice, call)
    say(evidence)
    assert (source, confirmation, path) == ("directory", "directory", contact)
    os.unlink(directory)
    alice.wait(call, "Call", "Identity", "unknown")
    assert judged(alice, call)[2] == "none"
    end_incoming(alice, call)

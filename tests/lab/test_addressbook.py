# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own address book: a file of vCards beside the daemon, followed while it runs."""

import os

from lab.meter import StallMeter


def book_of(person):
    return os.path.join(person.env["XDG_DATA_HOME"], "cusaxd", "contacts.vcf")


def write_book(person, *entries):
    """entries: (name, JID, number); written beside and renamed, as programs save."""
    text = "".join(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nX-JABBER:{jid}\r\n"
                   f"item1.TEL;TYPE=home,pref:{number}\r\nEND:VCARD\r\n"
                   for name, jid, number in entries)
    beside = book_of(person) + ".new"
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(beside, book_of(person))


def end_incoming(person, call):
    person.call(call, "Call", "Decline", "(a{sv})", {})
    person.wait(call, "Call", "State", "ended")


def test_C54_the_address_book_alone_tells_who_calls_and_its_loss_withdraws_that(
        world, alice, peers, say):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    assert "audio" not in alice.get(contact, "Contact", "Capabilities")
    write_book(alice, ("David", world.jid("dave"), world.sip_uri("mallory")))
    alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
    peers.sipp("caller", target="alice")
    call = alice.incoming()
    alice.wait(call, "Call", "Identity", "verified")
    assert alice.get(call, "Call", "Contact") == contact
    assert alice.get(call, "Call", "IdentitySource") == "address-book"
    say("verified by the address book")
    os.unlink(book_of(alice))
    alice.wait(call, "Call", "Identity", "unknown")
    assert alice.get(call, "Call", "Contact") == "/"
    alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" not in words)
    end_incoming(alice, call)


def test_C55_a_number_that_book_and_vcard_give_to_two_contacts_verifies_nobody(world, alice, bob):
    world.set_up(alice)
    world.set_up(bob)
    contact = alice.contact(world.jid("dave"))
    write_book(alice, ("David", world.jid("dave"), world.sip_uri("bob")))
    alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
    alice.wait(alice.contact(world.jid("bob")), "Contact", "Capabilities",
               lambda words: "audio" in words)
    bob.dial(world.sip_uri("alice"))
    call = alice.incoming()
    alice.wait(call, "Call", "ClaimedAddress", world.jid("bob"))
    assert alice.get(call, "Call", "Identity") == "claimed"
    assert alice.get(call, "Call", "Contact") == "/"
    end_incoming(alice, call)


def test_C54_a_full_address_book_does_not_stall_the_main_loop(world, alice, say):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    others = [(f"Person {n}", f"person{n}@xmpp.test", f"+331{n:08}") for n in range(9999)]
    with StallMeter(alice) as meter:
        write_book(alice, *others, ("David", world.jid("dave"), world.sip_uri("dave")))
        alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
    say(f"10,000 entries: {meter}")
    assert meter.failed is None and meter.calls > 0
    assert meter.worst < 50

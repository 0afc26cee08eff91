# SPDX-License-Identifier: GPL-3.0-or-later
"""One address as a person types it: for a chat, a call, a look-up, and on the command line (B4)."""

import json

import pytest

from lab.api import ROOT, Failure, options
from lab.events import seen
from lab.test_history import cusaxctl

NUMBER = "tel:+33123456789"


def test_B4_one_address_typed_by_a_person_is_understood_everywhere(world, queue, alice, peers):
    world.set_up(alice)
    carol = peers.slix("carol")
    carol.publish_vcard("Carol Clark", [world.sip_uri("carol"), NUMBER], 7)
    contact = alice.contact(world.jid("carol"))
    alice.wait(contact, "Contact", "Phones", lambda phones: any(NUMBER in p[0] for p in phones))
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("carol"), {})
    typed = ["carol", "Carol", "CAROL", world.jid("carol"), f"xmpp:{world.jid('carol')}?message",
             world.sip_uri("carol"), "+33 1 23 45 67 89", NUMBER]
    for text in typed:
        assert alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", text, {}) == chat, text
        found, identity, _ = alice.call(ROOT, "Manager", "Lookup", "(sa{sv})", text, {})
        assert found == contact, text
        assert identity == ("claimed" if text.lower() == "carol" else "verified"), text
    for text in ("carol", world.jid("carol"), world.sip_uri("carol"), "+33 1 23 45 67 89"):
        routes = alice.call(ROOT, "Manager", "GetCallRoutes", "(sa{sv})", text, {})
        assert routes, text
    shown = cusaxctl(alice, "send", "carol", "typed by hand", "--json")
    assert json.loads(shown.stdout)["chat"] == chat
    queue.expect(seen("carol", "message", body="typed by hand"))
    looked = json.loads(cusaxctl(alice, "lookup", "carol", "--json").stdout)
    assert looked["contact"] == contact


def test_B4_what_could_be_several_names_them_all(world, queue, alice):
    world.set_up(alice)
    alice.contact(world.jid("carol"))
    alice.call(ROOT, "Manager", "AddContact", "(sa{sv})", "other@xmpp.test",
               options({"name": "Carol"}))
    for method, signature in (("OpenChat", "(sa{sv})"), ("Lookup", "(sa{sv})"),
                              ("GetCallRoutes", "(sa{sv})"), ("Call", "(sa{sv})")):
        with pytest.raises(Failure) as refusal:
            alice.call(ROOT, "Manager", method, signature, "carol", {})
        assert refusal.value.name == "InvalidArgument", method
        assert world.jid("carol") in refusal.value.text, method
        assert "other@xmpp.test" in refusal.value.text, method
    for nobody in ("nobody", "+33 9 99 99 99 99"):
        assert alice.refused(ROOT, "Manager", "OpenChat", "(sa{sv})", nobody, {}).name == "NotFound"
    assert alice.refused(ROOT, "Manager", "OpenChat", "(sa{sv})", "@@", {}).name == "InvalidArgument"
    failed = cusaxctl(alice, "send", "carol", "to whom?")
    assert failed.returncode == 2 and "other@xmpp.test" in failed.stderr

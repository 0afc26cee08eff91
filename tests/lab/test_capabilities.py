# SPDX-License-Identifier: GPL-3.0-or-later
"""What the devices of contacts are and can (XEP-0115), and what is told of ourselves."""

import base64
import hashlib

from lab.api import ROOT
from lab.peers.slix import Slix

CAPS, INFO = "http://jabber.org/protocol/caps", "http://jabber.org/protocol/disco#info"


def hashed(query):
    """The verification string of an answer without forms (XEP-0115 §5.1)."""
    identities = sorted("/".join(one.get(key, "") for key in
                                 ("category", "type", "{http://www.w3.org/XML/1998/namespace}lang",
                                  "name")) for one in query.findall(f"{{{INFO}}}identity"))
    features = sorted(one.get("var") for one in query.findall(f"{{{INFO}}}feature"))
    text = "".join(part + "<" for part in identities + features)
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


def announce(client, version, digest="sha-1"):
    client.raw(f"<presence><c xmlns='{CAPS}' node='https://peer.test' hash='{digest}' "
               f"ver='{version}'/></presence>")


def clients(person, contact):
    return {one["resource"]: one for one in person.client.fact(contact, "Contact", "Clients") or []}


def check(person, client, contact):
    features = ("urn:xmpp:receipts", "urn:xmpp:reactions:0", INFO)
    text = "".join(part + "<" for part in ("client/bot//Peer", *sorted(features)))
    version = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()
    client.describe(f"https://peer.test#{version}", *features)
    announce(client, version)
    shown = person.until(lambda: clients(person, contact).get("slix"), 5, "what dave runs is known")
    assert (shown["category"], shown["type"], shown["name"]) == ("client", "bot", "Peer")
    assert shown["features"] == ["reactions", "receipts"]


def test_X4_capabilities_a_device_is_shown_with_what_it_is_and_can(world, queue, alice, peers):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    dave = peers.slix("dave")
    check(alice, dave, contact)
    out = alice.ctl("roster", "show", world.jid("dave")).stdout
    assert "receipts" in out and "(bot)" in out
    # after a restart nobody is asked again: the answer is known by its hash
    alice.stop_daemon()
    alice.start_daemon()
    alice.until(lambda: clients(alice, contact).get("slix"), 8, "it is known again")
    # of what is not true nothing is shown, and it is counted
    before = alice.call(ROOT, "Manager", "GetStatistics").get("stanzas-refused-caps", 0)
    dave.describe("https://peer.test#bm90IHRydWUgYXQgYWxsIQ==", "urn:xmpp:receipts")
    announce(dave, "bm90IHRydWUgYXQgYWxsIQ==")
    alice.until(lambda: alice.call(ROOT, "Manager", "GetStatistics").get(
        "stanzas-refused-caps", 0) == before + 1, 5, "the lie is counted")
    assert clients(alice, contact) == {}
    # what cannot be checked is asked for all the same
    announce(dave, "whatever", "whirlpool")
    alice.until(lambda: clients(alice, contact).get("slix"), 5, "dave was asked")
    dave.stop()
    alice.until(lambda: clients(alice, contact) == {}, 5, "who is gone runs nothing")


def test_X4_capabilities_what_we_announce_is_what_we_answer(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    alice.client.set(ROOT, "Manager", "StatusMessage", "it is me now")
    seen = queue.wait(lambda: [e for e in queue.events if e.source == "dave" and
                               e.kind == "presence" and e.sender == world.jid("alice") and
                               "it is me now" in e.xml], 5, "dave sees alice")[-1]
    version = seen.xml.split("ver=\"")[1].split("\"")[0]
    answer = dave.iq("get", f"<query xmlns='{INFO}' node='https://cusax.org/cusaxd#{version}'/>",
                     to=f"{world.jid('alice')}/{seen.resource}")
    assert hashed(answer.xml.find(f"{{{INFO}}}query")) == version


def test_X4_capabilities_at_ejabberd(world, queue, alice, peers, ejabberd):
    account = world.add_xmpp(alice, "ejabberd.test", port=ejabberd.port)
    alice.wait_state(account, "online")
    dave = peers.keep(Slix(queue, "dave-e", "dave@ejabberd.test", world.password("dave"),
                           ejabberd.port, world.ca, resource="slix").start().ready())
    contact = alice.call(ROOT, "Manager", "AddContact", "(sa{sv})", "dave@ejabberd.test", {})
    alice.wait(contact, "Contact", "SubscriptionRequested", True)
    alice.call(contact, "Contact", "Authorize")
    alice.wait(contact, "Contact", "Availability", "online")
    check(alice, dave, contact)

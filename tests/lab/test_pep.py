# SPDX-License-Identifier: GPL-3.0-or-later
"""What contacts publish at a real server: vCard4 and reachability; our own; the block list."""

import pytest
from lab.api import ROOT

PUBSUB = "http://jabber.org/protocol/pubsub"
ADDR = "<addr uri='{uri}'/>"
TEL = ("<tel><parameters><type><text>{kind}</text></type></parameters><uri>{uri}</uri></tel>")


def published(node, payload):
    return (f"<pubsub xmlns='{PUBSUB}'><publish node='{node}'><item id='current'>{payload}</item>"
            "</publish></pubsub>")


def vcard4(*numbers):
    inner = "".join(TEL.format(kind=kind, uri=uri) for kind, uri in numbers)
    return published("urn:xmpp:vcard4", "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>"
                                        f"Dave</text></fn>{inner}</vcard>")


def reach(*uris):
    inner = "".join(ADDR.format(uri=uri) for uri in uris)
    return f"<reach xmlns='urn:xmpp:reach:0'>{inner}</reach>"


def deleted(node):
    return (f"<pubsub xmlns='{PUBSUB}#owner'><delete node='{node}'/></pubsub>")


def numbers(person, contact, source):
    return [uri for uri, _types, _normalised, where in
            person.client.fact(contact, "Contact", "Phones") or [] if where == source]


@pytest.fixture
def dave(peers):
    """Dave, who has no number, logged in; what he published is taken away in the end."""
    client = peers.slix("dave")
    used = []
    client.publish = lambda node, stanza: (used.append(node), client.iq("set", stanza))
    yield client
    for node in set(used):
        client.iq("set", deleted(node))


def test_C33_C36_C45_a_vcard4_makes_a_contact_callable_while_we_look(world, queue, alice, dave):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    alice.wait(contact, "Contact", "Availability", "online")
    assert "audio" not in alice.get(contact, "Contact", "Capabilities")
    dave.publish("urn:xmpp:vcard4", vcard4(("voice", "sip:dave@sip.test"), ("fax", "tel:+3319")))
    queue.wait(lambda: "audio" in alice.client.fact(contact, "Contact", "Capabilities"), 8,
               "dave is callable")
    assert numbers(alice, contact, "vcard4") == ["sip:dave@sip.test", "tel:+3319"]
    assert "video" not in alice.get(contact, "Contact", "Capabilities")
    dave.publish("urn:xmpp:vcard4", vcard4(("video", "sip:dave@sip.test")))
    queue.wait(lambda: "video" in alice.client.fact(contact, "Contact", "Capabilities"), 8,
               "dave is callable with video")
    dave.publish("urn:xmpp:vcard4", vcard4())
    queue.wait(lambda: "audio" not in alice.client.fact(contact, "Contact", "Capabilities"), 8,
               "dave is not callable any more")


def test_C32_C33_numbers_of_both_forms_are_shown(world, queue, alice, peers):
    world.set_up(alice)
    carol = peers.slix("carol")
    contact = alice.contact(world.jid("carol"))
    queue.wait(lambda: numbers(alice, contact, "vcard") == ["sip:carol@sip.test"], 8, "vcard-temp")
    try:
        carol.iq("set", vcard4(("video", "sip:carol-video@sip.test")))
        queue.wait(lambda: numbers(alice, contact, "vcard4") == ["sip:carol-video@sip.test"], 8,
                   "vCard4")
        assert numbers(alice, contact, "vcard") == ["sip:carol@sip.test"]
    finally:
        carol.iq("set", deleted("urn:xmpp:vcard4"))


def test_C49_C50_reachability_of_a_node_in_order_and_withdrawn(world, queue, alice, dave):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    uris = ["xmpp:dave@xmpp.test", "sip:dave@sip.test", "tel:+33-1", "x-other:1"]
    dave.publish("urn:xmpp:reach:0", published("urn:xmpp:reach:0", reach(*uris)))
    queue.wait(lambda: numbers(alice, contact, "reachability") == uris, 8, "dave's addresses")
    dave.publish("urn:xmpp:reach:0", published("urn:xmpp:reach:0", reach()))
    queue.wait(lambda: numbers(alice, contact, "reachability") == [], 8, "withdrawn")
    dave.publish("urn:xmpp:reach:0", published("urn:xmpp:reach:0", reach("tel:+331")))
    queue.wait(lambda: numbers(alice, contact, "reachability") == ["tel:+331"], 8, "once more")
    if not world.chat.TELLS_RETRACTIONS:
        return
    dave.iq("set", f"<pubsub xmlns='{PUBSUB}'><retract node='urn:xmpp:reach:0' notify='true'>"
                   "<item id='current'/></retract></pubsub>")
    queue.wait(lambda: numbers(alice, contact, "reachability") == [], 8, "retracted")


def test_C48_C50_reachability_in_presence(world, queue, alice, dave):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    dave.raw(f"<presence>{reach('sip:dave@sip.test', 'tel:+331')}</presence>")
    queue.wait(lambda: numbers(alice, contact, "reachability") ==
               ["sip:dave@sip.test", "tel:+331"], 8, "dave's addresses")
    dave.show("away")
    queue.wait(lambda: numbers(alice, contact, "reachability") == [], 8, "withdrawn")


def own_reach(client, jid):
    """What a contact finds on jid's node; None: nothing, or no such node."""
    try:
        answer = client.iq("get", f"<pubsub xmlns='{PUBSUB}'><items node='urn:xmpp:reach:0'/>"
                                  "</pubsub>", to=jid)
    except Exception as error:  # an IqError of slixmpp: it is not imported in the tests
        if "item-not-found" in str(error) or getattr(error, "condition", "") == "item-not-found":
            return None
        raise
    uris = [addr.get("uri") for addr in answer.xml.iter("{urn:xmpp:reach:0}addr")]
    return uris or None


def test_own_reachability_follows_the_registration(world, queue, alice, dave):
    mine = world.set_up(alice)
    jid = world.jid("alice")
    queue.wait(lambda: own_reach(dave, jid) == [world.sip_uri("alice")], 8, "alice's address")
    alice.call(mine.sip, "Account", "Disconnect")
    queue.wait(lambda: own_reach(dave, jid) is None, 8, "withdrawn")


def test_R1_forged_events_change_nothing_and_are_counted(world, alice, dave):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    alice.wait(contact, "Contact", "Availability", "online")
    jid = world.jid("alice")

    def refused():
        return alice.call(ROOT, "Manager", "GetStatistics")["stanzas-refused"]

    before = refused()
    for node, payload in (("urn:xmpp:vcard4", "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'>"
                                              "<tel><uri>tel:+1900</uri></tel></vcard>"),
                          ("urn:xmpp:reach:0", reach("tel:+1900"))):
        # From a device of dave's, as any account can send it: not from dave's account.
        dave.raw(f"<message to='{jid}' type='headline'><event xmlns='{PUBSUB}#event'>"
                 f"<items node='{node}'><item id='current'>{payload}</item></items></event>"
                 "</message>")
    dave.show("dnd")  # what comes behind them says that they were handled
    alice.wait(contact, "Contact", "Availability", "dnd")
    assert refused() == before + 2
    assert not alice.get(contact, "Contact", "Phones")


def test_X3_blocking_is_seen_by_every_device(world, queue, alice, peers):
    world.set_up(alice)
    other = peers.slix("alice", resource="other")
    contact = alice.contact(world.jid("dave"))
    item = f"<item jid='{world.jid('dave')}'/>"
    other.iq("set", f"<block xmlns='urn:xmpp:blocking'>{item}</block>")
    alice.wait(contact, "Contact", "Blocked", True)
    alice.client.set(contact, "Contact", "Blocked", False)
    alice.wait(contact, "Contact", "Blocked", False)
    listed = other.iq("get", "<blocklist xmlns='urn:xmpp:blocking'/>")
    assert not list(listed.xml.iter("{urn:xmpp:blocking}item"))
    alice.client.set(contact, "Contact", "Blocked", True)
    alice.wait(contact, "Contact", "Blocked", True)
    listed = other.iq("get", "<blocklist xmlns='urn:xmpp:blocking'/>")
    assert [i.get("jid") for i in listed.xml.iter("{urn:xmpp:blocking}item")] == [world.jid("dave")]
    other.iq("set", "<unblock xmlns='urn:xmpp:blocking'/>")
    alice.wait(contact, "Contact", "Blocked", False)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read: told to the other side where that is wanted, and known to all own devices."""

from gi.repository import GLib

from lab.api import ROOT, options
from lab.events import seen
from lab.peers.slix import IqError, Slix
from lab.test_chat import messages

MARKABLE = ("<message xmlns='jabber:client' type='chat' id='{id}' to='{to}'><body>{body}</body>"
            "<markable xmlns='urn:xmpp:chat-markers:0'/><request xmlns='urn:xmpp:receipts'/>"
            "</message>")
NODE = "urn:xmpp:mds:displayed:0"


def say(peer, to, number, body):
    peer.raw(MARKABLE.format(id=number, to=to, body=body))


def open_chat(world, person, name):
    return person.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid(name), {})


def befriend(person, peer, jid):
    """Both sides may see each other's presence, so that receipts and markers are for it."""
    contact = person.contact(jid)
    person.call(contact, "Contact", "Authorize")
    person.call(contact, "Contact", "Subscribe", "(s)", "")
    peer.raw(f"<presence to='{person.own}' type='subscribed'/>")
    peer.raw(f"<presence to='{person.own}' type='subscribe'/>")
    person.call(contact, "Contact", "Authorize")
    person.wait(contact, "Contact", "Subscription", "both")


def marker(number):
    return lambda event: (event.source == "dave" and event.kind == "wordless" and
                          "<displayed" in event.fields["xml"] and
                          f'id="{number}"' in event.fields["xml"])


def received(person, chat, count):
    person.wait(chat, "Chat", "Unread", count)


def test_X5_what_is_read_is_told_where_policy_and_chat_allow_it(world, queue, alice, peers):
    world.set_up(alice)
    alice.own = world.jid("alice")
    dave = peers.slix("dave")
    befriend(alice, dave, world.jid("dave"))
    chat = open_chat(world, alice, "dave")
    say(dave, alice.own, "r1", "one")
    queue.expect(seen("dave", "receipt", id="r1"))
    received(alice, chat, 1)
    alice.call(chat, "Chat", "MarkRead", "(s)", "")
    queue.expect(marker("r1"))
    received(alice, chat, 0)
    # by the policy for all, then by the switch of this chat alone
    alice.call(ROOT, "Admin", "SetPolicy", "(a{sv})", options(
        {"markers": False, "receipts": False, "chat-states": False}))
    silent = lambda event: event.source == "dave" and event.kind in ("receipt", "wordless")  # noqa: E731
    queue.skip()
    with queue.forbid(silent):
        say(dave, alice.own, "r2", "two")
        received(alice, chat, 1)
        alice.call(chat, "Chat", "MarkRead", "(s)", "")
        alice.call(chat, "Chat", "SetState", "(s)", "composing")
        alice.call(chat, "Chat", "Send", "(sa{sv})", "fence", {})
        event = queue.expect(seen("dave", "message", body="fence"))
        assert "chatstates" not in event.fields["xml"]
    alice.client.set(chat, "Chat", "Privacy", GLib.Variant("a{sb}", {"markers": True}))
    say(dave, alice.own, "r3", "three")
    received(alice, chat, 1)
    with queue.forbid(seen("dave", "receipt")):
        alice.call(chat, "Chat", "MarkRead", "(s)", "")
        queue.expect(marker("r3"))
    # kept over a restart; the other way round, too
    alice.call(ROOT, "Admin", "SetPolicy", "(a{sv})", options({"markers": True}))
    alice.client.set(chat, "Chat", "Privacy", GLib.Variant("a{sb}", {"markers": False, "receipts": True}))
    alice.stop_daemon()
    alice.start_daemon()
    alice.wait(chat, "Chat", "Privacy", {"markers": False, "receipts": True})
    alice.wait(alice.get(chat, "Chat", "Account"), "Account", "State", "online")
    queue.skip()
    say(dave, alice.own, "r4", "four")
    queue.expect(seen("dave", "receipt", id="r4"))
    received(alice, chat, 1)
    with queue.forbid(marker("r4")):
        alice.call(chat, "Chat", "MarkRead", "(s)", "")
        alice.call(chat, "Chat", "Send", "(sa{sv})", "second fence", {})
        queue.expect(seen("dave", "message", body="second fence"))


def test_X5_what_is_read_on_one_device_is_read_on_all(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    other = peers.keep(world.slix("alice", resource="other"))
    own = world.jid("alice")
    chat = open_chat(world, alice, "dave")
    say(dave, own, "s1", "one")
    say(dave, own, "s2", "two")
    received(alice, chat, 2)
    alice.call(chat, "Chat", "MarkRead", "(s)", "")
    first = queue.wait(lambda: node_of(other, world.jid("dave")), 8, "the own node names the chat")
    assert f'by="{own}"' in first
    # now the other device reads: by the node, by its marker, by an answer
    say(dave, own, "s3", "three")
    event = queue.expect(seen("alice", "message", body="three"))
    server_id = event.fields["xml"].split("<stanza-id", 1)[1].split('id="', 1)[1].split('"', 1)[0]
    received(alice, chat, 1)
    other.iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                    f"<publish node='{NODE}'><item id='{world.jid('dave')}'>"
                    f"<displayed xmlns='{NODE}'><stanza-id xmlns='urn:xmpp:sid:0' by='{own}' "
                    f"id='{server_id}'/></displayed></item></publish></pubsub>")
    received(alice, chat, 0)
    say(dave, own, "s4", "four")
    received(alice, chat, 1)
    other.raw(f"<message xmlns='jabber:client' type='chat' to='{world.jid('dave')}'>"
              "<displayed xmlns='urn:xmpp:chat-markers:0' id='s4'/>"
              "<store xmlns='urn:xmpp:hints'/></message>")
    received(alice, chat, 0)
    say(dave, own, "s5", "five")
    received(alice, chat, 1)
    other.send(world.jid("dave"), "answered elsewhere")
    received(alice, chat, 0)
    assert [m["text"] for m in messages(alice, chat) if m["direction"] == "out"] == \
        ["answered elsewhere"]
    assert alice.get(ROOT, "Manager", "Unread") == 0


def test_X5_what_was_read_while_offline_is_told_afterwards(world, queue, alice, peers):
    mine = world.set_up(alice)
    dave = peers.slix("dave")
    chat = open_chat(world, alice, "dave")
    say(dave, world.jid("alice"), "t1", "one")
    received(alice, chat, 1)
    alice.call(mine.xmpp, "Account", "Disconnect")
    alice.wait_state(mine.xmpp, "offline")
    alice.call(chat, "Chat", "MarkRead", "(s)", "")
    received(alice, chat, 0)
    other = peers.keep(world.slix("alice", resource="other"))
    alice.call(mine.xmpp, "Account", "Connect")
    queue.wait(lambda: node_of(other, world.jid("dave")), 8, "the own node names the chat")


def test_X5_what_was_read_elsewhere_meanwhile_comes_as_read_from_the_archive(world, queue, alice, peers):
    mine = world.set_up(alice)
    dave = peers.slix("dave")
    own = world.jid("alice")
    chat = open_chat(world, alice, "dave")
    say(dave, own, "u0", "before")
    received(alice, chat, 1)
    alice.call(mine.xmpp, "Account", "Disconnect")
    alice.wait_state(mine.xmpp, "offline")
    other = peers.keep(world.slix("alice", resource="other"))
    for number in (1, 2, 3):
        say(dave, own, f"u{number}", f"meanwhile {number}")
    event = queue.expect(seen("alice", "message", body="meanwhile 2"))
    server_id = event.fields["xml"].split("<stanza-id", 1)[1].split('id="', 1)[1].split('"', 1)[0]
    queue.expect(seen("alice", "message", body="meanwhile 3"))
    other.iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                    f"<publish node='{NODE}'><item id='{world.jid('dave')}'>"
                    f"<displayed xmlns='{NODE}'><stanza-id xmlns='urn:xmpp:sid:0' by='{own}' "
                    f"id='{server_id}'/></displayed></item></publish></pubsub>")
    alice.call(mine.xmpp, "Account", "Connect")
    alice.until(lambda: len(messages(alice, chat)) == 4, 8, "all from the archive")
    received(alice, chat, 1)
    assert [m["text"] for m in messages(alice, chat) if m["unread"]] == ["meanwhile 3"]


def node_of(device, jid):
    """What the own node says, where it names the chat."""
    try:
        answer = str(device.iq("get", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                                      f"<items node='{NODE}'/></pubsub>"))
    except IqError:  # no such node, yet
        return None
    return answer if jid in answer else None


def test_X5_ejabberd_keeps_what_was_read_for_all_devices(world, queue, alice, peers, ejabberd):
    own = "alice@ejabberd.test"
    dave, other = (peers.keep(Slix(queue, f"{name}-e", f"{name}@ejabberd.test",
                                   world.password(name), ejabberd.port, world.ca).start().ready())
                   for name in ("dave", "alice"))
    other.forget_nodes("urn:xmpp:mds:displayed:0")
    account = world.add_xmpp(alice, "ejabberd.test", port=ejabberd.port)
    alice.wait_state(account, "online")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", dave.jid, {})
    say(dave, own, "v1", "one")
    received(alice, chat, 1)
    alice.call(chat, "Chat", "MarkRead", "(s)", "")
    xml = queue.wait(lambda: node_of(other, dave.jid), 8, "the own node names the chat")
    assert f'by="{own}"' in xml
    say(dave, own, "v2", "two")
    event = queue.expect(seen("alice-e", "message", body="two"))
    server_id = event.fields["xml"].split("<stanza-id", 1)[1].split('id="', 1)[1].split('"', 1)[0]
    received(alice, chat, 1)
    other.iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                    f"<publish node='{NODE}'><item id='{dave.jid}'>"
                    f"<displayed xmlns='{NODE}'><stanza-id xmlns='urn:xmpp:sid:0' by='{own}' "
                    f"id='{server_id}'/></displayed></item></publish></pubsub>")
    received(alice, chat, 0)
    # the node was told to keep more than one chat
    other.iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                    f"<publish node='{NODE}'><item id='somebody@ejabberd.test'>"
                    f"<displayed xmlns='{NODE}'/></item></publish></pubsub>")
    assert dave.jid in node_of(other, "somebody@ejabberd.test")

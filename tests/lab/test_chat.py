# SPDX-License-Identifier: GPL-3.0-or-later
"""Chat with clients that are not ours, on two servers: both ways, with receipts."""

from lab.api import ROOT, options
from lab.events import seen
from lab.peers.slix import Slix

NASTY = "tags <b> & \"quotes\" ' 😀 ünïcödé\nsecond line"


def messages(person, chat, **only):
    return person.call(chat, "Chat", "GetMessages", "(a{sv})", options(only))


def delivery(person, chat, number):
    return next((m["delivery"] for m in messages(person, chat) if m["id"] == number), None)


def chat_both_ways(person, queue, peer, address, own):
    """One message each way with a receipt each way; both sides and the history agree."""
    chat = person.call(ROOT, "Manager", "OpenChat", "(sa{sv})", address, {})
    assert person.get(chat, "Chat", "Address") == address
    number = person.call(chat, "Chat", "Send", "(sa{sv})", NASTY, {})
    queue.expect(seen(peer.name, "message", sender=own, body=NASTY))
    queue.wait(lambda: delivery(person, chat, number) == "delivered", 8, "our receipt arrives")

    queue.skip()
    theirs = peer.send(own, "and back <&>")
    queue.expect_any_order([
        seen(person.name, "signal", interface="Chat", member="MessageAdded", path=chat),
        seen(peer.name, "receipt", id=theirs)])
    queue.wait(lambda: person.client.fact(chat, "Chat", "Unread") == 1, 5, "one unread")
    history = messages(person, chat)
    assert sorted((m["direction"], m["text"]) for m in history) == \
        [("in", "and back <&>"), ("out", NASTY)]
    incoming = next(m for m in history if m["direction"] == "in")
    person.call(chat, "Chat", "MarkRead", "(s)", incoming["id"])
    person.wait(chat, "Chat", "Unread", 0)
    return chat


def test_X5_a_foreign_client_chats_both_ways_with_receipts(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    chat_both_ways(alice, queue, dave, world.jid("dave"), world.jid("alice"))


def test_C5_an_xmpp_account_alone_at_ejabberd_has_messages_and_presence(world, queue, alice, peers, ejabberd):
    carol = peers.keep(Slix(queue, "carol-e", "carol@ejabberd.test", world.password("carol"),
                            ejabberd.port, world.ca).start().ready())
    account = world.add_xmpp(alice, "ejabberd.test", port=ejabberd.port)
    alice.wait_state(account, "online")
    # receipts are for those who may see our presence
    contact = alice.call(ROOT, "Manager", "AddContact", "(sa{sv})", "carol@ejabberd.test",
                         options({"name": "Carol", "message": "it is me"}))
    alice.wait(contact, "Contact", "SubscriptionRequested", True)
    alice.call(contact, "Contact", "Authorize")
    alice.wait(contact, "Contact", "Subscription", "both")
    alice.wait(contact, "Contact", "Availability", "online")
    chat_both_ways(alice, queue, carol, "carol@ejabberd.test", "alice@ejabberd.test")


def test_X1_direct_tls_serves_as_well_as_starttls(world, queue, alice, peers):
    account = world.add_xmpp(alice, port=world.chat.tls_port, direct_tls=True)
    alice.wait_state(account, "online")
    facts = alice.get(account, "Account", "Security")
    assert facts["tls-verified"] and facts["tls-version"].startswith("TLSv1.")
    dave = peers.slix("dave")
    chat_both_ways(alice, queue, dave, world.jid("dave"), world.jid("alice"))


def test_X5_two_persons_chat_both_ways(world, queue, alice, bob):
    world.set_up(alice)
    world.set_up(bob)
    chat = alice.call(alice.contact(world.jid("bob")), "Contact", "OpenChat")
    number = alice.call(chat, "Chat", "Send", "(sa{sv})", NASTY, {})
    queue.expect(seen("bob", "signal", interface="Chat", member="MessageAdded"))
    theirs = bob.client.find("Chat", Address=world.jid("alice"))
    assert [m["text"] for m in messages(bob, theirs)] == [NASTY]
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "the receipt arrives")


def test_a_signal_carries_no_body(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    dave.send(world.jid("alice"), "a very private word")
    queue.expect(seen("alice", "signal", member="MessageAdded"))
    assert not queue.happened(lambda event: event.source == "alice" and
                              "a very private word" in repr(event.fields))


def test_the_history_survives_a_restart_and_its_ids_stay(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    chat = chat_both_ways(alice, queue, dave, world.jid("dave"), world.jid("alice"))
    before = messages(alice, chat)
    alice.stop_daemon()
    alice.start_daemon()
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    keys = ("id", "text", "direction", "time")
    assert [[m[k] for k in keys] for m in messages(alice, chat)] == \
        [[m[k] for k in keys] for m in before]


def test_X2_a_message_written_offline_is_sent_when_the_account_is_back(world, queue, alice, peers):
    mine = world.set_up(alice)
    dave = peers.slix("dave")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    alice.call(mine.xmpp, "Account", "Disconnect")
    alice.wait_state(mine.xmpp, "offline")
    number = alice.call(chat, "Chat", "Send", "(sa{sv})", "from the outbox", {})
    assert delivery(alice, chat, number) == "queued"
    alice.call(mine.xmpp, "Account", "Connect")
    queue.expect(seen("dave", "message", body="from the outbox"))
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "the receipt arrives")

# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages by SIP through a real proxy: accounts alone have them, paired accounts do not."""

import pytest

from lab.api import ROOT, options
from lab.events import seen

TEXT = "Grüße <b> & 100 % 😀\nsecond line"


def messages(person, chat):
    return person.call(chat, "Chat", "GetMessages", "(a{sv})", {})


def delivery(person, chat, number):
    return next((m["delivery"] for m in messages(person, chat) if m["id"] == number), None)


def open_chat(person, address):
    return person.call(ROOT, "Manager", "OpenChat", "(sa{sv})", address, {})


def send(person, chat, text):
    return person.call(chat, "Chat", "Send", "(sa{sv})", text, {})


def alone(world, person, transport, off=()):
    """A telephony account without a pair, online."""
    account = world.add_sip(person, transport, disabled_features=list(off))
    person.wait_state(account, "online")
    assert person.get(account, "Account", "Features") == \
        [word for word in ("audio", "messaging", "presence") if word not in off]
    return account


def methods(world, start, person):
    """What a person's phone asked of the proxy since a mark."""
    return [r["method"] for r in world.kamailio.requests(since=start)
            if world.sip_uri(person) in r["from"]]


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_C4_two_sip_accounts_alone_exchange_messages(world, queue, alice, bob, transport):
    alone(world, alice, transport)
    alone(world, bob, transport)
    chat = open_chat(alice, world.sip_uri("bob"))
    number = send(alice, chat, TEXT)
    queue.expect(seen("bob", "signal", interface="Chat", member="MessageAdded"))
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "bob has it")
    theirs = bob.until(lambda: bob.client.find("Chat", Address=world.sip_uri("alice")), 5,
                       "bob's chat with alice")
    assert [(m["direction"], m["text"]) for m in messages(bob, theirs)] == [("in", TEXT)]
    assert bob.get(theirs, "Chat", "Unread") == 1
    answer = send(bob, theirs, "and back")
    queue.wait(lambda: delivery(bob, theirs, answer) == "delivered", 8, "alice has it")
    alice.wait(chat, "Chat", "Unread", 1)
    assert sorted((m["direction"], m["text"]) for m in messages(alice, chat)) == \
        [("in", "and back"), ("out", TEXT)]


def test_C4_a_message_to_nobody_fails_in_words(world, queue, alice):
    alone(world, alice, "tls")
    chat = open_chat(alice, world.sip_uri("nobody"))
    number = send(alice, chat, "hello?")
    queue.wait(lambda: delivery(alice, chat, number) == "failed", 8, "it failed")
    assert messages(alice, chat)[0]["error"] == \
        "the message was refused: nobody has this address"


def test_C1_C15_C17_C18_pairing_takes_messages_away_and_gives_them_back(world, queue, alice, bob):
    start = world.kamailio.mark()
    account = alone(world, alice, "tls")
    alone(world, bob, "tls")
    # this proxy has no presence: it is asked, and that is all
    queue.wait(lambda: world.kamailio.requests("PUBLISH", since=start), 5, "alice publishes")
    xmpp = world.add_xmpp(alice)
    alice.wait_state(xmpp, "online")
    chat = open_chat(alice, world.sip_uri("bob"))
    service = alice.pair(xmpp, account)
    assert alice.get(account, "Account", "Features") == ["audio"]
    start = world.kamailio.mark()

    assert alice.refused(chat, "Chat", "Send", "(sa{sv})", "hello", {}).name == "FeatureDisabled"
    assert alice.refused(ROOT, "Manager", "OpenChat", "(sa{sv})", world.sip_uri("mallory"),
                         {}).name == "FeatureDisabled"
    theirs = open_chat(bob, world.sip_uri("alice"))
    number = send(bob, theirs, "hello")
    queue.wait(lambda: delivery(bob, theirs, number) == "failed", 8, "alice refuses it")
    assert messages(bob, theirs)[0]["error"] == \
        "the message was refused: the other side does not take this"
    assert messages(alice, chat) == []
    alice.client.set(ROOT, "Manager", "StatusMessage", "on a break")
    assert not methods(world, start, "alice")

    alice.call(ROOT, "Admin", "Unpair", "(o)", service)
    assert alice.get(account, "Account", "Features") == ["audio", "messaging", "presence"]
    again = send(bob, theirs, "hello again")
    queue.wait(lambda: delivery(bob, theirs, again) == "delivered", 8, "alice takes it")
    assert alice.get(account, "Account", "State") == "online"
    assert "REGISTER" not in methods(world, start, "alice"), "the registration went on"


def test_C16_C17_presence_switched_off_is_not_published(world, queue, alice, bob):
    start = world.kamailio.mark()
    alone(world, alice, "tls", off=["presence"])
    chat = open_chat(alice, world.sip_uri("alice"))
    number = send(alice, chat, "to myself")
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "it goes round")
    assert "PUBLISH" not in methods(world, start, "alice")
    alone(world, bob, "tls")
    queue.wait(lambda: "PUBLISH" in methods(world, start, "bob"), 5, "bob publishes")


def test_C17_C18_audio_switched_off_refuses_calls_until_it_is_on(world, queue, alice, bob):
    account = alone(world, alice, "tls", off=["audio"])
    alone(world, bob, "tls")
    assert alice.refused(ROOT, "Manager", "Call", "(sa{sv})", world.sip_uri("bob"),
                         {}).name == "FeatureDisabled"
    call = bob.dial(world.sip_uri("alice"))
    bob.wait(call, "Call", "State", "ended")
    assert bob.get(call, "Call", "EndCode") == 405
    assert not alice.client.paths("Call")
    alice.call(account, "Account", "Update", "(a{sv})", options({"disabled-features": []}))
    again = bob.dial(world.sip_uri("alice"))
    theirs = alice.incoming()
    bob.call(again, "Call", "Hangup")
    alice.wait(theirs, "Call", "State", "ended")


def test_C1_C2_what_comes_by_one_protocol_stays_there(world, queue, alice, bob, peers):
    dave = peers.slix("dave")
    world.set_up(alice)
    alone(world, bob, "tls")
    queue.wait(lambda: world.kamailio.requests("PUBLISH"), 5, "bob has published")
    start = world.kamailio.mark()
    queue.skip()
    with queue.forbid(seen("dave", "message")):
        dave.show("dnd")
        dave.send(world.jid("alice"), "by XMPP")
        queue.expect(seen("alice", "signal", interface="Chat", member="MessageAdded"))
        chat = open_chat(bob, world.sip_uri("alice"))
        number = send(bob, chat, "by SIP")
        queue.wait(lambda: delivery(bob, chat, number) == "failed", 8, "a pair takes none")
        # whatever was sent to dave is there when this is answered
        dave.iq("get", "<ping xmlns='urn:xmpp:ping'/>")
    assert not methods(world, start, "alice")
    assert len(alice.client.paths("Chat")) == 1

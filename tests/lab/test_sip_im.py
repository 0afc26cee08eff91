# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages by SIP through a real proxy: accounts alone have them, paired accounts do not."""

import pytest

from lab.api import ROOT
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


def alone(world, person, transport):
    """A telephony account without a pair, online."""
    account = world.add_sip(person, transport)
    person.wait_state(account, "online")
    assert person.get(account, "Account", "Features") == ["audio", "messaging", "presence"]
    return account


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_c4_two_sip_accounts_alone_exchange_messages(world, queue, alice, bob, transport):
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


def test_c4_a_message_to_nobody_fails_in_words(world, queue, alice):
    alone(world, alice, "tls")
    chat = open_chat(alice, world.sip_uri("nobody"))
    number = send(alice, chat, "hello?")
    queue.wait(lambda: delivery(alice, chat, number) == "failed", 8, "it failed")
    assert messages(alice, chat)[0]["error"] == \
        "the message was refused: nobody has this address"


def test_c1_c15_c17_c18_pairing_takes_messages_away_and_gives_them_back(world, queue, alice, bob):
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
    assert alice.refused(ROOT, "Manager", "OpenChat", "(sa{sv})", world.sip_uri("carol"),
                         {}).name == "FeatureDisabled"
    theirs = open_chat(bob, world.sip_uri("alice"))
    number = send(bob, theirs, "hello")
    queue.wait(lambda: delivery(bob, theirs, number) == "failed", 8, "alice refuses it")
    assert messages(bob, theirs)[0]["error"] == \
        "the message was refused: the other side does not take this"
    assert messages(alice, chat) == []
    alice.client.set(ROOT, "Manager", "StatusMessage", "on a break")
    sent = [r["method"] for r in world.kamailio.requests(since=start)
            if world.sip_uri("alice") in r["from"]]
    assert not {"MESSAGE", "PUBLISH", "SUBSCRIBE", "REGISTER"} & set(sent)

    alice.call(ROOT, "Admin", "Unpair", "(o)", service)
    assert alice.get(account, "Account", "Features") == ["audio", "messaging", "presence"]
    again = send(bob, theirs, "hello again")
    queue.wait(lambda: delivery(bob, theirs, again) == "delivered", 8, "alice takes it")
    assert alice.get(account, "Account", "State") == "online"
    assert not [r for r in world.kamailio.requests("REGISTER", since=start)
                if world.sip_uri("alice") in r["from"]], "the registration went on"

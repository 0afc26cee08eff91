# SPDX-License-Identifier: GPL-3.0-or-later
"""History with real servers: one history of a person, words looked for, deletion without a trace."""

import json
import os
import subprocess

import pytest

from lab.api import ROOT, Failure, options
from lab.events import seen
from lab.test_chat import messages

CANARY = "kanarienvogel"


def history(person, **how):
    return person.call(ROOT, "Manager", "GetHistory", "(a{sv})", options(how))


def search(person, words, **how):
    return person.call(ROOT, "Manager", "SearchMessages", "(sa{sv})", words, options(how))


def delete(person, **how):
    person.call(ROOT, "Manager", "DeleteHistory", "(a{sv})", options(how))


def files(person):
    """Everything that the daemon has on disk, save its log."""
    folders = ("data", "state", "cache", "config")
    for top in folders:
        for folder, _, names in os.walk(os.path.join(person.folder, top)):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    yield os.path.join(folder, name), file.read()


def traces(person, word):
    return [path for path, content in files(person) if word.encode() in content.lower()]


def cusaxctl(person, *words):
    return subprocess.run([os.path.join(person.programs, "cusaxctl"), *words], env=person.env,
                          capture_output=True, text=True, timeout=20)


def test_B1_calls_and_messages_of_a_person_in_order_and_a_missed_call_answered(world, queue, alice, bob):
    world.set_up(alice)
    world.set_up(bob)
    to_alice = bob.call(bob.contact(world.jid("alice")), "Contact", "OpenChat")
    bob.call(to_alice, "Chat", "Send", "(sa{sv})", "may I call you?", {})
    queue.expect(seen("alice", "signal", member="MessageAdded"))
    bob.wait(bob.contact(world.jid("alice")), "Contact", "Phones", lambda phones: phones)
    call = bob.call(bob.contact(world.jid("alice")), "Contact", "Call", "(a{sv})", {})
    ringing = alice.until(lambda: alice.client.find("Call", State="incoming"), 8, "it rings")
    alice.wait(ringing, "Call", "Identity", "verified")
    bob.call(call, "Call", "Hangup")
    alice.wait(ringing, "Call", "State", "ended")
    bob.call(to_alice, "Chat", "Send", "(sa{sv})", "call me when you can", {})
    contact = alice.contact(world.jid("bob"))
    entries = alice.until(lambda: (lambda e: e if len(e) == 3 else None)(
        alice.call(contact, "Contact", "GetHistory", "(a{sv})", {})), 8, "all three entries")
    assert [e["type"] for e in entries] == ["message", "call", "message"]
    missed = entries[1]
    assert missed["missed"] and missed["contact"] == contact
    assert missed["address"] == world.jid("bob")
    # by pages, and the same from the manager
    chat = missed["chat"]
    first = history(alice, chat=chat_path(chat), limit=1)
    assert first[0]["text"] == "call me when you can"
    assert [e["type"] for e in history(alice, chat=chat_path(chat), before=first[0]["id"])] == \
        ["message", "call"]
    # the missed call is answered by a message, from what its entry says
    alice.call(chat, "Chat", "Send", "(sa{sv})", "I was out", {})
    queue.wait(lambda: any(m["text"] == "I was out" for m in messages(bob, to_alice)), 8,
               "bob has the answer")
    shown = cusaxctl(alice, "history", world.jid("bob")).stdout
    assert [line for line in shown.splitlines() if "missed call" in line], shown
    exported = json.loads(cusaxctl(alice, "history", "--export").stdout)
    assert [e["type"] for e in exported["entries"]] == ["message", "call", "message", "message"]


def chat_path(path):
    from gi.repository import GLib
    return GLib.Variant("o", path)


def test_X5_words_are_found_in_all_chats_whatever_is_typed(world, queue, alice, peers):
    world.set_up(alice)
    for name, text in (("dave", "Grüße aus München"), ("carol", "the MUNCHEN train is late")):
        peers.slix(name).send(world.jid("alice"), text)
        queue.expect(seen("alice", "signal", member="MessageAdded"))
    found = search(alice, "münchen")
    assert {m["address"] for m in found} == {world.jid("dave"), world.jid("carol")}
    assert [m["text"] for m in search(alice, "train munch")] == ["the MUNCHEN train is late"]
    assert [m["text"] for m in search(alice, "munchen", limit=1)] == ["the MUNCHEN train is late"]
    for hostile in ('"', '" OR "1"="1', "a AND", "NEAR(", "text:x", "*", "(" * 1000, "x" * 65536,
                    "'; DROP TABLE messages; --", "-", "^", "{a b}:c"):
        search(alice, hostile)
        chat = found[0]["chat"]
        messages(alice, chat, query=hostile)
    with pytest.raises(Failure) as refusal:
        search(alice, "x" * 65537)
    assert refusal.value.name == "InvalidArgument"
    assert len(search(alice, "munchen")) == 2
    shown = cusaxctl(alice, "search", "train", "late", "--json")
    assert [m["text"] for m in json.loads(shown.stdout)["messages"]] == ["the MUNCHEN train is late"]


def test_X5_what_is_deleted_or_taken_back_is_gone_from_every_file(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    for number in range(20):
        dave.send(world.jid("alice"), f"before {number}")
    wire = dave.send(world.jid("alice"), f"a {CANARY} from dave")
    alice.call(chat, "Chat", "Send", "(sa{sv})", f"a {CANARY} from alice", {})
    alice.until(lambda: len(messages(alice, chat)) == 22, 8, "all of it")
    assert traces(alice, CANARY)
    # the other side takes its message back
    dave.raw(f"<message xmlns='jabber:client' type='chat' id='r1' to='{world.jid('alice')}'>"
             f"<retract xmlns='urn:xmpp:message-retract:1' id='{wire}'/></message>")
    alice.until(lambda: any(m["retracted"] for m in messages(alice, chat)), 8, "taken back")
    # and the user deletes the other one
    mine = next(m for m in messages(alice, chat) if CANARY in m["text"])
    delete(alice, chat=chat_path(chat), message=mine["id"])
    queue.expect(seen("alice", "signal", member="MessagesRemoved"))
    assert traces(alice, CANARY) == []
    assert search(alice, CANARY) == []
    assert len(messages(alice, chat)) == 21
    with pytest.raises(Failure) as refusal:
        delete(alice, chat=chat_path(chat), message=mine["id"])
    assert refusal.value.name == "NotFound"
    with pytest.raises(Failure) as refusal:
        delete(alice)
    assert refusal.value.name == "InvalidArgument"
    delete(alice, chat=chat_path(chat))
    assert messages(alice, chat) == [] and traces(alice, "before 1") == []
    assert alice.get(chat, "Chat", "LastMessage") == ""
    alice.wait(ROOT, "Manager", "Unread", 0)
    # the chat goes on, and what was deleted does not come back with a restart
    alice.stop_daemon()
    alice.start_daemon()
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    alice.wait(alice.get(chat, "Chat", "Account"), "Account", "State", "online")
    dave.send(world.jid("alice"), "a new one")
    alice.until(lambda: [m["text"] for m in messages(alice, chat)] == ["a new one"], 8, "only the new")
    delete(alice, all=True)
    assert history(alice) == []


def test_X5_what_is_older_than_the_policy_says_is_gone_from_every_file(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    dave.raw(f"<message xmlns='jabber:client' type='chat' id='o1' to='{world.jid('alice')}'>"
             f"<body>an old {CANARY}</body><delay xmlns='urn:xmpp:delay' "
             "stamp='2020-02-02T02:02:02Z'/></message>")
    dave.send(world.jid("alice"), "a new one")
    chat = alice.until(lambda: alice.client.find("Chat", Address=world.jid("dave")), 8, "a chat")
    alice.until(lambda: len(messages(alice, chat)) == 2, 8, "both")
    assert [m["text"] for m in search(alice, CANARY)] == [f"an old {CANARY}"]
    alice.call(ROOT, "Admin", "SetPolicy", "(a{sv})", options({"history-days": 365}))
    alice.until(lambda: [m["text"] for m in messages(alice, chat)] == ["a new one"], 8, "it goes")
    assert search(alice, CANARY) == []
    alice.until(lambda: traces(alice, CANARY) == [], 8, "no trace of it is left")


def test_X11_an_encrypted_message_is_shown_as_one_that_cannot_be_read(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    assert alice.get(chat, "Chat", "Encryption") == "none"
    dave.raw(f"<message xmlns='jabber:client' type='chat' id='e1' to='{world.jid('alice')}'>"
             "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='27183'>"
             "<key rid='31415' prekey='true'>MwohBdzHvPo3jkvQ0jEZtV5oXw==</key>"
             "<iv>Dc0UlHRGRBhFJg==</iv></header><payload>bWVzc2FnZQ==</payload></encrypted>"
             "<encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl' "
             "name='OMEMO'/><store xmlns='urn:xmpp:hints'/>"
             "<body>I sent you an OMEMO encrypted message but your client does not support it."
             "</body></message>")
    got = alice.until(lambda: messages(alice, chat), 8, "the message")[0]
    assert (got["encryption"], got["direction"]) == ("undecryptable", "in")
    alice.wait(chat, "Chat", "Unread", 1)
    number = alice.call(chat, "Chat", "Send", "(sa{sv})", "in clear, please", {})
    assert next(m for m in messages(alice, chat) if m["id"] == number)["encryption"] == "none"

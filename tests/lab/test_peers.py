# SPDX-License-Identifier: GPL-3.0-or-later
"""Chat with other clients that are not ours: each one as far as it goes."""

import os

from lab.api import ROOT, options
from lab.events import seen
from lab.peers.nbx import Nbx
from lab.peers.profanity import Profanity
from lab.test_chat import delivery, messages

THUMB = "\N{THUMBS UP SIGN}"


def test_X5_gajims_library_talks_replies_corrects_and_reacts(world, queue, alice, peers):
    world.set_up(alice)
    own, his = world.jid("alice"), world.jid("dave")
    dave = peers.keep(Nbx(queue, "dave", his, world.password("dave"), world.chat.port, world.ca,
                          [world.certificates.file("xmpp.test")],
                          os.path.join(world.folder, "nbxmpp.log")).start().ready())
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", his, {})
    number = alice.call(chat, "Chat", "Send", "(sa{sv})", "hello Gajim", {})
    queue.expect(seen("dave", "message", sender=own, body="hello Gajim", id=number))
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "its receipt")
    alice.call(chat, "Chat", "Correct", "(ss)", number, "hello, Gajim")
    queue.expect(seen("dave", "message", body="hello, Gajim", replaces=number))

    wire = dave.send(own, "hello cusaxd", receipt=True)
    theirs = alice.until(lambda: next((m for m in messages(alice, chat)
                                       if m["text"] == "hello cusaxd"), None), 8, "the message")
    alice.call(chat, "Chat", "React", "(sas)", theirs["id"], [THUMB])
    queue.expect(seen("dave", "reactions", sender=own, id=wire, reactions=[THUMB]))
    alice.call(chat, "Chat", "Send", "(sa{sv})", "same to you",
               options({"reply-to": theirs["id"]}))
    queue.expect(seen("dave", "message", reply=wire))

    dave.send(own, "hello, cusaxd", replaces=wire)
    dave.send(own, target=number, reactions=[THUMB])
    dave.send(own, "> hello, Gajim\nyes?", reply=number, quoted=15)
    dave.send(own, displayed=number)
    alice.until(lambda: any(m["replaces"] == theirs["id"] for m in messages(alice, chat)), 8,
                "its correction")
    first = alice.until(lambda: next((m for m in messages(alice, chat) if m["id"] == number and
                                      m["reactions"]), None), 8, "its reaction")
    assert first["reactions"] == {his: [THUMB]}
    answer = alice.until(lambda: next((m for m in messages(alice, chat)
                                       if m["text"] == "yes?"), None), 8, "its reply")
    assert answer["reply-to"] == number
    queue.wait(lambda: delivery(alice, chat, number) == "displayed", 8, "its marker")


def test_X11_what_gajims_library_encrypts_is_named_unreadable(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.keep(Nbx(queue, "dave", world.jid("dave"), world.password("dave"),
                          world.chat.port, world.ca,
                          [world.certificates.file("xmpp.test")],
                          os.path.join(world.folder, "nbxmpp.log")).start().ready())
    dave.send(world.jid("alice"), encrypt="for the eyes of another device")
    chat = alice.until(lambda: alice.client.find("Chat", Address=world.jid("dave")), 8, "a chat")
    got = alice.until(lambda: messages(alice, chat), 8, "the message")[0]
    assert got["encryption"] == "undecryptable"
    assert "OMEMO" in got["text"] and "another device" not in got["text"]
    assert alice.get(chat, "Chat", "Encryption") == "none"


def test_X5_profanity_talks_with_receipts_and_corrections(world, queue, alice, peers):
    world.set_up(alice)
    own, his = world.jid("alice"), world.jid("dave")
    dave = peers.keep(Profanity(his, world.password("dave"), world.chat.port,
                                os.path.join(world.folder, "profanity")).start().ready())
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", his, {})
    number = alice.call(chat, "Chat", "Send", "(sa{sv})", "hello Profaniti", {})
    dave.type(f"/msg {own}")
    dave.shows("hello Profaniti")
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "its receipt")
    alice.call(chat, "Chat", "Correct", "(ss)", number, "hello Profanity")
    dave.shows("hello Profanity")
    dave.type("hello kusaxd")
    theirs = alice.until(lambda: next((m for m in messages(alice, chat)
                                       if m["text"] == "hello kusaxd"), None), 8, "the message")
    dave.type("/correct hello cusaxd")
    corrected = alice.until(lambda: next((m for m in messages(alice, chat)
                                          if m["replaces"] == theirs["id"]), None), 8,
                            "its correction")
    assert corrected["text"] == "hello cusaxd"

# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing lost, nothing twice: cuts, kills and full disks (R22, R23, R24)."""

import signal

from lab.api import ROOT
from lab.events import seen
from lab.test_chat import delivery, messages


def kill(person):
    """kill -9: the daemon has no time for a last word."""
    person.daemon.send(signal.SIGKILL)
    person.daemon.wait(5)
    person.daemon = None
    person.queue.wait(lambda: not person.client.owner, 5, f"{person.name}'s bus name is free")


def test_R22_a_killed_daemon_resumes_its_session(world, queue, alice, peers):
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    dave = peers.slix("dave")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    number = alice.call(chat, "Chat", "Send", "(sa{sv})", "before", {})
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "our receipt arrives")
    kill(alice)
    dave.send(world.jid("alice"), "meanwhile")
    alice.start_daemon()
    alice.wait_state(account, "online")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    queue.wait(lambda: len(messages(alice, chat)) == 2, 8, "the message of meanwhile")
    number = alice.call(chat, "Chat", "Send", "(sa{sv})", "after", {})
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "our receipt arrives")
    assert [m["text"] for m in messages(alice, chat)] == ["before", "meanwhile", "after"]
    alice.wait(alice.contact(world.jid("dave")), "Contact", "Availability", "online")
    assert "the session of before the restart goes on" in alice.log_text()


# the archive

def talk(world, queue, person, peer, texts):
    """The peer says texts, one after the other."""
    for text in texts:
        peer.send(world.jid(person.name), text, receipt=False)


def test_X2_what_was_said_meanwhile_comes_from_the_archive(world, queue, alice, peers, say):
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    dave = peers.slix("dave")
    other = peers.slix("alice", resource="phone")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    talk(world, queue, alice, dave, ["first"])
    queue.wait(lambda: len(messages(alice, chat)) == 1, 8, "the first message")
    alice.call(chat, "Chat", "MarkRead", "(s)", "")
    assert alice.stop_daemon() == 0
    # while it is away a phone of alice answers; carbons and offline storage bring nothing of it
    texts = ["first"]
    for number in range(60):
        talk(world, queue, alice, dave, [f"d{number}"])
        queue.expect(seen("alice", "message", body=f"d{number}"))
        other.send(world.jid("dave"), f"a{number}", receipt=False)
        queue.expect(seen("dave", "message", body=f"a{number}"))
        texts += [f"d{number}", f"a{number}"]
    talk(world, queue, alice, dave, ["last"])
    queue.expect(seen("alice", "message", body="last"))
    texts.append("last")
    alice.start_daemon()
    alice.wait_state(account, "online")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    queue.wait(lambda: len(messages(alice, chat, limit=1000)) >= len(texts), 10, "all of it")
    found = messages(alice, chat, limit=1000)
    assert [m["text"] for m in found] == texts
    assert not any(m.get("gap") for m in found)
    # what the phone answered was read there
    assert alice.client.fact(chat, "Chat", "Unread") == 1
    assert alice.client.fact(chat, "Chat", "LastMessage") == found[-1]["id"]


def test_X2_older_pages_are_fetched_where_somebody_looks(world, queue, alice, peers):
    dave = peers.slix("dave")
    phone = peers.slix("alice", resource="phone")
    texts = [f"t{number}" for number in range(250)]
    talk(world, queue, alice, dave, texts)
    queue.expect(seen("alice", "message", body=texts[-1]), 15)
    phone.stop()
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    queue.wait(lambda: messages(alice, chat, limit=1), 8, "the newest page")
    found, page = [], messages(alice, chat)
    while page:
        found = page + found
        page = messages(alice, chat, before=page[0]["id"])
    seen_texts = [m["text"] for m in found if m["text"] in texts]
    assert seen_texts == texts
    assert not any(m["unread"] for m in found)

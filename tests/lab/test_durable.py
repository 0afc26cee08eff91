# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing lost, nothing twice: cuts, kills and full disks (R22, R23, R24)."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time

import pytest

from lab.api import ROOT
from lab.events import seen
from lab.process import LabError
from lab.test_chat import delivery, messages

KILLS = int(os.environ.get("R23_KILLS", "8"))


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


READ = "urn:xmpp:mds:displayed:0"


def test_X2_what_was_said_meanwhile_comes_from_the_archive(world, queue, alice, peers, say):
    peers.slix("alice", resource="phone-before").forget_nodes(READ)
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
    alice.wait(chat, "Chat", "Unread", 1)
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


# kill -9 at any point

def database(person):
    return os.path.join(person.folder, "data", "cusaxd", "history.db")


def stored(person):
    """The ids in the database of a daemon that does not run, which must be whole."""
    with contextlib.closing(sqlite3.connect(database(person))) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {row[0] for row in base.execute("SELECT id FROM messages")}


def test_R23_kill_at_random_points_loses_nothing_that_was_acknowledged(world, queue, alice, peers, say):
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    dave = peers.slix("dave")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    acknowledged, slowest = set(), 0
    for number in range(KILLS):
        until = time.monotonic() + random.uniform(0, 0.1)
        said = 0
        while time.monotonic() < until:
            dave.send(world.jid("alice"), f"in {number} {said}")
            acknowledged.add(alice.call(chat, "Chat", "Send", "(sa{sv})", f"{number} {said}", {}))
            said += 1
        kill(alice)
        assert acknowledged <= stored(alice)
        begin = time.monotonic()
        alice.start_daemon()
        slowest = max(slowest, time.monotonic() - begin)
        alice.wait_state(account, "online")
    kill(alice)
    say(f"killed at {KILLS} points: the database whole {KILLS} of {KILLS} times, "
        f"{len(acknowledged)} messages acknowledged, none lost; back after at most {slowest:.2f} s")
    assert slowest < 2 or os.environ.get("LAB_BUILD") != "build"


# a full disk

@pytest.fixture
def full(world):
    """Gives the environment of a daemon whose disk is full while a file is there, and that file."""
    folder = os.path.join(world.folder, "full")
    os.makedirs(folder, exist_ok=True)
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "full.c")
    library, flag = os.path.join(folder, "full.so"), os.path.join(folder, "flag")
    built = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"],
                           capture_output=True, text=True)
    if built.returncode:
        raise LabError(f"full.c: {built.stderr}")
    yield {"LD_PRELOAD": library, "LAB_FULL_FLAG": flag}, flag
    if os.path.exists(flag):
        os.remove(flag)


def test_R24_a_full_disk_loses_nothing(world, queue, fresh, peers, full, say):
    environment, flag = full
    alice = fresh(world.alice).start_daemon(environment)
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    dave = peers.slix("dave")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    dave.send(world.jid("alice"), "before")
    queue.wait(lambda: len(messages(alice, chat)) == 1, 8, "the first message")
    open(flag, "w").close()
    queue.skip()
    begun = len(queue.events)
    ids = [dave.send(world.jid("alice"), f"meanwhile {number}") for number in range(5)]
    alice.wait(ROOT, "Manager", "StorageError", lambda text: "full" in (text or ""))
    assert alice.refused(chat, "Chat", "Send", "(sa{sv})", "x", {}).name == "LimitExceeded"
    for number in range(5, 10):
        ids.append(dave.send(world.jid("alice"), f"meanwhile {number}"))
    assert alice.get(account, "Account", "State") == "online"
    assert len(messages(alice, chat)) == 1
    assert not [event for event in queue.events[begun:]
                if event.source == "dave" and event.kind == "receipt" and event.id in ids]
    errors = queue.happened(seen("alice", "properties", interface="Manager",
                                 changed=lambda facts: "StorageError" in facts))
    os.remove(flag)
    begin = time.monotonic()
    alice.wait(ROOT, "Manager", "StorageError", "")
    queue.wait(lambda: len(messages(alice, chat)) == 11, 8, "all of it")
    took = time.monotonic() - begin
    found = messages(alice, chat)
    assert [m["text"] for m in found] == ["before"] + [f"meanwhile {n}" for n in range(10)]
    queue.expect_any_order([seen("dave", "receipt", id=one) for one in ids])
    number = alice.call(chat, "Chat", "Send", "(sa{sv})", "after", {})
    queue.wait(lambda: delivery(alice, chat, number) == "delivered", 8, "our receipt arrives")
    kill(alice)
    assert number in stored(alice)
    say(f"a full disk: {len(errors)} announcement, nothing lost, as before {took:.1f} s after there "
        "was space")
    assert len(errors) == 1 and took < 5


def test_R24_killed_while_the_disk_is_full_the_server_still_has_it(world, queue, fresh, peers, full):
    environment, flag = full
    alice = fresh(world.alice).start_daemon(environment)
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    dave = peers.slix("dave")
    open(flag, "w").close()
    for number in range(5):
        dave.send(world.jid("alice"), f"meanwhile {number}")
    alice.wait(ROOT, "Manager", "StorageError", lambda text: "full" in (text or ""))
    kill(alice)
    os.remove(flag)
    alice.start_daemon(environment)
    alice.wait_state(account, "online")
    chat = alice.call(ROOT, "Manager", "OpenChat", "(sa{sv})", world.jid("dave"), {})
    queue.wait(lambda: len(messages(alice, chat)) == 5, 8, "what the server kept")
    assert [m["text"] for m in messages(alice, chat)] == [f"meanwhile {n}" for n in range(5)]

# SPDX-License-Identifier: GPL-3.0-or-later
"""What rooms keep: read newest first, in order, once, and the rest where somebody looks."""

import itertools
import json

from lab.api import ROOT, options
from lab.events import seen
from lab.peers.slix import Slix
from lab.prosody import ROOMS

NUMBER = itertools.count(1)


def say(peer, queue, address, first, last):
    for number in range(first, last + 1):
        peer.say(address, f"m{number}")
    queue.expect(seen(peer.name, "message", type="groupchat", body=f"m{last}"))


def texts(person, room, **more):
    return [m["text"] for m in person.call(room, "Room", "GetMessages", "(a{sv})", options(more))]


def said(first, last):
    return [f"m{number}" for number in range(first, last + 1)]


def follow(person, queue, peer, account, service, many):
    address = f"kept{next(NUMBER)}@{service}"
    peer.join_room(address, "peer")
    queue.expect(seen(peer.name, "presence", sender=address, resource="peer"))
    peer.iq("set", "<query xmlns='http://jabber.org/protocol/muc#owner'>"
                   "<x xmlns='jabber:x:data' type='submit'/></query>", to=address)
    say(peer, queue, address, 1, many)
    # a room that is new to us: its newest messages, the rest when somebody looks for it
    room = person.call(ROOT, "Manager", "JoinRoom", "(sa{sv})", address, {})
    person.until(lambda: texts(person, room, limit=60) == said(many - 59, many), 8, "the newest")
    assert person.get(room, "Room", "Unread") == 0
    assert texts(person, room, limit=1000) == said(1, many)
    # while we are out more is said than a room tells by itself
    person.call(account, "Account", "Disconnect")
    person.wait(room, "Room", "State", "left")
    ours = person.call(room, "Room", "Send", "(sa{sv})", "mine", {})
    say(peer, queue, address, many + 1, many + 70)
    person.call(account, "Account", "Connect")
    person.wait(room, "Room", "State", "joined")
    queue.expect(seen(peer.name, "message", type="groupchat", body="mine"), 8)
    person.wait(room, "Room", "Unread", 70)
    history = person.call(room, "Room", "GetMessages", "(a{sv})", options({"limit": 1000}))
    # ours was written before them, and said after
    assert sorted(m["text"] for m in history) == sorted(said(1, many + 70) + ["mine"])
    assert [m["text"] for m in history if m["direction"] == "in"] == said(1, many + 70)
    assert next(m for m in history if m["text"] == "mine")["id"] == ours
    assert not [m for m in history if m.get("gap")]
    return room, address


def test_X6_a_rooms_archive(world, queue, alice, peers):
    mine = world.set_up(alice)
    room, address = follow(alice, queue, peers.slix("dave"), mine.xmpp, ROOMS, 130)
    whole = json.loads(alice.ctl("history", address, "--export").stdout)
    assert sum(1 for entry in whole["entries"] if entry["text"].startswith("m")) == 201
    # what the person deletes comes back from no archive
    assert alice.ctl("history", "delete", address).returncode == 0
    alice.call(mine.xmpp, "Account", "Disconnect")
    alice.wait(room, "Room", "State", "left")
    alice.call(mine.xmpp, "Account", "Connect")
    alice.wait(room, "Room", "State", "joined")
    assert texts(alice, room, limit=1000) == []


def test_X6_a_rooms_archive_at_ejabberd(world, queue, alice, peers, ejabberd):
    carol = peers.keep(Slix(queue, "carol-e", "carol@ejabberd.test", world.password("carol"),
                            ejabberd.port, world.ca).start().ready())
    account = world.add_xmpp(alice, "ejabberd.test", port=ejabberd.port)
    alice.wait_state(account, "online")
    follow(alice, queue, carol, account, ejabberd.rooms, 110)

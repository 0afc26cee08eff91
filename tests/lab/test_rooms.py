# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms with occupants that are not ours, on two servers."""

import itertools

import pytest

from lab.api import ROOT, Failure, options
from lab.ejabberd import ROOMS as EJABBERD_ROOMS
from lab.events import seen
from lab.peers.slix import Slix
from lab.prosody import ROOMS

NUMBER = itertools.count(1)


def fresh_room(service=ROOMS):
    return f"room{next(NUMBER)}@{service}"


def join(person, address, **more):
    return person.call(ROOT, "Manager", "JoinRoom", "(sa{sv})", address, options(more))


def messages(person, room, **only):
    return person.call(room, "Room", "GetMessages", "(a{sv})", options(only))


def occupants(person, room):
    return {who["nick"]: who for who in person.get(room, "Room", "Occupants")}


def delivery(person, room, number):
    return next((m["delivery"] for m in messages(person, room) if m["id"] == number), None)


def talk(person, queue, room, peer, address, own):
    """Both talk; each hears the other once; our message is "server" when the room has told it."""
    peer.join_room(address, "peer")
    queue.wait(lambda: "peer" in occupants(person, room), 5, "the peer is an occupant")
    number = person.call(room, "Room", "Send", "(sa{sv})", "hello room <&>", {})
    heard = queue.expect(seen(peer.name, "message", type="groupchat", body="hello room <&>"))
    assert (heard.fields["sender"], heard.fields["resource"]) == (address, own)
    queue.wait(lambda: delivery(person, room, number) == "server", 5, "the room reflected it")
    peer.say(address, f"hello {own}, how are you?")
    queue.wait(lambda: person.client.fact(room, "Room", "Unread") == 1, 5, "one unread")
    assert person.client.fact(room, "Room", "Mentions") == 1
    history = messages(person, room)
    assert [(m["direction"], m["kind"], m["text"]) for m in history] == \
        [("out", "room", "hello room <&>"), ("in", "room", f"hello {own}, how are you?")]
    assert history[1]["from"] == f"{address}/peer"
    person.call(room, "Room", "MarkRead", "(s)", "")
    person.wait(room, "Room", "Unread", 0)
    assert person.client.fact(room, "Room", "Mentions") == 0


def test_X6_a_room_at_prosody(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    address = fresh_room()
    room = join(alice, address, nick="alice")
    facts = alice.client.get_all(room, "Room")
    assert (facts["State"], facts["Nick"], facts["Address"]) == ("joined", "alice", address)
    assert (facts["Role"], facts["Affiliation"]) == ("moderator", "owner")
    talk(alice, queue, room, dave, address, "alice")


def test_X6_a_room_at_ejabberd(world, queue, alice, peers, ejabberd):
    carol = peers.keep(Slix(queue, "carol-e", "carol@ejabberd.test", world.password("carol"),
                            ejabberd.port, world.ca).start().ready())
    account = world.add_xmpp(alice, "ejabberd.test", port=ejabberd.port)
    alice.wait_state(account, "online")
    address = fresh_room(EJABBERD_ROOMS)
    room = join(alice, address)
    assert alice.get(room, "Room", "Affiliation") == "owner"
    talk(alice, queue, room, carol, address, "alice")

# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms with occupants that are not ours, on two servers."""

import itertools
import os

from gi.repository import GLib

from lab.api import ROOT, options
from lab.events import seen
from lab.peers.slix import Slix
from lab.prosody import ROOMS

NUMBER = itertools.count(1)


def fresh_room(service=ROOMS):
    return f"room{next(NUMBER)}@{service}"


def join(person, address, **more):
    """In the room, which is open to others once it has told what it is."""
    room = person.call(ROOT, "Manager", "JoinRoom", "(sa{sv})", address, options(more))
    person.wait(room, "Room", "Features", bool)
    return room


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
    address = fresh_room(ejabberd.rooms)
    room = join(alice, address)
    assert alice.get(room, "Room", "Affiliation") == "owner"
    talk(alice, queue, room, carol, address, "alice")


def test_X6_X7_a_file_is_sent_to_a_room_and_taken_from_it(world, queue, alice, peers):
    world.set_up(alice)
    address = fresh_room()
    room = join(alice, address, nick="alice")
    dave = peers.slix("dave")
    dave.join_room(address, "peer")
    queue.wait(lambda: "peer" in occupants(alice, room), 5, "the peer is an occupant")
    sent, taken = os.path.join(alice.folder, "minutes.txt"), os.path.join(alice.folder, "again.txt")
    with open(sent, "w") as out:
        out.write("what was said\n" * 1000)
    done = alice.ctl("send-file", address, sent)
    assert done.returncode == 0, done.stderr
    uri = done.stdout.strip()
    queue.expect(seen(dave.name, "message", type="groupchat", body=uri))
    kept = messages(alice, room)[-1]
    assert (kept["kind"], kept["file-uri"], kept["file-name"]) == ("room", uri, "minutes.txt")
    queue.wait(lambda: delivery(alice, room, kept["id"]) == "server", 5, "the room reflected it")
    done = alice.ctl("fetch-file", address, kept["id"], taken)
    assert done.returncode == 0, done.stderr
    with open(sent) as first, open(taken) as second:
        assert first.read() == second.read()


def test_X6_moderation_invitations_and_privacy(world, queue, alice, bob, peers):
    world.set_up(alice)
    world.set_up(bob)
    dave = peers.slix("dave")
    address = fresh_room()
    room = join(alice, address, settings=GLib.Variant("a{sv}", options({"name": "Tea"})))
    alice.wait(room, "Room", "Name", "Tea")
    alice.client.set(room, "Room", "Subject", "biscuits")
    alice.wait(room, "Room", "Subject", "biscuits")
    dave.join_room(address, "dave")
    queue.wait(lambda: "dave" in occupants(alice, room), 5, "dave is an occupant")

    # private: a chat of its own, whose other side is the occupant and no person
    dave.raw(f"<message type='chat' to='{address}/alice' id='p1'><body>psst</body>"
             "<x xmlns='http://jabber.org/protocol/muc#user'/></message>")
    chat = alice.until(lambda: alice.client.find("Chat", Address=f"{address}/dave"), 5,
                       "a private chat")
    assert alice.client.fact(chat, "Chat", "Room") == room
    assert alice.client.find("Chat", Address=world.jid("dave")) is None
    alice.call(chat, "Chat", "Send", "(sa{sv})", "what?", {})
    queue.expect(seen("dave", "message", type="chat", sender=address, body="what?"))

    # an invitation is a fact, and nothing is joined before the person joins
    alice.call(room, "Room", "Invite", "(ss)", world.jid("bob"), "come in")
    theirs = bob.until(lambda: bob.client.find("Room", Address=address), 5, "bob is invited")
    invitation = bob.get(theirs, "Room", "Invitation")
    assert (invitation["inviter"], invitation["reason"]) == (world.jid("alice"), "come in")
    assert bob.client.fact(theirs, "Room", "State") == "left"
    bob.call(theirs, "Room", "DeclineInvitation", "(s)", "no time")
    queue.wait(lambda: bob.client.find("Room", Address=address) is None, 5, "nothing is left of it")

    # removed by a moderator: told with the reason, and not tried again
    bob_room = join(bob, address, nick="bob")
    queue.wait(lambda: "bob" in occupants(alice, room), 5, "bob is an occupant")
    alice.call(room, "Room", "SetRole", "(sss)", "bob", "none", "enough")
    bob.wait(bob_room, "Room", "State", "left")
    assert "enough" in bob.client.fact(bob_room, "Room", "StateReason")
    assert bob.client.fact(bob_room, "Room", "ErrorName") == "Refused"
    alice.call(room, "Room", "SetAffiliation", "(sss)", world.jid("bob"), "outcast", "")
    assert bob.refused(ROOT, "Manager", "JoinRoom", "(sa{sv})", address, {}).name == "Refused"


def test_X6_a_room_is_joined_again_after_a_lost_session_and_a_restart(world, queue, alice, peers):
    mine = world.set_up(alice)
    dave = peers.slix("dave")
    address = fresh_room()
    room = join(alice, address)
    dave.join_room(address, "dave")
    queue.wait(lambda: "dave" in occupants(alice, room), 5, "dave is an occupant")
    alice.call(mine.xmpp, "Account", "Disconnect")
    alice.wait(room, "Room", "State", "left")
    number = alice.call(room, "Room", "Send", "(sa{sv})", "while away", {})
    dave.say(address, "said meanwhile")
    queue.expect(seen("dave", "message", body="said meanwhile"))
    alice.call(mine.xmpp, "Account", "Connect")
    alice.wait(room, "Room", "State", "joined")
    queue.expect(seen("dave", "message", body="while away"))
    queue.wait(lambda: delivery(alice, room, number) == "server", 5, "the room reflected it")
    alice.wait(room, "Room", "Unread", 1)
    assert [m["text"] for m in messages(alice, room)].count("said meanwhile") == 1
    alice.stop_daemon()
    alice.start_daemon()
    again = alice.until(lambda: alice.client.find("Room", Address=address), 5, "the room is known")
    assert again == room
    alice.wait(room, "Room", "State", "joined", 15)
    texts = [m["text"] for m in messages(alice, room)]
    assert sorted(texts) == ["said meanwhile", "while away"]


def test_X6_a_bookmark_of_another_device_is_followed_and_a_forged_one_is_not(world, queue, alice, peers):
    world.set_up(alice)
    other = peers.keep(Slix(queue, "alice-2", world.jid("alice"), world.password("alice"),
                            world.chat.port, world.ca, resource="two").start().ready())
    mallory = peers.slix("bob")
    address, trap = fresh_room(), fresh_room()
    other.iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                    f"<publish node='urn:xmpp:bookmarks:1'><item id='{address}'>"
                    "<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true' name='Home'>"
                    "<nick>ali</nick></conference></item></publish></pubsub>")
    room = alice.until(lambda: alice.client.find("Room", Address=address), 5, "the room is known")
    alice.wait(room, "Room", "State", "joined")
    assert (alice.get(room, "Room", "Nick"), alice.get(room, "Room", "Autojoin")) == ("ali", True)
    mallory.raw(f"<message to='{world.jid('alice')}' type='headline'><event "
                "xmlns='http://jabber.org/protocol/pubsub#event'><items "
                f"node='urn:xmpp:bookmarks:1'><item id='{trap}'><conference autojoin='true' "
                "xmlns='urn:xmpp:bookmarks:1'/></item></items></event></message>")
    queue.wait(lambda: alice.call(ROOT, "Manager", "GetStatistics").get(
        "stanzas-refused-pep-event", 0) == 1, 5, "the forged one is counted")
    assert alice.client.find("Room", Address=trap) is None


def test_X6_cusaxctl_joins_talks_and_leaves(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    address = fresh_room()
    assert alice.ctl("join", address, "--nick", "ally").returncode == 0
    dave.join_room(address, "dave")
    room = alice.until(lambda: alice.client.find("Room", Address=address), 5, "the room is known")
    queue.wait(lambda: "dave" in occupants(alice, room), 5, "dave is an occupant")
    assert alice.ctl("send", address, "by hand", "--wait=5").returncode == 0
    queue.expect(seen("dave", "message", type="groupchat", body="by hand"))
    assert "by hand" in alice.ctl("history", address).stdout
    assert "dave" in alice.ctl("rooms", "show", address).stdout
    assert alice.ctl("leave", address).returncode == 0
    alice.wait(room, "Room", "State", "left")

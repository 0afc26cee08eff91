# SPDX-License-Identifier: GPL-3.0-or-later
"""What one does in rooms beside talking, with people whose clients are not ours."""

import base64
import hashlib
import itertools
import re

import pytest
from gi.repository import GLib

from lab.api import ROOT, Failure, options
from lab.events import seen
from lab.peers.slix import IqError, Slix
from lab.prosody import OLDER_HOST, ROOMS
from lab.relay import Relay
from lab.test_people import contents, png
from lab.test_rooms import messages, occupants
from lab.world import CHAT

NUMBER = itertools.count(1)
OWNER, MUC = "http://jabber.org/protocol/muc#owner", "http://jabber.org/protocol/muc"
FORM = ("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>{kind}</value></field>"
        "{fields}</x>")
FIELD = "<field var='{name}'><value>{value}</value></field>"
RETRACT = "<retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>"
REACT = "<reactions xmlns='urn:xmpp:reactions:0' id='{id}'><reaction>{what}</reaction></reactions>"


def new_room():
    return f"acts{next(NUMBER)}@{ROOMS}"


def join(person, address, **more):
    """In the room, which is open to others once it has told what it is."""
    room = person.call(ROOT, "Manager", "JoinRoom", "(sa{sv})", address, options(more))
    person.wait(room, "Room", "Features", bool)
    return room


def found(queue, client, address):
    """A room that a foreign client made, and is in as dave."""
    client.join_room(address, "dave")
    queue.expect(seen(client.name, "presence", sender=address, resource="dave"))
    client.iq("set", f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'/></query>",
              to=address)


def configure(client, address, **fields):
    inner = "".join(FIELD.format(name=f"muc#roomconfig_{name}", value=value)
                    for name, value in fields.items())
    client.iq("set", f"<query xmlns='{OWNER}'>{FORM.format(kind=MUC + '#roomconfig', fields=inner)}"
                     "</query>", to=address)


def stanza_id(event):
    return re.search("<stanza-id[^>]* id=\"([^\"]+)\"", event.fields["xml"]).group(1)


def test_X6_a_nick_that_somebody_has_is_not_fought_for(world, queue, alice, peers):
    world.set_up(alice)
    dave, address = peers.slix("dave"), new_room()
    found(queue, dave, address)
    room = join(alice, address, nick="dave")
    assert alice.get(room, "Room", "State") == "joined"
    assert alice.get(room, "Room", "Nick") == "dave_"
    assert occupants(alice, room)["dave_"]["self"]
    refused = alice.refused(room, "Room", "SetNick", "(s)", "dave")
    assert refused.name == "Refused"
    alice.call(room, "Room", "SetNick", "(s)", "ally")
    alice.wait(room, "Room", "Nick", "ally")
    queue.expect(seen("dave", "presence", sender=address, resource="ally", type="available"))


@pytest.mark.skipif(CHAT != "prosody", reason="rooms of ejabberd let everybody speak who comes in")
def test_X6_voice_is_asked_for_and_given(world, queue, alice, peers):
    world.set_up(alice)
    dave, address = peers.slix("dave"), new_room()
    found(queue, dave, address)
    configure(dave, address, moderatedroom="1")
    room = join(alice, address, nick="alice")
    alice.wait(room, "Room", "Role", "visitor")
    assert "moderated" in alice.until(lambda: alice.client.fact(room, "Room", "Features"), 5,
                                      "what the room is")
    number = alice.call(room, "Room", "Send", "(sa{sv})", "may I?", {})
    alice.until(lambda: [m for m in messages(alice, room) if m["id"] == number and
                         m["delivery"] == "failed"], 5, "nobody hears a visitor")
    alice.call(room, "Room", "RequestVoice")
    asked = queue.wait(lambda: [e for e in queue.events if e.source == "dave" and e.kind == "wordless"
                                and "muc#request" in e.fields["xml"]], 5, "dave is asked")[-1]
    who = re.search(f"<value>({re.escape(world.jid('alice'))}/[^<]+)</value>", asked.fields["xml"])
    dave.raw(f"<message to='{address}'>" + FORM.format(kind=MUC + "#request", fields="".join((
        FIELD.format(name="muc#role", value="participant"),
        FIELD.format(name="muc#jid", value=who.group(1)),
        FIELD.format(name="muc#roomnick", value="alice"),
        FIELD.format(name="muc#request_allow", value="true")))) + "</message>")
    alice.wait(room, "Room", "Role", "participant")
    alice.call(room, "Room", "Send", "(sa{sv})", "thank you", {})
    queue.expect(seen("dave", "message", type="groupchat", body="thank you"))


def test_X6_an_owner_configures_and_destroys_and_a_room_is_forgotten(world, queue, alice, peers):
    mine = world.set_up(alice)
    dave, address = peers.slix("dave"), new_room()
    other = peers.keep(Slix(queue, "alice-2", world.jid("alice"), world.password("alice"),
                            world.chat.port, world.ca, resource="two").start().ready())
    room = join(alice, address)
    alice.call(room, "Room", "Configure", "(a{sv})",
               options({"name": "Closed", "members-only": True, "persistent": True}))
    alice.wait(room, "Room", "Name", "Closed")
    alice.until(lambda: {"members-only", "persistent"} <=
                set(alice.client.fact(room, "Room", "Features") or []), 5, "what the room is now")
    dave.join_room(address, "dave")
    queue.expect(seen("dave", "presence", sender=address, type="error"))
    alice.call(room, "Room", "SetAffiliation", "(sss)", world.jid("dave"), "member", "")
    dave.join_room(address, "dave")
    queue.expect(seen("dave", "presence", sender=address, resource="dave", type="available"))
    with pytest.raises(Failure) as refused:
        alice.call(room, "Room", "Configure", "(a{sv})", options({"audio-video-uri": "sip:x@sip.test"}))
    assert refused.value.name == "Unsupported"

    def bookmarks():
        try:
            return address in str(other.iq("get", "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                                                  "<items node='urn:xmpp:bookmarks:1'/></pubsub>"))
        except IqError:  # nothing was ever kept there
            return False
    queue.wait(bookmarks, 5, "the room is bookmarked")
    alice.call(room, "Room", "Destroy", "(s)", "we move")
    gone = queue.expect(seen("dave", "presence", sender=address, resource="dave", type="unavailable"))
    assert "we move" in gone.fields["xml"]
    alice.wait(room, "Room", "State", "left")
    alice.call(room, "Room", "Forget")
    queue.wait(lambda: alice.client.find("Room", Address=address) is None, 5, "it is forgotten")
    queue.wait(lambda: not bookmarks(), 5, "on all devices")
    assert alice.get(mine.xmpp, "Account", "State") == "online"


def test_X5_X6_messages_about_messages_in_a_room(world, queue, alice, peers):
    world.set_up(alice)
    dave, carol, address = peers.slix("dave"), peers.slix("carol"), new_room()
    found(queue, dave, address)
    room = join(alice, address, nick="alice")
    carol.join_room(address, "carol")
    queue.expect(seen("carol", "presence", sender=address, resource="carol"))
    features = alice.until(lambda: alice.client.fact(room, "Room", "Features"), 5, "what the room is")
    # ejabberd tells it since 23.10
    assert "occupant-ids" in features or CHAT == "ejabberd"

    def message(text):
        return next((m for m in messages(alice, room) if m["text"] == text), None)
    # a reaction to ours, by the id that the room gave it
    own = alice.call(room, "Room", "Send", "(sa{sv})", "what do you think?", {})
    heard = queue.expect(seen("dave", "message", type="groupchat", body="what do you think?"))
    dave.raw(f"<message type='groupchat' to='{address}' id='r1'>"
             f"{REACT.format(id=stanza_id(heard), what='+1')}</message>")
    alice.until(lambda: message("what do you think?")["reactions"] == {f"{address}/dave": ["+1"]}, 5,
                "dave's reaction")
    # ours to theirs, a reply, and both taken back by their own senders
    dave.say(address, "I think so")
    heard = queue.expect(seen("carol", "message", type="groupchat", body="I think so"))
    theirs = alice.until(lambda: message("I think so"), 5, "dave's answer")["id"]
    alice.call(room, "Room", "React", "(sas)", theirs, ["!"])
    queue.wait(lambda: [e for e in queue.events if e.source == "dave" and e.kind == "wordless" and
                        stanza_id(heard) in e.fields["xml"] and
                        "urn:xmpp:reactions:0" in e.fields["xml"]], 5, "alice's reaction")
    alice.call(room, "Room", "Send", "(sa{sv})", "why?", options({"reply-to": theirs}))
    reply = queue.wait(lambda: [e for e in queue.events if e.source == "dave" and e.kind == "message"
                                and "why?" in e.fields["body"]], 5, "the reply")[-1]
    assert f"id=\"{stanza_id(heard)}\"" in reply.fields["xml"]
    assert f"to=\"{address}/dave\"" in reply.fields["xml"]
    alice.call(room, "Room", "Retract", "(sa{sv})", own, {})
    queue.wait(lambda: [e for e in queue.events if e.source == "dave" and e.kind == "message" and
                        "message-retract:1" in e.fields["xml"]], 5, "alice takes hers back")
    # somebody else takes nothing back, under whatever nick

    def refused():
        return alice.call(ROOT, "Manager", "GetStatistics").get("stanzas-refused-retraction", 0)
    before = refused()
    carol.say(address, "x", RETRACT.format(id=stanza_id(heard)))
    alice.until(lambda: refused() == before + 1, 5, "carol's is refused")
    if "occupant-ids" not in features:
        return
    dave.leave_room(address, "dave")
    queue.expect(seen("carol", "presence", sender=address, resource="dave", type="unavailable"))
    carol.raw(f"<presence to='{address}/dave'/>")
    queue.expect(seen("carol", "presence", sender=address, resource="dave", type="available"))
    carol.say(address, "x", RETRACT.format(id=stanza_id(heard)))
    alice.until(lambda: refused() == before + 2, 5, "nor does the nick help")
    assert message("I think so")
    # its sender does, back under another nick
    dave.join_room(address, "david")
    queue.expect(seen("carol", "presence", sender=address, resource="david", type="available"))
    dave.say(address, "x", RETRACT.format(id=stanza_id(heard)))
    alice.until(lambda: not message("I think so"), 5, "dave takes his back")
    assert next(m for m in messages(alice, room) if m["id"] == theirs)["retracted"]


@pytest.mark.skipif(CHAT != "prosody", reason="Prosody alone tells the lab who is pinged")
def test_X6_after_a_cut_the_room_is_asked_whether_we_are_in(world, queue, alice, peers):
    relay = peers.keep(Relay(("127.0.0.1", world.chat.port)))
    account = world.add_xmpp(alice, port=relay.port)
    alice.wait_state(account, "online")
    dave, address = peers.slix("dave"), new_room()
    found(queue, dave, address)
    room = join(alice, address, nick="alice")
    mark = world.chat.mark()
    relay.reset()
    alice.wait(room, "Room", "State", "left")
    alice.wait(room, "Room", "State", "joined")
    alice.wait(room, "Room", "Role", "participant")

    def pinged():
        with open(world.prosody.log, errors="replace") as log:
            log.seek(mark)
            return f"ping of {address}/alice" in log.read()
    queue.wait(pinged, 5, "the room is pinged")
    alice.call(room, "Room", "Send", "(sa{sv})", "still here", {})
    queue.expect(seen("dave", "message", type="groupchat", body="still here"))


def test_R14_a_stranger_invites_into_a_few_rooms_and_no_more(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    for number in range(12):
        dave.raw(f"<message to='{world.jid('alice')}'><x xmlns='jabber:x:conference' "
                 f"jid='trap{number}@{ROOMS}'/></message>")
    alice.until(lambda: alice.call(ROOT, "Manager", "GetStatistics").get(
        "stanzas-refused-room-invitation", 0) == 7, 5, "the rest is refused")
    rooms = alice.until(lambda: [path for path in alice.client.paths("Room") if "trap" in
                                 alice.client.fact(path, "Room", "Address")], 5, "the first are shown")
    assert len(rooms) == 5
    assert all(alice.client.fact(path, "Room", "State") == "left" for path in rooms)


def test_X6_bookmarks_of_a_server_without_pep(world, queue, alice, peers):
    account = world.add_xmpp(alice, OLDER_HOST)
    alice.wait_state(account, "online")
    address = new_room()
    room = join(alice, address, nick="ally")
    other = peers.keep(Slix(queue, "alice-older", f"alice@{OLDER_HOST}", world.password("alice"),
                            world.prosody.port, world.ca, resource="two").start().ready())

    def storage():
        return str(other.iq("get", "<query xmlns='jabber:iq:private'>"
                                   "<storage xmlns='storage:bookmarks'/></query>"))
    queue.wait(lambda: address in storage(), 5, "it is in the private storage")
    assert "autojoin=\"true\"" in storage().replace("autojoin=\"1\"", "autojoin=\"true\"")
    alice.stop_daemon()
    alice.start_daemon()
    alice.wait(room, "Room", "State", "joined", 15)
    alice.call(room, "Room", "Forget")
    queue.wait(lambda: address not in storage(), 5, "and out of it again")


def avatar(person, room, nick):
    return person.call(room, "Room", "GetAvatar", "(s)", nick)


def announce(client, address, nick, picture, claimed=None):
    number = claimed or hashlib.sha1(picture).hexdigest()
    client.raw(f"<presence to='{address}/{nick}'><x xmlns='vcard-temp:x:update'><photo>{number}"
               "</photo></x></presence>")
    return number


def test_X8_the_picture_of_an_occupant_is_fetched_when_somebody_looks(world, queue, alice, peers):
    world.set_up(alice)
    dave, address, picture = peers.slix("dave"), new_room(), png("occupant")
    before = dave.iq("get", "<vCard xmlns='vcard-temp'/>")
    dave.iq("set", "<vCard xmlns='vcard-temp'><FN>Dave</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>"
                   f"{base64.b64encode(picture).decode()}</BINVAL></PHOTO></vCard>")
    found(queue, dave, address)
    room = join(alice, address)
    number = announce(dave, address, "dave", picture)
    alice.until(lambda: occupants(alice, room)["dave"].get("avatar-hash") == number, 5,
                "dave announces a picture")
    mark = world.chat.mark()
    path = avatar(alice, room, "dave")
    assert contents(path) == picture and number in path
    assert avatar(alice, room, "dave") == path
    assert alice.ctl("rooms", "avatar", address, "dave").stdout.strip() == path
    assert len(world.chat.vcards_asked(mark)) <= 1
    # another picture than was announced is none
    announce(dave, address, "dave", picture, "ab" * 20)
    alice.until(lambda: occupants(alice, room)["dave"].get("avatar-hash") == "ab" * 20, 5,
                "dave announces another")
    assert alice.refused(room, "Room", "GetAvatar", "(s)", "dave").name == "Refused"
    assert alice.refused(room, "Room", "GetAvatar", "(s)", "nobody").name == "NotFound"
    own = before.xml.find("{vcard-temp}vCard")
    name = own.findtext("{vcard-temp}FN") if own is not None else "Dave Dunn"
    dave.iq("set", f"<vCard xmlns='vcard-temp'><FN>{name}</FN></vCard>")

# SPDX-License-Identifier: GPL-3.0-or-later
"""People: pictures, nicknames, the own profile, at real servers."""

import base64
import hashlib
import os
import stat
import zlib

import pytest
from gi.repository import Gio, GLib
from lab.api import NAME, ROOT, Failure, interface, options

PUBSUB = "http://jabber.org/protocol/pubsub"
DATA, METADATA, NICK = "urn:xmpp:avatar:data", "urn:xmpp:avatar:metadata", \
    "http://jabber.org/protocol/nick"


def png(seed, size=2000):
    """A PNG of its own, of about that many bytes."""
    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    noise = hashlib.shake_128(seed.encode()).digest(size)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") +
            chunk(b"tEXt", b"seed\0" + base64.b64encode(noise)) +
            chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def published(node, item, payload):
    return (f"<pubsub xmlns='{PUBSUB}'><publish node='{node}'><item id='{item}'>{payload}</item>"
            "</publish></pubsub>")


def publish_avatar(client, picture, claimed=None):
    """As clients do; claimed: a hash that is not that of the picture."""
    number = claimed or hashlib.sha1(picture).hexdigest()
    text = base64.b64encode(picture).decode()
    client.iq("set", published(DATA, number, f"<data xmlns='{DATA}'>{text}</data>"))
    client.iq("set", published(METADATA, number, f"<metadata xmlns='{METADATA}'><info id='{number}' "
                                                 f"bytes='{len(picture)}' type='image/png'/></metadata>"))


def set_avatar(person, account, path):
    files = Gio.UnixFDList.new()
    descriptor = os.open(path, os.O_RDONLY)
    files.append(descriptor)
    os.close(descriptor)
    try:
        person.client.connection.call_with_unix_fd_list_sync(
            NAME, account, interface("Account"), "SetAvatar", GLib.Variant("(ha{sv})", (0, {})),
            None, Gio.DBusCallFlags.NONE, 10000, files, None)
    except GLib.Error as error:
        raise Failure(error) from None


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def written(person, name, data):
    path = os.path.join(person.folder, name)
    with open(path, "wb") as out:
        out.write(data)
    return path


@pytest.fixture
def dave(peers):
    """Dave logged in; what he published is taken away in the end."""
    client = peers.slix("dave")
    yield client
    for node in (DATA, METADATA, NICK):
        try:
            client.iq("set", f"<pubsub xmlns='{PUBSUB}#owner'><delete node='{node}'/></pubsub>")
        except Exception as error:  # an IqError of slixmpp: there is no such node
            if getattr(error, "condition", "") != "item-not-found":
                raise


def test_X8_a_contacts_picture_is_fetched_checked_kept_and_follows(world, queue, alice, dave):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    first, second = png("first"), png("second", 60_000)
    publish_avatar(dave, first)
    path = alice.wait(contact, "Contact", "AvatarPath", lambda value: value != "")
    assert contents(path) == first and path.endswith(hashlib.sha1(first).hexdigest() + ".png")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    publish_avatar(dave, second)
    path = alice.wait(contact, "Contact", "AvatarPath", lambda value: value not in ("", path))
    assert contents(path) == second
    dave.iq("set", published(METADATA, "none", f"<metadata xmlns='{METADATA}'/>"))
    alice.wait(contact, "Contact", "AvatarPath", "")


def test_X8_what_is_no_picture_is_shown_nowhere_and_counted(world, queue, alice, dave):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))

    def refused():
        return alice.call(ROOT, "Manager", "GetStatistics").get("avatars-refused", 0)

    before = refused()
    publish_avatar(dave, png("true"), claimed="ab" * 20)
    alice.until(lambda: refused() == before + 1, 8, "the wrong hash is refused")
    publish_avatar(dave, b"<html>no picture at all</html>")
    alice.until(lambda: refused() == before + 2, 8, "what is no picture is refused")
    assert alice.get(contact, "Contact", "AvatarPath") == ""
    publish_avatar(dave, png("good"))
    alice.wait(contact, "Contact", "AvatarPath", lambda value: value != "")


def test_X8_the_photo_of_a_vcard_serves_where_there_is_no_avatar(world, queue, alice, peers):
    world.set_up(alice)
    carol = peers.slix("carol")
    contact = alice.contact(world.jid("carol"))
    picture = png("carol")
    before = carol.iq("get", "<vCard xmlns='vcard-temp'/>")
    own = before.xml.find("{vcard-temp}vCard")
    try:
        carol.iq("set", "<vCard xmlns='vcard-temp'><FN>Carol Clark</FN><TEL><VOICE/><NUMBER>"
                        f"{world.sip_uri('carol')}</NUMBER></TEL><PHOTO><TYPE>image/png</TYPE><BINVAL>"
                        f"{base64.b64encode(picture).decode()}</BINVAL></PHOTO></vCard>")
        carol.raw("<presence><x xmlns='vcard-temp:x:update'><photo>"
                  f"{hashlib.sha1(picture).hexdigest()}</photo></x></presence>")
        path = alice.wait(contact, "Contact", "AvatarPath", lambda value: value != "")
        assert contents(path) == picture
        alice.stop_daemon()
        alice.start_daemon()
        contact = alice.contact(world.jid("carol"))
        assert alice.wait(contact, "Contact", "AvatarPath", lambda value: value != "") == path
    finally:
        from xml.etree import ElementTree
        carol.iq("set", ElementTree.tostring(own, encoding="unicode"))


def test_X8_the_own_picture_is_published_and_taken_back(world, queue, alice, dave):
    mine = world.set_up(alice)
    picture = png("alice")
    done = alice.ctl("profile", "avatar", written(alice, "me.png", picture))
    assert done.returncode == 0, done.stderr
    path = alice.wait(mine.xmpp, "Account", "AvatarPath", lambda value: value != "")
    assert contents(path) == picture
    number = hashlib.sha1(picture).hexdigest()
    answer = dave.iq("get", f"<pubsub xmlns='{PUBSUB}'><items node='{DATA}'><item id='{number}'/>"
                            "</items></pubsub>", to=world.jid("alice"))
    assert base64.b64decode(next(answer.xml.iter(f"{{{DATA}}}data")).text) == picture
    # Prosody's plain vCard module does not convert: the photo is there too
    card = dave.iq("get", "<vCard xmlns='vcard-temp'/>", to=world.jid("alice"))
    assert base64.b64decode(next(card.xml.iter("{vcard-temp}BINVAL")).text) == picture
    assert alice.ctl("profile", "no-avatar").returncode == 0
    alice.wait(mine.xmpp, "Account", "AvatarPath", "")
    card = dave.iq("get", "<vCard xmlns='vcard-temp'/>", to=world.jid("alice"))
    assert not list(card.xml.iter("{vcard-temp}BINVAL"))
    for data, error in ((b"no picture", "InvalidArgument"), (png("large", 150_000), "LimitExceeded")):
        with pytest.raises(Failure) as refused:
            set_avatar(alice, mine.xmpp, written(alice, "bad", data))
        assert refused.value.name == error


def test_X8_a_nickname_stands_below_the_own_names_and_above_the_vcard(world, queue, alice, dave):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    nick = f"<nick xmlns='{NICK}'>Davy \u202eevil</nick>"
    dave.iq("set", published(NICK, "current", nick))
    alice.wait(contact, "Contact", "Name", "Dave")  # the roster's
    alice.client.set(contact, "Contact", "Name", "")
    alice.wait(contact, "Contact", "Name", "Davy evil")
    dave.iq("set", published(NICK, "current", f"<nick xmlns='{NICK}'>Davinia</nick>"))
    alice.wait(contact, "Contact", "Name", "Davinia")
    dave.iq("set", published(NICK, "current", f"<nick xmlns='{NICK}'/>"))
    alice.wait(contact, "Contact", "Name", "Dave Dunn")  # the vCard's
    alice.client.set(contact, "Contact", "Name", "Dave")
    alice.wait(contact, "Contact", "Name", "Dave")


def test_X8_C39_the_own_profile_changes_and_foreign_fields_stay(world, queue, alice, dave):
    mine = world.set_up(alice)
    before = alice.call(mine.xmpp, "Account", "GetProfile")
    assert before["name"] == "Alice Adams"
    done = alice.ctl_json("profile", "set", "nick=Ally", "note=two <b> words", "title=Engineer",
                          "email=alice@mail.test", "phone=+33 1 23 45")
    assert done["profile"] == {**before, "nick": "Ally", "note": "two <b> words",
                               "title": "Engineer", "email": "alice@mail.test",
                               "phone": "+33 1 23 45"}
    card = dave.iq("get", "<vCard xmlns='vcard-temp'/>", to=world.jid("alice"))
    assert next(card.xml.iter("{vcard-temp}DESC")).text == "two <b> words"
    # the number is one more: the SIP address stays
    assert [n.text for n in card.xml.iter("{vcard-temp}NUMBER")] == [world.sip_uri("alice"),
                                                                     "+33 1 23 45"]
    assert next(card.xml.iter("{vcard-temp}USERID")).text == "alice@mail.test"
    answer = dave.iq("get", f"<pubsub xmlns='{PUBSUB}'><items node='{NICK}'/></pubsub>",
                     to=world.jid("alice"))
    assert next(answer.xml.iter(f"{{{NICK}}}nick")).text == "Ally"
    empty = options({"nick": "", "note": "", "title": "", "email": "", "phone": ""})
    assert alice.refused(mine.xmpp, "Account", "SetProfile", "(a{sv})",
                         options({"phone": "call me"})).name == "InvalidArgument"
    assert alice.call(mine.xmpp, "Account", "SetProfile", "(a{sv})", empty) == before
    assert alice.refused(mine.xmpp, "Account", "SetProfile", "(a{sv})",
                         options({"shoe-size": "42"})).name == "InvalidArgument"
    assert alice.refused(mine.sip, "Account", "GetProfile").name == "Unsupported"

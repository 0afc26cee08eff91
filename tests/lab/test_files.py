# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: put on real servers and named in messages; links of others told, taken only when asked."""

import os
import socket
import ssl
import urllib.request

import pytest
from gi.repository import Gio, GLib
from lab.api import NAME, ROOT, Failure, interface, options
from lab.ca import fingerprint
from lab.chat_server import FILE_LIMIT
from lab.events import seen
from lab.peers.slix import Slix

SHARE = ("<message type='chat' id='{id}' to='{to}'><body>{uri}</body>"
         "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'>"
         "<media-type>image/png</media-type><name>../{name}</name><size>{size}</size></file>"
         "<sources><url-data xmlns='http://jabber.org/protocol/url-data' target='{uri}'/></sources>"
         "</file-sharing><x xmlns='jabber:x:oob'><url>{uri}</url></x></message>")


def call_with_file(person, path, method, signature, arguments, descriptor):
    """A method of Chat with one descriptor, given as handle 0; returns the path of the transfer."""
    files = Gio.UnixFDList.new()
    if descriptor is not None:
        files.append(descriptor)
    try:
        answer, _ = person.client.connection.call_with_unix_fd_list_sync(
            NAME, path, interface("Chat"), method, GLib.Variant(signature, arguments), None,
            Gio.DBusCallFlags.NONE, 10000, files, None)
    except GLib.Error as error:
        raise Failure(error) from None
    return answer.unpack()[0]


def send_file(person, chat, descriptor, **how):
    return call_with_file(person, chat, "SendFile", "(ha{sv})", (0, options(how)), descriptor)


def make(person, name, size):
    path = os.path.join(person.folder, name)
    with open(path, "wb") as out:
        out.write(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    return path


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def download(url, ca):
    context = ssl.create_default_context(cafile=ca)
    with urllib.request.urlopen(url, context=context, timeout=5) as answer:
        return answer.read()


def open_chat(person, jid):
    return person.call(ROOT, "Manager", "OpenChat", "(sa{sv})", jid, {})


def last_message(person, chat):
    return person.call(chat, "Chat", "GetMessages", "(a{sv})", options({"limit": 1}))[0]


def sent_and_named(world, queue, person, peer, own, jid):
    """cusaxctl sends a file; the other side gets the link, and behind it the very bytes."""
    path = make(person, "holiday photo.png", 300_000)
    done = person.ctl("send-file", jid, path)
    assert done.returncode == 0, done.stderr
    uri = done.stdout.strip()
    assert uri.startswith("https://")
    message = queue.expect(seen(peer.name, "message", sender=own, body=uri))
    assert f"<url>{uri}</url>" in message.xml and "jabber:x:oob" in message.xml
    assert "<size>300000</size>" in message.xml and "image/png" in message.xml
    assert download(uri, world.ca) == contents(path)
    chat = open_chat(person, jid)
    kept = last_message(person, chat)
    assert (kept["text"], kept["file-uri"], kept["file-name"], kept["file-type"],
            kept["file-size"]) == (uri, uri, "holiday photo.png", "image/png", 300_000)
    transfer = person.client.find("FileTransfer", Uri=uri)
    facts = person.client.get_all(transfer, "FileTransfer")
    assert (facts["State"], facts["Direction"], facts["Transferred"], facts["Message"],
            facts["Chat"]) == ("done", "out", 300_000, kept["id"], chat)
    return kept["id"], uri


def test_X7_a_file_is_put_on_the_server_and_named_in_a_message(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    number, uri = sent_and_named(world, queue, alice, dave, world.jid("alice"), world.jid("dave"))
    # kept like any message: there after a restart, file and all
    alice.stop_daemon()
    alice.start_daemon()
    kept = last_message(alice, open_chat(alice, world.jid("dave")))
    assert (kept["id"], kept["file-uri"], kept["file-size"]) == (number, uri, 300_000)


def test_X7_a_file_is_put_on_ejabberd(world, queue, alice, peers, ejabberd):
    carol = peers.keep(Slix(queue, "carol-e", "carol@ejabberd.test", world.password("carol"),
                            ejabberd.port, world.ca).start().ready())
    account = world.add_xmpp(alice, "ejabberd.test", port=ejabberd.port)
    alice.wait_state(account, "online")
    sent_and_named(world, queue, alice, carol, "alice@ejabberd.test", "carol@ejabberd.test")


def test_X7_what_is_no_file_is_refused_by_name_and_the_chat_goes_on(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    chat = open_chat(alice, world.jid("dave"))
    fifo, empty = (os.path.join(alice.folder, name) for name in ("fifo", "empty"))
    os.mkfifo(fifo)
    make(alice, "empty", 0)
    plain = make(alice, "plain", 10)
    cases = [("directory", os.open(alice.folder, os.O_RDONLY)),
             ("ordinary", os.open(fifo, os.O_RDWR)), ("ordinary", os.open("/dev/null", os.O_RDONLY)),
             ("empty", os.open(empty, os.O_RDONLY)),
             ("for reading", os.open(plain, os.O_WRONLY)), ("for reading", os.open(plain, os.O_PATH))]
    for word, descriptor in cases:
        with pytest.raises(Failure) as refused:
            send_file(alice, chat, descriptor)
        os.close(descriptor)
        assert refused.value.name == "InvalidArgument" and word in refused.value.text
    with pytest.raises(Failure) as refused:
        send_file(alice, chat, None)
    assert refused.value.name == "InvalidArgument" and "descriptor" in refused.value.text
    descriptor = os.open(plain, os.O_RDONLY)
    for bad in ({"name": "a/b"}, {"name": ""}, {"type": "png"}, {"type": "a/b\nX: y"}, {"other": "x"}):
        with pytest.raises(Failure) as refused:
            send_file(alice, chat, descriptor, **bad)
        assert refused.value.name == "InvalidArgument"
    os.close(descriptor)
    assert not alice.client.paths("FileTransfer")
    alice.call(chat, "Chat", "Send", "(sa{sv})", "still here", {})
    queue.expect(seen("dave", "message", body="still here"))


def test_X7_a_file_over_the_servers_limit_fails_with_the_limit_in_words(world, queue, alice, peers):
    world.set_up(alice)
    chat = open_chat(alice, world.jid("dave"))
    with open(make(alice, "large", FILE_LIMIT + 1), "rb") as large:
        transfer = send_file(alice, chat, large.fileno())
    alice.wait(transfer, "FileTransfer", "State", "failed")
    facts = alice.client.get_all(transfer, "FileTransfer")
    assert facts["ErrorName"].endswith(".LimitExceeded") and str(FILE_LIMIT) in facts["Reason"]
    assert facts["Transferred"] == 0 and facts["Message"] == ""
    done = alice.ctl("send-file", world.jid("dave"), os.path.join(alice.folder, "large"))
    assert done.returncode == 1 and str(FILE_LIMIT) in done.stderr


def test_X7_a_cancelled_file_is_named_in_no_message(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    chat = open_chat(alice, world.jid("dave"))
    with queue.forbid(seen("dave", "message", body=lambda text: "https://" in text)):
        with open(make(alice, "some", FILE_LIMIT), "rb") as some:
            transfer = send_file(alice, chat, some.fileno())
        alice.call(transfer, "FileTransfer", "Cancel")
        assert alice.get(transfer, "FileTransfer", "State") == "cancelled"
        assert alice.refused(transfer, "FileTransfer", "Cancel").name == "WrongState"
        alice.call(chat, "Chat", "Send", "(sa{sv})", "afterwards", {})
        queue.expect(seen("dave", "message", body="afterwards"))


def test_R5_nothing_is_put_on_a_file_server_that_is_not_trusted(world, queue, alice, peers):
    # the chat's own certificate is pinned; the authority behind the file server is not known
    account = world.add_xmpp(alice, ca_file=None, pin=fingerprint(world.chat.pem))
    alice.wait_state(account, "online")
    chat = open_chat(alice, world.jid("dave"))
    with open(make(alice, "some", 1000), "rb") as some:
        transfer = send_file(alice, chat, some.fileno())
    alice.wait(transfer, "FileTransfer", "State", "failed")
    facts = alice.client.get_all(transfer, "FileTransfer")
    assert facts["ErrorName"].endswith(".Untrusted") and facts["Transferred"] == 0


def test_X7_a_link_is_told_and_never_fetched_unasked(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        uri = f"https://127.0.0.1:{server.getsockname()[1]}/p.png"
        dave.raw(SHARE.format(id="share-1", to=world.jid("alice"), uri=uri, name="p.png", size=77))
        queue.expect(seen("alice", "signal", interface="Chat", member="MessageAdded"))
        chat = alice.client.find("Chat", Address=world.jid("dave"))
        message = last_message(alice, chat)
        assert (message["file-uri"], message["file-name"], message["file-type"],
                message["file-size"]) == (uri, "p.png", "image/png", 77)
        dave.raw(f"<message type='chat' id='bad' to='{world.jid('alice')}'><body>b</body>"
                 "<x xmlns='jabber:x:oob'><url>javascript:alert(1)</url></x></message>")
        queue.expect(seen("alice", "signal", interface="Chat", member="MessageAdded"))
        assert "file-uri" not in last_message(alice, chat)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_X7_a_file_is_taken_when_asked_and_no_larger_than_allowed(world, queue, alice, bob, peers):
    world.set_up(alice)
    world.set_up(bob)
    path = make(alice, "report.bin", 50_000)
    assert alice.ctl("send-file", world.jid("bob"), path).returncode == 0
    queue.expect(seen("bob", "signal", interface="Chat", member="MessageAdded"))
    chat = bob.client.find("Chat", Address=world.jid("alice"))
    number = last_message(bob, chat)["id"]
    target = os.path.join(bob.folder, "taken")
    done = bob.ctl("fetch-file", world.jid("alice"), number, target)
    assert done.returncode == 0, done.stderr
    assert contents(target) == contents(path)
    assert bob.ctl("fetch-file", world.jid("alice"), number, target).returncode == 2  # is there
    assert contents(target) == contents(path)
    with open(os.path.join(bob.folder, "small"), "wb") as small:
        with pytest.raises(Failure) as refused:
            call_with_file(bob, chat, "FetchFile", "(sha{sv})",
                           (number, 0, {"max-size": GLib.Variant("t", 49_999)}), small.fileno())
        assert refused.value.name == "LimitExceeded"
        with pytest.raises(Failure) as refused:
            call_with_file(bob, chat, "FetchFile", "(sha{sv})", ("no-such", 0, {}), small.fileno())
        assert refused.value.name == "NotFound"

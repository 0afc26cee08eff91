# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon in its session: keyring, second daemon, SIGTERM, files, D-Bus arguments."""

import os
import signal
import stat
import time

import pytest
from gi.repository import GLib

from lab.api import MANAGER, NAME, ROOT, options
from lab.events import seen


# the keyring

def test_R33_a_locked_keyring_is_needs_secret_until_it_is_unlocked(world, alice):
    mine = world.set_up(alice)
    alice.stop_daemon()
    alice.keyring.lock()
    alice.start_daemon()
    for account in (mine.xmpp, mine.sip):
        alice.wait_state(account, "needs-secret")
        assert alice.error_of(account) == "SecretUnavailable"
    refused = alice.refused(ROOT, "Admin", "SetSecret", "(osa{sv})", mine.xmpp, "x", {})
    assert refused.name == "SecretUnavailable"
    alice.keyring.unlock()
    alice.wait_state(mine.xmpp, "online")
    alice.wait_state(mine.sip, "online")


def test_R33_without_a_secret_service_nothing_hangs_and_nothing_is_written(world, queue):
    person = world.person("grace", "c", with_keyring=False)
    try:
        person.start_daemon()
        account = person.add_account("xmpp", world.jid("alice"), server="127.0.0.1",
                                     port=world.chat.port, ca_file=world.ca)
        person.wait_state(account, "needs-secret")
        begin = time.monotonic()
        refused = person.refused(ROOT, "Admin", "SetSecret", "(osa{sv})", account,
                                 world.password("alice"), {})
        assert refused.name == "SecretUnavailable" and time.monotonic() - begin < 5
        assert in_files(person, world.canary()) == []
        person.keyring.start().ready(person.client.connection)
        person.call(ROOT, "Admin", "SetSecret", "(osa{sv})", account, world.password("alice"), {})
        person.wait_state(account, "online")
        assert person.stop_daemon() == 0
    finally:
        world.persons.remove(person)
        world.stop(person)


def test_an_account_without_password_needs_one(world, alice):
    account = alice.add_account("sip", "alice@sip.test", proxy=world.kamailio.proxy("tls"))
    alice.wait_state(account, "needs-secret")
    assert alice.error_of(account) == "SecretUnavailable"


# secrets and files

def in_files(person, text):
    """Files below the person's own folders that hold the text."""
    found = []
    for kind in ("config", "data", "state", "cache"):
        for folder, _, names in os.walk(os.path.join(person.folder, kind)):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    if text.encode() in file.read():
                        found.append(os.path.join(folder, name))
    return found


def test_C100_R38_a_password_is_in_the_keyring_and_nowhere_else(world, alice, peers):
    mine = world.set_up(alice)
    alice.call(mine.xmpp, "Account", "Disconnect")
    assert sorted(secret for _, _, secret in alice.keyring.secrets()) == \
        [world.password("alice")] * 2
    managed = alice.call(ROOT, MANAGER, "GetManagedObjects")
    roots = [alice.client.get_all(ROOT, face) for face in ("Manager", "Admin")]
    assert world.canary() not in repr((managed, roots))
    assert world.canary() not in alice.log_text()
    assert in_files(alice, world.canary()) == []
    with open(f"/proc/{alice.daemon.pid}/cmdline") as cmdline:
        assert world.canary() not in cmdline.read()


def test_R19_settings_are_private_and_unknown_keys_survive(world, alice):
    mine = world.set_up(alice)
    config = os.path.join(alice.folder, "config")
    files = [os.path.join(folder, name) for folder, _, names in os.walk(config) for name in names]
    assert files
    for path in files:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, path
        assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) & 0o077 == 0, path
    alice.stop_daemon()
    keyfile = next(path for path in files if "alice@" in open(path).read())
    group = next(line for line in open(keyfile) if line.startswith("["))
    with open(keyfile) as source:
        text = source.read().replace(group, group + "from-a-later-version=kept\n", 1)
    with open(keyfile, "w") as out:
        out.write(text)
    alice.start_daemon()
    alice.client.set(mine.sip, "Account", "Label", "Desk")
    alice.wait(mine.sip, "Account", "Label", "Desk")
    alice.queue.wait(lambda: "Desk" in open(keyfile).read(), 5, "the label is written")
    assert "from-a-later-version=kept" in open(keyfile).read()


def test_a_removed_account_takes_its_password_along(world, alice):
    mine = world.set_up(alice)
    alice.call(ROOT, "Admin", "RemoveAccount", "(oa{sv})", mine.sip, {})
    alice.queue.wait(lambda: alice.client.find("Account", Protocol="sip") is None, 5, "it is gone")
    assert alice.client.paths("Service") == []
    alice.queue.wait(lambda: len(alice.keyring.secrets()) == 1, 5, "one password is left")
    world.kamailio.wait_gone("alice")


def test_an_account_that_is_removed_and_added_again_keeps_its_new_password(world, alice):
    for _ in range(5):
        account = world.add_sip(alice)
        alice.wait_state(account, "online")
        alice.call(ROOT, "Admin", "RemoveAccount", "(oa{sv})", account, {})
    assert alice.keyring.secrets() == []


# the process

def test_R35_a_second_daemon_says_so_and_has_its_own_exit_code(world, alice, say):
    log = os.path.join(alice.folder, "second.log")
    begin = time.monotonic()
    second = alice.spawn(log=log)
    code = second.wait(3)
    say(f"exit {code} after {time.monotonic() - begin:.2f} s: {second.tail(1)}")
    assert code not in (0, 1) and code < 128
    assert any(word in second.text().lower() for word in ("already", "running", "owned"))
    assert alice.daemon.running() and alice.get(ROOT, "Manager", "Version")


def test_no_session_bus_is_an_exit_with_words(world):
    process = world.alice.spawn({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"},
                                log=os.path.join(world.folder, "no-bus.log"))
    assert process.wait(5) not in (0, None) and process.exit_code < 128
    assert process.text().strip()


def test_R35_sigterm_hangs_up_unregisters_and_leaves_within_three_seconds(
        world, queue, alice, bob, peers, say):
    mine = world.set_up(alice)
    world.set_up(bob)
    dave = peers.slix("dave")
    call = alice.dial("Bob")
    theirs = bob.incoming()
    bob.call(theirs, "Call", "Accept", "(a{sv})", {})
    alice.wait(call, "Call", "State", "active")
    assert world.kamailio.registered("alice")
    queue.wait(lambda: [e for e in queue.events if e.source == "dave" and e.kind == "presence" and
                        e.sender == world.jid("alice")], 5, "dave sees alice")
    queue.skip()
    mark = world.kamailio.mark()
    begin = time.monotonic()
    daemon = alice.daemon
    daemon.send(signal.SIGTERM)
    code = daemon.wait(3)
    say(f"SIGTERM in a call: exit {code} after {time.monotonic() - begin:.2f} s")
    assert code == 0
    queue.expect_any_order([
        seen("dave", "presence", sender=world.jid("alice"), type="unavailable"),
        seen("bob", "properties", path=theirs, changed=lambda c: c.get("State") == "ended")])
    assert bob.get(theirs, "Call", "EndReason") == "remote-hangup"
    methods = [request["method"] for request in world.kamailio.requests(since=mark)]
    assert "BYE" in methods and "REGISTER" in methods
    world.kamailio.wait_gone("alice", 1)
    assert mine


def test_dbus_starts_the_daemon_by_itself(world, queue, fresh):
    alice = fresh(world.alice)
    script = os.path.join(alice.folder, "activate")
    env = " ".join(f"{key}='{value}'" for key, value in alice.daemon_environment().items())
    with open(script, "w") as out:
        out.write(f"#!/bin/sh\nexec env {env} {alice.programs}/cusaxd\n")
    os.chmod(script, 0o700)
    alice.bus.offer(NAME, script)
    alice.client.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                      "org.freedesktop.DBus", "ReloadConfig", None, None, 0, 5000,
                                      None)
    alice.client.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                      "org.freedesktop.DBus", "StartServiceByName",
                                      GLib.Variant("(su)", (NAME, 0)), None, 0, 10000, None)
    queue.wait(alice.client.present, 5, "the name is owned")
    try:
        assert alice.get(ROOT, "Manager", "Version")
    finally:
        pid = alice.client.connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
            "GetConnectionUnixProcessID", GLib.Variant("(s)", (NAME,)), None, 0, 5000,
            None).unpack()[0]
        os.unlink(os.path.join(alice.bus.services, f"{NAME}.service"))
        os.kill(pid, signal.SIGTERM)
        queue.wait(lambda: not alice.client.owner, 5, "the daemon left")


# arguments

BAD = [
    ("Admin", "AddAccount", "(ssa{sv})", ("smtp", "a@b.test", {}), "protocol"),
    ("Admin", "AddAccount", "(ssa{sv})", ("xmpp", "not an address", {}), "address"),
    ("Admin", "AddAccount", "(ssa{sv})", ("xmpp", "", {}), "address"),
    ("Admin", "AddAccount", "(ssa{sv})", ("xmpp", "a@b.test", {"sever": "x"}), "sever"),
    ("Admin", "AddAccount", "(ssa{sv})", ("sip", "a@b.test", {"transport": "sctp"}), "transport"),
    ("Admin", "AddAccount", "(ssa{sv})", ("sip", "a@b.test", {"srtp": True}), "srtp"),
    ("Admin", "AddAccount", "(ssa{sv})", ("xmpp", "a@b.test", {"port": 70000}), "port"),
    ("Admin", "SetPolicy", "(a{sv})", ({"min-tls": "1.0"},), "min-tls"),
    ("Admin", "SetPolicy", "(a{sv})", ({"no-such": "1"},), "no-such"),
    ("Manager", "Call", "(sa{sv})", ("sip:bob@sip.test", {"acc": "x"}), "acc"),
    ("Manager", "Call", "(sa{sv})", ("sip:bob@sip.test", {"media": "audio"}), "media"),
    ("Manager", "GetCallLog", "(a{sv})", ({"limit": 0},), "limit"),
    ("Manager", "OpenChat", "(sa{sv})", ("two words@x.test", {}), "address"),
]


@pytest.mark.parametrize("face,method,signature,arguments,named", BAD,
                         ids=[f"{row[1]}-{row[4]}-{number}" for number, row in enumerate(BAD)])
def test_R17_a_bad_argument_is_named(world, quiet_alice, face, method, signature, arguments, named):
    ready = [options(a) if isinstance(a, dict) else a for a in arguments]
    failure = quiet_alice.refused(ROOT, face, method, signature, *ready)
    wanted = ("InvalidArgument", "NotFound") if method == "OpenChat" else ("InvalidArgument",)
    assert failure.name in wanted
    if failure.name == "InvalidArgument":
        assert named in failure.text
    assert quiet_alice.client.paths("Account") == []


@pytest.fixture(scope="module")
def quiet_alice(world):
    """One daemon for all rows: none of them may change anything."""
    world.alice.fresh()
    yield world.alice.start_daemon()
    assert world.alice.stop_daemon() == 0

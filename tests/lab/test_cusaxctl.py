# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line on the real daemon: a whole acquaintance, typed; its JSON and exit statuses."""

import json
import os
import subprocess

from lab.api import ERROR


def typed(person, *words, stdin=None, code=0):
    """Runs cusaxctl --json and checks its exit status; returns the object that it printed."""
    done = person.ctl("--json", *words, stdin=stdin)
    assert done.returncode == code, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
    answer = json.loads(done.stdout or "{}")
    assert answer.get("schema") == 1, done.stdout
    return answer


def add(world, person):
    """Both accounts with the password on standard input, paired."""
    password = world.password(person.name) + "\n"
    typed(person, "--secret-fd=0", "--wait=10", "accounts", "add", "xmpp", world.jid(person.name),
          "server=127.0.0.1", f"port={world.chat.port}", f"ca-file={world.ca}", stdin=password)
    typed(person, "--secret-fd=0", "--wait=10", "accounts", "add", "sip",
          f"{person.name}@sip.test", f"proxy={world.kamailio.proxy('tls')}", "listen=127.0.0.1:0",
          f"ca-file={world.ca}", stdin=password)
    typed(person, "pair", world.jid(person.name), f"{person.name}@sip.test")


def test_a_call_and_a_chat_are_typed(world, queue, alice, bob):
    add(world, alice)
    add(world, bob)
    accounts = typed(alice, "accounts")["accounts"]
    assert [account["State"] for account in accounts] == ["online", "online"]

    contact = alice.contact(world.jid("bob"))
    alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
    listed = {contact["Address"]: contact for contact in typed(alice, "roster")["contacts"]}
    assert listed[world.jid("bob")]["Capabilities"] == ["chat", "audio"]
    assert typed(alice, "routes", "Bob")["routes"][0]["uri"] == world.sip_uri("bob")

    typed(alice, "call", "Bob")
    bob.incoming()
    typed(bob, "--wait=5", "answer")
    queue.wait(lambda: alice.client.find("Call", State="active"), 5, "the call is active")
    typed(alice, "dtmf", "12#")
    typed(alice, "hangup")
    queue.wait(lambda: bob.client.find("Call", State="ended"), 5, "the call ended")
    entry = typed(alice, "calls", "log")["calls"][0]
    assert (entry["direction"], entry["end-reason"]) == ("outgoing", "local-hangup")

    sent = typed(alice, "--wait=8", "send", "Bob", "typed by hand")
    assert sent["delivery"] in ("server", "delivered", "displayed")
    queue.wait(lambda: bob.client.find("Chat", Address=world.jid("alice")), 5, "it arrived")
    history = typed(bob, "history", world.jid("alice"))["entries"]
    assert history[-1]["text"] == "typed by hand"

    typed(alice, "presence", "dnd", "in a meeting")
    there = bob.contact(world.jid("alice"))
    bob.wait(there, "Contact", "Availability", "dnd")
    bob.wait(there, "Contact", "StatusMessage", "in a meeting")


def test_monitor_shows_a_snapshot_and_then_one_object_a_line(world, queue, alice):
    world.set_up(alice)
    path = os.path.join(alice.folder, "monitor.out")
    with open(path, "w") as out:
        watcher = subprocess.Popen([os.path.join(alice.programs, "cusaxctl"), "--json", "monitor"],
                                   env=alice.program_environment(), stdout=out,
                                   stderr=subprocess.DEVNULL)

    def lines():
        with open(path) as printed:
            return [json.loads(line) for line in printed.read().split("\n")[:-1]]
    try:
        queue.wait(lambda: queue.turn(0.05) or lines(), 5, "the snapshot")
        known = len(lines())
        alice.ctl("presence", "away")
        queue.wait(lambda: queue.turn(0.05) or "away" in json.dumps(lines()[known:]), 5,
                   "the change")
    finally:
        watcher.terminate()
        watcher.wait(5)


def test_errors_have_names_and_exit_statuses(world, alice):
    world.set_up(alice)
    alice.contact(world.jid("dave"))
    assert alice.ctl("no-such-command").returncode == 2
    answer = typed(alice, "accounts", "show", "account/none", code=10)
    assert answer["error"]["name"] == f"{ERROR}NotFound"
    assert alice.ctl("answer").returncode == 10
    assert alice.ctl("call", "Dave").returncode == 1
    alice.stop_daemon()
    done = alice.ctl("status")
    assert done.returncode == 8 and "cusaxd" in done.stderr


def test_words_for_people_have_no_colours_in_a_pipe(world, alice):
    world.set_up(alice)
    for command in ("status", "accounts", "roster", "calls", "chat list", "presence", "help"):
        done = alice.ctl(*command.split())
        assert done.returncode == 0, (command, done.stderr)
        assert "\x1b" not in done.stdout
    assert world.jid("alice") in alice.ctl().stdout

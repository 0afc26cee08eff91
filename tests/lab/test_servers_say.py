# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers keep and tell about people: answers ahead, last activity, archives, block lists, reports."""

import time

import pytest

from lab.api import ROOT, options
from lab.peers.slix import Slix
from lab.world import CHAT


def add(person, jid, **more):
    return person.call(ROOT, "Manager", "AddContact", "(sa{sv})", jid, options(more))


def subscribe(client, to):
    client.raw(f"<presence to='{to}' type='subscribe'/>")


@pytest.mark.skipif(CHAT != "prosody", reason="ejabberd keeps no answers ahead")
def test_X3_who_is_approved_ahead_sees_us_as_soon_as_they_ask(world, queue, alice, peers):
    world.set_up(alice)
    erin = add(alice, world.jid("erin"), subscribe=False)
    assert alice.ctl("roster", "authorize", world.jid("erin")).returncode == 0
    alice.wait(erin, "Contact", "PreApproved", True)
    assert alice.get(erin, "Contact", "Subscription") == "none"
    assert "as soon as it asks" in alice.ctl("roster", "show", world.jid("erin")).stdout
    # known still after a restart, where the server tells of no change
    alice.stop_daemon()
    alice.start_daemon()
    alice.until(lambda: alice.client.fact(erin, "Contact", "PreApproved"), 5, "it is remembered")
    alice.wait(alice.client.find("Account", Protocol="xmpp"), "Account", "State", "online")
    client = peers.slix("erin")
    subscribe(client, world.jid("alice"))
    alice.wait(erin, "Contact", "Subscription", "from")
    assert not alice.get(erin, "Contact", "SubscriptionRequested")
    queue.wait(lambda: [e for e in queue.events if e.source == "erin" and e.kind == "presence" and
                        e.sender == world.jid("alice") and e.type == "available"], 5,
               "erin sees alice")


def last(person, contact):
    return person.call(contact, "Contact", "QueryLastSeen") / 1e6


def test_X4_the_server_tells_when_somebody_was_here(world, queue, alice, peers):
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    dave = peers.slix("dave")
    alice.wait(contact, "Contact", "Availability", "online")
    dave.raw("<presence type='unavailable'/>")
    alice.wait(contact, "Contact", "Availability", "offline")
    assert abs(last(alice, contact) - time.time()) < 10
    assert abs(alice.get(contact, "Contact", "LastSeen") / 1e6 - time.time()) < 10
    assert alice.ctl("roster", "last", world.jid("dave")).returncode == 0
    # who does not let us see their presence does not let us know that either
    stranger = add(alice, world.jid("erin-nobody"), subscribe=False)
    assert alice.refused(stranger, "Contact", "QueryLastSeen").name in ("Refused", "Unsupported")


def preferences(person, account):
    return person.call(account, "Account", "GetArchivePreferences")


def change_archive(person, account):
    before = preferences(person, account)
    assert before["default"] in ("always", "never", "roster")
    changed = person.call(account, "Account", "SetArchivePreferences", "(a{sv})",
                          options({"default": "never", "always": ["dave@xmpp.test"]}))
    assert (changed["default"], changed["always"]) == ("never", ["dave@xmpp.test"])
    assert changed["never"] == before["never"]
    done = person.ctl("accounts", "archive", account, "roster", "--always", "")
    assert done.returncode == 0, done.stderr
    after = preferences(person, account)
    assert (after["default"], after["always"]) == ("roster", [])
    person.call(account, "Account", "SetArchivePreferences", "(a{sv})", options(before))


def test_X2_what_the_archive_keeps_is_the_persons_choice(world, queue, alice):
    mine = world.set_up(alice)
    change_archive(alice, mine.xmpp)
    refused = alice.refused(mine.xmpp, "Account", "SetArchivePreferences", "(a{sv})",
                            options({"default": "sometimes"}))
    assert refused.name == "InvalidArgument"
    refused = alice.refused(mine.sip, "Account", "GetArchivePreferences")
    assert refused.name == "Unsupported"


@pytest.mark.skipif(CHAT != "prosody", reason="ejabberd takes no reports")
def test_X3_everybody_is_unblocked_and_a_report_goes_to_the_server(world, queue, alice):
    mine = world.set_up(alice)
    names = ("carol", "dave")
    contacts = [alice.contact(world.jid(name)) for name in names]
    mark = world.prosody.mark()
    done = alice.ctl("roster", "report", world.jid("carol"), "spam", "every", "day")
    assert done.returncode == 0, done.stderr
    alice.client.set(contacts[1], "Contact", "Blocked", True)
    for contact in contacts:
        alice.wait(contact, "Contact", "Blocked", True)
    with open(world.prosody.log, errors="replace") as log:
        log.seek(mark)
        assert f"report of {world.jid('carol')} as urn:xmpp:reporting:spam: every day" in log.read()
    done = alice.ctl("accounts", "unblock-all", mine.xmpp)
    assert done.returncode == 0, done.stderr
    for contact in contacts:
        alice.wait(contact, "Contact", "Blocked", False)


def test_X2_X3_X4_the_same_at_ejabberd(world, queue, alice, peers, ejabberd):
    account = world.add_xmpp(alice, "ejabberd.test", port=ejabberd.port)
    alice.wait_state(account, "online")
    change_archive(alice, account)
    dave = peers.keep(Slix(queue, "dave-e", "dave@ejabberd.test", world.password("dave"),
                           ejabberd.port, world.ca).start().ready())
    contact = add(alice, "dave@ejabberd.test")
    alice.wait(contact, "Contact", "SubscriptionRequested", True)
    alice.call(contact, "Contact", "Authorize")
    alice.wait(contact, "Contact", "Subscription", "both")
    dave.raw("<presence type='unavailable'/>")
    dave.stop()
    alice.until(lambda: abs(last(alice, contact) - time.time()) < 10, 5, "dave was here just now")
    alice.client.set(contact, "Contact", "Blocked", True)
    alice.wait(contact, "Contact", "Blocked", True)
    alice.call(account, "Account", "UnblockAll")
    alice.wait(contact, "Contact", "Blocked", False)
    # where the server keeps no answers ahead, that is said, and nothing pretended
    carol = add(alice, "carol@ejabberd.test", subscribe=False)
    refused = alice.ctl("roster", "authorize", "carol@ejabberd.test")
    if refused.returncode == 0:
        alice.wait(carol, "Contact", "PreApproved", True)
    else:
        assert "has not asked" in refused.stderr
    # nor does it take reports
    refused = alice.refused(contact, "Contact", "Report", "(ss)", "spam", "")
    assert refused.name == "Unsupported"

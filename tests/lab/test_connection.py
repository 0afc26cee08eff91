# SPDX-License-Identifier: GPL-3.0-or-later
"""How a chat account gets to its server, how it logs in, and what it remembers of that."""

import os

import pytest

from lab import ports
from lab.api import ROOT
from lab.dns import Dnsmasq, Steer
from lab.peers.hostile import Hostile, mechanisms
from lab.process import until
from lab.prosody import BINDING_HOST, CERTIFICATE_HOST
from lab.relay import Relay


def security(person, account):
    return person.get(account, "Account", "Security")


# names

def steered(world, peers, alice, *records):
    """alice's daemon, which finds xmpp.test by these records; her account, online."""
    steer = Steer(os.path.join(world.folder, "steer"))
    folder = os.path.join(world.folder, f"names-{len(os.listdir(world.folder))}")
    steer.point(peers.keep(Dnsmasq(folder, [*records, "host-record=host.test,127.0.0.1"])
                           .start().ready()))
    alice.start_daemon(steer.environment())
    account = world.add_xmpp(alice, server=None, port=None)
    alice.wait_state(account, "online")
    return account


def record(kind, port, priority):
    return f"srv-host=_{kind}-client._tcp.xmpp.test,host.test,{port},{priority}"


@pytest.mark.parametrize("direct,starttls,wanted", [
    pytest.param(1, 2, "direct-tls", id="direct-TLS-first"),
    pytest.param(2, 1, "starttls", id="STARTTLS-first")])
def test_X1_both_kinds_of_records_count_by_priority(world, queue, fresh, peers, direct, starttls,
                                                    wanted):
    alice = fresh(world.alice)
    account = steered(world, peers, alice, record("xmpps", world.chat.tls_port, direct),
                      record("xmpp", world.chat.port, starttls))
    facts = security(alice, account)
    assert (facts["transport"], facts["tls-verified"]) == (wanted, True)


def test_X1_a_dead_server_of_a_better_priority_is_passed_over(world, queue, fresh, peers):
    alice = fresh(world.alice)
    account = steered(world, peers, alice, record("xmpp", ports.free_port(), 1),
                      record("xmpps", world.chat.tls_port, 2))
    assert security(alice, account)["transport"] == "direct-tls"


def test_X1_a_server_that_is_of_no_use_is_not_the_only_one_tried(world, queue, fresh, peers):
    alice = fresh(world.alice)
    useless = peers.keep(Hostile(world.certificates.good("xmpp.test"), lambda dialogue: None))
    account = steered(world, peers, alice, record("xmpp", useless.port, 1),
                      record("xmpp", world.chat.port, 2))
    assert security(alice, account)["transport"] == "starttls"
    assert useless.dialogues


# logins

def add_with_certificate(world, person, certificate):
    return person.add_account(
        "xmpp", f"dave@{CERTIFICATE_HOST}", server="127.0.0.1", port=world.prosody.port,
        ca_file=world.ca, certificate=certificate.both)


def test_X1_C91_a_client_certificate_logs_in_without_a_password(world, alice, say):
    jid = f"dave@{CERTIFICATE_HOST}"
    account = add_with_certificate(world, alice,
                                   world.certificates.trusted.issue_person("dave", jid))
    alice.wait_state(account, "online")
    facts = security(alice, account)
    say(f"{jid}: {facts['authentication']} over {facts['tls-version']}")
    assert facts["authentication"] == "EXTERNAL"


def test_X1_another_s_client_certificate_does_not_log_in(world, alice):
    for certificate in (
            world.certificates.trusted.issue_person("eve", f"eve@{CERTIFICATE_HOST}"),
            world.certificates.foreign.issue_person("forged", f"dave@{CERTIFICATE_HOST}")):
        account = add_with_certificate(world, alice, certificate)
        alice.wait(account, "Account", "State", lambda state: state in ("failed", "waiting"))
        # "Failed": a session was offered, but not this account's
        assert alice.error_of(account) in ("AuthenticationFailed", "Failed")
        alice.call(ROOT, "Admin", "RemoveAccount", "(oa{sv})", account, {})


def test_X1_a_login_is_bound_to_the_channel_and_from_then_on_must_be(world, alice, peers, say):
    relay = peers.keep(Relay(("127.0.0.1", world.prosody.port)))
    account = world.add_xmpp(alice, host=BINDING_HOST, port=relay.port)
    alice.wait_state(account, "online")
    facts = security(alice, account)
    say(f"{facts['authentication']} over {facts['tls-version']}")
    assert facts["authentication"] == "SCRAM-SHA-256-PLUS"

    def unbound(dialogue):
        dialogue.start_tls()
        dialogue.open(mechanisms("SCRAM-SHA-512", "SCRAM-SHA-256"))
        dialogue.listen()
    other = peers.keep(Hostile(world.certificates.good(BINDING_HOST), unbound))
    relay.target = ("127.0.0.1", other.port)
    relay.reset()
    alice.until(lambda: alice.error_of(account) == "SecurityRequired", 10, "the login is refused")
    assert b"<auth" not in other.dialogues[0].heard


def test_X1_R6_a_weaker_login_is_refused_after_a_restart_until_the_user_says_so(
        world, alice, peers):
    relay = peers.keep(Relay(("127.0.0.1", world.chat.port)))
    account = world.add_xmpp(alice, port=relay.port, allow_plain=True)
    alice.wait_state(account, "online")
    first = security(alice, account)["authentication"]
    assert first.startswith("SCRAM-SHA-256")
    assert alice.stop_daemon() == 0
    chosen = []

    def weak(dialogue):
        dialogue.start_tls()
        dialogue.open(mechanisms("PLAIN", "SCRAM-SHA-1"))
        chosen.append(dialogue.auth()[0])
        dialogue.listen()
    other = peers.keep(Hostile(world.certificates.good("xmpp.test"), weak))
    relay.target = ("127.0.0.1", other.port)
    alice.start_daemon()
    alice.until(lambda: alice.error_of(account) == "SecurityRequired", 10, "the login is refused")
    assert "weaker" in alice.get(account, "Account", "StateReason")
    assert not chosen
    # a new password is the user's own act: any login counts as the first one then
    alice.call(ROOT, "Admin", "SetSecret", "(osa{sv})", account, world.password("alice"), {})
    until(lambda: chosen, 10, "the weaker login is tried")
    assert chosen[0] == "SCRAM-SHA-1"


# beside the chat

def test_X10_the_server_is_told_when_nobody_looks(world, alice):
    mark = world.chat.mark()
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    told = []

    def states():
        told[:] = world.chat.client_states(world.jid("alice"), mark)
        return told
    alice.client.set(ROOT, "Manager", "Availability", "xa")
    until(lambda: states() == ["inactive"], 5, "away for long is inactive")
    alice.client.set(ROOT, "Manager", "Availability", "dnd")
    until(lambda: states() == ["inactive", "active"], 5, "not to be disturbed is active")
    alice.client.set(ROOT, "Manager", "Availability", "online")


def test_X9_T8_the_server_s_relays_are_asked_for_where_there_is_a_pair(world, alice):
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    assert "servers for calls" not in alice.log_text()
    sip = world.add_sip(alice)
    alice.pair(account, sip)
    alice.wait_state(sip, "online")
    alice.until(lambda: "the server names 2 servers for calls" in alice.log_text(), 5,
                "the relays are known")
    assert world.chat.turn_secret not in alice.log_text()

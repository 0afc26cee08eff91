# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of one side: its state and error, the other side stays up, a repair is noticed."""

import os

import pytest

from lab.api import ROOT, options
from lab.ca import Certificates
from lab.dns import BlackHole, Dnsmasq, Steer
from lab.events import seen
from lab.prosody import FAULTY_HOSTS, PLAIN_HOST
from lab.relay import Relay

# How long a first retry may take once the fault is repaired: the back-off is young.
PATIENCE = 20


def both_words(person, account):
    return (person.client.fact(account, "Account", "State"),
            person.error_of(account))


def wait_fault(person, account, state, error, timeout=15):
    """Waits for the state and its error together, and for a reason in words."""
    person.queue.wait(lambda: both_words(person, account) == (state, error), timeout,
                      f"{person.name}: {account} is {state} by {error}")
    assert person.get(account, "Account", "StateReason")


def stays_online(queue, person, account):
    """A context in which this account must not leave the state online."""
    return queue.forbid(seen(person.name, "properties", path=account,
                             changed=lambda c: c.get("State", "online") != "online"))


@pytest.fixture
def sip_up(world, alice):
    """alice's telephony, online: the side that must stay up."""
    account = world.add_sip(alice)
    alice.wait_state(account, "online")
    return account


@pytest.fixture
def xmpp_up(world, alice):
    account = world.add_xmpp(alice)
    alice.wait_state(account, "online")
    return account


# passwords

def test_xmpp_wrong_password(world, queue, alice, sip_up):
    with stays_online(queue, alice, sip_up):
        account = world.add_xmpp(alice, password="wrong")
        wait_fault(alice, account, "failed", "AuthenticationFailed")
    alice.call(ROOT, "Admin", "SetSecret", "(osa{sv})", account, world.password("alice"), {})
    alice.wait_state(account, "online")


def test_sip_wrong_password(world, queue, alice, xmpp_up):
    with stays_online(queue, alice, xmpp_up):
        account = world.add_sip(alice, password="wrong")
        wait_fault(alice, account, "failed", "AuthenticationFailed")
    alice.call(ROOT, "Admin", "SetSecret", "(osa{sv})", account, world.password("alice"), {})
    alice.wait_state(account, "online")


def test_xmpp_unknown_user_reads_like_a_wrong_password(world, alice):
    account = world.add_xmpp(alice, user="nobody")
    wait_fault(alice, account, "failed", "AuthenticationFailed")


# certificates

@pytest.mark.parametrize("kind", Certificates.FAULTS)
def test_C98_xmpp_certificate(world, queue, alice, sip_up, say, kind):
    with stays_online(queue, alice, sip_up):
        account = world.add_xmpp(alice, FAULTY_HOSTS[kind])
        wait_fault(alice, account, "waiting", "Untrusted")
        say(alice.get(account, "Account", "StateReason"))
        assert alice.get(account, "Account", "Security").get("tls-verified", False) is False
    assert not world.prosody.has_seen(f"alice@{FAULTY_HOSTS[kind]}")


@pytest.mark.parametrize("kind", Certificates.FAULTS)
def test_C98_sip_certificate(world, queue, alice, xmpp_up, say, kind):
    mark = world.kamailio.mark()
    with stays_online(queue, alice, xmpp_up):
        account = world.add_sip(alice, fault=kind)
        wait_fault(alice, account, "waiting", "Untrusted")
        say(alice.get(account, "Account", "StateReason"))
    # neither to the bad port nor, instead, by a weaker way
    assert world.kamailio.requests(since=mark) == []
    alice.call(account, "Account", "Update", "(a{sv})",
               options({"proxy": world.kamailio.proxy("tls")}))
    alice.wait_state(account, "online")


def test_a_pinned_certificate_is_trusted_and_no_other(world, alice):
    import hashlib
    import ssl
    path = os.path.join(world.folder, "certificates", "selfsigned-selfsigned.test.crt")
    with open(path) as pem:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read())).hexdigest()
    account = world.add_xmpp(alice, "selfsigned.test", pin=digest)
    alice.wait_state(account, "online")
    other = world.add_xmpp(alice, "expired.test", pin=digest)
    wait_fault(alice, other, "waiting", "Untrusted")


# no STARTTLS

def test_C97_xmpp_server_without_starttls_gets_no_password(world, queue, alice, sip_up, peers):
    relay = peers.keep(Relay(("127.0.0.1", world.prosody.port)))
    with stays_online(queue, alice, sip_up):
        account = world.add_xmpp(alice, PLAIN_HOST, port=relay.port)
        wait_fault(alice, account, "waiting", "SecurityRequired")
    assert relay.accepted > 0
    for secret in (b"<auth", b"alice@", world.canary().encode()):
        assert secret not in relay.upstream


# servers that go and come back

def test_xmpp_server_gone_and_back(world, queue, alice, sip_up, peers):
    relay = peers.keep(Relay(("127.0.0.1", world.chat.port)))
    account = world.add_xmpp(alice, port=relay.port)
    alice.wait_state(account, "online")
    with stays_online(queue, alice, sip_up):
        relay.refuse()
        wait_fault(alice, account, "waiting", "NotConnected")
        relay.go()
        alice.wait_state(account, "online", PATIENCE)


def test_sip_server_gone_and_back(world, queue, alice, xmpp_up, peers):
    relay = peers.keep(Relay(("127.0.0.1", world.kamailio.tls_port)))
    account = world.add_sip(alice, proxy=f"sip:127.0.0.1:{relay.port};transport=tls")
    alice.wait_state(account, "online")
    with stays_online(queue, alice, xmpp_up):
        relay.refuse()
        wait_fault(alice, account, "waiting", "NotRegistered")
        relay.go()
        alice.wait_state(account, "online", PATIENCE)


def test_sip_server_that_is_not_there(world, queue, alice, xmpp_up):
    from lab.ports import free_port
    for transport in ("tcp", "tls"):
        with stays_online(queue, alice, xmpp_up):
            account = world.add_sip(alice, transport,
                                    proxy=f"sip:127.0.0.1:{free_port()};transport={transport}")
            wait_fault(alice, account, "waiting", "NotRegistered")
        alice.call(ROOT, "Admin", "RemoveAccount", "(oa{sv})", account, {})


def test_C22_a_paired_service_is_partial_while_one_side_is_gone(world, alice, peers):
    relay = peers.keep(Relay(("127.0.0.1", world.chat.port)))
    xmpp = world.add_xmpp(alice, port=relay.port)
    sip = world.add_sip(alice)
    service = alice.pair(xmpp, sip)
    alice.wait(service, "Service", "State", "online")
    relay.refuse()
    alice.wait(service, "Service", "State", "partial")
    assert alice.get(service, "Service", "ChatState") in ("waiting", "connecting")
    assert alice.get(service, "Service", "TelephonyState") == "online"
    assert alice.get(service, "Service", "StateReason")
    relay.go()
    alice.wait(service, "Service", "State", "online", PATIENCE)


# names

@pytest.fixture
def steered(world, fresh, queue):
    """alice's daemon with its name questions steered to the lab; gives (alice, steer)."""
    steer = Steer(os.path.join(world.folder, "steer"))
    yield fresh(world.alice), steer


def xmpp_records(world):
    return [f"srv-host=_xmpp-client._tcp.xmpp.test,host.test,{world.chat.port}",
            "host-record=host.test,127.0.0.1"]


def test_xmpp_unknown_host_then_known(world, queue, steered, peers):
    alice, steer = steered
    folder = os.path.join(world.folder, "names")
    empty = peers.keep(Dnsmasq(folder + "-empty", []).start().ready())
    good = peers.keep(Dnsmasq(folder + "-good", xmpp_records(world)).start().ready())
    steer.point(empty)
    alice.start_daemon(steer.environment())
    sip = world.add_sip(alice)
    alice.wait_state(sip, "online")
    with stays_online(queue, alice, sip):
        account = world.add_xmpp(alice, server=None, port=None)
        wait_fault(alice, account, "waiting", "NotConnected")
        steer.point(good)
        alice.wait_state(account, "online", PATIENCE)


def test_R8_xmpp_dead_dns_then_repaired(world, queue, steered, peers):
    alice, steer = steered
    hole = peers.keep(BlackHole())
    good = peers.keep(Dnsmasq(os.path.join(world.folder, "names-2"),
                              xmpp_records(world)).start().ready())
    steer.point(hole)
    alice.start_daemon(steer.environment())
    sip = world.add_sip(alice)
    alice.wait_state(sip, "online")
    with stays_online(queue, alice, sip):
        account = world.add_xmpp(alice, server=None, port=None)
        wait_fault(alice, account, "waiting", "NotConnected", 40)
        assert hole.questions() > 0
        steer.point(good)
        alice.wait_state(account, "online", PATIENCE)


def sip_records(world):
    return [f"srv-host=_sips._tcp.sip.test,host.test,{world.kamailio.tls_port}",
            "naptr-record=sip.test,10,10,s,SIPS+D2T,,_sips._tcp.sip.test",
            "host-record=host.test,127.0.0.1"]


def test_sip_names_are_asked_of_the_account_s_own_servers(world, alice, peers):
    names = peers.keep(Dnsmasq(os.path.join(world.folder, "names-3"),
                               sip_records(world)).start().ready())
    account = world.add_sip(alice, proxy=None, dns_servers=[names.address])
    alice.wait_state(account, "online")
    assert alice.get(account, "Account", "Security")["tls-verified"]


def test_sip_unknown_host(world, queue, alice, xmpp_up, peers):
    names = peers.keep(Dnsmasq(os.path.join(world.folder, "names-4"), []).start().ready())
    with stays_online(queue, alice, xmpp_up):
        account = world.add_sip(alice, proxy=None, dns_servers=[names.address])
        wait_fault(alice, account, "waiting", "NotRegistered")


def test_R8_sip_dead_dns_then_repaired(world, queue, alice, xmpp_up, peers):
    hole = BlackHole()
    with stays_online(queue, alice, xmpp_up):
        account = world.add_sip(alice, proxy=None, dns_servers=[hole.address])
        wait_fault(alice, account, "waiting", "Timeout", 40)
        assert hole.questions() > 0
        hole.stop()
        peers.keep(Dnsmasq(os.path.join(world.folder, "names-5"), sip_records(world),
                           port=hole.port).start().ready())
        alice.wait_state(account, "online", PATIENCE)

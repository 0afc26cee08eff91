# SPDX-License-Identifier: GPL-3.0-or-later
"""Which server of a domain a telephony account goes to, and by which transport (RFC 3263)."""

import os

import pytest

from lab.dns import Dnsmasq, Steer

HOST = "host-record=host.test,127.0.0.1"


def naptr(order, preference, service, name):
    return f"naptr-record=sip.test,{order},{preference},s,{service},,{name}"


def records(world):
    """Each transport has its own names, that only NAPTR tells of."""
    kamailio = world.kamailio
    return [f"srv-host=_sips._tcp.edge.test,host.test,{kamailio.tls_port}",
            f"srv-host=_sip._tcp.edge.test,host.test,{kamailio.port}",
            f"srv-host=_sip._udp.edge.test,host.test,{kamailio.port}", HOST]


TLS, TCP, UDP = "_sips._tcp.edge.test", "_sip._tcp.edge.test", "_sip._udp.edge.test"
CASES = [
    pytest.param(None, [naptr(10, 10, "SIPS+D2T", TLS)], "tls", id="TLS-is-named"),
    pytest.param(None, [naptr(1, 1, "SIP+D2U", UDP), naptr(90, 1, "SIPS+D2T", TLS)], "tls",
                 id="TLS-is-not-given-up"),
    pytest.param("auto", [naptr(20, 1, "SIP+D2T", TCP), naptr(10, 9, "SIP+D2U", UDP)], "udp",
                 id="auto-by-order"),
    pytest.param("auto", [naptr(10, 20, "SIP+D2U", UDP), naptr(10, 10, "SIP+D2T", TCP)], "tcp",
                 id="auto-by-preference"),
    pytest.param("auto", [naptr(10, 10, "SIPS+D2T", TLS), naptr(20, 10, "SIP+D2U", UDP)], "tls",
                 id="auto-TLS-first"),
]


@pytest.fixture
def steer(world):
    return Steer(os.path.join(world.folder, "steer"))


def names(world, peers, *lines):
    folder = os.path.join(world.folder, f"names-{len(os.listdir(world.folder))}")
    return peers.keep(Dnsmasq(folder, [*records(world), *lines]).start().ready())


def add(world, person, transport, **how):
    """An account for which nothing but its address says where to go."""
    settings = {"transport": transport} if transport else {}
    return person.add_account("sip", "alice@sip.test", world.password("alice"),
                              listen="127.0.0.1:0", ca_file=world.ca, **settings, **how)


def check(world, person, account, wanted):
    person.wait_state(account, "online")
    facts = person.get(account, "Account", "Security")
    assert facts["transport"] == wanted
    assert facts["tls-verified"] == (wanted == "tls")
    assert ("no-tls" in facts["weak"]) == (wanted != "tls")
    used = {request["proto"] for request in world.kamailio.requests("REGISTER", world.mark)}
    assert used == {wanted}


@pytest.mark.parametrize("transport,lines,wanted", CASES)
def test_T1_C97_the_system_s_name_servers_say_which_transport(world, queue, fresh, peers, steer,
                                                              transport, lines, wanted):
    alice = fresh(world.alice)
    steer.point(names(world, peers, *lines))
    alice.start_daemon(steer.environment())
    world.mark = world.kamailio.mark()
    check(world, alice, add(world, alice, transport), wanted)


@pytest.mark.parametrize("transport,lines,wanted", CASES[1:4:2])
def test_T1_C97_the_account_s_name_servers_say_which_transport(world, alice, peers, transport,
                                                               lines, wanted):
    server = names(world, peers, *lines)
    world.mark = world.kamailio.mark()
    check(world, alice, add(world, alice, transport, dns_servers=[server.address]), wanted)


def test_C97_a_domain_that_names_no_tls_is_not_reached_without_it(world, queue, alice, peers):
    """By default an account has TLS: what DNS names instead is not even tried."""
    server = names(world, peers, naptr(1, 1, "SIP+D2U", UDP), naptr(1, 2, "SIP+D2T", TCP))
    world.mark = world.kamailio.mark()
    account = add(world, alice, None, dns_servers=[server.address])
    alice.wait_state(account, "waiting")
    assert alice.error_of(account) == "NotRegistered"
    assert not world.kamailio.requests("REGISTER", world.mark)


def test_T1_without_naptr_the_plain_names_serve(world, alice, peers):
    server = names(world, peers, f"srv-host=_sip._udp.sip.test,host.test,{world.kamailio.port}")
    world.mark = world.kamailio.mark()
    check(world, alice, add(world, alice, "auto", dns_servers=[server.address]), "udp")

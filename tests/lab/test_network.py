# SPDX-License-Identifier: GPL-3.0-or-later
"""Staying registered: sleep, other networks, servers that fall silent. R26_CHANGES is how often."""

import os
import time

import pytest

from lab.desktop import ALONE, CONNECTED, Desktop
from lab.dns import Dnsmasq
from lab.events import seen
from lab.process import until
from lab.relay import Relay

CHANGES = int(os.environ.get("R26_CHANGES", "2"))
BACK_P95, BACK_MAX = 5, 30


@pytest.fixture
def desktop(world, peers):
    return peers.keep(Desktop(os.path.join(world.folder, f"desktop-{time.monotonic_ns()}")).start())


class Roads:
    """alice's two accounts, each by a relay that can lose what is connected."""

    def __init__(self, world, alice, peers):
        self.alice = alice
        self.relays = [peers.keep(Relay(("127.0.0.1", port)))
                       for port in (world.chat.port, world.kamailio.tls_port)]
        self.accounts = [
            world.add_xmpp(alice, port=self.relays[0].port),
            world.add_sip(alice, proxy=f"sip:127.0.0.1:{self.relays[1].port};transport=tls")]
        for account in self.accounts:
            alice.wait_state(account, "online")

    def lose(self):
        for relay in self.relays:
            relay.lose()

    def accepted(self):
        return [relay.accepted for relay in self.relays]

    def time_back(self, change):
        """Loses both roads, then makes the change; the seconds until both are online by new ones."""
        before = self.accepted()
        self.lose()
        begin = time.monotonic()
        change()
        self.alice.until(
            lambda: all(now > then for now, then in zip(self.accepted(), before)) and
            all(self.alice.client.fact(account, "Account", "State") == "online"
                for account in self.accounts), BACK_MAX, "both accounts are online again")
        return time.monotonic() - begin


def p95(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def test_R26_back_after_sleep_and_after_another_network(world, fresh, queue, desktop, peers, say):
    alice = fresh(world.alice).start_daemon(desktop.environment())
    roads = Roads(world, alice, peers)
    took = {"sleep": [], "network": []}
    for _ in range(CHANGES):
        desktop.sleep()
        took["sleep"].append(roads.time_back(desktop.wake))
        desktop.link(ALONE)
        took["network"].append(roads.time_back(lambda: desktop.link(CONNECTED)))
    for change, seconds in took.items():
        say(f"{change}: both online again after {p95(seconds):.1f} s (p95 of {len(seconds)}), "
            f"at most {max(seconds):.1f} s")
        assert p95(seconds) <= BACK_P95 and max(seconds) <= BACK_MAX
    # nothing of the connections that are gone is left behind
    until(lambda: len(world.kamailio.registered("alice")) == 1, 3, "one binding", every=0.05)


def test_R26_a_live_connection_stays(world, fresh, queue, desktop):
    alice = fresh(world.alice).start_daemon(desktop.environment())
    services = world.set_up(alice)
    alice.wait(services.service, "Service", "State", "online")
    mark = world.kamailio.mark()
    with queue.forbid(seen("alice", "properties", changed=lambda c: "State" in c)):
        desktop.wake()
        queue.wait(lambda: world.kamailio.requests("REGISTER", mark), 5, "a REGISTER at once")
        alice.call(services.xmpp, "org.freedesktop.DBus.Properties", "GetAll", "(s)",
                   "org.cusax.Cusax1.Account")
    assert len(world.kamailio.registered("alice")) == 1


def test_T1_several_accounts_by_several_transports_and_none_is_left(world, alice):
    """One daemon, three people's accounts at once; each registration is withdrawn at the end."""
    for user, transport in (("alice", "tls"), ("bob", "tcp"), ("carol", "udp")):
        world.kamailio.forget(user)
        account = alice.add_account(
            "sip", f"{user}@sip.test", world.password(user), transport=transport,
            proxy=world.kamailio.proxy(transport), listen="127.0.0.1:0", ca_file=world.ca)
        alice.wait_state(account, "online")
        contacts = world.kamailio.registered(user)
        assert len(contacts) == 1 and (f"transport={transport}" in contacts[0] or transport == "udp")
    assert alice.stop_daemon() == 0
    for user in ("alice", "bob", "carol"):
        world.kamailio.wait_gone(user)

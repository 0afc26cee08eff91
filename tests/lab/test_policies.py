# SPDX-License-Identifier: GPL-3.0-or-later
"""Two connections, one service: the connect policies, while both servers come and go (C19-C28).

One daemon has three pairs, one for each policy, at a chat server and a Kamailio of their own. A restart
is one round: the daemon is told to go online with the server up (or, every other round, while it is
away), the server leaves, each pair must be as its policy says, the server returns, and all must be
well again without anybody's help. R27_RESTARTS is how often each server does so.
"""

import os
import signal
import time

import pytest

from lab.api import ROOT
from lab.events import Timeout, seen
from lab.kamailio import DOMAIN, Kamailio
from lab.meter import memory
from lab.peers.slix import Slix
from lab.process import LabError, until
from lab.relay import Relay

RESTARTS = int(os.environ.get("R27_RESTARTS", "2"))
USERS = {"independent": "alice", "telephony-first": "bob", "both-required": "carol"}
OBSERVER = "dave"

ONLINE, RETRIES, OFF = ("online",), ("waiting", "connecting"), ("offline",)
# What is away: for each policy the states of chat and telephony, and what the service says.
RIGHT = {
    None: dict.fromkeys(USERS, (ONLINE, ONLINE, ("online",))),
    "chat": {"independent": (RETRIES, ONLINE, ("partial",)),
                "telephony-first": (RETRIES, ONLINE, ("partial",)),
                "both-required": (RETRIES, OFF, ("offline", "connecting"))},
    "kamailio": {"independent": (ONLINE, RETRIES, ("partial",)),
                 "telephony-first": (OFF, RETRIES, ("offline", "connecting")),
                 "both-required": (OFF, RETRIES, ("offline", "connecting"))},
}
# How long until a policy has taken hold, and until all is well again.
SETTLED, RECOVERED = 15, 30


class Servers:
    """A chat server and Kamailio apart from those of the other tests, which need theirs."""

    def __init__(self, world, folder):
        self.world = world
        self.chat = world.chat_server(os.path.join(folder, "chat"))
        for user in (*USERS.values(), OBSERVER):
            self.chat.add_user(world.jid(user), world.password(user))
            self.chat.set_roster(world.jid(user), {
                world.jid(other): other.title() for other in (*USERS.values(), OBSERVER)
                if other != user})
        self.kamailio = Kamailio(os.path.join(folder, "kamailio"), world.certificates,
                                 {user: world.password(user) for user in USERS.values()})

    def start(self):
        for server in (self.chat.start(), self.kamailio.start()):
            server.ready()
        return self

    def stop(self):
        self.chat.stop(signal.SIGKILL)
        self.kamailio.stop(signal.SIGKILL)

    def observer(self, queue):
        """A contact of everybody, who sees what presence they send."""
        return Slix(queue, OBSERVER, self.world.jid(OBSERVER), self.world.password(OBSERVER),
                    self.chat.port, self.world.ca).start().ready()


class Pair:
    """One person's two accounts under one policy."""

    def __init__(self, world, servers, person, policy, telephony_port=None):
        self.person, self.policy, self.user = person, policy, USERS[policy]
        port = telephony_port or servers.kamailio.tls_port
        self.chat = world.add_xmpp(person, user=self.user, port=servers.chat.port,
                                   enabled=False)
        self.telephony = person.add_account(
            "sip", f"{self.user}@{DOMAIN}", world.password(self.user), enabled=False,
            proxy=f"sip:127.0.0.1:{port};transport=tls", transport="tls", listen="127.0.0.1:0",
            ca_file=world.ca)
        self.service = person.pair(self.chat, self.telephony, connect_policy=policy)
        for account in (self.telephony, self.chat):
            person.client.set(account, "Account", "Enabled", True)

    def states(self):
        fact = self.person.client.fact
        return (fact(self.chat, "Account", "State"), fact(self.telephony, "Account", "State"),
                fact(self.service, "Service", "State"))

    def is_right(self, away):
        return all(state in wanted for state, wanted
                   in zip(self.states(), RIGHT[away][self.policy]))


@pytest.fixture
def servers(world, peers):
    return peers.keep(Servers(world, os.path.join(
        world.folder, f"policies-{len(os.listdir(world.folder))}")).start())


def go(person, availability):
    person.client.set(ROOT, "Manager", "Availability", availability)


class Rounds:
    """Counts what is right; what is not is told at the end, with what was instead."""

    def __init__(self, queue, pairs, servers):
        self.queue, self.pairs, self.servers = queue, pairs, servers
        self.right, self.checks, self.wrong, self.times = 0, 0, [], []

    def registered(self, pair):
        return bool(self.servers.kamailio.registered(pair.user))

    def settle(self, away, timeout, when):
        try:
            self.queue.wait(lambda: all(pair.is_right(away) for pair in self.pairs), timeout, when)
        except Timeout:
            pass
        for pair in self.pairs:
            registered = None
            if away != "kamailio":
                # What Kamailio knows comes and goes without an event.
                wanted = RIGHT[away][pair.policy][1] is ONLINE
                try:
                    until(lambda one=pair, good=wanted: self.registered(one) == good, 2, when)
                except LabError:
                    pass
                registered = self.registered(pair)
            good = pair.is_right(away) and registered in (
                None, RIGHT[away][pair.policy][1] is ONLINE)
            self.checks += 1
            self.right += good
            if not good:
                why = pair.person.client.fact(pair.service, "Service", "StateReason")
                self.wrong.append(f"{when}: {pair.policy}: {pair.states()}, "
                                  f"registered: {registered}: {why}")

    def tried_again(self, away, since):
        """Whether the side of both-required that lost its server has failed anew since then."""
        pair = next(pair for pair in self.pairs if pair.policy == "both-required")
        lost = pair.chat if away == "chat" else pair.telephony
        return any(event.kind == "properties" and event.path == lost and
                   event.changed.get("State") == "waiting" for event in self.queue.events[since:])

    def restart(self, server, number):
        """One round with one server: number decides how it leaves."""
        name = "chat" if server is self.servers.chat else "kamailio"
        person = self.pairs[0].person
        go(person, "offline")
        self.queue.wait(lambda: all(pair.states()[:2] == ("offline", "offline")
                                    for pair in self.pairs), SETTLED, "all leave when asked to")
        at_start = number % 2 == 1
        if not at_start:
            go(person, "online")
            self.settle(None, RECOVERED, f"{name} {number}: both up at the start")
        server.stop(signal.SIGKILL if number % 4 > 1 else signal.SIGTERM)
        if at_start:
            go(person, "online")
        self.settle(name, SETTLED, f"{name} {number}: away" + (" at the start" * at_start))
        # A person asks once, so that the back-off of a hundred losses is not what is measured.
        for pair in self.pairs:
            lost = pair.chat if name == "chat" else pair.telephony
            person.call(lost, "Account", "Connect")
        if at_start:
            # A retry that fails changes nothing for the side that is up, or held back.
            since = len(self.queue.events)
            self.queue.wait(lambda: self.tried_again(name, since), SETTLED, f"{name} is retried")
            self.settle(name, SETTLED, f"{name} {number}: still away")
        server.start().ready()
        back = time.monotonic()
        self.settle(None, RECOVERED, f"{name} {number}: back")
        self.times.append(time.monotonic() - back)


def costs(pid):
    """Places for file descriptors, threads, and MiB of private memory. (Which descriptors are open
    nobody but the daemon may see.)"""
    with open(f"/proc/{pid}/status") as status:
        facts = dict(line.split(":\t", 1) for line in status if ":\t" in line)
    return int(facts["FDSize"]), int(facts["Threads"]), memory(pid)[1]


def promise_breaches(events, pair):
    """Where the chat of a telephony-first pair began to connect while telephony was not online."""
    telephony, found = "offline", []
    for event in events:
        state = event.fields.get("changed", {}).get("State") \
            if event.kind == "properties" else None
        if state and event.path == pair.telephony:
            telephony = state
        elif state in ("connecting", "online") and event.path == pair.chat and \
                telephony != "online":
            found.append(repr(event))
    return found


def test_R27_C19_C20_C23_C24_C25_C26_C28_policies_hold_while_servers_come_and_go(
        world, queue, alice, servers, say):
    first = len(queue.events)
    go(alice, "offline")
    pairs = [Pair(world, servers, alice, policy) for policy in USERS]
    rounds = Rounds(queue, pairs, servers)
    before = None
    for number in range(RESTARTS):
        for server in (servers.chat, servers.kamailio):
            rounds.restart(server, number)
        before = before or costs(alice.daemon.pid)
    after = costs(alice.daemon.pid)
    times = sorted(rounds.times)
    say(f"{rounds.right} of {rounds.checks} right in {RESTARTS} restarts of each server; "
        f"back after {times[len(times) // 2]:.1f} s (median), {times[-1]:.1f} s (longest); "
        f"places for descriptors {before[0]} -> {after[0]}, threads {before[1]} -> {after[1]}, "
        f"private memory {before[2]:.1f} -> {after[2]:.1f} MiB")
    assert not rounds.wrong, "\n".join(rounds.wrong)
    assert promise_breaches(queue.events[first:], pairs[1]) == []
    assert after[0] <= before[0]


def test_C26_C27_no_presence_before_the_registration_which_may_never_come(
        world, queue, alice, servers, peers, say):
    relay = peers.keep(Relay(("127.0.0.1", servers.kamailio.tls_port)))
    relay.stall()
    peers.keep(servers.observer(queue))
    from_bob = seen(OBSERVER, "presence", sender=world.jid("bob"),
                    type=lambda kind: kind != "unavailable")
    with queue.forbid(from_bob):
        pair = Pair(world, servers, alice, "telephony-first", relay.port)
        alice.wait(pair.telephony, "Account", "State", "connecting")
        relay.refuse()
        relay.go()
        relay.refuse()
        alice.wait(pair.telephony, "Account", "State", "waiting")
        assert alice.get(pair.chat, "Account", "State") == "offline"
        reason = alice.get(pair.service, "Service", "StateReason")
        say(reason)
        assert "telephony" in reason.lower()
        assert not servers.chat.has_seen(world.jid("bob"))
    queue.skip()
    relay.go()
    queue.expect(seen("alice", "properties", path=pair.telephony,
                      changed=lambda c: c.get("State") == "online"), RECOVERED)
    queue.expect(from_bob)
    # C28: the registration is lost later, and the presence goes with it
    relay.refuse()
    queue.expect(seen(OBSERVER, "presence", sender=world.jid("bob"), type="unavailable"))


def test_C21_C22_a_one_sided_outage_names_the_side_as_it_is_labelled(world, alice, servers):
    pair = Pair(world, servers, alice, "independent")
    alice.wait(pair.service, "Service", "State", "online")
    servers.kamailio.stop(signal.SIGKILL)
    alice.wait(pair.service, "Service", "State", "partial")
    assert alice.wait(pair.service, "Service", "StateReason", lambda text: "Telephony is" in text)
    alice.client.set(pair.telephony, "Account", "Label", "Desk phone")
    alice.wait(pair.service, "Service", "StateReason", lambda text: "Desk phone is" in text)

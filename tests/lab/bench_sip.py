# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench-sip`: calls of cusaxd beside those of Debian's baresip, in one run, medians.

    tests/bench/sip [events | rate | cost]...

Both are registered at the same exchange, over UDP and without encryption, and both have their sound from
the same PulseAudio. What is compared is what a program beside them sees: the event of an incoming
call, over D-Bus here and over the control socket there. Either is read by a process that does nothing
else, and the clock is looked at when its bytes have been read: those of the daemon have come through
the bus. Rings take turns, so that a busy machine is busy for both.
"""

import os
import statistics
import sys
import time

from gi.repository import GLib

from lab import inner
from lab.api import MANAGER, NAME, ROOT
from lab.clocked import Clocked
from lab.events import seen
from lab.kamailio import DOMAIN
from lab.listener import Listener
from lab.meter import context_switches
from lab.peers.baresip import Baresip
from lab.peers.exchange import Exchange
from lab.world import World

RINGS, TALKS, BATCH = 60, 200, 20
FORGET = 70  # seconds until the calls before are forgotten: they can be read for 60
CROWD = 10000
PACE = 0.12  # calls that nobody answers may come ten times a second
TALK, REST = 8, 10
# What a window for calls asks of the bus.
CALLS = (f"type='signal',sender='{NAME}',interface='{MANAGER}',member='InterfacesAdded',"
         f"path='{ROOT}',arg0path='{ROOT}/call/'")
CODECS = {"G.711": ("0 PCMU/8000", "PCMU/8000/1", "pcmu"),
          "Opus": ("96 opus/48000/2", "opus/48000/2", "opus")}


def cpu(pid):
    """Seconds of processor so far, to the nanosecond."""
    spent = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as facts:
            spent += int(facts.read().split()[0])
    return spent / 1e9


def wakeups(pid, queue, seconds):
    before = context_switches(pid)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        queue.turn(1)
    return sum(count - before.get(thread, (name, 0))[1]
               for thread, (name, count) in context_switches(pid).items())


class Cusaxd:
    name = "cusaxd"

    def __init__(self, world, exchange, codec):
        self.queue, self.exchange, self.told = world.queue, exchange, []
        self.person = world.alice
        self.person.fresh()
        self.person.start_daemon(arguments=())
        self.pid = self.person.daemon.pid
        self.account = world.add_sip(self.person, "udp", proxy=exchange.proxy(), srtp="off",
                                     codecs=[codec], listen=None)
        self.person.wait_state(self.account, "online")
        self.bus = Listener(self.person.bus.address, CALLS)

    user = "alice"

    def stop(self):
        self.bus.close()
        self.person.stop_daemon()

    def rings(self):
        when, message = self.bus.heard.get(timeout=5)
        self.path = message.get_body().get_child_value(0).get_string()
        return when

    def accept(self):
        self.person.client.call(self.path, "Call", "Accept", "(a{sv})", {})


class Phone:
    name = "baresip"
    user = "carol"

    def __init__(self, world, exchange, codec):
        self.queue, self.exchange, self.told = world.queue, exchange, []
        folder = os.path.join(world.folder, f"baresip-{time.monotonic_ns()}")
        self.program = Baresip(world.queue, "phone", self.user, "x", self, DOMAIN, world.pulse, "c",
                               world.ca, folder, transport="udp", srtp=None, codecs=codec).start(Clocked)
        self.pid = self.program.process.pid
        world.queue.wait(lambda: self.user in exchange.contacts, 10, "baresip registers")

    def proxy(self, _transport):
        return self.exchange.proxy()

    def stop(self):
        self.program.stop()

    def rings(self):
        return self.queue.expect(seen("phone", "baresip", type="CALL_INCOMING"), 5).heard

    def accept(self):
        self.program.accept()


def ring(target, number):
    """Seconds from the INVITE to the event; the caller gives up at the first sign of ringing."""
    call = target.exchange.call(target.user, f"sip:bench{number}@sip.test", "cancel-race")
    took = target.rings() - call.sent
    call.over.wait(5)
    target.told.append(call.rang - call.sent)
    return took


def rings(*targets):
    """For each target what its rings took, one after the other, so that all meet the same machine."""
    found = [[] for _ in targets]
    for number in range(RINGS):
        begin = time.monotonic()
        for target, took in zip(targets, found):
            took.append(ring(target, number))
        while time.monotonic() < begin + PACE:
            targets[0].queue.turn(0.02)
    return found


def arrivals(target):
    """What rings took between the first contact and the last."""
    found, there, end = [], 0, time.monotonic() + 60
    context = GLib.MainContext.default()
    while there < CROWD:
        begin = time.monotonic()
        if there:
            found.append(ring(target, len(found)))
        # not longer, however much there is to be heard
        while time.monotonic() < begin + PACE and context.pending():
            context.iteration(False)
        there = len(target.person.client.paths("Contact"))
        assert time.monotonic() < end, f"{there} contacts came in time"
    return found


def talk(target, seconds):
    """A call that is answered; the caller hangs up after so long. Its seconds from end to end."""
    target.exchange.hold = seconds
    call = target.exchange.call(target.user, "sip:bench@sip.test")
    target.rings()
    target.accept()
    assert call.over.wait(seconds + 10), f"{target.name}: the call does not end"
    return time.monotonic() - call.sent


def rates(*targets):
    """Calls a second of each, by turns."""
    took = [0.0 for _ in targets]
    for _ in range(TALKS // BATCH):
        for place, target in enumerate(targets):
            begin = time.monotonic()
            for _ in range(BATCH):
                talk(target, 0)
            took[place] += time.monotonic() - begin
    return [TALKS / seconds for seconds in took]


def cost(target):
    """Share of a processor that a call takes."""
    talk(target, 1)
    before, begin = cpu(target.pid), time.monotonic()
    talk(target, TALK)
    return (cpu(target.pid) - before) / (time.monotonic() - begin)


def milliseconds(values):
    return f"median {statistics.median(values) * 1000:.2f} ms, worst {max(values) * 1000:.2f} ms"


class Goals:
    def __init__(self):
        self.missed = 0

    def check(self, good, text):
        self.missed += not good
        print(f"  {'ok  ' if good else 'MISS'}  {text}", flush=True)


def bench_events(world, goals):
    exchange = Exchange()
    ours, theirs = Cusaxd(world, exchange, "pcmu"), Phone(world, exchange, "PCMU/8000/1")
    print("from the INVITE to the event", flush=True)
    mine, other = rings(ours, theirs)
    print(f"  baresip             {milliseconds(other)}")
    goals.check(statistics.median(mine) <= max(statistics.median(other), 0.001),
                f"cusaxd              {milliseconds(mine)}")
    goals.check(max(ours.told) < 0.3, f"the caller hears of it {milliseconds(ours.told)} "
                                      f"(baresip {milliseconds(theirs.told)})")
    world.chat.set_roster(world.jid("alice"), {
        f"user{number}@crowd.test": f"User {number}" for number in range(CROWD)})
    chat = world.add_xmpp(ours.person)
    arriving = arrivals(ours)
    goals.check(max(arriving) < 0.005, f"while {CROWD} contacts arrive: {milliseconds(arriving)}, "
                                       f"{len(arriving)} calls")
    ours.person.wait_state(chat, "online")
    crowded, = rings(ours)
    goals.check(max(crowded) < 0.005, f"with {CROWD} contacts: {milliseconds(crowded)}")
    for target in (ours, theirs):
        target.stop()
    exchange.stop()


def bench_rate(world, goals):
    print("calls one after the other, answered and hung up", flush=True)
    exchange = Exchange()
    ours, theirs = Cusaxd(world, exchange, "pcmu"), Phone(world, exchange, "PCMU/8000/1")
    mine, other = rates(ours, theirs)
    print(f"  baresip             {other:.0f} a second")
    goals.check(mine >= 2 * other, f"cusaxd              {mine:.0f} a second, {mine / other:.1f} times")
    wakeups(ours.pid, world.queue, FORGET)
    quiet = wakeups(ours.pid, world.queue, REST)
    goals.check(quiet == 0, f"cusaxd idle         {quiet} wake-ups in {REST} s "
                            f"(baresip {wakeups(theirs.pid, world.queue, REST)})")
    for target in (ours, theirs):
        target.stop()
    exchange.stop()


def bench_cost(world, goals):
    for codec, (offer, there, here) in CODECS.items():
        print(f"share of a processor in a call by {codec}", flush=True)
        exchange = Exchange(codec=offer)
        ours, theirs = Cusaxd(world, exchange, here), Phone(world, exchange, there)
        with world.pulse.play("a", 440), world.pulse.play("c", 440):
            mine, other = cost(ours), cost(theirs)
        limit = 0.6 if codec == "G.711" else 1.0
        print(f"  baresip             {other:.1%}")
        goals.check(mine <= limit * other,
                    f"cusaxd              {mine:.1%}, {mine / other if other else 0:.2f} times")
        for target in (ours, theirs):
            target.stop()
        exchange.stop()


BENCHES = {"events": bench_events, "rate": bench_rate, "cost": bench_cost}


def main():
    goals = Goals()
    with World() as world:
        for name in sys.argv[1:] or BENCHES:
            world.queue.skip()
            BENCHES[name](world, goals)
    print(f"goals missed: {goals.missed}")
    return 0


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)
    inner.run(main)

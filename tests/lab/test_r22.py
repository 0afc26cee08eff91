# SPDX-License-Identifier: GPL-3.0-or-later
"""R22: messages each way across cuts of every kind. Nothing lost, nothing twice, nothing out of order.

R22_MESSAGES each way, across R22_CUTS cuts: FIN, RST, a silent hole, kill -9 of the server (which
loses every session), kill -9 of a daemon. Both sides are daemons, so both what is sent and what is
shown is theirs; the server's archive shows what went over the wire.
"""

import collections
import contextlib
import os
import re
import signal
import sqlite3
import time

from lab.api import ROOT, Failure
from lab.relay import Relay
from lab.test_chat import messages
from lab.test_durable import database, kill

MESSAGES = int(os.environ.get("R22_MESSAGES", "120"))
CUTS = int(os.environ.get("R22_CUTS", "6"))
FINAL_SECONDS = 120
FINAL = {"server", "delivered", "displayed"}


class Side:
    """One person: a daemon behind a relay, what it was told to say, and its chat with the other."""

    def __init__(self, world, person, other):
        self.world, self.person, self.other = world, person, other
        self.relay = Relay(("127.0.0.1", world.chat.port))
        self.account = world.add_xmpp(person, port=self.relay.port)
        self.said = []  # texts, in the order in which Send answered
        self.ids = []
        self.chat = None

    def open(self):
        self.person.wait_state(self.account, "online")
        self.chat = self.person.call(ROOT, "Manager", "OpenChat", "(sa{sv})",
                                     self.world.jid(self.other), {})

    def say(self, text):
        """What Send did not answer for was not said; the text is not used again."""
        try:
            number = self.person.call(self.chat, "Chat", "Send", "(sa{sv})", text, {}, timeout=5)
        except Failure:
            return
        self.said.append(text)
        self.ids.append(number)

    def come_back(self):
        """At once, not when the back-off says."""
        if self.person.client.fact(self.account, "Account", "State") == "waiting":
            self.person.call(self.account, "Account", "Connect")

    def all_messages(self):
        found, page = [], messages(self.person, self.chat, limit=1000)
        while page:
            found = page + found
            page = messages(self.person, self.chat, limit=1000, before=page[0]["id"])
        return found

    def is_settled(self, wanted):
        """Whether all is there and has a final state; asked of the database, which is quick."""
        with contextlib.closing(sqlite3.connect(database(self.person))) as base:
            there, unsettled = base.execute(
                "SELECT count(*), coalesce(sum(direction = 'out' AND delivery NOT IN ('server', "
                "'delivered', 'displayed')), 0) FROM messages").fetchone()
        return there >= wanted and not unsettled


KINDS = ("fin", "rst", "hole", "server", "daemon")
IN_FLIGHT = 40  # messages each way that are on their way at a cut, at least
MEANWHILE = 3  # messages each way while there is no link


def strike(world, kind, one):
    if kind == "fin":
        one.relay.finish()
    elif kind == "rst":
        one.relay.reset()
    elif kind == "hole":
        one.relay.stall()
    elif kind == "server":
        world.chat.stop(signal.SIGKILL)
    elif kind == "daemon":
        kill(one.person)


def mend(world, kind, one):
    if kind == "hole":
        one.relay.reset()
        one.relay.go()
    elif kind == "server":
        world.chat.start().ready()
    elif kind == "daemon":
        one.person.start_daemon()


def talk(world, queue, sides):
    """Both speak in turn, and go on speaking while there is no link."""
    number = 0

    def speak(count):
        nonlocal number
        for number in range(number, min(number + count, MESSAGES)):
            for side in sides:
                side.say(f"{side.person.name} {number}")
        number += 1

    for done in range(CUTS):
        kind, one = KINDS[done % len(KINDS)], sides[done // len(KINDS) % 2]
        batch = MESSAGES // (CUTS + 1) - MEANWHILE
        if batch > IN_FLIGHT:
            # a server that is minutes behind would be what is measured
            speak(batch - IN_FLIGHT)
            calm(queue, sides, 180)
            batch = IN_FLIGHT
        speak(batch)
        if kind == "server":
            # a server killed within a message may have it in one of the two archives alone
            calm(queue, sides)
        strike(world, kind, one)
        speak(MEANWHILE)
        mend(world, kind, one)
        settle(queue, sides, 60 if MESSAGES < 1000 else 180)  # a server may read its whole archive
    speak(MESSAGES)


def calm(queue, sides, timeout=20):
    deadline = time.monotonic() + timeout
    while not all(side.is_settled(0) for side in sides) and time.monotonic() < deadline:
        queue.turn(0.05)


def settle(queue, sides, timeout):
    """Until both are online again."""
    def back():
        for side in sides:
            side.come_back()
        return all(side.person.client.fact(side.account, "Account", "State") == "online"
                   for side in sides)
    queue.wait(back, timeout, "both sides are online again")


def wire_ids(world, name):
    """How often the server's archive has each id that a daemon of ours gave."""
    return collections.Counter(world.chat.archived_ids(world.jid(name)))


def test_R22_nothing_is_lost_and_nothing_comes_twice(world, queue, alice, bob, say):
    sides = (Side(world, alice, "bob"), Side(world, bob, "alice"))
    try:
        for side in sides:
            side.open()
        begin = time.monotonic()
        talk(world, queue, sides)
        settle(queue, sides, 60)
        spoken = time.monotonic()

        def arrived():
            wanted = len(sides[0].said) + len(sides[1].said)
            return all(side.is_settled(wanted) for side in sides)
        while not arrived() and time.monotonic() < spoken + FINAL_SECONDS:
            queue.turn(0.5)
        ended = time.monotonic()
        report(world, sides, say, spoken - begin, ended - spoken)
    finally:
        for side in sides:
            side.relay.stop()


def disorder(said, heard, say):
    """How many of the messages heard stand behind one that was said after them."""
    place = {text: number for number, text in enumerate(said)}
    highest, found = -1, 0
    for before, text in zip([None, *heard], heard):
        if place.get(text, highest) < highest:
            found += 1
            if found <= 3:
                say(f"out of order: {text!r} behind {before!r}")
        highest = max(highest, place.get(text, -1))
    return found


def report(world, sides, say, talking, settling):
    lost = twice = order = new_ids = open_states = 0
    receipts = 0
    for side, other in (sides, sides[::-1]):
        found = other.all_messages()
        heard = [m["text"] for m in found if m["direction"] == "in"]
        lost += len(set(side.said) - set(heard))
        twice += len(heard) - len(set(heard))
        order += disorder(side.said, heard, say)
        own = [m for m in side.all_messages() if m["direction"] == "out"]
        open_states += sum(1 for m in own if m["delivery"] not in FINAL)
        receipts += sum(1 for m in own if m["delivery"] == "delivered")
        assert [m["text"] for m in own if m["text"] in set(side.said)] == side.said
        known = {m["origin-id"] for m in own}
        wire = wire_ids(world, side.person.name)
        assert not world.chat.EXACT or set(side.ids) <= set(wire), \
            "what was said is in the server's archive"
        new_ids += sum(1 for one in wire if one not in known and one not in
                       {m["origin-id"] for m in found})
        say(f"{side.person.name}: {len(side.said)} said, {sum(wire[one] > 1 for one in side.ids)} "
            f"more than once on the wire under the same id")
    say(f"{CUTS} cuts: lost {lost}, shown twice {twice}, out of order {order}, "
        f"under a new id {new_ids}, without a final state {open_states}; {receipts} receipts; "
        f"{talking:.1f} s of talk, final after {settling:.1f} s")
    if not world.chat.EXACT:
        order = 0
    assert (lost, twice, order, new_ids, open_states) == (0, 0, 0, 0, 0)

# SPDX-License-Identifier: GPL-3.0-or-later
"""One ordered queue over all that happens: D-Bus signals of every person, stanzas, SIP peers.

Waiting always has a deadline and never sleeps: the main context is run until the event is there.
Everything but push() belongs to the main thread.
"""

import contextlib
import threading
import time

from gi.repository import GLib


class Timeout(AssertionError):
    """What was expected did not happen in time; the text shows what happened instead."""


class Forbidden(AssertionError):
    """Something happened that must not."""


class Event:
    """source: a person or peer; kind: properties, added, signal, message, ...; fields by name."""

    def __init__(self, source, kind, fields):
        self.source, self.kind, self.fields = source, kind, fields
        self.time = time.monotonic()

    def __getattr__(self, name):
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self):
        facts = ", ".join(f"{k}={v!r}" for k, v in self.fields.items())
        return f"{self.source}: {self.kind} {facts}"[:300]


def seen(source=None, kind=None, **fields):
    """A predicate on events: equal where given; a callable value is asked instead of compared."""
    def predicate(event):
        if source not in (None, event.source) or kind not in (None, event.kind):
            return False
        for name, wanted in fields.items():
            if name not in event.fields:
                return False
            value = event.fields[name]
            if not (wanted(value) if callable(wanted) else value == wanted):
                return False
        return True
    facts = ", ".join(f"{k}={v!r}" for k, v in fields.items())
    predicate.__name__ = f"{source or 'anyone'}: {kind or 'anything'} {facts}"
    return predicate


class Queue:
    def __init__(self):
        self.events = []
        self._lock = threading.Lock()
        self._cursor = 0
        self._forbidden = []
        self._context = GLib.MainContext.default()

    def push(self, source, kind, **fields):
        """Adds an event; from any thread."""
        with self._lock:
            self.events.append(Event(source, kind, fields))
        self._context.wakeup()

    def drain(self):
        """Takes in what has arrived: all that was sent before the answer to our last call."""
        while self._context.pending():
            self._context.iteration(False)
        self._check_forbidden()

    def turn(self, seconds):
        """Runs the main context until something happened, at most so long."""
        fired = []
        source = GLib.timeout_source_new(max(1, int(seconds * 1000)))
        source.set_callback(lambda *_: fired.append(1) or False)
        source.attach(self._context)
        self._context.iteration(True)
        if not fired:
            source.destroy()
        self.drain()

    def wait(self, check, timeout, what):
        """Runs until check() gives a true value, which is returned; Timeout at the deadline."""
        deadline = time.monotonic() + timeout
        self.drain()
        while True:
            value = check()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise Timeout(f"not within {timeout:g} s: {what}\nlast events:\n  " +
                              "\n  ".join(repr(e) for e in self.events[-12:]))
            self.turn(left)

    def skip(self):
        """Later expectations look only at what happens from now on."""
        self.drain()
        self._cursor = len(self.events)

    def expect(self, predicate, timeout=10):
        """The next event that matches; events before it are skipped, so order is proven."""
        def search():
            for number in range(self._cursor, len(self.events)):
                if predicate(self.events[number]):
                    self._cursor = number + 1
                    return self.events[number]
            return None
        return self.wait(search, timeout, predicate.__name__)

    def expect_any_order(self, predicates, timeout=10):
        """One event for each predicate, in whatever order; returned in the predicates' order."""
        found, used = {}, set()

        def search():
            for number in range(self._cursor, len(self.events)):
                for which, predicate in enumerate(predicates):
                    if which not in found and number not in used and predicate(self.events[number]):
                        found[which] = self.events[number]
                        used.add(number)
            return len(found) == len(predicates)
        self.wait(search, timeout, " and ".join(p.__name__ for p in predicates))
        self._cursor = max(used, default=self._cursor - 1) + 1
        return [found[which] for which in range(len(predicates))]

    def happened(self, predicate):
        """All events so far, used or not, that match."""
        self.drain()
        return [event for event in self.events if predicate(event)]

    @contextlib.contextmanager
    def forbid(self, predicate):
        """While inside, a matching event is an error wherever the test happens to wait."""
        rule = [predicate, len(self.events)]
        self._forbidden.append(rule)
        try:
            yield
            self.drain()
        finally:
            self._forbidden.remove(rule)

    def _check_forbidden(self):
        for rule in self._forbidden:
            predicate, start = rule
            for event in self.events[start:]:
                if predicate(event):
                    raise Forbidden(f"forbidden: {event!r}")
            rule[1] = len(self.events)

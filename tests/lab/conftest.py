# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: one world for each file of tests; fresh persons and peers for each test."""

import os

import pytest

from lab.ejabberd import Ejabberd
from lab.idle import IdleWatch
from lab.kamailio import DOMAIN
from lab.peers.baresip import Baresip
from lab.peers.linphone import Linphone
from lab.peers.sipp import Sipp
from lab.process import LabError
from lab.world import World

LOG_LINES = 80


@pytest.fixture(scope="module")
def world(request):
    """The lab, up for the tests of one file: what they leave at its servers reaches no others. Where
    idleness is tested, the watch begins at once."""
    with World() as lab:
        if any("idler" in item.fixturenames for item in request.session.items
               if item.path == request.path):
            lab.idler = IdleWatch(lab)
        yield lab


@pytest.fixture
def idler(world):
    return world.idler


@pytest.fixture
def say(request):
    """Prints a figure that the test measured; all are repeated at the end of the run."""
    def figure(text):
        request.node.user_properties.append(("figure", text))
        print(text)
    return figure


@pytest.fixture
def queue(world):
    world.queue.skip()
    return world.queue


class Peers:
    """Foreign programs of one test: started through this, stopped with the test."""

    def __init__(self, world):
        self.world, self.running = world, []

    def keep(self, peer):
        self.running.append(peer)
        return peer

    def stop(self):
        for peer in reversed(self.running):
            peer.stop()

    def slix(self, name, **how):
        return self.keep(self.world.slix(name, **how))

    def baresip(self, user="carol", letter="c", **how):
        """A phone of one of the cast, registered."""
        name = f"baresip-{user}"
        folder = os.path.join(self.world.folder, f"{name}-{len(os.listdir(self.world.folder))}")
        phone = self.keep(Baresip(
            self.world.queue, name, user, self.world.password(user), self.world.kamailio, DOMAIN,
            self.world.pulse, letter, self.world.ca, folder, **how).start())
        self.world.kamailio.wait_registered(user)
        return phone

    def linphone(self, user="carol", letter="c", **how):
        """Another maker's phone of one of the cast, registered."""
        name = f"linphone-{user}"
        folder = os.path.join(self.world.folder, f"{name}-{len(os.listdir(self.world.folder))}")
        phone = self.keep(Linphone(
            self.world.queue, name, user, self.world.password(user), self.world.kamailio, DOMAIN,
            self.world.pulse, letter, self.world.ca, folder, **how).start())
        self.world.kamailio.wait_registered(user)
        return phone

    def sipp(self, scenario, user="mallory", **how):
        return self.keep(Sipp(scenario, user, self.world.password(user), self.world.kamailio,
                              DOMAIN, os.path.join(self.world.folder, "sipp"), **how).start())


@pytest.fixture
def peers(world):
    group = Peers(world)
    yield group
    group.stop()


@pytest.fixture
def fresh(world):
    """Gives persons as new, without a daemon; afterwards each daemon must end well and silently.

    Ending well: exit status 0 on SIGTERM, so no sanitizer has a complaint and nothing aborted.
    Silently: no password in what it logged.
    """
    used = []

    def take(person):
        person.fresh()
        world.kamailio.forget(person.name)
        world.chat.forget_archive(world.jid(person.name))
        used.append(person)
        return person
    yield take
    for person in used:
        code = person.stop_daemon()
        assert code in (None, 0), f"{person.name}'s daemon ended with {code}"
        assert world.canary() not in person.log_text(), f"a password is in {person.log}"


@pytest.fixture
def alice(world, queue, fresh):
    """alice with a daemon and no accounts."""
    return fresh(world.alice).start_daemon()


@pytest.fixture
def bob(world, queue, fresh):
    return fresh(world.bob).start_daemon()


@pytest.fixture(scope="module")
def ejabberd(world):
    """The second XMPP server, up from the first test that needs it."""
    server = Ejabberd(os.path.join(world.folder, "second"), world.certificates)
    for user in ("alice", "carol", "dave"):
        server.add_user(f"{user}@{server.host}", world.password(user))
    return world.run(server).ready()


def pytest_collection_modifyitems(items):
    """The idle daemon is asked last: its watch runs meanwhile."""
    items.sort(key=lambda item: "idler" in item.fixturenames)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the log of every daemon that took part."""
    outcome = yield
    report = outcome.get_result()
    lab = item.funcargs.get("world") if hasattr(item, "funcargs") else None
    if not report.failed or lab is None or isinstance(call.excinfo.value, LabError):
        return
    for person in lab.persons:
        lines = person.log_text().splitlines()[-LOG_LINES:]
        if lines:
            report.sections.append((f"{person.name}'s daemon: {person.log}", "\n".join(lines)))


def pytest_terminal_summary(terminalreporter):
    lines = [f"{report.location[2]}: {text}"
             for reports in terminalreporter.stats.values() for report in reports
             for what, text in getattr(report, "user_properties", ())
             if what == "figure" and report.when == "call"]
    if lines:
        terminalreporter.section("figures")
    for line in sorted(lines):
        terminalreporter.write_line(line)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: one world for the whole run; fresh persons and peers for each test."""

import os

import pytest

from lab.ejabberd import Ejabberd
from lab.peers.baresip import Baresip
from lab.peers.sipp import Sipp
from lab.kamailio import DOMAIN
from lab.world import World

FIGURES = []


@pytest.fixture(scope="session")
def world():
    """The lab, up for the whole run."""
    with World() as lab:
        yield lab


@pytest.fixture
def say(request):
    """Prints a figure that the test measured; all are repeated at the end of the run."""
    def figure(text):
        FIGURES.append(f"{request.node.name}: {text}")
        print(text)
    return figure


@pytest.fixture
def queue(world):
    world.queue.skip()
    return world.queue


@pytest.fixture
def peers(world):
    """Foreign programs of one test: started through this, stopped with the test."""
    class Peers:
        running = []

        def keep(self, peer):
            self.running.append(peer)
            return peer

        def slix(self, name, **how):
            return self.keep(world.slix(name, **how))

        def baresip(self, user="carol", letter="c", **how):
            name = how.pop("name", f"baresip-{user}")
            folder = os.path.join(world.folder, f"{name}-{len(os.listdir(world.folder))}")
            return self.keep(Baresip(
                world.queue, name, user, world.password(user), world.kamailio, DOMAIN,
                world.pulse, letter, world.ca, folder, **how).start())

        def sipp(self, scenario, user="mallory", **how):
            return self.keep(Sipp(scenario, user, world.password(user), world.kamailio, DOMAIN,
                                  os.path.join(world.folder, "sipp"), **how).start())

    group = Peers()
    group.running = []
    yield group
    for peer in reversed(group.running):
        peer.stop()


@pytest.fixture(scope="session")
def ejabberd(world):
    """The second XMPP server, up from the first test that needs it."""
    return world.run(Ejabberd(os.path.join(world.folder, "ejabberd"), world.certificates,
                              {"alice": world.password("alice"),
                               "carol": world.password("carol")})).ready()


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("figures")
        for line in FIGURES:
            terminalreporter.write_line(line)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Many contacts: the login is quick, the bus stays quick, memory stays small (R36)."""

import os
import time

import pytest

from lab.meter import StallMeter, memory

CONTACTS = int(os.environ.get("R36_CONTACTS", "2000"))
USER = "popular"
MOST_MIB = {True: 150, False: 1500}  # a checked build has a shadow of all memory


@pytest.fixture(scope="module")
def popular(world):
    """An account with a long roster, written before it logs in."""
    world.chat.add_user(f"{USER}@xmpp.test", world.password(USER))
    world.chat.set_roster(f"{USER}@xmpp.test", {
        f"n{number}@xmpp.test": f"Number {number}" for number in range(CONTACTS)})


def test_R36_the_login_with_a_long_roster_is_quick_and_small(world, alice, popular, say):
    with StallMeter(alice) as meter:
        begin = time.monotonic()
        account = world.add_xmpp(alice, user=USER)
        alice.wait_state(account, "online")
        online = time.monotonic() - begin
        alice.until(lambda: len(alice.client.paths("Contact")) == CONTACTS, 20,
                    f"{CONTACTS} contacts")
        complete = time.monotonic() - begin
    resident, private = memory(alice.daemon.pid)
    say(f"{CONTACTS} contacts: online after {online:.2f} s, all seen after {complete:.2f} s; "
        f"{meter}; resident {resident:.0f} MiB, private {private:.0f} MiB")
    assert online < 5 and meter.failed is None and meter.worst < 100
    assert resident < MOST_MIB[os.environ.get("LAB_BUILD") == "build"]

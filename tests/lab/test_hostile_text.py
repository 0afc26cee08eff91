# SPDX-License-Identifier: GPL-3.0-or-later
"""What others write reaches the bus as text that cannot lie about itself (R3)."""

import random
import unicodedata

import pytest

from lab.events import seen
from lab.peers.slix import vcard

COUNT = 2000
# Direction overrides and isolates, zero-width characters, line ends, tabs, a BOM, a soft hyphen.
NASTY = ("\u202e\u202a\u202b\u202d\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
         "\u200b\u200c\u200d\u2060\ufeff\u00ad\n\t\r\u0085\u2028\u2029\u009b")
PLAIN = "abcXYZ 0189äßжא中🙂"


def hostile(number):
    """Some name, the same for each number; one in a hundred is very long."""
    chance = random.Random(number)
    length = 4096 if number % 100 == 0 else chance.randrange(1, 40)
    return "".join(chance.choice(NASTY if chance.random() < 0.4 else PLAIN)
                   for _ in range(length)) + "x"


def bad_in_line(text):
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn")]


def bad_in_body(text):
    """A body keeps line feeds, tabs, joiners and marks; never controls or overrides."""
    return [c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"
            or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"]


@pytest.fixture(scope="module")
def crowded(world):
    """An account whose roster is full of hostile names, written before it logs in."""
    names = {f"h{number}@xmpp.test": hostile(number) for number in range(COUNT)}
    world.chat.add_user("crowd@xmpp.test", world.password("crowd"))
    world.chat.set_roster("crowd@xmpp.test", names)
    return names


def test_R3_no_name_of_a_roster_has_a_control_or_a_direction_mark(world, alice, crowded, say):
    account = world.add_xmpp(alice, user="crowd")
    alice.wait_state(account, "online")
    alice.until(lambda: len(alice.client.paths("Contact")) == COUNT, 20, "all contacts are there")
    seen_names = [alice.client.fact(path, "Contact", "Name")
                  for path in alice.client.paths("Contact")]
    wrong = [name for name in seen_names if bad_in_line(name) or len(name) > 128]
    assert wrong == []
    # not emptied either: the letters are still there
    assert sum("x" in name or "…" in name for name in seen_names) == COUNT
    say(f"{COUNT} hostile names, {len(wrong)} with a control or a direction mark")


def test_R3_hostile_names_statuses_and_bodies_of_a_contact(world, queue, alice, peers):
    world.set_up(alice)
    dave = peers.slix("dave")
    contact = alice.contact(world.jid("dave"))
    alice.wait(contact, "Contact", "Availability", "online")
    dave.raw("<presence><status>in\u202eoffice&#10;now\u200b</status></presence>")
    text = alice.wait(contact, "Contact", "StatusMessage", lambda value: value.startswith("in"))
    assert bad_in_line(text) == [] and text == "inoffice now"
    chat = alice.call(contact, "Contact", "OpenChat")
    for number in range(20):
        dave.send(world.jid("alice"), hostile(number), receipt=False)
    dave.send(world.jid("alice"), "the last one", receipt=False)

    def bodies():
        messages = alice.call(chat, "Chat", "GetMessages", "(a{sv})", {})
        return [message["text"] for message in messages if message["direction"] == "in"]
    queue.wait(lambda: "the last one" in bodies(), 10, "the last message")
    assert len(bodies()) == 21
    assert [text for text in bodies() if bad_in_body(text)] == []


def test_R3_the_name_of_a_caller_is_one_plain_line(world, queue, alice, peers):
    world.set_up(alice)
    peers.sipp("caller", target="alice",
               headers=[], display="Bob\u202e\u200b <bob@xmpp.test>\t")
    call = alice.incoming()
    name = alice.get(call, "Call", "RemoteName")
    assert bad_in_line(name) == [] and "bob@xmpp.test" in name
    assert alice.get(call, "Call", "Contact") == "/"
    assert alice.get(call, "Call", "Identity") != "verified"
    alice.call(call, "Call", "Decline", "(a{sv})", {})

# SPDX-License-Identifier: GPL-3.0-or-later
"""The address books of the desktop: a real Evolution Data Server on the person's bus (C54).

Only with a daemon that was built with WITH_EDS=1, where the server's programs are: `make check-eds`.
"""

import os
import subprocess

import pytest
from gi.repository import Gio, GLib

from lab.test_addressbook import end_incoming

SERVERS = {"org.gnome.evolution.dataserver.Sources5": "evolution-source-registry",
           "org.gnome.evolution.dataserver.AddressBook10": "evolution-addressbook-factory"}
FOLDER = "/usr/libexec"
BOOK = "org.gnome.evolution.dataserver.AddressBook"
CARD = ("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:David\r\nX-JABBER:{jid}\r\n"
        "TEL;TYPE=HOME:{number}\r\nEND:VCARD\r\n")


def libraries(program):
    return subprocess.run(["ldd", program], capture_output=True, text=True).stdout


@pytest.fixture
def desktop(world, fresh, queue):
    """alice on a desktop with address books; her daemon runs."""
    if "libebook" not in libraries(os.path.join(world.programs, "cusaxd")):
        pytest.skip("this daemon was built without WITH_EDS=1 (make check-eds)")
    missing = [name for name in SERVERS.values() if not os.path.exists(f"{FOLDER}/{name}")]
    if missing:
        pytest.skip(f"Evolution Data Server is not installed: {' '.join(missing)}")
    alice = fresh(world.alice)
    for name, program in SERVERS.items():
        alice.bus.offer(name, f"{FOLDER}/{program}")
    alice.client.connection.call_sync(
        "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig",
        None, None, Gio.DBusCallFlags.NONE, 5000, None)
    return alice.start_daemon()


class Book:
    """The desktop's own address book, as another program sees it."""

    def __init__(self, person):
        self.connection = person.client.connection
        path, self.name = self._call(
            "org.gnome.evolution.dataserver.AddressBook10",
            "/org/gnome/evolution/dataserver/AddressBookFactory", f"{BOOK}Factory",
            "OpenAddressBook", "(s)", "system-address-book")
        self.path = path
        self.call("Open")

    def _call(self, name, path, interface, method, signature=None, *arguments):
        body = GLib.Variant(signature, arguments) if signature else None
        return self.connection.call_sync(name, path, interface, method, body, None,
                                         Gio.DBusCallFlags.NONE, 20000, None).unpack()

    def call(self, method, signature=None, *arguments):
        return self._call(self.name, self.path, BOOK, method, signature, *arguments)


def test_C54_C55_the_desktop_s_address_book_tells_who_calls_while_it_changes(
        world, desktop, peers, say):
    alice = desktop
    world.set_up(alice)
    contact = alice.contact(world.jid("dave"))
    book = Book(alice)
    card = CARD.format(uid="david", jid=world.jid("dave"), number=world.sip_uri("mallory"))
    (uid,), = book.call("CreateContacts", "(asu)", [card], 0)
    alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" in words)
    peers.sipp("caller", target="alice")
    call = alice.incoming()
    alice.wait(call, "Call", "Identity", "verified")
    assert alice.get(call, "Call", "IdentitySource") == "address-book"
    say("verified by the desktop's address book")
    other = CARD.format(uid=uid, jid=world.jid("dave"), number="tel:+33199999999")
    book.call("ModifyContacts", "(asu)", [other], 0)
    alice.wait(call, "Call", "Identity", "unknown")
    book.call("RemoveContacts", "(asu)", [uid], 0)
    alice.wait(contact, "Contact", "Capabilities", lambda words: "audio" not in words)
    end_incoming(alice, call)

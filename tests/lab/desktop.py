# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine around a daemon: a private system bus with a logind and a NetworkManager to play."""

import os
import sys

from gi.repository import Gio, GLib

from lab.api import connect
from lab.bus import Bus
from lab.process import Process

LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
NETWORK = ("org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager",
           "org.freedesktop.NetworkManager")
MOCK = "org.freedesktop.DBus.Mock"
CONNECTED, ALONE = 4, 1  # NMConnectivityState: full, none


class Desktop:
    """Both are python-dbusmock's templates. start_daemon(environment()) puts a daemon on it."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.bus = Bus(folder)
        self.mocks = []

    def start(self):
        self.bus.start().ready()
        for template in ("logind", "networkmanager"):
            self.mocks.append(Process(
                template, [sys.executable, "-m", "dbusmock", "--system", "--template", template],
                os.path.join(self.folder, f"{template}.log"), env=self.environment()).start())
        self.connection = connect(self.bus.address)
        for mock, (name, _, _) in zip(self.mocks, (LOGIND, NETWORK)):
            mock.ready(lambda name=name: self._owned(name))
        return self

    def stop(self):
        for mock in self.mocks:
            mock.stop()
        self.bus.stop()

    def environment(self):
        return {"DBUS_SYSTEM_BUS_ADDRESS": self.bus.address,
                "GIO_USE_NETWORK_MONITOR": "networkmanager"}

    def sleep(self):
        self._emit("PrepareForSleep", GLib.Variant("b", True))

    def wake(self):
        self._emit("PrepareForSleep", GLib.Variant("b", False))

    def link(self, connectivity):
        """Another state of the network: CONNECTED, ALONE."""
        name, path, face = NETWORK
        self._call(name, path, MOCK, "UpdateProperties", GLib.Variant(
            "(sa{sv})", (face, {"Connectivity": GLib.Variant("u", connectivity)})))

    def _emit(self, signal, *values):
        name, path, face = LOGIND
        self._call(name, path, MOCK, "EmitSignal", GLib.Variant(
            "(sssav)", (face, signal, "".join(v.get_type_string() for v in values), values)))

    def _call(self, name, path, face, method, arguments):
        return self.connection.call_sync(name, path, face, method, arguments, None,
                                         Gio.DBusCallFlags.NONE, 5000, None)

    def _owned(self, name):
        return self._call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                          "NameHasOwner", GLib.Variant("(s)", (name,))).unpack()[0]

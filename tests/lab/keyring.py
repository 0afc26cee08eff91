# SPDX-License-Identifier: GPL-3.0-or-later
"""The Secret Service of one person: gnome-keyring-daemon with a known password."""

import os
import signal

from gi.repository import Gio, GLib

from lab.process import LabError, Process, until

NAME = "org.freedesktop.secrets"
ROOT = "/org/freedesktop/secrets"
LOGIN = "/org/freedesktop/secrets/collection/login"
SERVICE = "org.freedesktop.Secret.Service"
INTERNAL = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"


class Keyring:
    def __init__(self, folder, env, password="lab keyring"):
        """env: the person's environment (bus address and private folders)."""
        self.folder, self.env, self.password = folder, env, password
        self.process = None

    def start(self):
        """Starts unlocked; the login collection is made on the first start."""
        reader, writer = os.pipe()
        try:
            self.process = Process(
                "gnome-keyring-daemon", ["gnome-keyring-daemon", "--foreground", "--unlock",
                                         "--components=secrets"],
                os.path.join(self.folder, "keyring.log"), env=self.env, stdin=reader).start()
            os.write(writer, self.password.encode())
        finally:
            os.close(reader)
            os.close(writer)
        return self

    def ready(self, connection):
        self.connection = connection
        self.process.ready(self._owned)
        until(lambda: not self.locked(), 5, "the keyring is unlocked")
        return self

    def stop(self, signum=signal.SIGTERM):
        if self.process:
            self.process.stop(signum)

    def _owned(self):
        answer = self.connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
            GLib.Variant("(s)", (NAME,)), None, Gio.DBusCallFlags.NONE, 2000, None)
        return answer.unpack()[0]

    def _call(self, path, interface, method, arguments=None):
        return self.connection.call_sync(NAME, path, interface, method, arguments, None,
                                         Gio.DBusCallFlags.NONE, 5000, None)

    def locked(self):
        try:
            answer = self._call(LOGIN, "org.freedesktop.DBus.Properties", "Get", GLib.Variant(
                "(ss)", ("org.freedesktop.Secret.Collection", "Locked")))
        except GLib.Error:
            return True
        return answer.unpack()[0]

    def lock(self):
        self._call(ROOT, SERVICE, "Lock", GLib.Variant("(ao)", ([LOGIN],)))
        if not self.locked():
            raise LabError("the keyring did not lock")

    def unlock(self):
        """As a login manager does it, with the password and no prompt."""
        session = self._call(ROOT, SERVICE, "OpenSession", GLib.Variant(
            "(sv)", ("plain", GLib.Variant("s", "")))).unpack()[1]
        secret = (session, b"", self.password.encode(), "text/plain")
        self._call(ROOT, INTERNAL, "UnlockWithMasterPassword",
                   GLib.Variant("(o(oayays))", (LOGIN, secret)))
        until(lambda: not self.locked(), 5, "the keyring unlocks")

    def secrets(self):
        """Every secret in the keyring: (label, attributes, secret)."""
        session = self._call(ROOT, SERVICE, "OpenSession", GLib.Variant(
            "(sv)", ("plain", GLib.Variant("s", "")))).unpack()[1]
        unlocked, _ = self._call(ROOT, SERVICE, "SearchItems",
                                 GLib.Variant("(a{ss})", ({},))).unpack()
        found = []
        for item in unlocked:
            try:
                facts = self._call(item, "org.freedesktop.DBus.Properties", "GetAll", GLib.Variant(
                    "(s)", ("org.freedesktop.Secret.Item",))).unpack()[0]
                secret = self._call(item, "org.freedesktop.Secret.Item", "GetSecret",
                                    GLib.Variant("(o)", (session,))).unpack()[0]
            except GLib.Error:
                continue  # deleted since the search
            found.append((facts["Label"], facts["Attributes"], bytes(secret[2]).decode()))
        return found

    def forget(self):
        """Deletes every secret, so that the next test starts with an empty keyring."""
        unlocked, _ = self._call(ROOT, SERVICE, "SearchItems",
                                 GLib.Variant("(a{ss})", ({},))).unpack()
        for item in unlocked:
            self._call(item, "org.freedesktop.Secret.Item", "Delete")

# SPDX-License-Identifier: GPL-3.0-or-later
"""The D-Bus API as a client sees it: names, typed options, calls, and a mirror of all objects."""

from gi.repository import Gio, GLib

NAME = "org.cusax.Cusax1"
ROOT = "/org/cusax/Cusax1"
ERROR = f"{NAME}.Error."
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
CALL_TIMEOUT = 15

# Option keys whose value is neither string, boolean nor list of strings.
TYPES = {"port": "u", "priority": "i", "expires": "u", "rtp-ports": "(qq)", "limit": "u",
         "since": "x", "until": "x", "max-incoming-calls": "u", "history-days": "u",
         "keepalive": "u",
         "account": "o", "contact": "o"}


class Failure(Exception):
    """A method failed; `name` is the error's last part, `full` its whole D-Bus name."""

    def __init__(self, error):
        self.full = Gio.DBusError.get_remote_error(error) or ""
        self.name = self.full[len(ERROR):] if self.full.startswith(ERROR) else self.full
        self.text = error.message
        super().__init__(f"{self.name or 'local error'}: {self.text}")


def options(values):
    """A plain dict as a{sv}, with the types of the API's documentation."""
    def variant(key, value):
        if isinstance(value, GLib.Variant):
            return value
        if key in TYPES:
            return GLib.Variant(TYPES[key], value)
        if isinstance(value, bool):
            return GLib.Variant("b", value)
        if isinstance(value, (list, tuple)):
            return GLib.Variant("as", list(value))
        return GLib.Variant("s", value)
    return {key: variant(key, value) for key, value in values.items()}


def interface(name):
    return name if "." in name else f"{NAME}.{name}"


def connect(address):
    """A connection of one's own to a bus."""
    flags = Gio.DBusConnectionFlags
    connection = Gio.DBusConnection.new_for_address_sync(
        address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
    connection.set_exit_on_close(False)
    return connection


class Client:
    """One connection to one person's bus. What it hears goes to the queue and into the mirror.

    `objects`: path → interface (last part of its name) → property → value.
    """

    def __init__(self, address, source, queue):
        self.source, self.queue = source, queue
        self.connection = connect(address)
        self.objects = {}
        self.owner = ""
        flags = Gio.DBusSignalFlags.NONE
        self.connection.signal_subscribe(NAME, None, None, None, None, flags, self._heard)
        self.connection.signal_subscribe("org.freedesktop.DBus", "org.freedesktop.DBus",
                                         "NameOwnerChanged", None, NAME, flags, self._owner_changed)

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def call(self, path, where, method, signature=None, *arguments, timeout=CALL_TIMEOUT):
        """Calls a method; returns its one result, a tuple of several, or None. Failure on error."""
        body = GLib.Variant(signature, arguments) if signature else None
        try:
            answer = self.connection.call_sync(NAME, path, interface(where), method, body, None,
                                               Gio.DBusCallFlags.NO_AUTO_START,
                                               int(timeout * 1000), None)
        except GLib.Error as error:
            raise Failure(error) from None
        values = answer.unpack()
        return values[0] if len(values) == 1 else values or None

    def get(self, path, where, name):
        return self.call(path, PROPERTIES, "Get", "(ss)", interface(where), name)

    def get_all(self, path, where):
        return self.call(path, PROPERTIES, "GetAll", "(s)", interface(where))

    def set(self, path, where, name, value):
        """value: a GLib.Variant, or a string or boolean."""
        if not isinstance(value, GLib.Variant):
            value = GLib.Variant("b" if isinstance(value, bool) else "s", value)
        self.call(path, PROPERTIES, "Set", "(ssv)", interface(where), name, value)

    def present(self):
        """Whether the daemon owns its name; fills the mirror when it just appeared."""
        if not self.owner:
            answer = self.connection.call_sync(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                "NameHasOwner", GLib.Variant("(s)", (NAME,)), None, Gio.DBusCallFlags.NONE,
                2000, None)
            if answer.unpack()[0]:
                self.owner = "present"
                self._load()
        return bool(self.owner)

    def paths(self, where):
        """Paths of all objects with this interface."""
        return sorted(path for path, faces in self.objects.items() if where in faces)

    def fact(self, path, where, name):
        """A property from the mirror; None while it is not known."""
        return self.objects.get(path, {}).get(where, {}).get(name)

    def find(self, where, **facts):
        """The path of the first object whose properties have these values, or None."""
        for path in self.paths(where):
            if all(self.fact(path, where, name) == value for name, value in facts.items()):
                return path
        return None

    def _load(self):
        answer = self.connection.call_sync(NAME, ROOT, MANAGER, "GetManagedObjects", None, None,
                                           Gio.DBusCallFlags.NO_AUTO_START, 10000, None)
        for path, faces in answer.unpack()[0].items():
            self._merge(path, faces)

    def _merge(self, path, faces):
        known = self.objects.setdefault(path, {})
        for face, facts in faces.items():
            known.setdefault(face.rpartition(".")[2], {}).update(facts)

    def _owner_changed(self, _c, _sender, _path, _face, _signal, parameters):
        _, _, self.owner = parameters.unpack()
        self.objects.clear()
        if self.owner:
            try:
                self._load()
            except GLib.Error:
                self.owner = ""
        self.queue.push(self.source, "owner", present=bool(self.owner))

    def _heard(self, _c, _sender, path, face, signal, parameters):
        values = parameters.unpack()
        if face == PROPERTIES:
            where = values[0].rpartition(".")[2]
            self._merge(path, {values[0]: values[1]})
            self.queue.push(self.source, "properties", path=path, interface=where,
                            changed=values[1])
        elif face == MANAGER and signal == "InterfacesAdded":
            self._merge(*values)
            faces = [name.rpartition(".")[2] for name in values[1]]
            self.queue.push(self.source, "added", path=values[0], interfaces=faces)
        elif face == MANAGER and signal == "InterfacesRemoved":
            for name in values[1]:
                self.objects.get(values[0], {}).pop(name.rpartition(".")[2], None)
            if not self.objects.get(values[0]):
                self.objects.pop(values[0], None)
            self.queue.push(self.source, "removed", path=values[0])
        elif face.startswith(NAME):
            self.queue.push(self.source, "signal", path=path, interface=face.rpartition(".")[2],
                            member=signal, values=values)

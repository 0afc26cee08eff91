# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the daemon: the interfaces of dbus/*.xml over plain dictionaries, on one bus."""

import glob
import os
import threading

from gi.repository import Gio, GLib

NAME = "org.cusax.Cusax1"
ROOT = "/org/cusax/Cusax1"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

MANAGER_XML = """<node><interface name="org.freedesktop.DBus.ObjectManager">
<method name="GetManagedObjects"><arg name="objects" type="a{oa{sa{sv}}}" direction="out"/></method>
<signal name="InterfacesAdded"><arg type="o"/><arg type="a{sa{sv}}"/></signal>
<signal name="InterfacesRemoved"><arg type="o"/><arg type="as"/></signal>
</interface></node>"""

NEUTRAL = {"s": "", "o": "/", "b": False, "u": 0, "x": 0, "as": [], "a{sv}": {}, "a{sb}": {}, "(uu)": (0, 0),
           "a(ssix)": [], "a(sasss)": [], "aa{sv}": [], "t": 0}


class Refusal(Exception):
    """A method of the world answers with this error."""

    def __init__(self, name, text="no"):
        super().__init__(text)
        self.name = name if "." in name else "%s.Error.%s" % (NAME, name)


def interfaces():
    """Interface infos of dbus/*.xml by the last part of their names."""
    found = {}
    for path in glob.glob(os.path.join(TOP, "dbus", "*.xml")):
        with open(path, encoding="utf-8") as file:
            for info in Gio.DBusNodeInfo.new_for_xml(file.read()).interfaces:
                found[info.name.rsplit(".", 1)[1]] = info
    return found


class World:
    """Objects with facts; what was called; and what the methods answer.

    answers: "Kind.Method" -> function(world, path, arguments) giving a GLib.Variant or None.
    calls: list of (path, "Kind.Method", arguments).
    """

    def __init__(self, address):
        flags = Gio.DBusConnectionFlags
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        self.infos = interfaces()
        self.objects, self.answers, self.calls = {}, {}, []
        self.registered = {}
        manager = Gio.DBusNodeInfo.new_for_xml(MANAGER_XML).interfaces[0]
        self.bus.register_object(ROOT, manager, self._objects, None, None)
        self.loop = GLib.MainLoop()
        self.thread = threading.Thread(target=self.loop.run, daemon=True)
        self.thread.start()

    def _variant(self, kind, name, value):
        return GLib.Variant(self.infos[kind].lookup_property(name).signature, value)

    def add(self, kind, path, **facts):
        """Puts an object with these facts, the others neutral, on the bus."""
        info = self.infos[kind]
        values = {prop.name: NEUTRAL[prop.signature] for prop in info.properties or []}
        values.update(facts)
        self.objects.setdefault(path, {})[kind] = values
        self.registered.setdefault(path, []).append(self.bus.register_object(
            path, info, self._called,
            lambda _b, _s, at, face, name: self._read(at, face, name),
            lambda _b, _s, at, face, name, value: self._write(at, face, name, value)))
        if path != ROOT:
            self.bus.emit_signal(None, ROOT, OBJECT_MANAGER, "InterfacesAdded", GLib.Variant(
                "(oa{sa{sv}})", (path, {info.name: self._facts(path, kind)})))
        return path

    def remove(self, path):
        for number in self.registered.pop(path):
            self.bus.unregister_object(number)
        kinds = self.objects.pop(path)
        self.bus.emit_signal(None, ROOT, OBJECT_MANAGER, "InterfacesRemoved", GLib.Variant(
            "(oas)", (path, ["%s.%s" % (NAME, kind) for kind in kinds])))

    def change(self, path, kind, **facts):
        if path not in self.objects:
            return
        self.objects[path][kind].update(facts)
        self.bus.emit_signal(None, path, PROPERTIES, "PropertiesChanged", GLib.Variant(
            "(sa{sv}as)", ("%s.%s" % (NAME, kind), {
                name: self._variant(kind, name, value) for name, value in facts.items()}, [])))

    def signal(self, path, kind, name, variant):
        self.bus.emit_signal(None, path, "%s.%s" % (NAME, kind), name, variant)

    def own(self):
        self._ask("RequestName", GLib.Variant("(su)", (NAME, 4)))

    def disown(self):
        self._ask("ReleaseName", GLib.Variant("(s)", (NAME,)))

    def _ask(self, method, arguments):
        self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           method, arguments, None, Gio.DBusCallFlags.NONE, -1, None)

    def _facts(self, path, kind):
        return {name: self._variant(kind, name, value)
                for name, value in self.objects[path][kind].items()}

    def _objects(self, _bus, _sender, _path, _face, _method, _arguments, invocation):
        tree = {path: {"%s.%s" % (NAME, kind): self._facts(path, kind) for kind in kinds}
                for path, kinds in self.objects.items() if path != ROOT}
        invocation.return_value(GLib.Variant("(a{oa{sa{sv}}})", (tree,)))

    def _read(self, path, face, name):
        kind = face.rsplit(".", 1)[1]
        return self._variant(kind, name, self.objects[path][kind][name])

    def _write(self, path, face, name, value):
        kind = face.rsplit(".", 1)[1]
        self.calls.append((path, "%s.%s=" % (kind, name), value.unpack()))
        self.change(path, kind, **{name: value.unpack()})
        return True

    def _called(self, _bus, _sender, path, face, method, arguments, invocation):
        name = "%s.%s" % (face.rsplit(".", 1)[1], method)
        self.calls.append((path, name, arguments.unpack()))
        try:
            answer = self.answers.get(name, lambda *_: None)(self, path, arguments.unpack())
        except Refusal as refusal:
            invocation.return_dbus_error(refusal.name, str(refusal))
            return
        invocation.return_value(answer)

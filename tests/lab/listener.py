# SPDX-License-Identifier: GPL-3.0-or-later
"""Hears signals on a bus by a socket of its own, with the time they were read at: for measuring."""

import os
import queue
import socket
import threading

from gi.repository import Gio, GLib

from lab.clocked import Clocked

BUS = "org.freedesktop.DBus"
HEADER = 16  # tells the length of the message


class Listener:
    """heard: a queue of (time, message) of the signals that match the rule."""

    def __init__(self, address, rule):
        self.heard = queue.Queue()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(address.partition("path=")[2].partition(",")[0])
        user = str(os.geteuid()).encode().hex().encode()
        self._socket.sendall(b"\0AUTH EXTERNAL " + user + b"\r\n")
        assert self._socket.recv(4096).startswith(b"OK "), "the bus lets nobody in"
        self._socket.sendall(b"BEGIN\r\n")
        self._call(1, "Hello")
        self._call(2, "AddMatch", GLib.Variant("(s)", (rule,)))
        self._reader = Clocked(self._socket)
        self._when, self._data = 0.0, b""
        while self._next()[1].get_reply_serial() != 2:
            pass
        threading.Thread(target=self._listen, daemon=True, name="listener").start()

    def _call(self, serial, method, body=None):
        message = Gio.DBusMessage.new_method_call(BUS, "/org/freedesktop/DBus", BUS, method)
        message.set_serial(serial)
        if body:
            message.set_body(body)
        self._socket.sendall(bytes(message.to_blob(Gio.DBusCapabilityFlags.NONE)))

    def _next(self):
        while True:
            if len(self._data) >= HEADER:
                size = Gio.DBusMessage.bytes_needed(self._data[:HEADER])
                if len(self._data) >= size:
                    blob, self._data = self._data[:size], self._data[size:]
                    return self._when, Gio.DBusMessage.new_from_blob(blob, Gio.DBusCapabilityFlags.NONE)
            self._when, more = self._reader.read()
            if not more:
                raise ConnectionError("the bus is gone")
            self._data += more

    def _listen(self):
        try:
            while True:
                self.heard.put(self._next())
        except OSError:
            return

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.close()

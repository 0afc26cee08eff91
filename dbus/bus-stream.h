/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to the bus, on which signals by the thousand take no more than one write. */
/* Main thread; the socket is written to by the worker thread of GDBus. */
#pragma once

#include <gio/gio.h>

#include "dbus/bus-wire.h"

/* GDBus takes each message through a queue, a task and a write of its own, a thousand times for a
 * thousand contacts. Here, signals that wait together go through it as one: all but the last lie ready
 * in the form of the wire, and go out right ahead of the last, which GDBus sends. So they keep their
 * place among all else that is sent. */
typedef struct CusaxBusStream CusaxBusStream;

/* Connects to a message bus. NULL: it failed. */
CusaxBusStream *cusax_bus_stream_new(const char *address, GError **error);
/* Does not close the connection. */
void cusax_bus_stream_free(CusaxBusStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBusStream, cusax_bus_stream_free)

/* Borrowed. */
GDBusConnection *cusax_bus_stream_connection(CusaxBusStream *stream);

/* Where the next signals are to be written, whole ones. */
CusaxBusWire *cusax_bus_stream_wire(CusaxBusStream *stream);
/* Sends what was written there. */
void cusax_bus_stream_send(CusaxBusStream *stream);

/* The bus takes it slower than it comes: what is not urgent should wait, so that it is not piled up
 * here. source (borrowed until the stream is freed, or NULL is set) is made ready once there is room. */
gboolean cusax_bus_stream_is_full(CusaxBusStream *stream);
void cusax_bus_stream_set_room(CusaxBusStream *stream, GSource *source);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals in the form in which they go over the wire (D-Bus specification, "Message Protocol"). */
/* Main thread. */
#pragma once

#include <gio/gio.h>

/* GDBus takes ten times as long to write a signal, by way of a tree of values. Embedded; holds signals
 * one after the other, in our byte order. Everything is written between begin and end of a signal, in
 * the order of its signature. */
typedef struct {
	GByteArray *bytes;
	guint start;    /* of the last signal; alignment counts from there */
	guint body;     /* of its arguments */
	guint32 serial; /* nobody answers a signal: it only must not be 0 */
} CusaxBusWire;

void cusax_bus_wire_init(CusaxBusWire *wire);
void cusax_bus_wire_clear(CusaxBusWire *wire);

void cusax_bus_wire_begin(CusaxBusWire *wire, const char *path, const char *interface,
			  const char *member, const char *signature);
void cusax_bus_wire_end(CusaxBusWire *wire);

/* One value. Text that is no UTF-8 is made so: the bus would end the connection. */
void cusax_bus_wire_boolean(CusaxBusWire *wire, gboolean value);
void cusax_bus_wire_uint32(CusaxBusWire *wire, guint32 value);
void cusax_bus_wire_uint64(CusaxBusWire *wire, guint64 value);
void cusax_bus_wire_string(CusaxBusWire *wire, const char *text); /* "s" and "o" */
/* The same of several pieces, ASCII, NULL after the last. */
void cusax_bus_wire_pieces(CusaxBusWire *wire, const char *piece, ...) G_GNUC_NULL_TERMINATED;
void cusax_bus_wire_signature(CusaxBusWire *wire, const char *signature);
void cusax_bus_wire_struct(CusaxBusWire *wire); /* before a struct or an entry of a dictionary */
void cusax_bus_wire_value(CusaxBusWire *wire, GVariant *value); /* of any type, as it is */

/* What stands ready: written once before, and the same each time. Begins like a struct. */
void cusax_bus_wire_ready(CusaxBusWire *wire, const CusaxBusWire *ready);

/* Around the elements of an array: element is the first character of the signature of one. */
typedef struct {
	guint length; /* where it stands */
	guint first;  /* where the elements begin */
} CusaxBusWireArray;

CusaxBusWireArray cusax_bus_wire_array(CusaxBusWire *wire, char element);
void cusax_bus_wire_array_end(CusaxBusWire *wire, CusaxBusWireArray array);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties on the bus, read from the properties of models. */
/* Main thread. */
#pragma once

#include <gio/gio.h>

#include "daemon/model/object.h"
#include "dbus/bus-wire.h"

/* How the properties of one interface are read from one type of model: StateReason is the GObject
 * property state-reason. Conversion follows the signature in the XML: enumerations become their
 * words, sets of features "as", models their object path, NULL an empty string or array. */
typedef struct CusaxBusMirror CusaxBusMirror;

/* info: borrowed, static. A property of the XML that the model does not have is a programming
 * error. An interface has at most 64 properties. */
CusaxBusMirror *cusax_bus_mirror_new(GType type, GDBusInterfaceInfo *info);
void cusax_bus_mirror_free(CusaxBusMirror *mirror);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBusMirror, cusax_bus_mirror_free)

GDBusInterfaceInfo *cusax_bus_mirror_info(CusaxBusMirror *mirror);

/* One property as it is now: a full reference; NULL where the interface has none of that name. */
GVariant *cusax_bus_mirror_get(CusaxBusMirror *mirror, CusaxObject *object, const char *property);

/* A set of properties, one bit each. */
#define CUSAX_BUS_MIRROR_ALL G_MAXUINT64

/* The properties that these stand for, as far as their changes are announced. */
guint64 cusax_bus_mirror_set_of(CusaxBusMirror *mirror, GParamSpec **pspecs, guint n);

/* The properties of the set as they are now: a floating a{sv}. */
GVariant *cusax_bus_mirror_collect(CusaxBusMirror *mirror, CusaxObject *object, guint64 set);

/* The same, written as a signal's a{sv}: without a value of GLib's in between wherever the model has
 * it in a field. */
void cusax_bus_mirror_write(CusaxBusMirror *mirror, CusaxBusWire *wire, CusaxObject *object,
			    guint64 set);

/* The interface with all its properties: a floating a{sa{sv}}. */
GVariant *cusax_bus_mirror_interfaces(CusaxBusMirror *mirror, CusaxObject *object);
/* The same, written. */
void cusax_bus_mirror_write_interfaces(CusaxBusMirror *mirror, CusaxBusWire *wire,
				       CusaxObject *object);
/* The path of an object, as an argument; NULL: "/". */
void cusax_bus_mirror_write_path(CusaxBusWire *wire, CusaxObject *object);

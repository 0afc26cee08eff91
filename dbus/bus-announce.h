/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the daemon tells the bus of its own accord, in one order. */
/* Main thread. */
#pragma once

#include <gio/gio.h>

#include "dbus/bus-mirror.h"
#include "dbus/bus-stream.h"

/* All announcements go through one queue: objects that come and go, properties that change,
 * moments, snapshots. It is sent at the next turn of the main loop, in turns of a few milliseconds.
 * So changes of one turn are one PropertiesChanged for each object; a moment comes after the changes
 * that were made before it; an object is announced before others point to it. */
typedef struct CusaxBusAnnounce CusaxBusAnnounce;

/* Takes over a snapshot that was put in the queue. Nothing is sent any more until it calls
 * cusax_bus_announce_resume(): what it reads is consistent with what was sent before. */
typedef void (*CusaxBusSnapshot)(gpointer data);

CusaxBusAnnounce *cusax_bus_announce_new(CusaxBusStream *stream /* borrowed */);
/* Sends the whole queue first, unless it is held by a snapshot. */
void cusax_bus_announce_free(CusaxBusAnnounce *announce);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBusAnnounce, cusax_bus_announce_free)

/* An object with its interface: InterfacesAdded with its properties as they are when it is sent. */
void cusax_bus_announce_added(CusaxBusAnnounce *announce, CusaxBusMirror *mirror,
			      CusaxObject *object);
/* The object must still be readable: its last changes are read now. */
void cusax_bus_announce_removed(CusaxBusAnnounce *announce, CusaxBusMirror *mirror,
				CusaxObject *object);
void cusax_bus_announce_changed(CusaxBusAnnounce *announce, CusaxBusMirror *mirror,
				CusaxObject *object, guint64 set);
void cusax_bus_announce_moment(CusaxBusAnnounce *announce, CusaxBusMirror *mirror,
			       CusaxObject *object, const char *name, GVariant *args);
void cusax_bus_announce_snapshot(CusaxBusAnnounce *announce, CusaxBusSnapshot snapshot,
				 gpointer data);
void cusax_bus_announce_resume(CusaxBusAnnounce *announce);

/* Sends now what a turn may send. */
void cusax_bus_announce_flush(CusaxBusAnnounce *announce);

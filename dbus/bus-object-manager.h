/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.freedesktop.DBus.ObjectManager at the root: all objects in one answer. */
/* Main thread. */
#pragma once

#include "dbus/bus-announce.h"
#include "dbus/bus-request.h"

typedef struct CusaxBusObjectManager CusaxBusObjectManager;

/* mirrors: GType -> CusaxBusMirror of the objects below the root; all arguments are borrowed. */
CusaxBusObjectManager *cusax_bus_object_manager_new(GDBusConnection *connection,
						    CusaxRegistry *registry, GHashTable *mirrors,
						    CusaxBusAnnounce *announce);
/* Free announce first: it may still hold a snapshot. */
void cusax_bus_object_manager_free(CusaxBusObjectManager *manager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBusObjectManager, cusax_bus_object_manager_free)

/* Static. */
GDBusInterfaceInfo *cusax_bus_object_manager_info(void);

/* Answers GetManagedObjects, in turns of a few milliseconds. Until then announcements wait, so that
 * the answer together with what is announced after it is the truth. */
void cusax_bus_object_manager_get(CusaxBusObjectManager *manager, CusaxBusRequest *request);

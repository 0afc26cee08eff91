/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interfaces on the bus: messages find their object, their handler, their property. */
/* Main thread. */
#pragma once

#include "daemon/model/registry.h"
#include "dbus/bus-interface.h"
#include "dbus/bus-mirror.h"
#include "dbus/bus-request.h"

/* One interface on one connection. Embedded in the bus; requests and registry are set before
 * anything is exported. */
typedef struct {
	const CusaxBusInterface *interface;
	CusaxBusMirror *mirror;
	CusaxBusRequests *requests; /* borrowed */
	CusaxRegistry *registry;    /* borrowed */
	guint object_id, subtree_id;
} CusaxBusExport;

/* Makes the mirror. */
void cusax_bus_export_init(CusaxBusExport *export, const CusaxBusInterface *interface);

/* At the root object. */
gboolean cusax_bus_export_root(CusaxBusExport *export, GDBusConnection *connection, GError **error);

/* At every object of its model, also those that come later: they are found in the registry when
 * they are asked for, so that an object costs nothing here. */
gboolean cusax_bus_export_subtree(CusaxBusExport *export, GDBusConnection *connection,
				  GError **error);

/* Takes it off the bus and frees the mirror. */
void cusax_bus_export_clear(CusaxBusExport *export, GDBusConnection *connection);

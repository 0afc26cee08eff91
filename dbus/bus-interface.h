/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the bus knows of each interface: its model, its introspection data, its handlers. */
/* Main thread. */
#pragma once

#include "daemon/core.h"
#include "dbus/bus-request.h"

/* Handles one method, or one change of a property. parameters: the tuple of in-arguments, of the
 * signature in the XML; for a property its new value. object: the model, alive for the time of the
 * handler. Either the handler returns TRUE and has handed request to a verb of the core whose callback
 * is one of cusax_bus_reply_*(), or it returns FALSE with an error. */
typedef gboolean (*CusaxBusHandle)(CusaxBusRequest *request, CusaxObject *object,
				   GVariant *parameters, GError **error);

typedef struct {
	const char *name;      /* of the method or property; NULL ends a table */
	CusaxBusHandle handle; /* NULL: belongs to later work, answers Unsupported */
} CusaxBusMember;

typedef struct {
	GType (*type)(void); /* the model whose objects have the interface */
	GDBusInterfaceInfo *(*info)(void);
	const CusaxBusMember *methods;
	const CusaxBusMember *properties; /* the writable ones */
} CusaxBusInterface;

/* One file each: bus-manager.c and so on. */
extern const CusaxBusInterface cusax_bus_manager;
extern const CusaxBusInterface cusax_bus_admin;
extern const CusaxBusInterface cusax_bus_account;
extern const CusaxBusInterface cusax_bus_service;
extern const CusaxBusInterface cusax_bus_contact;
extern const CusaxBusInterface cusax_bus_chat;
extern const CusaxBusInterface cusax_bus_room;
extern const CusaxBusInterface cusax_bus_call;
extern const CusaxBusInterface cusax_bus_transfer;

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon on the session bus: mirrors models, turns methods into verbs of the core. */
/* Main thread. */
#pragma once

#include "daemon/core.h"
#include "daemon/model/registry.h"

typedef struct CusaxBus CusaxBus;

typedef enum {
	CUSAX_BUS_OWNED, /* the name is ours: clients find the daemon */
	CUSAX_BUS_TAKEN, /* the name belongs to somebody else: a second daemon; final */
	CUSAX_BUS_LOST,  /* the name or the bus was ours and is gone; final */
} CusaxBusEvent;

/* Called from the main loop, never from inside a function of this header. It may free the bus. */
typedef void (*CusaxBusHandler)(CusaxBusEvent event, gpointer data);

/* Connects to the bus at address (NULL: the session bus), exports everything that is in the
 * registry and keeps it up to date. The name is not requested yet. The registry must hold the
 * CusaxManager; it and the core must outlive the bus. handler may be NULL.
 * NULL and an error where there is no bus. Blocks for the few round trips of connecting: for
 * start-up only. */
CusaxBus *cusax_bus_new(const char *address, CusaxCore *core, CusaxRegistry *registry,
			CusaxBusHandler handler, gpointer data, GError **error);

/* Requests CUSAX_BUS_NAME; handler tells what came of it. To be called when the registry holds what
 * it shall hold at start. */
void cusax_bus_request_name(CusaxBus *bus);

/* Sends what is left to send, gives up the name, and closes the connection. Verbs that are still
 * under way are answered to nobody. */
void cusax_bus_free(CusaxBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBus, cusax_bus_free)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of megabytes, encoded by the worker thread of the connection. */
/* Called on the main thread. */
#pragma once

#include <gio/gio.h>

/* To encode ten thousand contacts takes a tenth of a second, which the main loop does not have. So a
 * short message takes the place of the answer in the order of what is sent, and becomes the answer
 * in the worker thread, right before it is written. */
typedef struct CusaxBusLarge CusaxBusLarge;

CusaxBusLarge *cusax_bus_large_new(GDBusConnection *connection);
void cusax_bus_large_free(CusaxBusLarge *large);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBusLarge, cusax_bus_large_free)

/* Answers the invocation (taken) with the tuple body. What D-Bus cannot carry in one message is
 * answered with LimitExceeded. */
void cusax_bus_large_return(CusaxBusLarge *large, GDBusMethodInvocation *invocation,
			    GVariant *body);

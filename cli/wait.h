/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for a fact: a property of one object, until the deadline of --wait. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include "cli/client.h"

/* Looks at the properties: TRUE ends the waiting, with success unless error was set. */
typedef gboolean (*CusaxWaitTest)(GVariant *properties, gpointer data, GError **error);

/* Waits until test says so. Nothing is missed: it listens before it looks.
 * Fails with CUSAX_EXIT_TIMEOUT, CUSAX_EXIT_NO_DAEMON, CUSAX_EXIT_NO_OBJECT, or as the test says. */
gboolean cusax_wait(CusaxClient *client, const char *path, const char *kind, CusaxWaitTest test,
		    gpointer data, GError **error);

/* Until an account or a service is online; an account that needs the user fails with its reason. */
gboolean cusax_wait_online(CusaxClient *client, const char *path, const char *kind, GError **error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A private bus for a test program, and a client on it that asks and listens. */
/* Main thread: the daemon's side runs in the same main loop. */
#pragma once

#include <gio/gio.h>

/* g_test_run() with one bus for all tests of the program. */
int client_run_tests(void);
const char *client_bus_address(void);

typedef struct {
	GDBusConnection *connection;
	GPtrArray *signals; /* "path member arguments" below the root, in the order received */
} Client;

/* Once the daemon has its name. */
void client_start(Client *client);
void client_stop(Client *client);

GDBusConnection *client_connect(void);

/* Runs the main loop until *done or until 20 s have passed, which fails the test. */
void client_run_until(const gboolean *done);

/* A method call under way. */
typedef struct {
	GAsyncResult *result;
	gboolean done;
} ClientCall;

/* Calls a method of the daemon. interface: its last part for ours, else the whole. args may be NULL.
 * call must live until client_end(), which waits for the reply; NULL is the error. */
void client_begin(Client *client, ClientCall *call, const char *path, const char *interface,
		  const char *method, GVariant *args);
GVariant *client_end(Client *client, ClientCall *call, GError **error);

/* Both in one. */
GVariant *client_ask(Client *client, const char *path, const char *interface, const char *method,
		     GVariant *args, GError **error);
/* The same with arguments as text; the call must succeed. */
GVariant *client_do(Client *client, const char *path, const char *interface, const char *method,
		    const char *args);

/* All that the daemon wants to say has been received when this returns. */
void client_settle(Client *client);

/* The signals received since the last look, one on each line; freed by the caller. */
char *client_take_signals(Client *client);

/* The name of a remote error without its prefix for ours: "NotFound"; freed by the caller. */
char *client_error_name(const GError *error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for a fact: a property of one object, until the deadline of --wait. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/wait.h"

#include <string.h>

#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"

typedef struct {
	GMainLoop *loop;
	gboolean timed_out, gone;
} Waiting;

static void on_change(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
		      const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
		      const char *signal G_GNUC_UNUSED, GVariant *parameters G_GNUC_UNUSED,
		      gpointer data)
{
	Waiting *waiting = data;

	g_main_loop_quit(waiting->loop);
}

static void on_vanished(GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
			gpointer data)
{
	Waiting *waiting = data;

	waiting->gone = TRUE;
	g_main_loop_quit(waiting->loop);
}

static gboolean on_deadline(gpointer data)
{
	Waiting *waiting = data;

	waiting->timed_out = TRUE;
	g_main_loop_quit(waiting->loop);
	return G_SOURCE_CONTINUE;
}

static gboolean look(CusaxClient *client, Waiting *waiting, const char *path, const char *kind,
		     CusaxWaitTest test, gpointer data, GError **error)
{
	for (;;) {
		g_autoptr(GVariant) properties = NULL;
		g_autoptr(GError) why = NULL;

		if (waiting->gone) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_DAEMON,
				    "cusaxd went away meanwhile");
			return FALSE;
		}
		if (waiting->timed_out) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_TIMEOUT,
				    "the time of --wait is over");
			return FALSE;
		}
		properties = cusax_client_properties(client, path, kind, error);
		if (!properties)
			return FALSE;
		if (test(properties, data, &why)) {
			gboolean good = why == NULL;

			if (why)
				g_propagate_error(error, g_steal_pointer(&why));
			return good;
		}
		g_main_loop_run(waiting->loop);
	}
}

gboolean cusax_wait(CusaxClient *client, const char *path, const char *kind, CusaxWaitTest test,
		    gpointer data, GError **error)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	Waiting waiting = { .loop = loop };
	int left = cusax_client_time_left(client);
	GSource *deadline = NULL;
	guint changes, removals, watch;
	gboolean done;

	changes = g_dbus_connection_signal_subscribe(
		client->bus, CUSAX_BUS_NAME, CUSAX_PROPERTIES, "PropertiesChanged", path, NULL,
		G_DBUS_SIGNAL_FLAGS_NONE, on_change, &waiting, NULL);
	removals = g_dbus_connection_signal_subscribe(
		client->bus, CUSAX_BUS_NAME, CUSAX_OBJECT_MANAGER, "InterfacesRemoved",
		CUSAX_ROOT_PATH, path, G_DBUS_SIGNAL_FLAGS_MATCH_ARG0_PATH, on_change, &waiting,
		NULL);
	watch = g_bus_watch_name_on_connection(client->bus, CUSAX_BUS_NAME,
					       G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_vanished,
					       &waiting, NULL);
	if (left >= 0) {
		deadline = g_timeout_source_new(left);
		g_source_set_callback(deadline, on_deadline, &waiting, NULL);
		g_source_attach(deadline, NULL);
	}
	done = look(client, &waiting, path, kind, test, data, error);
	if (deadline) {
		g_source_destroy(deadline);
		g_source_unref(deadline);
	}
	g_bus_unwatch_name(watch);
	g_dbus_connection_signal_unsubscribe(client->bus, removals);
	g_dbus_connection_signal_unsubscribe(client->bus, changes);
	return done;
}

/* What keeps somebody waiting is told as it changes, and last when the time is over. */
static gboolean is_online(GVariant *properties, gpointer data, GError **error)
{
	const char *state = cusax_map_string(properties, "State");
	const char *reason = cusax_map_string(properties, "StateReason");
	const char *name = cusax_map_string(properties, "Address");
	char **last = data;
	g_autofree char *now = NULL;

	if (strcmp(state, "online") == 0)
		return TRUE;
	if (!*name)
		name = cusax_map_string(properties, "Name");
	now = g_strdup_printf("%s: %s%s%s", name, state, *reason ? ": " : "", reason);
	if (strcmp(state, "failed") == 0 || strcmp(state, "needs-secret") == 0) {
		g_set_error_literal(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NOT_CONNECTED, now);
		return TRUE;
	}
	/* A next try that ends as the last one did is not told again. */
	if (!*reason || g_strcmp0(now, *last) == 0)
		return FALSE;
	cusax_output_note("%s", now);
	g_free(*last);
	*last = g_steal_pointer(&now);
	return FALSE;
}

gboolean cusax_wait_online(CusaxClient *client, const char *path, const char *kind, GError **error)
{
	g_autofree char *last = NULL;
	g_autoptr(GError) why = NULL;

	if (cusax_wait(client, path, kind, is_online, &last, &why))
		return TRUE;
	if (last && g_error_matches(why, CUSAX_CLI_ERROR, CUSAX_EXIT_TIMEOUT))
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_TIMEOUT, "%s; %s", why->message,
			    last);
	else
		g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

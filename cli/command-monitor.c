/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl monitor: all objects, then everything that happens to them, for as long as one listens. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"

/* What came before the snapshot's answer is in the snapshot; the bus keeps the order. */
typedef struct {
	CusaxClient *client;
	GMainLoop *loop;
	GCancellable *fetching; /* the snapshot under way, or NULL */
	gboolean complete;      /* a snapshot was shown: changes are shown too */
	gboolean was_there;
	GError *error;
} Monitor;

static JsonBuilder *begin_event(const char *event)
{
	JsonBuilder *builder = cusax_json_begin();

	cusax_json_string(builder, "event", event);
	cusax_json_integer(builder, "time", g_get_real_time());
	return builder;
}

static char *one_line(GVariant *value)
{
	g_autofree char *text = g_variant_print(value, FALSE);

	return cusax_output_safe(text);
}

static void show_snapshot(Monitor *monitor, GVariant *objects, GVariant *manager)
{
	GVariantIter iter;
	const char *path;

	if (monitor->client->json) {
		JsonBuilder *builder = begin_event("snapshot");

		cusax_json_value(builder, "manager", manager);
		cusax_json_value(builder, "objects", objects);
		cusax_json_end(builder);
		return;
	}
	cusax_output_line("snapshot: %" G_GSIZE_FORMAT " objects", g_variant_n_children(objects));
	g_variant_iter_init(&iter, objects);
	while (g_variant_iter_loop(&iter, "{&o@a{sa{sv}}}", &path, NULL))
		cusax_output_line("  %s", cusax_short_id(path));
}

static void show_change(Monitor *monitor, const char *path, GVariant *parameters)
{
	g_autoptr(GVariant) changed = NULL;
	g_autoptr(GVariant) invalidated = NULL;
	const char *interface, *key;
	GVariantIter iter;
	GVariant *value;

	g_variant_get(parameters, "(&s@a{sv}@as)", &interface, &changed, &invalidated);
	if (monitor->client->json) {
		JsonBuilder *builder = begin_event("changed");

		cusax_json_string(builder, "path", path);
		cusax_json_string(builder, "interface", interface);
		cusax_json_value(builder, "properties", changed);
		cusax_json_value(builder, "invalidated", invalidated);
		cusax_json_end(builder);
		return;
	}
	g_variant_iter_init(&iter, changed);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
		g_autofree char *text = one_line(value);

		cusax_output_line("%s  %s = %s", cusax_short_id(path), key, text);
	}
}

static void show_added(Monitor *monitor, GVariant *parameters)
{
	g_autoptr(GVariant) interfaces = NULL;
	const char *path;

	g_variant_get(parameters, "(&o@a{sa{sv}})", &path, &interfaces);
	if (monitor->client->json) {
		JsonBuilder *builder = begin_event("added");

		cusax_json_string(builder, "path", path);
		cusax_json_value(builder, "interfaces", interfaces);
		cusax_json_end(builder);
		return;
	}
	cusax_output_line("%s  added", cusax_short_id(path));
}

static void show_removed(Monitor *monitor, GVariant *parameters)
{
	g_autoptr(GVariant) interfaces = NULL;
	const char *path;

	g_variant_get(parameters, "(&o@as)", &path, &interfaces);
	if (monitor->client->json) {
		JsonBuilder *builder = begin_event("removed");

		cusax_json_string(builder, "path", path);
		cusax_json_value(builder, "interfaces", interfaces);
		cusax_json_end(builder);
		return;
	}
	cusax_output_line("%s  removed", cusax_short_id(path));
}

static void show_signal(Monitor *monitor, const char *path, const char *interface,
			const char *signal, GVariant *parameters)
{
	g_autofree char *text = NULL;

	if (monitor->client->json) {
		JsonBuilder *builder = begin_event("signal");

		cusax_json_string(builder, "path", path);
		cusax_json_string(builder, "interface", interface);
		cusax_json_string(builder, "name", signal);
		cusax_json_value(builder, "arguments", parameters);
		cusax_json_end(builder);
		return;
	}
	text = one_line(parameters);
	cusax_output_line("%s  %s %s", cusax_short_id(path), signal, text);
}

static void on_signal(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
		      const char *path, const char *interface, const char *signal,
		      GVariant *parameters, gpointer data)
{
	Monitor *monitor = data;

	if (!monitor->complete)
		return;
	if (strcmp(signal, "PropertiesChanged") == 0 &&
	    g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		show_change(monitor, path, parameters);
	else if (strcmp(signal, "InterfacesAdded") == 0 &&
		 g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oa{sa{sv}})")))
		show_added(monitor, parameters);
	else if (strcmp(signal, "InterfacesRemoved") == 0 &&
		 g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oas)")))
		show_removed(monitor, parameters);
	else
		show_signal(monitor, path, interface, signal, parameters);
}

static void on_snapshot(GObject *source, GAsyncResult *result, gpointer data)
{
	Monitor *monitor = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GVariant) objects = NULL;
	g_autoptr(GVariant) manager = NULL;

	answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	/* Cancelled: the daemon went away while it was asked. */
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	g_clear_object(&monitor->fetching);
	if (!answer) {
		if (cusax_cli_error_exit(error) != CUSAX_EXIT_NO_DAEMON) {
			monitor->error = g_steal_pointer(&error);
			g_main_loop_quit(monitor->loop);
		}
		return;
	}
	objects = g_variant_get_child_value(answer, 0);
	manager = cusax_client_properties(monitor->client, CUSAX_ROOT_PATH, "Manager", NULL);
	if (!manager)
		manager = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	show_snapshot(monitor, objects, manager);
	monitor->complete = TRUE;
}

static void on_appeared(GDBusConnection *bus, const char *name G_GNUC_UNUSED, const char *owner,
			gpointer data)
{
	Monitor *monitor = data;

	monitor->was_there = TRUE;
	monitor->fetching = g_cancellable_new();
	g_dbus_connection_call(bus, owner, CUSAX_ROOT_PATH, CUSAX_OBJECT_MANAGER,
			       "GetManagedObjects", NULL, G_VARIANT_TYPE("(a{oa{sa{sv}}})"),
			       G_DBUS_CALL_FLAGS_NONE, -1, monitor->fetching, on_snapshot, monitor);
}

static void on_vanished(GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
			gpointer data)
{
	Monitor *monitor = data;

	monitor->complete = FALSE;
	if (monitor->fetching)
		g_cancellable_cancel(monitor->fetching);
	g_clear_object(&monitor->fetching);
	if (!monitor->was_there) {
		cusax_output_note("cusaxd is not running; waiting for it.");
		return;
	}
	if (monitor->client->json)
		cusax_json_end(begin_event("daemon-gone"));
	else
		cusax_output_line("daemon gone");
}

static void on_closed(GDBusConnection *bus G_GNUC_UNUSED, gboolean vanished G_GNUC_UNUSED,
		      GError *why G_GNUC_UNUSED, gpointer data)
{
	Monitor *monitor = data;

	g_set_error(&monitor->error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_DAEMON,
		    "the session bus is gone");
	g_main_loop_quit(monitor->loop);
}

gboolean cusax_command_monitor(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	Monitor monitor = { .client = client, .loop = loop };
	gulong closed;
	guint heard, watch;

	closed = g_signal_connect(client->bus, "closed", G_CALLBACK(on_closed), &monitor);
	heard = g_dbus_connection_signal_subscribe(client->bus, CUSAX_BUS_NAME, NULL, NULL, NULL,
						   NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal,
						   &monitor, NULL);
	watch = g_bus_watch_name_on_connection(client->bus, CUSAX_BUS_NAME,
					       client->start ? G_BUS_NAME_WATCHER_FLAGS_AUTO_START
							     : G_BUS_NAME_WATCHER_FLAGS_NONE,
					       on_appeared, on_vanished, &monitor, NULL);
	g_main_loop_run(loop);
	g_bus_unwatch_name(watch);
	g_dbus_connection_signal_unsubscribe(client->bus, heard);
	g_signal_handler_disconnect(client->bus, closed);
	g_propagate_error(error, monitor.error);
	return FALSE;
}

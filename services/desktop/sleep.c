/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the machine slept: logind's word on the system bus (org.freedesktop.login1(5)). */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "desktop"

#include "services/desktop/sleep.h"

#include <gio/gio.h>

#include "daemon/base/log.h"

typedef struct {
	void (*woke)(gpointer data);
	gpointer data;
} Watch;

static void on_sleep(G_GNUC_UNUSED GDBusConnection *bus, G_GNUC_UNUSED const char *sender,
		     G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
		     G_GNUC_UNUSED const char *signal, GVariant *parameters, gpointer data)
{
	Watch *watch = data;
	gboolean begins;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(b)")))
		return;
	g_variant_get(parameters, "(b)", &begins);
	if (begins)
		return;
	cusax_info(NULL, "awake again");
	watch->woke(watch->data);
}

static void on_bus(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	/* Kept: the subscription lives as long as the connection. */
	GDBusConnection *bus = g_bus_get_finish(result, &error);

	if (!bus) {
		cusax_info(NULL, "nobody tells when the machine sleeps: %s", error->message);
		g_free(data);
		return;
	}
	/* GDBus would end the process together with that bus. */
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	g_dbus_connection_signal_subscribe(
		bus, "org.freedesktop.login1", "org.freedesktop.login1.Manager", "PrepareForSleep",
		"/org/freedesktop/login1", NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_sleep, data, g_free);
}

void cusax_sleep_watch(void (*woke)(gpointer data), gpointer data)
{
	Watch *watch = g_new(Watch, 1);

	*watch = (Watch){ woke, data };
	g_bus_get(G_BUS_TYPE_SYSTEM, NULL, on_bus, watch);
}

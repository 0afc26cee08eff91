/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the network changed: a link, an address or a route came or went. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "desktop"

#include "services/desktop/network.h"

#include <gio/gio.h>

#include "daemon/base/log.h"

/* A change is several: a link comes up, then addresses, then routes. */
#define SETTLE_MS 300

typedef struct {
	void (*changed)(gpointer data);
	gpointer data;
	guint settling; /* timer, 0: none */
} Watch;

static gboolean on_settled(gpointer data)
{
	Watch *watch = data;

	watch->settling = 0;
	cusax_info(NULL, "the network changed");
	watch->changed(watch->data);
	return G_SOURCE_REMOVE;
}

static void on_changed(Watch *watch)
{
	if (watch->settling == 0)
		watch->settling = g_timeout_add(SETTLE_MS, on_settled, watch);
}

/* Finding the monitor asks the system bus and waits for it. */
static void find(GTask *task, G_GNUC_UNUSED gpointer source, G_GNUC_UNUSED gpointer data,
		 G_GNUC_UNUSED GCancellable *cancellable)
{
	g_task_return_pointer(task, g_network_monitor_get_default(), NULL);
}

static void on_found(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	GNetworkMonitor *monitor = g_task_propagate_pointer(G_TASK(result), NULL);

	if (!monitor) {
		g_free(data);
		return;
	}
	g_signal_connect_swapped(monitor, "network-changed", G_CALLBACK(on_changed), data);
	/* Whether there is a way further than the local net, such as past a portal. */
	g_signal_connect_swapped(monitor, "notify::connectivity", G_CALLBACK(on_changed), data);
}

void cusax_network_watch(void (*changed)(gpointer data), gpointer data)
{
	Watch *watch = g_new0(Watch, 1);
	g_autoptr(GTask) task = g_task_new(NULL, NULL, on_found, watch);

	watch->changed = changed;
	watch->data = data;
	g_task_run_in_thread(task, find);
}

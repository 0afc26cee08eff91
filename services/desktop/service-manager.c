/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the service manager how we fare: ready, alive, stopping (sd_notify(3) protocol). */
/* Main thread. */
#include "services/desktop/service-manager.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>

static GSocketAddress *manager_address(void)
{
	const char *path = g_getenv("NOTIFY_SOCKET");

	if (!path || (path[0] != '/' && path[0] != '@'))
		return NULL;
	if (path[0] == '@')
		return g_unix_socket_address_new_with_type(path + 1, (int)strlen(path) - 1,
							   G_UNIX_SOCKET_ADDRESS_ABSTRACT);
	return g_unix_socket_address_new(path);
}

void cusax_service_manager_notify(const char *state)
{
	g_autoptr(GSocketAddress) address = manager_address();
	g_autoptr(GSocket) socket = NULL;

	if (!address)
		return;
	socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
			      G_SOCKET_PROTOCOL_DEFAULT, NULL);
	if (!socket)
		return;
	g_socket_set_blocking(socket, FALSE);
	/* A lost line is no fault: the next one follows. */
	g_socket_send_to(socket, address, state, strlen(state), NULL, NULL);
}

static gboolean on_alive(G_GNUC_UNUSED gpointer data)
{
	cusax_service_manager_notify("WATCHDOG=1");
	return G_SOURCE_CONTINUE;
}

void cusax_service_manager_start(void)
{
	const char *interval = g_getenv("WATCHDOG_USEC");
	guint64 usec = interval ? g_ascii_strtoull(interval, NULL, 10) : 0;

	if (usec >= 2 * G_TIME_SPAN_SECOND && usec <= 3600 * (guint64)G_TIME_SPAN_SECOND)
		g_timeout_add_seconds((guint)(usec / 2 / G_TIME_SPAN_SECOND), on_alive, NULL);
}

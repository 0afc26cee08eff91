/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files handed to the daemon as open descriptors. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/file.h"

#include <errno.h>
#include <gio/gunixfdlist.h>

#include "cli/error.h"
#include "cli/names.h"

int cusax_file_open(const char *file, int flags, GError **error)
{
	/* A FIFO must not hold us up: the daemon says what it is. */
	int fd = open(file, flags | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0)
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE, "%s: %s", file,
			    g_strerror(errno));
	return fd;
}

GVariant *cusax_call_with_file(CusaxClient *client, const char *path, const char *kind,
			       const char *method, GVariant *arguments, int fd, GError **error)
{
	g_autofree char *interface = g_strconcat(CUSAX_INTERFACE_PREFIX, kind, NULL);
	g_autoptr(GUnixFDList) files = g_unix_fd_list_new();
	g_autoptr(GVariant) sunk = g_variant_ref_sink(arguments);

	if (g_unix_fd_list_append(files, fd, error) < 0)
		return NULL;
	return g_dbus_connection_call_with_unix_fd_list_sync(
		client->bus, CUSAX_BUS_NAME, path, interface, method, sunk, NULL,
		client->start ? G_DBUS_CALL_FLAGS_NONE : G_DBUS_CALL_FLAGS_NO_AUTO_START,
		cusax_client_time_left(client), files, NULL, NULL, error);
}

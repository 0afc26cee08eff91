/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.FileTransfer, and the methods of conversations that begin one. */
/* Main thread. */
#include <string.h>

#include "cusax-dbus.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-conversation.h"

static gboolean is_file_name(GVariant *value, const char **ret_why)
{
	if (!cusax_bus_is_id(value, ret_why))
		return FALSE;
	*ret_why = "has a folder in it";
	return !strpbrk(g_variant_get_string(value, NULL), "/\\");
}

static gboolean is_media_type(GVariant *value, const char **ret_why)
{
	*ret_why = "is no media type";
	return cusax_file_is_type(g_variant_get_string(value, NULL));
}

static gboolean is_size(GVariant *value, const char **ret_why)
{
	*ret_why = "must be from 1 byte to 16 GiB";
	return g_variant_get_uint64(value) >= 1 &&
	       g_variant_get_uint64(value) <= G_GUINT64_CONSTANT(16) << 30;
}

/* clang-format off */
static const CusaxBusOption send_options[] = {
	{ "name", "s", is_file_name,  NULL },
	{ "type", "s", is_media_type, NULL },
	{ 0 },
};

static const CusaxBusOption fetch_options[] = {
	{ "max-size", "t", is_size, NULL },
	{ 0 },
};
/* clang-format on */

gboolean cusax_bus_conversation_send_file(CusaxBusRequest *request, CusaxObject *object,
					  GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	gint32 handle;
	int fd;

	g_variant_get(parameters, "(h@a{sv})", &handle, &options);
	if (!cusax_bus_check_options(request->registry, "options", options, send_options, error))
		return FALSE;
	fd = cusax_bus_request_take_fd(request, "file", handle, error);
	if (fd < 0)
		return FALSE;
	cusax_core_send_file(request->core, CUSAX_CONVERSATION(object), fd, options,
			     cusax_bus_reply_object, request);
	return TRUE;
}

gboolean cusax_bus_conversation_fetch_file(CusaxBusRequest *request, CusaxObject *object,
					   GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	const char *id;
	gint32 handle;
	int fd;

	g_variant_get(parameters, "(&sh@a{sv})", &id, &handle, &options);
	if (!cusax_bus_check_line("id", id, 1, CUSAX_BUS_LINE_MAX, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, fetch_options, error))
		return FALSE;
	fd = cusax_bus_request_take_fd(request, "file", handle, error);
	if (fd < 0)
		return FALSE;
	cusax_core_fetch_file(request->core, CUSAX_CONVERSATION(object), id, fd, options,
			      cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_cancel(CusaxBusRequest *request, CusaxObject *object,
			      G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_cancel_transfer(request->core, CUSAX_TRANSFER(object), cusax_bus_reply_done,
				   request);
	return TRUE;
}

static const CusaxBusMember methods[] = {
	{ "Cancel", handle_cancel },
	{ 0 },
};

static const CusaxBusMember properties[] = {
	{ 0 },
};

const CusaxBusInterface cusax_bus_transfer = {
	cusax_transfer_get_type,
	cusax_dbus_file_transfer_interface_info,
	methods,
	properties,
};

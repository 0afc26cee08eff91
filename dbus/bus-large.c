/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of megabytes, encoded by the worker thread of the connection. */
/* Called on the main thread; the filter runs on the worker thread of GDBus. */
#define CUSAX_LOG_DOMAIN "bus"
#include "dbus/bus-large.h"

#include "daemon/base/error.h"
#include "daemon/base/log.h"
#include "daemon/base/names.h"

/* An array has at most 64 MiB on the wire (D-Bus specification, "Marshaling"), and needs there up to
 * a third more than in memory. */
#define BODY_MAX (48 * 1024 * 1024)

struct CusaxBusLarge {
	GDBusConnection *connection;
	guint filter;
};

/* Of a placeholder: the GVariant that it becomes. */
static G_DEFINE_QUARK(cusax - bus - large, body)

	/* Worker thread. */
	static GDBusMessage *on_message(G_GNUC_UNUSED GDBusConnection *connection,
					GDBusMessage *message, gboolean incoming,
					G_GNUC_UNUSED gpointer data)
{
	g_autoptr(GVariant) body =
		incoming ? NULL : g_object_steal_qdata(G_OBJECT(message), body_quark());
	GDBusMessage *answer;

	if (!body)
		return message;
	answer = g_dbus_message_copy(message, NULL);
	g_object_unref(message);
	g_dbus_message_set_message_type(answer, G_DBUS_MESSAGE_TYPE_METHOD_RETURN);
	g_dbus_message_set_header(answer, G_DBUS_MESSAGE_HEADER_FIELD_ERROR_NAME, NULL);
	g_dbus_message_set_body(answer, body);
	return answer;
}

CusaxBusLarge *cusax_bus_large_new(GDBusConnection *connection)
{
	CusaxBusLarge *large = g_new0(CusaxBusLarge, 1);

	large->connection = g_object_ref(connection);
	large->filter = g_dbus_connection_add_filter(connection, on_message, NULL, NULL);
	return large;
}

void cusax_bus_large_free(CusaxBusLarge *large)
{
	if (!large)
		return;
	g_dbus_connection_remove_filter(large->connection, large->filter);
	g_object_unref(large->connection);
	g_free(large);
}

/* The placeholder is an error, so that what cannot become an answer is one. */
static GDBusMessage *placeholder_of(GDBusMethodInvocation *invocation)
{
	return g_dbus_message_new_method_error_literal(
		g_dbus_method_invocation_get_message(invocation),
		CUSAX_ERROR_PREFIX "LimitExceeded", "there are too many objects for one answer");
}

void cusax_bus_large_return(CusaxBusLarge *large, GDBusMethodInvocation *invocation, GVariant *body)
{
	g_autoptr(GDBusMethodInvocation) taken G_GNUC_UNUSED = invocation;
	g_autoptr(GDBusMessage) placeholder = placeholder_of(invocation);
	g_autoptr(GVariant) sunk = g_variant_ref_sink(body);
	g_autoptr(GError) error = NULL;

	if (g_variant_get_size(sunk) <= BODY_MAX)
		g_object_set_qdata_full(G_OBJECT(placeholder), body_quark(), g_steal_pointer(&sunk),
					(GDestroyNotify)g_variant_unref);
	if (!g_dbus_connection_send_message(large->connection, placeholder,
					    G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error))
		cusax_debug(NULL, "an answer is not sent: %s", error->message);
}

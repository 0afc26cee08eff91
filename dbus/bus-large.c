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

/* Shared with the worker thread. */
typedef struct {
	gatomicrefcount refs;
	GMutex mutex;
	GHashTable *bodies; /* serial of the placeholder -> GVariant */
	gint n;             /* of bodies, atomic: mostly 0, and then nothing is locked */
} Shared;

struct CusaxBusLarge {
	GDBusConnection *connection;
	Shared *shared;
	guint filter;
};

static void shared_unref(gpointer data)
{
	Shared *shared = data;

	if (!g_atomic_ref_count_dec(&shared->refs))
		return;
	g_hash_table_unref(shared->bodies);
	g_mutex_clear(&shared->mutex);
	g_free(shared);
}

static GVariant *take_body(Shared *shared, guint32 serial)
{
	gpointer body = NULL;

	g_mutex_lock(&shared->mutex);
	if (g_hash_table_steal_extended(shared->bodies, GUINT_TO_POINTER(serial), NULL, &body))
		g_atomic_int_add(&shared->n, -1);
	g_mutex_unlock(&shared->mutex);
	return body;
}

/* Worker thread. */
static GDBusMessage *on_message(G_GNUC_UNUSED GDBusConnection *connection, GDBusMessage *message,
				gboolean incoming, gpointer data)
{
	g_autoptr(GVariant) body = NULL;
	GDBusMessage *answer;

	if (incoming || g_atomic_int_get(&((Shared *)data)->n) == 0)
		return message;
	body = take_body(data, g_dbus_message_get_serial(message));
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
	Shared *shared = g_new0(Shared, 1);

	g_atomic_ref_count_init(&shared->refs);
	g_mutex_init(&shared->mutex);
	shared->bodies = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_variant_unref);
	large->connection = g_object_ref(connection);
	large->shared = shared;
	g_atomic_ref_count_inc(&shared->refs); /* of the filter */
	large->filter = g_dbus_connection_add_filter(connection, on_message, shared, shared_unref);
	return large;
}

void cusax_bus_large_free(CusaxBusLarge *large)
{
	if (!large)
		return;
	g_dbus_connection_remove_filter(large->connection, large->filter);
	g_object_unref(large->connection);
	shared_unref(large->shared);
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
	gboolean fits = g_variant_get_size(sunk) <= BODY_MAX;
	Shared *shared = large->shared;
	guint32 serial = 0;

	/* Locked until the body is in its place: the worker thread may be faster. */
	g_mutex_lock(&shared->mutex);
	g_atomic_int_add(&shared->n, fits);
	if (!g_dbus_connection_send_message(large->connection, placeholder,
					    G_DBUS_SEND_MESSAGE_FLAGS_NONE, &serial, &error)) {
		cusax_debug(NULL, "an answer is not sent: %s", error->message);
		g_atomic_int_add(&shared->n, -fits);
	} else if (fits) {
		g_hash_table_insert(shared->bodies, GUINT_TO_POINTER(serial),
				    g_steal_pointer(&sunk));
	}
	g_mutex_unlock(&shared->mutex);
}

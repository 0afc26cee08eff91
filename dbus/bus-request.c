/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Method requests that wait for their answer. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "bus"
#include "dbus/bus-request.h"

#include <gio/gunixfdlist.h>

#include "daemon/base/error.h"
#include "dbus/bus-error.h"

struct CusaxBusRequests {
	GDBusConnection *connection;
	CusaxCore *core;
	CusaxRegistry *registry;
	void (*flush)(gpointer data);
	gpointer flush_data;

	GHashTable *waiting; /* set of CusaxBusRequest, each owned by the verb that it waits for */
	GHashTable *peers;   /* unique name -> how many of its requests wait; none is 0 */
	guint vanished;      /* subscription to clients that leave the bus; 0: none */
};

static void count_peer(CusaxBusRequests *requests, const char *name, int change)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(requests->peers, name)) + change;

	if (n > 0)
		g_hash_table_insert(requests->peers, g_strdup(name), GUINT_TO_POINTER(n));
	else
		g_hash_table_remove(requests->peers, name);
}

static const char *peer_of(CusaxBusRequest *request)
{
	return g_dbus_method_invocation_get_sender(request->invocation);
}

static void drop_requests_of(CusaxBusRequests *requests, const char *name)
{
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, requests->waiting);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		CusaxBusRequest *request = key;

		if (request->invocation && g_strcmp0(peer_of(request), name) == 0)
			g_clear_object(&request->invocation);
	}
	g_hash_table_remove(requests->peers, name);
}

/* Listening to clients that leave wakes the daemon, so it does only while somebody waits: from the
 * first request on, until a client leaves and nobody waits. */
static void on_name_owner_changed(GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
				  G_GNUC_UNUSED const char *path,
				  G_GNUC_UNUSED const char *interface,
				  G_GNUC_UNUSED const char *signal, GVariant *parameters,
				  gpointer data)
{
	CusaxBusRequests *requests = data;
	const char *name, *old_owner, *new_owner;

	g_variant_get(parameters, "(&s&s&s)", &name, &old_owner, &new_owner);
	if (!*new_owner && g_hash_table_contains(requests->peers, name))
		drop_requests_of(requests, name);
	if (g_hash_table_size(requests->waiting) == 0) {
		g_dbus_connection_signal_unsubscribe(connection, requests->vanished);
		requests->vanished = 0;
	}
}

static void listen_to_vanishing(CusaxBusRequests *requests)
{
	if (requests->vanished)
		return;
	requests->vanished = g_dbus_connection_signal_subscribe(
		requests->connection, "org.freedesktop.DBus", "org.freedesktop.DBus",
		"NameOwnerChanged", "/org/freedesktop/DBus", NULL, G_DBUS_SIGNAL_FLAGS_NONE,
		on_name_owner_changed, requests, NULL);
}

CusaxBusRequests *cusax_bus_requests_new(GDBusConnection *connection, CusaxCore *core,
					 CusaxRegistry *registry, void (*flush)(gpointer data),
					 gpointer data)
{
	CusaxBusRequests *requests = g_new0(CusaxBusRequests, 1);

	requests->connection = g_object_ref(connection);
	requests->core = core;
	requests->registry = registry;
	requests->flush = flush;
	requests->flush_data = data;
	requests->waiting = g_hash_table_new(NULL, NULL);
	requests->peers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return requests;
}

void cusax_bus_requests_free(CusaxBusRequests *requests)
{
	GHashTableIter iter;
	gpointer key;

	if (!requests)
		return;
	if (requests->vanished)
		g_dbus_connection_signal_unsubscribe(requests->connection, requests->vanished);
	g_hash_table_iter_init(&iter, requests->waiting);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		CusaxBusRequest *request = key;

		g_clear_object(&request->invocation);
		request->requests = NULL;
	}
	g_hash_table_unref(requests->waiting);
	g_hash_table_unref(requests->peers);
	g_object_unref(requests->connection);
	g_free(requests);
}

CusaxBusRequest *cusax_bus_request_new(CusaxBusRequests *requests,
				       GDBusMethodInvocation *invocation)
{
	const char *peer = g_dbus_method_invocation_get_sender(invocation);
	CusaxBusRequest *request;

	if (GPOINTER_TO_UINT(g_hash_table_lookup(requests->peers, peer)) >=
		    CUSAX_BUS_REQUESTS_PER_PEER ||
	    g_hash_table_size(requests->waiting) >= CUSAX_BUS_REQUESTS_MAX) {
		g_dbus_method_invocation_return_error(invocation, CUSAX_ERROR,
						      CUSAX_ERROR_LIMIT_EXCEEDED,
						      "too many requests wait for their answer");
		return NULL;
	}
	listen_to_vanishing(requests);
	request = g_new0(CusaxBusRequest, 1);
	request->core = requests->core;
	request->registry = requests->registry;
	request->invocation = invocation;
	request->requests = requests;
	g_hash_table_add(requests->waiting, request);
	count_peer(requests, peer, +1);
	return request;
}

int cusax_bus_request_take_fd(CusaxBusRequest *request, const char *argument, gint32 handle,
			      GError **error)
{
	GDBusMessage *message = g_dbus_method_invocation_get_message(request->invocation);
	GUnixFDList *files = g_dbus_message_get_unix_fd_list(message);
	g_autoptr(GError) why = NULL;
	int fd;

	if (!files || handle < 0 || handle >= g_unix_fd_list_get_length(files)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "%s: no descriptor came with the call", argument);
		return -1;
	}
	fd = g_unix_fd_list_get(files, handle, &why);
	if (fd < 0)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED, "%s: %s", argument,
			    why->message);
	return fd;
}

GDBusMethodInvocation *cusax_bus_request_steal(CusaxBusRequest *request)
{
	GDBusMethodInvocation *invocation = request->invocation;

	if (request->requests) {
		g_hash_table_remove(request->requests->waiting, request);
		if (invocation)
			count_peer(request->requests, peer_of(request), -1);
	}
	g_free(request);
	return invocation;
}

static void flush_for(CusaxBusRequest *request)
{
	if (request->requests && request->invocation)
		request->requests->flush(request->requests->flush_data);
}

void cusax_bus_request_return(CusaxBusRequest *request, GVariant *tuple)
{
	g_autoptr(GVariant) reply = tuple ? g_variant_ref_sink(tuple) : NULL;
	GDBusMethodInvocation *invocation;

	flush_for(request);
	invocation = cusax_bus_request_steal(request);
	if (invocation)
		g_dbus_method_invocation_return_value(invocation, reply);
}

void cusax_bus_request_fail(CusaxBusRequest *request, GError *error)
{
	g_autoptr(GError) ours = cusax_bus_error_translate(error);
	GDBusMethodInvocation *invocation;

	flush_for(request);
	invocation = cusax_bus_request_steal(request);
	if (invocation)
		g_dbus_method_invocation_return_gerror(invocation, ours);
}

void cusax_bus_request_drop(CusaxBusRequest *request)
{
	GDBusMethodInvocation *invocation = cusax_bus_request_steal(request);

	g_clear_object(&invocation);
}

void cusax_bus_reply_done(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxBusRequest *request = data;
	GError *error = NULL;

	if (cusax_core_finish(request->core, result, &error))
		cusax_bus_request_return(request, NULL);
	else
		cusax_bus_request_fail(request, error);
}

void cusax_bus_reply_object(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxBusRequest *request = data;
	GError *error = NULL;
	g_autoptr(CusaxObject) object = cusax_core_finish_object(request->core, result, &error);
	g_autofree char *path = NULL;

	if (!object) {
		cusax_bus_request_fail(request, error);
		return;
	}
	path = cusax_object_path(object);
	cusax_bus_request_return(request, g_variant_new("(o)", path));
}

void cusax_bus_reply_string(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxBusRequest *request = data;
	GError *error = NULL;
	g_autofree char *text = cusax_core_finish_string(request->core, result, &error);

	if (text)
		cusax_bus_request_return(request, g_variant_new("(s)", text));
	else
		cusax_bus_request_fail(request, error);
}

void cusax_bus_reply_variant(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxBusRequest *request = data;
	GError *error = NULL;
	g_autoptr(GVariant) value = cusax_core_finish_variant(request->core, result, &error);

	if (!value)
		cusax_bus_request_fail(request, error);
	else if (g_variant_is_of_type(value, G_VARIANT_TYPE_TUPLE))
		cusax_bus_request_return(request, value);
	else
		cusax_bus_request_return(request, g_variant_new_tuple(&value, 1));
}

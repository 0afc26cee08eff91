/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A private bus for a test program, and a client on it that asks and listens. */
/* Main thread. */
#include "tests/bus/client.h"

#include <string.h>

#include "daemon/base/names.h"

#define DEADLINE_SECONDS 20

static GTestDBus *server;

int client_run_tests(void)
{
	int status;

	server = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(server);
	status = g_test_run();
	g_test_dbus_down(server);
	g_clear_object(&server);
	return status;
}

const char *client_bus_address(void)
{
	return g_test_dbus_get_bus_address(server);
}

static gboolean on_deadline(G_GNUC_UNUSED gpointer data)
{
	g_error("nothing came within %d s", DEADLINE_SECONDS);
	return G_SOURCE_REMOVE;
}

void client_run_until(const gboolean *done)
{
	guint deadline = g_timeout_add_seconds(DEADLINE_SECONDS, on_deadline, NULL);

	while (!*done)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(deadline);
}

static void on_signal(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
		      const char *path, G_GNUC_UNUSED const char *interface, const char *signal,
		      GVariant *parameters, gpointer data)
{
	Client *client = data;
	g_autofree char *args = g_variant_print(parameters, FALSE);

	g_ptr_array_add(client->signals,
			g_strdup_printf("%s %s %s", path + strlen(CUSAX_ROOT_PATH), signal, args));
}

GDBusConnection *client_connect(void)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_sync(
		client_bus_address(),
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, &error);

	g_assert_no_error(error);
	return connection;
}

void client_start(Client *client)
{
	client->connection = client_connect();
	client->signals = g_ptr_array_new_with_free_func(g_free);
	g_dbus_connection_signal_subscribe(client->connection, CUSAX_BUS_NAME, NULL, NULL, NULL,
					   NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, client, NULL);
	client_settle(client);
	g_ptr_array_set_size(client->signals, 0);
}

void client_stop(Client *client)
{
	g_dbus_connection_close_sync(client->connection, NULL, NULL);
	g_clear_object(&client->connection);
	g_clear_pointer(&client->signals, g_ptr_array_unref);
}

static void on_answer(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	ClientCall *call = data;

	call->result = g_object_ref(result);
	call->done = TRUE;
}

void client_begin(Client *client, ClientCall *call, const char *path, const char *interface,
		  const char *method, GVariant *args)
{
	g_autofree char *name = strchr(interface, '.')
					? g_strdup(interface)
					: g_strconcat(CUSAX_INTERFACE_PREFIX, interface, NULL);

	*call = (ClientCall){ NULL, FALSE };
	g_dbus_connection_call(client->connection, CUSAX_BUS_NAME, path, name, method, args, NULL,
			       G_DBUS_CALL_FLAGS_NO_AUTO_START, DEADLINE_SECONDS * 1000, NULL,
			       on_answer, call);
}

GVariant *client_end(Client *client, ClientCall *call, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	client_run_until(&call->done);
	result = call->result;
	return g_dbus_connection_call_finish(client->connection, result, error);
}

GVariant *client_ask(Client *client, const char *path, const char *interface, const char *method,
		     GVariant *args, GError **error)
{
	ClientCall call;

	client_begin(client, &call, path, interface, method, args);
	return client_end(client, &call, error);
}

/* A method comes after what was said before; its answer comes after the signals. */
void client_settle(Client *client)
{
	g_autoptr(GError) error = NULL;
	GVariant *reply = client_ask(client, CUSAX_ROOT_PATH, "org.freedesktop.DBus.ObjectManager",
				     "GetManagedObjects", NULL, &error);

	g_assert_no_error(error);
	g_variant_unref(reply);
}

char *client_take_signals(Client *client)
{
	char *text;

	client_settle(client);
	g_ptr_array_add(client->signals, NULL);
	text = g_strjoinv("\n", (GStrv)client->signals->pdata);
	g_ptr_array_set_size(client->signals, 0);
	return text;
}

char *client_error_name(const GError *error)
{
	g_autofree char *name = error ? g_dbus_error_get_remote_error(error) : NULL;

	if (name && g_str_has_prefix(name, CUSAX_ERROR_PREFIX))
		return g_strdup(name + strlen(CUSAX_ERROR_PREFIX));
	return g_strdup(name ? name : "none");
}

GVariant *client_do(Client *client, const char *path, const char *interface, const char *method,
		    const char *args)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) parsed = g_variant_parse(NULL, args, NULL, NULL, &error);
	GVariant *reply;

	g_assert_no_error(error);
	reply = client_ask(client, path, interface, method, parsed, &error);
	if (error)
		g_error("%s.%s%s: %s", interface, method, args, error->message);
	return reply;
}

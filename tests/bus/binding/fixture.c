/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A private bus with the binding on it, models of every kind, and a client that asks. */
/* Main thread. */
#include "tests/bus/binding/fixture.h"

#include <string.h>

#define DEADLINE_SECONDS 20

static GTestDBus *server;

int fixture_run_tests(void)
{
	int status;

	server = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(server);
	status = g_test_run();
	g_test_dbus_down(server);
	g_clear_object(&server);
	return status;
}

static gboolean on_deadline(G_GNUC_UNUSED gpointer data)
{
	g_error("nothing came within %d s", DEADLINE_SECONDS);
	return G_SOURCE_REMOVE;
}

void fixture_run_until(const gboolean *done)
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
	Fixture *fixture = data;
	g_autofree char *args = g_variant_print(parameters, FALSE);

	g_ptr_array_add(fixture->signals,
			g_strdup_printf("%s %s %s", path + strlen(ROOT), signal, args));
}

static void on_bus_event(CusaxBusEvent event, gpointer data)
{
	g_assert_cmpint(event, ==, CUSAX_BUS_OWNED);
	*(gboolean *)data = TRUE;
}

GDBusConnection *fixture_connect(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *client = g_dbus_connection_new_for_address_sync(
		fixture->address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, &error);

	g_assert_no_error(error);
	return client;
}

static void add_models(Fixture *fixture)
{
	g_autoptr(CusaxSettings) xmpp = cusax_settings_new(CUSAX_SETTINGS_XMPP_ACCOUNT);
	g_autoptr(CusaxSettings) sip = cusax_settings_new(CUSAX_SETTINGS_SIP_ACCOUNT);
	g_autoptr(CusaxSettings) pair = cusax_settings_new(CUSAX_SETTINGS_PAIR);

	fixture->manager = cusax_manager_new();
	fixture->chat_account =
		cusax_account_new("a1", CUSAX_PROTOCOL_XMPP, "alice@xmpp.test", xmpp);
	fixture->sip_account = cusax_account_new("a2", CUSAX_PROTOCOL_SIP, "alice@sip.test", sip);
	fixture->service = cusax_service_new("s1", fixture->chat_account, fixture->sip_account,
					     "manual", pair);
	fixture->contact = cusax_contact_new("c1", fixture->chat_account, "bob@xmpp.test");
	fixture->chat = cusax_chat_new("h1", fixture->chat_account, "bob@xmpp.test");
	fixture->call = cusax_call_new(7, fixture->sip_account, CUSAX_CALL_INCOMING_DIRECTION,
				       CUSAX_CALL_INCOMING, "sip:bob@sip.test", 1000000);
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->manager));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->chat_account));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->sip_account));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->service));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->contact));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->chat));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->call));
	fixture->call_path = cusax_object_path(CUSAX_OBJECT(fixture->call));
}

static void own_name(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	gboolean owned = FALSE;

	fixture->bus = cusax_bus_new(fixture->address, fixture->core, fixture->registry,
				     on_bus_event, &owned, &error);
	g_assert_no_error(error);
	cusax_bus_request_name(fixture->bus);
	fixture_run_until(&owned);
}

void fixture_set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->address = g_test_dbus_get_bus_address(server);
	fixture->core = stub_core_new();
	fixture->registry = cusax_registry_new();
	fixture->signals = g_ptr_array_new_with_free_func(g_free);
	add_models(fixture);
	own_name(fixture);
	fixture->client = fixture_connect(fixture);
	g_dbus_connection_signal_subscribe(fixture->client, CUSAX_BUS_NAME, NULL, NULL, NULL, NULL,
					   G_DBUS_SIGNAL_FLAGS_NONE, on_signal, fixture, NULL);
	fixture_settle(fixture);
	g_ptr_array_set_size(fixture->signals, 0);
}

void fixture_tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_dbus_connection_close_sync(fixture->client, NULL, NULL);
	g_clear_object(&fixture->client);
	cusax_bus_free(fixture->bus);
	cusax_registry_free(fixture->registry);
	g_clear_object(&fixture->manager);
	g_clear_object(&fixture->call);
	g_clear_object(&fixture->chat);
	g_clear_object(&fixture->contact);
	g_clear_object(&fixture->service);
	g_clear_object(&fixture->sip_account);
	g_clear_object(&fixture->chat_account);
	stub_core_free(fixture->core);
	g_free(fixture->call_path);
	g_ptr_array_unref(fixture->signals);
}

typedef struct {
	GAsyncResult *result;
	gboolean done;
} Asked;

static void on_asked(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Asked *asked = data;

	asked->result = g_object_ref(result);
	asked->done = TRUE;
}

GVariant *fixture_ask(Fixture *fixture, const char *path, const char *interface, const char *method,
		      GVariant *args, GError **error)
{
	g_autofree char *name = strchr(interface, '.')
					? g_strdup(interface)
					: g_strconcat(CUSAX_INTERFACE_PREFIX, interface, NULL);
	Asked asked = { 0 };
	GVariant *reply;

	g_dbus_connection_call(fixture->client, CUSAX_BUS_NAME, path, name, method, args, NULL,
			       G_DBUS_CALL_FLAGS_NO_AUTO_START, DEADLINE_SECONDS * 1000, NULL,
			       on_asked, &asked);
	fixture_run_until(&asked.done);
	reply = g_dbus_connection_call_finish(fixture->client, asked.result, error);
	g_object_unref(asked.result);
	return reply;
}

/* A method comes after what was said before; its answer comes after the signals. */
void fixture_settle(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply G_GNUC_UNUSED = fixture_ask(fixture, ROOT, "org.freedesktop.DBus.ObjectManager",
						"GetManagedObjects", NULL, &error);

	g_assert_no_error(error);
}

char *fixture_take_signals(Fixture *fixture)
{
	char *text;

	fixture_settle(fixture);
	g_ptr_array_add(fixture->signals, NULL);
	text = g_strjoinv("\n", (GStrv)fixture->signals->pdata);
	g_ptr_array_set_size(fixture->signals, 0);
	return text;
}

char *fixture_error_name(const GError *error)
{
	g_autofree char *name = error ? g_dbus_error_get_remote_error(error) : NULL;

	if (name && g_str_has_prefix(name, CUSAX_ERROR_PREFIX))
		return g_strdup(name + strlen(CUSAX_ERROR_PREFIX));
	return g_strdup(name ? name : "none");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The binding on a private bus, models of every kind, and a client that asks. */
/* Main thread. */
#include "tests/bus/binding/fixture.h"

static void on_bus_event(CusaxBusEvent event, gpointer data)
{
	g_assert_cmpint(event, ==, CUSAX_BUS_OWNED);
	*(gboolean *)data = TRUE;
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
	fixture->room = cusax_room_new("r1", fixture->chat_account, "room@rooms.test");
	fixture->call = cusax_call_new(7, fixture->sip_account, CUSAX_CALL_INCOMING_DIRECTION,
				       CUSAX_CALL_INCOMING, "sip:bob@sip.test", 1000000);
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->manager));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->chat_account));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->sip_account));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->service));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->contact));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->chat));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->room));
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(fixture->call));
	fixture->call_path = cusax_object_path(CUSAX_OBJECT(fixture->call));
}

static void own_name(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	gboolean owned = FALSE;

	fixture->bus = cusax_bus_new(client_bus_address(), fixture->core, fixture->registry,
				     on_bus_event, &owned, &error);
	g_assert_no_error(error);
	cusax_bus_request_name(fixture->bus);
	client_run_until(&owned);
}

void fixture_set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->core = stub_core_new();
	fixture->registry = cusax_registry_new();
	add_models(fixture);
	own_name(fixture);
	client_start(&fixture->client);
}

void fixture_tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	client_stop(&fixture->client);
	cusax_bus_free(fixture->bus);
	cusax_registry_free(fixture->registry);
	g_clear_object(&fixture->manager);
	g_clear_object(&fixture->call);
	g_clear_object(&fixture->room);
	g_clear_object(&fixture->chat);
	g_clear_object(&fixture->contact);
	g_clear_object(&fixture->service);
	g_clear_object(&fixture->sip_account);
	g_clear_object(&fixture->chat_account);
	stub_core_free(fixture->core);
	g_free(fixture->call_path);
}

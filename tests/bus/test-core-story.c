/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services, seen from the bus alone: accounts, a call, a chat, as a client has them. */
/* Main thread. */
#include <string.h>

#include "daemon/base/names.h"
#include "dbus/bus.h"
#include "tests/bus/client.h"
#include "tests/unit/core-bench.h"

#define ROOT CUSAX_ROOT_PATH

typedef struct {
	CoreBench bench;
	CusaxBus *bus;
	Client client;
} Story;

static void on_bus_event(CusaxBusEvent event, gpointer data)
{
	g_assert_cmpint(event, ==, CUSAX_BUS_OWNED);
	*(gboolean *)data = TRUE;
}

static void set_up(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	gboolean owned = FALSE;

	core_bench_start(&story->bench);
	story->bus = cusax_bus_new(client_bus_address(), story->bench.core, story->bench.registry,
				   on_bus_event, &owned, &error);
	g_assert_no_error(error);
	cusax_bus_request_name(story->bus);
	client_run_until(&owned);
	client_start(&story->client);
}

static void tear_down(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	client_stop(&story->client);
	cusax_bus_free(story->bus);
	core_bench_stop(&story->bench);
}

/* The only argument of a reply: a path, an id. */
static char *only(GVariant *reply)
{
	g_autoptr(GVariant) taken = reply;
	g_autoptr(GVariant) value = g_variant_get_child_value(taken, 0);

	return g_variant_dup_string(value, NULL);
}

static char *get(Story *story, const char *path, const char *interface, const char *property)
{
	g_autofree char *args =
		g_strdup_printf("('" CUSAX_INTERFACE_PREFIX "%s', '%s')", interface, property);
	g_autoptr(GVariant) reply =
		client_do(&story->client, path, "org.freedesktop.DBus.Properties", "Get", args);
	g_autoptr(GVariant) value = NULL;

	g_variant_get(reply, "(v)", &value);
	return g_variant_print(value, FALSE);
}

static void assert_property(Story *story, const char *path, const char *interface,
			    const char *property, const char *expected)
{
	g_autofree char *text = get(story, path, interface, property);

	g_assert_cmpstr(text, ==, expected);
}

static void assert_refused(Story *story, const char *path, const char *interface,
			   const char *method, GVariant *args, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;

	g_assert_null(client_ask(&story->client, path, interface, method, args, &error));
	name = client_error_name(error);
	g_assert_cmpstr(name, ==, expected);
}

static void call_event(Story *story, guint64 handle, CusaxEventKind kind)
{
	CusaxEvent *event =
		cusax_event_new(kind, cusax_object_id(CUSAX_OBJECT(story->bench.telephony)));

	event->call = handle;
	core_bench_event(&story->bench, event);
}

static void end_call(Story *story, guint64 handle)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CALL_ENDED,
					    cusax_object_id(CUSAX_OBJECT(story->bench.telephony)));

	event->call = handle;
	event->call_ended.reason = CUSAX_END_REMOTE_HANGUP;
	core_bench_event(&story->bench, event);
}

static char *bob(Story *story)
{
	return cusax_object_path(CUSAX_OBJECT(core_bench_contact(&story->bench, "bob@xmpp.test")));
}

/* --- accounts --------------------------------------------------------------------------------- */

static void test_accounts(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	Client *client = &story->client;
	g_autofree char *chat = NULL, *telephony = NULL, *service = NULL, *args = NULL;
	g_autofree char *chat_text = NULL, *removal = NULL, *signals = NULL;
	CusaxOperation *connect;

	chat = only(client_do(client, ROOT, "Admin", "AddAccount",
			      "('xmpp', 'alice@xmpp.test', {'resource': <'desk'>})"));
	connect = core_bench_expect(&story->bench, CUSAX_OPERATION_CONNECT);
	g_assert_cmpstr(connect->connect.address, ==, "alice@xmpp.test");
	cusax_operation_free(connect);
	assert_property(story, chat, "Account", "State", "'connecting'");
	assert_property(story, chat, "Account", "Settings", "{'resource': <'desk'>}");
	telephony = only(client_do(client, ROOT, "Admin", "AddAccount",
				   "('sip', 'alice@sip.test', {'enabled': <false>})"));
	assert_property(story, telephony, "Account", "Address", "'sip:alice@sip.test'");
	assert_property(story, telephony, "Account", "State", "'offline'");

	args = g_strdup_printf("(objectpath '%s', objectpath '%s', {'name': <'Home'>})", chat,
			       telephony);
	service = only(client_do(client, ROOT, "Admin", "Pair", args));
	chat_text = g_strdup_printf("'%s'", chat);
	assert_property(story, service, "Service", "ChatAccount", chat_text);
	assert_property(story, service, "Service", "Name", "'Home'");
	assert_refused(story, ROOT, "Admin", "AddAccount",
		       g_variant_new_parsed("('xmpp', 'no address', @a{sv} {})"),
		       "InvalidArgument");

	client_settle(client);
	g_ptr_array_set_size(client->signals, 0);
	removal = g_strdup_printf("(objectpath '%s',)", service);
	g_variant_unref(client_do(client, ROOT, "Admin", "Unpair", removal));
	signals = client_take_signals(client);
	g_assert_nonnull(strstr(signals, "InterfacesRemoved"));
	assert_property(story, chat, "Account", "Service", "'/'");
}

/* --- calls ------------------------------------------------------------------------------------ */

static void test_outgoing(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	Client *client = &story->client;
	g_autofree char *contact = NULL, *call = NULL, *chat = NULL, *signals = NULL;
	g_autoptr(GVariant) routes = NULL, log = NULL;
	g_autofree char *log_text = NULL;
	CusaxOperation *place, *keys;
	ClientCall asked;

	core_bench_alice(&story->bench, "sip:bob@sip.test");
	contact = bob(story);
	assert_property(story, contact, "Contact", "Capabilities", "['chat', 'audio']");
	routes = client_do(client, ROOT, "Manager", "GetCallRoutes", "('bob', @a{sv} {})");
	g_assert_cmpuint(g_variant_n_children(routes), ==, 1);
	core_bench_forbid(&story->bench, CUSAX_OPERATION_CALL);

	call = only(client_do(client, ROOT, "Manager", "Call", "('bob', @a{sv} {})"));
	assert_property(story, call, "Call", "State", "'dialing'");
	assert_property(story, call, "Call", "Direction", "'outgoing'");
	place = core_bench_expect(&story->bench, CUSAX_OPERATION_CALL);
	g_assert_cmpstr(place->place.uri, ==, "sip:bob@sip.test");
	g_assert_cmpstr(place->place.impp, ==, "alice@xmpp.test"); /* C71 */
	call_event(story, place->call, CUSAX_EVENT_CALL_RINGING);
	assert_property(story, call, "Call", "State", "'ringing'");
	assert_refused(story, call, "Call", "SendDtmf", g_variant_new("(s)", "1"), "WrongState");
	call_event(story, place->call, CUSAX_EVENT_CALL_ANSWERED);
	assert_property(story, call, "Call", "State", "'active'");
	client_begin(client, &asked, call, "Call", "SendDtmf", g_variant_new("(s)", "12#"));
	keys = core_bench_expect(&story->bench, CUSAX_OPERATION_DTMF);
	g_assert_cmpstr(keys->dtmf.keys, ==, "12#");
	core_bench_done(&story->bench, keys, -1);
	g_variant_unref(client_end(client, &asked, NULL));
	chat = only(client_do(client, call, "Call", "OpenChat", "()")); /* C69 */
	assert_property(story, chat, "Chat", "Address", "'bob@xmpp.test'");

	client_settle(client);
	g_ptr_array_set_size(client->signals, 0);
	end_call(story, place->call);
	cusax_operation_free(place);
	signals = client_take_signals(client);
	/* One announcement, with all that the end brings. */
	g_assert_nonnull(strstr(signals, "'State': <'ended'>"));
	g_assert_nonnull(strstr(signals, "'EndReason': <'remote-hangup'>"));
	assert_refused(story, call, "Call", "Hangup", NULL, "WrongState");
	log = client_do(client, ROOT, "Manager", "GetCallLog", "(@a{sv} {},)");
	log_text = g_variant_print(log, FALSE);
	g_assert_nonnull(strstr(log_text, "'end-reason': <'remote-hangup'>"));
	g_assert_nonnull(strstr(log_text, contact));
}

static void test_incoming(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *contact = NULL, *call = NULL, *expected = NULL;
	guint64 handle;

	core_bench_alice(&story->bench, "sip:bob@sip.test");
	contact = bob(story);
	handle = core_bench_incoming(&story->bench, "sip:bob@sip.test", NULL);
	call = cusax_object_path(CUSAX_OBJECT(core_bench_call(&story->bench)));
	expected = g_strdup_printf("'%s'", contact);
	assert_property(story, call, "Call", "State", "'incoming'");
	assert_property(story, call, "Call", "Identity", "'verified'");
	assert_property(story, call, "Call", "Contact", expected);
	g_variant_unref(client_do(&story->client, call, "Call", "Accept", "(@a{sv} {},)"));
	cusax_operation_free(core_bench_expect(&story->bench, CUSAX_OPERATION_ACCEPT));
	call_event(story, handle, CUSAX_EVENT_CALL_ANSWERED);
	assert_property(story, call, "Call", "State", "'active'");
	end_call(story, handle);
}

/* Between the answer of a person and that of the other side, too. */
static void test_hangup_while_accepting(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *call = NULL;
	CusaxOperation *hangup;
	ClientCall asked;
	guint64 handle;

	core_bench_alice(&story->bench, "sip:bob@sip.test");
	handle = core_bench_incoming(&story->bench, "sip:bob@sip.test", NULL);
	call = cusax_object_path(CUSAX_OBJECT(core_bench_call(&story->bench)));
	g_variant_unref(client_do(&story->client, call, "Call", "Accept", "(@a{sv} {},)"));
	client_begin(&story->client, &asked, call, "Call", "Hangup", NULL);
	hangup = core_bench_expect(&story->bench, CUSAX_OPERATION_HANGUP);
	end_call(story, handle);
	core_bench_done(&story->bench, hangup, -1);
	g_variant_unref(client_end(&story->client, &asked, NULL));
	assert_property(story, call, "Call", "State", "'ended'");
	assert_property(story, call, "Call", "EndReason", "'local-hangup'");
}

static void test_stranger(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *call = NULL;
	CusaxOperation *decline;

	core_bench_alice(&story->bench, "sip:bob@sip.test");
	core_bench_incoming(&story->bench, "sip:eve@evil.test", NULL);
	call = cusax_object_path(CUSAX_OBJECT(core_bench_call(&story->bench)));
	assert_property(story, call, "Call", "Identity", "'unknown'");
	assert_property(story, call, "Call", "Contact", "'/'");
	assert_refused(story, call, "Call", "OpenChat", NULL, "NotFound");
	assert_refused(story, call, "Call", "Decline",
		       g_variant_new_parsed("({'message': <'hi'>},)"), "WrongState");
	g_variant_unref(
		client_do(&story->client, call, "Call", "Decline", "({'reason': <'declined'>},)"));
	decline = core_bench_expect(&story->bench, CUSAX_OPERATION_DECLINE);
	g_assert_cmpuint(decline->decline.code, ==, 603);
	cusax_operation_free(decline);
}

/* --- chat ------------------------------------------------------------------------------------- */

static void test_chat(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	Client *client = &story->client;
	g_autofree char *chat = NULL, *id = NULL, *signals = NULL, *text = NULL;
	g_autoptr(GVariant) messages = NULL;
	const char *added, *unread;
	CusaxOperation *send;
	CusaxEvent *event;

	core_bench_alice(&story->bench, NULL);
	chat = only(client_do(client, ROOT, "Manager", "OpenChat", "('bob@xmpp.test', @a{sv} {})"));
	id = only(client_do(client, chat, "Chat", "Send", "('hello', @a{sv} {})"));
	send = core_bench_expect(&story->bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(send->send_message.text, ==, "hello");
	core_bench_done(&story->bench, send, -1);
	core_bench_settle(&story->bench);

	client_settle(client);
	g_ptr_array_set_size(client->signals, 0);
	event = cusax_event_new(CUSAX_EVENT_MESSAGE,
				cusax_object_id(CUSAX_OBJECT(story->bench.chat)));
	event->message.direction = CUSAX_DIRECTION_IN;
	event->message.address = g_strdup("bob@xmpp.test");
	event->message.id = g_strdup("b1");
	event->message.text = g_strdup("hi alice");
	core_bench_event(&story->bench, event);
	signals = client_take_signals(client);
	/* The facts first, then the moment; and never the text. */
	added = strstr(signals, "MessageAdded");
	unread = strstr(signals, "'Unread': <uint32 1>");
	g_assert_nonnull(added);
	g_assert_true(unread && unread < added);
	g_assert_null(strstr(signals, "hi alice"));
	assert_property(story, ROOT, "Manager", "Unread", "1");

	messages = client_do(client, chat, "Chat", "GetMessages", "(@a{sv} {},)");
	text = g_variant_print(messages, FALSE);
	g_assert_true(strstr(text, "hello") && strstr(text, "hello") < strstr(text, "hi alice"));
	g_variant_unref(client_do(client, chat, "Chat", "MarkRead", "('',)"));
	assert_property(story, ROOT, "Manager", "Unread", "0");
	assert_refused(story, chat, "Chat", "GetMessages",
		       g_variant_new_parsed("({'before': <'no-such'>},)"), "NotFound");
}

static void test_presence(Story *story, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *presence;

	core_bench_alice(&story->bench, NULL);
	core_bench_settle(&story->bench);
	g_ptr_array_set_size(story->bench.operations, 0);
	g_variant_unref(client_do(&story->client, ROOT, "org.freedesktop.DBus.Properties", "Set",
				  "('org.cusax.Cusax1.Manager', 'Availability', <'dnd'>)"));
	presence = core_bench_expect(&story->bench, CUSAX_OPERATION_PRESENCE);
	g_assert_cmpint(presence->presence.availability, ==, CUSAX_AVAILABILITY_DND);
	cusax_operation_free(presence);
	assert_property(story, ROOT, "Manager", "Availability", "'dnd'");
}

static void add(const char *path, void (*test)(Story *, gconstpointer))
{
	g_test_add(path, Story, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/story/accounts are added, paired and taken apart", test_accounts);
	add("/story/C56, C71: a call by name goes out at once and is logged", test_outgoing);
	add("/story/C62: a contact that calls is verified", test_incoming);
	add("/story/a call that is being answered can be hung up", test_hangup_while_accepting);
	add("/story/C66: a stranger stays unknown and is not written to", test_stranger);
	add("/story/messages come and go, their text only when fetched", test_chat);
	add("/story/presence reaches the service", test_presence);
	return client_run_tests();
}

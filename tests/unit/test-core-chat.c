/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: messages, presence, block list, reachability. */
/* Main thread. */
#include <string.h>

#include "tests/unit/core-bench.h"

/* --- chat ------------------------------------------------------------------------------------------- */

static char *send_text(CoreBench *bench, CusaxChat *chat, const char *text)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	Answer answer = { 0 };
	char *id;

	cusax_core_send_message(bench->core, CUSAX_CONVERSATION(chat), text, none,
				core_bench_answer, &answer);
	core_bench_await(&answer);
	id = cusax_core_finish_string(bench->core, answer.result, NULL);
	g_assert_nonnull(id);
	g_clear_object(&answer.result);
	return id;
}

static GVariant *messages(CoreBench *bench, CusaxChat *chat)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	Answer answer = { 0 };
	GVariant *list;

	cusax_core_get_messages(bench->core, CUSAX_CONVERSATION(chat), none, core_bench_answer,
				&answer);
	core_bench_await(&answer);
	list = cusax_core_finish_variant(bench->core, answer.result, NULL);
	g_assert_nonnull(list);
	g_clear_object(&answer.result);
	return list;
}

static void test_send_offline(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *operation;
	CusaxChat *chat;
	g_autofree char *id = NULL;
	g_autofree char *second = NULL;

	core_bench_alice(bench, NULL);
	chat = core_bench_open_chat(bench, "bob");
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	id = send_text(bench, chat, "one");
	second = send_text(bench, chat, "two");
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_ONLINE, -1);
	operation = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(operation->send_message.message, ==, id);
	cusax_operation_free(operation);
	operation = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(operation->send_message.message, ==, second);
	cusax_operation_free(operation);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
}

static void test_origin_id(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) options =
		g_variant_ref_sink(g_variant_new_parsed("{'origin-id': <'client-7'>}"));
	g_autoptr(GVariant) list = NULL;
	CusaxOperation *operation;
	CusaxChat *chat;

	core_bench_alice(bench, NULL);
	chat = core_bench_open_chat(bench, "bob");
	for (guint i = 0; i < 2; i++) {
		Answer answer = { 0 };
		g_autofree char *id = NULL;

		cusax_core_send_message(bench->core, CUSAX_CONVERSATION(chat), "once", options,
					core_bench_answer, &answer);
		core_bench_await(&answer);
		id = cusax_core_finish_string(bench->core, answer.result, NULL);
		g_assert_nonnull(id);
		g_clear_object(&answer.result);
	}
	operation = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(operation->send_message.message, ==, "client-7");
	cusax_operation_free(operation);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	list = messages(bench, chat);
	g_assert_cmpuint(g_variant_n_children(list), ==, 1);
}

static void test_delivery(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) list = NULL;
	g_autofree char *id = NULL;
	const char *delivery;
	CusaxEvent *event;
	CusaxChat *chat;

	core_bench_alice(bench, NULL);
	chat = core_bench_open_chat(bench, "bob@xmpp.test");
	id = send_text(bench, chat, "hello");
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE));
	event = cusax_event_new(CUSAX_EVENT_MESSAGE_STATE,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->message_state.address = g_strdup("bob@xmpp.test");
	event->message_state.id = g_strdup(id);
	event->message_state.delivery = CUSAX_DELIVERY_DELIVERED;
	core_bench_event(bench, event);
	/* A receipt from somebody else is no receipt. */
	event = cusax_event_new(CUSAX_EVENT_MESSAGE_STATE,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->message_state.address = g_strdup("mallory@xmpp.test");
	event->message_state.id = g_strdup(id);
	event->message_state.delivery = CUSAX_DELIVERY_DISPLAYED;
	core_bench_event(bench, event);
	list = messages(bench, chat);
	g_assert_cmpuint(g_variant_n_children(list), ==, 1);
	{
		g_autoptr(GVariant) first = g_variant_get_child_value(list, 0);

		g_assert_true(g_variant_lookup(first, "delivery", "&s", &delivery));
		g_assert_cmpstr(delivery, ==, "delivered");
	}
}

static void test_receive(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxManager *manager = cusax_registry_find(bench->registry, CUSAX_TYPE_MANAGER, "manager");
	CusaxOperation *receipt;
	CusaxChat *chat;

	core_bench_alice(bench, NULL);
	core_bench_receive(bench, "bob@xmpp.test", "m1", "hello");
	receipt = core_bench_expect(bench, CUSAX_OPERATION_SEND_MARKER);
	g_assert_cmpstr(receipt->send_marker.message, ==, "m1");
	cusax_operation_free(receipt);
	core_bench_receive(bench, "bob@xmpp.test", "m1",
			   "hello"); /* delivered again by the server */
	chat = core_bench_open_chat(bench, "bob");
	g_assert_cmpuint(chat->parent.unread, ==, 1);
	g_assert_cmpuint(manager->unread, ==, 1);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_SEND_MARKER));
	core_bench_receive(bench, "stranger@xmpp.test", "m2", "who am I");
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MARKER);
	g_assert_cmpuint(manager->unread, ==, 2);
}

/* --- presence --------------------------------------------------------------------------------------- */

static void test_on_the_phone(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *presence;
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	call = core_bench_place(bench, "bob");
	presence = core_bench_expect(bench, CUSAX_OPERATION_PRESENCE);
	g_assert_cmpint(presence->presence.availability, ==, CUSAX_AVAILABILITY_DND);
	cusax_operation_free(presence);
	core_bench_end_call(bench, call->handle, CUSAX_END_BUSY, 486);
	presence = core_bench_expect(bench, CUSAX_OPERATION_PRESENCE);
	g_assert_cmpint(presence->presence.availability, ==, CUSAX_AVAILABILITY_ONLINE);
	cusax_operation_free(presence);
}

static void test_stranger_presence(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	event = cusax_event_new(CUSAX_EVENT_PRESENCE, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->presence.address = g_strdup("stranger@xmpp.test");
	event->presence.resource = g_strdup("x");
	event->presence.availability = CUSAX_AVAILABILITY_ONLINE;
	core_bench_event(bench, event);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, 1);
}

static void test_resume(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxContact *bob;
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	bob = core_bench_contact(bench, "bob@xmpp.test");
	event = cusax_event_new(CUSAX_EVENT_PRESENCE, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->presence.address = g_strdup("bob@xmpp.test");
	event->presence.resource = g_strdup("desk");
	event->presence.availability = CUSAX_AVAILABILITY_AWAY;
	core_bench_event(bench, event);
	g_assert_cmpint(bob->availability, ==, CUSAX_AVAILABILITY_AWAY);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	g_assert_cmpint(bob->availability, ==, CUSAX_AVAILABILITY_OFFLINE);
	g_assert_cmpuint(g_variant_n_children(bob->resources), ==, 0);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	event = cusax_event_new(CUSAX_EVENT_CONNECTION, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->connection.state = CUSAX_ACCOUNT_ONLINE;
	event->connection.security = cusax_security_new();
	event->connection.resumed = TRUE;
	core_bench_event(bench, event);
	g_assert_cmpint(bob->availability, ==, CUSAX_AVAILABILITY_AWAY);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_ONLINE, -1);
	g_assert_cmpint(bob->availability, ==, CUSAX_AVAILABILITY_OFFLINE);
}

/* --- block list and reachability ------------------------------------------------------------------- */

static void test_block(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *operation;
	CusaxEvent *event;

	core_bench_alice(bench, "sip:bob@sip.test");
	event = cusax_event_new(CUSAX_EVENT_BLOCK_LIST, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	g_strfreev(event->block_list.addresses);
	event->block_list.addresses = g_strsplit("bob@xmpp.test", ",", -1);
	core_bench_event(bench, event);
	g_assert_true(core_bench_contact(bench, "bob@xmpp.test")->blocked);
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	operation = core_bench_expect(bench, CUSAX_OPERATION_DECLINE);
	g_assert_cmpuint(operation->decline.code, ==, 603);
	cusax_operation_free(operation);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CALL), ==, 0);
}

static void test_hint(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxContact *bob;
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	bob = core_bench_contact(bench, "bob@xmpp.test");
	event = cusax_event_new(CUSAX_EVENT_REACHABILITY,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->reachability.address = g_strdup("bob@xmpp.test");
	g_ptr_array_add(event->reachability.phones,
			cusax_phone_new("sip:bob@sip.test", NULL, CUSAX_SOURCE_REACHABILITY));
	core_bench_event(bench, event);
	g_assert_cmpuint(g_variant_n_children(bob->phones), ==, 1);
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	g_assert_cmpint(core_bench_call(bench)->identity, !=, CUSAX_IDENTITY_VERIFIED);
	g_assert_null(core_bench_call(bench)->contact);
	event = cusax_event_new(CUSAX_EVENT_REACHABILITY,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->reachability.address = g_strdup("bob@xmpp.test");
	core_bench_event(bench, event);
	g_assert_cmpuint(g_variant_n_children(bob->phones), ==, 0);
}

static void test_publish_reach(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	Answer answer = { 0 };
	CusaxOperation *publish;

	core_bench_alice(bench, NULL);
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_NOT_REGISTERED);
	publish = core_bench_expect(bench, CUSAX_OPERATION_PUBLISH_REACHABILITY);
	g_assert_null(publish->publish_reachability.uris[0]);
	cusax_operation_free(publish);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_ONLINE, -1);
	publish = core_bench_expect(bench, CUSAX_OPERATION_PUBLISH_REACHABILITY);
	g_assert_cmpstr(publish->publish_reachability.uris[0], ==, "sip:alice@sip.test");
	cusax_operation_free(publish);

	/* Going away says so while it still can. */
	cusax_core_disconnect_account(bench->core, bench->chat, core_bench_answer, &answer);
	publish = core_bench_expect(bench, CUSAX_OPERATION_PUBLISH_REACHABILITY);
	g_assert_null(publish->publish_reachability.uris[0]);
	cusax_operation_free(publish);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_DISCONNECT), -1);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, -1);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("X2: what was written offline is sent in order when online",
		       test_send_offline, NULL);
	core_bench_add("X2: a call repeated under one origin-id sends once", test_origin_id, NULL);
	core_bench_add("X5: a receipt counts only from the one who was written to", test_delivery,
		       NULL);
	core_bench_add("X5: a message is stored once and receipted to contacts only", test_receive,
		       NULL);
	core_bench_add("B2: on the phone during calls and as before afterwards", test_on_the_phone,
		       NULL);
	core_bench_add("R1: presence of a stranger makes no contact", test_stranger_presence, NULL);
	core_bench_add("X2: presence known before a resume holds after it, and only then",
		       test_resume, NULL);
	core_bench_add("T12: a caller who is blocked in chat does not ring", test_block, NULL);
	core_bench_add("C48, C51: a reachability hint is shown and verifies nobody", test_hint,
		       NULL);
	core_bench_add("C48: own addresses are published while registered, withdrawn when not",
		       test_publish_reach, NULL);
	return g_test_run();
}

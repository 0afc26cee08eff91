/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features per account: what pairs and switches make of them, messages by SIP, and no mapping. */
/* Main thread. */
#include <string.h>

#include "tests/unit/core-bench.h"

static void set_up(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_start(bench);
	core_bench_alice(bench, "sip:bob@sip.test");
	g_ptr_array_set_size(bench->operations, 0);
}

static void tear_down(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_stop(bench);
}

/* --- helpers ------------------------------------------------------------------------------------- */

static void expect_success(CoreBench *bench, Answer *answer)
{
	g_autoptr(GError) error = NULL;

	core_bench_await(answer);
	g_assert_true(cusax_core_finish(bench->core, answer->result, &error));
	g_assert_no_error(error);
	g_clear_object(&answer->result);
	answer->done = FALSE;
}

static void expect_error(CoreBench *bench, Answer *answer, int code)
{
	g_autoptr(GError) error = NULL;

	core_bench_await(answer);
	g_assert_false(cusax_core_finish(bench->core, answer->result, &error));
	g_assert_error(error, CUSAX_ERROR, code);
	g_clear_object(&answer->result);
	answer->done = FALSE;
}

static void unpair(CoreBench *bench)
{
	Answer answer = { 0 };

	cusax_core_unpair(bench->core, CUSAX_SERVICE(bench->chat->service), core_bench_answer,
			  &answer);
	expect_success(bench, &answer);
}

static void pair(CoreBench *bench)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	g_autoptr(CusaxObject) service = NULL;
	Answer answer = { 0 };

	cusax_core_pair(bench->core, bench->chat, bench->telephony, none, core_bench_answer,
			&answer);
	core_bench_await(&answer);
	service = cusax_core_finish_object(bench->core, answer.result, NULL);
	g_assert_nonnull(service);
	g_clear_object(&answer.result);
}

static void update(CoreBench *bench, CusaxAccount *account, const char *changes)
{
	g_autoptr(GVariant) map = g_variant_ref_sink(g_variant_new_parsed(changes));
	Answer answer = { 0 };

	cusax_core_update_account(bench->core, account, map, core_bench_answer, &answer);
	expect_success(bench, &answer);
}

static void open_chat(CoreBench *bench, const char *address, Answer *answer)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));

	cusax_core_open_chat(bench->core, address, none, core_bench_answer, answer);
}

static CusaxChat *opened(CoreBench *bench, const char *address)
{
	g_autoptr(CusaxObject) chat = NULL;
	Answer answer = { 0 };

	open_chat(bench, address, &answer);
	core_bench_await(&answer);
	chat = cusax_core_finish_object(bench->core, answer.result, NULL);
	g_assert_nonnull(chat);
	g_clear_object(&answer.result);
	return CUSAX_CHAT(chat); /* the registry holds it */
}

static void send_text(CoreBench *bench, CusaxChat *chat, const char *text, Answer *answer)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));

	cusax_core_send_message(bench->core, CUSAX_CONVERSATION(chat), text, none,
				core_bench_answer, answer);
}

static void receive(CoreBench *bench, CusaxAccount *account, const char *from, const char *id)
{
	CusaxEvent *event =
		cusax_event_new(CUSAX_EVENT_MESSAGE, cusax_object_id(CUSAX_OBJECT(account)));

	event->message.address = g_strdup(from);
	event->message.id = g_strdup(id);
	event->message.text = g_strdup("hello");
	core_bench_event(bench, event);
}

static void tell_state(CoreBench *bench, const char *address, const char *id,
		       CusaxDelivery delivery)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_MESSAGE_STATE,
					    cusax_object_id(CUSAX_OBJECT(bench->telephony)));

	event->message_state.address = g_strdup(address);
	event->message_state.id = g_strdup(id);
	event->message_state.delivery = delivery;
	core_bench_event(bench, event);
}

/* "direction delivery" of each message of the chat, in order. */
static char *history(CoreBench *bench, CusaxChat *chat)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	g_autoptr(GVariant) list = NULL;
	GString *out = g_string_new(NULL);
	Answer answer = { 0 };

	cusax_core_get_messages(bench->core, CUSAX_CONVERSATION(chat), none, core_bench_answer,
				&answer);
	core_bench_await(&answer);
	list = cusax_core_finish_variant(bench->core, answer.result, NULL);
	g_clear_object(&answer.result);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(list, i);
		const char *direction, *delivery;

		g_variant_lookup(message, "direction", "&s", &direction);
		g_variant_lookup(message, "delivery", "&s", &delivery);
		g_string_append_printf(out, "%s%s %s", i ? ", " : "", direction, delivery);
	}
	return g_string_free(out, FALSE);
}

static void expect_features(CoreBench *bench, CusaxFeatures features)
{
	g_autoptr(CusaxOperation) change = core_bench_expect(bench, CUSAX_OPERATION_FEATURES);

	g_assert_cmpstr(change->account, ==, cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	g_assert_cmpuint(change->features.disabled, ==, CUSAX_FEATURES_ALL & ~features);
	g_assert_cmpuint(bench->telephony->features, ==, features);
}

#define NATIVE (CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE)

/* --- pairs and switches -------------------------------------------------------------------------- */

static void test_pair(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxOperation) presence = NULL;
	g_autoptr(CusaxOperation) connect = NULL;

	g_assert_cmpuint(bench->telephony->features, ==, CUSAX_FEATURE_AUDIO);
	unpair(bench);
	expect_features(bench, NATIVE);
	presence = core_bench_expect(bench, CUSAX_OPERATION_PRESENCE);
	g_assert_cmpstr(presence->account, ==, cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	pair(bench);
	expect_features(bench, CUSAX_FEATURE_AUDIO);
	core_bench_forbid(bench, CUSAX_OPERATION_PRESENCE);
	core_bench_forbid(bench, CUSAX_OPERATION_CONNECT);
	g_assert_cmpuint(bench->chat->features, ==,
			 CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE);
	/* A later connection is told the same. */
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_NOT_REGISTERED);
	connect = core_bench_expect(bench, CUSAX_OPERATION_CONNECT);
	g_assert_cmpuint(connect->connect.disabled, ==, CUSAX_FEATURES_ALL & ~CUSAX_FEATURE_AUDIO);
}

static void test_switch(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxChat *chat;
	Answer answer = { 0 };

	unpair(bench);
	expect_features(bench, NATIVE);
	chat = opened(bench, "sip:carol@sip.test");
	update(bench, bench->telephony, "{'disabled-features': <['messaging', 'presence']>}");
	expect_features(bench, CUSAX_FEATURE_AUDIO);
	send_text(bench, chat, "hello", &answer);
	expect_error(bench, &answer, CUSAX_ERROR_FEATURE_DISABLED);
	open_chat(bench, "sip:dave@sip.test", &answer);
	expect_error(bench, &answer, CUSAX_ERROR_FEATURE_DISABLED);
	receive(bench, bench->telephony, "sip:carol@sip.test", "m1");
	g_assert_cmpuint(chat->parent.unread, ==, 0);
	update(bench, bench->telephony, "{'disabled-features': <@as []>}");
	expect_features(bench, NATIVE);
	core_bench_forbid(bench, CUSAX_OPERATION_CONNECT);
	core_bench_forbid(bench, CUSAX_OPERATION_DISCONNECT);
	send_text(bench, chat, "hello", &answer);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE));
	core_bench_await(&answer);
	g_clear_object(&answer.result);
}

static void test_audio_off(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	Answer answer = { 0 };

	update(bench, bench->telephony, "{'disabled-features': <['audio']>}");
	expect_features(bench, 0);
	cusax_core_call(bench->core, "sip:bob@sip.test", none, core_bench_answer, &answer);
	expect_error(bench, &answer, CUSAX_ERROR_FEATURE_DISABLED);
	core_bench_forbid(bench, CUSAX_OPERATION_CALL);
}

/* A paired account has no messages: neither is a chat opened, nor does one from before send. */
static void test_paired_has_none(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxChat *chat;
	Answer answer = { 0 };

	open_chat(bench, "sip:carol@sip.test", &answer);
	expect_error(bench, &answer, CUSAX_ERROR_FEATURE_DISABLED);
	unpair(bench);
	chat = opened(bench, "sip:carol@sip.test");
	pair(bench);
	send_text(bench, chat, "hello", &answer);
	expect_error(bench, &answer, CUSAX_ERROR_FEATURE_DISABLED);
	receive(bench, bench->telephony, "sip:carol@sip.test", "m1");
	g_assert_cmpuint(chat->parent.unread, ==, 0);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
}

/* --- messages by SIP ----------------------------------------------------------------------------- */

static void test_message(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxOperation) operation = NULL;
	g_autofree char *kept = NULL;
	CusaxChat *chat;
	Answer answer = { 0 };

	unpair(bench);
	chat = opened(bench, "sips:carol@SIP.test;transport=tcp");
	g_assert_cmpstr(chat->parent.address, ==, "sip:carol@sip.test");
	g_assert_true(chat->parent.account == bench->telephony);
	g_assert_true(opened(bench, "sip:carol@sip.test") == chat);
	send_text(bench, chat, "hello", &answer);
	operation = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(operation->account, ==, cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	g_assert_cmpstr(operation->send_message.address, ==, "sip:carol@sip.test");
	g_assert_cmpstr(operation->send_message.text, ==, "hello");
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	tell_state(bench, "sip:carol@sip.test", operation->send_message.message,
		   CUSAX_DELIVERY_SENT);
	tell_state(bench, "sip:carol@sip.test", operation->send_message.message,
		   CUSAX_DELIVERY_DELIVERED);
	receive(bench, bench->telephony, "sip:carol@sip.test", "m1");
	g_assert_cmpuint(chat->parent.unread, ==, 1);
	kept = history(bench, chat);
	g_assert_cmpstr(kept, ==, "out delivered, in delivered");
}

static void test_queue(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxChat *chat;
	Answer answer = { 0 };

	unpair(bench);
	chat = opened(bench, "sip:carol@sip.test");
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_NOT_REGISTERED);
	send_text(bench, chat, "later", &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_ONLINE, -1);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE));
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
}

static void test_correct(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxChat *chat;
	Answer answer = { 0 };

	unpair(bench);
	chat = opened(bench, "sip:carol@sip.test");
	cusax_core_correct_message(bench->core, CUSAX_CONVERSATION(chat), "x", "better",
				   core_bench_answer, &answer);
	expect_error(bench, &answer, CUSAX_ERROR_UNSUPPORTED);
	cusax_core_set_chat_state(bench->core, CUSAX_CONVERSATION(chat), CUSAX_CHAT_STATE_COMPOSING,
				  core_bench_answer, &answer);
	expect_success(bench, &answer);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_CHAT_STATE);
}

static const struct {
	const char *name, *address;
	int code;
} refusals[] = {
	{ "no user", "sip:sip.test", CUSAX_ERROR_INVALID_ARGUMENT },
	{ "not a URI", "sip:a b@sip.test", CUSAX_ERROR_INVALID_ARGUMENT },
	{ "line break", "sip:a@sip.test\r\nX: y", CUSAX_ERROR_INVALID_ARGUMENT },
};

static void test_refusals(CoreBench *bench, gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	Answer answer = { 0 };

	unpair(bench);
	open_chat(bench, refusals[row].address, &answer);
	expect_error(bench, &answer, refusals[row].code);
}

/* --- C2 ------------------------------------------------------------------------------------------ */

static void take_in_xmpp(CoreBench *bench)
{
	const char *id = cusax_object_id(CUSAX_OBJECT(bench->chat));
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_PRESENCE, id);

	event->presence.address = g_strdup("bob@xmpp.test");
	event->presence.resource = g_strdup("desk");
	event->presence.availability = CUSAX_AVAILABILITY_DND;
	event->presence.status = g_strdup("Busy");
	core_bench_event(bench, event);
	event = cusax_event_new(CUSAX_EVENT_CHAT_STATE, id);
	event->chat_state.address = g_strdup("bob@xmpp.test");
	event->chat_state.state = CUSAX_CHAT_STATE_COMPOSING;
	core_bench_event(bench, event);
	event = cusax_event_new(CUSAX_EVENT_SUBSCRIPTION, id);
	event->subscription.address = g_strdup("eve@xmpp.test");
	event->subscription.what = CUSAX_SUBSCRIPTION_ASKED;
	core_bench_event(bench, event);
	receive(bench, bench->chat, "bob@xmpp.test", "x1");
}

/* Whatever comes in by one protocol, nothing goes out by the other. */
static void test_no_mapping(CoreBench *bench, gconstpointer data)
{
	gboolean paired = GPOINTER_TO_INT(data);

	if (!paired)
		unpair(bench);
	core_bench_settle(bench);
	g_ptr_array_set_size(bench->operations, 0);
	take_in_xmpp(bench);
	for (guint i = 0; i < bench->operations->len; i++) {
		CusaxOperation *operation = bench->operations->pdata[i];

		g_assert_cmpstr(operation->account, ==, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	}
	g_ptr_array_set_size(bench->operations, 0);
	receive(bench, bench->telephony, "sip:bob@sip.test", "s1");
	for (guint i = 0; i < bench->operations->len; i++) {
		CusaxOperation *operation = bench->operations->pdata[i];

		g_assert_cmpstr(operation->account, ==,
				cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	}
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_CHAT_STATE);
}

static void add(const char *name, void (*test)(CoreBench *, gconstpointer), gconstpointer data)
{
	g_autofree char *path = g_strconcat("/core/features/", name, NULL);

	g_test_add(path, CoreBench, data, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("C1, C4: features of telephony follow pairing without a new connection", test_pair,
	    NULL);
	add("C15, C17, C18: messages switched off and on again", test_switch, NULL);
	add("C17: no call with audio switched off", test_audio_off, NULL);
	add("C1: no SIP message from a paired account", test_paired_has_none, NULL);
	add("C4: messages both ways on a SIP account alone", test_message, NULL);
	add("C4: a message waits for the registration", test_queue, NULL);
	add("C4: what SIP messages cannot do", test_correct, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *name = g_strconcat("bad SIP address: ", refusals[i].name, NULL);

		add(name, test_refusals, GUINT_TO_POINTER(i));
	}
	add("C2: nothing crosses over in a pair", test_no_mapping, GINT_TO_POINTER(TRUE));
	add("C2: nothing crosses over without a pair", test_no_mapping, GINT_TO_POINTER(FALSE));
	return g_test_run();
}

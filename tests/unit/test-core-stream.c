/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: sessions that outlive the daemon, and what becomes of own messages. */
/* Main thread. */
#include "tests/unit/core-bench.h"

#define BOUND "alice@xmpp.test/one"

static CusaxEvent *new_event(CoreBench *bench, CusaxEventKind kind)
{
	return cusax_event_new(kind, cusax_object_id(CUSAX_OBJECT(bench->chat)));
}

static CusaxEvent *online(CoreBench *bench, const char *stream)
{
	CusaxEvent *event = new_event(bench, CUSAX_EVENT_CONNECTION);

	event->connection.state = CUSAX_ACCOUNT_ONLINE;
	event->connection.security = cusax_security_new();
	event->connection.bound_address = g_strdup(BOUND);
	event->connection.stream = g_strdup(stream);
	return event;
}

static char *send_text(CoreBench *bench, const char *text)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	Answer answer = { 0 };
	char *id;

	cusax_core_send_message(bench->core,
				CUSAX_CONVERSATION(core_bench_open_chat(bench, "bob@xmpp.test")),
				text, none, core_bench_answer, &answer);
	core_bench_await(&answer);
	id = cusax_core_finish_string(bench->core, answer.result, NULL);
	g_assert_nonnull(id);
	g_clear_object(&answer.result);
	return id;
}

static void expect_sent(CoreBench *bench, const char *id)
{
	g_autoptr(CusaxOperation) send = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);

	g_assert_cmpstr(send->send_message.message, ==, id);
}

static void expect_kept(CoreBench *bench, gboolean own, guint32 count)
{
	g_autoptr(CusaxOperation) kept = core_bench_expect(bench, CUSAX_OPERATION_KEPT);

	g_assert_cmpint(kept->kept.own, ==, own);
	g_assert_cmpuint(kept->kept.count, ==, count);
}

static void goes_out_as(CoreBench *bench, const char *id, guint32 count)
{
	CusaxEvent *event = new_event(bench, CUSAX_EVENT_MESSAGE_STATE);

	event->message_state.address = g_strdup("bob@xmpp.test");
	event->message_state.id = g_strdup(id);
	event->message_state.delivery = CUSAX_DELIVERY_SENT;
	event->message_state.counted = TRUE;
	event->message_state.count = count;
	core_bench_event(bench, event);
	expect_kept(bench, TRUE, count);
}

static char *delivery_of(CoreBench *bench, const char *id)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	g_autoptr(GVariant) list = NULL;
	Answer answer = { 0 };
	char *found = NULL;

	cusax_core_get_messages(bench->core,
				CUSAX_CONVERSATION(core_bench_open_chat(bench, "bob@xmpp.test")),
				none, core_bench_answer, &answer);
	core_bench_await(&answer);
	list = cusax_core_finish_variant(bench->core, answer.result, NULL);
	g_assert_nonnull(list);
	g_clear_object(&answer.result);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(list, i);
		const char *its;

		g_assert_true(g_variant_lookup(message, "id", "&s", &its));
		if (g_str_equal(its, id))
			g_assert_true(g_variant_lookup(message, "delivery", "s", &found));
	}
	g_assert_nonnull(found);
	return found;
}

static void assert_delivery(CoreBench *bench, const char *id, const char *wanted)
{
	g_autofree char *delivery = delivery_of(bench, id);

	g_assert_cmpstr(delivery, ==, wanted);
}

/* Two messages, as stanzas 5 and 6, and four stanzas of the server; then the daemon is killed. */
static void killed(CoreBench *bench, char **ret_one, char **ret_two)
{
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	core_bench_event(bench, online(bench, "s1"));
	*ret_one = send_text(bench, "one");
	expect_sent(bench, *ret_one);
	*ret_two = send_text(bench, "two");
	expect_sent(bench, *ret_two);
	goes_out_as(bench, *ret_one, 5);
	goes_out_as(bench, *ret_two, 6);
	event = new_event(bench, CUSAX_EVENT_HANDLED);
	event->handled.count = 3;
	core_bench_event(bench, event);
	expect_kept(bench, FALSE, 3);
	event = new_event(bench, CUSAX_EVENT_MESSAGE);
	event->message.direction = CUSAX_DIRECTION_IN;
	event->message.address = g_strdup("bob@xmpp.test");
	event->message.text = g_strdup("hello");
	event->message.counted = TRUE;
	event->message.count = 4;
	core_bench_event(bench, event);
	core_bench_settle(bench);
	core_bench_restart(bench);
}

static void expect_offer(CoreBench *bench, const char *stream, guint32 handled)
{
	g_autoptr(CusaxOperation) connect = NULL;

	do {
		g_clear_pointer(&connect, cusax_operation_free);
		connect = core_bench_expect(bench, CUSAX_OPERATION_CONNECT);
	} while (g_strcmp0(connect->connect.address, "alice@xmpp.test") != 0);
	g_assert_cmpstr(connect->connect.stream, ==, stream);
	if (stream)
		g_assert_cmpstr(connect->connect.stream_bound, ==, BOUND);
	g_assert_cmpuint(connect->connect.stream_handled, ==, handled);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_CONNECTING, -1);
}

/* What the server has is not sent again, what it has not is, under the same id. */
static void test_recovered(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = NULL, *two = NULL;
	CusaxEvent *event;

	killed(bench, &one, &two);
	expect_offer(bench, "s1", 4);
	assert_delivery(bench, one, "sent");
	event = online(bench, "s1");
	event->connection.recovered = event->connection.settled = TRUE;
	event->connection.accepted = 5;
	core_bench_event(bench, event);
	expect_sent(bench, two);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	assert_delivery(bench, one, "server");
	assert_delivery(bench, two, "sent");
}

/* All that was asked for: the message of that id, which arrived. */
static CusaxEvent *page_with(CoreBench *bench, const CusaxOperation *fetch, const char *id)
{
	CusaxEvent *page = new_event(bench, CUSAX_EVENT_ARCHIVE);
	CusaxEvent *copy = new_event(bench, CUSAX_EVENT_MESSAGE);

	copy->message.direction = CUSAX_DIRECTION_OUT;
	copy->message.address = g_strdup("bob@xmpp.test");
	copy->message.origin_id = g_strdup(id);
	copy->message.server_id = g_strdup("a1");
	copy->message.text = g_strdup("one");
	copy->message.time = g_get_real_time();
	page->op = fetch->id;
	page->archive.complete = TRUE;
	page->archive.first = g_strdup("a1");
	page->archive.first_time = copy->message.time;
	g_ptr_array_add(page->archive.events, copy);
	return page;
}

/* The server lost the session, and tells nothing: the archive is asked, and what is not in it goes
 * again. */
static void test_refused(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = NULL, *two = NULL, *three = NULL;
	g_autoptr(CusaxOperation) fetch = NULL;

	killed(bench, &one, &two);
	expect_offer(bench, "s1", 4);
	core_bench_event(bench, online(bench, "s2"));
	fetch = core_bench_expect(bench, CUSAX_OPERATION_FETCH_ARCHIVE);
	core_bench_settle(bench);
	three = send_text(bench, "three");
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	core_bench_event(bench, page_with(bench, fetch, one));
	expect_sent(bench, two);
	expect_sent(bench, three);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	assert_delivery(bench, one, "server");
}

/* The link is lost before the archive answered, and the session goes on: it still has to be asked. */
static void test_undecided(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = NULL, *two = NULL, *three = NULL;
	g_autoptr(CusaxOperation) fetch = NULL;
	CusaxEvent *event;

	killed(bench, &one, &two);
	expect_offer(bench, "s1", 4);
	core_bench_event(bench, online(bench, "s2"));
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_FETCH_ARCHIVE),
			CUSAX_ERROR_NOT_CONNECTED);
	core_bench_settle(bench);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	three = send_text(bench, "three");
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	event = online(bench, "s2");
	event->connection.resumed = TRUE;
	core_bench_event(bench, event);
	fetch = core_bench_expect(bench, CUSAX_OPERATION_FETCH_ARCHIVE);
	core_bench_settle(bench);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	core_bench_event(bench, page_with(bench, fetch, one));
	expect_sent(bench, two);
	expect_sent(bench, three);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	assert_delivery(bench, one, "server");
}

/* Nor is there an archive: both go again, under their ids. */
static void test_no_archive(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = NULL, *two = NULL;

	killed(bench, &one, &two);
	expect_offer(bench, "s1", 4);
	core_bench_event(bench, online(bench, "s2"));
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_FETCH_ARCHIVE),
			CUSAX_ERROR_UNSUPPORTED);
	expect_sent(bench, one);
	expect_sent(bench, two);
	goes_out_as(bench, one, 1);
	core_bench_restart(bench);
	expect_offer(bench, "s2", 0);
}

/* After an end in order there is nothing to resume, and no message has failed. */
static void test_closed(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = NULL;

	core_bench_alice(bench, NULL);
	core_bench_event(bench, online(bench, "s1"));
	one = send_text(bench, "one");
	expect_sent(bench, one);
	goes_out_as(bench, one, 5);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, -1);
	core_bench_settle(bench);
	core_bench_restart(bench);
	expect_offer(bench, NULL, 0);
	assert_delivery(bench, one, "sent");
}

/* The link was lost just when the message was handed over: the next one takes it. */
static void test_not_taken(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = NULL;
	CusaxOperation *send;
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	core_bench_event(bench, online(bench, "s1"));
	one = send_text(bench, "one");
	send = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	core_bench_done(bench, send, CUSAX_ERROR_NOT_CONNECTED);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	event = online(bench, "s1");
	event->connection.resumed = TRUE;
	core_bench_event(bench, event);
	expect_sent(bench, one);
	assert_delivery(bench, one, "queued");
}

static void hear(CoreBench *bench, const char *id, gboolean wants)
{
	CusaxEvent *event = new_event(bench, CUSAX_EVENT_MESSAGE);

	event->message.direction = CUSAX_DIRECTION_IN;
	event->message.address = g_strdup("bob@xmpp.test");
	event->message.id = g_strdup(id);
	event->message.text = g_strdup(id);
	event->message.wants_receipt = wants;
	core_bench_event(bench, event);
}

static void expect_receipt(CoreBench *bench, const char *id)
{
	g_autoptr(CusaxOperation) marker = core_bench_expect(bench, CUSAX_OPERATION_SEND_MARKER);

	g_assert_cmpstr(marker->send_marker.address, ==, "bob@xmpp.test");
	g_assert_cmpstr(marker->send_marker.message, ==, id);
	g_assert_false(marker->send_marker.displayed);
}

/* Between keeping a message and telling so the daemon may be killed: what came last is told again. */
static void test_receipts(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxEvent *item;

	core_bench_alice(bench, NULL);
	core_bench_event(bench, online(bench, "s1"));
	item = new_event(bench, CUSAX_EVENT_ROSTER_ITEM);
	item->roster_item.address = g_strdup("bob@xmpp.test");
	item->roster_item.subscription = CUSAX_SUBSCRIPTION_BOTH;
	core_bench_event(bench, item);
	hear(bench, "m1", TRUE);
	expect_receipt(bench, "m1");
	hear(bench, "m2", FALSE);
	hear(bench, "m3", TRUE);
	expect_receipt(bench, "m3");
	core_bench_settle(bench);
	core_bench_restart(bench);
	expect_offer(bench, "s1", 0);
	item = new_event(bench, CUSAX_EVENT_ROSTER_ITEM);
	item->roster_item.address = g_strdup("bob@xmpp.test");
	item->roster_item.subscription = CUSAX_SUBSCRIPTION_BOTH;
	core_bench_event(bench, item);
	core_bench_event(bench, online(bench, "s1"));
	expect_receipt(bench, "m1");
	expect_receipt(bench, "m3");
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MARKER);
	/* What was ended in order owes nothing. */
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, -1);
	core_bench_settle(bench);
	core_bench_restart(bench);
	expect_offer(bench, NULL, 0);
	core_bench_event(bench, online(bench, "s2"));
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MARKER);
}

/* No connection will ever take it. */
static void test_impossible(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = NULL;

	core_bench_alice(bench, NULL);
	one = send_text(bench, "one");
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE),
			CUSAX_ERROR_LIMIT_EXCEEDED);
	core_bench_settle(bench);
	assert_delivery(bench, one, "failed");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("R22: a killed daemon sends again what the server has not", test_recovered,
		       NULL);
	core_bench_add("R22: a session that the server lost", test_refused, NULL);
	core_bench_add("R22: a session that the server lost, without an archive", test_no_archive,
		       NULL);
	core_bench_add("R22: the link is lost while the archive is asked", test_undecided, NULL);
	core_bench_add("R22: a session that was closed is not resumed", test_closed, NULL);
	core_bench_add("R22: a message handed over while the link is lost", test_not_taken, NULL);
	core_bench_add("R22: receipts that a killed daemon may owe", test_receipts, NULL);
	core_bench_add("X2: a message that no connection takes has failed", test_impossible, NULL);
	return g_test_run();
}

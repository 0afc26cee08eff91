/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: pages, twins, corrections, delivery, what is unread and what is pending. */
/* Main thread. */
#include <string.h>

#include "daemon/store/reading.h"
#include "tests/unit/store-history.h"

static guint count_unread(StoreFixture *f, const char *up_to)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_mark_read_async, f->history, ALICE, BOB, up_to);
	g_auto(CusaxReadResult) read = { 0 };

	cusax_history_mark_read_finish(f->history, result, &read, &error);
	g_assert_no_error(error);
	return read.unread;
}

static void test_whole_message(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = store_incoming("Grüße \"'; DROP TABLE messages; --", 1234567);
	g_autoptr(CusaxMessage) stored = NULL;
	g_autoptr(GPtrArray) found = NULL;
	CusaxMessage *read;
	gboolean is_new = FALSE;

	m->kind = g_strdup("chat");
	m->stanza_id = g_strdup("w1");
	m->origin_id = g_strdup("o1");
	m->server_id = g_strdup("a1");
	m->encryption = g_strdup("none");
	m->error = g_strdup("late");
	stored = store_add(f, m, &is_new);
	g_assert_true(is_new);
	g_assert_nonnull(stored->id);
	store_reopen(f);
	found = store_page(f, &(CusaxMessageFilter){ CHAT });
	g_assert_cmpuint(found->len, ==, 1);
	read = found->pdata[0];
	g_assert_cmpstr(read->id, ==, stored->id);
	g_assert_cmpstr(read->account, ==, ALICE);
	g_assert_cmpstr(read->peer, ==, BOB);
	g_assert_cmpstr(read->sender, ==, BOB);
	g_assert_cmpint(read->direction, ==, CUSAX_DIRECTION_IN);
	g_assert_cmpstr(read->kind, ==, "chat");
	g_assert_cmpstr(read->text, ==, m->text);
	g_assert_cmpint(read->time, ==, 1234567);
	g_assert_cmpint(read->delivery, ==, CUSAX_DELIVERY_DELIVERED);
	g_assert_cmpstr(read->stanza_id, ==, "w1");
	g_assert_cmpstr(read->origin_id, ==, "o1");
	g_assert_cmpstr(read->server_id, ==, "a1");
	g_assert_null(read->replaces);
	g_assert_cmpstr(read->encryption, ==, "none");
	g_assert_cmpstr(read->error, ==, "late");
	g_assert_true(read->unread);
}

static void test_pages(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	char *ids[6];
	CusaxMessage *other;

	for (guint i = 0; i < 6; i++) {
		g_autofree char *text = g_strdup_printf("m%u", i);
		CusaxMessage *m = store_incoming(text, 1000 * (i + 1));

		m->kind = g_strdup(i == 2 ? "call" : "chat");
		ids[i] = store_put_message(f, m);
	}
	other = store_incoming("other", 3500);
	g_free(other->peer);
	other->peer = g_strdup("carol@xmpp.test");
	g_free(store_put_message(f, other));

	ASSERT_PAGE("m0 m1 m2 m3 m4 m5", CHAT);
	ASSERT_PAGE("m4 m5", CHAT, .limit = 2);
	ASSERT_PAGE("m2 m3", CHAT, .before = ids[4], .limit = 2);
	ASSERT_PAGE("m2 m3", CHAT, .after = ids[1], .limit = 2);
	ASSERT_PAGE("m2 m3", CHAT, .after = ids[1], .before = ids[4]);
	ASSERT_PAGE("", CHAT, .after = ids[5]);
	ASSERT_PAGE("m2 m3", CHAT, .since = 3000, .until = 5000);
	ASSERT_PAGE("m0 m1", CHAT, .until = 3000);
	ASSERT_PAGE("m1", CHAT, .query = "M1");
	ASSERT_PAGE("", CHAT, .query = "%");
	ASSERT_PAGE("", CHAT, .query = "_");
	ASSERT_PAGE("m2", CHAT, .kinds = (const char *const[]){ "call", NULL });
	ASSERT_PAGE("m1 m2 other", .since = 2000, .until = 4000, .limit = 3, .query = NULL,
		    .after = ids[0]);
	ASSERT_PAGE("other", .account = ALICE, .peer = "carol@xmpp.test");
	ASSERT_PAGE("", .account = "x2");
	for (guint i = 0; i < 6; i++)
		g_free(ids[i]);
}

static void test_foreign_cursor(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *id = store_put_message(f, store_incoming("a", 1));
	g_autoptr(GError) error = NULL;
	CusaxMessageFilter filter = { .account = ALICE, .peer = "carol@xmpp.test", .before = id };
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_messages_async, f->history, &filter);

	g_assert_null(cusax_history_get_messages_finish(f->history, result, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
}

static void test_page_limit(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GPtrArray) some = NULL, most = NULL;

	for (guint i = 0; i < 1100; i++) {
		g_autofree char *text = g_strdup_printf("%u", i);
		g_autoptr(CusaxMessage) m = store_incoming(text, i + 1);

		cusax_history_add_message_async(f->history, m, NULL, NULL);
	}
	some = store_page(f, &(CusaxMessageFilter){ CHAT });
	g_assert_cmpuint(some->len, ==, 50);
	most = store_page(f, &(CusaxMessageFilter){ CHAT, .limit = G_MAXUINT });
	g_assert_cmpuint(most->len, ==, 1000);
	g_assert_cmpstr(((CusaxMessage *)most->pdata[999])->text, ==, "1099");
}

/* R28: what arrives later stands later, even if the clock was set back in between. */
static void test_clock_jumps(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_free(store_put_message(f, store_incoming("a", 1000)));
	g_free(store_put_message(f, store_incoming("b", 9000)));
	g_free(store_put_message(f, store_incoming("c", 2000)));
	g_free(store_put_message(f, store_incoming("d", 2001)));
	ASSERT_PAGE("a b c d", CHAT);
}

/* What a server kept goes by its time among own messages, and never before what it follows. */
static void test_delayed(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxMessage *first = store_incoming("kept", 50 * G_USEC_PER_SEC);
	CusaxMessage *second = store_incoming("next", 49 * G_USEC_PER_SEC);

	g_free(store_put_message(f, store_incoming("a", G_USEC_PER_SEC)));
	g_free(store_put_message(f, store_outgoing("o1", "b", 50 * G_USEC_PER_SEC + 500000)));
	g_free(store_put_message(f, store_outgoing("o2", "c", 100 * G_USEC_PER_SEC)));
	first->delayed = second->delayed = TRUE;
	g_free(store_put_message(f, first));
	g_free(store_put_message(f, second));
	ASSERT_PAGE("a b kept next c", CHAT);
}

/* One message and its twin: what makes them the same. */
typedef struct {
	const char *name;
	const char *stanza[2], *origin[2], *server[2], *text[2];
	gboolean other_sender;
	gboolean same;
} Twins;

static const Twins twins[] = {
	{ "archive id", { "a", "b" }, { NULL }, { "s", "s" }, { "t", "u" }, FALSE, TRUE },
	{ "origin id", { "a", "b" }, { "o", "o" }, { NULL }, { "t", "u" }, FALSE, TRUE },
	{ "stanza id and text", { "a", "a" }, { NULL }, { NULL, "s" }, { "t", "t" }, FALSE, TRUE },
	{ "stanza id, other text", { "a", "a" }, { NULL }, { NULL }, { "t", "u" }, FALSE, FALSE },
	{ "other archive id", { "a", "b" }, { NULL }, { "s", "r" }, { "t", "t" }, FALSE, FALSE },
	{ "other sender", { "a", "a" }, { "o", "o" }, { NULL }, { "t", "t" }, TRUE, FALSE },
	{ "no ids", { NULL }, { NULL }, { NULL }, { "t", "t" }, FALSE, FALSE },
};

static void test_twins(StoreFixture *f, gconstpointer data)
{
	const Twins *row = data;
	g_autoptr(CusaxMessage) first = NULL, second = NULL;
	gboolean is_new[2];

	for (guint i = 0; i < 2; i++) {
		g_autoptr(CusaxMessage) m = store_incoming(row->text[i], 1 + i);

		m->stanza_id = g_strdup(row->stanza[i]);
		m->origin_id = g_strdup(row->origin[i]);
		m->server_id = g_strdup(row->server[i]);
		if (i == 1 && row->other_sender) {
			g_free(m->sender);
			m->sender = g_strdup("room@xmpp.test/mallory");
		}
		*(i ? &second : &first) = store_add(f, m, &is_new[i]);
	}
	g_assert_true(is_new[0]);
	g_assert_true(is_new[1] == !row->same);
	g_assert_true((strcmp(first->id, second->id) == 0) == row->same);
	if (row->same)
		g_assert_cmpstr(second->server_id, ==, row->server[1]);
}

static void test_taken_id(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = store_outgoing("o1", "other", 2);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	g_free(store_put_message(f, store_outgoing("o1", "a", 1)));
	result = store_await(cusax_history_add_message_async, f->history, m);
	g_assert_null(cusax_history_add_message_finish(f->history, result, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_INVALID_ARGUMENT);
	ASSERT_PAGE("a", CHAT);
}

static void test_long_text(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *text = g_strnfill(256 * 1024 + 1, 'a');
	g_autoptr(CusaxMessage) m = store_incoming(text, 1);
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_add_message_async, f->history, m);
	g_autoptr(GError) error = NULL;

	g_assert_null(cusax_history_add_message_finish(f->history, result, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_INVALID_ARGUMENT);
}

static void test_broken_text(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = store_incoming("a\xff\xfe", 1);
	g_autoptr(CusaxMessage) stored = store_add(f, m, NULL);

	g_assert_true(g_utf8_validate(stored->text, -1, NULL));
}

static void test_corrections(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxMessage *first = store_incoming("teh", 1), *forged = store_incoming("evil", 4);
	g_autoptr(CusaxMessage) second = store_incoming("the", 2), third = store_incoming("The", 3);
	g_autoptr(CusaxMessage) corrected = NULL, again = NULL, refused = NULL;
	g_autofree char *id = NULL;

	first->kind = g_strdup("chat");
	first->stanza_id = g_strdup("w1");
	id = store_put_message(f, first);
	second->stanza_id = g_strdup("w2");
	second->replaces = g_strdup("w1");
	corrected = store_add(f, second, NULL);
	g_assert_cmpstr(corrected->replaces, ==, id);
	third->replaces = g_strdup("w2");
	again = store_add(f, third, NULL);
	g_assert_cmpstr(again->replaces, ==, id);

	/* XEP-0308 §5: another sender corrects nothing. */
	forged->replaces = g_strdup("w1");
	g_free(forged->sender);
	forged->sender = g_strdup("room@xmpp.test/mallory");
	refused = store_add(f, forged, NULL);
	cusax_message_free(forged);
	g_assert_null(refused->replaces);
	g_assert_cmpint(count_unread(f, id), ==, 1);
}

/* What another device read comes later, and with it what is before it is read. */
static void test_read_elsewhere(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const wires[] = { "w1", "w2", "w3", "w4" };
	g_autoptr(GAsyncResult) result = store_await(cusax_history_read_elsewhere_async, f->history,
						     ALICE, BOB, "archive-w3");
	g_autoptr(GAsyncResult) counted = NULL;
	g_auto(CusaxReadResult) read = { 0 }, left = { 0 };

	g_assert_true(cusax_history_mark_read_finish(f->history, result, &read, NULL));
	g_assert_false(read.changed);
	store_reopen(f);
	for (guint i = 0; i < G_N_ELEMENTS(wires); i++) {
		CusaxMessage *m = store_incoming(wires[i], 1000 + i);

		m->server_id = g_strconcat("archive-", wires[i], NULL);
		g_free(store_put_message(f, m));
	}
	counted = store_await(cusax_history_count_unread_async, f->history, ALICE, BOB);
	g_assert_true(cusax_history_mark_read_finish(f->history, counted, &left, NULL));
	g_assert_cmpuint(left.unread, ==, 1);
}

static void test_unread(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *a = store_put_message(f, store_incoming("a", 1)),
			*b = store_put_message(f, store_incoming("b", 2));
	g_autoptr(GAsyncResult) result = NULL, bad = NULL;
	g_autoptr(GPtrArray) chats = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(CusaxReadResult) none = { 0 };
	CusaxChatSummary *chat;

	g_free(store_put_message(f, store_incoming("c", 3)));
	g_free(store_put_message(f, store_outgoing("o1", "d", 4)));
	store_reopen(f);
	result = store_await(cusax_history_get_chats_async, f->history);
	chats = cusax_history_get_chats_finish(f->history, result, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(chats->len, ==, 1);
	chat = chats->pdata[0];
	g_assert_cmpstr(chat->account, ==, ALICE);
	g_assert_cmpstr(chat->peer, ==, BOB);
	g_assert_cmpuint(chat->unread, ==, 3);
	g_assert_cmpstr(chat->last_id, ==, "o1");
	g_assert_cmpint(chat->last_time, ==, 4);

	g_assert_cmpint(count_unread(f, b), ==, 1);
	g_assert_cmpint(count_unread(f, a), ==, 1);
	g_assert_cmpint(count_unread(f, NULL), ==, 0);
	bad = store_await(cusax_history_mark_read_async, f->history, ALICE, "eve@xmpp.test", a);
	g_assert_false(cusax_history_mark_read_finish(f->history, bad, &none, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
}

/* What a report makes of a state. */
typedef struct {
	const char *name;
	CusaxDelivery from, report, after;
} Step;

static const Step steps[] = {
	{ "sent", CUSAX_DELIVERY_QUEUED, CUSAX_DELIVERY_SENT, CUSAX_DELIVERY_SENT },
	{ "receipt first", CUSAX_DELIVERY_QUEUED, CUSAX_DELIVERY_DELIVERED,
	  CUSAX_DELIVERY_DELIVERED },
	{ "late acknowledgement", CUSAX_DELIVERY_DELIVERED, CUSAX_DELIVERY_SERVER,
	  CUSAX_DELIVERY_DELIVERED },
	{ "displayed stays", CUSAX_DELIVERY_DISPLAYED, CUSAX_DELIVERY_DELIVERED,
	  CUSAX_DELIVERY_DISPLAYED },
	{ "bounce", CUSAX_DELIVERY_SERVER, CUSAX_DELIVERY_FAILED, CUSAX_DELIVERY_FAILED },
	{ "bounce after receipt", CUSAX_DELIVERY_DELIVERED, CUSAX_DELIVERY_FAILED,
	  CUSAX_DELIVERY_DELIVERED },
	{ "failed, then delivered", CUSAX_DELIVERY_FAILED, CUSAX_DELIVERY_DELIVERED,
	  CUSAX_DELIVERY_DELIVERED },
	{ "failed, and acknowledged on the way", CUSAX_DELIVERY_FAILED, CUSAX_DELIVERY_SERVER,
	  CUSAX_DELIVERY_FAILED },
	{ "failed, not queued", CUSAX_DELIVERY_FAILED, CUSAX_DELIVERY_QUEUED,
	  CUSAX_DELIVERY_FAILED },
};

static CusaxMessage *deliver(StoreFixture *f, const char *peer, const char *id,
			     CusaxDelivery delivery, gboolean *ret_changed, GError **error)
{
	g_autoptr(GAsyncResult) result = store_await(cusax_history_set_delivery_async, f->history,
						     ALICE, peer, id, delivery, NULL, NULL);

	return cusax_history_set_delivery_finish(f->history, result, ret_changed, error);
}

static void test_step(StoreFixture *f, gconstpointer data)
{
	const Step *step = data;
	CusaxMessage *m = store_outgoing("o1", "a", 1);
	g_autoptr(CusaxMessage) moved = NULL;
	g_autoptr(GPtrArray) found = NULL;
	gboolean changed;

	m->delivery = step->from;
	g_free(store_put_message(f, m));
	moved = deliver(f, BOB, "o1", step->report, &changed, NULL);
	g_assert_cmpint(moved->delivery, ==, step->after);
	g_assert_true(changed == (step->from != step->after));
	store_reopen(f);
	found = store_page(f, &(CusaxMessageFilter){ CHAT });
	g_assert_cmpint(((CusaxMessage *)found->pdata[0])->delivery, ==, step->after);
}

static void test_foreign_receipt(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxMessage *in = store_incoming("b", 2);
	g_autoptr(GError) error = NULL;

	g_free(store_put_message(f, store_outgoing("o1", "a", 1)));
	in->stanza_id = g_strdup("w1");
	g_free(store_put_message(f, in));
	g_assert_null(deliver(f, "eve@xmpp.test", "o1", CUSAX_DELIVERY_DELIVERED, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
	g_assert_null(deliver(f, BOB, "w1", CUSAX_DELIVERY_DELIVERED, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
}

static void test_pending(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL, none = NULL;
	g_autoptr(GPtrArray) found = NULL, other = NULL;

	for (guint i = 0; i < 4; i++) {
		g_autofree char *id = g_strdup_printf("o%u", i);

		/* A clock that runs backwards: the order is that of adding. */
		g_free(store_put_message(f, store_outgoing(id, id, 100 - i)));
	}
	cusax_message_free(deliver(f, BOB, "o1", CUSAX_DELIVERY_SERVER, NULL, NULL));
	cusax_message_free(deliver(f, BOB, "o2", CUSAX_DELIVERY_SENT, NULL, NULL));
	store_reopen(f);
	result = store_await(cusax_history_get_pending_async, f->history, NULL);
	found = cusax_history_get_pending_finish(f->history, result, NULL);
	g_assert_cmpuint(found->len, ==, 3);
	g_assert_cmpstr(((CusaxMessage *)found->pdata[0])->id, ==, "o0");
	g_assert_cmpstr(((CusaxMessage *)found->pdata[1])->id, ==, "o2");
	g_assert_cmpstr(((CusaxMessage *)found->pdata[2])->id, ==, "o3");
	none = store_await(cusax_history_get_pending_async, f->history, "x2");
	other = cusax_history_get_pending_finish(f->history, none, NULL);
	g_assert_cmpuint(other->len, ==, 0);
}

#define ADD(name, data, test)                                                                      \
	g_test_add("/store/messages/" name, StoreFixture, data, store_set_up, test, store_tear_down)

/* -1: it can be corrected. */
static int correctable(StoreFixture *f, const char *id)
{
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_correctable_async, f->history, ALICE, BOB, id);
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxMessage) message =
		cusax_history_get_correctable_finish(f->history, result, &error);

	g_assert_true((message == NULL) == (error != NULL));
	return error ? error->code : -1;
}

/* The last own message, however much the other side has said since. */
static void test_correctable(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *theirs = NULL;

	g_free(store_put_message(f, store_outgoing("o1", "one", 1000)));
	g_free(store_put_message(f, store_outgoing("o2", "two", 2000)));
	for (guint i = 0; i < 150; i++) {
		g_free(theirs);
		theirs = store_put_message(f, store_incoming("and", 3000 + i));
	}
	g_assert_cmpint(correctable(f, "o2"), ==, -1);
	g_assert_cmpint(correctable(f, "o1"), ==, CUSAX_ERROR_WRONG_STATE);
	g_assert_cmpint(correctable(f, theirs), ==, CUSAX_ERROR_REFUSED);
	g_assert_cmpint(correctable(f, "o3"), ==, CUSAX_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("a message is read as it was written", NULL, test_whole_message);
	ADD("pages by cursor, time, text and kind", NULL, test_pages);
	ADD("a cursor of another chat is not found", NULL, test_foreign_cursor);
	ADD("a page is limited", NULL, test_page_limit);
	ADD("R28: a clock that jumps changes no order", NULL, test_clock_jumps);
	ADD("R22: what a server kept has its place", NULL, test_delayed);
	ADD("a taken id is refused", NULL, test_taken_id);
	ADD("a text over the limit is refused", NULL, test_long_text);
	ADD("text that is not UTF-8 is mended", NULL, test_broken_text);
	ADD("only the sender corrects", NULL, test_corrections);
	ADD("X5: the last own message can be corrected", NULL, test_correctable);
	ADD("unread messages are counted and read", NULL, test_unread);
	ADD("X5: what another device read is read", NULL, test_read_elsewhere);
	ADD("a receipt from another chat moves nothing", NULL, test_foreign_receipt);
	ADD("what no server acknowledged is pending after a restart", NULL, test_pending);
	for (guint i = 0; i < G_N_ELEMENTS(twins); i++) {
		g_autofree char *path =
			g_strdup_printf("/store/messages/stored once/%s", twins[i].name);

		g_test_add(path, StoreFixture, &twins[i], store_set_up, test_twins,
			   store_tear_down);
	}
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *path =
			g_strdup_printf("/store/messages/delivery/%s", steps[i].name);

		g_test_add(path, StoreFixture, &steps[i], store_set_up, test_step, store_tear_down);
	}
	return g_test_run();
}

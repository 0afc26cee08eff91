/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database: order, durability, damage, messages, calls and caches. */
/* Main thread. */
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/cache.h"
#include "daemon/store/calls.h"
#include "daemon/store/history.h"
#include "daemon/store/messages.h"
#include "tests/unit/store-support.h"

#define ALICE "x1"
#define BOB   "bob@xmpp.test"

typedef struct {
	char *folder;
	CusaxHistory *history;
} Fixture;

static void set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	f->folder = store_folder_new();
	f->history = cusax_history_new(f->folder);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	cusax_history_free(f->history);
	while (g_main_context_iteration(NULL, FALSE))
		;
	store_folder_remove(f->folder);
}

static void reopen(Fixture *f)
{
	cusax_history_free(f->history);
	f->history = cusax_history_new(f->folder);
}

static CusaxMessage *add(Fixture *f, const CusaxMessage *message, gboolean *ret_is_new)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_add_message_async, f->history, message);
	CusaxMessage *stored =
		cusax_history_add_message_finish(f->history, result, ret_is_new, &error);

	g_assert_no_error(error);
	return stored;
}

static CusaxMessage *incoming(const char *text, gint64 time)
{
	CusaxMessage *message = cusax_message_new(ALICE, BOB, CUSAX_DIRECTION_IN);

	message->sender = g_strdup(BOB);
	message->text = g_strdup(text);
	message->time = time;
	message->delivery = CUSAX_DELIVERY_DELIVERED;
	message->unread = TRUE;
	return message;
}

static CusaxMessage *outgoing(const char *id, const char *text, gint64 time)
{
	CusaxMessage *message = cusax_message_new(ALICE, BOB, CUSAX_DIRECTION_OUT);

	message->id = g_strdup(id);
	message->stanza_id = g_strdup(id);
	message->sender = g_strdup("alice@xmpp.test");
	message->text = g_strdup(text);
	message->time = time;
	message->delivery = CUSAX_DELIVERY_QUEUED;
	return message;
}

/* Takes message; gives the stored id. */
static char *put(Fixture *f, CusaxMessage *message)
{
	g_autoptr(CusaxMessage) stored = add(f, message, NULL);

	cusax_message_free(message);
	return g_steal_pointer(&stored->id);
}

static GPtrArray *page(Fixture *f, const CusaxMessageFilter *filter)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_messages_async, f->history, filter);
	GPtrArray *found = cusax_history_get_messages_finish(f->history, result, &error);

	g_assert_no_error(error);
	return found;
}

/* The texts of a page, joined. */
static char *texts(Fixture *f, const CusaxMessageFilter *filter)
{
	g_autoptr(GPtrArray) found = page(f, filter);
	GString *joined = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++) {
		CusaxMessage *message = found->pdata[i];

		g_string_append_printf(joined, "%s%s", i ? " " : "", message->text);
	}
	return g_string_free(joined, FALSE);
}

static void assert_texts(Fixture *f, CusaxMessageFilter filter, const char *wanted)
{
	g_autofree char *found = texts(f, &filter);

	g_assert_cmpstr(found, ==, wanted);
}

#define ASSERT_PAGE(wanted, ...) assert_texts(f, (CusaxMessageFilter){ __VA_ARGS__ }, wanted)
#define CHAT                     .account = ALICE, .peer = BOB

static gssize count_unread(Fixture *f, const char *up_to)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_mark_read_async, f->history, ALICE, BOB, up_to);
	gssize left = cusax_history_mark_read_finish(f->history, result, &error);

	g_assert_no_error(error);
	return left;
}

static void test_private_files(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const files[] = { "history.db", "history.db-wal", "history.db-shm" };
	struct stat status;

	g_free(put(f, incoming("a", 1)));
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(f->folder, files[i], NULL);

		g_assert_cmpint(g_stat(path, &status), ==, 0);
		g_assert_cmpint(status.st_mode & 0777, ==, 0600);
	}
}

static void test_whole_message(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = incoming("Grüße \"'; DROP TABLE messages; --", 1234567);
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
	stored = add(f, m, &is_new);
	g_assert_true(is_new);
	g_assert_nonnull(stored->id);
	reopen(f);
	found = page(f, &(CusaxMessageFilter){ CHAT });
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

static void test_pages(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	char *ids[6];
	CusaxMessage *other;

	for (guint i = 0; i < 6; i++) {
		g_autofree char *text = g_strdup_printf("m%u", i);
		CusaxMessage *m = incoming(text, 1000 * (i + 1));

		m->kind = g_strdup(i == 2 ? "call" : "chat");
		ids[i] = put(f, m);
	}
	other = incoming("other", 3500);
	g_free(other->peer);
	other->peer = g_strdup("carol@xmpp.test");
	g_free(put(f, other));

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
	ASSERT_PAGE("", CHAT, .query = "m_");
	ASSERT_PAGE("m2", CHAT, .kinds = (const char *const[]){ "call", NULL });
	ASSERT_PAGE("m1 m2 other", .since = 2000, .until = 4000, .limit = 3, .query = NULL,
		    .after = ids[0]);
	ASSERT_PAGE("other", .account = ALICE, .peer = "carol@xmpp.test");
	ASSERT_PAGE("", .account = "x2");
	for (guint i = 0; i < 6; i++)
		g_free(ids[i]);
}

static void test_foreign_cursor(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *id = put(f, incoming("a", 1));
	g_autoptr(GError) error = NULL;
	CusaxMessageFilter filter = { .account = ALICE, .peer = "carol@xmpp.test", .before = id };
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_messages_async, f->history, &filter);

	g_assert_null(cusax_history_get_messages_finish(f->history, result, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
}

static void test_page_limit(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GPtrArray) some = NULL, most = NULL;

	for (guint i = 0; i < 1100; i++) {
		g_autofree char *text = g_strdup_printf("%u", i);
		g_autoptr(CusaxMessage) m = incoming(text, i + 1);

		cusax_history_add_message_async(f->history, m, NULL, NULL);
	}
	some = page(f, &(CusaxMessageFilter){ CHAT });
	g_assert_cmpuint(some->len, ==, 50);
	most = page(f, &(CusaxMessageFilter){ CHAT, .limit = G_MAXUINT });
	g_assert_cmpuint(most->len, ==, 1000);
	g_assert_cmpstr(((CusaxMessage *)most->pdata[999])->text, ==, "1099");
}

/* R28: what arrives later stands later, even if the clock was set back in between. */
static void test_clock_jumps(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxMessage *late = incoming("archived", 1500);

	g_free(put(f, incoming("a", 1000)));
	g_free(put(f, incoming("b", 9000)));
	g_free(put(f, incoming("c", 2000)));
	g_free(put(f, incoming("d", 2001)));
	ASSERT_PAGE("a b c d", CHAT);
	late->delayed = TRUE;
	g_free(put(f, late));
	ASSERT_PAGE("a archived b c d", CHAT);
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

static void test_twins(Fixture *f, gconstpointer data)
{
	const Twins *row = data;
	g_autoptr(CusaxMessage) first = NULL, second = NULL;
	gboolean is_new[2];

	for (guint i = 0; i < 2; i++) {
		g_autoptr(CusaxMessage) m = incoming(row->text[i], 1 + i);

		m->stanza_id = g_strdup(row->stanza[i]);
		m->origin_id = g_strdup(row->origin[i]);
		m->server_id = g_strdup(row->server[i]);
		if (i == 1 && row->other_sender) {
			g_free(m->sender);
			m->sender = g_strdup("room@xmpp.test/mallory");
		}
		*(i ? &second : &first) = add(f, m, &is_new[i]);
	}
	g_assert_true(is_new[0]);
	g_assert_true(is_new[1] == !row->same);
	g_assert_true((strcmp(first->id, second->id) == 0) == row->same);
	if (row->same)
		g_assert_cmpstr(second->server_id, ==, row->server[1]);
}

static void test_taken_id(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = outgoing("o1", "other", 2);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	g_free(put(f, outgoing("o1", "a", 1)));
	result = store_await(cusax_history_add_message_async, f->history, m);
	g_assert_null(cusax_history_add_message_finish(f->history, result, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_INVALID_ARGUMENT);
	ASSERT_PAGE("a", CHAT);
}

static void test_long_text(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *text = g_strnfill(256 * 1024 + 1, 'a');
	g_autoptr(CusaxMessage) m = incoming(text, 1);
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_add_message_async, f->history, m);
	g_autoptr(GError) error = NULL;

	g_assert_null(cusax_history_add_message_finish(f->history, result, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_INVALID_ARGUMENT);
}

static void test_broken_text(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = incoming("a\xff\xfe", 1);
	g_autoptr(CusaxMessage) stored = add(f, m, NULL);

	g_assert_true(g_utf8_validate(stored->text, -1, NULL));
}

static void test_corrections(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxMessage *first = incoming("teh", 1), *forged = incoming("evil", 4);
	g_autoptr(CusaxMessage) second = incoming("the", 2), third = incoming("The", 3);
	g_autoptr(CusaxMessage) corrected = NULL, again = NULL, refused = NULL;
	g_autofree char *id = NULL;

	first->kind = g_strdup("chat");
	first->stanza_id = g_strdup("w1");
	id = put(f, first);
	second->stanza_id = g_strdup("w2");
	second->replaces = g_strdup("w1");
	corrected = add(f, second, NULL);
	g_assert_cmpstr(corrected->replaces, ==, id);
	third->replaces = g_strdup("w2");
	again = add(f, third, NULL);
	g_assert_cmpstr(again->replaces, ==, id);

	/* XEP-0308 §5: another sender corrects nothing. */
	forged->replaces = g_strdup("w1");
	g_free(forged->sender);
	forged->sender = g_strdup("room@xmpp.test/mallory");
	refused = add(f, forged, NULL);
	cusax_message_free(forged);
	g_assert_null(refused->replaces);
	g_assert_cmpint(count_unread(f, id), ==, 1);
}

static void test_unread(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *a = put(f, incoming("a", 1)), *b = put(f, incoming("b", 2));
	g_autoptr(GAsyncResult) result = NULL, bad = NULL;
	g_autoptr(GPtrArray) chats = NULL;
	g_autoptr(GError) error = NULL;
	CusaxChatSummary *chat;

	g_free(put(f, incoming("c", 3)));
	g_free(put(f, outgoing("o1", "d", 4)));
	reopen(f);
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
	g_assert_cmpint(cusax_history_mark_read_finish(f->history, bad, &error), ==, -1);
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
	{ "failed, not queued", CUSAX_DELIVERY_FAILED, CUSAX_DELIVERY_QUEUED,
	  CUSAX_DELIVERY_FAILED },
};

static CusaxMessage *deliver(Fixture *f, const char *peer, const char *id, CusaxDelivery delivery,
			     gboolean *ret_changed, GError **error)
{
	g_autoptr(GAsyncResult) result = store_await(cusax_history_set_delivery_async, f->history,
						     ALICE, peer, id, delivery, NULL, NULL);

	return cusax_history_set_delivery_finish(f->history, result, ret_changed, error);
}

static void test_step(Fixture *f, gconstpointer data)
{
	const Step *step = data;
	CusaxMessage *m = outgoing("o1", "a", 1);
	g_autoptr(CusaxMessage) moved = NULL;
	g_autoptr(GPtrArray) found = NULL;
	gboolean changed;

	m->delivery = step->from;
	g_free(put(f, m));
	moved = deliver(f, BOB, "o1", step->report, &changed, NULL);
	g_assert_cmpint(moved->delivery, ==, step->after);
	g_assert_true(changed == (step->from != step->after));
	reopen(f);
	found = page(f, &(CusaxMessageFilter){ CHAT });
	g_assert_cmpint(((CusaxMessage *)found->pdata[0])->delivery, ==, step->after);
}

static void test_foreign_receipt(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxMessage *in = incoming("b", 2);
	g_autoptr(GError) error = NULL;

	g_free(put(f, outgoing("o1", "a", 1)));
	in->stanza_id = g_strdup("w1");
	g_free(put(f, in));
	g_assert_null(deliver(f, "eve@xmpp.test", "o1", CUSAX_DELIVERY_DELIVERED, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
	g_assert_null(deliver(f, BOB, "w1", CUSAX_DELIVERY_DELIVERED, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
}

static void test_pending(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL, none = NULL;
	g_autoptr(GPtrArray) found = NULL, other = NULL;

	for (guint i = 0; i < 4; i++) {
		g_autofree char *id = g_strdup_printf("o%u", i);

		/* A clock that runs backwards: the order is that of adding. */
		g_free(put(f, outgoing(id, id, 100 - i)));
	}
	cusax_message_free(deliver(f, BOB, "o1", CUSAX_DELIVERY_SERVER, NULL, NULL));
	cusax_message_free(deliver(f, BOB, "o2", CUSAX_DELIVERY_SENT, NULL, NULL));
	reopen(f);
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

typedef struct {
	guint next;
	guint wrong;
} Order;

typedef struct {
	Order *order;
	guint number;
	gboolean fails;
} Expected;

static void on_added(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Expected *expected = data;
	g_autoptr(CusaxMessage) m = cusax_history_add_message_finish(NULL, result, NULL, NULL);

	if (expected->order->next++ != expected->number || (m == NULL) != expected->fails)
		expected->order->wrong++;
	g_free(expected);
}

/* 1,000 writes, each tenth refused: a refused one takes nothing of its neighbours with it. */
static void test_order(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	Order order = { 0 };
	g_autoptr(GPtrArray) found = NULL;

	for (guint i = 0; i < 1000; i++) {
		g_autofree char *id = i % 10 == 9 ? g_strdup("o0") : g_strdup_printf("o%u", i);
		g_autofree char *text = g_strdup_printf("%u", i);
		g_autoptr(CusaxMessage) m = outgoing(id, text, i + 1);
		Expected *expected = g_new(Expected, 1);

		*expected = (Expected){ &order, i, i % 10 == 9 };
		cusax_history_add_message_async(f->history, m, on_added, expected);
	}
	while (order.next < 1000)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(order.wrong, ==, 0);
	found = page(f, &(CusaxMessageFilter){ CHAT, .limit = 1000 });
	g_assert_cmpuint(found->len, ==, 900);
}

static void test_free_drains(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	Order order = { 0 };
	g_autoptr(GPtrArray) found = NULL;

	for (guint i = 0; i < 300; i++) {
		g_autofree char *id = g_strdup_printf("o%u", i);
		g_autoptr(CusaxMessage) m = outgoing(id, id, i + 1);
		Expected *expected = g_new(Expected, 1);

		*expected = (Expected){ &order, i, FALSE };
		cusax_history_add_message_async(f->history, m, on_added, expected);
	}
	reopen(f);
	while (order.next < 300)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(order.wrong, ==, 0);
	found = page(f, &(CusaxMessageFilter){ CHAT, .limit = 1000 });
	g_assert_cmpuint(found->len, ==, 300);
}

static void test_close(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = incoming("a", 1);
	g_autoptr(GAsyncResult) closed = NULL, late = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *wal = g_build_filename(f->folder, "history.db-wal", NULL);

	cusax_history_add_message_async(f->history, m, NULL, NULL);
	closed = store_await(cusax_history_close_async, f->history);
	cusax_history_close_finish(f->history, closed);
	g_assert_false(g_file_test(wal, G_FILE_TEST_EXISTS));
	late = store_await(cusax_history_add_message_async, f->history, m);
	g_assert_null(cusax_history_add_message_finish(f->history, late, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_WRONG_STATE);
	reopen(f);
	ASSERT_PAGE("a", CHAT);
}

static gboolean open_history(Fixture *f, gboolean *ret_set_aside, GError **error)
{
	g_autoptr(GAsyncResult) result = store_await(cusax_history_open_async, f->history);

	return cusax_history_open_finish(f->history, result, ret_set_aside, error);
}

static void test_damaged(Fixture *f, gconstpointer data)
{
	const char *how = data;
	g_autofree char *path = g_build_filename(f->folder, "history.db", NULL);
	g_autofree char *kept = g_build_filename(f->folder, "history.db.bad-1", NULL);
	gboolean set_aside = FALSE;
	g_autoptr(GError) error = NULL;

	g_free(put(f, incoming("a", 1)));
	cusax_history_free(f->history);
	if (strcmp(how, "text") == 0) {
		store_put("no database at all, and long enough to be seen as one", f->folder,
			  "history.db");
	} else {
		FILE *file = fopen(path, "r+");

		for (long at = 4096; at < 4096 * 8; at += 512) {
			fseek(file, at, SEEK_SET);
			fwrite("\xde\xad\xbe\xef\xde\xad\xbe\xef", 8, 1, file);
		}
		fclose(file);
	}
	f->history = cusax_history_new(f->folder);
	g_assert_true(open_history(f, &set_aside, &error));
	g_assert_no_error(error);
	g_assert_true(set_aside);
	g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
	g_free(put(f, incoming("b", 2)));
	ASSERT_PAGE("b", CHAT);
}

static void run_sql(Fixture *f, const char *sql)
{
	g_autofree char *path = g_build_filename(f->folder, "history.db", NULL);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
}

static void test_newer_version(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_free(put(f, incoming("a", 1)));
	cusax_history_free(f->history);
	run_sql(f, "PRAGMA user_version=99");
	f->history = cusax_history_new(f->folder);
	g_assert_false(open_history(f, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_UNSUPPORTED);
	run_sql(f, "PRAGMA user_version=1");
	ASSERT_PAGE("a", CHAT);
}

static void test_hostile_file(Fixture *f, gconstpointer data)
{
	const char *how = data;
	g_autofree char *path = g_build_filename(f->folder, "history.db", NULL);
	g_autofree char *target = g_build_filename(f->folder, "target", NULL);
	g_autoptr(GError) error = NULL;

	store_put("", f->folder, "target");
	if (strcmp(how, "link") == 0) {
		g_assert_cmpint(symlink(target, path), ==, 0);
	} else if (strcmp(how, "FIFO") == 0) {
		g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	} else {
		store_put("", f->folder, "history.db");
		g_assert_cmpint(g_chmod(path, 0666), ==, 0);
	}
	g_assert_false(open_history(f, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_REFUSED);
	g_assert_cmpint(g_remove(path), ==, 0);
	ASSERT_PAGE("", CHAT);
}

static void test_folder_comes_back(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *folder = g_build_filename(f->folder, "data", NULL);
	g_autofree char *blocked = g_build_filename(folder, "cusaxd", NULL);
	g_autoptr(GError) error = NULL;

	/* A file stands where the folder belongs. */
	store_put("", f->folder, "data");
	cusax_history_free(f->history);
	f->history = cusax_history_new(blocked);
	g_assert_false(open_history(f, NULL, &error));
	g_assert_true(error->domain == CUSAX_ERROR);
	g_assert_cmpint(g_remove(folder), ==, 0);
	g_free(put(f, incoming("a", 1)));
	ASSERT_PAGE("a", CHAT);
}

static void test_locked_by_another(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->folder, "history.db", NULL);
	g_autoptr(CusaxMessage) m = incoming("b", 2);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	sqlite3 *db;

	g_free(put(f, incoming("a", 1)));
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
	result = store_await(cusax_history_add_message_async, f->history, m);
	g_assert_null(cusax_history_add_message_finish(f->history, result, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_BUSY);
	sqlite3_close(db);
	g_free(put(f, g_steal_pointer(&m)));
	ASSERT_PAGE("a b", CHAT);
}

static void test_prune(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;

	g_free(put(f, incoming("a", 1000)));
	g_free(put(f, outgoing("o1", "unsent", 1001)));
	g_free(put(f, incoming("b", 3000)));
	result = store_await(cusax_history_prune_async, f->history, (gint64)2000);
	g_assert_cmpint(cusax_history_prune_finish(f->history, result, NULL), ==, 1);
	ASSERT_PAGE("unsent b", CHAT);
}

/* R24: no room, then room again. */
static void test_full_disk(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *text = g_strnfill(200 * 1024, 'a');
	g_autoptr(CusaxMessage) m = incoming(text, 2);
	struct rlimit before, small;
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	g_free(put(f, incoming("a", 1)));
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
	small = (struct rlimit){ .rlim_cur = 128 * 1024, .rlim_max = before.rlim_max };
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
	result = store_await(cusax_history_add_message_async, f->history, m);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
	g_assert_null(cusax_history_add_message_finish(f->history, result, NULL, &error));
	g_assert_true(error->domain == CUSAX_ERROR);
	g_test_message("%s", error->message);
	ASSERT_PAGE("a", CHAT);
	g_free(put(f, incoming("b", 3)));
	ASSERT_PAGE("a b", CHAT);
}

static CusaxCallRecord *call(const char *id, CusaxCallDirection direction, gint64 start)
{
	CusaxCallRecord *record = cusax_call_record_new(id, "s1", direction);

	record->uri = g_strdup("sip:bob@sip.test");
	record->start = start;
	record->end = start + 10;
	record->reason = CUSAX_END_REMOTE_HANGUP;
	return record;
}

/* Takes record. */
static void put_call(Fixture *f, CusaxCallRecord *record)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_put_call_async, f->history, record);

	cusax_history_put_call_finish(f->history, result, &error);
	g_assert_no_error(error);
	cusax_call_record_free(record);
}

static GPtrArray *calls(Fixture *f, const CusaxCallFilter *filter)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_calls_async, f->history, filter);
	GPtrArray *found = cusax_history_get_calls_finish(f->history, result, &error);

	g_assert_no_error(error);
	return found;
}

static void assert_calls(Fixture *f, CusaxCallFilter filter, const char *wanted)
{
	g_autoptr(GPtrArray) found = calls(f, &filter);
	g_autoptr(GString) joined = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(joined, "%s%s", i ? " " : "",
				       ((CusaxCallRecord *)found->pdata[i])->id);
	g_assert_cmpstr(joined->str, ==, wanted);
}

static void test_whole_call(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCallRecord *record = call("c1", CUSAX_CALL_INCOMING_DIRECTION, 1000), *read;
	g_autoptr(CusaxCallRecord) copy = NULL;
	g_autoptr(GPtrArray) found = NULL;

	record->service = g_strdup("p1");
	record->name = g_strdup("Bob");
	record->contact_account = g_strdup(ALICE);
	record->contact_address = g_strdup(BOB);
	record->claimed_address = g_strdup(BOB);
	record->identity = CUSAX_IDENTITY_VERIFIED;
	record->identity_source = g_strdup("vcard");
	record->answer = 1003;
	record->code = 200;
	record->text = g_strdup("OK");
	record->encryption = CUSAX_ENCRYPTION_SDES_SRTP;
	record->codec = g_strdup("opus/48000/2");
	record->charges = CUSAX_CHARGES_POSSIBLE;
	copy = cusax_call_record_copy(record);
	put_call(f, record);
	reopen(f);
	found = calls(f, &(CusaxCallFilter){ 0 });
	g_assert_cmpuint(found->len, ==, 1);
	read = found->pdata[0];
	g_assert_cmpstr(read->id, ==, copy->id);
	g_assert_cmpstr(read->account, ==, copy->account);
	g_assert_cmpstr(read->service, ==, copy->service);
	g_assert_cmpint(read->direction, ==, copy->direction);
	g_assert_cmpstr(read->uri, ==, copy->uri);
	g_assert_cmpstr(read->name, ==, copy->name);
	g_assert_cmpstr(read->contact_account, ==, copy->contact_account);
	g_assert_cmpstr(read->contact_address, ==, copy->contact_address);
	g_assert_cmpstr(read->claimed_address, ==, copy->claimed_address);
	g_assert_cmpint(read->identity, ==, copy->identity);
	g_assert_cmpstr(read->identity_source, ==, copy->identity_source);
	g_assert_cmpint(read->start, ==, copy->start);
	g_assert_cmpint(read->answer, ==, copy->answer);
	g_assert_cmpint(read->end, ==, copy->end);
	g_assert_cmpint(read->reason, ==, copy->reason);
	g_assert_cmpuint(read->code, ==, copy->code);
	g_assert_cmpstr(read->text, ==, copy->text);
	g_assert_cmpint(read->encryption, ==, copy->encryption);
	g_assert_cmpstr(read->codec, ==, copy->codec);
	g_assert_cmpint(read->charges, ==, copy->charges);
	g_assert_false(read->missed);
	g_assert_false(read->seen);
}

static void test_call_log(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCallFilter unknown = { .before = "c9" };
	g_autoptr(GAsyncResult) result = NULL, count = NULL, some = NULL, all = NULL;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 5; i++) {
		g_autofree char *id = g_strdup_printf("c%u", i);
		CusaxCallRecord *record = call(id, CUSAX_CALL_INCOMING_DIRECTION, 1000 + i);

		record->missed = i % 2 == 0;
		if (i < 2) {
			record->contact_account = g_strdup(ALICE);
			record->contact_address = g_strdup(BOB);
		}
		put_call(f, record);
	}
	assert_calls(f, (CusaxCallFilter){ 0 }, "c4 c3 c2 c1 c0");
	assert_calls(f, (CusaxCallFilter){ .before = "c3", .limit = 2 }, "c2 c1");
	assert_calls(f, (CusaxCallFilter){ .missed = TRUE }, "c4 c2 c0");
	assert_calls(f, (CusaxCallFilter){ .contact_account = ALICE, .contact_address = BOB },
		     "c1 c0");
	result = store_await(cusax_history_get_calls_async, f->history, &unknown);
	g_assert_null(cusax_history_get_calls_finish(f->history, result, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);

	count = store_await(cusax_history_count_missed_async, f->history);
	g_assert_cmpint(cusax_history_count_missed_finish(f->history, count, NULL), ==, 3);
	some = store_await(cusax_history_mark_seen_async, f->history, "c2");
	g_assert_cmpint(cusax_history_mark_seen_finish(f->history, some, NULL), ==, 1);
	all = store_await(cusax_history_mark_seen_async, f->history, NULL);
	g_assert_cmpint(cusax_history_mark_seen_finish(f->history, all, NULL), ==, 0);
}

static void test_call_updates(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCallRecord *record = call("c1", CUSAX_CALL_OUTGOING_DIRECTION, 1000);
	g_autoptr(GPtrArray) found = NULL;

	record->end = 0;
	put_call(f, record);
	put_call(f, call("c2", CUSAX_CALL_OUTGOING_DIRECTION, 1001));
	record = call("c1", CUSAX_CALL_OUTGOING_DIRECTION, 1000);
	record->reason = CUSAX_END_BUSY;
	record->code = 486;
	put_call(f, record);
	assert_calls(f, (CusaxCallFilter){ 0 }, "c2 c1");
	found = calls(f, &(CusaxCallFilter){ .before = "c2" });
	g_assert_cmpuint(((CusaxCallRecord *)found->pdata[0])->code, ==, 486);
	g_assert_cmpint(((CusaxCallRecord *)found->pdata[0])->reason, ==, CUSAX_END_BUSY);
}

static void test_call_left_open(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCallRecord *ringing = call("c1", CUSAX_CALL_INCOMING_DIRECTION, 1000), *read;
	CusaxCallRecord *talking = call("c2", CUSAX_CALL_INCOMING_DIRECTION, 2000);
	g_autoptr(GPtrArray) found = NULL;

	ringing->end = talking->end = 0;
	talking->answer = 2005;
	put_call(f, ringing);
	put_call(f, talking);
	reopen(f);
	found = calls(f, &(CusaxCallFilter){ 0 });
	read = found->pdata[0];
	g_assert_cmpint(read->reason, ==, CUSAX_END_FAILED);
	g_assert_cmpint(read->end, ==, 2005);
	g_assert_false(read->missed);
	read = found->pdata[1];
	g_assert_cmpint(read->end, ==, 1000);
	g_assert_true(read->missed);
}

static void finish_cache(Fixture *f, GAsyncResult *result)
{
	g_autoptr(GError) error = NULL;

	cusax_history_cache_finish(f->history, result, &error);
	g_assert_no_error(error);
	g_object_unref(result);
}

static CusaxRosterCache *load_cache(Fixture *f, const char *account)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_cache_async, f->history, account);
	CusaxRosterCache *cache = cusax_history_get_cache_finish(f->history, result, &error);

	g_assert_no_error(error);
	return cache;
}

static CusaxCachedContact *contact(const char *address, const char *name)
{
	CusaxCachedContact *c = cusax_cached_contact_new(address);

	c->name = g_strdup(name);
	return c;
}

static void test_roster_cache(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const groups[] = { "Friends", "it's \"odd\"", NULL };
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_cached_contact_free);
	CusaxCachedContact *bob = contact(BOB, "Bob");
	CusaxRosterCache *cache;

	g_strfreev(bob->groups);
	bob->groups = g_strdupv((GStrv)groups);
	bob->subscription = CUSAX_SUBSCRIPTION_BOTH;
	bob->asked = TRUE;
	g_ptr_array_add(all, bob);
	g_ptr_array_add(all, contact("carol@xmpp.test", NULL));
	finish_cache(f, store_await(cusax_history_set_roster_async, f->history, ALICE, "v1", all));
	reopen(f);
	cache = load_cache(f, ALICE);
	g_assert_cmpstr(cache->version, ==, "v1");
	g_assert_cmpuint(cache->contacts->len, ==, 2);
	bob = cache->contacts->pdata[0];
	g_assert_cmpstr(bob->address, ==, BOB);
	g_assert_cmpstr(bob->name, ==, "Bob");
	g_assert_cmpstrv(bob->groups, groups);
	g_assert_cmpint(bob->subscription, ==, CUSAX_SUBSCRIPTION_BOTH);
	g_assert_true(bob->asked);
	g_assert_null(((CusaxCachedContact *)cache->contacts->pdata[1])->name);
	cusax_roster_cache_free(cache);

	finish_cache(f, store_await(cusax_history_put_contact_async, f->history, ALICE, "v2",
				    contact(BOB, "Robert")));
	finish_cache(f, store_await(cusax_history_remove_contact_async, f->history, ALICE, "v3",
				    "carol@xmpp.test"));
	cache = load_cache(f, ALICE);
	g_assert_cmpstr(cache->version, ==, "v3");
	g_assert_cmpuint(cache->contacts->len, ==, 1);
	g_assert_cmpstr(((CusaxCachedContact *)cache->contacts->pdata[0])->name, ==, "Robert");
	cusax_roster_cache_free(cache);

	finish_cache(f, store_await(cusax_history_forget_cache_async, f->history, ALICE));
	cache = load_cache(f, ALICE);
	g_assert_null(cache->version);
	g_assert_cmpuint(cache->contacts->len, ==, 0);
	cusax_roster_cache_free(cache);
}

static void test_vcard_cache(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const types[] = { "voice", "home", NULL };
	CusaxCachedVcard *vcard = cusax_cached_vcard_new(BOB);
	CusaxPhone *phone = cusax_phone_new("tel:+33 1 \"x\"", types, CUSAX_SOURCE_VCARD);
	g_autoptr(CusaxRosterCache) cache = NULL, other = NULL;

	phone->preference = 2;
	g_ptr_array_add(vcard->phones, phone);
	g_ptr_array_add(vcard->phones, cusax_phone_new("sip:b@x", NULL, CUSAX_SOURCE_VCARD4));
	vcard->full_name = g_strdup("Bob Builder");
	vcard->photo_hash = g_strdup("da39a3ee");
	vcard->fetched = 42;
	finish_cache(f, store_await(cusax_history_put_vcard_async, f->history, ALICE, vcard));
	vcard = cusax_cached_vcard_new("carol@xmpp.test");
	vcard->absent = TRUE;
	finish_cache(f, store_await(cusax_history_put_vcard_async, f->history, ALICE, vcard));
	reopen(f);
	cache = load_cache(f, ALICE);
	g_assert_cmpuint(cache->vcards->len, ==, 2);
	vcard = cache->vcards->pdata[0];
	g_assert_cmpstr(vcard->address, ==, BOB);
	g_assert_cmpstr(vcard->full_name, ==, "Bob Builder");
	g_assert_cmpstr(vcard->photo_hash, ==, "da39a3ee");
	g_assert_cmpint(vcard->fetched, ==, 42);
	g_assert_false(vcard->absent);
	g_assert_cmpuint(vcard->phones->len, ==, 2);
	phone = vcard->phones->pdata[0];
	g_assert_cmpstr(phone->uri, ==, "tel:+33 1 \"x\"");
	g_assert_cmpstrv(phone->types, types);
	g_assert_cmpuint(phone->preference, ==, 2);
	g_assert_cmpint(phone->source, ==, CUSAX_SOURCE_VCARD);
	phone = vcard->phones->pdata[1];
	g_assert_cmpstr(phone->uri, ==, "sip:b@x");
	g_assert_cmpuint(g_strv_length(phone->types), ==, 0);
	g_assert_cmpint(phone->source, ==, CUSAX_SOURCE_VCARD4);
	g_assert_true(((CusaxCachedVcard *)cache->vcards->pdata[1])->absent);
	other = load_cache(f, "x2");
	g_assert_cmpuint(other->vcards->len, ==, 0);
}

#define ADD(name, data, test)                                                                      \
	g_test_add("/store/history/" name, Fixture, data, set_up, test, tear_down)

int main(int argc, char **argv)
{
	signal(SIGXFSZ, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	ADD("files are private", NULL, test_private_files);
	ADD("a message is read as it was written", NULL, test_whole_message);
	ADD("pages by cursor, time, text and kind", NULL, test_pages);
	ADD("a cursor of another chat is not found", NULL, test_foreign_cursor);
	ADD("a page is limited", NULL, test_page_limit);
	ADD("R28: a clock that jumps changes no order", NULL, test_clock_jumps);
	for (guint i = 0; i < G_N_ELEMENTS(twins); i++) {
		g_autofree char *path =
			g_strdup_printf("/store/history/stored once/%s", twins[i].name);

		g_test_add(path, Fixture, &twins[i], set_up, test_twins, tear_down);
	}
	ADD("a taken id is refused", NULL, test_taken_id);
	ADD("a text over the limit is refused", NULL, test_long_text);
	ADD("text that is not UTF-8 is mended", NULL, test_broken_text);
	ADD("only the sender corrects", NULL, test_corrections);
	ADD("unread messages are counted and read", NULL, test_unread);
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *path =
			g_strdup_printf("/store/history/delivery/%s", steps[i].name);

		g_test_add(path, Fixture, &steps[i], set_up, test_step, tear_down);
	}
	ADD("a receipt from another chat moves nothing", NULL, test_foreign_receipt);
	ADD("what no server acknowledged is pending after a restart", NULL, test_pending);
	ADD("operations end in order, failures alone", NULL, test_order);
	ADD("the end waits for what is queued", NULL, test_free_drains);
	ADD("nothing is taken after a close", NULL, test_close);
	ADD("a damaged database is kept aside/text", "text", test_damaged);
	ADD("a damaged database is kept aside/pages", "pages", test_damaged);
	ADD("a newer version is not touched", NULL, test_newer_version);
	ADD("not to be trusted/link", "link", test_hostile_file);
	ADD("not to be trusted/FIFO", "FIFO", test_hostile_file);
	ADD("not to be trusted/writable for others", "mode", test_hostile_file);
	ADD("a folder that comes back is used", NULL, test_folder_comes_back);
	ADD("a lock of another process is named", NULL, test_locked_by_another);
	ADD("R24: a full disk is named and recovered from", NULL, test_full_disk);
	ADD("old messages go, unsent ones stay", NULL, test_prune);
	ADD("a call is read as it was written", NULL, test_whole_call);
	ADD("the call log by cursor, contact and missed", NULL, test_call_log);
	ADD("a call is kept up to date under its id", NULL, test_call_updates);
	ADD("a call left open by an earlier run is closed", NULL, test_call_left_open);
	ADD("a roster survives with its version", NULL, test_roster_cache);
	ADD("vCards survive", NULL, test_vcard_cache);
	return g_test_run();
}

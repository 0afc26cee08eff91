/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages of an archive among what is here already: once, in order, and what is missing is known. */
/* Main thread. */
#include "daemon/store/archive.h"
#include "daemon/store/erase.h"
#include "tests/unit/store-history.h"

#define SECOND G_USEC_PER_SEC

/* One entry of a page: "<o" is own, ids are "a<time>". */
static CusaxMessage *entry(const char *peer, const char *text, gint64 second)
{
	gboolean own = text[0] == '<';
	CusaxMessage *m =
		cusax_message_new(ALICE, peer, own ? CUSAX_DIRECTION_OUT : CUSAX_DIRECTION_IN);

	m->kind = g_strdup("chat");
	m->sender = g_strdup(own ? "alice@xmpp.test" : peer);
	m->text = g_strdup(text);
	m->time = second * SECOND;
	m->delayed = TRUE;
	m->delivery = own ? CUSAX_DELIVERY_SERVER : CUSAX_DELIVERY_DELIVERED;
	m->server_id = g_strdup_printf("id-%s", text);
	return m;
}

static CusaxArchiveGap *open_gap(StoreFixture *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_open_gap_async, f->history, ALICE, "");
	CusaxArchiveGap *gap = cusax_history_open_gap_finish(f->history, result, &error);

	g_assert_no_error(error);
	g_assert_nonnull(gap);
	return gap;
}

static CusaxArchiveGap *find_gap(StoreFixture *f, const char *peer, gint64 from, const char *before)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result = store_await(cusax_history_find_gap_async, f->history,
						     ALICE, "", peer, from, before);
	CusaxArchiveGap *gap = cusax_history_find_gap_finish(f->history, result, &error);

	g_assert_no_error(error);
	return gap;
}

/* texts: of one chat, one a second from second on; gap is taken; gives what is left of it. */
static CusaxArchiveGap *put(StoreFixture *f, CusaxArchiveGap *gap, const char *peer, gboolean alone,
			    const char *texts, gint64 second, gboolean complete, guint *ret_unread)
{
	CusaxArchivePage *page = cusax_archive_page_new(ALICE, "", alone ? peer : NULL);
	g_auto(GStrv) words = g_strsplit(texts, " ", -1);
	g_auto(CusaxArchiveResult) done = { 0 };
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	guint unread = 0;

	page->gap = gap;
	page->complete = complete;
	for (guint i = 0; words[i]; i++)
		g_ptr_array_add(page->messages, entry(peer, words[i], second + i));
	page->first = g_strdup(((CusaxMessage *)page->messages->pdata[0])->server_id);
	page->first_time = second * SECOND;
	result = store_await(cusax_history_put_page_async, f->history, page);
	cusax_history_put_page_finish(f->history, result, &done, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < done.added->len; i++)
		unread += ((CusaxMessage *)done.added->pdata[i])->unread;
	if (ret_unread)
		*ret_unread = unread;
	return g_steal_pointer(&done.gap);
}

static char *live(StoreFixture *f, const char *text, gint64 second)
{
	CusaxMessage *m = entry(BOB, text, second);

	m->delayed = FALSE;
	return store_put_message(f, m);
}

/* A first session: one page, and the rest is a gap in every chat, filled page by page. */
static void test_first(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxArchiveGap) gap = open_gap(f);
	guint unread;

	g_assert_cmpint(gap->start, ==, 0);
	g_assert_cmpint(gap->stop, ==, G_MAXINT64);
	g_assert_null(find_gap(f, BOB, 0, NULL));
	gap = put(f, g_steal_pointer(&gap), BOB, FALSE, "e f g", 105, FALSE, &unread);
	g_assert_cmpuint(unread, ==, 0);
	g_assert_cmpint(gap->stop, ==, 105 * SECOND);
	g_assert_cmpstr(gap->newer, ==, "id-e");
	ASSERT_PAGE("e f g", CHAT);
	cusax_archive_gap_free(g_steal_pointer(&gap));
	/* In no page that has all of it: from what is whole nothing is missing. */
	g_assert_null(find_gap(f, BOB, 105 * SECOND, NULL));
	gap = find_gap(f, BOB, 0, NULL);
	g_assert_cmpint(gap->stop, ==, 105 * SECOND);
	g_assert_null(gap->newer);
	gap = put(f, g_steal_pointer(&gap), BOB, TRUE, "c d", 103, FALSE, NULL);
	ASSERT_PAGE("c d e f g", CHAT);
	cusax_archive_gap_free(g_steal_pointer(&gap));
	gap = find_gap(f, BOB, 0, NULL);
	g_assert_cmpint(gap->stop, ==, 103 * SECOND);
	g_assert_cmpstr(gap->newer, ==, "id-c");
	g_assert_null(put(f, g_steal_pointer(&gap), BOB, TRUE, "a b", 103, TRUE, NULL));
	/* Stamps that say otherwise change no order. */
	ASSERT_PAGE("a b c d e f g", CHAT);
	g_assert_null(find_gap(f, BOB, 0, NULL));
	/* Of another chat nothing was fetched. */
	gap = find_gap(f, "eve@xmpp.test", 0, NULL);
	g_assert_cmpint(gap->stop, ==, 105 * SECOND);
}

/* What came while away lies between what was here and what came since. */
static void test_meanwhile(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxArchiveGap) gap = NULL;
	guint unread;

	/* Our clock is ahead of the server's. */
	g_free(live(f, "a", 5000));
	g_free(live(f, "b", 5001));
	gap = open_gap(f);
	g_assert_cmpstr(gap->older, ==, "id-b");
	g_free(live(f, "z", 5002));
	gap = put(f, g_steal_pointer(&gap), BOB, FALSE, "e <f g", 4999, FALSE, &unread);
	g_assert_cmpuint(unread, ==, 1);
	ASSERT_PAGE("a b e <f g z", CHAT);
	gap = put(f, g_steal_pointer(&gap), BOB, FALSE, "b c d e", 4990, FALSE, &unread);
	g_assert_null(gap);
	ASSERT_PAGE("a b c d e <f g z", CHAT);
	g_assert_null(find_gap(f, BOB, 0, NULL));
}

/* Nor does it matter that all was said in one second. */
static void test_one_second(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const late[] = { "y", "z" };
	g_autoptr(CusaxArchiveGap) gap = NULL;
	CusaxMessage *m = entry(BOB, "a", 1000);

	g_free(store_put_message(f, m));
	gap = open_gap(f);
	for (guint i = 0; i < 2; i++)
		g_free(store_put_message(f, entry(BOB, late[i], 1000)));
	gap = put(f, g_steal_pointer(&gap), BOB, FALSE, "w x y z", 1000, FALSE, NULL);
	ASSERT_PAGE("a w x y z", CHAT);
	gap = put(f, g_steal_pointer(&gap), BOB, FALSE, "a u v", 1000, FALSE, NULL);
	g_assert_null(gap);
	ASSERT_PAGE("a u v w x y z", CHAT);
}

/* A session that ended half way leaves the gap to the next. */
static void test_interrupted(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxArchiveGap) gap = NULL, again = NULL;

	g_free(live(f, "a", 1000));
	gap = open_gap(f);
	g_free(live(f, "y", 2000));
	again = open_gap(f);
	g_assert_cmpint(again->id, ==, gap->id);
	g_assert_cmpstr(again->older, ==, "id-a");
	store_reopen(f);
	cusax_archive_gap_free(g_steal_pointer(&again));
	again = open_gap(f);
	g_assert_cmpint(again->id, ==, gap->id);
	again = put(f, g_steal_pointer(&again), BOB, FALSE, "x y", 1999, FALSE, NULL);
	g_assert_nonnull(again);
	ASSERT_PAGE("a x y", CHAT);
	/* From now on it is one that is known, and marked. */
	cusax_archive_gap_free(g_steal_pointer(&again));
	again = find_gap(f, BOB, 0, NULL);
	g_assert_cmpint(again->start, ==, 1000 * SECOND);
	g_assert_cmpint(again->stop, ==, 1999 * SECOND);
}

/* Sessions came and went while it was open: each message stands where the archive has it. */
static void test_reopened(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxArchiveGap) gap = NULL;

	g_free(live(f, "a", 1000));
	cusax_archive_gap_free(open_gap(f));
	g_free(live(f, "d", 2000));
	g_free(live(f, "e", 2001));
	gap = open_gap(f);
	g_free(live(f, "h", 3000));
	gap = put(f, g_steal_pointer(&gap), BOB, FALSE, "f g", 2002, FALSE, NULL);
	ASSERT_PAGE("a d e f g h", CHAT);
	gap = put(f, g_steal_pointer(&gap), BOB, FALSE, "a b c d e", 1996, FALSE, NULL);
	g_assert_null(gap);
	ASSERT_PAGE("a b c d e f g h", CHAT);
}

/* An own message of which nobody knew whether it arrived is in the archive: it did. */
static void test_arrived(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxArchivePage *page = cusax_archive_page_new(ALICE, "", NULL);
	g_auto(CusaxArchiveResult) done = { 0 };
	g_autoptr(GAsyncResult) result = NULL;
	CusaxMessage *own = store_outgoing("o1", "hello", 10 * SECOND), *copy;

	own->origin_id = g_strdup("o1");
	own->delivery = CUSAX_DELIVERY_SENT;
	g_free(store_put_message(f, own));
	page->gap = open_gap(f);
	page->complete = TRUE;
	page->first = g_strdup("x");
	copy = entry(BOB, "hello", 11);
	copy->direction = CUSAX_DIRECTION_OUT;
	copy->delivery = CUSAX_DELIVERY_SERVER;
	g_free(copy->sender);
	copy->sender = g_strdup("alice@xmpp.test");
	copy->origin_id = g_strdup("o1");
	g_ptr_array_add(page->messages, copy);
	result = store_await(cusax_history_put_page_async, f->history, page);
	g_assert_true(cusax_history_put_page_finish(f->history, result, &done, NULL));
	g_assert_cmpuint(done.added->len, ==, 0);
	g_assert_cmpuint(done.moved->len, ==, 1);
	copy = done.moved->pdata[0];
	g_assert_cmpstr(copy->id, ==, "o1");
	g_assert_cmpstr(copy->server_id, ==, "id-hello");
	g_assert_cmpint(copy->delivery, ==, CUSAX_DELIVERY_SERVER);
	ASSERT_PAGE("hello", CHAT);
}

/* Under our nick in a room: ours where we know it, else of whoever had the nick before us. */
static void test_claimed(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxArchivePage *page = cusax_archive_page_new(ALICE, BOB, NULL);
	g_auto(CusaxArchiveResult) done = { 0 };
	g_autoptr(GAsyncResult) result = NULL;
	CusaxMessage *own = store_outgoing("o1", "mine", 10 * SECOND);
	const char *const texts[] = { "mine", "theirs" };

	own->origin_id = g_strdup("o1");
	g_free(own->kind);
	own->kind = g_strdup("room");
	own->delivery = CUSAX_DELIVERY_SENT;
	g_free(store_put_message(f, own));
	result = store_await(cusax_history_open_gap_async, f->history, ALICE, BOB);
	page->gap = cusax_history_open_gap_finish(f->history, result, NULL);
	g_clear_object(&result);
	page->complete = TRUE;
	page->first = g_strdup("x");
	for (guint i = 0; i < 2; i++) {
		CusaxMessage *copy = entry(BOB, texts[i], 11 + i);

		g_free(copy->kind);
		copy->kind = g_strdup("room");
		copy->direction = CUSAX_DIRECTION_OUT;
		copy->delivery = CUSAX_DELIVERY_SERVER;
		g_free(copy->sender);
		copy->sender = g_strdup("alice@xmpp.test");
		copy->else_sender = g_strdup(BOB "/al");
		copy->origin_id = g_strdup_printf("o%u", i + 1);
		g_ptr_array_add(page->messages, copy);
	}
	result = store_await(cusax_history_put_page_async, f->history, page);
	g_assert_true(cusax_history_put_page_finish(f->history, result, &done, NULL));
	g_assert_cmpuint(done.moved->len, ==, 1);
	g_assert_cmpuint(done.added->len, ==, 1);
	own = done.added->pdata[0];
	g_assert_cmpint(own->direction, ==, CUSAX_DIRECTION_IN);
	g_assert_cmpstr(own->sender, ==, BOB "/al");
	ASSERT_PAGE("mine theirs", CHAT);
}

/* A room without an archive has no gap; that of others stays. */
static void test_dropped(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxArchiveGap) gap = open_gap(f);
	g_autoptr(CusaxArchiveGap) again = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_open_gap_async, f->history, ALICE, BOB);
	gint64 number;

	again = cusax_history_open_gap_finish(f->history, result, NULL);
	number = again->id;
	g_clear_object(&result);
	result = store_await(cusax_history_drop_gaps_async, f->history, ALICE, BOB);
	g_assert_true(cusax_history_drop_gaps_finish(f->history, result, NULL));
	g_clear_object(&result);
	g_free(live(f, "a", 1000));
	result = store_await(cusax_history_open_gap_async, f->history, ALICE, BOB);
	cusax_archive_gap_free(g_steal_pointer(&again));
	again = cusax_history_open_gap_finish(f->history, result, NULL);
	/* Of the account's own messages none is the room's. */
	g_assert_null(again->older);
	number = gap->id;
	cusax_archive_gap_free(g_steal_pointer(&gap));
	gap = open_gap(f);
	g_assert_cmpint(gap->id, ==, number);
}

/* What was deleted for its age does not come back. */
static void test_pruned(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxArchiveGap) gap = open_gap(f);
	g_autoptr(GAsyncResult) result = NULL;

	cusax_archive_gap_free(
		put(f, g_steal_pointer(&gap), BOB, FALSE, "e f g", 105, FALSE, NULL));
	result = store_await(cusax_history_prune_async, f->history, 50 * SECOND);
	g_assert_cmpint(cusax_history_prune_finish(f->history, result, NULL), ==, 0);
	gap = find_gap(f, BOB, 0, NULL);
	g_assert_cmpint(gap->start, ==, 50 * SECOND);
	g_clear_object(&result);
	result = store_await(cusax_history_prune_async, f->history, 106 * SECOND);
	g_assert_cmpint(cusax_history_prune_finish(f->history, result, NULL), ==, 1);
	g_assert_null(find_gap(f, BOB, 0, NULL));
}

#define ADD(name, function)                                                                        \
	g_test_add("/store/archive/" name, StoreFixture, NULL, store_set_up, function,             \
		   store_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("X2: a first session, and what is older on demand", test_first);
	ADD("X2: what came while away has its place", test_meanwhile);
	ADD("X2: all in one second", test_one_second);
	ADD("X2: a gap that was not filled stays one", test_interrupted);
	ADD("R22: a gap that stayed open over sessions", test_reopened);
	ADD("R22: the archive tells what arrived", test_arrived);
	ADD("X6: under our nick in a room", test_claimed);
	ADD("X6: a room without an archive", test_dropped);
	ADD("what was deleted is not fetched again", test_pruned);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deleted history: gone from what is read, and from the files; one history of messages and calls. */
/* Main thread. */
#include <string.h>

#include "daemon/store/erase.h"
#include "daemon/store/person.h"
#include "daemon/store/references.h"
#include "tests/unit/store-history.h"

#define CANARY "kanarienvogel"

static char *put(StoreFixture *f, const char *wire, const char *text, gint64 time)
{
	CusaxMessage *m = store_incoming(text, time);

	m->stanza_id = g_strdup(wire);
	m->server_id = g_strconcat("server-", wire, NULL);
	return store_put_message(f, m);
}

static void put_call(StoreFixture *f, const char *id, gint64 start, gint64 end)
{
	g_autoptr(CusaxCallRecord) call =
		cusax_call_record_new(id, "s1", CUSAX_CALL_INCOMING_DIRECTION);
	g_autoptr(GAsyncResult) result = NULL;

	call->contact_account = g_strdup(ALICE);
	call->contact_address = g_strdup(BOB);
	call->start = start;
	call->end = end;
	call->reason = CUSAX_END_NO_ANSWER;
	call->missed = TRUE;
	result = store_await(cusax_history_put_call_async, f->history, call);
	g_assert_true(cusax_history_put_call_finish(f->history, result, NULL));
}

static int erase(StoreFixture *f, CusaxErasure what, CusaxErasureResult *ret)
{
	g_autoptr(GAsyncResult) result = store_await(cusax_history_erase_async, f->history, &what);
	g_autoptr(GError) error = NULL;

	cusax_history_erase_finish(f->history, result, ret, &error);
	return error ? error->code : -1;
}

static void scrub(StoreFixture *f)
{
	g_autoptr(GAsyncResult) result = store_await(cusax_history_scrub_async, f->history);
	g_autoptr(GError) error = NULL;

	cusax_history_scrub_finish(f->history, result, &error);
	g_assert_no_error(error);
}

/* In any file of the database, in either case. */
static gboolean is_in_files(StoreFixture *f, const char *word)
{
	static const char *const files[] = { "history.db", "history.db-wal", "history.db-shm" };
	gsize length = strlen(word);

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(f->folder, files[i], NULL), *bytes = NULL;
		gsize size = 0;

		if (!g_file_get_contents(path, &bytes, &size, NULL))
			continue;
		for (gsize at = 0; at + length <= size; at++) {
			if (g_ascii_strncasecmp(bytes + at, word, length) == 0)
				return TRUE;
		}
	}
	return FALSE;
}

/* Enough around it that it is not the last page touched, and some of it beyond one page. */
static char *put_canary(StoreFixture *f, gint64 time)
{
	g_autofree char *many = g_strnfill(20000, 'x');
	g_autofree char *text = g_strconcat("a " CANARY " in the mine ", many, " " CANARY, NULL);

	for (guint i = 0; i < 50; i++) {
		g_autofree char *wire = g_strdup_printf("b%u-%u", (guint)time, i);

		g_free(put(f, wire, "something before it", time - 100 + i));
	}
	return put(f, "canary", text, time);
}

static void test_message_gone(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *id = put_canary(f, 1000);
	g_auto(CusaxErasureResult) done = { 0 }, again = { 0 };

	ASSERT_PAGE("", CHAT, .query = "nothing-of-the-kind");
	g_assert_true(is_in_files(f, CANARY));
	g_assert_cmpint(erase(f, (CusaxErasure){ CHAT, .id = id }, &done), ==, -1);
	g_assert_cmpuint(done.deleted, ==, 1);
	g_assert_cmpuint(done.unread, ==, 50);
	scrub(f);
	g_assert_false(is_in_files(f, CANARY));
	ASSERT_PAGE("", CHAT, .query = CANARY);
	g_assert_cmpint(erase(f, (CusaxErasure){ CHAT, .id = id }, &again), ==,
			CUSAX_ERROR_NOT_FOUND);
}

static void test_retracted_gone(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *id = put_canary(f, 1000);
	CusaxReference reference = {
		.account = ALICE, .peer = BOB, .sender = BOB, .target = "canary", .time = 9
	};
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_retract_async, f->history, &reference);
	g_auto(CusaxReferenceResult) done = { 0 };

	g_assert_true(cusax_history_retract_finish(f->history, result, &done, NULL));
	scrub(f);
	g_assert_false(is_in_files(f, CANARY));
}

static void test_pruned_gone(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *id = put_canary(f, 1000);
	g_autoptr(GAsyncResult) result = NULL;

	g_free(put(f, "late", "late", 3000));
	result = store_await(cusax_history_prune_async, f->history, (gint64)2000);
	g_assert_cmpint(cusax_history_prune_finish(f->history, result, NULL), ==, 51);
	scrub(f);
	g_assert_false(is_in_files(f, CANARY));
	ASSERT_PAGE("late", CHAT);
	ASSERT_PAGE("late", CHAT, .query = "late");
	ASSERT_PAGE("", CHAT, .query = CANARY);
}

static void test_chat_gone(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *id = put_canary(f, 1000);
	CusaxMessage *other = store_incoming("other", 1);
	g_auto(CusaxErasureResult) done = { 0 };

	g_free(other->peer);
	other->peer = g_strdup("carol@xmpp.test");
	g_free(store_put_message(f, other));
	g_free(store_put_message(f, store_outgoing("o1", "to be sent", 2000)));
	put_call(f, "c1", 500, 600);
	g_assert_cmpint(erase(f, (CusaxErasure){ CHAT }, &done), ==, -1);
	g_assert_cmpuint(done.deleted, ==, 52);
	g_assert_cmpstr(done.not_sent[0], ==, "o1");
	g_assert_null(done.not_sent[1]);
	g_assert_null(done.last_id);
	scrub(f);
	g_assert_false(is_in_files(f, CANARY));
	ASSERT_PAGE("other", .account = ALICE);
}

static void test_all_gone(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *id = put_canary(f, 1000);
	g_auto(CusaxErasureResult) done = { 0 };

	put_call(f, "c1", 500, 600);
	put_call(f, "runs", 700, 0);
	g_assert_cmpint(erase(f, (CusaxErasure){ .calls = TRUE }, &done), ==, -1);
	/* A call that runs is not history yet. */
	g_assert_cmpuint(done.deleted, ==, 52);
	scrub(f);
	g_assert_false(is_in_files(f, CANARY));
	ASSERT_PAGE("", .account = ALICE);
}

/* What a server offers again stays deleted; what is new comes. */
static void test_stays_deleted(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *id = put(f, "w1", "deleted", 1000);
	const gint64 second = G_USEC_PER_SEC;
	CusaxMessage *again = store_incoming("deleted", second);
	CusaxMessage *live = store_incoming("new", 3 * second);
	g_autoptr(CusaxMessage) stored = NULL;
	g_auto(CusaxErasureResult) done = { 0 }, whole = { 0 };
	gboolean is_new = TRUE;

	g_free(put(f, "w2", "kept", 2000));
	g_assert_cmpint(erase(f, (CusaxErasure){ CHAT, .id = id }, &done), ==, -1);
	again->server_id = g_strdup("server-w1");
	again->delayed = TRUE;
	stored = store_add(f, again, &is_new);
	g_assert_false(is_new);
	g_assert_true(stored->deleted);
	/* The same id by the sender is no proof that it is the same. */
	live->stanza_id = g_strdup("w1");
	g_free(store_put_message(f, live));
	ASSERT_PAGE("kept new", CHAT);
	g_assert_cmpint(erase(f, (CusaxErasure){ CHAT }, &whole), ==, -1);
	g_free(again->server_id);
	again->server_id = g_strdup("server-w3");
	cusax_message_free(store_add(f, again, NULL));
	ASSERT_PAGE("", CHAT);
	/* What came to a server afterwards was never seen, however late it comes here. */
	g_free(again->server_id);
	again->server_id = g_strdup("server-w4");
	again->time = 3 * second - 1; /* its stamp is of a whole second */
	g_free(store_put_message(f, again));
	ASSERT_PAGE("deleted", CHAT);
	g_free(put(f, "w5", "afterwards", g_get_real_time()));
	ASSERT_PAGE("deleted afterwards", CHAT);
}

/* Written while away, it came to the server later than all that was said meanwhile. */
static void test_written_away(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxMessage *own = store_outgoing("o1", "mine", 1000), *copy;
	g_autoptr(CusaxMessage) stored = NULL;
	g_auto(CusaxErasureResult) done = { 0 };

	own->origin_id = g_strdup("o1");
	own->delivery = CUSAX_DELIVERY_SERVER;
	copy = cusax_message_copy(own);
	g_free(store_put_message(f, own));
	g_free(put(f, "w2", "theirs", 2000));
	g_assert_cmpint(erase(f, (CusaxErasure){ CHAT }, &done), ==, -1);
	g_clear_pointer(&copy->id, g_free);
	copy->server_id = g_strdup("server-o1");
	copy->delayed = TRUE;
	copy->time = 9000;
	stored = store_add(f, copy, NULL);
	cusax_message_free(copy);
	g_assert_true(stored->deleted);
	ASSERT_PAGE("", CHAT);
}

/* --- one history ------------------------------------------------------------------------------ */

static void assert_person(StoreFixture *f, CusaxPersonFilter filter, const char *wanted)
{
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_person_async, f->history, &filter);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = cusax_history_get_person_finish(f->history, result, &error);
	g_autoptr(GString) words = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < found->len; i++) {
		const CusaxPersonEntry *entry = found->pdata[i];

		g_string_append_printf(words, "%s%s", i ? " " : "",
				       entry->call ? entry->call->id : entry->message->text);
	}
	g_assert_cmpstr(words->str, ==, wanted);
}

#define ASSERT_PERSON(wanted, ...) assert_person(f, (CusaxPersonFilter){ __VA_ARGS__ }, wanted)

static void test_person(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *m1 = put(f, "w1", "m1", 1000), *m3 = put(f, "w3", "m3", 3000),
			*m5 = put(f, "w5", "m5", 5000);
	CusaxMessage *other = store_incoming("other", 2500);

	put_call(f, "c2", 2000, 2100);
	put_call(f, "c4", 4000, 4100);
	put_call(f, "c5", 5000, 5100);
	put_call(f, "runs", 6000, 0);
	g_free(other->peer);
	other->peer = g_strdup("carol@xmpp.test");
	g_free(store_put_message(f, other));
	ASSERT_PERSON("m1 c2 m3 c4 m5 c5", CHAT);
	ASSERT_PERSON("m1 c2 other m3 c4 m5 c5", .account = NULL);
	ASSERT_PERSON("m5 c5", CHAT, .limit = 2);
	ASSERT_PERSON("m3 c4", CHAT, .limit = 2, .before = m5);
	ASSERT_PERSON("m1 c2", CHAT, .limit = 2, .before = m3);
	ASSERT_PERSON("c4 m5", CHAT, .before = "c5", .limit = 2);
	ASSERT_PERSON("m3 c4", CHAT, .after = "c2", .limit = 2);
	ASSERT_PERSON("c5", CHAT, .after = m5);
	ASSERT_PERSON("", CHAT, .after = "c5");
	ASSERT_PERSON("m3 c4", CHAT, .since = 3000, .until = 5000);
	ASSERT_PERSON("c2 c4 c5", CHAT, .no_messages = TRUE);
	ASSERT_PERSON("m1 m3 m5", CHAT, .no_calls = TRUE);
	ASSERT_PERSON("", CHAT, .no_calls = TRUE, .no_messages = TRUE);
}

static void test_person_unknown(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxPersonFilter filter = { CHAT, .before = "nothing" };
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_person_async, f->history, &filter);
	g_autoptr(GError) error = NULL;

	g_assert_null(cusax_history_get_person_finish(f->history, result, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
}

static void add(const char *name, void (*test)(StoreFixture *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/store/", name, NULL);

	g_test_add(path, StoreFixture, NULL, store_set_up, test, store_tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("erase/X5: what was written while away stays deleted", test_written_away);
	add("erase/a message leaves no trace in the files", test_message_gone);
	add("erase/X5: a message taken back leaves no trace in the files", test_retracted_gone);
	add("erase/what is too old leaves no trace in the files", test_pruned_gone);
	add("erase/a chat leaves no trace in the files", test_chat_gone);
	add("erase/everything", test_all_gone);
	add("erase/what was deleted stays deleted", test_stays_deleted);
	add("person/B1: messages and calls in order, page by page", test_person);
	add("person/an unknown cursor", test_person_unknown);
	return g_test_run();
}

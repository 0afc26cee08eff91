/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words looked for in the messages: folding, hostile queries, the index in step. */
/* Main thread. */
#include <string.h>

#include "daemon/store/references.h"
#include "tests/unit/store-history.h"

static void put(StoreFixture *f, const char *text, gint64 time)
{
	CusaxMessage *m = store_incoming(text, time);

	m->stanza_id = g_strdup_printf("w%" G_GINT64_FORMAT, time);
	g_free(store_put_message(f, m));
}

static void set_up(StoreFixture *f, gconstpointer data)
{
	store_set_up(f, data);
	put(f,
	    "Gr\xc3\xbc\xc3\x9f"
	    "e-aus-M\xc3\xbcnchen",
	    1);
	put(f, "NOT-AND-OR-NEAR(x)", 2);
	put(f, "tea-\xf0\x9f\x8d\xb5-time", 3);
	put(f, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xa7\xe3\x81\x99", 4);
	put(f, "a\"quoted\"word", 5);
	put(f, "text:column*", 6);
}

typedef struct {
	const char *name, *query, *found;
} Row;

#define MUNICH                                                                                     \
	"Gr\xc3\xbc\xc3\x9f"                                                                       \
	"e-aus-M\xc3\xbcnchen"
#define ALL                                                                                        \
	MUNICH " NOT-AND-OR-NEAR(x) tea-\xf0\x9f\x8d\xb5-time "                                    \
	       "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xa7\xe3\x81\x99 a\"quoted\"word "     \
	       "text:column*"

static const Row rows[] = {
	{ "case and accents do not count", "MUNCHEN gru\xc3\x9f", MUNICH },
	{ "accents in the query neither", "m\xc3\xbcnch", MUNICH },
	{ "decomposed", "mu\xcc\x88nchen", MUNICH },
	{ "words in any order", "munchen aus", MUNICH },
	{ "the beginning of a word", "mun", MUNICH },
	{ "not the middle of one", "nchen", "" },
	{ "every word must be there", "munchen hamburg", "" },
	{ "nothing asked is no condition", "", ALL },
	{ "blanks neither", " \t ", ALL },
	{ "operators are words", "NOT AND OR", "NOT-AND-OR-NEAR(x)" },
	{ "an operator without its operand", "tea AND", "" },
	{ "NEAR", "NEAR(x", "NOT-AND-OR-NEAR(x)" },
	{ "emoji", "\xf0\x9f\x8d\xb5", "tea-\xf0\x9f\x8d\xb5-time" },
	{ "emoji and a word", "time \xf0\x9f\x8d\xb5", "tea-\xf0\x9f\x8d\xb5-time" },
	{ "inside of a script without spaces", "\xe6\x9c\xac\xe8\xaa\x9e",
	  "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xa7\xe3\x81\x99" },
	{ "a quotation mark", "\"", "a\"quoted\"word" },
	{ "an open quotation", "\"quoted", "a\"quoted\"word" },
	{ "a column filter", "text:column", "text:column*" },
	{ "a foreign column", "id:x", "" },
	{ "braces", "{text}", "text:column*" },
	{ "only a star", "*", "text:column*" },
	{ "minus", "-tea", "tea-\xf0\x9f\x8d\xb5-time" },
	{ "caret and plus", "^tea + time", "" },
	{ "percent", "%", "" },
	{ "SQL", "' OR 1=1; DROP TABLE messages; --", "" },
	{ "a backslash", "\\", "" },
	{ "control characters", "mun\001chen", "" },
	{ "not UTF-8", "mun\xff", MUNICH },
};

static void test_row(StoreFixture *f, gconstpointer data)
{
	const Row *row = data;

	ASSERT_PAGE(row->found, CHAT, .query = row->query);
}

static void test_huge(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = g_strnfill(64 * 1024, 'x'), *quotes = g_strnfill(64 * 1024, '"');
	g_autoptr(GString) many = g_string_new(NULL), brackets = g_string_new(NULL);

	while (many->len < 64 * 1024)
		g_string_append(many, "mun ");
	while (brackets->len < 64 * 1024)
		g_string_append(brackets, "( NOT ");
	ASSERT_PAGE("", CHAT, .query = one);
	ASSERT_PAGE("", CHAT, .query = quotes);
	ASSERT_PAGE(MUNICH, CHAT, .query = many->str);
	ASSERT_PAGE("NOT-AND-OR-NEAR(x)", CHAT, .query = brackets->str);
}

/* What is taken back is not found; what is corrected is found as corrected. */
static void test_in_step(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxReference reference = {
		.account = ALICE, .peer = BOB, .sender = BOB, .target = "w1", .time = 9
	};
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_retract_async, f->history, &reference);
	g_auto(CusaxReferenceResult) done = { 0 };

	g_assert_true(cusax_history_retract_finish(f->history, result, &done, NULL));
	ASSERT_PAGE("", CHAT, .query = "munchen");
	store_reopen(f);
	ASSERT_PAGE("", CHAT, .query = "munchen");
	ASSERT_PAGE("tea-\xf0\x9f\x8d\xb5-time", CHAT, .query = "tea");
	/* Together with the other conditions. */
	ASSERT_PAGE("", CHAT, .query = "tea", .since = 4);
	ASSERT_PAGE("", .account = ALICE, .peer = "eve@xmpp.test", .query = "tea");
	ASSERT_PAGE("tea-\xf0\x9f\x8d\xb5-time", .query = "tea");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/store/search/%s", rows[i].name);

		g_test_add(path, StoreFixture, &rows[i], set_up, test_row, store_tear_down);
	}
	g_test_add("/store/search/64 KiB are text, too", StoreFixture, NULL, set_up, test_huge,
		   store_tear_down);
	g_test_add("/store/search/the index follows the messages", StoreFixture, NULL, set_up,
		   test_in_step, store_tear_down);
	return g_test_run();
}

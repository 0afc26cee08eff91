/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From typed words to a query of the index (FTS5), and the index kept in step with the messages. */
/* The history's worker thread, save search_read(). */
#include "daemon/store/search.h"

#include <string.h>

#include "daemon/store/messages-private.h"

/* The tokenizer of the index takes letters and digits for words, and a run of characters of a script
 * without spaces for one. */
static gboolean is_word(const char *word)
{
	gboolean found = FALSE;

	for (; *word; word = g_utf8_next_char(word)) {
		gunichar c = g_utf8_get_char(word);

		if (g_unichar_iswide(c))
			return FALSE;
		found |= g_unichar_isalnum(c);
	}
	return found;
}

/* A string of FTS5 ("The FTS5 Query Syntax"): nothing in it is an operator. The star makes the last
 * word of it a beginning. */
static void add_match(GString *match, const char *word)
{
	g_string_append_printf(match, "%s\"", match->len ? " " : "");
	for (; *word; word++) {
		if (*word == '"')
			g_string_append_c(match, '"');
		g_string_append_c(match, *word);
	}
	g_string_append(match, "\"*");
}

/* RFC 8259 §7; there are no control characters in a word of typed text. */
static void add_part(GString *parts, const char *word)
{
	g_string_append_c(parts, parts->len ? ',' : '[');
	g_string_append_c(parts, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			g_string_append_c(parts, '\\');
		g_string_append_c(parts, *word);
	}
	g_string_append_c(parts, '"');
}

void search_read(const char *typed, Search *ret)
{
	g_autofree char *valid = g_utf8_make_valid(typed, -1);
	g_auto(GStrv) words = NULL;
	GString *match = g_string_new(NULL), *parts = g_string_new(NULL);

	for (char *c = valid; *c; c++) {
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	}
	words = g_strsplit(valid, " ", -1);
	for (guint i = 0, n = 0; words[i] && n < SEARCH_MAX_WORDS; i++) {
		if (!*words[i])
			continue;
		n++;
		if (is_word(words[i]))
			add_match(match, words[i]);
		else
			add_part(parts, words[i]);
	}
	if (parts->len)
		g_string_append_c(parts, ']');
	ret->match = g_string_free(match, match->len == 0);
	ret->parts = g_string_free(parts, parts->len == 0);
}

void search_clear(Search *search)
{
	g_clear_pointer(&search->match, g_free);
	g_clear_pointer(&search->parts, g_free);
}

void search_add(Database *db)
{
	if (!db->unindexed)
		db->unindexed = sqlite3_last_insert_rowid(db->handle);
}

gboolean search_flush(Database *db, GError **error)
{
	gint64 from = db->unindexed;

	db->unindexed = 0;
	return !from || database_run(db, error,
				     "INSERT INTO messages_text (rowid, text)"
				     " SELECT seq, text FROM messages WHERE seq >= ?1 AND"
				     " text <> '' AND " IS_SHOWN,
				     "i", from);
}

gboolean search_forget(Database *db, const char *where, const char *text, GError **error)
{
	g_autofree char *sql = g_strconcat(
		"INSERT INTO messages_text (messages_text, rowid, text)"
		" SELECT 'delete', seq, text FROM messages WHERE text <> '' AND " IS_SHOWN " AND (",
		where, ")", NULL);

	return search_flush(db, error) && database_run(db, error, sql, "s", text);
}

gboolean search_scrub(Database *db, GError **error)
{
	sqlite3_stmt *statement;

	/* What was deleted is marked as such until parts of the index are merged. */
	if (!database_run(db, error,
			  "INSERT INTO messages_text (messages_text) VALUES ('optimize')", ""))
		return FALSE;
	statement = database_query(db, error, "PRAGMA wal_checkpoint(TRUNCATE)", "");
	if (!statement || database_step(db, statement, error) < 0)
		return FALSE;
	sqlite3_reset(statement);
	return TRUE;
}

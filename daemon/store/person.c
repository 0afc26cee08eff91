/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages and calls, merged by time, page by page. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/person.h"

#include "daemon/base/error.h"
#include "daemon/store/calls-private.h"
#include "daemon/store/history-private.h"
#include "daemon/store/messages-private.h"

/* A place in the merged order: the time, then messages before calls, then the order of coming. */
typedef struct {
	gint64 at, what, seq;
} Place;

typedef struct {
	char *account;
	char *peer;
	char *before;
	char *after;
	gint64 since;
	gint64 until;
	guint limit;
	gboolean no_calls, no_messages;
	GPtrArray *found;
} Ask;

/* One entry as found: which table, which row. */
typedef struct {
	gboolean is_call;
	char *id;
} Row;

void cusax_person_entry_free(CusaxPersonEntry *entry)
{
	if (!entry)
		return;
	cusax_message_free(entry->message);
	cusax_call_record_free(entry->call);
	g_free(entry);
}

static void ask_free(gpointer data)
{
	Ask *ask = data;

	g_free(ask->account);
	g_free(ask->peer);
	g_free(ask->before);
	g_free(ask->after);
	g_clear_pointer(&ask->found, g_ptr_array_unref);
	g_free(ask);
}

static void row_free(gpointer data)
{
	Row *row = data;

	g_free(row->id);
	g_free(row);
}

static gboolean find_place(Database *db, const char *id, Place *ret, GError **error)
{
	sqlite3_stmt *statement =
		database_query(db, error,
			       "SELECT place, 0, seq FROM messages WHERE id = ?1 UNION ALL"
			       " SELECT start, 1, seq FROM calls WHERE id = ?1 LIMIT 1",
			       "s", id);
	int row = statement ? database_step(db, statement, error) : -1;

	if (row == 0)
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "there is no such message or call");
	if (row != 1)
		return FALSE;
	*ret = (Place){ sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
			sqlite3_column_int64(statement, 2) };
	sqlite3_reset(statement);
	return TRUE;
}

/* The conditions on one table; ?1 account, ?2 peer, ?3 to ?5 before, ?6 to ?8 after, ?9 since, ?10
 * until, ?11 limit. The first comparison of each place is for the index, the second for its end. */
static void add_table(GString *sql, const Ask *ask, gboolean calls, gboolean oldest_first)
{
	const char *at = calls ? "start" : "place", *what = calls ? "1" : "0";

	g_string_append_printf(
		sql, "SELECT * FROM (SELECT %s AS what, id, %s AS at, seq FROM %s WHERE %s", what,
		at, calls ? "calls" : "messages", calls ? "\"end\" > 0" : IS_SHOWN);
	if (ask->account)
		g_string_append(sql, calls ? " AND contact_account = ?1 AND contact_address = ?2"
					   : " AND account = ?1 AND peer = ?2");
	if (ask->before)
		g_string_append_printf(sql, " AND %s <= ?3 AND (%s, %s, seq) < (?3, ?4, ?5)", at,
				       at, what);
	if (ask->after)
		g_string_append_printf(sql, " AND %s >= ?6 AND (%s, %s, seq) > (?6, ?7, ?8)", at,
				       at, what);
	if (ask->since)
		g_string_append_printf(sql, " AND %s >= ?9", at);
	if (ask->until)
		g_string_append_printf(sql, " AND %s < ?10", at);
	g_string_append_printf(sql,
			       oldest_first ? " ORDER BY %s, seq LIMIT ?11)"
					    : " ORDER BY %s DESC, seq DESC LIMIT ?11)",
			       at);
}

static char *page_sql(const Ask *ask, gboolean oldest_first)
{
	GString *sql = g_string_new("SELECT what, id FROM (");

	if (!ask->no_messages)
		add_table(sql, ask, FALSE, oldest_first);
	if (!ask->no_messages && !ask->no_calls)
		g_string_append(sql, " UNION ALL ");
	if (!ask->no_calls)
		add_table(sql, ask, TRUE, oldest_first);
	g_string_append(sql, oldest_first ? ") ORDER BY at, what, seq LIMIT ?11"
					  : ") ORDER BY at DESC, what DESC, seq DESC LIMIT ?11");
	return g_string_free(sql, FALSE);
}

static GPtrArray *find_rows(Database *db, const Ask *ask, const Place *before, const Place *after,
			    gboolean oldest_first, GError **error)
{
	g_autofree char *sql = page_sql(ask, oldest_first);
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	sqlite3_stmt *statement =
		database_query(db, error, sql, "ssiiiiiiiii", ask->account, ask->peer, before->at,
			       before->what, before->seq, after->at, after->what, after->seq,
			       ask->since, ask->until, (gint64)ask->limit);
	int row = -1;

	while (statement && (row = database_step(db, statement, error)) == 1) {
		Row *one = g_new(Row, 1);

		one->is_call = sqlite3_column_int(statement, 0) != 0;
		one->id = database_text(statement, 1);
		if (oldest_first)
			g_ptr_array_add(rows, one);
		else
			g_ptr_array_insert(rows, 0, one);
	}
	return row == 0 ? g_steal_pointer(&rows) : NULL;
}

static gboolean read_entry(Database *db, const Row *row, CusaxPersonEntry *entry, GError **error)
{
	if (row->is_call)
		return call_find(db, row->id, &entry->call, error);
	return message_find(
		db, database_query(db, error, SELECT_MESSAGES " WHERE id = ?1", "s", row->id),
		&entry->message, error);
}

static gboolean get_page(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;
	gboolean oldest_first = (ask->after || ask->since) && !ask->before;
	Place before = { 0 }, after = { 0 };
	g_autoptr(GPtrArray) rows = NULL;

	ask->found = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_person_entry_free);
	if (ask->no_calls && ask->no_messages)
		return TRUE;
	if ((ask->before && !find_place(db, ask->before, &before, error)) ||
	    (ask->after && !find_place(db, ask->after, &after, error)))
		return FALSE;
	rows = find_rows(db, ask, &before, &after, oldest_first, error);
	if (!rows)
		return FALSE;
	for (guint i = 0; i < rows->len; i++) {
		CusaxPersonEntry *entry = g_new0(CusaxPersonEntry, 1);

		g_ptr_array_add(ask->found, entry);
		if (!read_entry(db, rows->pdata[i], entry, error))
			return FALSE;
	}
	return TRUE;
}

void cusax_history_get_person_async(CusaxHistory *history, const CusaxPersonFilter *filter,
				    GAsyncReadyCallback callback, gpointer data)
{
	Ask *ask = g_new0(Ask, 1);

	ask->account = g_strdup(filter->account);
	ask->peer = g_strdup(filter->peer);
	ask->before = g_strdup(filter->before);
	ask->after = g_strdup(filter->after);
	ask->since = filter->since;
	ask->until = filter->until;
	ask->limit = history_limit(filter->limit);
	ask->no_calls = filter->no_calls;
	ask->no_messages = filter->no_messages;
	history_submit(history, HISTORY_READ, get_page, ask, ask_free,
		       cusax_history_get_person_async, callback, data);
}

GPtrArray *cusax_history_get_person_finish(G_GNUC_UNUSED CusaxHistory *history,
					   GAsyncResult *result, GError **error)
{
	Ask *ask = history_finish(result, cusax_history_get_person_async, error);

	return ask ? g_steal_pointer(&ask->found) : NULL;
}

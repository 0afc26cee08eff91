/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deletion: rows, what refers to them, the index, and the traces of all of it. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/erase.h"

#include "daemon/base/error.h"
#include "daemon/store/history-private.h"
#include "daemon/store/messages-private.h"
#include "daemon/store/search.h"

/* Every statement here has these parameters: ?1 account, ?2 peer, ?3 id, ?4 a time. */
#define OF_ALL     "1"
#define OF_CHAT    "account = ?1 AND peer = ?2"
#define OF_MESSAGE "(id = ?3 OR replaces = ?3) AND " OF_CHAT
#define TOO_OLD    "time < ?4 AND NOT (direction = 'out' AND delivery IN ('queued', 'sent'))"

typedef struct {
	char *account;
	char *peer;
	char *id;
	gint64 before;
	gboolean calls;
	CusaxErasureResult result;
} Erase;

void cusax_erasure_result_clear(CusaxErasureResult *result)
{
	g_clear_pointer(&result->not_sent, g_strfreev);
	g_clear_pointer(&result->last_id, g_free);
}

static void erase_free(gpointer data)
{
	Erase *ask = data;

	g_free(ask->account);
	g_free(ask->peer);
	g_free(ask->id);
	cusax_erasure_result_clear(&ask->result);
	g_free(ask);
}

/* sql with where put in for its %s. */
static sqlite3_stmt *query(Database *db, const Erase *ask, const char *sql, const char *where,
			   GError **error)
{
	g_auto(GStrv) parts = g_strsplit(sql, "%s", 2);
	/* So that every parameter is there. */
	g_autofree char *whole =
		g_strconcat(parts[0], "(", where, ") AND (1 OR ?1 OR ?2 OR ?3 OR ?4)",
			    parts[1] ? parts[1] : "", NULL);

	return database_query(db, error, whole, "sssi", ask->account, ask->peer, ask->id,
			      ask->before);
}

static gboolean run(Database *db, const Erase *ask, const char *sql, const char *where,
		    GError **error)
{
	sqlite3_stmt *statement = query(db, ask, sql, where, error);

	return statement && database_step(db, statement, error) == 0;
}

/* The messages that where says, and what refers to them. */
static gboolean remove_messages(Database *db, Erase *ask, const char *where, GError **error)
{
	if (!search_flush(db, error) ||
	    !run(db, ask,
		 "INSERT INTO messages_text (messages_text, rowid, text) SELECT 'delete', seq, text"
		 " FROM messages WHERE text <> '' AND " IS_SHOWN " AND %s",
		 where, error) ||
	    !run(db, ask,
		 "DELETE FROM reactions WHERE target IN (SELECT id FROM messages WHERE %s)", where,
		 error) ||
	    !run(db, ask, "DELETE FROM messages WHERE %s", where, error))
		return FALSE;
	ask->result.deleted += (guint)sqlite3_changes64(db->handle);
	return TRUE;
}

static gboolean remove_calls(Database *db, Erase *ask, const char *where, GError **error)
{
	if (!run(db, ask, "DELETE FROM calls WHERE \"end\" > 0 AND %s", where, error))
		return FALSE;
	ask->result.deleted += (guint)sqlite3_changes64(db->handle);
	return TRUE;
}

/* --- by age ---------------------------------------------------------------------------------- */

static gboolean prune(Database *db, gpointer request, GError **error)
{
	Erase *ask = request;

	ask->result.deleted = 0;
	return remove_messages(db, ask, TOO_OLD, error) &&
	       remove_calls(db, ask, "start < ?4", error) &&
	       run(db, ask, "DELETE FROM retractions WHERE %s", "time < ?4", error) &&
	       run(db, ask, "DELETE FROM reactions WHERE known = 0 AND %s", "time < ?4", error) &&
	       /* What was deleted is not fetched again. */
	       run(db, ask, "DELETE FROM archive_gaps WHERE %s", "stop <= ?4", error) &&
	       database_run(db, error, "UPDATE archive_gaps SET start = ?1 WHERE start < ?1", "i",
			    ask->before);
}

void cusax_history_prune_async(CusaxHistory *history, gint64 before, GAsyncReadyCallback callback,
			       gpointer data)
{
	Erase *ask = g_new0(Erase, 1);

	ask->before = before;
	history_submit(history, HISTORY_WRITE, prune, ask, erase_free, cusax_history_prune_async,
		       callback, data);
}

gssize cusax_history_prune_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				  GError **error)
{
	Erase *ask = history_finish(result, cusax_history_prune_async, error);

	return ask ? (gssize)ask->result.deleted : -1;
}

/* --- by the user ----------------------------------------------------------------------------- */

static gboolean note_not_sent(Database *db, Erase *ask, const char *where, GError **error)
{
	g_autoptr(GStrvBuilder) ids = g_strv_builder_new();
	sqlite3_stmt *statement = query(db, ask,
					"SELECT id FROM messages WHERE direction = 'out' AND"
					" delivery IN ('queued', 'sent') AND %s",
					where, error);
	int row = -1;

	while (statement && (row = database_step(db, statement, error)) == 1)
		g_strv_builder_add(ids, (const char *)sqlite3_column_text(statement, 0));
	ask->result.not_sent = g_strv_builder_end(ids);
	return row == 0;
}

/* So that no archive brings it back; of a chat what was there, but nothing that came after it to a
 * server and was never seen here. Nor is it asked for again: see archive.c. */
#define OF_CHATS                                                                                   \
	" FROM messages WHERE delivery NOT IN ('queued', 'sent') AND %s GROUP BY account, peer"
/* What was written while away came to the server later than it was written: its last ones by their ids. */
#define LAST_OWN                                                                                   \
	" FROM (SELECT *, row_number() OVER (PARTITION BY account, peer ORDER BY seq DESC) AS n"   \
	"  FROM messages WHERE direction = 'out' AND origin_id IS NOT NULL AND %s) WHERE n <= 20"
static gboolean remember(Database *db, const Erase *ask, GError **error)
{
	static const char put[] = "INSERT OR REPLACE INTO deletions (account, peer, wire, until)";
	static const char *const ids[] = { "stanza_id", "origin_id", "server_id" };

	if (!ask->id) {
		const char *where = ask->account ? OF_CHAT : OF_ALL;

		return run(db, ask,
			   "INSERT OR REPLACE INTO deletions (account, peer, wire, until)"
			   " SELECT account, peer, '', max(time)" OF_CHATS,
			   where, error) &&
		       run(db, ask,
			   "INSERT OR REPLACE INTO deletions (account, peer, wire, until)"
			   " SELECT account, peer, origin_id, ?4" LAST_OWN,
			   where, error) &&
		       run(db, ask,
			   "INSERT OR REPLACE INTO archive_fills (account, peer, start, stop,"
			   " first) SELECT account, peer, 0, max(time), NULL" OF_CHATS,
			   where, error);
	}
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autofree char *one =
			g_strdup_printf("%s SELECT account, peer, %s, ?4 FROM messages"
					" WHERE %s IS NOT NULL AND %%s",
					put, ids[i], ids[i]);

		if (!run(db, ask, one, OF_MESSAGE, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean forget_unknown(Database *db, const Erase *ask, GError **error)
{
	const char *where = ask->account ? OF_CHAT : OF_ALL;

	return ask->id || (run(db, ask, "DELETE FROM reactions WHERE %s", where, error) &&
			   run(db, ask, "DELETE FROM retractions WHERE %s", where, error));
}

static gboolean look_at_rest(Database *db, Erase *ask, GError **error)
{
	sqlite3_stmt *statement;
	int row;

	if (!ask->account)
		return TRUE;
	statement = database_query(
		db, error,
		"SELECT id FROM messages WHERE account = ?1 AND peer = ?2 AND " IS_SHOWN
		" ORDER BY place DESC, seq DESC LIMIT 1",
		"ss", ask->account, ask->peer);
	row = statement ? database_step(db, statement, error) : -1;
	if (row == 1) {
		ask->result.last_id = database_text(statement, 0);
		sqlite3_reset(statement);
	}
	return row >= 0 &&
	       messages_count_unread(db, ask->account, ask->peer, &ask->result.unread, error);
}

static gboolean erase(Database *db, gpointer request, GError **error)
{
	Erase *ask = request;
	const char *where = ask->id ? OF_MESSAGE : ask->account ? OF_CHAT : OF_ALL;
	gint64 place, seq;

	if (ask->id && !message_place(db, ask->id, ask->account, ask->peer, &place, &seq, error))
		return FALSE;
	return note_not_sent(db, ask, where, error) && remember(db, ask, error) &&
	       remove_messages(db, ask, where, error) && forget_unknown(db, ask, error) &&
	       (!ask->calls ||
		remove_calls(db, ask,
			     ask->account ? "contact_account = ?1 AND contact_address = ?2"
					  : OF_ALL,
			     error)) &&
	       look_at_rest(db, ask, error);
}

void cusax_history_erase_async(CusaxHistory *history, const CusaxErasure *what,
			       GAsyncReadyCallback callback, gpointer data)
{
	Erase *ask = g_new0(Erase, 1);

	ask->account = g_strdup(what->account);
	ask->peer = g_strdup(what->peer);
	ask->id = database_copy_text(what->id);
	ask->calls = what->calls;
	ask->before = g_get_real_time();
	history_submit(history, HISTORY_WRITE, erase, ask, erase_free, cusax_history_erase_async,
		       callback, data);
}

gboolean cusax_history_erase_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				    CusaxErasureResult *ret, GError **error)
{
	Erase *ask = history_finish(result, cusax_history_erase_async, error);

	if (!ask)
		return FALSE;
	*ret = ask->result;
	ask->result = (CusaxErasureResult){ 0 };
	return TRUE;
}

/* Only the server's ids are unique: by the sender's, what comes live is another message. Servers tell
 * whole seconds: what one kept for us in the last second of a deleted chat may be newer than that. */
gboolean message_was_deleted(Database *db, const CusaxMessage *m, gboolean archived, gboolean *ret,
			     GError **error)
{
	gint64 latest = m->time + (archived ? 0 : G_USEC_PER_SEC);
	sqlite3_stmt *statement = database_query(
		db, error,
		"SELECT 1 FROM deletions WHERE account = ?1 AND peer = ?2 AND"
		" (wire = ?5 OR (?6 = 1 AND (wire IN (?3, ?4) OR (wire = '' AND until >= ?7))))"
		" LIMIT 1",
		"sssssii", m->account, m->peer, m->stanza_id, m->origin_id, m->server_id,
		(gint64)m->delayed, latest);
	int row = statement ? database_step(db, statement, error) : -1;

	if (row == 1)
		sqlite3_reset(statement);
	*ret = row == 1;
	return row >= 0;
}

/* --- traces ---------------------------------------------------------------------------------- */

static gboolean scrub(Database *db, G_GNUC_UNUSED gpointer request, GError **error)
{
	return search_scrub(db, error);
}

void cusax_history_scrub_async(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data)
{
	/* Not a write: the log of changes cannot be emptied inside a transaction. */
	history_submit(history, HISTORY_READ, scrub, NULL, NULL, cusax_history_scrub_async,
		       callback, data);
}

gboolean cusax_history_scrub_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				    GError **error)
{
	g_return_val_if_fail(g_async_result_is_tagged(result, cusax_history_scrub_async), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

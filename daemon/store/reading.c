/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unread messages, and the switches of single chats. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/reading.h"

#include "daemon/base/error.h"
#include "daemon/store/history-private.h"
#include "daemon/store/messages-private.h"

typedef struct {
	char *account;
	char *peer;
	char *id;
	gboolean elsewhere;
	CusaxReadResult result;
} Read;

void cusax_read_result_clear(CusaxReadResult *result)
{
	g_clear_pointer(&result->wire_id, g_free);
	g_clear_pointer(&result->server_id, g_free);
}

static void read_free(gpointer data)
{
	Read *ask = data;

	g_free(ask->account);
	g_free(ask->peer);
	g_free(ask->id);
	cusax_read_result_clear(&ask->result);
	g_free(ask);
}

/* Where the message stands that is named by one of its ids; 1, or 0: it is not there, or -1: an error. */
static int find_place(Database *db, Read *ask, gint64 *ret_place, gint64 *ret_seq, GError **error)
{
	static const char sql[] =
		"SELECT place, seq FROM messages WHERE seq IN (SELECT seq FROM messages WHERE"
		" id = ?3 AND account = ?1 AND peer = ?2 UNION ALL SELECT seq FROM messages WHERE"
		" account = ?1 AND peer = ?2 AND server_id = ?3 UNION ALL SELECT seq FROM messages"
		" WHERE account = ?1 AND peer = ?2 AND stanza_id = ?3)"
		" ORDER BY place DESC, seq DESC LIMIT 1";
	sqlite3_stmt *statement =
		database_query(db, error, sql, "sss", ask->account, ask->peer, ask->id);
	int row = statement ? database_step(db, statement, error) : -1;

	if (row == 1) {
		*ret_place = sqlite3_column_int64(statement, 0);
		*ret_seq = sqlite3_column_int64(statement, 1);
		sqlite3_reset(statement);
	}
	return row;
}

/* One text of the newest message that the statement finds; NULL: none. FALSE on error. */
static gboolean read_text(Database *db, sqlite3_stmt *statement, char **ret, GError **error)
{
	int row = statement ? database_step(db, statement, error) : -1;

	if (row == 1) {
		*ret = database_text(statement, 0);
		sqlite3_reset(statement);
	}
	return row >= 0;
}

static gboolean tell_newest(Database *db, Read *ask, gint64 place, gint64 seq, GError **error)
{
	CusaxReadResult *result = &ask->result;

	return read_text(db,
			 database_query(db, error,
					"SELECT stanza_id FROM messages WHERE account = ?1 AND"
					" peer = ?2 AND unread = 1 AND (place, seq) <= (?3, ?4) AND"
					" markable = 1 AND stanza_id IS NOT NULL"
					" ORDER BY place DESC, seq DESC LIMIT 1",
					"ssii", ask->account, ask->peer, place, seq),
			 &result->wire_id, error) &&
	       read_text(db,
			 database_query(db, error,
					"SELECT server_id FROM messages WHERE account = ?1 AND"
					" peer = ?2 AND (place, seq) <= (?3, ?4) AND"
					" server_id IS NOT NULL"
					" ORDER BY place DESC, seq DESC LIMIT 1",
					"ssii", ask->account, ask->peer, place, seq),
			 &result->server_id, error);
}

gboolean messages_count_unread(Database *db, const char *account, const char *peer, guint *ret,
			       GError **error)
{
	sqlite3_stmt *statement = database_query(
		db, error,
		"SELECT count(*) FROM messages WHERE account = ?1 AND peer = ?2 AND unread = 1",
		"ss", account, peer);

	if (!statement || database_step(db, statement, error) != 1)
		return FALSE;
	*ret = (guint)sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return TRUE;
}

/* It never goes back. place G_MAXINT64: all that is there. */
static gboolean keep_point(Database *db, const char *account, const char *peer, gint64 place,
			   GError **error)
{
	return database_run(db, error,
			    "INSERT INTO read_points (account, peer, place)"
			    " SELECT ?1, ?2, min(?3, ifnull(max(place), 0)) FROM messages"
			    "  WHERE account = ?1 AND peer = ?2 AND place <= ?3"
			    " ON CONFLICT DO UPDATE SET place = max(place, excluded.place)",
			    "ssi", account, peer, place);
}

static gboolean keep_awaited(Database *db, Read *ask, GError **error)
{
	return database_run(db, error,
			    "INSERT INTO read_points (account, peer, place, awaited)"
			    " VALUES (?1, ?2, 0, ?3)"
			    " ON CONFLICT DO UPDATE SET awaited = excluded.awaited",
			    "sss", ask->account, ask->peer, ask->id) &&
	       messages_count_unread(db, ask->account, ask->peer, &ask->result.unread, error);
}

gboolean reading_before(Database *db, CusaxMessage *m, const gint64 *place, gboolean *ret_reads,
			GError **error)
{
	sqlite3_stmt *statement;
	int row;

	/* Whoever wrote on another device had read what was there. */
	*ret_reads = place && m->direction == CUSAX_DIRECTION_OUT;
	statement = database_query(db, error,
				   "SELECT place, ifnull(awaited IN (?3, ?4), 0) FROM read_points"
				   " WHERE account = ?1 AND peer = ?2",
				   "ssss", m->account, m->peer, m->server_id, m->stanza_id);
	row = statement ? database_step(db, statement, error) : -1;
	if (row == 1) {
		gboolean awaited = sqlite3_column_int(statement, 1) != 0;

		if (awaited || (place && *place <= sqlite3_column_int64(statement, 0)))
			m->unread = FALSE;
		*ret_reads |= awaited;
		sqlite3_reset(statement);
	}
	return row >= 0;
}

gboolean reading_after(Database *db, const CusaxMessage *m, gint64 place, GError **error)
{
	return database_run(db, error,
			    "UPDATE messages SET unread = 0 WHERE account = ?1 AND peer = ?2 AND"
			    " unread = 1 AND place <= ?3",
			    "ssi", m->account, m->peer, place) &&
	       keep_point(db, m->account, m->peer, place, error) &&
	       database_run(db, error,
			    "UPDATE read_points SET awaited = NULL WHERE account = ?1 AND peer = ?2"
			    " AND awaited IN (?3, ?4)",
			    "ssss", m->account, m->peer, m->server_id, m->stanza_id);
}

static gboolean mark_read(Database *db, gpointer request, GError **error)
{
	Read *ask = request;
	gint64 place = G_MAXINT64, seq = G_MAXINT64;
	int found = ask->id ? find_place(db, ask, &place, &seq, error) : 1;

	if (found == 0 && ask->elsewhere)
		return keep_awaited(db, ask, error);
	if (found == 0)
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "there is no such message");
	if (found != 1)
		return FALSE;
	if (!tell_newest(db, ask, place, seq, error) ||
	    !database_run(db, error,
			  "UPDATE messages SET unread = 0 WHERE account = ?1 AND peer = ?2 AND"
			  " unread = 1 AND (place, seq) <= (?3, ?4)",
			  "ssii", ask->account, ask->peer, place, seq))
		return FALSE;
	ask->result.changed = sqlite3_changes(db->handle) > 0;
	return keep_point(db, ask->account, ask->peer, place, error) &&
	       messages_count_unread(db, ask->account, ask->peer, &ask->result.unread, error);
}

static gboolean count_unread(Database *db, gpointer request, GError **error)
{
	Read *ask = request;

	return messages_count_unread(db, ask->account, ask->peer, &ask->result.unread, error);
}

static Read *read_new(const char *account, const char *peer, const char *id)
{
	Read *ask = g_new0(Read, 1);

	ask->account = g_strdup(account);
	ask->peer = g_strdup(peer);
	ask->id = database_copy_text(id);
	return ask;
}

void cusax_history_mark_read_async(CusaxHistory *history, const char *account, const char *peer,
				   const char *id, GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, mark_read, read_new(account, peer, id), read_free,
		       cusax_history_mark_read_async, callback, data);
}

void cusax_history_read_elsewhere_async(CusaxHistory *history, const char *account,
					const char *peer, const char *id,
					GAsyncReadyCallback callback, gpointer data)
{
	Read *ask = read_new(account, peer, id);

	ask->elsewhere = TRUE;
	history_submit(history, HISTORY_WRITE, mark_read, ask, read_free,
		       cusax_history_mark_read_async, callback, data);
}

void cusax_history_count_unread_async(CusaxHistory *history, const char *account, const char *peer,
				      GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_READ, count_unread, read_new(account, peer, NULL),
		       read_free, cusax_history_mark_read_async, callback, data);
}

gboolean cusax_history_mark_read_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					CusaxReadResult *ret, GError **error)
{
	Read *ask = history_finish(result, cusax_history_mark_read_async, error);

	if (!ask)
		return FALSE;
	*ret = ask->result;
	ask->result = (CusaxReadResult){ 0 };
	return TRUE;
}

/* --- what single chats tell ------------------------------------------------------------------ */

void cusax_chat_privacy_free(CusaxChatPrivacy *privacy)
{
	if (!privacy)
		return;
	g_free(privacy->account);
	g_free(privacy->peer);
	g_free(privacy);
}

static gboolean get_privacy(Database *db, gpointer request, GError **error)
{
	GPtrArray *found = request;
	sqlite3_stmt *statement = database_query(
		db, error, "SELECT account, peer, receipts, chat_states, markers FROM chat_privacy",
		"");
	int row = -1;

	while (statement && (row = database_step(db, statement, error)) == 1) {
		CusaxChatPrivacy *one = g_new0(CusaxChatPrivacy, 1);

		one->account = database_text(statement, 0);
		one->peer = database_text(statement, 1);
		one->receipts = sqlite3_column_int(statement, 2);
		one->chat_states = sqlite3_column_int(statement, 3);
		one->markers = sqlite3_column_int(statement, 4);
		g_ptr_array_add(found, one);
	}
	return row == 0;
}

void cusax_history_get_privacy_async(CusaxHistory *history, GAsyncReadyCallback callback,
				     gpointer data)
{
	history_submit(history, HISTORY_READ, get_privacy,
		       g_ptr_array_new_with_free_func((GDestroyNotify)cusax_chat_privacy_free),
		       (GDestroyNotify)g_ptr_array_unref, cusax_history_get_privacy_async, callback,
		       data);
}

GPtrArray *cusax_history_get_privacy_finish(G_GNUC_UNUSED CusaxHistory *history,
					    GAsyncResult *result, GError **error)
{
	GPtrArray *found = history_finish(result, cusax_history_get_privacy_async, error);

	return found ? g_ptr_array_ref(found) : NULL;
}

static gboolean set_privacy(Database *db, gpointer request, GError **error)
{
	CusaxChatPrivacy *one = request;

	if (one->receipts < 0 && one->chat_states < 0 && one->markers < 0)
		return database_run(db, error,
				    "DELETE FROM chat_privacy WHERE account = ?1 AND peer = ?2",
				    "ss", one->account, one->peer);
	return database_run(db, error,
			    "INSERT OR REPLACE INTO chat_privacy (account, peer, receipts,"
			    " chat_states, markers) VALUES (?,?,?,?,?)",
			    "ssiii", one->account, one->peer, (gint64)one->receipts,
			    (gint64)one->chat_states, (gint64)one->markers);
}

static void free_privacy(gpointer data)
{
	cusax_chat_privacy_free(data);
}

void cusax_history_set_privacy_async(CusaxHistory *history, CusaxChatPrivacy *privacy,
				     GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, set_privacy, privacy, free_privacy,
		       cusax_history_set_privacy_async, callback, data);
}

gboolean cusax_history_set_privacy_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					  GError **error)
{
	return history_finish(result, cusax_history_set_privacy_async, error) != NULL;
}

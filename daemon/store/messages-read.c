/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading of messages: pages by cursor, what is still to be sent, chats. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include <string.h>

#include "daemon/base/error.h"
#include "daemon/store/files.h"
#include "daemon/store/history-private.h"
#include "daemon/store/messages-private.h"
#include "daemon/store/search.h"

#define MAX_CHATS "10000"

CusaxMessage *cusax_message_new(const char *account, const char *peer, CusaxDirection direction)
{
	CusaxMessage *message = g_new0(CusaxMessage, 1);

	message->account = g_strdup(account);
	message->peer = g_strdup(peer);
	message->direction = direction;
	return message;
}

CusaxMessage *cusax_message_copy(const CusaxMessage *message)
{
	CusaxMessage *copy = g_new(CusaxMessage, 1);

	*copy = *message;
	copy->id = database_copy_text(message->id);
	copy->account = database_copy_text(message->account);
	copy->peer = database_copy_text(message->peer);
	copy->sender = database_copy_text(message->sender);
	copy->kind = database_copy_text(message->kind);
	copy->text = database_copy_text(message->text);
	copy->stanza_id = database_copy_text(message->stanza_id);
	copy->origin_id = database_copy_text(message->origin_id);
	copy->server_id = database_copy_text(message->server_id);
	copy->replaces = database_copy_text(message->replaces);
	copy->reply_to = database_copy_text(message->reply_to);
	copy->encryption = database_copy_text(message->encryption);
	copy->error = database_copy_text(message->error);
	copy->reactions = database_copy_text(message->reactions);
	copy->reply_wire = database_copy_text(message->reply_wire);
	copy->reply_sender = database_copy_text(message->reply_sender);
	copy->reply_quote = database_copy_text(message->reply_quote);
	copy->stream = g_strdup(message->stream);
	copy->occupant = database_copy_text(message->occupant);
	copy->else_sender = database_copy_text(message->else_sender);
	copy->file = cusax_file_copy(message->file);
	return copy;
}

void cusax_message_free(CusaxMessage *message)
{
	if (!message)
		return;
	g_free(message->id);
	g_free(message->account);
	g_free(message->peer);
	g_free(message->sender);
	g_free(message->kind);
	g_free(message->text);
	g_free(message->stanza_id);
	g_free(message->origin_id);
	g_free(message->server_id);
	g_free(message->replaces);
	g_free(message->reply_to);
	g_free(message->encryption);
	g_free(message->error);
	g_free(message->reactions);
	g_free(message->reply_wire);
	g_free(message->reply_sender);
	g_free(message->reply_quote);
	g_free(message->stream);
	g_free(message->occupant);
	g_free(message->else_sender);
	cusax_file_free(message->file);
	g_free(message);
}

void cusax_chat_summary_free(CusaxChatSummary *summary)
{
	if (!summary)
		return;
	g_free(summary->account);
	g_free(summary->peer);
	g_free(summary->last_id);
	g_free(summary->last_kind);
	g_free(summary);
}

/* What a reply quotes, as the column has it: the sender, then lines. */
static void take_quote(CusaxMessage *m, const char *joined)
{
	const char *end = joined ? strchr(joined, '\n') : NULL;

	if (!end)
		return;
	m->reply_sender = g_strndup(joined, (gsize)(end - joined));
	m->reply_quote = g_strdup(end + 1);
}

GVariant *cusax_message_reactions(const CusaxMessage *message)
{
	GVariantBuilder all;
	g_auto(GStrv) senders =
		g_strsplit(message->reactions ? message->reactions : "", "\x1f", -1);

	g_variant_builder_init(&all, G_VARIANT_TYPE("a{sas}"));
	for (guint i = 0; senders[i]; i++) {
		g_auto(GStrv) lines = g_strsplit(senders[i], "\n", -1);

		if (lines[0] && lines[1])
			g_variant_builder_add(&all, "{s^as}", lines[0], lines + 1);
	}
	return g_variant_builder_end(&all);
}

CusaxMessage *message_from_row(sqlite3_stmt *row)
{
	CusaxMessage *m = g_new0(CusaxMessage, 1);

	m->id = database_text(row, 0);
	m->account = database_text(row, 1);
	m->peer = database_text(row, 2);
	m->sender = database_text(row, 3);
	m->direction = database_word(row, 4, CUSAX_TYPE_DIRECTION, CUSAX_DIRECTION_IN);
	m->kind = database_text(row, 5);
	m->text = database_text(row, 6);
	m->time = sqlite3_column_int64(row, 7);
	m->delivery = database_word(row, 8, CUSAX_TYPE_DELIVERY, CUSAX_DELIVERY_FAILED);
	m->stanza_id = database_text(row, 9);
	m->origin_id = database_text(row, 10);
	m->server_id = database_text(row, 11);
	m->replaces = database_text(row, 12);
	m->encryption = database_text(row, 13);
	m->error = database_text(row, 14);
	m->unread = sqlite3_column_int(row, 15) != 0;
	m->reply_to = database_text(row, 16);
	m->reply_wire = database_text(row, 17);
	m->retracted = sqlite3_column_int(row, 18) != 0;
	m->markable = sqlite3_column_int(row, 19) != 0;
	m->stream = database_text(row, 20);
	m->stream_count = (guint32)sqlite3_column_int64(row, 21);
	m->occupant = database_text(row, 22);
	m->receipt = sqlite3_column_int(row, 23) != 0;
	m->reactions = database_text(row, 24);
	take_quote(m, (const char *)sqlite3_column_text(row, 25));
	return m;
}

gboolean message_find(Database *db, sqlite3_stmt *statement, CusaxMessage **ret_message,
		      GError **error)
{
	int row = statement ? database_step(db, statement, error) : -1;

	*ret_message = NULL;
	if (row == 1) {
		*ret_message = message_from_row(statement);
		sqlite3_reset(statement);
	}
	return row >= 0;
}

gboolean message_is_of_room(const CusaxMessage *message)
{
	return g_strcmp0(message->kind, "room") == 0;
}

const char *message_wire_id(const CusaxMessage *message)
{
	/* In a room its own id is the one that nobody can take from another message. */
	if (message->server_id && message_is_of_room(message))
		return message->server_id;
	return message->stanza_id ? message->stanza_id : message->origin_id;
}

/* The original: what refers to a correction means what it corrects (XEP-0308 §4). */
static gboolean find_original(Database *db, CusaxMessage **message, GError **error)
{
	g_autoptr(CusaxMessage) original = NULL;

	if (!*message || !(*message)->replaces)
		return TRUE;
	if (!message_find(db,
			  database_query(db, error, SELECT_MESSAGES " WHERE id = ?1", "s",
					 (*message)->replaces),
			  &original, error))
		return FALSE;
	if (original) {
		cusax_message_free(*message);
		*message = g_steal_pointer(&original);
	}
	return TRUE;
}

gboolean message_meant(Database *db, const char *account, const char *peer, const char *id,
		       const char *sender, CusaxMessage **ret_message, GError **error)
{
	static const char sql[] = SELECT_MESSAGES
		" WHERE seq IN (SELECT seq FROM messages WHERE account = ?1 AND peer = ?2 AND"
		"  stanza_id = ?3 UNION ALL SELECT seq FROM messages WHERE account = ?1 AND"
		"  peer = ?2 AND origin_id = ?3 UNION ALL SELECT seq FROM messages WHERE"
		"  account = ?1 AND peer = ?2 AND server_id = ?3 UNION ALL SELECT seq FROM"
		"  messages WHERE id = ?3 AND account = ?1 AND peer = ?2)"
		" AND " IS_SHOWN " ORDER BY sender IS ?4 DESC, seq DESC LIMIT 1";

	return message_find(db, database_query(db, error, sql, "ssss", account, peer, id, sender),
			    ret_message, error) &&
	       find_original(db, ret_message, error);
}

GPtrArray *messages_collect(Database *db, sqlite3_stmt *statement, GError **error)
{
	g_autoptr(GPtrArray) found =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_message_free);
	int row;

	if (!statement)
		return NULL;
	while ((row = database_step(db, statement, error)) == 1)
		g_ptr_array_add(found, message_from_row(statement));
	return row == 0 && files_fill(db, found, error) ? g_steal_pointer(&found) : NULL;
}

gboolean message_place(Database *db, const char *id, const char *account, const char *peer,
		       gint64 *ret_place, gint64 *ret_seq, GError **error)
{
	sqlite3_stmt *statement =
		database_query(db, error,
			       "SELECT place, seq FROM messages WHERE id = ?1 AND"
			       " (?2 IS NULL OR account = ?2) AND (?3 IS NULL OR peer = ?3)",
			       "sss", id, account, peer);
	int row = statement ? database_step(db, statement, error) : -1;

	if (row == 0)
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "there is no such message");
	if (row != 1)
		return FALSE;
	*ret_place = sqlite3_column_int64(statement, 0);
	*ret_seq = sqlite3_column_int64(statement, 1);
	sqlite3_reset(statement);
	return TRUE;
}

/* The filter, copied, and what it found. */
typedef struct {
	char *account;
	char *peer;
	char *before;
	char *after;
	gint64 since;
	gint64 until;
	guint limit;
	Search search;
	char *kinds; /* " chat call " */
	GPtrArray *found;
} Page;

static void page_free(gpointer data)
{
	Page *ask = data;

	g_free(ask->account);
	g_free(ask->peer);
	g_free(ask->before);
	g_free(ask->after);
	search_clear(&ask->search);
	g_free(ask->kinds);
	g_clear_pointer(&ask->found, g_ptr_array_unref);
	g_free(ask);
}

/* Only the conditions asked for, so that the index fits; the statements are kept by their text. */
static char *page_sql(const Page *ask, gboolean oldest_first)
{
	GString *sql = g_string_new(SELECT_MESSAGES " WHERE " IS_SHOWN " AND (1 OR ?12)");

	if (ask->account)
		g_string_append(sql, " AND account = ?1");
	if (ask->peer)
		g_string_append(sql, " AND peer = ?2");
	if (ask->before)
		g_string_append(sql, " AND (place, seq) < (?3, ?4)");
	if (ask->after)
		g_string_append(sql, " AND (place, seq) > (?5, ?6)");
	if (ask->since)
		g_string_append(sql, " AND time >= ?7");
	if (ask->until)
		g_string_append(sql, " AND time < ?8");
	if (ask->search.match)
		g_string_append(sql, " AND " SEARCH_MATCH("?9"));
	if (ask->search.parts)
		g_string_append(sql, " AND " SEARCH_PARTS("?12"));
	if (ask->kinds)
		g_string_append(sql, " AND instr(?10, ' ' || kind || ' ') > 0");
	g_string_append(sql, oldest_first ? " ORDER BY place, seq LIMIT ?11"
					  : " ORDER BY place DESC, seq DESC LIMIT ?11");
	return g_string_free(sql, FALSE);
}

static void reverse(GPtrArray *array)
{
	for (guint i = 0; i < array->len / 2; i++) {
		gpointer first = array->pdata[i];

		array->pdata[i] = array->pdata[array->len - 1 - i];
		array->pdata[array->len - 1 - i] = first;
	}
}

static gboolean get_page(Database *db, gpointer request, GError **error)
{
	Page *ask = request;
	gboolean oldest_first = (ask->after || ask->since) && !ask->before;
	g_autofree char *sql = page_sql(ask, oldest_first);
	gint64 before_place = 0, before_seq = 0, after_place = 0, after_seq = 0;

	if (ask->before && !message_place(db, ask->before, ask->account, ask->peer, &before_place,
					  &before_seq, error))
		return FALSE;
	if (ask->after && !message_place(db, ask->after, ask->account, ask->peer, &after_place,
					 &after_seq, error))
		return FALSE;
	ask->found = messages_collect(db,
				      database_query(db, error, sql, "ssiiiiiissis", ask->account,
						     ask->peer, before_place, before_seq,
						     after_place, after_seq, ask->since, ask->until,
						     ask->search.match, ask->kinds,
						     (gint64)ask->limit, ask->search.parts),
				      error);
	if (ask->found && !oldest_first)
		reverse(ask->found);
	return ask->found != NULL;
}

void cusax_history_get_messages_async(CusaxHistory *history, const CusaxMessageFilter *filter,
				      GAsyncReadyCallback callback, gpointer data)
{
	Page *ask = g_new0(Page, 1);

	ask->account = g_strdup(filter->account);
	ask->peer = g_strdup(filter->peer);
	ask->before = g_strdup(filter->before);
	ask->after = g_strdup(filter->after);
	ask->since = filter->since;
	ask->until = filter->until;
	ask->limit = history_limit(filter->limit);
	if (filter->query)
		search_read(filter->query, &ask->search);
	if (filter->kinds && *filter->kinds) {
		g_autofree char *kinds = g_strjoinv(" ", (GStrv)filter->kinds);

		ask->kinds = g_strdup_printf(" %s ", kinds);
	}
	history_submit(history, HISTORY_READ, get_page, ask, page_free,
		       cusax_history_get_messages_async, callback, data);
}

GPtrArray *cusax_history_get_messages_finish(G_GNUC_UNUSED CusaxHistory *history,
					     GAsyncResult *result, GError **error)
{
	Page *ask = history_finish(result, cusax_history_get_messages_async, error);

	return ask ? g_steal_pointer(&ask->found) : NULL;
}

static gboolean get_pending(Database *db, gpointer request, GError **error)
{
	Page *ask = request;

	ask->found = messages_collect(db,
				      database_query(db, error,
						     SELECT_MESSAGES
						     " WHERE direction = 'out' AND"
						     " delivery IN ('queued', 'sent') AND"
						     " (?1 IS NULL OR account = ?1) ORDER BY seq",
						     "s", ask->account),
				      error);
	return ask->found != NULL;
}

void cusax_history_get_pending_async(CusaxHistory *history, const char *account,
				     GAsyncReadyCallback callback, gpointer data)
{
	Page *ask = g_new0(Page, 1);

	ask->account = g_strdup(account);
	history_submit(history, HISTORY_READ, get_pending, ask, page_free,
		       cusax_history_get_pending_async, callback, data);
}

GPtrArray *cusax_history_get_pending_finish(G_GNUC_UNUSED CusaxHistory *history,
					    GAsyncResult *result, GError **error)
{
	Page *ask = history_finish(result, cusax_history_get_pending_async, error);

	return ask ? g_steal_pointer(&ask->found) : NULL;
}

static gboolean get_chats(Database *db, gpointer request, GError **error)
{
	Page *ask = request;
	g_autoptr(GPtrArray) found =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_chat_summary_free);
	sqlite3_stmt *statement = database_query(
		db, error,
		"WITH chats AS (SELECT DISTINCT account, peer FROM messages)"
		" SELECT c.account, c.peer, (SELECT count(*) FROM messages u WHERE"
		"   u.account = c.account AND u.peer = c.peer AND u.unread = 1), m.id, m.time, "
		"m.kind"
		" FROM chats c JOIN messages m ON m.seq = (SELECT seq FROM messages l WHERE"
		"   l.account = c.account AND l.peer = c.peer AND " IS_SHOWN
		"   ORDER BY l.place DESC, l.seq DESC LIMIT 1)"
		" ORDER BY m.place DESC, m.seq DESC LIMIT " MAX_CHATS,
		"");
	int row = -1;

	while (statement && (row = database_step(db, statement, error)) == 1) {
		CusaxChatSummary *chat = g_new0(CusaxChatSummary, 1);

		chat->account = database_text(statement, 0);
		chat->peer = database_text(statement, 1);
		chat->unread = sqlite3_column_int(statement, 2);
		chat->last_id = database_text(statement, 3);
		chat->last_time = sqlite3_column_int64(statement, 4);
		chat->last_kind = database_text(statement, 5);
		g_ptr_array_add(found, chat);
	}
	if (row == 0)
		ask->found = g_steal_pointer(&found);
	return row == 0;
}

void cusax_history_get_chats_async(CusaxHistory *history, GAsyncReadyCallback callback,
				   gpointer data)
{
	history_submit(history, HISTORY_READ, get_chats, g_new0(Page, 1), page_free,
		       cusax_history_get_chats_async, callback, data);
}

GPtrArray *cusax_history_get_chats_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					  GError **error)
{
	Page *ask = history_finish(result, cusax_history_get_chats_async, error);

	return ask ? g_steal_pointer(&ask->found) : NULL;
}

/* --- what is corrected ------------------------------------------------------------------------ */

typedef struct {
	char *account, *peer, *id;
	CusaxMessage *message;
	GPtrArray *found;
} Look;

static Look *look_new(const char *account, const char *peer, const char *id)
{
	Look *look = g_new0(Look, 1);

	look->account = g_strdup(account);
	look->peer = g_strdup(peer);
	look->id = database_copy_text(id);
	return look;
}

static void look_free(gpointer data)
{
	Look *look = data;

	g_free(look->account);
	g_free(look->peer);
	g_free(look->id);
	cusax_message_free(look->message);
	g_clear_pointer(&look->found, g_ptr_array_unref);
	g_free(look);
}

static gboolean refuse(GError **error, CusaxError code, const char *text)
{
	g_set_error_literal(error, CUSAX_ERROR, (int)code, text);
	return FALSE;
}

static gboolean find_correctable(Database *db, gpointer request, GError **error)
{
	Look *look = request;
	g_autoptr(CusaxMessage) last = NULL;

	if (!message_find(db,
			  database_query(db, error,
					 SELECT_MESSAGES " WHERE id = ?3 AND account = ?1 AND"
							 " peer = ?2 AND " IS_SHOWN,
					 "sss", look->account, look->peer, look->id),
			  &look->message, error) ||
	    !message_find(db,
			  database_query(db, error,
					 SELECT_MESSAGES " WHERE account = ?1 AND peer = ?2 AND"
							 " direction = 'out' AND replaces IS NULL"
							 " AND " IS_SHOWN
							 " ORDER BY place DESC, seq DESC LIMIT 1",
					 "ss", look->account, look->peer),
			  &last, error))
		return FALSE;
	if (!look->message)
		return refuse(error, CUSAX_ERROR_NOT_FOUND, "id: no message of the chat has it");
	if (look->message->direction != CUSAX_DIRECTION_OUT)
		return refuse(error, CUSAX_ERROR_REFUSED, "only its sender can correct a message");
	if (!last || strcmp(last->id, look->message->id) != 0 || last->retracted)
		return refuse(error, CUSAX_ERROR_WRONG_STATE,
			      "only the last message sent can be corrected");
	return TRUE;
}

void cusax_history_get_correctable_async(CusaxHistory *history, const char *account,
					 const char *peer, const char *id,
					 GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_READ, find_correctable, look_new(account, peer, id),
		       look_free, cusax_history_get_correctable_async, callback, data);
}

CusaxMessage *cusax_history_get_correctable_finish(G_GNUC_UNUSED CusaxHistory *history,
						   GAsyncResult *result, GError **error)
{
	Look *look = history_finish(result, cusax_history_get_correctable_async, error);

	return look ? g_steal_pointer(&look->message) : NULL;
}

/* --- receipts ---------------------------------------------------------------------------------- */

static gboolean find_receipts(Database *db, gpointer request, GError **error)
{
	Look *look = request;

	/* Among what came last: older ones went out long ago. */
	look->found = messages_collect(
		db,
		database_query(db, error,
			       SELECT_MESSAGES " WHERE seq IN (SELECT seq FROM messages WHERE"
					       " seq > (SELECT max(seq) FROM messages) - 500 AND"
					       " account = ?1 AND receipt = 1"
					       " ORDER BY seq DESC LIMIT 50) ORDER BY seq",
			       "s", look->account),
		error);
	return look->found != NULL;
}

void cusax_history_get_receipts_async(CusaxHistory *history, const char *account,
				      GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_READ, find_receipts, look_new(account, NULL, NULL),
		       look_free, cusax_history_get_receipts_async, callback, data);
}

GPtrArray *cusax_history_get_receipts_finish(G_GNUC_UNUSED CusaxHistory *history,
					     GAsyncResult *result, GError **error)
{
	Look *look = history_finish(result, cusax_history_get_receipts_async, error);

	return look ? g_steal_pointer(&look->found) : NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call log. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/calls-private.h"

#include "daemon/base/error.h"
#include "daemon/store/history-private.h"

#define CALL_COLUMNS                                                                               \
	"id, account, service, direction, uri, name, contact_account, contact_address,"            \
	" claimed_address, identity, identity_source, start, answer, \"end\", reason, code, text," \
	" encryption, codec, charges, missed, seen"

CusaxCallRecord *cusax_call_record_new(const char *id, const char *account,
				       CusaxCallDirection direction)
{
	CusaxCallRecord *record = g_new0(CusaxCallRecord, 1);

	record->id = g_strdup(id);
	record->account = g_strdup(account);
	record->direction = direction;
	return record;
}

CusaxCallRecord *cusax_call_record_copy(const CusaxCallRecord *record)
{
	CusaxCallRecord *copy = g_new(CusaxCallRecord, 1);

	*copy = *record;
	copy->id = database_copy_text(record->id);
	copy->account = database_copy_text(record->account);
	copy->service = database_copy_text(record->service);
	copy->uri = database_copy_text(record->uri);
	copy->name = database_copy_text(record->name);
	copy->contact_account = database_copy_text(record->contact_account);
	copy->contact_address = database_copy_text(record->contact_address);
	copy->claimed_address = database_copy_text(record->claimed_address);
	copy->identity_source = database_copy_text(record->identity_source);
	copy->text = database_copy_text(record->text);
	copy->codec = database_copy_text(record->codec);
	return copy;
}

void cusax_call_record_free(CusaxCallRecord *record)
{
	if (!record)
		return;
	g_free(record->id);
	g_free(record->account);
	g_free(record->service);
	g_free(record->uri);
	g_free(record->name);
	g_free(record->contact_account);
	g_free(record->contact_address);
	g_free(record->claimed_address);
	g_free(record->identity_source);
	g_free(record->text);
	g_free(record->codec);
	g_free(record);
}

static CusaxCallRecord *from_row(sqlite3_stmt *row)
{
	CusaxCallRecord *c = g_new0(CusaxCallRecord, 1);

	c->id = database_text(row, 0);
	c->account = database_text(row, 1);
	c->service = database_text(row, 2);
	c->direction =
		database_word(row, 3, CUSAX_TYPE_CALL_DIRECTION, CUSAX_CALL_INCOMING_DIRECTION);
	c->uri = database_text(row, 4);
	c->name = database_text(row, 5);
	c->contact_account = database_text(row, 6);
	c->contact_address = database_text(row, 7);
	c->claimed_address = database_text(row, 8);
	c->identity = database_word(row, 9, CUSAX_TYPE_IDENTITY, CUSAX_IDENTITY_UNKNOWN);
	c->identity_source = database_text(row, 10);
	c->start = sqlite3_column_int64(row, 11);
	c->answer = sqlite3_column_int64(row, 12);
	c->end = sqlite3_column_int64(row, 13);
	c->reason = database_word(row, 14, CUSAX_TYPE_END_REASON, CUSAX_END_FAILED);
	c->code = sqlite3_column_int(row, 15);
	c->text = database_text(row, 16);
	c->encryption = database_word(row, 17, CUSAX_TYPE_ENCRYPTION, CUSAX_ENCRYPTION_NONE);
	c->codec = database_text(row, 18);
	c->charges = database_word(row, 19, CUSAX_TYPE_CHARGES, CUSAX_CHARGES_UNKNOWN);
	c->missed = sqlite3_column_int(row, 20) != 0;
	c->seen = sqlite3_column_int(row, 21) != 0;
	return c;
}

gboolean call_find(Database *db, const char *id, CusaxCallRecord **ret_call, GError **error)
{
	sqlite3_stmt *statement = database_query(
		db, error, "SELECT " CALL_COLUMNS " FROM calls WHERE id = ?1", "s", id);
	int row = statement ? database_step(db, statement, error) : -1;

	*ret_call = NULL;
	if (row == 1) {
		*ret_call = from_row(statement);
		sqlite3_reset(statement);
	}
	return row >= 0;
}

/* The first row keeps its place in the log; a call once seen stays seen. */
static gboolean put(Database *db, gpointer request, GError **error)
{
	CusaxCallRecord *c = request;

	return database_run(
		db, error,
		"INSERT INTO calls (" CALL_COLUMNS ") VALUES"
		" (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET"
		" account = excluded.account, service = excluded.service,"
		" direction = excluded.direction, uri = excluded.uri, name = excluded.name,"
		" contact_account = excluded.contact_account,"
		" contact_address = excluded.contact_address,"
		" claimed_address = excluded.claimed_address, identity = excluded.identity,"
		" identity_source = excluded.identity_source, start = excluded.start,"
		" answer = excluded.answer, \"end\" = excluded.\"end\", reason = excluded.reason,"
		" code = excluded.code, text = excluded.text, encryption = excluded.encryption,"
		" codec = excluded.codec, charges = excluded.charges, missed = excluded.missed,"
		" seen = max(seen, excluded.seen)",
		"sssssssssssiiisissssii", c->id, c->account, c->service,
		cusax_word(CUSAX_TYPE_CALL_DIRECTION, c->direction), c->uri, c->name,
		c->contact_account, c->contact_address, c->claimed_address,
		cusax_word(CUSAX_TYPE_IDENTITY, c->identity), c->identity_source, c->start,
		c->answer, c->end, cusax_word(CUSAX_TYPE_END_REASON, c->reason), (gint64)c->code,
		c->text, cusax_word(CUSAX_TYPE_ENCRYPTION, c->encryption), c->codec,
		cusax_word(CUSAX_TYPE_CHARGES, c->charges), (gint64)c->missed, (gint64)c->seen);
}

static void put_free(gpointer data)
{
	cusax_call_record_free(data);
}

void cusax_history_put_call_async(CusaxHistory *history, const CusaxCallRecord *record,
				  GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, put, cusax_call_record_copy(record), put_free,
		       cusax_history_put_call_async, callback, data);
}

gboolean cusax_history_put_call_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				       GError **error)
{
	return history_finish(result, cusax_history_put_call_async, error) != NULL;
}

/* A call by its id; 0 and NOT_FOUND, or an error. */
static gint64 find_seq(Database *db, const char *id, GError **error)
{
	sqlite3_stmt *statement =
		database_query(db, error, "SELECT seq FROM calls WHERE id = ?1", "s", id);
	int row = statement ? database_step(db, statement, error) : -1;
	gint64 seq = 0;

	if (row == 1) {
		seq = sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	} else if (row == 0) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "there is no such call");
	}
	return seq;
}

/* The filter, copied, and what it found. */
typedef struct {
	char *before;
	char *contact_account;
	char *contact_address;
	guint limit;
	gboolean missed;
	GPtrArray *found;
} Page;

static void page_free(gpointer data)
{
	Page *ask = data;

	g_free(ask->before);
	g_free(ask->contact_account);
	g_free(ask->contact_address);
	g_clear_pointer(&ask->found, g_ptr_array_unref);
	g_free(ask);
}

static gboolean get_page(Database *db, gpointer request, GError **error)
{
	Page *ask = request;
	g_autoptr(GPtrArray) found =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_call_record_free);
	g_autoptr(GString) sql = g_string_new("SELECT " CALL_COLUMNS " FROM calls WHERE seq < ?1");
	gint64 seq = ask->before ? find_seq(db, ask->before, error) : G_MAXINT64;
	sqlite3_stmt *statement;
	int row = -1;

	if (seq == 0)
		return FALSE;
	if (ask->contact_account)
		g_string_append(sql, " AND contact_account = ?2");
	if (ask->contact_address)
		g_string_append(sql, " AND contact_address = ?3");
	if (ask->missed)
		g_string_append(sql, " AND missed = 1");
	g_string_append(sql, " ORDER BY seq DESC LIMIT ?4");
	statement = database_query(db, error, sql->str, "issi", seq, ask->contact_account,
				   ask->contact_address, (gint64)ask->limit);
	while (statement && (row = database_step(db, statement, error)) == 1)
		g_ptr_array_add(found, from_row(statement));
	if (row == 0)
		ask->found = g_steal_pointer(&found);
	return row == 0;
}

void cusax_history_get_calls_async(CusaxHistory *history, const CusaxCallFilter *filter,
				   GAsyncReadyCallback callback, gpointer data)
{
	Page *ask = g_new0(Page, 1);

	ask->before = g_strdup(filter->before);
	ask->contact_account = g_strdup(filter->contact_account);
	ask->contact_address = g_strdup(filter->contact_address);
	ask->limit = history_limit(filter->limit);
	ask->missed = filter->missed;
	history_submit(history, HISTORY_READ, get_page, ask, page_free,
		       cusax_history_get_calls_async, callback, data);
}

GPtrArray *cusax_history_get_calls_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					  GError **error)
{
	Page *ask = history_finish(result, cusax_history_get_calls_async, error);

	return ask ? g_steal_pointer(&ask->found) : NULL;
}

typedef struct {
	char *id; /* mark_seen: up to this call; NULL: all */
	gint64 left;
} Seen;

static void seen_free(gpointer data)
{
	Seen *ask = data;

	g_free(ask->id);
	g_free(ask);
}

static gboolean count_missed(Database *db, gpointer request, GError **error)
{
	Seen *ask = request;
	sqlite3_stmt *statement = database_query(
		db, error, "SELECT count(*) FROM calls WHERE missed = 1 AND seen = 0", "");

	if (!statement || database_step(db, statement, error) != 1)
		return FALSE;
	ask->left = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return TRUE;
}

static gboolean mark_seen(Database *db, gpointer request, GError **error)
{
	Seen *ask = request;
	gint64 seq = ask->id ? find_seq(db, ask->id, error) : G_MAXINT64;

	return seq != 0 &&
	       database_run(db, error,
			    "UPDATE calls SET seen = 1 WHERE missed = 1 AND seen = 0 AND seq <= ?1",
			    "i", seq) &&
	       count_missed(db, ask, error);
}

void cusax_history_count_missed_async(CusaxHistory *history, GAsyncReadyCallback callback,
				      gpointer data)
{
	history_submit(history, HISTORY_READ, count_missed, g_new0(Seen, 1), seen_free,
		       cusax_history_count_missed_async, callback, data);
}

gssize cusax_history_count_missed_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					 GError **error)
{
	Seen *ask = history_finish(result, cusax_history_count_missed_async, error);

	return ask ? (gssize)ask->left : -1;
}

void cusax_history_mark_seen_async(CusaxHistory *history, const char *id,
				   GAsyncReadyCallback callback, gpointer data)
{
	Seen *ask = g_new0(Seen, 1);

	ask->id = g_strdup(id);
	history_submit(history, HISTORY_WRITE, mark_seen, ask, seen_free,
		       cusax_history_mark_seen_async, callback, data);
}

gssize cusax_history_mark_seen_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				      GError **error)
{
	Seen *ask = history_finish(result, cusax_history_mark_seen_async, error);

	return ask ? (gssize)ask->left : -1;
}

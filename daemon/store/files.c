/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that messages name: a table of their own, since few messages have one. */
/* The history's worker, but for the last section. */
#include "daemon/store/files.h"

#include "daemon/base/error.h"
#include "daemon/store/history-private.h"

static CusaxFile *file_from_row(sqlite3_stmt *row)
{
	g_autofree char *uri = database_text(row, 0);
	CusaxFile *file = cusax_file_new(uri);

	file->name = database_text(row, 1);
	file->type = database_text(row, 2);
	file->size = (guint64)MAX(0, sqlite3_column_int64(row, 3));
	return file;
}

gboolean files_add(Database *db, const CusaxMessage *message, GError **error)
{
	const CusaxFile *file = message->file;

	return !file || database_run(db, error,
				     "INSERT OR REPLACE INTO files (message, uri, name, type, size)"
				     " VALUES (?, ?, ?, ?, ?)",
				     "ssssi", message->id, file->uri, file->name, file->type,
				     (gint64)MIN(file->size, (guint64)G_MAXINT64));
}

gboolean files_fill(Database *db, GPtrArray *messages, GError **error)
{
	for (guint i = 0; i < messages->len; i++) {
		CusaxMessage *message = messages->pdata[i];
		sqlite3_stmt *statement = database_query(
			db, error, "SELECT uri, name, type, size FROM files WHERE message = ?", "s",
			message->id);
		int row = statement ? database_step(db, statement, error) : -1;

		if (row < 0)
			return FALSE;
		if (row == 0)
			continue;
		cusax_file_free(message->file);
		message->file = file_from_row(statement);
		sqlite3_reset(statement);
	}
	return TRUE;
}

/* --- one file, for the main thread ----------------------------------------------------------- */

typedef struct {
	char *account, *peer, *id;
	CusaxFile *file;
} Ask;

static void ask_free(gpointer data)
{
	Ask *ask = data;

	g_free(ask->account);
	g_free(ask->peer);
	g_free(ask->id);
	cusax_file_free(ask->file);
	g_free(ask);
}

static gboolean get_file(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;
	sqlite3_stmt *statement =
		database_query(db, error,
			       "SELECT f.uri, f.name, f.type, f.size FROM files f"
			       " JOIN messages m ON m.id = f.message"
			       " WHERE m.id = ?1 AND m.account = ?2 AND m.peer = ?3",
			       "sss", ask->id, ask->account, ask->peer);
	int row = statement ? database_step(db, statement, error) : -1;

	if (row == 1) {
		ask->file = file_from_row(statement);
		sqlite3_reset(statement);
	} else if (row == 0) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "the chat has no such message with a file");
	}
	return row == 1;
}

void cusax_history_get_file_async(CusaxHistory *history, const char *account, const char *peer,
				  const char *id, GAsyncReadyCallback callback, gpointer data)
{
	Ask *ask = g_new0(Ask, 1);

	ask->account = g_strdup(account);
	ask->peer = g_strdup(peer);
	ask->id = g_strdup(id);
	history_submit(history, HISTORY_READ, get_file, ask, ask_free, cusax_history_get_file_async,
		       callback, data);
}

CusaxFile *cusax_history_get_file_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					 GError **error)
{
	Ask *ask = history_finish(result, cusax_history_get_file_async, error);

	return ask ? g_steal_pointer(&ask->file) : NULL;
}

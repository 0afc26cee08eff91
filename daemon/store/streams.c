/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions that can be resumed. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/streams.h"

#include "daemon/base/error.h"
#include "daemon/store/history-private.h"
#include "daemon/store/messages-private.h"

CusaxStreamState *cusax_stream_state_new(const char *id, const char *bound)
{
	CusaxStreamState *state = g_new0(CusaxStreamState, 1);

	state->id = g_strdup(id);
	state->bound = g_strdup(bound);
	return state;
}

void cusax_stream_state_free(CusaxStreamState *state)
{
	if (!state)
		return;
	g_free(state->id);
	g_free(state->bound);
	g_free(state);
}

typedef struct {
	char *account;
	CusaxStreamState *state; /* the question, or the answer */
	GPtrArray *moved;
} Ask;

static Ask *ask_new(const char *account, const char *id, const char *bound)
{
	Ask *ask = g_new0(Ask, 1);

	ask->account = g_strdup(account);
	if (id)
		ask->state = cusax_stream_state_new(id, bound);
	return ask;
}

static void ask_free(gpointer data)
{
	Ask *ask = data;

	g_free(ask->account);
	cusax_stream_state_free(ask->state);
	g_clear_pointer(&ask->moved, g_ptr_array_unref);
	g_free(ask);
}

static gboolean get(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;
	sqlite3_stmt *row = database_query(db, error,
					   "SELECT id, bound, handled, accepted, disabled"
					   " FROM streams WHERE account = ?1",
					   "s", ask->account);
	int more = row ? database_step(db, row, error) : -1;

	if (more != 1)
		return more == 0;
	ask->state = g_new0(CusaxStreamState, 1);
	ask->state->id = database_text(row, 0);
	ask->state->bound = database_text(row, 1);
	ask->state->handled = (guint32)sqlite3_column_int64(row, 2);
	ask->state->accepted = (guint32)sqlite3_column_int64(row, 3);
	ask->state->disabled = (CusaxFeatures)sqlite3_column_int64(row, 4);
	sqlite3_reset(row);
	return TRUE;
}

void cusax_history_get_stream_async(CusaxHistory *history, const char *account,
				    GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_READ, get, ask_new(account, NULL, NULL), ask_free,
		       cusax_history_get_stream_async, callback, data);
}

CusaxStreamState *cusax_history_get_stream_finish(G_GNUC_UNUSED CusaxHistory *history,
						  GAsyncResult *result, GError **error)
{
	Ask *ask = history_finish(result, cusax_history_get_stream_async, error);

	return ask ? g_steal_pointer(&ask->state) : NULL;
}

static gboolean set(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;

	if (!ask->state)
		return database_run(db, error, "DELETE FROM streams WHERE account = ?1", "s",
				    ask->account);
	return database_run(db, error,
			    "INSERT OR REPLACE INTO streams"
			    " (account, id, bound, handled, accepted, disabled)"
			    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
			    "sssiii", ask->account, ask->state->id, ask->state->bound,
			    (gint64)ask->state->handled, (gint64)ask->state->accepted,
			    (gint64)ask->state->disabled);
}

void cusax_history_set_stream_async(CusaxHistory *history, const char *account,
				    const CusaxStreamState *state, GAsyncReadyCallback callback,
				    gpointer data)
{
	Ask *ask = ask_new(account, state ? state->id : NULL, state ? state->bound : NULL);

	if (state) {
		ask->state->handled = state->handled;
		ask->state->accepted = state->accepted;
		ask->state->disabled = state->disabled;
	}
	history_submit(history, HISTORY_WRITE, set, ask, ask_free, cusax_history_stream_finish,
		       callback, data);
}

gboolean stream_set_handled(Database *db, const char *account, const char *id, guint32 handled,
			    GError **error)
{
	if (db->behind)
		return TRUE; /* it covers what failed: only the server has that */
	return database_run(db, error,
			    "UPDATE streams SET handled = ?3 WHERE account = ?1 AND id = ?2", "ssi",
			    account, id, (gint64)handled);
}

gboolean stream_set_accepted(Database *db, const char *account, const char *id, guint32 accepted,
			     GError **error)
{
	return database_run(db, error,
			    "UPDATE streams SET accepted = ?3 WHERE account = ?1 AND id = ?2",
			    "ssi", account, id, (gint64)accepted);
}

static gboolean handle(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;

	if (db->behind) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_FAILED,
				    "history: something before it could not be written");
		return FALSE;
	}
	return stream_set_handled(db, ask->account, ask->state->id, ask->state->handled, error);
}

void cusax_history_set_handled_async(CusaxHistory *history, const char *account, const char *id,
				     guint32 handled, GAsyncReadyCallback callback, gpointer data)
{
	Ask *ask = ask_new(account, id, NULL);

	ask->state->handled = handled;
	history_submit(history, HISTORY_WRITE, handle, ask, ask_free, cusax_history_stream_finish,
		       callback, data);
}

static gboolean catch_up(Database *db, G_GNUC_UNUSED gpointer request, G_GNUC_UNUSED GError **error)
{
	db->behind = FALSE;
	return TRUE;
}

void cusax_history_catch_up_async(CusaxHistory *history, GAsyncReadyCallback callback,
				  gpointer data)
{
	history_submit(history, HISTORY_READ, catch_up, ask_new("", NULL, NULL), ask_free,
		       cusax_history_stream_finish, callback, data);
}

static gboolean probe(Database *db, G_GNUC_UNUSED gpointer request, GError **error)
{
	return database_run(db, error,
			    "INSERT OR REPLACE INTO streams"
			    " (account, id, bound, handled, accepted, disabled)"
			    " VALUES ('', '', '', 0, 0, 0)",
			    "") &&
	       database_run(db, error, "DELETE FROM streams WHERE account = ''", "");
}

void cusax_history_probe_async(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, probe, ask_new("", NULL, NULL), ask_free,
		       cusax_history_stream_finish, callback, data);
}

gboolean cusax_history_stream_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				     GError **error)
{
	return history_finish(result, cusax_history_stream_finish, error) != NULL;
}

/* Counters go round at 2^32 (XEP-0198 §4): those less than half way back are before. */
#define SETTLED                                                                                    \
	" WHERE direction = 'out' AND delivery IN ('queued', 'sent') AND account = ?1"             \
	" AND stream = ?2 AND ((?3 - stream_count) & 4294967295) < 2147483648"

static gboolean settle(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;
	const char *id = ask->state->id;
	gint64 accepted = ask->state->accepted;

	ask->moved =
		messages_collect(db,
				 database_query(db, error, SELECT_MESSAGES SETTLED " ORDER BY seq",
						"ssi", ask->account, id, accepted),
				 error);
	for (guint i = 0; ask->moved && i < ask->moved->len; i++)
		((CusaxMessage *)ask->moved->pdata[i])->delivery = CUSAX_DELIVERY_SERVER;
	return ask->moved &&
	       database_run(db, error, "UPDATE messages SET delivery = 'server'" SETTLED, "ssi",
			    ask->account, id, accepted) &&
	       stream_set_accepted(db, ask->account, id, ask->state->accepted, error);
}

void cusax_history_settle_stream_async(CusaxHistory *history, const char *account, const char *id,
				       guint32 accepted, GAsyncReadyCallback callback,
				       gpointer data)
{
	Ask *ask = ask_new(account, id, NULL);

	ask->state->accepted = accepted;
	history_submit(history, HISTORY_WRITE, settle, ask, ask_free,
		       cusax_history_settle_stream_async, callback, data);
}

GPtrArray *cusax_history_settle_stream_finish(G_GNUC_UNUSED CusaxHistory *history,
					      GAsyncResult *result, GError **error)
{
	Ask *ask = history_finish(result, cusax_history_settle_stream_async, error);

	return ask ? g_steal_pointer(&ask->moved) : NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reactions and retractions: carried out, kept for messages that come later, kept to be sent. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/references.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/store/history-private.h"
#include "daemon/store/messages-private.h"
#include "daemon/store/search.h"

#define MAX_UNKNOWN  "500" /* of each kind in an account, for messages that are not there */
#define MAX_REACTORS 1000  /* senders at one message */

#define NOT_SENT_WORDS "it was taken back before it was sent"

typedef struct {
	char *account;
	char *peer;
	char *sender;
	char *occupant;
	char *target;
	char *reactions; /* joined; NULL: a retraction */
	gint64 time;
	gboolean local;
	CusaxReferenceResult result;
} Refer;

gboolean cusax_message_is_act(const CusaxMessage *message)
{
	return g_strcmp0(message->kind, CUSAX_KIND_REACTION) == 0 ||
	       g_strcmp0(message->kind, CUSAX_KIND_RETRACTION) == 0;
}

void cusax_reference_result_clear(CusaxReferenceResult *result)
{
	g_clear_pointer(&result->message, cusax_message_free);
	g_clear_pointer(&result->act, cusax_message_free);
}

static void refer_free(gpointer data)
{
	Refer *ask = data;

	g_free(ask->account);
	g_free(ask->peer);
	g_free(ask->sender);
	g_free(ask->occupant);
	g_free(ask->target);
	g_free(ask->reactions);
	cusax_reference_result_clear(&ask->result);
	g_free(ask);
}

static gint64 read_count(Database *db, sqlite3_stmt *statement, GError **error)
{
	gint64 count;

	if (!statement || database_step(db, statement, error) != 1)
		return -1;
	count = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return count;
}

/* As it is now. */
static gboolean read_again(Database *db, CusaxMessage **message, GError **error)
{
	g_autofree char *id = g_strdup((*message)->id);

	g_clear_pointer(message, cusax_message_free);
	return message_find(db,
			    database_query(db, error, SELECT_MESSAGES " WHERE id = ?1", "s", id),
			    message, error);
}

/* The act on its way. */
static gboolean keep_act(Database *db, Refer *ask, GError **error)
{
	CusaxMessage *act = cusax_message_new(ask->account, ask->peer, CUSAX_DIRECTION_OUT);
	const char *wire = message_wire_id(ask->result.message);

	ask->result.act = act;
	act->id = g_uuid_string_random();
	act->stanza_id = g_strdup(act->id);
	act->origin_id = g_strdup(act->id);
	act->sender = g_strdup(ask->sender);
	act->kind = g_strdup(ask->reactions ? CUSAX_KIND_REACTION : CUSAX_KIND_RETRACTION);
	act->text = g_strdup(ask->reactions ? ask->reactions : "");
	act->time = ask->time;
	act->replaces = g_strdup(ask->result.message->id);
	act->reply_wire = g_strdup(wire);
	act->delivery = CUSAX_DELIVERY_QUEUED;
	if (!wire) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
				    "the message has no id that the other side knows");
		return FALSE;
	}
	return message_insert(db, act, ask->time, error);
}

static void refuse_unknown(GError **error)
{
	g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND, "there is no such message");
}

/* --- reactions ------------------------------------------------------------------------------- */

static gboolean put_reactions(Database *db, Refer *ask, const char *target, gboolean known,
			      GError **error)
{
	gint64 others = read_count(
		db,
		database_query(db, error,
			       "SELECT count(*) FROM reactions WHERE target = ?1 AND sender <> ?2",
			       "ss", target, ask->sender),
		error);

	if (others < 0)
		return FALSE;
	if (others >= MAX_REACTORS)
		return TRUE;
	/* Whoever has another nick by now has one set of reactions still; whoever has the nick of
	 * somebody else does not speak for them. */
	if (ask->occupant &&
	    !database_run(db, error,
			  "UPDATE OR IGNORE reactions SET sender = ?4 WHERE account = ?1 AND"
			  " peer = ?2 AND target = ?3 AND occupant = ?5 AND sender <> ?4",
			  "sssss", ask->account, ask->peer, target, ask->sender, ask->occupant))
		return FALSE;
	if (!database_run(db, error,
			  "INSERT INTO reactions (account, peer, target, sender, known, reactions,"
			  " time, occupant) VALUES (?,?,?,?,?,?,?,?)"
			  " ON CONFLICT DO UPDATE SET reactions = excluded.reactions,"
			  " time = excluded.time, occupant = coalesce(excluded.occupant, occupant)"
			  " WHERE excluded.time >= time AND excluded.reactions <> reactions AND"
			  " (occupant IS NULL OR excluded.occupant IS NULL OR"
			  "  occupant = excluded.occupant)",
			  "ssssisis", ask->account, ask->peer, target, ask->sender, (gint64)known,
			  ask->reactions, ask->time, ask->occupant))
		return FALSE;
	ask->result.changed = sqlite3_changes(db->handle) > 0;
	return known || database_run(db, error,
				     "DELETE FROM reactions WHERE (target, sender) IN"
				     " (SELECT target, sender FROM reactions WHERE account = ?1 AND"
				     "  known = 0 ORDER BY time DESC LIMIT -1 OFFSET " MAX_UNKNOWN
				     ") AND known = 0 AND account = ?1",
				     "s", ask->account);
}

static gboolean react(Database *db, gpointer request, GError **error)
{
	Refer *ask = request;
	CusaxReferenceResult *result = &ask->result;

	if (!message_meant(db, ask->account, ask->peer, ask->target, NULL, &result->message, error))
		return FALSE;
	if (!result->message && ask->local) {
		refuse_unknown(error);
		return FALSE;
	}
	if (!result->message)
		return put_reactions(db, ask, ask->target, FALSE, error);
	if (result->message->retracted) {
		if (ask->local)
			g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					    "the message was taken back");
		return !ask->local;
	}
	return put_reactions(db, ask, result->message->id, TRUE, error) &&
	       (!ask->local || !result->changed || keep_act(db, ask, error)) &&
	       read_again(db, &result->message, error);
}

/* --- retractions ----------------------------------------------------------------------------- */

gboolean message_erase(Database *db, const char *id, GError **error)
{
	return search_forget(db, "id = ?1 OR replaces = ?1", id, error) &&
	       database_run(db, error,
			    "UPDATE messages SET delivery = 'failed', error = '" NOT_SENT_WORDS
			    "' WHERE (id = ?1 OR replaces = ?1) AND direction = 'out' AND"
			    " delivery IN ('queued', 'sent') AND " IS_SHOWN,
			    "s", id) &&
	       database_run(db, error,
			    "UPDATE messages SET text = '', retracted = 1, unread = 0"
			    " WHERE (id = ?1 OR replaces = ?1) AND " IS_SHOWN,
			    "s", id) &&
	       database_run(db, error,
			    "UPDATE messages SET text = '' WHERE replaces = ?1 AND"
			    " kind = '" CUSAX_KIND_REACTION "'",
			    "s", id) &&
	       database_run(db, error, "DELETE FROM reactions WHERE target = ?1", "s", id);
}

static gboolean keep_retraction(Database *db, Refer *ask, GError **error)
{
	return database_run(db, error,
			    "INSERT OR IGNORE INTO retractions (account, peer, target, sender,"
			    " time, occupant) VALUES (?,?,?,?,?,?)",
			    "ssssis", ask->account, ask->peer, ask->target, ask->sender, ask->time,
			    ask->occupant) &&
	       database_run(db, error,
			    "DELETE FROM retractions WHERE account = ?1 AND (peer, target, sender)"
			    " IN (SELECT peer, target, sender FROM retractions WHERE account = ?1"
			    "  ORDER BY time DESC LIMIT -1 OFFSET " MAX_UNKNOWN ")",
			    "s", ask->account);
}

static gboolean retract(Database *db, gpointer request, GError **error)
{
	Refer *ask = request;
	CusaxReferenceResult *result = &ask->result;

	if (!message_meant(db, ask->account, ask->peer, ask->target, ask->sender, &result->message,
			   error))
		return FALSE;
	if (!result->message && ask->local) {
		refuse_unknown(error);
		return FALSE;
	}
	if (!result->message)
		return keep_retraction(db, ask, error);
	if (message_same_sender(result->message, ask->sender, ask->occupant) ==
	    MESSAGE_SENDER_OTHER) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_REFUSED,
				    "only its sender can take a message back");
		return FALSE;
	}
	if (result->message->retracted)
		return TRUE;
	result->changed = TRUE;
	if (!message_erase(db, result->message->id, error) ||
	    (ask->local && !keep_act(db, ask, error)) || !read_again(db, &result->message, error))
		return FALSE;
	return messages_count_unread(db, ask->account, ask->peer, &result->unread, error);
}

/* --- messages that come after what refers to them --------------------------------------------- */

gboolean references_wait_for(Database *db, CusaxMessage *m, GError **error)
{
	gint64 taken_back = read_count(
		db,
		database_query(db, error,
			       "SELECT count(*) FROM retractions WHERE account = ?1 AND peer = ?2"
			       " AND target IN (?3, ?4, ?5) AND CASE WHEN occupant IS NULL OR"
			       " ?7 IS NULL THEN sender = ?6 ELSE occupant = ?7 END",
			       "sssssss", m->account, m->peer, m->stanza_id, m->origin_id,
			       m->server_id, m->sender, m->occupant),
		error);

	if (taken_back <= 0)
		return taken_back == 0;
	m->retracted = TRUE;
	m->unread = FALSE;
	g_free(m->text);
	m->text = g_strdup("");
	return TRUE;
}

gboolean references_adopt(Database *db, const CusaxMessage *m, GError **error)
{
	/* Nothing waits in most chats. */
	gint64 waiting = read_count(
		db,
		database_query(db, error,
			       "SELECT EXISTS (SELECT 1 FROM reactions WHERE account = ?1 AND"
			       "  peer = ?2 AND known = 0) OR EXISTS (SELECT 1 FROM messages WHERE"
			       "  account = ?1 AND peer = ?2 AND reply_wire IS NOT NULL AND"
			       "  reply_to IS NULL)",
			       "ss", m->account, m->peer),
		error);

	if (waiting <= 0)
		return waiting == 0;
	return database_run(db, error,
			    "UPDATE OR REPLACE reactions SET target = ?3, known = 1 WHERE"
			    " account = ?1 AND peer = ?2 AND known = 0 AND"
			    " target IN (?4, ?5, ?6) AND ?7 = 0",
			    "ssssssi", m->account, m->peer, m->id, m->stanza_id, m->origin_id,
			    m->server_id, (gint64)m->retracted) &&
	       database_run(db, error,
			    "UPDATE messages SET reply_to = ?3 WHERE account = ?1 AND peer = ?2 AND"
			    " reply_wire IN (?4, ?5, ?6) AND reply_to IS NULL AND " IS_SHOWN,
			    "ssssss", m->account, m->peer, m->id, m->stanza_id, m->origin_id,
			    m->server_id);
}

/* --- acts that nobody got ---------------------------------------------------------------------- */

gboolean references_undo(Database *db, CusaxMessage **act, GError **error)
{
	const CusaxMessage *m = *act;
	g_autoptr(CusaxMessage) meant = NULL;

	if (g_strcmp0(m->kind, CUSAX_KIND_REACTION) != 0 || !m->replaces)
		return TRUE;
	/* What was said last of those acts that did not fail; nothing where there is none. */
	if (!database_run(
		    db, error,
		    "UPDATE reactions SET reactions = coalesce((SELECT text FROM messages WHERE"
		    " replaces = ?1 AND kind = '" CUSAX_KIND_REACTION "' AND direction = 'out'"
		    " AND delivery <> 'failed' ORDER BY seq DESC LIMIT 1), '')"
		    " WHERE target = ?1 AND sender = ?2",
		    "ss", m->replaces, m->sender) ||
	    !message_find(
		    db,
		    database_query(db, error, SELECT_MESSAGES " WHERE id = ?1", "s", m->replaces),
		    &meant, error))
		return FALSE;
	if (!meant)
		return TRUE;
	cusax_message_free(*act);
	*act = g_steal_pointer(&meant);
	return TRUE;
}

/* --- entry ----------------------------------------------------------------------------------- */

static Refer *refer_new(const CusaxReference *reference)
{
	Refer *ask = g_new0(Refer, 1);

	ask->account = database_copy_text(reference->account);
	ask->peer = database_copy_text(reference->peer);
	ask->sender = database_copy_text(reference->sender);
	ask->occupant = database_copy_text(reference->occupant);
	ask->target = database_copy_text(reference->target);
	ask->local = reference->time == 0;
	ask->time = ask->local ? g_get_real_time() : reference->time;
	return ask;
}

static gboolean finish(GAsyncResult *result, gpointer tag, CusaxReferenceResult *ret,
		       GError **error)
{
	Refer *ask = history_finish(result, tag, error);

	if (!ask)
		return FALSE;
	*ret = ask->result;
	ask->result = (CusaxReferenceResult){ 0 };
	return TRUE;
}

void cusax_history_react_async(CusaxHistory *history, const CusaxReference *reference,
			       GAsyncReadyCallback callback, gpointer data)
{
	Refer *ask = refer_new(reference);
	g_autofree char *joined = g_strjoinv("\n", (GStrv)reference->reactions);

	ask->reactions = database_copy_text(joined);
	history_submit(history, HISTORY_WRITE, react, ask, refer_free, cusax_history_react_async,
		       callback, data);
}

gboolean cusax_history_react_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				    CusaxReferenceResult *ret, GError **error)
{
	return finish(result, cusax_history_react_async, ret, error);
}

void cusax_history_retract_async(CusaxHistory *history, const CusaxReference *reference,
				 GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, retract, refer_new(reference), refer_free,
		       cusax_history_retract_async, callback, data);
}

gboolean cusax_history_retract_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				      CusaxReferenceResult *ret, GError **error)
{
	return finish(result, cusax_history_retract_async, ret, error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing of messages: added once, placed, corrected, moved on in delivery, read. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/messages.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/store/files.h"
#include "daemon/store/history-private.h"
#include "daemon/store/messages-private.h"
#include "daemon/store/search.h"

#define MAX_TEXT (256 * 1024) /* no stanza carries more */

typedef struct {
	CusaxMessage *message; /* the question, then the answer */
	gboolean is_new;
} Add;

static void add_free(gpointer data)
{
	Add *ask = data;

	cusax_message_free(ask->message);
	g_free(ask);
}

/* The same message, met again on another way or after a reconnect. */
static gboolean find_twin(Database *db, const CusaxMessage *m, CusaxMessage **ret_twin,
			  GError **error)
{
	/* Hardly ever is there one: no more than its id is looked for. */
	static const char sql[] =
		"SELECT id FROM messages WHERE account = ?1 AND peer = ?2 AND server_id = ?3"
		" UNION ALL SELECT id FROM messages WHERE account = ?1 AND peer = ?2 AND"
		" origin_id = ?4 AND direction = ?5 AND sender IS ?6"
		" UNION ALL SELECT id FROM messages WHERE account = ?1 AND peer = ?2 AND"
		" stanza_id = ?7 AND direction = ?5 AND sender IS ?6 AND text = ?8 LIMIT 1";
	sqlite3_stmt *statement = database_query(
		db, error, sql, "ssssssss", m->account, m->peer, m->server_id, m->origin_id,
		cusax_word(CUSAX_TYPE_DIRECTION, m->direction), m->sender, m->stanza_id, m->text);
	int row = statement ? database_step(db, statement, error) : -1;
	g_autofree char *id = NULL;

	*ret_twin = NULL;
	if (row != 1)
		return row == 0;
	id = database_text(statement, 0);
	sqlite3_reset(statement);
	return message_find(db,
			    database_query(db, error, SELECT_MESSAGES " WHERE id = ?1", "s", id),
			    ret_twin, error);
}

gboolean message_twin(Database *db, CusaxMessage *m, CusaxMessage **ret_twin, GError **error)
{
	if (!find_twin(db, m, ret_twin, error))
		return FALSE;
	if (*ret_twin || !m->else_sender)
		return TRUE;
	/* Not known as ours: of whoever had the nick. */
	m->direction = CUSAX_DIRECTION_IN;
	m->delivery = CUSAX_DELIVERY_DELIVERED;
	g_free(m->sender);
	m->sender = g_steal_pointer(&m->else_sender);
	return find_twin(db, m, ret_twin, error);
}

MessageSender message_same_sender(const CusaxMessage *message, const char *sender,
				  const char *occupant)
{
	if (message->occupant && occupant)
		return g_str_equal(message->occupant, occupant) ? MESSAGE_SENDER_SAME
								: MESSAGE_SENDER_OTHER;
	return g_strcmp0(message->sender, sender) == 0 ? MESSAGE_SENDER_LIKE : MESSAGE_SENDER_OTHER;
}

/* XEP-0308 §5: only what its own sender corrects. A correction of a correction means the first. */
static gboolean resolve_correction(Database *db, CusaxMessage *m, GError **error)
{
	g_autofree char *wanted = g_steal_pointer(&m->replaces);
	g_autoptr(CusaxMessage) target = NULL;

	if (!wanted)
		return TRUE;
	if (!message_meant(db, m->account, m->peer, wanted, m->sender, &target, error))
		return FALSE;
	if (!target)
		return TRUE;
	if (target->direction != m->direction) {
		m->foreign_replace = TRUE;
		return TRUE;
	}
	switch (message_same_sender(target, m->sender, m->occupant)) {
	case MESSAGE_SENDER_OTHER:
		m->foreign_replace = TRUE;
		return TRUE;
	case MESSAGE_SENDER_LIKE:
		/* Under the same nick in a room there may be somebody else by now. */
		if (target->time < m->replaces_since)
			return TRUE;
		break;
	case MESSAGE_SENDER_SAME:
		break;
	}
	if (g_strcmp0(target->kind, m->kind) != 0)
		return TRUE;
	m->replaces = g_strdup(target->id);
	/* What was taken back does not return by another way. */
	m->retracted = target->retracted;
	if (m->retracted)
		*m->text = '\0';
	return TRUE;
}

/* XEP-0461: a reply to what is not there (yet) keeps the id on the wire. */
static gboolean resolve_reply(Database *db, CusaxMessage *m, GError **error)
{
	g_autoptr(CusaxMessage) target = NULL;

	if (!m->reply_to)
		return TRUE;
	if (!message_meant(db, m->account, m->peer, m->reply_to, NULL, &target, error))
		return FALSE;
	if (!target && m->direction == CUSAX_DIRECTION_OUT &&
	    m->delivery == CUSAX_DELIVERY_QUEUED) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "reply-to: there is no such message");
		return FALSE;
	}
	if (!m->reply_wire)
		m->reply_wire = g_steal_pointer(&m->reply_to);
	g_clear_pointer(&m->reply_to, g_free);
	if (target) {
		m->reply_to = g_strdup(target->id);
		/* The user named it by our id. */
		if (m->direction == CUSAX_DIRECTION_OUT && message_wire_id(target)) {
			g_free(m->reply_wire);
			m->reply_wire = g_strdup(message_wire_id(target));
		}
		m->reply_sender = g_strdup(target->sender);
		m->reply_quote = g_utf8_substring(target->text, 0,
						  MIN(g_utf8_strlen(target->text, -1), 300));
	}
	return TRUE;
}

/* The end of the chat: never before what is there, even where the clock was set back. What a server
 * kept for a while comes in the order in which it was said, but own messages may have been said since:
 * it goes by its time among those. Servers stamp whole seconds; such a one is meant to its end. */
static gboolean find_place(Database *db, const CusaxMessage *m, gint64 *ret_place, GError **error)
{
	sqlite3_stmt *statement;
	int row;

	*ret_place = m->time;
	if (m->delayed && m->time % G_USEC_PER_SEC == 0)
		*ret_place += G_USEC_PER_SEC - 1;
	statement =
		database_query(db, error,
			       "SELECT place FROM messages WHERE account = ?1 AND peer = ?2"
			       " AND (?3 IS NULL OR direction = ?3)"
			       " ORDER BY place DESC LIMIT 1",
			       "sss", m->account, m->peer,
			       m->delayed ? cusax_word(CUSAX_TYPE_DIRECTION, m->direction) : NULL);
	row = statement ? database_step(db, statement, error) : -1;
	if (row == 1) {
		*ret_place = MAX(*ret_place, sqlite3_column_int64(statement, 0));
		sqlite3_reset(statement);
	}
	return row >= 0;
}

/* A UUID that begins with the time (RFC 9562 §5.7): ids of messages that come one after the other lie
 * together in the index, where random ones would change a page each. */
static char *new_id(gint64 time)
{
	guint64 msec = (guint64)MAX(0, time) / 1000;

	return g_strdup_printf("%08x-%04x-7%03x-%04x-%04x%08x", (guint)(msec >> 16),
			       (guint)(msec & 0xffff), g_random_int() & 0xfff,
			       0x8000 | (g_random_int() & 0x3fff), g_random_int() & 0xffff,
			       g_random_int());
}

gboolean message_insert(Database *db, const CusaxMessage *m, gint64 place, GError **error)
{
	return database_run(db, error,
			    "INSERT INTO messages (" MESSAGE_COLUMNS ", place)"
			    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,NULL,0,?,?,?)",
			    "sssssssisssssssissiisii", m->id, m->account, m->peer, m->sender,
			    cusax_word(CUSAX_TYPE_DIRECTION, m->direction), m->kind, m->text,
			    m->time, cusax_word(CUSAX_TYPE_DELIVERY, m->delivery), m->stanza_id,
			    m->origin_id, m->server_id, m->replaces, m->encryption, m->error,
			    (gint64)m->unread, m->reply_to, m->reply_wire, (gint64)m->retracted,
			    (gint64)m->markable, m->occupant, (gint64)m->receipt, place);
}

static gboolean insert(Database *db, CusaxMessage *m, const gint64 *given, GError **error)
{
	gint64 place = given ? *given : 0;
	gboolean reads;

	if (!resolve_correction(db, m, error) || !resolve_reply(db, m, error) ||
	    (!given && !find_place(db, m, &place, error)))
		return FALSE;
	if (!m->id)
		m->id = new_id(g_get_real_time());
	m->unread = m->unread && m->direction == CUSAX_DIRECTION_IN && !m->replaces;
	if (!references_wait_for(db, m, error) || !reading_before(db, m, given, &reads, error) ||
	    !message_insert(db, m, place, error))
		return FALSE;
	search_add(db);
	return references_adopt(db, m, error) && (!reads || reading_after(db, m, place, error));
}

/* The copy that came from the archive tells its id there. */
static gboolean learn_server_id(Database *db, CusaxMessage *twin, const char *server_id,
				GError **error)
{
	if (twin->server_id || !server_id)
		return TRUE;
	twin->server_id = g_strdup(server_id);
	return database_run(db, error, "UPDATE messages SET server_id = ?2 WHERE id = ?1", "ss",
			    twin->id, server_id);
}

/* Reports come late, twice and in any order. What came back as an error is not made good by the
 * acknowledgement of the stanza (XEP-0198), which says no more than that the own server saw it; by the
 * server's copy of it (in_archive), or by an answer of the other side, it is. */
static gboolean moves_on(CusaxDelivery from, CusaxDelivery to, gboolean in_archive)
{
	switch (from) {
	case CUSAX_DELIVERY_QUEUED:
	case CUSAX_DELIVERY_SENT:
	case CUSAX_DELIVERY_SERVER:
	case CUSAX_DELIVERY_DELIVERED:
		return to > from &&
		       (to != CUSAX_DELIVERY_FAILED || from < CUSAX_DELIVERY_DELIVERED);
	case CUSAX_DELIVERY_DISPLAYED:
		return FALSE;
	case CUSAX_DELIVERY_FAILED:
		return to == CUSAX_DELIVERY_DELIVERED || to == CUSAX_DELIVERY_DISPLAYED ||
		       (to == CUSAX_DELIVERY_SERVER && in_archive);
	}
	g_return_val_if_reached(FALSE);
}

/* A copy on the server is more than the word that it was sent. */
static gboolean move_to_server(Database *db, CusaxMessage *twin, const CusaxMessage *copy,
			       gboolean *ret_moved, GError **error)
{
	*ret_moved = twin->direction == CUSAX_DIRECTION_OUT &&
		     copy->delivery == CUSAX_DELIVERY_SERVER &&
		     moves_on(twin->delivery, CUSAX_DELIVERY_SERVER, copy->server_id != NULL);
	if (!*ret_moved)
		return TRUE;
	twin->delivery = CUSAX_DELIVERY_SERVER;
	g_clear_pointer(&twin->error, g_free);
	return database_run(db, error,
			    "UPDATE messages SET delivery = ?2, error = NULL WHERE id = ?1", "ss",
			    twin->id, cusax_word(CUSAX_TYPE_DELIVERY, twin->delivery));
}

gboolean message_add(Database *db, CusaxMessage **message, const gint64 *place,
		     gboolean *ret_is_new, gboolean *ret_moved, GError **error)
{
	CusaxMessage *m = *message;
	g_autoptr(CusaxMessage) twin = NULL;
	gboolean deleted = FALSE;

	*ret_is_new = *ret_moved = FALSE;
	if (strlen(m->text) > MAX_TEXT) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "text: is too long");
		return FALSE;
	}
	if (!message_twin(db, m, &twin, error))
		return FALSE;
	/* What a room tells at the join, its archive has, too. */
	if (!twin && !message_was_deleted(db, m, place || message_is_of_room(m), &deleted, error))
		return FALSE;
	if (deleted) {
		m->deleted = TRUE;
		if (!m->id)
			m->id = g_uuid_string_random();
		return TRUE;
	}
	if (!twin) {
		*ret_is_new = TRUE;
		return insert(db, m, place, error) && files_add(db, m, error);
	}
	if (!learn_server_id(db, twin, m->server_id, error) ||
	    !move_to_server(db, twin, m, ret_moved, error))
		return FALSE;
	cusax_message_free(m);
	*message = g_steal_pointer(&twin);
	return TRUE;
}

static gboolean add(Database *db, gpointer request, GError **error)
{
	Add *ask = request;
	const CusaxMessage *m = ask->message;
	gboolean moved;

	if (m->stream && m->direction == CUSAX_DIRECTION_IN &&
	    !stream_set_handled(db, m->account, m->stream, m->stream_count, error))
		return FALSE;
	return message_add(db, &ask->message, NULL, &ask->is_new, &moved, error);
}

void cusax_history_add_message_async(CusaxHistory *history, const CusaxMessage *message,
				     GAsyncReadyCallback callback, gpointer data)
{
	Add *ask = g_new0(Add, 1);

	ask->message = cusax_message_copy(message);
	if (!ask->message->text)
		ask->message->text = g_strdup("");
	if (!ask->message->kind)
		ask->message->kind = g_strdup("chat");
	history_submit(history, HISTORY_WRITE, add, ask, add_free, cusax_history_add_message_async,
		       callback, data);
}

CusaxMessage *cusax_history_add_message_finish(G_GNUC_UNUSED CusaxHistory *history,
					       GAsyncResult *result, gboolean *ret_is_new,
					       GError **error)
{
	Add *ask = history_finish(result, cusax_history_add_message_async, error);

	if (!ask)
		return NULL;
	if (ret_is_new)
		*ret_is_new = ask->is_new;
	return g_steal_pointer(&ask->message);
}

CusaxMessage *cusax_history_add_message_take(GAsyncResult *result)
{
	Add *ask = g_task_get_task_data(G_TASK(result));

	return g_steal_pointer(&ask->message);
}

typedef struct {
	char *account;
	char *peer;
	char *id;
	CusaxDelivery delivery;
	char *server_id;
	char *error;
	char *stream; /* sent: in which session, as which stanza */
	guint32 stream_count;
	CusaxMessage *message;
	gboolean changed;
} Deliver;

static void deliver_free(gpointer data)
{
	Deliver *ask = data;

	g_free(ask->account);
	g_free(ask->peer);
	g_free(ask->id);
	g_free(ask->server_id);
	g_free(ask->error);
	g_free(ask->stream);
	cusax_message_free(ask->message);
	g_free(ask);
}

/* In which session the message goes out, or how much of that session the server has by now. */
static gboolean note_session(Database *db, Deliver *ask, GError **error)
{
	CusaxMessage *m = ask->message;

	if (ask->delivery == CUSAX_DELIVERY_SERVER && m->stream)
		return stream_set_accepted(db, m->account, m->stream, m->stream_count, error);
	if (ask->delivery != CUSAX_DELIVERY_SENT)
		return TRUE;
	g_free(m->stream);
	m->stream = g_strdup(ask->stream);
	m->stream_count = ask->stream_count;
	return database_run(db, error,
			    "UPDATE messages SET stream = ?2, stream_count = ?3 WHERE id = ?1",
			    "ssi", m->id, m->stream, (gint64)m->stream_count);
}

static gboolean deliver(Database *db, gpointer request, GError **error)
{
	static const char sql[] = SELECT_MESSAGES
		" WHERE id = ?3 AND account = ?1 AND peer = ?2 AND direction = 'out'"
		" UNION ALL " SELECT_MESSAGES " WHERE account = ?1 AND peer = ?2 AND"
		" stanza_id = ?3 AND direction = 'out'"
		" UNION ALL " SELECT_MESSAGES " WHERE account = ?1 AND peer = ?2 AND"
		" origin_id = ?3 AND direction = 'out' LIMIT 1";
	Deliver *ask = request;
	CusaxMessage *m;

	if (!message_find(db,
			  database_query(db, error, sql, "sss", ask->account, ask->peer, ask->id),
			  &ask->message, error))
		return FALSE;
	m = ask->message;
	if (!m) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "the chat has no such own message");
		return FALSE;
	}
	if (!note_session(db, ask, error))
		return FALSE;
	ask->changed = moves_on(m->delivery, ask->delivery, ask->server_id != NULL);
	if (!ask->changed)
		return learn_server_id(db, m, ask->server_id, error);
	m->delivery = ask->delivery;
	g_free(m->error);
	m->error = g_steal_pointer(&ask->error);
	return learn_server_id(db, m, ask->server_id, error) &&
	       database_run(db, error,
			    "UPDATE messages SET delivery = ?2, error = ?3 WHERE id = ?1", "sss",
			    m->id, cusax_word(CUSAX_TYPE_DELIVERY, m->delivery), m->error) &&
	       (m->delivery != CUSAX_DELIVERY_FAILED || references_undo(db, &ask->message, error));
}

static Deliver *deliver_new(const char *account, const char *peer, const char *id,
			    CusaxDelivery delivery)
{
	Deliver *ask = g_new0(Deliver, 1);

	ask->account = g_strdup(account);
	ask->peer = g_strdup(peer);
	ask->id = g_strdup(id);
	ask->delivery = delivery;
	return ask;
}

void cusax_history_set_delivery_async(CusaxHistory *history, const char *account, const char *peer,
				      const char *id, CusaxDelivery delivery, const char *server_id,
				      const char *error_text, GAsyncReadyCallback callback,
				      gpointer data)
{
	Deliver *ask = deliver_new(account, peer, id, delivery);

	ask->server_id = g_strdup(server_id);
	ask->error = g_strdup(error_text);
	history_submit(history, HISTORY_WRITE, deliver, ask, deliver_free,
		       cusax_history_set_delivery_async, callback, data);
}

void cusax_history_set_sent_async(CusaxHistory *history, const char *account, const char *peer,
				  const char *id, const char *stream, guint32 count,
				  GAsyncReadyCallback callback, gpointer data)
{
	Deliver *ask = deliver_new(account, peer, id, CUSAX_DELIVERY_SENT);

	ask->stream = g_strdup(stream);
	ask->stream_count = count;
	history_submit(history, HISTORY_WRITE, deliver, ask, deliver_free,
		       cusax_history_set_delivery_async, callback, data);
}

CusaxMessage *cusax_history_set_delivery_finish(G_GNUC_UNUSED CusaxHistory *history,
						GAsyncResult *result, gboolean *ret_changed,
						GError **error)
{
	Deliver *ask = history_finish(result, cusax_history_set_delivery_async, error);

	if (!ask)
		return NULL;
	if (ret_changed)
		*ret_changed = ask->changed;
	return g_steal_pointer(&ask->message);
}

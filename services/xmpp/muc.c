/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms: the table of those the session is in; joining, leaving, nicks, self-ping. */
/* Main thread. */
#include "services/xmpp/muc.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/disco.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

#define HISTORY_STANZAS "50" /* what a room sends of what was said before we came */

/* --- the table ------------------------------------------------------------------------------- */

void cusax_xmpp_room_free(CusaxXmppRoom *room)
{
	cusax_xmpp_timer_clear(&room->deadline);
	g_hash_table_unref(room->nicks);
	g_free(room->address);
	g_free(room->occupant);
	g_free(room->nick);
	g_free(room);
}

CusaxXmppRoom *cusax_xmpp_muc_find(CusaxXmppSession *session, const char *jid)
{
	g_autofree char *bare = cusax_jid_bare(jid);

	return g_hash_table_lookup(session->rooms, bare);
}

CusaxEvent *cusax_xmpp_muc_event(CusaxXmppSession *session, CusaxEventKind kind,
				 const char *address)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, kind);

	event->room.address = g_strdup(address);
	return event;
}

static void answer(CusaxXmppSession *session, guint64 *op, const GError *error)
{
	cusax_xmpp_session_done(session, *op, error);
	*op = 0;
}

void cusax_xmpp_muc_remove(CusaxXmppRoom *room, CusaxRoomEnd end, const char *text,
			   const GError *error)
{
	CusaxXmppSession *session = room->session;
	g_autoptr(GError) out = error ? g_error_copy(error)
				      : g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
							    "the room was left meanwhile");
	CusaxEvent *event;

	if (room->joined) {
		event = cusax_xmpp_muc_event(session, CUSAX_EVENT_ROOM_LEFT, room->address);
		event->room.end = end;
		event->room.text = g_strdup(text);
		cusax_xmpp_session_push(session, event);
	}
	answer(session, &room->join_op, out);
	answer(session, &room->nick_op, out);
	answer(session, &room->leave_op, NULL);
	g_hash_table_remove(session->rooms, room->address);
}

void cusax_xmpp_muc_reset(CusaxXmppSession *session)
{
	g_autoptr(GError) gone = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
						     "the connection was lost");
	g_autoptr(GList) rooms = g_hash_table_get_values(session->rooms);

	for (GList *l = rooms; l; l = l->next) {
		CusaxXmppRoom *room = l->data;

		room->joined = FALSE;
		cusax_xmpp_muc_remove(room, CUSAX_ROOM_END_NONE, NULL, gone);
	}
}

/* --- joining --------------------------------------------------------------------------------- */

static gboolean on_deadline(gpointer data)
{
	CusaxXmppRoom *room = data;
	g_autoptr(GError) error =
		g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT, "the room does not answer");

	cusax_xmpp_timer_clear(&room->deadline);
	cusax_xmpp_muc_remove(room, CUSAX_ROOM_END_NONE, NULL, error);
	return G_SOURCE_REMOVE;
}

static void arm(CusaxXmppRoom *room, guint msec)
{
	cusax_xmpp_timer_clear(&room->deadline);
	room->deadline = cusax_xmpp_timer_new(msec, on_deadline, room);
}

/* "room@service/nick", prepared; NULL, with the operation answered, where that is no address. */
static char *prepare(CusaxXmppSession *session, guint64 op, const char *address, const char *nick)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(address, &error), *full = NULL, *bare = NULL;

	if (jid && !strchr(jid, '@')) {
		cusax_xmpp_session_fail(session, op, CUSAX_ERROR_INVALID_ARGUMENT,
					"address: a room has a name before its service");
		return NULL;
	}
	bare = jid ? cusax_jid_bare(jid) : NULL;
	if (bare && nick) {
		g_autofree char *joined = g_strconcat(bare, "/", nick, NULL);

		full = *nick ? cusax_jid_prepare(joined, NULL) : NULL;
		if (!full || !*cusax_jid_resource(full))
			g_set_error_literal(&error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					    "nick: cannot be a nick in a room");
	}
	if (error) {
		cusax_xmpp_session_done(session, op, error);
		return NULL;
	}
	return nick ? g_steal_pointer(&full) : g_steal_pointer(&bare);
}

/* Asked for by time, or the newest few (XEP-0045 §7.2.14). */
static void add_history(CusaxNode *x, gint64 since)
{
	CusaxNode *history = cusax_node_add(x, "history", CUSAX_NS_MUC);
	g_autoptr(GDateTime) time = NULL;
	g_autofree char *text = NULL;

	cusax_node_set(history, "maxstanzas", HISTORY_STANZAS);
	if (since <= 0)
		return;
	time = g_date_time_new_from_unix_utc(since / G_USEC_PER_SEC);
	text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
	cusax_node_set(history, "since", text);
}

static void send_presence(CusaxXmppSession *session, const char *to,
			  const CusaxRoomRequest *request)
{
	CusaxNode *presence = cusax_node_new("presence", CUSAX_NS_CLIENT), *x;

	cusax_node_set(presence, "to", to);
	if (request) {
		x = cusax_node_add(presence, "x", CUSAX_NS_MUC);
		add_history(x, request->since);
		cusax_node_add_text(x, "password", CUSAX_NS_MUC, request->password);
	}
	cusax_xmpp_disco_add_caps(session, presence);
	cusax_xmpp_session_send(session, presence);
}

static gboolean may_join(CusaxXmppSession *session, guint64 op)
{
	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING)) {
		cusax_xmpp_session_fail(session, op, CUSAX_ERROR_FEATURE_DISABLED,
					"messaging is switched off for this account");
		return FALSE;
	}
	if (g_hash_table_size(session->rooms) >= CUSAX_XMPP_MAX_ROOMS) {
		cusax_xmpp_session_fail(session, op, CUSAX_ERROR_LIMIT_EXCEEDED,
					"the account is in too many rooms already");
		return FALSE;
	}
	return TRUE;
}

void cusax_xmpp_muc_join(CusaxXmppSession *session, const CusaxOperation *operation)
{
	const CusaxRoomRequest *request = &operation->room;
	g_autofree char *full = NULL;
	CusaxXmppRoom *room;

	full = prepare(session, operation->id, request->address,
		       request->nick ? request->nick : "");
	if (!full)
		return;
	/* Whoever joins anew gives up what was there: the answers would not tell which is which. */
	room = cusax_xmpp_muc_find(session, full);
	if (room) {
		room->joined = FALSE;
		cusax_xmpp_muc_remove(room, CUSAX_ROOM_END_NONE, NULL, NULL);
	}
	if (!may_join(session, operation->id))
		return;
	room = g_new0(CusaxXmppRoom, 1);
	room->session = session;
	room->address = cusax_jid_bare(full);
	room->nick = g_strdup(cusax_jid_resource(full));
	room->join_op = operation->id;
	room->configures = request->flag;
	room->nicks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_insert(session->rooms, room->address, room);
	arm(room, session->times->answer);
	send_presence(session, full, request);
}

/* --- leaving, nicks -------------------------------------------------------------------------- */

/* The room of an operation that needs to be in it. */
static CusaxXmppRoom *room_of(CusaxXmppSession *session, const CusaxOperation *operation)
{
	g_autofree char *bare = prepare(session, operation->id, operation->room.address, NULL);
	CusaxXmppRoom *room = bare ? cusax_xmpp_muc_find(session, bare) : NULL;

	if (bare && (!room || !room->joined)) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_WRONG_STATE,
					"the account is not in the room");
		return NULL;
	}
	return room;
}

void cusax_xmpp_muc_leave(CusaxXmppSession *session, const CusaxOperation *operation)
{
	g_autofree char *bare = prepare(session, operation->id, operation->room.address, NULL);
	CusaxXmppRoom *room = bare ? cusax_xmpp_muc_find(session, bare) : NULL;
	g_autofree char *full = NULL;
	CusaxNode *presence;

	if (!bare)
		return;
	if (!room || room->leave_op) {
		cusax_xmpp_session_done(session, operation->id, NULL);
		return;
	}
	full = g_strconcat(room->address, "/", room->nick, NULL);
	presence = cusax_node_new("presence", CUSAX_NS_CLIENT);
	cusax_node_set(presence, "to", full);
	cusax_node_set(presence, "type", "unavailable");
	cusax_node_add_text(presence, "status", CUSAX_NS_CLIENT, operation->room.text);
	cusax_xmpp_session_send(session, presence);
	room->leave_op = operation->id;
	/* We are out whatever the room says, but its last words are awaited for a while. */
	arm(room, session->times->close);
}

void cusax_xmpp_muc_change_nick(CusaxXmppSession *session, const CusaxOperation *operation)
{
	CusaxXmppRoom *room = room_of(session, operation);
	g_autofree char *full = NULL;

	if (!room)
		return;
	if (room->nick_op) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_BUSY,
					"another change of the nick is under way");
		return;
	}
	full = prepare(session, operation->id, room->address,
		       operation->room.nick ? operation->room.nick : "");
	if (!full)
		return;
	if (strcmp(cusax_jid_resource(full), room->nick) == 0) {
		cusax_xmpp_session_done(session, operation->id, NULL);
		return;
	}
	room->nick_op = operation->id;
	send_presence(session, full, NULL);
}

/* --- self-ping (XEP-0410) -------------------------------------------------------------------- */

/* §2.2: not-acceptable, and only that, says for sure that the room does not know us. */
static void on_pong(CusaxXmppSession *session, CusaxNode *node, const GError *error, gpointer data)
{
	g_autoptr(GError) out = NULL;

	if (error && node &&
	    (cusax_xmpp_stanza_has_condition(node, "not-acceptable") ||
	     cusax_xmpp_stanza_has_condition(node, "not-allowed") ||
	     cusax_xmpp_stanza_has_condition(node, "bad-request")))
		out = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					  "the account is not in the room any more");
	else if (error &&
		 (!node || cusax_xmpp_stanza_has_condition(node, "remote-server-timeout") ||
		  cusax_xmpp_stanza_has_condition(node, "remote-server-not-found")))
		out = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
					  "the room does not answer");
	cusax_xmpp_session_done(session, *(guint64 *)data, out);
}

void cusax_xmpp_muc_ping(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_pong };
	CusaxXmppRoom *room = room_of(session, operation);
	g_autofree char *full = NULL;

	if (!room)
		return;
	full = g_strconcat(room->address, "/", room->nick, NULL);
	cusax_xmpp_iq_send(session, cusax_xmpp_iq_new("get", full, "ping", CUSAX_NS_PING, NULL),
			   &kind, g_memdup2(&operation->id, sizeof operation->id), g_free);
}

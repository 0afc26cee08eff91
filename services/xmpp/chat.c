/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Incoming messages: what they carry, from whom it may come. */
/* Main thread. */
#include "services/xmpp/chat.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/chat-reference.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/file.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/muc.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/read-sync.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

#define MAX_ID 1024 /* bytes of an id that is passed on */

/* --- parts ----------------------------------------------------------------------------------- */

char *cusax_xmpp_chat_take_id(const char *id)
{
	return id && *id && strlen(id) <= MAX_ID ? cusax_text_clean(id, -1) : NULL;
}

char *cusax_xmpp_chat_child_id(CusaxNode *node, const char *name, const char *ns)
{
	CusaxNode *child = cusax_node_child(node, name, ns);

	return child ? cusax_xmpp_chat_take_id(cusax_node_attr(child, "id")) : NULL;
}

/* XEP-0359 §4: only the word of the own server, or of the room, counts; each takes away what others
 * claim in its name. */
static char *server_id(const char *by_whom, CusaxNode *node)
{
	for (CusaxNode *n = cusax_node_first(node); n; n = cusax_node_next(n)) {
		const char *by;
		g_autofree char *prepared = NULL;

		if (!cusax_node_is(n, "stanza-id", CUSAX_NS_SID))
			continue;
		by = cusax_node_attr(n, "by");
		prepared = by ? cusax_jid_prepare(by, NULL) : NULL;
		if (g_strcmp0(prepared, by_whom) == 0)
			return cusax_xmpp_chat_take_id(cusax_node_attr(n, "id"));
	}
	return NULL;
}

/* 0: none, or not a time in the past. */
static gint64 delay_of(CusaxNode *parent)
{
	CusaxNode *delay = parent ? cusax_node_child(parent, "delay", CUSAX_NS_DELAY) : NULL;
	const char *stamp = delay ? cusax_node_attr(delay, "stamp") : NULL;
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = stamp ? g_date_time_new_from_iso8601(stamp, utc) : NULL;
	gint64 usec;

	if (!time)
		return 0;
	usec = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
	return usec > 0 && usec <= g_get_real_time() ? usec : 0;
}

gint64 cusax_xmpp_chat_time(const CusaxXmppIncoming *in, gboolean *ret_delayed)
{
	gint64 delay = delay_of(in->node);

	if (ret_delayed)
		*ret_delayed = delay > 0;
	if (delay == 0)
		delay = delay_of(in->forwarded);
	return delay > 0 ? delay : g_get_real_time();
}

static gboolean is_undecryptable(CusaxNode *node)
{
	return cusax_node_child(node, "encryption", CUSAX_NS_EME) ||
	       cusax_node_child(node, "encrypted", CUSAX_NS_OMEMO) ||
	       cusax_node_child(node, "encrypted", CUSAX_NS_OMEMO_2) ||
	       cusax_node_child(node, "openpgp", CUSAX_NS_OPENPGP) ||
	       cusax_node_child(node, "x", CUSAX_NS_PGP);
}

/* --- reports --------------------------------------------------------------------------------- */

static void report_message(CusaxXmppSession *session, const CusaxXmppIncoming *in)
{
	CusaxNode *node = in->node;
	g_autofree char *body = cusax_node_child_text(node, "body", CUSAX_NS_CLIENT);
	gboolean undecryptable = is_undecryptable(node);
	CusaxEvent *event;

	if (!undecryptable && (!body || !*body))
		return;
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_MESSAGE);
	event->message.direction = in->direction;
	event->message.kind = in->kind;
	event->message.address = cusax_xmpp_chat_address(in->peer, in->kind);
	if ((in->direction == CUSAX_DIRECTION_IN || in->kind == CUSAX_MESSAGE_ROOM) &&
	    *cusax_jid_resource(in->peer))
		event->message.resource = g_strdup(cusax_jid_resource(in->peer));
	event->message.id = cusax_xmpp_chat_take_id(cusax_node_attr(node, "id"));
	event->message.origin_id = cusax_xmpp_chat_child_id(node, "origin-id", CUSAX_NS_SID);
	event->message.server_id = server_id(
		in->kind == CUSAX_MESSAGE_ROOM ? event->message.address : session->jid, node);
	event->message.replaces = cusax_xmpp_chat_child_id(node, "replace", CUSAX_NS_CORRECT);
	event->message.reply_to = cusax_xmpp_chat_child_id(node, "reply", CUSAX_NS_REPLY);
	event->message.text = body ? cusax_xmpp_reference_strip(node, body) : g_strdup("");
	event->message.time = cusax_xmpp_chat_time(in, &event->message.delayed);
	event->message.wants_receipt = !in->is_carbon && in->kind == CUSAX_MESSAGE_CHAT &&
				       event->message.id &&
				       cusax_node_child(node, "request", CUSAX_NS_RECEIPTS);
	event->message.markable =
		event->message.id && cusax_node_child(node, "markable", CUSAX_NS_MARKERS);
	event->message.undecryptable = undecryptable;
	event->message.claimed = in->claimed;
	if (in->kind == CUSAX_MESSAGE_ROOM)
		event->message.occupant =
			cusax_xmpp_muc_occupant_of(cusax_xmpp_muc_find(session, in->peer), node);
	event->message.counted = session->sm.active;
	event->message.count = session->sm.h_in;
	event->message.file = cusax_xmpp_file_read(node);
	cusax_xmpp_session_push(session, event);
}

char *cusax_xmpp_chat_address(const char *jid, CusaxMessageKind kind)
{
	return kind == CUSAX_MESSAGE_PRIVATE ? g_strdup(jid) : cusax_jid_bare(jid);
}

CusaxMessageKind cusax_xmpp_chat_kind(CusaxXmppSession *session, const char *jid)
{
	if (!cusax_xmpp_muc_find(session, jid))
		return CUSAX_MESSAGE_CHAT;
	return *cusax_jid_resource(jid) ? CUSAX_MESSAGE_PRIVATE : CUSAX_MESSAGE_ROOM;
}

void cusax_xmpp_chat_report_state(CusaxXmppSession *session, const char *address, const char *id,
				  CusaxDelivery delivery, const GError *error)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_MESSAGE_STATE);

	event->message_state.address =
		cusax_xmpp_chat_address(address, cusax_xmpp_chat_kind(session, address));
	event->message_state.id = g_strdup(id);
	event->message_state.delivery = delivery;
	if (error) {
		event->message_state.code = cusax_error_code(error);
		event->message_state.text = g_strdup(error->message);
	}
	cusax_xmpp_session_push(session, event);
}

/* What the other side says of a message of ours. */
static void report_delivery(CusaxXmppSession *session, const CusaxXmppIncoming *in)
{
	static const struct {
		const char *name, *ns;
		CusaxDelivery delivery;
	} marks[] = {
		{ "received", CUSAX_NS_RECEIPTS, CUSAX_DELIVERY_DELIVERED },
		{ "received", CUSAX_NS_MARKERS, CUSAX_DELIVERY_DELIVERED },
		{ "displayed", CUSAX_NS_MARKERS, CUSAX_DELIVERY_DISPLAYED },
		{ "acknowledged", CUSAX_NS_MARKERS, CUSAX_DELIVERY_DISPLAYED },
	};

	for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
		g_autofree char *id =
			cusax_xmpp_chat_child_id(in->node, marks[i].name, marks[i].ns);

		if (id)
			cusax_xmpp_chat_report_state(session, in->peer, id, marks[i].delivery,
						     NULL);
	}
}

/* Another device of ours told the other side that something was read there. */
static void report_read(CusaxXmppSession *session, const CusaxXmppIncoming *in)
{
	g_autofree char *id = cusax_xmpp_chat_child_id(in->node, "displayed", CUSAX_NS_MARKERS);

	if (id)
		cusax_xmpp_read_sync_report(session, in->peer, id);
}

/* XEP-0085; of a live message alone: what somebody did an hour ago is no state. */
static void report_chat_state(CusaxXmppSession *session, const CusaxXmppIncoming *in)
{
	for (CusaxNode *n = cusax_node_first(in->node); n; n = cusax_node_next(n)) {
		CusaxEvent *event;
		int state;

		if (g_strcmp0(cusax_node_ns(n), CUSAX_NS_CHAT_STATES) != 0 ||
		    !cusax_word_parse(CUSAX_TYPE_CHAT_STATE, cusax_node_name(n), &state) ||
		    state == CUSAX_CHAT_STATE_NONE)
			continue;
		event = cusax_xmpp_session_event(session, CUSAX_EVENT_CHAT_STATE);
		event->chat_state.address = cusax_jid_bare(in->peer);
		event->chat_state.state = (CusaxChatState)state;
		cusax_xmpp_session_push(session, event);
		return;
	}
}

/* Ours is what the room says we are, else what is said under our nick: now it is ours alone. */
static CusaxDirection direction_in(const CusaxXmppRoom *room, CusaxXmppIncoming *in, gboolean kept)
{
	g_autofree char *occupant = cusax_xmpp_muc_occupant_of(room, in->node);

	if (occupant && room->occupant)
		return strcmp(occupant, room->occupant) == 0 ? CUSAX_DIRECTION_OUT
							     : CUSAX_DIRECTION_IN;
	if (!room || strcmp(cusax_jid_resource(in->peer), room->nick) != 0)
		return CUSAX_DIRECTION_IN;
	in->claimed = kept;
	return CUSAX_DIRECTION_OUT;
}

/* In a room everybody has a nick: what is said without one is the room's, for no person's eyes. */
static void handle_room(CusaxXmppSession *session, CusaxXmppIncoming *in)
{
	CusaxXmppRoom *room = cusax_xmpp_muc_find(session, in->peer);
	gboolean kept = in->forwarded || delay_of(in->node) > 0;
	g_autofree char *id = NULL;

	if (!*cusax_jid_resource(in->peer))
		return;
	in->kind = CUSAX_MESSAGE_ROOM;
	in->direction = direction_in(room, in, kept);
	if (!cusax_xmpp_reference_handle(session, in)) {
		report_message(session, in);
		return;
	}
	/* Of a message the core knows by its reflection; a reaction is no message of its own. */
	id = cusax_xmpp_chat_take_id(cusax_node_attr(in->node, "id"));
	if (id && in->direction == CUSAX_DIRECTION_OUT && !kept)
		cusax_xmpp_chat_report_state(session, room->address, id, CUSAX_DELIVERY_SERVER,
					     NULL);
}

static gboolean is_chat_type(const char *type)
{
	return !*type || strcmp(type, "chat") == 0 || strcmp(type, "normal") == 0;
}

static void handle_incoming(CusaxXmppSession *session, CusaxXmppIncoming *in)
{
	CusaxXmppRoom *room = cusax_xmpp_muc_find(session, in->peer);

	if (strcmp(in->type, "groupchat") == 0 && room && room->joined && !in->is_carbon) {
		handle_room(session, in);
		return;
	}
	if (!is_chat_type(in->type)) {
		/* Of a room that we are not in; headlines are not chat. */
		if (strcmp(in->type, "groupchat") == 0)
			cusax_xmpp_session_refuse(session, "room-message");
		return;
	}
	/* An occupant of a room speaks under the room's address: never shown as a person. */
	if (room && *cusax_jid_resource(in->peer))
		in->kind = CUSAX_MESSAGE_PRIVATE;
	else if (room || cusax_node_child(in->node, "x", CUSAX_NS_MUC_USER)) {
		cusax_xmpp_session_refuse(session, "room-message");
		return;
	}
	if (in->direction == CUSAX_DIRECTION_OUT) {
		report_read(session, in);
	} else {
		report_delivery(session, in);
		if (delay_of(in->node) == 0 && in->kind == CUSAX_MESSAGE_CHAT)
			report_chat_state(session, in);
	}
	/* Without its reference a fall-back would be a message of its own. */
	if (!cusax_xmpp_reference_handle(session, in))
		report_message(session, in);
}

/* --- entry: from the wire -------------------------------------------------------------------- */

static void reply_unavailable(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	CusaxNode *reply = cusax_node_new("message", CUSAX_NS_CLIENT);
	CusaxNode *error = cusax_node_add(reply, "error", CUSAX_NS_CLIENT);

	cusax_node_set(reply, "type", "error");
	cusax_node_set(reply, "to", cusax_node_attr(stanza->node, "from"));
	cusax_node_set(reply, "id", stanza->id);
	cusax_node_set(error, "type", "cancel");
	cusax_node_add(error, "service-unavailable", CUSAX_NS_ERRORS);
	cusax_xmpp_session_send(session, reply);
}

void cusax_xmpp_chat_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	g_autoptr(GError) error = NULL;
	CusaxXmppIncoming in = { .node = stanza->node, .type = stanza->type, .peer = stanza->from };

	in.direction = CUSAX_DIRECTION_IN;
	if (strcmp(stanza->type, "error") == 0) {
		if (stanza->id && strlen(stanza->id) <= MAX_ID) {
			error = cusax_xmpp_stanza_error(stanza->node);
			cusax_xmpp_chat_report_state(session, stanza->from, stanza->id,
						     CUSAX_DELIVERY_FAILED, error);
		}
		return;
	}
	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING)) {
		/* Something was said; that somebody types or has read is nothing to be answered. */
		if (is_chat_type(stanza->type) &&
		    (cusax_node_child(stanza->node, "body", CUSAX_NS_CLIENT) ||
		     is_undecryptable(stanza->node)))
			reply_unavailable(session, stanza);
		return;
	}
	if (!cusax_xmpp_muc_handle_message(session, stanza))
		handle_incoming(session, &in);
}

/* The inner message must be of this account: from it in <sent/>, to it in <received/>. */
static gboolean describe_carbon(CusaxXmppSession *session, CusaxNode *message, gboolean sent,
				CusaxXmppIncoming *in, char **ret_peer)
{
	const char *own = cusax_node_attr(message, sent ? "from" : "to");
	const char *peer = cusax_node_attr(message, sent ? "to" : "from");
	g_autofree char *prepared = own ? cusax_jid_prepare(own, NULL) : NULL;

	*ret_peer = peer ? cusax_jid_prepare(peer, NULL) : NULL;
	if (!*ret_peer || !cusax_jid_equal_bare(prepared, session->jid))
		return FALSE;
	in->node = message;
	in->type = cusax_node_attr(message, "type");
	if (!in->type)
		in->type = "";
	in->peer = *ret_peer;
	in->direction = sent ? CUSAX_DIRECTION_OUT : CUSAX_DIRECTION_IN;
	in->is_carbon = TRUE;
	return TRUE;
}

void cusax_xmpp_chat_handle_carbon(CusaxXmppSession *session,
				   G_GNUC_UNUSED const CusaxXmppStanza *stanza, CusaxNode *carbon)
{
	CusaxNode *forwarded = cusax_node_child(carbon, "forwarded", CUSAX_NS_FORWARD);
	CusaxNode *message =
		forwarded ? cusax_node_child(forwarded, "message", CUSAX_NS_CLIENT) : NULL;
	gboolean sent = strcmp(cusax_node_name(carbon), "sent") == 0;
	g_autofree char *peer = NULL;
	CusaxXmppIncoming in = { 0 };

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING))
		return;
	if (!message || !describe_carbon(session, message, sent, &in, &peer)) {
		cusax_xmpp_session_refuse(session, "carbon");
		return;
	}
	in.forwarded = forwarded;
	handle_incoming(session, &in);
}

/* A room keeps what was said in it, and nothing else (XEP-0313 §5). */
static gboolean handle_archived_in(CusaxXmppSession *session, const char *room, const char *from,
				   CusaxXmppIncoming *in)
{
	const char *type = cusax_node_attr(in->node, "type");

	if (!cusax_jid_equal_bare(from, room) || g_strcmp0(type, "groupchat") != 0)
		return FALSE;
	in->type = type;
	in->peer = from;
	handle_room(session, in);
	return TRUE;
}

gboolean cusax_xmpp_chat_handle_archived(CusaxXmppSession *session, const char *room,
					 CusaxNode *message, CusaxNode *forwarded)
{
	const char *from = cusax_node_attr(message, "from");
	g_autofree char *prepared = from ? cusax_jid_prepare(from, NULL) : NULL;
	g_autofree char *peer = NULL;
	CusaxXmppIncoming in = { .node = message, .forwarded = forwarded };

	if (room)
		return handle_archived_in(session, room, prepared, &in);
	if (!describe_carbon(session, message, cusax_jid_equal_bare(prepared, session->jid), &in,
			     &peer))
		return FALSE;
	in.forwarded = forwarded;
	/* Rooms have archives of their own; some servers keep what they said here too. */
	if (is_chat_type(in.type) && !cusax_node_child(message, "x", CUSAX_NS_MUC_USER))
		handle_incoming(session, &in);
	return TRUE;
}

static void on_carbons(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
		       const GError *error, G_GNUC_UNUSED gpointer data)
{
	if (error)
		cusax_info(session->account, "no copies of messages of other devices: %s",
			   error->message);
}

void cusax_xmpp_chat_enable_carbons(CusaxXmppSession *session)
{
	static const CusaxXmppIqKind kind = { .done = on_carbons };

	cusax_xmpp_iq_send(session,
			   cusax_xmpp_iq_new("set", NULL, "enable", CUSAX_NS_CARBONS, NULL), &kind,
			   NULL, NULL);
}

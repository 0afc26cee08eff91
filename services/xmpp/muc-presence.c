/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence of rooms: who comes, goes, changes; what becomes of the own place (XEP-0045 §7). */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/chat.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/muc.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/presence.h"

/* Status codes (XEP-0045 §15.6.2); as bits, so that a presence is read once. */
typedef enum {
	STATUS_SELF = 1 << 0,        /* 110 */
	STATUS_CREATED = 1 << 1,     /* 201 */
	STATUS_BANNED = 1 << 2,      /* 301 */
	STATUS_NEW_NICK = 1 << 3,    /* 303 */
	STATUS_KICKED = 1 << 4,      /* 307 */
	STATUS_AFFILIATION = 1 << 5, /* 321 */
	STATUS_MEMBERS = 1 << 6,     /* 322 */
	STATUS_SHUTDOWN = 1 << 7,    /* 332 */
	STATUS_FAULT = 1 << 8,       /* 333 */
} Status;

static const struct {
	const char *code;
	Status status;
} codes[] = {
	{ "110", STATUS_SELF },     { "201", STATUS_CREATED },  { "301", STATUS_BANNED },
	{ "303", STATUS_NEW_NICK }, { "307", STATUS_KICKED },   { "321", STATUS_AFFILIATION },
	{ "322", STATUS_MEMBERS },  { "332", STATUS_SHUTDOWN }, { "333", STATUS_FAULT },
};

static guint read_codes(CusaxNode *x)
{
	guint found = 0;

	for (CusaxNode *n = cusax_node_first(x); n; n = cusax_node_next(n)) {
		if (!cusax_node_is(n, "status", CUSAX_NS_MUC_USER))
			continue;
		for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
			if (g_strcmp0(cusax_node_attr(n, "code"), codes[i].code) == 0)
				found |= codes[i].status;
		}
	}
	return found;
}

static CusaxRoomEnd end_of(guint status, gboolean destroyed)
{
	if (destroyed)
		return CUSAX_ROOM_END_DESTROYED;
	if (status & STATUS_BANNED)
		return CUSAX_ROOM_END_BANNED;
	if (status & STATUS_SHUTDOWN)
		return CUSAX_ROOM_END_SHUTDOWN;
	/* Services add 307 to it; it is no act of a moderator. */
	if (status & STATUS_FAULT)
		return CUSAX_ROOM_END_FAULT;
	if (status & (STATUS_AFFILIATION | STATUS_MEMBERS))
		return CUSAX_ROOM_END_MEMBERS_ONLY;
	if (status & STATUS_KICKED)
		return CUSAX_ROOM_END_KICKED;
	return CUSAX_ROOM_END_LEFT;
}

/* --- what a presence says -------------------------------------------------------------------- */

/* A word of a closed list; anything else is not told. */
static char *word_of(CusaxNode *item, const char *attribute, const char *const *words)
{
	const char *word = item ? cusax_node_attr(item, attribute) : NULL;

	return word && g_strv_contains(words, word) ? g_strdup(word) : NULL;
}

static char *person_of(CusaxNode *item)
{
	const char *jid = item ? cusax_node_attr(item, "jid") : NULL;
	g_autofree char *prepared = jid ? cusax_jid_prepare(jid, NULL) : NULL;

	return prepared ? cusax_jid_bare(prepared) : NULL;
}

static void read_item(CusaxRoomFacts *facts, CusaxNode *item)
{
	static const char *const roles[] = { "none", "visitor", "participant", "moderator", NULL };
	static const char *const affiliations[] = { "none",  "outcast", "member",
						    "admin", "owner",   NULL };

	facts->role = word_of(item, "role", roles);
	facts->affiliation = word_of(item, "affiliation", affiliations);
	facts->person = person_of(item);
}

static CusaxEvent *occupant_event(CusaxXmppRoom *room, const CusaxXmppStanza *stanza, CusaxNode *x,
				  gboolean self)
{
	CusaxEvent *event =
		cusax_xmpp_muc_event(room->session, CUSAX_EVENT_ROOM_OCCUPANT, room->address);

	event->room.nick = g_strdup(cusax_jid_resource(stanza->from));
	event->room.self = self;
	read_item(&event->room, cusax_node_child(x, "item", CUSAX_NS_MUC_USER));
	return event;
}

/* --- our own place --------------------------------------------------------------------------- */

static void fail_join(CusaxXmppRoom *room, const CusaxXmppStanza *stanza)
{
	static const struct {
		const char *condition;
		CusaxError code;
		const char *text;
	} reasons[] = {
		{ "not-authorized", CUSAX_ERROR_AUTHENTICATION_FAILED,
		  "the room wants a password, and this is not it" },
		{ "registration-required", CUSAX_ERROR_REFUSED, "only members may enter the room" },
		{ "forbidden", CUSAX_ERROR_REFUSED, "you are banned from the room" },
		{ "conflict", CUSAX_ERROR_BUSY, "somebody else has that nick" },
		{ "item-not-found", CUSAX_ERROR_NOT_FOUND,
		  "the room does not exist, or is not open" },
		{ "not-allowed", CUSAX_ERROR_REFUSED, "rooms cannot be created there" },
		{ "not-acceptable", CUSAX_ERROR_INVALID_ARGUMENT,
		  "the room does not allow that nick" },
		{ "service-unavailable", CUSAX_ERROR_LIMIT_EXCEEDED,
		  "the room is full, or there are no rooms" },
	};
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(reasons) && !error; i++) {
		if (cusax_xmpp_stanza_has_condition(stanza->node, reasons[i].condition))
			error = g_error_new_literal(CUSAX_ERROR, (int)reasons[i].code,
						    reasons[i].text);
	}
	if (!error)
		error = cusax_xmpp_stanza_error(stanza->node);
	cusax_xmpp_muc_remove(room, CUSAX_ROOM_END_FAULT, error->message, error);
}

static void handle_error(CusaxXmppRoom *room, const CusaxXmppStanza *stanza)
{
	g_autoptr(GError) error = NULL;

	if (room->join_op) {
		fail_join(room, stanza);
	} else if (room->nick_op) {
		error = cusax_xmpp_stanza_error(stanza->node);
		cusax_xmpp_session_done(room->session, room->nick_op, error);
		room->nick_op = 0;
	}
}

static void come_in(CusaxXmppRoom *room, const char *nick, guint status)
{
	CusaxXmppSession *session = room->session;
	CusaxEvent *event;

	g_free(room->nick);
	room->nick = g_strdup(nick);
	if (room->joined || room->leave_op)
		return;
	room->joined = TRUE;
	cusax_xmpp_timer_clear(&room->deadline);
	if ((status & STATUS_CREATED) && !room->configures)
		cusax_xmpp_muc_open_instantly(room);
	event = cusax_xmpp_muc_event(session, CUSAX_EVENT_ROOM_JOINED, room->address);
	event->room.nick = g_strdup(nick);
	event->room.created = (status & STATUS_CREATED) != 0;
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, room->join_op, NULL);
	room->join_op = 0;
}

/* TRUE: it is we. Some services leave the code out where the nick is the one we asked for. */
static gboolean is_self(const CusaxXmppRoom *room, const char *nick, guint status)
{
	return (status & STATUS_SELF) || strcmp(nick, room->nick) == 0;
}

static void go_out(CusaxXmppRoom *room, CusaxNode *x, guint status)
{
	CusaxNode *destroyed = cusax_node_child(x, "destroy", CUSAX_NS_MUC_USER);
	CusaxNode *item = cusax_node_child(x, "item", CUSAX_NS_MUC_USER);
	CusaxNode *from = destroyed ? destroyed : item;
	g_autofree char *reason =
		from ? cusax_node_child_text(from, "reason", CUSAX_NS_MUC_USER) : NULL;

	cusax_xmpp_muc_remove(room, end_of(status, destroyed != NULL), reason, NULL);
}

/* --- everybody's ----------------------------------------------------------------------------- */

/* FALSE: the room has more than we follow. */
static gboolean admit(CusaxXmppRoom *room, const char *nick)
{
	if (g_hash_table_contains(room->nicks, nick))
		return TRUE;
	if (g_hash_table_size(room->nicks) >= CUSAX_XMPP_MAX_OCCUPANTS) {
		cusax_xmpp_session_refuse(room->session, "room-occupants");
		return FALSE;
	}
	g_hash_table_add(room->nicks, g_strdup(nick));
	return TRUE;
}

static void handle_available(CusaxXmppRoom *room, const CusaxXmppStanza *stanza, CusaxNode *x,
			     const char *nick)
{
	guint status = read_codes(x);
	gboolean self = is_self(room, nick, status);
	CusaxEvent *event;

	if (!admit(room, nick) && !self)
		return;
	event = occupant_event(room, stanza, x, self);
	cusax_xmpp_presence_read(stanza->node, &event->room.availability, &event->room.text,
				 &event->room.photo_hash);
	cusax_xmpp_session_push(room->session, event);
	if (self) {
		/* Before the room is asked whether it gives them. */
		g_free(room->occupant);
		room->occupant =
			cusax_xmpp_chat_child_id(stanza->node, "occupant-id", CUSAX_NS_OCCUPANT);
		come_in(room, nick, status);
	}
}

char *cusax_xmpp_muc_occupant_of(const CusaxXmppRoom *room, CusaxNode *stanza)
{
	return room && room->occupant_ids
		       ? cusax_xmpp_chat_child_id(stanza, "occupant-id", CUSAX_NS_OCCUPANT)
		       : NULL;
}

/* §7.6: gone under one nick, to come back under another. */
static gboolean handle_new_nick(CusaxXmppRoom *room, const CusaxXmppStanza *stanza, CusaxNode *x,
				const char *nick, guint status)
{
	CusaxNode *item = cusax_node_child(x, "item", CUSAX_NS_MUC_USER);
	const char *wanted = item ? cusax_node_attr(item, "nick") : NULL;
	g_autofree char *joined = NULL, *full = NULL;
	gboolean self = is_self(room, nick, status);
	CusaxEvent *event;

	if (!(status & STATUS_NEW_NICK) || !wanted || !*wanted)
		return FALSE;
	joined = g_strconcat(room->address, "/", wanted, NULL);
	full = cusax_jid_prepare(joined, NULL);
	if (!full || !*cusax_jid_resource(full))
		return FALSE;
	g_hash_table_remove(room->nicks, nick);
	g_hash_table_add(room->nicks, g_strdup(cusax_jid_resource(full)));
	event = occupant_event(room, stanza, x, self);
	event->room.new_nick = g_strdup(cusax_jid_resource(full));
	cusax_xmpp_session_push(room->session, event);
	if (self) {
		g_free(room->nick);
		room->nick = g_strdup(cusax_jid_resource(full));
		cusax_xmpp_session_done(room->session, room->nick_op, NULL);
		room->nick_op = 0;
	}
	return TRUE;
}

static void handle_unavailable(CusaxXmppRoom *room, const CusaxXmppStanza *stanza, CusaxNode *x,
			       const char *nick)
{
	guint status = read_codes(x);
	CusaxNode *item = cusax_node_child(x, "item", CUSAX_NS_MUC_USER);
	CusaxEvent *event;

	if (handle_new_nick(room, stanza, x, nick, status))
		return;
	if (is_self(room, nick, status)) {
		go_out(room, x, status);
		return;
	}
	if (!g_hash_table_remove(room->nicks, nick))
		return;
	event = occupant_event(room, stanza, x, FALSE);
	event->room.availability = CUSAX_AVAILABILITY_OFFLINE;
	event->room.end = end_of(status, FALSE);
	event->room.text = item ? cusax_node_child_text(item, "reason", CUSAX_NS_MUC_USER) : NULL;
	cusax_xmpp_session_push(room->session, event);
}

gboolean cusax_xmpp_muc_handle_presence(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	CusaxXmppRoom *room = cusax_xmpp_muc_find(session, stanza->from);
	CusaxNode *x = cusax_node_child(stanza->node, "x", CUSAX_NS_MUC_USER);
	const char *nick = cusax_jid_resource(stanza->from);

	if (!room) {
		/* Nobody was asked to show us who is there. */
		if (x && !*stanza->type)
			cusax_xmpp_session_refuse(session, "room-presence");
		return x != NULL;
	}
	if (strcmp(stanza->type, "error") == 0) {
		handle_error(room, stanza);
		return TRUE;
	}
	/* The room itself shows no more than its picture; a presence without the element is no
	 * occupant's. */
	if (!*nick || !x)
		return TRUE;
	if (!*stanza->type)
		handle_available(room, stanza, x, nick);
	else if (strcmp(stanza->type, "unavailable") == 0)
		handle_unavailable(room, stanza, x, nick);
	return TRUE;
}

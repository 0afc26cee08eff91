/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms (XEP-0045): which ones the session is in, how it comes in and goes out. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

#define CUSAX_XMPP_MAX_ROOMS     200   /* of one session */
#define CUSAX_XMPP_MAX_OCCUPANTS 10000 /* of one room; those beyond are counted, not told */

/* A room that the session is in, or on the way in or out. Anything from another room is refused. */
typedef struct {
	CusaxXmppSession *session;
	char *address; /* bare JID, prepared */
	char *nick;    /* the own, prepared */
	gboolean joined;
	guint64 join_op, leave_op, nick_op; /* 0: none is under way */
	gboolean configures;                /* whoever joins sets up a new room by itself */
	GSource *deadline;                  /* of joining or leaving */
	GHashTable *nicks;                  /* of the occupants told of */
	gboolean occupant_ids; /* it gives them, and takes away those of others (XEP-0421) */
	char *occupant;        /* the own; NULL: not told */
} CusaxXmppRoom;

void cusax_xmpp_room_free(CusaxXmppRoom *room);
/* The room of a bare or full JID, prepared; NULL: the session is not in it. */
CusaxXmppRoom *cusax_xmpp_muc_find(CusaxXmppSession *session, const char *jid);
/* It is out: told as ROOM_LEFT where it was in, answered, forgotten. error: where joining failed. */
void cusax_xmpp_muc_remove(CusaxXmppRoom *room, CusaxRoomEnd end, const char *text,
			   const GError *error);
/* The session is not resumed: no room knows it. Nothing is told. */
void cusax_xmpp_muc_reset(CusaxXmppSession *session);

/* CUSAX_OPERATION_ROOM_JOIN, _LEAVE, _NICK, _PING. */
void cusax_xmpp_muc_join(CusaxXmppSession *session, const CusaxOperation *operation);
void cusax_xmpp_muc_leave(CusaxXmppSession *session, const CusaxOperation *operation);
void cusax_xmpp_muc_change_nick(CusaxXmppSession *session, const CusaxOperation *operation);
void cusax_xmpp_muc_ping(CusaxXmppSession *session, const CusaxOperation *operation);

/* muc-presence.c: TRUE where the presence is of a room, and nobody else's business. */
gboolean cusax_xmpp_muc_handle_presence(CusaxXmppSession *session, const CusaxXmppStanza *stanza);

/* muc-message.c: the same of a message. */
gboolean cusax_xmpp_muc_handle_message(CusaxXmppSession *session, const CusaxXmppStanza *stanza);

/* Who of the room sent it, whatever the nick (XEP-0421 §3); free with g_free(). NULL: the room does not
 * tell, or room is NULL. */
char *cusax_xmpp_muc_occupant_of(const CusaxXmppRoom *room, CusaxNode *stanza);

/* muc-admin.c: CUSAX_OPERATION_ROOM_SUBJECT, _INVITE, _DECLINE, _ROLE, _AFFILIATION, _CONFIGURE,
 * _DESTROY, _VOICE, _INFO. */
void cusax_xmpp_muc_administer(CusaxXmppSession *session, const CusaxOperation *operation);
/* A new room is opened with the defaults of its service (XEP-0045 §10.1.2). */
void cusax_xmpp_muc_open_instantly(CusaxXmppRoom *room);

/* An event about a room, with its address. */
CusaxEvent *cusax_xmpp_muc_event(CusaxXmppSession *session, CusaxEventKind kind,
				 const char *address);

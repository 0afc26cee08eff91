/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One-to-one chat: messages, receipts, markers, chat states, carbons. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

#define CUSAX_XMPP_MAX_TEXT (128 * 1024) /* bytes of an outgoing message */

/* One message on its way to the core; a carbon and a direct one look the same here. Borrowed. */
typedef struct {
	CusaxNode *node;
	const char *type;
	const char *peer; /* full or bare JID of the other side, prepared */
	CusaxDirection direction;
	CusaxMessageKind kind;
	CusaxNode *forwarded; /* where a carbon's delay may be; NULL: none */
	gboolean is_carbon;
	/* In a room, kept by it: under our nick, which somebody else may have had then. */
	gboolean claimed;
} CusaxXmppIncoming;

/* An id that is passed on, made safe; NULL where there is none, or it is too long. */
char *cusax_xmpp_chat_take_id(const char *id);
/* The same of the attribute "id" of a child. */
char *cusax_xmpp_chat_child_id(CusaxNode *node, const char *name, const char *ns);
/* When it was said, in Unix microseconds; ret_delayed (may be NULL): a server kept it before. */
gint64 cusax_xmpp_chat_time(const CusaxXmppIncoming *in, gboolean *ret_delayed);

/* A message that no other handler took. */
void cusax_xmpp_chat_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza);
/* <sent/> or <received/> of XEP-0280, from the own server. */
void cusax_xmpp_chat_handle_carbon(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				   CusaxNode *carbon);

/* The same for a message of an archive: told as it would be had it come now. room: whose archive, the
 * JID prepared; NULL: the own. FALSE: it does not belong there. */
gboolean cusax_xmpp_chat_handle_archived(CusaxXmppSession *session, const char *room,
					 CusaxNode *message, CusaxNode *forwarded);

/* Asks for copies of what other devices send and get (XEP-0280). */
void cusax_xmpp_chat_enable_carbons(CusaxXmppSession *session);

/* A <message/> to address: an occupant of a room, else its bare JID; NULL, with the operation answered, where that cannot be. */
CusaxNode *cusax_xmpp_chat_message_new(CusaxXmppSession *session, guint64 op, const char *address,
				       const char *id);
/* Sends a message (taken) that is followed to its final state under id, and answers the operation. */
void cusax_xmpp_chat_submit(CusaxXmppSession *session, guint64 op, CusaxNode *message,
			    const char *id);

/* CUSAX_OPERATION_SEND_MESSAGE, _SEND_CHAT_STATE, _SEND_MARKER. */
void cusax_xmpp_chat_send(CusaxXmppSession *session, const CusaxOperation *operation);
void cusax_xmpp_chat_send_state(CusaxXmppSession *session, const CusaxOperation *operation);
void cusax_xmpp_chat_send_marker(CusaxXmppSession *session, const CusaxOperation *operation);

/* As what a message from or to that JID, prepared, counts. */
CusaxMessageKind cusax_xmpp_chat_kind(CusaxXmppSession *session, const char *jid);

/* The address under which such a message is known: the occupant's where it is private, else the bare
 * JID. Free with g_free(). */
char *cusax_xmpp_chat_address(const char *jid, CusaxMessageKind kind);

/* The server has an own message, or will never get it. */
void cusax_xmpp_chat_report_state(CusaxXmppSession *session, const char *address, const char *id,
				  CusaxDelivery delivery, const GError *error);

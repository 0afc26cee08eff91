/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of rooms: subjects, invitations, what the room itself says. What was said: chat.c. */
/* Main thread. */
#include <string.h>

#include "daemon/base/jid.h"
#include "services/xmpp/chat.h"
#include "services/xmpp/muc.h"
#include "services/xmpp/ns.h"

/* --- invitations (XEP-0249, XEP-0045 §7.8) --------------------------------------------------- */

static void report_invitation(CusaxXmppSession *session, const char *room, const char *from,
			      char *reason, const char *password, gboolean direct)
{
	CusaxEvent *event;

	event = cusax_xmpp_muc_event(session, CUSAX_EVENT_ROOM_INVITATION, room);
	event->room.person = g_strdup(from);
	event->room.text = reason;
	event->room.password = g_strdup(password);
	event->room.direct = direct;
	cusax_xmpp_session_push(session, event);
}

/* Directly, from somebody; FALSE: it is none. */
static gboolean handle_direct(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	CusaxNode *x = cusax_node_child(stanza->node, "x", CUSAX_NS_MUC_DIRECT);
	const char *jid = x ? cusax_node_attr(x, "jid") : NULL;
	g_autofree char *room = jid ? cusax_jid_prepare(jid, NULL) : NULL;
	g_autofree char *bare = room ? cusax_jid_bare(room) : NULL;
	g_autofree char *from = NULL;

	if (!x)
		return FALSE;
	if (!bare || !strchr(bare, '@')) {
		cusax_xmpp_session_refuse(session, "room-invitation");
		return TRUE;
	}
	/* An occupant who invites does so under the room's address. */
	from = cusax_xmpp_muc_find(session, stanza->from) ? g_strdup(stanza->from)
							  : cusax_jid_bare(stanza->from);
	report_invitation(session, bare, from, g_strdup(cusax_node_attr(x, "reason")),
			  cusax_node_attr(x, "password"), TRUE);
	return TRUE;
}

/* By the room, in the name of somebody. */
static gboolean handle_mediated(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				CusaxNode *x)
{
	CusaxNode *invite = cusax_node_child(x, "invite", CUSAX_NS_MUC_USER);
	const char *jid = invite ? cusax_node_attr(invite, "from") : NULL;
	g_autofree char *from = jid ? cusax_jid_prepare(jid, NULL) : NULL;
	g_autofree char *password = NULL;

	if (!invite)
		return FALSE;
	if (*cusax_jid_resource(stanza->from) || !strchr(stanza->from, '@')) {
		cusax_xmpp_session_refuse(session, "room-invitation");
		return TRUE;
	}
	password = cusax_node_child_text(x, "password", CUSAX_NS_MUC_USER);
	report_invitation(session, stanza->from, from,
			  cusax_node_child_text(invite, "reason", CUSAX_NS_MUC_USER), password,
			  FALSE);
	return TRUE;
}

static gboolean handle_decline(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
			       CusaxNode *x)
{
	CusaxNode *decline = cusax_node_child(x, "decline", CUSAX_NS_MUC_USER);
	const char *jid = decline ? cusax_node_attr(decline, "from") : NULL;
	g_autofree char *from = jid ? cusax_jid_prepare(jid, NULL) : NULL;
	CusaxEvent *event;

	if (!decline)
		return FALSE;
	if (!from || *cusax_jid_resource(stanza->from) ||
	    !cusax_xmpp_muc_find(session, stanza->from)) {
		cusax_xmpp_session_refuse(session, "room-message");
		return TRUE;
	}
	event = cusax_xmpp_muc_event(session, CUSAX_EVENT_ROOM_DECLINED, stanza->from);
	event->room.person = cusax_jid_bare(from);
	event->room.text = cusax_node_child_text(decline, "reason", CUSAX_NS_MUC_USER);
	cusax_xmpp_session_push(session, event);
	return TRUE;
}

/* --- of the room itself ---------------------------------------------------------------------- */

/* §7.2.15: a subject without a body; it also ends what the room sends of the past. */
static gboolean handle_subject(CusaxXmppRoom *room, const CusaxXmppStanza *stanza)
{
	CusaxNode *subject = cusax_node_child(stanza->node, "subject", CUSAX_NS_CLIENT);
	CusaxEvent *event;

	if (!subject || cusax_node_child(stanza->node, "body", CUSAX_NS_CLIENT) ||
	    cusax_node_child(stanza->node, "thread", CUSAX_NS_CLIENT))
		return FALSE;
	event = cusax_xmpp_muc_event(room->session, CUSAX_EVENT_ROOM_SUBJECT, room->address);
	event->room.text = cusax_node_text(subject);
	event->room.nick = g_strdup(cusax_jid_resource(stanza->from));
	cusax_xmpp_session_push(room->session, event);
	return TRUE;
}

/* §15.6.2: 104 and 170-174 tell that what the room is has changed. */
static gboolean handle_change(CusaxXmppRoom *room, const CusaxXmppStanza *stanza, CusaxNode *x)
{
	static const char *const changes[] = { "104", "170", "171", "172", "173", "174", NULL };

	if (*cusax_jid_resource(stanza->from) || !x)
		return FALSE;
	for (CusaxNode *n = cusax_node_first(x); n; n = cusax_node_next(n)) {
		const char *code = cusax_node_attr(n, "code");

		if (cusax_node_is(n, "status", CUSAX_NS_MUC_USER) && code &&
		    g_strv_contains(changes, code)) {
			cusax_xmpp_session_push(room->session,
						cusax_xmpp_muc_event(room->session,
								     CUSAX_EVENT_ROOM_CHANGED,
								     room->address));
			return TRUE;
		}
	}
	return FALSE;
}

gboolean cusax_xmpp_muc_handle_message(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	CusaxNode *x = cusax_node_child(stanza->node, "x", CUSAX_NS_MUC_USER);
	CusaxXmppRoom *room = cusax_xmpp_muc_find(session, stanza->from);
	gboolean is_groupchat = strcmp(stanza->type, "groupchat") == 0;

	if (strcmp(stanza->type, "error") == 0)
		return FALSE;
	if (!is_groupchat &&
	    (handle_direct(session, stanza) ||
	     (x && (handle_mediated(session, stanza, x) || handle_decline(session, stanza, x)))))
		return TRUE;
	if (!room || !room->joined) {
		if (!is_groupchat && !x)
			return FALSE;
		/* Of a room that we are not in. */
		cusax_xmpp_session_refuse(session, "room-message");
		return TRUE;
	}
	return handle_change(room, stanza, x) || (is_groupchat && handle_subject(room, stanza));
}

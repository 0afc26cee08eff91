/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nicknames by eventing. */
/* Main thread. */
#include "services/xmpp/nick.h"

#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"
#include "services/xmpp/stanza.h"

void cusax_xmpp_nick_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_NICKNAME);

	event->nickname.address = g_strdup(address);
	event->nickname.name = item ? cusax_node_child_text(item, "nick", CUSAX_NS_NICK) : NULL;
	cusax_xmpp_session_push(session, event);
}

CusaxNode *cusax_xmpp_nick_publication(const char *nickname)
{
	CusaxNode *nick = cusax_node_new("nick", CUSAX_NS_NICK);

	cusax_node_set_text(nick, nickname, -1);
	return cusax_xmpp_pep_publication(CUSAX_NS_NICK, NULL, nick, NULL);
}

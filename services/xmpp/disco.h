/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we tell of ourselves: features, capabilities, version, time (XEP-0030, 0115, 0092, 0202). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

void cusax_xmpp_disco_handle_info(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				  CusaxNode *query);
void cusax_xmpp_disco_handle_items(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				   CusaxNode *query);
void cusax_xmpp_disco_handle_ping(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				  CusaxNode *ping);
void cusax_xmpp_disco_handle_version(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				     CusaxNode *query);
void cusax_xmpp_disco_handle_time(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				  CusaxNode *time);

/* Adds <c/> to the own presence. */
void cusax_xmpp_disco_add_caps(CusaxXmppSession *session, CusaxNode *presence);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reachability addresses (XEP-0152), in presence and on a PEP node (C48-C50). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* Presence of one resource came; available FALSE: it left. Without <reach/> it withdraws what the
 * presence before it named. Reported as CUSAX_EVENT_REACHABILITY where it changes anything. */
void cusax_xmpp_reach_on_presence(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				  gboolean available);
/* address's PEP node changed; item NULL: emptied. */
void cusax_xmpp_reach_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item);

/* A new session knows no hints: all that were reported are withdrawn. */
void cusax_xmpp_reach_reset(CusaxXmppSession *session);
/* address is no contact any more. */
void cusax_xmpp_reach_forget(CusaxXmppSession *session, const char *address);

/* CUSAX_OPERATION_PUBLISH_REACHABILITY: on the own PEP node, for those who see our presence. */
void cusax_xmpp_reach_publish(CusaxXmppSession *session, const CusaxOperation *operation);

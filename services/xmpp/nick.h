/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nicknames that people give themselves (XEP-0172), by eventing. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* What address's node says now; item NULL: emptied. Reported as CUSAX_EVENT_NICKNAME. */
void cusax_xmpp_nick_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item);

/* A request that publishes the own one; "": an empty one, which takes it back. Send it with
 * cusax_xmpp_iq_send(). */
CusaxNode *cusax_xmpp_nick_publication(const char *nickname);

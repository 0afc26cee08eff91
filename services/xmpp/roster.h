/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contact list (RFC 6121 §2). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* Entries of a full roster that are taken; what comes beyond is dropped and counted. */
#define CUSAX_XMPP_MAX_ROSTER 200000

/* Asks for the roster, by version where both sides can. Reported as it comes: ROSTER_BEGIN, ITEM…,
 * END; where nothing changed END alone. Where the stream dies half way there is no END. */
void cusax_xmpp_roster_fetch(CusaxXmppSession *session);

/* Whether a prepared bare JID is in it. While a full roster comes in: in the one before. */
gboolean cusax_xmpp_roster_contains(CusaxXmppSession *session, const char *address);

/* A push: reported as ROSTER_ITEM and, with its version, ROSTER_END. */
void cusax_xmpp_roster_handle_push(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				   CusaxNode *query);

/* CUSAX_OPERATION_ROSTER_SET, CUSAX_OPERATION_ROSTER_REMOVE. */
void cusax_xmpp_roster_change(CusaxXmppSession *session, const CusaxOperation *operation);

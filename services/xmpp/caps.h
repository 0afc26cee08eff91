/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entity capabilities (XEP-0115): what a presence announces, and asking whether it is true. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* What an answer to disco#info hashes to. Free with g_free(); NULL: the answer is ill-formed
 * (XEP-0115 §5.4, 3.3-3.6), or larger than any client. */
char *cusax_xmpp_caps_hash(CusaxNode *query, GChecksumType type);

/* Fills the caps of a presence event with what its <c/> says, where that can be asked for. */
void cusax_xmpp_caps_read(CusaxNode *presence, CusaxEvent *event);

/* CUSAX_OPERATION_FETCH_CLIENT. */
void cusax_xmpp_caps_fetch(CusaxXmppSession *session, const CusaxOperation *operation);

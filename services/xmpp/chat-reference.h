/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages about messages: replies, reactions, retractions, and the words for who knows none. */
/* Main thread. */
#pragma once

#include "services/xmpp/chat.h"

/* TRUE: the message reacts or retracts (reported, where it names a message), and is no message of its
 * own; what body it has is for those who do not know the extension. */
gboolean cusax_xmpp_reference_handle(CusaxXmppSession *session, const CusaxXmppIncoming *in);

/* body without the part that only quotes the message answered (XEP-0461 §3); free with g_free(). */
char *cusax_xmpp_reference_strip(CusaxNode *message, const char *body);

/* The body of CUSAX_OPERATION_SEND_MESSAGE: for a reply with a quotation in front of it, marked as
 * such. */
void cusax_xmpp_reference_add_body(CusaxNode *message, const CusaxOperation *operation);

/* CUSAX_OPERATION_SEND_REACTIONS, _SEND_RETRACTION. */
void cusax_xmpp_reference_send_reactions(CusaxXmppSession *session,
					 const CusaxOperation *operation);
void cusax_xmpp_reference_send_retraction(CusaxXmppSession *session,
					  const CusaxOperation *operation);

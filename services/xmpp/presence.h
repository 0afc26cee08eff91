/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence and subscriptions (RFC 6121 §3, §4). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* What an available presence says; strings are the caller's, or NULL. */
void cusax_xmpp_presence_read(CusaxNode *node, CusaxAvailability *ret_availability,
			      char **ret_status, char **ret_photo_hash);

void cusax_xmpp_presence_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza);

/* CUSAX_OPERATION_PRESENCE. */
void cusax_xmpp_presence_broadcast(CusaxXmppSession *session, const CusaxOperation *operation);
/* CUSAX_OPERATION_SUBSCRIPTION. */
void cusax_xmpp_presence_subscribe(CusaxXmppSession *session, const CusaxOperation *operation);
/* "unavailable", before the stream ends. */
void cusax_xmpp_presence_leave(CusaxXmppSession *session);

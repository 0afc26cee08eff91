/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the chats were read, told to and by the other devices of the account (XEP-0490). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* CUSAX_OPERATION_FETCH_READ. */
void cusax_xmpp_read_sync_fetch(CusaxXmppSession *session, const CusaxOperation *operation);
/* Of pep.c: the items of the node that came; address: whose node. */
void cusax_xmpp_read_sync_on_change(CusaxXmppSession *session, const char *address,
				    CusaxNode *change);
/* CUSAX_OPERATION_PUBLISH_READ. */
void cusax_xmpp_read_sync_publish(CusaxXmppSession *session, const CusaxOperation *operation);
/* Another device of ours has read a message: by its marker, or because it answered. */
void cusax_xmpp_read_sync_report(CusaxXmppSession *session, const char *peer, const char *id);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block list (XEP-0191). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* Entries that are taken; what comes beyond is dropped and counted. */
#define CUSAX_XMPP_MAX_BLOCKED 50000

/* Asks the server whether it keeps a block list, and for the list where it does. Reported as
 * CUSAX_EVENT_BLOCK_LIST, then and after every change. */
void cusax_xmpp_block_discover(CusaxXmppSession *session);

/* A push: entries were added, or taken off (none named: all). */
void cusax_xmpp_block_handle_block(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				   CusaxNode *block);
void cusax_xmpp_block_handle_unblock(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				     CusaxNode *unblock);

/* CUSAX_OPERATION_BLOCK. */
void cusax_xmpp_block_change(CusaxXmppSession *session, const CusaxOperation *operation);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bookmarks of rooms: own items (XEP-0402), or the private storage (XEP-0048, XEP-0049). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

#define CUSAX_XMPP_MAX_BOOKMARKS 500 /* those beyond are dropped and counted */

/* Reported as CUSAX_EVENT_BOOKMARKS; also where there are none, or they cannot be had. */
void cusax_xmpp_bookmarks_fetch(CusaxXmppSession *session);

/* Another device changed some; anybody else's word is refused. */
void cusax_xmpp_bookmarks_on_change(CusaxXmppSession *session, const char *address,
				    CusaxNode *change);

/* CUSAX_OPERATION_BOOKMARK_SET, _REMOVE. */
void cusax_xmpp_bookmarks_change(CusaxXmppSession *session, const CusaxOperation *operation);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message archives (XEP-0313): a page is asked for, and comes as one event. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

#define CUSAX_XMPP_MAX_PAGE       200 /* messages of one page */
#define CUSAX_XMPP_MAX_ARCHIVE_ID 1024

/* CUSAX_OPERATION_FETCH_ARCHIVE: of the own account, or of a room. */
void cusax_xmpp_archive_fetch(CusaxXmppSession *session, const CusaxOperation *operation);

/* A message with a <result/>. Only the archive that was asked, and only the query under way counts
 * (XEP-0313 §8). */
void cusax_xmpp_archive_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
			       CusaxNode *result);

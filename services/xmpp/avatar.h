/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of people: told of by eventing (XEP-0084), fetched on demand, the own one published. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* What address's metadata node says now; item NULL: emptied. Reported as CUSAX_EVENT_AVATAR. */
void cusax_xmpp_avatar_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item);

/* CUSAX_OPERATION_FETCH_AVATAR: answered by CUSAX_EVENT_AVATAR_DATA with its op, then done. NOT_FOUND: it
 * is not there (any more); REFUSED: what came is not what its hash says. */
void cusax_xmpp_avatar_fetch(CusaxXmppSession *session, const CusaxOperation *operation);

/* CUSAX_OPERATION_PUBLISH_AVATAR: the picture first, then that it is there; without one, that there is
 * none. Where the server does not make a vCard photo of it (XEP-0398), the vCard gets it too. */
void cusax_xmpp_avatar_publish(CusaxXmppSession *session, const CusaxOperation *operation);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vCards of old (XEP-0054): telephone numbers of contacts, and the own ones (C32, C36, C39). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* CUSAX_OPERATION_FETCH_VCARD. */
void cusax_xmpp_vcard_fetch(CusaxXmppSession *session, const CusaxOperation *operation);

/* address's vCard4 node changed; item NULL: emptied. */
void cusax_xmpp_vcard_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item);

/* CUSAX_OPERATION_PUBLISH_PHONES: reads the own vCard, adds the numbers it lacks, and writes it where
 * that changed it. What is in it stays as it is; a vCard that cannot be read whole is not written. */
void cusax_xmpp_vcard_publish(CusaxXmppSession *session, const CusaxOperation *operation);

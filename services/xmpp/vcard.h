/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vCards of contacts and the own one, in both forms: vcard-temp (XEP-0054), vCard4 (XEP-0292). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* CUSAX_OPERATION_FETCH_VCARD: asks for both forms and reports one CUSAX_EVENT_VCARD with the numbers
 * of both, those of vCard4 first (C32, C33). Either alone is enough. */
void cusax_xmpp_vcard_fetch(CusaxXmppSession *session, const CusaxOperation *operation);

/* address's vCard4 node changed; item NULL: emptied (C45). Servers send the newest item at each login:
 * reported is what is not as it was, so that a login is no reason to ask for every vCard. */
void cusax_xmpp_vcard_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item);

/* CUSAX_OPERATION_PUBLISH_PHONES: reads the own vCard in both forms, adds the numbers that each
 * lacks, and writes what that changed; a vCard4 is not begun where there is none. What is in them
 * stays as it is; where one cannot be read whole, none is written (C39). CUSAX_ERROR_LOCKED: the
 * server does not let it be changed (C38). */
void cusax_xmpp_vcard_publish(CusaxXmppSession *session, const CusaxOperation *operation);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places for files on the server (XEP-0363): the service found once, a place asked for each file. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* CUSAX_OPERATION_REQUEST_SLOT: answered by CUSAX_EVENT_UPLOAD_SLOT with its op, then done. UNSUPPORTED:
 * the server takes no files; LIMIT_EXCEEDED: not of that size, with the limit in the text; REFUSED: the
 * place it gave may not be used. */
void cusax_xmpp_upload_request(CusaxXmppSession *session, const CusaxOperation *operation);

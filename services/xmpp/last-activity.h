/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When somebody was last here, asked of their server (XEP-0012). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* CUSAX_OPERATION_FETCH_LAST. */
void cusax_xmpp_last_activity_fetch(CusaxXmppSession *session, const CusaxOperation *operation);

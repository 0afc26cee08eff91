/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the server for a sign of life at once (XEP-0199): the network changed, or we slept. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* CUSAX_OPERATION_CHECK of that id on a session that is online. Where no answer comes in time the
 * stream ends as lost; what was on its way is resumed on the next one. */
void cusax_xmpp_check(CusaxXmppSession *session, guint64 op);
/* The session goes: nothing is awaited any more. */
void cusax_xmpp_check_stop(CusaxXmppSession *session);

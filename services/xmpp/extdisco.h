/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The STUN and TURN servers of the account's provider (XEP-0215). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* Asks the account's own server and no other: CUSAX_EVENT_RELAYS with what it names, then done. A
 * server that knows none fails with the cause. Credentials are passed on and not kept. */
void cusax_xmpp_extdisco_fetch(CusaxXmppSession *session, guint64 op);

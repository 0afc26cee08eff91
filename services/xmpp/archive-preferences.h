/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the own archive keeps (XEP-0313 §7). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* CUSAX_OPERATION_ARCHIVE_PREFERENCES. */
void cusax_xmpp_archive_preferences(CusaxXmppSession *session, const CusaxOperation *operation);

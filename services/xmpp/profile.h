/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The own profile: the fields of the vCard in both its forms, and the nickname. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* CUSAX_OPERATION_PROFILE: reads the own vCard in both forms, changes what the operation asks for and
 * writes what that changed; all else in them stays as it is (C39). Answered by CUSAX_EVENT_PROFILE with
 * what it says afterwards, then done. LOCKED: the server does not let it be changed. */
void cusax_xmpp_profile(CusaxXmppSession *session, const CusaxOperation *operation);

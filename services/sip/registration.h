/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registration of an account (RFC 3261 §10): made, refreshed, watched, withdrawn. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

/* Sends REGISTER. The outcome comes as cusax_sip_account_online() or _fail(). FALSE and an error
 * where nothing could be sent. */
gboolean cusax_sip_registration_start(CusaxSipAccount *account, GError **error);
/* Withdraws it where it stands; libre keeps what it needs until the answer. */
void cusax_sip_registration_stop(CusaxSipAccount *account);
/* The facts of the connection; free with cusax_security_free(). */
CusaxSecurity *cusax_sip_registration_security(const CusaxSipAccount *account);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registration of an account (RFC 3261 §10): made, refreshed, watched, withdrawn. */
/* The libre thread. */
#pragma once

#include "services/sip/request.h"

/* Sends REGISTER. The outcome comes as cusax_sip_account_online() or _fail(). FALSE and an error
 * where nothing could be sent. */
gboolean cusax_sip_registration_start(CusaxSipAccount *account, GError **error);
/* Refreshes it now, and tells of the answer as cusax_sip_request_send() does; libre's own refresh stays
 * as it is. Returns errno. */
int cusax_sip_registration_ask(CusaxSipAccount *account, struct cusax_sip_request **ret_request,
			       CusaxSipAnswered answered, void *arg);
/* Why a REGISTER did not serve: err of the transport, else the response. Free with g_error_free(). */
GError *cusax_sip_registration_error(const CusaxSipAccount *account, int err,
				     const struct sip_msg *msg);
/* Withdraws it where it stands; libre keeps what it needs until the answer. */
void cusax_sip_registration_withdraw(CusaxSipAccount *account);
/* The connection goes. The next registration removes what this one leaves at the registrar. */
void cusax_sip_registration_stop(CusaxSipAccount *account);
/* The facts of the connection; free with cusax_security_free(). */
CusaxSecurity *cusax_sip_registration_security(const CusaxSipAccount *account);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TLS context of one account: the one policy applied, and what came of a handshake. */
/* The libre thread. */
#pragma once

#include "daemon/base/facts.h"
#include "services/sip/re-compat.h"
#include "services/tls/tls-policy.h"

/* Counted by libre: mem_deref(). */
struct cusax_sip_tls;

/* host: the name that the certificate must carry, also sent as SNI. NULL and an error of
 * cusax_tls_apply(). */
struct cusax_sip_tls *cusax_sip_tls_new(const CusaxTlsRules *rules, const char *host,
					GError **error);

/* The context for sip_transp_add(); borrowed. */
struct tls *cusax_sip_tls_context(struct cusax_sip_tls *tls);

/* Facts of the last finished handshake as a copy, or NULL. */
CusaxSecurity *cusax_sip_tls_security(const struct cusax_sip_tls *tls);

/* Why the last handshake failed (borrowed): CUSAX_ERROR_UNTRUSTED with OpenSSL's reason, or
 * CUSAX_ERROR_SECURITY_REQUIRED; NULL where none failed. */
const GError *cusax_sip_tls_failure(const struct cusax_sip_tls *tls);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Are both sides of a service equally well protected, and if not, what helps (C91-C99). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/base/facts.h"

typedef struct {
	const CusaxSecurity *chat;      /* NULL: not connected */
	const CusaxSecurity *telephony; /* NULL: not registered */
	CusaxSrtpPolicy srtp;           /* in effect: the stricter of account and user policy */
	gboolean in_call;               /* media flows in some call */
	CusaxEncryption call;           /* in_call: the weakest of the calls */
	const char *min_tls;            /* "1.2" or "1.3": the common policy (C96); NULL: 1.2 */
} CusaxSecurityFacts;

/* What RaiseSecurity can do, or a person must. A set: values are or-ed. */
typedef enum {
	CUSAX_REMEDY_CHAT_RECONNECT = 1 << 0, /* connect anew under the common policy */
	CUSAX_REMEDY_TELEPHONY_TLS = 1 << 1,  /* set the telephony account's transport to tls */
	CUSAX_REMEDY_TELEPHONY_RECONNECT = 1 << 2, /* register anew under the common policy */
	CUSAX_REMEDY_SRTP_REQUIRE = 1 << 3,        /* set the telephony account's srtp to require */
	CUSAX_REMEDY_CERTIFICATE = 1 << 4,         /* the provider, or a pin set by the user */
	CUSAX_REMEDY_AUTHENTICATION = 1 << 5,      /* the provider must offer a better login */
} CusaxRemedies;

typedef struct {
	gboolean secure;  /* both connected, and nothing is named below */
	GStrv mismatches; /* words; never NULL: {chat,telephony}-{no-tls,unverified,tls-version,
				 * authentication}, media-encryption, call-encryption */
	CusaxRemedies remedies; /* at least one where a mismatch is named */
	char *advice;           /* sentences for a person (C94, C95); NULL where none is needed */
} CusaxSecurityResult;

void cusax_security_result_clear(CusaxSecurityResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxSecurityResult, cusax_security_result_clear)

/* A side deserves "secure" inside TLS of at least the common version, with the name verified, and
 * with a login that does not show the password itself. Digest with MD5 inside verified TLS is
 * accepted: it is listed as weak in the facts and is no mismatch. Media: SRTP switched off is one,
 * and so is a running call without encryption. */
CusaxSecurityResult cusax_security_compare(const CusaxSecurityFacts *facts);

/* The sentence of a word in mismatches; static; NULL where there is no such word. */
const char *cusax_security_mismatch_text(const char *word);

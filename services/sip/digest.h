/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP digest as SIP uses it: challenges read, responses computed (RFC 2617, RFC 7616, RFC 8760). */
/* Pure; usable from any thread. */
#pragma once

#include <glib.h>

/* Ordered from weak to strong. */
typedef enum {
	CUSAX_DIGEST_MD5,
	CUSAX_DIGEST_MD5_SESS,
	CUSAX_DIGEST_SHA256,
	CUSAX_DIGEST_SHA256_SESS,
	CUSAX_DIGEST_SHA512_256,
	CUSAX_DIGEST_SHA512_256_SESS,
} CusaxDigestAlgorithm;

/* The token on the wire, such as "SHA-256"; static. */
const char *cusax_digest_algorithm_token(CusaxDigestAlgorithm algorithm);
/* The word in facts: "digest-md5", "digest-sha-256", "digest-sha-512-256"; static. */
const char *cusax_digest_algorithm_word(CusaxDigestAlgorithm algorithm);
gboolean cusax_digest_is_weak(CusaxDigestAlgorithm algorithm); /* MD5 */

typedef struct {
	char *realm;
	char *nonce;
	char *opaque; /* NULL: none */
	CusaxDigestAlgorithm algorithm;
	gboolean named; /* the challenge named its algorithm */
	gboolean qop_auth;
	gboolean stale;
} CusaxDigestChallenge;

/* Reads the value of one WWW-Authenticate or Proxy-Authenticate header. NULL where it is not a
 * digest challenge, is malformed, too long, holds control characters, or asks for what we do not
 * have (*ret_unsupported, may be NULL: another algorithm, or only auth-int). */
CusaxDigestChallenge *cusax_digest_challenge_parse(const char *value, gsize length,
						   gboolean *ret_unsupported);
void cusax_digest_challenge_free(CusaxDigestChallenge *challenge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxDigestChallenge, cusax_digest_challenge_free)

typedef struct {
	const char *user;
	const char *secret;
	const char *method;
	const char *uri;
	const char *cnonce; /* used with qop and -sess */
	guint32 count;      /* nc */
} CusaxDigestInput;

/* The response in lower-case hex, free with g_free(). Intermediate hashes are wiped. */
char *cusax_digest_response(const CusaxDigestChallenge *challenge, const CusaxDigestInput *input);

/* The value of an Authorization or Proxy-Authorization header, free with g_free(). */
char *cusax_digest_authorization(const CusaxDigestChallenge *challenge,
				 const CusaxDigestInput *input);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCRAM, the client's side of it: RFC 5802, RFC 7677, SHA-512 likewise. */
/* Main thread; the key derivation runs in a worker. */
#pragma once

#include <gio/gio.h>

typedef enum {
	CUSAX_SCRAM_SHA1,
	CUSAX_SCRAM_SHA256,
	CUSAX_SCRAM_SHA512,
} CusaxScramHash;

/* Fewer rounds make a stolen answer cheap to guess from (RFC 7677 §4); more would burn the CPU. */
#define CUSAX_SCRAM_MIN_ROUNDS 4096
#define CUSAX_SCRAM_MAX_ROUNDS 1000000 /* well under a second of work, also with SHA-512 */

/* What is said about channel binding (RFC 5802 §7). */
typedef struct {
	const char *type;   /* "tls-exporter"…: the binding used (-PLUS); NULL: none */
	GBytes *data;       /* of that type */
	gboolean supported; /* without type: "y", we could and the server does not offer it */
} CusaxScramBinding;

typedef struct CusaxScram CusaxScram;

/* user and password as the person has them; prepared here (RFC 4013). nonce: for tests; NULL is 24
 * random bytes. binding is copied. NULL with CUSAX_ERROR_AUTHENTICATION_FAILED where user or
 * password has characters that no password may have. */
CusaxScram *cusax_scram_new(CusaxScramHash hash, const char *user, const char *password,
			    const CusaxScramBinding *binding, const char *nonce, GError **error);
/* Wipes. NULL is fine. */
void cusax_scram_free(CusaxScram *scram);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxScram, cusax_scram_free)

/* The client-first-message; borrowed. */
const char *cusax_scram_first(CusaxScram *scram);

/* Answers a server-first-message. Errors: CUSAX_ERROR_SECURITY_REQUIRED where the rounds are out of
 * bounds, CUSAX_ERROR_UNTRUSTED where the message breaks the protocol (a nonce that does not extend
 * ours among it), CUSAX_ERROR_CANCELLED. After a cancel finish does not touch scram, which may be
 * gone. The result is the client-final-message; free with g_free(). */
void cusax_scram_answer_async(CusaxScram *scram, const char *challenge, GCancellable *cancellable,
			      GAsyncReadyCallback callback, gpointer data);
char *cusax_scram_answer_finish(CusaxScram *scram, GAsyncResult *result, GError **error);

/* Checks the server-final-message: TRUE where it proves that the server knows the password. Else
 * CUSAX_ERROR_UNTRUSTED, or CUSAX_ERROR_AUTHENTICATION_FAILED where it carries "e=". */
gboolean cusax_scram_verify(CusaxScram *scram, const char *server_final, GError **error);

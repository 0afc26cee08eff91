/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The choice of a login mechanism, and the dialogue of the one chosen (RFC 6120 §6). */
/* Main thread. */
#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

#include "services/xmpp/stanza.h"

/* What the choice is made from. Borrowed. */
typedef struct {
	const char *user;
	const char *password;     /* NULL: none */
	gboolean allow_plain;     /* the user's word: the server may see the password */
	gboolean has_certificate; /* a client certificate was given to TLS */
	const char *pin;          /* cusax_sasl_pin() of the strongest login so far; NULL: none */
	SSL *ssl;                 /* verified */
} CusaxSaslInput;

typedef struct CusaxSasl CusaxSasl;

/* Chooses among the mechanisms of <stream:features/>: EXTERNAL with a certificate, else SCRAM with
 * channel binding, else SCRAM, else PLAIN where allowed; the stronger hash first. Errors:
 * CUSAX_ERROR_SECURITY_REQUIRED where nothing offered is strong enough,
 * CUSAX_ERROR_SECRET_UNAVAILABLE where a password is needed and there is none,
 * CUSAX_ERROR_AUTHENTICATION_FAILED where it cannot be used. */
CusaxSasl *cusax_sasl_new(CusaxNode *features, const CusaxSaslInput *input, GError **error);
void cusax_sasl_free(CusaxSasl *sasl);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxSasl, cusax_sasl_free)

const char *cusax_sasl_mechanism(CusaxSasl *sasl); /* "SCRAM-SHA-256-PLUS" */
/* The mechanism, and behind a space the kind of channel binding where it has one:
 * "SCRAM-SHA-256-PLUS tls-exporter". Given to later logins it rules out whatever is weaker, and it
 * tells them which binding to use where the server does not say (XEP-0440). */
char *cusax_sasl_pin(CusaxSasl *sasl);
/* Which of two pins demands more, or first where they demand the same. NULL is none. */
const char *cusax_sasl_stronger_pin(const char *first, const char *second);

/* The text of <auth/>; wipe with cusax_sasl_wipe(). */
char *cusax_sasl_initial(CusaxSasl *sasl);

/* Answers a <challenge/> by the text of <response/>. Errors: those of scram.h. After a cancel
 * finish does not touch sasl, which may be gone. */
void cusax_sasl_answer_async(CusaxSasl *sasl, const char *challenge, GCancellable *cancellable,
			     GAsyncReadyCallback callback, gpointer data);
char *cusax_sasl_answer_finish(CusaxSasl *sasl, GAsyncResult *result, GError **error);

/* Checks <success/> with its text (NULL: none): TRUE where the login is complete and, with SCRAM,
 * the server has proved that it knows the password. Else CUSAX_ERROR_UNTRUSTED. */
gboolean cusax_sasl_finish(CusaxSasl *sasl, const char *success, GError **error);

void cusax_sasl_wipe(char *text);

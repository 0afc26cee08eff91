/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one TLS policy of XMPP and SIP: what is demanded, who is believed, what came of it. */
/* Any thread; an SSL_CTX and an SSL belong to the thread that uses them. */
#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

#include "daemon/base/facts.h"

/* What one account demands. Borrowed strings, copied where they are kept. */
typedef struct {
	const char *min_version; /* policy setting min-tls: "1.2" or "1.3"; NULL: "1.2" */
	const char *ca_file;     /* PEM file of anchors beside the system's; NULL: none */
	const char *pin;         /* SHA-256 of the certificate in 64 hex digits; NULL: none */
	gboolean pin_adds;       /* other certificates are judged as if there were no pin */
} CusaxTlsRules;

/* Reads the system's trust anchors in a worker (they take some 40 ms, once per process), so that
 * cusax_tls_apply() does not have to. finish never fails. */
void cusax_tls_prepare_async(GAsyncReadyCallback callback, gpointer data);
void cusax_tls_prepare_finish(GAsyncResult *result);

/* Makes ctx (a client context, also one that another library made) demand what rules say: minimum
 * version, no renegotiation, no compression, no anonymous suites, the peer's certificate verified
 * against the system's anchors and those of ca_file. With a pin exactly that certificate is
 * accepted, whatever its name, chain and dates, and, without pin_adds, no other. Replaces the context's certificate
 * store, verify mode and verify callbacks. Reads the system's anchors where nobody prepared them.
 * FALSE with CUSAX_ERROR_INVALID_ARGUMENT where ca_file holds no certificate (the message says
 * why) or pin is malformed; the context is then unusable: free it. */
gboolean cusax_tls_apply(SSL_CTX *ctx, const CusaxTlsRules *rules, GError **error);

/* The name (or IP address) that the peer's certificate must carry in its subjectAltName, for all
 * connections of ctx, or for one. Unicode names are converted (RFC 5890). The one for an SSL also
 * sets SNI (RFC 6066; names only), before the handshake. FALSE: not a host name. */
gboolean cusax_tls_expect_host_ctx(SSL_CTX *ctx, const char *host);
gboolean cusax_tls_expect_host(SSL *ssl, const char *host);

/* The facts of a finished handshake: version, cipher, whether the peer was verified (chain and
 * name, or the pin), what is weak ("no-tls-verification", "no-forward-secrecy"). transport is
 * "starttls", "direct-tls" or "tls". Never NULL. authentication is left for the caller. */
CusaxSecurity *cusax_tls_security_new(SSL *ssl, const char *transport);

/* The error of a handshake that failed, for the calling thread, at once after the failing call: it
 * empties the thread's OpenSSL error queue. CUSAX_ERROR_UNTRUSTED with OpenSSL's reason where the
 * certificate was refused; CUSAX_ERROR_SECURITY_REQUIRED where versions or ciphers do not meet;
 * else CUSAX_ERROR_NOT_CONNECTED. host is for the text. Never NULL. */
GError *cusax_tls_handshake_error(SSL *ssl, const char *host);

/* The same from a verify result alone (X509_V_ERR_…): CUSAX_ERROR_UNTRUSTED. NULL for X509_V_OK. */
GError *cusax_tls_verify_error(long verify_result, const char *host);

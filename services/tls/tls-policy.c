/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one TLS policy of XMPP and SIP, on OpenSSL. */
/* Any thread; the system's anchors are read once and never changed afterwards. */
#include "services/tls/tls-policy.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "daemon/base/error.h"

#define FINGERPRINT_SIZE 32
#define MAX_CHAIN        10

/* --- trust anchors --------------------------------------------------------------------------- */

static gpointer load_system_store(G_GNUC_UNUSED gpointer data)
{
	X509_STORE *store = X509_STORE_new();

	ERR_clear_error();
	X509_STORE_set_default_paths(store);
	/* A machine without anchors trusts nobody: that is told when a certificate is refused. */
	ERR_clear_error();
	return store;
}

static X509_STORE *system_store(void)
{
	static GOnce once = G_ONCE_INIT;

	return g_once(&once, load_system_store, NULL);
}

static void prepare_in_thread(GTask *task, G_GNUC_UNUSED gpointer source,
			      G_GNUC_UNUSED gpointer task_data,
			      G_GNUC_UNUSED GCancellable *cancellable)
{
	system_store();
	g_task_return_boolean(task, TRUE);
}

void cusax_tls_prepare_async(GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

	g_task_set_source_tag(task, cusax_tls_prepare_async);
	g_task_run_in_thread(task, prepare_in_thread);
}

void cusax_tls_prepare_finish(GAsyncResult *result)
{
	g_task_propagate_boolean(G_TASK(result), NULL);
}

static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "it cannot be read";
}

/* The system's anchors are shared; an account with own ones gets a copy, so that no other account
 * comes to trust them. */
static X509_STORE *store_with_file(const char *ca_file, GError **error)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509_OBJECT) *anchors = X509_STORE_get0_objects(system_store());
	X509_LOOKUP *folder;

	ERR_clear_error();
	if (!X509_STORE_load_file(store, ca_file)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT, "ca-file: %s: %s",
			    ca_file, openssl_reason());
		ERR_clear_error();
		X509_STORE_free(store);
		return NULL;
	}
	for (int i = 0; i < sk_X509_OBJECT_num(anchors); i++) {
		X509 *anchor = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(anchors, i));

		if (anchor)
			X509_STORE_add_cert(store, anchor);
	}
	folder = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
	if (folder)
		X509_LOOKUP_add_dir(folder, NULL, X509_FILETYPE_DEFAULT);
	ERR_clear_error();
	return store;
}

/* --- pin ------------------------------------------------------------------------------------- */

static void free_pin(G_GNUC_UNUSED void *parent, void *pin, G_GNUC_UNUSED CRYPTO_EX_DATA *data,
		     G_GNUC_UNUSED int index, G_GNUC_UNUSED long argl, G_GNUC_UNUSED void *argp)
{
	g_free(pin);
}

/* Where a context keeps its pin: it lives as long as the context does. */
static int pin_index(void)
{
	static gsize index;

	if (g_once_init_enter(&index))
		g_once_init_leave(
			&index, 1 + (gsize)SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_pin));
	return (int)(index - 1);
}

static guint8 *parse_pin(const char *text)
{
	g_autofree guint8 *pin = g_malloc(FINGERPRINT_SIZE);

	if (strlen(text) != 2 * FINGERPRINT_SIZE)
		return NULL;
	for (guint i = 0; i < FINGERPRINT_SIZE; i++) {
		int high = g_ascii_xdigit_value(text[2 * i]);
		int low = g_ascii_xdigit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return NULL;
		pin[i] = (guint8)(high << 4 | low);
	}
	return g_steal_pointer(&pin);
}

static gboolean is_pinned(X509_STORE_CTX *store, const guint8 *pin)
{
	guint8 fingerprint[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	X509 *certificate = X509_STORE_CTX_get0_cert(store);

	return certificate && X509_digest(certificate, EVP_sha256(), fingerprint, &length) &&
	       length == FINGERPRINT_SIZE && CRYPTO_memcmp(fingerprint, pin, length) == 0;
}

/* Takes the place of OpenSSL's own verification: the pin is the user's explicit word, so neither
 * chain nor name nor dates count, and nothing else is accepted. */
static int verify_pin(X509_STORE_CTX *store, void *pin)
{
	gboolean pinned = is_pinned(store, pin);

	X509_STORE_CTX_set_error(store, pinned ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
	return pinned;
}

/* The same, where what is not pinned goes the ordinary way. */
static int verify_pin_or_chain(X509_STORE_CTX *store, void *pin)
{
	return is_pinned(store, pin) ? verify_pin(store, pin) : X509_verify_cert(store);
}

/* --- demands --------------------------------------------------------------------------------- */

static gboolean apply_trust(SSL_CTX *ctx, const CusaxTlsRules *rules, GError **error)
{
	guint8 *pin = NULL;

	if (rules->ca_file) {
		X509_STORE *store = store_with_file(rules->ca_file, error);

		if (!store)
			return FALSE;
		SSL_CTX_set_cert_store(ctx, store);
	} else {
		SSL_CTX_set1_cert_store(ctx, system_store());
	}
	if (rules->pin) {
		pin = parse_pin(rules->pin);
		if (!pin) {
			g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					    "pin: must be the 64 hexadecimal digits of a SHA-256 "
					    "fingerprint");
			return FALSE;
		}
	}
	g_free(SSL_CTX_get_ex_data(ctx, pin_index()));
	SSL_CTX_set_ex_data(ctx, pin_index(), pin);
	SSL_CTX_set_cert_verify_callback(ctx,
					 !pin              ? NULL
					 : rules->pin_adds ? verify_pin_or_chain
							   : verify_pin,
					 pin);
	return TRUE;
}

gboolean cusax_tls_apply(SSL_CTX *ctx, const CusaxTlsRules *rules, GError **error)
{
	gboolean only_13 = g_strcmp0(rules->min_version, "1.3") == 0;

	SSL_CTX_set_min_proto_version(ctx, only_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_cipher_list(ctx, "DEFAULT:!aNULL:!eNULL:!PSK:!SRP");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_verify_depth(ctx, MAX_CHAIN);
	return apply_trust(ctx, rules, error);
}

static gboolean expect_host(X509_VERIFY_PARAM *param, const char *host, char **ret_ascii)
{
	g_autofree char *ascii = NULL;

	if (g_hostname_is_ip_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	ascii = g_hostname_to_ascii(host);
	if (!ascii || !*ascii)
		return FALSE;
	/* RFC 6125 §6.4.4: the common name is no identity; "f*.example" is not a pattern. */
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
						       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_host(param, ascii, 0) != 1)
		return FALSE;
	*ret_ascii = g_steal_pointer(&ascii);
	return TRUE;
}

gboolean cusax_tls_expect_host_ctx(SSL_CTX *ctx, const char *host)
{
	g_autofree char *ascii = NULL;

	return expect_host(SSL_CTX_get0_param(ctx), host, &ascii);
}

gboolean cusax_tls_expect_host(SSL *ssl, const char *host)
{
	g_autofree char *ascii = NULL;

	if (!expect_host(SSL_get0_param(ssl), host, &ascii))
		return FALSE;
	return !ascii || SSL_set_tlsext_host_name(ssl, ascii) == 1;
}

/* --- outcome --------------------------------------------------------------------------------- */

CusaxSecurity *cusax_tls_security_new(SSL *ssl, const char *transport)
{
	CusaxSecurity *security = cusax_security_new();
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	GStrvBuilder *weak = g_strv_builder_new();

	security->transport = g_strdup(transport);
	security->tls_version = g_strdup(SSL_get_version(ssl));
	security->tls_cipher = g_strdup(cipher ? SSL_CIPHER_get_name(cipher) : NULL);
	security->tls_verified = (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) &&
				 SSL_get0_peer_certificate(ssl) &&
				 SSL_get_verify_result(ssl) == X509_V_OK;
	if (!security->tls_verified)
		g_strv_builder_add(weak, "no-tls-verification");
	if (cipher && SSL_CIPHER_get_kx_nid(cipher) == NID_kx_rsa)
		g_strv_builder_add(weak, "no-forward-secrecy");
	security->weak = g_strv_builder_end(weak);
	g_strv_builder_unref(weak);
	return security;
}

GError *cusax_tls_verify_error(long verify_result, const char *host)
{
	const char *reason = verify_result == X509_V_ERR_APPLICATION_VERIFICATION
				     ? "it is not the pinned certificate"
				     : X509_verify_cert_error_string(verify_result);

	if (verify_result == X509_V_OK)
		return NULL;
	return g_error_new(CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED,
			   "the certificate of %s is not trusted: %s", host, reason);
}

static gboolean is_mismatch(int reason)
{
	switch (reason) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_UNKNOWN_PROTOCOL:
	case SSL_R_WRONG_SSL_VERSION:
	case SSL_R_NO_PROTOCOLS_AVAILABLE:
	case SSL_R_WRONG_CIPHER_RETURNED:
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_DH_KEY_TOO_SMALL:
	case SSL_R_CA_MD_TOO_WEAK:
	case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return TRUE;
	}
	return FALSE;
}

GError *cusax_tls_handshake_error(SSL *ssl, const char *host)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);
	GError *error = cusax_tls_verify_error(SSL_get_verify_result(ssl), host);

	/* A result from before the handshake says nothing of a certificate. */
	if (error && ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		ERR_clear_error();
		return error;
	}
	g_clear_error(&error);
	if (ERR_GET_LIB(code) == ERR_LIB_SSL && is_mismatch(ERR_GET_REASON(code)))
		error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
				    "%s does not offer TLS as it is demanded: %s", host, reason);
	else
		error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
				    "the TLS handshake with %s failed: %s", host,
				    reason ? reason : "the connection was closed");
	ERR_clear_error();
	return error;
}

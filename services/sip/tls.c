/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TLS context of one account, watched from OpenSSL's info callback. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/tls.h"

#include <errno.h>
#include <openssl/ssl.h>

#include "daemon/base/error.h"
#include "daemon/base/log.h"

struct cusax_sip_tls {
	struct tls *tls;
	char *host;
	CusaxSecurity *security;
	GError *failure;
};

static void destructor(void *arg)
{
	struct cusax_sip_tls *tls = arg;

	/* Connections hold the context for a moment longer than the account. */
	if (tls->tls)
		SSL_CTX_set_app_data(tls_openssl_context(tls->tls), NULL);
	mem_deref(tls->tls);
	g_free(tls->host);
	cusax_security_free(tls->security);
	g_clear_error(&tls->failure);
}

/* A fatal alert, ours or theirs, is where a handshake ends badly. Which alert tells a certificate
 * that was refused (RFC 8446 §6.2) from a version or cipher that was. */
static void note_alert(struct cusax_sip_tls *tls, const SSL *ssl, gboolean ours, int alert)
{
	int description = alert & 0xff;
	gboolean of_version = description == SSL_AD_PROTOCOL_VERSION ||
			      description == SSL_AD_INSUFFICIENT_SECURITY;

	if (alert >> 8 != SSL3_AL_FATAL || tls->failure)
		return;
	if (ours && !of_version)
		tls->failure = cusax_tls_verify_error(SSL_get_verify_result(ssl), tls->host);
	if (!tls->failure)
		tls->failure =
			g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
				    "%s does not offer TLS as it is demanded: %s%s", tls->host,
				    ours ? "" : "it says ", SSL_alert_desc_string_long(alert));
}

static void note_start(struct cusax_sip_tls *tls, SSL *ssl)
{
	g_clear_error(&tls->failure);
	if (!cusax_tls_expect_host(ssl, tls->host))
		g_critical("host name of a TLS connection was not checked before");
}

static void info_h(const SSL *ssl, int where, int value)
{
	struct cusax_sip_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	/* Somebody who connects to us meets a server without certificate, and goes. */
	if (!tls || SSL_is_server(ssl))
		return;
	if (where & SSL_CB_HANDSHAKE_START && SSL_in_before(ssl))
		note_start(tls, (SSL *)ssl);
	else if (where & SSL_CB_HANDSHAKE_DONE) {
		cusax_security_free(tls->security);
		tls->security = cusax_tls_security_new((SSL *)ssl, "tls");
	} else if (where & SSL_CB_ALERT && SSL_in_init(ssl)) {
		note_alert(tls, ssl, (where & SSL_CB_WRITE) != 0, value);
	}
}

struct cusax_sip_tls *cusax_sip_tls_new(const CusaxTlsRules *rules, const char *host,
					GError **error)
{
	struct cusax_sip_tls *tls = mem_zalloc(sizeof(*tls), destructor);
	SSL_CTX *ctx;
	int err = tls ? tls_alloc(&tls->tls, CUSAX_RE_TLS_METHOD, NULL, NULL) : ENOMEM;

	if (err) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED, "TLS cannot be set up: %s",
			    g_strerror(err));
		return mem_deref(tls);
	}
	ctx = tls_openssl_context(tls->tls);
	tls->host = g_strdup(host);
	if (!cusax_tls_apply(ctx, rules, error))
		return mem_deref(tls);
	if (!cusax_tls_expect_host_ctx(ctx, host)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "\"%s\" is not a host name that a certificate can carry", host);
		return mem_deref(tls);
	}
	SSL_CTX_set_app_data(ctx, tls);
	SSL_CTX_set_info_callback(ctx, info_h);
	return tls;
}

struct tls *cusax_sip_tls_context(struct cusax_sip_tls *tls)
{
	return tls->tls;
}

CusaxSecurity *cusax_sip_tls_security(const struct cusax_sip_tls *tls)
{
	return cusax_security_copy(tls->security);
}

const GError *cusax_sip_tls_failure(const struct cusax_sip_tls *tls)
{
	return tls->failure;
}

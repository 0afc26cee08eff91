/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TLS policy's own rules; what it does on the wire is tested with the login. */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "services/tls/tls-policy.h"
#include <openssl/x509_vfy.h>

#define PIN     "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF"
#define NOT_HEX "g123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF"

typedef struct {
	const char *name;
	CusaxTlsRules rules;
	gboolean accepted;
	long min_version;
} Row;

static const Row rows[] = {
	{ "defaults", { NULL, NULL, NULL, FALSE }, TRUE, TLS1_2_VERSION },
	{ "1.2", { "1.2", NULL, NULL, FALSE }, TRUE, TLS1_2_VERSION },
	{ "1.3", { "1.3", NULL, NULL, FALSE }, TRUE, TLS1_3_VERSION },
	{ "a word that nobody knows is the default",
	  { "1.0", NULL, NULL, FALSE },
	  TRUE,
	  TLS1_2_VERSION },
	{ "pin", { NULL, NULL, PIN, FALSE }, TRUE, TLS1_2_VERSION },
	{ "pin beside the ordinary way", { NULL, NULL, PIN, TRUE }, TRUE, TLS1_2_VERSION },
	{ "short pin", { NULL, NULL, "0123", FALSE }, FALSE, 0 },
	{ "long pin", { NULL, NULL, PIN "00", FALSE }, FALSE, 0 },
	{ "pin that is not hex", { NULL, NULL, NOT_HEX, FALSE }, FALSE, 0 },
	{ "ca-file that is not there", { NULL, "/nonexistent/ca.pem", NULL, FALSE }, FALSE, 0 },
	{ "ca-file without a certificate", { NULL, "/dev/null", NULL, FALSE }, FALSE, 0 },
};

static void test_row(gconstpointer data)
{
	const Row *row = data;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(cusax_tls_apply(ctx, &row->rules, &error), ==, row->accepted);
	if (row->accepted) {
		g_assert_no_error(error);
		g_assert_cmpint(SSL_CTX_get_min_proto_version(ctx), ==, row->min_version);
		g_assert_true(SSL_CTX_get_verify_mode(ctx) & SSL_VERIFY_PEER);
		g_assert_true(SSL_CTX_get_options(ctx) & SSL_OP_NO_RENEGOTIATION);
	} else {
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT);
	}
	SSL_CTX_free(ctx);
}

/* Applied again the context has the last rules alone. */
static void test_again(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	CusaxTlsRules pinned = { .pin = PIN }, plain = { 0 };

	g_assert_true(cusax_tls_apply(ctx, &pinned, NULL));
	g_assert_true(cusax_tls_apply(ctx, &pinned, NULL));
	g_assert_true(cusax_tls_apply(ctx, &plain, NULL));
	SSL_CTX_free(ctx);
}

static const struct {
	const char *host;
	gboolean accepted;
} hosts[] = {
	{ "xmpp.test", TRUE }, { "m\303\274ller.test", TRUE },
	{ "127.0.0.1", TRUE }, { "2001:db8::1", TRUE },
	{ "", FALSE },
};

static void test_hosts(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
		SSL *ssl = SSL_new(ctx);

		g_assert_cmpint(cusax_tls_expect_host(ssl, hosts[i].host), ==, hosts[i].accepted);
		g_assert_cmpint(cusax_tls_expect_host_ctx(ctx, hosts[i].host), ==,
				hosts[i].accepted);
		SSL_free(ssl);
	}
	SSL_CTX_free(ctx);
}

/* SNI is the name as it goes over the wire; an address is no name (RFC 6066 §3). */
static void test_sni(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *named = SSL_new(ctx), *address = SSL_new(ctx);

	cusax_tls_expect_host(named, "m\303\274ller.test");
	g_assert_cmpstr(SSL_get_servername(named, TLSEXT_NAMETYPE_host_name), ==,
			"xn--mller-kva.test");
	cusax_tls_expect_host(address, "127.0.0.1");
	g_assert_null(SSL_get_servername(address, TLSEXT_NAMETYPE_host_name));
	SSL_free(named);
	SSL_free(address);
	SSL_CTX_free(ctx);
}

static void test_errors(void)
{
	g_autoptr(GError) expired =
		cusax_tls_verify_error(X509_V_ERR_CERT_HAS_EXPIRED, "xmpp.test");
	g_autoptr(GError) pin =
		cusax_tls_verify_error(X509_V_ERR_APPLICATION_VERIFICATION, "xmpp.test");

	g_assert_null(cusax_tls_verify_error(X509_V_OK, "xmpp.test"));
	g_assert_error(expired, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED);
	g_assert_nonnull(strstr(expired->message, "expired"));
	g_assert_error(pin, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED);
	g_assert_nonnull(strstr(pin->message, "pinned"));
}

/* Without a handshake there is nothing to be sure of. */
static void test_facts(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	g_autoptr(CusaxSecurity) security = cusax_tls_security_new(ssl, "starttls");

	g_assert_false(security->tls_verified);
	g_assert_true(g_strv_contains((const char *const *)security->weak, "no-tls-verification"));
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/tls/rules/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/tls/rules applied again replace the former", test_again);
	g_test_add_func("/tls/hosts", test_hosts);
	g_test_add_func("/tls/the name goes out in A-labels, an address never", test_sni);
	g_test_add_func("/tls/errors say why", test_errors);
	g_test_add_func("/tls/nothing is verified before a handshake", test_facts);
	return g_test_run();
}

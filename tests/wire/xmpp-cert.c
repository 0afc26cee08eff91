/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates by OpenSSL, on P-256. */
/* Main thread. */
#include "tests/wire/xmpp-cert.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#define DAY (24 * 60 * 60)

static EVP_PKEY *ca_key;
static X509 *ca;
static char *ca_file;

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	g_assert_nonnull(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

/* Not signed yet. */
static X509 *make(EVP_PKEY *key, const char *name, long from, long until)
{
	static long serial;
	X509 *certificate = X509_new();

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), from);
	X509_gmtime_adj(X509_getm_notAfter(certificate), until);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
				   (const guint8 *)name, -1, -1, 0);
	X509_set_pubkey(certificate, key);
	return certificate;
}

static void make_ca(void)
{
	int fd;
	FILE *file;

	if (ca)
		return;
	ca_key = EVP_EC_gen("P-256");
	ca = make(ca_key, "test authority", -DAY, DAY);
	X509_set_issuer_name(ca, X509_get_subject_name(ca));
	add_extension(ca, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(ca, NID_key_usage, "critical,keyCertSign");
	X509_sign(ca, ca_key, EVP_sha256());
	fd = g_file_open_tmp("cusax-test-ca-XXXXXX.pem", &ca_file, NULL);
	g_assert_cmpint(fd, >=, 0);
	file = fdopen(fd, "w");
	PEM_write_X509(file, ca);
	fclose(file);
}

const char *xmpp_cert_ca_file(void)
{
	make_ca();
	return ca_file;
}

SSL_CTX *xmpp_cert_context(XmppCertKind kind, const char *host)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate;
	g_autofree char *name =
		g_strconcat("DNS:", kind == XMPP_CERT_WRONG_NAME ? "elsewhere.test" : host, NULL);

	make_ca();
	certificate = make(key, host, -3 * DAY, kind == XMPP_CERT_EXPIRED ? -DAY : DAY);
	X509_set_issuer_name(
		certificate,
		X509_get_subject_name(kind == XMPP_CERT_SELF_SIGNED ? certificate : ca));
	add_extension(certificate, NID_subject_alt_name, name);
	X509_sign(certificate, kind == XMPP_CERT_SELF_SIGNED ? key : ca_key, EVP_sha256());
	SSL_CTX_use_certificate(ctx, certificate);
	SSL_CTX_use_PrivateKey(ctx, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return ctx;
}

char *xmpp_cert_fingerprint(SSL_CTX *ctx)
{
	GString *text = g_string_new(NULL);
	guint8 digest[EVP_MAX_MD_SIZE];
	unsigned length;

	X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), digest, &length);
	for (unsigned i = 0; i < length; i++)
		g_string_append_printf(text, "%02X", digest[i]);
	return g_string_free(text, FALSE);
}

void xmpp_cert_clear(void)
{
	if (ca_file)
		g_unlink(ca_file);
	g_clear_pointer(&ca_file, g_free);
	g_clear_pointer(&ca, X509_free);
	g_clear_pointer(&ca_key, EVP_PKEY_free);
}

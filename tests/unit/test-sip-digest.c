/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digest: the vectors of RFC 2617, RFC 7616 and RFC 8760, and challenges that are refused. */
/* Pure. */
#include <string.h>

#include "services/sip/digest.h"

static const struct {
	const char *name, *challenge, *user, *secret, *method, *uri, *cnonce, *response;
} vectors[] = {
	{ "RFC 2617 §3.5",
	  "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
	  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
	  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
	  "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b",
	  "6629fae49393a05397450978507c4ef1" },
	{ "RFC 7616 §3.9.1 MD5",
	  "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
	  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
	  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
	  "Mufasa", "Circle of Life", "GET", "/dir/index.html",
	  "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "8ca523f5e9506fed4657c9700eebdbec" },
	{ "RFC 7616 §3.9.1 SHA-256",
	  "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
	  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
	  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
	  "Mufasa", "Circle of Life", "GET", "/dir/index.html",
	  "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
	  "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
	{ "no qop", "Digest realm=\"biloxi.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
	  "bob", "zanzibar", "INVITE", "sip:bob@biloxi.com", "",
	  "bf57e4e0d0bffc0fbaedce64d59add5e" },
	{ "qop in SIP (draft-smith-sipping-auth-examples §3.3)",
	  "Digest realm=\"biloxi.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
	  "qop=\"auth,auth-int\"",
	  "bob", "zanzibar", "INVITE", "sip:bob@biloxi.com", "0a4f113b",
	  "89eb0059246c02b2f6ee02c7961d5ea3" },
	{ "MD5-sess (same, §3.4)",
	  "Digest realm=\"biloxi.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
	  "qop=\"auth\", algorithm=MD5-sess",
	  "bob", "zanzibar", "INVITE", "sip:bob@biloxi.com", "0a4f113b",
	  "e4e4ea61d186d07a92c9e1f6919902e9" },
};

static void test_vector(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	const char *text = vectors[row].challenge;
	g_autoptr(CusaxDigestChallenge) challenge =
		cusax_digest_challenge_parse(text, strlen(text), NULL);
	const CusaxDigestInput input = {
		.user = vectors[row].user,
		.secret = vectors[row].secret,
		.method = vectors[row].method,
		.uri = vectors[row].uri,
		.cnonce = vectors[row].cnonce,
		.count = 1,
	};
	g_autofree char *response = NULL;

	g_assert_nonnull(challenge);
	response = cusax_digest_response(challenge, &input);
	g_assert_cmpstr(response, ==, vectors[row].response);
}

static const struct {
	const char *name, *challenge;
	gboolean unsupported;
} refused[] = {
	{ "another scheme", "Basic realm=\"x\"", FALSE },
	{ "no realm", "Digest nonce=\"x\"", FALSE },
	{ "no nonce", "Digest realm=\"x\"", FALSE },
	{ "two realms", "Digest realm=\"x\", realm=\"y\", nonce=\"n\"", FALSE },
	{ "unknown algorithm", "Digest realm=\"x\", nonce=\"n\", algorithm=SHA3-512", TRUE },
	{ "only auth-int", "Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\"", TRUE },
	{ "folded line inside", "Digest realm=\"x\r\n y\", nonce=\"n\"", FALSE },
	{ "control character", "Digest realm=\"x\x01\", nonce=\"n\"", FALSE },
	{ "quote does not end", "Digest realm=\"x, nonce=n", FALSE },
	{ "no equals", "Digest realm \"x\", nonce=\"n\"", FALSE },
	{ "no comma", "Digest realm=\"x\" nonce=\"n\"", FALSE },
	{ "empty", "", FALSE },
	{ "word alone", "Digest", FALSE },
	{ "digest without blank", "Digestrealm=\"x\", nonce=\"n\"", FALSE },
};

static void test_refused(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	const char *text = refused[row].challenge;
	gboolean unsupported = 2;

	g_assert_null(cusax_digest_challenge_parse(text, strlen(text), &unsupported));
	g_assert_cmpint(unsupported, ==, refused[row].unsupported);
}

static void test_too_long(void)
{
	g_autofree char *filler = g_strnfill(2000, 'x');
	g_autofree char *text = g_strdup_printf("Digest realm=\"%s\", nonce=\"n\"", filler);

	g_assert_null(cusax_digest_challenge_parse(text, strlen(text), NULL));
}

static void test_forms(void)
{
	static const char text[] = "dIgEsT \tREALM = \"a \\\"b\\\" \\\\\" ,Nonce=tok , unknown=1, "
				   "unknown=2,\r\n stale=TRUE, algorithm=\"sha-256\", qop=auth";
	g_autoptr(CusaxDigestChallenge) challenge =
		cusax_digest_challenge_parse(text, strlen(text), NULL);

	g_assert_nonnull(challenge);
	g_assert_cmpstr(challenge->realm, ==, "a \"b\" \\");
	g_assert_cmpstr(challenge->nonce, ==, "tok");
	g_assert_true(challenge->stale);
	g_assert_true(challenge->qop_auth);
	g_assert_cmpint(challenge->algorithm, ==, CUSAX_DIGEST_SHA256);
}

static void test_authorization(void)
{
	static const char text[] = "Digest realm=\"a\\\"b\", nonce=\"n\", qop=\"auth\"";
	g_autoptr(CusaxDigestChallenge) challenge =
		cusax_digest_challenge_parse(text, strlen(text), NULL);
	const CusaxDigestInput input = { "al\"ice", "canary-secret", "REGISTER", "sip:x", "c", 1 };
	g_autofree char *value = cusax_digest_authorization(challenge, &input);

	g_assert_nonnull(strstr(value, "username=\"al\\\"ice\", realm=\"a\\\"b\", nonce=\"n\""));
	g_assert_nonnull(strstr(value, "cnonce=\"c\", qop=auth, nc=00000001"));
	g_assert_null(strstr(value, "algorithm"));
	g_assert_null(strstr(value, "canary"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
		g_autofree char *path = g_strdup_printf("/sip/digest/%s", vectors[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_vector);
	}
	for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *path = g_strdup_printf("/sip/digest/refused/%s", refused[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_refused);
	}
	g_test_add_func("/sip/digest/refused/too long", test_too_long);
	g_test_add_func("/sip/digest/every legal form", test_forms);
	g_test_add_func("/sip/digest/the header quotes and holds no secret", test_authorization);
	return g_test_run();
}

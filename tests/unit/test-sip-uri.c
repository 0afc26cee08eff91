/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP and tel URIs: what is read, what is written, what is refused. */
/* Test program. */
#include "daemon/base/sip-uri.h"

#include <string.h>

#include "daemon/base/error.h"
#include "tests/unit/rows.h"

typedef struct {
	const char *name;
	const char *text;
	const char *written; /* NULL: refused */
	const char *key;     /* NULL: none */
} Row;

/* clang-format off */
static const Row rows[] = {
	{ "the least", "sip:sip.test", "sip:sip.test", NULL },
	{ "user and host", "sip:bob@sip.test", "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "sips", "sips:bob@sip.test", "sips:bob@sip.test", "sip:bob@sip.test" },
	{ "scheme and host in capitals", "SIPS:Bob@SIP.TEST", "sips:Bob@sip.test", "sip:Bob@sip.test" },
	{ "port", "sip:bob@sip.test:5061", "sip:bob@sip.test:5061", "sip:bob@sip.test" },
	{ "IPv4", "sip:bob@192.0.2.1", "sip:bob@192.0.2.1", "sip:bob@192.0.2.1" },
	{ "IPv6 has one form", "sip:bob@[2001:DB8:0::1]:5060", "sip:bob@[2001:db8::1]:5060", "sip:bob@[2001:db8::1]" },
	{ "a final dot goes", "sip:bob@sip.test.", "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "a host of one label", "sip:bob@pbx", "sip:bob@pbx", "sip:bob@pbx" },
	{ "digits and hyphens in labels", "sip:bob@1-a.x2", "sip:bob@1-a.x2", "sip:bob@1-a.x2" },
	{ "transport", "sip:bob@sip.test;transport=TCP", "sip:bob@sip.test;transport=tcp", "sip:bob@sip.test" },
	{ "lr and unknown parameters go", "sip:bob@sip.test;lr;x=y;maddr=192.0.2.1;ttl=1;method=BYE", "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "user=phone", "sip:+331@sip.test;user=PHONE", "sip:+331@sip.test;user=phone", "sip:+331@sip.test" },
	{ "user=ip is nothing", "sip:331@sip.test;user=ip", "sip:331@sip.test", "sip:331@sip.test" },
	{ "user without value is nothing", "sip:331@sip.test;user", "sip:331@sip.test", "sip:331@sip.test" },
	{ "headers go", "sip:bob@sip.test?Replaces=x&Route=%3Csip:evil%3E", "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "an empty header value", "sip:bob@sip.test?Subject=", "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "a password goes", "sip:bob:secret@sip.test", "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "an empty password goes", "sip:bob:@sip.test", "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "escapes are normalised", "sip:%62%4F%2b@sip.test", "sip:bO+@sip.test", "sip:bO+@sip.test" },
	{ "what must be escaped stays so", "sip:a%40b%3Bc%3F%2F@sip.test", "sip:a%40b%3Bc%3F%2F@sip.test", "sip:a%40b%3Bc%3F%2F@sip.test" },
	{ "separators in users are escaped when written", "sip:a;b?c/d@sip.test", "sip:a%3Bb%3Fc%2Fd@sip.test", "sip:a%3Bb%3Fc%2Fd@sip.test" },
	{ "UTF-8 in the user", "sip:j%C3%BCrgen@sip.test", "sip:j%C3%BCrgen@sip.test", "sip:j%C3%BCrgen@sip.test" },
	{ "marks in the user", "sip:a-_.!~*'()&=+$,b@sip.test", "sip:a-_.!~*'()&=+$,b@sip.test", "sip:a-_.!~*'()&=+$,b@sip.test" },
	{ "telephone parameters of user=phone", "sip:+1;ext=2-3;isub=x%20y;phone-context=PBX.test@sip.test;user=phone",
	  "sip:+1;ext=23;isub=x%20y;phone-context=pbx.test@sip.test;user=phone", "sip:+1;ext=23;isub=x%20y;phone-context=pbx.test@sip.test" },

	{ "tel", "tel:+33-1.23(45)", "tel:+3312345", NULL },
	{ "TEL", "TEL:+331", "tel:+331", NULL },
	{ "local tel", "tel:*21#", "tel:*21#", NULL },
	{ "tel with hexadecimal digits", "tel:12aF;phone-context=+33", "tel:12aF;phone-context=+33", NULL },
	{ "tel with everything", "tel:+331;isub=1;ext=(2)3;x=y;phone-context=+33-1", "tel:+331;ext=23;isub=1;phone-context=+331", NULL },

	{ "nothing", NULL, NULL, NULL },
	{ "empty", "", NULL, NULL },
	{ "no scheme", "bob@sip.test", NULL, NULL },
	{ "another scheme", "http://sip.test", NULL, NULL },
	{ "sip alone", "sip:", NULL, NULL },
	{ "tel alone", "tel:", NULL, NULL },
	{ "tel plus", "tel:+", NULL, NULL },
	{ "tel separators", "tel:--", NULL, NULL },
	{ "tel plus and letters", "tel:+33abc", NULL, NULL },
	{ "tel letters", "tel:hello", NULL, NULL },
	{ "tel with a blank", "tel:+33 1", NULL, NULL },
	{ "no host", "sip:bob@", NULL, NULL },
	{ "no user before @", "sip:@sip.test", NULL, NULL },
	{ "two @", "sip:bob@evil.test@sip.test", NULL, NULL },
	{ "a blank before", " sip:bob@sip.test", NULL, NULL },
	{ "a blank after", "sip:bob@sip.test ", NULL, NULL },
	{ "brackets", "<sip:bob@sip.test>", NULL, NULL },
	{ "a bracket inside", "sip:bob@sip.test>;x", NULL, NULL },
	{ "a line break", "sip:bob@sip.test\r\nVia: x", NULL, NULL },
	{ "an escaped line break", "sip:bob%0D%0AVia@sip.test", NULL, NULL },
	{ "an escaped NUL", "sip:bob%00@sip.test", NULL, NULL },
	{ "an escaped DEL", "sip:bob%7F@sip.test", NULL, NULL },
	{ "an escaped C1 control", "sip:bob%C2%9B@sip.test", NULL, NULL },
	{ "escaped bytes that are no UTF-8", "sip:bob%FF@sip.test", NULL, NULL },
	{ "a bad escape", "sip:bo%zz@sip.test", NULL, NULL },
	{ "a cut escape", "sip:bob%4", NULL, NULL },
	{ "a cut escape in the user", "sip:bob%4@sip.test", NULL, NULL },
	{ "bytes that are not ASCII", "sip:j\xc3\xbcrgen@sip.test", NULL, NULL },
	{ "a quote in the user", "sip:\"bob\"@sip.test", NULL, NULL },
	{ "a bad password", "sip:bob:a b@sip.test", NULL, NULL },
	{ "a colon in the password", "sip:bob:a:b@sip.test", NULL, NULL },
	{ "port 0", "sip:bob@sip.test:0", NULL, NULL },
	{ "port 65536", "sip:bob@sip.test:65536", NULL, NULL },
	{ "a port with a sign", "sip:bob@sip.test:+5060", NULL, NULL },
	{ "an empty port", "sip:bob@sip.test:", NULL, NULL },
	{ "a port in letters", "sip:bob@sip.test:sip", NULL, NULL },
	{ "an empty label", "sip:bob@sip..test", NULL, NULL },
	{ "a hyphen first", "sip:bob@-sip.test", NULL, NULL },
	{ "a hyphen last", "sip:bob@sip-.test", NULL, NULL },
	{ "an underscore", "sip:bob@sip_x.test", NULL, NULL },
	{ "an address of five numbers", "sip:bob@1.2.3.4.5", NULL, NULL },
	{ "an address out of range", "sip:bob@1.2.3.400", NULL, NULL },
	{ "only a dot", "sip:bob@.", NULL, NULL },
	{ "IPv6 without brackets", "sip:bob@2001:db8::1", NULL, NULL },
	{ "IPv6 unclosed", "sip:bob@[2001:db8::1", NULL, NULL },
	{ "IPv6 malformed", "sip:bob@[2001:::1]", NULL, NULL },
	{ "empty brackets", "sip:bob@[]", NULL, NULL },
	{ "text after the brackets", "sip:bob@[::1]x:5060", NULL, NULL },
	{ "an empty parameter", "sip:bob@sip.test;;lr", NULL, NULL },
	{ "a final semicolon", "sip:bob@sip.test;", NULL, NULL },
	{ "a nameless parameter", "sip:bob@sip.test;=x", NULL, NULL },
	{ "a bad parameter name", "sip:bob@sip.test;a\"b", NULL, NULL },
	{ "a bad parameter value", "sip:bob@sip.test;a=\"b\"", NULL, NULL },
	{ "a parameter twice", "sip:bob@sip.test;lr;LR", NULL, NULL },
	{ "transport twice", "sip:bob@sip.test;transport=udp;Transport=tcp", NULL, NULL },
	{ "transport without value", "sip:bob@sip.test;transport", NULL, NULL },
	{ "transport with an empty value", "sip:bob@sip.test;transport=", NULL, NULL },
	{ "transport escaped", "sip:bob@sip.test;transport=%74cp", NULL, NULL },
	{ "transport with odd characters", "sip:bob@sip.test;transport=a+b", NULL, NULL },
	{ "an empty header list", "sip:bob@sip.test?", NULL, NULL },
	{ "a header without value", "sip:bob@sip.test?Subject", NULL, NULL },
	{ "a nameless header", "sip:bob@sip.test?=x", NULL, NULL },
	{ "a bad header name", "sip:bob@sip.test?a\"=x", NULL, NULL },
	{ "a bad header value", "sip:bob@sip.test?a=x\"", NULL, NULL },
	{ "a final ampersand", "sip:bob@sip.test?a=x&", NULL, NULL },
	{ "ext without digits", "tel:+331;ext=", NULL, NULL },
	{ "ext without value", "tel:+331;ext", NULL, NULL },
	{ "ext in letters", "tel:+331;ext=a", NULL, NULL },
	{ "isub empty", "tel:+331;isub=", NULL, NULL },
	{ "isub without value", "tel:+331;isub", NULL, NULL },
	{ "isub with a control", "tel:+331;isub=%0A", NULL, NULL },
	{ "context empty", "tel:1;phone-context=", NULL, NULL },
	{ "context without value", "tel:1;phone-context", NULL, NULL },
	{ "context without digits", "tel:1;phone-context=+", NULL, NULL },
	{ "context in letters", "tel:1;phone-context=+a", NULL, NULL },
	{ "context no domain", "tel:1;phone-context=a..b", NULL, NULL },
	{ "user=phone with parameters only", "sip:;ext=1@sip.test;user=phone", NULL, NULL },
	{ "user=phone with a bad parameter", "sip:+1;ext=a@sip.test;user=phone", NULL, NULL },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxSipUri) uri = cusax_sip_uri_parse(row->text, &error);
	g_autofree char *written = NULL, *again_written = NULL, *key = NULL;
	g_autoptr(CusaxSipUri) again = NULL, copy = NULL;

	if (!row->written) {
		g_assert_null(uri);
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT);
		return;
	}
	g_assert_no_error(error);
	written = cusax_sip_uri_to_string(uri);
	key = cusax_sip_uri_key(uri);
	g_assert_cmpstr(written, ==, row->written);
	g_assert_cmpstr(key, ==, row->key);
	g_assert_null(strpbrk(written, " <>\"\r\n"));
	/* What was written is read as the same. */
	again = cusax_sip_uri_parse(written, &error);
	g_assert_no_error(error);
	copy = cusax_sip_uri_copy(again);
	again_written = cusax_sip_uri_to_string(copy);
	g_assert_cmpstr(again_written, ==, written);
}

static void test_lengths(void)
{
	g_autofree char *user = g_strnfill(CUSAX_SIP_URI_MAX - 13, 'a');
	g_autofree char *longest = g_strconcat("sip:", user, "@sip.test", NULL);
	g_autofree char *longer = g_strconcat("sip:a", user, "@sip.test", NULL);
	g_autofree char *label = g_strnfill(64, 'a');
	g_autofree char *long_label = g_strconcat("sip:", label, ".test", NULL);
	g_autoptr(GString) labels = g_string_new("sip:");
	g_autoptr(CusaxSipUri) uri = cusax_sip_uri_parse(longest, NULL);

	for (guint i = 0; i < 127; i++)
		g_string_append(labels, "a.");
	g_string_append(labels, "test");
	g_assert_nonnull(uri);
	g_assert_null(cusax_sip_uri_parse(longer, NULL));
	g_assert_null(cusax_sip_uri_parse(long_label, NULL));
	g_assert_null(cusax_sip_uri_parse(labels->str, NULL));
	g_assert_null(cusax_sip_uri_copy(NULL));
	cusax_sip_uri_free(NULL);
}

static void test_hosts(void)
{
	g_assert_true(cusax_sip_host_is_valid("sip.test"));
	g_assert_true(cusax_sip_host_is_valid("[::1]"));
	g_assert_false(cusax_sip_host_is_valid("sip.test:5060"));
	g_assert_false(cusax_sip_host_is_valid(""));
}

/* Hostile: good URIs with bytes changed at random neither crash nor write what is unsafe. */
static void test_mutants(void)
{
	for (guint turn = 0; turn < 20000; turn++) {
		const Row *row = &rows[g_test_rand_int_range(0, 30)];
		g_autofree char *text = g_strdup(row->text);
		gsize length = text ? strlen(text) : 0;
		g_autoptr(CusaxSipUri) uri = NULL;
		g_autofree char *written = NULL;

		for (guint i = 0; length && i < 3; i++)
			text[g_test_rand_int_range(0, length)] = g_test_rand_int_range(1, 256);
		uri = cusax_sip_uri_parse(text, NULL);
		if (!uri)
			continue;
		written = cusax_sip_uri_to_string(uri);
		g_assert_true(g_str_is_ascii(written));
		for (const char *at = written; *at; at++)
			g_assert_true(g_ascii_isgraph(*at) && !strchr("<>\"", *at));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/sip-uri", rows, test_row);
	g_test_add_func("/sip-uri/lengths are limited", test_lengths);
	g_test_add_func("/sip-uri/hosts", test_hosts);
	g_test_add_func("/sip-uri/twenty thousand mutants", test_mutants);
	return g_test_run();
}

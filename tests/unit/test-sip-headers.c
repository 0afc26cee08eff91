/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers as text: Call-Info in every legal and many hostile forms, Reason, names, keys. */
/* Pure. */
#include <string.h>

#include "services/sip/headers.h"
#include "services/sip/sip-status.h"

static const struct {
	const char *name, *value, *uris; /* uris joined by a blank */
} call_info[] = {
	{ "plain", "<xmpp:a@x.test>;purpose=impp", "xmpp:a@x.test" },
	{ "any case", "<xmpp:a@x.test>;PURPOSE=ImPp", "xmpp:a@x.test" },
	{ "blanks everywhere", " \t<xmpp:a@x.test> ; purpose = impp ", "xmpp:a@x.test" },
	{ "folded", "<http://x/>;purpose=icon,\r\n <xmpp:a@x.test>;purpose=impp", "xmpp:a@x.test" },
	{ "quoted purpose", "<xmpp:a@x.test>;purpose=\"impp\"", "xmpp:a@x.test" },
	{ "comma list", "<xmpp:a@x.test>;purpose=impp,<xmpp:b@x.test>;purpose=impp",
	  "xmpp:a@x.test xmpp:b@x.test" },
	{ "comma inside the URI", "<xmpp:a,b@x.test>;purpose=impp", "xmpp:a,b@x.test" },
	{ "other parameters around", "<xmpp:a@x.test>;q=1;purpose=impp;x=\"a,b;c\"",
	  "xmpp:a@x.test" },
	{ "parameter without value", "<xmpp:a@x.test>;flag;purpose=impp", "xmpp:a@x.test" },
	{ "other purposes", "<http://x/>;purpose=icon,<http://y/>;purpose=info,<c:>;purpose=card",
	  "" },
	{ "other scheme is kept", "<im:a@x.test>;purpose=impp", "im:a@x.test" },
	{ "no purpose", "<xmpp:a@x.test>", "" },
	{ "two purposes", "<xmpp:a@x.test>;purpose=impp;purpose=icon", "" },
	{ "purpose inside a quoted value", "<xmpp:a@x.test>;x=\";purpose=impp\"", "" },
	{ "purpose inside the URI", "<xmpp:a@x.test;purpose=impp>", "" },
	{ "no brackets", "xmpp:a@x.test;purpose=impp", "" },
	{ "bracket does not end", "<xmpp:a@x.test;purpose=impp", "" },
	{ "empty URI", "<>;purpose=impp", "" },
	{ "blank in the URI", "<xmpp:a b@x.test>;purpose=impp", "" },
	{ "line break in the URI", "<xmpp:a\r\n@x.test>;purpose=impp", "" },
	{ "bytes beyond ASCII", "<xmpp:\xc3\xa9@x.test>;purpose=impp", "" },
	{ "quote does not end", "<xmpp:a@x.test>;x=\"a;purpose=impp", "" },
	{ "bad entry before a good one", "garbage<>;;,<xmpp:a@x.test>;purpose=impp",
	  "xmpp:a@x.test" },
	{ "text after the URI", "<xmpp:a@x.test>junk;purpose=impp", "" },
	{ "empty", "", "" },
	{ "only commas", ",,,,", "" },
};

static void test_call_info(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	const char *value = call_info[row].value;
	g_autoptr(GPtrArray) uris = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *joined = NULL;

	cusax_sip_read_call_info(value, strlen(value), uris);
	g_ptr_array_add(uris, NULL);
	joined = g_strjoinv(" ", (char **)uris->pdata);
	g_assert_cmpstr(joined, ==, call_info[row].uris);
}

static void test_call_info_limits(void)
{
	g_autoptr(GPtrArray) uris = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) many = g_string_new(NULL);
	g_autofree char *filler = g_strnfill(4000, 'a');
	g_autofree char *longer = g_strdup_printf("<xmpp:%s@x>;purpose=impp", filler);

	cusax_sip_read_call_info(longer, strlen(longer), uris);
	g_assert_cmpuint(uris->len, ==, 0);
	for (guint i = 0; i < 100; i++)
		g_string_append(many, "<xmpp:a@x.test>;purpose=impp,");
	cusax_sip_read_call_info(many->str, many->len, uris);
	g_assert_cmpuint(uris->len, ==, CUSAX_SIP_MAX_IMPP);
	/* Every prefix of a legal value is read without harm. */
	for (gsize n = 0; n < 60; n++)
		cusax_sip_read_call_info(many->str, n, uris);
}

static const struct {
	const char *jid, *uri; /* uri NULL: refused */
} jids[] = {
	{ "alice@xmpp.test", "xmpp:alice@xmpp.test" },
	{ "xmpp.test", "xmpp:xmpp.test" },
	{ "a>b@xmpp.test", "xmpp:a%3Eb@xmpp.test" },
	{ "a;b,c@xmpp.test", "xmpp:a%3Bb%2Cc@xmpp.test" },
	{ "a%b@xmpp.test", "xmpp:a%25b@xmpp.test" },
	{ "a\r\nX: y@xmpp.test", "xmpp:a%0D%0AX%3A%20y@xmpp.test" },
	{ "\xc3\xa9ric@xmpp.test", "xmpp:%C3%A9ric@xmpp.test" },
	{ "a@b@c", NULL },
	{ "a@b/c", NULL },
	{ "@xmpp.test", NULL },
	{ "a@", NULL },
	{ "", NULL },
	{ "\xff@xmpp.test", NULL },
};

static void test_xmpp_uri(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autofree char *uri = cusax_sip_xmpp_uri(jids[row].jid);

	g_assert_cmpstr(uri, ==, jids[row].uri);
}

static const struct {
	const char *value, *text; /* text NULL: none */
	guint cause;
} reasons[] = {
	{ "SIP;cause=200;text=\"Call completed elsewhere\"", "Call completed elsewhere", 200 },
	{ "sip ; CAUSE=200", NULL, 200 },
	{ "Q.850;cause=16;text=\"Terminated\"", "Terminated", 0 },
	{ "SIP;cause=9999", NULL, 0 },
	{ "SIP;cause=x;text=\"a\\\"b\"", "a\"b", 0 },
	{ "SIP;text=\"a\r\n\tb\x01\"", "a   b", 0 },
	{ "", NULL, 0 },
	{ ";;;", NULL, 0 },
};

static void test_reason(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	char *text = (char *)"unset";
	guint cause = cusax_sip_read_reason(reasons[row].value, strlen(reasons[row].value), &text);

	g_assert_cmpuint(cause, ==, reasons[row].cause);
	g_assert_cmpstr(text, ==, reasons[row].text);
	g_free(text);
}

static void test_text(void)
{
	g_autofree char *quoted = cusax_sip_text("\"Bob \\\"B\\\"\"", 11);
	g_autofree char *bytes = cusax_sip_text("a\xff\r\nb", 5);
	g_autofree char *filler = g_strnfill(5000, 'x');
	g_autofree char *cut = cusax_sip_text(filler, 5000);

	g_assert_cmpstr(quoted, ==, "Bob \"B\"");
	g_assert_true(g_utf8_validate(bytes, -1, NULL));
	g_assert_null(strpbrk(bytes, "\r\n"));
	g_assert_cmpuint(strlen(cut), ==, 256);
	g_assert_null(cusax_sip_text("  \t ", 4));
	g_assert_null(cusax_sip_text("", 0));
}

static void test_anonymous(void)
{
	g_assert_true(cusax_sip_is_anonymous("anonymous", "anonymous.invalid", NULL));
	g_assert_true(cusax_sip_is_anonymous("Anonymous", "sip.test", NULL));
	g_assert_true(cusax_sip_is_anonymous("bob", "sip.test", "user;id"));
	g_assert_false(cusax_sip_is_anonymous("bob", "sip.test", "none"));
	g_assert_false(cusax_sip_is_anonymous(NULL, "sip.test", NULL));
	g_assert_false(cusax_sip_is_anonymous("anonymousbob", "sip.test", "identity"));
}

static void test_dtmf(void)
{
	static const struct {
		const char *body;
		char key;
	} rows[] = {
		{ "Signal=5\r\nDuration=160\r\n", '5' },
		{ "signal = #\r\n", '#' },
		{ "*", '*' },
		{ "d\r\n", 'D' },
		{ "Signal=12", 0 },
		{ "Signal", 0 },
		{ "Signal=", 0 },
		{ "E", 0 },
		{ "", 0 },
		{ "55", 0 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(cusax_sip_read_dtmf(rows[i].body, strlen(rows[i].body)), ==,
				rows[i].key);
}

static const struct {
	guint code;
	CusaxEndReason rang, silent;
} codes[] = {
	{ 486, CUSAX_END_BUSY, CUSAX_END_BUSY },
	{ 600, CUSAX_END_BUSY, CUSAX_END_BUSY },
	{ 603, CUSAX_END_DECLINED, CUSAX_END_DECLINED },
	{ 480, CUSAX_END_NO_ANSWER, CUSAX_END_UNREACHABLE },
	{ 408, CUSAX_END_NO_ANSWER, CUSAX_END_UNREACHABLE },
	{ 404, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND },
	{ 604, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND },
	{ 403, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN },
	{ 487, CUSAX_END_CANCELLED, CUSAX_END_CANCELLED },
	{ 488, CUSAX_END_FAILED, CUSAX_END_FAILED },
	{ 302, CUSAX_END_REFUSED_BY_POLICY, CUSAX_END_REFUSED_BY_POLICY },
	{ 500, CUSAX_END_FAILED, CUSAX_END_FAILED },
	{ 699, CUSAX_END_FAILED, CUSAX_END_FAILED },
};

static void test_codes(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
		g_assert_cmpint(cusax_sip_end_reason(codes[i].code, TRUE), ==, codes[i].rang);
		g_assert_cmpint(cusax_sip_end_reason(codes[i].code, FALSE), ==, codes[i].silent);
	}
	g_assert_cmpint(cusax_sip_error_code(486), ==, CUSAX_ERROR_BUSY);
	g_assert_cmpint(cusax_sip_error_code(404), ==, CUSAX_ERROR_NOT_FOUND);
	g_assert_cmpint(cusax_sip_error_code(599), ==, CUSAX_ERROR_FAILED);
	for (guint code = 300; code < 700; code++)
		g_assert_nonnull(cusax_sip_phrase(code));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(call_info); i++) {
		g_autofree char *path =
			g_strdup_printf("/sip/headers/C63: Call-Info/%s", call_info[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_call_info);
	}
	g_test_add_func("/sip/headers/C63: Call-Info/limits", test_call_info_limits);
	for (guint i = 0; i < G_N_ELEMENTS(jids); i++) {
		g_autofree char *path = g_strdup_printf("/sip/headers/C71: xmpp URI/%u", i);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_xmpp_uri);
	}
	for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
		g_autofree char *path = g_strdup_printf("/sip/headers/Reason/%u", i);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_reason);
	}
	g_test_add_func("/sip/headers/text is one clean line", test_text);
	g_test_add_func("/sip/headers/anonymous callers", test_anonymous);
	g_test_add_func("/sip/headers/keys in INFO", test_dtmf);
	g_test_add_func("/sip/headers/status codes", test_codes);
	return g_test_run();
}

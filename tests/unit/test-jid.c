/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preparation of JIDs: what is accepted, what becomes of it, what is equal (R3). */
/* Test program. */
#include "daemon/base/jid.h"

#include <string.h>

#include "daemon/base/error.h"
#include "tests/unit/rows.h"

typedef struct {
	const char *name;
	const char *text;
	const char *jid; /* NULL: refused */
} Row;

/* clang-format off */
static const Row rows[] = {
	{ "a bare JID", "alice@xmpp.test", "alice@xmpp.test" },
	{ "a full JID", "alice@xmpp.test/Phone", "alice@xmpp.test/Phone" },
	{ "a domain", "xmpp.test", "xmpp.test" },
	{ "a domain with resource", "xmpp.test/x", "xmpp.test/x" },
	{ "letters are folded before the slash only", "ALICE@XMPP.Test/Phone", "alice@xmpp.test/Phone" },
	{ "@ and slash belong to the resource", "alice@xmpp.test/a/b@c", "alice@xmpp.test/a/b@c" },
	{ "umlauts are folded", "JÜRGEN@xmpp.test", "jürgen@xmpp.test" },
	{ "sharp s becomes ss", "straße@xmpp.test", "strasse@xmpp.test" },
	{ "full-width letters are normalised", "\xef\xbd\x81lice@xmpp.test", "alice@xmpp.test" },
	{ "a combining accent is composed", "e\xcc\x81@xmpp.test", "\xc3\xa9@xmpp.test" },
	{ "a zero-width space is dropped", "al\xe2\x80\x8bice@xmpp.test", "alice@xmpp.test" },
	{ "a soft hyphen is dropped", "al\xc2\xadice@xmpp.test", "alice@xmpp.test" },
	{ "Cyrillic stays another letter", "\xd0\xb0lice@xmpp.test", "\xd0\xb0lice@xmpp.test" },
	{ "an international domain", "a@BÜCHER.test", "a@bücher.test" },
	{ "the same in its ASCII form", "a@xn--bcher-kva.test", "a@bücher.test" },
	{ "an ideographic full stop is a dot", "a@xmpp\xe3\x80\x82test", "a@xmpp.test" },
	{ "a final dot goes", "alice@xmpp.test.", "alice@xmpp.test" },
	{ "an IPv4 address", "alice@127.0.0.1", "alice@127.0.0.1" },
	{ "an IPv6 address has one form", "alice@[0:0:0:0:0:0:0:1]", "alice@[::1]" },
	{ "emoji in a resource", "alice@xmpp.test/\xf0\x9f\x93\xb1", "alice@xmpp.test/\xf0\x9f\x93\xb1" },
	{ "an xmpp URI", "xmpp:alice@xmpp.test", "alice@xmpp.test" },
	{ "an xmpp URI in capitals", "XMPP:Alice@XMPP.TEST", "alice@xmpp.test" },
	{ "C75: a URI with ?join", "xmpp:room@muc.test?join", "room@muc.test" },
	{ "a URI with a fragment", "xmpp:alice@xmpp.test#x", "alice@xmpp.test" },
	{ "a URI with escapes", "xmpp:j%C3%BCrgen@xmpp.test/a%20b", "jürgen@xmpp.test/a b" },
	{ "a URI with an account before it", "xmpp://me@xmpp.test/alice@xmpp.test", "alice@xmpp.test" },
	{ "an escape is no URI escape in a JID", "a%41@xmpp.test", "a%41@xmpp.test" },

	{ "nothing", NULL, NULL },
	{ "empty", "", NULL },
	{ "no local part", "@xmpp.test", NULL },
	{ "no domain", "alice@", NULL },
	{ "no resource after the slash", "alice@xmpp.test/", NULL },
	{ "only a slash", "/", NULL },
	{ "two @", "alice@bob@xmpp.test", NULL },
	{ "a blank in the local part", "al ice@xmpp.test", NULL },
	{ "a blank before it", " alice@xmpp.test", NULL },
	{ "a quote in the local part", "al\"ice@xmpp.test", NULL },
	{ "an ampersand in the local part", "al&ice@xmpp.test", NULL },
	{ "a bracket in the local part", "<alice@xmpp.test>", NULL },
	{ "a control in the local part", "al\x01ice@xmpp.test", NULL },
	{ "a line feed in the resource", "alice@xmpp.test/a\nb", NULL },
	{ "a direction override", "alice@xmpp.test/\xe2\x80\xae""b", NULL },
	{ "mixed directions", "a\xd7\x90@xmpp.test", NULL },
	{ "invalid UTF-8 in the local part", "al\xff@xmpp.test", NULL },
	{ "invalid UTF-8 in the domain", "alice@x\xff.test", NULL },
	{ "invalid UTF-8 in the resource", "alice@xmpp.test/\xff", NULL },
	{ "an empty label", "alice@xmpp..test", NULL },
	{ "a dot before the domain", "alice@.test", NULL },
	{ "only a dot", "alice@.", NULL },
	{ "a bad character in the domain", "alice@xmpp_test", NULL },
	{ "a hyphen at the start of a label", "alice@-xmpp.test", NULL },
	{ "a bad IPv6 address", "alice@[::g]", NULL },
	{ "an open bracket", "alice@[::1", NULL },
	{ "an xmpp URI without target", "xmpp:", NULL },
	{ "an xmpp URI with an authority only", "xmpp://alice@xmpp.test", NULL },
	{ "an escaped NUL", "xmpp:alice%00@xmpp.test", NULL },
	{ "an escaped NUL in the domain", "xmpp:alice@xmpp%00.test", NULL },
	{ "an escaped NUL in the resource", "xmpp:alice@xmpp.test/%00", NULL },
	{ "a bad escape", "xmpp:al%zzice@xmpp.test", NULL },
	{ "an escaped @ makes no second part", "xmpp:alice%40evil.test@xmpp.test", NULL },
	{ "a SIP URI", "sip:alice@sip.test", NULL },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(row->text, &error);
	g_autofree char *again = NULL, *uri = NULL, *back = NULL;

	g_assert_cmpstr(jid, ==, row->jid);
	if (!row->jid) {
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT);
		return;
	}
	g_assert_no_error(error);
	/* Prepared is prepared; and its URI leads back to it and can stand in a header. */
	again = cusax_jid_prepare(jid, NULL);
	g_assert_cmpstr(again, ==, jid);
	uri = cusax_jid_to_uri(jid);
	g_assert_true(g_str_is_ascii(uri));
	g_assert_null(strpbrk(uri, " <>\",;\r\n?#"));
	back = cusax_jid_prepare(uri, NULL);
	g_assert_cmpstr(back, ==, jid);
}

static void test_lengths(void)
{
	g_autofree char *most = g_strnfill(1023, 'a'), *more = g_strnfill(1024, 'a');
	g_autofree char *huge = g_strnfill(100000, 'a');
	g_autofree char *label = g_strnfill(64, 'a');
	g_autofree char *local = g_strconcat(most, "@xmpp.test", NULL);
	g_autofree char *long_local = g_strconcat(more, "@xmpp.test", NULL);
	g_autofree char *long_label = g_strconcat("a@", label, ".test", NULL);
	g_autofree char *resource = g_strconcat("a@xmpp.test/", more, NULL);
	g_autofree char *domain = g_strconcat("a@", more, NULL);
	g_autofree char *ok = cusax_jid_prepare(local, NULL);
	GString *labels = g_string_new("a@a");
	g_autofree char *many = NULL;

	for (guint i = 0; i < 127; i++)
		g_string_append(labels, ".a");
	many = g_string_free(labels, FALSE);
	g_assert_cmpstr(ok, ==, local);
	g_assert_null(cusax_jid_prepare(long_local, NULL));
	g_assert_null(cusax_jid_prepare(long_label, NULL));
	g_assert_null(cusax_jid_prepare(resource, NULL));
	g_assert_null(cusax_jid_prepare(domain, NULL));
	g_assert_null(cusax_jid_prepare(many, NULL));
	g_assert_null(cusax_jid_prepare(huge, NULL));
}

static void test_parts(void)
{
	g_autofree char *bare = cusax_jid_bare("a@b/c/d@e");
	g_autofree char *domain = cusax_jid_domain("a@b/c@d");
	g_autofree char *plain = cusax_jid_domain("b/c@d");
	g_autofree char *uri = cusax_jid_to_uri("a'b@[::1]/c d");

	g_assert_cmpstr(bare, ==, "a@b");
	g_assert_cmpstr(domain, ==, "b");
	g_assert_cmpstr(plain, ==, "b");
	g_assert_cmpstr(cusax_jid_resource("a@b/c/d"), ==, "c/d");
	g_assert_cmpstr(cusax_jid_resource("a@b"), ==, "");
	g_assert_cmpstr(uri, ==, "xmpp:a%27b@[::1]/c%20d");
}

static void test_equal(void)
{
	g_assert_true(cusax_jid_equal_bare("a@b", "a@b/c"));
	g_assert_true(cusax_jid_equal_bare("a@b/d", "a@b/c"));
	g_assert_false(cusax_jid_equal_bare("a@b", "a@bb"));
	g_assert_false(cusax_jid_equal_bare("a@bb/c", "a@b"));
	g_assert_false(cusax_jid_equal_bare("a@b", "b@b"));
	g_assert_false(cusax_jid_equal_bare("a@b", NULL));
	g_assert_false(cusax_jid_equal_bare(NULL, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/jid", rows, test_row);
	g_test_add_func("/jid/lengths are limited", test_lengths);
	g_test_add_func("/jid/parts", test_parts);
	g_test_add_func("/jid/equal but for the resource", test_equal);
	return g_test_run();
}

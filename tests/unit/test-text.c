/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text from others: what of it may be shown (R3). */
/* Test program. */
#include "daemon/base/text.h"

#include <string.h>

#include "tests/unit/rows.h"

typedef struct {
	const char *name;
	const char *text;
	gsize max;
	const char *line;
	const char *body;
} Row;

/* clang-format off */
static const Row rows[] = {
	{ "plain text", "Bob", 99, "Bob", "Bob" },
	{ "nothing", NULL, 99, "", "" },
	{ "letters of every script", "Zoë Łukasz 東京 עברית", 99, "Zoë Łukasz 東京 עברית", "Zoë Łukasz 東京 עברית" },
	{ "white space is collapsed in lines", "  a \t b\r\n\n c  ", 99, "a b c", "  a \t b\n\n c  " },
	{ "odd spaces are spaces", "a\xc2\xa0\xe2\x80\x83\xe3\x80\x80""b\xe2\xa0\x80", 99, "a b", "a\xc2\xa0\xe2\x80\x83\xe3\x80\x80""b\xe2\xa0\x80" },
	{ "every line end", "a\rb\x0b""c\x0c""d\xc2\x85""e\xe2\x80\xa8""f\xe2\x80\xa9g", 99, "a b c d e f g", "a\nb\nc\nd\ne\nf\ng" },
	{ "C0 controls go", "a\x01\x1b[31m\x7f""b", 99, "a[31mb", "a[31mb" },
	{ "C1 controls go", "a\xc2\x9b""31mb", 99, "a31mb", "a31mb" },
	{ "overrides of direction go", "a\xe2\x80\xae""b\xe2\x80\xac\xe2\x81\xa6""c\xe2\x81\xa9", 99, "abc", "abc" },
	{ "marks of direction stay in bodies", "a\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c""b", 99, "ab", "a\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c""b" },
	{ "zero width goes", "a\xe2\x80\x8b\xef\xbb\xbf\xe2\x81\xa0""b", 99, "ab", "ab" },
	{ "joiners stay in bodies", "a\xe2\x80\x8c\xe2\x80\x8d""b", 99, "ab", "a\xe2\x80\x8c\xe2\x80\x8d""b" },
	{ "soft hyphens go from lines", "a\xc2\xad""b", 99, "ab", "a\xc2\xad""b" },
	{ "fillers go from lines", "a\xe3\x85\xa4\xe1\x85\x9f\xe1\x85\xa0\xef\xbe\xa0\xcd\x8f\xe1\x9e\xb4\xe1\x9e\xb5""b", 99, "ab", "a\xe3\x85\xa4\xe1\x85\x9f\xe1\x85\xa0\xef\xbe\xa0\xcd\x8f\xe1\x9e\xb4\xe1\x9e\xb5""b" },
	{ "Mongolian selectors go from lines", "a\xe1\xa0\x8b\xe1\xa0\x8c\xe1\xa0\x8d\xe1\xa0\x8f""b", 99, "ab", "a\xe1\xa0\x8b\xe1\xa0\x8c\xe1\xa0\x8d\xe1\xa0\x8f""b" },
	{ "tags go", "a\xf3\xa0\x80\x81\xf3\xa0\x81\xa1""b", 99, "ab", "ab" },
	{ "annotations go", "a\xef\xbf\xb9""b", 99, "ab", "ab" },
	{ "noncharacters go", "a\xef\xbf\xbf\xef\xb7\x90""b", 99, "ab", "ab" },
	{ "emoji stay", "\xf0\x9f\x98\x80", 99, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	{ "invalid UTF-8 is replaced", "a\xff""b", 99, "a\xef\xbf\xbd""b", "a\xef\xbf\xbd""b" },
	{ "an encoded surrogate is replaced", "\xed\xa0\x80", 1, "…", "…" },
	{ "as long as allowed", "abcd", 4, "abcd", "abcd" },
	{ "cut with an ellipsis", "abcde", 4, "abc…", "abc…" },
	{ "characters are counted, not bytes", "äöüß", 4, "äöüß", "äöüß" },
	{ "one character", "ab", 1, "…", "…" },
	{ "no character", "ab", 0, "", "" },
	{ "nothing but what goes", "\xe2\x80\x8b\x01", 99, "", "" },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_autofree char *line = cusax_text_line(row->text, row->max);
	g_autofree char *body = cusax_text_body(row->text, row->max);

	g_assert_cmpstr(line, ==, row->line);
	g_assert_cmpstr(body, ==, row->body);
}

static gboolean is_bad(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT ||
	       type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

/* R3: two thousand names made of anything: no control, no direction control, no second line. */
static void test_anything(void)
{
	for (guint turn = 0; turn < 2000; turn++) {
		char bytes[257];
		gsize length = g_test_rand_int_range(0, 257);
		g_autofree char *line = NULL;
		gboolean wide = turn & 1;
		g_autoptr(GString) text = g_string_new(NULL);

		for (gsize i = 0; i < length; i++) {
			bytes[i] = g_test_rand_int_range(1, 256);
			if (wide)
				g_string_append_unichar(text, g_test_rand_int_range(1, 0xd800));
		}
		bytes[MIN(length, 256)] = '\0';
		line = cusax_text_line(wide ? text->str : bytes, CUSAX_TEXT_NAME_MAX);
		g_assert_true(g_utf8_validate(line, -1, NULL));
		g_assert_cmpint(g_utf8_strlen(line, -1), <=, CUSAX_TEXT_NAME_MAX);
		for (const char *at = line; *at; at = g_utf8_next_char(at))
			g_assert_false(is_bad(g_utf8_get_char(at)));
		g_assert_null(strstr(line, "  "));
	}
}

static void test_huge(void)
{
	g_autofree char *huge = g_strnfill(65536, 'a');
	g_autofree char *line = cusax_text_line(huge, 10);

	g_assert_cmpstr(line, ==, "aaaaaaaaa…");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/text", rows, test_row);
	g_test_add_func("/text/two thousand names of anything", test_anything);
	g_test_add_func("/text/64 KiB are cut", test_huge);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text from others made safe to show. */
/* Usable from any thread. */
#include "daemon/base/text.h"

#include <string.h>

#define ELLIPSIS "…"

static gboolean is_noncharacter(gunichar c)
{
	return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

/* Characters that are drawn as nothing although they are no format characters. */
static gboolean is_blank_letter(gunichar c)
{
	switch (c) {
	case 0x034f: /* combining grapheme joiner */
	case 0x115f: /* Hangul fillers */
	case 0x1160:
	case 0x3164:
	case 0xffa0:
	case 0x17b4: /* Khmer inherent vowels */
	case 0x17b5:
	case 0x180b: /* Mongolian selectors */
	case 0x180c:
	case 0x180d:
	case 0x180f:
		return TRUE;
	}
	return c >= 0xe0000 && c <= 0xe0fff; /* tags, selectors and what may become such */
}

static gboolean is_line_end(gunichar c)
{
	return c == '\n' || c == '\r' || c == 0x0b || c == 0x0c || c == 0x85 || c == 0x2028 ||
	       c == 0x2029;
}

static gboolean is_white(gunichar c)
{
	return c == '\t' || is_line_end(c) || g_unichar_type(c) == G_UNICODE_SPACE_SEPARATOR ||
	       c == 0x2800; /* a braille pattern without dots */
}

static gboolean is_control(gunichar c)
{
	return g_unichar_type(c) == G_UNICODE_CONTROL || is_noncharacter(c);
}

static gboolean is_hidden_in_line(gunichar c)
{
	return is_control(c) || g_unichar_type(c) == G_UNICODE_FORMAT || is_blank_letter(c);
}

static gboolean is_hidden_in_body(gunichar c)
{
	return is_control(c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0x200b || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

gsize cusax_text_plain(const char *text, gsize length)
{
	gsize n = 0;

	while (n < length && text[n] >= 0x20 && text[n] < 0x7f)
		n++;
	return n;
}

/* Leaves max_chars characters, the last an ellipsis, where there are more. */
static char *cut(GString *text, gsize max_chars)
{
	if ((gsize)g_utf8_strlen(text->str, text->len) > max_chars) {
		const char *end =
			g_utf8_offset_to_pointer(text->str, max_chars ? max_chars - 1 : 0);

		g_string_truncate(text, end - text->str);
		if (max_chars)
			g_string_append(text, ELLIPSIS);
	}
	return g_string_free(text, FALSE);
}

/* One line already: printable ASCII, and spaces only one at a time between words. */
static gboolean is_plain_line(const char *text, gsize length)
{
	return cusax_text_plain(text, length) == length && !strstr(text, "  ") &&
	       (length == 0 || (text[0] != ' ' && text[length - 1] != ' '));
}

char *cusax_text_line(const char *text, gsize max_chars)
{
	gsize length = text ? strlen(text) : 0;
	g_autofree char *valid = NULL;
	gboolean gap = FALSE;
	GString *line;

	if (length <= max_chars && is_plain_line(text ? text : "", length))
		return g_strdup(text ? text : "");
	valid = g_utf8_make_valid(text, -1);
	line = g_string_new(NULL);

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (is_white(c)) {
			gap = line->len > 0;
			continue;
		}
		if (is_hidden_in_line(c))
			continue;
		if (gap)
			g_string_append_c(line, ' ');
		gap = FALSE;
		g_string_append_unichar(line, c);
	}
	return cut(line, max_chars);
}

char *cusax_text_body(const char *text, gsize max_chars)
{
	gsize length = text ? strlen(text) : 0;
	g_autofree char *valid = NULL;
	GString *body;

	if (length <= max_chars && cusax_text_plain(text, length) == length)
		return g_strdup(text ? text : "");
	valid = g_utf8_make_valid(text, -1);
	body = g_string_new(NULL);
	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (c == '\r' && at[1] == '\n')
			continue;
		if (is_line_end(c))
			g_string_append_c(body, '\n');
		else if (c == '\t' || !is_hidden_in_body(c))
			g_string_append_unichar(body, c);
	}
	return cut(body, max_chars);
}

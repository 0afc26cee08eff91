/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a proxy can make sense of in an answer to a request that cannot be read: the headers that lead
 * back, as they stand (RFC 3261 §8.2.6.2). */
/* Pure; usable from any thread. */
#include "services/sip/malformed.h"

#include <string.h>

#define MAX_HEAD  16384
#define MAX_LINES 64

static const char *const names[] = { "via", "v", "from", "f", "to", "t", "call-id", "i", "cseq" };

static gboolean is_echoed(const char *line, gboolean *ret_via)
{
	gsize length = strcspn(line, ": \t");

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strlen(names[i]) != length || g_ascii_strncasecmp(line, names[i], length) != 0)
			continue;
		*ret_via |= i < 2;
		return TRUE;
	}
	return FALSE;
}

/* "SIP/2.0" at the end of a request line is what we speak. */
static gboolean is_other_version(const char *line)
{
	const char *version = g_strrstr(line, " SIP/");

	return version && g_ascii_isdigit(version[5]) && !g_str_has_prefix(version, " SIP/2.0");
}

static gboolean is_request(const char *line)
{
	return *line && !g_ascii_isspace(*line) && !g_str_has_prefix(line, "SIP/") &&
	       !g_str_has_prefix(line, "ACK ") && strchr(line, ' ') && strstr(line, "SIP/");
}

char *cusax_malformed_answer(const char *data, gsize length)
{
	g_autofree char *head = g_strndup(data, MIN(length, MAX_HEAD));
	g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
	GString *answer = g_string_new(NULL);
	gboolean echoing = FALSE, via = FALSE;
	guint n = 0;

	if (!lines[0] || !is_request(lines[0])) {
		g_string_free(answer, TRUE);
		return NULL;
	}
	g_string_append(answer, is_other_version(lines[0]) ? "SIP/2.0 505 Version Not Supported\r\n"
							   : "SIP/2.0 400 Bad Request\r\n");
	for (guint i = 1; lines[i] && *lines[i] && n < MAX_LINES; i++) {
		/* A line that begins with white space goes on with the one before. */
		if (!g_ascii_isspace(*lines[i]))
			echoing = is_echoed(lines[i], &via);
		if (!echoing)
			continue;
		g_string_append_printf(answer, "%s\r\n", lines[i]);
		n++;
	}
	g_string_append(answer, "Content-Length: 0\r\n\r\n");
	return g_string_free(answer, !via);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a voice mailbox says of itself. */
/* Pure functions; any thread. */
#include "services/sip/message-summary.h"

#include <string.h>

#define MAX_LINES 64

void cusax_message_summary_clear(CusaxMessageSummary *summary)
{
	g_clear_pointer(&summary->account, g_free);
}

/* Digits, at most as many as fit; *text is moved behind them. */
static gboolean take_number(const char **text, guint *ret)
{
	guint64 number = 0;
	const char *at = *text;

	while (*at == ' ' || *at == '\t')
		at++;
	if (!g_ascii_isdigit(*at))
		return FALSE;
	for (; g_ascii_isdigit(*at); at++)
		number = MIN(number * 10 + (guint)(*at - '0'), CUSAX_MAX_VOICE_MESSAGES);
	while (*at == ' ' || *at == '\t')
		at++;
	*ret = (guint)number;
	*text = at;
	return TRUE;
}

/* "2/8 (0/2)": new, old; the urgent ones among them are told no further. */
static gboolean read_counts(const char *value, CusaxMessageSummary *summary)
{
	guint fresh, old;

	if (!take_number(&value, &fresh) || *value++ != '/' || !take_number(&value, &old) ||
	    (*value != '\0' && *value != '('))
		return FALSE;
	summary->fresh = fresh;
	summary->old = old;
	return TRUE;
}

/* "Name: value" with the name as given; NULL: another line. Changes line. */
static const char *value_of(char *line, const char *name)
{
	gsize length = strlen(name);

	if (g_ascii_strncasecmp(line, name, length) != 0)
		return NULL;
	line += length;
	while (*line == ' ' || *line == '\t')
		line++;
	return *line == ':' ? g_strstrip(line + 1) : NULL;
}

gboolean cusax_message_summary_parse(const char *body, gsize length, CusaxMessageSummary *ret)
{
	g_autofree char *text = g_strndup(body, length);
	g_auto(GStrv) lines = g_strsplit(text, "\n", MAX_LINES);
	g_auto(CusaxMessageSummary) summary = { 0 };
	gboolean waiting = FALSE, told = FALSE, counted = FALSE;

	/* What follows an empty line are headers of single messages. */
	for (guint i = 0; lines[i] && *g_strstrip(lines[i]); i++) {
		const char *value;

		if ((value = value_of(lines[i], "Messages-Waiting"))) {
			waiting = g_ascii_strcasecmp(value, "yes") == 0;
			told = waiting || g_ascii_strcasecmp(value, "no") == 0;
		} else if ((value = value_of(lines[i], "Message-Account")) && !summary.account) {
			summary.account = g_strdup(value);
		} else if ((value = value_of(lines[i], "Voice-Message"))) {
			counted = read_counts(value, &summary);
		}
	}
	if (!told)
		return FALSE;
	if (!counted)
		summary.fresh = waiting;
	*ret = summary;
	summary.account = NULL;
	return TRUE;
}

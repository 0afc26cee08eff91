/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of numbers and addresses as people write them. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/number-list.h"

#include <string.h>

/* `*` and `?`, letters of either case alike; linear in the product of the lengths. */
static gboolean matches(const char *pattern, const char *text)
{
	const char *star = NULL, *mark = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			mark = text;
		} else if (*pattern == '?' ||
			   (*pattern && g_ascii_tolower(*pattern) == g_ascii_tolower(*text))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++mark;
		} else {
			return FALSE;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* Numbers in lists are written as people write them. */
static char *plain_pattern(const char *pattern)
{
	GString *plain;

	if (*pattern != '+' && *pattern != '(' && !g_ascii_isdigit(*pattern))
		return g_strdup(pattern);
	if (strchr(pattern, '@'))
		return g_strdup(pattern);
	plain = g_string_new(NULL);
	for (; *pattern; pattern++) {
		if (!strchr(" -.()/", *pattern))
			g_string_append_c(plain, *pattern);
	}
	return g_string_free(plain, FALSE);
}

gboolean cusax_number_list_has(const char *const *list, const CusaxNumber *number)
{
	const char *forms[] = {
		number->key,     number->key ? strchr(number->key, ':') + 1 : NULL,
		number->address, number->address ? strchr(number->address, ':') + 1 : NULL,
		number->e164,    number->digits,
	};

	for (; list && *list; list++) {
		g_autofree char *pattern = plain_pattern(*list);

		for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
			if (forms[i] && matches(pattern, forms[i]))
				return TRUE;
		}
	}
	return FALSE;
}

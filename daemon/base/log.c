/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structured logging to the journal or to stderr. */
/* Usable from any thread. */
#include "daemon/base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static GLogLevelFlags threshold = G_LOG_LEVEL_MESSAGE;
static gboolean to_journal;

/* GLib orders levels by bit: error is the lowest bit, debug the highest. */
static gboolean is_written(GLogLevelFlags level)
{
	return (level & G_LOG_LEVEL_MASK) <= threshold;
}

static GLogWriterOutput write_line(GLogLevelFlags level, const GLogField *fields, gsize n_fields,
				   G_GNUC_UNUSED gpointer data)
{
	const char *message = "", *domain = "glib", *object = NULL;
	g_autoptr(GDateTime) now = NULL;
	g_autofree char *stamp = NULL;

	if (!is_written(level))
		return G_LOG_WRITER_HANDLED;
	if (to_journal)
		return g_log_writer_journald(level, fields, n_fields, NULL);
	for (gsize i = 0; i < n_fields; i++) {
		if (strcmp(fields[i].key, "MESSAGE") == 0)
			message = fields[i].value;
		else if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
			domain = fields[i].value;
		else if (strcmp(fields[i].key, "CUSAX_OBJECT") == 0)
			object = fields[i].value;
	}
	now = g_date_time_new_now_utc();
	stamp = g_date_time_format(now, "%H:%M:%S.%f");
	fprintf(stderr, "%.12s %s%s%s%s: %s\n", stamp, domain, object ? " [" : "",
		object ? object : "", object ? "]" : "", message);
	return G_LOG_WRITER_HANDLED;
}

void cusax_log(const char *domain, GLogLevelFlags level, const char *id, const char *format, ...)
{
	g_autofree char *message = NULL;
	g_autofree char *full_domain = NULL;
	GLogField fields[3];
	gsize n = 0;
	va_list args;

	if (!is_written(level))
		return;
	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	full_domain = g_strconcat("cusax-", domain, NULL);
	fields[n++] = (GLogField){ "MESSAGE", message, -1 };
	fields[n++] = (GLogField){ "GLIB_DOMAIN", full_domain, -1 };
	if (id)
		fields[n++] = (GLogField){ "CUSAX_OBJECT", id, -1 };
	g_log_structured_array(level, fields, n);
}

void cusax_log_init(GLogLevelFlags level)
{
	threshold = level;
	to_journal = g_log_writer_is_journald(STDERR_FILENO);
	g_log_set_writer_func(write_line, NULL, NULL);
}

gboolean cusax_log_is_debug(void)
{
	return is_written(G_LOG_LEVEL_DEBUG);
}

char *cusax_log_address(const char *address)
{
	const char *at, *local;
	gsize length;

	if (!address || !*address)
		return g_strdup("-");
	at = strchr(address, '@');
	if (at) {
		local = strchr(address, ':') && strchr(address, ':') < at ? strchr(address, ':') + 1
									  : address;
		return g_strdup_printf("%.*s%.*s…%s", (int)(local - address), address,
				       g_utf8_validate(local, -1, NULL)
					       ? (int)(g_utf8_next_char(local) - local)
					       : 1,
				       local, at);
	}
	length = strlen(address);
	if (length <= 6 || !g_str_is_ascii(address))
		return g_strdup("…");
	return g_strdup_printf("%.3s…%s", address, address + length - 2);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structured logging: one wrapper, one domain per layer, nothing secret. */
/* Usable from any thread. */
#pragma once

#include <glib.h>

/* A file defines CUSAX_LOG_DOMAIN ("core", "xmpp", "sip", "media", "bus", "secret", "store", "book") before
 * it includes this. Levels: error in our own logic = g_warning() or g_critical() (tests make them
 * fatal); network trouble = notice; what a user may want to read = info; protocol = debug.
 * Never a secret, never a message body; addresses through cusax_log_address(). */
#ifndef CUSAX_LOG_DOMAIN
#define CUSAX_LOG_DOMAIN "core"
#endif

#define cusax_notice(id, ...) cusax_log(CUSAX_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, (id), __VA_ARGS__)
#define cusax_info(id, ...)   cusax_log(CUSAX_LOG_DOMAIN, G_LOG_LEVEL_INFO, (id), __VA_ARGS__)
#define cusax_debug(id, ...)  cusax_log(CUSAX_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, (id), __VA_ARGS__)

/* Writes one line. id: the account, call or other object concerned, or NULL; becomes the journal
 * field CUSAX_OBJECT and a prefix on a terminal. */
void cusax_log(const char *domain, GLogLevelFlags level, const char *id, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* Installs our writer (journal if stderr is the journal, else lines on stderr). level: the least
 * severe level written. Call once per process, before any thread starts. */
void cusax_log_init(GLogLevelFlags level);

/* TRUE where debug lines are written, so that costly arguments can be saved. */
gboolean cusax_log_is_debug(void);

/* An address shortened for the log: "a…@xmpp.test", "+33…34". Free with g_free(). */
char *cusax_log_address(const char *address);

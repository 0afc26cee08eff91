/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text from others made safe to show. */
/* Usable from any thread. */
#pragma once

#include <glib.h>

/* How many bytes at the start of text (length bytes) are printable ASCII: most text from others is no
 * more, and is safe as it is. */
gsize cusax_text_plain(const char *text, gsize length);

/* One line for names, subjects, reasons: valid UTF-8; no C0 or C1 control, no bidirectional control,
 * no zero-width or other invisible format character; white space of every kind collapsed to single
 * spaces, none at the ends; at most max_chars characters, the last one an ellipsis where text was
 * cut. NULL gives "". Free with g_free(). */
char *cusax_text_line(const char *text, gsize max_chars);

/* The same for message bodies, which keep line feeds, tabs, runs of spaces and the joiners and
 * direction marks that scripts and emoji need; overrides and embeddings of direction go. CR LF becomes LF. */
char *cusax_text_body(const char *text, gsize max_chars);

/* What names are cut to. */
#define CUSAX_TEXT_NAME_MAX 128

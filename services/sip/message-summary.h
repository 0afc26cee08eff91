/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a voice mailbox says of itself: application/simple-message-summary (RFC 3842). */
/* Pure functions; any thread. */
#pragma once

#include <glib.h>

#define CUSAX_MAX_VOICE_MESSAGES 999999

typedef struct {
	guint fresh, old; /* voice messages; where only "yes" is said, one that is fresh */
	char *account;    /* URI of the mailbox, NULL: not told */
} CusaxMessageSummary;

void cusax_message_summary_clear(CusaxMessageSummary *summary);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxMessageSummary, cusax_message_summary_clear)

/* FALSE where it is not a summary; then nothing is to be freed. */
gboolean cusax_message_summary_parse(const char *body, gsize length, CusaxMessageSummary *ret);

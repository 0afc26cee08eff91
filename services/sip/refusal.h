/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a refusal says, as a sentence for a person (C89). */
/* Usable from any thread. */
#pragma once

#include <glib.h>

struct sip_msg;

/* What the other side gives as the cause, in its own words: the text of Reason (RFC 3326), else of
 * Warning (RFC 3261 §20.43), else a reason phrase that is not the usual one of its code. One safe
 * line, free with g_free(); NULL where it says nothing of its own. */
char *cusax_sip_refusal_cause(const struct sip_msg *msg);

/* The sentence for a final response >= 300. own, other: the domains of the service that was asked and
 * of the one called; other is NULL inside one domain. cause: as above, may be NULL. Free with
 * g_free(). */
char *cusax_sip_refusal_text(guint code, const char *own, const char *other, const char *cause);

/* Both, where domains play no part. */
char *cusax_sip_refusal_words(const struct sip_msg *msg);

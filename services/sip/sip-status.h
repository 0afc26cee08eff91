/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP status codes in our vocabulary (RFC 3261 §21). */
/* Pure; usable from any thread. */
#pragma once

#include "daemon/base/error.h"
#include "daemon/base/types.h"

/* Why an outgoing call ended with this final response. rang: the other side was heard of before. */
CusaxEndReason cusax_sip_end_reason(guint code, gboolean rang);

/* What a refused request means as an error. */
CusaxError cusax_sip_error_code(guint code);

/* What a final response means, in words for the person who asked, without a full stop; static, never
 * NULL. */
const char *cusax_sip_words(guint code);

/* TRUE where the phrase says no more than its code does. */
gboolean cusax_sip_is_usual_phrase(guint code, const char *phrase, gsize length);

/* The phrase for a code that we send; static, never NULL. */
const char *cusax_sip_phrase(guint code);

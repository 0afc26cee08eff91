/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers to messages that look like requests and cannot be read. */
/* The libre thread. */
#pragma once

#include <glib.h>

/* The answer to what could not be read as a request: 400, or 505 where it is of another version of
 * SIP (RFC 3261 §21.5.6). NULL where none is due: it is no request, an ACK, or says nothing of the way
 * back. Free with g_free(). */
char *cusax_malformed_answer(const char *data, gsize length);

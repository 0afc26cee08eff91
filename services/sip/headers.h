/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we read from and write into SIP headers, as text. */
/* Pure; usable from any thread. */
#pragma once

#include <glib.h>

#define CUSAX_SIP_MAX_IMPP 8

/* Adds to uris (char *, owned) the URIs of one Call-Info header value whose purpose is "impp" (RFC
 * 3261 §20.9, RFC 6993): comma lists, parameters in any order and case, quoted values. What is
 * malformed, too long (3 KiB) or too many (CUSAX_SIP_MAX_IMPP) is left out. */
void cusax_sip_read_call_info(const char *value, gsize length, GPtrArray *uris);

/* "xmpp:alice@xmpp.test" for a bare JID, escaped by RFC 5122 §2.3; free with g_free(). NULL where it
 * is not of the form "local@domain" or "domain". */
char *cusax_sip_xmpp_uri(const char *jid);

/* One line of valid UTF-8 without control characters, quotes and escapes of a quoted-string removed,
 * at most 256 bytes; free with g_free(). NULL for an empty one. */
char *cusax_sip_text(const char *text, gsize length);

/* What a Reason header says (RFC 3326): the protocol's word "SIP" and its cause, else 0; text may
 * come back NULL. Free *ret_text with g_free(). */
guint cusax_sip_read_reason(const char *value, gsize length, char **ret_text);

/* The text of the first entry of a Warning header (RFC 3261 §20.43), or NULL; free with g_free(). */
char *cusax_sip_read_warning(const char *value, gsize length);

/* TRUE where the caller asks not to be named: From by RFC 3323 §4.1.1.3, or a Privacy header value
 * (may be NULL) with "id", "user" or "header" (RFC 3323 §4.2, RFC 3325 §9.3). */
gboolean cusax_sip_is_anonymous(const char *user, const char *host, const char *privacy);

/* The key of an INFO body of type application/dtmf-relay ("Signal=5") or application/dtmf ("5"): one
 * of 0-9 * # A-D, else 0. */
char cusax_sip_read_dtmf(const char *body, gsize length);

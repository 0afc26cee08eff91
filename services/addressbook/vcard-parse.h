/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vCards as text: FN, TEL and the chat addresses of persons (RFC 2426, RFC 6350, RFC 4770). */
/* Pure functions: no state, any thread. */
#pragma once

#include "services/addressbook.h"

typedef struct {
	guint broken;  /* not closed, or of a version that is neither 3.0 nor 4.0 */
	guint surplus; /* beyond CUSAX_BOOK_MAX_ENTRIES */
} CusaxVcardCounts;

/* The entries (a new array of CusaxBookEntry that frees them) of length bytes, which need no end
 * mark and need not be text at all. Lines are unfolded; a line that is malformed, no UTF-8 or over
 * 8 KiB (a photo) is stepped over and its entry stays. Groups of persons (KIND:group) and entries
 * without a JID are left out. ret_counts may be NULL.
 *
 * Numbers: TEL as text or URI, X-SIP, IMPP of sip: and sips:. Chat addresses: IMPP of xmpp:,
 * X-JABBER. Types in any form (TYPE=a,b; TYPE="a,b"; TYPE=a;TYPE=b; bare words), in small letters;
 * PREF=1…100, or the type "pref" for 1. */
GPtrArray *cusax_vcard_parse(const char *text, gsize length, CusaxVcardCounts *ret_counts);

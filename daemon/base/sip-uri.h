/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strict reading of sip:, sips: and tel: URIs (RFC 3261 §19.1, §25.1, RFC 3966). */
/* Plain owned structs, usable from any thread. */
#pragma once

#include <glib.h>

typedef enum {
	CUSAX_SCHEME_SIP,
	CUSAX_SCHEME_SIPS,
	CUSAX_SCHEME_TEL,
} CusaxScheme;

/* What of a URI matters to us. A password, headers, `method`, `maddr`, `ttl` and unknown parameters
 * are checked for syntax and then left out: nothing that another side writes there may act. */
typedef struct {
	CusaxScheme scheme;
	char *user; /* sip: escapes undone, telephone parameters split off, NULL where there is none;
			* tel: the number without visual separators ("+33123456789", "4711") */
	char *host;          /* sip: lower case, no final dot, IPv6 in brackets; tel: NULL */
	guint16 port;        /* 0: not given */
	gboolean user_phone; /* user=phone */
	char *transport;     /* lower case, NULL where not given */
	char *phone_context; /* of a tel: URI or a user=phone user part; lower case, or NULL */
	char *extension;     /* ;ext= digits, or NULL */
	char *subaddress;    /* ;isub=, or NULL */
} CusaxSipUri;

/* The longest URI that is looked at, in bytes. */
#define CUSAX_SIP_URI_MAX 1024

/* NULL and CUSAX_ERROR_INVALID_ARGUMENT where text is not exactly one such URI: no spaces around it,
 * no angle brackets, no display name; control characters are refused escaped and bare. */
CusaxSipUri *cusax_sip_uri_parse(const char *text, GError **error);
CusaxSipUri *cusax_sip_uri_copy(const CusaxSipUri *uri);
void cusax_sip_uri_free(CusaxSipUri *uri);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxSipUri, cusax_sip_uri_free)

/* The URI written again from what was read: ASCII, every doubtful character escaped, safe in a
 * header, in a log and on a terminal. Free with g_free(). */
char *cusax_sip_uri_to_string(const CusaxSipUri *uri);

/* The address of record as text to compare with strcmp(): "sip:Bob@sip.test". The user keeps its
 * case, escapes are normalised, host is lower case, port and parameters play no part. sips: gives
 * the same key as sip:, because it names the same person (RFC 3261 §19.1). NULL for tel:, and
 * where there is no user. Free with g_free(). */
char *cusax_sip_uri_key(const CusaxSipUri *uri);

/* TRUE where the host is a name or address that may stand in a SIP URI. */
gboolean cusax_sip_host_is_valid(const char *host);

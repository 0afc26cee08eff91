/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XMPP addresses: preparation, parts, comparison, URIs (RFC 7622 / RFC 6122, RFC 5122). */
/* Usable from any thread. */
#pragma once

#include <glib.h>

/* The prepared form of a bare or full JID, the only form that may be compared or stored: nodeprep
 * for the local part, nameprep and IDNA for the domain, resourceprep for the resource. Takes also an
 * `xmpp:` URI (escapes undone, query dropped). Each part has at most 1023 bytes. Free with g_free();
 * NULL and CUSAX_ERROR_INVALID_ARGUMENT where the text is no JID. */
char *cusax_jid_prepare(const char *text, GError **error);

/* The functions below take prepared JIDs. */

/* The JID without its resource. Free with g_free(). */
char *cusax_jid_bare(const char *jid);

/* The resource, borrowed from jid; "" where there is none. */
const char *cusax_jid_resource(const char *jid);

/* The domain. Free with g_free(). */
char *cusax_jid_domain(const char *jid);

/* TRUE where both are the same but for the resource. NULL equals nothing. */
gboolean cusax_jid_equal_bare(const char *a, const char *b);

/* "xmpp:alice@xmpp.test": escaped as RFC 5122 §2.2 asks, so that it can stand in a header. Free with
 * g_free(). */
char *cusax_jid_to_uri(const char *jid);

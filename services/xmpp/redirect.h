/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a server sends its clients: <see-other-host/> (RFC 6120 §4.9.3.19). */
/* Pure functions: no state, any thread. */
#pragma once

#include "services/xmpp/stanza.h"

/* In a row, without a login between: a server that sends further is not followed. */
#define CUSAX_XMPP_MAX_REDIRECTS 3

/* The place that a <stream:error/> names: a host name, an IPv4 address or an IPv6 one in brackets,
 * with a port or without (0). FALSE: it names none, or none that is well-formed. It says nothing of
 * whom to believe: the certificate there must be the account's domain's as everywhere. */
gboolean cusax_xmpp_redirect_read(CusaxNode *error, char **ret_host, guint16 *ret_port);

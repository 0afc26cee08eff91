/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the servers of a domain are: SRV records (RFC 6120 §3.2.1, XEP-0368) or a setting. */
/* Main thread; the name server is asked by GResolver's workers. */
#pragma once

#include <gio/gio.h>

/* One place to connect to. Says nothing of the name to verify: that is always the domain. */
typedef struct {
	char *host;
	guint16 port;
	gboolean direct_tls; /* TLS first (XEP-0368), else STARTTLS */
	guint priority;
} CusaxXmppTarget;

CusaxXmppTarget *cusax_xmpp_target_new(const char *host, guint16 port, gboolean direct_tls);
void cusax_xmpp_target_free(CusaxXmppTarget *target);

/* The servers of domain, best first, at most ten: those of both kinds of records merged by
 * priority; the domain itself at the usual port where there are no records. direct_tls: that kind
 * alone. finish gives an array of CusaxXmppTarget. Errors: CUSAX_ERROR_NOT_CONNECTED where the
 * domain says that it has no such service; G_IO_ERROR_CANCELLED. */
void cusax_xmpp_resolve_async(const char *domain, gboolean direct_tls, GCancellable *cancellable,
			      GAsyncReadyCallback callback, gpointer data);
GPtrArray *cusax_xmpp_resolve_finish(GAsyncResult *result, GError **error);

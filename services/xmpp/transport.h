/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection to an XMPP server: TCP, then TLS, bytes in and out. */
/* Main thread; never blocks. */
#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

#include "services/xmpp/times.h"

/* None is called from inside a call of ours. Any may free the transport. */
typedef struct {
	/* TCP is up; with direct TLS, TLS is up as well. */
	void (*connected)(gpointer data);
	/* The handshake that cusax_xmpp_transport_start_tls() asked for is done, peer verified. */
	void (*secured)(gpointer data);
	void (*received)(const char *bytes, gsize length, gpointer data);
	/* It is over; the last call. CUSAX_ERROR_NOT_CONNECTED, CUSAX_ERROR_TIMEOUT, or an error of
	 * cusax_tls_handshake_error(). */
	void (*closed)(const GError *error, gpointer data);
} CusaxXmppTransportHandlers;

typedef struct CusaxXmppTransport CusaxXmppTransport;

/* host: the name that the certificate must carry. ctx: what TLS demands; a reference is taken. */
CusaxXmppTransport *cusax_xmpp_transport_new(const CusaxXmppTransportHandlers *handlers,
					     gpointer data, const char *host, SSL_CTX *ctx,
					     const CusaxXmppTimes *times);

/* Closes: what can be written at once is, then TLS's close_notify. No handler is called any more.
 * NULL is fine. */
void cusax_xmpp_transport_free(CusaxXmppTransport *transport);

/* Tries the targets (CusaxXmppTarget, taken) in order until TCP is up. */
void cusax_xmpp_transport_connect(CusaxXmppTransport *transport, GPtrArray *targets);

/* From received or later, on a connection without TLS. */
void cusax_xmpp_transport_start_tls(CusaxXmppTransport *transport);

/* Queues bytes: they go out together at the end of this turn of the loop. */
void cusax_xmpp_transport_write(CusaxXmppTransport *transport, const char *bytes, gsize length);

/* Bound at direct TLS or STARTTLS; NULL without TLS. Borrowed. */
SSL *cusax_xmpp_transport_ssl(CusaxXmppTransport *transport);
gboolean cusax_xmpp_transport_is_direct(CusaxXmppTransport *transport);

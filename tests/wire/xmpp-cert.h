/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates made when a test starts: an authority, and servers good and bad. */
/* Main thread. */
#pragma once

#include <glib.h>
#include <openssl/ssl.h>

typedef enum {
	XMPP_CERT_GOOD,
	XMPP_CERT_EXPIRED,
	XMPP_CERT_WRONG_NAME,
	XMPP_CERT_SELF_SIGNED,
} XmppCertKind;

/* The PEM file of the authority that signs; made once, removed by xmpp_cert_clear(). */
const char *xmpp_cert_ca_file(void);
/* A server context whose certificate names host. */
SSL_CTX *xmpp_cert_context(XmppCertKind kind, const char *host);
/* SHA-256 of that context's certificate in hex. */
char *xmpp_cert_fingerprint(SSL_CTX *ctx);
void xmpp_cert_clear(void);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an account's address and settings mean on the wire: who, to which host, how protected. */
/* Pure; usable from any thread. */
#pragma once

#include "daemon/base/error.h"
#include "daemon/base/settings.h"

typedef enum {
	CUSAX_SIP_UDP,
	CUSAX_SIP_TCP,
	CUSAX_SIP_TLS,
} CusaxSipTransport;

/* "udp", "tcp" or "tls"; static. */
const char *cusax_sip_transport_word(CusaxSipTransport transport);
/* 5061 for TLS, else 5060 (RFC 3261 §19.1.2). */
guint16 cusax_sip_transport_port(CusaxSipTransport transport);

typedef struct {
	char *aor;       /* address of record: "sip:alice@sip.test" */
	char *user;      /* its user part, escaped */
	char *domain;    /* its host, without brackets */
	char *login;     /* name for the digest */
	char *registrar; /* Request-URI of REGISTER: "sip:sip.test" */
	char *host;      /* where to connect: a name or an address without brackets */
	guint16 port;    /* 0: by SRV, else the default */
	CusaxSipTransport transport;
	gboolean naptr; /* the user named no transport: DNS says where the services stand */
	gboolean any;   /* and may name one without TLS: "auto"; until it has, transport is TLS */
	char *tls_name; /* what the certificate must carry, whatever DNS says */
} CusaxSipTarget;

/* address: "sip:user@host", "sips:user@host" or "user@host". CUSAX_ERROR_INVALID_ARGUMENT names what
 * is wrong. */
CusaxSipTarget *cusax_sip_target_new(const char *address, CusaxSettings *settings, GError **error);
void cusax_sip_target_free(CusaxSipTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxSipTarget, cusax_sip_target_free)

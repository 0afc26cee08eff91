/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A STUN or TURN server for calls, with what logs in there (XEP-0215). */
/* Owned structs: one owner at a time, handed across threads whole. */
#pragma once

#include <glib.h>

typedef enum {
	CUSAX_RELAY_STUN, /* tells the own address (RFC 8489) */
	CUSAX_RELAY_TURN, /* carries media (RFC 8656) */
} CusaxRelayKind;

typedef enum {
	CUSAX_RELAY_UDP,
	CUSAX_RELAY_TCP,
	CUSAX_RELAY_TLS, /* stuns, turns */
} CusaxRelayTransport;

typedef struct {
	CusaxRelayKind kind;
	CusaxRelayTransport transport;
	char *host; /* a name, or an IP address without brackets */
	guint16 port;
	char *username; /* NULL: none is needed */
	char *password; /* a secret: never logged, wiped when freed; NULL: none is needed */
	gint64 expires; /* Unix microseconds; 0: never */
} CusaxRelay;

CusaxRelay *cusax_relay_new(void);
CusaxRelay *cusax_relay_copy(const CusaxRelay *relay);
void cusax_relay_free(CusaxRelay *relay); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxRelay, cusax_relay_free)

/* A new array of CusaxRelay that frees them. */
GPtrArray *cusax_relays_new(void);
/* Those that hold at a time (Unix microseconds) and are of one kind, copied; relays NULL: none. */
GPtrArray *cusax_relays_select(const GPtrArray *relays, CusaxRelayKind kind, gint64 now);
/* The first moment at which one of them expires; 0: none does. */
gint64 cusax_relays_expiry(const GPtrArray *relays);

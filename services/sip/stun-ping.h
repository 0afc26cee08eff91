/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STUN as a sign of life between us and the proxy over UDP (RFC 5626 §4.4.2). */
/* The libre thread. */
#pragma once

#include "services/sip/re-compat.h"

struct cusax_stun_ping;

/* err: ETIMEDOUT where the proxy is silent, EADDRNOTAVAIL where it sees us at another address than
 * before: a NAT has forgotten the flow. The object may be freed from inside. */
typedef void (*CusaxStunLost)(int err, void *arg);

/* mem_deref() it; nobody is told then. Returns errno. */
int cusax_stun_ping_alloc(struct cusax_stun_ping **ret_ping, CusaxStunLost lost, void *arg);
/* Asks, unless an answer is still waited for. Returns errno. */
int cusax_stun_ping_send(struct cusax_stun_ping *ping, struct udp_sock *sock,
			 const struct sa *proxy);

/* Whether a datagram is STUN rather than SIP, by its first octet. */
bool cusax_stun_is(const struct mbuf *mb);
/* Such a datagram that came from the proxy; whatever it is, it is dealt with here. */
void cusax_stun_ping_received(struct cusax_stun_ping *ping, struct mbuf *mb);

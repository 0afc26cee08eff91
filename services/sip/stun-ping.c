/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STUN as a sign of life between us and the proxy over UDP (RFC 5626 §4.4.2). */
/* The libre thread. */
#include "services/sip/stun-ping.h"

#include <errno.h>
#include <glib.h>
#include <netinet/in.h>

/* Four times within 3.5 s, given up after 5.5 s (RFC 5389 §7.2.1 with a smaller Rc and Rm). */
static const struct stun_conf timing = { .rto = 500, .rc = 4, .rm = 4, .ti = 10000, .tos = 0 };

struct cusax_stun_ping {
	struct stun *stun;
	struct stun_ctrans *asking;
	struct sa mapped; /* how the proxy sees us; not set before the first answer */
	CusaxStunLost lost;
	void *arg;
};

static void destructor(void *data)
{
	struct cusax_stun_ping *ping = data;

	mem_deref(ping->asking);
	mem_deref(ping->stun);
}

int cusax_stun_ping_alloc(struct cusax_stun_ping **ret_ping, CusaxStunLost lost, void *arg)
{
	struct cusax_stun_ping *ping = mem_zalloc(sizeof(*ping), destructor);
	int err = ping ? stun_alloc(&ping->stun, &timing, NULL, NULL) : ENOMEM;

	if (err) {
		mem_deref(ping);
		return err;
	}
	sa_init(&ping->mapped, AF_UNSPEC);
	ping->lost = lost;
	ping->arg = arg;
	*ret_ping = ping;
	return 0;
}

/* An answer that says no is a sign of life like another; it only tells no address. */
static void answered_h(int err, uint16_t code, G_GNUC_UNUSED const char *reason,
		       const struct stun_msg *msg, void *arg)
{
	struct cusax_stun_ping *ping = arg;
	const struct stun_attr *mapped =
		msg && !code ? stun_msg_attr(msg, STUN_ATTR_XOR_MAPPED_ADDR) : NULL;

	if (err) {
		ping->lost(err, ping->arg);
		return;
	}
	if (!mapped)
		return;
	if (!sa_isset(&ping->mapped, SA_ALL))
		ping->mapped = mapped->v.sa;
	else if (!sa_cmp(&ping->mapped, &mapped->v.sa, SA_ALL))
		ping->lost(EADDRNOTAVAIL, ping->arg);
}

int cusax_stun_ping_send(struct cusax_stun_ping *ping, struct udp_sock *sock,
			 const struct sa *proxy)
{
	if (ping->asking)
		return 0;
	return stun_request(&ping->asking, ping->stun, IPPROTO_UDP, sock, proxy, 0,
			    STUN_METHOD_BINDING, NULL, 0, false, answered_h, ping, 0);
}

/* RFC 5389 §6: the first two bits of a STUN message are zero, which no letter of SIP has. */
bool cusax_stun_is(const struct mbuf *mb)
{
	return mbuf_get_left(mb) > 0 && mbuf_buf(mb)[0] < 0x04;
}

void cusax_stun_ping_received(struct cusax_stun_ping *ping, struct mbuf *mb)
{
	if (ping)
		(void)stun_recv(ping->stun, mb);
}

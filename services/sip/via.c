/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Via (RFC 3261 §20.42), in place of libre's own reading: a branch may be missing, as in RFC 2543. libre
 * calls this sip_via_decode() of the program, as it does with those of auth.c. */
/* The libre thread. */
#include <errno.h>

#include "services/sip/re-compat.h"

static enum sip_transp read_transport(const struct pl *word)
{
	static const struct {
		const char *word;
		enum sip_transp transport;
	} rows[] = {
		{ "UDP", SIP_TRANSP_UDP },
		{ "TCP", SIP_TRANSP_TCP },
		{ "TLS", SIP_TRANSP_TLS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!pl_strcasecmp(word, rows[i].word))
			return rows[i].transport;
	}
	return SIP_TRANSP_NONE;
}

/* A name leaves the address empty, but for its port. */
static int read_sent_by(struct sip_via *via)
{
	struct pl host, port = { NULL, 0 };

	if (re_regex(via->sentby.p, via->sentby.l, "\\[[0-9a-fA-F:.]+\\][:]*[0-9]*", &host, NULL,
		     &port) &&
	    re_regex(via->sentby.p, via->sentby.l, "[^:]+[:]*[0-9]*", &host, NULL, &port))
		return EBADMSG;
	sa_init(&via->addr, AF_INET);
	if (sa_set(&via->addr, &host, 0) != 0)
		sa_init(&via->addr, AF_INET);
	if (pl_isset(&port))
		sa_set_port(&via->addr, (uint16_t)pl_u32(&port));
	return 0;
}

int sip_via_decode(struct sip_via *via, const struct pl *pl)
{
	struct pl transport;

	if (!via || !pl)
		return EINVAL;
	if (re_regex(pl->p, pl->l,
		     "SIP[ \t\r\n]*/[ \t\r\n]*2.0[ \t\r\n]*/[ \t\r\n]*[A-Za-z]+[ \t\r\n]*"
		     "[^; \t\r\n]+[ \t\r\n]*[^]*",
		     NULL, NULL, NULL, NULL, &transport, NULL, &via->sentby, NULL, &via->params))
		return EBADMSG;
	if (read_sent_by(via))
		return EBADMSG;
	via->tp = read_transport(&transport);
	via->val = *pl;
	if (msg_param_decode(&via->params, "branch", &via->branch))
		via->branch = (struct pl){ NULL, 0 };
	return 0;
}

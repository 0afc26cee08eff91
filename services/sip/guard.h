/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first and the last listener of a stack: what may come in, and what nobody else answers. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

/* First: before the sessions' listener is added. Returns errno. */
int cusax_guard_listen(CusaxSipAccount *account);
/* Last: after it. */
int cusax_guard_listen_rest(CusaxSipAccount *account);

/* Over UDP, from the first response of the proxy on: datagrams of others are dropped unread,
 * and so is what is not SIP. */
void cusax_guard_filter(CusaxSipAccount *account, const struct sip_msg *msg);

/* What cannot be read is counted, and answered where it says whom to answer; connection: by which it
 * came, NULL: a datagram. */
void cusax_guard_unreadable(CusaxSipAccount *account, const char *data, size_t length,
			    struct tcp_conn *connection);

/* The extensions that a request may require of us. */
#define CUSAX_GUARD_SUPPORTED "100rel, timer, replaces, norefersub"

/* The methods that the account takes with the features in effect: the value of Allow; free with
 * g_free(). */
char *cusax_guard_allow(const CusaxSipAccount *account);

/* What is wrong with a request by itself (RFC 3261 §8.1.1, §8.2); pure. */
struct cusax_guard_verdict {
	const char *kind;   /* static word to count by; NULL: nothing is wrong */
	uint16_t code;      /* to answer with; 0: not at all */
	const char *phrase; /* static */
};
struct cusax_guard_verdict cusax_guard_check(const struct sip_msg *msg);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of one media stream in both directions, and what they protect (RFC 3711, RFC 7714). */
/* Libre thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <re.h>

enum {
	CUSAX_SRTP_KEY_MAX = 44, /* AES-256 key and salt of GCM */
};

/* Master key and salt, one after the other. */
struct cusax_srtp_key {
	enum srtp_suite suite;
	uint8_t bytes[CUSAX_SRTP_KEY_MAX];
	size_t length; /* 0: none */
};

/* Bytes of key and salt; 0 where the suite is not one of ours. */
size_t cusax_srtp_key_length(enum srtp_suite suite);
void cusax_srtp_key_wipe(struct cusax_srtp_key *key);

struct cusax_srtp;

/* No keys yet. mem_deref() wipes them. */
int cusax_srtp_alloc(struct cusax_srtp **ret_srtp);

/* Setting the key that is in use already changes nothing: counters go on, so that no packet is
 * protected twice by the same key stream. */
int cusax_srtp_set_send(struct cusax_srtp *srtp, const struct cusax_srtp_key *key);
int cusax_srtp_set_receive(struct cusax_srtp *srtp, const struct cusax_srtp_key *key);
const char *cusax_srtp_suite(const struct cusax_srtp *srtp); /* of what is sent; NULL: none */
bool cusax_srtp_ready(const struct cusax_srtp *srtp);        /* both directions have a key */

/* In place. ENOKEY where there is no key. */
int cusax_srtp_protect(struct cusax_srtp *srtp, struct mbuf *packet, bool rtcp);

/* In place. An error leaves the receiving state as it was before the packet: only an authentic
 * packet is remembered. The first authentic packet of a sender (SSRC) takes it up. */
int cusax_srtp_unprotect(struct cusax_srtp *srtp, struct mbuf *packet, bool rtcp);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of one media stream in both directions, and what they protect (RFC 3711, RFC 7714). */
/* Libre thread. */
#include "services/media/srtp.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

enum {
	/* How far a packet may be ahead of or behind the last authentic one. What is farther off
	 * cannot be told from a forgery by its number, and is checked apart from the stream. */
	AHEAD = 500,
	BEHIND = 64,
};

struct cusax_srtp {
	struct cusax_srtp_key send_key, receive_key;
	struct srtp *send;
	struct srtp *receive; /* of the sender taken up; NULL: none yet */
	struct srtp *receive_rtcp;
	uint32_t ssrc;
	uint16_t sequence; /* of the last authentic packet */
};

size_t cusax_srtp_key_length(enum srtp_suite suite)
{
	switch (suite) {
	case SRTP_AES_CM_128_HMAC_SHA1_80:
		return 16 + 14;
	case SRTP_AES_128_GCM:
		return 16 + 12;
	case SRTP_AES_256_GCM:
		return 32 + 12;
	case SRTP_AES_CM_128_HMAC_SHA1_32:
	case SRTP_AES_256_CM_HMAC_SHA1_32:
	case SRTP_AES_256_CM_HMAC_SHA1_80:
		return 0;
	}
	return 0;
}

void cusax_srtp_key_wipe(struct cusax_srtp_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

static void srtp_destructor(void *data)
{
	struct cusax_srtp *srtp = data;

	mem_deref(srtp->send);
	mem_deref(srtp->receive);
	mem_deref(srtp->receive_rtcp);
	cusax_srtp_key_wipe(&srtp->send_key);
	cusax_srtp_key_wipe(&srtp->receive_key);
}

int cusax_srtp_alloc(struct cusax_srtp **ret_srtp)
{
	struct cusax_srtp *srtp = mem_zalloc(sizeof(*srtp), srtp_destructor);

	if (!srtp)
		return ENOMEM;
	*ret_srtp = srtp;
	return 0;
}

static int context(struct srtp **ret_context, const struct cusax_srtp_key *key)
{
	if (!key->length || key->length != cusax_srtp_key_length(key->suite))
		return EINVAL;
	return srtp_alloc(ret_context, key->suite, key->bytes, key->length, 0);
}

static bool same_key(const struct cusax_srtp_key *a, const struct cusax_srtp_key *b)
{
	return a->length && a->length == b->length && a->suite == b->suite &&
	       CRYPTO_memcmp(a->bytes, b->bytes, a->length) == 0;
}

int cusax_srtp_set_send(struct cusax_srtp *srtp, const struct cusax_srtp_key *key)
{
	struct srtp *fresh;
	int err;

	if (same_key(&srtp->send_key, key))
		return 0;
	err = context(&fresh, key);
	if (err)
		return err;
	mem_deref(srtp->send);
	srtp->send = fresh;
	srtp->send_key = *key;
	return 0;
}

int cusax_srtp_set_receive(struct cusax_srtp *srtp, const struct cusax_srtp_key *key)
{
	struct srtp *probe;
	int err;

	if (same_key(&srtp->receive_key, key))
		return 0;
	err = context(&probe, key);
	if (err)
		return err;
	mem_deref(probe);
	srtp->receive = mem_deref(srtp->receive);
	srtp->receive_rtcp = mem_deref(srtp->receive_rtcp);
	srtp->receive_key = *key;
	return 0;
}

bool cusax_srtp_ready(const struct cusax_srtp *srtp)
{
	return srtp->send_key.length && srtp->receive_key.length;
}

int cusax_srtp_protect(struct cusax_srtp *srtp, struct mbuf *packet, bool rtcp)
{
	if (!srtp->send)
		return ENOKEY;
	return rtcp ? srtcp_encrypt(srtp->send, packet) : srtp_encrypt(srtp->send, packet);
}

static int unprotect_rtcp(struct cusax_srtp *srtp, struct mbuf *packet)
{
	uint32_t ssrc;
	size_t start = packet->pos;
	int err;

	/* Reports count from the sender whose sound was authentic (RFC 3550 §6.4.1). */
	if (!srtp->receive || mbuf_get_left(packet) < 8)
		return EAUTH;
	packet->pos += 4;
	ssrc = ntohl(mbuf_read_u32(packet));
	packet->pos = start;
	if (ssrc != srtp->ssrc)
		return EAUTH;
	if (!srtp->receive_rtcp) {
		err = context(&srtp->receive_rtcp, &srtp->receive_key);
		if (err)
			return err;
	}
	return srtcp_decrypt(srtp->receive_rtcp, packet);
}

int cusax_srtp_unprotect(struct cusax_srtp *srtp, struct mbuf *packet, bool rtcp)
{
	struct rtp_header header;
	struct srtp *fresh;
	size_t start = packet->pos;
	uint16_t ahead, behind;
	int err;

	if (!srtp->receive_key.length)
		return ENOKEY;
	if (rtcp)
		return unprotect_rtcp(srtp, packet);

	err = rtp_hdr_decode(&header, packet);
	packet->pos = start;
	if (err)
		return err;

	ahead = (uint16_t)(header.seq - srtp->sequence);
	behind = (uint16_t)(srtp->sequence - header.seq);
	if (srtp->receive && header.ssrc == srtp->ssrc) {
		if (ahead > AHEAD && behind > BEHIND)
			return EALREADY;
		err = srtp_decrypt(srtp->receive, packet);
		if (!err && ahead <= AHEAD)
			srtp->sequence = header.seq;
		return err;
	}

	/* A sender not known: judged in a state of its own, kept only if the packet is authentic. */
	err = context(&fresh, &srtp->receive_key);
	if (err)
		return err;
	err = srtp_decrypt(fresh, packet);
	if (err) {
		mem_deref(fresh);
		return err;
	}
	mem_deref(srtp->receive);
	srtp->receive_rtcp = mem_deref(srtp->receive_rtcp);
	srtp->receive = fresh;
	srtp->ssrc = header.ssrc;
	srtp->sequence = header.seq;
	return 0;
}

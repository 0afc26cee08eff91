/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of one media stream in both directions, and what they protect (RFC 3711, RFC 7714). */
/* Libre thread. */
#include "services/media/srtp.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "services/media/sdes.h"
#include "services/media/srtp-cipher.h"

enum {
	SENDERS = 8, /* authentic senders (SSRC) of one key */
	WINDOW = 64, /* packets behind the newest that may still come */
};

/* What came: the newest index, and which of those before it (RFC 3711 §3.3.2). */
struct window {
	bool any;
	uint64_t newest, seen;
};

struct sender {
	uint32_t ssrc;
	struct window rtp, rtcp;
};

struct cusax_srtp {
	struct cusax_srtp_key send_key, receive_key;
	struct cusax_srtp_cipher *send, *receive;

	/* Sending: one SSRC. */
	bool sent;
	uint64_t index; /* of the last packet */
	uint32_t report_index;

	struct sender senders[SENDERS];
	size_t n_senders;
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

	cusax_srtp_cipher_free(srtp->send);
	cusax_srtp_cipher_free(srtp->receive);
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

/* TRUE where the key is in use; else *ret_cipher is a new one, or NULL. */
static bool is_current(const struct cusax_srtp_key *current, const struct cusax_srtp_key *key,
		       struct cusax_srtp_cipher **ret_cipher)
{
	if (current->length && current->length == key->length && current->suite == key->suite &&
	    CRYPTO_memcmp(current->bytes, key->bytes, key->length) == 0)
		return true;
	*ret_cipher = cusax_srtp_cipher_new(key);
	return false;
}

int cusax_srtp_set_send(struct cusax_srtp *srtp, const struct cusax_srtp_key *key)
{
	struct cusax_srtp_cipher *fresh;

	if (is_current(&srtp->send_key, key, &fresh))
		return 0;
	if (!fresh)
		return EINVAL;
	cusax_srtp_cipher_free(srtp->send);
	srtp->send = fresh;
	srtp->send_key = *key;
	srtp->sent = false;
	srtp->report_index = 0;
	return 0;
}

int cusax_srtp_set_receive(struct cusax_srtp *srtp, const struct cusax_srtp_key *key)
{
	struct cusax_srtp_cipher *fresh;

	if (is_current(&srtp->receive_key, key, &fresh))
		return 0;
	if (!fresh)
		return EINVAL;
	cusax_srtp_cipher_free(srtp->receive);
	srtp->receive = fresh;
	srtp->receive_key = *key;
	srtp->n_senders = 0;
	return 0;
}

const char *cusax_srtp_suite(const struct cusax_srtp *srtp)
{
	return srtp->send ? cusax_sdes_suite_name(srtp->send_key.suite) : NULL;
}

bool cusax_srtp_ready(const struct cusax_srtp *srtp)
{
	return srtp->send && srtp->receive;
}

/* The index nearest to the one known that ends in this number (§3.3.1); -1: it would be before the
 * first. */
static int64_t nearest(uint64_t known, uint16_t sequence)
{
	int16_t ahead = (int16_t)(sequence - (uint16_t)known);

	return (int64_t)known + ahead;
}

static bool is_fresh(const struct window *window, uint64_t index)
{
	if (!window->any || index > window->newest)
		return true;
	return window->newest - index < WINDOW && !(window->seen >> (window->newest - index) & 1);
}

static void remember(struct window *window, uint64_t index)
{
	if (!window->any || index > window->newest) {
		uint64_t step = window->any ? index - window->newest : WINDOW;

		window->seen = step < WINDOW ? window->seen << step : 0;
		window->newest = index;
		window->any = true;
	}
	window->seen |= UINT64_C(1) << (window->newest - index);
}

static struct sender *find_sender(struct cusax_srtp *srtp, uint32_t ssrc)
{
	for (size_t i = 0; i < srtp->n_senders; i++) {
		if (srtp->senders[i].ssrc == ssrc)
			return &srtp->senders[i];
	}
	return NULL;
}

static uint32_t report_ssrc(const struct mbuf *packet)
{
	const uint8_t *bytes = mbuf_buf(packet) + 4;

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* Makes room behind the packet, seals it, and sets its new end. */
static int seal_report(struct cusax_srtp *srtp, struct mbuf *packet)
{
	size_t length = mbuf_get_left(packet);

	if (length < CUSAX_SRTCP_HEADER)
		return EBADMSG;
	srtp->report_index = (srtp->report_index + 1) & 0x7fffffff;
	if (!cusax_srtcp_seal(srtp->send, mbuf_buf(packet), &length, report_ssrc(packet),
			      srtp->report_index))
		return EIO;
	packet->end = packet->pos + length;
	return 0;
}

static int seal_sound(struct cusax_srtp *srtp, struct mbuf *packet)
{
	struct rtp_header header;
	size_t start = packet->pos, length = mbuf_get_left(packet), clear;
	uint64_t index;
	int err = rtp_hdr_decode(&header, packet);

	clear = packet->pos - start;
	packet->pos = start;
	if (err)
		return err;
	index = srtp->sent ? (uint64_t)nearest(srtp->index, header.seq) : header.seq;
	if (!cusax_srtp_seal(srtp->send, mbuf_buf(packet), clear, &length, header.ssrc, index))
		return EIO;
	srtp->index = index;
	srtp->sent = true;
	packet->end = packet->pos + length;
	return 0;
}

int cusax_srtp_protect(struct cusax_srtp *srtp, struct mbuf *packet, bool rtcp)
{
	int err;

	if (!srtp->send)
		return ENOKEY;
	if (packet->size < packet->end + CUSAX_SRTP_TRAILER_MAX) {
		err = mbuf_resize(packet, packet->end + CUSAX_SRTP_TRAILER_MAX);
		if (err)
			return err;
	}
	return rtcp ? seal_report(srtp, packet) : seal_sound(srtp, packet);
}

static int open_report(struct cusax_srtp *srtp, struct mbuf *packet)
{
	size_t length = mbuf_get_left(packet);
	struct sender *sender;
	uint32_t index;

	if (length < CUSAX_SRTCP_HEADER)
		return EBADMSG;
	/* Reports count from a sender whose sound was authentic. */
	sender = find_sender(srtp, report_ssrc(packet));
	if (!sender ||
	    !cusax_srtcp_open(srtp->receive, mbuf_buf(packet), &length, sender->ssrc, &index))
		return EAUTH;
	if (!is_fresh(&sender->rtcp, index))
		return EALREADY;
	remember(&sender->rtcp, index);
	packet->end = packet->pos + length;
	return 0;
}

static int open_sound(struct cusax_srtp *srtp, struct mbuf *packet)
{
	struct rtp_header header;
	struct sender *sender;
	size_t start = packet->pos, length = mbuf_get_left(packet), clear;
	int64_t index;
	int err = rtp_hdr_decode(&header, packet);

	clear = packet->pos - start;
	packet->pos = start;
	if (err)
		return err;
	sender = find_sender(srtp, header.ssrc);
	if (!sender && srtp->n_senders == SENDERS)
		return ENOSPC;
	index = sender ? nearest(sender->rtp.newest, header.seq) : header.seq;
	if (index < 0 || (sender && !is_fresh(&sender->rtp, (uint64_t)index)))
		return EALREADY;
	if (!cusax_srtp_open(srtp->receive, mbuf_buf(packet), clear, &length, header.ssrc,
			     (uint64_t)index))
		return EAUTH;
	if (!sender) {
		sender = &srtp->senders[srtp->n_senders++];
		*sender = (struct sender){ .ssrc = header.ssrc };
	}
	remember(&sender->rtp, (uint64_t)index);
	packet->end = packet->pos + length;
	return 0;
}

int cusax_srtp_unprotect(struct cusax_srtp *srtp, struct mbuf *packet, bool rtcp)
{
	if (!srtp->receive)
		return ENOKEY;
	return rtcp ? open_report(srtp, packet) : open_sound(srtp, packet);
}

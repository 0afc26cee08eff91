/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One direction of SRTP: session keys from a master key, packets sealed and opened. No state of a
 * stream: the caller knows the index of each packet. */
/* One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/media/srtp.h"

enum {
	CUSAX_SRTP_TAG_MAX = 16,
	CUSAX_SRTP_TRAILER_MAX = CUSAX_SRTP_TAG_MAX + 4, /* SRTCP adds its index */
	CUSAX_SRTCP_HEADER = 8,
};

struct cusax_srtp_cipher;

/* NULL where the suite is not ours, the length is wrong, or there is no memory. */
struct cusax_srtp_cipher *cusax_srtp_cipher_new(const struct cusax_srtp_key *key);
void cusax_srtp_cipher_free(struct cusax_srtp_cipher *cipher);

/* In place. header: bytes that stay clear. *length grows by the tag, for which there is room. index:
 * 48 bits, roll-over counter and sequence number (RFC 3711 §3.3.1). */
bool cusax_srtp_seal(struct cusax_srtp_cipher *cipher, uint8_t *packet, size_t header,
		     size_t *length, uint32_t ssrc, uint64_t index);
/* FALSE: not authentic; the bytes are then undefined. */
bool cusax_srtp_open(struct cusax_srtp_cipher *cipher, uint8_t *packet, size_t header,
		     size_t *length, uint32_t ssrc, uint64_t index);

/* The same for RTCP (§3.4): index has 31 bits, and travels in the packet. */
bool cusax_srtcp_seal(struct cusax_srtp_cipher *cipher, uint8_t *packet, size_t *length,
		      uint32_t ssrc, uint32_t index);
bool cusax_srtcp_open(struct cusax_srtp_cipher *cipher, uint8_t *packet, size_t *length,
		      uint32_t ssrc, uint32_t *ret_index);

/* The key derivation (§4.3.1), apart for the vectors of §B.3. */
bool cusax_srtp_derive(const struct cusax_srtp_key *key, uint8_t label, uint8_t *ret_bytes,
		       size_t length);

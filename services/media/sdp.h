/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Session descriptions (RFC 4566, RFC 3264): ours built, theirs examined before it has effect. */
/* Libre thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <re.h>

#include "daemon/base/settings.h"
#include "services/media/codec.h"
#include "services/media/dtls.h"
#include "services/media/sdes.h"

enum {
	CUSAX_SDP_MAX = 16 * 1024,   /* bytes of a description that we read */
	CUSAX_SDP_FORMATS_MAX = 128, /* words of a media line */
	CUSAX_SDP_LINES_MAX = 16,    /* media lines */
	CUSAX_SDP_CRYPTO_MAX = 8,    /* a=crypto attributes that we look at */
};

enum cusax_sdp_profile {
	CUSAX_SDP_AVP,  /* RTP/AVP: clear, or encrypted at both sides' wish (RFC 8643) */
	CUSAX_SDP_SAVP, /* RTP/SAVP: encrypted by SDES, or by DTLS of an early kind */
	CUSAX_SDP_DTLS, /* UDP/TLS/RTP/SAVP (RFC 5764 §8) */
	CUSAX_SDP_OTHER,
};

/* What a remote description says about the audio. */
struct cusax_sdp_facts {
	enum cusax_sdp_profile profile;
	bool usable;            /* an address, a port and a codec in common */
	bool forbidden_address; /* one that audio must not be sent to */
	struct cusax_crypto crypto[CUSAX_SDP_CRYPTO_MAX]; /* those that we understand, in order */
	size_t n_crypto;
	bool any_crypto; /* there was one, understood or not */
	bool has_fingerprint;
	uint8_t fingerprint[CUSAX_FINGERPRINT];
	bool may_be_active, may_be_passive; /* a=setup, as the other side's role (RFC 4145) */
};

/* A session with one audio line that offers the codecs in their order. */
int cusax_sdp_alloc(struct sdp_session **ret_session, struct sdp_media **ret_audio,
		    const struct sa *local, uint16_t port, const char *protocol,
		    CusaxSettings *settings);

/* The protocols that an offer may name, before each sdp_decode(). */
int cusax_sdp_accept_protocols(struct sdp_media *audio);

/* Reads a description in a copy of the session. 0, EBADMSG or ENOTSUP; nothing changed. */
int cusax_sdp_examine(const struct sdp_session *session, const struct sdp_media *audio,
		      const struct sa *local, struct mbuf *sdp, bool offer,
		      struct cusax_sdp_facts *ret_facts);
void cusax_sdp_facts_wipe(struct cusax_sdp_facts *facts);

/* Audio goes to one host: not to groups, not to everybody, and not to services of this machine. */
bool cusax_sdp_may_send(const struct sa *remote, const struct sa *local);
/* TRUE where an address is set: an empty one (0.0.0.0) means hold (RFC 3264 §8.4). */
bool cusax_sdp_has_address(const struct sdp_media *audio);
/* After an offer was read: the answer has our order of codecs, not the one of the offer (RFC 3264
 * §6.1 lets it, for a reason: here the user's word). */
void cusax_sdp_prefer_own(struct sdp_media *audio, CusaxSettings *settings);
/* The codec to send with, and its payload type; NULL: none in common. own: the first of our list, as
 * after an offer; else of theirs. */
const struct cusax_codec *cusax_sdp_codec(const struct sdp_media *audio, bool own, int *ret_type);
/* Events to send at best in the clock of the codec; -1: the other side takes none. */
int cusax_sdp_dtmf(const struct sdp_media *audio, uint32_t clock, uint32_t *ret_clock);
/* The codec of a payload type that may come; NULL: events, or not agreed. */
const struct cusax_codec *cusax_sdp_heard(const struct sdp_media *audio, int type);
void cusax_sdp_types(const struct sdp_media *audio, bool ret_types[static 128]);
bool cusax_sdp_has_video(const struct sdp_session *session);

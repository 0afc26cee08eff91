/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The codecs that calls may use: one row each, samples in and packets out. */
/* Libre thread; a state is used by one thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CUSAX_FRAME_MS = 20,      /* what one packet of ours carries */
	CUSAX_FRAME_MAX = 960,    /* samples in a frame at the highest rate */
	CUSAX_DECODED_MAX = 5760, /* samples in the longest packet taken: 120 ms at 48 kHz */
	CUSAX_PAYLOAD_MAX = 1280, /* bytes of a payload sent or taken */
};

/* Encoder and decoder of one call, each made when first used. */
struct cusax_codec_state;

/* Samples are 16-bit, mono, at `rate`. Functions return 0 or errno. */
struct cusax_codec {
	const char *word;  /* in the setting `codecs` */
	const char *name;  /* encoding name in SDP */
	const char *label; /* what the bus shows */
	const char *type;  /* static payload type (RFC 3551), NULL: dynamic */
	const char *fmtp;  /* parameters that we announce, NULL: none */
	uint32_t clock;    /* RTP clock rate */
	uint8_t channels;  /* as SDP has it */
	uint32_t rate;     /* of the samples */

	int (*open)(struct cusax_codec_state **ret_state);
	void (*close)(struct cusax_codec_state *state);
	/* *length: room in, bytes out. */
	int (*encode)(struct cusax_codec_state *state, const int16_t *samples, size_t n,
		      uint8_t *payload, size_t *length);
	/* *n: room in, samples out. EBADMSG where the payload cannot be decoded. */
	int (*decode)(struct cusax_codec_state *state, const uint8_t *payload, size_t length,
		      int16_t *samples, size_t *n);
	/* Makes up n samples for a packet that did not come. next is the packet after it where that
	 * is already there, else NULL. */
	int (*conceal)(struct cusax_codec_state *state, const uint8_t *next, size_t length,
		       int16_t *samples, size_t n);
};

/* All rows, in the order of the default setting. */
const struct cusax_codec *const *cusax_codecs(size_t *ret_n);
const struct cusax_codec *cusax_codec_by_word(const char *word); /* NULL: there is none */

/* Samples in a frame of ours. */
static inline size_t cusax_codec_frame(const struct cusax_codec *codec)
{
	return codec->rate * CUSAX_FRAME_MS / 1000;
}

extern const struct cusax_codec cusax_codec_opus;
extern const struct cusax_codec cusax_codec_g722;
extern const struct cusax_codec cusax_codec_pcmu;
extern const struct cusax_codec cusax_codec_pcma;

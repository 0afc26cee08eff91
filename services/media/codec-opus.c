/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opus (RFC 6716, RFC 7587) by libopus: mono speech with forward error correction. */
/* Libre thread. */
#include "services/media/codec.h"

#include <errno.h>

#include <glib.h>
#include <opus.h>

enum {
	RATE = 48000,
	BITRATE = 32000,
	COMPLEXITY = 5,    /* of 10: the ear gains nothing above, the processor loses */
	EXPECTED_LOSS = 5, /* per cent: how much redundancy the encoder adds */
};

struct cusax_codec_state {
	OpusEncoder *encoder;
	OpusDecoder *decoder;
};

static int open_opus(struct cusax_codec_state **ret_state)
{
	*ret_state = g_new0(struct cusax_codec_state, 1);
	return 0;
}

static void close_opus(struct cusax_codec_state *state)
{
	if (!state)
		return;
	if (state->encoder)
		opus_encoder_destroy(state->encoder);
	if (state->decoder)
		opus_decoder_destroy(state->decoder);
	g_free(state);
}

static int make_encoder(struct cusax_codec_state *state)
{
	int error;

	if (state->encoder)
		return 0;
	state->encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
	if (!state->encoder)
		return ENOMEM;
	opus_encoder_ctl(state->encoder, OPUS_SET_BITRATE(BITRATE));
	opus_encoder_ctl(state->encoder, OPUS_SET_COMPLEXITY(COMPLEXITY));
	opus_encoder_ctl(state->encoder, OPUS_SET_INBAND_FEC(1));
	opus_encoder_ctl(state->encoder, OPUS_SET_PACKET_LOSS_PERC(EXPECTED_LOSS));
	return 0;
}

static int make_decoder(struct cusax_codec_state *state)
{
	int error;

	if (state->decoder)
		return 0;
	/* Stereo packets are mixed down by the decoder. */
	state->decoder = opus_decoder_create(RATE, 1, &error);
	return state->decoder ? 0 : ENOMEM;
}

static int encode_opus(struct cusax_codec_state *state, const int16_t *samples, size_t n,
		       uint8_t *payload, size_t *length)
{
	int err = make_encoder(state);
	opus_int32 written;

	if (err)
		return err;
	written = opus_encode(state->encoder, samples, (int)n, payload, (opus_int32)*length);
	if (written < 0)
		return EINVAL;
	*length = (size_t)written;
	return 0;
}

static int decode_opus(struct cusax_codec_state *state, const uint8_t *payload, size_t length,
		       int16_t *samples, size_t *n)
{
	int err = make_decoder(state);
	int decoded;

	if (err)
		return err;
	if (length == 0)
		return EBADMSG;
	decoded = opus_decode(state->decoder, payload, (opus_int32)length, samples, (int)*n, 0);
	if (decoded < 0)
		return EBADMSG;
	*n = (size_t)decoded;
	return 0;
}

static int conceal_opus(struct cusax_codec_state *state, const uint8_t *next, size_t length,
			int16_t *samples, size_t n)
{
	int err = make_decoder(state);
	int decoded;

	if (err)
		return err;
	/* RFC 6716 §2.1.7: the packet after the lost one may carry a coarse copy of it. */
	decoded = opus_decode(state->decoder, next, next ? (opus_int32)length : 0, samples, (int)n,
			      next ? 1 : 0);
	return decoded == (int)n ? 0 : EBADMSG;
}

const struct cusax_codec cusax_codec_opus = {
	.word = "opus",
	.name = "opus",
	.label = "opus/48000/2",
	.fmtp = "useinbandfec=1",
	.clock = RATE,
	.channels = 2, /* RFC 7587 §4.1: always 2 in SDP */
	.rate = RATE,
	.open = open_opus,
	.close = close_opus,
	.encode = encode_opus,
	.decode = decode_opus,
	.conceal = conceal_opus,
};

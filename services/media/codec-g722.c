/* SPDX-License-Identifier: GPL-3.0-or-later */
/* G.722 by spandsp: wide band in 64 kbit/s. */
/* Libre thread. */
#include "services/media/codec.h"

#include <errno.h>

#include <glib.h>
#include <spandsp.h>

#include "services/media/plc.h"

enum {
	RATE = 16000,
	CLOCK = 8000, /* RFC 3551 §4.5.2: an error that was kept */
	BITRATE = 64000,
};

struct cusax_codec_state {
	g722_encode_state_t *encoder;
	g722_decode_state_t *decoder;
	struct cusax_plc *plc;
};

static int open_g722(struct cusax_codec_state **ret_state)
{
	*ret_state = g_new0(struct cusax_codec_state, 1);
	return 0;
}

static void close_g722(struct cusax_codec_state *state)
{
	if (!state)
		return;
	if (state->encoder)
		g722_encode_free(state->encoder);
	if (state->decoder)
		g722_decode_free(state->decoder);
	cusax_plc_free(state->plc);
	g_free(state);
}

static int encode_g722(struct cusax_codec_state *state, const int16_t *samples, size_t n,
		       uint8_t *payload, size_t *length)
{
	if (n / 2 > *length)
		return ENOSPC;
	if (!state->encoder)
		state->encoder = g722_encode_init(NULL, BITRATE, 0);
	if (!state->encoder)
		return ENOMEM;
	*length = (size_t)g722_encode(state->encoder, payload, samples, (int)n);
	return 0;
}

static int make_decoder(struct cusax_codec_state *state)
{
	if (!state->decoder)
		state->decoder = g722_decode_init(NULL, BITRATE, 0);
	if (!state->plc)
		state->plc = cusax_plc_new(RATE);
	return state->decoder && state->plc ? 0 : ENOMEM;
}

static int decode_g722(struct cusax_codec_state *state, const uint8_t *payload, size_t length,
		       int16_t *samples, size_t *n)
{
	int err;

	/* Two samples a byte. */
	if (length == 0 || length > *n / 2)
		return EBADMSG;
	err = make_decoder(state);
	if (err)
		return err;
	*n = (size_t)g722_decode(state->decoder, samples, payload, (int)length);
	cusax_plc_heard(state->plc, samples, *n);
	return 0;
}

static int conceal_g722(struct cusax_codec_state *state, const uint8_t *next, size_t length,
			int16_t *samples, size_t n)
{
	int err = make_decoder(state);

	(void)next;
	(void)length;
	if (!err)
		cusax_plc_conceal(state->plc, samples, n);
	return err;
}

const struct cusax_codec cusax_codec_g722 = {
	.word = "g722",
	.name = "G722",
	.label = "G722/8000",
	.type = "9",
	.clock = CLOCK,
	.channels = 1,
	.rate = RATE,
	.open = open_g722,
	.close = close_g722,
	.encode = encode_g722,
	.decode = decode_g722,
	.conceal = conceal_g722,
};

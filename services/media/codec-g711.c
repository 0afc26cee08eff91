/* SPDX-License-Identifier: GPL-3.0-or-later */
/* G.711 in both laws. */
/* Libre thread. */
#include "services/media/codec.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <re.h>
#include <rem_g711.h>

#include "services/media/plc.h"

enum { RATE = 8000 };

struct cusax_codec_state {
	struct cusax_plc *plc; /* NULL: nothing was heard */
};

static int g711_open(struct cusax_codec_state **ret_state)
{
	*ret_state = g_new0(struct cusax_codec_state, 1);
	return 0;
}

static void g711_close(struct cusax_codec_state *state)
{
	if (state)
		cusax_plc_free(state->plc);
	g_free(state);
}

/* The tables cover magnitudes up to 32767: -32768 has none. */
static int16_t representable(int16_t sample)
{
	return MAX(sample, -32767);
}

static int pcmu_encode(struct cusax_codec_state *state, const int16_t *samples, size_t n,
		       uint8_t *payload, size_t *length)
{
	(void)state;
	if (n > *length)
		return ENOSPC;
	for (size_t i = 0; i < n; i++)
		payload[i] = g711_pcm2ulaw(representable(samples[i]));
	*length = n;
	return 0;
}

static int pcma_encode(struct cusax_codec_state *state, const int16_t *samples, size_t n,
		       uint8_t *payload, size_t *length)
{
	(void)state;
	if (n > *length)
		return ENOSPC;
	for (size_t i = 0; i < n; i++)
		payload[i] = g711_pcm2alaw(representable(samples[i]));
	*length = n;
	return 0;
}

static int remember(struct cusax_codec_state *state, int16_t *samples, size_t n)
{
	if (!state->plc)
		state->plc = cusax_plc_new(RATE);
	if (!state->plc)
		return ENOMEM;
	cusax_plc_heard(state->plc, samples, n);
	return 0;
}

static int pcmu_decode(struct cusax_codec_state *state, const uint8_t *payload, size_t length,
		       int16_t *samples, size_t *n)
{
	if (length == 0 || length > *n)
		return EBADMSG;
	for (size_t i = 0; i < length; i++)
		samples[i] = g711_ulaw2pcm(payload[i]);
	*n = length;
	return remember(state, samples, length);
}

static int pcma_decode(struct cusax_codec_state *state, const uint8_t *payload, size_t length,
		       int16_t *samples, size_t *n)
{
	if (length == 0 || length > *n)
		return EBADMSG;
	for (size_t i = 0; i < length; i++)
		samples[i] = g711_alaw2pcm(payload[i]);
	*n = length;
	return remember(state, samples, length);
}

static int g711_conceal(struct cusax_codec_state *state, const uint8_t *next, size_t length,
			int16_t *samples, size_t n)
{
	(void)next;
	(void)length;
	if (state->plc)
		cusax_plc_conceal(state->plc, samples, n);
	else
		memset(samples, 0, n * sizeof(*samples));
	return 0;
}

const struct cusax_codec cusax_codec_pcmu = {
	.word = "pcmu",
	.name = "PCMU",
	.label = "PCMU/8000",
	.type = "0",
	.clock = RATE,
	.channels = 1,
	.rate = RATE,
	.open = g711_open,
	.close = g711_close,
	.encode = pcmu_encode,
	.decode = pcmu_decode,
	.conceal = g711_conceal,
};

const struct cusax_codec cusax_codec_pcma = {
	.word = "pcma",
	.name = "PCMA",
	.label = "PCMA/8000",
	.type = "8",
	.clock = RATE,
	.channels = 1,
	.rate = RATE,
	.open = g711_open,
	.close = g711_close,
	.encode = pcma_encode,
	.decode = pcma_decode,
	.conceal = g711_conceal,
};

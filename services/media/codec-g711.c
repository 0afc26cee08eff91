/* SPDX-License-Identifier: GPL-3.0-or-later */
/* G.711 in both laws, with concealment by a fading repetition. */
/* Libre thread. */
#include "services/media/codec.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <re.h>
#include <rem_g711.h>

enum {
	HISTORY = 160, /* samples kept to repeat: 20 ms */
	FADE = 800,    /* samples after which a repetition is silent: 100 ms */
};

struct cusax_codec_state {
	int16_t history[HISTORY];
	size_t concealed; /* samples made up since the last packet */
};

static int g711_open(struct cusax_codec_state **ret_state)
{
	*ret_state = g_new0(struct cusax_codec_state, 1);
	return 0;
}

static void g711_close(struct cusax_codec_state *state)
{
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

static void remember(struct cusax_codec_state *state, const int16_t *samples, size_t n)
{
	size_t keep = MIN(n, HISTORY);

	memmove(state->history, state->history + keep,
		(HISTORY - keep) * sizeof(state->history[0]));
	memcpy(state->history + HISTORY - keep, samples + n - keep, keep * sizeof(*samples));
	state->concealed = 0;
}

static int pcmu_decode(struct cusax_codec_state *state, const uint8_t *payload, size_t length,
		       int16_t *samples, size_t *n)
{
	if (length == 0 || length > *n)
		return EBADMSG;
	for (size_t i = 0; i < length; i++)
		samples[i] = g711_ulaw2pcm(payload[i]);
	remember(state, samples, length);
	*n = length;
	return 0;
}

static int pcma_decode(struct cusax_codec_state *state, const uint8_t *payload, size_t length,
		       int16_t *samples, size_t *n)
{
	if (length == 0 || length > *n)
		return EBADMSG;
	for (size_t i = 0; i < length; i++)
		samples[i] = g711_alaw2pcm(payload[i]);
	remember(state, samples, length);
	*n = length;
	return 0;
}

static int g711_conceal(struct cusax_codec_state *state, const uint8_t *next, size_t length,
			int16_t *samples, size_t n)
{
	(void)next;
	(void)length;
	for (size_t i = 0; i < n; i++, state->concealed++) {
		int left = FADE - (int)MIN(state->concealed, FADE);

		samples[i] = (int16_t)(state->history[state->concealed % HISTORY] * left / FADE);
	}
	return 0;
}

const struct cusax_codec cusax_codec_pcmu = {
	.word = "pcmu",
	.name = "PCMU",
	.label = "PCMU/8000",
	.type = "0",
	.clock = 8000,
	.channels = 1,
	.rate = 8000,
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
	.clock = 8000,
	.channels = 1,
	.rate = 8000,
	.open = g711_open,
	.close = g711_close,
	.encode = pcma_encode,
	.decode = pcma_decode,
	.conceal = g711_conceal,
};

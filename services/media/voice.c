/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The microphone made clean: echo of the loudspeaker and steady noise taken out (speexdsp). */
/* Libre thread. */
#include "services/media/voice.h"

#include <string.h>

#include <glib.h>
#include <re.h>
#include <rem.h>
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

#include "services/media/codec.h"

enum {
	TAIL_MS = 200,     /* how long an echo may take, devices and room together */
	PLAYED_FRAMES = 4, /* that wait for the microphone */
};

struct cusax_voice {
	uint32_t rate;
	size_t frame;
	SpeexEchoState *echo; /* NULL: off */
	SpeexPreprocessState *noise;
	struct auresamp resampler;
	uint32_t played_rate;
	int16_t played[PLAYED_FRAMES * CUSAX_FRAME_MAX];
	size_t n_played;
};

struct cusax_voice *cusax_voice_new(uint32_t rate, bool echo, bool noise)
{
	struct cusax_voice *voice = g_new0(struct cusax_voice, 1);
	int sampling = (int)rate, denoise = noise;

	voice->rate = rate;
	voice->frame = rate * CUSAX_FRAME_MS / 1000;
	voice->noise = speex_preprocess_state_init((int)voice->frame, sampling);
	if (voice->noise) {
		speex_preprocess_ctl(voice->noise, SPEEX_PREPROCESS_SET_DENOISE, &denoise);
	}
	if (echo) {
		voice->echo =
			speex_echo_state_init((int)voice->frame, (int)(rate * TAIL_MS / 1000));
		if (voice->echo && voice->noise) {
			speex_echo_ctl(voice->echo, SPEEX_ECHO_SET_SAMPLING_RATE, &sampling);
			/* What the filter leaves over is taken out with the noise. */
			speex_preprocess_ctl(voice->noise, SPEEX_PREPROCESS_SET_ECHO_STATE,
					     voice->echo);
		}
	}
	if (!voice->noise || (echo && !voice->echo))
		g_clear_pointer(&voice, cusax_voice_free);
	return voice;
}

void cusax_voice_free(struct cusax_voice *voice)
{
	if (!voice)
		return;
	if (voice->noise)
		speex_preprocess_state_destroy(voice->noise);
	if (voice->echo)
		speex_echo_state_destroy(voice->echo);
	g_free(voice);
}

void cusax_voice_played(struct cusax_voice *voice, const int16_t *samples, size_t n, uint32_t rate)
{
	int16_t converted[CUSAX_FRAME_MAX];
	size_t made = G_N_ELEMENTS(converted), room = PLAYED_FRAMES * voice->frame, over;

	if (!voice->echo)
		return;
	if (rate != voice->rate) {
		if (rate != voice->played_rate) {
			auresamp_init(&voice->resampler);
			if (auresamp_setup(&voice->resampler, rate, 1, voice->rate, 1))
				return;
			voice->played_rate = rate;
		}
		if (auresamp(&voice->resampler, converted, &made, samples, n))
			return;
		samples = converted;
		n = made;
	}
	if (n > room)
		return;
	over = voice->n_played + n > room ? voice->n_played + n - room : 0;
	memmove(voice->played, voice->played + over, (voice->n_played - over) * sizeof(*samples));
	voice->n_played -= over;
	memcpy(voice->played + voice->n_played, samples, n * sizeof(*samples));
	voice->n_played += n;
}

void cusax_voice_clean(struct cusax_voice *voice, const int16_t *samples, int16_t *ret_samples)
{
	if (!voice->echo) {
		memcpy(ret_samples, samples, voice->frame * sizeof(*samples));
	} else if (voice->n_played < voice->frame) {
		/* Nothing is played, so nothing comes back. */
		memcpy(ret_samples, samples, voice->frame * sizeof(*samples));
	} else {
		speex_echo_cancellation(voice->echo, samples, voice->played, ret_samples);
		voice->n_played -= voice->frame;
		memmove(voice->played, voice->played + voice->frame,
			voice->n_played * sizeof(*samples));
	}
	speex_preprocess_run(voice->noise, ret_samples);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Echo and noise are taken out of the microphone, a voice is left in it. */
/* One thread. */
#include <string.h>

#include <glib.h>

#include "services/media/codec.h"
#include "services/media/voice.h"
#include "tests/tone.h"

enum {
	FRAMES = 250, /* 5 s */
	LAST = 50,
};

static const uint32_t rates[] = { 8000, 16000, 48000 };

static void fill_noise(GRand *dice, int16_t *samples, size_t n, int amplitude)
{
	for (size_t i = 0; i < n; i++)
		samples[i] = (int16_t)g_rand_int_range(dice, -amplitude, amplitude + 1);
}

/* What is played comes back a moment later, at half its strength. */
static void test_echo(gconstpointer data)
{
	uint32_t rate = *(const uint32_t *)data;
	size_t n = rate / 50, delay = rate / 100;
	struct cusax_voice *voice = cusax_voice_new(rate, true, false);
	GRand *dice = g_rand_new_with_seed(1);
	int16_t played[2 * CUSAX_FRAME_MAX] = { 0 }, heard[CUSAX_FRAME_MAX], out[CUSAX_FRAME_MAX];
	double before = 0, after = 0;

	for (unsigned i = 0; i < FRAMES; i++) {
		memmove(played, played + n, n * sizeof(*played));
		fill_noise(dice, played + n, n, 8000);
		cusax_voice_played(voice, played + n, n, rate);
		for (size_t k = 0; k < n; k++)
			heard[k] = (int16_t)(played[n + k - delay] / 2);
		cusax_voice_clean(voice, heard, out);
		if (i >= FRAMES - LAST) {
			before += tone_rms(heard, n);
			after += tone_rms(out, n);
		}
	}
	g_test_message("echo at %u Hz: %.1f dB less", rate, 20 * log10(before / (after + 1e-9)));
	g_assert_cmpfloat(after, <, before / 10); /* 20 dB */
	g_rand_free(dice);
	cusax_voice_free(voice);
}

static double cleaned(uint32_t rate, bool with_tone, bool with_noise)
{
	size_t n = rate / 50;
	struct cusax_voice *voice = cusax_voice_new(rate, false, true);
	GRand *dice = g_rand_new_with_seed(2);
	int16_t heard[CUSAX_FRAME_MAX], said[CUSAX_FRAME_MAX], out[CUSAX_FRAME_MAX];
	double phase = 0, level = 0;

	for (unsigned i = 0; i < FRAMES; i++) {
		memset(heard, 0, sizeof(heard));
		if (with_noise)
			fill_noise(dice, heard, n, 600);
		/* A voice comes and goes; what stays is noise. */
		if (with_tone && i % 10 < 5) {
			tone_make(said, n, rate, 440, 8000, &phase);
			for (size_t k = 0; k < n; k++)
				heard[k] = (int16_t)(heard[k] + said[k]);
		}
		cusax_voice_clean(voice, heard, out);
		if (i >= FRAMES - LAST)
			level += tone_rms(out, n) / LAST;
	}
	g_rand_free(dice);
	cusax_voice_free(voice);
	return level;
}

static void test_noise(gconstpointer data)
{
	uint32_t rate = *(const uint32_t *)data;
	double noise = cleaned(rate, false, true), voice = cleaned(rate, true, true);

	g_test_message("at %u Hz: noise of 346 becomes %.0f, a voice of 2828 stays %.0f", rate,
		       noise, voice);
	g_assert_cmpfloat(noise, <, 346 / 2.0);
	g_assert_cmpfloat(voice / noise, >, 2828 / 346.0);
}

static void test_rates(void)
{
	struct cusax_voice *voice = cusax_voice_new(48000, true, true);
	int16_t frame[CUSAX_FRAME_MAX] = { 0 }, out[CUSAX_FRAME_MAX];

	/* Another codec each way: nothing is read or written beyond its bounds. */
	for (unsigned i = 0; i < 20; i++) {
		cusax_voice_played(voice, frame, 160, 8000);
		cusax_voice_played(voice, frame, 320, 16000);
		cusax_voice_clean(voice, frame, out);
	}
	cusax_voice_free(voice);
	cusax_voice_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
		g_autofree char *echo = g_strdup_printf("/media/voice/echo/%u", rates[i]);
		g_autofree char *noise = g_strdup_printf("/media/voice/noise/%u", rates[i]);

		g_test_add_data_func(echo, &rates[i], test_echo);
		g_test_add_data_func(noise, &rates[i], test_noise);
	}
	g_test_add_func("/media/voice/rates of both ways differ", test_rates);
	return g_test_run();
}

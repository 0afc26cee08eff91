/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One conversation of several calls, and the sounds beside calls. */
/* One thread. */
#include <errno.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "services/media/mix.h"
#include "services/media/sound-file.h"
#include "tests/tone.h"

enum {
	FRAMES = 50,
	AMPLITUDE = 6000,
};

struct caller {
	struct cusax_mix_port port;
	uint32_t rate;
	double tone, phase;
	int16_t sent[FRAMES * CUSAX_FRAME_MAX];
	size_t n;
};

/* Each side says its tone, and is sent what the others say. */
static void talk(struct caller *callers, size_t n_callers)
{
	int16_t frame[CUSAX_FRAME_MAX];

	for (unsigned i = 0; i < FRAMES; i++) {
		for (size_t c = 0; c < n_callers; c++) {
			struct caller *caller = &callers[c];
			size_t n = caller->rate / 50;

			memset(frame, 0, sizeof(frame));
			cusax_mix_add(&caller->port, frame, n, caller->rate);
			memcpy(caller->sent + caller->n, frame, n * sizeof(*frame));
			caller->n += n;
			tone_make(frame, n, caller->rate, caller->tone, AMPLITUDE, &caller->phase);
			cusax_mix_say(&caller->port, frame, n, caller->rate);
		}
	}
}

static void test_mix(void)
{
	struct caller *callers = g_new0(struct caller, 3);
	static const uint32_t rates[] = { 8000, 16000, 48000 };
	static const double tones[] = { 440, 700, 1100 };

	for (size_t i = 0; i < 3; i++) {
		callers[i].rate = rates[i];
		callers[i].tone = tones[i];
		g_assert_cmpint(cusax_mix_set(&callers[i].port, true), ==, 0);
	}
	talk(callers, 3);
	for (size_t i = 0; i < 3; i++) {
		const int16_t *settled = callers[i].sent + callers[i].n / 2;

		for (size_t other = 0; other < 3; other++) {
			double share =
				tone_share(settled, callers[i].n / 2, rates[i], tones[other]);

			g_test_message("%.0f Hz in the call at %u: %.3f", tones[other], rates[i],
				       share);
			if (other == i)
				g_assert_cmpfloat(share, <, 0.01);
			else
				g_assert_cmpfloat(share, >, 0.3);
		}
	}
	for (size_t i = 0; i < 3; i++)
		g_assert_cmpint(cusax_mix_set(&callers[i].port, false), ==, 0);
	callers[0].n = 0;
	talk(callers, 1);
	g_assert_cmpfloat(tone_rms(callers[0].sent, callers[0].n), ==, 0);
	g_free(callers);
}

static void test_full(void)
{
	struct cusax_mix_port *ports = g_new0(struct cusax_mix_port, CUSAX_MIX_OTHERS + 2);

	for (size_t i = 0; i <= CUSAX_MIX_OTHERS; i++)
		g_assert_cmpint(cusax_mix_set(&ports[i], true), ==, 0);
	g_assert_cmpint(cusax_mix_set(&ports[CUSAX_MIX_OTHERS + 1], true), ==, ENOSPC);
	for (size_t i = 0; i <= CUSAX_MIX_OTHERS; i++)
		g_assert_cmpint(cusax_mix_set(&ports[i], false), ==, 0);
	g_free(ports);
}

static void test_tones(void)
{
	g_assert_null(cusax_sound_tone(CUSAX_SOUND_NONE));
	for (int sound = CUSAX_SOUND_RING; sound <= CUSAX_SOUND_BUSY; sound++) {
		struct cusax_sound_data *data = cusax_sound_tone((CusaxSound)sound);
		size_t n = data->rate / 5; /* a fifth of a second of it sounds at once */

		g_assert_cmpint(data->once, ==, sound == CUSAX_SOUND_BUSY);
		g_assert_cmpuint(data->n, >, data->rate);
		g_assert_cmpfloat(tone_share(data->samples, n, data->rate, 425), >, 0.9);
		cusax_sound_data_free(data);
	}
}

/* What is no sound is no crash, and there is a ring tone all the same. */
static void test_files(void)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	struct cusax_sound_data *data;
	int file = g_file_open_tmp("sound-XXXXXX", &path, &error);

	g_assert_no_error(error);
	g_close(file, NULL);
	g_assert_null(cusax_sound_read("/nonexistent"));
	g_assert_null(cusax_sound_read("/dev/zero"));
	g_assert_null(cusax_sound_read(path));
	g_file_set_contents(path, "OggS\0garbage", 12, NULL);
	g_assert_null(cusax_sound_read(path));
	data = cusax_sound_ring(path);
	g_assert_nonnull(data);
	g_assert_cmpuint(data->n, >, 0);
	cusax_sound_data_free(data);
	g_unlink(path);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/mix/T14: each hears the others and not itself", test_mix);
	g_test_add_func("/media/mix/full", test_full);
	g_test_add_func("/media/sound/T9: tones of a telephone", test_tones);
	g_test_add_func("/media/sound/T9: files", test_files);
	return g_test_run();
}

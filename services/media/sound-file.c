/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sounds beside calls: those of the sound theme, and tones made here. */
/* Any thread; reading a file blocks. */
#include "services/media/sound-file.h"

#include <math.h>
#include <string.h>

#include <glib.h>
#include <vorbis/vorbisfile.h>

enum {
	TONE_RATE = 8000,
	TONE_HZ = 425,
	TONE_LEVEL = 6000,
	EDGE_MS = 5, /* a tone that begins at once clicks */
	LONGEST_S = 30,
	PAUSE_S = 2, /* between two rings */
	CHANNELS_MAX = 8,
};

static struct cusax_sound_data *data_new(uint32_t rate, size_t n)
{
	struct cusax_sound_data *data = g_new0(struct cusax_sound_data, 1);

	data->rate = rate;
	data->n = n;
	data->samples = g_new0(int16_t, n);
	return data;
}

void cusax_sound_data_free(struct cusax_sound_data *data)
{
	if (!data)
		return;
	g_free(data->samples);
	g_free(data);
}

/* --- tones ----------------------------------------------------------------------------------- */

static void put_tone(struct cusax_sound_data *data, unsigned start_ms, unsigned length_ms)
{
	size_t first = (size_t)start_ms * TONE_RATE / 1000;
	size_t n = (size_t)length_ms * TONE_RATE / 1000, edge = EDGE_MS * TONE_RATE / 1000;

	for (size_t i = 0; i < n && first + i < data->n; i++) {
		double rise = MIN(1.0, (double)MIN(i, n - i) / (double)edge);

		data->samples[first + i] =
			(int16_t)(TONE_LEVEL * rise *
				  sin(2 * G_PI * TONE_HZ * (double)i / TONE_RATE));
	}
}

struct cusax_sound_data *cusax_sound_tone(CusaxSound sound)
{
	struct cusax_sound_data *data = NULL;

	switch (sound) {
	case CUSAX_SOUND_NONE:
		break;
	case CUSAX_SOUND_RING: /* two short ones, so that it is not taken for a ringback */
		data = data_new(TONE_RATE, 3 * TONE_RATE);
		put_tone(data, 0, 400);
		put_tone(data, 600, 400);
		break;
	case CUSAX_SOUND_WAITING:
		data = data_new(TONE_RATE, 5 * TONE_RATE);
		put_tone(data, 0, 200);
		put_tone(data, 400, 200);
		break;
	case CUSAX_SOUND_RINGBACK:
		data = data_new(TONE_RATE, 5 * TONE_RATE);
		put_tone(data, 0, 1000);
		break;
	case CUSAX_SOUND_BUSY:
		data = data_new(TONE_RATE, 2 * TONE_RATE);
		for (unsigned i = 0; i < 4; i++)
			put_tone(data, 480 * i, 240);
		data->once = true;
		break;
	}
	return data;
}

/* --- files ----------------------------------------------------------------------------------- */

static void append_mono(GArray *mono, const int16_t *samples, size_t frames, int channels)
{
	for (size_t i = 0; i < frames; i++) {
		int sum = 0;
		int16_t sample;

		for (int channel = 0; channel < channels; channel++)
			sum += samples[i * (size_t)channels + (size_t)channel];
		sample = (int16_t)(sum / channels);
		g_array_append_val(mono, sample);
	}
}

static bool decode(OggVorbis_File *file, GArray *mono, uint32_t *ret_rate)
{
	const vorbis_info *info = ov_info(file, -1);
	int16_t samples[4096];
	int section = 0;
	long length;

	if (!info || info->channels < 1 || info->channels > CHANNELS_MAX || info->rate < 8000 ||
	    info->rate > 48000)
		return false;
	*ret_rate = (uint32_t)info->rate;
	while (mono->len < LONGEST_S * *ret_rate &&
	       (length = ov_read(file, (char *)samples, sizeof(samples),
				 G_BYTE_ORDER == G_BIG_ENDIAN, 2, 1, &section)) > 0) {
		int channels = ov_info(file, -1)->channels;

		if (section != 0 || channels < 1)
			break;
		append_mono(mono, samples, (size_t)length / sizeof(int16_t) / (size_t)channels,
			    channels);
	}
	return mono->len > 0;
}

struct cusax_sound_data *cusax_sound_read(const char *path)
{
	g_autoptr(GArray) mono = g_array_new(FALSE, FALSE, sizeof(int16_t));
	struct cusax_sound_data *data = NULL;
	OggVorbis_File file;
	uint32_t rate;

	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) || ov_fopen(path, &file) != 0)
		return NULL;
	if (decode(&file, mono, &rate)) {
		data = data_new(rate, mono->len + PAUSE_S * rate);
		memcpy(data->samples, mono->data, mono->len * sizeof(int16_t));
	}
	ov_clear(&file);
	return data;
}

static struct cusax_sound_data *read_of_theme(const char *folder)
{
	static const char *const endings[] = { "oga", "ogg" };

	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *path = g_strdup_printf(
			"%s/sounds/freedesktop/stereo/phone-incoming-call.%s", folder, endings[i]);
		struct cusax_sound_data *data = cusax_sound_read(path);

		if (data)
			return data;
	}
	return NULL;
}

struct cusax_sound_data *cusax_sound_ring(const char *path)
{
	struct cusax_sound_data *data = path && *path ? cusax_sound_read(path) : NULL;
	const char *const *folders = g_get_system_data_dirs();

	if (!data)
		data = read_of_theme(g_get_user_data_dir());
	for (; !data && *folders; folders++)
		data = read_of_theme(*folders);
	return data ? data : cusax_sound_tone(CUSAX_SOUND_RING);
}

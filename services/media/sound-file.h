/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sounds beside calls: those of the sound theme, and tones made here. */
/* Any thread; reading a file blocks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/media-facts.h"

/* Mono samples that are played once, or again and again. */
struct cusax_sound_data {
	uint32_t rate;
	size_t n;
	bool once;
	int16_t *samples;
};

/* A file of Ogg Vorbis, 30 s of it at most, and a pause. NULL where it cannot be read. */
struct cusax_sound_data *cusax_sound_read(const char *path);
/* The ring tone: the file, else phone-incoming-call of the sound theme (freedesktop.org), else a tone.
 * path: NULL for none. */
struct cusax_sound_data *cusax_sound_ring(const char *path);
/* The tones of a telephone (ITU-T E.180): 425 Hz in the rhythm of the sound. */
struct cusax_sound_data *cusax_sound_tone(CusaxSound sound);
void cusax_sound_data_free(struct cusax_sound_data *data);

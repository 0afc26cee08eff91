/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The microphone made clean: echo of the loudspeaker and steady noise taken out (speexdsp). */
/* Libre thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cusax_voice;

/* For frames of CUSAX_FRAME_MS at that rate. NULL: no memory. */
struct cusax_voice *cusax_voice_new(uint32_t rate, bool echo, bool noise);
void cusax_voice_free(struct cusax_voice *voice); /* NULL is fine */

/* A frame that goes to the loudspeaker, at a rate of its own. */
void cusax_voice_played(struct cusax_voice *voice, const int16_t *samples, size_t n, uint32_t rate);
/* A frame of the microphone. ret_samples: room for as many. */
void cusax_voice_clean(struct cusax_voice *voice, const int16_t *samples, int16_t *ret_samples);

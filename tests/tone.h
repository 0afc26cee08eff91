/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tones for tests: made sample by sample, and measured. */
/* Any thread: pure. */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* n samples of a sine, on from *phase (in samples). */
static inline void tone_make(int16_t *samples, size_t n, double rate, double frequency,
			     double amplitude, double *phase)
{
	for (size_t i = 0; i < n; i++, *phase += 1)
		samples[i] = (int16_t)(amplitude * sin(2 * M_PI * frequency * *phase / rate));
}

static inline double tone_rms(const int16_t *samples, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)samples[i] * samples[i];
	return n ? sqrt(sum / (double)n) : 0;
}

/* The share of all power that lies at one frequency, 0 to 1 (Goertzel). */
static inline double tone_share(const int16_t *samples, size_t n, double rate, double frequency)
{
	double c = 2 * cos(2 * M_PI * frequency / rate), s1 = 0, s2 = 0, total = 0;

	for (size_t i = 0; i < n; i++) {
		double s = samples[i] + c * s1 - s2;

		s2 = s1;
		s1 = s;
		total += (double)samples[i] * samples[i];
	}
	return total > 0 ? (s1 * s1 + s2 * s2 - c * s1 * s2) / (total * (double)n / 2) : 0;
}

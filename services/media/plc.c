/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound made up for packets that did not come, for codecs that cannot do it themselves. */
/* One thread at a time. */
#include "services/media/plc.h"

#include <string.h>

#include <glib.h>
#include <spandsp.h>

#include "services/media/codec.h"

struct cusax_plc {
	plc_state_t *state; /* works at 8 kHz: its range of pitch counts in samples */
	bool halved;
	bool concealing;
	/* What was heard last. It is handed over when something is missing, whole: the state then has
	 * it in order from its beginning. */
	int16_t heard[PLC_HISTORY_LEN];
	int16_t last; /* sample made up last, to draw the line from */
};

struct cusax_plc *cusax_plc_new(uint32_t rate)
{
	struct cusax_plc *plc = g_new0(struct cusax_plc, 1);

	plc->halved = rate == 16000;
	plc->state = plc_init(NULL);
	if (!plc->state)
		g_clear_pointer(&plc, g_free);
	return plc;
}

void cusax_plc_free(struct cusax_plc *plc)
{
	if (!plc)
		return;
	plc_free(plc->state);
	g_free(plc);
}

static void take(struct cusax_plc *plc, int16_t *samples, size_t n)
{
	size_t kept = MIN(n, PLC_HISTORY_LEN);

	/* The first packet after a gap is joined to what was made up. */
	if (plc->concealing)
		plc_rx(plc->state, samples, (int)n);
	plc->concealing = false;
	memmove(plc->heard, plc->heard + kept, (PLC_HISTORY_LEN - kept) * sizeof(*samples));
	memcpy(plc->heard + PLC_HISTORY_LEN - kept, samples + n - kept, kept * sizeof(*samples));
}

void cusax_plc_heard(struct cusax_plc *plc, int16_t *samples, size_t n)
{
	int16_t half[CUSAX_DECODED_MAX / 2];

	if (!plc->halved) {
		take(plc, samples, n);
		return;
	}
	n = MIN(n / 2, G_N_ELEMENTS(half));
	for (size_t i = 0; i < n; i++)
		half[i] = (int16_t)((samples[2 * i] + samples[2 * i + 1]) / 2);
	take(plc, half, n);
	if (n)
		plc->last = samples[2 * n - 1];
}

static void make_up(struct cusax_plc *plc, int16_t *ret_samples, size_t n)
{
	if (!plc->concealing) {
		plc_init(plc->state);
		plc_rx(plc->state, plc->heard, PLC_HISTORY_LEN);
		plc->concealing = true;
	}
	plc_fillin(plc->state, ret_samples, (int)n);
}

void cusax_plc_conceal(struct cusax_plc *plc, int16_t *ret_samples, size_t n)
{
	int16_t half[CUSAX_DECODED_MAX / 2];

	if (!plc->halved) {
		make_up(plc, ret_samples, n);
		return;
	}
	make_up(plc, half, MIN((n + 1) / 2, G_N_ELEMENTS(half)));
	for (size_t i = 0; i < n; i++) {
		int16_t sample = half[MIN(i / 2, G_N_ELEMENTS(half) - 1)];

		ret_samples[i] = i % 2 ? sample : (int16_t)((plc->last + sample) / 2);
		plc->last = sample;
	}
}

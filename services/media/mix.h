/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One conversation of several calls: what one side says is sent to the others, too. */
/* Libre thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <re.h>

#include "services/media/codec.h"

enum {
	CUSAX_MIX_OTHERS = 3, /* calls that one call hears beside itself */
	CUSAX_MIX_FRAMES = 6, /* kept of each: more is delay */
};

struct auresamp;

/* What one of the others says, on its way into a call. */
struct cusax_mix_lane {
	const struct cusax_mix_port *from; /* NULL: free */
	struct auresamp *resampler;
	uint32_t from_rate, to_rate; /* that it is set up for */
	bool flowing;                /* began to be taken: a gap was filled before */
	int16_t samples[CUSAX_MIX_FRAMES * CUSAX_FRAME_MAX];
	size_t n;
};

/* The place of one call. Zeroed: alone. */
struct cusax_mix_port {
	struct le le;
	bool joined;
	struct cusax_mix_lane *lanes; /* CUSAX_MIX_OTHERS; NULL while alone */
};

/* Joins or leaves the one mix there is. ENOSPC where it is full. */
int cusax_mix_set(struct cusax_mix_port *port, bool joined);
/* What the other side of this call says: on its way to the others. */
void cusax_mix_say(struct cusax_mix_port *port, const int16_t *samples, size_t n, uint32_t rate);
/* Adds what the others say, at a rate, to what this call sends. */
void cusax_mix_add(struct cusax_mix_port *port, int16_t *samples, size_t n, uint32_t rate);

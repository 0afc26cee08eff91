/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An adaptive jitter buffer: packets in as they arrive, out in order and in time. Pure. */
/* One thread; time is given by the caller. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/media/codec.h"

enum {
	CUSAX_JITTER_SLOTS = 64,       /* packets held */
	CUSAX_JITTER_MIN_MS = 20,      /* least delay aimed at */
	CUSAX_JITTER_MAX_MS = 300,     /* most delay aimed at */
	CUSAX_JITTER_WINDOW_MS = 4000, /* half of the time that a peak is remembered */
};

enum cusax_jitter_result {
	CUSAX_JITTER_PACKET,  /* the next packet */
	CUSAX_JITTER_LOST,    /* the next packet did not come: make up its sound */
	CUSAX_JITTER_WAITING, /* nothing to play: the buffer fills, or the sender is silent */
};

struct cusax_jitter_stats {
	uint32_t played, lost;  /* packets given, packets asked to be made up */
	uint32_t late, doubled; /* dropped on arrival */
	uint32_t skipped;       /* dropped to shorten the delay, or because the buffer was full */
	uint32_t restarts;      /* the sender jumped in its numbering */
};

struct cusax_jitter_slot {
	bool used;
	uint16_t sequence;
	uint32_t timestamp;
	size_t length;
	uint8_t payload[CUSAX_PAYLOAD_MAX];
};

struct cusax_jitter {
	uint32_t clock; /* RTP ticks a second */
	struct cusax_jitter_slot slots[CUSAX_JITTER_SLOTS];
	size_t n;        /* packets held */
	bool started;    /* next is valid */
	bool filling;    /* nothing is given before the target is reached */
	uint16_t next;   /* sequence number to be played next */
	uint16_t newest; /* highest sequence number held or played */
	uint32_t newest_timestamp;
	uint32_t step;   /* ticks from one packet to the next, as last seen */
	uint32_t played; /* timestamp after the packet played last */
	bool suspect;    /* the packet before was far off: a second one means a restart */
	uint16_t suspect_next;

	/* Delay variation: the least and the largest transit of this window and the one before. */
	int64_t window_start;
	bool transit_known;
	uint32_t first_timestamp;
	int64_t first_arrival, least[2], most[2];
	uint32_t target_ms;
	/* Shortening: the least surplus seen over the last packets played. */
	uint32_t surplus_ms, surplus_count;

	struct cusax_jitter_stats stats;
};

/* Empty, for an RTP clock of that rate. */
void cusax_jitter_init(struct cusax_jitter *jitter, uint32_t clock);

/* Takes one packet that arrived at now_ms (any steady clock). FALSE: dropped, and counted. */
bool cusax_jitter_put(struct cusax_jitter *jitter, uint16_t sequence, uint32_t timestamp,
		      const uint8_t *payload, size_t length, int64_t now_ms);

/* What to play next. PACKET: *ret_payload is the packet. LOST: *ret_payload is the packet after it
 * where that is there, else NULL. Borrowed until the next put. */
enum cusax_jitter_result cusax_jitter_get(struct cusax_jitter *jitter, const uint8_t **ret_payload,
					  size_t *ret_length);

/* How long the packets held would play, and what is aimed at. */
uint32_t cusax_jitter_depth_ms(const struct cusax_jitter *jitter);
static inline uint32_t cusax_jitter_target_ms(const struct cusax_jitter *jitter)
{
	return jitter->target_ms;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An adaptive jitter buffer: packets in as they arrive, out in order and in time. Pure. */
/* One thread; time is given by the caller. */
#include "services/media/jitter.h"

#include <string.h>

enum {
	SHORTEN_AFTER = 50, /* packets that all had to spare what one lasts */
};

static uint32_t to_ms(const struct cusax_jitter *jitter, uint32_t ticks)
{
	return (uint32_t)((uint64_t)ticks * 1000 / jitter->clock);
}

static struct cusax_jitter_slot *slot_of(struct cusax_jitter *jitter, uint16_t sequence)
{
	struct cusax_jitter_slot *slot = &jitter->slots[sequence % CUSAX_JITTER_SLOTS];

	return slot->used && slot->sequence == sequence ? slot : NULL;
}

static void empty(struct cusax_jitter *jitter)
{
	for (size_t i = 0; i < CUSAX_JITTER_SLOTS; i++)
		jitter->slots[i].used = false;
	jitter->n = 0;
	jitter->filling = true;
	jitter->surplus_count = 0;
}

static void restart(struct cusax_jitter *jitter)
{
	jitter->stats.skipped += (uint32_t)jitter->n;
	empty(jitter);
	jitter->started = false;
	jitter->transit_known = false;
	jitter->suspect = false;
}

/* The delay aimed at is the spread of transit times over the last two windows, and one packet. */
static void aim(struct cusax_jitter *jitter, int64_t transit, int64_t now_ms)
{
	int64_t least, most, target;

	if (!jitter->transit_known) {
		jitter->transit_known = true;
		jitter->window_start = now_ms;
		jitter->least[0] = jitter->least[1] = transit;
		jitter->most[0] = transit;
		/* Until the network is known it is taken to shake by a frame. */
		jitter->most[1] = transit + CUSAX_FRAME_MS;
	} else if (now_ms - jitter->window_start >= CUSAX_JITTER_WINDOW_MS) {
		jitter->window_start = now_ms;
		jitter->least[1] = jitter->least[0];
		jitter->most[1] = jitter->most[0];
		jitter->least[0] = jitter->most[0] = transit;
	}
	if (transit < jitter->least[0])
		jitter->least[0] = transit;
	if (transit > jitter->most[0])
		jitter->most[0] = transit;

	least = jitter->least[0] < jitter->least[1] ? jitter->least[0] : jitter->least[1];
	most = jitter->most[0] > jitter->most[1] ? jitter->most[0] : jitter->most[1];
	target = most - least + to_ms(jitter, jitter->step);
	if (target < CUSAX_JITTER_MIN_MS)
		target = CUSAX_JITTER_MIN_MS;
	if (target > CUSAX_JITTER_MAX_MS)
		target = CUSAX_JITTER_MAX_MS;
	jitter->target_ms = (uint32_t)target;
}

static void measure(struct cusax_jitter *jitter, uint32_t timestamp, int64_t now_ms)
{
	int64_t sent;

	if (!jitter->transit_known) {
		jitter->first_timestamp = timestamp;
		jitter->first_arrival = now_ms;
	}
	sent = (int64_t)(int32_t)(timestamp - jitter->first_timestamp) * 1000 / jitter->clock;
	aim(jitter, now_ms - jitter->first_arrival - sent, now_ms);

	/* Keeps the differences small, so that a wrap of the timestamp is never in sight. */
	if (sent > 60000) {
		int64_t whole = sent / 1000;

		jitter->first_timestamp += (uint32_t)(whole * jitter->clock);
		jitter->first_arrival += whole * 1000;
	}
}

/* RFC 3550 §A.1: numbering that jumps far is believed when two packets agree on it. */
static bool is_restart(struct cusax_jitter *jitter, uint16_t sequence)
{
	bool confirmed = jitter->suspect && sequence == jitter->suspect_next;

	jitter->suspect = !confirmed;
	jitter->suspect_next = (uint16_t)(sequence + 1);
	return confirmed;
}

static void drop_oldest(struct cusax_jitter *jitter)
{
	struct cusax_jitter_slot *slot = slot_of(jitter, jitter->next);

	if (slot) {
		slot->used = false;
		jitter->n--;
		jitter->stats.skipped++;
	}
	jitter->next++;
}

void cusax_jitter_init(struct cusax_jitter *jitter, uint32_t clock)
{
	memset(jitter, 0, sizeof(*jitter));
	jitter->clock = clock;
	jitter->step = clock * CUSAX_FRAME_MS / 1000;
	jitter->target_ms = 2 * CUSAX_FRAME_MS;
	jitter->filling = true;
}

bool cusax_jitter_put(struct cusax_jitter *jitter, uint16_t sequence, uint32_t timestamp,
		      const uint8_t *payload, size_t length, int64_t now_ms)
{
	struct cusax_jitter_slot *slot;
	int16_t ahead;

	if (length > CUSAX_PAYLOAD_MAX)
		return false;
	if (!jitter->started) {
		jitter->started = true;
		jitter->next = jitter->newest = sequence;
		jitter->newest_timestamp = timestamp;
	}

	ahead = (int16_t)(sequence - jitter->newest);
	if (ahead > 10 * CUSAX_JITTER_SLOTS || ahead < -CUSAX_JITTER_SLOTS) {
		if (!is_restart(jitter, sequence)) {
			jitter->stats.late++;
			return false;
		}
		restart(jitter);
		jitter->stats.restarts++;
		jitter->started = true;
		jitter->next = jitter->newest = sequence;
		jitter->newest_timestamp = timestamp;
		ahead = 0;
	} else {
		jitter->suspect = false;
	}

	if (ahead == 1 && (int32_t)(timestamp - jitter->newest_timestamp) > 0 &&
	    timestamp - jitter->newest_timestamp <= jitter->clock / 5)
		jitter->step = timestamp - jitter->newest_timestamp;
	/* A pause of the sender says nothing about the network. */
	if (ahead >= 0 && to_ms(jitter, timestamp - jitter->newest_timestamp) > 10000)
		jitter->transit_known = false;
	measure(jitter, timestamp, now_ms);
	if (ahead > 0) {
		jitter->newest = sequence;
		jitter->newest_timestamp = timestamp;
	}

	if ((int16_t)(sequence - jitter->next) < 0) {
		/* While nothing was played yet, an overtaken packet still has its place. */
		if (jitter->stats.played || jitter->stats.lost || !jitter->filling ||
		    (uint16_t)(jitter->newest - sequence) >= CUSAX_JITTER_SLOTS) {
			jitter->stats.late++;
			return false;
		}
		jitter->next = sequence;
	}
	if (slot_of(jitter, sequence)) {
		jitter->stats.doubled++;
		return false;
	}
	while ((uint16_t)(sequence - jitter->next) >= CUSAX_JITTER_SLOTS) {
		if (!jitter->n) {
			jitter->next = sequence;
			break;
		}
		drop_oldest(jitter);
	}

	slot = &jitter->slots[sequence % CUSAX_JITTER_SLOTS];
	slot->used = true;
	slot->sequence = sequence;
	slot->timestamp = timestamp;
	slot->length = length;
	memcpy(slot->payload, payload, length);
	jitter->n++;
	return true;
}

static const struct cusax_jitter_slot *oldest(const struct cusax_jitter *jitter)
{
	for (uint16_t i = 0; i < CUSAX_JITTER_SLOTS; i++) {
		uint16_t sequence = (uint16_t)(jitter->next + i);
		const struct cusax_jitter_slot *slot =
			&jitter->slots[sequence % CUSAX_JITTER_SLOTS];

		if (slot->used && slot->sequence == sequence)
			return slot;
	}
	return NULL;
}

uint32_t cusax_jitter_depth_ms(const struct cusax_jitter *jitter)
{
	const struct cusax_jitter_slot *slot = jitter->n ? oldest(jitter) : NULL;

	if (!slot)
		return 0;
	return to_ms(jitter, jitter->newest_timestamp - slot->timestamp + jitter->step);
}

/* One packet is left out when for a while each moment had more than one to spare; many at once when
 * the delay is far off, as after a time without a loudspeaker. */
static void shorten(struct cusax_jitter *jitter)
{
	uint32_t packet = to_ms(jitter, jitter->step);
	uint32_t depth = cusax_jitter_depth_ms(jitter);
	uint32_t surplus = depth > jitter->target_ms ? depth - jitter->target_ms : 0;

	if (surplus > CUSAX_JITTER_MAX_MS) {
		while (jitter->n > 1 && cusax_jitter_depth_ms(jitter) > jitter->target_ms + packet)
			drop_oldest(jitter);
		jitter->surplus_count = 0;
		return;
	}
	if (!jitter->surplus_count || surplus < jitter->surplus_ms)
		jitter->surplus_ms = surplus;
	if (++jitter->surplus_count < SHORTEN_AFTER)
		return;
	if (jitter->surplus_ms > packet)
		drop_oldest(jitter);
	jitter->surplus_count = 0;
}

enum cusax_jitter_result cusax_jitter_get(struct cusax_jitter *jitter, const uint8_t **ret_payload,
					  size_t *ret_length)
{
	const struct cusax_jitter_slot *after;
	struct cusax_jitter_slot *slot;

	*ret_payload = NULL;
	*ret_length = 0;
	if (jitter->filling) {
		if (!jitter->n || cusax_jitter_depth_ms(jitter) < jitter->target_ms)
			return CUSAX_JITTER_WAITING;
		jitter->filling = false;
		jitter->surplus_count = 0;
		jitter->next = oldest(jitter)->sequence;
	}
	if (!jitter->n) {
		jitter->filling = true;
		return CUSAX_JITTER_WAITING;
	}

	shorten(jitter);
	slot = slot_of(jitter, jitter->next);
	if (!slot) {
		after = slot_of(jitter, (uint16_t)(jitter->next + 1));
		jitter->next++;
		jitter->stats.lost++;
		if (after) {
			*ret_payload = after->payload;
			*ret_length = after->length;
		}
		return CUSAX_JITTER_LOST;
	}
	slot->used = false;
	jitter->n--;
	jitter->next++;
	jitter->stats.played++;
	*ret_payload = slot->payload;
	*ret_length = slot->length;
	return CUSAX_JITTER_PACKET;
}

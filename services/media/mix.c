/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One conversation of several calls: what one side says is sent to the others, too. */
/* Libre thread. */
#include "services/media/mix.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <rem.h>

static struct list ports; /* struct cusax_mix_port */

static void clear_lane(struct cusax_mix_lane *lane)
{
	g_free(lane->resampler);
	memset(lane, 0, sizeof(*lane));
}

static struct cusax_mix_lane *lane_from(struct cusax_mix_port *port,
					const struct cusax_mix_port *from)
{
	for (size_t i = 0; i < CUSAX_MIX_OTHERS; i++) {
		if (port->lanes[i].from == from)
			return &port->lanes[i];
	}
	return NULL;
}

static void link_ports(struct cusax_mix_port *to, const struct cusax_mix_port *from)
{
	struct cusax_mix_lane *lane = lane_from(to, NULL);

	if (lane)
		lane->from = from;
}

static void leave(struct cusax_mix_port *port)
{
	list_unlink(&port->le);
	for (size_t i = 0; i < CUSAX_MIX_OTHERS; i++)
		clear_lane(&port->lanes[i]);
	g_clear_pointer(&port->lanes, g_free);
	for (struct le *le = ports.head; le; le = le->next) {
		struct cusax_mix_lane *lane = lane_from(le->data, port);

		if (lane)
			clear_lane(lane);
	}
}

int cusax_mix_set(struct cusax_mix_port *port, bool joined)
{
	if (port->joined == joined)
		return 0;
	if (joined && list_count(&ports) > CUSAX_MIX_OTHERS)
		return ENOSPC;
	port->joined = joined;
	if (!joined) {
		leave(port);
		return 0;
	}
	port->lanes = g_new0(struct cusax_mix_lane, CUSAX_MIX_OTHERS);
	for (struct le *le = ports.head; le; le = le->next) {
		link_ports(port, le->data);
		link_ports(le->data, port);
	}
	list_append(&ports, &port->le, port);
	return 0;
}

/* The rates of the codecs divide one another, as the resampler wants it. */
static bool set_up(struct cusax_mix_lane *lane, uint32_t from, uint32_t to)
{
	if (lane->from_rate == from && lane->to_rate == to)
		return true;
	if (!lane->resampler)
		lane->resampler = g_new0(struct auresamp, 1);
	auresamp_init(lane->resampler);
	if (auresamp_setup(lane->resampler, from, 1, to, 1))
		return false;
	lane->from_rate = from;
	lane->to_rate = to;
	lane->n = 0;
	lane->flowing = false;
	return true;
}

static void append(struct cusax_mix_lane *lane, const int16_t *samples, size_t n)
{
	int16_t converted[CUSAX_FRAME_MAX];
	size_t made = G_N_ELEMENTS(converted), room = G_N_ELEMENTS(lane->samples), over;

	if (lane->from_rate != lane->to_rate) {
		if (auresamp(lane->resampler, converted, &made, samples, n))
			return;
		samples = converted;
		n = made;
	}
	if (n > room)
		return;
	/* Who speaks faster than the other call listens loses the oldest. */
	over = lane->n + n > room ? lane->n + n - room : 0;
	memmove(lane->samples, lane->samples + over, (lane->n - over) * sizeof(*samples));
	lane->n -= over;
	memcpy(lane->samples + lane->n, samples, n * sizeof(*samples));
	lane->n += n;
}

void cusax_mix_say(struct cusax_mix_port *port, const int16_t *samples, size_t n, uint32_t rate)
{
	if (!port->joined)
		return;
	for (struct le *le = ports.head; le; le = le->next) {
		struct cusax_mix_port *other = le->data;
		struct cusax_mix_lane *lane = other == port ? NULL : lane_from(other, port);

		/* The rate to convert to is set by the call that sends. */
		if (lane && lane->to_rate && set_up(lane, rate, lane->to_rate))
			append(lane, samples, n);
	}
}

static void add_lane(struct cusax_mix_lane *lane, int16_t *samples, size_t n, uint32_t rate)
{
	if (lane->to_rate != rate) {
		lane->from_rate = 0; /* set up anew with the next that is said */
		lane->to_rate = rate;
		lane->n = 0;
		lane->flowing = false;
		return;
	}
	/* One frame in reserve: the two calls do not tick together. */
	if (lane->n < (lane->flowing ? n : 2 * n)) {
		lane->flowing = false;
		return;
	}
	lane->flowing = true;
	for (size_t i = 0; i < n; i++)
		samples[i] = (int16_t)CLAMP(samples[i] + lane->samples[i], -32767, 32767);
	lane->n -= n;
	memmove(lane->samples, lane->samples + n, lane->n * sizeof(*samples));
}

void cusax_mix_add(struct cusax_mix_port *port, int16_t *samples, size_t n, uint32_t rate)
{
	for (size_t i = 0; port->joined && i < CUSAX_MIX_OTHERS; i++) {
		if (port->lanes[i].from)
			add_lane(&port->lanes[i], samples, n, rate);
	}
}

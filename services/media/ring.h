/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples between two threads: one puts, one takes, a lock around each. */
/* Any thread. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "services/media/codec.h"

enum {
	CUSAX_RING_FRAMES = 8,
	CUSAX_RING_MAX = CUSAX_RING_FRAMES * CUSAX_FRAME_MAX,
};

struct cusax_ring {
	pthread_mutex_t lock;
	int16_t samples[CUSAX_RING_MAX];
	size_t first, n;
	bool told; /* the other thread was told that there is something to do */
};

static inline void cusax_ring_init(struct cusax_ring *ring)
{
	pthread_mutex_init(&ring->lock, NULL);
	ring->first = ring->n = 0;
	ring->told = false;
}

static inline void cusax_ring_empty(struct cusax_ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	ring->first = ring->n = 0;
	ring->told = false;
	pthread_mutex_unlock(&ring->lock);
}

static inline size_t cusax_ring_level(struct cusax_ring *ring)
{
	size_t n;

	pthread_mutex_lock(&ring->lock);
	n = ring->n;
	pthread_mutex_unlock(&ring->lock);
	return n;
}

/* samples NULL: silence. What does not fit is left out. TRUE where n samples or more are now there
 * and nobody was told yet: the caller tells. */
static inline bool cusax_ring_put(struct cusax_ring *ring, const int16_t *samples, size_t n,
				  size_t enough)
{
	bool tell;

	pthread_mutex_lock(&ring->lock);
	for (size_t i = 0; i < n && ring->n < CUSAX_RING_MAX; i++, ring->n++)
		ring->samples[(ring->first + ring->n) % CUSAX_RING_MAX] = samples ? samples[i] : 0;
	tell = ring->n >= enough && !ring->told;
	ring->told |= tell;
	pthread_mutex_unlock(&ring->lock);
	return tell;
}

/* Gives how many samples were there, up to n. */
static inline size_t cusax_ring_take(struct cusax_ring *ring, int16_t *ret_samples, size_t n)
{
	size_t taken;

	pthread_mutex_lock(&ring->lock);
	for (taken = 0; taken < n && ring->n; taken++, ring->n--) {
		ret_samples[taken] = ring->samples[ring->first];
		ring->first = (ring->first + 1) % CUSAX_RING_MAX;
	}
	pthread_mutex_unlock(&ring->lock);
	return taken;
}

/* TRUE where fewer than enough samples are left and nobody was told yet: the caller tells. */
static inline bool cusax_ring_is_low(struct cusax_ring *ring, size_t enough)
{
	bool tell;

	pthread_mutex_lock(&ring->lock);
	tell = ring->n < enough && !ring->told;
	ring->told |= tell;
	pthread_mutex_unlock(&ring->lock);
	return tell;
}

/* Whoever was told begins its work: what comes from now on is told again. */
static inline void cusax_ring_heed(struct cusax_ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	ring->told = false;
	pthread_mutex_unlock(&ring->lock);
}

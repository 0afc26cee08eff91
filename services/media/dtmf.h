/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys as telephone-events (RFC 4733): what to send next, and what was heard. Pure. */
/* Libre thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CUSAX_DTMF_QUEUE = 64,    /* keys that may wait */
	CUSAX_DTMF_STEP_MS = 20,  /* one packet each */
	CUSAX_DTMF_KEY_MS = 100,  /* how long a key sounds */
	CUSAX_DTMF_PAUSE_MS = 60, /* between two keys; the closing packets go out in it */
	CUSAX_DTMF_PAYLOAD = 4,
};

/* Zeroed: idle. */
struct cusax_dtmf_sender {
	char queue[CUSAX_DTMF_QUEUE];
	size_t head, n;
	unsigned step; /* 20 ms steps of the key under way, 0: none */
};

/* Zeroed: nothing heard. */
struct cusax_dtmf_receiver {
	bool any;
	uint32_t timestamp; /* of the last key reported: its packets share it (RFC 4733 §2.5.1.2) */
	uint8_t event;
};

/* The event code of a key, -1 where there is none (RFC 4733 §3.2). */
int cusax_dtmf_code(char key);

/* EINVAL: no such key. ENOBUFS: too many wait. */
int cusax_dtmf_queue(struct cusax_dtmf_sender *sender, char key);
static inline bool cusax_dtmf_busy(const struct cusax_dtmf_sender *sender)
{
	return sender->n > 0;
}

/* Call every CUSAX_DTMF_STEP_MS while busy. TRUE: send payload (with the marker bit where
 * *ret_first), and with the timestamp of the moment when *ret_first was true. */
bool cusax_dtmf_step(struct cusax_dtmf_sender *sender, uint32_t clock,
		     uint8_t payload[static CUSAX_DTMF_PAYLOAD], bool *ret_first);

/* Takes one packet; gives the key the first time that it is heard, else 0. */
char cusax_dtmf_hear(struct cusax_dtmf_receiver *receiver, uint32_t timestamp,
		     const uint8_t *payload, size_t length);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys as telephone-events (RFC 4733): what to send next, and what was heard. Pure. */
/* Libre thread. */
#include "services/media/dtmf.h"

#include <errno.h>
#include <string.h>

static const char keys[] = "0123456789*#ABCD";

enum {
	VOLUME = 10, /* -dBm0 */
	KEY_STEPS = CUSAX_DTMF_KEY_MS / CUSAX_DTMF_STEP_MS,
	END_STEPS = 3, /* the last packet is sent three times (RFC 4733 §2.5.1.4) */
	PAUSE_STEPS = CUSAX_DTMF_PAUSE_MS / CUSAX_DTMF_STEP_MS,
	ALL_STEPS = KEY_STEPS + (PAUSE_STEPS > END_STEPS ? PAUSE_STEPS : END_STEPS),
};

int cusax_dtmf_code(char key)
{
	const char *found = key ? strchr(keys, key) : NULL;

	return found ? (int)(found - keys) : -1;
}

int cusax_dtmf_queue(struct cusax_dtmf_sender *sender, char key)
{
	if (cusax_dtmf_code(key) < 0)
		return EINVAL;
	if (sender->n == CUSAX_DTMF_QUEUE)
		return ENOBUFS;
	sender->queue[(sender->head + sender->n++) % CUSAX_DTMF_QUEUE] = key;
	return 0;
}

bool cusax_dtmf_step(struct cusax_dtmf_sender *sender, uint32_t clock,
		     uint8_t payload[static CUSAX_DTMF_PAYLOAD], bool *ret_first)
{
	unsigned sounded;
	uint32_t duration;
	bool end;

	*ret_first = false;
	if (!sender->n)
		return false;

	sender->step++;
	sounded = sender->step < KEY_STEPS ? sender->step : KEY_STEPS;
	duration = sounded * CUSAX_DTMF_STEP_MS * (clock / 1000);
	end = sender->step > KEY_STEPS;
	*ret_first = sender->step == 1;
	payload[0] = (uint8_t)cusax_dtmf_code(sender->queue[sender->head]);
	payload[1] = (uint8_t)((end ? 0x80 : 0) | VOLUME);
	payload[2] = (uint8_t)(duration >> 8);
	payload[3] = (uint8_t)duration;

	bool send = sender->step <= KEY_STEPS + END_STEPS;

	if (sender->step == ALL_STEPS) {
		sender->head = (sender->head + 1) % CUSAX_DTMF_QUEUE;
		sender->n--;
		sender->step = 0;
	}
	return send;
}

char cusax_dtmf_hear(struct cusax_dtmf_receiver *receiver, uint32_t timestamp,
		     const uint8_t *payload, size_t length)
{
	if (length < CUSAX_DTMF_PAYLOAD || payload[0] >= sizeof(keys) - 1)
		return 0;
	if (receiver->any && receiver->timestamp == timestamp && receiver->event == payload[0])
		return 0;
	/* A packet of an earlier key that was overtaken. */
	if (receiver->any && (int32_t)(timestamp - receiver->timestamp) < 0)
		return 0;
	receiver->any = true;
	receiver->timestamp = timestamp;
	receiver->event = payload[0];
	return keys[payload[0]];
}

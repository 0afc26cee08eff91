/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one connection of this process to the sound server, there while calls need it. */
/* Libre thread, but for cusax_pulse_signal(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <pulse/pulseaudio.h>
#include <re.h>

enum cusax_pulse_event {
	CUSAX_PULSE_INPUT,  /* samples came from the microphone */
	CUSAX_PULSE_OUTPUT, /* the loudspeaker has room */
	CUSAX_PULSE_DEVICE, /* a device came */
	CUSAX_PULSE_STATE,  /* a stream is up, gone, or moved to another device */
};

/* Somebody with streams. Handlers run on the libre thread. */
struct cusax_pulse_client {
	struct le le;
	uintptr_t id;
	/* The server is there: open streams. */
	void (*appeared)(void *arg);
	/* The server is gone, every stream with it: forget them. */
	void (*vanished)(void *arg);
	void (*event)(enum cusax_pulse_event event, void *arg);
	void *arg;
};

/* The first client starts the thread of PulseAudio and begins to connect; the last one ends both. */
int cusax_pulse_acquire(struct cusax_pulse_client *client);
void cusax_pulse_release(struct cusax_pulse_client *client);

/* NULL while there is no server. */
pa_context *cusax_pulse_context(void);

/* After CUSAX_PULSE_DEVICE: the index of the device that came. */
uint32_t cusax_pulse_came(bool *ret_input);

/* Around every use of streams and of the context. */
void cusax_pulse_lock(void);
void cusax_pulse_unlock(void);

/* Called on PulseAudio's thread, with its lock held: the client is told on the libre thread. */
void cusax_pulse_signal(uintptr_t id, enum cusax_pulse_event event);

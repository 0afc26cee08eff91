/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract between calls and sound: frames from a microphone, frames to a loudspeaker. */
/* Libre thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/media-facts.h"

/* The sound of one call. */
struct cusax_device;

/* Called on the libre thread, never from inside a function of the driver. Frames are mono, 16 bits,
 * CUSAX_FRAME_MS at the rate asked for. */
struct cusax_device_handlers {
	void (*captured)(const int16_t *frame, size_t n, void *arg);
	/* The loudspeaker has room for one frame more: fill it. */
	void (*wanted)(int16_t *frame, size_t n, void *arg);
	/* The sound is on that device now; "": on none. */
	void (*moved)(bool input, const char *name, void *arg);
	void *arg;
};

struct cusax_device_driver {
	/* Takes nothing yet. ret_device is closed by close(), after which no handler is called. */
	int (*open)(struct cusax_device **ret_device, const char *log_id,
		    const struct cusax_device_handlers *handlers);
	void (*close)(struct cusax_device *device);

	/* Samples a second, 0: off. name: a source or sink, NULL: the default. May be changed while
	 * it runs. Never fails: where sound is not to be had, it begins when it comes. */
	void (*input)(struct cusax_device *device, const char *name, uint32_t rate);
	void (*output)(struct cusax_device *device, const char *name, uint32_t rate);
	/* Adds the devices in use and their latency. NULL: nothing is known. */
	void (*figures)(struct cusax_device *device, CusaxMediaFigures *figures);
};

/* PulseAudio, and PipeWire through it. */
extern const struct cusax_device_driver cusax_pulse_driver;

/* The driver of calls opened from now on; PulseAudio unless a test says otherwise. */
void cusax_device_use(const struct cusax_device_driver *driver);
const struct cusax_device_driver *cusax_device_driver(void);

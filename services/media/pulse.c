/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PulseAudio: the streams of calls. */
/* Libre thread. */
#include "services/media/device.h"

#include <errno.h>

#include <re.h>

struct cusax_device {
	struct cusax_device_handlers handlers;
};

static int open_device(struct cusax_device **ret_device, const char *log_id,
		       const struct cusax_device_handlers *handlers)
{
	struct cusax_device *device = mem_zalloc(sizeof(*device), NULL);

	(void)log_id;
	if (!device)
		return ENOMEM;
	device->handlers = *handlers;
	*ret_device = device;
	return 0;
}

static void close_device(struct cusax_device *device)
{
	mem_deref(device);
}

static void set_stream(struct cusax_device *device, const char *name, uint32_t rate)
{
	(void)device;
	(void)name;
	(void)rate;
}

const struct cusax_device_driver cusax_pulse_driver = {
	.open = open_device,
	.close = close_device,
	.input = set_stream,
	.output = set_stream,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which driver gives calls their sound. */
/* Libre thread. */
#include "services/media/device.h"

static const struct cusax_device_driver *current = &cusax_pulse_driver;

void cusax_device_use(const struct cusax_device_driver *driver)
{
	current = driver;
}

const struct cusax_device_driver *cusax_device_driver(void)
{
	return current;
}

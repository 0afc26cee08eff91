/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which microphones and loudspeakers the sound server has: cusax_media_devices() (media.h). */
/* Libre thread. */
#pragma once

/* Drops the questions that are not answered yet, without a word. */
void cusax_pulse_devices_forget(void);

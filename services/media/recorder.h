/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call written to a file: Ogg/Opus, the person on the left, the other side on the right. */
/* Libre thread; encoding and writing have a thread of their own. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cusax_recorder;

/* err 0: the file is complete; else what went wrong with it. Once, on the libre thread; the recorder
 * is gone then. */
typedef void(cusax_recorder_end_h)(int err, void *arg);

/* file: a descriptor, taken where it succeeds. */
int cusax_recorder_start(struct cusax_recorder **ret_recorder, int file, cusax_recorder_end_h *end,
			 void *arg);
/* One frame of the person's microphone, or of what the other side says. */
void cusax_recorder_near(struct cusax_recorder *recorder, const int16_t *samples, size_t n,
			 uint32_t rate);
void cusax_recorder_far(struct cusax_recorder *recorder, const int16_t *samples, size_t n,
			uint32_t rate);
/* No more sound: the file is completed, then end() is called. */
void cusax_recorder_stop(struct cusax_recorder *recorder);
/* The same, and nobody is told. */
void cusax_recorder_abandon(struct cusax_recorder *recorder);

/* Waits for files that are being completed; at the end of the process. */
void cusax_recorder_close_all(void);

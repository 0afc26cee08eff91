/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound made up for packets that did not come, for codecs that cannot do it themselves. */
/* One thread at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The memory of one stream. The pitch of what was heard is found and repeated, and fades to silence
 * within 50 ms (spandsp, after ITU-T G.711 appendix I). */
struct cusax_plc;

/* rate: 8000, or 16000, where what is made up has the band of the telephone. NULL: no memory. */
struct cusax_plc *cusax_plc_new(uint32_t rate);
void cusax_plc_free(struct cusax_plc *plc); /* NULL is fine */

/* Samples that were decoded, CUSAX_DECODED_MAX at most: remembered, and after a gap joined to what
 * was made up. */
void cusax_plc_heard(struct cusax_plc *plc, int16_t *samples, size_t n);
/* n samples for a packet that is missing. */
void cusax_plc_conceal(struct cusax_plc *plc, int16_t *ret_samples, size_t n);

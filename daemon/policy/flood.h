/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often somebody may ring: each caller, and all together. */
/* Time comes in as an argument; one thread. */
#pragma once

#include <glib.h>

/* Calls that were answered do not count. A caller may ring so often in a row, then once in so long. */
#define CUSAX_FLOOD_CALLER_BURST 60
#define CUSAX_FLOOD_CALLER_USEC  G_USEC_PER_SEC
#define CUSAX_FLOOD_ALL_BURST    200
#define CUSAX_FLOOD_ALL_USEC     (G_USEC_PER_SEC / 20)
#define CUSAX_FLOOD_MAX_CALLERS  128

typedef struct CusaxFlood CusaxFlood;

CusaxFlood *cusax_flood_new(void);
void cusax_flood_free(CusaxFlood *flood);

/* Whether the caller (any text that stands for one; NULL: all who hide) may ring at now, monotonic
 * microseconds; if so it counts. */
gboolean cusax_flood_admit(CusaxFlood *flood, const char *caller, gint64 now);
/* The call was answered: it was wanted. */
void cusax_flood_forgive(CusaxFlood *flood, const char *caller);

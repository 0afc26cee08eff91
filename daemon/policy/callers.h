/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's own lists of callers: blocked, always let in, answered without a touch (T12, T17, T18). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/policy/charges.h"
#include "daemon/policy/identity.h"

/* The word on a list that means every caller who hides the number. */
#define CUSAX_CALLERS_ANONYMOUS "anonymous"

/* Patterns as in number-list.h, the word above, and bare JIDs of contacts; each may be NULL. */
typedef struct {
	const char *const *blocked;
	const char *const *allowed;
	const char *const *answered;
	const char *const *emergency; /* numbers, no patterns */
} CusaxCallerLists;

typedef struct {
	gboolean blocked;   /* on the block list, and not on that of those let in */
	gboolean allowed;   /* as welcome as a contact */
	gboolean answered;  /* may be answered by itself */
	gboolean emergency; /* an emergency service, as the network says */
} CusaxCallerVerdict;

/* contact: the bare JID of the verified contact, or NULL. A block holds for every address that the
 * caller gives or the network knows; a door is opened only by the address that identity goes by (C68),
 * and an emergency service must be named by the network: anybody can write such a number into From.
 * Whoever is answered by itself hears the room: a caller that only says who it is never is. */
CusaxCallerVerdict cusax_callers_judge(const CusaxCaller *caller, const char *contact,
				       const CusaxCallerLists *lists);

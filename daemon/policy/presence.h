/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One presence from many: of a contact's resources, and of oneself during calls (X4, B2). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/base/types.h"

typedef struct {
	const char *resource;
	CusaxAvailability availability;
	const char *status; /* or NULL */
	gint8 priority;     /* RFC 6121 §4.7.2.3: below 0 takes no messages */
	guint64 order;      /* rises with every presence received: newer wins */
} CusaxResource;

/* TRUE where a speaks for the person rather than b: present before offline, priority of 0 and more
 * before negative, then the more available, then the higher priority, then the newer, then by name.
 * For two resources of one person exactly one direction is TRUE. */
gboolean cusax_presence_is_better(const CusaxResource *a, const CusaxResource *b);

/* The resource that speaks for the person, borrowed; NULL where none is present. */
const CusaxResource *cusax_presence_best(const CusaxResource *resources, guint n);

typedef enum {
	CUSAX_PRESENCE_AS_WANTED,    /* no call, or the switch is off */
	CUSAX_PRESENCE_ON_THE_PHONE, /* a call, and the person was simply online */
	CUSAX_PRESENCE_KEPT, /* a call, but what the person asked for is stricter and stays */
} CusaxPresenceReason;

typedef struct {
	CusaxAvailability availability;
	const char *status; /* borrowed from the argument, or static; may be NULL */
	CusaxPresenceReason reason;
} CusaxOwnPresence;

/* What to send. wanted, status: what the person asked for. calls: those dialling, ringing out or
 * active. enabled: policy presence-during-calls. Only "online" is ever replaced, by dnd and a text:
 * nothing stricter is overwritten. With no calls the result is what was asked for. */
CusaxOwnPresence cusax_presence_own(CusaxAvailability wanted, const char *status, guint calls,
				    gboolean enabled);

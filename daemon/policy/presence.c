/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranking of resources, and own presence during calls. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/presence.h"

#define ON_THE_PHONE "On the phone"

/* How reachable a person is: higher is more. */
static int reachability(CusaxAvailability availability)
{
	switch (availability) {
	case CUSAX_AVAILABILITY_ONLINE:
		return 4;
	case CUSAX_AVAILABILITY_AWAY:
		return 3;
	case CUSAX_AVAILABILITY_XA:
		return 2;
	case CUSAX_AVAILABILITY_DND:
		return 1;
	case CUSAX_AVAILABILITY_OFFLINE:
		return 0;
	}
	g_return_val_if_reached(0);
}

gboolean cusax_presence_is_better(const CusaxResource *a, const CusaxResource *b)
{
	int left = reachability(a->availability);
	int right = reachability(b->availability);

	if (!left != !right)
		return left > 0;
	if ((a->priority < 0) != (b->priority < 0))
		return a->priority >= 0;
	if (left != right)
		return left > right;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->order != b->order)
		return a->order > b->order;
	return g_strcmp0(a->resource, b->resource) < 0;
}

const CusaxResource *cusax_presence_best(const CusaxResource *resources, guint n)
{
	const CusaxResource *best = NULL;

	for (guint i = 0; i < n; i++) {
		if (resources[i].availability == CUSAX_AVAILABILITY_OFFLINE)
			continue;
		if (!best || cusax_presence_is_better(&resources[i], best))
			best = &resources[i];
	}
	return best;
}

CusaxOwnPresence cusax_presence_own(CusaxAvailability wanted, const char *status, guint calls,
				    gboolean enabled)
{
	CusaxOwnPresence own = { wanted, status, CUSAX_PRESENCE_AS_WANTED };

	if (calls == 0 || !enabled)
		return own;
	if (wanted != CUSAX_AVAILABILITY_ONLINE) {
		own.reason = CUSAX_PRESENCE_KEPT;
		return own;
	}
	own.availability = CUSAX_AVAILABILITY_DND;
	own.status = ON_THE_PHONE;
	own.reason = CUSAX_PRESENCE_ON_THE_PHONE;
	return own;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often somebody may ring: a bucket for each caller, one for all. */
/* Time comes in as an argument; one thread. */
#include "daemon/policy/flood.h"

/* A bucket is the time at which it was, or will be, empty of calls. */
struct CusaxFlood {
	GHashTable *callers; /* char * -> gint64 * */
	gint64 all;
};

CusaxFlood *cusax_flood_new(void)
{
	CusaxFlood *flood = g_new0(CusaxFlood, 1);

	flood->callers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return flood;
}

void cusax_flood_free(CusaxFlood *flood)
{
	if (!flood)
		return;
	g_hash_table_unref(flood->callers);
	g_free(flood);
}

static gboolean has_room(gint64 bucket, gint64 now, guint burst, gint64 each)
{
	return MAX(bucket, now) + each <= now + burst * each;
}

static gboolean is_empty(G_GNUC_UNUSED gpointer caller, gpointer bucket, gpointer now)
{
	return *(gint64 *)bucket <= *(gint64 *)now;
}

/* NULL where there are too many to be told apart: then only the limit of all holds. */
static gint64 *bucket_of(CusaxFlood *flood, const char *caller, gint64 now)
{
	gint64 *bucket = g_hash_table_lookup(flood->callers, caller);

	if (bucket)
		return bucket;
	if (g_hash_table_size(flood->callers) >= CUSAX_FLOOD_MAX_CALLERS)
		g_hash_table_foreach_remove(flood->callers, is_empty, &now);
	if (g_hash_table_size(flood->callers) >= CUSAX_FLOOD_MAX_CALLERS)
		return NULL;
	bucket = g_new0(gint64, 1);
	g_hash_table_insert(flood->callers, g_strdup(caller), bucket);
	return bucket;
}

gboolean cusax_flood_admit(CusaxFlood *flood, const char *caller, gint64 now)
{
	gint64 *own = bucket_of(flood, caller ? caller : "", now);

	if (own && !has_room(*own, now, CUSAX_FLOOD_CALLER_BURST, CUSAX_FLOOD_CALLER_USEC))
		return FALSE;
	if (!has_room(flood->all, now, CUSAX_FLOOD_ALL_BURST, CUSAX_FLOOD_ALL_USEC))
		return FALSE;
	if (own)
		*own = MAX(*own, now) + CUSAX_FLOOD_CALLER_USEC;
	flood->all = MAX(flood->all, now) + CUSAX_FLOOD_ALL_USEC;
	return TRUE;
}

void cusax_flood_forgive(CusaxFlood *flood, const char *caller)
{
	gint64 *own = g_hash_table_lookup(flood->callers, caller ? caller : "");

	if (own)
		*own -= CUSAX_FLOOD_CALLER_USEC;
	flood->all -= CUSAX_FLOOD_ALL_USEC;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it costs to tell who calls: key, index and grade, as the roster grows (C62). */
/* Test program. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/policy/identity-index.h"
#include "daemon/policy/identity.h"

#define BATCH      64   /* callers of one measurement, so that the clock costs nothing */
#define BATCHES    401  /* the median is of an odd number */
#define NUMBERS    2    /* entries of a contact */
#define GOAL_US    20.0 /* with the largest roster */
#define CANDIDATES 2

static const guint rosters[] = { 10, 10000, 100000 };

typedef struct {
	CusaxIdentityIndex *index;
	GPtrArray *phones; /* of each contact: GPtrArray of CusaxPhoneEntry */
	guint n;
} Roster;

static const CusaxDialPlan plan = { .country = "33", .national_prefix = "0", .domain = "sip.test" };

static char *number_of(guint contact)
{
	return g_strdup_printf("+331%08u", contact);
}

static GPtrArray *entries_of(guint contact)
{
	g_autoptr(GPtrArray) phones =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	g_autofree char *number = number_of(contact);

	for (guint i = 0; i < NUMBERS; i++) {
		g_autofree char *uri =
			i ? g_strdup(number) : g_strdup_printf("sip:user%u@sip.test", contact);

		g_ptr_array_add(phones, cusax_phone_new(uri, NULL, CUSAX_SOURCE_VCARD));
	}
	return cusax_phones_merge(phones, &plan);
}

static void roster_init(Roster *roster, guint n)
{
	roster->index = cusax_identity_index_new();
	roster->phones = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	roster->n = n;
	for (guint i = 0; i < n; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);
		GPtrArray *entries = entries_of(i);

		cusax_identity_index_set(roster->index, id, entries);
		g_ptr_array_add(roster->phones, entries);
	}
}

static void roster_clear(Roster *roster)
{
	cusax_identity_index_free(roster->index);
	g_ptr_array_unref(roster->phones);
}

/* One caller, from the address in the request to the verdict, as the core does it. */
static CusaxIdentity look_up(const Roster *roster, const char *from)
{
	CusaxCaller caller = { .from_uri = from, .plan = &plan };
	CusaxCandidate candidates[CANDIDATES] = { 0 };
	g_auto(CusaxIdentityResult) result = { 0 };
	const char *ids[CANDIDATES];
	g_autofree char *key = cusax_identity_caller_key(&caller);
	guint found = cusax_identity_index_lookup(roster->index, key, ids, CANDIDATES);

	for (guint i = 0; i < MIN(found, CANDIDATES); i++) {
		candidates[i].contact = ids[i];
		candidates[i].address = "somebody@xmpp.test";
		candidates[i].phones = roster->phones->pdata[strtoul(ids[i], NULL, 10)];
		candidates[i].card = CUSAX_CARD_KNOWN;
	}
	result = cusax_identity_grade(&caller, NULL, candidates, MIN(found, CANDIDATES));
	return result.grade;
}

static int by_size(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

/* The median of the time that one caller takes, in microseconds. Half of them are contacts, by
 * address or by number; the others are strangers. */
static double measure(const Roster *roster, guint *ret_verified)
{
	static double times[BATCHES];
	g_autoptr(GRand) dice = g_rand_new_with_seed(1);
	char *callers[BATCH];

	*ret_verified = 0;
	for (guint batch = 0; batch < BATCHES; batch++) {
		gint64 start;

		for (guint i = 0; i < BATCH; i++) {
			guint who = g_rand_int_range(dice, 0, (gint32)roster->n);
			g_autofree char *number = number_of(who);

			callers[i] =
				i % 2   ? g_strdup_printf("sip:stranger%u@sip.test", who)
				: i % 4 ? g_strdup_printf("sip:user%u@sip.test", who)
					: g_strdup_printf("sip:%s@sip.test;user=phone", number);
		}
		start = g_get_monotonic_time();
		for (guint i = 0; i < BATCH; i++)
			*ret_verified += look_up(roster, callers[i]) == CUSAX_IDENTITY_VERIFIED;
		times[batch] = (double)(g_get_monotonic_time() - start) / BATCH;
		for (guint i = 0; i < BATCH; i++)
			g_free(callers[i]);
	}
	qsort(times, BATCHES, sizeof(times[0]), by_size);
	return times[BATCHES / 2];
}

int main(void)
{
	double median = 0;
	gboolean right = TRUE;

	printf("who calls: key, index and grade of one caller, median of %d batches of %d\n",
	       BATCHES, BATCH);
	for (guint i = 0; i < G_N_ELEMENTS(rosters); i++) {
		guint verified;
		Roster roster;

		roster_init(&roster, rosters[i]);
		median = measure(&roster, &verified);
		right = right && verified == BATCHES * BATCH / 2;
		printf("%8u contacts  %6.2f us\n", rosters[i], median);
		roster_clear(&roster);
	}
	if (!right)
		printf("wrong: contacts, and nobody else, should have been verified\n");
	if (median >= GOAL_US)
		printf("missed: the goal is less than %g us with %u contacts\n", GOAL_US,
		       rosters[G_N_ELEMENTS(rosters) - 1]);
	return right && median < GOAL_US ? 0 : 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's lists of callers, and how often somebody may ring. */
/* Test program. */
#include "daemon/policy/callers.h"
#include "daemon/policy/flood.h"
#include "tests/unit/rows.h"

#define NOBODY                                                                                     \
	{                                                                                          \
		NULL                                                                               \
	}
#define BLOCKED  1
#define ALLOWED  2
#define ANSWERED 4
#define RESCUE   8

typedef struct {
	const char *name;
	const char *from, *asserted, *unproven;
	gboolean anonymous;
	const char *contact;
	const char *blocked[3], *allowed[3], *answered[3];
	guint verdict;
} Row;

/* clang-format off */
static const Row rows[] = {
	{ "nobody is on a list", "sip:eve@sip.test", NULL, NULL, FALSE, NULL, NOBODY, NOBODY, NOBODY, 0 },
	{ "T12: an address is blocked", "sip:eve@sip.test", NULL, NULL, FALSE, NULL, { "eve@sip.test" }, NOBODY, NOBODY, BLOCKED },
	{ "T12: only that address", "sip:steve@sip.test", NULL, NULL, FALSE, NULL, { "eve@sip.test" }, NOBODY, NOBODY, 0 },
	{ "T12: a domain is blocked", "sip:any@spam.test", NULL, NULL, FALSE, NULL, { "*@spam.test" }, NOBODY, NOBODY, BLOCKED },
	{ "T12: a domain is not its end", "sip:any@notspam.test", NULL, NULL, FALSE, NULL, { "*@spam.test" }, NOBODY, NOBODY, 0 },
	{ "T12: a number is blocked, however written", "sip:+33123456789@sip.test", NULL, NULL, FALSE, NULL, { "+33 1 23 45 67 89" }, NOBODY, NOBODY, BLOCKED },
	{ "T12: a range of numbers is blocked", "tel:+33812345678", NULL, NULL, FALSE, NULL, { "+33 8*" }, NOBODY, NOBODY, BLOCKED },
	{ "T12: what the network knows is blocked, too", "sip:new@sip.test", "sip:eve@sip.test", NULL, FALSE, NULL, { "eve@sip.test" }, NOBODY, NOBODY, BLOCKED },
	{ "T12: also where nothing proves the network", "sip:new@sip.test", NULL, "sip:eve@sip.test", FALSE, NULL, { "eve@sip.test" }, NOBODY, NOBODY, BLOCKED },
	{ "T12: anonymous callers are blocked", "sip:anonymous@anonymous.invalid", NULL, NULL, TRUE, NULL, { "Anonymous" }, NOBODY, NOBODY, BLOCKED },
	{ "T12: a name is not hidden by its looks", "sip:anonymous@sip.test", NULL, NULL, FALSE, NULL, { "anonymous" }, NOBODY, NOBODY, 0 },
	{ "T12: a contact is blocked by chat address", "sip:bob@sip.test", NULL, NULL, FALSE, "bob@xmpp.test", { "bob@xmpp.test" }, NOBODY, NOBODY, BLOCKED },
	{ "T12: let in although the domain is blocked", "sip:mum@spam.test", NULL, NULL, FALSE, NULL, { "*@spam.test" }, { "mum@spam.test" }, NOBODY, ALLOWED },
	{ "T12: the network's word opens the door", "sip:x@sip.test", "sip:mum@sip.test", NULL, FALSE, NULL, NOBODY, { "mum@sip.test" }, NOBODY, ALLOWED },
	{ "T12: From does not, where the network says another", "sip:mum@sip.test", "sip:x@sip.test", NULL, FALSE, NULL, NOBODY, { "mum@sip.test" }, NOBODY, 0 },
	{ "T12: nor where it is disputed", "sip:mum@sip.test", NULL, "sip:x@sip.test", FALSE, NULL, NOBODY, { "mum@sip.test" }, NOBODY, 0 },
	{ "T12: a foreign domain vouches for no number", "sip:+33123456789@evil.test;user=phone", NULL, NULL, FALSE, NULL, NOBODY, { "+33123456789" }, NOBODY, 0 },
	{ "T12: anonymous callers are let in", "sip:anonymous@anonymous.invalid", NULL, NULL, TRUE, NULL, { "*" }, { "anonymous" }, NOBODY, ALLOWED },
	{ "T18: nobody is answered without a list", "sip:bob@sip.test", "sip:bob@sip.test", NULL, FALSE, "bob@xmpp.test", NOBODY, NOBODY, NOBODY, 0 },
	{ "T18: the network vouches", "sip:x@sip.test", "sip:bob@sip.test", NULL, FALSE, NULL, NOBODY, NOBODY, { "bob@sip.test" }, ANSWERED },
	{ "T18: a verified contact by chat address", "sip:bob@sip.test", NULL, NULL, FALSE, "bob@xmpp.test", NOBODY, NOBODY, { "bob@xmpp.test" }, ANSWERED },
	{ "T18: who only says so is not answered", "sip:bob@sip.test", NULL, NULL, FALSE, NULL, NOBODY, NOBODY, { "bob@sip.test" }, 0 },
	{ "T18: nor by an address that proves nothing", "sip:bob@sip.test", NULL, "sip:bob@sip.test", FALSE, NULL, NOBODY, NOBODY, { "bob@sip.test" }, 0 },
	{ "T18: nor where the network names another", "sip:bob@sip.test", "sip:eve@sip.test", NULL, FALSE, NULL, NOBODY, NOBODY, { "bob@sip.test" }, 0 },
	{ "T18: nor who hides", "sip:bob@sip.test", "sip:bob@sip.test", NULL, TRUE, NULL, NOBODY, NOBODY, { "bob@sip.test", "anonymous" }, 0 },
	{ "T18: who is blocked is not answered", "sip:bob@sip.test", "sip:bob@sip.test", NULL, FALSE, NULL, { "bob@sip.test" }, NOBODY, { "bob@sip.test" }, BLOCKED },
	{ "T17: an emergency service, as the network says", "sip:112@sip.test", "sip:112@sip.test", NULL, FALSE, NULL, NOBODY, NOBODY, NOBODY, RESCUE },
	{ "T17: anybody can write that into From", "sip:112@sip.test", NULL, NULL, FALSE, NULL, NOBODY, NOBODY, NOBODY, 0 },
	{ "T17: also beside another asserted address", "sip:112@sip.test", "sip:eve@sip.test", NULL, FALSE, NULL, NOBODY, NOBODY, NOBODY, 0 },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	static const char *const emergency[] = { "112", "911", NULL };
	const Row *row = data;
	const CusaxDialPlan plan = { .country = "+33",
				     .national_prefix = "0",
				     .international_prefix = "00",
				     .domain = "sip.test" };
	const CusaxCaller caller = { .from_uri = row->from,
				     .asserted_uri = row->asserted,
				     .unproven_uri = row->unproven,
				     .anonymous = row->anonymous,
				     .plan = &plan };
	const CusaxCallerLists lists = { row->blocked, row->allowed, row->answered, emergency };
	CusaxCallerVerdict got = cusax_callers_judge(&caller, row->contact, &lists);

	g_assert_cmpint(got.blocked, ==, (row->verdict & BLOCKED) != 0);
	g_assert_cmpint(got.allowed, ==, (row->verdict & ALLOWED) != 0);
	g_assert_cmpint(got.answered, ==, (row->verdict & ANSWERED) != 0);
	g_assert_cmpint(got.emergency, ==, (row->verdict & RESCUE) != 0);
}

static void test_no_lists(void)
{
	const CusaxCallerLists lists = { 0 };
	const CusaxCaller caller = { .from_uri = "sip:a@b", .asserted_uri = "sip:112@b" };
	CusaxCallerVerdict got = cusax_callers_judge(&caller, NULL, &lists);

	g_assert_false(got.blocked || got.allowed || got.answered || got.emergency);
}

/* --- how often --- */

static guint let_in(CusaxFlood *flood, const char *caller, guint calls, gint64 now)
{
	guint n = 0;

	for (guint i = 0; i < calls; i++)
		n += cusax_flood_admit(flood, caller, now);
	return n;
}

static void test_one_caller(void)
{
	CusaxFlood *flood = cusax_flood_new();
	gint64 now = G_USEC_PER_SEC;

	g_assert_cmpuint(let_in(flood, "eve", 100, now), ==, CUSAX_FLOOD_CALLER_BURST);
	/* Nobody else suffers for it. */
	g_assert_true(cusax_flood_admit(flood, "bob", now));
	g_assert_true(cusax_flood_admit(flood, NULL, now));
	now += CUSAX_FLOOD_CALLER_USEC;
	g_assert_cmpuint(let_in(flood, "eve", 100, now), ==, 1);
	/* A long rest makes all good. */
	now += 100 * CUSAX_FLOOD_CALLER_USEC;
	g_assert_cmpuint(let_in(flood, "eve", 100, now), ==, CUSAX_FLOOD_CALLER_BURST);
	cusax_flood_free(flood);
}

static void test_all_callers(void)
{
	CusaxFlood *flood = cusax_flood_new();
	guint n = 0;

	for (guint i = 0; i < 2000; i++) {
		g_autofree char *caller = g_strdup_printf("caller %u", i);

		n += cusax_flood_admit(flood, caller, i * (G_USEC_PER_SEC / 200));
	}
	/* 200 a second for ten seconds: the burst, and twenty a second. */
	g_assert_cmpuint(n, >=, CUSAX_FLOOD_ALL_BURST + 198);
	g_assert_cmpuint(n, <=, CUSAX_FLOOD_ALL_BURST + 201);
	cusax_flood_free(flood);
}

static void test_answered(void)
{
	CusaxFlood *flood = cusax_flood_new();

	for (guint i = 0; i < 1000; i++) {
		g_assert_true(cusax_flood_admit(flood, "bob", 0));
		cusax_flood_forgive(flood, "bob");
	}
	cusax_flood_forgive(flood, "nobody");
	cusax_flood_free(flood);
	cusax_flood_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/callers", rows, test_row);
	g_test_add_func("/policy/callers/no lists at all", test_no_lists);
	g_test_add_func("/policy/flood/R14: one caller", test_one_caller);
	g_test_add_func("/policy/flood/R14: many callers", test_all_callers);
	g_test_add_func("/policy/flood/R14: answered calls do not count", test_answered);
	return g_test_run();
}

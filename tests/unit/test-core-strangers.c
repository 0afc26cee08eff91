/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: people who ask to see one's presence, in any number. */
/* Main thread. */
#include "tests/unit/core-bench.h"

#define REQUESTS 5000
#define SHOWN    100 /* as core-roster.c has it */

static void ask(CoreBench *bench, const char *address)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_SUBSCRIPTION,
					    cusax_object_id(CUSAX_OBJECT(bench->chat)));

	event->subscription.address = g_strdup(address);
	event->subscription.what = CUSAX_SUBSCRIPTION_ASKED;
	core_bench_event(bench, event);
}

static void list(CoreBench *bench, const char *address)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_ROSTER_ITEM,
					    cusax_object_id(CUSAX_OBJECT(bench->chat)));

	event->roster_item.address = g_strdup(address);
	event->roster_item.subscription = CUSAX_SUBSCRIPTION_BOTH;
	core_bench_event(bench, event);
}

static guint64 refused(CoreBench *bench)
{
	Answer answer = { 0 };
	g_autoptr(GVariant) counters = NULL;
	guint64 n = 0;

	cusax_core_get_statistics(bench->core, core_bench_answer, &answer);
	core_bench_await(&answer);
	counters = cusax_core_finish_variant(bench->core, answer.result, NULL);
	g_clear_object(&answer.result);
	g_variant_lookup(counters, "subscription-requests-refused", "t", &n);
	return n;
}

static void count_added(G_GNUC_UNUSED CusaxObject *object, gpointer data)
{
	(*(guint *)data)++;
}

static void test_flood(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	static const CusaxRegistryWatcher watcher = { .added = count_added };
	guint added = 0, before;

	core_bench_alice(bench, NULL);
	before = cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT);
	cusax_registry_watch(bench->registry, &watcher, &added);
	for (guint i = 0; i < REQUESTS; i++) {
		g_autofree char *address = g_strdup_printf("s%u@evil.test", i);

		ask(bench, address);
	}
	core_bench_settle(bench);
	cusax_registry_unwatch(bench->registry, &added);
	g_assert_cmpuint(added, ==, SHOWN);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==,
			 before + SHOWN);
	g_assert_cmpuint(refused(bench), ==, REQUESTS - SHOWN);
	/* The oldest are kept; a contact of the roster always can. */
	g_assert_nonnull(core_bench_contact(bench, "s0@evil.test"));
	ask(bench, "bob@xmpp.test");
	core_bench_settle(bench);
	g_assert_true(core_bench_contact(bench, "bob@xmpp.test")->subscription_requested);
}

/* Who comes into the roster, or is refused, makes room for another. */
static void test_room(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	for (guint i = 0; i < SHOWN; i++) {
		g_autofree char *address = g_strdup_printf("s%u@evil.test", i);

		ask(bench, address);
	}
	ask(bench, "late@evil.test");
	core_bench_settle(bench);
	g_assert_cmpuint(refused(bench), ==, 1);
	list(bench, "s0@evil.test");
	core_bench_settle(bench);
	ask(bench, "first@evil.test");
	core_bench_settle(bench);
	g_assert_nonnull(core_bench_contact(bench, "first@evil.test"));
	cusax_core_deny_contact(bench->core, core_bench_contact(bench, "s1@evil.test"),
				core_bench_answer, &answer);
	ask(bench, "second@evil.test");
	ask(bench, "third@evil.test");
	core_bench_settle(bench);
	g_assert_nonnull(core_bench_contact(bench, "second@evil.test"));
	g_assert_cmpuint(refused(bench), ==, 2);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_SUBSCRIPTION), -1);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
}

/* RFC 6121 §2.3.2 leaves open whether the answer or the push comes first. */
static void test_add(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) options =
		g_variant_ref_sink(g_variant_new_parsed("{'name': <'Eve'>, 'subscribe': <false>}"));
	CusaxContact *contact;
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	cusax_core_add_contact(bench->core, "eve@xmpp.test", options, core_bench_answer, &answer);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_ROSTER_SET), -1);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	contact = core_bench_contact(bench, "eve@xmpp.test");
	g_assert_cmpstr(contact->name, ==, "Eve");
	list(bench, "eve@xmpp.test");
	core_bench_settle(bench);
	g_assert_true(core_bench_contact(bench, "eve@xmpp.test") == contact);
	g_assert_cmpint(contact->subscription, ==, CUSAX_SUBSCRIPTION_BOTH);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("R14: 5,000 who ask make 100 objects, the oldest, and are counted",
		       test_flood, NULL);
	core_bench_add("X3: who is answered makes room for another", test_room, NULL);
	core_bench_add("X3: a new contact is there before the server pushes it", test_add, NULL);
	return g_test_run();
}

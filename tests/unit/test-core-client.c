/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: what contacts' devices run (XEP-0115). */
/* Main thread. */
#include "tests/unit/core-bench.h"

static void list(CoreBench *bench, const char *address)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_ROSTER_ITEM,
					    cusax_object_id(CUSAX_OBJECT(bench->chat)));

	event->roster_item.address = g_strdup(address);
	event->roster_item.subscription = CUSAX_SUBSCRIPTION_BOTH;
	core_bench_event(bench, event);
}

static void announce(CoreBench *bench, const char *address, const char *hash, const char *version)
{
	CusaxEvent *event =
		cusax_event_new(CUSAX_EVENT_PRESENCE, cusax_object_id(CUSAX_OBJECT(bench->chat)));

	event->presence.address = g_strdup(address);
	event->presence.resource = g_strdup("r");
	event->presence.availability = CUSAX_AVAILABILITY_ONLINE;
	event->presence.caps_node = g_strdup("node");
	event->presence.caps_version = g_strdup(version);
	event->presence.caps_hash = g_strdup(hash);
	core_bench_event(bench, event);
}

/* Answers a question (taken): a phone of that name. */
static void answer(CoreBench *bench, CusaxOperation *fetch, const char *name)
{
	static const char *const can[] = { "reactions", "receipts", NULL };
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CLIENT, fetch->account);

	event->op = fetch->id;
	event->client.address = g_strdup(fetch->fetch_client.address);
	event->client.category = g_strdup("client");
	event->client.type = g_strdup("phone");
	event->client.name = g_strdup(name);
	g_strfreev(event->client.features);
	event->client.features = g_strdupv((GStrv)can);
	core_bench_event(bench, event);
	core_bench_done(bench, fetch, -1);
	core_bench_settle(bench);
}

static CusaxOperation *expect(CoreBench *bench, const char *address)
{
	CusaxOperation *fetch = core_bench_expect(bench, CUSAX_OPERATION_FETCH_CLIENT);

	g_assert_cmpstr(fetch->fetch_client.address, ==, address);
	return fetch;
}

/* "" where nothing is shown. */
static char *shown(CoreBench *bench, const char *address)
{
	CusaxContact *contact = core_bench_contact(bench, address);
	g_autoptr(GVariant) one = NULL;
	g_autofree const char **features = NULL;
	const char *name, *type, *resource;

	if (g_variant_n_children(contact->clients) == 0)
		return g_strdup("");
	one = g_variant_get_child_value(contact->clients, 0);
	g_assert_true(g_variant_lookup(one, "resource", "&s", &resource));
	g_assert_true(g_variant_lookup(one, "name", "&s", &name));
	g_assert_true(g_variant_lookup(one, "type", "&s", &type));
	g_assert_true(g_variant_lookup(one, "features", "^a&s", &features));
	return g_strdup_printf("%s %s %s %s+%s", resource, type, name, features[0], features[1]);
}

static void expect_shown(CoreBench *bench, const char *address, const char *text)
{
	g_autofree char *found = shown(bench, address);

	g_assert_cmpstr(found, ==, text);
}

/* One question for all who announce the same; the one who lies is not believed, the next is asked. */
static void test_once(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_alice(bench, NULL);
	list(bench, "carol@xmpp.test");
	list(bench, "dave@xmpp.test");
	announce(bench, "bob@xmpp.test", "sha-1", "v1");
	announce(bench, "carol@xmpp.test", "sha-1", "v1");
	core_bench_done(bench, expect(bench, "bob@xmpp.test/r"), CUSAX_ERROR_REFUSED);
	expect_shown(bench, "bob@xmpp.test", "");
	answer(bench, expect(bench, "carol@xmpp.test/r"), "Telly\nphone");
	expect_shown(bench, "carol@xmpp.test", "r phone Telly phone reactions+receipts");
	expect_shown(bench, "bob@xmpp.test", "r phone Telly phone reactions+receipts");
	announce(bench, "dave@xmpp.test", "sha-1", "v1");
	core_bench_forbid(bench, CUSAX_OPERATION_FETCH_CLIENT);
	expect_shown(bench, "dave@xmpp.test", "r phone Telly phone reactions+receipts");
	/* Another version is another question, and nothing is shown meanwhile. */
	announce(bench, "dave@xmpp.test", "sha-1", "v2");
	core_bench_settle(bench);
	expect_shown(bench, "dave@xmpp.test", "");
}

static void test_kept(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_alice(bench, NULL);
	announce(bench, "bob@xmpp.test", "sha-1", "v1");
	answer(bench, expect(bench, "bob@xmpp.test/r"), "Telly");
	core_bench_restart(bench);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_ONLINE, -1);
	core_bench_settle(bench);
	list(bench, "bob@xmpp.test");
	announce(bench, "bob@xmpp.test", "sha-1", "v1");
	core_bench_forbid(bench, CUSAX_OPERATION_FETCH_CLIENT);
	expect_shown(bench, "bob@xmpp.test", "r phone Telly reactions+receipts");
}

/* What cannot be checked says nothing of anybody else. */
static void test_unchecked(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_alice(bench, NULL);
	list(bench, "carol@xmpp.test");
	announce(bench, "bob@xmpp.test", NULL, "1.0");
	announce(bench, "carol@xmpp.test", NULL, "1.0");
	answer(bench, expect(bench, "bob@xmpp.test/r"), "Telly");
	expect_shown(bench, "bob@xmpp.test", "r phone Telly reactions+receipts");
	expect_shown(bench, "carol@xmpp.test", "");
	answer(bench, expect(bench, "carol@xmpp.test/r"), "Silly");
	expect_shown(bench, "carol@xmpp.test", "r phone Silly reactions+receipts");
}

static void test_limits(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GPtrArray) fetches =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_operation_free);

	core_bench_alice(bench, NULL);
	for (guint i = 0; i < 300; i++) {
		g_autofree char *address = g_strdup_printf("c%u@xmpp.test", i);
		g_autofree char *version = g_strdup_printf("v%u", i);

		list(bench, address);
		announce(bench, address, "sha-1", version);
	}
	core_bench_settle(bench);
	/* A handful at a time; who has one more than fits is asked another day. */
	for (guint i = 0; i < 4; i++)
		g_ptr_array_add(fetches, core_bench_expect(bench, CUSAX_OPERATION_FETCH_CLIENT));
	core_bench_forbid(bench, CUSAX_OPERATION_FETCH_CLIENT);
	while (fetches->len > 0) {
		CusaxOperation *fetch = g_ptr_array_steal_index(fetches, 0);

		answer(bench, fetch, "X");
	}
	g_ptr_array_add(fetches, core_bench_expect(bench, CUSAX_OPERATION_FETCH_CLIENT));
}

/* Nobody keeps all others from being asked. */
static void test_one_contact(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxOperation) fetch = NULL;

	core_bench_alice(bench, NULL);
	list(bench, "carol@xmpp.test");
	for (guint i = 0; i < 50; i++) {
		g_autofree char *version = g_strdup_printf("v%u", i);

		announce(bench, "bob@xmpp.test", "sha-1", version);
	}
	core_bench_settle(bench);
	for (guint i = 0; i < 4; i++)
		core_bench_done(bench, expect(bench, "bob@xmpp.test/r"), CUSAX_ERROR_TIMEOUT);
	announce(bench, "carol@xmpp.test", "sha-1", "other");
	fetch = expect(bench, "carol@xmpp.test/r");
}

/* However many resources a server makes up. */
static void test_resources(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_alice(bench, NULL);
	for (guint i = 0; i < 500; i++) {
		CusaxEvent *event = cusax_event_new(CUSAX_EVENT_PRESENCE,
						    cusax_object_id(CUSAX_OBJECT(bench->chat)));

		event->presence.address = g_strdup("bob@xmpp.test");
		event->presence.resource = g_strdup_printf("r%u", i);
		event->presence.availability = CUSAX_AVAILABILITY_ONLINE;
		core_bench_event(bench, event);
	}
	core_bench_settle(bench);
	g_assert_cmpuint(core_bench_contact(bench, "bob@xmpp.test")->card->devices->len, ==, 64);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("client/X4: asked once, and of another where one lies", test_once, NULL);
	core_bench_add("client/X4: known after a restart", test_kept, NULL);
	core_bench_add("client/X4: without a hash each for itself", test_unchecked, NULL);
	core_bench_add("client/X4: a handful at a time", test_limits, NULL);
	core_bench_add("client/X4: one contact is not all", test_one_contact, NULL);
	core_bench_add("client/R14: resources of one contact", test_resources, NULL);
	return g_test_run();
}

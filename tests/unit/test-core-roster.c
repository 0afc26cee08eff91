/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A long roster: it goes to the disk in parts, and is never half there under its version. */
/* Main thread. */
#include "daemon/store/cache.h"
#include "tests/unit/core-bench.h"

#define MANY 1000

/* What a daemon that starts now would find. */
typedef struct {
	CusaxHistory *history;
	CusaxRosterCache *cache;
	const char *account;
	gboolean asking;
	const char *wanted; /* version */
} Disk;

static void on_cache(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Disk *disk = data;
	g_autoptr(GError) error = NULL;

	disk->asking = FALSE;
	g_clear_pointer(&disk->cache, cusax_roster_cache_free);
	disk->cache = cusax_history_get_cache_finish(disk->history, result, &error);
	g_assert_no_error(error);
}

static gboolean is_wanted(gpointer data)
{
	Disk *disk = data;

	if (disk->cache && g_strcmp0(disk->cache->version, disk->wanted) == 0)
		return TRUE;
	if (!disk->asking) {
		disk->asking = TRUE;
		cusax_history_get_cache_async(disk->history, disk->account, on_cache, disk);
	}
	return FALSE;
}

/* Waits until the disk names the version; how many contacts it has then. */
static guint await_version(CoreBench *bench, const char *version, const char *address,
			   char **ret_name)
{
	Disk disk = { .history = cusax_history_new(bench->folder),
		      .account = cusax_object_id(CUSAX_OBJECT(bench->chat)),
		      .wanted = version };
	guint n;

	core_bench_until(is_wanted, &disk);
	n = disk.cache->contacts->len;
	for (guint i = 0; i < n && ret_name; i++) {
		const CusaxCachedContact *contact = disk.cache->contacts->pdata[i];

		if (g_str_equal(contact->address, address))
			*ret_name = g_strdup(contact->name);
	}
	cusax_roster_cache_free(disk.cache);
	cusax_history_free(disk.history);
	return n;
}

static void push(CoreBench *bench, CusaxEvent *event)
{
	cusax_event_queue_push(cusax_core_events(bench->core), event);
}

static CusaxEvent *event_new(CoreBench *bench, CusaxEventKind kind)
{
	return cusax_event_new(kind, cusax_object_id(CUSAX_OBJECT(bench->chat)));
}

static void push_item(CoreBench *bench, guint i, const char *name)
{
	static const char *const groups[] = { "Friends", NULL };
	CusaxEvent *event = event_new(bench, CUSAX_EVENT_ROSTER_ITEM);

	event->roster_item.address = g_strdup_printf("user%u@xmpp.test", i);
	event->roster_item.name = g_strdup(name);
	g_strfreev(event->roster_item.groups);
	event->roster_item.groups = g_strdupv((GStrv)groups);
	event->roster_item.subscription = CUSAX_SUBSCRIPTION_BOTH;
	push(bench, event);
}

static void push_end(CoreBench *bench, const char *version)
{
	CusaxEvent *event = event_new(bench, CUSAX_EVENT_ROSTER_END);

	event->roster_end.version = g_strdup(version);
	push(bench, event);
}

static void push_roster(CoreBench *bench, guint n, const char *version)
{
	push(bench, event_new(bench, CUSAX_EVENT_ROSTER_BEGIN));
	for (guint i = 0; i < n; i++)
		push_item(bench, i, "User");
	push_end(bench, version);
}

static void test_whole(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxContact *contact;

	core_bench_alice(bench, NULL);
	push_roster(bench, MANY, "long-1");
	g_assert_cmpuint(await_version(bench, "long-1", NULL, NULL), ==, MANY);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, MANY);

	push_roster(bench, MANY - 100, "long-2");
	g_assert_cmpuint(await_version(bench, "long-2", NULL, NULL), ==, MANY - 100);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, MANY - 100);

	core_bench_restart(bench);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, MANY - 100);
	contact = core_bench_contact(bench, "user7@xmpp.test");
	g_assert_cmpstr(contact->name, ==, "User");
	g_assert_cmpstr(contact->groups[0], ==, "Friends");
	/* Equal lists of groups are one. */
	g_assert_true(contact->groups == core_bench_contact(bench, "user8@xmpp.test")->groups);
}

/* What changes while the roster is on its way to the disk is not undone by the rest of it, and the
 * newest version comes with the last of it. */
static void test_push_meanwhile(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *name = NULL;

	core_bench_alice(bench, NULL);
	push_roster(bench, MANY, "long-1");
	push_item(bench, 3, "Another name");
	push_end(bench, "long-2");
	g_assert_cmpuint(await_version(bench, "long-2", "user3@xmpp.test", &name), ==, MANY);
	g_assert_cmpstr(name, ==, "Another name");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("X3: a long roster is kept whole, and without whom the next lacks",
		       test_whole, NULL);
	core_bench_add("X3: a push while a long roster is being kept", test_push_meanwhile, NULL);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.freedesktop.DBus.ObjectManager at the root. */
/* Main thread. */
#include "dbus/bus-object-manager.h"

#include "dbus/bus-large.h"

#define TURN_USEC 4000

/* More objects than these are encoded by the worker thread. */
#define LARGE 256

struct CusaxBusObjectManager {
	CusaxRegistry *registry;
	GHashTable *mirrors;
	CusaxBusAnnounce *announce;
	CusaxBusLarge *large;

	GPtrArray *requests; /* CusaxBusRequest that the next snapshot answers */
	GPtrArray *objects;  /* the snapshot under way: all objects; NULL: none is */
	guint next;          /* of objects */
	GPtrArray *entries;  /* {oa{sa{sv}}} of those done, full references */
	GSource *turn;
};

GDBusInterfaceInfo *cusax_bus_object_manager_info(void)
{
	static const char xml[] =
		"<node><interface name='org.freedesktop.DBus.ObjectManager'>"
		"<method name='GetManagedObjects'>"
		"<arg name='objects' type='a{oa{sa{sv}}}' direction='out'/></method>"
		"<signal name='InterfacesAdded'><arg name='object' type='o'/>"
		"<arg name='interfaces' type='a{sa{sv}}'/></signal>"
		"<signal name='InterfacesRemoved'><arg name='object' type='o'/>"
		"<arg name='interfaces' type='as'/></signal></interface></node>";
	static GDBusNodeInfo *node;

	if (!node) {
		node = g_dbus_node_info_new_for_xml(xml, NULL);
		g_assert(node);
	}
	return node->interfaces[0];
}

CusaxBusObjectManager *cusax_bus_object_manager_new(GDBusConnection *connection,
						    CusaxRegistry *registry, GHashTable *mirrors,
						    CusaxBusAnnounce *announce)
{
	CusaxBusObjectManager *manager = g_new0(CusaxBusObjectManager, 1);

	manager->registry = registry;
	manager->mirrors = mirrors;
	manager->announce = announce;
	manager->large = cusax_bus_large_new(connection);
	manager->requests = g_ptr_array_new();
	return manager;
}

static void drop_snapshot(CusaxBusObjectManager *manager)
{
	g_clear_pointer(&manager->objects, g_ptr_array_unref);
	g_clear_pointer(&manager->entries, g_ptr_array_unref);
	if (manager->turn)
		g_source_destroy(manager->turn);
	g_clear_pointer(&manager->turn, g_source_unref);
}

void cusax_bus_object_manager_free(CusaxBusObjectManager *manager)
{
	if (!manager)
		return;
	drop_snapshot(manager);
	for (guint i = 0; i < manager->requests->len; i++)
		cusax_bus_request_drop(manager->requests->pdata[i]);
	g_ptr_array_unref(manager->requests);
	cusax_bus_large_free(manager->large);
	g_free(manager);
}

/* Serialised at once: a tree of small values is ten times as large as what it says. */
static GVariant *entry_of(CusaxBusMirror *mirror, CusaxObject *object)
{
	g_autofree char *path = cusax_object_path(object);
	GVariant *entry = g_variant_ref_sink(
		g_variant_new("{o@a{sa{sv}}}", path, cusax_bus_mirror_interfaces(mirror, object)));

	g_variant_get_data(entry);
	return entry;
}

static void answer_one(CusaxBusObjectManager *manager, CusaxBusRequest *request, GVariant *objects)
{
	GVariant *tuple = g_variant_new_tuple(&objects, 1);
	GDBusMethodInvocation *invocation;

	if (g_variant_n_children(objects) <= LARGE) {
		cusax_bus_request_return(request, tuple);
		return;
	}
	invocation = cusax_bus_request_steal(request);
	if (invocation)
		cusax_bus_large_return(manager->large, invocation, tuple);
	else
		g_variant_unref(g_variant_ref_sink(tuple));
}

static void answer(CusaxBusObjectManager *manager)
{
	g_autoptr(GVariant) objects = g_variant_ref_sink(
		g_variant_new_array(G_VARIANT_TYPE("{oa{sa{sv}}}"),
				    (GVariant **)manager->entries->pdata, manager->entries->len));
	g_autoptr(GPtrArray) requests = g_steal_pointer(&manager->requests);

	manager->requests = g_ptr_array_new();
	drop_snapshot(manager);
	for (guint i = 0; i < requests->len; i++)
		answer_one(manager, requests->pdata[i], objects);
	cusax_bus_announce_resume(manager->announce);
}

static gboolean on_turn(gpointer data)
{
	CusaxBusObjectManager *manager = data;
	gint64 end = g_get_monotonic_time() + TURN_USEC;

	while (manager->next < manager->objects->len) {
		CusaxObject *object = manager->objects->pdata[manager->next++];
		CusaxBusMirror *mirror = g_hash_table_lookup(
			manager->mirrors, GSIZE_TO_POINTER(G_OBJECT_TYPE(object)));

		/* One that has gone meanwhile is announced as gone afterwards. */
		if (mirror && cusax_registry_contains(manager->registry, object))
			g_ptr_array_add(manager->entries, entry_of(mirror, object));
		if (g_get_monotonic_time() >= end)
			return G_SOURCE_CONTINUE;
	}
	answer(manager);
	return G_SOURCE_REMOVE;
}

static void on_snapshot(gpointer data)
{
	CusaxBusObjectManager *manager = data;

	manager->objects = cusax_registry_list(manager->registry, CUSAX_TYPE_OBJECT);
	manager->entries = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	manager->next = 0;
	manager->turn = g_idle_source_new();
	g_source_set_priority(manager->turn, G_PRIORITY_DEFAULT);
	g_source_set_static_name(manager->turn, "cusax bus snapshot");
	g_source_set_callback(manager->turn, on_turn, manager, NULL);
	g_source_attach(manager->turn, g_main_context_get_thread_default());
}

void cusax_bus_object_manager_get(CusaxBusObjectManager *manager, CusaxBusRequest *request)
{
	/* A snapshot under way answers those who ask while it is made, too. */
	if (manager->requests->len == 0)
		cusax_bus_announce_snapshot(manager->announce, on_snapshot, manager);
	g_ptr_array_add(manager->requests, request);
}

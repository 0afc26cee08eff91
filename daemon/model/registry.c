/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All models that exist, by type and id. */
/* Main thread. */
#include "daemon/model/registry.h"

typedef struct {
	const CusaxRegistryWatcher *watcher;
	gpointer data;
} Watch;

struct CusaxRegistry {
	CusaxObjectWatch watch; /* first: on_changed() */
	GHashTable *types;      /* GType -> GHashTable of id (owned by the object) -> object */
	GArray *watches;        /* Watch */
};

static void on_changed(CusaxObject *object, GParamSpec **pspecs, guint n, CusaxObjectWatch *watch)
{
	CusaxRegistry *registry = (CusaxRegistry *)watch;

	for (guint i = 0; i < registry->watches->len; i++) {
		Watch each = g_array_index(registry->watches, Watch, i);

		if (each.watcher->changed)
			each.watcher->changed(object, pspecs, n, each.data);
	}
}

CusaxRegistry *cusax_registry_new(void)
{
	CusaxRegistry *registry = g_new0(CusaxRegistry, 1);

	registry->watch.changed = on_changed;
	registry->types =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_hash_table_unref);
	registry->watches = g_array_new(FALSE, FALSE, sizeof(Watch));
	return registry;
}

void cusax_registry_free(CusaxRegistry *registry)
{
	g_autoptr(GPtrArray) all = NULL;

	if (!registry)
		return;
	g_array_set_size(registry->watches, 0);
	all = cusax_registry_list(registry, CUSAX_TYPE_OBJECT);
	for (guint i = 0; i < all->len; i++)
		cusax_registry_remove(registry, all->pdata[i]);
	g_hash_table_unref(registry->types);
	g_array_unref(registry->watches);
	g_free(registry);
}

void cusax_registry_watch(CusaxRegistry *registry, const CusaxRegistryWatcher *watcher,
			  gpointer data)
{
	g_array_append_val(registry->watches, ((Watch){ watcher, data }));
}

void cusax_registry_unwatch(CusaxRegistry *registry, gpointer data)
{
	for (guint i = registry->watches->len; i > 0; i--) {
		if (g_array_index(registry->watches, Watch, i - 1).data == data)
			g_array_remove_index(registry->watches, i - 1);
	}
}

void cusax_registry_add(CusaxRegistry *registry, CusaxObject *object)
{
	gpointer type = GSIZE_TO_POINTER(G_OBJECT_TYPE(object));
	GHashTable *objects = g_hash_table_lookup(registry->types, type);

	if (!objects) {
		objects = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_object_unref);
		g_hash_table_insert(registry->types, type, objects);
	}
	g_return_if_fail(!g_hash_table_contains(objects, cusax_object_id(object)));
	g_hash_table_insert(objects, (gpointer)cusax_object_id(object), g_object_ref(object));
	cusax_object_set_watch(object, &registry->watch);
	for (guint i = 0; i < registry->watches->len; i++) {
		Watch watch = g_array_index(registry->watches, Watch, i);

		if (watch.watcher->added)
			watch.watcher->added(object, watch.data);
	}
}

void cusax_registry_remove(CusaxRegistry *registry, CusaxObject *object)
{
	GHashTable *objects =
		g_hash_table_lookup(registry->types, GSIZE_TO_POINTER(G_OBJECT_TYPE(object)));
	g_autoptr(CusaxObject) alive G_GNUC_UNUSED = g_object_ref(object);

	if (!objects || !g_hash_table_remove(objects, cusax_object_id(object)))
		return;
	cusax_object_set_watch(object, NULL);
	for (guint i = 0; i < registry->watches->len; i++) {
		Watch watch = g_array_index(registry->watches, Watch, i);

		if (watch.watcher->removed)
			watch.watcher->removed(object, watch.data);
	}
	g_object_run_dispose(G_OBJECT(object));
}

gpointer cusax_registry_find(CusaxRegistry *registry, GType type, const char *id)
{
	GHashTable *objects = g_hash_table_lookup(registry->types, GSIZE_TO_POINTER(type));

	return objects && id ? g_hash_table_lookup(objects, id) : NULL;
}

gboolean cusax_registry_contains(CusaxRegistry *registry, CusaxObject *object)
{
	return cusax_registry_find(registry, G_OBJECT_TYPE(object), cusax_object_id(object)) ==
	       object;
}

void cusax_registry_each(CusaxRegistry *registry, GType type,
			 gboolean (*visit)(gpointer object, gpointer data), gpointer data)
{
	GHashTableIter types, objects;
	gpointer of_type, table, object;

	g_hash_table_iter_init(&types, registry->types);
	while (g_hash_table_iter_next(&types, &of_type, &table)) {
		if (!g_type_is_a(GPOINTER_TO_SIZE(of_type), type))
			continue;
		g_hash_table_iter_init(&objects, table);
		while (g_hash_table_iter_next(&objects, NULL, &object)) {
			if (!visit(object, data))
				return;
		}
	}
}

static gboolean take(gpointer object, gpointer list)
{
	g_ptr_array_add(list, g_object_ref(object));
	return TRUE;
}

GPtrArray *cusax_registry_list(CusaxRegistry *registry, GType type)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_object_unref);

	cusax_registry_each(registry, type, take, list);
	return list;
}

guint cusax_registry_count(CusaxRegistry *registry, GType type)
{
	GHashTable *objects = g_hash_table_lookup(registry->types, GSIZE_TO_POINTER(type));

	return objects ? g_hash_table_size(objects) : 0;
}

void cusax_registry_moment(CusaxRegistry *registry, gpointer object, const char *name,
			   GVariant *args)
{
	g_autoptr(GVariant) sunk = g_variant_ref_sink(args);

	for (guint i = 0; i < registry->watches->len; i++) {
		Watch watch = g_array_index(registry->watches, Watch, i);

		if (watch.watcher->moment)
			watch.watcher->moment(object, name, sunk, watch.data);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection to the daemon: calls, properties, and one snapshot of all objects. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/client.h"

#include <string.h>

#include "cli/error.h"
#include "cli/names.h"

/* A method that does not answer: long enough for a server to confirm something. */
#define CALL_LIMIT_MS 60000

static void object_free(gpointer data)
{
	CusaxObject *object = data;

	g_free(object->path);
	g_free(object->kind);
	g_variant_unref(object->properties);
	g_free(object);
}

static int compare_objects(gconstpointer a, gconstpointer b)
{
	const CusaxObject *const *first = a, *const *second = b;

	return strcmp((*first)->path, (*second)->path);
}

static void add_objects(GPtrArray *objects, GVariant *managed)
{
	GVariantIter paths;
	const char *path;
	GVariant *interfaces;

	g_variant_iter_init(&paths, managed);
	while (g_variant_iter_loop(&paths, "{&o@a{sa{sv}}}", &path, &interfaces)) {
		GVariantIter iter;
		const char *interface;
		GVariant *properties;

		g_variant_iter_init(&iter, interfaces);
		while (g_variant_iter_loop(&iter, "{&s@a{sv}}", &interface, &properties)) {
			CusaxObject *object;

			if (!g_str_has_prefix(interface, CUSAX_INTERFACE_PREFIX))
				continue;
			object = g_new0(CusaxObject, 1);
			object->path = g_strdup(path);
			object->kind = g_strdup(interface + strlen(CUSAX_INTERFACE_PREFIX));
			object->properties = g_variant_ref(properties);
			g_ptr_array_add(objects, object);
		}
	}
}

gboolean cusax_client_connect(CusaxClient *client, GError **error)
{
	g_autoptr(GError) why = NULL;

	client->bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &why);
	if (!client->bus) {
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_DAEMON,
			    "there is no session bus: %s", why->message);
		return FALSE;
	}
	g_dbus_connection_set_exit_on_close(client->bus, FALSE);
	return TRUE;
}

void cusax_client_clear(CusaxClient *client)
{
	g_clear_pointer(&client->objects, g_ptr_array_unref);
	g_clear_object(&client->bus);
}

int cusax_client_time_left(CusaxClient *client)
{
	gint64 left;

	if (!client->deadline)
		return -1;
	left = (client->deadline - g_get_monotonic_time()) / 1000;
	return (int)CLAMP(left, 1, G_MAXINT);
}

GVariant *cusax_client_call(CusaxClient *client, const char *path, const char *kind,
			    const char *method, GVariant *arguments, GError **error)
{
	g_autofree char *interface = NULL;
	g_autoptr(GError) why = NULL;
	GVariant *answer;
	int limit = cusax_client_time_left(client);

	interface = strchr(kind, '.') ? g_strdup(kind)
				      : g_strconcat(CUSAX_INTERFACE_PREFIX, kind, NULL);
	answer = g_dbus_connection_call_sync(
		client->bus, CUSAX_BUS_NAME, path, interface, method, arguments, NULL,
		client->start ? G_DBUS_CALL_FLAGS_NONE : G_DBUS_CALL_FLAGS_NO_AUTO_START,
		limit < 0 ? CALL_LIMIT_MS : limit, NULL, &why);
	if (answer)
		return answer;
	g_propagate_error(error, g_steal_pointer(&why));
	return NULL;
}

gboolean cusax_client_call_with_files(CusaxClient *client, const char *path, const char *kind,
				      const char *method, GVariant *arguments, GUnixFDList *files,
				      GError **error)
{
	g_autofree char *interface = g_strconcat(CUSAX_INTERFACE_PREFIX, kind, NULL);
	g_autoptr(GVariant) answer = NULL;
	int limit = cusax_client_time_left(client);

	answer = g_dbus_connection_call_with_unix_fd_list_sync(
		client->bus, CUSAX_BUS_NAME, path, interface, method, arguments, NULL,
		G_DBUS_CALL_FLAGS_NO_AUTO_START, limit < 0 ? CALL_LIMIT_MS : limit, files, NULL,
		NULL, error);
	return answer != NULL;
}

GVariant *cusax_client_properties(CusaxClient *client, const char *path, const char *kind,
				  GError **error)
{
	g_autofree char *interface = g_strconcat(CUSAX_INTERFACE_PREFIX, kind, NULL);
	g_autoptr(GVariant) answer = NULL;

	answer = cusax_client_call(client, path, CUSAX_PROPERTIES, "GetAll",
				   g_variant_new("(s)", interface), error);
	if (!answer)
		return NULL;
	if (!g_variant_is_of_type(answer, G_VARIANT_TYPE("(a{sv})"))) {
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_FAILED,
			    "%s answered with another type than it should", path);
		return NULL;
	}
	return g_variant_get_child_value(answer, 0);
}

gboolean cusax_client_set(CusaxClient *client, const char *path, const char *kind,
			  const char *property, GVariant *value, GError **error)
{
	g_autofree char *interface = g_strconcat(CUSAX_INTERFACE_PREFIX, kind, NULL);
	g_autoptr(GVariant) answer = NULL;

	answer = cusax_client_call(client, path, CUSAX_PROPERTIES, "Set",
				   g_variant_new("(ssv)", interface, property, value), error);
	return answer != NULL;
}

GVariant *cusax_client_managed_objects(CusaxClient *client, GError **error)
{
	g_autoptr(GVariant) answer = NULL;

	answer = cusax_client_call(client, CUSAX_ROOT_PATH, CUSAX_OBJECT_MANAGER,
				   "GetManagedObjects", NULL, error);
	if (!answer)
		return NULL;
	if (!g_variant_is_of_type(answer, G_VARIANT_TYPE("(a{oa{sa{sv}}})"))) {
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_FAILED,
			    "the daemon answered with another type than it should");
		return NULL;
	}
	return g_variant_get_child_value(answer, 0);
}

GPtrArray *cusax_client_objects(CusaxClient *client, GError **error)
{
	g_autoptr(GVariant) managed = NULL;

	if (client->objects)
		return client->objects;
	managed = cusax_client_managed_objects(client, error);
	if (!managed)
		return NULL;
	client->objects = g_ptr_array_new_with_free_func(object_free);
	add_objects(client->objects, managed);
	g_ptr_array_sort(client->objects, compare_objects);
	return client->objects;
}

GPtrArray *cusax_client_objects_of(CusaxClient *client, const char *kind, GError **error)
{
	GPtrArray *all = cusax_client_objects(client, error);
	GPtrArray *chosen;

	if (!all)
		return NULL;
	chosen = g_ptr_array_new();
	for (guint i = 0; i < all->len; i++) {
		CusaxObject *object = all->pdata[i];

		if (strcmp(object->kind, kind) == 0)
			g_ptr_array_add(chosen, object);
	}
	return chosen;
}

const CusaxObject *cusax_client_find(CusaxClient *client, const char *path)
{
	for (guint i = 0; client->objects && i < client->objects->len; i++) {
		const CusaxObject *object = client->objects->pdata[i];

		if (strcmp(object->path, path) == 0)
			return object;
	}
	return NULL;
}

const char *cusax_short_id(const char *path)
{
	if (g_str_has_prefix(path, CUSAX_ROOT_PATH "/"))
		return path + strlen(CUSAX_ROOT_PATH "/");
	return strcmp(path, "/") == 0 ? "-" : path;
}

const char *cusax_map_string(GVariant *map, const char *key)
{
	g_autoptr(GVariant) value = NULL;

	/* Flat, the bytes belong to the map and a value is a view of them; as a tree they would go
	 * when something else flattens the map, as g_variant_lookup() does. */
	g_variant_get_data(map);
	value = g_variant_lookup_value(map, key, NULL);
	if (value && (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) ||
		      g_variant_is_of_type(value, G_VARIANT_TYPE_OBJECT_PATH)))
		return g_variant_get_string(value, NULL);
	return "";
}

gboolean cusax_map_boolean(GVariant *map, const char *key)
{
	gboolean value = FALSE;

	g_variant_lookup(map, key, "b", &value);
	return value;
}

guint32 cusax_map_uint(GVariant *map, const char *key)
{
	guint32 value = 0;

	g_variant_lookup(map, key, "u", &value);
	return value;
}

gint64 cusax_map_time(GVariant *map, const char *key)
{
	gint64 value = 0;

	g_variant_lookup(map, key, "x", &value);
	return value;
}

char *cusax_map_words(GVariant *map, const char *key)
{
	g_autofree const char **words = NULL;

	g_variant_lookup(map, key, "^a&s", &words);
	return words ? g_strjoinv(",", (char **)words) : g_strdup("");
}

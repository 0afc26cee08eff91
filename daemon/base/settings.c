/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typed option maps over the key tables of settings-keys.c. */
/* A CusaxSettings is immutable once shared: then usable from any thread. */
#include "daemon/base/settings.h"

#include <string.h>

#include "daemon/base/error.h"

struct CusaxSettings {
	gatomicrefcount refs;
	CusaxSettingsKind kind;
	GHashTable *entries; /* key, a static string of the table -> GVariant */
};

static const CusaxSettingsKey *find_key(CusaxSettingsKind kind, const char *key)
{
	guint n;
	const CusaxSettingsKey *keys = cusax_settings_keys(kind, &n);

	for (guint i = 0; i < n; i++) {
		if (strcmp(keys[i].key, key) == 0)
			return &keys[i];
	}
	return NULL;
}

static gboolean is_removal(GVariant *value)
{
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
		return *g_variant_get_string(value, NULL) == '\0';
	return g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY) &&
	       g_variant_n_children(value) == 0;
}

static gboolean merge_one(CusaxSettings *settings, const char *key, GVariant *value, GError **error)
{
	const CusaxSettingsKey *row = find_key(settings->kind, key);
	const char *why = NULL;

	if (!row) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "%.64s: there is no such setting", key);
		return FALSE;
	}
	if (is_removal(value)) {
		g_hash_table_remove(settings->entries, row->key);
		return TRUE;
	}
	if (strcmp(g_variant_get_type_string(value), row->type) != 0) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "%s: must be of type '%s'", row->key, row->type);
		return FALSE;
	}
	if (row->validate && !row->validate(value, &why)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT, "%s: %s", row->key,
			    why);
		return FALSE;
	}
	g_hash_table_replace(settings->entries, (gpointer)row->key, g_variant_ref_sink(value));
	return TRUE;
}

CusaxSettings *cusax_settings_new(CusaxSettingsKind kind)
{
	CusaxSettings *settings = g_new0(CusaxSettings, 1);

	g_atomic_ref_count_init(&settings->refs);
	settings->kind = kind;
	settings->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
						  (GDestroyNotify)g_variant_unref);
	return settings;
}

CusaxSettings *cusax_settings_ref(CusaxSettings *settings)
{
	g_atomic_ref_count_inc(&settings->refs);
	return settings;
}

void cusax_settings_unref(CusaxSettings *settings)
{
	if (!settings || !g_atomic_ref_count_dec(&settings->refs))
		return;
	g_hash_table_unref(settings->entries);
	g_free(settings);
}

CusaxSettings *cusax_settings_merge(CusaxSettingsKind kind, CusaxSettings *base, GVariant *changes,
				    GError **error)
{
	g_autoptr(CusaxSettings) merged = cusax_settings_new(kind);
	GHashTableIter iter;
	GVariantIter changed;
	gpointer key, value;
	const char *name;
	GVariant *new_value;

	if (base) {
		g_hash_table_iter_init(&iter, base->entries);
		while (g_hash_table_iter_next(&iter, &key, &value))
			g_hash_table_insert(merged->entries, key, g_variant_ref(value));
	}
	g_variant_iter_init(&changed, changes);
	while (g_variant_iter_next(&changed, "{&sv}", &name, &new_value)) {
		gboolean merged_one = merge_one(merged, name, new_value, error);

		g_variant_unref(new_value);
		if (!merged_one)
			return NULL;
	}
	return g_steal_pointer(&merged);
}

/* A full reference; NULL where there is none. Defaults of strings are written without quotes. */
static GVariant *fallback_of(const CusaxSettingsKey *row)
{
	if (!row->fallback)
		return NULL;
	if (strcmp(row->type, "s") == 0)
		return g_variant_ref_sink(g_variant_new_string(row->fallback));
	return g_variant_parse(G_VARIANT_TYPE(row->type), row->fallback, NULL, NULL, NULL);
}

/* In the order of the table, so that files and listings stay stable. */
static GVariant *to_variant(CusaxSettings *settings, gboolean with_defaults)
{
	g_auto(GVariantBuilder) map = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
	guint n;
	const CusaxSettingsKey *keys = cusax_settings_keys(settings->kind, &n);

	for (guint i = 0; i < n; i++) {
		GVariant *entry = g_hash_table_lookup(settings->entries, keys[i].key);
		g_autoptr(GVariant) fallback =
			entry || !with_defaults ? NULL : fallback_of(&keys[i]);

		if (entry || fallback)
			g_variant_builder_add(&map, "{sv}", keys[i].key, entry ? entry : fallback);
	}
	return g_variant_builder_end(&map);
}

GVariant *cusax_settings_to_variant(CusaxSettings *settings)
{
	return to_variant(settings, FALSE);
}

GVariant *cusax_settings_to_full_variant(CusaxSettings *settings)
{
	return to_variant(settings, TRUE);
}

/* The entry or the default: a new reference, or NULL where there is neither. */
static GVariant *get(CusaxSettings *settings, const char *key, const char *type)
{
	const CusaxSettingsKey *row = find_key(settings->kind, key);
	GVariant *value;

	g_return_val_if_fail(row && strcmp(row->type, type) == 0, NULL);
	value = g_hash_table_lookup(settings->entries, key);
	if (value)
		return g_variant_ref(value);
	return fallback_of(row);
}

const char *cusax_settings_string(CusaxSettings *settings, const char *key)
{
	const CusaxSettingsKey *row = find_key(settings->kind, key);
	GVariant *value;

	g_return_val_if_fail(row && strcmp(row->type, "s") == 0, NULL);
	value = g_hash_table_lookup(settings->entries, key);
	/* A string default is written without quotes, so that it can be handed out as it is. */
	return value ? g_variant_get_string(value, NULL) : row->fallback;
}

gboolean cusax_settings_boolean(CusaxSettings *settings, const char *key)
{
	g_autoptr(GVariant) value = get(settings, key, "b");

	return value && g_variant_get_boolean(value);
}

guint32 cusax_settings_uint(CusaxSettings *settings, const char *key)
{
	g_autoptr(GVariant) value = get(settings, key, "u");

	return value ? g_variant_get_uint32(value) : 0;
}

gint32 cusax_settings_int(CusaxSettings *settings, const char *key)
{
	g_autoptr(GVariant) value = get(settings, key, "i");

	return value ? g_variant_get_int32(value) : 0;
}

GStrv cusax_settings_strv(CusaxSettings *settings, const char *key)
{
	g_autoptr(GVariant) value = get(settings, key, "as");

	return value ? g_variant_dup_strv(value, NULL) : g_new0(char *, 1);
}

void cusax_settings_ports(CusaxSettings *settings, const char *key, guint16 *ret_low,
			  guint16 *ret_high)
{
	g_autoptr(GVariant) value = get(settings, key, "(qq)");

	*ret_low = *ret_high = 0;
	if (value)
		g_variant_get(value, "(qq)", ret_low, ret_high);
}

gboolean cusax_settings_has(CusaxSettings *settings, const char *key)
{
	return g_hash_table_contains(settings->entries, key);
}

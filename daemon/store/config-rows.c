/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings as rows of a key file. */
/* Main thread. */
#include "daemon/store/config-rows.h"

#include <stdio.h>
#include <string.h>

#define MAX_NAME 64 /* longer names are no slip of ours */

static GVariant *parse_ports(const char *text)
{
	guint low, high;
	int end = 0;

	if (strlen(text) > 11 || sscanf(text, "%5u-%5u%n", &low, &high, &end) != 2 || text[end] ||
	    low > G_MAXUINT16 || high > G_MAXUINT16)
		return NULL;
	return g_variant_new("(qq)", (guint16)low, (guint16)high);
}

static GVariant *parse_number(const char *text, gboolean is_signed)
{
	gint64 value;

	if (!g_ascii_string_to_signed(text, 10, is_signed ? G_MININT32 : 0,
				      is_signed ? G_MAXINT32 : G_MAXUINT32, &value, NULL))
		return NULL;
	return is_signed ? g_variant_new_int32((gint32)value)
			 : g_variant_new_uint32((guint32)value);
}

static GVariant *parse_text(const char *type, const char *text, const char **ret_why)
{
	if (strcmp(type, "s") == 0)
		return g_variant_new_string(text);
	if (strcmp(type, "b") == 0) {
		*ret_why = "must be true or false";
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return g_variant_new_boolean(text[0] == 't');
		return NULL;
	}
	if (strcmp(type, "(qq)") == 0) {
		*ret_why = "must be a range such as 20000-29999";
		return parse_ports(text);
	}
	*ret_why = "must be a number";
	return parse_number(text, type[0] == 'i');
}

/* A floating value, or NULL with the reason. A wrong escape gives both a text and an error. */
static GVariant *parse_row(GKeyFile *file, const char *group, const CusaxSettingsKey *row,
			   const char **ret_why)
{
	g_autofree char *raw = g_key_file_get_value(file, group, row->key, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) list = NULL;
	g_autoptr(GError) error = NULL;

	if (!raw || !*raw) {
		*ret_why = "is empty";
		return NULL;
	}
	if (strcmp(row->type, "as") == 0)
		list = g_key_file_get_string_list(file, group, row->key, NULL, &error);
	else
		text = g_key_file_get_string(file, group, row->key, &error);
	if (error || (!text && !list)) {
		*ret_why = "is not valid text";
		return NULL;
	}
	return list ? g_variant_new_strv((const char *const *)list, -1)
		    : parse_text(row->type, text, ret_why);
}

/* Lays one row over *settings, or tells why not. */
static void read_row(GKeyFile *file, const char *group, CusaxSettingsKind kind,
		     const CusaxSettingsKey *row, CusaxSettings **settings, CusaxRowRefused refused,
		     gpointer data)
{
	g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(NULL);
	g_autoptr(GVariant) map = NULL;
	g_autoptr(GError) error = NULL;
	CusaxSettings *merged;
	const char *why = NULL, *text;
	GVariant *value = parse_row(file, group, row, &why);

	if (!value) {
		refused(row->key, why, data);
		return;
	}
	g_variant_dict_insert_value(&dict, row->key, value);
	map = g_variant_ref_sink(g_variant_dict_end(&dict));
	merged = cusax_settings_merge(kind, *settings, map, &error);
	if (!merged) {
		/* The message names the key first. */
		text = strstr(error->message, ": ");
		refused(row->key, text ? text + 2 : error->message, data);
		return;
	}
	cusax_settings_unref(*settings);
	*settings = merged;
}

static const CusaxSettingsKey *find_row(CusaxSettingsKind kind, const char *key, gboolean alike)
{
	guint n;
	const CusaxSettingsKey *rows = cusax_settings_keys(kind, &n);

	for (guint i = 0; i < n; i++) {
		if (alike ? cusax_rows_look_alike(rows[i].key, key) : strcmp(rows[i].key, key) == 0)
			return &rows[i];
	}
	return NULL;
}

CusaxSettings *cusax_rows_read(GKeyFile *file, const char *group, CusaxSettingsKind kind,
			       const char *const *skip, CusaxRowRefused refused,
			       CusaxRowUnknown unknown, gpointer data)
{
	CusaxSettings *settings = cusax_settings_new(kind);
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);

	for (guint i = 0; keys && keys[i]; i++) {
		const CusaxSettingsKey *row;

		if (skip && g_strv_contains(skip, keys[i]))
			continue;
		row = find_row(kind, keys[i], FALSE);
		if (row) {
			read_row(file, group, kind, row, &settings, refused, data);
			continue;
		}
		row = find_row(kind, keys[i], TRUE);
		unknown(keys[i], row ? row->key : NULL, data);
	}
	return settings;
}

static void write_row(GKeyFile *file, const char *group, const char *key, GVariant *value)
{
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
		const char *text = g_variant_get_string(value, NULL);

		if (*text)
			g_key_file_set_string(file, group, key, text);
		else
			g_key_file_remove_key(file, group, key, NULL);
	} else if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
		gsize n;
		g_autofree const char **list = g_variant_get_strv(value, &n);

		if (n)
			g_key_file_set_string_list(file, group, key, list, n);
		else
			g_key_file_remove_key(file, group, key, NULL);
	} else if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
		g_key_file_set_boolean(file, group, key, g_variant_get_boolean(value));
	} else if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32)) {
		g_key_file_set_uint64(file, group, key, g_variant_get_uint32(value));
	} else if (g_variant_is_of_type(value, G_VARIANT_TYPE_INT32)) {
		g_key_file_set_integer(file, group, key, g_variant_get_int32(value));
	} else {
		g_autofree char *text = NULL;
		guint16 low, high;

		g_variant_get(value, "(qq)", &low, &high);
		text = g_strdup_printf("%u-%u", low, high);
		g_key_file_set_string(file, group, key, text);
	}
}

void cusax_rows_write(GKeyFile *file, const char *group, GVariant *changes)
{
	GVariantIter iter;
	const char *key;
	GVariant *value;

	g_variant_iter_init(&iter, changes);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value))
		write_row(file, group, key, value);
}

/* At most one slip in three letters (a letter changed, added, lost, or two exchanged), in any case; or
 * found is known cut short. */
gboolean cusax_rows_look_alike(const char *known, const char *found)
{
	gsize m = strlen(known), n = strlen(found);
	guint rows[3][MAX_NAME + 1], *before = rows[0], *above = rows[1], *row = rows[2];

	if (m > MAX_NAME || n > MAX_NAME)
		return FALSE;
	if (n >= 3 && g_ascii_strncasecmp(known, found, n) == 0)
		return TRUE;
	for (gsize j = 0; j <= n; j++)
		row[j] = j;
	for (gsize i = 1; i <= m; i++) {
		guint *oldest = before;

		before = above;
		above = row;
		row = oldest;
		row[0] = i;
		for (gsize j = 1; j <= n; j++) {
			int a = g_ascii_tolower(known[i - 1]), b = g_ascii_tolower(found[j - 1]);

			row[j] = MIN(MIN(above[j], row[j - 1]) + 1, above[j - 1] + (a != b));
			if (i > 1 && j > 1 && a == g_ascii_tolower(found[j - 2]) &&
			    b == g_ascii_tolower(known[i - 2]))
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
	}
	return row[n] <= MAX(1, MIN(m, n) / 3);
}

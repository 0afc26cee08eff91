/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Validation at the edge. */
/* Main thread. */
#include "dbus/bus-arguments.h"

#include <string.h>

#include "daemon/base/names.h"

/* An a{sv} has at most so many options; also bounds the search for duplicates. */
#define OPTIONS_MAX 64
#define LINES_MAX   64

static gboolean refuse(GError **error, const char *argument, const char *why)
{
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT, "%s %s", argument, why);
	return FALSE;
}

gboolean cusax_bus_check_size(GVariant *parameters, GDBusArgInfo **names, GError **error)
{
	/* Mostly true, and then nothing is looked at one by one. */
	if (g_variant_get_size(parameters) <= CUSAX_BUS_ARGUMENT_MAX)
		return TRUE;
	for (gsize i = 0; i < g_variant_n_children(parameters); i++) {
		g_autoptr(GVariant) argument = g_variant_get_child_value(parameters, i);

		if (g_variant_get_size(argument) > CUSAX_BUS_ARGUMENT_MAX)
			return refuse(error, names ? names[i]->name : "the value",
				      "is larger than 256 KiB");
	}
	return TRUE;
}

static gboolean has_control(const char *text, const char *allowed)
{
	for (; *text; text = g_utf8_next_char(text)) {
		if (g_unichar_iscntrl(g_utf8_get_char(text)) && !strchr(allowed, *text))
			return TRUE;
	}
	return FALSE;
}

static gboolean check_string(const char *argument, const char *text, gsize min, gsize max,
			     const char *allowed, GError **error)
{
	gsize length = strlen(text);

	if (length < min)
		return refuse(error, argument, "is empty");
	if (length > max) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "%s is longer than %" G_GSIZE_FORMAT " bytes", argument, max);
		return FALSE;
	}
	if (has_control(text, allowed))
		return refuse(error, argument, "has a control character");
	return TRUE;
}

gboolean cusax_bus_check_line(const char *argument, const char *text, gsize min, gsize max,
			      GError **error)
{
	return check_string(argument, text, min, max, "", error);
}

gboolean cusax_bus_check_text(const char *argument, const char *text, gsize min, gsize max,
			      GError **error)
{
	return check_string(argument, text, min, max, "\n\t", error);
}

gboolean cusax_bus_check_word(const char *argument, GType type, const char *word, int *ret_value,
			      GError **error)
{
	g_autoptr(GEnumClass) klass = NULL;
	g_autoptr(GString) words = NULL;

	if (cusax_word_parse(type, word, ret_value))
		return TRUE;
	klass = g_type_class_ref(type);
	words = g_string_new("is none of");
	for (guint i = 0; i < klass->n_values; i++)
		g_string_append_printf(words, "%s %s", i > 0 ? "," : "",
				       klass->values[i].value_nick);
	return refuse(error, argument, words->str);
}

/* "account" of an account; NULL: the root. */
static const char *kind_of(GType type)
{
	g_autoptr(GTypeClass) klass = g_type_class_ref(type);

	return CUSAX_OBJECT_CLASS(klass)->path_name;
}

/* The id in the path of an object of that kind, or NULL; points into path. */
static const char *id_in_path(const char *path, const char *kind)
{
	if (!g_str_has_prefix(path, CUSAX_ROOT_PATH "/"))
		return NULL;
	path += strlen(CUSAX_ROOT_PATH "/");
	if (!g_str_has_prefix(path, kind) || path[strlen(kind)] != '/')
		return NULL;
	path += strlen(kind) + 1;
	return *path && !strchr(path, '/') ? path : NULL;
}

gpointer cusax_bus_find_object(CusaxRegistry *registry, const char *argument, const char *path,
			       GType type, GError **error)
{
	const char *kind = kind_of(type);
	const char *id = id_in_path(path, kind);
	gpointer object;

	if (!id) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "%s is not the path of an object of the kind %s", argument, kind);
		return NULL;
	}
	object = cusax_registry_find(registry, type, id);
	if (!object)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND, "%s: there is no such %s",
			    argument, kind);
	return object;
}

gboolean cusax_bus_check_target(CusaxRegistry *registry, const char *argument, const char *target,
				const GType *types, GError **error)
{
	if (!cusax_bus_check_line(argument, target, 1, CUSAX_BUS_ADDRESS_MAX, error))
		return FALSE;
	if (*target != '/')
		return TRUE;
	for (; types[0] != G_TYPE_INVALID; types++) {
		if (types[1] == G_TYPE_INVALID || id_in_path(target, kind_of(types[0])))
			return cusax_bus_find_object(registry, argument, target, types[0], error) !=
			       NULL;
	}
	return refuse(error, argument, "is not the path of an object that can be reached");
}

static const CusaxBusOption *find_option(const CusaxBusOption *table, const char *key)
{
	for (; table && table->key; table++) {
		if (strcmp(table->key, key) == 0)
			return table;
	}
	return NULL;
}

static gboolean check_option(CusaxRegistry *registry, const CusaxBusOption *option,
			     const char *name, GVariant *value, GError **error)
{
	const char *why = NULL;

	if (!g_variant_is_of_type(value, G_VARIANT_TYPE(option->type))) {
		g_autofree char *text = g_strdup_printf("must be of type %s", option->type);

		return refuse(error, name, text);
	}
	if (option->object)
		return cusax_bus_find_object(registry, name, g_variant_get_string(value, NULL),
					     option->object(), error) != NULL;
	if (option->check && !option->check(value, &why))
		return refuse(error, name, why);
	return TRUE;
}

gboolean cusax_bus_check_options(CusaxRegistry *registry, const char *argument, GVariant *options,
				 const CusaxBusOption *table, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	gsize n = g_variant_n_children(options);

	if (n > OPTIONS_MAX)
		return refuse(error, argument, "has too many entries");
	for (gsize i = 0; i < n; i++) {
		const CusaxBusOption *option;
		g_autoptr(GVariant) value = NULL;
		g_autofree char *key = NULL, *name = NULL;

		g_variant_get_child(options, i, "{sv}", &key, &value);
		/* What comes from outside is quoted only as far as it is short. */
		name = g_strdup_printf("%s: the option %.64s", argument, key);
		option = find_option(table, key);
		if (!option)
			return refuse(error, name, "is not known");
		if (!g_hash_table_add(seen, (gpointer)option->key))
			return refuse(error, name, "is given twice");
		if (!check_option(registry, option, name, value, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_line(const char *text, gsize min, const char **ret_why)
{
	gsize length = strlen(text);

	*ret_why = length < min                  ? "is empty"
		   : length > CUSAX_BUS_LINE_MAX ? "is longer than 1024 bytes"
		   : has_control(text, "")       ? "has a control character"
						 : NULL;
	return !*ret_why;
}

gboolean cusax_bus_is_line(GVariant *value, const char **ret_why)
{
	return is_line(g_variant_get_string(value, NULL), 0, ret_why);
}

gboolean cusax_bus_is_text(GVariant *value, const char **ret_why)
{
	const char *text = g_variant_get_string(value, NULL);

	*ret_why = strlen(text) > CUSAX_BUS_MESSAGE_MAX ? "is longer than 64 KiB"
		   : has_control(text, "\n\t")          ? "has a control character"
							: NULL;
	return !*ret_why;
}

gboolean cusax_bus_is_id(GVariant *value, const char **ret_why)
{
	return is_line(g_variant_get_string(value, NULL), 1, ret_why);
}

gboolean cusax_bus_is_media(GVariant *value, const char **ret_why)
{
	static const char *const known[] = { "audio", "video", NULL };
	g_autofree const char **words = g_variant_get_strv(value, NULL);

	*ret_why = "may hold audio and video";
	for (guint i = 0; words[i]; i++) {
		if (!g_strv_contains(known, words[i]))
			return FALSE;
	}
	return words[0] != NULL;
}

gboolean cusax_bus_is_lines(GVariant *value, const char **ret_why)
{
	g_autofree const char **lines = g_variant_get_strv(value, NULL);

	for (guint i = 0; lines[i]; i++) {
		if (i == LINES_MAX) {
			*ret_why = "has more than 64 entries";
			return FALSE;
		}
		if (!is_line(lines[i], 1, ret_why))
			return FALSE;
	}
	return TRUE;
}

gboolean cusax_bus_is_limit(GVariant *value, const char **ret_why)
{
	*ret_why = "must be from 1 to 1000";
	return g_variant_get_uint32(value) >= 1 && g_variant_get_uint32(value) <= 1000;
}

gboolean cusax_bus_check_lines(const char *argument, GVariant *lines, GError **error)
{
	const char *why;

	return cusax_bus_is_lines(lines, &why) || refuse(error, argument, why);
}

gboolean cusax_bus_check_settings(const char *argument, CusaxSettingsKind kind, GVariant *settings,
				  GError **error)
{
	g_autoptr(CusaxSettings) merged = cusax_settings_merge(kind, NULL, settings, error);

	if (!merged)
		g_prefix_error(error, "%s: ", argument);
	return merged != NULL;
}

CusaxSettingsKind cusax_bus_settings_kind(CusaxProtocol protocol)
{
	switch (protocol) {
	case CUSAX_PROTOCOL_XMPP:
		return CUSAX_SETTINGS_XMPP_ACCOUNT;
	case CUSAX_PROTOCOL_SIP:
		return CUSAX_SETTINGS_SIP_ACCOUNT;
	}
	g_return_val_if_reached(CUSAX_SETTINGS_XMPP_ACCOUNT);
}

GVariant *cusax_bus_one_setting(const char *key, GVariant *value)
{
	GVariant *entry =
		g_variant_new_dict_entry(g_variant_new_string(key), g_variant_new_variant(value));

	return g_variant_ref_sink(g_variant_new_array(NULL, &entry, 1));
}

gboolean cusax_bus_check_protocol(const char *argument, CusaxAccount *account,
				  CusaxProtocol protocol, GError **error)
{
	if (account->protocol == protocol)
		return TRUE;
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
		    "%s is not an account of the protocol %s", argument,
		    cusax_word(CUSAX_TYPE_PROTOCOL, (int)protocol));
	return FALSE;
}

/* clang-format off */
const CusaxBusOption cusax_bus_call_options[] = {
	{ "account", "o",  NULL,               cusax_account_get_type },
	{ "uri",     "s",  cusax_bus_is_id,    NULL },
	{ "media",   "as", cusax_bus_is_media, NULL },
	{ "confirm", "s",  cusax_bus_is_id,    NULL },
	{ 0 },
};
/* clang-format on */

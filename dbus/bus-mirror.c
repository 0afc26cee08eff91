/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties on the bus, read from the properties of models. */
/* Main thread. */
#include "dbus/bus-mirror.h"

#include "daemon/base/names.h"

#define PROPERTIES_MAX 64

typedef struct {
	const GDBusPropertyInfo *info;
	GParamSpec *pspec;
	const CusaxField *field; /* where the value lies; NULL: it is read as a property */
	GVariant *name;          /* of the property: shared by all announcements */
	GVariant *none;    /* what NULL reads as; NULL: no property of this type is ever NULL */
	CusaxBusWire head; /* name and signature, as in a written a{sv} */
	gboolean constant;
} Fact;

struct CusaxBusMirror {
	GDBusInterfaceInfo *info;
	GObjectClass *klass;
	guint n;
	Fact facts[];
};

/* "StateReason" to "state-reason". */
static char *kebab(const char *name)
{
	GString *text = g_string_new(NULL);

	for (const char *at = name; *at; at++) {
		if (g_ascii_isupper(*at) && at != name)
			g_string_append_c(text, '-');
		g_string_append_c(text, g_ascii_tolower(*at));
	}
	return g_string_free(text, FALSE);
}

static GVariant *none_of(const char *signature)
{
	if (g_str_equal(signature, "s"))
		return g_variant_ref_sink(g_variant_new_string(""));
	if (signature[0] == 'a')
		return g_variant_ref_sink(g_variant_new(signature, NULL));
	return NULL;
}

static gboolean is_constant(const GDBusPropertyInfo *info)
{
	return g_strcmp0(g_dbus_annotation_info_lookup(
				 info->annotations,
				 "org.freedesktop.DBus.Property.EmitsChangedSignal"),
			 "const") == 0;
}

CusaxBusMirror *cusax_bus_mirror_new(GType type, GDBusInterfaceInfo *info)
{
	CusaxBusMirror *mirror;
	guint n = 0;

	while (info->properties && info->properties[n])
		n++;
	g_assert(n <= PROPERTIES_MAX);
	mirror = g_malloc0(sizeof(*mirror) + n * sizeof(Fact));
	mirror->info = info;
	mirror->klass = g_type_class_ref(type);
	mirror->n = n;
	for (guint i = 0; i < n; i++) {
		Fact *fact = &mirror->facts[i];
		g_autofree char *name = kebab(info->properties[i]->name);

		fact->info = info->properties[i];
		fact->pspec = g_object_class_find_property(mirror->klass, name);
		if (!fact->pspec)
			g_error("%s has no property for %s.%s", g_type_name(type), info->name,
				fact->info->name);
		fact->field = cusax_object_class_field(CUSAX_OBJECT_CLASS(mirror->klass), name);
		fact->name = g_variant_ref_sink(g_variant_new_string(fact->info->name));
		fact->none = none_of(fact->info->signature);
		cusax_bus_wire_init(&fact->head);
		cusax_bus_wire_string(&fact->head, fact->info->name);
		cusax_bus_wire_signature(&fact->head, fact->info->signature);
		fact->constant = is_constant(fact->info);
	}
	return mirror;
}

void cusax_bus_mirror_free(CusaxBusMirror *mirror)
{
	if (!mirror)
		return;
	for (guint i = 0; i < mirror->n; i++) {
		g_variant_unref(mirror->facts[i].name);
		cusax_bus_wire_clear(&mirror->facts[i].head);
		g_clear_pointer(&mirror->facts[i].none, g_variant_unref);
	}
	g_type_class_unref(mirror->klass);
	g_free(mirror);
}

GDBusInterfaceInfo *cusax_bus_mirror_info(CusaxBusMirror *mirror)
{
	return mirror->info;
}

/* Floating or a full reference. */
static GVariant *convert(const Fact *fact, const GValue *value)
{
	if (G_VALUE_HOLDS_ENUM(value))
		return g_variant_new_string(
			cusax_word(G_VALUE_TYPE(value), g_value_get_enum(value)));
	if (G_VALUE_HOLDS_FLAGS(value)) {
		g_auto(GStrv) words = cusax_features_to_words(g_value_get_flags(value));

		return g_variant_new_strv((const char *const *)words, -1);
	}
	if (G_VALUE_HOLDS_OBJECT(value)) {
		g_autofree char *path = cusax_object_path(g_value_get_object(value));

		return g_variant_new_object_path(path);
	}
	if (G_VALUE_HOLDS_STRING(value) || G_VALUE_HOLDS_BOXED(value) ||
	    G_VALUE_HOLDS_VARIANT(value)) {
		gboolean is_null = G_VALUE_HOLDS_VARIANT(value) ? !g_value_get_variant(value)
								: !g_value_peek_pointer(value);

		if (is_null)
			return g_variant_ref(fact->none);
	}
	return g_dbus_gvalue_to_gvariant(value, G_VARIANT_TYPE(fact->info->signature));
}

static GVariant *read_fact(const Fact *fact, CusaxObject *object)
{
	g_auto(GValue) value = G_VALUE_INIT;

	g_object_get_property(G_OBJECT(object), fact->pspec->name, &value);
	return g_variant_take_ref(convert(fact, &value));
}

GVariant *cusax_bus_mirror_get(CusaxBusMirror *mirror, CusaxObject *object, const char *property)
{
	for (guint i = 0; i < mirror->n; i++) {
		if (g_str_equal(mirror->facts[i].info->name, property))
			return read_fact(&mirror->facts[i], object);
	}
	return NULL;
}

guint64 cusax_bus_mirror_set_of(CusaxBusMirror *mirror, GParamSpec **pspecs, guint n)
{
	guint64 set = 0;

	for (guint i = 0; i < mirror->n; i++) {
		for (guint k = 0; k < n; k++) {
			if (mirror->facts[i].pspec == pspecs[k] && !mirror->facts[i].constant)
				set |= G_GUINT64_CONSTANT(1) << i;
		}
	}
	return set;
}

GVariant *cusax_bus_mirror_collect(CusaxBusMirror *mirror, CusaxObject *object, guint64 set)
{
	GVariant *entries[PROPERTIES_MAX];
	guint n = 0;

	for (guint i = 0; i < mirror->n; i++) {
		g_autoptr(GVariant) value = NULL;

		if (!(set & (G_GUINT64_CONSTANT(1) << i)))
			continue;
		value = read_fact(&mirror->facts[i], object);
		entries[n++] = g_variant_new_dict_entry(mirror->facts[i].name,
							g_variant_new_variant(value));
	}
	return g_variant_new_array(G_VARIANT_TYPE("{sv}"), entries, n);
}

GVariant *cusax_bus_mirror_interfaces(CusaxBusMirror *mirror, CusaxObject *object)
{
	GVariant *entry = g_variant_new_dict_entry(
		g_variant_new_string(mirror->info->name),
		cusax_bus_mirror_collect(mirror, object, CUSAX_BUS_MIRROR_ALL));

	return g_variant_new_array(NULL, &entry, 1);
}

/* --- written ------------------------------------------------------------------------------------ */

static void write_words(CusaxBusWire *wire, GStrv words)
{
	CusaxBusWireArray array = cusax_bus_wire_array(wire, 's');

	for (; words && *words; words++)
		cusax_bus_wire_string(wire, *words);
	cusax_bus_wire_array_end(wire, array);
}

void cusax_bus_mirror_write_path(CusaxBusWire *wire, CusaxObject *object)
{
	const char *name = object ? CUSAX_OBJECT_GET_CLASS(object)->path_name : NULL;

	if (name)
		cusax_bus_wire_pieces(wire, CUSAX_ROOT_PATH, "/", name, "/",
				      cusax_object_id(object), NULL);
	else
		cusax_bus_wire_string(wire, object ? CUSAX_ROOT_PATH : "/");
}

/* FALSE: this kind of field is rare, and read as a property. */
static gboolean write_field(CusaxBusWire *wire, const Fact *fact, gconstpointer at)
{
	switch (fact->field->kind) {
	case CUSAX_FIELD_STRING:
		cusax_bus_wire_string(wire, *(char *const *)at ? *(char *const *)at : "");
		return TRUE;
	case CUSAX_FIELD_STRV:
		write_words(wire, *(const GStrv *)at);
		return TRUE;
	case CUSAX_FIELD_BOOLEAN:
		cusax_bus_wire_boolean(wire, *(const gboolean *)at);
		return TRUE;
	case CUSAX_FIELD_UINT:
		cusax_bus_wire_uint32(wire, *(const guint *)at);
		return TRUE;
	case CUSAX_FIELD_INT64:
	case CUSAX_FIELD_UINT64:
		cusax_bus_wire_uint64(wire, *(const guint64 *)at);
		return TRUE;
	case CUSAX_FIELD_ENUM:
		cusax_bus_wire_string(wire, cusax_word(fact->field->type(), *(const int *)at));
		return TRUE;
	case CUSAX_FIELD_VARIANT:
		cusax_bus_wire_value(wire,
				     *(GVariant *const *)at ? *(GVariant *const *)at : fact->none);
		return TRUE;
	case CUSAX_FIELD_OBJECT:
		cusax_bus_mirror_write_path(wire, *(CusaxObject *const *)at);
		return TRUE;
	case CUSAX_FIELD_FLAGS:
		return FALSE;
	}
	g_return_val_if_reached(FALSE);
}

static void write_fact(CusaxBusWire *wire, const Fact *fact, CusaxObject *object)
{
	g_autoptr(GVariant) value = NULL;

	cusax_bus_wire_ready(wire, &fact->head);
	if (fact->field && write_field(wire, fact, G_STRUCT_MEMBER_P(object, fact->field->offset)))
		return;
	value = read_fact(fact, object);
	cusax_bus_wire_value(wire, value);
}

void cusax_bus_mirror_write(CusaxBusMirror *mirror, CusaxBusWire *wire, CusaxObject *object,
			    guint64 set)
{
	CusaxBusWireArray entries = cusax_bus_wire_array(wire, '{');

	for (guint i = 0; i < mirror->n; i++) {
		if (set & (G_GUINT64_CONSTANT(1) << i))
			write_fact(wire, &mirror->facts[i], object);
	}
	cusax_bus_wire_array_end(wire, entries);
}

void cusax_bus_mirror_write_interfaces(CusaxBusMirror *mirror, CusaxBusWire *wire,
				       CusaxObject *object)
{
	CusaxBusWireArray interfaces = cusax_bus_wire_array(wire, '{');

	cusax_bus_wire_struct(wire);
	cusax_bus_wire_string(wire, mirror->info->name);
	cusax_bus_mirror_write(mirror, wire, object, CUSAX_BUS_MIRROR_ALL);
	cusax_bus_wire_array_end(wire, interfaces);
}

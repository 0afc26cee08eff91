/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The base of every model: properties over a table of struct fields. */
/* Main thread. */
#include "daemon/model/object.h"

#include "daemon/base/names.h"
#include "daemon/model/words.h"

typedef struct {
	char *id;
	CusaxObjectWatch *watch;
} CusaxObjectPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(CusaxObject, cusax_object, G_TYPE_OBJECT)

static const CusaxField *field_of(GObject *object, guint property_id)
{
	CusaxObjectClass *klass = CUSAX_OBJECT_GET_CLASS(object);

	g_return_val_if_fail(property_id > 0 && property_id - 1 < klass->n_fields, NULL);
	return &klass->fields[property_id - 1];
}

static void get_property(GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
	const CusaxField *field = field_of(object, property_id);
	gpointer at = G_STRUCT_MEMBER_P(object, field->offset);

	switch (field->kind) {
	case CUSAX_FIELD_STRING:
		g_value_set_string(value, *(char **)at);
		return;
	case CUSAX_FIELD_STRV:
		g_value_set_boxed(value, *(GStrv *)at);
		return;
	case CUSAX_FIELD_BOOLEAN:
		g_value_set_boolean(value, *(gboolean *)at);
		return;
	case CUSAX_FIELD_UINT:
		g_value_set_uint(value, *(guint *)at);
		return;
	case CUSAX_FIELD_INT64:
		g_value_set_int64(value, *(gint64 *)at);
		return;
	case CUSAX_FIELD_UINT64:
		g_value_set_uint64(value, *(guint64 *)at);
		return;
	case CUSAX_FIELD_ENUM:
		g_value_set_enum(value, *(int *)at);
		return;
	case CUSAX_FIELD_FLAGS:
		g_value_set_flags(value, *(guint *)at);
		return;
	case CUSAX_FIELD_VARIANT:
		g_value_set_variant(value, *(GVariant **)at);
		return;
	case CUSAX_FIELD_OBJECT:
		g_value_set_object(value, *(GObject **)at);
		return;
	}
	G_OBJECT_WARN_INVALID_PROPERTY_ID(object, property_id, pspec);
}

static gboolean strv_equal(GStrv a, GStrv b)
{
	if (!a || !b)
		return (a ? *a : NULL) == (b ? *b : NULL);
	return g_strv_equal((const char *const *)a, (const char *const *)b);
}

static gboolean variant_equal(GVariant *a, GVariant *b)
{
	return a == b || (a && b && g_variant_equal(a, b));
}

/* Each store_x() puts the value in place and tells whether that changed anything. */
static gboolean store_int(int *at, int value)
{
	if (*at == value)
		return FALSE;
	*at = value;
	return TRUE;
}

static gboolean store_int64(gint64 *at, gint64 value)
{
	if (*at == value)
		return FALSE;
	*at = value;
	return TRUE;
}

static gboolean store_string(char **at, const GValue *value)
{
	if (g_strcmp0(*at, g_value_get_string(value)) == 0)
		return FALSE;
	g_free(*at);
	*at = g_value_dup_string(value);
	return TRUE;
}

static gboolean store_strv(GStrv *at, const GValue *value)
{
	GStrv old = *at;

	if (strv_equal(old, g_value_get_boxed(value)))
		return FALSE;
	*at = cusax_words_ref(g_value_get_boxed(value));
	cusax_words_unref(old);
	return TRUE;
}

static gboolean store_variant(GVariant **at, const GValue *value)
{
	GVariant *old = *at;

	if (variant_equal(old, g_value_get_variant(value)))
		return FALSE;
	*at = g_value_dup_variant(value);
	g_clear_pointer(&old, g_variant_unref);
	return TRUE;
}

static gboolean store(const CusaxField *field, gpointer at, const GValue *value)
{
	switch (field->kind) {
	case CUSAX_FIELD_STRING:
		return store_string(at, value);
	case CUSAX_FIELD_STRV:
		return store_strv(at, value);
	case CUSAX_FIELD_BOOLEAN:
		return store_int(at, g_value_get_boolean(value));
	case CUSAX_FIELD_UINT:
		return store_int(at, (int)g_value_get_uint(value));
	case CUSAX_FIELD_INT64:
		return store_int64(at, g_value_get_int64(value));
	case CUSAX_FIELD_UINT64:
		return store_int64(at, (gint64)g_value_get_uint64(value));
	case CUSAX_FIELD_ENUM:
		return store_int(at, g_value_get_enum(value));
	case CUSAX_FIELD_FLAGS:
		return store_int(at, (int)g_value_get_flags(value));
	case CUSAX_FIELD_VARIANT:
		return store_variant(at, value);
	case CUSAX_FIELD_OBJECT:
		return g_set_object((GObject **)at, g_value_get_object(value));
	}
	g_return_val_if_reached(FALSE);
}

static void set_property(GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
	const CusaxField *field = field_of(object, property_id);

	if (store(field, G_STRUCT_MEMBER_P(object, field->offset), value))
		g_object_notify_by_pspec(object, pspec);
}

static void dispatch_properties_changed(GObject *object, guint n, GParamSpec **pspecs)
{
	CusaxObjectPrivate *self = cusax_object_get_instance_private(CUSAX_OBJECT(object));

	G_OBJECT_CLASS(cusax_object_parent_class)->dispatch_properties_changed(object, n, pspecs);
	if (self->watch)
		self->watch->changed(CUSAX_OBJECT(object), pspecs, n, self->watch);
}

/* References to other models go first, so that cycles (account and service) end. */
static void dispose(GObject *object)
{
	CusaxObjectClass *klass = CUSAX_OBJECT_GET_CLASS(object);

	for (guint i = 0; i < klass->n_fields; i++) {
		if (klass->fields[i].kind == CUSAX_FIELD_OBJECT)
			g_clear_object(
				(GObject **)G_STRUCT_MEMBER_P(object, klass->fields[i].offset));
	}
	G_OBJECT_CLASS(cusax_object_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
	CusaxObjectPrivate *self = cusax_object_get_instance_private(CUSAX_OBJECT(object));
	CusaxObjectClass *klass = CUSAX_OBJECT_GET_CLASS(object);

	for (guint i = 0; i < klass->n_fields; i++) {
		gpointer at = G_STRUCT_MEMBER_P(object, klass->fields[i].offset);

		if (klass->fields[i].kind == CUSAX_FIELD_STRING)
			g_free(*(char **)at);
		else if (klass->fields[i].kind == CUSAX_FIELD_STRV)
			cusax_words_unref(*(GStrv *)at);
		else if (klass->fields[i].kind == CUSAX_FIELD_VARIANT)
			g_clear_pointer((GVariant **)at, g_variant_unref);
	}
	g_free(self->id);
	G_OBJECT_CLASS(cusax_object_parent_class)->finalize(object);
}

static void cusax_object_class_init(CusaxObjectClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->get_property = get_property;
	object_class->set_property = set_property;
	object_class->dispatch_properties_changed = dispatch_properties_changed;
	object_class->dispose = dispose;
	object_class->finalize = finalize;
}

static void cusax_object_init(G_GNUC_UNUSED CusaxObject *self)
{
}

static GParamSpec *pspec_of(const CusaxField *field)
{
	const GParamFlags flags =
		G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

	switch (field->kind) {
	case CUSAX_FIELD_STRING:
		return g_param_spec_string(field->name, NULL, NULL, NULL, flags);
	case CUSAX_FIELD_STRV:
		return g_param_spec_boxed(field->name, NULL, NULL, G_TYPE_STRV, flags);
	case CUSAX_FIELD_BOOLEAN:
		return g_param_spec_boolean(field->name, NULL, NULL, FALSE, flags);
	case CUSAX_FIELD_UINT:
		return g_param_spec_uint(field->name, NULL, NULL, 0, G_MAXUINT, 0, flags);
	case CUSAX_FIELD_INT64:
		return g_param_spec_int64(field->name, NULL, NULL, G_MININT64, G_MAXINT64, 0,
					  flags);
	case CUSAX_FIELD_UINT64:
		return g_param_spec_uint64(field->name, NULL, NULL, 0, G_MAXUINT64, 0, flags);
	case CUSAX_FIELD_ENUM:
		return g_param_spec_enum(field->name, NULL, NULL, field->type(), 0, flags);
	case CUSAX_FIELD_FLAGS:
		return g_param_spec_flags(field->name, NULL, NULL, CUSAX_TYPE_FEATURES, 0, flags);
	case CUSAX_FIELD_VARIANT:
		return g_param_spec_variant(field->name, NULL, NULL,
					    G_VARIANT_TYPE(field->variant_type), NULL, flags);
	case CUSAX_FIELD_OBJECT:
		return g_param_spec_object(field->name, NULL, NULL, CUSAX_TYPE_OBJECT, flags);
	}
	g_return_val_if_reached(NULL);
}

void cusax_object_class_install_fields(CusaxObjectClass *klass, const char *path_name,
				       const CusaxField *fields, guint n_fields)
{
	/* GObject does not hand these down to subclasses that install properties. */
	G_OBJECT_CLASS(klass)->get_property = get_property;
	G_OBJECT_CLASS(klass)->set_property = set_property;
	klass->path_name = path_name;
	klass->fields = fields;
	klass->n_fields = n_fields;
	for (guint i = 0; i < n_fields; i++)
		g_object_class_install_property(G_OBJECT_CLASS(klass), 1 + i, pspec_of(&fields[i]));
}

gpointer cusax_object_new(GType type, const char *id)
{
	CusaxObject *object = g_object_new(type, NULL);
	CusaxObjectPrivate *self = cusax_object_get_instance_private(object);

	self->id = g_strdup(id);
	return object;
}

const CusaxField *cusax_object_class_field(CusaxObjectClass *klass, const char *name)
{
	for (guint i = 0; i < klass->n_fields; i++) {
		if (g_str_equal(klass->fields[i].name, name))
			return &klass->fields[i];
	}
	return NULL;
}

const char *cusax_object_id(CusaxObject *object)
{
	CusaxObjectPrivate *self = cusax_object_get_instance_private(object);

	return self->id;
}

char *cusax_object_path(CusaxObject *object)
{
	const char *name;

	if (!object)
		return g_strdup("/");
	name = CUSAX_OBJECT_GET_CLASS(object)->path_name;
	return name ? g_strdup_printf(CUSAX_ROOT_PATH "/%s/%s", name, cusax_object_id(object))
		    : g_strdup(CUSAX_ROOT_PATH);
}

void cusax_object_set_watch(CusaxObject *object, CusaxObjectWatch *watch)
{
	CusaxObjectPrivate *self = cusax_object_get_instance_private(object);

	self->watch = watch;
}

gboolean cusax_object_is_watched(CusaxObject *object)
{
	CusaxObjectPrivate *self = cusax_object_get_instance_private(object);

	return self->watch != NULL;
}

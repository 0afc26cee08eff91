/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The base of every model: an id, a path, and properties described by a table of fields. */
/* Main thread. */
#pragma once

#include "daemon/base/types.h"

/* A model holds facts and tells when they change; it has no verbs and calls nobody. Its struct lies
 * in its header so that facts can be read as plain fields; they are written by g_object_set() (which
 * announces changes made in one call together) or by the mutators of the model, and only by the core.
 *
 * Each property carries the name of its D-Bus property in kebab-case: StateReason is "state-reason". */

#define CUSAX_TYPE_OBJECT (cusax_object_get_type())
G_DECLARE_DERIVABLE_TYPE(CusaxObject, cusax_object, CUSAX, OBJECT, GObject)

typedef enum {
	CUSAX_FIELD_STRING,  /* char *, owned; NULL reads as "" */
	CUSAX_FIELD_STRV,    /* GStrv of cusax_words_ref(); NULL reads as empty */
	CUSAX_FIELD_BOOLEAN, /* gboolean */
	CUSAX_FIELD_UINT,    /* guint */
	CUSAX_FIELD_INT64,   /* gint64 */
	CUSAX_FIELD_UINT64,  /* guint64 */
	CUSAX_FIELD_ENUM,    /* int, one of the enumerations of base/types.h */
	CUSAX_FIELD_FLAGS,   /* guint, CusaxFeatures */
	CUSAX_FIELD_VARIANT, /* GVariant *, owned; NULL is not allowed on the bus */
	CUSAX_FIELD_OBJECT,  /* CusaxObject *, owned reference or NULL */
} CusaxFieldKind;

typedef struct {
	const char *name;
	CusaxFieldKind kind;
	gsize offset;
	GType (*type)(void);      /* of an enumeration; else NULL */
	const char *variant_type; /* of a variant; else NULL */
} CusaxField;

struct _CusaxObjectClass {
	GObjectClass parent_class;
	const char *path_name; /* "account" in /org/cusax/Cusax1/account/<id>; NULL: the root */
	const CusaxField *fields;
	guint n_fields;
};

/* A new object of that class. */
gpointer cusax_object_new(GType type, const char *id);

/* For a class_init: installs one property for each field. */
void cusax_object_class_install_fields(CusaxObjectClass *klass, const char *path_name,
				       const CusaxField *fields, guint n_fields);

/* The field behind a property of the class; NULL: it is none (the id). */
const CusaxField *cusax_object_class_field(CusaxObjectClass *klass, const char *name);

/* The id, valid as the last element of an object path; constant. */
const char *cusax_object_id(CusaxObject *object);

/* The object's D-Bus path; free with g_free(). "/" for NULL. */
char *cusax_object_path(CusaxObject *object);

/* Who is told of changes. Set by the registry while the object is in it. */
typedef struct CusaxObjectWatch CusaxObjectWatch;
struct CusaxObjectWatch {
	void (*changed)(CusaxObject *object, GParamSpec **pspecs, guint n, CusaxObjectWatch *watch);
};
/* watch: borrowed; NULL: nobody. */
void cusax_object_set_watch(CusaxObject *object, CusaxObjectWatch *watch);
/* Whether it is in a registry. */
gboolean cusax_object_is_watched(CusaxObject *object);

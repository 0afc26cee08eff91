/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps of named, typed, validated options: account, pair and policy settings, call options. */
/* A CusaxSettings is immutable once shared: then usable from any thread. */
#pragma once

#include <glib.h>

#include "daemon/base/types.h"

/* Which table of keys applies. The tables are those of dbus-api: each key has one GVariant type, a
 * validator and, where it has one, a default. */
typedef enum {
	CUSAX_SETTINGS_XMPP_ACCOUNT,
	CUSAX_SETTINGS_SIP_ACCOUNT,
	CUSAX_SETTINGS_PAIR,
	CUSAX_SETTINGS_POLICY,
} CusaxSettingsKind;

typedef struct CusaxSettings CusaxSettings;

/* An empty map of that kind: every getter gives the default. Reference-counted, atomically. */
CusaxSettings *cusax_settings_new(CusaxSettingsKind kind);
CusaxSettings *cusax_settings_ref(CusaxSettings *settings);
void cusax_settings_unref(CusaxSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxSettings, cusax_settings_unref)

/* A new map: base (may be NULL) with the entries of changes (an a{sv}, not consumed) laid over it.
 * NULL and CUSAX_ERROR_INVALID_ARGUMENT naming the key where a key is unknown, has another type, or
 * a value is refused. An empty string or empty array removes the key. */
CusaxSettings *cusax_settings_merge(CusaxSettingsKind kind, CusaxSettings *base, GVariant *changes,
				    GError **error);

/* The entries that are set, defaults not included, as a{sv}: a new floating reference. */
GVariant *cusax_settings_to_variant(CusaxSettings *settings);
/* The same with the default of every key that has one and is not set. */
GVariant *cusax_settings_to_full_variant(CusaxSettings *settings);

/* Getters give the entry, else the default of the table (NULL, 0 or FALSE where it has none). Asking
 * for a key that the table does not have, or by the wrong type, is a programming error. */
const char *cusax_settings_string(CusaxSettings *settings, const char *key);
gboolean cusax_settings_boolean(CusaxSettings *settings, const char *key);
guint32 cusax_settings_uint(CusaxSettings *settings, const char *key);
gint32 cusax_settings_int(CusaxSettings *settings, const char *key);
GStrv cusax_settings_strv(CusaxSettings *settings, const char *key); /* free; never NULL */
void cusax_settings_ports(CusaxSettings *settings, const char *key, guint16 *ret_low,
			  guint16 *ret_high); /* type (qq) */
gboolean cusax_settings_has(CusaxSettings *settings, const char *key);

/* One row of a table, for documentation tests and the key file: keys ordered as in the table. */
typedef struct {
	const char *key;
	const char *type;     /* GVariant type string */
	const char *fallback; /* default in GVariant text form, or NULL */
	gboolean (*validate)(GVariant *value, const char **ret_why); /* or NULL */
} CusaxSettingsKey;

const CusaxSettingsKey *cusax_settings_keys(CusaxSettingsKind kind, guint *ret_n);

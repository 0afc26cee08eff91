/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Validation at the edge: what is wrong is refused with the name of the argument. */
/* Main thread. */
#pragma once

#include <gio/gio.h>

#include "daemon/base/error.h"
#include "daemon/base/settings.h"
#include "daemon/model/account.h"
#include "daemon/model/registry.h"

/* The largest argument of a method, in bytes. */
#define CUSAX_BUS_ARGUMENT_MAX (256 * 1024)

/* The longest address, name or other single line, in bytes: a JID can have 3071 (RFC 7622 §3.1). */
#define CUSAX_BUS_LINE_MAX    1024
#define CUSAX_BUS_ADDRESS_MAX 3071
/* The longest text of a message. */
#define CUSAX_BUS_MESSAGE_MAX (64 * 1024)

/* Each check gives TRUE, or FALSE with CUSAX_ERROR_INVALID_ARGUMENT whose message names the
 * argument; objects that do not exist are CUSAX_ERROR_NOT_FOUND. */

/* No top-level member of the tuple is over CUSAX_BUS_ARGUMENT_MAX. names: of the members, or NULL. */
gboolean cusax_bus_check_size(GVariant *parameters, GDBusArgInfo **names, GError **error);

/* One line: min to max bytes without control characters. */
gboolean cusax_bus_check_line(const char *argument, const char *text, gsize min, gsize max,
			      GError **error);

/* Text of a message: min to max bytes; newline and tab are the only control characters. */
gboolean cusax_bus_check_text(const char *argument, const char *text, gsize min, gsize max,
			      GError **error);

/* A word of one of the enumerations of base/types.h. */
gboolean cusax_bus_check_word(const char *argument, GType type, const char *word, int *ret_value,
			      GError **error);

/* The object of that type at path; borrowed. NULL: the path is none of that type, or nothing is
 * there. */
gpointer cusax_bus_find_object(CusaxRegistry *registry, const char *argument, const char *path,
			       GType type, GError **error);

/* Who to reach: a line, and where it begins with "/", the path of one of these types. types ends
 * with G_TYPE_INVALID. */
gboolean cusax_bus_check_target(CusaxRegistry *registry, const char *argument, const char *target,
				const GType *types, GError **error);

/* One named option of an a{sv}. */
typedef struct {
	const char *key;                                          /* NULL ends a table */
	const char *type;                                         /* GVariant type string */
	gboolean (*check)(GVariant *value, const char **ret_why); /* or NULL */
	GType (*object)(void); /* of type "o": which model must be there; else NULL */
} CusaxBusOption;

/* Every option is in the table, once, of its type, and accepted by its check. table NULL: there are
 * no options yet. */
gboolean cusax_bus_check_options(CusaxRegistry *registry, const char *argument, GVariant *options,
				 const CusaxBusOption *table, GError **error);

/* Settings of that kind, as cusax_settings_merge() takes them. */
gboolean cusax_bus_check_settings(const char *argument, CusaxSettingsKind kind, GVariant *settings,
				  GError **error);
CusaxSettingsKind cusax_bus_settings_kind(CusaxProtocol protocol);
/* An a{sv} of one entry: a full reference. */
GVariant *cusax_bus_one_setting(const char *key, GVariant *value);

gboolean cusax_bus_check_protocol(const char *argument, CusaxAccount *account,
				  CusaxProtocol protocol, GError **error);

/* An "as" of at most 64 lines, none of them empty. */
gboolean cusax_bus_check_lines(const char *argument, GVariant *lines, GError **error);

/* The options of the methods that call somebody. */
extern const CusaxBusOption cusax_bus_call_options[];

/* Checks for tables. */
gboolean cusax_bus_is_line(GVariant *value, const char **ret_why);  /* s */
gboolean cusax_bus_is_text(GVariant *value, const char **ret_why);  /* s, may have lines */
gboolean cusax_bus_is_id(GVariant *value, const char **ret_why);    /* s, not empty */
gboolean cusax_bus_is_media(GVariant *value, const char **ret_why); /* as */
gboolean cusax_bus_is_lines(GVariant *value, const char **ret_why); /* as, none empty */
gboolean cusax_bus_is_limit(GVariant *value, const char **ret_why); /* u, 1 to 1000 */

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place that writes: tables and words for people, one JSON object for programs. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "cli/client.h"

/* Colours are used on a terminal only, and not where NO_COLOR or --no-color forbids them. */
void cusax_output_init(gboolean json, gboolean no_colour);

/* Text that somebody else chose, fit for a terminal: no control, escape or direction characters;
 * invalid UTF-8 replaced. Free. */
char *cusax_output_safe(const char *text);

/* A line of data on standard output; nothing with --json. */
void cusax_output_line(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* A line of words for people on standard error; nothing with --json. */
void cusax_output_note(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The object that the command is about: an error with --json names it. */
void cusax_output_about(const char *path);

/* Says what went wrong and what to do next, in words or as one JSON object. */
void cusax_output_error(const GError *error);

/* A table: columns are as wide as they need to be, the headings go first. Cells are made safe. */
typedef struct CusaxTable CusaxTable;
CusaxTable *cusax_table_new(const char *heading, ...) G_GNUC_NULL_TERMINATED;
/* As many cells as there are headings; a state word gets its colour. */
void cusax_table_add(CusaxTable *table, ...);
guint cusax_table_rows(CusaxTable *table);
void cusax_table_print(CusaxTable *table);
void cusax_table_free(CusaxTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxTable, cusax_table_free)

/* JSON: begin opens the one object with its "schema", end closes, prints and frees it. */
JsonBuilder *cusax_json_begin(void);
void cusax_json_end(JsonBuilder *builder);
void cusax_json_value(JsonBuilder *builder, const char *name, GVariant *value);
void cusax_json_string(JsonBuilder *builder, const char *name, const char *value);
void cusax_json_boolean(JsonBuilder *builder, const char *name, gboolean value);
void cusax_json_integer(JsonBuilder *builder, const char *name, gint64 value);
/* The members of an a{sv} as members of the open object. */
void cusax_json_members(JsonBuilder *builder, GVariant *map);
/* An object with path, id and properties; name is NULL inside an array. */
void cusax_json_object(JsonBuilder *builder, const char *name, const CusaxObject *object);
/* name: [ objects ] */
void cusax_json_objects(JsonBuilder *builder, const char *name, GPtrArray *objects);

/* After an act on an object: with --json the object as it is now, else the words (may be NULL). */
void cusax_output_done(CusaxClient *client, const char *path, const char *kind, const char *format,
		       ...) G_GNUC_PRINTF(4, 5);

/* Local time to the minute, "-" for never; and a span such as "1:02:03". Free. */
char *cusax_output_time(gint64 microseconds);
char *cusax_output_span(gint64 microseconds);

/* A setting as a person types it: words, numbers, yes and no, commas. Free. */
char *cusax_output_setting(GVariant *value);

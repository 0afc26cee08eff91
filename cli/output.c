/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place that writes: tables and words for people, one JSON object for programs. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/error.h"
#include "cli/names.h"

#define SCHEMA 1

static struct {
	gboolean json, colour, colour_err;
	char *about; /* path of an object, or NULL */
} output;

static const struct {
	const char *word, *colour;
} colours[] = {
	{ "online", "32" },    { "active", "32" },       { "verified", "32" },
	{ "delivered", "32" }, { "displayed", "32" },    { "connecting", "33" },
	{ "waiting", "33" },   { "partial", "33" },      { "ringing", "33" },
	{ "incoming", "33" },  { "dialing", "33" },      { "away", "33" },
	{ "xa", "33" },        { "claimed", "33" },      { "queued", "33" },
	{ "failed", "31" },    { "needs-secret", "31" }, { "contradicted", "31" },
	{ "dnd", "31" },       { "offline", "2" },       { "ended", "2" },
};

struct CusaxTable {
	guint n_columns;
	GPtrArray *cells; /* char *; the headings first */
};

static gboolean is_direction(gunichar c)
{
	return c == 0x061c || (c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static const char *colour_of(const char *cell)
{
	if (!output.colour)
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(colours); i++) {
		if (strcmp(colours[i].word, cell) == 0)
			return colours[i].colour;
	}
	return NULL;
}

static guint width_of(const char *text)
{
	guint width = 0;

	for (; *text; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (!g_unichar_iszerowidth(c))
			width += g_unichar_iswide(c) ? 2 : 1;
	}
	return width;
}

static void write_json(JsonNode *root)
{
	g_autofree char *text = json_to_string(root, FALSE);

	fputs(text, stdout);
	fputc('\n', stdout);
	fflush(stdout);
}

static gboolean allows_colour(int fd)
{
	const char *none = g_getenv("NO_COLOR");
	const char *term = g_getenv("TERM");

	return isatty(fd) && !(none && *none) && g_strcmp0(term, "dumb") != 0;
}

void cusax_output_init(gboolean json, gboolean no_colour)
{
	output.json = json;
	output.colour = !no_colour && allows_colour(STDOUT_FILENO);
	output.colour_err = !no_colour && allows_colour(STDERR_FILENO);
}

char *cusax_output_safe(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *safe = g_string_sized_new(strlen(valid));

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (c == '\n' || c == '\t')
			g_string_append_c(safe, ' ');
		else if (g_unichar_iscntrl(c) || is_direction(c))
			g_string_append_unichar(safe, 0xfffd);
		else
			g_string_append_unichar(safe, c);
	}
	return g_string_free(safe, FALSE);
}

void cusax_output_line(const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autofree char *safe = NULL;
	va_list arguments;

	if (output.json)
		return;
	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	safe = cusax_output_safe(text);
	fputs(safe, stdout);
	fputc('\n', stdout);
	fflush(stdout);
}

void cusax_output_note(const char *format, ...)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	va_list arguments;

	if (output.json)
		return;
	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	/* Our own words have lines; what they quote has none left after this. */
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_autofree char *safe = cusax_output_safe(lines[i]);

		fputs(safe, stderr);
		fputc('\n', stderr);
	}
}

void cusax_output_about(const char *path)
{
	g_free(output.about);
	output.about = g_strdup(path);
}

void cusax_output_error(const GError *error)
{
	const char *advice = cusax_cli_error_advice(error);
	g_autofree char *name = cusax_cli_error_name(error);
	g_autoptr(GError) plain = g_error_copy(error);

	g_dbus_error_strip_remote_error(plain);
	if (output.json) {
		JsonBuilder *builder = cusax_json_begin();

		json_builder_set_member_name(builder, "error");
		json_builder_begin_object(builder);
		cusax_json_string(builder, "name", name);
		cusax_json_string(builder, "message", plain->message);
		cusax_json_string(builder, "advice", advice ? advice : "");
		cusax_json_integer(builder, "exit", cusax_cli_error_exit(error));
		json_builder_end_object(builder);
		if (output.about) {
			cusax_json_string(builder, "path", output.about);
			cusax_json_string(builder, "id", cusax_short_id(output.about));
		}
		cusax_json_end(builder);
		return;
	}
	fputs(output.colour_err ? "\033[31mcusaxctl:\033[0m " : "cusaxctl: ", stderr);
	/* Of a daemon that is not there the bus can only say that it does not know the name. */
	if (!advice || cusax_cli_error_exit(error) != CUSAX_EXIT_NO_DAEMON)
		cusax_output_note("%s", plain->message);
	if (advice)
		cusax_output_note("%s", advice);
}

CusaxTable *cusax_table_new(const char *heading, ...)
{
	CusaxTable *table = g_new0(CusaxTable, 1);
	va_list arguments;

	table->cells = g_ptr_array_new_with_free_func(g_free);
	va_start(arguments, heading);
	for (; heading; heading = va_arg(arguments, const char *)) {
		g_ptr_array_add(table->cells, g_strdup(heading));
		table->n_columns++;
	}
	va_end(arguments);
	return table;
}

void cusax_table_add(CusaxTable *table, ...)
{
	va_list arguments;

	va_start(arguments, table);
	for (guint i = 0; i < table->n_columns; i++) {
		const char *cell = va_arg(arguments, const char *);

		g_ptr_array_add(table->cells, cusax_output_safe(cell && *cell ? cell : "-"));
	}
	va_end(arguments);
}

guint cusax_table_rows(CusaxTable *table)
{
	return table->cells->len / table->n_columns - 1;
}

static void print_cell(const char *cell, guint pad, const char *colour)
{
	if (colour)
		fprintf(stdout, "\033[%sm%s\033[0m", colour, cell);
	else
		fputs(cell, stdout);
	fprintf(stdout, "%*s", (int)pad, "");
}

void cusax_table_print(CusaxTable *table)
{
	g_autofree guint *widths = g_new0(guint, table->n_columns);

	if (output.json)
		return;
	for (guint i = 0; i < table->cells->len; i++) {
		guint *width = &widths[i % table->n_columns];

		*width = MAX(*width, width_of(table->cells->pdata[i]));
	}
	for (guint i = 0; i < table->cells->len; i++) {
		const char *cell = table->cells->pdata[i];
		guint column = i % table->n_columns;
		gboolean last = column == table->n_columns - 1;
		const char *heading = output.colour && i < table->n_columns ? "1" : NULL;

		print_cell(cell, last ? 0 : widths[column] - width_of(cell) + 2,
			   heading ? heading : colour_of(cell));
		if (last)
			fputc('\n', stdout);
	}
	fflush(stdout);
}

void cusax_table_free(CusaxTable *table)
{
	g_ptr_array_unref(table->cells);
	g_free(table);
}

JsonBuilder *cusax_json_begin(void)
{
	JsonBuilder *builder = json_builder_new();

	json_builder_begin_object(builder);
	cusax_json_integer(builder, "schema", SCHEMA);
	return builder;
}

void cusax_json_end(JsonBuilder *builder)
{
	g_autoptr(JsonNode) root = NULL;

	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	write_json(root);
	g_object_unref(builder);
}

void cusax_json_value(JsonBuilder *builder, const char *name, GVariant *value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_value(builder, json_gvariant_serialize(value));
}

void cusax_json_string(JsonBuilder *builder, const char *name, const char *value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_string_value(builder, value);
}

void cusax_json_boolean(JsonBuilder *builder, const char *name, gboolean value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_boolean_value(builder, value);
}

void cusax_json_integer(JsonBuilder *builder, const char *name, gint64 value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_int_value(builder, value);
}

void cusax_json_members(JsonBuilder *builder, GVariant *map)
{
	GVariantIter iter;
	const char *key;
	GVariant *value;

	g_variant_iter_init(&iter, map);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value))
		cusax_json_value(builder, key, value);
}

void cusax_json_object(JsonBuilder *builder, const char *name, const CusaxObject *object)
{
	if (name)
		json_builder_set_member_name(builder, name);
	json_builder_begin_object(builder);
	cusax_json_string(builder, "path", object->path);
	cusax_json_string(builder, "id", cusax_short_id(object->path));
	cusax_json_members(builder, object->properties);
	json_builder_end_object(builder);
}

void cusax_json_objects(JsonBuilder *builder, const char *name, GPtrArray *objects)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_array(builder);
	for (guint i = 0; i < objects->len; i++)
		cusax_json_object(builder, NULL, objects->pdata[i]);
	json_builder_end_array(builder);
}

void cusax_output_done(CusaxClient *client, const char *path, const char *kind, const char *format,
		       ...)
{
	g_autoptr(GVariant) properties = NULL;
	JsonBuilder *builder;

	if (!output.json) {
		if (format) {
			va_list arguments;
			g_autofree char *text = NULL;

			va_start(arguments, format);
			text = g_strdup_vprintf(format, arguments);
			va_end(arguments);
			cusax_output_note("%s", text);
		}
		return;
	}
	builder = cusax_json_begin();
	cusax_json_string(builder, "path", path);
	cusax_json_string(builder, "id", cusax_short_id(path));
	/* Some acts make the object go away: then its path is all there is to say. */
	properties = cusax_client_properties(client, path, kind, NULL);
	if (properties)
		cusax_json_members(builder, properties);
	cusax_json_end(builder);
}

char *cusax_output_time(gint64 microseconds)
{
	g_autoptr(GDateTime) time = NULL;
	g_autoptr(GDateTime) local = NULL;

	if (microseconds > 0)
		time = g_date_time_new_from_unix_utc(microseconds / G_USEC_PER_SEC);
	local = time ? g_date_time_to_local(time) : NULL;
	return local ? g_date_time_format(local, "%Y-%m-%d %H:%M") : g_strdup("-");
}

char *cusax_output_span(gint64 microseconds)
{
	gint64 seconds = MAX(microseconds, 0) / G_USEC_PER_SEC;

	if (seconds >= 3600)
		return g_strdup_printf("%d:%02d:%02d", (int)(seconds / 3600),
				       (int)(seconds / 60 % 60), (int)(seconds % 60));
	return g_strdup_printf("%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

char *cusax_output_setting(GVariant *value)
{
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) ||
	    g_variant_is_of_type(value, G_VARIANT_TYPE_OBJECT_PATH))
		return g_variant_dup_string(value, NULL);
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
		return g_strdup(g_variant_get_boolean(value) ? "yes" : "no");
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
		g_autofree const char **words = g_variant_get_strv(value, NULL);

		return g_strjoinv(",", (char **)words);
	}
	if (g_variant_is_of_type(value, G_VARIANT_TYPE("(qq)"))) {
		guint16 low, high;

		g_variant_get(value, "(qq)", &low, &high);
		return g_strdup_printf("%u-%u", low, high);
	}
	return g_variant_print(value, FALSE);
}

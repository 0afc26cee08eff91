/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl calls: the calls there are, and the log of those there were. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"

static char *before, *contact;
static int limit;
static gboolean missed;

const GOptionEntry cusax_calls_options[] = {
	{ "limit", 0, 0, G_OPTION_ARG_INT, &limit, "How many, 1 to 1000", "N" },
	{ "before", 0, 0, G_OPTION_ARG_STRING, &before, "Only calls older than this one", "ID" },
	{ "contact", 0, 0, G_OPTION_ARG_STRING, &contact, "Only calls with this contact", "ID" },
	{ "missed", 0, 0, G_OPTION_ARG_NONE, &missed, "Only missed calls", NULL },
	{ 0 }
};

/* The contact where the other side is verified, else the address. */
static const char *who(CusaxClient *client, const char *path, const char *uri)
{
	const CusaxObject *known = cusax_client_find(client, path);
	const char *name = known ? cusax_map_string(known->properties, "Name") : "";

	if (*name)
		return name;
	return known ? cusax_map_string(known->properties, "Address") : uri;
}

static gboolean filter_by_contact(CusaxClient *client, GVariantDict *filter, GError **error)
{
	const CusaxObject *chosen;

	if (!contact)
		return TRUE;
	chosen = cusax_resolve(client, "Contact", contact, error);
	if (chosen)
		g_variant_dict_insert(filter, "contact", "o", chosen->path);
	return chosen != NULL;
}

static void print_log(CusaxClient *client, GVariant *calls)
{
	g_autoptr(CusaxTable) table = NULL;

	/* For the names of contacts; without them the addresses do. */
	cusax_client_objects(client, NULL);
	table = cusax_table_new("ID", "WHEN", "WAY", "WHO", "HOW LONG", "END", NULL);
	for (gsize i = 0; i < g_variant_n_children(calls); i++) {
		g_autoptr(GVariant) call = g_variant_get_child_value(calls, i);
		gint64 answered = cusax_map_time(call, "answer-time");
		g_autofree char *when = cusax_output_time(cusax_map_time(call, "start-time"));
		g_autofree char *span = NULL;

		span = answered ? cusax_output_span(cusax_map_time(call, "end-time") - answered)
				: g_strdup("-");
		cusax_table_add(table, cusax_map_string(call, "id"), when,
				cusax_map_boolean(call, "missed")
					? "missed"
					: cusax_map_string(call, "direction"),
				who(client, cusax_map_string(call, "contact"),
				    cusax_map_string(call, "uri")),
				span, cusax_map_string(call, "end-reason"));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("No calls.");
}

gboolean cusax_command_calls(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GPtrArray) calls = cusax_client_objects_of(client, "Call", error);
	g_autoptr(CusaxTable) table = NULL;

	if (!calls)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_objects(builder, "calls", calls);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("ID", "WAY", "WHO", "IDENTITY", "STATE", "ENCRYPTION", "END", NULL);
	for (guint i = 0; i < calls->len; i++) {
		const CusaxObject *call = calls->pdata[i];
		GVariant *facts = call->properties;
		const char *end = cusax_map_string(facts, "EndReason");

		cusax_table_add(
			table, cusax_short_id(call->path), cusax_map_string(facts, "Direction"),
			who(client, cusax_map_string(facts, "Contact"),
			    cusax_map_string(facts, "RemoteUri")),
			cusax_map_string(facts, "Identity"),
			cusax_map_boolean(facts, "Held") ? "held"
							 : cusax_map_string(facts, "State"),
			cusax_map_string(facts, "Encryption"), strcmp(end, "none") == 0 ? "" : end);
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("No calls now; 'cusaxctl calls log' has the past ones.");
	return TRUE;
}

gboolean cusax_command_calls_show(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *call;
	g_autoptr(CusaxTable) table = NULL;
	GVariantIter iter;
	const char *key;
	GVariant *value;

	call = cusax_resolve(client, "Call", arguments[0] ? arguments[0] : "@active", error);
	if (!call)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_object(builder, "call", call);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("PROPERTY", "VALUE", NULL);
	g_variant_iter_init(&iter, call->properties);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
		g_autofree char *text = g_str_has_suffix(key, "Time")
						? cusax_output_time(g_variant_get_int64(value))
						: cusax_output_setting(value);

		cusax_table_add(table, key, text);
	}
	cusax_table_print(table);
	return TRUE;
}

gboolean cusax_command_calls_log(CusaxClient *client, char **arguments G_GNUC_UNUSED,
				 GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GVariant) calls = NULL;
	GVariantDict filter;

	g_variant_dict_init(&filter, NULL);
	if (!filter_by_contact(client, &filter, error)) {
		g_variant_dict_clear(&filter);
		return FALSE;
	}
	if (limit)
		g_variant_dict_insert(&filter, "limit", "u", (guint32)limit);
	if (before)
		g_variant_dict_insert(&filter, "before", "s", before);
	if (missed)
		g_variant_dict_insert(&filter, "missed", "b", TRUE);
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "GetCallLog",
				   g_variant_new("(@a{sv})", g_variant_dict_end(&filter)), error);
	if (!answer)
		return FALSE;
	calls = g_variant_get_child_value(answer, 0);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "calls", calls);
		cusax_json_end(builder);
		return TRUE;
	}
	print_log(client, calls);
	return TRUE;
}

gboolean cusax_command_calls_seen(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	GVariantDict options;

	g_variant_dict_init(&options, NULL);
	if (!filter_by_contact(client, &options, error)) {
		g_variant_dict_clear(&options);
		return FALSE;
	}
	if (arguments[0])
		g_variant_dict_insert(&options, "until", "s", arguments[0]);
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "MarkCallsSeen",
				   g_variant_new("(@a{sv})", g_variant_dict_end(&options)), error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, CUSAX_ROOT_PATH, "Manager", "Missed calls are marked as seen.");
	return TRUE;
}

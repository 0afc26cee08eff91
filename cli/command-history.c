/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl history and search: messages and calls that were, shown, exported, deleted. */
/* Single-threaded, as all of cusaxctl. */
#include <stdio.h>
#include <string.h>

#include "cli/chat.h"
#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"

#define PAGE 500 /* entries of one question while exporting */

static char *account, *before, *after, *query, *message;
static int limit;
static gboolean mark_read, export_all, everything;

const GOptionEntry cusax_history_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "The chat account to use", "ID" },
	{ "limit", 0, 0, G_OPTION_ARG_INT, &limit, "How many, 1 to 1000", "N" },
	{ "before", 0, 0, G_OPTION_ARG_STRING, &before, "Only what is older than this one", "ID" },
	{ "after", 0, 0, G_OPTION_ARG_STRING, &after, "Only what is newer than this one", "ID" },
	{ "query", 0, 0, G_OPTION_ARG_STRING, &query, "Only messages with these words", "WORDS" },
	{ "read", 0, 0, G_OPTION_ARG_NONE, &mark_read, "Mark the messages as read", NULL },
	{ "export", 0, 0, G_OPTION_ARG_NONE, &export_all, "Write all of it as JSON", NULL },
	{ 0 }
};

const GOptionEntry cusax_search_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "Only of this chat account", "ID" },
	{ "limit", 0, 0, G_OPTION_ARG_INT, &limit, "How many, 1 to 1000", "N" },
	{ "before", 0, 0, G_OPTION_ARG_STRING, &before, "Only what is older than this one", "ID" },
	{ 0 }
};

const GOptionEntry cusax_history_delete_options[] = {
	{ "message", 0, 0, G_OPTION_ARG_STRING, &message, "Only this message", "ID" },
	{ "all", 0, 0, G_OPTION_ARG_NONE, &everything, "All chats and all calls", NULL },
	{ 0 }
};

/* --- showing --------------------------------------------------------------------------------- */

static char *describe_call(GVariant *call)
{
	gint64 answered = cusax_map_time(call, "answer-time");
	g_autofree char *span = NULL;

	if (cusax_map_boolean(call, "missed"))
		return g_strdup("missed call");
	if (!answered)
		return g_strdup_printf("%s call, %s", cusax_map_string(call, "direction"),
				       cusax_map_string(call, "end-reason"));
	span = cusax_output_span(cusax_map_time(call, "end-time") - answered);
	return g_strdup_printf("%s call, %s", cusax_map_string(call, "direction"), span);
}

/* The text with what was done to it. */
static char *describe_message(GVariant *entry)
{
	g_autoptr(GVariant) reactions =
		g_variant_lookup_value(entry, "reactions", G_VARIANT_TYPE("a{sas}"));
	GString *text = g_string_new(cusax_map_boolean(entry, "retracted")
					     ? "(taken back)"
					     : cusax_map_string(entry, "text"));
	GVariantIter iter;
	const char **list;

	if (!reactions)
		return g_string_free(text, FALSE);
	g_variant_iter_init(&iter, reactions);
	while (g_variant_iter_next(&iter, "{&s^a&s}", NULL, &list)) {
		g_autofree char *joined = g_strjoinv(" ", (GStrv)list);

		g_string_append_printf(text, " [%s]", joined);
		g_free(list);
	}
	return g_string_free(text, FALSE);
}

static void add_row(CusaxTable *table, GVariant *entry, gboolean with_chat)
{
	gboolean is_call = strcmp(cusax_map_string(entry, "type"), "call") == 0;
	const char *way = cusax_map_string(entry, "direction");
	gboolean own = strcmp(way, "out") == 0 || strcmp(way, "outgoing") == 0;
	g_autofree char *when = cusax_output_time(cusax_map_time(entry, "time"));
	g_autofree char *text = is_call ? describe_call(entry) : describe_message(entry);
	const char *from = own ? "me" : cusax_map_string(entry, is_call ? "uri" : "from");
	const char *delivery = own && !is_call ? cusax_map_string(entry, "delivery") : "";

	if (with_chat)
		cusax_table_add(table, cusax_map_string(entry, "id"), when,
				cusax_map_string(entry, "address"), from, text);
	else
		cusax_table_add(table, cusax_map_string(entry, "id"), when, from, delivery, text);
}

static void print_entries(CusaxClient *client, const char *chat, const char *name,
			  GVariant *entries)
{
	g_autoptr(CusaxTable) table = NULL;

	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		if (chat)
			cusax_json_string(builder, "chat", chat);
		cusax_json_value(builder, name, entries);
		cusax_json_end(builder);
		return;
	}
	table = chat ? cusax_table_new("ID", "WHEN", "FROM", "DELIVERY", "TEXT", NULL)
		     : cusax_table_new("ID", "WHEN", "WITH", "FROM", "TEXT", NULL);
	for (gsize i = 0; i < g_variant_n_children(entries); i++) {
		g_autoptr(GVariant) entry = g_variant_get_child_value(entries, i);

		add_row(table, entry, !chat);
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("Nothing.");
}

static void add_page(GVariantDict *filter)
{
	if (limit)
		g_variant_dict_insert(filter, "limit", "u", (guint32)limit);
	if (before)
		g_variant_dict_insert(filter, "before", "s", before);
	if (after)
		g_variant_dict_insert(filter, "after", "s", after);
}

static const char *option_of(const char *chat)
{
	return strcmp(cusax_chat_kind(chat), "Room") == 0 ? "room" : "chat";
}

static GVariant *get_history(CusaxClient *client, const char *chat, GVariantDict *filter,
			     GError **error)
{
	g_autoptr(GVariant) answer = NULL;

	if (chat)
		g_variant_dict_insert(filter, option_of(chat), "o", chat);
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "GetHistory",
				   g_variant_new("(@a{sv})", g_variant_dict_end(filter)), error);
	return answer ? g_variant_get_child_value(answer, 0) : NULL;
}

/* The newest message among the entries. */
static gboolean mark_newest(CusaxClient *client, const char *chat, GVariant *entries,
			    GError **error)
{
	for (gsize i = g_variant_n_children(entries); i > 0; i--) {
		g_autoptr(GVariant) entry = g_variant_get_child_value(entries, i - 1);

		if (strcmp(cusax_map_string(entry, "type"), "call") != 0)
			return cusax_chat_mark(client, chat, cusax_map_string(entry, "id"), error);
	}
	return TRUE;
}

/* One object, entry by entry, so that it may be as long as it likes. */
static gboolean export_history(CusaxClient *client, const char *chat, GError **error)
{
	g_autofree char *last = g_strdup(after);
	gboolean first = TRUE;

	fputs("{\"schema\":1,\"entries\":[", stdout);
	for (;;) {
		g_autoptr(GVariant) page = NULL;
		GVariantDict filter;
		gsize n;

		g_variant_dict_init(&filter, NULL);
		g_variant_dict_insert(&filter, "limit", "u", (guint32)PAGE);
		if (last)
			g_variant_dict_insert(&filter, "after", "s", last);
		else
			g_variant_dict_insert(&filter, "since", "x", (gint64)1);
		page = get_history(client, chat, &filter, error);
		if (!page)
			return FALSE;
		n = g_variant_n_children(page);
		for (gsize i = 0; i < n; i++) {
			g_autoptr(GVariant) entry = g_variant_get_child_value(page, i);
			g_autofree char *text = json_gvariant_serialize_data(entry, NULL);

			fputs(first ? "\n" : ",\n", stdout);
			fputs(text, stdout);
			first = FALSE;
			g_free(last);
			last = g_strdup(cusax_map_string(entry, "id"));
		}
		if (n == 0 || ferror(stdout))
			break;
	}
	fputs("\n]}\n", stdout);
	if (fflush(stdout) == 0)
		return TRUE;
	g_set_error_literal(error, CUSAX_CLI_ERROR, CUSAX_EXIT_FAILED,
			    "the export could not be written");
	return FALSE;
}

gboolean cusax_command_history(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *chat = NULL;
	g_autoptr(GVariant) entries = NULL;
	GVariantDict filter;

	if (arguments[0]) {
		chat = cusax_chat_path(client, arguments[0], account, error);
		if (!chat)
			return FALSE;
	}
	if (export_all)
		return export_history(client, chat, error);
	if ((query || mark_read) && !chat) {
		g_set_error_literal(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "say whose history; 'cusaxctl search' looks in all chats");
		return FALSE;
	}
	g_variant_dict_init(&filter, NULL);
	add_page(&filter);
	if (query)
		g_variant_dict_insert(&filter, "query", "s", query);
	/* In a room nobody calls. */
	if (query || (chat && strcmp(cusax_chat_kind(chat), "Room") == 0)) {
		entries = cusax_chat_messages(client, chat, g_variant_dict_end(&filter), error);
	} else {
		entries = get_history(client, chat, &filter, error);
	}
	if (!entries || (mark_read && !mark_newest(client, chat, entries, error)))
		return FALSE;
	print_entries(client, chat, "entries", entries);
	return TRUE;
}

gboolean cusax_command_search(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *words = g_strjoinv(" ", arguments);
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GVariant) messages = NULL;
	GVariantDict filter;

	g_variant_dict_init(&filter, NULL);
	add_page(&filter);
	if (account) {
		const CusaxObject *own = cusax_resolve_account(client, NULL, account, error);

		if (!own) {
			g_variant_dict_clear(&filter);
			return FALSE;
		}
		g_variant_dict_insert(&filter, "account", "o", own->path);
	}
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "SearchMessages",
				   g_variant_new("(s@a{sv})", words, g_variant_dict_end(&filter)),
				   error);
	if (!answer)
		return FALSE;
	messages = g_variant_get_child_value(answer, 0);
	print_entries(client, NULL, "messages", messages);
	return TRUE;
}

/* --- deleting -------------------------------------------------------------------------------- */

gboolean cusax_command_history_delete(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *chat = NULL;
	g_autoptr(GVariant) answer = NULL;
	const CusaxObject *contact = NULL;
	GVariantDict options;

	if (everything == (arguments[0] != NULL)) {
		g_set_error_literal(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "say either whose history to delete, or --all");
		return FALSE;
	}
	if (arguments[0]) {
		chat = cusax_chat_path(client, arguments[0], NULL, error);
		if (!chat)
			return FALSE;
	}
	/* A contact's history has the calls, too. */
	if (chat && !message) {
		g_autoptr(GVariant) facts =
			cusax_client_properties(client, chat, cusax_chat_kind(chat), NULL);

		cusax_client_objects(client, NULL);
		contact = facts ? cusax_client_find(client, cusax_map_string(facts, "Contact"))
				: NULL;
	}
	g_variant_dict_init(&options, NULL);
	if (contact)
		g_variant_dict_insert(&options, "contact", "o", contact->path);
	else if (chat)
		g_variant_dict_insert(&options, option_of(chat), "o", chat);
	else
		g_variant_dict_insert(&options, "all", "b", TRUE);
	if (message)
		g_variant_dict_insert(&options, "message", "s", message);
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "DeleteHistory",
				   g_variant_new("(@a{sv})", g_variant_dict_end(&options)), error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, chat ? chat : CUSAX_ROOT_PATH,
			  chat ? cusax_chat_kind(chat) : "Manager", "Deleted for good.");
	return TRUE;
}

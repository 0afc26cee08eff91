/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl send-file, fetch-file and transfers: files. */
/* Single-threaded, as all of cusaxctl. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/chat.h"
#include "cli/command.h"
#include "cli/error.h"
#include "cli/file.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/wait.h"

static char *account, *name, *type;

const GOptionEntry cusax_send_file_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "The chat account to use", "ID" },
	{ "name", 0, 0, G_OPTION_ARG_STRING, &name, "The name that the other side sees", "NAME" },
	{ "type", 0, 0, G_OPTION_ARG_STRING, &type, "The media type, such as image/png", "TYPE" },
	{ 0 }
};

const GOptionEntry cusax_fetch_file_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "The chat account to use", "ID" }, { 0 }
};

static guint64 map_size(GVariant *map, const char *key)
{
	guint64 value = 0;

	g_variant_lookup(map, key, "t", &value);
	return value;
}

/* --- one transfer ---------------------------------------------------------------------------- */

static void show_progress(GVariant *facts)
{
	guint64 size = map_size(facts, "Size"), moved = map_size(facts, "Transferred");
	g_autofree char *done = g_format_size(moved), *all = g_format_size(size);

	if (size && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%3u %%  %s of %s   ", (guint)(moved * 100 / size), done, all);
}

static gboolean has_ended(GVariant *facts, gpointer data, GError **error)
{
	const char *state = cusax_map_string(facts, "State");
	gboolean json = *(gboolean *)data;

	if (!json)
		show_progress(facts);
	if (strcmp(state, "pending") == 0 || strcmp(state, "active") == 0)
		return FALSE;
	if (!json && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (strcmp(state, "done") != 0) {
		const char *remote = cusax_map_string(facts, "ErrorName");
		g_autoptr(GError) why = g_dbus_error_new_for_dbus_error(
			*remote ? remote : CUSAX_ERROR_PREFIX "Failed",
			cusax_map_string(facts, "Reason"));

		g_propagate_error(error, g_steal_pointer(&why));
	}
	return TRUE;
}

static gboolean follow(CusaxClient *client, const char *path, GError **error)
{
	g_autoptr(GVariant) facts = NULL;
	gboolean json = client->json;

	cusax_output_about(path);
	if (!cusax_wait(client, path, "FileTransfer", has_ended, &json, error))
		return FALSE;
	facts = cusax_client_properties(client, path, "FileTransfer", error);
	if (!facts)
		return FALSE;
	if (*cusax_map_string(facts, "Message"))
		cusax_output_line("%s", cusax_map_string(facts, "Uri"));
	cusax_output_done(client, path, "FileTransfer", NULL);
	return TRUE;
}

/* The path of the transfer that a method with a descriptor begins; free. */
static char *begin(CusaxClient *client, const char *path, const char *method, GVariant *arguments,
		   int fd, GError **error)
{
	g_autoptr(GVariant) answer = cusax_call_with_file(client, path, cusax_chat_kind(path),
							  method, arguments, fd, error);
	char *transfer = NULL;

	if (answer)
		g_variant_get(answer, "(o)", &transfer);
	return transfer;
}

static GVariant *send_options(const char *file)
{
	g_autofree char *base = g_path_get_basename(file);
	GVariantDict options;

	g_variant_dict_init(&options, NULL);
	g_variant_dict_insert(&options, "name", "s", name ? name : base);
	if (type)
		g_variant_dict_insert(&options, "type", "s", type);
	return g_variant_dict_end(&options);
}

gboolean cusax_command_send_file(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *chat = NULL, *transfer = NULL;
	int fd = cusax_file_open(arguments[1], O_RDONLY, error);

	if (fd < 0)
		return FALSE;
	chat = cusax_chat_path(client, arguments[0], account, error);
	if (chat)
		transfer =
			begin(client, chat, "SendFile",
			      g_variant_new("(h@a{sv})", 0, send_options(arguments[1])), fd, error);
	close(fd);
	return transfer && follow(client, transfer, error);
}

/* The message of a page that has the id; NULL: it is not in it. */
static char *name_of_file(CusaxClient *client, const char *chat, const char *id, GError **error)
{
	g_autoptr(GVariant) answer = NULL, messages = NULL;
	GVariantDict filter;

	g_variant_dict_init(&filter, NULL);
	g_variant_dict_insert(&filter, "limit", "u", 1000);
	answer = cusax_client_call(client, chat, cusax_chat_kind(chat), "GetMessages",
				   g_variant_new("(@a{sv})", g_variant_dict_end(&filter)), error);
	if (!answer)
		return NULL;
	messages = g_variant_get_child_value(answer, 0);
	for (gsize i = 0; i < g_variant_n_children(messages); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(messages, i);
		g_autofree char *safe = NULL;

		if (strcmp(cusax_map_string(message, "id"), id) != 0)
			continue;
		safe = cusax_output_safe(cusax_map_string(message, "file-name"));
		/* A name of others never leads out of the folder, nor to a hidden file. */
		g_strdelimit(safe, "/\\", '_');
		if (*safe == '.')
			*safe = '_';
		return *safe ? g_steal_pointer(&safe) : g_strdup("file");
	}
	g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_OBJECT,
		    "no recent message has the id %s: name the FILE too", id);
	return NULL;
}

gboolean cusax_command_fetch_file(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *chat = cusax_chat_path(client, arguments[0], account, error);
	g_autofree char *file = NULL, *transfer = NULL;
	gboolean done;
	int fd;

	if (!chat)
		return FALSE;
	file = arguments[2] ? g_strdup(arguments[2])
			    : name_of_file(client, chat, arguments[1], error);
	/* What is there already stays as it is. */
	fd = file ? cusax_file_open(file, O_WRONLY | O_CREAT | O_EXCL, error) : -1;
	if (fd < 0)
		return FALSE;
	transfer = begin(client, chat, "FetchFile",
			 g_variant_new("(sh@a{sv})", arguments[1], 0, g_variant_new("a{sv}", NULL)),
			 fd, error);
	close(fd);
	done = transfer && follow(client, transfer, error);
	if (done)
		cusax_output_line("%s", file);
	else
		unlink(file);
	return done;
}

/* --- all of them ----------------------------------------------------------------------------- */

gboolean cusax_command_transfers(CusaxClient *client, char **arguments G_GNUC_UNUSED,
				 GError **error)
{
	g_autoptr(GPtrArray) transfers = cusax_client_objects_of(client, "FileTransfer", error);
	g_autoptr(CusaxTable) table = NULL;

	if (!transfers)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_objects(builder, "transfers", transfers);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("ID", "FILE", "STATE", "BYTES", "OF", NULL);
	for (guint i = 0; i < transfers->len; i++) {
		const CusaxObject *transfer = transfers->pdata[i];
		guint64 moved = map_size(transfer->properties, "Transferred");
		g_autofree char *done = g_strdup_printf("%" G_GUINT64_FORMAT, moved);
		g_autofree char *all = g_strdup_printf("%" G_GUINT64_FORMAT,
						       map_size(transfer->properties, "Size"));

		cusax_table_add(table, cusax_short_id(transfer->path),
				cusax_map_string(transfer->properties, "Name"),
				cusax_map_string(transfer->properties, "State"), done, all);
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note(
			"No file is on its way: 'cusaxctl send-file WHO FILE' sends one.");
	return TRUE;
}

gboolean cusax_command_transfers_cancel(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *transfer = cusax_resolve(client, "FileTransfer", arguments[0], error);
	g_autoptr(GVariant) answer = NULL;

	if (!transfer)
		return FALSE;
	answer = cusax_client_call(client, transfer->path, "FileTransfer", "Cancel", NULL, error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, transfer->path, "FileTransfer", "Cancelled.");
	return TRUE;
}

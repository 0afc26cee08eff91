/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the completions of the shells ask: names of commands, and live ids. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/settings.h"

/* A completion must not keep a shell waiting, nor start anything. */
#define PATIENCE_SECONDS 1

static void print_names(const char *noun)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (const CusaxCommand *command = cusax_commands; command->name; command++) {
		g_auto(GStrv) words = g_strsplit(command->name, " ", 2);
		const char *word = noun ? words[1] : words[0];

		if (!command->summary || !word || (noun && strcmp(words[0], noun) != 0))
			continue;
		if (g_hash_table_add(seen, g_strdup(word)))
			cusax_output_line("%s", word);
	}
}

static void print_objects(CusaxClient *client, const char *kind)
{
	g_autoptr(GPtrArray) objects = NULL;

	client->start = FALSE;
	client->deadline = g_get_monotonic_time() + PATIENCE_SECONDS * G_USEC_PER_SEC;
	if (!cusax_client_connect(client, NULL))
		return;
	objects = cusax_client_objects_of(client, kind, NULL);
	for (guint i = 0; objects && i < objects->len; i++) {
		const CusaxObject *object = objects->pdata[i];

		if (strcmp(kind, "Contact") == 0 || strcmp(kind, "Room") == 0)
			cusax_output_line("%s", cusax_map_string(object->properties, "Address"));
		else
			cusax_output_line("%s", cusax_short_id(object->path));
	}
}

gboolean cusax_command_complete(CusaxClient *client, char **arguments, GError **error G_GNUC_UNUSED)
{
	static const struct {
		const char *what, *kind;
	} kinds[] = { { "accounts", "Account" },
		      { "services", "Service" },
		      { "chats", "Chat" },
		      { "rooms", "Room" },
		      { "contacts", "Contact" },
		      { "calls", "Call" },
		      { "transfers", "FileTransfer" } };

	if (strcmp(arguments[0], "commands") == 0)
		print_names(NULL);
	else if (strcmp(arguments[0], "verbs") == 0 && arguments[1])
		print_names(arguments[1]);
	else if (strcmp(arguments[0], "settings") == 0)
		for (const char *const *name = cusax_settings_names(); *name; name++)
			cusax_output_line("%s=", *name);
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(arguments[0], kinds[i].what) == 0)
			print_objects(client, kinds[i].kind);
	}
	return TRUE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl chat react, retract, correct and privacy: what is done to messages. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/chat.h"
#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"

/* "last" is the last message of that direction; anything else is an id already. Free. */
static char *message_id(CusaxClient *client, const char *chat, const char *word,
			const char *direction, GError **error)
{
	g_autoptr(GVariant) messages = NULL;

	if (strcmp(word, "last") != 0)
		return g_strdup(word);
	messages = cusax_chat_messages(client, chat, NULL, error);
	for (gsize i = messages ? g_variant_n_children(messages) : 0; i > 0; i--) {
		g_autoptr(GVariant) message = g_variant_get_child_value(messages, i - 1);

		if (strcmp(cusax_map_string(message, "direction"), direction) == 0 &&
		    !*cusax_map_string(message, "replaces") &&
		    !cusax_map_boolean(message, "retracted"))
			return g_strdup(cusax_map_string(message, "id"));
	}
	if (messages)
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_OBJECT,
			    "there is no message of that kind among the last ones");
	return NULL;
}

/* Takes arguments. */
static gboolean act(CusaxClient *client, const char *chat, const char *method, GVariant *arguments,
		    GError **error)
{
	g_autoptr(GVariant) answer =
		cusax_client_call(client, chat, cusax_chat_kind(chat), method, arguments, error);

	if (!answer)
		return FALSE;
	cusax_output_done(client, chat, cusax_chat_kind(chat), NULL);
	return TRUE;
}

gboolean cusax_command_chat_react(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *chat = cusax_chat_path(client, arguments[0], NULL, error);
	g_autofree char *id = chat ? message_id(client, chat, arguments[1], "in", error) : NULL;

	return id && act(client, chat, "React",
			 g_variant_new("(s^as)", id, (const char *const *)arguments + 2), error);
}

gboolean cusax_command_chat_retract(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *chat = cusax_chat_path(client, arguments[0], NULL, error);
	g_autofree char *id = chat ? message_id(client, chat, arguments[1], "out", error) : NULL;

	return id && act(client, chat, "Retract", g_variant_new("(sa{sv})", id, NULL), error);
}

gboolean cusax_command_chat_correct(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *chat = cusax_chat_path(client, arguments[0], NULL, error);
	g_autofree char *id = chat ? message_id(client, chat, "last", "out", error) : NULL;

	return id && act(client, chat, "Correct", g_variant_new("(ss)", id, arguments[1]), error);
}

/* KEY=on, KEY=off, KEY=default. */
static gboolean change(GVariantDict *switches, const char *word, GError **error)
{
	g_auto(GStrv) pair = g_strsplit(word, "=", 2);

	if (pair[0] && pair[1] && strcmp(pair[1], "default") == 0) {
		g_variant_dict_remove(switches, pair[0]);
		return TRUE;
	}
	if (pair[0] && pair[1] && (strcmp(pair[1], "on") == 0 || strcmp(pair[1], "off") == 0)) {
		g_variant_dict_insert(switches, pair[0], "b", strcmp(pair[1], "on") == 0);
		return TRUE;
	}
	g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
		    "'%s': must be receipts, chat-states or markers, then =on, =off or =default",
		    word);
	return FALSE;
}

static GVariant *as_switches(GVariant *map)
{
	GVariantBuilder builder;
	GVariantIter iter;
	const char *key;
	GVariant *value;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sb}"));
	g_variant_iter_init(&iter, map);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value))
		g_variant_builder_add(&builder, "{sb}", key, g_variant_get_boolean(value));
	return g_variant_builder_end(&builder);
}

gboolean cusax_command_chat_privacy(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *chat = cusax_chat_path(client, arguments[0], NULL, error);
	g_autoptr(GVariant) facts = NULL, now = NULL, wanted = NULL;
	GVariantDict switches;
	GVariantIter iter;
	const char *key;
	gboolean on;

	facts = chat ? cusax_client_properties(client, chat, cusax_chat_kind(chat), error) : NULL;
	if (!facts)
		return FALSE;
	now = g_variant_lookup_value(facts, "Privacy", G_VARIANT_TYPE("a{sb}"));
	g_variant_dict_init(&switches, NULL);
	if (now) {
		g_variant_iter_init(&iter, now);
		while (g_variant_iter_next(&iter, "{&sb}", &key, &on)) {
			g_variant_dict_insert(&switches, key, "b", on);
			if (!arguments[1])
				cusax_output_line("%s %s", key, on ? "on" : "off");
		}
	}
	for (char **word = arguments + 1; *word; word++) {
		if (!change(&switches, *word, error)) {
			g_variant_dict_clear(&switches);
			return FALSE;
		}
	}
	wanted = g_variant_ref_sink(g_variant_dict_end(&switches));
	if (arguments[1] &&
	    !cusax_client_set(client, chat, "Chat", "Privacy", as_switches(wanted), error))
		return FALSE;
	cusax_output_done(client, chat, cusax_chat_kind(chat), NULL);
	return TRUE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl send and chat: messages on their way, chats. */
/* Single-threaded, as all of cusaxctl. */
#include <stdio.h>
#include <string.h>

#include "cli/chat.h"
#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"

#define LONGEST_TEXT 65536

static char *account, *origin_id, *reply_to;

const GOptionEntry cusax_chat_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "The chat account to use", "ID" },
	{ "origin-id", 0, 0, G_OPTION_ARG_STRING, &origin_id,
	  "Send under this id; repeated, it is not sent again", "ID" },
	{ "reply-to", 0, 0, G_OPTION_ARG_STRING, &reply_to, "Answer this message", "ID" },
	{ 0 }
};

/* The delivery of one message, as the signals of its chat tell it. */
typedef struct {
	GMainLoop *loop;
	char *id;
	char *delivery;
	gboolean gone, timed_out;
} Following;

static void on_message(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
		       const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
		       const char *signal G_GNUC_UNUSED, GVariant *parameters, gpointer data)
{
	Following *following = data;
	g_autoptr(GVariant) brief = NULL;
	const char *id;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv})")))
		return;
	g_variant_get(parameters, "(&s@a{sv})", &id, &brief);
	if (g_strcmp0(id, following->id) != 0)
		return;
	g_free(following->delivery);
	following->delivery = g_strdup(cusax_map_string(brief, "delivery"));
	g_main_loop_quit(following->loop);
}

static void on_vanished(GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
			gpointer data)
{
	Following *following = data;

	following->gone = TRUE;
	g_main_loop_quit(following->loop);
}

static gboolean on_deadline(gpointer data)
{
	Following *following = data;

	following->timed_out = TRUE;
	g_main_loop_quit(following->loop);
	return G_SOURCE_CONTINUE;
}

static gboolean is_with_server(const char *delivery)
{
	static const char *const there[] = { "server", "delivered", "displayed", NULL };

	return delivery && g_strv_contains(there, delivery);
}

static gboolean follow(CusaxClient *client, Following *following, GError **error)
{
	int left = cusax_client_time_left(client);
	GSource *deadline = NULL;
	guint watch;

	watch = g_bus_watch_name_on_connection(client->bus, CUSAX_BUS_NAME,
					       G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_vanished,
					       following, NULL);
	if (left >= 0) {
		deadline = g_timeout_source_new(left);
		g_source_set_callback(deadline, on_deadline, following, NULL);
		g_source_attach(deadline, NULL);
	}
	while (!is_with_server(following->delivery) && !following->gone && !following->timed_out &&
	       g_strcmp0(following->delivery, "failed") != 0)
		g_main_loop_run(following->loop);
	if (deadline) {
		g_source_destroy(deadline);
		g_source_unref(deadline);
	}
	g_bus_unwatch_name(watch);
	if (is_with_server(following->delivery))
		return TRUE;
	if (following->timed_out)
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_TIMEOUT,
			    "the message %s is kept, but not with the server yet", following->id);
	else if (following->gone)
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_DAEMON,
			    "cusaxd went away meanwhile");
	else
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_FAILED,
			    "the message %s could not be delivered", following->id);
	return FALSE;
}

const char *cusax_chat_kind(const char *path)
{
	return g_str_has_prefix(path, CUSAX_ROOT_PATH "/room/") ? "Room" : "Chat";
}

char *cusax_chat_path(CusaxClient *client, const char *who, const char *own_account, GError **error)
{
	const CusaxObject *room = *who == '@' ? NULL : cusax_resolve(client, "Room", who, NULL);

	g_autoptr(GVariant) answer = NULL;
	GVariantDict options;
	const char *path;

	if (room)
		return g_strdup(room->path);
	if (*who == '@' || g_str_has_prefix(who, "call/") ||
	    g_str_has_prefix(who, CUSAX_ROOT_PATH "/call/")) {
		const CusaxObject *call = cusax_resolve(client, "Call", who, error);

		if (!call)
			return NULL;
		answer = cusax_client_call(client, call->path, "Call", "OpenChat", NULL, error);
	} else if (g_str_has_prefix(who, CUSAX_ROOT_PATH "/chat/") ||
		   g_str_has_prefix(who, "chat/")) {
		const CusaxObject *chat = cusax_resolve(client, "Chat", who, error);

		return chat ? g_strdup(chat->path) : NULL;
	} else {
		const char *target = who;

		g_variant_dict_init(&options, NULL);
		if (own_account) {
			const CusaxObject *own =
				cusax_resolve_account(client, NULL, own_account, error);

			if (!own) {
				g_variant_dict_clear(&options);
				return NULL;
			}
			g_variant_dict_insert(&options, "account", "o", own->path);
		}
		if (g_str_has_prefix(who, "contact/")) {
			const CusaxObject *contact = cusax_resolve(client, "Contact", who, error);

			if (!contact) {
				g_variant_dict_clear(&options);
				return NULL;
			}
			target = contact->path;
		}
		answer = cusax_client_call(
			client, CUSAX_ROOT_PATH, "Manager", "OpenChat",
			g_variant_new("(s@a{sv})", target, g_variant_dict_end(&options)), error);
	}
	if (!answer)
		return NULL;
	g_variant_get(answer, "(&o)", &path);
	return g_strdup(path);
}

/* "-" is standard input, read to its end. */
static char *read_text(const char *word, GError **error)
{
	char *text;
	gsize length;

	if (strcmp(word, "-") != 0) {
		text = g_strdup(word);
	} else {
		text = g_malloc0(LONGEST_TEXT + 2);
		length = fread(text, 1, LONGEST_TEXT + 1, stdin);
		text[length] = '\0';
		g_strchomp(text);
	}
	if (*text && strlen(text) <= LONGEST_TEXT && g_utf8_validate(text, -1, NULL))
		return text;
	g_free(text);
	g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
		    "the text is empty, over 64 KiB, or no valid UTF-8");
	return NULL;
}

gboolean cusax_command_send(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *text = NULL;
	g_autofree char *path = NULL;
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	Following following = { .loop = loop };
	GVariantDict options;
	gboolean done = TRUE;
	g_autofree char *interface = NULL;
	guint heard;

	text = read_text(arguments[1], error);
	path = text ? cusax_chat_path(client, arguments[0], account, error) : NULL;
	if (!path)
		return FALSE;
	interface = g_strconcat(CUSAX_INTERFACE_PREFIX, cusax_chat_kind(path), NULL);
	/* Listening comes first: the signals may be quicker than the answer. */
	heard = g_dbus_connection_signal_subscribe(client->bus, CUSAX_BUS_NAME, interface, NULL,
						   path, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_message,
						   &following, NULL);
	g_variant_dict_init(&options, NULL);
	if (origin_id)
		g_variant_dict_insert(&options, "origin-id", "s", origin_id);
	if (reply_to)
		g_variant_dict_insert(&options, "reply-to", "s", reply_to);
	answer = cusax_client_call(client, path, cusax_chat_kind(path), "Send",
				   g_variant_new("(s@a{sv})", text, g_variant_dict_end(&options)),
				   error);
	if (answer) {
		g_variant_get(answer, "(s)", &following.id);
		cusax_output_line("%s", following.id);
		done = !client->wait || follow(client, &following, error);
		if (done && client->json) {
			JsonBuilder *builder = cusax_json_begin();

			cusax_json_string(builder, "id", following.id);
			cusax_json_string(builder, "chat", path);
			if (following.delivery)
				cusax_json_string(builder, "delivery", following.delivery);
			cusax_json_end(builder);
		}
	}
	g_dbus_connection_signal_unsubscribe(client->bus, heard);
	g_free(following.id);
	g_free(following.delivery);
	return answer && done;
}

gboolean cusax_command_chat(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *path = cusax_chat_path(client, arguments[0], account, error);

	if (!path)
		return FALSE;
	cusax_output_line("%s", cusax_short_id(path));
	cusax_output_done(client, path, cusax_chat_kind(path), NULL);
	return TRUE;
}

gboolean cusax_command_chat_list(CusaxClient *client, char **arguments G_GNUC_UNUSED,
				 GError **error)
{
	g_autoptr(GPtrArray) chats = cusax_client_objects_of(client, "Chat", error);
	g_autoptr(CusaxTable) table = NULL;

	if (!chats)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_objects(builder, "chats", chats);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("ID", "WITH", "UNREAD", "OTHER SIDE", NULL);
	for (guint i = 0; i < chats->len; i++) {
		const CusaxObject *chat = chats->pdata[i];
		g_autofree char *unread = NULL;

		unread = g_strdup_printf("%u", cusax_map_uint(chat->properties, "Unread"));
		cusax_table_add(table, cusax_short_id(chat->path),
				cusax_map_string(chat->properties, "Address"), unread,
				cusax_map_string(chat->properties, "PeerState"));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("No chat is open: 'cusaxctl send WHO TEXT' opens one.");
	return TRUE;
}

GVariant *cusax_chat_messages(CusaxClient *client, const char *path, GVariant *filter,
			      GError **error)
{
	g_autoptr(GVariant) answer = cusax_client_call(
		client, path, cusax_chat_kind(path), "GetMessages",
		filter ? g_variant_new("(@a{sv})", filter) : g_variant_new("(a{sv})", NULL), error);

	return answer ? g_variant_get_child_value(answer, 0) : NULL;
}

gboolean cusax_chat_mark(CusaxClient *client, const char *path, const char *id, GError **error)
{
	g_autoptr(GVariant) answer = NULL;

	if (!*id)
		return TRUE;
	answer = cusax_client_call(client, path, cusax_chat_kind(path), "MarkRead",
				   g_variant_new("(s)", id), error);
	return answer != NULL;
}

gboolean cusax_command_chat_read(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *path = cusax_chat_path(client, arguments[0], account, error);
	g_autoptr(GVariant) facts = NULL;

	if (!path)
		return FALSE;
	facts = cusax_client_properties(client, path, cusax_chat_kind(path), error);
	if (!facts || !cusax_chat_mark(client, path, cusax_map_string(facts, "LastMessage"), error))
		return FALSE;
	cusax_output_done(client, path, cusax_chat_kind(path), "All read.");
	return TRUE;
}

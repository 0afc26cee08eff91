/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl rooms, join and leave: multi-user chat. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/secret.h"

static char *account, *nick, *reason;
static gboolean with_password, no_bookmark;

const GOptionEntry cusax_join_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "The chat account to use", "ID" },
	{ "nick", 0, 0, G_OPTION_ARG_STRING, &nick, "What to be called there", "NICK" },
	{ "password", 0, 0, G_OPTION_ARG_NONE, &with_password, "Ask for the room's password",
	  NULL },
	{ "no-bookmark", 0, 0, G_OPTION_ARG_NONE, &no_bookmark, "Do not join it again by itself",
	  NULL },
	{ 0 }
};

const GOptionEntry cusax_rooms_configure_options[] = {
	{ "password", 0, 0, G_OPTION_ARG_NONE, &with_password, "Ask for a password to set", NULL },
	{ 0 }
};

const GOptionEntry cusax_rooms_options[] = { { "reason", 0, 0, G_OPTION_ARG_STRING, &reason,
					       "Why, for the others to read", "TEXT" },
					     { 0 } };

/* --- joining and leaving ----------------------------------------------------------------------- */

static gboolean add_password(CusaxClient *client, GVariantDict *options, GError **error)
{
	char *password;

	if (!with_password && client->secret_fd < 0)
		return TRUE;
	password = cusax_secret_read(client->secret_fd, "Password of the room: ", error);
	if (!password)
		return FALSE;
	g_variant_dict_insert(options, "password", "s", password);
	cusax_secret_free(password);
	return TRUE;
}

/* Each key=value; what is no name of a room's setting the daemon refuses. */
static GVariant *parse_words(char **words, GError **error)
{
	static const char *const yes_or_no[] = { "members-only", "moderated", "persistent",
						 "public", NULL };
	GVariantDict map;

	g_variant_dict_init(&map, NULL);
	for (; *words; words++) {
		g_auto(GStrv) parts = g_strsplit(*words, "=", 2);
		gboolean yes = g_strcmp0(parts[1], "yes") == 0;

		if (!parts[1] || !g_utf8_validate(*words, -1, NULL) ||
		    (g_strv_contains(yes_or_no, parts[0]) && !yes && strcmp(parts[1], "no") != 0)) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "'%s' is not of the form key=value, or not yes or no", *words);
			g_variant_dict_clear(&map);
			return NULL;
		}
		if (g_strv_contains(yes_or_no, parts[0]))
			g_variant_dict_insert(&map, parts[0], "b", yes);
		else
			g_variant_dict_insert(&map, parts[0], "s", parts[1]);
	}
	return g_variant_dict_end(&map);
}

/* Everybody may see the command line. */
static GVariant *parse_settings(char **words, GError **error)
{
	for (char **word = words; *word; word++) {
		if (g_str_has_prefix(*word, "password=") && strlen(*word) > strlen("password=")) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "a password is asked for, or read from --secret-fd: give "
				    "--password instead");
			return NULL;
		}
	}
	return parse_words(words, error);
}

/* What stands after the address are settings of a room that is new. */
static gboolean add_settings(GVariantDict *options, char **words, GError **error)
{
	GVariant *settings;

	if (!words[0])
		return TRUE;
	settings = parse_settings(words, error);
	if (!settings)
		return FALSE;
	g_variant_dict_insert_value(options, "settings", settings);
	return TRUE;
}

gboolean cusax_command_join(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	const CusaxObject *own = NULL;
	GVariantDict options;
	const char *path;

	if (account) {
		own = cusax_resolve_account(client, "xmpp", account, error);
		if (!own)
			return FALSE;
	}
	g_variant_dict_init(&options, NULL);
	if (own)
		g_variant_dict_insert(&options, "account", "o", own->path);
	if (nick)
		g_variant_dict_insert(&options, "nick", "s", nick);
	if (no_bookmark)
		g_variant_dict_insert(&options, "bookmark", "b", FALSE);
	if (!add_password(client, &options, error) ||
	    !add_settings(&options, arguments + 1, error)) {
		g_variant_dict_clear(&options);
		return FALSE;
	}
	answer = cusax_client_call(
		client, CUSAX_ROOT_PATH, "Manager", "JoinRoom",
		g_variant_new("(s@a{sv})", arguments[0], g_variant_dict_end(&options)), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o)", &path);
	cusax_output_line("%s", cusax_short_id(path));
	cusax_output_done(client, path, "Room", NULL);
	return TRUE;
}

/* Calls a method of the room that is named first. */
static gboolean act(CusaxClient *client, const char *room, const char *method, GVariant *arguments,
		    const char *done, GError **error)
{
	g_autoptr(GVariant) sunk = arguments ? g_variant_ref_sink(arguments) : NULL, answer = NULL;
	const CusaxObject *object = cusax_resolve(client, "Room", room, error);

	if (!object)
		return FALSE;
	answer = cusax_client_call(client, object->path, "Room", method, sunk, error);
	if (!answer)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_string(builder, "room", object->path);
		cusax_json_end(builder);
	} else {
		cusax_output_note("%s", done);
	}
	return TRUE;
}

static const char *why(void)
{
	return reason ? reason : "";
}

gboolean cusax_command_leave(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Leave", NULL, "Left.", error);
}

gboolean cusax_command_rooms_forget(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Forget", NULL, "Forgotten.", error);
}

gboolean cusax_command_rooms_decline(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "DeclineInvitation", g_variant_new("(s)", why()),
		   "Declined.", error);
}

gboolean cusax_command_rooms_invite(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *contact = cusax_resolve(client, "Contact", arguments[1], NULL);
	const char *address =
		contact ? cusax_map_string(contact->properties, "Address") : arguments[1];

	return act(client, arguments[0], "Invite", g_variant_new("(ss)", address, why()),
		   "Invited.", error);
}

gboolean cusax_command_rooms_nick(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "SetNick", g_variant_new("(s)", arguments[1]), "Done.",
		   error);
}

gboolean cusax_command_rooms_role(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "SetRole",
		   g_variant_new("(sss)", arguments[1], arguments[2], why()), "Done.", error);
}

gboolean cusax_command_rooms_affiliation(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "SetAffiliation",
		   g_variant_new("(sss)", arguments[1], arguments[2], why()), "Done.", error);
}

gboolean cusax_command_rooms_kick(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "SetRole",
		   g_variant_new("(sss)", arguments[1], "none", why()), "Removed.", error);
}

gboolean cusax_command_rooms_ban(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "SetAffiliation",
		   g_variant_new("(sss)", arguments[1], "outcast", why()), "Banned.", error);
}

gboolean cusax_command_rooms_voice(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "RequestVoice", NULL, "Asked.", error);
}

gboolean cusax_command_rooms_destroy(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Destroy", g_variant_new("(s)", why()), "Destroyed.",
		   error);
}

gboolean cusax_command_rooms_configure(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GVariant) settings = parse_settings(arguments + 1, error);
	GVariantDict all;

	if (!settings)
		return FALSE;
	g_variant_ref_sink(settings);
	g_variant_dict_init(&all, settings);
	if (!add_password(client, &all, error)) {
		g_variant_dict_clear(&all);
		return FALSE;
	}
	return act(client, arguments[0], "Configure",
		   g_variant_new("(@a{sv})", g_variant_dict_end(&all)), "Done.", error);
}

gboolean cusax_command_rooms_subject(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *room = cusax_resolve(client, "Room", arguments[0], error);

	if (!room)
		return FALSE;
	if (!arguments[1]) {
		cusax_output_line("%s", cusax_map_string(room->properties, "Subject"));
		if (client->json)
			cusax_output_done(client, room->path, "Room", NULL);
		return TRUE;
	}
	if (!cusax_client_set(client, room->path, "Room", "Subject",
			      g_variant_new_string(arguments[1]), error))
		return FALSE;
	cusax_output_done(client, room->path, "Room", "Asked for.");
	return TRUE;
}

gboolean cusax_command_rooms_call(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *room = cusax_resolve(client, "Room", arguments[0], error);
	g_autoptr(GVariant) answer = NULL;
	const char *path;

	if (!room)
		return FALSE;
	answer = cusax_client_call(client, room->path, "Room", "CallConference",
				   g_variant_new("(a{sv})", NULL), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o)", &path);
	cusax_output_line("%s", cusax_short_id(path));
	cusax_output_done(client, path, "Call", NULL);
	return TRUE;
}

/* --- looking ----------------------------------------------------------------------------------- */

static guint n_occupants(const CusaxObject *room)
{
	g_autoptr(GVariant) list =
		g_variant_lookup_value(room->properties, "Occupants", G_VARIANT_TYPE("aa{sv}"));

	return list ? (guint)g_variant_n_children(list) : 0;
}

static const char *state_of(const CusaxObject *room)
{
	g_autoptr(GVariant) invitation =
		g_variant_lookup_value(room->properties, "Invitation", G_VARIANT_TYPE_VARDICT);

	if (invitation && g_variant_n_children(invitation) > 0)
		return "invited";
	return cusax_map_string(room->properties, "State");
}

gboolean cusax_command_rooms(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GPtrArray) rooms = cusax_client_objects_of(client, "Room", error);
	g_autoptr(CusaxTable) table = NULL;

	if (!rooms)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_objects(builder, "rooms", rooms);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("ID", "ROOM", "STATE", "IN", "UNREAD", "NAMED", "SUBJECT", NULL);
	for (guint i = 0; i < rooms->len; i++) {
		const CusaxObject *room = rooms->pdata[i];
		GVariant *facts = room->properties;
		g_autofree char *in = g_strdup_printf("%u", n_occupants(room));
		g_autofree char *unread = g_strdup_printf("%u", cusax_map_uint(facts, "Unread"));
		g_autofree char *named = g_strdup_printf("%u", cusax_map_uint(facts, "Mentions"));

		cusax_table_add(table, cusax_short_id(room->path),
				cusax_map_string(facts, "Address"), state_of(room), in, unread,
				named, cusax_map_string(facts, "Subject"));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("No room is known: 'cusaxctl join ROOM@SERVICE' enters one.");
	return TRUE;
}

static void print_occupants(const CusaxObject *room)
{
	g_autoptr(CusaxTable) table =
		cusax_table_new("NICK", "ROLE", "AFFILIATION", "PRESENCE", "ADDRESS", NULL);
	g_autoptr(GVariant) list =
		g_variant_lookup_value(room->properties, "Occupants", G_VARIANT_TYPE("aa{sv}"));

	for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) who = g_variant_get_child_value(list, i);

		cusax_table_add(table, cusax_map_string(who, "nick"), cusax_map_string(who, "role"),
				cusax_map_string(who, "affiliation"),
				cusax_map_string(who, "availability"),
				cusax_map_string(who, "address"));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
}

gboolean cusax_command_rooms_show(CusaxClient *client, char **arguments, GError **error)
{
	static const char *const shown[] = { "Address", "Name",        "Subject",
					     "State",   "StateReason", "Nick",
					     "Role",    "Affiliation", "AudioVideoUri" };
	const CusaxObject *room = cusax_resolve(client, "Room", arguments[0], error);

	if (!room)
		return FALSE;
	if (client->json) {
		cusax_output_done(client, room->path, "Room", NULL);
		return TRUE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(shown); i++) {
		g_autofree char *value =
			cusax_output_safe(cusax_map_string(room->properties, shown[i]));

		if (*value)
			cusax_output_line("%-14s %s", shown[i], value);
	}
	print_occupants(room);
	return TRUE;
}

gboolean cusax_command_rooms_avatar(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *room = cusax_resolve(client, "Room", arguments[0], error);
	g_autoptr(GVariant) answer = NULL;
	const char *path;

	if (!room)
		return FALSE;
	answer = cusax_client_call(client, room->path, "Room", "GetAvatar",
				   g_variant_new("(s)", arguments[1]), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&s)", &path);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_string(builder, "path", path);
		cusax_json_end(builder);
		return TRUE;
	}
	cusax_output_line("%s", path);
	return TRUE;
}

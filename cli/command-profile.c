/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl profile: what others see of the person: vCard, nickname, picture. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/file.h"
#include "cli/output.h"
#include "cli/resolve.h"

static char *account;

const GOptionEntry cusax_profile_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "The chat account", "ID" }, { 0 }
};

/* The account that was named, or the only one for chat; borrowed. */
static const CusaxObject *chat_account(CusaxClient *client, GError **error)
{
	g_autoptr(GPtrArray) accounts = NULL;
	const CusaxObject *only = NULL;

	if (account)
		return cusax_resolve_account(client, "xmpp", account, error);
	accounts = cusax_client_objects_of(client, "Account", error);
	if (!accounts)
		return NULL;
	for (guint i = 0; i < accounts->len; i++) {
		const CusaxObject *one = accounts->pdata[i];

		if (strcmp(cusax_map_string(one->properties, "Protocol"), "xmpp") != 0)
			continue;
		if (only) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_REFUSED,
				    "there are several chat accounts: name one by --account");
			return NULL;
		}
		only = one;
	}
	if (!only)
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_OBJECT,
			    "there is no chat account");
	return only;
}

static void print_profile(CusaxClient *client, const CusaxObject *own, GVariant *profile)
{
	g_autoptr(CusaxTable) table = NULL;
	const char *avatar = cusax_map_string(own->properties, "AvatarPath");
	GVariantIter iter;
	const char *key;
	GVariant *value;

	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_string(builder, "account", own->path);
		cusax_json_string(builder, "AvatarPath", avatar);
		cusax_json_value(builder, "profile", profile);
		cusax_json_end(builder);
		return;
	}
	table = cusax_table_new("FIELD", "TEXT", NULL);
	g_variant_iter_init(&iter, profile);
	while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
		g_autofree char *text = cusax_output_setting(value);

		cusax_table_add(table, key, text);
		g_variant_unref(value);
	}
	if (*avatar)
		cusax_table_add(table, "picture", avatar);
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("Nothing is entered: 'cusaxctl profile set name=…' does.");
}

static gboolean call_profile(CusaxClient *client, const char *method, GVariant *arguments,
			     const CusaxObject *own, GError **error)
{
	g_autoptr(GVariant) answer =
		cusax_client_call(client, own->path, "Account", method, arguments, error);
	g_autoptr(GVariant) profile = NULL;

	if (!answer)
		return FALSE;
	profile = g_variant_get_child_value(answer, 0);
	print_profile(client, own, profile);
	return TRUE;
}

gboolean cusax_command_profile(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	const CusaxObject *own = chat_account(client, error);

	return own && call_profile(client, "GetProfile", NULL, own, error);
}

gboolean cusax_command_profile_set(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *own = chat_account(client, error);
	GVariantDict changes;

	if (!own)
		return FALSE;
	g_variant_dict_init(&changes, NULL);
	for (; *arguments; arguments++) {
		const char *equals = strchr(*arguments, '=');
		g_autofree char *key = equals ? g_strndup(*arguments, equals - *arguments) : NULL;

		if (!equals || !g_utf8_validate(*arguments, -1, NULL)) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "'%s' is not KEY=VALUE", *arguments);
			g_variant_dict_clear(&changes);
			return FALSE;
		}
		g_variant_dict_insert(&changes, key, "s", equals + 1);
	}
	return call_profile(client, "SetProfile",
			    g_variant_new("(@a{sv})", g_variant_dict_end(&changes)), own, error);
}

gboolean cusax_command_profile_avatar(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *own = chat_account(client, error);
	g_autoptr(GVariant) answer = NULL;
	int fd = own ? cusax_file_open(arguments[0], O_RDONLY, error) : -1;

	if (fd < 0)
		return FALSE;
	answer = cusax_call_with_file(client, own->path, "Account", "SetAvatar",
				      g_variant_new("(h@a{sv})", 0, g_variant_new("a{sv}", NULL)),
				      fd, error);
	close(fd);
	if (!answer)
		return FALSE;
	cusax_output_done(client, own->path, "Account", "Published.");
	return TRUE;
}

gboolean cusax_command_profile_no_avatar(CusaxClient *client, char **arguments G_GNUC_UNUSED,
					 GError **error)
{
	const CusaxObject *own = chat_account(client, error);
	g_autoptr(GVariant) answer = NULL;

	if (!own)
		return FALSE;
	answer = cusax_client_call(client, own->path, "Account", "ClearAvatar", NULL, error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, own->path, "Account", "Taken back.");
	return TRUE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl accounts: what there is, and setting it up. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/secret.h"
#include "cli/settings.h"
#include "cli/wait.h"

static gboolean no_secret;
static gboolean keep_secret;

const GOptionEntry cusax_accounts_add_options[] = {
	{ "no-secret", 0, 0, G_OPTION_ARG_NONE, &no_secret, "Do not ask for the password", NULL },
	{ 0 }
};

static char **always, **never;

const GOptionEntry cusax_accounts_archive_options[] = {
	{ "always", 0, 0, G_OPTION_ARG_STRING_ARRAY, &always, "Always keep what is said with it",
	  "ADDRESS" },
	{ "never", 0, 0, G_OPTION_ARG_STRING_ARRAY, &never, "Never keep what is said with it",
	  "ADDRESS" },
	{ 0 }
};

const GOptionEntry cusax_accounts_remove_options[] = {
	{ "keep-secret", 0, 0, G_OPTION_ARG_NONE, &keep_secret, "Leave the password in the keyring",
	  NULL },
	{ 0 }
};

static gboolean set_secret(CusaxClient *client, const char *path, const char *address,
			   GError **error)
{
	g_autofree char *prompt = g_strdup_printf("Password of %s: ", address);
	g_autoptr(GVariant) answer = NULL;
	char *secret = cusax_secret_read(client->secret_fd, prompt, error);

	if (!secret)
		return FALSE;
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Admin", "SetSecret",
				   g_variant_new("(osa{sv})", path, secret, NULL), error);
	cusax_secret_free(secret);
	return answer != NULL;
}

/* What every act on an account ends with: wait if asked, then say how it is. */
static gboolean done(CusaxClient *client, const char *path, gboolean up, const char *words,
		     GError **error)
{
	if (up && client->wait && !cusax_wait_online(client, path, "Account", error))
		return FALSE;
	cusax_output_done(client, path, "Account", "%s %s.", cusax_short_id(path),
			  up && client->wait ? "is online" : words);
	return TRUE;
}

static gboolean call_on(CusaxClient *client, const char *id, const char *method, gboolean up,
			const char *words, GError **error)
{
	const CusaxObject *account = cusax_resolve(client, "Account", id, error);
	g_autoptr(GVariant) answer = NULL;

	if (!account)
		return FALSE;
	answer = cusax_client_call(client, account->path, "Account", method, NULL, error);
	return answer && done(client, account->path, up, words, error);
}

static gboolean set_enabled(CusaxClient *client, const char *id, gboolean enabled, GError **error)
{
	const CusaxObject *account = cusax_resolve(client, "Account", id, error);

	if (!account || !cusax_client_set(client, account->path, "Account", "Enabled",
					  g_variant_new_boolean(enabled), error))
		return FALSE;
	return done(client, account->path, enabled, enabled ? "enabled" : "disabled", error);
}

static void show_map(CusaxTable *table, GVariant *map, const char *prefix)
{
	GVariantIter iter;
	const char *key;
	GVariant *value;

	g_variant_iter_init(&iter, map);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
		g_autofree char *name = g_strconcat(prefix, key, NULL);
		g_autofree char *text = NULL;

		if (g_variant_is_of_type(value, G_VARIANT_TYPE_VARDICT)) {
			g_autofree char *inner = g_strconcat(name, ".", NULL);

			show_map(table, value, inner);
			continue;
		}
		text = cusax_output_setting(value);
		cusax_table_add(table, name, text);
	}
}

gboolean cusax_command_accounts(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GPtrArray) accounts = cusax_client_objects_of(client, "Account", error);
	g_autoptr(CusaxTable) table = NULL;

	if (!accounts)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_objects(builder, "accounts", accounts);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("ID", "FOR", "ADDRESS", "STATE", "REASON", NULL);
	for (guint i = 0; i < accounts->len; i++) {
		const CusaxObject *account = accounts->pdata[i];
		GVariant *facts = account->properties;
		gboolean enabled = cusax_map_boolean(facts, "Enabled");

		cusax_table_add(table, cusax_short_id(account->path),
				cusax_map_string(facts, "Role"), cusax_map_string(facts, "Address"),
				enabled ? cusax_map_string(facts, "State") : "disabled",
				cusax_map_string(facts, "StateReason"));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("No account yet. Add one with 'cusaxctl accounts add xmpp "
				  "you@example.org', or sip.");
	return TRUE;
}

gboolean cusax_command_accounts_add(CusaxClient *client, char **arguments, GError **error)
{
	GVariant *settings = cusax_settings_parse(arguments + 2, error);
	g_autoptr(GVariant) answer = NULL;
	const char *path;

	if (!settings)
		return FALSE;
	answer = cusax_client_call(
		client, CUSAX_ROOT_PATH, "Admin", "AddAccount",
		g_variant_new("(ss@a{sv})", arguments[0], arguments[1], settings), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o)", &path);
	cusax_output_about(path);
	if (!no_secret && !set_secret(client, path, arguments[1], error)) {
		g_prefix_error(error, "the account is there as %s, but without a password: ",
			       cusax_short_id(path));
		return FALSE;
	}
	cusax_output_line("%s", cusax_short_id(path));
	return done(client, path, TRUE, "added", error);
}

gboolean cusax_command_accounts_show(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *account = cusax_resolve(client, "Account", arguments[0], error);
	g_autoptr(CusaxTable) table = NULL;

	if (!account)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_object(builder, "account", account);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("PROPERTY", "VALUE", NULL);
	show_map(table, account->properties, "");
	cusax_table_print(table);
	return TRUE;
}

gboolean cusax_command_accounts_set(CusaxClient *client, char **arguments, GError **error)
{
	GVariant *settings = cusax_settings_parse(arguments + 1, error);
	const CusaxObject *account;
	g_autoptr(GVariant) answer = NULL;

	if (!settings)
		return FALSE;
	account = cusax_resolve(client, "Account", arguments[0], error);
	if (!account) {
		g_variant_unref(g_variant_ref_sink(settings));
		return FALSE;
	}
	answer = cusax_client_call(client, account->path, "Account", "Update",
				   g_variant_new("(@a{sv})", settings), error);
	return answer && done(client, account->path, TRUE, "changed", error);
}

gboolean cusax_command_accounts_enable(CusaxClient *client, char **arguments, GError **error)
{
	return set_enabled(client, arguments[0], TRUE, error);
}

gboolean cusax_command_accounts_disable(CusaxClient *client, char **arguments, GError **error)
{
	return set_enabled(client, arguments[0], FALSE, error);
}

gboolean cusax_command_accounts_connect(CusaxClient *client, char **arguments, GError **error)
{
	return call_on(client, arguments[0], "Connect", TRUE, "is connecting", error);
}

gboolean cusax_command_accounts_disconnect(CusaxClient *client, char **arguments, GError **error)
{
	return call_on(client, arguments[0], "Disconnect", FALSE, "is offline", error);
}

gboolean cusax_command_accounts_remove(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *account = cusax_resolve(client, "Account", arguments[0], error);
	g_autoptr(GVariant) answer = NULL;
	GVariantDict options;

	if (!account)
		return FALSE;
	g_variant_dict_init(&options, NULL);
	if (keep_secret)
		g_variant_dict_insert(&options, "keep-secret", "b", TRUE);
	answer = cusax_client_call(
		client, CUSAX_ROOT_PATH, "Admin", "RemoveAccount",
		g_variant_new("(o@a{sv})", account->path, g_variant_dict_end(&options)), error);
	return answer && done(client, account->path, FALSE, "removed", error);
}

gboolean cusax_command_accounts_secret(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *account = cusax_resolve(client, "Account", arguments[0], error);

	if (!account || !set_secret(client, account->path,
				    cusax_map_string(account->properties, "Address"), error))
		return FALSE;
	return done(client, account->path, TRUE, "has a new password", error);
}

static GVariant *archive_changes(const char *word)
{
	GVariantDict changes;
	static const struct {
		const char *key;
		char ***list;
	} lists[] = { { "always", &always }, { "never", &never } };

	g_variant_dict_init(&changes, NULL);
	if (word)
		g_variant_dict_insert(&changes, "default", "s", word);
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		char **list = *lists[i].list;

		if (list)
			g_variant_dict_insert(&changes, lists[i].key, "^as",
					      **list ? list : list + 1);
	}
	return g_variant_dict_end(&changes);
}

gboolean cusax_command_accounts_archive(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *account = cusax_resolve_account(client, "xmpp", arguments[0], error);
	gboolean changes = arguments[1] || always || never;
	g_autoptr(GVariant) answer = NULL, preferences = NULL;
	g_autoptr(CusaxTable) table = NULL;

	if (!account)
		return FALSE;
	answer = cusax_client_call(
		client, account->path, "Account",
		changes ? "SetArchivePreferences" : "GetArchivePreferences",
		changes ? g_variant_new("(@a{sv})", archive_changes(arguments[1])) : NULL, error);
	if (!answer)
		return FALSE;
	preferences = g_variant_get_child_value(answer, 0);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "preferences", preferences);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("KEEPS", "VALUE", NULL);
	show_map(table, preferences, "");
	cusax_table_print(table);
	return TRUE;
}

gboolean cusax_command_accounts_unblock_all(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *account = cusax_resolve_account(client, "xmpp", arguments[0], error);
	g_autoptr(GVariant) answer = NULL;

	if (!account)
		return FALSE;
	answer = cusax_client_call(client, account->path, "Account", "UnblockAll", NULL, error);
	return answer && done(client, account->path, TRUE, "blocks nobody any more", error);
}

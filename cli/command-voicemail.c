/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl voicemail: what waits in the voice mailboxes, and calling them. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"

/* The telephony accounts, or the one that was named; free the array. */
static GPtrArray *mailboxes(CusaxClient *client, const char *id, GError **error)
{
	g_autoptr(GPtrArray) accounts = cusax_client_objects_of(client, "Account", error);
	const CusaxObject *chosen = NULL;
	GPtrArray *found;

	if (!accounts || (id && !(chosen = cusax_resolve_account(client, "sip", id, error))))
		return NULL;
	found = g_ptr_array_new();
	for (guint i = 0; i < accounts->len; i++) {
		const CusaxObject *account = accounts->pdata[i];

		if (chosen ? account == chosen
			   : strcmp(cusax_map_string(account->properties, "Protocol"), "sip") == 0)
			g_ptr_array_add(found, accounts->pdata[i]);
	}
	return found;
}

gboolean cusax_command_voicemail(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GPtrArray) accounts = mailboxes(client, arguments[0], error);
	g_autoptr(CusaxTable) table = NULL;

	if (!accounts)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_objects(builder, "accounts", accounts);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("ACCOUNT", "NEW", "OLD", "CALL", NULL);
	for (guint i = 0; i < accounts->len; i++) {
		const CusaxObject *account = accounts->pdata[i];
		g_autoptr(GVariant) counts =
			g_variant_lookup_value(account->properties, "Voicemail", NULL);
		guint32 fresh = 0, old = 0;
		g_autofree char *new_text = NULL, *old_text = NULL;

		if (counts && g_variant_is_of_type(counts, G_VARIANT_TYPE("(uu)")))
			g_variant_get(counts, "(uu)", &fresh, &old);
		new_text = g_strdup_printf("%u", fresh);
		old_text = g_strdup_printf("%u", old);
		cusax_table_add(table, cusax_map_string(account->properties, "Address"), new_text,
				old_text, cusax_map_string(account->properties, "VoicemailUri"));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("No telephony accounts.");
	return TRUE;
}

gboolean cusax_command_voicemail_call(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GPtrArray) accounts = mailboxes(client, arguments[0], error);
	g_autoptr(GVariant) answer = NULL;
	const CusaxObject *chosen = NULL;
	const char *uri, *path;
	GVariantDict options;

	if (!accounts)
		return FALSE;
	for (guint i = 0; i < accounts->len; i++) {
		const CusaxObject *account = accounts->pdata[i];

		if (!*cusax_map_string(account->properties, "VoicemailUri"))
			continue;
		if (chosen) {
			g_set_error_literal(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
					    "several accounts have a mailbox: name one");
			return FALSE;
		}
		chosen = account;
	}
	if (!chosen) {
		g_set_error_literal(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_OBJECT,
				    "no mailbox is known: 'cusaxctl accounts set ACCOUNT "
				    "voicemail=NUMBER' names one");
		return FALSE;
	}
	uri = cusax_map_string(chosen->properties, "VoicemailUri");
	g_variant_dict_init(&options, NULL);
	g_variant_dict_insert(&options, "account", "o", chosen->path);
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "Call",
				   g_variant_new("(s@a{sv})", uri, g_variant_dict_end(&options)),
				   error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o)", &path);
	cusax_output_line("%s", cusax_short_id(path));
	cusax_output_about(path);
	cusax_output_done(client, path, "Call", "Calling %s.", uri);
	return TRUE;
}

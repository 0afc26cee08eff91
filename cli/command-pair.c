/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl pair: a chat and a telephony account that belong together. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/command.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/settings.h"
#include "cli/wait.h"

gboolean cusax_command_pair(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *chat, *telephony;
	g_autoptr(GVariant) options = NULL;
	g_autoptr(GVariant) answer = NULL;
	const char *path;

	chat = cusax_resolve_account(client, "xmpp", arguments[0], error);
	if (!chat)
		return FALSE;
	telephony = cusax_resolve_account(client, "sip", arguments[1], error);
	if (!telephony)
		return FALSE;
	options = cusax_settings_parse(arguments + 2, error);
	if (!options)
		return FALSE;
	g_variant_ref_sink(options);
	answer = cusax_client_call(
		client, CUSAX_ROOT_PATH, "Admin", "Pair",
		g_variant_new("(oo@a{sv})", chat->path, telephony->path, options), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o)", &path);
	if (client->wait && !cusax_wait_online(client, path, "Service", error))
		return FALSE;
	cusax_output_line("%s", cusax_short_id(path));
	cusax_output_done(client, path, "Service", NULL);
	return TRUE;
}

gboolean cusax_command_pair_list(CusaxClient *client, char **arguments G_GNUC_UNUSED,
				 GError **error)
{
	g_autoptr(GPtrArray) services = cusax_client_objects_of(client, "Service", error);
	g_autoptr(CusaxTable) table = NULL;

	if (!services)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_objects(builder, "services", services);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("ID", "NAME", "STATE", "CHAT", "TELEPHONY", "POLICY", NULL);
	for (guint i = 0; i < services->len; i++) {
		const CusaxObject *service = services->pdata[i];
		GVariant *facts = service->properties;

		cusax_table_add(table, cusax_short_id(service->path),
				cusax_map_string(facts, "Name"), cusax_map_string(facts, "State"),
				cusax_short_id(cusax_map_string(facts, "ChatAccount")),
				cusax_short_id(cusax_map_string(facts, "TelephonyAccount")),
				cusax_map_string(facts, "ConnectPolicy"));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("No service yet: 'cusaxctl pair CHAT TELEPHONY' makes one.");
	return TRUE;
}

gboolean cusax_command_pair_remove(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *service = cusax_resolve(client, "Service", arguments[0], error);
	g_autoptr(GVariant) answer = NULL;

	if (!service)
		return FALSE;
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Admin", "Unpair",
				   g_variant_new("(o)", service->path), error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, service->path, "Service", "%s dissolved; both accounts stay.",
			  cusax_short_id(service->path));
	return TRUE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl presence and policy: how the person is seen, and what is allowed. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/command.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/settings.h"

gboolean cusax_command_presence(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GVariant) facts = NULL;

	/* The words first, so that both are announced together as they should be seen. */
	if (arguments[0] && arguments[1] &&
	    !cusax_client_set(client, CUSAX_ROOT_PATH, "Manager", "StatusMessage",
			      g_variant_new_string(arguments[1]), error))
		return FALSE;
	if (arguments[0] && !cusax_client_set(client, CUSAX_ROOT_PATH, "Manager", "Availability",
					      g_variant_new_string(arguments[0]), error))
		return FALSE;
	facts = cusax_client_properties(client, CUSAX_ROOT_PATH, "Manager", error);
	if (!facts)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_string(builder, "Availability", cusax_map_string(facts, "Availability"));
		cusax_json_string(builder, "StatusMessage",
				  cusax_map_string(facts, "StatusMessage"));
		cusax_json_end(builder);
		return TRUE;
	}
	cusax_output_line("%s  %s", cusax_map_string(facts, "Availability"),
			  cusax_map_string(facts, "StatusMessage"));
	return TRUE;
}

gboolean cusax_command_policy(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GVariant) policy = NULL;
	g_autoptr(CusaxTable) table = NULL;
	GVariantIter iter;
	const char *key;
	GVariant *value;

	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Admin", "GetPolicy", NULL, error);
	if (!answer)
		return FALSE;
	policy = g_variant_get_child_value(answer, 0);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "policy", policy);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("POLICY", "VALUE", NULL);
	g_variant_iter_init(&iter, policy);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
		g_autofree char *text = cusax_output_setting(value);

		cusax_table_add(table, key, text);
	}
	cusax_table_print(table);
	return TRUE;
}

gboolean cusax_command_policy_set(CusaxClient *client, char **arguments, GError **error)
{
	GVariant *changes = cusax_settings_parse(arguments, error);
	g_autoptr(GVariant) answer = NULL;

	if (!changes)
		return FALSE;
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Admin", "SetPolicy",
				   g_variant_new("(@a{sv})", changes), error);
	if (!answer)
		return FALSE;
	return cusax_command_policy(client, NULL, error);
}

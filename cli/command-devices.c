/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl devices: microphones and loudspeakers. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/command.h"
#include "cli/names.h"
#include "cli/output.h"

gboolean cusax_command_devices(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GVariant) answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager",
						       "GetAudioDevices", NULL, error);
	g_autoptr(GVariant) devices = NULL;
	g_autoptr(CusaxTable) table = NULL;

	if (!answer)
		return FALSE;
	devices = g_variant_get_child_value(answer, 0);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "devices", devices);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("NAME", "WAY", "DEFAULT", "DESCRIPTION", NULL);
	for (gsize i = 0; i < g_variant_n_children(devices); i++) {
		g_autoptr(GVariant) device = g_variant_get_child_value(devices, i);

		cusax_table_add(table, cusax_map_string(device, "name"),
				cusax_map_string(device, "direction"),
				cusax_map_boolean(device, "default") ? "yes" : "",
				cusax_map_string(device, "description"));
	}
	cusax_table_print(table);
	return TRUE;
}

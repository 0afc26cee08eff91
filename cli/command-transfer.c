/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl transfer and its kin: handing a call over, following where a call is handed to. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"

static gboolean attended, confirm;

const GOptionEntry cusax_transfer_options[] = { { "attended", 0, 0, G_OPTION_ARG_NONE, &attended,
						  "TARGET is another call of yours", NULL },
						{ 0 } };

const GOptionEntry cusax_follow_options[] = { { "confirm", 0, 0, G_OPTION_ARG_NONE, &confirm,
						"Go on where the call may cost money", NULL },
					      { 0 } };

/* "transfer TARGET" or "transfer CALL TARGET". */
gboolean cusax_command_transfer(CusaxClient *client, char **arguments, GError **error)
{
	const char *target = arguments[1] ? arguments[1] : arguments[0];
	const CusaxObject *call =
		cusax_resolve(client, "Call", arguments[1] ? arguments[0] : "@active", error);
	const CusaxObject *other = NULL;
	g_autoptr(GVariant) answer = NULL;

	if (call && attended)
		other = cusax_resolve(client, "Call", target, error);
	if (!call || (attended && !other))
		return FALSE;
	if (other)
		answer = cusax_client_call(client, call->path, "Call", "TransferTo",
					   g_variant_new("(o)", other->path), error);
	else
		answer = cusax_client_call(client, call->path, "Call", "Transfer",
					   g_variant_new("(sa{sv})", target, NULL), error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, call->path, "Call", "%s: the other side calls %s.",
			  cusax_short_id(call->path), target);
	return TRUE;
}

/* The token for what a call is transferred to, where there is one. */
static gboolean add_token(CusaxClient *client, const CusaxObject *call, GVariantDict *options,
			  GError **error)
{
	const char *target = cusax_map_string(call->properties, "TransferTarget");
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GVariant) routes = NULL;
	GVariantDict by;

	g_variant_dict_init(&by, NULL);
	g_variant_dict_insert(&by, "account", "o", cusax_map_string(call->properties, "Account"));
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "GetCallRoutes",
				   g_variant_new("(s@a{sv})", target, g_variant_dict_end(&by)),
				   error);
	if (!answer)
		return FALSE;
	routes = g_variant_get_child_value(answer, 0);
	if (g_variant_n_children(routes)) {
		g_autoptr(GVariant) route = g_variant_get_child_value(routes, 0);
		const char *token = cusax_map_string(route, "confirm");

		if (*token)
			g_variant_dict_insert(options, "confirm", "s", token);
	}
	return TRUE;
}

gboolean cusax_command_transfer_accept(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *call =
		cusax_resolve(client, "Call", arguments[0] ? arguments[0] : "@asked", error);
	g_autoptr(GVariant) answer = NULL;
	GVariantDict options;
	const char *path;

	if (!call)
		return FALSE;
	g_variant_dict_init(&options, NULL);
	if (confirm && !add_token(client, call, &options, error)) {
		g_variant_dict_clear(&options);
		return FALSE;
	}
	answer = cusax_client_call(client, call->path, "Call", "AcceptTransfer",
				   g_variant_new("(@a{sv})", g_variant_dict_end(&options)), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o)", &path);
	cusax_output_line("%s", cusax_short_id(path));
	cusax_output_done(client, path, "Call", "Calling %s.",
			  cusax_map_string(call->properties, "TransferTarget"));
	return TRUE;
}

gboolean cusax_command_transfer_decline(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *call =
		cusax_resolve(client, "Call", arguments[0] ? arguments[0] : "@asked", error);
	g_autoptr(GVariant) answer = NULL;

	if (!call)
		return FALSE;
	answer = cusax_client_call(client, call->path, "Call", "DeclineTransfer", NULL, error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, call->path, "Call", "%s: not transferred.",
			  cusax_short_id(call->path));
	return TRUE;
}

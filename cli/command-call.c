/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl call and its kin: starting a call and steering it. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/wait.h"

static char *account, *uri, *reason, *message;
static gboolean confirm, video, claimed;

const GOptionEntry cusax_call_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "The telephony account to use", "ID" },
	{ "uri", 0, 0, G_OPTION_ARG_STRING, &uri, "Which address of the target to dial", "URI" },
	{ "confirm", 0, 0, G_OPTION_ARG_NONE, &confirm, "Go on where the call may cost money",
	  NULL },
	{ "video", 0, 0, G_OPTION_ARG_NONE, &video, "With video", NULL },
	{ 0 }
};

const GOptionEntry cusax_routes_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "Only by this telephony account", "ID" },
	{ "video", 0, 0, G_OPTION_ARG_NONE, &video, "For a call with video", NULL },
	{ 0 }
};

const GOptionEntry cusax_decline_options[] = {
	{ "reason", 0, 0, G_OPTION_ARG_STRING, &reason, "busy, declined or unavailable", "WORD" },
	{ "message", 0, 0, G_OPTION_ARG_STRING, &message, "A chat message to send along", "TEXT" },
	{ "claimed", 0, 0, G_OPTION_ARG_NONE, &claimed,
	  "Send it to the address that the caller merely claims", NULL },
	{ 0 }
};

/* How an ended call counts for a script. */
static const struct {
	const char *reason;
	CusaxExit status;
} endings[] = {
	{ "local-hangup", CUSAX_EXIT_FAILED },
	{ "remote-hangup", CUSAX_EXIT_FAILED },
	{ "declined", CUSAX_EXIT_BUSY },
	{ "busy", CUSAX_EXIT_BUSY },
	{ "no-answer", CUSAX_EXIT_BUSY },
	{ "unreachable", CUSAX_EXIT_FAILED },
	{ "not-found", CUSAX_EXIT_NO_OBJECT },
	{ "forbidden", CUSAX_EXIT_REFUSED },
	{ "refused-by-policy", CUSAX_EXIT_REFUSED },
	{ "cancelled", CUSAX_EXIT_FAILED },
};

static gboolean is_answered(GVariant *facts, gpointer data, GError **error)
{
	const char *state = cusax_map_string(facts, "State");
	const char *why = cusax_map_string(facts, "EndReason");
	const char *text = cusax_map_string(facts, "EndText");
	const char **last = data;
	CusaxExit status = CUSAX_EXIT_FAILED;

	if (strcmp(state, "active") == 0)
		return TRUE;
	if (strcmp(state, "ringing") == 0 && last && !*last) {
		*last = "ringing";
		cusax_output_note("It rings.");
	}
	if (strcmp(state, "ended") != 0)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
		if (strcmp(endings[i].reason, why) == 0)
			status = endings[i].status;
	}
	g_set_error(error, CUSAX_CLI_ERROR, status, "the call ended: %s%s%s", why,
		    *text ? ", " : "", text);
	return TRUE;
}

static gboolean route_options(CusaxClient *client, GVariantDict *options, GError **error)
{
	static const char *const both[] = { "audio", "video", NULL };

	g_variant_dict_init(options, NULL);
	if (account) {
		const CusaxObject *chosen = cusax_resolve_account(client, "sip", account, error);

		if (!chosen) {
			g_variant_dict_clear(options);
			return FALSE;
		}
		g_variant_dict_insert(options, "account", "o", chosen->path);
	}
	if (video)
		g_variant_dict_insert_value(options, "media", g_variant_new_strv(both, -1));
	return TRUE;
}

/* The routes to a target, aa{sv}. */
static GVariant *routes_to(CusaxClient *client, const char *target, GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	GVariantDict options;

	if (!route_options(client, &options, error))
		return NULL;
	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "GetCallRoutes",
				   g_variant_new("(s@a{sv})", target, g_variant_dict_end(&options)),
				   error);
	return answer ? g_variant_get_child_value(answer, 0) : NULL;
}

/* Takes the token of the route that will be dialled: the one of --uri, else the first. */
static gboolean add_token(CusaxClient *client, const char *target, GVariantDict *options,
			  GError **error)
{
	g_autoptr(GVariant) routes = routes_to(client, target, error);

	if (!routes)
		return FALSE;
	for (gsize i = 0; i < g_variant_n_children(routes); i++) {
		g_autoptr(GVariant) route = g_variant_get_child_value(routes, i);
		const char *token = cusax_map_string(route, "confirm");

		if (uri && strcmp(cusax_map_string(route, "uri"), uri) != 0)
			continue;
		if (!*token)
			return TRUE;
		g_variant_dict_insert(options, "confirm", "s", token);
		/* The token is bound to this address and account. */
		g_variant_dict_insert(options, "uri", "s", cusax_map_string(route, "uri"));
		g_variant_dict_insert(options, "account", "o", cusax_map_string(route, "account"));
		return TRUE;
	}
	return TRUE;
}

gboolean cusax_command_routes(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GVariant) routes = routes_to(client, arguments[0], error);
	g_autoptr(CusaxTable) table = NULL;

	if (!routes)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "routes", routes);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("URI", "ACCOUNT", "FROM", "VERIFIED", "CHARGES", "WHY", NULL);
	for (gsize i = 0; i < g_variant_n_children(routes); i++) {
		g_autoptr(GVariant) route = g_variant_get_child_value(routes, i);
		const char *cue = cusax_map_string(route, "cue");

		cusax_table_add(table, cusax_map_string(route, "uri"),
				cusax_short_id(cusax_map_string(route, "account")),
				cusax_map_string(route, "source"),
				cusax_map_boolean(route, "verified") ? "yes" : "no",
				cusax_map_string(route, "charges"),
				*cue ? cue : cusax_map_string(route, "reason"));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("Nothing reaches '%s' by telephone.", arguments[0]);
	return TRUE;
}

gboolean cusax_command_call(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	GVariantDict options;
	const char *path, *last = NULL;

	if (!route_options(client, &options, error))
		return FALSE;
	if (uri)
		g_variant_dict_insert(&options, "uri", "s", uri);
	if (confirm && !add_token(client, arguments[0], &options, error)) {
		g_variant_dict_clear(&options);
		return FALSE;
	}
	answer = cusax_client_call(
		client, CUSAX_ROOT_PATH, "Manager", "Call",
		g_variant_new("(s@a{sv})", arguments[0], g_variant_dict_end(&options)), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o)", &path);
	cusax_output_line("%s", cusax_short_id(path));
	cusax_output_about(path);
	if (client->wait && !cusax_wait(client, path, "Call", is_answered, &last, error))
		return FALSE;
	cusax_output_done(client, path, "Call", client->wait ? "Answered." : "Calling %s.",
			  arguments[0]);
	return TRUE;
}

/* Without a name: the active call, else the one that is under way at all. */
static const char *any_call(CusaxClient *client)
{
	static const char *const states[] = { "@active", "@ringing", "@dialing", "@incoming" };

	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		g_autoptr(GError) why = NULL;

		if (cusax_resolve(client, "Call", states[i], &why) ||
		    !g_error_matches(why, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_OBJECT))
			return states[i];
	}
	return states[0];
}

static gboolean act(CusaxClient *client, const char *id, const char *fallback, const char *method,
		    GVariant *arguments, const char *words, GError **error)
{
	g_autoptr(GVariant) owned = arguments ? g_variant_ref_sink(arguments) : NULL;
	const CusaxObject *call = cusax_resolve(client, "Call", id ? id : fallback, error);
	g_autoptr(GVariant) answer = NULL;

	if (!call)
		return FALSE;
	answer = cusax_client_call(client, call->path, "Call", method, owned, error);
	if (!answer)
		return FALSE;
	if (client->wait && strcmp(method, "Accept") == 0 &&
	    !cusax_wait(client, call->path, "Call", is_answered, NULL, error))
		return FALSE;
	cusax_output_done(client, call->path, "Call", "%s: %s.", cusax_short_id(call->path), words);
	return TRUE;
}

static gboolean set(CusaxClient *client, const char *id, const char *fallback, const char *property,
		    gboolean value, const char *words, GError **error)
{
	const CusaxObject *call = cusax_resolve(client, "Call", id ? id : fallback, error);

	if (!call || !cusax_client_set(client, call->path, "Call", property,
				       g_variant_new_boolean(value), error))
		return FALSE;
	cusax_output_done(client, call->path, "Call", "%s: %s.", cusax_short_id(call->path), words);
	return TRUE;
}

gboolean cusax_command_answer(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "@incoming", "Accept", g_variant_new("(a{sv})", NULL),
		   "answered", error);
}

gboolean cusax_command_decline(CusaxClient *client, char **arguments, GError **error)
{
	GVariantDict options;

	g_variant_dict_init(&options, NULL);
	if (reason)
		g_variant_dict_insert(&options, "reason", "s", reason);
	if (message)
		g_variant_dict_insert(&options, "message", "s", message);
	if (claimed)
		g_variant_dict_insert(&options, "claimed", "b", TRUE);
	return act(client, arguments[0], "@incoming", "Decline",
		   g_variant_new("(@a{sv})", g_variant_dict_end(&options)), "declined", error);
}

gboolean cusax_command_hangup(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], any_call(client), "Hangup", NULL, "ended", error);
}

gboolean cusax_command_hold(CusaxClient *client, char **arguments, GError **error)
{
	return set(client, arguments[0], "@active", "Held", TRUE, "on hold", error);
}

gboolean cusax_command_resume(CusaxClient *client, char **arguments, GError **error)
{
	return set(client, arguments[0], "@held", "Held", FALSE, "resumed", error);
}

gboolean cusax_command_mute(CusaxClient *client, char **arguments, GError **error)
{
	return set(client, arguments[0], any_call(client), "Muted", TRUE, "microphone off", error);
}

gboolean cusax_command_unmute(CusaxClient *client, char **arguments, GError **error)
{
	return set(client, arguments[0], any_call(client), "Muted", FALSE, "microphone on", error);
}

/* "dtmf KEYS" or "dtmf CALL KEYS". */
gboolean cusax_command_dtmf(CusaxClient *client, char **arguments, GError **error)
{
	const char *id = arguments[1] ? arguments[0] : NULL;
	const char *keys = arguments[1] ? arguments[1] : arguments[0];

	return act(client, id, "@active", "SendDtmf", g_variant_new("(s)", keys), "keys sent",
		   error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl status: the whole on one screen, as JSON, or in a line of one's own for a status bar. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/wait.h"

static char *format;
static gboolean follow;

const GOptionEntry cusax_status_options[] = { { "format", 0, 0, G_OPTION_ARG_STRING, &format,
						"One line, such as '{State} {Unread}'", "TEXT" },
					      { "follow", 0, 0, G_OPTION_ARG_NONE, &follow,
						"Print again whenever it changes", NULL },
					      { 0 } };

/* Everything that status shows, fetched at one moment. */
typedef struct {
	GVariant *manager;
	GPtrArray *services, *accounts, *calls;
} Facts;

typedef struct {
	CusaxClient *client;
	char *shown;
	guint pending;
	gboolean present;
	GMainLoop *loop;
	GError *error;
} Follower;

static void facts_clear(Facts *facts)
{
	g_clear_pointer(&facts->manager, g_variant_unref);
	g_clear_pointer(&facts->services, g_ptr_array_unref);
	g_clear_pointer(&facts->accounts, g_ptr_array_unref);
	g_clear_pointer(&facts->calls, g_ptr_array_unref);
}

static GPtrArray *live_calls(CusaxClient *client, GError **error)
{
	GPtrArray *calls = cusax_client_objects_of(client, "Call", error);

	for (guint i = 0; calls && i < calls->len;) {
		const CusaxObject *call = calls->pdata[i];

		if (strcmp(cusax_map_string(call->properties, "State"), "ended") == 0)
			g_ptr_array_remove_index(calls, i);
		else
			i++;
	}
	return calls;
}

static gboolean facts_fetch(CusaxClient *client, Facts *facts, GError **error)
{
	memset(facts, 0, sizeof(*facts));
	g_clear_pointer(&client->objects, g_ptr_array_unref);
	facts->manager = cusax_client_properties(client, CUSAX_ROOT_PATH, "Manager", error);
	if (!facts->manager)
		return FALSE;
	facts->services = cusax_client_objects_of(client, "Service", error);
	if (facts->services) {
		facts->accounts = cusax_client_objects_of(client, "Account", NULL);
		facts->calls = live_calls(client, NULL);
		return TRUE;
	}
	facts_clear(facts);
	return FALSE;
}

static void show_json(Facts *facts)
{
	JsonBuilder *builder = cusax_json_begin();

	cusax_json_members(builder, facts->manager);
	cusax_json_objects(builder, "services", facts->services);
	cusax_json_objects(builder, "accounts", facts->accounts);
	cusax_json_objects(builder, "calls", facts->calls);
	cusax_json_end(builder);
}

static void add_account(CusaxTable *table, const CusaxObject *account)
{
	GVariant *facts = account->properties;
	gboolean enabled = cusax_map_boolean(facts, "Enabled");

	cusax_table_add(table, cusax_map_string(facts, "Label"), cusax_map_string(facts, "Address"),
			enabled ? cusax_map_string(facts, "State") : "disabled",
			cusax_map_string(facts, "StateReason"));
}

static void show_accounts(CusaxClient *client, Facts *facts)
{
	g_autoptr(CusaxTable) table =
		cusax_table_new("SERVICE", "ADDRESS", "STATE", "REASON", NULL);

	for (guint i = 0; i < facts->services->len; i++) {
		const CusaxObject *service = facts->services->pdata[i];
		GVariant *map = service->properties;
		static const char *const sides[] = { "ChatAccount", "TelephonyAccount" };

		cusax_table_add(table, cusax_map_string(map, "Name"), "",
				cusax_map_string(map, "State"),
				cusax_map_string(map, "StateReason"));
		for (guint side = 0; side < G_N_ELEMENTS(sides); side++) {
			const CusaxObject *account;

			account = cusax_client_find(client, cusax_map_string(map, sides[side]));
			if (account)
				add_account(table, account);
		}
	}
	for (guint i = 0; i < facts->accounts->len; i++) {
		const CusaxObject *account = facts->accounts->pdata[i];

		if (strcmp(cusax_map_string(account->properties, "Service"), "/") == 0)
			add_account(table, account);
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note(
			"No account yet. Add a chat and a telephony account and pair them:\n"
			"  cusaxctl accounts add xmpp you@example.org\n"
			"  cusaxctl accounts add sip you@example.org\n"
			"  cusaxctl pair xmpp:you@example.org sip:you@example.org");
}

static void show_calls(CusaxClient *client, Facts *facts)
{
	for (guint i = 0; i < facts->calls->len; i++) {
		const CusaxObject *call = facts->calls->pdata[i];
		GVariant *map = call->properties;
		const CusaxObject *known;
		const char *name = "";

		known = cusax_client_find(client, cusax_map_string(map, "Contact"));
		if (known)
			name = cusax_map_string(known->properties, "Name");
		cusax_output_line("%s  %s  %s%s%s  %s", cusax_short_id(call->path),
				  cusax_map_string(map, "State"), name, *name ? " " : "",
				  cusax_map_string(map, "RemoteUri"),
				  cusax_map_string(map, "Identity"));
	}
}

static void show_words(CusaxClient *client, Facts *facts)
{
	guint32 unread = cusax_map_uint(facts->manager, "Unread");
	guint32 missed = cusax_map_uint(facts->manager, "MissedCalls");
	const char *words = cusax_map_string(facts->manager, "StatusMessage");
	const char *trouble = cusax_map_string(facts->manager, "StorageError");

	show_accounts(client, facts);
	cusax_output_line("You are %s%s%s. Unread messages: %u. Missed calls: %u.",
			  cusax_map_string(facts->manager, "Availability"), *words ? ": " : "",
			  words, unread, missed);
	if (*trouble)
		cusax_output_line("Messages cannot be kept on the disk: %s", trouble);
	show_calls(client, facts);
}

/* The value of a placeholder; free. NULL where there is none of that name. */
static char *placeholder(CusaxClient *client, Facts *facts, const char *name)
{
	static const char *const of_service[] = { "State",       "ChatState", "TelephonyState",
						  "StateReason", "Name",      NULL };
	static const char *const of_call[] = { "CallState", "CallName", "CallUri", NULL };
	static const char *const of_manager[] = { "Availability", "StatusMessage", "Version",
						  NULL };
	const CusaxObject *call = facts->calls->len ? facts->calls->pdata[0] : NULL;

	if (strcmp(name, "Unread") == 0 || strcmp(name, "MissedCalls") == 0)
		return g_strdup_printf("%u", cusax_map_uint(facts->manager, name));
	if (strcmp(name, "Calls") == 0)
		return g_strdup_printf("%u", facts->calls->len);
	if (g_strv_contains(of_manager, name))
		return g_strdup(cusax_map_string(facts->manager, name));
	if (g_strv_contains(of_service, name)) {
		const CusaxObject *first = NULL;

		if (facts->services->len)
			first = facts->services->pdata[0];
		else if (facts->accounts->len)
			first = facts->accounts->pdata[0];
		return g_strdup(first ? cusax_map_string(first->properties, name) : "");
	}
	if (!g_strv_contains(of_call, name))
		return NULL;
	if (!call)
		return g_strdup("");
	if (strcmp(name, "CallName") == 0) {
		const CusaxObject *known;

		known = cusax_client_find(client, cusax_map_string(call->properties, "Contact"));
		return g_strdup(known ? cusax_map_string(known->properties, "Name") : "");
	}
	return g_strdup(cusax_map_string(call->properties,
					 strcmp(name, "CallUri") == 0 ? "RemoteUri" : "State"));
}

/* format with each {Name} replaced; "{{" is a brace. Free. */
static char *expand(CusaxClient *client, Facts *facts, GError **error)
{
	GString *text = g_string_new(NULL);

	for (const char *at = format; *at; at++) {
		const char *end = strchr(at, '}');
		g_autofree char *name = NULL;
		g_autofree char *value = NULL;
		g_autofree char *safe = NULL;

		if (*at != '{' || at[1] == '{') {
			g_string_append_c(text, *at);
			at += *at == '{';
			continue;
		}
		name = end ? g_strndup(at + 1, end - at - 1) : g_strdup(at + 1);
		value = end ? placeholder(client, facts, name) : NULL;
		if (!value) {
			g_set_error(
				error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				"the format has no {%s}; 'cusaxctl help status' lists what it has",
				name);
			g_string_free(text, TRUE);
			return NULL;
		}
		safe = cusax_output_safe(value);
		g_string_append(text, safe);
		at = end;
	}
	return g_string_free(text, FALSE);
}

static gboolean show(CusaxClient *client, char **shown, GError **error)
{
	Facts facts;
	gboolean done = TRUE;

	if (!facts_fetch(client, &facts, error))
		return FALSE;
	if (client->json) {
		show_json(&facts);
	} else if (format) {
		g_autofree char *line = expand(client, &facts, error);

		done = line != NULL;
		/* A bar draws again for each line: one that says the same is not sent. */
		if (line && g_strcmp0(line, *shown) != 0) {
			cusax_output_line("%s", line);
			g_free(*shown);
			*shown = g_steal_pointer(&line);
		}
	} else {
		show_words(client, &facts);
	}
	facts_clear(&facts);
	return done;
}

static gboolean on_settled(gpointer data)
{
	Follower *follower = data;

	follower->pending = 0;
	if (!show(follower->client, &follower->shown, &follower->error)) {
		/* The daemon may go at any time; the watch says when it is back. */
		if (cusax_cli_error_exit(follower->error) == CUSAX_EXIT_USAGE)
			g_main_loop_quit(follower->loop);
		else
			g_clear_error(&follower->error);
	}
	return G_SOURCE_REMOVE;
}

/* Facts change together: what has piled up is shown once. */
static void settle(Follower *follower)
{
	if (!follower->pending && follower->present)
		follower->pending = g_idle_add(on_settled, follower);
}

static void on_signal(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
		      const char *path, const char *interface G_GNUC_UNUSED,
		      const char *signal G_GNUC_UNUSED, GVariant *parameters G_GNUC_UNUSED,
		      gpointer data)
{
	/* Contacts come and go all day, and nothing of them is shown. */
	if (!g_str_has_prefix(path, CUSAX_ROOT_PATH "/contact/"))
		settle(data);
}

static void on_appeared(GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
			const char *owner G_GNUC_UNUSED, gpointer data)
{
	Follower *follower = data;

	follower->present = TRUE;
	settle(follower);
}

static void on_vanished(GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
			gpointer data)
{
	Follower *follower = data;

	follower->present = FALSE;
	g_clear_handle_id(&follower->pending, g_source_remove);
	g_clear_pointer(&follower->shown, g_free);
	if (follower->client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_string(builder, "event", "daemon-gone");
		cusax_json_end(builder);
	} else if (format) {
		cusax_output_line("%s", "");
	}
}

static gboolean follow_changes(CusaxClient *client, GError **error)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	Follower follower = { .client = client, .loop = loop };
	guint heard, watch;

	heard = g_dbus_connection_signal_subscribe(client->bus, CUSAX_BUS_NAME, NULL, NULL, NULL,
						   NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal,
						   &follower, NULL);
	watch = g_bus_watch_name_on_connection(client->bus, CUSAX_BUS_NAME,
					       client->start ? G_BUS_NAME_WATCHER_FLAGS_AUTO_START
							     : G_BUS_NAME_WATCHER_FLAGS_NONE,
					       on_appeared, on_vanished, &follower, NULL);
	g_main_loop_run(loop);
	g_bus_unwatch_name(watch);
	g_dbus_connection_signal_unsubscribe(client->bus, heard);
	g_free(follower.shown);
	g_propagate_error(error, follower.error);
	return FALSE;
}

/* --wait: until every enabled account is online. */
static gboolean wait_for_all(CusaxClient *client, GError **error)
{
	g_autoptr(GPtrArray) accounts = cusax_client_objects_of(client, "Account", error);

	if (!accounts)
		return FALSE;
	for (guint i = 0; i < accounts->len; i++) {
		const CusaxObject *account = accounts->pdata[i];

		if (cusax_map_boolean(account->properties, "Enabled") &&
		    !cusax_wait_online(client, account->path, "Account", error))
			return FALSE;
	}
	return TRUE;
}

gboolean cusax_command_status(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autofree char *shown = NULL;

	if (client->wait && !wait_for_all(client, error))
		return FALSE;
	return follow ? follow_changes(client, error) : show(client, &shown, error);
}

gboolean cusax_command_statistics(CusaxClient *client, char **arguments G_GNUC_UNUSED,
				  GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GVariant) map = NULL;
	g_autoptr(CusaxTable) table = NULL;
	GVariantIter iter;
	const char *key;
	GVariant *value;

	answer =
		cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "GetStatistics", NULL, error);
	if (!answer)
		return FALSE;
	map = g_variant_get_child_value(answer, 0);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "statistics", map);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("COUNTER", "VALUE", NULL);
	g_variant_iter_init(&iter, map);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
		g_autofree char *text = cusax_output_setting(value);

		cusax_table_add(table, key, text);
	}
	cusax_table_print(table);
	return TRUE;
}

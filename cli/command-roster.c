/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl roster and lookup: the contacts of the chat accounts. */
/* Single-threaded, as all of cusaxctl. */
#include <string.h>

#include "cli/command.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"

static char *account, *name, *message;
static char **groups;
static gboolean no_subscribe;

const GOptionEntry cusax_roster_options[] = {
	{ "account", 0, 0, G_OPTION_ARG_STRING, &account, "The chat account to use", "ID" },
	{ "name", 0, 0, G_OPTION_ARG_STRING, &name, "What to call the contact", "NAME" },
	{ "group", 0, 0, G_OPTION_ARG_STRING_ARRAY, &groups, "A group to put it in", "GROUP" },
	{ "message", 0, 0, G_OPTION_ARG_STRING, &message, "A word to the contact", "TEXT" },
	{ "no-subscribe", 0, 0, G_OPTION_ARG_NONE, &no_subscribe,
	  "Do not ask to see the contact's presence", NULL },
	{ 0 }
};

static gboolean act(CusaxClient *client, const char *id, const char *method, GVariant *arguments,
		    const char *words, GError **error)
{
	const CusaxObject *contact = cusax_resolve(client, "Contact", id, error);
	g_autoptr(GVariant) owned = arguments ? g_variant_ref_sink(arguments) : NULL;
	g_autoptr(GVariant) answer = NULL;

	if (!contact)
		return FALSE;
	answer = cusax_client_call(client, contact->path, "Contact", method, owned, error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, contact->path, "Contact", "%s %s.",
			  cusax_map_string(contact->properties, "Address"), words);
	return TRUE;
}

/* What can be dialled: the first entry that has a normalised form. */
static const char *first_phone(GVariant *facts)
{
	g_autoptr(GVariant) phones = NULL;

	phones = g_variant_lookup_value(facts, "Phones", G_VARIANT_TYPE("a(sasss)"));
	for (gsize i = 0; phones && i < g_variant_n_children(phones); i++) {
		const char *uri, *normalised;

		g_variant_get_child(phones, i, "(&s@as&s&s)", &uri, NULL, &normalised, NULL);
		if (*normalised)
			return normalised;
	}
	return "";
}

static void show_phones(CusaxTable *table, GVariant *facts)
{
	g_autoptr(GVariant) phones = NULL;

	phones = g_variant_lookup_value(facts, "Phones", G_VARIANT_TYPE("a(sasss)"));
	for (gsize i = 0; phones && i < g_variant_n_children(phones); i++) {
		g_autofree const char **types = NULL;
		g_autofree char *joined = NULL;
		g_autofree char *text = NULL;
		const char *uri, *normalised, *source;

		g_variant_get_child(phones, i, "(&s^a&s&s&s)", &uri, &types, &normalised, &source);
		joined = g_strjoinv(",", (char **)types);
		text = g_strdup_printf("%s (%s; %s; from %s)", uri, *joined ? joined : "any",
				       *normalised ? normalised : "cannot be called", source);
		cusax_table_add(table, "Phone", text);
	}
}

static void show_resources(CusaxTable *table, GVariant *facts)
{
	g_autoptr(GVariant) resources = NULL;

	resources = g_variant_lookup_value(facts, "Resources", G_VARIANT_TYPE("a(ssix)"));
	for (gsize i = 0; resources && i < g_variant_n_children(resources); i++) {
		g_autofree char *since = NULL;
		g_autofree char *text = NULL;
		const char *resource, *availability;
		gint32 priority;
		gint64 time;

		g_variant_get_child(resources, i, "(&s&six)", &resource, &availability, &priority,
				    &time);
		since = cusax_output_time(time);
		text = g_strdup_printf("%s: %s since %s, priority %d", resource, availability,
				       since, priority);
		cusax_table_add(table, "Resource", text);
	}
}

static void show_clients(CusaxTable *table, GVariant *facts)
{
	g_autoptr(GVariant) clients = NULL;

	clients = g_variant_lookup_value(facts, "Clients", G_VARIANT_TYPE("aa{sv}"));
	for (gsize i = 0; clients && i < g_variant_n_children(clients); i++) {
		g_autoptr(GVariant) one = g_variant_get_child_value(clients, i);
		g_autofree char *can = cusax_map_words(one, "features");
		const char *called_so = cusax_map_string(one, "name");
		const char *type = cusax_map_string(one, "type");
		g_autofree char *text =
			g_strdup_printf("%s: %s%s%s%s%s%s", cusax_map_string(one, "resource"),
					*called_so ? called_so : "no name", *type ? " (" : "", type,
					*type ? ")" : "", *can ? "; " : "", can);

		cusax_table_add(table, "Client", text);
	}
}

/* The name that a person looks for in a list. */
static const char *called(const CusaxObject *contact)
{
	const char *text = cusax_map_string(contact->properties, "Name");

	return *text ? text : cusax_map_string(contact->properties, "Address");
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const CusaxObject *const *first = a, *const *second = b;

	return g_utf8_collate(called(*first), called(*second));
}

static void show_requests(GPtrArray *contacts)
{
	for (guint i = 0; i < contacts->len; i++) {
		const CusaxObject *contact = contacts->pdata[i];
		const char *address = cusax_map_string(contact->properties, "Address");
		const char *words = cusax_map_string(contact->properties, "RequestMessage");

		if (cusax_map_boolean(contact->properties, "SubscriptionRequested"))
			cusax_output_note("%s asks to see your presence%s%s: answer with 'cusaxctl "
					  "roster authorize' or 'roster deny'.",
					  address, *words ? ": " : "", words);
	}
}

gboolean cusax_command_roster(CusaxClient *client, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GPtrArray) contacts = cusax_client_objects_of(client, "Contact", error);
	g_autoptr(CusaxTable) table = NULL;

	if (!contacts)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_objects(builder, "contacts", contacts);
		cusax_json_end(builder);
		return TRUE;
	}
	g_ptr_array_sort(contacts, compare_names);
	table = cusax_table_new("NAME", "ADDRESS", "PRESENCE", "CAN", "PHONE", NULL);
	for (guint i = 0; i < contacts->len; i++) {
		const CusaxObject *contact = contacts->pdata[i];
		GVariant *facts = contact->properties;
		g_autofree char *can = cusax_map_words(facts, "Capabilities");

		cusax_table_add(table, cusax_map_string(facts, "Name"),
				cusax_map_string(facts, "Address"),
				cusax_map_string(facts, "Availability"), can, first_phone(facts));
	}
	if (cusax_table_rows(table))
		cusax_table_print(table);
	else
		cusax_output_note("No contacts: 'cusaxctl roster add ADDRESS' adds one.");
	show_requests(contacts);
	return TRUE;
}

gboolean cusax_command_roster_show(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *contact = cusax_resolve(client, "Contact", arguments[0], error);
	static const char *const plain[] = { "Name", "Address", "Availability", "StatusMessage",
					     "Subscription" };
	g_autoptr(CusaxTable) table = NULL;
	g_autofree char *can = NULL;
	g_autofree char *in = NULL;

	if (!contact)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_object(builder, "contact", contact);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("PROPERTY", "VALUE", NULL);
	cusax_table_add(table, "ID", cusax_short_id(contact->path));
	for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
		cusax_table_add(table, plain[i], cusax_map_string(contact->properties, plain[i]));
	can = cusax_map_words(contact->properties, "Capabilities");
	in = cusax_map_words(contact->properties, "Groups");
	cusax_table_add(table, "Groups", in);
	cusax_table_add(table, "Capabilities", can);
	if (cusax_map_boolean(contact->properties, "SubscriptionPending"))
		cusax_table_add(table, "Asked", "yes, no answer yet");
	if (cusax_map_boolean(contact->properties, "PreApproved"))
		cusax_table_add(table, "May see you", "as soon as it asks");
	if (cusax_map_boolean(contact->properties, "SubscriptionRequested"))
		cusax_table_add(table, "Asks you",
				cusax_map_string(contact->properties, "RequestMessage"));
	show_phones(table, contact->properties);
	show_resources(table, contact->properties);
	show_clients(table, contact->properties);
	cusax_table_print(table);
	return TRUE;
}

gboolean cusax_command_roster_add(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	GVariantDict options;
	const char *path;

	g_variant_dict_init(&options, NULL);
	if (account) {
		const CusaxObject *chosen = cusax_resolve_account(client, "xmpp", account, error);

		if (!chosen) {
			g_variant_dict_clear(&options);
			return FALSE;
		}
		g_variant_dict_insert(&options, "account", "o", chosen->path);
	}
	if (name)
		g_variant_dict_insert(&options, "name", "s", name);
	if (groups)
		g_variant_dict_insert(&options, "groups", "^as", groups);
	if (message)
		g_variant_dict_insert(&options, "message", "s", message);
	if (no_subscribe)
		g_variant_dict_insert(&options, "subscribe", "b", FALSE);
	answer = cusax_client_call(
		client, CUSAX_ROOT_PATH, "Manager", "AddContact",
		g_variant_new("(s@a{sv})", arguments[0], g_variant_dict_end(&options)), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o)", &path);
	cusax_output_line("%s", cusax_short_id(path));
	cusax_output_done(client, path, "Contact", NULL);
	return TRUE;
}

gboolean cusax_command_roster_set(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *contact = cusax_resolve(client, "Contact", arguments[0], error);

	if (!contact)
		return FALSE;
	if (name && !cusax_client_set(client, contact->path, "Contact", "Name",
				      g_variant_new_string(name), error))
		return FALSE;
	if (groups && !cusax_client_set(client, contact->path, "Contact", "Groups",
					g_variant_new_strv((const char *const *)groups, -1), error))
		return FALSE;
	cusax_output_done(client, contact->path, "Contact", "%s changed.",
			  cusax_map_string(contact->properties, "Address"));
	return TRUE;
}

gboolean cusax_command_roster_remove(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Remove", NULL, "removed", error);
}

gboolean cusax_command_roster_refresh(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Refresh", NULL, "is up to date", error);
}

gboolean cusax_command_roster_subscribe(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Subscribe", g_variant_new("(s)", message ? message : ""),
		   "was asked for its presence", error);
}

gboolean cusax_command_roster_authorize(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Authorize", NULL, "may see your presence", error);
}

gboolean cusax_command_roster_deny(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Deny", NULL, "may not see your presence", error);
}

gboolean cusax_command_roster_last(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *contact = cusax_resolve(client, "Contact", arguments[0], error);
	g_autoptr(GVariant) answer = NULL;
	g_autofree char *when = NULL;
	gint64 time;

	if (!contact)
		return FALSE;
	answer = cusax_client_call(client, contact->path, "Contact", "QueryLastSeen", NULL, error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(x)", &time);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_string(builder, "contact", contact->path);
		json_builder_set_member_name(builder, "LastSeen");
		json_builder_add_int_value(builder, time);
		cusax_json_end(builder);
		return TRUE;
	}
	when = cusax_output_time(time);
	cusax_output_line("%s", when);
	return TRUE;
}

gboolean cusax_command_roster_report(CusaxClient *client, char **arguments, GError **error)
{
	g_autofree char *text = arguments[2] ? g_strjoinv(" ", arguments + 2) : g_strdup("");

	return act(client, arguments[0], "Report", g_variant_new("(ss)", arguments[1], text),
		   "is blocked and reported", error);
}

gboolean cusax_command_lookup(CusaxClient *client, char **arguments, GError **error)
{
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GVariant) evidence = NULL;
	const char *contact, *identity;

	answer = cusax_client_call(client, CUSAX_ROOT_PATH, "Manager", "Lookup",
				   g_variant_new("(sa{sv})", arguments[0], NULL), error);
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(&o&s@a{sv})", &contact, &identity, &evidence);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_string(builder, "contact", contact);
		cusax_json_string(builder, "identity", identity);
		cusax_json_value(builder, "evidence", evidence);
		cusax_json_end(builder);
		return TRUE;
	}
	cusax_output_line("%s  %s  %s", cusax_short_id(contact), identity,
			  cusax_map_string(evidence, "reason"));
	return TRUE;
}

static gboolean block(CusaxClient *client, const char *id, gboolean blocked, const char *words,
		      GError **error)
{
	const CusaxObject *contact = cusax_resolve(client, "Contact", id, error);

	if (!contact || !cusax_client_set(client, contact->path, "Contact", "Blocked",
					  g_variant_new_boolean(blocked), error))
		return FALSE;
	cusax_output_done(client, contact->path, "Contact", "%s %s.",
			  cusax_map_string(contact->properties, "Address"), words);
	return TRUE;
}

gboolean cusax_command_roster_block(CusaxClient *client, char **arguments, GError **error)
{
	return block(client, arguments[0], TRUE, "is blocked", error);
}

gboolean cusax_command_roster_unblock(CusaxClient *client, char **arguments, GError **error)
{
	return block(client, arguments[0], FALSE, "is no longer blocked", error);
}

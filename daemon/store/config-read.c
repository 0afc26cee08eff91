/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views of accounts, services and policy, read from the key file with every row checked. */
/* Main thread. */
#include "daemon/store/config-private.h"

#include <string.h>

#include "daemon/store/config-rows.h"

static const char *const account_rows[] = { "protocol", "address", NULL };
static const char *const service_rows[] = { "chat", "telephony", "origin", NULL };

/* What a policy is while its row is refused: whatever the row meant, this protects as much. A key
 * that is missing here protects nothing and keeps its default. */
static const struct {
	const char *key;
	const char *value;
} strictest[] = {
	{ "min-tls", "'1.3'" },
	{ "require-srtp", "true" },
	{ "unknown-callers", "'refuse'" },
	{ "send-call-info", "false" },
	{ "publish-reachability", "false" },
	{ "presence-during-calls", "false" },
	{ "dnd-silences-calls", "true" },
	{ "confirm-charges", "true" },
	{ "join-conference-rooms", "'never'" },
	{ "max-incoming-calls", "1" },
	{ "receipts", "false" },
	{ "chat-states", "false" },
	{ "markers", "false" },
	{ "notifications", "'off'" },
};

/* One group being read. */
typedef struct {
	const char *group;
	GPtrArray *problems; /* or NULL */
	char *problem;       /* the first that restricts */
	GPtrArray *refused;  /* static keys; or NULL */
} Reading;

static void note(Reading *reading, const char *key, gboolean restricts, const char *why)
{
	config_add_problem(reading->problems, reading->group, key, restricts, why);
	if (restricts && !reading->problem)
		reading->problem = key ? g_strdup_printf("%s: %s", key, why) : g_strdup(why);
}

static void on_refused(const char *key, const char *why, gpointer data)
{
	Reading *reading = data;

	note(reading, key, TRUE, why);
	if (reading->refused)
		g_ptr_array_add(reading->refused, (gpointer)key);
}

/* A slip in the name of a setting must not turn the setting off unseen. */
static void on_unknown(const char *key, const char *meant, gpointer data)
{
	Reading *reading = data;
	g_autofree char *why = NULL;

	if (!meant) {
		note(reading, key, FALSE, "is not a setting of this version; kept as it is");
		return;
	}
	why = g_strdup_printf("is not a setting; is %s meant?", meant);
	note(reading, key, TRUE, why);
	if (reading->refused)
		g_ptr_array_add(reading->refused, (gpointer)meant);
}

static void read_policy_group(CusaxConfig *config, const char *group, GPtrArray *problems,
			      GPtrArray *refused)
{
	Reading reading = { .group = group, .problems = problems, .refused = refused };
	CusaxSettings *policy = cusax_rows_read(config->file, group, CUSAX_SETTINGS_POLICY, NULL,
						on_refused, on_unknown, &reading);

	g_free(reading.problem);
	if (strcmp(group, "policy") == 0) {
		g_clear_pointer(&config->policy, cusax_settings_unref);
		config->policy = policy;
		return;
	}
	/* A slip in the name of the group: what it sets counts as refused, row by row. */
	for (guint i = 0; i < G_N_ELEMENTS(strictest); i++) {
		if (cusax_settings_has(policy, strictest[i].key))
			g_ptr_array_add(refused, (gpointer)strictest[i].key);
	}
	config_add_problem(problems, group, NULL, TRUE, "is not a group; is policy meant?");
	cusax_settings_unref(policy);
}

static GVariant *strict_values(GPtrArray *refused)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(strictest); i++) {
		for (guint j = 0; j < refused->len; j++) {
			if (strcmp(g_ptr_array_index(refused, j), strictest[i].key) == 0)
				g_variant_dict_insert_value(
					&dict, strictest[i].key,
					g_variant_new_parsed(strictest[i].value));
		}
	}
	return g_variant_ref_sink(g_variant_dict_end(&dict));
}

void config_read_policy(CusaxConfig *config, GPtrArray *problems)
{
	g_autoptr(GPtrArray) refused = g_ptr_array_new();
	g_autoptr(GVariant) strict = NULL;
	g_auto(GStrv) groups = g_key_file_get_groups(config->file, NULL);
	CusaxSettings *policy;

	g_clear_pointer(&config->policy, cusax_settings_unref);
	config->policy = cusax_settings_new(CUSAX_SETTINGS_POLICY);
	for (guint i = 0; groups[i]; i++) {
		if (cusax_rows_look_alike("policy", groups[i]))
			read_policy_group(config, groups[i], problems, refused);
	}
	strict = strict_values(refused);
	policy = cusax_settings_merge(CUSAX_SETTINGS_POLICY, config->policy, strict, NULL);
	g_return_if_fail(policy);
	cusax_settings_unref(config->policy);
	config->policy = policy;
}

gboolean config_read_account(CusaxConfig *config, const char *id, GPtrArray *problems)
{
	g_autofree char *group = config_group("account", id);
	g_autofree char *word = g_key_file_get_string(config->file, group, "protocol", NULL);
	g_autofree char *address = g_key_file_get_string(config->file, group, "address", NULL);
	Reading reading = { .group = group, .problems = problems };
	AccountView *account;
	int protocol;

	if (!word || !cusax_word_parse(CUSAX_TYPE_PROTOCOL, word, &protocol)) {
		config_add_problem(problems, group, "protocol", TRUE, "must be xmpp or sip");
		return FALSE;
	}
	if (!address || !config_is_address(address)) {
		config_add_problem(problems, group, "address", TRUE, "is not an address");
		return FALSE;
	}
	account = config_find_account(config, id);
	if (!account) {
		account = g_new0(AccountView, 1);
		account->view.id = g_strdup(id);
		account->view.protocol = protocol;
		account->view.address = g_steal_pointer(&address);
		g_ptr_array_add(config->accounts, account);
	}
	g_clear_pointer(&account->view.settings, cusax_settings_unref);
	account->view.settings = cusax_rows_read(config->file, group, config_kind(protocol),
						 account_rows, on_refused, on_unknown, &reading);
	if (config->state == CUSAX_CONFIG_READ_ONLY && !reading.problem)
		reading.problem = g_strdup("the settings were written by a newer version");
	g_free(account->own_problem);
	account->own_problem = reading.problem;
	return TRUE;
}

/* Why this service cannot be: static text, or NULL. */
static const char *refuse_pair(CusaxConfig *config, const char *id, const char *chat,
			       const char *telephony)
{
	AccountView *a = chat ? config_find_account(config, chat) : NULL;
	AccountView *b = telephony ? config_find_account(config, telephony) : NULL;
	CusaxConfigService *other;

	if (!a || a->view.protocol != CUSAX_PROTOCOL_XMPP)
		return "chat: is not a chat account";
	if (!b || b->view.protocol != CUSAX_PROTOCOL_SIP)
		return "telephony: is not a telephony account";
	other = config_service_of(config, chat);
	if (other && strcmp(other->id, id) != 0)
		return "chat: is part of another service";
	other = config_service_of(config, telephony);
	if (other && strcmp(other->id, id) != 0)
		return "telephony: is part of another service";
	return NULL;
}

gboolean config_read_service(CusaxConfig *config, const char *id, GPtrArray *problems)
{
	g_autofree char *group = config_group("service", id);
	g_autofree char *chat = g_key_file_get_string(config->file, group, "chat", NULL);
	g_autofree char *telephony = g_key_file_get_string(config->file, group, "telephony", NULL);
	Reading reading = { .group = group, .problems = problems };
	const char *why = refuse_pair(config, id, chat, telephony);
	CusaxConfigService *service;

	if (why) {
		config_add_problem(problems, group, NULL, TRUE, why);
		return FALSE;
	}
	service = config_find_service(config, id);
	if (!service) {
		service = g_new0(CusaxConfigService, 1);
		service->id = g_strdup(id);
		service->chat = g_steal_pointer(&chat);
		service->telephony = g_steal_pointer(&telephony);
		service->origin = g_key_file_get_string(config->file, group, "origin", NULL);
		if (g_strcmp0(service->origin, "provisioned") != 0) {
			g_free(service->origin);
			service->origin = g_strdup("manual");
		}
		g_ptr_array_add(config->services, service);
	}
	g_clear_pointer(&service->settings, cusax_settings_unref);
	service->settings = cusax_rows_read(config->file, group, CUSAX_SETTINGS_PAIR, service_rows,
					    on_refused, on_unknown, &reading);
	g_free(service->problem);
	service->problem = reading.problem;
	return TRUE;
}

void config_link(CusaxConfig *config)
{
	for (guint i = 0; i < config->accounts->len; i++) {
		AccountView *account = g_ptr_array_index(config->accounts, i);
		CusaxConfigService *service = config_service_of(config, account->view.id);

		g_free(account->view.problem);
		if (account->own_problem)
			account->view.problem = g_strdup(account->own_problem);
		else if (service && service->problem)
			account->view.problem =
				g_strdup_printf("service %s: %s", service->id, service->problem);
		else
			account->view.problem = NULL;
		account->view.enabled = !account->view.problem &&
					cusax_settings_boolean(account->view.settings, "enabled");
	}
}

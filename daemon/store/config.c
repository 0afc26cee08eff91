/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading of the key file, and what it holds. */
/* Main thread. */
#include "daemon/store/config.h"

#include <string.h>
#include <unistd.h>

#include "daemon/base/error.h"
#include "daemon/store/config-private.h"
#include "daemon/store/config-rows.h"

#define MAX_ADDRESS 3071 /* RFC 7622 §3.1 */

static void problem_free(CusaxConfigProblem *problem)
{
	g_free(problem->group);
	g_free(problem->key);
	g_free(problem->reason);
	g_free(problem);
}

static void account_free(AccountView *account)
{
	g_free(account->view.id);
	g_free(account->view.address);
	g_free(account->view.problem);
	g_free(account->own_problem);
	cusax_settings_unref(account->view.settings);
	g_free(account);
}

static void service_free(CusaxConfigService *service)
{
	g_free(service->id);
	g_free(service->chat);
	g_free(service->telephony);
	g_free(service->origin);
	g_free(service->problem);
	cusax_settings_unref(service->settings);
	g_free(service);
}

gboolean config_is_id(const char *id)
{
	gsize length = strlen(id);

	return length >= 1 && length <= 64 &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
		       length;
}

gboolean config_is_address(const char *address)
{
	gsize length = strlen(address);
	const char *domain = strrchr(address, '@');

	if (length == 0 || length > MAX_ADDRESS || !g_utf8_validate(address, length, NULL))
		return FALSE;
	/* No name of a host has these: two rows have become one. */
	if (strpbrk(domain ? domain : address, "=;,<>\"#") != NULL)
		return FALSE;
	for (; *address; address++) {
		if (g_ascii_iscntrl(*address) || *address == ' ')
			return FALSE;
	}
	return TRUE;
}

char *config_group(const char *kind, const char *id)
{
	return g_strdup_printf("%s %s", kind, id);
}

CusaxSettingsKind config_kind(CusaxProtocol protocol)
{
	switch (protocol) {
	case CUSAX_PROTOCOL_XMPP:
		return CUSAX_SETTINGS_XMPP_ACCOUNT;
	case CUSAX_PROTOCOL_SIP:
		return CUSAX_SETTINGS_SIP_ACCOUNT;
	}
	g_return_val_if_reached(CUSAX_SETTINGS_XMPP_ACCOUNT);
}

void config_add_problem(GPtrArray *problems, const char *group, const char *key, gboolean restricts,
			const char *reason)
{
	CusaxConfigProblem *problem;

	if (!problems)
		return;
	problem = g_new0(CusaxConfigProblem, 1);
	problem->group = g_strdup(group);
	problem->key = g_strdup(key);
	problem->reason = g_strdup(reason);
	problem->restricts = restricts;
	g_ptr_array_add(problems, problem);
}

AccountView *config_find_account(CusaxConfig *config, const char *id)
{
	for (guint i = 0; i < config->accounts->len; i++) {
		AccountView *account = g_ptr_array_index(config->accounts, i);

		if (strcmp(account->view.id, id) == 0)
			return account;
	}
	return NULL;
}

CusaxConfigService *config_find_service(CusaxConfig *config, const char *id)
{
	for (guint i = 0; i < config->services->len; i++) {
		CusaxConfigService *service = g_ptr_array_index(config->services, i);

		if (strcmp(service->id, id) == 0)
			return service;
	}
	return NULL;
}

CusaxConfigService *config_service_of(CusaxConfig *config, const char *account)
{
	for (guint i = 0; i < config->services->len; i++) {
		CusaxConfigService *service = g_ptr_array_index(config->services, i);

		if (strcmp(service->chat, account) == 0 || strcmp(service->telephony, account) == 0)
			return service;
	}
	return NULL;
}

/* A file that says nothing of its schema is one that a person began. */
static gboolean is_our_schema(CusaxConfig *config)
{
	g_autoptr(GError) error = NULL;
	int schema = g_key_file_get_integer(config->file, "daemon", "schema", &error);

	if (g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND) ||
	    g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND))
		return TRUE;
	return !error && schema == CONFIG_SCHEMA;
}

/* The id in a group's name, or NULL. */
static const char *id_of(CusaxConfig *config, const char *group, const char *kind)
{
	gsize length = strlen(kind);

	if (strncmp(group, kind, length) != 0 || group[length] != ' ')
		return NULL;
	if (config_is_id(group + length + 1))
		return group + length + 1;
	config_add_problem(config->problems, group, NULL, TRUE, "has an id that is not valid");
	return NULL;
}

static void read_views(CusaxConfig *config)
{
	g_auto(GStrv) groups = g_key_file_get_groups(config->file, NULL);

	config_read_policy(config, config->problems);
	for (guint i = 0; groups[i]; i++) {
		const char *id = id_of(config, groups[i], "account");

		if (!id)
			continue;
		if (config->accounts->len < CUSAX_CONFIG_MAX_ACCOUNTS)
			config_read_account(config, id, config->problems);
		else
			config_add_problem(config->problems, groups[i], NULL, TRUE,
					   "is one account too many");
	}
	for (guint i = 0; groups[i]; i++) {
		const char *id = id_of(config, groups[i], "service");

		if (id)
			config_read_service(config, id, config->problems);
	}
	config_link(config);
}

static void set_aside(CusaxConfig *config, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL, *reason = NULL;

	if (cusax_file_set_aside(config->folder, CONFIG_FILE, "bad", &name, &error)) {
		reason = g_strdup_printf("%s; kept as %s", why, name);
		config->state = CUSAX_CONFIG_SET_ASIDE;
		config->stamp = (CusaxFileStamp){ 0 };
	} else {
		reason = g_strdup_printf("%s, and: %s", why, error->message);
		config->state = CUSAX_CONFIG_REFUSED;
	}
	config_add_problem(config->problems, NULL, NULL, TRUE, reason);
}

static void parse(CusaxConfig *config, const char *data, gsize length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GKeyFile) file = g_key_file_new();

	/* What cannot be text is no key file, however much of it could be read. */
	if (strlen(data) != length) {
		set_aside(config, "the file is not text");
		return;
	}
	if (!g_key_file_load_from_data(file, data, length,
				       G_KEY_FILE_KEEP_COMMENTS | G_KEY_FILE_KEEP_TRANSLATIONS,
				       &error)) {
		/* GKeyFile quotes the line, which may hold anything. */
		set_aside(config, "the file cannot be understood");
		return;
	}
	g_key_file_unref(config->file);
	config->file = g_steal_pointer(&file);
	if (!is_our_schema(config)) {
		config->state = CUSAX_CONFIG_READ_ONLY;
		config_add_problem(config->problems, "daemon", "schema", TRUE,
				   "is not one that this version knows");
	}
}

static void read_file(CusaxConfig *config, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *data = NULL;
	gboolean tightened = FALSE;
	gsize length;

	config->folder = cusax_folder_open(path, &error);
	if (config->folder >= 0 &&
	    cusax_file_read(config->folder, CONFIG_FILE, CONFIG_MAX_BYTES, &data, &length,
			    &config->stamp, &tightened, &error)) {
		if (tightened)
			config_add_problem(config->problems, NULL, NULL, FALSE,
					   "others could read the file; they no longer can");
		parse(config, data, length);
		return;
	}
	if (config->folder >= 0 && g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND))
		return; /* the first start */
	if (config->folder >= 0 &&
	    g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED)) {
		set_aside(config, error->message);
		return;
	}
	config->state = CUSAX_CONFIG_REFUSED;
	config_add_problem(config->problems, NULL, NULL, TRUE, error->message);
}

CusaxConfig *cusax_config_load(const char *folder)
{
	CusaxConfig *config = g_new0(CusaxConfig, 1);
	g_autofree char *path = folder ? g_strdup(folder)
				       : g_build_filename(g_get_user_config_dir(), "cusaxd", NULL);

	config->file = g_key_file_new();
	config->problems = g_ptr_array_new_with_free_func((GDestroyNotify)problem_free);
	config->accounts = g_ptr_array_new_with_free_func((GDestroyNotify)account_free);
	config->services = g_ptr_array_new_with_free_func((GDestroyNotify)service_free);
	config->context = g_main_context_ref_thread_default();
	g_queue_init(&config->waiting);
	read_file(config, path);
	read_views(config);
	return config;
}

void cusax_config_free(CusaxConfig *config)
{
	if (!config)
		return;
	config->state = CUSAX_CONFIG_REFUSED; /* no save is begun in a callback */
	config_finish_saves(config);
	if (config->folder >= 0)
		close(config->folder);
	g_key_file_unref(config->file);
	g_ptr_array_unref(config->problems);
	g_ptr_array_unref(config->accounts);
	g_ptr_array_unref(config->services);
	cusax_settings_unref(config->policy);
	g_main_context_unref(config->context);
	g_free(config);
}

CusaxConfigState cusax_config_state(CusaxConfig *config)
{
	return config->state;
}

const GPtrArray *cusax_config_problems(CusaxConfig *config)
{
	return config->problems;
}

char *cusax_config_fresh_id(CusaxConfig *config, const char *prefix)
{
	for (;;) {
		g_autofree char *id = g_strdup_printf("%s%08x", prefix, g_random_int());
		g_autofree char *account = config_group("account", id);
		g_autofree char *service = config_group("service", id);

		if (!g_key_file_has_group(config->file, account) &&
		    !g_key_file_has_group(config->file, service))
			return g_steal_pointer(&id);
	}
}

const GPtrArray *cusax_config_accounts(CusaxConfig *config)
{
	return config->accounts;
}

const GPtrArray *cusax_config_services(CusaxConfig *config)
{
	return config->services;
}

const CusaxConfigAccount *cusax_config_account(CusaxConfig *config, const char *id)
{
	AccountView *account = config_find_account(config, id);

	return account ? &account->view : NULL;
}

const CusaxConfigService *cusax_config_service(CusaxConfig *config, const char *id)
{
	return config_find_service(config, id);
}

CusaxSettings *cusax_config_policy(CusaxConfig *config)
{
	return config->policy;
}

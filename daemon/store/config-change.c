/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of accounts, services and policy: checked, written as rows, read back as views. */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "daemon/store/config-private.h"
#include "daemon/store/config-rows.h"

static gboolean fail(GError **error, CusaxError code, const char *text)
{
	g_set_error_literal(error, CUSAX_ERROR, code, text);
	return FALSE;
}

static gboolean check_writable(CusaxConfig *config, GError **error)
{
	switch (config->state) {
	case CUSAX_CONFIG_GOOD:
	case CUSAX_CONFIG_SET_ASIDE:
		return TRUE;
	case CUSAX_CONFIG_READ_ONLY:
		return fail(error, CUSAX_ERROR_REFUSED,
			    "the settings were written by a newer version");
	case CUSAX_CONFIG_REFUSED:
		return fail(error, CUSAX_ERROR_REFUSED, "the settings cannot be written");
	}
	g_return_val_if_reached(FALSE);
}

/* An id that nothing in the file has, not even a group that could not be loaded. */
static gboolean check_new_id(CusaxConfig *config, const char *group, const char *id, GError **error)
{
	if (!config_is_id(id))
		return fail(error, CUSAX_ERROR_INVALID_ARGUMENT, "id: has other characters");
	if (g_key_file_has_group(config->file, group))
		return fail(error, CUSAX_ERROR_WRONG_STATE, "id: is taken");
	return TRUE;
}

/* The changes as a map that may be kept, checked against what they change. */
static GVariant *check_changes(CusaxSettingsKind kind, CusaxSettings *base, GVariant *changes,
			       GError **error)
{
	g_autoptr(GVariant) map =
		changes ? g_variant_ref(changes) : g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	g_autoptr(CusaxSettings) merged = cusax_settings_merge(kind, base, map, error);

	return merged ? g_steal_pointer(&map) : NULL;
}

gboolean cusax_config_add_account(CusaxConfig *config, const char *id, CusaxProtocol protocol,
				  const char *address, GVariant *settings, GError **error)
{
	g_autofree char *group = config_group("account", id);
	g_autoptr(GVariant) map = NULL;

	if (!check_writable(config, error) || !check_new_id(config, group, id, error))
		return FALSE;
	if (config->accounts->len >= CUSAX_CONFIG_MAX_ACCOUNTS)
		return fail(error, CUSAX_ERROR_LIMIT_EXCEEDED, "there are too many accounts");
	if (!config_is_address(address))
		return fail(error, CUSAX_ERROR_INVALID_ARGUMENT, "address: is not an address");
	map = check_changes(config_kind(protocol), NULL, settings, error);
	if (!map)
		return FALSE;
	g_key_file_set_string(config->file, group, "protocol",
			      cusax_word(CUSAX_TYPE_PROTOCOL, protocol));
	g_key_file_set_string(config->file, group, "address", address);
	cusax_rows_write(config->file, group, map);
	config_read_account(config, id, NULL);
	config_link(config);
	return TRUE;
}

gboolean cusax_config_change_account(CusaxConfig *config, const char *id, GVariant *changes,
				     GError **error)
{
	g_autofree char *group = config_group("account", id);
	AccountView *account = config_find_account(config, id);
	g_autoptr(GVariant) map = NULL;

	if (!account)
		return fail(error, CUSAX_ERROR_NOT_FOUND, "there is no such account");
	if (!check_writable(config, error))
		return FALSE;
	map = check_changes(config_kind(account->view.protocol), account->view.settings, changes,
			    error);
	if (!map)
		return FALSE;
	cusax_rows_write(config->file, group, map);
	config_read_account(config, id, NULL);
	config_link(config);
	return TRUE;
}

gboolean cusax_config_remove_account(CusaxConfig *config, const char *id, GError **error)
{
	g_autofree char *group = config_group("account", id);
	AccountView *account = config_find_account(config, id);

	if (!account)
		return fail(error, CUSAX_ERROR_NOT_FOUND, "there is no such account");
	if (!check_writable(config, error))
		return FALSE;
	if (config_service_of(config, id))
		return fail(error, CUSAX_ERROR_WRONG_STATE, "the account is part of a service");
	g_key_file_remove_group(config->file, group, NULL);
	g_ptr_array_remove(config->accounts, account);
	return TRUE;
}

static gboolean check_member(CusaxConfig *config, const char *id, CusaxProtocol protocol,
			     const char *name, GError **error)
{
	AccountView *account = config_find_account(config, id);

	if (!account || account->view.protocol != protocol) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "%s: is not an account of this kind", name);
		return FALSE;
	}
	if (config_service_of(config, id)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
			    "%s: is part of another service", name);
		return FALSE;
	}
	return TRUE;
}

gboolean cusax_config_add_service(CusaxConfig *config, const char *id, const char *chat,
				  const char *telephony, const char *origin, GVariant *settings,
				  GError **error)
{
	g_autofree char *group = config_group("service", id);
	g_autoptr(GVariant) map = NULL;

	if (!check_writable(config, error) || !check_new_id(config, group, id, error) ||
	    !check_member(config, chat, CUSAX_PROTOCOL_XMPP, "chat", error) ||
	    !check_member(config, telephony, CUSAX_PROTOCOL_SIP, "telephony", error))
		return FALSE;
	map = check_changes(CUSAX_SETTINGS_PAIR, NULL, settings, error);
	if (!map)
		return FALSE;
	g_key_file_set_string(config->file, group, "chat", chat);
	g_key_file_set_string(config->file, group, "telephony", telephony);
	g_key_file_set_string(config->file, group, "origin", origin);
	cusax_rows_write(config->file, group, map);
	config_read_service(config, id, NULL);
	config_link(config);
	return TRUE;
}

gboolean cusax_config_change_service(CusaxConfig *config, const char *id, GVariant *changes,
				     GError **error)
{
	g_autofree char *group = config_group("service", id);
	CusaxConfigService *service = config_find_service(config, id);
	g_autoptr(GVariant) map = NULL;

	if (!service)
		return fail(error, CUSAX_ERROR_NOT_FOUND, "there is no such service");
	if (!check_writable(config, error))
		return FALSE;
	map = check_changes(CUSAX_SETTINGS_PAIR, service->settings, changes, error);
	if (!map)
		return FALSE;
	cusax_rows_write(config->file, group, map);
	config_read_service(config, id, NULL);
	config_link(config);
	return TRUE;
}

gboolean cusax_config_remove_service(CusaxConfig *config, const char *id, GError **error)
{
	g_autofree char *group = config_group("service", id);
	CusaxConfigService *service = config_find_service(config, id);

	if (!service)
		return fail(error, CUSAX_ERROR_NOT_FOUND, "there is no such service");
	if (!check_writable(config, error))
		return FALSE;
	g_key_file_remove_group(config->file, group, NULL);
	g_ptr_array_remove(config->services, service);
	config_link(config);
	return TRUE;
}

gboolean cusax_config_change_policy(CusaxConfig *config, GVariant *changes, GError **error)
{
	g_autoptr(GVariant) map = NULL;

	if (!check_writable(config, error))
		return FALSE;
	map = check_changes(CUSAX_SETTINGS_POLICY, config->policy, changes, error);
	if (!map)
		return FALSE;
	cusax_rows_write(config->file, "policy", map);
	config_read_policy(config, NULL);
	return TRUE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Admin: methods become verbs of the core. */
/* Main thread. */
#include "cusax-dbus.h"
#include "daemon/model/manager.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-interface.h"

#define SECRET_MAX 4096

static const CusaxBusOption remove_options[] = {
	{ "keep-secret", "b", NULL, NULL },
	{ 0 },
};

static gboolean handle_add_account(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				   GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) settings = NULL;
	const char *protocol_word, *address;
	int protocol;

	g_variant_get(parameters, "(&s&s@a{sv})", &protocol_word, &address, &settings);
	if (!cusax_bus_check_word("protocol", CUSAX_TYPE_PROTOCOL, protocol_word, &protocol,
				  error) ||
	    !cusax_bus_check_line("address", address, 1, CUSAX_BUS_ADDRESS_MAX, error) ||
	    !cusax_bus_check_settings("settings", cusax_bus_settings_kind(protocol), settings,
				      error))
		return FALSE;
	cusax_core_add_account(request->core, (CusaxProtocol)protocol, address, settings,
			       cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_remove_account(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				      GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	CusaxAccount *account;
	const char *path;

	g_variant_get(parameters, "(&o@a{sv})", &path, &options);
	account = cusax_bus_find_object(request->registry, "account", path, CUSAX_TYPE_ACCOUNT,
					error);
	if (!account ||
	    !cusax_bus_check_options(request->registry, "options", options, remove_options, error))
		return FALSE;
	cusax_core_remove_account(request->core, account, options, cusax_bus_reply_done, request);
	return TRUE;
}

/* The secret goes from the message to the core and nowhere else. */
static gboolean handle_set_secret(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				  GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	CusaxAccount *account;
	const char *path, *secret;

	g_variant_get(parameters, "(&o&s@a{sv})", &path, &secret, &options);
	account = cusax_bus_find_object(request->registry, "account", path, CUSAX_TYPE_ACCOUNT,
					error);
	if (!account || !cusax_bus_check_line("secret", secret, 0, SECRET_MAX, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, NULL, error))
		return FALSE;
	cusax_core_set_secret(request->core, account, secret, cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_pair(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
			    GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	const char *chat_path, *telephony_path;
	CusaxAccount *chat, *telephony;

	g_variant_get(parameters, "(&o&o@a{sv})", &chat_path, &telephony_path, &options);
	chat = cusax_bus_find_object(request->registry, "chat", chat_path, CUSAX_TYPE_ACCOUNT,
				     error);
	if (!chat)
		return FALSE;
	telephony = cusax_bus_find_object(request->registry, "telephony", telephony_path,
					  CUSAX_TYPE_ACCOUNT, error);
	if (!telephony || !cusax_bus_check_protocol("chat", chat, CUSAX_PROTOCOL_XMPP, error) ||
	    !cusax_bus_check_protocol("telephony", telephony, CUSAX_PROTOCOL_SIP, error) ||
	    !cusax_bus_check_settings("options", CUSAX_SETTINGS_PAIR, options, error))
		return FALSE;
	cusax_core_pair(request->core, chat, telephony, options, cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_unpair(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
			      GVariant *parameters, GError **error)
{
	CusaxService *service;
	const char *path;

	g_variant_get(parameters, "(&o)", &path);
	service = cusax_bus_find_object(request->registry, "service", path, CUSAX_TYPE_SERVICE,
					error);
	if (!service)
		return FALSE;
	cusax_core_unpair(request->core, service, cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_get_policy(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				  G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_get_policy(request->core, cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_set_policy(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				  GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) policy = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_settings("policy", CUSAX_SETTINGS_POLICY, policy, error))
		return FALSE;
	cusax_core_set_policy(request->core, policy, cusax_bus_reply_done, request);
	return TRUE;
}

static const CusaxBusMember methods[] = {
	{ "AddAccount", handle_add_account }, { "RemoveAccount", handle_remove_account },
	{ "SetSecret", handle_set_secret },   { "Pair", handle_pair },
	{ "Unpair", handle_unpair },          { "Provision", NULL },
	{ "ApplyProvision", NULL },           { "GetPolicy", handle_get_policy },
	{ "SetPolicy", handle_set_policy },   { 0 },
};

static const CusaxBusMember properties[] = {
	{ 0 },
};

const CusaxBusInterface cusax_bus_admin = {
	cusax_manager_get_type,
	cusax_dbus_admin_interface_info,
	methods,
	properties,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Account: methods and writable properties become verbs of the core. */
/* Main thread. */
#include "cusax-dbus.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-interface.h"

static gboolean handle_connect(CusaxBusRequest *request, CusaxObject *object,
			       G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_connect_account(request->core, CUSAX_ACCOUNT(object), cusax_bus_reply_done,
				   request);
	return TRUE;
}

static gboolean handle_disconnect(CusaxBusRequest *request, CusaxObject *object,
				  G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_disconnect_account(request->core, CUSAX_ACCOUNT(object), cusax_bus_reply_done,
				      request);
	return TRUE;
}

static gboolean update(CusaxBusRequest *request, CusaxObject *object, const char *argument,
		       GVariant *settings, GError **error)
{
	CusaxAccount *account = CUSAX_ACCOUNT(object);

	if (!cusax_bus_check_settings(argument, cusax_bus_settings_kind(account->protocol),
				      settings, error))
		return FALSE;
	cusax_core_update_account(request->core, account, settings, cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_update(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			      GError **error)
{
	g_autoptr(GVariant) settings = g_variant_get_child_value(parameters, 0);

	return update(request, object, "settings", settings, error);
}

/* The writable properties are settings. */
static gboolean set_label(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			  GError **error)
{
	g_autoptr(GVariant) settings = cusax_bus_one_setting("label", value);

	return update(request, object, "Label", settings, error);
}

static gboolean set_enabled(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			    GError **error)
{
	g_autoptr(GVariant) settings = cusax_bus_one_setting("enabled", value);

	return update(request, object, "Enabled", settings, error);
}

static gboolean set_disabled_features(CusaxBusRequest *request, CusaxObject *object,
				      GVariant *value, GError **error)
{
	g_autoptr(GVariant) settings = cusax_bus_one_setting("disabled-features", value);

	return update(request, object, "DisabledFeatures", settings, error);
}

static const CusaxBusMember methods[] = {
	{ "Connect", handle_connect },
	{ "Disconnect", handle_disconnect },
	{ "Update", handle_update },
	{ 0 },
};

static const CusaxBusMember properties[] = {
	{ "Label", set_label },
	{ "Enabled", set_enabled },
	{ "DisabledFeatures", set_disabled_features },
	{ 0 },
};

const CusaxBusInterface cusax_bus_account = {
	cusax_account_get_type,
	cusax_dbus_account_interface_info,
	methods,
	properties,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Service: methods and writable properties become verbs of the core. */
/* Main thread. */
#include "cusax-dbus.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-interface.h"

static gboolean handle_connect(CusaxBusRequest *request, CusaxObject *object,
			       G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_connect_service(request->core, CUSAX_SERVICE(object), cusax_bus_reply_done,
				   request);
	return TRUE;
}

static gboolean handle_disconnect(CusaxBusRequest *request, CusaxObject *object,
				  G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_disconnect_service(request->core, CUSAX_SERVICE(object), cusax_bus_reply_done,
				      request);
	return TRUE;
}

static gboolean handle_raise_security(CusaxBusRequest *request, CusaxObject *object,
				      G_GNUC_UNUSED GVariant *parameters,
				      G_GNUC_UNUSED GError **error)
{
	cusax_core_raise_security(request->core, CUSAX_SERVICE(object), cusax_bus_reply_variant,
				  request);
	return TRUE;
}

static gboolean handle_diagnose(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
				GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "options", options, NULL, error))
		return FALSE;
	cusax_core_diagnose(request->core, CUSAX_SERVICE(object), cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_publish_address(CusaxBusRequest *request, CusaxObject *object,
				       G_GNUC_UNUSED GVariant *parameters,
				       G_GNUC_UNUSED GError **error)
{
	cusax_core_publish_address(request->core, CUSAX_SERVICE(object), cusax_bus_reply_done,
				   request);
	return TRUE;
}

static gboolean update(CusaxBusRequest *request, CusaxObject *object, const char *argument,
		       GVariant *options, GError **error)
{
	if (!cusax_bus_check_settings(argument, CUSAX_SETTINGS_PAIR, options, error))
		return FALSE;
	cusax_core_update_service(request->core, CUSAX_SERVICE(object), options,
				  cusax_bus_reply_done, request);
	return TRUE;
}

/* The writable properties are options of the pair. */
static gboolean set_name(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			 GError **error)
{
	g_autoptr(GVariant) options = cusax_bus_one_setting("name", value);

	return update(request, object, "Name", options, error);
}

static gboolean set_connect_policy(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
				   GError **error)
{
	g_autoptr(GVariant) options = cusax_bus_one_setting("connect-policy", value);
	int policy;

	/* As an option, an empty word would stand for the default. */
	if (!cusax_bus_check_word("ConnectPolicy", CUSAX_TYPE_CONNECT_POLICY,
				  g_variant_get_string(value, NULL), &policy, error))
		return FALSE;
	return update(request, object, "ConnectPolicy", options, error);
}

static const CusaxBusMember methods[] = {
	{ "Connect", handle_connect },
	{ "Disconnect", handle_disconnect },
	{ "RaiseSecurity", handle_raise_security },
	{ "Diagnose", handle_diagnose },
	{ "PublishAddress", handle_publish_address },
	{ 0 },
};

static const CusaxBusMember properties[] = {
	{ "Name", set_name },
	{ "ConnectPolicy", set_connect_policy },
	{ 0 },
};

const CusaxBusInterface cusax_bus_service = {
	cusax_service_get_type,
	cusax_dbus_service_interface_info,
	methods,
	properties,
};

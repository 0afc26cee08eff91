/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Manager: methods become verbs of the core. */
/* Main thread. */
#include "cusax-dbus.h"
#include "daemon/model/chat.h"
#include "daemon/model/manager.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-interface.h"
#include "dbus/bus-room.h"

/* clang-format off */
static const CusaxBusOption routes_options[] = {
	{ "account", "o",  NULL,               cusax_account_get_type },
	{ "media",   "as", cusax_bus_is_media, NULL },
	{ 0 },
};

static const CusaxBusOption chat_options[] = {
	{ "account", "o", NULL, cusax_account_get_type },
	{ 0 },
};

static const CusaxBusOption room_options[] = {
	{ "account",  "o",     NULL,              cusax_account_get_type },
	{ "nick",     "s",     cusax_bus_is_id,   NULL },
	{ "password", "s",     cusax_bus_is_line, NULL },
	{ "bookmark", "b",     NULL,              NULL },
	{ "settings", "a{sv}", NULL,              NULL },
	{ 0 },
};

static const CusaxBusOption contact_options[] = {
	{ "account",   "o",  NULL,               cusax_account_get_type },
	{ "name",      "s",  cusax_bus_is_line,  NULL },
	{ "groups",    "as", cusax_bus_is_lines, NULL },
	{ "subscribe", "b",  NULL,               NULL },
	{ "message",   "s",  cusax_bus_is_line,  NULL },
	{ 0 },
};

static const CusaxBusOption log_options[] = {
	{ "before",  "s", cusax_bus_is_id,    NULL },
	{ "limit",   "u", cusax_bus_is_limit, NULL },
	{ "contact", "o", NULL,               cusax_contact_get_type },
	{ "missed",  "b", NULL,               NULL },
	{ 0 },
};

static const CusaxBusOption history_options[] = {
	{ "contact", "o",  NULL,               cusax_contact_get_type },
	{ "chat",    "o",  NULL,               cusax_chat_get_type },
	{ "room",    "o",  NULL,               cusax_room_get_type },
	{ "before",  "s",  cusax_bus_is_id,    NULL },
	{ "after",   "s",  cusax_bus_is_id,    NULL },
	{ "since",   "x",  NULL,               NULL },
	{ "until",   "x",  NULL,               NULL },
	{ "limit",   "u",  cusax_bus_is_limit, NULL },
	{ "types",   "as", cusax_bus_is_lines, NULL },
	{ 0 },
};

static const CusaxBusOption search_options[] = {
	{ "account", "o",  NULL,               cusax_account_get_type },
	{ "before",  "s",  cusax_bus_is_id,    NULL },
	{ "after",   "s",  cusax_bus_is_id,    NULL },
	{ "since",   "x",  NULL,               NULL },
	{ "until",   "x",  NULL,               NULL },
	{ "limit",   "u",  cusax_bus_is_limit, NULL },
	{ "kinds",   "as", cusax_bus_is_lines, NULL },
	{ 0 },
};

static const CusaxBusOption delete_options[] = {
	{ "contact", "o", NULL,            cusax_contact_get_type },
	{ "chat",    "o", NULL,            cusax_chat_get_type },
	{ "room",    "o", NULL,            cusax_room_get_type },
	{ "message", "s", cusax_bus_is_id, NULL },
	{ "all",     "b", NULL,            NULL },
	{ 0 },
};

static const CusaxBusOption seen_options[] = {
	{ "until", "s", cusax_bus_is_id, NULL },
	{ 0 },
};
/* clang-format on */

static gboolean handle_get_call_routes(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				       GVariant *parameters, GError **error)
{
	const GType types[] = { CUSAX_TYPE_CONTACT, CUSAX_TYPE_CALL, G_TYPE_INVALID };
	g_autoptr(GVariant) options = NULL;
	const char *target;

	g_variant_get(parameters, "(&s@a{sv})", &target, &options);
	if (!cusax_bus_check_target(request->registry, "target", target, types, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, routes_options, error))
		return FALSE;
	cusax_core_get_call_routes(request->core, target, options, cusax_bus_reply_variant,
				   request);
	return TRUE;
}

static gboolean handle_call(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
			    GVariant *parameters, GError **error)
{
	const GType types[] = { CUSAX_TYPE_CONTACT, CUSAX_TYPE_CALL, G_TYPE_INVALID };
	g_autoptr(GVariant) options = NULL;
	const char *target;

	g_variant_get(parameters, "(&s@a{sv})", &target, &options);
	if (!cusax_bus_check_target(request->registry, "target", target, types, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, cusax_bus_call_options,
				     error))
		return FALSE;
	cusax_core_call(request->core, target, options, cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_open_chat(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				 GVariant *parameters, GError **error)
{
	const GType types[] = { CUSAX_TYPE_CONTACT, G_TYPE_INVALID };
	g_autoptr(GVariant) options = NULL;
	const char *address;

	g_variant_get(parameters, "(&s@a{sv})", &address, &options);
	if (!cusax_bus_check_target(request->registry, "address", address, types, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, chat_options, error))
		return FALSE;
	cusax_core_open_chat(request->core, address, options, cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_join_room(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				 GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL, settings = NULL;
	const char *address;

	g_variant_get(parameters, "(&s@a{sv})", &address, &options);
	if (!cusax_bus_check_line("address", address, 1, CUSAX_BUS_ADDRESS_MAX, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, room_options, error))
		return FALSE;
	settings = g_variant_lookup_value(options, "settings", G_VARIANT_TYPE_VARDICT);
	if (settings && !cusax_bus_check_options(request->registry, "settings", settings,
						 cusax_bus_room_settings, error))
		return FALSE;
	cusax_core_join_room(request->core, address, options, cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_add_contact(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				   GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	const char *address;

	g_variant_get(parameters, "(&s@a{sv})", &address, &options);
	if (!cusax_bus_check_line("address", address, 1, CUSAX_BUS_ADDRESS_MAX, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, contact_options, error))
		return FALSE;
	cusax_core_add_contact(request->core, address, options, cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_lookup(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
			      GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	const char *uri;

	g_variant_get(parameters, "(&s@a{sv})", &uri, &options);
	if (!cusax_bus_check_line("uri", uri, 1, CUSAX_BUS_ADDRESS_MAX, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, NULL, error))
		return FALSE;
	cusax_core_lookup(request->core, uri, cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_get_call_log(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				    GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) filter = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "filter", filter, log_options, error))
		return FALSE;
	cusax_core_get_call_log(request->core, filter, cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_get_history(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				   GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) filter = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "filter", filter, history_options, error))
		return FALSE;
	cusax_core_get_history(request->core, filter, cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_search_messages(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				       GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) filter = NULL;
	const char *query;

	g_variant_get(parameters, "(&s@a{sv})", &query, &filter);
	if (!cusax_bus_check_text("query", query, 1, CUSAX_BUS_MESSAGE_MAX, error) ||
	    !cusax_bus_check_options(request->registry, "filter", filter, search_options, error))
		return FALSE;
	cusax_core_search_messages(request->core, query, filter, cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_delete_history(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				      GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "options", options, delete_options, error))
		return FALSE;
	cusax_core_delete_history(request->core, options, cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_mark_calls_seen(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				       GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "options", options, seen_options, error))
		return FALSE;
	cusax_core_mark_calls_seen(request->core, options, cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_get_audio_devices(CusaxBusRequest *request,
					 G_GNUC_UNUSED CusaxObject *object,
					 G_GNUC_UNUSED GVariant *parameters,
					 G_GNUC_UNUSED GError **error)
{
	cusax_core_get_audio_devices(request->core, cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_get_statistics(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				      G_GNUC_UNUSED GVariant *parameters,
				      G_GNUC_UNUSED GError **error)
{
	cusax_core_get_statistics(request->core, cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean set_availability(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				 GVariant *value, GError **error)
{
	int availability;

	if (!cusax_bus_check_word("Availability", CUSAX_TYPE_AVAILABILITY,
				  g_variant_get_string(value, NULL), &availability, error))
		return FALSE;
	cusax_core_set_availability(request->core, (CusaxAvailability)availability,
				    cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean set_status_message(CusaxBusRequest *request, G_GNUC_UNUSED CusaxObject *object,
				   GVariant *value, GError **error)
{
	const char *message = g_variant_get_string(value, NULL);

	if (!cusax_bus_check_line("StatusMessage", message, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_set_status_message(request->core, message, cusax_bus_reply_done, request);
	return TRUE;
}

static const CusaxBusMember methods[] = {
	{ "GetCallRoutes", handle_get_call_routes },
	{ "Call", handle_call },
	{ "OpenChat", handle_open_chat },
	{ "AddContact", handle_add_contact },
	{ "JoinRoom", handle_join_room },
	{ "Lookup", handle_lookup },
	{ "GetCallLog", handle_get_call_log },
	{ "GetHistory", handle_get_history },
	{ "SearchMessages", handle_search_messages },
	{ "DeleteHistory", handle_delete_history },
	{ "MarkCallsSeen", handle_mark_calls_seen },
	{ "GetAudioDevices", handle_get_audio_devices },
	{ "GetStatistics", handle_get_statistics },
	{ 0 },
};

static const CusaxBusMember properties[] = {
	{ "Availability", set_availability },
	{ "StatusMessage", set_status_message },
	{ 0 },
};

const CusaxBusInterface cusax_bus_manager = {
	cusax_manager_get_type,
	cusax_dbus_manager_interface_info,
	methods,
	properties,
};

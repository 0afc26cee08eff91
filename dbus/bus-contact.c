/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Contact: methods and writable properties become verbs of the core. */
/* Main thread. */
#include "cusax-dbus.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-interface.h"

static gboolean handle_call(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			    GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);
	g_autofree char *path = cusax_object_path(object);

	if (!cusax_bus_check_options(request->registry, "options", options, cusax_bus_call_options,
				     error))
		return FALSE;
	cusax_core_call(request->core, path, options, cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_open_chat(CusaxBusRequest *request, CusaxObject *object,
				 G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	g_autoptr(GVariant) options = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	g_autofree char *path = cusax_object_path(object);

	cusax_core_open_chat(request->core, path, options, cusax_bus_reply_object, request);
	return TRUE;
}

/* clang-format off */
static const CusaxBusOption history_options[] = {
	{ "before", "s",  cusax_bus_is_id,    NULL },
	{ "after",  "s",  cusax_bus_is_id,    NULL },
	{ "since",  "x",  NULL,               NULL },
	{ "until",  "x",  NULL,               NULL },
	{ "limit",  "u",  cusax_bus_is_limit, NULL },
	{ "types",  "as", cusax_bus_is_lines, NULL },
	{ 0 },
};
/* clang-format on */

static gboolean handle_get_history(CusaxBusRequest *request, CusaxObject *object,
				   GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) filter = g_variant_get_child_value(parameters, 0), whole = NULL;
	g_autofree char *path = cusax_object_path(object);
	GVariantDict dict;

	if (!cusax_bus_check_options(request->registry, "filter", filter, history_options, error))
		return FALSE;
	g_variant_dict_init(&dict, filter);
	g_variant_dict_insert(&dict, "contact", "o", path);
	whole = g_variant_ref_sink(g_variant_dict_end(&dict));
	cusax_core_get_history(request->core, whole, cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_refresh(CusaxBusRequest *request, CusaxObject *object,
			       G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_refresh_contact(request->core, CUSAX_CONTACT(object), cusax_bus_reply_done,
				   request);
	return TRUE;
}

static gboolean handle_remove(CusaxBusRequest *request, CusaxObject *object,
			      G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_remove_contact(request->core, CUSAX_CONTACT(object), cusax_bus_reply_done,
				  request);
	return TRUE;
}

static gboolean handle_query_last_seen(CusaxBusRequest *request, CusaxObject *object,
				       G_GNUC_UNUSED GVariant *parameters,
				       G_GNUC_UNUSED GError **error)
{
	cusax_core_query_last_seen(request->core, CUSAX_CONTACT(object), cusax_bus_reply_variant,
				   request);
	return TRUE;
}

static gboolean handle_subscribe(CusaxBusRequest *request, CusaxObject *object,
				 GVariant *parameters, GError **error)
{
	const char *message;

	g_variant_get(parameters, "(&s)", &message);
	if (!cusax_bus_check_line("message", message, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_subscribe_contact(request->core, CUSAX_CONTACT(object), message,
				     cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_authorize(CusaxBusRequest *request, CusaxObject *object,
				 G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_authorize_contact(request->core, CUSAX_CONTACT(object), cusax_bus_reply_done,
				     request);
	return TRUE;
}

static gboolean handle_deny(CusaxBusRequest *request, CusaxObject *object,
			    G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_deny_contact(request->core, CUSAX_CONTACT(object), cusax_bus_reply_done,
				request);
	return TRUE;
}

static gboolean handle_report(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			      GError **error)
{
	const char *reason, *text;

	g_variant_get(parameters, "(&s&s)", &reason, &text);
	if (!g_str_equal(reason, "spam") && !g_str_equal(reason, "abuse")) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "reason is none of spam, abuse");
		return FALSE;
	}
	if (!cusax_bus_check_line("text", text, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_report_contact(request->core, CUSAX_CONTACT(object), reason, text,
				  cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean set_name(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			 GError **error)
{
	const char *name = g_variant_get_string(value, NULL);

	if (!cusax_bus_check_line("Name", name, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_set_contact_name(request->core, CUSAX_CONTACT(object), name,
				    cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean set_groups(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			   GError **error)
{
	g_autofree const char **groups = g_variant_get_strv(value, NULL);

	if (!cusax_bus_check_lines("Groups", value, error))
		return FALSE;
	cusax_core_set_contact_groups(request->core, CUSAX_CONTACT(object), groups,
				      cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean set_blocked(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			    G_GNUC_UNUSED GError **error)
{
	cusax_core_block_contact(request->core, CUSAX_CONTACT(object), g_variant_get_boolean(value),
				 cusax_bus_reply_done, request);
	return TRUE;
}

static const CusaxBusMember methods[] = {
	{ "Call", handle_call },
	{ "OpenChat", handle_open_chat },
	{ "GetHistory", handle_get_history },
	{ "Refresh", handle_refresh },
	{ "QueryLastSeen", handle_query_last_seen },
	{ "Remove", handle_remove },
	{ "Subscribe", handle_subscribe },
	{ "Authorize", handle_authorize },
	{ "Deny", handle_deny },
	{ "Report", handle_report },
	{ 0 },
};

static const CusaxBusMember properties[] = {
	{ "Name", set_name },
	{ "Groups", set_groups },
	{ "Blocked", set_blocked },
	{ 0 },
};

const CusaxBusInterface cusax_bus_contact = {
	cusax_contact_get_type,
	cusax_dbus_contact_interface_info,
	methods,
	properties,
};

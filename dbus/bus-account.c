/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Account: methods and writable properties become verbs of the core. */
/* Main thread. */
#include <string.h>

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

static gboolean check_chat(CusaxObject *object, GError **error)
{
	if (CUSAX_ACCOUNT(object)->protocol == CUSAX_PROTOCOL_XMPP)
		return TRUE;
	g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
			    "telephony accounts have no profile, archive or block list");
	return FALSE;
}

static gboolean handle_set_avatar(CusaxBusRequest *request, CusaxObject *object,
				  GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	gint32 handle;
	int fd;

	g_variant_get(parameters, "(h@a{sv})", &handle, &options);
	if (!check_chat(object, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, NULL, error))
		return FALSE;
	fd = cusax_bus_request_take_fd(request, "picture", handle, error);
	if (fd < 0)
		return FALSE;
	cusax_core_set_avatar(request->core, CUSAX_ACCOUNT(object), fd, cusax_bus_reply_done,
			      request);
	return TRUE;
}

static gboolean handle_clear_avatar(CusaxBusRequest *request, CusaxObject *object,
				    G_GNUC_UNUSED GVariant *parameters, GError **error)
{
	if (!check_chat(object, error))
		return FALSE;
	cusax_core_clear_avatar(request->core, CUSAX_ACCOUNT(object), cusax_bus_reply_done,
				request);
	return TRUE;
}

static gboolean is_text(GVariant *value, const char **ret_why)
{
	*ret_why = "is longer than 4096 bytes, or has control characters";
	return cusax_bus_check_text("", g_variant_get_string(value, NULL), 0, 4096, NULL);
}

static gboolean is_phone(GVariant *value, const char **ret_why)
{
	const char *text = g_variant_get_string(value, NULL);

	*ret_why = "is no telephone number: digits, perhaps + before them, and spaces, -, ., ( )";
	return strlen(text) <= 64 &&
	       strspn(text + (*text == '+'), "0123456789 ().-") == strlen(text + (*text == '+')) &&
	       (!*text || strpbrk(text, "0123456789"));
}

/* clang-format off */
static const CusaxBusOption profile_options[] = {
	{ "name",         "s", cusax_bus_is_line, NULL },
	{ "nick",         "s", cusax_bus_is_line, NULL },
	{ "note",         "s", is_text,           NULL },
	{ "url",          "s", cusax_bus_is_line, NULL },
	{ "email",        "s", cusax_bus_is_line, NULL },
	{ "phone",        "s", is_phone,          NULL },
	{ "organization", "s", cusax_bus_is_line, NULL },
	{ "title",        "s", cusax_bus_is_line, NULL },
	{ "role",         "s", cusax_bus_is_line, NULL },
	{ "birthday",     "s", cusax_bus_is_line, NULL },
	{ 0 },
};
/* clang-format on */

static gboolean handle_get_profile(CusaxBusRequest *request, CusaxObject *object,
				   G_GNUC_UNUSED GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));

	if (!check_chat(object, error))
		return FALSE;
	cusax_core_profile(request->core, CUSAX_ACCOUNT(object), none, cusax_bus_reply_variant,
			   request);
	return TRUE;
}

static gboolean handle_set_profile(CusaxBusRequest *request, CusaxObject *object,
				   GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) changes = g_variant_get_child_value(parameters, 0);

	if (!check_chat(object, error) ||
	    !cusax_bus_check_options(request->registry, "changes", changes, profile_options, error))
		return FALSE;
	cusax_core_profile(request->core, CUSAX_ACCOUNT(object), changes, cusax_bus_reply_variant,
			   request);
	return TRUE;
}

static gboolean is_address(GVariant *value, const char **ret_why)
{
	g_autofree const char **addresses = g_variant_get_strv(value, NULL);

	*ret_why = "has more than 1000 addresses, or one that is empty or too long";
	for (guint i = 0; addresses[i]; i++) {
		if (i >= 1000 ||
		    !cusax_bus_check_line("", addresses[i], 1, CUSAX_BUS_ADDRESS_MAX, NULL))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_archive_word(GVariant *value, const char **ret_why)
{
	static const char *const words[] = { "always", "never", "roster", NULL };

	*ret_why = "is none of always, never, roster";
	return g_strv_contains(words, g_variant_get_string(value, NULL));
}

/* clang-format off */
static const CusaxBusOption archive_options[] = {
	{ "default", "s",  is_archive_word, NULL },
	{ "always",  "as", is_address,      NULL },
	{ "never",   "as", is_address,      NULL },
	{ 0 },
};
/* clang-format on */

static gboolean archive_preferences(CusaxBusRequest *request, CusaxObject *object,
				    GVariant *changes, GError **error)
{
	if (!check_chat(object, error) ||
	    !cusax_bus_check_options(request->registry, "changes", changes, archive_options, error))
		return FALSE;
	cusax_core_archive_preferences(request->core, CUSAX_ACCOUNT(object), changes,
				       cusax_bus_reply_variant, request);
	return TRUE;
}

static gboolean handle_get_archive_preferences(CusaxBusRequest *request, CusaxObject *object,
					       G_GNUC_UNUSED GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));

	return archive_preferences(request, object, none, error);
}

static gboolean handle_set_archive_preferences(CusaxBusRequest *request, CusaxObject *object,
					       GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) changes = g_variant_get_child_value(parameters, 0);

	return archive_preferences(request, object, changes, error);
}

static gboolean handle_unblock_all(CusaxBusRequest *request, CusaxObject *object,
				   G_GNUC_UNUSED GVariant *parameters, GError **error)
{
	if (!check_chat(object, error))
		return FALSE;
	cusax_core_unblock_all(request->core, CUSAX_ACCOUNT(object), cusax_bus_reply_done, request);
	return TRUE;
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
	{ "SetAvatar", handle_set_avatar },
	{ "ClearAvatar", handle_clear_avatar },
	{ "GetProfile", handle_get_profile },
	{ "SetProfile", handle_set_profile },
	{ "GetArchivePreferences", handle_get_archive_preferences },
	{ "SetArchivePreferences", handle_set_archive_preferences },
	{ "UnblockAll", handle_unblock_all },
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

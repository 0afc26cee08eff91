/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Call: methods and writable properties become verbs of the core. */
/* Main thread. */
#include "cusax-dbus.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-interface.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#define KEYS_MAX 64

static gboolean is_decline_reason(GVariant *value, const char **ret_why)
{
	static const char *const known[] = { "busy", "declined", "unavailable", NULL };

	*ret_why = "must be busy, declined or unavailable";
	return g_strv_contains(known, g_variant_get_string(value, NULL));
}

static gboolean is_message(GVariant *value, const char **ret_why)
{
	g_autoptr(GError) error = NULL;

	*ret_why = "must be a text of 1 to 65536 bytes without control characters";
	return cusax_bus_check_text("message", g_variant_get_string(value, NULL), 1,
				    CUSAX_BUS_MESSAGE_MAX, &error);
}

/* clang-format off */
static const CusaxBusOption accept_options[] = {
	{ "media",         "as", cusax_bus_is_media, NULL },
	{ "input-device",  "s",  cusax_bus_is_line,  NULL },
	{ "output-device", "s",  cusax_bus_is_line,  NULL },
	{ 0 },
};

static const CusaxBusOption decline_options[] = {
	{ "reason",  "s", is_decline_reason, NULL },
	{ "message", "s", is_message,        NULL },
	{ "claimed", "b", NULL,              NULL },
	{ 0 },
};

static const CusaxBusOption transfer_options[] = {
	{ "account", "o", NULL,              cusax_account_get_type },
	{ "confirm", "s", cusax_bus_is_line, NULL },
	{ 0 },
};
/* clang-format on */

static gboolean handle_accept(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			      GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "options", options, accept_options, error))
		return FALSE;
	cusax_core_accept_call(request->core, CUSAX_CALL(object), options, cusax_bus_reply_done,
			       request);
	return TRUE;
}

static gboolean handle_decline(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			       GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "options", options, decline_options, error))
		return FALSE;
	cusax_core_decline_call(request->core, CUSAX_CALL(object), options, cusax_bus_reply_done,
				request);
	return TRUE;
}

static gboolean handle_hangup(CusaxBusRequest *request, CusaxObject *object,
			      G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_hangup_call(request->core, CUSAX_CALL(object), cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_send_dtmf(CusaxBusRequest *request, CusaxObject *object,
				 GVariant *parameters, GError **error)
{
	const char *keys;

	g_variant_get(parameters, "(&s)", &keys);
	if (!cusax_bus_check_line("keys", keys, 1, KEYS_MAX, error))
		return FALSE;
	if (strspn(keys, "0123456789*#ABCD") != strlen(keys)) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "keys has a character other than 0-9, *, # and A-D");
		return FALSE;
	}
	cusax_core_send_dtmf(request->core, CUSAX_CALL(object), keys, cusax_bus_reply_done,
			     request);
	return TRUE;
}

static gboolean handle_transfer(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
				GError **error)
{
	const GType types[] = { CUSAX_TYPE_CONTACT, CUSAX_TYPE_CALL, G_TYPE_INVALID };
	g_autoptr(GVariant) options = NULL;
	const char *target;

	g_variant_get(parameters, "(&s@a{sv})", &target, &options);
	if (!cusax_bus_check_target(request->registry, "target", target, types, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, NULL, error))
		return FALSE;
	cusax_core_transfer_call(request->core, CUSAX_CALL(object), target, cusax_bus_reply_done,
				 request);
	return TRUE;
}

static gboolean handle_transfer_to(CusaxBusRequest *request, CusaxObject *object,
				   GVariant *parameters, GError **error)
{
	const char *path;
	CusaxCall *other;

	g_variant_get(parameters, "(&o)", &path);
	other = cusax_bus_find_object(request->registry, "call", path, CUSAX_TYPE_CALL, error);
	if (!other)
		return FALSE;
	cusax_core_transfer_call_to(request->core, CUSAX_CALL(object), other, cusax_bus_reply_done,
				    request);
	return TRUE;
}

static gboolean handle_accept_transfer(CusaxBusRequest *request, CusaxObject *object,
				       GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "options", options, transfer_options,
				     error))
		return FALSE;
	cusax_core_accept_transfer(request->core, CUSAX_CALL(object), options,
				   cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean handle_decline_transfer(CusaxBusRequest *request, CusaxObject *object,
					G_GNUC_UNUSED GVariant *parameters,
					G_GNUC_UNUSED GError **error)
{
	cusax_core_decline_transfer(request->core, CUSAX_CALL(object), cusax_bus_reply_done,
				    request);
	return TRUE;
}

static gboolean handle_open_chat(CusaxBusRequest *request, CusaxObject *object,
				 G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_open_call_chat(request->core, CUSAX_CALL(object), cusax_bus_reply_object,
				  request);
	return TRUE;
}

static gboolean handle_get_statistics(CusaxBusRequest *request, CusaxObject *object,
				      G_GNUC_UNUSED GVariant *parameters,
				      G_GNUC_UNUSED GError **error)
{
	cusax_core_get_call_statistics(request->core, CUSAX_CALL(object), cusax_bus_reply_variant,
				       request);
	return TRUE;
}

static gboolean handle_merge(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			     GError **error)
{
	const char *path;
	CusaxCall *other;

	g_variant_get(parameters, "(&o)", &path);
	other = cusax_bus_find_object(request->registry, "call", path, CUSAX_TYPE_CALL, error);
	if (!other)
		return FALSE;
	cusax_core_merge_calls(request->core, CUSAX_CALL(object), other, cusax_bus_reply_done,
			       request);
	return TRUE;
}

static gboolean handle_split(CusaxBusRequest *request, CusaxObject *object,
			     G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_split_call(request->core, CUSAX_CALL(object), cusax_bus_reply_done, request);
	return TRUE;
}

/* A copy of the descriptor that came along; -1 and an error where it is not a file to write to. */
static int take_file(CusaxBusRequest *request, gint32 index, GError **error)
{
	GUnixFDList *list = g_dbus_message_get_unix_fd_list(
		g_dbus_method_invocation_get_message(request->invocation));
	struct stat facts;
	int file = list ? g_unix_fd_list_get(list, index, NULL) : -1;

	/* A pipe could hold up whoever writes. */
	if (file >= 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) &&
	    (fcntl(file, F_GETFL) & O_ACCMODE) != O_RDONLY)
		return file;
	if (file >= 0)
		close(file);
	g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "file is not a regular file that is open for writing");
	return -1;
}

static gboolean handle_start_recording(CusaxBusRequest *request, CusaxObject *object,
				       GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 1);
	static const CusaxBusOption none[] = { { 0 } };
	gint32 index;
	int file;

	g_variant_get_child(parameters, 0, "h", &index);
	if (!cusax_bus_check_options(request->registry, "options", options, none, error))
		return FALSE;
	file = take_file(request, index, error);
	if (file < 0)
		return FALSE;
	cusax_core_record_call(request->core, CUSAX_CALL(object), file, cusax_bus_reply_done,
			       request);
	return TRUE;
}

static gboolean handle_stop_recording(CusaxBusRequest *request, CusaxObject *object,
				      G_GNUC_UNUSED GVariant *parameters,
				      G_GNUC_UNUSED GError **error)
{
	cusax_core_record_call(request->core, CUSAX_CALL(object), -1, cusax_bus_reply_done,
			       request);
	return TRUE;
}

static gboolean set_held(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			 G_GNUC_UNUSED GError **error)
{
	cusax_core_hold_call(request->core, CUSAX_CALL(object), g_variant_get_boolean(value),
			     cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean set_muted(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			  G_GNUC_UNUSED GError **error)
{
	cusax_core_mute_call(request->core, CUSAX_CALL(object), g_variant_get_boolean(value),
			     cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean set_device(CusaxBusRequest *request, CusaxObject *object, const char *property,
			   gboolean input, GVariant *value, GError **error)
{
	const char *device = g_variant_get_string(value, NULL);

	if (!cusax_bus_check_line(property, device, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_set_call_device(request->core, CUSAX_CALL(object), input, device,
				   cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean set_input_device(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
				 GError **error)
{
	return set_device(request, object, "InputDevice", TRUE, value, error);
}

static gboolean set_output_device(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
				  GError **error)
{
	return set_device(request, object, "OutputDevice", FALSE, value, error);
}

static const CusaxBusMember methods[] = {
	{ "Accept", handle_accept },
	{ "Decline", handle_decline },
	{ "Hangup", handle_hangup },
	{ "SendDtmf", handle_send_dtmf },
	{ "Transfer", handle_transfer },
	{ "TransferTo", handle_transfer_to },
	{ "AcceptTransfer", handle_accept_transfer },
	{ "DeclineTransfer", handle_decline_transfer },
	{ "Merge", handle_merge },
	{ "Split", handle_split },
	{ "StartRecording", handle_start_recording },
	{ "StopRecording", handle_stop_recording },
	{ "OpenChat", handle_open_chat },
	{ "GetStatistics", handle_get_statistics },
	{ 0 },
};

static const CusaxBusMember properties[] = {
	{ "Held", set_held },
	{ "Muted", set_muted },
	{ "InputDevice", set_input_device },
	{ "OutputDevice", set_output_device },
	{ 0 },
};

const CusaxBusInterface cusax_bus_call = {
	cusax_call_get_type,
	cusax_dbus_call_interface_info,
	methods,
	properties,
};

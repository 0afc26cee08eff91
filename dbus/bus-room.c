/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Room: methods become verbs of the core. */
/* Main thread. */
#include "dbus/bus-room.h"

#include "cusax-dbus.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-conversation.h"

/* clang-format off */
const CusaxBusOption cusax_bus_room_settings[] = {
	{ "name",            "s", cusax_bus_is_line, NULL },
	{ "description",     "s", cusax_bus_is_line, NULL },
	{ "members-only",    "b", NULL,              NULL },
	{ "moderated",       "b", NULL,              NULL },
	{ "password",        "s", cusax_bus_is_line, NULL },
	{ "persistent",      "b", NULL,              NULL },
	{ "public",          "b", NULL,              NULL },
	{ "audio-video-uri", "s", cusax_bus_is_line, NULL },
	{ 0 },
};
/* clang-format on */

static gboolean handle_get_avatar(CusaxBusRequest *request, CusaxObject *object,
				  GVariant *parameters, GError **error)
{
	const char *nick;

	g_variant_get(parameters, "(&s)", &nick);
	if (!cusax_bus_check_line("nick", nick, 1, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_get_room_avatar(request->core, CUSAX_ROOM(object), nick, cusax_bus_reply_string,
				   request);
	return TRUE;
}

static gboolean handle_leave(CusaxBusRequest *request, CusaxObject *object,
			     G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_leave_room(request->core, CUSAX_ROOM(object), cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_forget(CusaxBusRequest *request, CusaxObject *object,
			      G_GNUC_UNUSED GVariant *parameters, G_GNUC_UNUSED GError **error)
{
	cusax_core_forget_room(request->core, CUSAX_ROOM(object), cusax_bus_reply_done, request);
	return TRUE;
}

/* The one argument "reason" of a method. */
static gboolean take_reason(GVariant *parameters, const char **ret_reason, GError **error)
{
	g_variant_get(parameters, "(&s)", ret_reason);
	return cusax_bus_check_line("reason", *ret_reason, 0, CUSAX_BUS_LINE_MAX, error);
}

static gboolean handle_decline(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			       GError **error)
{
	const char *reason;

	if (!take_reason(parameters, &reason, error))
		return FALSE;
	cusax_core_decline_room(request->core, CUSAX_ROOM(object), reason, cusax_bus_reply_done,
				request);
	return TRUE;
}

static gboolean handle_destroy(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			       GError **error)
{
	const char *reason;

	if (!take_reason(parameters, &reason, error))
		return FALSE;
	cusax_core_destroy_room(request->core, CUSAX_ROOM(object), reason, cusax_bus_reply_done,
				request);
	return TRUE;
}

static gboolean handle_request_voice(CusaxBusRequest *request, CusaxObject *object,
				     G_GNUC_UNUSED GVariant *parameters,
				     G_GNUC_UNUSED GError **error)
{
	cusax_core_request_room_voice(request->core, CUSAX_ROOM(object), cusax_bus_reply_done,
				      request);
	return TRUE;
}

static gboolean handle_set_nick(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
				GError **error)
{
	const char *nick;

	g_variant_get(parameters, "(&s)", &nick);
	if (!cusax_bus_check_line("nick", nick, 1, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_set_room_nick(request->core, CUSAX_ROOM(object), nick, cusax_bus_reply_done,
				 request);
	return TRUE;
}

static gboolean handle_invite(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
			      GError **error)
{
	const char *address, *reason;

	g_variant_get(parameters, "(&s&s)", &address, &reason);
	if (!cusax_bus_check_line("address", address, 1, CUSAX_BUS_ADDRESS_MAX, error) ||
	    !cusax_bus_check_line("reason", reason, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_invite_to_room(request->core, CUSAX_ROOM(object), address, reason,
				  cusax_bus_reply_done, request);
	return TRUE;
}

/* One of words; ends with NULL. */
static gboolean check_word(const char *argument, const char *word, const char *const *words,
			   GError **error)
{
	g_autofree char *list = NULL;

	if (g_strv_contains(words, word))
		return TRUE;
	list = g_strjoinv(", ", (GStrv)words);
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT, "%s is none of %s", argument,
		    list);
	return FALSE;
}

static gboolean handle_set_role(CusaxBusRequest *request, CusaxObject *object, GVariant *parameters,
				GError **error)
{
	static const char *const roles[] = { "none", "visitor", "participant", "moderator", NULL };
	const char *nick, *role, *reason;

	g_variant_get(parameters, "(&s&s&s)", &nick, &role, &reason);
	if (!cusax_bus_check_line("nick", nick, 1, CUSAX_BUS_LINE_MAX, error) ||
	    !check_word("role", role, roles, error) ||
	    !cusax_bus_check_line("reason", reason, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_set_room_role(request->core, CUSAX_ROOM(object), nick, role, reason,
				 cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_set_affiliation(CusaxBusRequest *request, CusaxObject *object,
				       GVariant *parameters, GError **error)
{
	static const char *const affiliations[] = { "none",  "outcast", "member",
						    "admin", "owner",   NULL };
	const char *address, *affiliation, *reason;

	g_variant_get(parameters, "(&s&s&s)", &address, &affiliation, &reason);
	if (!cusax_bus_check_line("address", address, 1, CUSAX_BUS_ADDRESS_MAX, error) ||
	    !check_word("affiliation", affiliation, affiliations, error) ||
	    !cusax_bus_check_line("reason", reason, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_set_room_affiliation(request->core, CUSAX_ROOM(object), address, affiliation,
					reason, cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean handle_configure(CusaxBusRequest *request, CusaxObject *object,
				 GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) settings = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "settings", settings,
				     cusax_bus_room_settings, error))
		return FALSE;
	cusax_core_configure_room(request->core, CUSAX_ROOM(object), settings, cusax_bus_reply_done,
				  request);
	return TRUE;
}

static gboolean handle_call_conference(CusaxBusRequest *request, CusaxObject *object,
				       GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "options", options, cusax_bus_call_options,
				     error))
		return FALSE;
	cusax_core_call_room_conference(request->core, CUSAX_ROOM(object), options,
					cusax_bus_reply_object, request);
	return TRUE;
}

static gboolean set_subject(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			    GError **error)
{
	const char *subject = g_variant_get_string(value, NULL);

	if (!cusax_bus_check_line("Subject", subject, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_set_room_subject(request->core, CUSAX_ROOM(object), subject,
				    cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean set_autojoin(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			     G_GNUC_UNUSED GError **error)
{
	cusax_core_set_room_autojoin(request->core, CUSAX_ROOM(object),
				     g_variant_get_boolean(value), cusax_bus_reply_done, request);
	return TRUE;
}

static const CusaxBusMember methods[] = {
	{ "Leave", handle_leave },
	{ "GetAvatar", handle_get_avatar },
	{ "Forget", handle_forget },
	{ "DeclineInvitation", handle_decline },
	{ "Invite", handle_invite },
	{ "SetNick", handle_set_nick },
	{ "SetRole", handle_set_role },
	{ "SetAffiliation", handle_set_affiliation },
	{ "RequestVoice", handle_request_voice },
	{ "Configure", handle_configure },
	{ "Destroy", handle_destroy },
	{ "CallConference", handle_call_conference },
	{ "Send", cusax_bus_conversation_send },
	{ "GetMessages", cusax_bus_conversation_get_messages },
	{ "MarkRead", cusax_bus_conversation_mark_read },
	{ "SetState", cusax_bus_conversation_set_state },
	{ "SendFile", cusax_bus_conversation_send_file },
	{ "FetchFile", cusax_bus_conversation_fetch_file },
	{ "Correct", cusax_bus_conversation_correct },
	{ "React", cusax_bus_conversation_react },
	{ "Retract", cusax_bus_conversation_retract },
	{ 0 },
};

static const CusaxBusMember properties[] = {
	{ "Subject", set_subject },
	{ "Autojoin", set_autojoin },
	{ 0 },
};

const CusaxBusInterface cusax_bus_room = {
	cusax_room_get_type,
	cusax_dbus_room_interface_info,
	methods,
	properties,
};

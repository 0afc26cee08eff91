/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Chat: its methods are those of every conversation. */
/* Main thread. */
#include "cusax-dbus.h"
#include "dbus/bus-arguments.h"
#include "dbus/bus-conversation.h"

static const CusaxBusMember methods[] = {
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

static gboolean set_privacy(CusaxBusRequest *request, CusaxObject *object, GVariant *value,
			    GError **error)
{
	static const char *const keys[] = { "receipts", "chat-states", "markers", NULL };
	GVariantIter iter;
	const char *key;

	g_variant_iter_init(&iter, value);
	while (g_variant_iter_next(&iter, "{&sb}", &key, NULL)) {
		if (g_strv_contains(keys, key))
			continue;
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "Privacy: has a key that is none of receipts, chat-states and "
				    "markers");
		return FALSE;
	}
	cusax_core_set_chat_privacy(request->core, CUSAX_CHAT(object), value, cusax_bus_reply_done,
				    request);
	return TRUE;
}

static const CusaxBusMember properties[] = {
	{ "Privacy", set_privacy },
	{ 0 },
};

const CusaxBusInterface cusax_bus_chat = {
	cusax_chat_get_type,
	cusax_dbus_chat_interface_info,
	methods,
	properties,
};

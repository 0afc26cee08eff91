/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.cusax.Cusax1.Chat: its methods are those of every conversation. */
/* Main thread. */
#include "cusax-dbus.h"
#include "dbus/bus-conversation.h"

static const CusaxBusMember methods[] = {
	{ "Send", cusax_bus_conversation_send },
	{ "GetMessages", cusax_bus_conversation_get_messages },
	{ "MarkRead", cusax_bus_conversation_mark_read },
	{ "SetState", cusax_bus_conversation_set_state },
	{ "SendFile", NULL },
	{ "Correct", cusax_bus_conversation_correct },
	{ "React", cusax_bus_conversation_react },
	{ "Retract", cusax_bus_conversation_retract },
	{ 0 },
};

static const CusaxBusMember properties[] = {
	{ 0 },
};

const CusaxBusInterface cusax_bus_chat = {
	cusax_chat_get_type,
	cusax_dbus_chat_interface_info,
	methods,
	properties,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Chat and Room have in common on the bus. */
/* Main thread. */
#pragma once

#include "dbus/bus-interface.h"

/* Handlers of methods, for the tables of both interfaces. */
gboolean cusax_bus_conversation_send(CusaxBusRequest *request, CusaxObject *object,
				     GVariant *parameters, GError **error);
gboolean cusax_bus_conversation_get_messages(CusaxBusRequest *request, CusaxObject *object,
					     GVariant *parameters, GError **error);
gboolean cusax_bus_conversation_mark_read(CusaxBusRequest *request, CusaxObject *object,
					  GVariant *parameters, GError **error);
gboolean cusax_bus_conversation_set_state(CusaxBusRequest *request, CusaxObject *object,
					  GVariant *parameters, GError **error);
gboolean cusax_bus_conversation_send_file(CusaxBusRequest *request, CusaxObject *object,
					  GVariant *parameters, GError **error);
gboolean cusax_bus_conversation_fetch_file(CusaxBusRequest *request, CusaxObject *object,
					   GVariant *parameters, GError **error);
gboolean cusax_bus_conversation_correct(CusaxBusRequest *request, CusaxObject *object,
					GVariant *parameters, GError **error);
gboolean cusax_bus_conversation_react(CusaxBusRequest *request, CusaxObject *object,
				      GVariant *parameters, GError **error);
gboolean cusax_bus_conversation_retract(CusaxBusRequest *request, CusaxObject *object,
					GVariant *parameters, GError **error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Chat and Room have in common on the bus: methods become verbs of the core. */
/* Main thread. */
#include "dbus/bus-conversation.h"

#include "dbus/bus-arguments.h"

#define ORIGIN_ID_MAX 128
#define REACTIONS_MAX 16
#define REACTION_MAX  64 /* bytes */

static gboolean is_origin_id(GVariant *value, const char **ret_why)
{
	if (!cusax_bus_is_id(value, ret_why))
		return FALSE;
	*ret_why = "is longer than 128 bytes";
	return g_variant_get_size(value) <= ORIGIN_ID_MAX + 1;
}

/* clang-format off */
static const CusaxBusOption send_options[] = {
	{ "origin-id", "s", is_origin_id,    NULL },
	{ "reply-to",  "s", cusax_bus_is_id, NULL },
	{ 0 },
};

static const CusaxBusOption filter_options[] = {
	{ "before", "s",  cusax_bus_is_id,    NULL },
	{ "after",  "s",  cusax_bus_is_id,    NULL },
	{ "since",  "x",  NULL,               NULL },
	{ "until",  "x",  NULL,               NULL },
	{ "limit",  "u",  cusax_bus_is_limit, NULL },
	{ "query",  "s",  cusax_bus_is_text,  NULL },
	{ "kinds",  "as", cusax_bus_is_lines, NULL },
	{ 0 },
};
/* clang-format on */

gboolean cusax_bus_conversation_send(CusaxBusRequest *request, CusaxObject *object,
				     GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	const char *text;

	g_variant_get(parameters, "(&s@a{sv})", &text, &options);
	if (!cusax_bus_check_text("text", text, 1, CUSAX_BUS_MESSAGE_MAX, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, send_options, error))
		return FALSE;
	cusax_core_send_message(request->core, CUSAX_CONVERSATION(object), text, options,
				cusax_bus_reply_string, request);
	return TRUE;
}

gboolean cusax_bus_conversation_get_messages(CusaxBusRequest *request, CusaxObject *object,
					     GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) filter = g_variant_get_child_value(parameters, 0);

	if (!cusax_bus_check_options(request->registry, "filter", filter, filter_options, error))
		return FALSE;
	cusax_core_get_messages(request->core, CUSAX_CONVERSATION(object), filter,
				cusax_bus_reply_variant, request);
	return TRUE;
}

gboolean cusax_bus_conversation_mark_read(CusaxBusRequest *request, CusaxObject *object,
					  GVariant *parameters, GError **error)
{
	const char *id;

	g_variant_get(parameters, "(&s)", &id);
	if (!cusax_bus_check_line("id", id, 0, CUSAX_BUS_LINE_MAX, error))
		return FALSE;
	cusax_core_mark_read(request->core, CUSAX_CONVERSATION(object), id, cusax_bus_reply_done,
			     request);
	return TRUE;
}

gboolean cusax_bus_conversation_set_state(CusaxBusRequest *request, CusaxObject *object,
					  GVariant *parameters, GError **error)
{
	const char *word;
	int state;

	g_variant_get(parameters, "(&s)", &word);
	if (!cusax_bus_check_word("state", CUSAX_TYPE_CHAT_STATE, word, &state, error))
		return FALSE;
	if (state == CUSAX_CHAT_STATE_NONE) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "state: none is no state that can be told");
		return FALSE;
	}
	cusax_core_set_chat_state(request->core, CUSAX_CONVERSATION(object), (CusaxChatState)state,
				  cusax_bus_reply_done, request);
	return TRUE;
}

gboolean cusax_bus_conversation_correct(CusaxBusRequest *request, CusaxObject *object,
					GVariant *parameters, GError **error)
{
	const char *id, *text;

	g_variant_get(parameters, "(&s&s)", &id, &text);
	if (!cusax_bus_check_line("id", id, 1, CUSAX_BUS_LINE_MAX, error) ||
	    !cusax_bus_check_text("text", text, 1, CUSAX_BUS_MESSAGE_MAX, error))
		return FALSE;
	cusax_core_correct_message(request->core, CUSAX_CONVERSATION(object), id, text,
				   cusax_bus_reply_done, request);
	return TRUE;
}

static gboolean check_reactions(GVariant *reactions, GError **error)
{
	const char *reaction;
	GVariantIter iter;

	if (g_variant_n_children(reactions) > REACTIONS_MAX) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "reactions: more than %d", REACTIONS_MAX);
		return FALSE;
	}
	g_variant_iter_init(&iter, reactions);
	while (g_variant_iter_next(&iter, "&s", &reaction)) {
		if (!cusax_bus_check_line("reactions", reaction, 1, REACTION_MAX, error))
			return FALSE;
	}
	return TRUE;
}

gboolean cusax_bus_conversation_react(CusaxBusRequest *request, CusaxObject *object,
				      GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) list = NULL;
	g_autofree const char **reactions = NULL;
	const char *id;

	g_variant_get(parameters, "(&s@as)", &id, &list);
	if (!cusax_bus_check_line("id", id, 1, CUSAX_BUS_LINE_MAX, error) ||
	    !check_reactions(list, error))
		return FALSE;
	reactions = g_variant_get_strv(list, NULL);
	cusax_core_react(request->core, CUSAX_CONVERSATION(object), id, reactions,
			 cusax_bus_reply_done, request);
	return TRUE;
}

gboolean cusax_bus_conversation_retract(CusaxBusRequest *request, CusaxObject *object,
					GVariant *parameters, GError **error)
{
	g_autoptr(GVariant) options = NULL;
	const char *id;

	g_variant_get(parameters, "(&s@a{sv})", &id, &options);
	if (!cusax_bus_check_line("id", id, 1, CUSAX_BUS_LINE_MAX, error) ||
	    !cusax_bus_check_options(request->registry, "options", options, NULL, error))
		return FALSE;
	cusax_core_retract_message(request->core, CUSAX_CONVERSATION(object), id,
				   cusax_bus_reply_done, request);
	return TRUE;
}

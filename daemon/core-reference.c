/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What messages say about messages: reactions and retractions of both sides. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/store/references.h"

#define MAX_REACTION_CHARS 32

/* --- own acts on their way ------------------------------------------------------------------- */

CusaxOperation *core_reference_operation(CusaxAccount *account, const CusaxMessage *act)
{
	gboolean reacts = g_str_equal(act->kind, CUSAX_KIND_REACTION);
	CusaxOperation *send = cusax_operation_new(reacts ? CUSAX_OPERATION_SEND_REACTIONS
							  : CUSAX_OPERATION_SEND_RETRACTION,
						   cusax_object_id(CUSAX_OBJECT(account)));

	send->send_reference.address = g_strdup(act->peer);
	send->send_reference.message = g_strdup(act->origin_id);
	send->send_reference.target = g_strdup(act->reply_wire);
	if (reacts)
		send->send_reference.reactions =
			*act->text ? g_strsplit(act->text, "\n", -1) : g_new0(char *, 1);
	return send;
}

/* --- verbs ----------------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	CusaxConversation *chat;
	char *id;
	GStrv reactions; /* NULL: a retraction */
} Acting;

static void acting_free(gpointer data)
{
	Acting *acting = data;

	g_object_unref(acting->chat);
	g_free(acting->id);
	g_strfreev(acting->reactions);
	g_free(acting);
}

static void on_acted(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Acting *acting = g_task_get_task_data(task);
	CusaxCore *core = acting->core;
	g_auto(CusaxReferenceResult) done = { 0 };
	GError *error = NULL;
	gboolean kept;

	(void)source;
	kept = acting->reactions
		       ? cusax_history_react_finish(core->history, result, &done, &error)
		       : cusax_history_retract_finish(core->history, result, &done, &error);
	if (!kept) {
		g_task_return_error(task, error);
		return;
	}
	if (!acting->reactions && done.changed)
		core_erase_scrub(core);
	if (cusax_registry_contains(core->registry, CUSAX_OBJECT(acting->chat))) {
		if (done.changed)
			core_chat_announce(core, acting->chat, done.message, "MessageChanged");
		if (done.act)
			core_chat_hand_over(core, acting->chat->account, done.act);
	}
	g_task_return_boolean(task, TRUE);
}

static gboolean may_act(CusaxConversation *chat, GError **error)
{
	if (chat->account->protocol == CUSAX_PROTOCOL_SIP) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
			    "messages by SIP can neither be reacted to nor be taken back");
		return FALSE;
	}
	if (!(chat->account->features & CUSAX_FEATURE_MESSAGING)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
			    "messaging is switched off for this account");
		return FALSE;
	}
	return TRUE;
}

/* Takes task. */
static void act(CusaxCore *core, CusaxConversation *chat, const char *id,
		const char *const *reactions, GTask *task)
{
	CusaxReference reference = { .account = cusax_object_id(CUSAX_OBJECT(chat->account)),
				     .peer = chat->address,
				     .sender = chat->account->address,
				     .target = id,
				     .reactions = reactions };
	GError *error = NULL;
	Acting *acting;

	if (!may_act(chat, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	acting = g_new0(Acting, 1);
	*acting = (Acting){ core, g_object_ref(chat), g_strdup(id), g_strdupv((GStrv)reactions) };
	g_task_set_task_data(task, acting, acting_free);
	if (reactions)
		cusax_history_react_async(core->history, &reference, on_acted, task);
	else
		cusax_history_retract_async(core->history, &reference, on_acted, task);
}

void cusax_core_react(CusaxCore *core, CusaxConversation *chat, const char *id,
		      const char *const *reactions, GAsyncReadyCallback callback, gpointer data)
{
	act(core, chat, id, reactions, g_task_new(NULL, NULL, callback, data));
}

void cusax_core_retract_message(CusaxCore *core, CusaxConversation *chat, const char *id,
				GAsyncReadyCallback callback, gpointer data)
{
	act(core, chat, id, NULL, g_task_new(NULL, NULL, callback, data));
}

/* --- what others say ------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	gboolean retracts;
} Heard;

static void on_heard(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Heard *heard = data;
	g_autoptr(CusaxAccount) account = heard->account;
	CusaxCore *core = heard->core;
	g_auto(CusaxReferenceResult) done = { 0 };
	g_autoptr(GError) error = NULL;
	CusaxConversation *chat;
	gboolean kept;

	(void)source;
	kept = heard->retracts ? cusax_history_retract_finish(core->history, result, &done, &error)
			       : cusax_history_react_finish(core->history, result, &done, &error);
	if (g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_REFUSED))
		core_count_refused(core, cusax_object_id(CUSAX_OBJECT(account)), "retraction");
	else if (!kept)
		cusax_notice(cusax_object_id(CUSAX_OBJECT(account)),
			     "what was said of a message could not be kept: %s", error->message);
	if (!kept || !done.changed || !done.message)
		return;
	if (heard->retracts)
		core_erase_scrub(core);
	chat = core_conversation_find(core, account, done.message->peer);
	if (!chat)
		return;
	if (heard->retracts)
		core_chat_set_unread(core, chat, done.unread);
	core_chat_announce(core, chat, done.message, "MessageChanged");
}

/* Emoji keep their joiners; what turns the direction of text or is invisible goes. */
static GStrv safe_reactions(const CusaxEvent *event)
{
	g_autoptr(GStrvBuilder) safe = g_strv_builder_new();

	for (GStrv one = event->reference.reactions; one && *one; one++) {
		g_autofree char *text = cusax_text_body(*one, MAX_REACTION_CHARS);

		if (*g_strstrip(text))
			g_strv_builder_add(safe, text);
	}
	return g_strv_builder_end(safe);
}

void core_reference_on_event(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	g_auto(GStrv) reactions = safe_reactions(event);
	g_autofree char *sender =
		core_sender(account, event->reference.direction, event->reference.kind,
			    event->reference.address, event->reference.resource);
	CusaxReference reference = {
		.account = cusax_object_id(CUSAX_OBJECT(account)),
		.peer = event->reference.address,
		.sender = sender,
		.occupant = event->reference.occupant,
		.target = event->reference.id,
		.time = event->reference.time ? event->reference.time : g_get_real_time(),
		.reactions = (const char *const *)reactions,
	};
	Heard *heard;

	if (!(account->features & CUSAX_FEATURE_MESSAGING)) {
		core_count(core, "messages-refused");
		return;
	}
	if (!core_room_admits(core, account, event->reference.kind, event->reference.address))
		return;
	heard = g_new(Heard, 1);
	*heard = (Heard){ core, g_object_ref(account), event->kind == CUSAX_EVENT_RETRACTION };
	if (heard->retracts)
		cusax_history_retract_async(core->history, &reference, on_heard, heard);
	else
		cusax_history_react_async(core->history, &reference, on_heard, heard);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person does with a call: answer, decline, hang up, hold, mute, keys, devices, chat. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

/* The call's record, or WRONG_STATE on task where it has ended. */
static CoreCall *live(CusaxCore *core, CusaxCall *call, GTask *task)
{
	CoreCall *record = core_call_record(core, call);

	if (!record)
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					"the call has ended");
	return record;
}

static gboolean is_illegal(CusaxCallVerdict verdict, CusaxCallInput input, CusaxCallState state,
			   GTask *task)
{
	if (verdict != CUSAX_CALL_ILLEGAL)
		return FALSE;
	g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
				"%s is not possible while the call is %s",
				cusax_call_input_word(input),
				cusax_word(CUSAX_TYPE_CALL_STATE, state));
	return TRUE;
}

static void step(CusaxCore *core, CusaxCall *call, CusaxCallInput input,
		 GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CoreCall *record = live(core, call, task);
	CusaxCallState before = call->state;

	if (!record)
		return;
	if (is_illegal(core_call_input(core, record, input, CUSAX_END_NONE), input, before, task))
		return;
	g_task_return_boolean(task, TRUE);
}

static gboolean wants_video(GVariant *options)
{
	g_autofree const char **media = NULL;

	return g_variant_lookup(options, "media", "^a&s", &media) &&
	       g_strv_contains(media, "video");
}

void cusax_core_accept_call(CusaxCore *core, CusaxCall *call, GVariant *options,
			    GAsyncReadyCallback callback, gpointer data)
{
	const char *device;

	if (wants_video(options)) {
		g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
					"calls carry audio only");
		return;
	}
	if (g_variant_lookup(options, "input-device", "&s", &device))
		g_object_set(call, "input-device", device, NULL);
	if (g_variant_lookup(options, "output-device", "&s", &device))
		g_object_set(call, "output-device", device, NULL);
	step(core, call, CUSAX_CALL_DO_ACCEPT, callback, data);
}

/* --- declining, with a message ------------------------------------------------------------------- */

static void on_reply_sent(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	g_autofree char *id = NULL;

	(void)source;
	id = cusax_core_finish_string(NULL, result, &error);
	if (!id)
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
}

/* The chat with the caller: with a contact, or by an explicit act with who he merely claims to be. */
static CusaxChat *chat_for_reply(CusaxCore *core, CusaxCall *call, gboolean claimed, GError **error)
{
	if (call->contact)
		return core_chat_open(core, call->contact->account, call->contact->address, error);
	if (claimed && *call->claimed_address && call->service)
		return core_chat_open(core, call->service->chat_account, call->claimed_address,
				      error);
	g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
			    claimed ? "message: the caller claims no chat address"
				    : "message: the caller is not a verified contact");
	return NULL;
}

void cusax_core_decline_call(CusaxCore *core, CusaxCall *call, GVariant *options,
			     GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CoreCall *record = live(core, call, task);
	const char *reason = "busy", *message = "";
	CusaxChat *chat = NULL;
	GError *error = NULL;
	gboolean claimed = FALSE;

	if (!record)
		return;
	g_variant_lookup(options, "reason", "&s", &reason);
	g_variant_lookup(options, "message", "&s", &message);
	g_variant_lookup(options, "claimed", "b", &claimed);
	if (*message) {
		chat = chat_for_reply(core, call, claimed, &error);
		if (!chat) {
			g_task_return_error(task, error);
			return;
		}
		g_object_set(call, "chat", chat, NULL);
	}
	if (strcmp(reason, "declined") == 0)
		record->decline_code = 603;
	else
		record->decline_code = strcmp(reason, "unavailable") == 0 ? 480 : 486;
	if (is_illegal(core_call_input(core, record, CUSAX_CALL_DO_DECLINE, CUSAX_END_NONE),
		       CUSAX_CALL_DO_DECLINE, call->state, task))
		return;
	if (chat)
		cusax_core_send_message(core, CUSAX_CONVERSATION(chat), message, options,
					on_reply_sent, g_steal_pointer(&task));
	else
		g_task_return_boolean(task, TRUE);
}

void cusax_core_hangup_call(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
			    gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CoreCall *record = live(core, call, task);

	if (!record)
		return;
	g_ptr_array_add(record->awaiting_end, g_steal_pointer(&task));
	/* A hang-up fits every state of a call that has not ended. */
	core_call_input(core, record, CUSAX_CALL_DO_HANGUP, CUSAX_END_NONE);
}

void cusax_core_hold_call(CusaxCore *core, CusaxCall *call, gboolean held,
			  GAsyncReadyCallback callback, gpointer data)
{
	step(core, call, held ? CUSAX_CALL_DO_HOLD : CUSAX_CALL_DO_RESUME, callback, data);
}

void cusax_core_mute_call(CusaxCore *core, CusaxCall *call, gboolean muted,
			  GAsyncReadyCallback callback, gpointer data)
{
	step(core, call, muted ? CUSAX_CALL_DO_MUTE : CUSAX_CALL_DO_UNMUTE, callback, data);
}

/* --- keys and devices ------------------------------------------------------------------------------ */

static CusaxOperation *operation(CusaxCall *call, CusaxOperationKind kind)
{
	CusaxOperation *op =
		cusax_operation_new(kind, cusax_object_id(CUSAX_OBJECT(call->account)));

	op->call = call->handle;
	return op;
}

void cusax_core_send_dtmf(CusaxCore *core, CusaxCall *call, const char *keys,
			  GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CoreCall *record = live(core, call, task);
	CusaxOperation *dtmf;

	if (!record || is_illegal(core_call_input(core, record, CUSAX_CALL_DO_DTMF, CUSAX_END_NONE),
				  CUSAX_CALL_DO_DTMF, call->state, task))
		return;
	dtmf = operation(call, CUSAX_OPERATION_DTMF);
	dtmf->dtmf.keys = g_strdup(keys);
	core_submit_for_task(core, call->account, dtmf, g_steal_pointer(&task));
}

void cusax_core_set_call_device(CusaxCore *core, CusaxCall *call, gboolean input,
				const char *device, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *move;

	if (!live(core, call, task))
		return;
	g_object_set(call, input ? "input-device" : "output-device", device, NULL);
	move = operation(call, CUSAX_OPERATION_DEVICE);
	move->device.input = input;
	move->device.device = g_strdup(core_call_device(core, call, input));
	core_submit_for_task(core, call->account, move, g_steal_pointer(&task));
}

/* --- from the call to the chat ---------------------------------------------------------------------- */

void cusax_core_open_call_chat(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
			       gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CusaxChat *chat;
	GError *error = NULL;

	/* C69 for the verified, C64 for all others. */
	if (!call->contact ||
	    !cusax_registry_contains(core->registry, CUSAX_OBJECT(call->contact))) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
					"the other side is not a verified contact");
		return;
	}
	if (!(call->contact->account->features & CUSAX_FEATURE_MESSAGING)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
					"messaging is switched off for the chat account");
		return;
	}
	chat = core_chat_open(core, call->contact->account, call->contact->address, &error);
	if (!chat) {
		g_task_return_error(task, error);
		return;
	}
	g_object_set(call, "chat", chat, NULL);
	g_task_return_pointer(task, g_object_ref(chat), g_object_unref);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person does in a room beside talking: invite, moderate, configure, call its conference. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

/* NULL, with the error on task (taken then), where the account cannot be asked now. */
static CusaxOperation *operation(CusaxRoom *room, CusaxOperationKind kind, GTask *task)
{
	CusaxAccount *account = room->parent.account;
	CusaxOperation *op;

	if (!core_is_online(account)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
		g_object_unref(task);
		return NULL;
	}
	op = cusax_operation_new(kind, cusax_object_id(CUSAX_OBJECT(account)));
	op->room.address = g_strdup(room->parent.address);
	return op;
}

static char *text_or_none(const char *text)
{
	return text && *text ? g_strdup(text) : NULL;
}

void cusax_core_set_room_nick(CusaxCore *core, CusaxRoom *room, const char *nick,
			      GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *op = operation(room, CUSAX_OPERATION_ROOM_NICK, task);

	if (!op)
		return;
	op->room.nick = g_strdup(nick);
	core_submit_for_task(core, room->parent.account, op, task);
}

void cusax_core_set_room_subject(CusaxCore *core, CusaxRoom *room, const char *subject,
				 GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *op = operation(room, CUSAX_OPERATION_ROOM_SUBJECT, task);

	if (!op)
		return;
	op->room.text = text_or_none(subject);
	core_submit_for_task(core, room->parent.account, op, task);
}

/* By the room, so that it lets the person in; directly where only the password lets people in, or
 * nothing keeps them out (XEP-0249 §2). */
void cusax_core_invite_to_room(CusaxCore *core, CusaxRoom *room, const char *address,
			       const char *reason, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *op = operation(room, CUSAX_OPERATION_ROOM_INVITE, task);
	CoreRoom *record = g_hash_table_lookup(core->rooms, room);
	const char *const *features = (const char *const *)room->features;

	if (!op)
		return;
	op->room.person = g_strdup(address);
	op->room.text = text_or_none(reason);
	op->room.password = g_strdup(record->password);
	op->room.flag = features && !g_strv_contains(features, "members-only");
	core_submit_for_task(core, room->parent.account, op, task);
}

void cusax_core_set_room_role(CusaxCore *core, CusaxRoom *room, const char *nick, const char *role,
			      const char *reason, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	const CusaxOccupant *occupant = cusax_room_find_shown(room, nick);
	CusaxOperation *op;

	if (!occupant) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
					"nick: nobody in the room is called that, or several are");
		g_object_unref(task);
		return;
	}
	op = operation(room, CUSAX_OPERATION_ROOM_ROLE, task);
	if (!op)
		return;
	op->room.nick = g_strdup(occupant->nick);
	op->room.word = g_strdup(role);
	op->room.text = text_or_none(reason);
	core_submit_for_task(core, room->parent.account, op, task);
}

void cusax_core_set_room_affiliation(CusaxCore *core, CusaxRoom *room, const char *address,
				     const char *affiliation, const char *reason,
				     GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *op = operation(room, CUSAX_OPERATION_ROOM_AFFILIATION, task);

	if (!op)
		return;
	op->room.person = g_strdup(address);
	op->room.word = g_strdup(affiliation);
	op->room.text = text_or_none(reason);
	core_submit_for_task(core, room->parent.account, op, task);
}

void cusax_core_configure_room(CusaxCore *core, CusaxRoom *room, GVariant *settings,
			       GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *op = operation(room, CUSAX_OPERATION_ROOM_CONFIGURE, task);

	if (!op)
		return;
	op->room.settings = g_variant_ref_sink(settings);
	core_submit_for_task(core, room->parent.account, op, task);
}

void cusax_core_destroy_room(CusaxCore *core, CusaxRoom *room, const char *reason,
			     GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *op = operation(room, CUSAX_OPERATION_ROOM_DESTROY, task);

	if (!op)
		return;
	op->room.text = text_or_none(reason);
	core_submit_for_task(core, room->parent.account, op, task);
}

void cusax_core_request_room_voice(CusaxCore *core, CusaxRoom *room, GAsyncReadyCallback callback,
				   gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *op = operation(room, CUSAX_OPERATION_ROOM_VOICE, task);

	if (op)
		core_submit_for_task(core, room->parent.account, op, task);
}

/* C78: the way of every call, charges and their cue included. */
void cusax_core_call_room_conference(CusaxCore *core, CusaxRoom *room, GVariant *options,
				     GAsyncReadyCallback callback, gpointer data)
{
	GTask *task;

	if (room->audio_video_uri && *room->audio_video_uri) {
		cusax_core_call(core, room->audio_video_uri, options, callback, data);
		return;
	}
	task = g_task_new(NULL, NULL, callback, data);
	g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				"the room names no conference");
	g_object_unref(task);
}

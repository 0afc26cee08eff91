/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person does in a room beside talking: invite, moderate, configure, call its conference. */
/* Main thread. */
#include "daemon/core-private.h"

/* What a request to a room may name beside the room. Borrowed; NULL: nothing. */
typedef struct {
	const char *nick, *person, *word, *text, *password;
	GVariant *settings;
	gboolean flag;
} Wish;

static void submit(CusaxCore *core, CusaxRoom *room, CusaxOperationKind kind, Wish wish,
		   GAsyncReadyCallback callback, gpointer data)
{
	CusaxAccount *account = room->parent.account;
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *op;

	if (!core_is_online(account)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
		g_object_unref(task);
		return;
	}
	op = cusax_operation_new(kind, cusax_object_id(CUSAX_OBJECT(account)));
	op->room.address = g_strdup(room->parent.address);
	op->room.nick = g_strdup(wish.nick);
	op->room.person = g_strdup(wish.person);
	op->room.word = g_strdup(wish.word);
	op->room.text = wish.text && *wish.text ? g_strdup(wish.text) : NULL;
	op->room.password = g_strdup(wish.password);
	op->room.settings = wish.settings ? g_variant_ref_sink(wish.settings) : NULL;
	op->room.flag = wish.flag;
	core_submit_for_task(core, account, op, task);
}

void cusax_core_set_room_nick(CusaxCore *core, CusaxRoom *room, const char *nick,
			      GAsyncReadyCallback callback, gpointer data)
{
	submit(core, room, CUSAX_OPERATION_ROOM_NICK, (Wish){ .nick = nick }, callback, data);
}

void cusax_core_set_room_subject(CusaxCore *core, CusaxRoom *room, const char *subject,
				 GAsyncReadyCallback callback, gpointer data)
{
	submit(core, room, CUSAX_OPERATION_ROOM_SUBJECT, (Wish){ .text = subject }, callback, data);
}

/* By the room, so that it lets the person in; directly where only the password lets people in, or
 * nothing keeps them out (XEP-0249 §2). */
void cusax_core_invite_to_room(CusaxCore *core, CusaxRoom *room, const char *address,
			       const char *reason, GAsyncReadyCallback callback, gpointer data)
{
	CoreRoom *record = g_hash_table_lookup(core->rooms, room);
	const char *const *features = (const char *const *)room->features;
	Wish wish = {
		.person = address,
		.text = reason,
		.password = record->password,
		.flag = features && !g_strv_contains(features, "members-only"),
	};

	submit(core, room, CUSAX_OPERATION_ROOM_INVITE, wish, callback, data);
}

void cusax_core_set_room_role(CusaxCore *core, CusaxRoom *room, const char *nick, const char *role,
			      const char *reason, GAsyncReadyCallback callback, gpointer data)
{
	const CusaxOccupant *occupant = cusax_room_find_shown(room, nick);
	GTask *task;

	if (occupant) {
		submit(core, room, CUSAX_OPERATION_ROOM_ROLE,
		       (Wish){ .nick = occupant->nick, .word = role, .text = reason }, callback,
		       data);
		return;
	}
	task = g_task_new(NULL, NULL, callback, data);
	g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				"nick: nobody in the room is called that, or several are");
	g_object_unref(task);
}

void cusax_core_set_room_affiliation(CusaxCore *core, CusaxRoom *room, const char *address,
				     const char *affiliation, const char *reason,
				     GAsyncReadyCallback callback, gpointer data)
{
	submit(core, room, CUSAX_OPERATION_ROOM_AFFILIATION,
	       (Wish){ .person = address, .word = affiliation, .text = reason }, callback, data);
}

void cusax_core_configure_room(CusaxCore *core, CusaxRoom *room, GVariant *settings,
			       GAsyncReadyCallback callback, gpointer data)
{
	submit(core, room, CUSAX_OPERATION_ROOM_CONFIGURE, (Wish){ .settings = settings }, callback,
	       data);
}

void cusax_core_destroy_room(CusaxCore *core, CusaxRoom *room, const char *reason,
			     GAsyncReadyCallback callback, gpointer data)
{
	submit(core, room, CUSAX_OPERATION_ROOM_DESTROY, (Wish){ .text = reason }, callback, data);
}

void cusax_core_request_room_voice(CusaxCore *core, CusaxRoom *room, GAsyncReadyCallback callback,
				   gpointer data)
{
	submit(core, room, CUSAX_OPERATION_ROOM_VOICE, (Wish){ 0 }, callback, data);
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of occupants (XEP-0153 by way of the room): fetched when somebody looks, a few at a time. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#define MAX_IN_FLIGHT 2
#define MAX_WAITING   200

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	char *address; /* of the occupant: room@service/nick */
	char *hash;
	GBytes *picture; /* NULL: not here yet */
} Want;

static void want_free(gpointer data)
{
	Want *want = data;

	g_object_unref(want->account);
	g_free(want->address);
	g_free(want->hash);
	g_clear_pointer(&want->picture, g_bytes_unref);
	g_free(want);
}

static void run(CusaxCore *core);

/* Takes task. */
static void finish(GTask *task, char *path, GError *error)
{
	const Want *want = g_task_get_task_data(task);
	CusaxCore *core = want->core;

	core->room_avatars_in_flight--;
	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_pointer(task, path, g_free);
	g_object_unref(task);
	run(core);
}

static void on_kept(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	const Want *want = g_task_get_task_data(task);
	GError *error = NULL;
	char *path = cusax_avatars_keep_finish(result, &error);

	if (error)
		core_count(want->core, "avatars-refused");
	finish(task, path, error);
}

static void on_fetched(CusaxCore *core, const GError *error, gpointer data)
{
	GTask *task = data;
	const Want *want = g_task_get_task_data(task);

	if (error)
		finish(task, NULL, g_error_copy(error));
	else if (!want->picture)
		finish(task, NULL,
		       g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FAILED,
					   "the picture did not come"));
	else
		cusax_avatars_keep_async(core->avatars, want->hash, want->picture, on_kept, task);
}

void core_room_avatar_on_data(CusaxCore *core, const CusaxEvent *event)
{
	GTask *task = core_operation_data(core, event->op);
	Want *want = task ? g_task_get_task_data(task) : NULL;

	if (want && !want->picture)
		want->picture = g_bytes_ref(event->avatar_data.picture);
}

static void on_found(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	const Want *want = g_task_get_task_data(task);
	GError *error = NULL;
	char *path = cusax_avatars_find_finish(result, &error);
	CusaxOperation *fetch;

	if (!path && !error && !core_is_online(want->account))
		error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					    "the chat account is not connected");
	if (path || error) {
		finish(task, path, error);
		return;
	}
	fetch = cusax_operation_new(CUSAX_OPERATION_FETCH_AVATAR,
				    cusax_object_id(CUSAX_OBJECT(want->account)));
	fetch->fetch_avatar.address = g_strdup(want->address);
	fetch->fetch_avatar.hash = g_strdup(want->hash);
	core_submit(want->core, want->account, fetch, on_fetched, task);
}

static void run(CusaxCore *core)
{
	GTask *task;

	while (core->room_avatars_in_flight < MAX_IN_FLIGHT &&
	       (task = g_queue_pop_head(&core->room_avatars))) {
		const Want *want = g_task_get_task_data(task);

		core->room_avatars_in_flight++;
		cusax_avatars_find_async(core->avatars, want->hash, on_found, task);
	}
}

static gboolean may_fetch(CusaxCore *core, const CusaxOccupant *occupant, GError **error)
{
	if (!occupant)
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "nick: nobody in the room is called that, or several are");
	else if (!occupant->avatar_hash || !*occupant->avatar_hash)
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "the occupant announces no picture");
	else if (!core->avatars)
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
				    "there is no place for pictures");
	else if (core->room_avatars.length >= MAX_WAITING)
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
				    "too many pictures are wanted at once");
	else
		return TRUE;
	return FALSE;
}

void cusax_core_get_room_avatar(CusaxCore *core, CusaxRoom *room, const char *nick,
				GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	const CusaxOccupant *occupant = cusax_room_find_shown(room, nick);
	GError *error = NULL;
	Want *want;

	if (!may_fetch(core, occupant, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	want = g_new0(Want, 1);
	want->core = core;
	want->account = g_object_ref(room->parent.account);
	want->address = g_strconcat(room->parent.address, "/", occupant->nick, NULL);
	want->hash = g_strdup(occupant->avatar_hash);
	g_task_set_task_data(task, want, want_free);
	g_queue_push_tail(&core->room_avatars, task);
	run(core);
}

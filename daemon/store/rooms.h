/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rooms that the user knows, so that they are joined again after a restart. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/store/history.h"

/* Strings are owned; name may be NULL. A room's password is not kept here: it is a secret. */
typedef struct {
	char *account;
	char *address; /* bare JID */
	char *nick;
	char *name;
	gboolean wanted; /* the user was in, or on the way in */
} CusaxStoredRoom;

void cusax_stored_room_free(CusaxStoredRoom *room);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxStoredRoom, cusax_stored_room_free)

/* Adds the room or replaces what was kept of it. */
void cusax_history_set_room_async(CusaxHistory *history, const CusaxStoredRoom *room,
				  GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_set_room_finish(CusaxHistory *history, GAsyncResult *result, GError **error);

/* Its messages stay. address NULL: all rooms of the account. */
void cusax_history_remove_room_async(CusaxHistory *history, const char *account,
				     const char *address, GAsyncReadyCallback callback,
				     gpointer data);
gboolean cusax_history_remove_room_finish(CusaxHistory *history, GAsyncResult *result,
					  GError **error);

/* CusaxStoredRoom of every account; at most 10,000. */
void cusax_history_get_rooms_async(CusaxHistory *history, GAsyncReadyCallback callback,
				   gpointer data);
GPtrArray *cusax_history_get_rooms_finish(CusaxHistory *history, GAsyncResult *result,
					  GError **error);

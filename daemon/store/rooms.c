/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of rooms. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/rooms.h"

#include "daemon/store/history-private.h"

typedef struct {
	CusaxStoredRoom room; /* the question */
	GPtrArray *found;
} Ask;

static void clear_room(CusaxStoredRoom *room)
{
	g_free(room->account);
	g_free(room->address);
	g_free(room->nick);
	g_free(room->name);
}

void cusax_stored_room_free(CusaxStoredRoom *room)
{
	if (!room)
		return;
	clear_room(room);
	g_free(room);
}

static void ask_free(gpointer data)
{
	Ask *ask = data;

	clear_room(&ask->room);
	g_clear_pointer(&ask->found, g_ptr_array_unref);
	g_free(ask);
}

static gboolean set_room(Database *db, gpointer request, GError **error)
{
	CusaxStoredRoom *room = &((Ask *)request)->room;

	return database_run(db, error,
			    "INSERT OR REPLACE INTO rooms (account, address, nick, name, wanted)"
			    " VALUES (?,?,?,?,?)",
			    "ssssi", room->account, room->address, room->nick, room->name,
			    (gint64)room->wanted);
}

void cusax_history_set_room_async(CusaxHistory *history, const CusaxStoredRoom *room,
				  GAsyncReadyCallback callback, gpointer data)
{
	Ask *ask = g_new0(Ask, 1);

	ask->room.account = database_copy_text(room->account);
	ask->room.address = database_copy_text(room->address);
	ask->room.nick = database_copy_text(room->nick ? room->nick : "");
	ask->room.name = database_copy_text(room->name);
	ask->room.wanted = room->wanted;
	history_submit(history, HISTORY_WRITE, set_room, ask, ask_free,
		       cusax_history_set_room_async, callback, data);
}

gboolean cusax_history_set_room_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				       GError **error)
{
	return history_finish(result, cusax_history_set_room_async, error) != NULL;
}

static gboolean remove_room(Database *db, gpointer request, GError **error)
{
	CusaxStoredRoom *room = &((Ask *)request)->room;

	return database_run(db, error,
			    "DELETE FROM rooms WHERE account = ?1 AND (?2 IS NULL OR address = ?2)",
			    "ss", room->account, room->address);
}

void cusax_history_remove_room_async(CusaxHistory *history, const char *account,
				     const char *address, GAsyncReadyCallback callback,
				     gpointer data)
{
	Ask *ask = g_new0(Ask, 1);

	ask->room.account = g_strdup(account);
	ask->room.address = g_strdup(address);
	history_submit(history, HISTORY_WRITE, remove_room, ask, ask_free,
		       cusax_history_remove_room_async, callback, data);
}

gboolean cusax_history_remove_room_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					  GError **error)
{
	return history_finish(result, cusax_history_remove_room_async, error) != NULL;
}

static gboolean get_rooms(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;
	g_autoptr(GPtrArray) found =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_stored_room_free);
	sqlite3_stmt *statement = database_query(
		db, error, "SELECT account, address, nick, name, wanted FROM rooms LIMIT 10000",
		"");
	int row = -1;

	while (statement && (row = database_step(db, statement, error)) == 1) {
		CusaxStoredRoom *room = g_new0(CusaxStoredRoom, 1);

		room->account = database_text(statement, 0);
		room->address = database_text(statement, 1);
		room->nick = database_text(statement, 2);
		room->name = database_text(statement, 3);
		room->wanted = sqlite3_column_int(statement, 4) != 0;
		g_ptr_array_add(found, room);
	}
	if (row == 0)
		ask->found = g_steal_pointer(&found);
	return row == 0;
}

void cusax_history_get_rooms_async(CusaxHistory *history, GAsyncReadyCallback callback,
				   gpointer data)
{
	history_submit(history, HISTORY_READ, get_rooms, g_new0(Ask, 1), ask_free,
		       cusax_history_get_rooms_async, callback, data);
}

GPtrArray *cusax_history_get_rooms_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					  GError **error)
{
	Ask *ask = history_finish(result, cusax_history_get_rooms_async, error);

	return ask ? g_steal_pointer(&ask->found) : NULL;
}

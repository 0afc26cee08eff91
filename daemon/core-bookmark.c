/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms as all devices of the user know them: bookmarks read, followed, written. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/base/text.h"

static void take(CoreRoom *record, const CusaxBookmark *bookmark)
{
	g_autofree char *name = cusax_text_line(bookmark->name, CUSAX_TEXT_NAME_MAX);
	g_autofree char *nick = cusax_text_line(bookmark->nick, CUSAX_TEXT_NAME_MAX);

	g_object_set(record->room, "autojoin", bookmark->autojoin, NULL);
	if (*name)
		g_object_set(record->room, "name", name, NULL);
	if (bookmark->password) {
		cusax_secret_free(record->password);
		record->password = g_strdup(bookmark->password);
	}
	/* While we are in, the room says what we are called. */
	if (*nick && record->fsm.state != CUSAX_ROOM_JOINED) {
		g_free(record->asked_nick);
		record->asked_nick = g_strdup(nick);
		g_object_set(record->room, "nick", nick, NULL);
	}
	core_room_default_nick(record);
}

static CoreRoom *apply(CusaxCore *core, CusaxAccount *account, const CusaxBookmark *bookmark)
{
	CoreRoom *record = core_room_open(core, account, bookmark->address, NULL);

	if (!record) {
		core_count(core, "rooms-refused");
		return NULL;
	}
	record->marked = TRUE;
	take(record, bookmark);
	return record;
}

/* Rooms of this account that no list has any more: another device forgot them meanwhile. */
static void forget_unmarked(CusaxCore *core, CusaxAccount *account)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, core->rooms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		CoreRoom *record = value;

		/* What was joined since is newer than the list. */
		if (record->room->parent.account == account && !record->marked &&
		    record->fsm.state != CUSAX_ROOM_JOINED &&
		    record->fsm.state != CUSAX_ROOM_JOINING)
			g_object_set(record->room, "autojoin", FALSE, NULL);
	}
}

static void join_again(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GList) records = g_hash_table_get_values(core->rooms);

	for (GList *l = records; l; l = l->next) {
		CoreRoom *record = l->data;

		if (record->room->parent.account != account)
			continue;
		if (record->room->autojoin)
			record->fsm.wanted = TRUE;
		core_room_default_nick(record);
		core_room_input(record, CUSAX_ROOM_ON_ONLINE, NULL);
	}
}

void core_bookmark_on_list(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	GHashTableIter iter;
	gpointer record;

	if (!core_is_online(account))
		return;
	g_hash_table_iter_init(&iter, core->rooms);
	while (g_hash_table_iter_next(&iter, NULL, &record))
		((CoreRoom *)record)->marked = FALSE;
	for (guint i = 0; i < event->bookmarks.items->len; i++)
		apply(core, account, event->bookmarks.items->pdata[i]);
	forget_unmarked(core, account);
	join_again(core, account);
}

void core_bookmark_on_change(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	const CusaxBookmark *item = event->bookmark.item;
	CoreRoom *record = core_room_record(core, account, item->address);
	gboolean was = record && record->room->autojoin;

	if (event->bookmark.removed) {
		if (record)
			g_object_set(record->room, "autojoin", FALSE, NULL);
	} else {
		record = apply(core, account, item);
	}
	if (!record)
		return;
	/* XEP-0402 §3: the devices of a person are in the same rooms. What was so before changes nothing: it
	 * may be our own word come back, and we were removed since. */
	if (record->room->autojoin && !was)
		core_room_input(record, CUSAX_ROOM_DO_REJOIN, NULL);
	else if (was && !record->room->autojoin)
		core_room_input(record, CUSAX_ROOM_DO_LEAVE, NULL);
}

/* --- writing ------------------------------------------------------------------------------------- */

static void on_written(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(CusaxAccount) account = data;

	if (error)
		cusax_info(cusax_object_id(CUSAX_OBJECT(account)),
			   "a bookmark could not be written: %s", error->message);
}

static void write_bookmark(CoreRoom *record, CusaxOperationKind kind)
{
	CusaxConversation *room = &record->room->parent;
	CusaxOperation *op =
		cusax_operation_new(kind, cusax_object_id(CUSAX_OBJECT(room->account)));

	op->bookmark = cusax_bookmark_new(room->address);
	op->bookmark->name = g_strdup(record->room->name);
	op->bookmark->nick = g_strdup(record->asked_nick ? record->asked_nick : record->room->nick);
	op->bookmark->password = g_strdup(record->password);
	op->bookmark->autojoin = record->room->autojoin;
	core_submit(record->core, room->account, op, on_written, g_object_ref(room->account));
}

void core_bookmark_save(CoreRoom *record)
{
	write_bookmark(record, CUSAX_OPERATION_BOOKMARK_SET);
}

void core_bookmark_remove(CoreRoom *record)
{
	write_bookmark(record, CUSAX_OPERATION_BOOKMARK_REMOVE);
}

void cusax_core_set_room_autojoin(CusaxCore *core, CusaxRoom *room, gboolean autojoin,
				  GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CoreRoom *record = g_hash_table_lookup(core->rooms, room);

	if (!core_is_online(room->parent.account)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
		return;
	}
	g_object_set(room, "autojoin", autojoin, NULL);
	core_bookmark_save(record);
	g_task_return_boolean(task, TRUE);
}

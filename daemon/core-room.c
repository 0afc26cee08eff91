/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms: made, restored, joined, left, joined again by themselves. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "daemon/base/log.h"
#include "daemon/base/stable-id.h"
#include "daemon/base/text.h"

#define MAX_ROOMS    500
#define MAX_TRIES    3         /* other nicks, where somebody has the wanted one */
#define PING_SECONDS (15 * 60) /* of silence (XEP-0410 §3) */

/* --- records ---------------------------------------------------------------------------------- */

static void record_free(gpointer data)
{
	CoreRoom *record = data;

	g_clear_handle_id(&record->retry, g_source_remove);
	g_clear_handle_id(&record->show, g_source_remove);
	g_clear_handle_id(&record->ping, g_source_remove);
	cusax_secret_free(record->password);
	g_free(record->asked_nick);
	g_free(record->inviter);
	g_clear_pointer(&record->settings, g_variant_unref);
	g_ptr_array_unref(record->awaiting);
	g_free(record);
}

GHashTable *core_rooms_new(void)
{
	return g_hash_table_new_full(NULL, NULL, NULL, record_free);
}

CusaxRoom *core_room_find(CusaxCore *core, CusaxAccount *account, const char *address)
{
	g_autofree char *id =
		cusax_stable_id("room", cusax_object_id(CUSAX_OBJECT(account)), address);

	return cusax_registry_find(core->registry, CUSAX_TYPE_ROOM, id);
}

CoreRoom *core_room_record(CusaxCore *core, CusaxAccount *account, const char *address)
{
	CusaxRoom *room = core_room_find(core, account, address);

	return room ? g_hash_table_lookup(core->rooms, room) : NULL;
}

CoreRoom *core_room_open(CusaxCore *core, CusaxAccount *account, const char *address,
			 GError **error)
{
	CoreRoom *record = core_room_record(core, account, address);
	g_autoptr(CusaxRoom) room = NULL;
	g_autofree char *id = NULL;

	if (record)
		return record;
	if (cusax_registry_count(core->registry, CUSAX_TYPE_ROOM) >= MAX_ROOMS) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
			    "more than %d rooms are known", MAX_ROOMS);
		return NULL;
	}
	id = cusax_stable_id("room", cusax_object_id(CUSAX_OBJECT(account)), address);
	room = cusax_room_new(id, account, address);
	record = g_new0(CoreRoom, 1);
	record->core = core;
	record->room = room;
	record->fsm.online = core_is_online(account);
	record->awaiting = g_ptr_array_new_with_free_func(g_object_unref);
	g_hash_table_insert(core->rooms, room, record);
	cusax_registry_add(core->registry, CUSAX_OBJECT(room));
	return record;
}

void core_room_restore(CusaxCore *core, const CusaxStoredRoom *stored)
{
	CusaxAccount *account =
		cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, stored->account);
	CoreRoom *record = account ? core_room_open(core, account, stored->address, NULL) : NULL;

	if (!record)
		return;
	record->fsm.wanted = stored->wanted;
	g_object_set(record->room, "nick", stored->nick, "name", stored->name, NULL);
}

static void on_saved(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_set_room_finish(data, result, &error))
		cusax_notice(NULL, "a room could not be kept: %s", error->message);
}

void core_room_save(CoreRoom *record)
{
	CusaxConversation *room = &record->room->parent;
	CusaxStoredRoom stored = {
		.account = (char *)cusax_object_id(CUSAX_OBJECT(room->account)),
		.address = room->address,
		.nick = record->asked_nick ? record->asked_nick : record->room->nick,
		.name = record->room->name,
		.wanted = record->fsm.wanted,
	};

	cusax_history_set_room_async(record->core->history, &stored, on_saved,
				     record->core->history);
}

static void on_removed(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_remove_room_finish(data, result, &error))
		cusax_notice(NULL, "a room could not be removed: %s", error->message);
}

void core_room_remove(CoreRoom *record)
{
	CusaxCore *core = record->core;
	g_autoptr(CusaxRoom) room = g_object_ref(record->room);

	cusax_history_remove_room_async(core->history,
					cusax_object_id(CUSAX_OBJECT(room->parent.account)),
					room->parent.address, on_removed, core->history);
	core_chat_set_unread(core, &room->parent, 0);
	cusax_registry_remove(core->registry, CUSAX_OBJECT(room));
	g_hash_table_remove(core->rooms, room);
}

/* --- effects ---------------------------------------------------------------------------------- */

static CusaxOperation *operation(CoreRoom *record, CusaxOperationKind kind)
{
	CusaxConversation *room = &record->room->parent;
	CusaxOperation *op =
		cusax_operation_new(kind, cusax_object_id(CUSAX_OBJECT(room->account)));

	op->room.address = g_strdup(room->address);
	return op;
}

/* Whoever waits learns how the first try ended. error NULL: it went well. */
static void answer(CoreRoom *record, const GError *error)
{
	g_autoptr(GPtrArray) tasks = g_steal_pointer(&record->awaiting);

	record->awaiting = g_ptr_array_new_with_free_func(g_object_unref);
	for (guint i = 0; i < tasks->len; i++) {
		if (error)
			g_task_return_error(tasks->pdata[i], g_error_copy(error));
		else
			g_task_return_pointer(tasks->pdata[i], g_object_ref(record->room),
					      g_object_unref);
	}
}

typedef struct {
	CusaxCore *core;
	CusaxRoom *room;
} About;

static void about_free(gpointer data)
{
	About *about = data;

	g_object_unref(about->room);
	g_free(about);
}

static About *about_new(CoreRoom *record)
{
	About *about = g_new(About, 1);

	*about = (About){ record->core, g_object_ref(record->room) };
	return about;
}

/* The record, if the room is still there; frees about. */
static CoreRoom *about_take(About *about)
{
	CoreRoom *record = g_hash_table_lookup(about->core->rooms, about->room);

	about_free(about);
	return record;
}

static void send_join(CoreRoom *record);

/* TRUE: another nick is tried (XEP-0045 §7.2.8). */
static gboolean try_other_nick(CoreRoom *record, const GError *error)
{
	g_autofree char *nick = NULL;

	if (cusax_error_code(error) != CUSAX_ERROR_BUSY || record->nick_tries >= MAX_TRIES ||
	    record->fsm.state != CUSAX_ROOM_JOINING)
		return FALSE;
	record->nick_tries++;
	nick = g_strconcat(record->room->nick, "_", NULL);
	g_object_set(record->room, "nick", nick, NULL);
	send_join(record);
	return TRUE;
}

static void on_join_done(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	CoreRoom *record = about_take(data);

	/* Success was told by CUSAX_EVENT_ROOM_JOINED before. */
	if (!record || !error || try_other_nick(record, error))
		return;
	core_room_input(record, CUSAX_ROOM_ON_REFUSED, error);
}

static void send_join(CoreRoom *record)
{
	CusaxOperation *join = operation(record, CUSAX_OPERATION_ROOM_JOIN);

	join->room.nick = g_strdup(record->room->nick);
	join->room.password = g_strdup(record->password);
	join->room.since = record->last_time;
	join->room.flag = record->settings != NULL;
	record->caught_up = record->subject_came = FALSE;
	record->news_since = record->last_time;
	g_hash_table_remove_all(record->room->members);
	core_submit_owned(record->core, record->room->parent.account, join, on_join_done,
			  about_new(record), about_free);
}

static void on_ping_done(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	CoreRoom *record = about_take(data);

	if (!record || record->fsm.state != CUSAX_ROOM_JOINED)
		return;
	if (!error)
		record->heard = g_get_monotonic_time();
	else if (cusax_error_code(error) != CUSAX_ERROR_NOT_CONNECTED)
		core_room_input(record, CUSAX_ROOM_ON_LOST, error);
}

static void send_ping(CoreRoom *record)
{
	core_submit_owned(record->core, record->room->parent.account,
			  operation(record, CUSAX_OPERATION_ROOM_PING), on_ping_done,
			  about_new(record), about_free);
}

static void plan_ping(CoreRoom *record);

static gboolean on_silence(gpointer data)
{
	CoreRoom *record = data;
	gint64 silent = g_get_monotonic_time() - record->heard;

	record->ping = 0;
	if (record->fsm.state != CUSAX_ROOM_JOINED)
		return G_SOURCE_REMOVE;
	if (silent >= PING_SECONDS * G_USEC_PER_SEC)
		send_ping(record);
	plan_ping(record);
	return G_SOURCE_REMOVE;
}

static void plan_ping(CoreRoom *record)
{
	g_clear_handle_id(&record->ping, g_source_remove);
	record->ping = g_timeout_add_seconds(PING_SECONDS, on_silence, record);
	g_source_set_name_by_id(record->ping, "room self-ping");
}

static gboolean on_retry(gpointer data)
{
	CoreRoom *record = data;

	record->retry = 0;
	core_room_input(record, CUSAX_ROOM_ON_TIMER, NULL);
	return G_SOURCE_REMOVE;
}

/* The session goes on: we are what we were. */
static void show_own_place(CoreRoom *record)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, record->room->members);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const CusaxOccupant *occupant = value;

		if (occupant->self && occupant->role)
			g_object_set(record->room, "role", occupant->role, NULL);
	}
}

static void show_state(CoreRoom *record, CusaxRoomState old, const GError *cause)
{
	CusaxRoom *room = record->room;
	CusaxRoomState state = record->fsm.state;

	if (state == old && !cause)
		return;
	if (state != old)
		cusax_info(cusax_object_id(CUSAX_OBJECT(room->parent.account)),
			   "room %s: %s -> %s%s%s%s", cusax_object_id(CUSAX_OBJECT(room)),
			   cusax_word(CUSAX_TYPE_ROOM_STATE, (int)old),
			   cusax_word(CUSAX_TYPE_ROOM_STATE, (int)state), cause ? " (" : "",
			   cause ? cause->message : "", cause ? ")" : "");
	if (state != CUSAX_ROOM_JOINED && old == CUSAX_ROOM_JOINED) {
		g_clear_handle_id(&record->ping, g_source_remove);
		g_object_set(room, "role", "none", NULL);
		/* Those of a session that may be resumed are known still. */
		if (!record->fsm.interrupted) {
			g_hash_table_remove_all(room->members);
			core_room_show(record);
		}
	}
	if (state == CUSAX_ROOM_JOINED && old != CUSAX_ROOM_JOINED)
		show_own_place(record);
	g_object_set(room, "state", state, "state-reason", cause ? cause->message : NULL,
		     "error-name", cause ? cusax_error_name(cusax_error_code(cause)) : NULL, NULL);
}

void core_room_input(CoreRoom *record, CusaxRoomInput input, const GError *cause)
{
	CusaxRoomState old = record->fsm.state;
	gboolean wanted = record->fsm.wanted;
	CusaxRoomVerdict verdict = cusax_room_fsm_input(
		&record->fsm, input, cause ? cusax_error_code(cause) : CUSAX_ERROR_FAILED,
		g_get_monotonic_time(), g_random_int());

	show_state(record, old, cause);
	if (record->fsm.wanted != wanted && !record->is_new)
		core_room_save(record);
	if (verdict.effects & (CUSAX_ROOM_DISARM | CUSAX_ROOM_ARM))
		g_clear_handle_id(&record->retry, g_source_remove);
	if (verdict.effects & CUSAX_ROOM_ARM)
		record->retry = g_timeout_add(verdict.delay_ms, on_retry, record);
	if (verdict.effects & CUSAX_ROOM_SEND_LEAVE)
		core_submit(record->core, record->room->parent.account,
			    operation(record, CUSAX_OPERATION_ROOM_LEAVE), NULL, NULL);
	if (verdict.effects & CUSAX_ROOM_SEND_JOIN)
		send_join(record);
	if (verdict.effects & CUSAX_ROOM_PING)
		send_ping(record);
	if (record->fsm.state == CUSAX_ROOM_JOINED || record->fsm.state == CUSAX_ROOM_JOINING)
		return;
	if (record->awaiting->len > 0 && cause)
		answer(record, cause);
	/* What never was a room for the person leaves nothing behind. */
	if (record->is_new && cause)
		core_room_remove(record);
}

/* --- the account ------------------------------------------------------------------------------ */

/* The records of an account; elements borrowed, free the array. */
static GPtrArray *rooms_of(CusaxCore *core, CusaxAccount *account)
{
	GPtrArray *records = g_ptr_array_new();
	GHashTableIter iter;
	gpointer record;

	g_hash_table_iter_init(&iter, core->rooms);
	while (g_hash_table_iter_next(&iter, NULL, &record)) {
		if (((CoreRoom *)record)->room->parent.account == account)
			g_ptr_array_add(records, record);
	}
	return records;
}

void core_room_resume(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GPtrArray) records = rooms_of(core, account);

	for (guint i = 0; i < records->len; i++)
		core_room_input(records->pdata[i], CUSAX_ROOM_ON_RESUMED, NULL);
}

void core_room_offline(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GError) offline = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
							"the chat account is not connected");
	g_autoptr(GPtrArray) records = rooms_of(core, account);

	for (guint i = 0; i < records->len; i++) {
		CoreRoom *record = records->pdata[i];

		core_room_input(record, CUSAX_ROOM_ON_OFFLINE, record->fsm.wanted ? offline : NULL);
	}
}

void core_room_forget(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GPtrArray) records = rooms_of(core, account);

	for (guint i = 0; i < records->len; i++)
		core_room_remove(records->pdata[i]);
}

/* --- what the service tells -------------------------------------------------------------------- */

static void on_configured(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	CoreRoom *record = about_take(data);

	if (!record)
		return;
	answer(record, error);
	core_room_ask_info(record);
}

void core_room_on_joined(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreRoom *record = core_room_record(core, account, event->room.address);
	g_autoptr(GVariant) settings = NULL;
	CusaxOperation *configure;

	if (!record)
		return;
	record->heard = g_get_monotonic_time();
	record->is_new = FALSE;
	record->nick_tries = 0;
	core_room_input(record, CUSAX_ROOM_ON_JOINED, NULL);
	if (record->fsm.state != CUSAX_ROOM_JOINED) /* left meanwhile */
		return;
	plan_ping(record);
	/* Before anything of this stay is stored. */
	record->archive_runs = TRUE;
	record->archive_turn++;
	core_archive_catch_up(core, account, event->room.address);
	cusax_room_show(record->room);
	g_object_set(record->room, "invitation", g_variant_new("a{sv}", NULL), NULL);
	core_room_save(record);
	if (record->keep) {
		g_object_set(record->room, "autojoin", TRUE, NULL);
		core_bookmark_save(record);
	}
	record->keep = FALSE;
	settings = g_steal_pointer(&record->settings);
	if (!settings || !event->room.created) {
		answer(record, NULL);
		core_room_ask_info(record);
		return;
	}
	configure = operation(record, CUSAX_OPERATION_ROOM_CONFIGURE);
	configure->room.settings = g_steal_pointer(&settings);
	core_submit_owned(core, account, configure, on_configured, about_new(record), about_free);
}

/* One sentence of what the room says of our end in it. */
static GError *error_of(CusaxRoomEnd end, const char *text)
{
	static const struct {
		CusaxError code;
		const char *text;
	} ends[] = {
		[CUSAX_ROOM_END_NONE] = { CUSAX_ERROR_NOT_CONNECTED, "the room is left" },
		[CUSAX_ROOM_END_LEFT] = { CUSAX_ERROR_CANCELLED, "the room is left" },
		[CUSAX_ROOM_END_KICKED] = { CUSAX_ERROR_REFUSED, "a moderator removed you" },
		[CUSAX_ROOM_END_BANNED] = { CUSAX_ERROR_REFUSED, "you are banned from the room" },
		[CUSAX_ROOM_END_MEMBERS_ONLY] = { CUSAX_ERROR_REFUSED, "the room is for members" },
		[CUSAX_ROOM_END_DESTROYED] = { CUSAX_ERROR_NOT_FOUND, "the room was destroyed" },
		[CUSAX_ROOM_END_SHUTDOWN] = { CUSAX_ERROR_NOT_CONNECTED,
					      "the service of the room went down" },
		[CUSAX_ROOM_END_FAULT] = { CUSAX_ERROR_NOT_CONNECTED,
					   "the room lost the connection" },
	};
	g_autofree char *line = text ? cusax_text_line(text, 256) : NULL;

	return g_error_new(CUSAX_ERROR, (int)ends[end].code, "%s%s%s", ends[end].text,
			   line && *line ? ": " : "", line ? line : "");
}

void core_room_on_left(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreRoom *record = core_room_record(core, account, event->room.address);
	g_autoptr(GError) why = NULL;

	if (!record || record->fsm.state == CUSAX_ROOM_LEFT) /* as we asked */
		return;
	why = error_of(event->room.end, event->room.text);
	switch (event->room.end) {
	case CUSAX_ROOM_END_NONE:
	case CUSAX_ROOM_END_SHUTDOWN:
	case CUSAX_ROOM_END_FAULT:
		core_room_input(record, CUSAX_ROOM_ON_LOST, why);
		break;
	case CUSAX_ROOM_END_LEFT:
	case CUSAX_ROOM_END_KICKED:
	case CUSAX_ROOM_END_BANNED:
	case CUSAX_ROOM_END_MEMBERS_ONLY:
	case CUSAX_ROOM_END_DESTROYED:
		core_room_input(record, CUSAX_ROOM_ON_REMOVED, why);
		break;
	}
}

/* --- verbs -------------------------------------------------------------------------------------- */

static char *default_nick(CusaxAccount *account)
{
	const char *name = cusax_settings_string(account->values, "display-name");
	g_autofree char *line = name ? cusax_text_line(name, CUSAX_TEXT_NAME_MAX) : NULL;
	const char *at = strchr(account->address, '@');

	if (line && *line)
		return g_steal_pointer(&line);
	return at ? g_strndup(account->address, (gsize)(at - account->address))
		  : g_strdup(account->address);
}

void core_room_default_nick(CoreRoom *record)
{
	g_autofree char *nick = NULL;

	if (record->room->nick && *record->room->nick)
		return;
	nick = default_nick(record->room->parent.account);
	g_object_set(record->room, "nick", nick, NULL);
}

/* NULL, with the error set, where the address is no room's or the account cannot. */
static CoreRoom *open_for_join(CusaxCore *core, const char *address, GVariant *options,
			       GError **error)
{
	g_autofree char *jid = cusax_jid_prepare(address, error);
	g_autofree char *bare = jid ? cusax_jid_bare(jid) : NULL;
	CusaxAccount *account = bare ? core_chat_account_of(core, options, error) : NULL;
	gboolean is_known;
	CoreRoom *record;

	if (!account)
		return NULL;
	if (!strchr(bare, '@')) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "address: must be that of a room, as room@service");
		return NULL;
	}
	if (!core_is_online(account)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
			    "the chat account is not connected");
		return NULL;
	}
	if (!(account->features & CUSAX_FEATURE_MESSAGING)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
			    "messaging is switched off for this account");
		return NULL;
	}
	is_known = core_room_find(core, account, bare) != NULL;
	record = core_room_open(core, account, bare, error);
	if (record && !is_known)
		record->is_new = TRUE;
	return record;
}

static void take_options(CoreRoom *record, GVariant *options)
{
	g_autofree char *nick = NULL;
	const char *password;

	record->keep = TRUE;
	g_variant_lookup(options, "bookmark", "b", &record->keep);
	if (g_variant_lookup(options, "password", "&s", &password)) {
		cusax_secret_free(record->password);
		record->password = *password ? g_strdup(password) : NULL;
	}
	g_clear_pointer(&record->settings, g_variant_unref);
	record->settings = g_variant_lookup_value(options, "settings", G_VARIANT_TYPE_VARDICT);
	if (g_variant_lookup(options, "nick", "s", &nick))
		g_object_set(record->room, "nick", nick, NULL);
	core_room_default_nick(record);
	g_free(record->asked_nick);
	record->asked_nick = g_strdup(record->room->nick);
	record->nick_tries = 0;
}

void cusax_core_join_room(CusaxCore *core, const char *address, GVariant *options,
			  GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	GError *error = NULL;
	CoreRoom *record = open_for_join(core, address, options, &error);

	if (!record) {
		g_task_return_error(task, error);
		return;
	}
	if (record->fsm.state == CUSAX_ROOM_JOINED) {
		g_task_return_pointer(task, g_object_ref(record->room), g_object_unref);
		return;
	}
	take_options(record, options);
	if (!record->fsm.online) { /* the bookmarks are still on the way */
		record->fsm.online = TRUE;
		record->fsm.state = CUSAX_ROOM_LEFT;
	}
	g_ptr_array_add(record->awaiting, g_steal_pointer(&task));
	core_room_input(record, CUSAX_ROOM_DO_JOIN, NULL);
}

void cusax_core_leave_room(CusaxCore *core, CusaxRoom *room, GAsyncReadyCallback callback,
			   gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CoreRoom *record = g_hash_table_lookup(core->rooms, room);
	g_autoptr(GError) left = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
						     "the room was left meanwhile");

	core_room_input(record, CUSAX_ROOM_DO_LEAVE, NULL);
	answer(record, left);
	if (room->autojoin && core_is_online(room->parent.account)) {
		g_object_set(room, "autojoin", FALSE, NULL);
		core_bookmark_save(record);
	}
	g_task_return_boolean(task, TRUE);
}

void cusax_core_forget_room(CusaxCore *core, CusaxRoom *room, GAsyncReadyCallback callback,
			    gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CoreRoom *record = g_hash_table_lookup(core->rooms, room);
	g_autoptr(GError) left = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
						     "the room was left meanwhile");

	core_room_input(record, CUSAX_ROOM_DO_LEAVE, NULL);
	answer(record, left);
	if (core_is_online(room->parent.account))
		core_bookmark_remove(record);
	core_room_remove(record);
	g_task_return_boolean(task, TRUE);
}

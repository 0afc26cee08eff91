/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was read: unread messages, what the other side and the own other devices are told of it. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/base/stable-id.h"
#include "daemon/store/reading.h"

/* --- what a chat tells ----------------------------------------------------------------------- */

static CusaxChatPrivacy *privacy_of(CusaxCore *core, CusaxAccount *account, const char *address)
{
	g_autofree char *id =
		cusax_stable_id("chat", cusax_object_id(CUSAX_OBJECT(account)), address);

	return g_hash_table_lookup(core->privacy, id);
}

gboolean core_read_may_tell(CusaxCore *core, CusaxAccount *account, const char *address,
			    CoreTells what)
{
	static const char *const policies[] = { "receipts", "chat-states", "markers" };
	const CusaxChatPrivacy *own = privacy_of(core, account, address);
	int choice = -1;

	if (own)
		choice = what == CORE_TELLS_RECEIPTS      ? own->receipts
			 : what == CORE_TELLS_CHAT_STATES ? own->chat_states
							  : own->markers;
	return choice >= 0 ? choice : cusax_settings_boolean(core_policy(core), policies[what]);
}

static void add_choice(GVariantBuilder *map, const char *key, int choice)
{
	if (choice >= 0)
		g_variant_builder_add(map, "{sb}", key, choice != 0);
}

GVariant *core_read_privacy(CusaxCore *core, CusaxAccount *account, const char *address)
{
	const CusaxChatPrivacy *own = privacy_of(core, account, address);
	GVariantBuilder map;

	g_variant_builder_init(&map, G_VARIANT_TYPE("a{sb}"));
	if (own) {
		add_choice(&map, "receipts", own->receipts);
		add_choice(&map, "chat-states", own->chat_states);
		add_choice(&map, "markers", own->markers);
	}
	return g_variant_builder_end(&map);
}

static void keep(CusaxCore *core, CusaxChatPrivacy *privacy)
{
	g_hash_table_replace(core->privacy,
			     cusax_stable_id("chat", privacy->account, privacy->peer), privacy);
}

void core_read_restore(CusaxCore *core, GPtrArray *all)
{
	g_ptr_array_set_free_func(all, NULL);
	for (guint i = 0; i < all->len; i++)
		keep(core, all->pdata[i]);
}

GHashTable *core_read_privacy_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
				     (GDestroyNotify)cusax_chat_privacy_free);
}

static CusaxChatPrivacy *read_privacy(CusaxConversation *chat, GVariant *map)
{
	CusaxChatPrivacy *privacy = g_new0(CusaxChatPrivacy, 1);
	gboolean on;

	privacy->account = g_strdup(cusax_object_id(CUSAX_OBJECT(chat->account)));
	privacy->peer = g_strdup(chat->address);
	privacy->receipts = g_variant_lookup(map, "receipts", "b", &on) ? on : -1;
	privacy->chat_states = g_variant_lookup(map, "chat-states", "b", &on) ? on : -1;
	privacy->markers = g_variant_lookup(map, "markers", "b", &on) ? on : -1;
	return privacy;
}

static void on_privacy_kept(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;

	(void)source;
	if (cusax_history_set_privacy_finish(NULL, result, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

void cusax_core_set_chat_privacy(CusaxCore *core, CusaxChat *chat, GVariant *privacy,
				 GAsyncReadyCallback callback, gpointer data)
{
	CusaxConversation *conversation = CUSAX_CONVERSATION(chat);
	g_autoptr(GVariant) shown = NULL;

	/* Obeyed from now on, whatever becomes of keeping it. */
	keep(core, read_privacy(conversation, privacy));
	shown = g_variant_ref_sink(
		core_read_privacy(core, conversation->account, conversation->address));
	g_object_set(chat, "privacy", shown, NULL);
	cusax_history_set_privacy_async(core->history, read_privacy(conversation, privacy),
					on_privacy_kept, g_task_new(NULL, NULL, callback, data));
}

/* --- telling --------------------------------------------------------------------------------- */

/* That something was read tells that we are here, as a receipt does: see core_read_may_know_us(). */
static void tell_other_side(CusaxCore *core, CusaxConversation *chat, const char *wire_id)
{
	CusaxAccount *account = chat->account;
	CusaxOperation *marker;

	if (!wire_id || !CUSAX_IS_CHAT(chat) || account->protocol != CUSAX_PROTOCOL_XMPP ||
	    !core_read_may_tell(core, account, chat->address, CORE_TELLS_MARKERS) ||
	    !core_read_may_know_us(core_contact_find(core, account, chat->address)))
		return;
	marker = cusax_operation_new(CUSAX_OPERATION_SEND_MARKER,
				     cusax_object_id(CUSAX_OBJECT(account)));
	marker->send_marker.address = g_strdup(chat->address);
	marker->send_marker.message = g_strdup(wire_id);
	marker->send_marker.displayed = TRUE;
	core_submit(core, account, marker, NULL, NULL);
}

static void tell_own_devices(CusaxCore *core, CusaxConversation *chat, const char *server_id)
{
	CusaxOperation *publish;

	if (!server_id || chat->account->protocol != CUSAX_PROTOCOL_XMPP)
		return;
	publish = cusax_operation_new(CUSAX_OPERATION_PUBLISH_READ,
				      cusax_object_id(CUSAX_OBJECT(chat->account)));
	publish->publish_read.address = g_strdup(chat->address);
	publish->publish_read.server_id = g_strdup(server_id);
	publish->publish_read.room = !CUSAX_IS_CHAT(chat);
	/* A server without such nodes only keeps other devices from knowing. */
	core_submit(core, chat->account, publish, NULL, NULL);
}

/* What was read while the account was offline is told when it is back. */
static void tell(CusaxCore *core, CusaxConversation *chat, const CusaxReadResult *read)
{
	CusaxReadResult *later;

	if (core_is_online(chat->account)) {
		tell_other_side(core, chat, read->wire_id);
		tell_own_devices(core, chat, read->server_id);
		return;
	}
	later = g_new0(CusaxReadResult, 1);
	later->wire_id = g_strdup(read->wire_id);
	later->server_id = g_strdup(read->server_id);
	g_hash_table_replace(core->read_untold, g_object_ref(chat), later);
}

static void free_untold(gpointer data)
{
	cusax_read_result_clear(data);
	g_free(data);
}

GHashTable *core_read_untold_new(void)
{
	return g_hash_table_new_full(NULL, NULL, g_object_unref, free_untold);
}

void core_read_flush(CusaxCore *core, CusaxAccount *account)
{
	GHashTableIter iter;
	CusaxConversation *chat;
	CusaxReadResult *untold;

	g_hash_table_iter_init(&iter, core->read_untold);
	while (g_hash_table_iter_next(&iter, (gpointer *)&chat, (gpointer *)&untold)) {
		if (chat->account != account)
			continue;
		tell_other_side(core, chat, untold->wire_id);
		tell_own_devices(core, chat, untold->server_id);
		g_hash_table_iter_remove(&iter);
	}
}

void core_read_fetch(CusaxCore *core, CusaxAccount *account)
{
	if (account->features & CUSAX_FEATURE_MESSAGING)
		core_submit(core, account,
			    cusax_operation_new(CUSAX_OPERATION_FETCH_READ,
						cusax_object_id(CUSAX_OBJECT(account))),
			    NULL, NULL);
}

/* --- the user reads -------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	CusaxConversation *chat;
} Marking;

static void marking_free(gpointer data)
{
	Marking *marking = data;

	g_object_unref(marking->chat);
	g_free(marking);
}

static void on_marked(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Marking *marking = g_task_get_task_data(task);
	g_auto(CusaxReadResult) read = { 0 };
	GError *error = NULL;

	(void)source;
	if (!cusax_history_mark_read_finish(marking->core->history, result, &read, &error)) {
		g_task_return_error(task, error);
		return;
	}
	if (cusax_registry_contains(marking->core->registry, CUSAX_OBJECT(marking->chat))) {
		core_chat_set_unread(marking->core, marking->chat, read.unread);
		if (read.changed)
			tell(marking->core, marking->chat, &read);
	}
	g_task_return_boolean(task, TRUE);
}

void cusax_core_mark_read(CusaxCore *core, CusaxConversation *chat, const char *id,
			  GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Marking *marking = g_new(Marking, 1);

	*marking = (Marking){ core, g_object_ref(chat) };
	g_task_set_task_data(task, marking, marking_free);
	cusax_history_mark_read_async(core->history, cusax_object_id(CUSAX_OBJECT(chat->account)),
				      chat->address, *id ? id : NULL, on_marked, task);
}

/* --- the user reads elsewhere ---------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	char *address;
} Elsewhere;

static void on_read_elsewhere(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Elsewhere *elsewhere = data;
	g_autoptr(CusaxAccount) account = elsewhere->account;
	g_autofree char *address = elsewhere->address;
	CusaxCore *core = elsewhere->core;
	g_auto(CusaxReadResult) read = { 0 };
	CusaxConversation *chat;

	(void)source;
	/* A message that is not here is none that could be unread here. */
	if (!cusax_history_mark_read_finish(core->history, result, &read, NULL))
		return;
	chat = core_conversation_find(core, account, address);
	if (chat && read.changed)
		core_chat_set_unread(core, chat, read.unread);
}

void core_read_elsewhere(CusaxCore *core, CusaxAccount *account, const char *address,
			 const char *id)
{
	Elsewhere *elsewhere = g_new(Elsewhere, 1);

	*elsewhere = (Elsewhere){ core, g_object_ref(account), g_strdup(address) };
	cusax_history_read_elsewhere_async(core->history, cusax_object_id(CUSAX_OBJECT(account)),
					   address, id, on_read_elsewhere, elsewhere);
}

static void on_counted(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Elsewhere *elsewhere = data;
	g_autoptr(CusaxAccount) account = elsewhere->account;
	g_autofree char *address = elsewhere->address;
	g_auto(CusaxReadResult) read = { 0 };
	CusaxConversation *chat;

	(void)source;
	if (!cusax_history_mark_read_finish(elsewhere->core->history, result, &read, NULL))
		return;
	chat = core_conversation_find(elsewhere->core, account, address);
	if (chat)
		core_chat_set_unread(elsewhere->core, chat, read.unread);
}

void core_read_recount(CusaxCore *core, CusaxAccount *account, const char *address)
{
	Elsewhere *elsewhere = g_new(Elsewhere, 1);

	*elsewhere = (Elsewhere){ core, g_object_ref(account), g_strdup(address) };
	cusax_history_count_unread_async(core->history, cusax_object_id(CUSAX_OBJECT(account)),
					 address, on_counted, elsewhere);
}

void core_read_on_event(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	core_read_elsewhere(core, account, event->read.address, event->read.id);
}

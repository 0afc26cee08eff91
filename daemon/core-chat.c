/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chats: opened, restored, linked to contacts; messages that come in. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "daemon/base/log.h"
#include "daemon/base/stable-id.h"
#include "daemon/base/text.h"

/* What strangers can make exist; what the user opens is not counted against it. */
#define MAX_CHATS 2000

CusaxChat *core_chat_find(CusaxCore *core, CusaxAccount *account, const char *address)
{
	g_autofree char *id =
		cusax_stable_id("chat", cusax_object_id(CUSAX_OBJECT(account)), address);

	return cusax_registry_find(core->registry, CUSAX_TYPE_CHAT, id);
}

CusaxConversation *core_conversation_find(CusaxCore *core, CusaxAccount *account,
					  const char *address)
{
	CusaxRoom *room = core_room_find(core, account, address);

	return room ? &room->parent : (CusaxConversation *)core_chat_find(core, account, address);
}

CusaxChat *core_chat_open(CusaxCore *core, CusaxAccount *account, const char *address,
			  GError **error)
{
	g_autofree char *id =
		cusax_stable_id("chat", cusax_object_id(CUSAX_OBJECT(account)), address);
	CusaxChat *chat = cusax_registry_find(core->registry, CUSAX_TYPE_CHAT, id);
	g_autoptr(CusaxChat) fresh = NULL;

	if (chat)
		return chat;
	if (cusax_registry_count(core->registry, CUSAX_TYPE_CHAT) >= MAX_CHATS) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
			    "more than %d chats are open", MAX_CHATS);
		return NULL;
	}
	fresh = cusax_chat_new(id, account, address);
	g_set_object(&fresh->contact, core_contact_find(core, account, address));
	fresh->privacy = g_variant_ref_sink(core_read_privacy(core, account, address));
	if (account->protocol == CUSAX_PROTOCOL_XMPP && *cusax_jid_resource(address)) {
		g_autofree char *bare = cusax_jid_bare(address);

		g_set_object(&fresh->room, (CusaxObject *)core_room_find(core, account, bare));
	}
	cusax_registry_add(core->registry, CUSAX_OBJECT(fresh));
	return fresh; /* the registry holds it */
}

void core_chat_restore(CusaxCore *core, const CusaxChatSummary *summary)
{
	CusaxAccount *account =
		cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, summary->account);
	CusaxConversation *chat;
	CoreRoom *record;

	if (!account) /* the account was removed; its history stays until the user deletes it */
		return;
	record = core_room_record(core, account, summary->peer);
	if (record)
		record->last_time = summary->last_time;
	if (!record && strcmp(summary->last_kind, "room") == 0) /* of a room that is forgotten */
		return;
	chat = record ? &record->room->parent
		      : (CusaxConversation *)core_chat_open(core, account, summary->peer, NULL);
	if (!chat)
		return;
	g_object_set(chat, "unread", summary->unread, "last-message", summary->last_id, NULL);
	g_object_set(core->manager, "unread", core->manager->unread + summary->unread, NULL);
}

/* Both kinds. */
static GPtrArray *conversations_of(CusaxCore *core, CusaxAccount *account)
{
	GPtrArray *chats = cusax_registry_list(core->registry, CUSAX_TYPE_CONVERSATION);

	for (guint i = chats->len; i > 0; i--) {
		if (((CusaxConversation *)chats->pdata[i - 1])->account != account)
			g_ptr_array_remove_index_fast(chats, i - 1);
	}
	return chats;
}

void core_chat_set_unread(CusaxCore *core, CusaxConversation *chat, guint unread)
{
	guint total = core->manager->unread;

	total = total >= chat->unread ? total - chat->unread : 0;
	g_object_set(chat, "unread", unread, NULL);
	if (CUSAX_IS_ROOM(chat) && CUSAX_ROOM(chat)->mentions > unread)
		g_object_set(chat, "mentions", unread, NULL);
	g_object_set(core->manager, "unread", total + unread, NULL);
}

void core_chat_forget(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GPtrArray) chats = NULL;

	core_room_forget(core, account);
	chats = conversations_of(core, account);

	for (guint i = 0; i < chats->len; i++) {
		core_chat_set_unread(core, chats->pdata[i], 0);
		cusax_registry_remove(core->registry, chats->pdata[i]);
	}
}

void core_chat_offline(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GPtrArray) chats = conversations_of(core, account);

	for (guint i = 0; i < chats->len; i++) {
		if (CUSAX_IS_CHAT(chats->pdata[i]))
			g_object_set(chats->pdata[i], "peer-state", CUSAX_CHAT_STATE_NONE, NULL);
	}
}

/* A chat has the id of its contact: it is made of the same account and address (stable-id.h). */
void core_chat_link_contact(CusaxCore *core, CusaxContact *contact, gboolean is_there)
{
	CusaxChat *chat = cusax_registry_find(core->registry, CUSAX_TYPE_CHAT,
					      cusax_object_id(CUSAX_OBJECT(contact)));

	if (chat)
		g_object_set(chat, "contact", is_there ? contact : NULL, NULL);
}

static GVariant *entry_of(const char *key, GVariant *value)
{
	return g_variant_new_dict_entry(g_variant_new_string(key), g_variant_new_variant(value));
}

static GVariant *text_entry(const char *key, const char *text)
{
	return entry_of(key, g_variant_new_string(text));
}

/* The brief of MessageAdded and MessageChanged: ids, direction, delivery, never a body. */
static GVariant *brief_of(const CusaxMessage *message)
{
	GVariant *entries[7];
	gsize n = 0;

	entries[n++] =
		text_entry("direction", cusax_word(CUSAX_TYPE_DIRECTION, message->direction));
	entries[n++] = text_entry("delivery", cusax_word(CUSAX_TYPE_DELIVERY, message->delivery));
	entries[n++] = entry_of("time", g_variant_new_int64(message->time));
	if (message->origin_id)
		entries[n++] = text_entry("origin-id", message->origin_id);
	if (message->replaces)
		entries[n++] = text_entry("replaces", message->replaces);
	if (message->reply_to)
		entries[n++] = text_entry("reply-to", message->reply_to);
	if (message->retracted)
		entries[n++] = entry_of("retracted", g_variant_new_boolean(TRUE));
	return g_variant_new_array(G_VARIANT_TYPE("{sv}"), entries, n);
}

void core_chat_announce(CusaxCore *core, CusaxConversation *chat, const CusaxMessage *message,
			const char *moment)
{
	cusax_registry_moment(core->registry, chat, moment,
			      g_variant_new("(s@a{sv})", message->id, brief_of(message)));
}

/* NULL: there are too many chats. */
static CusaxConversation *open_conversation(CusaxCore *core, CusaxAccount *account,
					    const char *address)
{
	CusaxConversation *found = core_conversation_find(core, account, address);

	return found ? found : (CusaxConversation *)core_chat_open(core, account, address, NULL);
}

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	char *receipt_for;     /* wire id, NULL: no receipt is due */
	CusaxMessage *message; /* while it waits to be stored (again) */
} Arrival;

static void arrival_free(Arrival *arrival)
{
	g_object_unref(arrival->account);
	g_free(arrival->receipt_for);
	cusax_message_free(arrival->message);
	g_free(arrival);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arrival, arrival_free)

static void send_receipt(CusaxCore *core, CusaxAccount *account, const char *address,
			 const char *id)
{
	CusaxOperation *receipt;

	if (!core_is_online(account))
		return;
	receipt = cusax_operation_new(CUSAX_OPERATION_SEND_MARKER,
				      cusax_object_id(CUSAX_OBJECT(account)));
	receipt->send_marker.address = g_strdup(address);
	receipt->send_marker.message = g_strdup(id);
	core_submit(core, account, receipt, NULL, NULL);
}

static void store_arrival(CusaxCore *core, gpointer data);

static void on_stored(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(Arrival) arrival = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxMessage) message = NULL;
	CusaxCore *core = arrival->core;
	CusaxConversation *chat;
	gboolean is_new;

	(void)source;
	message = cusax_history_add_message_finish(core->history, result, &is_new, &error);
	if (!message) {
		/* No receipt, and no word to the server, that we have what we could not keep. */
		arrival->message = cusax_history_add_message_take(result);
		if (core_unstored_failed(core, error, store_arrival, arrival,
					 (GDestroyNotify)arrival_free)) {
			arrival = NULL;
			return;
		}
		cusax_notice(cusax_object_id(CUSAX_OBJECT(arrival->account)),
			     "a message could not be stored: %s", error->message);
		core_count(core, "messages-not-stored");
		return;
	}
	if (arrival->receipt_for) /* again for a duplicate: the first may be lost */
		send_receipt(core, arrival->account, message->peer, arrival->receipt_for);
	if (!cusax_registry_contains(core->registry, CUSAX_OBJECT(arrival->account)))
		return;
	chat = core_conversation_find(core, arrival->account, message->peer);
	if (chat)
		core_room_on_stored(core, arrival->account, chat, message, is_new);
	if (!is_new)
		return;
	if (message->foreign_replace)
		core_count_refused(core, message->account, "correction");
	core_count(core, message->direction == CUSAX_DIRECTION_IN ? "messages-received"
								  : "messages-sent-elsewhere");
	if (!chat)
		chat = open_conversation(core, arrival->account, message->peer);
	if (!chat) { /* stored, and found by its address; only the object is missing */
		core_count(core, "chats-refused");
		return;
	}
	g_object_set(chat, "last-message", message->id, NULL);
	if (message->unread)
		core_chat_set_unread(core, chat, chat->unread + 1);
	else if (message->direction == CUSAX_DIRECTION_OUT)
		/* Whoever answers on another device has read what was there. */
		core_read_elsewhere(core, arrival->account, message->peer, message->id);
	core_chat_announce(core, chat, message, "MessageAdded");
}

static void store_arrival(CusaxCore *core, gpointer data)
{
	Arrival *arrival = data;
	g_autoptr(CusaxMessage) message = g_steal_pointer(&arrival->message);

	cusax_history_add_message_async(core->history, message, on_stored, arrival);
}

/* XEP-0184 §5.3: a receipt tells that we are here, so only those who may see our presence get one. */
gboolean core_read_may_know_us(CusaxContact *contact)
{
	return contact && (contact->subscription == CUSAX_SUBSCRIPTION_FROM ||
			   contact->subscription == CUSAX_SUBSCRIPTION_BOTH);
}

static gboolean may_have_receipt(CusaxCore *core, CusaxAccount *account, const char *address)
{
	return core_read_may_tell(core, account, address, CORE_TELLS_RECEIPTS) &&
	       core_read_may_know_us(core_contact_find(core, account, address));
}

void core_chat_store(CusaxCore *core, CusaxAccount *account, CusaxMessage *message,
		     const char *receipt_for)
{
	Arrival *arrival = g_new0(Arrival, 1);

	arrival->core = core;
	arrival->account = g_object_ref(account);
	arrival->receipt_for = g_strdup(receipt_for);
	arrival->message = message;
	if (core_unstored_waits(core))
		core_unstored_later(core, store_arrival, arrival, (GDestroyNotify)arrival_free);
	else
		store_arrival(core, arrival);
}

CusaxMessage *core_chat_message_of(CusaxAccount *account, const CusaxEvent *event)
{
	gboolean incoming = event->message.direction == CUSAX_DIRECTION_IN;
	CusaxMessage *message = cusax_message_new(cusax_object_id(CUSAX_OBJECT(account)),
						  event->message.address, event->message.direction);

	message->sender = g_strdup(incoming ? event->message.address : account->address);
	message->kind = g_strdup(cusax_word(CUSAX_TYPE_MESSAGE_KIND, (int)event->message.kind));
	message->text = cusax_text_body(event->message.text, CORE_MAX_TEXT);
	message->time = event->message.time ? event->message.time : g_get_real_time();
	message->delayed = event->message.delayed;
	message->delivery = incoming ? CUSAX_DELIVERY_DELIVERED : CUSAX_DELIVERY_SERVER;
	message->stanza_id = g_strdup(event->message.id);
	message->origin_id = g_strdup(event->message.origin_id);
	message->server_id = g_strdup(event->message.server_id);
	message->replaces = g_strdup(event->message.replaces);
	message->reply_to = g_strdup(event->message.reply_to);
	message->file = cusax_file_copy(event->message.file);
	message->occupant = g_strdup(event->message.occupant);
	message->encryption = g_strdup(event->message.undecryptable ? "undecryptable" : "none");
	message->unread = incoming;
	message->markable = incoming && event->message.markable;
	return message;
}

static void on_last(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(Arrival) arrival = data;
	g_autoptr(GPtrArray) last = NULL;
	CusaxMessage *message;
	CusaxConversation *chat;

	(void)source;
	last = cusax_history_get_messages_finish(arrival->core->history, result, NULL);
	if (!last || last->len == 0)
		return;
	message = last->pdata[0];
	chat = core_conversation_find(arrival->core, arrival->account, message->peer);
	if (chat)
		g_object_set(chat, "last-message", message->id, NULL);
}

void core_chat_show_archived(CusaxCore *core, CusaxAccount *account, const CusaxMessage *message)
{
	CusaxMessageFilter newest = { .account = message->account,
				      .peer = message->peer,
				      .limit = 1 };
	CusaxConversation *chat;
	Arrival *arrival;

	if (!cusax_registry_contains(core->registry, CUSAX_OBJECT(account)))
		return;
	core_count(core, "messages-archived");
	chat = open_conversation(core, account, message->peer);
	if (!chat) {
		core_count(core, "chats-refused");
		return;
	}
	/* It may be older than what is there. */
	arrival = g_new0(Arrival, 1);
	arrival->core = core;
	arrival->account = g_object_ref(account);
	cusax_history_get_messages_async(core->history, &newest, on_last, arrival);
	core_room_on_stored(core, account, chat, message, TRUE);
	if (message->unread)
		core_chat_set_unread(core, chat, chat->unread + 1);
	core_chat_announce(core, chat, message, "MessageAdded");
}

void core_chat_on_message(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	g_autoptr(CusaxMessage) message = NULL;
	const char *receipt_for = NULL;
	gboolean incoming = event->message.direction == CUSAX_DIRECTION_IN;

	if (!(account->features & CUSAX_FEATURE_MESSAGING)) {
		core_count(core, "messages-refused");
		return;
	}
	message = core_chat_message_of(account, event);
	core_stream_mark(core, account, message, event);

	if (account->protocol == CUSAX_PROTOCOL_XMPP &&
	    !core_room_admit_message(core, account, event, message))
		return;
	if (incoming && event->message.wants_receipt && event->message.id &&
	    may_have_receipt(core, account, event->message.address))
		receipt_for = event->message.id;
	message->receipt = receipt_for != NULL;
	core_chat_store(core, account, g_steal_pointer(&message), receipt_for);
}

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
} Repeat;

static void on_receipts(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Repeat *repeat = data;
	g_autoptr(CusaxAccount) account = repeat->account;
	g_autoptr(GPtrArray) found = NULL;

	(void)source;
	found = cusax_history_get_receipts_finish(repeat->core->history, result, NULL);
	for (guint i = 0; found && i < found->len; i++) {
		const CusaxMessage *message = found->pdata[i];

		if (message->stanza_id && may_have_receipt(repeat->core, account, message->peer))
			send_receipt(repeat->core, account, message->peer, message->stanza_id);
	}
}

void core_chat_repeat_receipts(CusaxCore *core, CusaxAccount *account)
{
	Repeat *repeat = g_new(Repeat, 1);

	*repeat = (Repeat){ core, g_object_ref(account) };
	cusax_history_get_receipts_async(core->history, cusax_object_id(CUSAX_OBJECT(account)),
					 on_receipts, repeat);
}

void core_chat_on_chat_state(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxChat *chat = core_chat_find(core, account, event->chat_state.address);

	if (chat)
		g_object_set(chat, "peer-state", event->chat_state.state, NULL);
}

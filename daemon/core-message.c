/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Own messages: stored first, then sent, then followed to their final state; history for clients. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/store/references.h"

#define MAX_WAITING 10000

/* --- handing over to the account's connection ----------------------------------------------- */

/* A message that a connection was given. */
typedef struct {
	CusaxAccount *account;
	char *id;
	char *peer;
} Handed;

static void handed_free(gpointer data)
{
	Handed *handed = data;

	g_object_unref(handed->account);
	g_free(handed->id);
	g_free(handed->peer);
	g_free(handed);
}

/* Not taken: it waits for the next connection, unless no connection will ever take it. */
static void on_handed(CusaxCore *core, const GError *error, gpointer data)
{
	Handed *handed = data;

	if (error)
		core_link_release_message(core, handed->account, handed->id);
	if (g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT) ||
	    g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED)) {
		g_autoptr(CusaxEvent) event = cusax_event_new(
			CUSAX_EVENT_MESSAGE_STATE, cusax_object_id(CUSAX_OBJECT(handed->account)));

		event->message_state.address = g_strdup(handed->peer);
		event->message_state.id = g_strdup(handed->id);
		event->message_state.delivery = CUSAX_DELIVERY_FAILED;
		event->message_state.text = g_strdup(error->message);
		core_chat_on_message_state(core, handed->account, event);
	}
	handed_free(handed);
}

static CusaxOperation *message_operation(CusaxCore *core, CusaxAccount *account,
					 const CusaxMessage *message)
{
	CusaxOperation *send;
	int kind = CUSAX_MESSAGE_CHAT;

	cusax_word_parse(CUSAX_TYPE_MESSAGE_KIND, message->kind, &kind);
	send = cusax_operation_new(CUSAX_OPERATION_SEND_MESSAGE,
				   cusax_object_id(CUSAX_OBJECT(account)));
	send->send_message.kind = kind;
	send->send_message.address = g_strdup(message->peer);
	send->send_message.message = g_strdup(message->origin_id);
	send->send_message.text = g_strdup(message->text);
	send->send_message.replaces = g_strdup(message->replaces);
	if (message->reply_to) {
		send->send_message.reply_to = g_strdup(message->reply_wire);
		send->send_message.reply_sender = g_strdup(message->reply_sender);
		send->send_message.reply_quote = g_strdup(message->reply_quote);
	}
	send->send_message.file = cusax_file_copy(message->file);
	/* A room is no person who could confirm, and everybody in it need not know what we do. */
	if (kind != CUSAX_MESSAGE_ROOM) {
		send->send_message.ask_receipt = TRUE;
		send->send_message.ask_marker = TRUE;
		send->send_message.chat_state =
			core_read_may_tell(core, account, message->peer, CORE_TELLS_CHAT_STATES);
	}
	return send;
}

void core_chat_hand_over(CusaxCore *core, CusaxAccount *account, const CusaxMessage *message)
{
	Handed *handed;

	if (!core_is_online(account) || core_link_of(core, account)->archive_awaited ||
	    !core_room_takes(core, account, message->peer) ||
	    !core_link_claim_message(core, account, message->id))
		return;
	handed = g_new(Handed, 1);
	*handed = (Handed){ g_object_ref(account), g_strdup(message->id), g_strdup(message->peer) };
	/* How far it comes is told by CUSAX_EVENT_MESSAGE_STATE. */
	core_submit_owned(core, account,
			  cusax_message_is_act(message) ? core_reference_operation(account, message)
							: message_operation(core, account, message),
			  on_handed, handed, handed_free);
}

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
} Flush;

/* What went out in the session that goes on is settled by its counters. */
static gboolean is_of_session(const CoreLink *link, const CusaxMessage *message)
{
	return link->stream && g_strcmp0(message->stream, link->stream->id) == 0;
}

/* Of what went out in a session that is gone nobody knows whether it arrived, but the archive does: it
 * is asked first. What is said meanwhile waits behind it, so that order is kept. */
static gboolean awaits_archive(CusaxCore *core, CusaxAccount *account, const GPtrArray *pending)
{
	CoreLink *link = core_link_of(core, account);

	if (!link || !link->archive_runs)
		return FALSE;
	for (guint i = 0; i < pending->len && !link->archive_awaited; i++) {
		const CusaxMessage *message = pending->pdata[i];

		link->archive_awaited = message->delivery == CUSAX_DELIVERY_SENT &&
					!g_hash_table_contains(link->claimed, message->id) &&
					!is_of_session(link, message);
	}
	return link->archive_awaited;
}

void core_chat_release(CusaxCore *core, CusaxAccount *account)
{
	CoreLink *link = core_link_of(core, account);

	if (!link->archive_awaited)
		return;
	link->archive_awaited = FALSE;
	core_chat_flush(core, account);
}

static void on_pending(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Flush *flush = data;
	g_autoptr(CusaxAccount) account = flush->account;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) pending = NULL;

	CoreLink *link = core_link_of(flush->core, account);

	(void)source;
	if (link)
		link->flushes--;
	pending = cusax_history_get_pending_finish(flush->core->history, result, &error);
	if (!pending) {
		cusax_notice(cusax_object_id(CUSAX_OBJECT(account)),
			     "waiting messages cannot be read: %s", error->message);
		return;
	}
	if (awaits_archive(flush->core, account, pending))
		return;
	for (guint i = 0; i < pending->len; i++)
		core_chat_hand_over(flush->core, account, pending->pdata[i]);
}

void core_chat_flush(CusaxCore *core, CusaxAccount *account)
{
	Flush *flush;

	if (!core_is_online(account) || !(account->features & CUSAX_FEATURE_MESSAGING))
		return;
	core_read_flush(core, account);
	flush = g_new(Flush, 1);
	*flush = (Flush){ core, g_object_ref(account) };
	core_link_of(core, account)->flushes++;
	cusax_history_get_pending_async(core->history, cusax_object_id(CUSAX_OBJECT(account)),
					on_pending, flush);
}

/* What waits goes first: while it is being read, a new message is read behind it. */
static void hand_over_new(CusaxCore *core, CusaxAccount *account, const CusaxMessage *message)
{
	CoreLink *link = core_link_of(core, account);

	if (link && link->flushes > 0)
		core_chat_flush(core, account);
	else
		core_chat_hand_over(core, account, message);
}

/* --- Send ------------------------------------------------------------------------------------ */

typedef struct {
	CusaxCore *core;
	CusaxConversation *chat;
} Sending;

static void sending_free(Sending *sending)
{
	g_object_unref(sending->chat);
	g_free(sending);
}

static void on_queued(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Sending *sending = g_task_get_task_data(task);
	CusaxCore *core = sending->core;
	GError *error = NULL;
	g_autoptr(CusaxMessage) message = NULL;
	gboolean is_new = FALSE;

	(void)source;
	message = cusax_history_add_message_finish(core->history, result, &is_new, &error);
	if (!message) {
		g_task_return_error(task, error);
		return;
	}
	if (is_new) {
		core_count(core, "messages-sent");
		g_hash_table_add(core->unacknowledged, g_strdup(message->id));
	}
	/* Said before under the same id: it is on its way, or arrived. */
	if (is_new && cusax_registry_contains(core->registry, CUSAX_OBJECT(sending->chat))) {
		g_object_set(sending->chat, "last-message", message->id, NULL);
		core_chat_announce(core, sending->chat, message, "MessageAdded");
		hand_over_new(core, sending->chat->account, message);
	}
	g_task_return_pointer(task, g_strdup(message->id), g_free);
}

/* The wire id is origin_id, or a fresh one. file: that text is the address of, or NULL. Takes task. */
static void store_outgoing(CusaxCore *core, CusaxConversation *chat, const char *text,
			   const char *replaces, const char *reply_to, const CusaxFile *file,
			   const char *origin_id, GTask *task)
{
	g_autoptr(CusaxMessage) message = NULL;
	Sending *sending;

	if (!(chat->account->features & CUSAX_FEATURE_MESSAGING)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
					"messaging is switched off for this account");
		g_object_unref(task);
		return;
	}
	if (g_hash_table_size(core->unacknowledged) >= MAX_WAITING) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
					"%d messages wait for the server already", MAX_WAITING);
		g_object_unref(task);
		return;
	}
	message = cusax_message_new(cusax_object_id(CUSAX_OBJECT(chat->account)), chat->address,
				    CUSAX_DIRECTION_OUT);
	message->sender = g_strdup(chat->account->address);
	message->kind = g_strdup(cusax_word(CUSAX_TYPE_MESSAGE_KIND, (int)core_message_kind(chat)));
	message->text = cusax_text_body(text, CORE_MAX_TEXT);
	message->time = g_get_real_time();
	message->delivery = CUSAX_DELIVERY_QUEUED;
	message->origin_id = origin_id ? g_strdup(origin_id) : g_uuid_string_random();
	message->stanza_id = g_strdup(message->origin_id);
	message->id = g_strdup(message->origin_id);
	message->replaces = g_strdup(replaces);
	message->reply_to = g_strdup(reply_to);
	message->file = cusax_file_copy(file);
	message->encryption = g_strdup("none");
	sending = g_new(Sending, 1);
	*sending = (Sending){ core, g_object_ref(chat) };
	g_task_set_task_data(task, sending, (GDestroyNotify)sending_free);
	cusax_history_add_message_async(core->history, message, on_queued, task);
}

void cusax_core_send_message(CusaxCore *core, CusaxConversation *chat, const char *text,
			     GVariant *options, GAsyncReadyCallback callback, gpointer data)
{
	const char *origin_id = NULL, *reply_to = NULL;
	GTask *task = g_task_new(NULL, NULL, callback, data);

	g_variant_lookup(options, "origin-id", "&s", &origin_id);
	g_variant_lookup(options, "reply-to", "&s", &reply_to);
	if (reply_to && chat->account->protocol == CUSAX_PROTOCOL_SIP) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
					"messages by SIP cannot be replies");
		g_object_unref(task);
		return;
	}
	store_outgoing(core, chat, text, NULL, reply_to, NULL, origin_id, task);
}

void core_message_send_file(CusaxCore *core, CusaxConversation *chat, const CusaxFile *file,
			    GAsyncReadyCallback callback, gpointer data)
{
	store_outgoing(core, chat, file->uri, NULL, NULL, file, NULL,
		       g_task_new(NULL, NULL, callback, data));
}

typedef struct {
	CusaxCore *core;
	CusaxConversation *chat;
	char *text;
} Correction;

static void correction_free(Correction *correction)
{
	g_object_unref(correction->chat);
	g_free(correction->text);
	g_free(correction);
}

static void on_correctable(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Correction *correction = g_task_get_task_data(task);
	g_autoptr(CusaxMessage) message = NULL;
	g_autofree char *text = g_strdup(correction->text);
	g_autoptr(CusaxConversation) chat = g_object_ref(correction->chat);
	CusaxCore *core = correction->core;
	GError *error = NULL;

	(void)source;
	message = cusax_history_get_correctable_finish(core->history, result, &error);
	if (message)
		store_outgoing(core, chat, text, message->stanza_id, NULL, NULL, NULL,
			       g_steal_pointer(&task));
	else
		g_task_return_error(task, error);
}

void cusax_core_correct_message(CusaxCore *core, CusaxConversation *chat, const char *id,
				const char *text, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Correction *correction;

	if (chat->account->protocol == CUSAX_PROTOCOL_SIP) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
					"messages by SIP cannot be corrected");
		g_object_unref(task);
		return;
	}
	correction = g_new(Correction, 1);
	*correction = (Correction){ core, g_object_ref(chat), g_strdup(text) };
	g_task_set_task_data(task, correction, (GDestroyNotify)correction_free);
	cusax_history_get_correctable_async(core->history,
					    cusax_object_id(CUSAX_OBJECT(chat->account)),
					    chat->address, id, on_correctable, task);
}

/* --- what becomes of a message ------------------------------------------------------------------ */

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	gboolean counted; /* it goes out once this is kept */
	guint32 count;
	char *address;
	char *id;
	CusaxDelivery delivery;
	char *stream; /* sent: in which session */
	char *why;    /* failed */
} Progress;

static void progress_free(Progress *progress)
{
	g_object_unref(progress->account);
	g_free(progress->address);
	g_free(progress->id);
	g_free(progress->stream);
	g_free(progress->why);
	g_free(progress);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

void core_chat_show_delivery(CusaxCore *core, CusaxAccount *account, const CusaxMessage *message)
{
	CusaxConversation *chat = core_conversation_find(core, account, message->peer);

	if (message->delivery != CUSAX_DELIVERY_QUEUED && message->delivery != CUSAX_DELIVERY_SENT)
		g_hash_table_remove(core->unacknowledged, message->id);
	if (chat && !cusax_message_is_act(message))
		core_chat_announce(core, chat, message, "MessageChanged");
}

static void keep_progress(CusaxCore *core, gpointer data);

static void on_delivery_kept(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(Progress) progress = data;
	CusaxAccount *account = progress->account;
	g_autoptr(CusaxMessage) message = NULL;
	g_autoptr(GError) error = NULL;
	gboolean changed = FALSE;

	(void)source;
	message = cusax_history_set_delivery_finish(progress->core->history, result, &changed,
						    &error);
	if (progress->counted)
		core_stream_own_kept(progress->core, account, progress->stream, progress->count);
	/* It goes out all the same; what becomes of it is kept as soon as can be. */
	progress->counted = FALSE;
	if (!message && core_unstored_failed(progress->core, error, keep_progress, progress,
					     (GDestroyNotify)progress_free)) {
		progress = NULL;
		return;
	}
	if (!message) {
		/* A receipt, marker or error for what we never sent to that address. */
		core_count_refused(progress->core, cusax_object_id(CUSAX_OBJECT(account)),
				   "receipt");
		return;
	}
	if (changed)
		core_chat_show_delivery(progress->core, account, message);
}

static void keep_progress(CusaxCore *core, gpointer data)
{
	Progress *progress = data;
	const char *account = cusax_object_id(CUSAX_OBJECT(progress->account));

	if (progress->delivery == CUSAX_DELIVERY_SENT)
		cusax_history_set_sent_async(core->history, account, progress->address,
					     progress->id, progress->stream, progress->count,
					     on_delivery_kept, progress);
	else
		cusax_history_set_delivery_async(core->history, account, progress->address,
						 progress->id, progress->delivery, NULL,
						 progress->why, on_delivery_kept, progress);
}

void core_chat_on_message_state(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);
	gboolean counted = event->message_state.counted && link && link->stream;
	Progress *progress = g_new0(Progress, 1);

	progress->core = core;
	progress->account = g_object_ref(account);
	progress->counted = event->message_state.counted;
	progress->count = event->message_state.count;
	progress->address = g_strdup(event->message_state.address);
	progress->id = g_strdup(event->message_state.id);
	progress->delivery = event->message_state.delivery;
	if (counted)
		progress->stream = g_strdup(link->stream->id);
	if (progress->delivery == CUSAX_DELIVERY_FAILED)
		progress->why = cusax_text_line(event->message_state.text, 512);
	if (core_unstored_waits(core) && !progress->counted)
		core_unstored_later(core, keep_progress, progress, (GDestroyNotify)progress_free);
	else
		keep_progress(core, progress);
}

void cusax_core_set_chat_state(CusaxCore *core, CusaxConversation *chat, CusaxChatState state,
			       GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *notice;

	/* Switched off by the user (X5: a privacy switch), or not known to SIP's messages, or of
	 * no use to a whole room: accepted and kept to ourselves. */
	if (!core_read_may_tell(core, chat->account, chat->address, CORE_TELLS_CHAT_STATES) ||
	    CUSAX_IS_ROOM(chat) || chat->account->protocol == CUSAX_PROTOCOL_SIP) {
		g_task_return_boolean(task, TRUE);
		g_object_unref(task);
		return;
	}
	notice = cusax_operation_new(CUSAX_OPERATION_SEND_CHAT_STATE,
				     cusax_object_id(CUSAX_OBJECT(chat->account)));
	notice->send_chat_state.address = g_strdup(chat->address);
	notice->send_chat_state.state = state;
	core_submit_for_task(core, chat->account, notice, task);
}

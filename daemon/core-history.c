/* SPDX-License-Identifier: GPL-3.0-or-later */
/* History for clients: a page of a conversation, fetched from the archive where it is not here. */
/* Main thread. */
#include "daemon/core-private.h"

#define PATIENCE_MSEC                                                                              \
	5000            /* for the archive; afterwards the answer says that something is missing */
#define MAX_FETCHES   3 /* pages of the archive for one question */
#define USUAL_LIMIT   50
#define HIGHEST_LIMIT 1000

/* One question of a client. */
typedef struct {
	CusaxCore *core;
	CusaxConversation *chat;
	char *before, *after, *query;
	GStrv kinds;
	gint64 since, until;
	guint limit;
	guint fetches;
	guint patience; /* timer while the archive is asked; 0: none */
	gboolean answered;
	GPtrArray *found; /* CusaxMessage */
	gint64 missing;   /* what is before the message of that time may be missing; 0: nothing */
} Asked;

static void asked_free(gpointer data)
{
	Asked *asked = data;

	g_object_unref(asked->chat);
	g_free(asked->before);
	g_free(asked->after);
	g_free(asked->query);
	g_strfreev(asked->kinds);
	g_clear_pointer(&asked->found, g_ptr_array_unref);
	g_free(asked);
}

GVariant *core_message_variant(CusaxConversation *chat, const CusaxMessage *message)
{
	g_autofree char *chat_path = cusax_object_path((CusaxObject *)chat);
	g_autofree char *account_path =
		cusax_object_path(chat ? CUSAX_OBJECT(chat->account) : NULL);
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	core_insert_string(&dict, "id", message->id);
	core_insert_string(&dict, "origin-id", message->origin_id);
	g_variant_dict_insert(&dict, "chat", "o", chat_path);
	g_variant_dict_insert(&dict, "account", "o", account_path);
	core_insert_string(&dict, "from", message->sender);
	core_insert_string(&dict, "direction",
			   cusax_word(CUSAX_TYPE_DIRECTION, message->direction));
	core_insert_string(&dict, "kind", message->kind);
	core_insert_string(&dict, "text", message->text);
	g_variant_dict_insert(&dict, "time", "x", message->time);
	core_insert_string(&dict, "delivery", cusax_word(CUSAX_TYPE_DELIVERY, message->delivery));
	core_insert_string(&dict, "replaces", message->replaces);
	core_insert_string(&dict, "reply-to", message->reply_to);
	g_variant_dict_insert_value(&dict, "reactions", cusax_message_reactions(message));
	g_variant_dict_insert(&dict, "retracted", "b", message->retracted);
	core_insert_string(&dict, "encryption", message->encryption);
	core_insert_string(&dict, "error", message->error);
	g_variant_dict_insert(&dict, "unread", "b", message->unread);
	if (message->file)
		core_file_describe(&dict, message->file);
	return g_variant_dict_end(&dict);
}

/* Takes task. */
static void answer(GTask *task)
{
	Asked *asked = g_task_get_task_data(task);
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

	for (guint i = 0; i < asked->found->len; i++) {
		const CusaxMessage *message = asked->found->pdata[i];
		GVariantDict dict;

		if (asked->missing > 0 && message->time >= asked->missing) {
			g_autoptr(GVariant) plain =
				g_variant_ref_sink(core_message_variant(asked->chat, message));

			g_variant_dict_init(&dict, plain);
			g_variant_dict_insert(&dict, "gap", "b", TRUE);
			g_variant_builder_add_value(&list, g_variant_dict_end(&dict));
			asked->missing = 0;
			continue;
		}
		g_variant_builder_add_value(&list, core_message_variant(asked->chat, message));
	}
	g_task_return_pointer(task, g_variant_ref_sink(g_variant_builder_end(&list)),
			      (GDestroyNotify)g_variant_unref);
	g_object_unref(task);
}

static void read_page(GTask *task);

/* The archive goes on being read; who asks again later gets it. */
static gboolean on_patience(gpointer data)
{
	GTask *task = data;
	Asked *asked = g_task_get_task_data(task);

	g_hash_table_remove(asked->core->timers, GUINT_TO_POINTER(asked->patience));
	asked->patience = 0;
	asked->answered = TRUE;
	answer(g_object_ref(task));
	return G_SOURCE_REMOVE;
}

/* data: the task, owned. */
static void on_filled(CusaxCore *core, gboolean went_well, gpointer data)
{
	GTask *task = data;
	Asked *asked = g_task_get_task_data(task);

	if (asked->answered) {
		g_object_unref(task);
		return;
	}
	g_hash_table_remove(core->timers, GUINT_TO_POINTER(asked->patience));
	g_clear_handle_id(&asked->patience, g_source_remove);
	if (!went_well)
		asked->fetches = MAX_FETCHES;
	read_page(task);
}

static const char *archive_of(const Asked *asked)
{
	return CUSAX_IS_CHAT(asked->chat) ? NULL : asked->chat->address;
}

static void on_gap(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Asked *asked = g_task_get_task_data(task);
	g_autoptr(CusaxArchiveGap) gap =
		cusax_history_find_gap_finish(asked->core->history, result, NULL);

	(void)source;
	asked->missing = gap ? gap->stop : 0;
	if (gap && asked->fetches < MAX_FETCHES && core_is_online(asked->chat->account)) {
		asked->fetches++;
		asked->patience = g_timeout_add(PATIENCE_MSEC, on_patience, task);
		g_hash_table_add(asked->core->timers, GUINT_TO_POINTER(asked->patience));
		core_archive_fill(asked->core, asked->chat->account, archive_of(asked),
				  asked->chat->address, g_steal_pointer(&gap), on_filled, task);
		return;
	}
	answer(task);
}

/* What was asked for ends at its newest, so that what is missing there shows. */
static gboolean may_be_incomplete(const Asked *asked)
{
	return asked->chat->account->protocol == CUSAX_PROTOCOL_XMPP && !asked->after &&
	       !asked->since && !asked->until && !asked->query && !asked->kinds;
}

static void on_messages(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Asked *asked = g_task_get_task_data(task);
	GError *error = NULL;
	gboolean full;
	const char *archive;

	(void)source;
	g_clear_pointer(&asked->found, g_ptr_array_unref);
	asked->found = cusax_history_get_messages_finish(asked->core->history, result, &error);
	if (!asked->found) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	if (!may_be_incomplete(asked)) {
		answer(task);
		return;
	}
	full = asked->found->len > 0 && asked->found->len >= asked->limit;
	archive = archive_of(asked);
	cusax_history_find_gap_async(asked->core->history,
				     cusax_object_id(CUSAX_OBJECT(asked->chat->account)),
				     archive ? archive : "", asked->chat->address,
				     full ? ((CusaxMessage *)asked->found->pdata[0])->time : 0,
				     asked->before, on_gap, task);
}

static void read_page(GTask *task)
{
	Asked *asked = g_task_get_task_data(task);
	CusaxMessageFilter wanted = {
		.account = cusax_object_id(CUSAX_OBJECT(asked->chat->account)),
		.peer = asked->chat->address,
		.before = asked->before,
		.after = asked->after,
		.since = asked->since,
		.until = asked->until,
		.limit = asked->limit,
		.query = asked->query,
		.kinds = (const char *const *)asked->kinds,
	};

	cusax_history_get_messages_async(asked->core->history, &wanted, on_messages, task);
}

void cusax_core_get_messages(CusaxCore *core, CusaxConversation *chat, GVariant *filter,
			     GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Asked *asked = g_new0(Asked, 1);

	asked->core = core;
	asked->chat = g_object_ref(chat);
	g_variant_lookup(filter, "before", "s", &asked->before);
	g_variant_lookup(filter, "after", "s", &asked->after);
	g_variant_lookup(filter, "since", "x", &asked->since);
	g_variant_lookup(filter, "until", "x", &asked->until);
	g_variant_lookup(filter, "limit", "u", &asked->limit);
	g_variant_lookup(filter, "query", "s", &asked->query);
	g_variant_lookup(filter, "kinds", "^as", &asked->kinds);
	asked->limit = asked->limit ? MIN(asked->limit, HIGHEST_LIMIT) : USUAL_LIMIT;
	g_task_set_task_data(task, asked, asked_free);
	read_page(task);
}

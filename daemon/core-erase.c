/* SPDX-License-Identifier: GPL-3.0-or-later */
/* History that the user deletes: a message, a chat, a person, all. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/store/erase.h"

typedef struct {
	CusaxCore *core;
	CusaxConversation *chat; /* NULL: not of one chat */
	char *id;                /* NULL: not one message */
	gboolean calls;
} Erasing;

static void erasing_free(gpointer data)
{
	Erasing *erasing = data;

	g_clear_object(&erasing->chat);
	g_free(erasing->id);
	g_free(erasing);
}

/* --- traces in the files --------------------------------------------------------------------- */

static void on_scrubbed_quietly(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;
	gboolean again = core->scrub == CORE_SCRUB_AGAIN;

	(void)source;
	if (!cusax_history_scrub_finish(core->history, result, &error))
		cusax_notice(NULL, "traces of deleted messages stay for now: %s", error->message);
	core->scrub = CORE_SCRUB_IDLE;
	if (again)
		core_erase_scrub(core);
}

void core_erase_scrub(CusaxCore *core)
{
	/* Many messages may be taken back at once: that is work for two times, not for many. */
	if (core->scrub != CORE_SCRUB_IDLE) {
		core->scrub = CORE_SCRUB_AGAIN;
		return;
	}
	core->scrub = CORE_SCRUB_RUNNING;
	cusax_history_scrub_async(core->history, on_scrubbed_quietly, core);
}

/* --- deleting -------------------------------------------------------------------------------- */

static void on_scrubbed(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;

	(void)source;
	if (cusax_history_scrub_finish(NULL, result, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static void show_chat(CusaxCore *core, CusaxConversation *chat, const char *id,
		      const CusaxErasureResult *result)
{
	const char *const one[] = { id, NULL }, *const all[] = { NULL };

	core_chat_set_unread(core, chat, result->unread);
	g_object_set(chat, "last-message", result->last_id, NULL);
	cusax_registry_moment(core->registry, chat, "MessagesRemoved",
			      g_variant_new("(^as)", id ? one : all));
}

static void show_all(CusaxCore *core)
{
	g_autoptr(GPtrArray) chats = cusax_registry_list(core->registry, CUSAX_TYPE_CONVERSATION);
	const CusaxErasureResult nothing = { 0 };

	for (guint i = 0; i < chats->len; i++)
		show_chat(core, chats->pdata[i], NULL, &nothing);
	g_object_set(core->manager, "missed-calls", 0, NULL);
}

static void on_missed_left(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	gssize left;

	(void)source;
	left = cusax_history_count_missed_finish(core->history, result, NULL);
	if (left >= 0)
		g_object_set(core->manager, "missed-calls", (guint)left, NULL);
}

static void on_erased(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Erasing *erasing = g_task_get_task_data(task);
	CusaxCore *core = erasing->core;
	g_auto(CusaxErasureResult) done = { 0 };
	GError *error = NULL;

	(void)source;
	if (!cusax_history_erase_finish(core->history, result, &done, &error)) {
		g_task_return_error(task, error);
		return;
	}
	for (GStrv id = done.not_sent; id && *id; id++)
		g_hash_table_remove(core->unacknowledged, *id);
	if (!erasing->chat)
		show_all(core);
	else if (cusax_registry_contains(core->registry, CUSAX_OBJECT(erasing->chat)))
		show_chat(core, erasing->chat, erasing->id, &done);
	if (erasing->calls && erasing->chat)
		cusax_history_count_missed_async(core->history, on_missed_left, core);
	cusax_history_scrub_async(core->history, on_scrubbed, g_steal_pointer(&task));
}

/* The chat that options name, or, with ret NULL and TRUE, all of them. */
static gboolean read_scope(CusaxCore *core, GVariant *options, CusaxConversation **ret,
			   GError **error)
{
	const char *account_id = NULL, *address = NULL;
	CusaxAccount *account;
	gboolean all = FALSE;

	g_variant_lookup(options, "all", "b", &all);
	*ret = NULL;
	if (core_history_of(core, options, &account_id, &address)) {
		account = cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, account_id);
		*ret = account ? core_conversation_find(core, account, address) : NULL;
		if (account && !*ret)
			*ret = (CusaxConversation *)core_chat_open(core, account, address, error);
		if (*ret && !all)
			return TRUE;
		if (!*ret)
			return FALSE;
	} else if (all && !g_variant_lookup(options, "message", "&s", &address)) {
		return TRUE;
	}
	g_set_error_literal(
		error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
		"options: must have either chat, or room, or contact, or all; message goes "
		"with chat and room");
	return FALSE;
}

void cusax_core_delete_history(CusaxCore *core, GVariant *options, GAsyncReadyCallback callback,
			       gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Erasing *erasing = g_new0(Erasing, 1);
	CusaxErasure what = { 0 };
	CusaxConversation *chat;
	GError *error = NULL;

	erasing->core = core;
	g_task_set_task_data(task, erasing, erasing_free);
	if (!read_scope(core, options, &chat, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	g_variant_lookup(options, "message", "s", &erasing->id);
	if (chat) {
		g_set_object(&erasing->chat, chat);
		what.account = cusax_object_id(CUSAX_OBJECT(chat->account));
		what.peer = chat->address;
	}
	what.id = erasing->id;
	/* A person's history is messages and calls; a chat's, messages. */
	what.calls = !erasing->id && (!chat || g_variant_lookup(options, "contact", "&o", NULL));
	erasing->calls = what.calls;
	cusax_history_erase_async(core->history, &what, on_erased, task);
}

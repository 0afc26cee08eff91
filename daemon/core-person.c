/* SPDX-License-Identifier: GPL-3.0-or-later */
/* History for clients over all chats: words looked for, one person's messages and calls together. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/store/person.h"

/* The chat that a message is of; it is opened where it is not yet, so that it can be named. NULL: its
 * account is gone, or there are too many. */
static CusaxConversation *chat_of(CusaxCore *core, const char *account_id, const char *peer,
				  gboolean may_open)
{
	CusaxAccount *account =
		account_id ? cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, account_id)
			   : NULL;
	CusaxConversation *chat = account ? core_conversation_find(core, account, peer) : NULL;

	return chat || !account || !may_open
		       ? chat
		       : (CusaxConversation *)core_chat_open(core, account, peer, NULL);
}

static void add_message(CusaxCore *core, GVariantBuilder *list, const CusaxMessage *message,
			gboolean mixed)
{
	/* What was said in a room is no reason to write to its address as to a person. */
	CusaxConversation *chat = chat_of(core, message->account, message->peer,
					  g_strcmp0(message->kind, "chat") == 0);
	g_autoptr(GVariant) map = g_variant_ref_sink(core_message_variant(chat, message));
	GVariantDict dict;

	g_variant_dict_init(&dict, map);
	core_insert_string(&dict, "address", message->peer);
	if (mixed)
		core_insert_string(&dict, "type", "message");
	g_variant_builder_add_value(list, g_variant_dict_end(&dict));
}

/* The chat in which a call can be answered by a message (B1), where its other side is verified. */
static void add_call(CusaxCore *core, GVariantBuilder *list, const CusaxCallRecord *call)
{
	CusaxConversation *chat = call->contact_address ? chat_of(core, call->contact_account,
								  call->contact_address, TRUE)
							: NULL;
	g_autofree char *chat_path = cusax_object_path((CusaxObject *)chat);
	g_autoptr(GVariant) map = g_variant_ref_sink(core_call_variant(core, call));
	GVariantDict dict;

	g_variant_dict_init(&dict, map);
	core_insert_string(&dict, "type", "call");
	g_variant_dict_insert(&dict, "chat", "o", chat_path);
	core_insert_string(&dict, "address", call->contact_address);
	g_variant_dict_insert(&dict, "time", "x", call->start);
	g_variant_builder_add_value(list, g_variant_dict_end(&dict));
}

static void return_list(GTask *task, GVariantBuilder *list)
{
	g_task_return_pointer(task, g_variant_ref_sink(g_variant_builder_end(list)),
			      (GDestroyNotify)g_variant_unref);
}

/* --- words in all chats ---------------------------------------------------------------------- */

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	CusaxCore *core = g_task_get_task_data(task);
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
	g_autoptr(GPtrArray) messages = NULL;
	GError *error = NULL;

	(void)source;
	messages = cusax_history_get_messages_finish(core->history, result, &error);
	if (!messages) {
		g_task_return_error(task, error);
		return;
	}
	for (guint i = 0; i < messages->len; i++)
		add_message(core, &list, messages->pdata[i], FALSE);
	return_list(task, &list);
}

static void read_filter(GVariant *filter, CusaxMessageFilter *ret, const char ***ret_kinds)
{
	g_variant_lookup(filter, "before", "&s", &ret->before);
	g_variant_lookup(filter, "after", "&s", &ret->after);
	g_variant_lookup(filter, "since", "x", &ret->since);
	g_variant_lookup(filter, "until", "x", &ret->until);
	g_variant_lookup(filter, "limit", "u", &ret->limit);
	if (g_variant_lookup(filter, "kinds", "^a&s", ret_kinds))
		ret->kinds = *ret_kinds;
}

void cusax_core_search_messages(CusaxCore *core, const char *query, GVariant *filter,
				GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	g_autofree const char **kinds = NULL;
	CusaxMessageFilter wanted = { .query = query };
	const char *path = NULL;

	g_task_set_task_data(task, core, NULL);
	read_filter(filter, &wanted, &kinds);
	if (g_variant_lookup(filter, "account", "&o", &path))
		wanted.account = strrchr(path, '/') + 1;
	cusax_history_get_messages_async(core->history, &wanted, on_found, task);
}

/* --- one person ------------------------------------------------------------------------------ */

static void on_person(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	CusaxCore *core = g_task_get_task_data(task);
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
	g_autoptr(GPtrArray) entries = NULL;
	GError *error = NULL;

	(void)source;
	entries = cusax_history_get_person_finish(core->history, result, &error);
	if (!entries) {
		g_task_return_error(task, error);
		return;
	}
	for (guint i = 0; i < entries->len; i++) {
		const CusaxPersonEntry *entry = entries->pdata[i];

		if (entry->message)
			add_message(core, &list, entry->message, TRUE);
		else if (entry->call)
			add_call(core, &list, entry->call);
	}
	return_list(task, &list);
}

gboolean core_history_of(CusaxCore *core, GVariant *options, const char **ret_account,
			 const char **ret_address)
{
	const char *path;
	CusaxContact *contact = NULL;
	CusaxConversation *chat = NULL;

	if (g_variant_lookup(options, "contact", "&o", &path))
		contact = cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT,
					      strrchr(path, '/') + 1);
	else if (g_variant_lookup(options, "chat", "&o", &path))
		chat = cusax_registry_find(core->registry, CUSAX_TYPE_CHAT, strrchr(path, '/') + 1);
	else if (g_variant_lookup(options, "room", "&o", &path))
		chat = cusax_registry_find(core->registry, CUSAX_TYPE_ROOM, strrchr(path, '/') + 1);
	if (!contact && !chat)
		return FALSE;
	*ret_account = cusax_object_id(CUSAX_OBJECT(contact ? contact->account : chat->account));
	*ret_address = contact ? contact->address : chat->address;
	return TRUE;
}

void cusax_core_get_history(CusaxCore *core, GVariant *filter, GAsyncReadyCallback callback,
			    gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxPersonFilter wanted = { 0 };
	g_autofree const char **types = NULL;

	g_task_set_task_data(task, core, NULL);
	core_history_of(core, filter, &wanted.account, &wanted.peer);
	g_variant_lookup(filter, "before", "&s", &wanted.before);
	g_variant_lookup(filter, "after", "&s", &wanted.after);
	g_variant_lookup(filter, "since", "x", &wanted.since);
	g_variant_lookup(filter, "until", "x", &wanted.until);
	g_variant_lookup(filter, "limit", "u", &wanted.limit);
	if (g_variant_lookup(filter, "types", "^a&s", &types)) {
		wanted.no_messages = !g_strv_contains(types, "message");
		wanted.no_calls = !g_strv_contains(types, "call");
	}
	cusax_history_get_person_async(core->history, &wanted, on_person, task);
}

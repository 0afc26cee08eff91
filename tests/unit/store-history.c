/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the database share. */
/* Main thread. */
#include "tests/unit/store-history.h"

void store_set_up(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	f->folder = store_folder_new();
	f->history = cusax_history_new(f->folder);
}

void store_tear_down(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	cusax_history_free(f->history);
	while (g_main_context_iteration(NULL, FALSE))
		;
	store_folder_remove(f->folder);
}

void store_reopen(StoreFixture *f)
{
	cusax_history_free(f->history);
	f->history = cusax_history_new(f->folder);
}

CusaxMessage *store_incoming(const char *text, gint64 time)
{
	CusaxMessage *message = cusax_message_new(ALICE, BOB, CUSAX_DIRECTION_IN);

	message->sender = g_strdup(BOB);
	message->text = g_strdup(text);
	message->time = time;
	message->delivery = CUSAX_DELIVERY_DELIVERED;
	message->unread = TRUE;
	return message;
}

CusaxMessage *store_outgoing(const char *id, const char *text, gint64 time)
{
	CusaxMessage *message = cusax_message_new(ALICE, BOB, CUSAX_DIRECTION_OUT);

	message->id = g_strdup(id);
	message->stanza_id = g_strdup(id);
	message->sender = g_strdup("alice@xmpp.test");
	message->text = g_strdup(text);
	message->time = time;
	message->delivery = CUSAX_DELIVERY_QUEUED;
	return message;
}

CusaxMessage *store_add(StoreFixture *f, const CusaxMessage *message, gboolean *ret_is_new)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_add_message_async, f->history, message);
	CusaxMessage *stored =
		cusax_history_add_message_finish(f->history, result, ret_is_new, &error);

	g_assert_no_error(error);
	return stored;
}

/* Takes message; gives the stored id. */
char *store_put_message(StoreFixture *f, CusaxMessage *message)
{
	g_autoptr(CusaxMessage) stored = store_add(f, message, NULL);

	cusax_message_free(message);
	return g_steal_pointer(&stored->id);
}

GPtrArray *store_page(StoreFixture *f, const CusaxMessageFilter *filter)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_messages_async, f->history, filter);
	GPtrArray *found = cusax_history_get_messages_finish(f->history, result, &error);

	g_assert_no_error(error);
	return found;
}

/* The texts of a page, joined. */
static char *texts(StoreFixture *f, const CusaxMessageFilter *filter)
{
	g_autoptr(GPtrArray) found = store_page(f, filter);
	GString *joined = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++) {
		CusaxMessage *message = found->pdata[i];

		g_string_append_printf(joined, "%s%s", i ? " " : "", message->text);
	}
	return g_string_free(joined, FALSE);
}

void store_assert_texts(StoreFixture *f, CusaxMessageFilter filter, const char *wanted)
{
	g_autofree char *found = texts(f, &filter);

	g_assert_cmpstr(found, ==, wanted);
}

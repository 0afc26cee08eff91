/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What could not be written: kept in memory, tried again until the disk takes it (R24). */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"

#define RETRY_MSEC 2000
/* What is more is left to the server: it is not acknowledged, and comes again with the next link. */
#define MAX_ITEMS 5000

typedef struct {
	CoreAgain again;
	GDestroyNotify destroy;
	gpointer data;
} Item;

static gboolean on_retry(gpointer data);

static void arm(CusaxCore *core)
{
	if (!core->unstored_timer && !core->stopping)
		core->unstored_timer = g_timeout_add(RETRY_MSEC, on_retry, core);
}

/* One notice and one property for all of the trouble, however many writes fail. */
static void show_trouble(CusaxCore *core, const char *text)
{
	if (g_strcmp0(core->manager->storage_error, text) == 0)
		return;
	if (text && !core->manager->storage_error)
		cusax_notice(NULL, "messages cannot be kept on the disk, trying again: %s", text);
	else if (!text)
		cusax_notice(NULL, "messages are kept on the disk again");
	if (!text || !core->manager->storage_error)
		g_object_set(core->manager, "storage-error", text, NULL);
}

static void on_probed(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_stream_finish(core->history, result, &error) ||
	    !g_queue_is_empty(&core->unstored)) {
		arm(core);
		return;
	}
	show_trouble(core, NULL);
	core_stream_acknowledge_all(core);
}

/* In their order, and before anything that comes now. The first step tells the history that what was
 * behind is on its way; whatever fails of it tells the opposite. */
static gboolean on_retry(gpointer data)
{
	CusaxCore *core = data;
	GQueue items = core->unstored;
	Item *item;

	core->unstored_timer = 0;
	g_queue_init(&core->unstored);
	if (!core->unstored_lost)
		cusax_history_catch_up_async(core->history, NULL, NULL);
	while ((item = g_queue_pop_head(&items))) {
		item->again(core, item->data);
		g_free(item);
	}
	cusax_history_probe_async(core->history, on_probed, core);
	return G_SOURCE_REMOVE;
}

gboolean core_unstored_waits(CusaxCore *core)
{
	return !g_queue_is_empty(&core->unstored);
}

void core_unstored_later(CusaxCore *core, CoreAgain again, gpointer data, GDestroyNotify destroy)
{
	Item *item;

	if (core->unstored.length >= MAX_ITEMS || core->stopping) {
		core_count(core, "messages-not-stored");
		core->unstored_lost = TRUE;
		destroy(data);
		return;
	}
	item = g_new(Item, 1);
	*item = (Item){ again, destroy, data };
	g_queue_push_tail(&core->unstored, item);
	arm(core);
}

gboolean core_unstored_failed(CusaxCore *core, const GError *error, CoreAgain again, gpointer data,
			      GDestroyNotify destroy)
{
	/* These fail at every time. */
	if (g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT) ||
	    g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND) ||
	    g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE))
		return FALSE;
	show_trouble(core, error->message);
	if (again)
		core_unstored_later(core, again, data, destroy);
	else
		arm(core);
	return TRUE;
}

void core_unstored_clear(CusaxCore *core)
{
	Item *item;

	g_clear_handle_id(&core->unstored_timer, g_source_remove);
	while ((item = g_queue_pop_head(&core->unstored))) {
		item->destroy(item->data);
		g_free(item);
	}
}

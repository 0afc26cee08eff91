/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message archives of servers: what came while away, newest first, and what is older on demand. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/store/archive.h"

#define PAGE_SIZE      100
#define CATCH_UP_PAGES 50 /* what is more stays a gap, filled where somebody looks */
#define ROOM_PAGES     5  /* the same of a room, of which there may be many */
#define SLACK          (10 * 60 * G_USEC_PER_SEC) /* clocks differ */
#define DAY            (24 * 60 * 60 * (gint64)G_USEC_PER_SEC)

/* One page that was asked for. */
typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	char *archive; /* JID of a room; "": the account's own */
	char *peer;    /* of this chat alone; NULL: all since the last session */
	CusaxArchiveGap *gap;
	guint pages;          /* of the same catching up so far */
	gboolean lost;        /* the connection, before the answer */
	gboolean by_time;     /* the id that marks the place was not known to the server */
	CoreArchiveDone done; /* may be NULL */
	gpointer data;
	guint turn;        /* archive_turn of CoreLink or CoreRoom when it began */
	GPtrArray *others; /* CusaxEvent of the page that are no messages */
} Fetch;

static void fetch_free(Fetch *fetch)
{
	g_object_unref(fetch->account);
	g_free(fetch->archive);
	g_free(fetch->peer);
	cusax_archive_gap_free(fetch->gap);
	g_clear_pointer(&fetch->others, g_ptr_array_unref);
	g_free(fetch);
}

static void ask(Fetch *fetch);

/* --- the end of it --------------------------------------------------------------------------- */

/* Takes fetch. filled: nothing is missing now between what is here. */
static void finish(Fetch *fetch, gboolean went_well)
{
	CusaxCore *core = fetch->core;
	CoreLink *link = core_link_of(core, fetch->account);

	if (fetch->done)
		fetch->done(core, went_well, fetch->data);
	if (fetch->peer) {
		/* whoever looks was told */
	} else if (*fetch->archive) {
		core_room_on_archive(core, fetch->account, fetch->archive, fetch->turn);
	} else if (link && fetch->turn == link->archive_turn) {
		link->archive_runs = FALSE;
		link->archive_left = !went_well;
		/* With the next connection it is asked again: until then nothing is decided. */
		if (!fetch->lost)
			core_chat_release(core, fetch->account);
	}
	fetch_free(fetch);
}

/* --- what a page brought --------------------------------------------------------------------- */

static void show_added(Fetch *fetch, const GPtrArray *added)
{
	g_autoptr(GHashTable) peers = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer peer;

	for (guint i = 0; i < added->len; i++) {
		const CusaxMessage *message = added->pdata[i];

		core_chat_show_archived(fetch->core, fetch->account, message);
		g_hash_table_add(peers, message->peer);
	}
	g_hash_table_iter_init(&iter, peers);
	while (g_hash_table_iter_next(&iter, &peer, NULL))
		core_read_recount(fetch->core, fetch->account, peer);
}

/* The account was connected anew meanwhile, or the room joined anew, and with it another fetching began:
 * what this one leaves is a gap. */
static gboolean is_stale(const Fetch *fetch)
{
	CoreLink *link = core_link_of(fetch->core, fetch->account);
	CoreRoom *room;

	if (!link || !*fetch->archive)
		return !link || fetch->turn != link->archive_turn;
	room = core_room_record(fetch->core, fetch->account, fetch->archive);
	return !room || fetch->turn != room->archive_turn;
}

static void on_put(GObject *source, GAsyncResult *result, gpointer data)
{
	Fetch *fetch = data;
	CusaxCore *core = fetch->core;
	g_auto(CusaxArchiveResult) put = { 0 };
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_put_page_finish(core->history, result, &put, &error)) {
		cusax_notice(cusax_object_id(CUSAX_OBJECT(fetch->account)),
			     "a page of the archive could not be kept: %s", error->message);
		finish(fetch, FALSE);
		return;
	}
	show_added(fetch, put.added);
	for (guint i = 0; i < put.moved->len; i++)
		core_chat_show_delivery(core, fetch->account, put.moved->pdata[i]);
	for (guint i = 0; fetch->others && i < fetch->others->len; i++)
		core_event_handle(core, fetch->account, fetch->others->pdata[i]);
	g_clear_pointer(&fetch->others, g_ptr_array_unref);
	cusax_archive_gap_free(fetch->gap);
	fetch->gap = g_steal_pointer(&put.gap);
	fetch->pages++;
	/* Of what was said before the first session a page is enough, and of a chat what was asked. */
	if (!fetch->gap || fetch->peer || fetch->gap->start == 0 || is_stale(fetch) ||
	    fetch->pages >= (*fetch->archive ? ROOM_PAGES : CATCH_UP_PAGES)) {
		finish(fetch, TRUE);
	} else if (!core_is_online(fetch->account)) {
		fetch->lost = TRUE;
		finish(fetch, FALSE);
	} else {
		ask(fetch);
	}
}

static void put(Fetch *fetch, const CusaxEvent *event)
{
	CusaxArchivePage *page = cusax_archive_page_new(
		cusax_object_id(CUSAX_OBJECT(fetch->account)), fetch->archive, fetch->peer);

	page->gap = g_steal_pointer(&fetch->gap);
	page->complete = event->archive.complete;
	page->first = g_strdup(event->archive.first);
	page->first_time = event->archive.first_time;
	fetch->others = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_event_free);
	while (event->archive.events->len > 0) {
		CusaxEvent *inner = g_ptr_array_steal_index(event->archive.events, 0);
		CusaxMessage *message;

		if (inner->kind != CUSAX_EVENT_MESSAGE) {
			g_ptr_array_add(fetch->others, inner);
			continue;
		}
		message = core_chat_message_of(fetch->account, inner);
		if (*fetch->archive)
			core_room_describe_message(fetch->account, inner, message);
		g_ptr_array_add(page->messages, message);
		cusax_event_free(inner);
	}
	cusax_history_put_page_async(fetch->core->history, page, on_put, fetch);
}

void core_archive_on_page(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	Fetch *fetch = NULL;
	gpointer key = NULL;

	if (!g_hash_table_steal_extended(core->fetches, &event->op, &key, (gpointer *)&fetch))
		return;
	g_free(key);
	if (account->features & CUSAX_FEATURE_MESSAGING)
		put(fetch, event);
	else
		finish(fetch, FALSE);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void on_asked(CusaxCore *core, const GError *error, gpointer data)
{
	/* Not a thing of its own: nobody would free it where the core ends before the answer. */
	guint64 op = GPOINTER_TO_SIZE(data);
	Fetch *fetch = NULL;
	gpointer key = NULL;

	/* Answered: the page is on its way to the history. */
	if (!g_hash_table_steal_extended(core->fetches, &op, &key, (gpointer *)&fetch))
		return;
	g_free(key);
	if (g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND) && !fetch->by_time) {
		fetch->by_time = TRUE;
		ask(fetch);
		return;
	}
	if (error)
		cusax_info(cusax_object_id(CUSAX_OBJECT(fetch->account)),
			   "no page of the archive: %s", error->message);
	fetch->lost = g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED);
	/* A room need not keep anything: then nothing is missing. */
	if (*fetch->archive && g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED))
		cusax_history_drop_gaps_async(core->history,
					      cusax_object_id(CUSAX_OBJECT(fetch->account)),
					      fetch->archive, NULL, NULL);
	finish(fetch, FALSE);
}

static void ask(Fetch *fetch)
{
	CusaxCore *core = fetch->core;
	CusaxOperation *operation = cusax_operation_new(
		CUSAX_OPERATION_FETCH_ARCHIVE, cusax_object_id(CUSAX_OBJECT(fetch->account)));
	const CusaxArchiveGap *gap = fetch->gap;
	guint days = cusax_settings_uint(core_policy(core), "history-days");
	gint64 start = gap->start > 0 ? gap->start - SLACK : 0;
	guint64 id = operation->id;

	/* What would be deleted at once is not fetched. */
	if (days > 0)
		start = MAX(start, g_get_real_time() - days * DAY);
	operation->fetch_archive.archive = *fetch->archive ? g_strdup(fetch->archive) : NULL;
	/* In a room it would be one of those who talk there. */
	operation->fetch_archive.with = *fetch->archive ? NULL : g_strdup(fetch->peer);
	operation->fetch_archive.start = start;
	operation->fetch_archive.max = PAGE_SIZE;
	if (gap->newer && !fetch->by_time)
		operation->fetch_archive.before = g_strdup(gap->newer);
	else if (gap->stop != G_MAXINT64)
		operation->fetch_archive.end = gap->stop + G_USEC_PER_SEC;
	g_hash_table_insert(core->fetches, g_memdup2(&id, sizeof id), fetch);
	core_submit(core, fetch->account, operation, on_asked, GSIZE_TO_POINTER((gsize)id));
}

static Fetch *fetch_new(CusaxCore *core, CusaxAccount *account, const char *archive)
{
	Fetch *fetch = g_new0(Fetch, 1);

	fetch->core = core;
	fetch->account = g_object_ref(account);
	fetch->archive = g_strdup(archive ? archive : "");
	return fetch;
}

static void on_gap(GObject *source, GAsyncResult *result, gpointer data)
{
	Fetch *fetch = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	fetch->gap = cusax_history_open_gap_finish(fetch->core->history, result, &error);
	if (fetch->gap && core_is_online(fetch->account)) {
		ask(fetch);
		return;
	}
	if (!fetch->gap)
		cusax_notice(cusax_object_id(CUSAX_OBJECT(fetch->account)),
			     "the archive is not read: %s", error->message);
	fetch->lost = fetch->gap != NULL;
	finish(fetch, FALSE);
}

void core_archive_catch_up(CusaxCore *core, CusaxAccount *account, const char *archive)
{
	CoreLink *link = core_link_of(core, account);
	CoreRoom *room = archive ? core_room_record(core, account, archive) : NULL;
	Fetch *fetch;

	if (!(account->features & CUSAX_FEATURE_MESSAGING)) {
		link->archive_awaited = FALSE;
		return;
	}
	if (!archive) {
		link->archive_runs = TRUE;
		link->archive_turn++;
	}
	fetch = fetch_new(core, account, archive);
	fetch->turn = room ? room->archive_turn : link->archive_turn;
	/* Asked for at once, before anything that comes by this connection is stored. */
	cusax_history_open_gap_async(core->history, cusax_object_id(CUSAX_OBJECT(account)),
				     fetch->archive, on_gap, fetch);
}

void core_archive_fill(CusaxCore *core, CusaxAccount *account, const char *archive,
		       const char *peer, CusaxArchiveGap *gap, CoreArchiveDone done, gpointer data)
{
	Fetch *fetch = fetch_new(core, account, archive);

	fetch->peer = g_strdup(peer);
	fetch->gap = gap;
	fetch->done = done;
	fetch->data = data;
	ask(fetch);
}

GHashTable *core_fetches_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
				     (GDestroyNotify)fetch_free);
}

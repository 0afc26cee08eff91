/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages and gaps of message archives. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/archive.h"

#include "daemon/store/history-private.h"
#include "daemon/store/messages-private.h"

/* Clocks differ: a message said just after the newest that is here may have an earlier stamp. */
#define SLACK (10 * 60 * G_USEC_PER_SEC)

void cusax_archive_gap_free(CusaxArchiveGap *gap)
{
	if (!gap)
		return;
	g_free(gap->older);
	g_free(gap->newer);
	g_free(gap);
}

CusaxArchivePage *cusax_archive_page_new(const char *account, const char *archive, const char *peer)
{
	CusaxArchivePage *page = g_new0(CusaxArchivePage, 1);

	page->account = g_strdup(account);
	page->archive = g_strdup(archive);
	page->peer = g_strdup(peer);
	page->messages = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_message_free);
	return page;
}

void cusax_archive_page_free(CusaxArchivePage *page)
{
	if (!page)
		return;
	g_free(page->account);
	g_free(page->archive);
	g_free(page->peer);
	cusax_archive_gap_free(page->gap);
	g_free(page->first);
	g_ptr_array_unref(page->messages);
	g_free(page);
}

void cusax_archive_result_clear(CusaxArchiveResult *result)
{
	g_clear_pointer(&result->added, g_ptr_array_unref);
	g_clear_pointer(&result->moved, g_ptr_array_unref);
	g_clear_pointer(&result->gap, cusax_archive_gap_free);
}

/* --- gaps ------------------------------------------------------------------------------------ */

/* One number, or fallback where there is no row. FALSE: an error. */
static gboolean number(Database *db, sqlite3_stmt *row, gint64 fallback, gint64 *ret,
		       GError **error)
{
	int more = row ? database_step(db, row, error) : -1;

	*ret = fallback;
	if (more == 1) {
		if (sqlite3_column_type(row, 0) != SQLITE_NULL)
			*ret = sqlite3_column_int64(row, 0);
		sqlite3_reset(row);
	}
	return more >= 0;
}

typedef struct {
	char *account;
	char *archive;
	char *peer;
	gint64 from;
	char *before;
	CusaxArchiveGap *gap; /* the answer */
} Ask;

static Ask *ask_new(const char *account, const char *archive, const char *peer)
{
	Ask *ask = g_new0(Ask, 1);

	ask->account = g_strdup(account);
	ask->archive = g_strdup(archive);
	ask->peer = g_strdup(peer);
	return ask;
}

static void ask_free(gpointer data)
{
	Ask *ask = data;

	g_free(ask->account);
	g_free(ask->archive);
	g_free(ask->peer);
	g_free(ask->before);
	cusax_archive_gap_free(ask->gap);
	g_free(ask);
}

static CusaxArchiveGap *gap_from_row(sqlite3_stmt *row)
{
	CusaxArchiveGap *gap = g_new0(CusaxArchiveGap, 1);

	gap->id = sqlite3_column_int64(row, 0);
	gap->start = sqlite3_column_int64(row, 1);
	gap->older = database_text(row, 2);
	gap->stop = sqlite3_column_int64(row, 3);
	gap->newer = database_text(row, 4);
	return gap;
}

#define SELECT_GAPS "SELECT id, start, older, stop, newer FROM archive_gaps"

/* NULL with an error, or where there is none. */
static CusaxArchiveGap *newest_gap(Database *db, const Ask *ask, GError **error)
{
	sqlite3_stmt *row = database_query(db, error,
					   SELECT_GAPS " WHERE account = ?1 AND archive = ?2 AND"
						       " stop = ?3",
					   "ssi", ask->account, ask->archive, G_MAXINT64);
	CusaxArchiveGap *gap = NULL;

	if (row && database_step(db, row, error) == 1) {
		gap = gap_from_row(row);
		sqlite3_reset(row);
	}
	return gap;
}

/* Rows since then came by the session that begins now: seq tells them apart. */
static gboolean note_newest(Database *db, const Ask *ask, GError **error)
{
	return database_run(db, error,
			    "INSERT INTO archive_gaps (account, archive, start, older, stop, seq)"
			    " SELECT ?1, ?2, coalesce(max(m.time), 0), m.server_id, ?3,"
			    "  (SELECT coalesce(max(seq), 0) FROM messages)"
			    " FROM (SELECT time, server_id FROM messages WHERE account = ?1 AND"
			    "  server_id IS NOT NULL AND (?2 = '') = (kind <> 'room') AND"
			    "  (?2 = '' OR peer = ?2) ORDER BY place DESC, seq DESC LIMIT 1) m",
			    "ssi", ask->account, ask->archive, G_MAXINT64);
}

static gboolean open_gap(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;
	g_autoptr(GError) failed = NULL;

	/* One that was left open by a session before reaches further back. */
	ask->gap = newest_gap(db, ask, &failed);
	if (!ask->gap && !failed && note_newest(db, ask, &failed))
		ask->gap = newest_gap(db, ask, &failed);
	if (ask->gap && !failed)
		number(db, database_query(db, &failed, "SELECT max(seq) FROM messages", ""), 0,
		       &ask->gap->since, &failed);
	if (!failed)
		return ask->gap != NULL;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

void cusax_history_open_gap_async(CusaxHistory *history, const char *account, const char *archive,
				  GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, open_gap, ask_new(account, archive, NULL), ask_free,
		       cusax_history_open_gap_async, callback, data);
}

CusaxArchiveGap *cusax_history_open_gap_finish(G_GNUC_UNUSED CusaxHistory *history,
					       GAsyncResult *result, GError **error)
{
	Ask *ask = history_finish(result, cusax_history_open_gap_async, error);

	return ask ? g_steal_pointer(&ask->gap) : NULL;
}

static gboolean drop_gap(Database *db, gpointer request, GError **error)
{
	const Ask *ask = request;

	return database_run(db, error,
			    "DELETE FROM archive_gaps WHERE account = ?1 AND archive = ?2", "ss",
			    ask->account, ask->archive);
}

void cusax_history_drop_gaps_async(CusaxHistory *history, const char *account, const char *archive,
				   GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, drop_gap, ask_new(account, archive, NULL), ask_free,
		       cusax_history_drop_gaps_async, callback, data);
}

gboolean cusax_history_drop_gaps_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					GError **error)
{
	return history_finish(result, cusax_history_drop_gaps_async, error) != NULL;
}

/* Takes away from the end of gap what was fetched of the chat alone. FALSE: an error. */
static gboolean subtract_fills(Database *db, const Ask *ask, CusaxArchiveGap *gap, GError **error)
{
	sqlite3_stmt *row = database_query(db, error,
					   "SELECT start, stop, first FROM archive_fills WHERE"
					   " account = ?1 AND peer = ?2 ORDER BY stop DESC",
					   "ss", ask->account, ask->peer);
	int more = -1;

	while (row && (more = database_step(db, row, error)) == 1) {
		gint64 start = sqlite3_column_int64(row, 0), stop = sqlite3_column_int64(row, 1);

		if (stop < gap->stop || start >= gap->stop)
			continue;
		gap->stop = start;
		g_free(gap->newer);
		gap->newer = database_text(row, 2);
	}
	return more == 0;
}

static gboolean find_gap(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;
	g_autoptr(GPtrArray) gaps =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_archive_gap_free);
	sqlite3_stmt *row = database_query(db, error,
					   SELECT_GAPS " WHERE account = ?1 AND archive = ?2 AND"
						       " stop < ?3 AND stop > ?4 AND start <"
						       " coalesce((SELECT time FROM messages"
						       "  WHERE id = ?5), ?3) ORDER BY stop DESC",
					   "ssiis", ask->account, ask->archive, G_MAXINT64,
					   ask->from, ask->before);
	int more = -1;

	while (row && (more = database_step(db, row, error)) == 1)
		g_ptr_array_add(gaps, gap_from_row(row));
	if (more != 0)
		return FALSE;
	for (guint i = 0; i < gaps->len && !ask->gap; i++) {
		CusaxArchiveGap *gap = gaps->pdata[i];

		/* An id of another chat is no mark in this one. */
		if (!*ask->archive)
			g_clear_pointer(&gap->newer, g_free);
		gap->id = 0;
		if (!subtract_fills(db, ask, gap, error))
			return FALSE;
		if (gap->stop > MAX(gap->start, ask->from))
			ask->gap = g_steal_pointer(&gaps->pdata[i]);
	}
	return TRUE;
}

void cusax_history_find_gap_async(CusaxHistory *history, const char *account, const char *archive,
				  const char *peer, gint64 from, const char *before,
				  GAsyncReadyCallback callback, gpointer data)
{
	Ask *ask = ask_new(account, archive, peer);

	ask->from = from;
	ask->before = g_strdup(before);
	history_submit(history, HISTORY_READ, find_gap, ask, ask_free, cusax_history_find_gap_async,
		       callback, data);
}

CusaxArchiveGap *cusax_history_find_gap_finish(G_GNUC_UNUSED CusaxHistory *history,
					       GAsyncResult *result, GError **error)
{
	Ask *ask = history_finish(result, cusax_history_find_gap_async, error);

	return ask ? g_steal_pointer(&ask->gap) : NULL;
}

/* --- places ---------------------------------------------------------------------------------- */

/* Where the messages of one chat go: after floor, before ceiling. */
typedef struct {
	gint64 floor, ceiling;
	gboolean answered; /* something was said by us after what is still to be placed */
} Bounds;

typedef struct {
	Database *db;
	CusaxArchivePage *page;
	CusaxArchiveResult *result;
	gint64 seq;         /* rows after it came since the gap began */
	GHashTable *bounds; /* peer -> Bounds */
	gint64 *places;     /* of each message; of a twin its own */
	gboolean *known;    /* it is here already */
	gboolean reached;   /* the page holds the newest message known before the gap */
} Placing;

/* All of it said in one second: what came by this session stands where that before it ends, and there is
 * no room between. It moves on, in its order. */
static gboolean make_room(Placing *p, const char *peer, gint64 floor, GError **error)
{
	return database_run(
		p->db, error,
		"UPDATE messages SET place = place + ?5 WHERE account = ?1 AND peer = ?2"
		" AND place >= ?4 AND seq > ?3 AND EXISTS (SELECT 1 FROM messages WHERE"
		"  account = ?1 AND peer = ?2 AND place = ?4 AND seq > ?3)",
		"ssiii", p->page->account, peer, p->page->gap->since, floor,
		(gint64)G_USEC_PER_SEC);
}

static Bounds *bounds_of(Placing *p, const char *peer, GError **error)
{
	const char *account = p->page->account;
	const CusaxArchiveGap *gap = p->page->gap;
	Bounds *bounds = g_hash_table_lookup(p->bounds, peer);
	gint64 answered = 0;

	if (bounds)
		return bounds;
	bounds = g_new0(Bounds, 1);
	g_hash_table_insert(p->bounds, g_strdup(peer), bounds);
	if (p->page->peer) {
		/* Somewhere in the past: before what is known to follow. */
		return number(p->db,
			      database_query(p->db, error,
					     "SELECT place FROM messages WHERE account = ?1 AND"
					     " peer = ?2 AND server_id = ?3",
					     "sss", account, peer, gap->newer),
			      G_MAXINT64, &bounds->ceiling, error)
			       ? bounds
			       : NULL;
	}
	/* Between what was there before this session and what came by it. */
	if (!number(p->db,
		    database_query(p->db, error,
				   "SELECT place FROM messages WHERE account = ?1 AND peer = ?2"
				   " AND seq <= ?3 AND delivery NOT IN ('queued', 'sent')"
				   " ORDER BY place DESC LIMIT 1",
				   "ssi", account, peer, p->seq),
		    0, &bounds->floor, error) ||
	    !make_room(p, peer, bounds->floor, error) ||
	    !number(p->db,
		    database_query(p->db, error,
				   "SELECT min(place) FROM messages WHERE seq > ?3 AND"
				   " +account = ?1 AND +peer = ?2 AND place > ?4",
				   "ssii", account, peer, gap->since, bounds->floor),
		    G_MAXINT64, &bounds->ceiling, error) ||
	    !number(p->db,
		    database_query(p->db, error,
				   "SELECT 1 FROM messages WHERE seq > ?3 AND +account = ?1 AND"
				   " +peer = ?2 AND direction = 'out' LIMIT 1",
				   "ssi", account, peer, gap->since),
		    0, &answered, error))
		return NULL;
	bounds->answered = answered != 0;
	return bounds;
}

/* The same message, where it is here already. FALSE: an error. */
static gboolean find_known(Placing *p, guint i, GError **error)
{
	CusaxMessage *m = p->page->messages->pdata[i];
	g_autoptr(CusaxMessage) twin = NULL;
	gint64 seq;

	if (p->page->gap->older && g_strcmp0(m->server_id, p->page->gap->older) == 0)
		p->reached = TRUE;
	if (!message_twin(p->db, m, &twin, error))
		return FALSE;
	p->known[i] = twin != NULL;
	return !twin || message_place(p->db, twin->id, NULL, NULL, &p->places[i], &seq, error);
}

/* From the newest to the oldest, each before the one that follows it: stamps of whole seconds, and
 * clocks that differ, change no order. Where a stamp lies before what was here, there is room left for
 * the pages that follow. */
static gboolean place_back(Placing *p, GError **error)
{
	for (guint i = p->page->messages->len; i > 0; i--) {
		CusaxMessage *m = p->page->messages->pdata[i - 1];
		Bounds *bounds = bounds_of(p, m->peer, error);
		gint64 stamp;

		if (!bounds || !find_known(p, i - 1, error))
			return FALSE;
		/* Stamps of whole seconds are meant to their end, as in find_place(). */
		stamp = m->time % G_USEC_PER_SEC ? m->time : m->time + G_USEC_PER_SEC - 1;
		if (!p->known[i - 1])
			p->places[i - 1] =
				MIN(stamp > bounds->floor ? stamp : bounds->floor + SLACK,
				    bounds->ceiling - 1);
		bounds->ceiling = MIN(bounds->ceiling, p->places[i - 1]);
		/* What we answered on another device was read there. */
		if (m->direction == CUSAX_DIRECTION_OUT)
			bounds->answered = TRUE;
		m->unread = m->direction == CUSAX_DIRECTION_IN && !bounds->answered &&
			    !p->page->peer && p->page->gap->start > 0;
	}
	return TRUE;
}

static gboolean add_all(Placing *p, GError **error)
{
	for (guint i = 0; i < p->page->messages->len; i++) {
		CusaxMessage **m = (CusaxMessage **)&p->page->messages->pdata[i];
		Bounds *bounds = g_hash_table_lookup(p->bounds, (*m)->peer);
		gboolean is_new = FALSE, moved = FALSE;

		if (!p->known[i] && p->places[i] <= bounds->floor)
			p->places[i] = bounds->floor + 1;
		bounds->floor = MAX(bounds->floor, p->places[i]);
		if (!message_add(p->db, m, &p->places[i], &is_new, &moved, error))
			return FALSE;
		if (is_new)
			g_ptr_array_add(p->result->added, cusax_message_copy(*m));
		else if (moved)
			g_ptr_array_add(p->result->moved, cusax_message_copy(*m));
	}
	return TRUE;
}

/* --- pages ----------------------------------------------------------------------------------- */

typedef struct {
	CusaxArchivePage *page;
	CusaxArchiveResult result;
} Put;

static void put_free(gpointer data)
{
	Put *put = data;

	cusax_archive_page_free(put->page);
	cusax_archive_result_clear(&put->result);
	g_free(put);
}

/* The page goes down to start; what is before it stays open. */
static gboolean shrink_gap(Database *db, Put *put, gboolean filled, GError **error)
{
	CusaxArchivePage *page = put->page;
	CusaxArchiveGap *gap = page->gap;

	if (page->peer) {
		/* Always a little: a page of one instant may not stop at it. */
		gint64 start = filled ? gap->start : MIN(page->first_time, gap->stop - 1);

		if (!database_run(
			    db, error,
			    "INSERT OR REPLACE INTO archive_fills (account, peer, start, stop,"
			    " first) VALUES (?1, ?2, ?3, ?4, ?5)",
			    "ssiis", page->account, page->peer, start, gap->stop,
			    filled ? NULL : page->first))
			return FALSE;
		gap->stop = start;
	} else if (filled) {
		if (!database_run(db, error, "DELETE FROM archive_gaps WHERE id = ?1", "i",
				  gap->id))
			return FALSE;
	} else {
		gap->stop = MIN(page->first_time, gap->stop);
		if (!database_run(db, error,
				  "UPDATE archive_gaps SET stop = ?2, newer = ?3 WHERE id = ?1",
				  "iis", gap->id, gap->stop, page->first))
			return FALSE;
	}
	if (!filled) {
		g_free(gap->newer);
		gap->newer = g_strdup(page->first);
		put->result.gap = g_steal_pointer(&page->gap);
	}
	return TRUE;
}

static gboolean put_page(Database *db, gpointer request, GError **error)
{
	Put *put = request;
	CusaxArchivePage *page = put->page;
	guint n = page->messages->len;
	g_autoptr(GHashTable) bounds =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree gint64 *places = g_new0(gint64, n + 1);
	g_autofree gboolean *known = g_new0(gboolean, n + 1);
	Placing placing = { .db = db,
			    .page = page,
			    .result = &put->result,
			    .bounds = bounds,
			    .places = places,
			    .known = known };
	gboolean filled;

	put->result.added = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_message_free);
	put->result.moved = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_message_free);
	if (!number(db,
		    database_query(db, error, "SELECT seq FROM archive_gaps WHERE id = ?1", "i",
				   page->gap->id),
		    0, &placing.seq, error) ||
	    !place_back(&placing, error) || !add_all(&placing, error))
		return FALSE;
	filled = page->complete || placing.reached || !page->first ||
		 (page->gap->start > 0 && page->first_time < page->gap->start - SLACK);
	return shrink_gap(db, put, filled, error);
}

void cusax_history_put_page_async(CusaxHistory *history, CusaxArchivePage *page,
				  GAsyncReadyCallback callback, gpointer data)
{
	Put *put = g_new0(Put, 1);

	put->page = page;
	history_submit(history, HISTORY_WRITE, put_page, put, put_free,
		       cusax_history_put_page_async, callback, data);
}

gboolean cusax_history_put_page_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				       CusaxArchiveResult *ret, GError **error)
{
	Put *put = history_finish(result, cusax_history_put_page_async, error);

	if (!put)
		return FALSE;
	*ret = put->result;
	put->result = (CusaxArchiveResult){ 0 };
	return TRUE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of the servers' message archives (XEP-0313) is here, and what is not: pages and gaps. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/store/messages.h"

/* A part of an archive that may hold messages that are not here. Messages are fetched from its end. */
typedef struct {
	gint64 id;    /* 0: a part of a gap, left open in one chat */
	gint64 start; /* Unix microseconds; 0: as far as the archive goes */
	char *older;  /* archive id of the newest message known before it; NULL: none */
	gint64 stop;  /* G_MAXINT64: up to now, and being fetched */
	gint64 since; /* rows of the store after this came by the session that opened it last */
	char *newer;  /* archive id of the oldest message known after it; NULL: ask by time */
} CusaxArchiveGap;

void cusax_archive_gap_free(CusaxArchiveGap *gap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxArchiveGap, cusax_archive_gap_free)

/* A session begins: nobody knows what came since the newest message that is here. That is a gap from
 * now on, until it is filled. archive: JID of a room, or "" for the account's own. */
void cusax_history_open_gap_async(CusaxHistory *history, const char *account, const char *archive,
				  GAsyncReadyCallback callback, gpointer data);
CusaxArchiveGap *cusax_history_open_gap_finish(CusaxHistory *history, GAsyncResult *result,
					       GError **error);

/* There is no such archive: nothing is missing of it. */
void cusax_history_drop_gaps_async(CusaxHistory *history, const char *account, const char *archive,
				   GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_drop_gaps_finish(CusaxHistory *history, GAsyncResult *result,
					GError **error);

/* The newest gap in a chat (peer) after a time and before a message (ours; NULL: up to now); finish
 * gives NULL without an error where there is none. One that is being fetched does not count. */
void cusax_history_find_gap_async(CusaxHistory *history, const char *account, const char *archive,
				  const char *peer, gint64 from, const char *before,
				  GAsyncReadyCallback callback, gpointer data);
CusaxArchiveGap *cusax_history_find_gap_finish(CusaxHistory *history, GAsyncResult *result,
					       GError **error);

/* One page, the newest of a gap, as the archive has it. */
typedef struct {
	char *account;
	char *archive;
	char *peer;           /* fetched of this chat alone; NULL: of all */
	CusaxArchiveGap *gap; /* that it is of */
	gboolean complete;    /* the archive has nothing before it */
	char *first;          /* id of its first entry; NULL: it is empty */
	gint64 first_time;
	GPtrArray *messages; /* CusaxMessage, in the order of the archive */
} CusaxArchivePage;

CusaxArchivePage *cusax_archive_page_new(const char *account, const char *archive,
					 const char *peer);
void cusax_archive_page_free(CusaxArchivePage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxArchivePage, cusax_archive_page_free)

typedef struct {
	GPtrArray *added;     /* CusaxMessage that were not here */
	GPtrArray *moved;     /* own ones that turned out to be on the server */
	CusaxArchiveGap *gap; /* what is left of it; NULL: it is filled */
} CusaxArchiveResult;

void cusax_archive_result_clear(CusaxArchiveResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxArchiveResult, cusax_archive_result_clear)

/* Takes page. What is here already is not stored again; the rest gets its place in the chat, and the
 * gap becomes smaller, all in one step. */
void cusax_history_put_page_async(CusaxHistory *history, CusaxArchivePage *page,
				  GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_put_page_finish(CusaxHistory *history, GAsyncResult *result,
				       CusaxArchiveResult *ret, GError **error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database of messages, calls and caches: its life. The tables: messages.h, calls.h, cache.h. */
/* Called on the main thread; all SQLite work is done, in order, by one worker thread. */
#pragma once

#include <gio/gio.h>

/* $XDG_DATA_HOME/cusaxd/history.db, 0600 in a folder of 0700. Data, not state: the XDG specification
 * keeps the state folder for what is not important or portable enough for the data folder, and
 * nobody wants to lose messages with it.
 *
 * Every operation is asynchronous, its callback runs on the main context that was the thread's
 * default in cusax_history_new(), and operations end in the order in which they were asked for. A write is reported done
 * when it is on the disk (WAL, synchronous=FULL). Writes that wait together share one flush.
 *
 * Errors of all: LIMIT_EXCEEDED, the disk is full; REFUSED, the files are not the user's own or are
 * writable for others; UNSUPPORTED, written by a newer cusaxd (nothing is touched); BUSY, in use by
 * another process; FAILED, anything else that the message tells. After an error the next operation
 * opens the database anew, so that it recovers when the cause is gone. */
typedef struct CusaxHistory CusaxHistory;

/* Starts the worker, which opens the database with the first operation. folder: NULL is the one
 * above. */
CusaxHistory *cusax_history_new(const char *folder);

/* Opens, checks and migrates now: for start-up, and to learn whether there is trouble. A damaged
 * database is kept as history.db.bad-N and a new one begun; ret_set_aside (may be NULL) tells. */
void cusax_history_open_async(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_open_finish(CusaxHistory *history, GAsyncResult *result,
				   gboolean *ret_set_aside, GError **error);

/* Done when all that was asked for before is done and the database is closed. An operation after
 * this fails with WRONG_STATE. */
void cusax_history_close_async(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data);
void cusax_history_close_finish(CusaxHistory *history, GAsyncResult *result);

/* Nothing much is expected for a while: gives back the pages that are kept at hand. The callback runs
 * when that is done, or was not possible. */
void cusax_history_rest(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data);

/* Waits for what is still queued (nothing, after a close), then ends the worker. Callbacks that have
 * not run yet still run. */
void cusax_history_free(CusaxHistory *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxHistory, cusax_history_free)

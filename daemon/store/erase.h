/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deletion of history: by the user's wish or by age, so that nothing of it is left in the files. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/store/history.h"

/* What to delete: a message (account, peer, id), a chat (account, peer), or everything (all NULL). */
typedef struct {
	const char *account;
	const char *peer;
	const char *id;
	gboolean calls; /* the calls with that person, too, or all calls */
} CusaxErasure;

typedef struct {
	guint deleted;  /* messages and calls */
	GStrv not_sent; /* ids of own messages that were still to be sent and now never will */
	guint unread;   /* of the chat */
	char *last_id;  /* the newest message left in the chat; NULL: none */
} CusaxErasureResult;

void cusax_erasure_result_clear(CusaxErasureResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxErasureResult, cusax_erasure_result_clear)

/* Deletes. What a server may offer again (of a message its ids, of a chat everything until now) is not
 * stored again. NOT_FOUND where the chat has no message of that id. What was deleted may still be in
 * the files until cusax_history_scrub_async() is done. */
void cusax_history_erase_async(CusaxHistory *history, const CusaxErasure *what,
			       GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_erase_finish(CusaxHistory *history, GAsyncResult *result,
				    CusaxErasureResult *ret, GError **error);

/* Deletes messages and calls from before a time (Unix microseconds), save messages still to be sent.
 * Gives the number deleted, or -1. */
void cusax_history_prune_async(CusaxHistory *history, gint64 before, GAsyncReadyCallback callback,
			       gpointer data);
gssize cusax_history_prune_finish(CusaxHistory *history, GAsyncResult *result, GError **error);

/* Takes what was deleted or taken back out of the files: index, log of changes and all. */
void cusax_history_scrub_async(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_scrub_finish(CusaxHistory *history, GAsyncResult *result, GError **error);

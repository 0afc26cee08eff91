/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the tables hand their work to the history's worker, and get it back. */
/* Main thread, save HistoryRun. */
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/history.h"

/* Runs on the worker, reads its question from request and writes its answer there. */
typedef gboolean (*HistoryRun)(Database *db, gpointer request, GError **error);

typedef enum {
	HISTORY_READ,
	HISTORY_WRITE, /* in a transaction, perhaps together with the writes next to it */
} HistoryAccess;

/* Queues one operation. Takes request; only the worker touches it until the callback runs. */
void history_submit(CusaxHistory *history, HistoryAccess access, HistoryRun run, gpointer request,
		    GDestroyNotify free_request, gpointer tag, GAsyncReadyCallback callback,
		    gpointer data);
/* The request with its answer, borrowed from result; NULL on error. */
gpointer history_finish(GAsyncResult *result, gpointer tag, GError **error);

/* Limits on what one question may ask for. */
#define HISTORY_PAGE     50
#define HISTORY_MAX_PAGE 1000
guint history_limit(guint asked);

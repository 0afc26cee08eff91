/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What announced capabilities stand for (XEP-0115), so that it is not asked for again after a restart. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/store/history.h"

#define CUSAX_MAX_STORED_CLIENTS 500 /* the oldest go */

typedef struct {
	char *caps; /* hash function and hash: all of it was checked against that */
	char *category, *type, *name; /* never NULL */
	GStrv features;               /* words without spaces; never NULL */
} CusaxStoredClient;

void cusax_stored_client_free(CusaxStoredClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxStoredClient, cusax_stored_client_free)

/* Takes client. */
void cusax_history_put_client_async(CusaxHistory *history, CusaxStoredClient *client,
				    GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_put_client_finish(CusaxHistory *history, GAsyncResult *result,
					 GError **error);

/* All of them, CusaxStoredClient, oldest first. */
void cusax_history_get_clients_async(CusaxHistory *history, GAsyncReadyCallback callback,
				     gpointer data);
GPtrArray *cusax_history_get_clients_finish(CusaxHistory *history, GAsyncResult *result,
					    GError **error);

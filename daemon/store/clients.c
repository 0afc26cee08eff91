/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of clients. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/clients.h"

#include "daemon/store/history-private.h"

void cusax_stored_client_free(CusaxStoredClient *client)
{
	if (!client)
		return;
	g_free(client->caps);
	g_free(client->category);
	g_free(client->type);
	g_free(client->name);
	g_strfreev(client->features);
	g_free(client);
}

static void free_client(gpointer data)
{
	cusax_stored_client_free(data);
}

static gboolean put_client(Database *db, gpointer request, GError **error)
{
	const CusaxStoredClient *client = request;
	g_autofree char *features = g_strjoinv(" ", client->features);

	return database_run(db, error,
			    "INSERT OR REPLACE INTO clients (caps, category, type, name, features)"
			    " VALUES (?,?,?,?,?)",
			    "sssss", client->caps, client->category, client->type, client->name,
			    features) &&
	       database_run(db, error,
			    "DELETE FROM clients WHERE seq <= (SELECT max(seq) FROM clients) - ?1",
			    "i", (gint64)CUSAX_MAX_STORED_CLIENTS);
}

void cusax_history_put_client_async(CusaxHistory *history, CusaxStoredClient *client,
				    GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, put_client, client, free_client,
		       cusax_history_put_client_async, callback, data);
}

gboolean cusax_history_put_client_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
					 GError **error)
{
	return history_finish(result, cusax_history_put_client_async, error) != NULL;
}

typedef struct {
	GPtrArray *found;
} Ask;

static void ask_free(gpointer data)
{
	g_clear_pointer(&((Ask *)data)->found, g_ptr_array_unref);
	g_free(data);
}

static gboolean get_clients(Database *db, gpointer request, GError **error)
{
	Ask *ask = request;
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_client);
	sqlite3_stmt *row = database_query(
		db, error, "SELECT caps, category, type, name, features FROM clients ORDER BY seq",
		"");
	int more = -1;

	while (row && (more = database_step(db, row, error)) == 1) {
		CusaxStoredClient *client = g_new0(CusaxStoredClient, 1);
		g_autofree char *features = database_text(row, 4);

		client->caps = database_text(row, 0);
		client->category = database_text(row, 1);
		client->type = database_text(row, 2);
		client->name = database_text(row, 3);
		client->features = g_strsplit(features, " ", *features ? -1 : 0);
		g_ptr_array_add(found, client);
	}
	if (more == 0)
		ask->found = g_steal_pointer(&found);
	return more == 0;
}

void cusax_history_get_clients_async(CusaxHistory *history, GAsyncReadyCallback callback,
				     gpointer data)
{
	history_submit(history, HISTORY_READ, get_clients, g_new0(Ask, 1), ask_free,
		       cusax_history_get_clients_async, callback, data);
}

GPtrArray *cusax_history_get_clients_finish(G_GNUC_UNUSED CusaxHistory *history,
					    GAsyncResult *result, GError **error)
{
	Ask *ask = history_finish(result, cusax_history_get_clients_async, error);

	return ask ? g_steal_pointer(&ask->found) : NULL;
}

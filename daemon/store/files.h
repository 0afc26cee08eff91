/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that messages name, kept beside them. */
/* The functions that take a Database run on the history's worker; the others on the main thread. */
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/messages.h"

/* Keeps the file of a message that was just added; one without a file does nothing. */
gboolean files_add(Database *db, const CusaxMessage *message, GError **error);
/* Fills in the file of each message, where it has one. */
gboolean files_fill(Database *db, GPtrArray *messages, GError **error);

/* The file of one message of a chat. NOT_FOUND: no such message, or it names none. */
void cusax_history_get_file_async(CusaxHistory *history, const char *account, const char *peer,
				  const char *id, GAsyncReadyCallback callback, gpointer data);
CusaxFile *cusax_history_get_file_finish(CusaxHistory *history, GAsyncResult *result,
					 GError **error);

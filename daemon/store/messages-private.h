/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the table of messages. */
/* The history's worker thread. */
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/messages.h"

#define MESSAGE_COLUMNS                                                                            \
	"id, account, peer, sender, direction, kind, text, time, delivery, stanza_id, origin_id,"  \
	" server_id, replaces, encryption, error, unread"
#define SELECT_MESSAGES "SELECT " MESSAGE_COLUMNS " FROM messages"

/* The current row of a SELECT_MESSAGES statement. */
CusaxMessage *message_from_row(sqlite3_stmt *statement);

/* The one row of such a statement: FALSE on error, *ret_message NULL where there is none. A NULL
 * statement is an error already told. */
gboolean message_find(Database *db, sqlite3_stmt *statement, CusaxMessage **ret_message,
		      GError **error);

/* All rows, as CusaxMessage; NULL on error. */
GPtrArray *messages_collect(Database *db, sqlite3_stmt *statement, GError **error);

/* Where a message (ours) stands; account and peer NULL: in any chat. NOT_FOUND, or an error. */
gboolean message_place(Database *db, const char *id, const char *account, const char *peer,
		       gint64 *ret_place, gint64 *ret_seq, GError **error);

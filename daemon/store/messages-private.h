/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the table of messages. */
/* The history's worker thread. */
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/messages.h"

#define MESSAGE_COLUMNS                                                                            \
	"id, account, peer, sender, direction, kind, text, time, delivery, stanza_id, origin_id,"  \
	" server_id, replaces, encryption, error, unread, reply_to, reply_wire, retracted,"        \
	" markable, stream, stream_count, occupant, receipt"
/* Reactions by sender, in the order of their time; the quotation of a reply to be sent. */
#define MESSAGE_JOINED                                                                             \
	", (SELECT group_concat(sender || char(10) || reactions, char(31)) FROM"                   \
	"   (SELECT sender, reactions FROM reactions r WHERE r.target = messages.id AND"           \
	"    known = 1 AND reactions <> '' ORDER BY time)),"                                       \
	" CASE WHEN reply_to IS NOT NULL AND delivery IN ('queued', 'sent') THEN"                  \
	"   (SELECT sender || char(10) || substr(text, 1, 300) FROM messages q"                    \
	"    WHERE q.id = messages.reply_to) END"
#define SELECT_MESSAGES "SELECT " MESSAGE_COLUMNS MESSAGE_JOINED " FROM messages"
/* What readers see of the table: messages, not acts on messages. */
#define IS_SHOWN "kind NOT IN ('reaction', 'retraction')"

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

/* The message that somebody means by an id on the wire, or by ours: of sender where there is one of
 * them, else of whoever. FALSE on error, *ret_message NULL where there is none. */
gboolean message_meant(Database *db, const char *account, const char *peer, const char *id,
		       const char *sender, CusaxMessage **ret_message, GError **error);

/* Whether that sender wrote the message. */
typedef enum {
	MESSAGE_SENDER_OTHER,
	MESSAGE_SENDER_LIKE, /* under the same name */
	MESSAGE_SENDER_SAME, /* the room vouches for it (XEP-0421) */
} MessageSender;
MessageSender message_same_sender(const CusaxMessage *message, const char *sender,
				  const char *occupant);

/* Adds a row as it is, at that place in the chat. */
gboolean message_insert(Database *db, const CusaxMessage *message, gint64 place, GError **error);
/* Deletes what a message said, with its corrections and reactions; the row stays. */
gboolean message_erase(Database *db, const char *id, GError **error);

/* references.c: before a message is added, whether it was taken back before it came; and after it was
 * added, what refers to it already takes effect. */
gboolean references_wait_for(Database *db, CusaxMessage *message, GError **error);
gboolean references_adopt(Database *db, const CusaxMessage *message, GError **error);

/* An own act that failed: reactions are again what they were before; *act becomes the message that they
 * are of, where it is one. What was taken back is gone. */
gboolean references_undo(Database *db, CusaxMessage **act, GError **error);

/* The id that others refer to the message by (XEP-0444 §3, XEP-0461 §3); NULL: none. */
const char *message_wire_id(const CusaxMessage *message);

/* reading.c: how many messages of a chat are unread. */
gboolean messages_count_unread(Database *db, const char *account, const char *peer, guint *ret,
			       GError **error);

/* Said to all in a room. */
gboolean message_is_of_room(const CusaxMessage *message);

/* The same message, met before on another way; *ret_twin NULL where it is not there: then whose it is
 * is settled, where that was open (else_sender). */
gboolean message_twin(Database *db, CusaxMessage *message, CusaxMessage **ret_twin, GError **error);
/* Adds *message unless its twin is there, which then takes its place in *message; ret_moved: that is an
 * own one, which turned out to be on the server. place: NULL where the message tells it. */
gboolean message_add(Database *db, CusaxMessage **message, const gint64 *place,
		     gboolean *ret_is_new, gboolean *ret_moved, GError **error);

/* streams.c: how far a session got, told by what is stored for another reason. */
gboolean stream_set_handled(Database *db, const char *account, const char *id, guint32 handled,
			    GError **error);
gboolean stream_set_accepted(Database *db, const char *account, const char *id, guint32 accepted,
			     GError **error);

/* erase.c: whether the user deleted it before it came. archived: out of an archive, so that it may have
 * been here before. FALSE on error. */
gboolean message_was_deleted(Database *db, const CusaxMessage *message, gboolean archived,
			     gboolean *ret, GError **error);

/* reading.c: before a message is added, whether it was read already; place: where an archive has it,
 * NULL: it is new. ret_reads: with it all before it was read, and then reading_after() is to be called
 * when it is there. */
gboolean reading_before(Database *db, CusaxMessage *message, const gint64 *place,
			gboolean *ret_reads, GError **error);
gboolean reading_after(Database *db, const CusaxMessage *message, gint64 place, GError **error);

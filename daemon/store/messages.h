/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: stored, listed by cursor, counted; what is still to be sent. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/base/facts.h"
#include "daemon/base/types.h"
#include "daemon/store/history.h"

/* A chat is the pair (account id, address of the other side). Strings are owned; NULL where a
 * message has none. */
typedef struct {
	char *id;      /* ours: unique in the database; NULL when added: the store makes one */
	char *account; /* id of the account */
	char *peer;    /* bare JID of the other side, or of the room */
	char *sender;  /* who wrote it */
	CusaxDirection direction;
	char *kind;  /* a word, such as "chat"; of an act on another message see references.h */
	char *text;  /* NULL is stored as "" */
	gint64 time; /* Unix microseconds */
	/* TRUE: kept by a server before it came: its place in the chat is that of its time, after all
	 * of the same direction. FALSE: it comes after all that is there, whatever the clock says. Not
	 * stored. */
	gboolean delayed;
	CusaxDelivery delivery;
	char *stanza_id;       /* the id on the wire */
	char *origin_id;       /* XEP-0359 */
	char *server_id;       /* XEP-0359, given by the own server: the archive's id */
	gint64 replaces_since; /* added: only a message from then on can be meant. Not stored. */
	char *replaces; /* added: wire id or our id; read: our id of the message it corrects */
	char *reply_to; /* the message that it answers; added: wire id or our id; read: our id, NULL
			 * while that message is not there */
	char *encryption;
	char *error;
	gboolean unread;    /* incoming, not marked read */
	gboolean retracted; /* taken back: the text is gone */
	gboolean markable;  /* its sender may be told that it was read (XEP-0333) */
	gboolean receipt;   /* its sender wants to know that it came, and may (XEP-0184) */
	char *occupant;     /* in a room: who it was, whatever the nick (XEP-0421) */
	/* Added, out: only where it is known already it is ours, else it came in from this sender, who
	 * had our nick. Not stored. */
	char *else_sender;

	/* Read only. */
	char *reactions;          /* see cusax_message_reactions(); NULL: none */
	gboolean deleted;         /* when added: the user deleted it before; it was not added */
	gboolean foreign_replace; /* when added: it meant to correct a message of somebody else */
	/* A reply that is not sent yet: what it answers. */
	char *reply_wire, *reply_sender, *reply_quote;

	/* Incoming, added: that session (CusaxStreamState.id) is handled up to stanza stream_count by
	 * this, in one step with it; not stored. Own: in which session, and as which stanza, it went
	 * out last. NULL: none. */
	char *stream;
	guint32 stream_count;
	CusaxFile *file; /* that it names; NULL: none */
} CusaxMessage;

CusaxMessage *cusax_message_new(const char *account, const char *peer, CusaxDirection direction);
CusaxMessage *cusax_message_copy(const CusaxMessage *message);
void cusax_message_free(CusaxMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxMessage, cusax_message_free)

/* All reactions to a message: an a{sas} (floating) from the address of each sender. */
GVariant *cusax_message_reactions(const CusaxMessage *message);

/* Stores a copy of message. What is there already is not stored again: the same archive id in the
 * account, or in the chat the same origin-id and direction, or the same stanza id, direction and
 * text. A correction (replaces, XEP-0308) refers to a message of the same chat, kind and sender,
 * else it becomes a message of its own, and foreign_replace tells where it meant another's;
 * corrections are never unread. What the user deleted is not added again (deleted, and not new). What referred to the message before it came (references.h) has its
 * effect now. Both stay listed: a reader
 * by cursor meets the correction as a new message. Gives the message as stored (owned by the caller),
 * ret_is_new (may be NULL) FALSE where it was there. Further errors: INVALID_ARGUMENT, the id is
 * taken or a text is over 256 KiB. */
void cusax_history_add_message_async(CusaxHistory *history, const CusaxMessage *message,
				     GAsyncReadyCallback callback, gpointer data);
CusaxMessage *cusax_history_add_message_finish(CusaxHistory *history, GAsyncResult *result,
					       gboolean *ret_is_new, GError **error);

/* The message of an add that failed, owned by the caller: to be added again. */
CusaxMessage *cusax_history_add_message_take(GAsyncResult *result);

/* Moves the delivery of an own message on; it never goes back, and failed is left only for
 * server, delivered or displayed. A reaction that failed is undone: then the message that it was to is
 * given. id: ours or the wire's, searched in the chat only.
 * server_id, error_text: NULL leaves them.
 * Gives the message as it is now, ret_changed (may be NULL) FALSE where nothing moved. NOT_FOUND
 * where the chat has no such own message. */
void cusax_history_set_delivery_async(CusaxHistory *history, const char *account, const char *peer,
				      const char *id, CusaxDelivery delivery, const char *server_id,
				      const char *error_text, GAsyncReadyCallback callback,
				      gpointer data);
CusaxMessage *cusax_history_set_delivery_finish(CusaxHistory *history, GAsyncResult *result,
						gboolean *ret_changed, GError **error);

/* An own message goes out in session stream (may be NULL: nothing counts there) as stanza count: it
 * is sent, unless more is known of it. Answered by cusax_history_set_delivery_finish(). */
void cusax_history_set_sent_async(CusaxHistory *history, const char *account, const char *peer,
				  const char *id, const char *stream, guint32 count,
				  GAsyncReadyCallback callback, gpointer data);

/* Every member may be NULL or 0: no condition. */
typedef struct {
	const char *account;
	const char *peer;
	const char *before; /* ours: those before this one in their chat */
	const char *after;  /* ours: those after it */
	gint64 since;       /* Unix microseconds, inclusive */
	gint64 until;       /* exclusive */
	guint limit;        /* 0 is 50; at most 1000 */
	/* Words, in any order: each is the beginning of a word of the text, whatever its case and
	 * accents; emoji and words in scripts without spaces may be anywhere. Plain text: nothing
	 * in it is an operator. The first 64 words count. */
	const char *query;
	const char *const *kinds;
} CusaxMessageFilter;

/* CusaxMessage, in the order of the chat, oldest first: with after or since (and without before) the
 * first ones, else the last ones. NOT_FOUND where before or after is no message. */
void cusax_history_get_messages_async(CusaxHistory *history, const CusaxMessageFilter *filter,
				      GAsyncReadyCallback callback, gpointer data);
GPtrArray *cusax_history_get_messages_finish(CusaxHistory *history, GAsyncResult *result,
					     GError **error);

/* The own message that the user means to correct: by our id, and only the last one of the chat (XEP-0308
 * §3). NOT_FOUND; REFUSED: it is of somebody else; WRONG_STATE: it is not the last one, or was taken
 * back. */
void cusax_history_get_correctable_async(CusaxHistory *history, const char *account,
					 const char *peer, const char *id,
					 GAsyncReadyCallback callback, gpointer data);
CusaxMessage *cusax_history_get_correctable_finish(CusaxHistory *history, GAsyncResult *result,
						   GError **error);

/* What came last to an account and asked for a receipt that was due (receipt): CusaxMessage, at most 50,
 * oldest first. */
void cusax_history_get_receipts_async(CusaxHistory *history, const char *account,
				      GAsyncReadyCallback callback, gpointer data);
GPtrArray *cusax_history_get_receipts_finish(CusaxHistory *history, GAsyncResult *result,
					     GError **error);

/* Own messages that no server has acknowledged (queued, sent), of every account or of one, in the
 * order in which they were added: what is to be sent again after a restart. */
void cusax_history_get_pending_async(CusaxHistory *history, const char *account,
				     GAsyncReadyCallback callback, gpointer data);
GPtrArray *cusax_history_get_pending_finish(CusaxHistory *history, GAsyncResult *result,
					    GError **error);

typedef struct {
	char *account;
	char *peer;
	guint unread;
	char *last_id;    /* the newest message */
	char *last_kind;  /* of that message */
	gint64 last_time; /* of that message, Unix microseconds */
} CusaxChatSummary;

void cusax_chat_summary_free(CusaxChatSummary *summary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxChatSummary, cusax_chat_summary_free)

/* CusaxChatSummary of every chat, newest first; at most 10,000. */
void cusax_history_get_chats_async(CusaxHistory *history, GAsyncReadyCallback callback,
				   gpointer data);
GPtrArray *cusax_history_get_chats_finish(CusaxHistory *history, GAsyncResult *result,
					  GError **error);

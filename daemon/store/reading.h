/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was read of the chats, and what each chat tells the other side of that and of typing. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/store/messages.h"

typedef struct {
	guint unread;     /* messages left unread in the chat */
	gboolean changed; /* something became read */
	char *wire_id;    /* of the newest message read now that wants to be marked; NULL: none */
	char *server_id;  /* of the newest message read that has one; NULL: none */
} CusaxReadResult;

void cusax_read_result_clear(CusaxReadResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxReadResult, cusax_read_result_clear)

/* Marks everything up to and with a message (NULL: everything) as read. id: ours, the wire's, or the
 * server's. NOT_FOUND where the chat has no such message. */
void cusax_history_mark_read_async(CusaxHistory *history, const char *account, const char *peer,
				   const char *id, GAsyncReadyCallback callback, gpointer data);
/* The same of another device of the user: what is not here yet is kept in mind, and is read with all
 * before it when it comes from an archive. */
void cusax_history_read_elsewhere_async(CusaxHistory *history, const char *account,
					const char *peer, const char *id,
					GAsyncReadyCallback callback, gpointer data);
/* Of both. */
gboolean cusax_history_mark_read_finish(CusaxHistory *history, GAsyncResult *result,
					CusaxReadResult *ret, GError **error);

/* Only counts what is unread; finish as above. */
void cusax_history_count_unread_async(CusaxHistory *history, const char *account, const char *peer,
				      GAsyncReadyCallback callback, gpointer data);

/* What one chat may tell, where that differs from what all chats do. -1: as all do. */
typedef struct {
	char *account;
	char *peer;
	int receipts;
	int chat_states;
	int markers;
} CusaxChatPrivacy;

void cusax_chat_privacy_free(CusaxChatPrivacy *privacy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxChatPrivacy, cusax_chat_privacy_free)

/* Of every chat that differs: CusaxChatPrivacy. */
void cusax_history_get_privacy_async(CusaxHistory *history, GAsyncReadyCallback callback,
				     gpointer data);
GPtrArray *cusax_history_get_privacy_finish(CusaxHistory *history, GAsyncResult *result,
					    GError **error);

/* Takes privacy. */
void cusax_history_set_privacy_async(CusaxHistory *history, CusaxChatPrivacy *privacy,
				     GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_set_privacy_finish(CusaxHistory *history, GAsyncResult *result,
					  GError **error);

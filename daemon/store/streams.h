/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sessions of chat accounts (XEP-0198) that a killed daemon resumes, one an account. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/store/messages.h"

typedef struct {
	char *id;               /* to resume by */
	char *bound;            /* full JID of the session */
	guint32 handled;        /* stanzas of the server whose effect is in this database */
	guint32 accepted;       /* own stanzas that the server said to have, as far as is known */
	CusaxFeatures disabled; /* of the account, in that session */
} CusaxStreamState;

CusaxStreamState *cusax_stream_state_new(const char *id, const char *bound);
void cusax_stream_state_free(CusaxStreamState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxStreamState, cusax_stream_state_free)

/* The session of an account; finish gives NULL without an error where there is none. */
void cusax_history_get_stream_async(CusaxHistory *history, const char *account,
				    GAsyncReadyCallback callback, gpointer data);
CusaxStreamState *cusax_history_get_stream_finish(CusaxHistory *history, GAsyncResult *result,
						  GError **error);

/* A session begins (copied), or, with NULL, there is none to be resumed any more. */
void cusax_history_set_stream_async(CusaxHistory *history, const char *account,
				    const CusaxStreamState *state, GAsyncReadyCallback callback,
				    gpointer data);
/* Everything up to and with stanza handled of the server is kept. Nothing happens to a session
 * other than id. Messages say it with themselves: see CusaxMessage.stream. */
void cusax_history_set_handled_async(CusaxHistory *history, const char *account, const char *id,
				     guint32 handled, GAsyncReadyCallback callback, gpointer data);
/* After a write has failed no session is handled any further (that fails too), until this says that
 * what failed is written again right behind it. */
void cusax_history_catch_up_async(CusaxHistory *history, GAsyncReadyCallback callback,
				  gpointer data);
/* Writes something, to learn whether that is possible. */
void cusax_history_probe_async(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data);
/* Of the four above. */
gboolean cusax_history_stream_finish(CusaxHistory *history, GAsyncResult *result, GError **error);

/* The server told that of the stanzas of session id it has those up to accepted: own messages among
 * them are on the server. Gives those that moved on (CusaxMessage). */
void cusax_history_settle_stream_async(CusaxHistory *history, const char *account, const char *id,
				       guint32 accepted, GAsyncReadyCallback callback,
				       gpointer data);
GPtrArray *cusax_history_settle_stream_finish(CusaxHistory *history, GAsyncResult *result,
					      GError **error);

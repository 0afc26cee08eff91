/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One history of a person, or of all: messages and calls in the order in which they were (B1). */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/store/calls.h"
#include "daemon/store/messages.h"

/* One of both. */
typedef struct {
	CusaxMessage *message;
	CusaxCallRecord *call;
} CusaxPersonEntry;

void cusax_person_entry_free(CusaxPersonEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxPersonEntry, cusax_person_entry_free)

/* Every member may be NULL or 0: no condition. */
typedef struct {
	const char *account; /* with peer: the chat, and calls whose verified other side has it */
	const char *peer;
	const char *before; /* id of a message or call: what was earlier */
	const char *after;  /* what was later, the earliest of it first */
	gint64 since;       /* Unix microseconds, inclusive */
	gint64 until;       /* exclusive */
	guint limit;        /* 0 is 50; at most 1000 */
	gboolean no_calls, no_messages;
} CusaxPersonFilter;

/* CusaxPersonEntry, the earliest first. NOT_FOUND where before or after is neither. */
void cusax_history_get_person_async(CusaxHistory *history, const CusaxPersonFilter *filter,
				    GAsyncReadyCallback callback, gpointer data);
GPtrArray *cusax_history_get_person_finish(CusaxHistory *history, GAsyncResult *result,
					   GError **error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call log: written while a call runs, listed by cursor, missed calls counted. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/base/types.h"
#include "daemon/store/history.h"

/* Strings are owned; NULL where a call has none. */
typedef struct {
	char *id;      /* the last part of the call's object path; unique over restarts */
	char *account; /* id of the telephony account */
	char *service; /* id of the pair */
	CusaxCallDirection direction;
	char *uri;             /* the other side */
	char *name;            /* as claimed, made safe */
	char *contact_account; /* the verified contact: account id and bare JID, or both NULL */
	char *contact_address;
	char *claimed_address;
	CusaxIdentity identity;
	char *identity_source; /* a word */
	gint64 start;          /* Unix microseconds; 0 is never */
	gint64 answer;
	gint64 end;
	CusaxEndReason reason;
	guint code; /* SIP status, 0: none */
	char *text; /* one line for a person */
	CusaxEncryption encryption;
	char *codec;
	CusaxCharges charges;
	gboolean missed; /* incoming, and nobody took it */
	gboolean seen;   /* missed, and looked at since */
} CusaxCallRecord;

CusaxCallRecord *cusax_call_record_new(const char *id, const char *account,
				       CusaxCallDirection direction);
CusaxCallRecord *cusax_call_record_copy(const CusaxCallRecord *record);
void cusax_call_record_free(CusaxCallRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxCallRecord, cusax_call_record_free)

/* Adds the call, or replaces what is stored under its id: first when it begins, then with each change
 * that matters, so that a call is in the log even if the daemon ends in it. When the database is
 * opened, calls without an end are closed as failed. */
void cusax_history_put_call_async(CusaxHistory *history, const CusaxCallRecord *record,
				  GAsyncReadyCallback callback, gpointer data);
gboolean cusax_history_put_call_finish(CusaxHistory *history, GAsyncResult *result, GError **error);

/* Every member may be NULL, 0 or FALSE: no condition. */
typedef struct {
	const char *before;          /* a call id: those older than it */
	const char *contact_account; /* with contact_address: calls with this contact */
	const char *contact_address;
	guint limit; /* 0 is 50; at most 1000 */
	gboolean missed;
} CusaxCallFilter;

/* CusaxCallRecord, newest first. NOT_FOUND where before is no call. */
void cusax_history_get_calls_async(CusaxHistory *history, const CusaxCallFilter *filter,
				   GAsyncReadyCallback callback, gpointer data);
GPtrArray *cusax_history_get_calls_finish(CusaxHistory *history, GAsyncResult *result,
					  GError **error);

/* The number of missed calls not seen yet, or -1. */
void cusax_history_count_missed_async(CusaxHistory *history, GAsyncReadyCallback callback,
				      gpointer data);
gssize cusax_history_count_missed_finish(CusaxHistory *history, GAsyncResult *result,
					 GError **error);

/* Marks the missed calls up to and with a call (NULL: all) as seen. Gives the number not seen yet, or
 * -1. NOT_FOUND where there is no such call. */
void cusax_history_mark_seen_async(CusaxHistory *history, const char *id,
				   GAsyncReadyCallback callback, gpointer data);
gssize cusax_history_mark_seen_finish(CusaxHistory *history, GAsyncResult *result, GError **error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTPS request in a thread of its own. */
/* Made and freed on the main thread; run in the thread of the job. */
#pragma once

#include "services/http.h"

typedef struct CusaxHttpJob CusaxHttpJob;

/* Called in the thread of the job: something is to be read by the functions below. */
typedef void (*CusaxHttpJobWake)(gpointer data);

/* Begins. NULL and an error where the descriptor or the thread cannot be had. */
CusaxHttpJob *cusax_http_job_new(const CusaxHttpRequest *request, CusaxHttpJobWake wake,
				 gpointer data, GError **error);
/* Ends it soon, if it has not ended. */
void cusax_http_job_cancel(CusaxHttpJob *job);
/* How far it is. FALSE: it goes on; TRUE: it has ended, and ret_error (owned) says how. */
gboolean cusax_http_job_look(CusaxHttpJob *job, guint64 *ret_transferred, guint64 *ret_size,
			     GError **ret_error);
/* Cancels, and waits for the thread. */
void cusax_http_job_free(CusaxHttpJob *job);

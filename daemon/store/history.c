/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker of the history: one thread, one queue, writes that wait together share one flush. */
/* Main thread; work() and what it calls run on the worker. */
#include "daemon/store/history.h"

#include <pthread.h>

#include "daemon/base/error.h"
#include "daemon/store/history-private.h"
#include "daemon/store/search.h"

#define MAX_BATCH 1024 /* writes in one transaction */
#define MAX_TURN  64   /* callbacks in one turn of the main loop */

typedef struct {
	GTask *task; /* main thread only */
	HistoryAccess access;
	HistoryRun run;
	gpointer request;
	GError *error;
} Job;

struct CusaxHistory {
	GMainContext *context;
	gboolean closed;
	pthread_t thread;
	Database db; /* worker only */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	GQueue jobs; /* Job, to do */
	GQueue done; /* Job, done */
	gboolean stop;

	GSource *source; /* made ready by the worker */
};

typedef struct {
	GSource source;
	CusaxHistory *history;
} DoneSource;

/* The next job; NULL: there is none and the worker may end. */
static Job *take_job(CusaxHistory *history)
{
	Job *job;

	pthread_mutex_lock(&history->lock);
	while (!(job = g_queue_pop_head(&history->jobs)) && !history->stop)
		pthread_cond_wait(&history->wake, &history->lock);
	pthread_mutex_unlock(&history->lock);
	return job;
}

/* The next job if it is a write, without waiting. */
static Job *take_write(CusaxHistory *history)
{
	Job *job;

	pthread_mutex_lock(&history->lock);
	job = g_queue_peek_head(&history->jobs);
	if (job && job->access == HISTORY_WRITE)
		g_queue_pop_head(&history->jobs);
	else
		job = NULL;
	pthread_mutex_unlock(&history->lock);
	return job;
}

static void hand_back(CusaxHistory *history, GQueue *jobs)
{
	Job *job;

	pthread_mutex_lock(&history->lock);
	while ((job = g_queue_pop_head(jobs)))
		g_queue_push_tail(&history->done, job);
	pthread_mutex_unlock(&history->lock);
	g_source_set_ready_time(history->source, 0);
}

static void run_read(CusaxHistory *history, Job *job)
{
	GQueue jobs = G_QUEUE_INIT;

	if (database_open(&history->db, &job->error))
		job->run(&history->db, job->request, &job->error);
	g_queue_push_tail(&jobs, job);
	hand_back(history, &jobs);
}

static gboolean in_transaction(Database *db)
{
	return db->handle && !sqlite3_get_autocommit(db->handle);
}

/* One write of a transaction, undone alone if it fails. FALSE: the transaction is gone with it. */
static gboolean run_write(Database *db, Job *job)
{
	gint64 unindexed = db->unindexed;

	if (database_run(db, &job->error, "SAVEPOINT job", "") &&
	    job->run(db, job->request, &job->error))
		return database_run(db, &job->error, "RELEASE job", "");
	/* What is not possible at all leaves nothing to be written later. */
	db->behind |= !g_error_matches(job->error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT) &&
		      !g_error_matches(job->error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND);
	if (!in_transaction(db))
		return FALSE;
	db->unindexed = unindexed;
	return database_run(db, NULL, "ROLLBACK TO job", "") &&
	       database_run(db, NULL, "RELEASE job", "");
}

/* No write of the batch reached the disk: each one that thought so gets the error. */
static void fail_batch(Database *db, GQueue *batch, const GError *error)
{
	if (in_transaction(db))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	for (GList *link = batch->head; link; link = link->next) {
		Job *job = link->data;

		if (!job->error)
			job->error = g_error_copy(error);
	}
}

static void run_batch(CusaxHistory *history, Job *first)
{
	Database *db = &history->db;
	g_autoptr(GError) error = NULL;
	GQueue batch = G_QUEUE_INIT;
	gboolean whole =
		database_open(db, &error) && database_run(db, &error, "BEGIN IMMEDIATE", "");

	for (Job *job = first; job;
	     job = whole && batch.length < MAX_BATCH ? take_write(history) : NULL) {
		g_queue_push_tail(&batch, job);
		if (whole)
			whole = run_write(db, job);
	}
	if (whole)
		whole = search_flush(db, &error) && database_run(db, &error, "COMMIT", "");
	if (!whole) {
		Job *last = g_queue_peek_tail(&batch);

		db->behind = TRUE;
		db->unindexed = 0;
		if (!error)
			error = last->error ? g_error_copy(last->error)
					    : g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FAILED,
								  "history: not written");
		fail_batch(db, &batch, error);
	}
	hand_back(history, &batch);
}

static void *work(void *data)
{
	CusaxHistory *history = data;
	Job *job;

	while ((job = take_job(history))) {
		if (job->access == HISTORY_WRITE)
			run_batch(history, job);
		else
			run_read(history, job);
	}
	database_clear(&history->db);
	return NULL;
}

static void answer(Job *job)
{
	if (job->error)
		g_task_return_error(job->task, g_steal_pointer(&job->error));
	else
		g_task_return_boolean(job->task, TRUE);
	g_object_unref(job->task);
	g_free(job);
}

/* The callbacks may free the history: nothing of it is touched after the first. */
static gboolean dispatch(GSource *source, G_GNUC_UNUSED GSourceFunc callback,
			 G_GNUC_UNUSED gpointer data)
{
	CusaxHistory *history = ((DoneSource *)source)->history;
	GQueue turn = G_QUEUE_INIT;
	Job *job;

	g_source_set_ready_time(source, -1);
	pthread_mutex_lock(&history->lock);
	while (turn.length < MAX_TURN && (job = g_queue_pop_head(&history->done)))
		g_queue_push_tail(&turn, job);
	if (!g_queue_is_empty(&history->done))
		g_source_set_ready_time(source, 0);
	pthread_mutex_unlock(&history->lock);
	while ((job = g_queue_pop_head(&turn)))
		answer(job);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = dispatch };

static gboolean answer_rest(gpointer data)
{
	GQueue *rest = data;
	Job *job;

	while ((job = g_queue_pop_head(rest)))
		answer(job);
	return G_SOURCE_REMOVE;
}

guint history_limit(guint asked)
{
	return asked ? MIN(asked, HISTORY_MAX_PAGE) : HISTORY_PAGE;
}

void history_submit(CusaxHistory *history, HistoryAccess access, HistoryRun run, gpointer request,
		    GDestroyNotify free_request, gpointer tag, GAsyncReadyCallback callback,
		    gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Job *job;

	g_task_set_source_tag(task, tag);
	g_task_set_task_data(task, request, free_request);
	if (history->closed) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					"the history is closed");
		g_object_unref(task);
		return;
	}
	job = g_new0(Job, 1);
	job->task = task;
	job->access = access;
	job->run = run;
	job->request = request;
	pthread_mutex_lock(&history->lock);
	g_queue_push_tail(&history->jobs, job);
	pthread_cond_signal(&history->wake);
	pthread_mutex_unlock(&history->lock);
}

gpointer history_finish(GAsyncResult *result, gpointer tag, GError **error)
{
	g_return_val_if_fail(g_async_result_is_tagged(result, tag), NULL);
	if (!g_task_propagate_boolean(G_TASK(result), error))
		return NULL;
	return g_task_get_task_data(G_TASK(result));
}

CusaxHistory *cusax_history_new(const char *folder)
{
	CusaxHistory *history = g_new0(CusaxHistory, 1);
	g_autofree char *path =
		folder ? g_strdup(folder) : g_build_filename(g_get_user_data_dir(), "cusaxd", NULL);

	history->context = g_main_context_ref_thread_default();
	database_init(&history->db, path);
	pthread_mutex_init(&history->lock, NULL);
	pthread_cond_init(&history->wake, NULL);
	g_queue_init(&history->jobs);
	g_queue_init(&history->done);
	history->source = g_source_new(&source_funcs, sizeof(DoneSource));
	((DoneSource *)history->source)->history = history;
	g_source_set_static_name(history->source, "history done");
	g_source_attach(history->source, history->context);
	/* Only a system out of threads fails here, and then nothing of the daemon can work. */
	if (pthread_create(&history->thread, NULL, work, history) != 0)
		g_error("the history's thread cannot be started");
	return history;
}

static gboolean rest(Database *db, G_GNUC_UNUSED gpointer request, G_GNUC_UNUSED GError **error)
{
	sqlite3_db_release_memory(db->handle);
	return TRUE;
}

void cusax_history_rest(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_READ, rest, g_new0(char, 1), g_free, cusax_history_rest,
		       callback, data);
}

void cusax_history_free(CusaxHistory *history)
{
	GSource *rest;

	if (!history)
		return;
	pthread_mutex_lock(&history->lock);
	history->stop = TRUE;
	pthread_cond_signal(&history->wake);
	pthread_mutex_unlock(&history->lock);
	pthread_join(history->thread, NULL);
	g_source_destroy(history->source);
	g_source_unref(history->source);
	if (!g_queue_is_empty(&history->done)) {
		GQueue *left = g_new(GQueue, 1);

		*left = history->done;
		rest = g_idle_source_new();
		g_source_set_priority(rest, G_PRIORITY_DEFAULT);
		g_source_set_callback(rest, answer_rest, left, g_free);
		g_source_attach(rest, history->context);
		g_source_unref(rest);
	}
	pthread_cond_destroy(&history->wake);
	pthread_mutex_destroy(&history->lock);
	g_main_context_unref(history->context);
	g_free(history);
}

static gboolean look(Database *db, gpointer request, G_GNUC_UNUSED GError **error)
{
	*(gboolean *)request = db->set_aside;
	db->set_aside = FALSE;
	return TRUE;
}

void cusax_history_open_async(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_READ, look, g_new0(gboolean, 1), g_free,
		       cusax_history_open_async, callback, data);
}

gboolean cusax_history_open_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				   gboolean *ret_set_aside, GError **error)
{
	gboolean *set_aside = history_finish(result, cusax_history_open_async, error);

	if (set_aside && ret_set_aside)
		*ret_set_aside = *set_aside;
	return set_aside != NULL;
}

static gboolean end(Database *db, G_GNUC_UNUSED gpointer request, G_GNUC_UNUSED GError **error)
{
	database_close(db);
	return TRUE;
}

void cusax_history_close_async(CusaxHistory *history, GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_READ, end, NULL, NULL, cusax_history_close_async, callback,
		       data);
	history->closed = TRUE;
}

/* Whatever kept the database from being open, it is closed now. */
void cusax_history_close_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result)
{
	g_return_if_fail(g_async_result_is_tagged(result, cusax_history_close_async));
	g_task_propagate_boolean(G_TASK(result), NULL);
}

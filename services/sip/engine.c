/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The libre thread: set-up, loop, the queue into it, its log. */
/* cusax_sip_engine_*() on the main thread, everything else on the libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/engine.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/log.h"
#include "services/sip/re-compat.h"

/* libre's header of its log wants to know who logs. */
#define DEBUG_MODULE "cusax"
#define DEBUG_LEVEL  0
#include <re_dbg.h>

#define MAX_DESCRIPTORS 4096

enum { MESSAGE_COMMAND, MESSAGE_STOP };

struct CusaxSipEngine {
	CusaxSipEngineHandlers handlers;
	pthread_t thread;
	struct mqueue *queue;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	gboolean ready; /* set-up is over, well or not */
	int err;        /* of the set-up */
};

static gint engines;

static void log_h(int level, const char *text, size_t length, G_GNUC_UNUSED void *arg)
{
	while (length > 0 && g_ascii_isspace(text[length - 1]))
		length--;
	if (length > 0 && cusax_log_is_debug())
		cusax_debug(NULL, "libre (%d): %.*s", level, (int)length, text);
}

static void queue_h(int id, void *data, void *arg)
{
	CusaxSipEngine *engine = arg;

	if (id == MESSAGE_COMMAND)
		engine->handlers.command(data, engine->handlers.data);
	else
		re_cancel();
}

static int set_up(CusaxSipEngine *engine)
{
	int err = libre_init();

	if (err)
		return err;
	/* libre sets a handler of its own; writing to a closed socket is an error code for us. */
	signal(SIGPIPE, SIG_IGN);
	dbg_handler_set(log_h, NULL);
	dbg_init(DBG_WARNING, DBG_NONE);
	err = fd_setsize(MAX_DESCRIPTORS);
	if (!err)
		err = poll_method_set(METHOD_EPOLL);
	if (!err)
		err = mqueue_alloc(&engine->queue, queue_h, engine);
	if (!err)
		err = engine->handlers.begin(engine->handlers.data);
	if (err) {
		engine->queue = mem_deref(engine->queue);
		libre_close();
	}
	return err;
}

static void tell_ready(CusaxSipEngine *engine, int err)
{
	pthread_mutex_lock(&engine->lock);
	engine->ready = TRUE;
	engine->err = err;
	pthread_cond_signal(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
}

static void *run(void *data)
{
	CusaxSipEngine *engine = data;
	sigset_t all;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "sip");
	err = set_up(engine);
	tell_ready(engine, err);
	if (err)
		return NULL;
	err = re_main(NULL);
	if (err)
		g_critical("the SIP loop ended: %s", g_strerror(err));
	engine->handlers.end(engine->handlers.data);
	engine->queue = mem_deref(engine->queue);
	libre_close();
	return NULL;
}

static void engine_free(CusaxSipEngine *engine)
{
	pthread_mutex_destroy(&engine->lock);
	pthread_cond_destroy(&engine->changed);
	g_free(engine);
	g_atomic_int_set(&engines, 0);
}

static int start_thread(CusaxSipEngine *engine)
{
	int err = pthread_create(&engine->thread, NULL, run, engine);

	if (err)
		return err;
	pthread_mutex_lock(&engine->lock);
	while (!engine->ready)
		pthread_cond_wait(&engine->changed, &engine->lock);
	err = engine->err;
	pthread_mutex_unlock(&engine->lock);
	if (err)
		pthread_join(engine->thread, NULL);
	return err;
}

CusaxSipEngine *cusax_sip_engine_start(const CusaxSipEngineHandlers *handlers, GError **error)
{
	CusaxSipEngine *engine;
	int err;

	if (!g_atomic_int_compare_and_exchange(&engines, 0, 1)) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
				    "there is a SIP engine already");
		return NULL;
	}
	engine = g_new0(CusaxSipEngine, 1);
	engine->handlers = *handlers;
	pthread_mutex_init(&engine->lock, NULL);
	pthread_cond_init(&engine->changed, NULL);
	err = start_thread(engine);
	if (!err)
		return engine;
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED, "SIP cannot be started: %s",
		    g_strerror(err));
	engine_free(engine);
	return NULL;
}

gboolean cusax_sip_engine_push(CusaxSipEngine *engine, gpointer command)
{
	return mqueue_push(engine->queue, MESSAGE_COMMAND, command) == 0;
}

void cusax_sip_engine_stop(CusaxSipEngine *engine)
{
	if (!engine)
		return;
	/* The queue is a pipe: a full one drains, as the loop is running. */
	while (mqueue_push(engine->queue, MESSAGE_STOP, NULL) == EAGAIN)
		g_thread_yield();
	pthread_join(engine->thread, NULL);
	engine_free(engine);
}

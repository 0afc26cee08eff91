/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saving of the key file: one write at a time, in order, by a worker that touches its own copy. */
/* Main thread; write_file() runs on the worker. */
#include "daemon/base/error.h"
#include "daemon/store/config-private.h"

/* Owned by the worker from its start to its end, then by the main thread. */
struct ConfigWrite {
	CusaxConfig *config; /* main thread only */
	int folder;
	char *data;
	gsize length;
	CusaxFileStamp stamp;
	GError *error;
	GQueue tasks; /* main thread only */
	GThread *thread;
	GSource *done;
};

static gpointer write_file(gpointer data)
{
	ConfigWrite *write = data;

	cusax_file_replace(write->folder, CONFIG_FILE, write->data, write->length, &write->stamp,
			   &write->error);
	g_source_set_ready_time(write->done, 0);
	return NULL;
}

static ConfigWrite *begin(CusaxConfig *config)
{
	ConfigWrite *write = g_new0(ConfigWrite, 1);

	g_key_file_set_integer(config->file, "daemon", "schema", CONFIG_SCHEMA);
	write->config = config;
	write->folder = config->folder;
	write->data = g_key_file_to_data(config->file, &write->length, NULL);
	write->stamp = config->stamp;
	write->tasks = config->waiting;
	g_queue_init(&config->waiting);
	return write;
}

/* The callbacks may free the configuration: nothing of it is touched after them. */
static void answer(ConfigWrite *write)
{
	GTask *task;

	while ((task = g_queue_pop_head(&write->tasks))) {
		if (write->error)
			g_task_return_error(task, g_error_copy(write->error));
		else
			g_task_return_boolean(task, TRUE);
		g_object_unref(task);
	}
	g_clear_error(&write->error);
	g_free(write->data);
	g_free(write);
}

static void start(CusaxConfig *config);

/* Takes back what the worker did; the thread has nothing left to do but to end. */
static ConfigWrite *end_thread(CusaxConfig *config)
{
	ConfigWrite *write = g_steal_pointer(&config->write);

	g_thread_join(g_steal_pointer(&write->thread));
	g_source_destroy(write->done);
	g_source_unref(g_steal_pointer(&write->done));
	config->stamp = write->stamp;
	return write;
}

static gboolean on_done(gpointer data)
{
	CusaxConfig *config = data;
	ConfigWrite *write = end_thread(config);

	if (!g_queue_is_empty(&config->waiting))
		start(config);
	answer(write);
	return G_SOURCE_REMOVE;
}

static gboolean dispatch(G_GNUC_UNUSED GSource *source, GSourceFunc callback, gpointer data)
{
	return callback(data);
}

static GSourceFuncs done_funcs = { .dispatch = dispatch };

static void start(CusaxConfig *config)
{
	ConfigWrite *write = begin(config);

	config->write = write;
	write->done = g_source_new(&done_funcs, sizeof(GSource));
	g_source_set_static_name(write->done, "settings written");
	g_source_set_callback(write->done, on_done, config, NULL);
	g_source_attach(write->done, config->context);
	write->thread = g_thread_new("settings", write_file, write);
}

void config_finish_saves(CusaxConfig *config)
{
	if (config->write)
		answer(end_thread(config));
	if (!g_queue_is_empty(&config->waiting)) {
		ConfigWrite *write = begin(config);

		cusax_file_replace(write->folder, CONFIG_FILE, write->data, write->length,
				   &write->stamp, &write->error);
		answer(write);
	}
}

void cusax_config_save_async(CusaxConfig *config, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);

	g_task_set_source_tag(task, cusax_config_save_async);
	if (config->state == CUSAX_CONFIG_READ_ONLY || config->state == CUSAX_CONFIG_REFUSED) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_REFUSED,
					"the settings cannot be written");
		g_object_unref(task);
		return;
	}
	g_queue_push_tail(&config->waiting, task);
	if (!config->write)
		start(config);
}

gboolean cusax_config_save_finish(G_GNUC_UNUSED CusaxConfig *config, GAsyncResult *result,
				  GError **error)
{
	g_return_val_if_fail(g_async_result_is_tagged(result, cusax_config_save_async), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

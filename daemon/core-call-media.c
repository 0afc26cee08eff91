/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The media of calls: figures, one conversation of several, recording. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <unistd.h>

#include "daemon/base/log.h"

#define MAX_MERGED 4

static CusaxOperation *operation(CusaxCall *call, CusaxOperationKind kind)
{
	CusaxOperation *op =
		cusax_operation_new(kind, cusax_object_id(CUSAX_OBJECT(call->account)));

	op->call = call->handle;
	return op;
}

/* An active call's record; else WRONG_STATE on task. */
static CoreCall *active(CusaxCore *core, CusaxCall *call, GTask *task)
{
	CoreCall *record = core_call_record(core, call);

	if (record && record->fsm.state == CUSAX_CALL_ACTIVE)
		return record;
	g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
				"the call is not active");
	return NULL;
}

/* --- figures ------------------------------------------------------------------------------------- */

static void put_known(GVariantDict *dict, const char *key, gint64 value)
{
	if (value >= 0)
		g_variant_dict_insert(dict, key, "t", (guint64)value);
}

static void put_word(GVariantDict *dict, const char *key, const char *word)
{
	if (word && *word)
		g_variant_dict_insert(dict, key, "s", word);
}

static GVariant *figures_variant(const CusaxMediaFigures *figures)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "packets-sent", "t", figures->packets_sent);
	g_variant_dict_insert(&dict, "packets-received", "t", figures->packets_received);
	g_variant_dict_insert(&dict, "packets-lost", "t", figures->packets_lost);
	g_variant_dict_insert(&dict, "packets-lost-remote", "t", figures->packets_lost_remote);
	g_variant_dict_insert(&dict, "packets-refused", "t", figures->packets_refused);
	g_variant_dict_insert(&dict, "bytes-sent", "t", figures->bytes_sent);
	g_variant_dict_insert(&dict, "bytes-received", "t", figures->bytes_received);
	g_variant_dict_insert(&dict, "bitrate-sent", "t", figures->bitrate_sent);
	g_variant_dict_insert(&dict, "bitrate-received", "t", figures->bitrate_received);
	put_known(&dict, "jitter", figures->jitter);
	put_known(&dict, "round-trip", figures->round_trip);
	put_known(&dict, "buffered", figures->buffered);
	put_known(&dict, "concealed", figures->concealed);
	put_known(&dict, "input-latency", figures->input_latency);
	put_known(&dict, "output-latency", figures->output_latency);
	g_variant_dict_insert(&dict, "input-level", "d", figures->input_level);
	g_variant_dict_insert(&dict, "output-level", "d", figures->output_level);
	put_word(&dict, "codec", figures->codec);
	put_word(&dict, "path", figures->path);
	put_word(&dict, "suite", figures->suite);
	put_word(&dict, "one-way", figures->one_way);
	put_word(&dict, "input-device-used", figures->input_device);
	put_word(&dict, "output-device-used", figures->output_device);
	return g_variant_ref_sink(g_variant_dict_end(&dict));
}

void core_call_on_statistics(CoreCall *record, const CusaxEvent *event)
{
	g_clear_pointer(&record->call->statistics, g_variant_unref);
	record->call->statistics = figures_variant(event->call_statistics.figures);
}

static void return_statistics(GTask *task, CusaxCall *call)
{
	GVariant *known = call->statistics ? g_variant_ref(call->statistics)
					   : g_variant_ref_sink(g_variant_new("a{sv}", NULL));

	g_task_return_pointer(task, known, (GDestroyNotify)g_variant_unref);
}

/* An error means that the call has no media yet, or ended meanwhile. */
static void on_statistics(G_GNUC_UNUSED CusaxCore *core, G_GNUC_UNUSED const GError *error,
			  gpointer data)
{
	g_autoptr(GTask) task = data;

	return_statistics(task, g_task_get_task_data(task));
}

void cusax_core_get_call_statistics(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
				    gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

	if (!core_call_record(core, call)) {
		return_statistics(task, call);
		return;
	}
	g_task_set_task_data(task, g_object_ref(call), g_object_unref);
	core_submit(core, call->account, operation(call, CUSAX_OPERATION_STATISTICS), on_statistics,
		    g_steal_pointer(&task));
}

/* --- one conversation of several ----------------------------------------------------------------- */

static guint count_merged(CusaxCore *core, CusaxCall **ret_last)
{
	GHashTableIter iter;
	gpointer record;
	guint n = 0;

	g_hash_table_iter_init(&iter, core->calls);
	while (g_hash_table_iter_next(&iter, NULL, &record)) {
		if (!((CoreCall *)record)->call->merged)
			continue;
		*ret_last = ((CoreCall *)record)->call;
		n++;
	}
	return n;
}

static void set_merged(CusaxCore *core, CusaxCall *call, gboolean merged)
{
	CusaxOperation *mix;

	if (call->merged == merged)
		return;
	g_object_set(call, "merged", merged, NULL);
	if (!core_call_record(core, call))
		return;
	mix = operation(call, CUSAX_OPERATION_MIX);
	mix->toggle.on = merged;
	core_submit(core, call->account, mix, NULL, NULL);
}

void core_call_leave_mix(CusaxCore *core, CusaxCall *call)
{
	CusaxCall *last = NULL;

	if (!call->merged)
		return;
	set_merged(core, call, FALSE);
	if (count_merged(core, &last) == 1)
		set_merged(core, last, FALSE);
}

void cusax_core_merge_calls(CusaxCore *core, CusaxCall *call, CusaxCall *other,
			    GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CusaxCall *last;

	if (call == other) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					"call is the call itself");
		return;
	}
	if (!active(core, call, task) || !active(core, other, task))
		return;
	if (count_merged(core, &last) + !call->merged + !other->merged > MAX_MERGED) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
					"%d calls at most are one conversation", MAX_MERGED);
		return;
	}
	set_merged(core, call, TRUE);
	set_merged(core, other, TRUE);
	/* Who is on hold comes back: those that are merged talk at the same time. */
	core_call_input(core, core_call_record(core, call), CUSAX_CALL_DO_RESUME, CUSAX_END_NONE);
	core_call_input(core, core_call_record(core, other), CUSAX_CALL_DO_RESUME, CUSAX_END_NONE);
	g_task_return_boolean(task, TRUE);
}

void cusax_core_split_call(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
			   gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

	if (!call->merged) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					"the call is not merged");
		return;
	}
	core_call_leave_mix(core, call);
	g_task_return_boolean(task, TRUE);
}

/* --- recording ----------------------------------------------------------------------------------- */

void core_call_on_recording(G_GNUC_UNUSED CusaxCore *core, CoreCall *record,
			    const CusaxEvent *event)
{
	if (event->call_recording.text)
		cusax_notice(cusax_object_id(CUSAX_OBJECT(record->call)), "the recording ended: %s",
			     event->call_recording.text);
	g_object_set(record->call, "recording", event->call_recording.on, NULL);
}

void cusax_core_record_call(CusaxCore *core, CusaxCall *call, int file,
			    GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *record;

	if (!active(core, call, task)) {
		if (file >= 0)
			close(file);
		return;
	}
	record = operation(call, CUSAX_OPERATION_RECORD);
	record->record.file = file;
	core_submit_for_task(core, call->account, record, g_steal_pointer(&task));
}

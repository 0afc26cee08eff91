/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one way up from services to the core: a thread-safe queue drained by the main loop. */
/* Pushed to from any thread, drained on the main thread. */
#include "services/event.h"

#define TURN_USEC 2000

struct CusaxEventQueue {
	gatomicrefcount refs;
	GAsyncQueue *events;
	GSource *source; /* destroyed, yet referenced, once closed */
	gint closed;     /* atomic */
	gint handovers;  /* atomic: orders what a pusher wrote before what the sink reads */
	CusaxEventSink sink;
	gpointer data;
};

typedef struct {
	GSource source;
	CusaxEventQueue *queue; /* not owned: the queue owns the source */
} QueueSource;

static gboolean dispatch(GSource *source, G_GNUC_UNUSED GSourceFunc callback,
			 G_GNUC_UNUSED gpointer data)
{
	CusaxEventQueue *queue = cusax_event_queue_ref(((QueueSource *)source)->queue);
	gint64 end = g_get_monotonic_time() + TURN_USEC;
	CusaxEvent *event;

	/* Asleep first, drained second: a push in between wakes the source again. */
	g_source_set_ready_time(source, -1);
	while (!g_atomic_int_get(&queue->closed) &&
	       (event = g_async_queue_try_pop(queue->events))) {
		(void)g_atomic_int_get(&queue->handovers);
		queue->sink(event, queue->data);
		cusax_event_free(event);
		if (g_get_monotonic_time() >= end && g_async_queue_length(queue->events) > 0) {
			g_source_set_ready_time(source, 0);
			break;
		}
	}
	cusax_event_queue_unref(queue);
	return G_SOURCE_CONTINUE;
}

/* No prepare and no check: the ready time alone decides, so an idle queue costs no wake-up. */
static GSourceFuncs source_funcs = { .dispatch = dispatch };

CusaxEventQueue *cusax_event_queue_new(GMainContext *context, CusaxEventSink sink, gpointer data)
{
	CusaxEventQueue *queue = g_new0(CusaxEventQueue, 1);

	g_atomic_ref_count_init(&queue->refs);
	queue->events = g_async_queue_new_full((GDestroyNotify)cusax_event_free);
	queue->sink = sink;
	queue->data = data;
	queue->source = g_source_new(&source_funcs, sizeof(QueueSource));
	((QueueSource *)queue->source)->queue = queue;
	g_source_set_static_name(queue->source, "cusax events");
	g_source_attach(queue->source, context);
	return queue;
}

void cusax_event_queue_set_priority(CusaxEventQueue *queue, int priority)
{
	g_source_set_priority(queue->source, priority);
}

void cusax_event_queue_push(CusaxEventQueue *queue, CusaxEvent *event)
{
	if (g_atomic_int_get(&queue->closed)) {
		cusax_event_free(event);
		return;
	}
	g_atomic_int_inc(&queue->handovers);
	g_async_queue_push(queue->events, event);
	g_source_set_ready_time(queue->source, 0);
}

void cusax_event_queue_close(CusaxEventQueue *queue)
{
	g_atomic_int_set(&queue->closed, 1);
	g_source_destroy(queue->source);
}

CusaxEventQueue *cusax_event_queue_ref(CusaxEventQueue *queue)
{
	g_atomic_ref_count_inc(&queue->refs);
	return queue;
}

void cusax_event_queue_unref(CusaxEventQueue *queue)
{
	if (!queue || !g_atomic_ref_count_dec(&queue->refs))
		return;
	g_source_destroy(queue->source);
	g_source_unref(queue->source);
	g_async_queue_unref(queue->events);
	g_free(queue);
}

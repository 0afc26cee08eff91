/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way up from services to the core: order, threads, short turns, closing. */
/* Main thread and workers. */
#include "services/event.h"

#define PUSHERS  4
#define PER_PUSH 5000

typedef struct {
	GMainLoop *loop;
	CusaxEventQueue *queue;
	guint received;
	guint expected;
	guint64 last[PUSHERS];
	gboolean in_sink;
	guint turns;
} Fixture;

static void on_event(CusaxEvent *event, gpointer data)
{
	Fixture *fixture = data;
	guint pusher = (guint)(event->op >> 32);

	g_assert_false(fixture->in_sink);
	fixture->in_sink = TRUE;
	g_assert_cmpuint(pusher, <, PUSHERS);
	g_assert_cmpuint(event->op & G_MAXUINT32, ==, fixture->last[pusher] + 1);
	fixture->last[pusher]++;
	fixture->in_sink = FALSE;
	if (++fixture->received == fixture->expected)
		g_main_loop_quit(fixture->loop);
}

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->loop = g_main_loop_new(NULL, FALSE);
	fixture->queue = cusax_event_queue_new(NULL, on_event, fixture);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	cusax_event_queue_unref(fixture->queue);
	g_main_loop_unref(fixture->loop);
}

static void push(CusaxEventQueue *queue, guint pusher, guint number)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_DONE, "account");

	event->op = ((guint64)pusher << 32) | number;
	cusax_event_queue_push(queue, event);
}

typedef struct {
	CusaxEventQueue *queue;
	guint number;
} Pusher;

static gpointer push_many(gpointer data)
{
	Pusher *pusher = data;

	for (guint i = 1; i <= PER_PUSH; i++)
		push(pusher->queue, pusher->number, i);
	return NULL;
}

static void test_threads(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Pusher pushers[PUSHERS];
	GThread *threads[PUSHERS];

	fixture->expected = PUSHERS * PER_PUSH;
	for (guint i = 0; i < PUSHERS; i++) {
		pushers[i] = (Pusher){ fixture->queue, i };
		threads[i] = g_thread_new("pusher", push_many, &pushers[i]);
	}
	g_main_loop_run(fixture->loop);
	for (guint i = 0; i < PUSHERS; i++)
		g_thread_join(threads[i]);
	g_assert_cmpuint(fixture->received, ==, fixture->expected);
}

static void test_closed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	push(fixture->queue, 0, 1);
	cusax_event_queue_close(fixture->queue);
	push(fixture->queue, 0, 2);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(fixture->received, ==, 0);
}

static gboolean on_turn(gpointer data)
{
	((Fixture *)data)->turns++;
	return G_SOURCE_CONTINUE;
}

static void on_slow_event(G_GNUC_UNUSED CusaxEvent *event, gpointer data)
{
	Fixture *fixture = data;
	gint64 end = g_get_monotonic_time() + 500;

	while (g_get_monotonic_time() < end)
		; /* the work that an event costs */
	if (++fixture->received == fixture->expected)
		g_main_loop_quit(fixture->loop);
}

static void test_turns(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxEventQueue) queue = cusax_event_queue_new(NULL, on_slow_event, fixture);
	guint other = g_idle_add_full(G_PRIORITY_DEFAULT, on_turn, fixture, NULL);

	fixture->expected = 400;
	for (guint i = 1; i <= 400; i++)
		push(queue, 0, i);
	g_main_loop_run(fixture->loop);
	g_source_remove(other);
	/* 200 ms of work in turns of 2 ms: others had their turn in between. */
	g_assert_cmpuint(fixture->turns, >=, 10);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/event-queue/events of each thread arrive in order and once", Fixture, NULL,
		   set_up, test_threads, tear_down);
	g_test_add("/event-queue/nothing is delivered after closing", Fixture, NULL, set_up,
		   test_closed, tear_down);
	g_test_add("/event-queue/a bulk of events lets others have their turn", Fixture, NULL,
		   set_up, test_turns, tear_down);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one connection of this process to the sound server, there while calls need it. */
/* Libre thread, but for on_state() and cusax_pulse_signal(). */
#include "services/media/pulse-server.h"

#include <errno.h>

#define CUSAX_LOG_DOMAIN "media"
#include "daemon/base/log.h"

enum {
	RETRY_MS = 500,
	EVENT_DEVICE = 99,   /* to all clients */
	EVENT_CONTEXT = 100, /* beside enum cusax_pulse_event, in the queue */
};

static struct {
	struct list clients;
	uintptr_t last_id;
	struct mqueue *queue; /* lives as long as the thread that writes to it */
	pa_threaded_mainloop *loop;
	pa_context *context;
	uintptr_t generation; /* of the context: what an older one says is stale */
	bool ready;
	bool told;      /* that there is no server */
	uintptr_t came; /* the device that came last: index, and whether it is a source */
	struct tmr retry;
} server;

static void connect_server(void);

static void drop_context(void)
{
	if (!server.context)
		return;
	cusax_pulse_lock();
	pa_context_set_state_callback(server.context, NULL, NULL);
	pa_context_set_subscribe_callback(server.context, NULL, NULL);
	pa_context_disconnect(server.context);
	pa_context_unref(server.context);
	cusax_pulse_unlock();
	server.context = NULL;
	server.ready = false;
	server.generation++;
}

static void retry_h(void *arg)
{
	(void)arg;
	connect_server();
}

static void lose_server(const char *reason)
{
	if (!server.told)
		cusax_notice(NULL, "no sound server (%s), calls are silent until it comes", reason);
	server.told = true;
	server.ready = false;
	for (struct le *le = server.clients.head; le; le = le->next) {
		struct cusax_pulse_client *client = le->data;

		client->vanished(client->arg);
	}
	drop_context();
	tmr_start(&server.retry, RETRY_MS, retry_h, NULL);
}

/* PulseAudio's thread. */
static void on_state(pa_context *context, void *data)
{
	(void)context;
	(void)mqueue_push(server.queue, EVENT_CONTEXT, data);
}

/* PulseAudio's thread. */
static void on_subscription(pa_context *context, pa_subscription_event_type_t type, uint32_t index,
			    void *data)
{
	uintptr_t input =
		(type & PA_SUBSCRIPTION_EVENT_FACILITY_MASK) == PA_SUBSCRIPTION_EVENT_SOURCE;

	(void)context;
	(void)data;
	if ((type & PA_SUBSCRIPTION_EVENT_TYPE_MASK) == PA_SUBSCRIPTION_EVENT_NEW)
		(void)mqueue_push(server.queue, EVENT_DEVICE,
				  (void *)((uintptr_t)index << 1 | input));
}

/* Tells when devices come, while there are calls. */
static void subscribe(void)
{
	pa_operation *operation;

	cusax_pulse_lock();
	pa_context_set_subscribe_callback(server.context, on_subscription, NULL);
	operation = pa_context_subscribe(server.context,
					 PA_SUBSCRIPTION_MASK_SINK | PA_SUBSCRIPTION_MASK_SOURCE,
					 NULL, NULL);
	if (operation)
		pa_operation_unref(operation);
	cusax_pulse_unlock();
}

static void connect_server(void)
{
	pa_proplist *properties = pa_proplist_new();
	int reason = PA_OK;

	pa_proplist_sets(properties, PA_PROP_APPLICATION_NAME, "cusaxd");
	pa_proplist_sets(properties, PA_PROP_APPLICATION_ID, "org.cusax.Cusax1");
	pa_proplist_sets(properties, PA_PROP_APPLICATION_ICON_NAME, "call-start");
	cusax_pulse_lock();
	server.context = pa_context_new_with_proplist(pa_threaded_mainloop_get_api(server.loop),
						      NULL, properties);
	pa_context_set_state_callback(server.context, on_state, (void *)server.generation);
	/* A sound server belongs to the session; it is never started from here. */
	if (pa_context_connect(server.context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) < 0)
		reason = pa_context_errno(server.context);
	cusax_pulse_unlock();
	pa_proplist_free(properties);
	if (reason != PA_OK)
		lose_server(pa_strerror(reason));
}

static void context_changed(void)
{
	pa_context_state_t state;
	int reason;

	cusax_pulse_lock();
	state = pa_context_get_state(server.context);
	reason = pa_context_errno(server.context);
	cusax_pulse_unlock();
	if (state == PA_CONTEXT_READY && !server.ready) {
		if (server.told)
			cusax_notice(NULL, "the sound server is there");
		server.told = false;
		server.ready = true;
		subscribe();
		for (struct le *le = server.clients.head; le; le = le->next) {
			struct cusax_pulse_client *client = le->data;

			client->appeared(client->arg);
		}
	} else if (!PA_CONTEXT_IS_GOOD(state)) {
		lose_server(pa_strerror(reason));
	}
}

static void queue_h(int event, void *data, void *arg)
{
	uintptr_t id = (uintptr_t)data;

	(void)arg;
	if (event == EVENT_CONTEXT) {
		if (server.context && id == server.generation)
			context_changed();
		return;
	}
	if (event == EVENT_DEVICE) {
		server.came = id;
		for (struct le *le = server.clients.head; le; le = le->next) {
			struct cusax_pulse_client *client = le->data;

			client->event(CUSAX_PULSE_DEVICE, client->arg);
		}
		return;
	}
	for (struct le *le = server.clients.head; le; le = le->next) {
		struct cusax_pulse_client *client = le->data;

		if (client->id == id) {
			client->event((enum cusax_pulse_event)event, client->arg);
			return;
		}
	}
}

static void stop_server(void)
{
	tmr_cancel(&server.retry);
	drop_context();
	if (server.loop) {
		pa_threaded_mainloop_stop(server.loop);
		pa_threaded_mainloop_free(server.loop);
		server.loop = NULL;
	}
	server.queue = mem_deref(server.queue);
	server.told = false;
}

static int start_server(void)
{
	int err = mqueue_alloc(&server.queue, queue_h, NULL);

	if (err)
		return err;
	server.loop = pa_threaded_mainloop_new();
	if (!server.loop || pa_threaded_mainloop_start(server.loop) < 0) {
		stop_server();
		return ENOMEM;
	}
	pa_threaded_mainloop_set_name(server.loop, "cusax-pulse");
	connect_server();
	return 0;
}

int cusax_pulse_acquire(struct cusax_pulse_client *client)
{
	int err;

	if (list_isempty(&server.clients)) {
		err = start_server();
		if (err)
			return err;
	}
	client->id = ++server.last_id;
	list_append(&server.clients, &client->le, client);
	return 0;
}

void cusax_pulse_release(struct cusax_pulse_client *client)
{
	list_unlink(&client->le);
	if (list_isempty(&server.clients))
		stop_server();
}

pa_context *cusax_pulse_context(void)
{
	return server.ready ? server.context : NULL;
}

uint32_t cusax_pulse_came(bool *ret_input)
{
	*ret_input = server.came & 1;
	return (uint32_t)(server.came >> 1);
}

void cusax_pulse_lock(void)
{
	pa_threaded_mainloop_lock(server.loop);
}

void cusax_pulse_unlock(void)
{
	pa_threaded_mainloop_unlock(server.loop);
}

void cusax_pulse_signal(uintptr_t id, enum cusax_pulse_event event)
{
	(void)mqueue_push(server.queue, (int)event, (void *)id);
}

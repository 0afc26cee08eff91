/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which microphones and loudspeakers the sound server has. */
/* Libre thread; on_*() run on PulseAudio's, with its lock held. */
#include "services/media/pulse-devices.h"

#include <errno.h>

#include "services/media.h"
#include "services/media/pulse-server.h"

enum {
	DEADLINE_MS = 3000,
	QUESTIONS = 3,
	DEVICES_MAX = 256,
};

struct listing {
	struct cusax_pulse_client client;
	struct le le;
	struct tmr timer;
	cusax_media_devices_h *handler;
	void *arg;
	bool asked, failed;
	/* PulseAudio's lock. */
	pa_operation *operations[QUESTIONS];
	unsigned left;
	GPtrArray *devices;
	char *sink, *source; /* the defaults */
};

static struct list listings;

static void answered(struct listing *listing)
{
	if (listing->left && --listing->left == 0)
		cusax_pulse_signal(listing->client.id, CUSAX_PULSE_STATE);
}

static void add(struct listing *listing, gboolean input, const char *name, const char *description)
{
	if (listing->devices->len < DEVICES_MAX)
		g_ptr_array_add(listing->devices, cusax_audio_device_new(input, name, description));
}

static void on_sink(pa_context *context, const pa_sink_info *info, int last, void *data)
{
	(void)context;
	if (info)
		add(data, FALSE, info->name, info->description);
	if (last)
		answered(data);
}

static void on_source(pa_context *context, const pa_source_info *info, int last, void *data)
{
	(void)context;
	/* What a loudspeaker plays is no microphone, unless somebody made it the default. */
	if (info)
		add(data, TRUE, info->name, info->description);
	if (last)
		answered(data);
}

static void on_server(pa_context *context, const pa_server_info *info, void *data)
{
	struct listing *listing = data;

	(void)context;
	if (info) {
		listing->sink = g_strdup(info->default_sink_name);
		listing->source = g_strdup(info->default_source_name);
	}
	answered(listing);
}

static void drop_questions(struct listing *listing)
{
	cusax_pulse_lock();
	for (unsigned i = 0; i < QUESTIONS; i++) {
		if (!listing->operations[i])
			continue;
		pa_operation_cancel(listing->operations[i]);
		pa_operation_unref(listing->operations[i]);
		listing->operations[i] = NULL;
	}
	cusax_pulse_unlock();
}

static void listing_free(struct listing *listing)
{
	drop_questions(listing);
	tmr_cancel(&listing->timer);
	list_unlink(&listing->le);
	cusax_pulse_release(&listing->client);
	g_ptr_array_unref(listing->devices);
	g_free(listing->sink);
	g_free(listing->source);
	g_free(listing);
}

/* Out of the handlers of the connection, which goes through its clients. */
static void finish_h(void *arg)
{
	struct listing *listing = arg;
	cusax_media_devices_h *handler = listing->handler;
	GPtrArray *devices = NULL;
	bool complete;

	arg = listing->arg;
	cusax_pulse_lock();
	complete = !listing->failed && listing->asked && listing->left == 0;
	cusax_pulse_unlock();
	if (complete) {
		devices = g_ptr_array_ref(listing->devices);
		for (guint i = 0; i < devices->len; i++) {
			CusaxAudioDevice *device = devices->pdata[i];

			device->is_default =
				g_strcmp0(device->name,
					  device->input ? listing->source : listing->sink) == 0;
		}
	}
	listing_free(listing);
	handler(devices, arg);
}

static void ask(struct listing *listing)
{
	pa_context *context = cusax_pulse_context();

	if (!context || listing->asked)
		return;
	listing->asked = true;
	listing->left = QUESTIONS;
	cusax_pulse_lock();
	listing->operations[0] = pa_context_get_sink_info_list(context, on_sink, listing);
	listing->operations[1] = pa_context_get_source_info_list(context, on_source, listing);
	listing->operations[2] = pa_context_get_server_info(context, on_server, listing);
	cusax_pulse_unlock();
}

static void appeared_h(void *arg)
{
	ask(arg);
}

static void vanished_h(void *arg)
{
	struct listing *listing = arg;

	listing->failed = true;
	drop_questions(listing);
	tmr_start(&listing->timer, 0, finish_h, listing);
}

static void event_h(enum cusax_pulse_event event, void *arg)
{
	struct listing *listing = arg;

	(void)event;
	tmr_start(&listing->timer, 0, finish_h, listing);
}

int cusax_media_devices(cusax_media_devices_h *handler, void *arg)
{
	struct listing *listing = g_new0(struct listing, 1);
	int err;

	listing->client = (struct cusax_pulse_client){
		.appeared = appeared_h, .vanished = vanished_h, .event = event_h, .arg = listing
	};
	listing->handler = handler;
	listing->arg = arg;
	listing->devices = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_audio_device_free);
	err = cusax_pulse_acquire(&listing->client);
	if (err) {
		g_ptr_array_unref(listing->devices);
		g_free(listing);
		return err;
	}
	list_append(&listings, &listing->le, listing);
	tmr_start(&listing->timer, DEADLINE_MS, finish_h, listing);
	ask(listing);
	return 0;
}

void cusax_pulse_devices_forget(void)
{
	while (listings.head)
		listing_free(listings.head->data);
}

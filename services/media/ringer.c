/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person hears beside the other side of calls: ring tone, waiting, ringback, busy. */
/* Libre thread; on_*() run on PulseAudio's with its lock held, load() on a short one of its own. */
#include "services/media/ringer.h"

#include <string.h>

#include <glib.h>

#include "services/media.h"
#include "services/media/pulse-server.h"
#include "services/media/sound-file.h"

#define CUSAX_LOG_DOMAIN "media"
#include "daemon/base/log.h"

enum {
	REST_MS = 700, /* after a sound that ends by itself, until it is let go */
	AHEAD_MS =
		500, /* kept at the server: few wake-ups, and a stop is heard at once all the same */
};

static struct {
	struct cusax_pulse_client client;
	bool acquired;
	CusaxSound sound;
	char *device, *file;
	int volume;
	bool fallback; /* the device named is not there */
	struct mqueue *queue;
	GThread *loader;
	unsigned wanted; /* number of the loading that counts */
	struct cusax_sound_data *data;
	size_t position; /* on PulseAudio's thread, while there is a stream */
	pa_stream *pulse;
	struct tmr over; /* of a sound that ends by itself */
} ringer;

struct loading {
	unsigned number;
	CusaxSound sound;
	char *file;
	struct mqueue *queue;
	struct cusax_sound_data *data;
};

static void on_write(pa_stream *pulse, size_t length, void *unused)
{
	const struct cusax_sound_data *data = ringer.data;
	size_t left = length / sizeof(int16_t);

	(void)unused;
	while (left > 0) {
		size_t n = MIN(left, data->n - ringer.position);

		if (n == 0) {
			if (data->once)
				return; /* what was sent plays out */
			ringer.position = 0;
			continue;
		}
		if (pa_stream_write(pulse, data->samples + ringer.position, n * sizeof(int16_t),
				    NULL, 0, PA_SEEK_RELATIVE) < 0)
			return;
		ringer.position += n;
		left -= n;
	}
}

static void on_state(pa_stream *pulse, void *unused)
{
	(void)pulse;
	(void)unused;
	cusax_pulse_signal(ringer.client.id, CUSAX_PULSE_STATE);
}

static void close_stream(void)
{
	if (!ringer.pulse)
		return;
	cusax_pulse_lock();
	pa_stream_set_state_callback(ringer.pulse, NULL, NULL);
	pa_stream_set_write_callback(ringer.pulse, NULL, NULL);
	pa_stream_disconnect(ringer.pulse);
	pa_stream_unref(ringer.pulse);
	cusax_pulse_unlock();
	ringer.pulse = NULL;
}

static void open_stream(void)
{
	pa_context *context = cusax_pulse_context();
	bool ring = ringer.sound == CUSAX_SOUND_RING;
	pa_sample_spec format = { PA_SAMPLE_S16NE, 0, 1 };
	pa_buffer_attr buffer = { (uint32_t)-1, 0, (uint32_t)-1, (uint32_t)-1, (uint32_t)-1 };
	pa_proplist *properties;
	pa_cvolume volume;
	int err = -1;

	if (!context || !ringer.data || ringer.pulse)
		return;
	format.rate = ringer.data->rate;
	buffer.tlength = format.rate * sizeof(int16_t) * AHEAD_MS / 1000;
	properties = pa_proplist_new();
	pa_proplist_sets(properties, PA_PROP_MEDIA_ROLE, ring ? "event" : "phone");
	if (ring)
		pa_proplist_sets(properties, PA_PROP_EVENT_ID, "phone-incoming-call");
	pa_cvolume_set(&volume, 1,
		       (pa_volume_t)(PA_VOLUME_NORM * (double)MAX(ringer.volume, 0) / 100));
	ringer.position = 0;
	cusax_pulse_lock();
	ringer.pulse = pa_stream_new_with_proplist(context, ring ? "Ring tone" : "Call tone",
						   &format, NULL, properties);
	if (ringer.pulse) {
		pa_stream_set_state_callback(ringer.pulse, on_state, NULL);
		pa_stream_set_write_callback(ringer.pulse, on_write, NULL);
		err = pa_stream_connect_playback(
			ringer.pulse, ringer.fallback ? NULL : ringer.device, &buffer,
			PA_STREAM_NOFLAGS, ringer.volume >= 0 ? &volume : NULL, NULL);
	}
	cusax_pulse_unlock();
	pa_proplist_free(properties);
	if (err < 0)
		close_stream();
}

static void appeared_h(void *arg)
{
	(void)arg;
	open_stream();
}

static void vanished_h(void *arg)
{
	(void)arg;
	close_stream();
}

static void event_h(enum cusax_pulse_event event, void *arg)
{
	pa_stream_state_t state;

	(void)event;
	(void)arg;
	if (!ringer.pulse)
		return;
	cusax_pulse_lock();
	state = pa_stream_get_state(ringer.pulse);
	cusax_pulse_unlock();
	if (PA_STREAM_IS_GOOD(state))
		return;
	close_stream();
	/* A device that is gone, or was never there: the default one. */
	if (ringer.device && !ringer.fallback) {
		cusax_notice(NULL, "%s is not there, ringing on the default", ringer.device);
		ringer.fallback = true;
		open_stream();
	}
}

/* --- loading --------------------------------------------------------------------------------- */

static gpointer load(gpointer data)
{
	struct loading *loading = data;

	loading->data = loading->sound == CUSAX_SOUND_RING ? cusax_sound_ring(loading->file)
							   : cusax_sound_tone(loading->sound);
	(void)mqueue_push(loading->queue, 0, loading);
	return NULL;
}

static void silence(void)
{
	tmr_cancel(&ringer.over);
	close_stream();
	ringer.wanted++;
	/* Reading a short file: over in no time, and stale then. */
	g_clear_pointer(&ringer.loader, g_thread_unref);
	g_clear_pointer(&ringer.data, cusax_sound_data_free);
	if (ringer.acquired)
		cusax_pulse_release(&ringer.client);
	ringer.acquired = false;
	ringer.sound = CUSAX_SOUND_NONE;
	g_clear_pointer(&ringer.device, g_free);
	g_clear_pointer(&ringer.file, g_free);
}

static void over_h(void *arg)
{
	(void)arg;
	silence();
}

static void loaded_h(int id, void *data, void *arg)
{
	struct loading *loading = data;
	bool current = loading->number == ringer.wanted;

	(void)id;
	(void)arg;
	if (current) {
		g_clear_pointer(&ringer.loader, g_thread_join);
		ringer.data = loading->data;
		open_stream();
		if (ringer.data->once)
			tmr_start(&ringer.over, ringer.data->n * 1000 / ringer.data->rate + REST_MS,
				  over_h, NULL);
	} else {
		cusax_sound_data_free(loading->data);
	}
	g_free(loading->file);
	g_free(loading);
}

void cusax_media_play(CusaxSound sound, const char *device, int volume, const char *file)
{
	struct loading *loading;

	if (sound != CUSAX_SOUND_NONE && sound == ringer.sound &&
	    g_strcmp0(device, ringer.device) == 0 && volume == ringer.volume)
		return;
	silence();
	if (sound == CUSAX_SOUND_NONE)
		return;
	if (!ringer.queue && mqueue_alloc(&ringer.queue, loaded_h, NULL))
		return;
	ringer.client = (struct cusax_pulse_client){ .appeared = appeared_h,
						     .vanished = vanished_h,
						     .event = event_h };
	ringer.acquired = cusax_pulse_acquire(&ringer.client) == 0;
	ringer.sound = sound;
	ringer.device = g_strdup(device);
	ringer.file = g_strdup(file);
	ringer.volume = volume;
	ringer.fallback = false;
	loading = g_new0(struct loading, 1);
	loading->number = ringer.wanted;
	loading->sound = sound;
	loading->file = g_strdup(file);
	loading->queue = ringer.queue;
	ringer.loader = g_thread_new("cusax-sound", load, loading);
}

void cusax_ringer_close(void)
{
	if (ringer.loader)
		g_clear_pointer(&ringer.loader, g_thread_join);
	silence();
	ringer.queue = mem_deref(ringer.queue);
}

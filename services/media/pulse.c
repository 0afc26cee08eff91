/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two streams of a call at the sound server: role "phone", moved and restarted as needed. */
/* Libre thread; on_*() run on PulseAudio's, with its lock held. */
#include "services/media/device.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "services/media/codec.h"
#include "services/media/pulse-server.h"
#include "services/media/ring.h"

#define CUSAX_LOG_DOMAIN "media"
#include "daemon/base/log.h"

enum {
	RETRY_MS = 500,
	BURST = 5, /* frames that may wait for us at the server */
};

struct stream {
	struct cusax_device *device;
	bool input;
	char *name; /* NULL: default */
	uint32_t rate;
	size_t frame;     /* samples */
	pa_stream *pulse; /* NULL: off, or no server */
	struct cusax_ring ring;
	bool came;              /* the device named is there (again); PulseAudio's lock */
	bool fallback;          /* the device named is not there: the default instead */
	char *where;            /* device that the stream is on */
	uint32_t candidate;     /* index of the device that came; PulseAudio's lock */
	pa_operation *question; /* whether the device named is there; NULL: none */
};

struct cusax_device {
	struct cusax_pulse_client client;
	struct cusax_device_handlers handlers;
	char *log_id;
	struct stream input, output;
	struct tmr retry;
};

static void on_input(pa_stream *pulse, size_t length, void *data)
{
	struct stream *stream = data;
	const void *samples;
	bool tell = false;

	(void)length;
	while (pa_stream_readable_size(pulse) > 0) {
		if (pa_stream_peek(pulse, &samples, &length) < 0 || !length)
			break;
		tell |= cusax_ring_put(&stream->ring, samples, length / sizeof(int16_t),
				       stream->frame);
		pa_stream_drop(pulse);
	}
	if (tell)
		cusax_pulse_signal(stream->device->client.id, CUSAX_PULSE_INPUT);
}

/* What is not there in time is silence: the server never waits, and the delay stays what it is. */
static void on_output(pa_stream *pulse, size_t length, void *data)
{
	struct stream *stream = data;
	int16_t samples[CUSAX_FRAME_MAX];
	size_t left = length / sizeof(int16_t), n, taken;

	for (; left > 0; left -= n) {
		n = MIN(left, stream->frame);
		taken = cusax_ring_take(&stream->ring, samples, n);
		memset(samples + taken, 0, (n - taken) * sizeof(*samples));
		if (pa_stream_write(pulse, samples, n * sizeof(*samples), NULL, 0,
				    PA_SEEK_RELATIVE) < 0)
			return;
	}
	if (cusax_ring_is_low(&stream->ring, stream->frame))
		cusax_pulse_signal(stream->device->client.id, CUSAX_PULSE_OUTPUT);
}

static void on_stream(pa_stream *pulse, void *data)
{
	struct stream *stream = data;

	(void)pulse;
	cusax_pulse_signal(stream->device->client.id, CUSAX_PULSE_STATE);
}

static void drop_question(struct stream *stream)
{
	if (!stream->question)
		return;
	cusax_pulse_lock();
	pa_operation_cancel(stream->question);
	pa_operation_unref(stream->question);
	cusax_pulse_unlock();
	stream->question = NULL;
}

static void close_stream(struct stream *stream)
{
	if (!stream->pulse)
		return;
	cusax_pulse_lock();
	pa_stream_set_state_callback(stream->pulse, NULL, NULL);
	pa_stream_set_moved_callback(stream->pulse, NULL, NULL);
	pa_stream_set_read_callback(stream->pulse, NULL, NULL);
	pa_stream_set_write_callback(stream->pulse, NULL, NULL);
	pa_stream_disconnect(stream->pulse);
	pa_stream_unref(stream->pulse);
	cusax_pulse_unlock();
	stream->pulse = NULL;
	cusax_ring_empty(&stream->ring);
}

static int connect_stream(struct stream *stream)
{
	uint32_t frame = (uint32_t)(stream->frame * sizeof(int16_t));
	const char *name = stream->fallback ? NULL : stream->name;
	/* The latency is asked for by the way, so that it can be told. */
	pa_stream_flags_t flags = PA_STREAM_ADJUST_LATENCY | PA_STREAM_AUTO_TIMING_UPDATE |
				  PA_STREAM_INTERPOLATE_TIMING;
	pa_buffer_attr input = { .maxlength = BURST * frame, .fragsize = frame };
	/* Playing begins, and begins again after a gap, with the first frame. */
	pa_buffer_attr output = {
		.maxlength = (uint32_t)-1, .tlength = 2 * frame, .prebuf = frame, .minreq = frame
	};

	if (stream->input)
		return pa_stream_connect_record(stream->pulse, name, &input, flags);
	return pa_stream_connect_playback(stream->pulse, name, &output, flags, NULL, NULL);
}

static void retry_h(void *arg);

static void retry_later(struct cusax_device *device)
{
	tmr_start(&device->retry, RETRY_MS, retry_h, device);
}

static void open_stream(struct stream *stream)
{
	pa_context *context = cusax_pulse_context();
	pa_sample_spec format = { PA_SAMPLE_S16NE, stream->rate, 1 };
	pa_proplist *properties;
	int err = -PA_ERR_UNKNOWN;

	if (!context || !stream->rate || stream->pulse)
		return;
	properties = pa_proplist_new();
	pa_proplist_sets(properties, PA_PROP_MEDIA_ROLE, "phone");
	cusax_pulse_lock();
	stream->pulse = pa_stream_new_with_proplist(context, "Call", &format, NULL, properties);
	if (stream->pulse) {
		pa_stream_set_state_callback(stream->pulse, on_stream, stream);
		pa_stream_set_moved_callback(stream->pulse, on_stream, stream);
		if (stream->input)
			pa_stream_set_read_callback(stream->pulse, on_input, stream);
		else
			pa_stream_set_write_callback(stream->pulse, on_output, stream);
		err = connect_stream(stream);
	}
	cusax_pulse_unlock();
	pa_proplist_free(properties);
	if (err < 0) {
		close_stream(stream);
		retry_later(stream->device);
	}
}

static void retry_h(void *arg)
{
	struct cusax_device *device = arg;

	open_stream(&device->input);
	open_stream(&device->output);
}

static void input_came(struct cusax_device *device)
{
	struct stream *stream = &device->input;
	int16_t frame[CUSAX_FRAME_MAX];

	if (!stream->pulse)
		return;
	cusax_ring_heed(&stream->ring);
	while (cusax_ring_level(&stream->ring) >= stream->frame) {
		(void)cusax_ring_take(&stream->ring, frame, stream->frame);
		device->handlers.captured(frame, stream->frame, device->handlers.arg);
	}
}

static void output_wanted(struct cusax_device *device)
{
	struct stream *stream = &device->output;
	int16_t frame[CUSAX_FRAME_MAX];

	if (!stream->pulse)
		return;
	cusax_ring_heed(&stream->ring);
	while (cusax_ring_level(&stream->ring) < stream->frame) {
		device->handlers.wanted(frame, stream->frame, device->handlers.arg);
		(void)cusax_ring_put(&stream->ring, frame, stream->frame, SIZE_MAX);
	}
}

static gint64 latency_of(struct stream *stream)
{
	pa_usec_t latency = 0;
	int negative = 0, err;

	if (!stream->pulse)
		return -1;
	cusax_pulse_lock();
	err = pa_stream_get_latency(stream->pulse, &latency, &negative);
	cusax_pulse_unlock();
	return err < 0 ? -1 : negative ? 0 : (gint64)latency;
}

/* A microphone never moves without a word. */
static void tell_device(struct stream *stream, const char *where)
{
	struct cusax_device *device = stream->device;

	g_free(stream->where);
	stream->where = g_strdup(where);
	device->handlers.moved(stream->input, where ? where : "", device->handlers.arg);
}

/* A person may have moved the stream away from the device named: it goes back only when that came. */
static void on_named(struct stream *stream, uint32_t index)
{
	if (index != stream->candidate)
		return;
	stream->came = true;
	cusax_pulse_signal(stream->device->client.id, CUSAX_PULSE_STATE);
}

static void on_named_sink(pa_context *context, const pa_sink_info *info, int last, void *data)
{
	(void)context;
	(void)last;
	if (info)
		on_named(data, info->index);
}

static void on_named_source(pa_context *context, const pa_source_info *info, int last, void *data)
{
	(void)context;
	(void)last;
	if (info)
		on_named(data, info->index);
}

/* A device came: is it the one that was asked for? */
static void look_for_named(struct stream *stream)
{
	pa_context *context = cusax_pulse_context();
	bool input;
	uint32_t index = cusax_pulse_came(&input);

	if (!context || !stream->name || input != stream->input)
		return;
	cusax_pulse_lock();
	stream->candidate = index;
	if (stream->question) {
		pa_operation_cancel(stream->question);
		pa_operation_unref(stream->question);
	}
	stream->question = stream->input ? pa_context_get_source_info_by_name(
						   context, stream->name, on_named_source, stream)
					 : pa_context_get_sink_info_by_name(context, stream->name,
									    on_named_sink, stream);
	cusax_pulse_unlock();
}

static void note_device(struct stream *stream)
{
	g_autofree char *where = NULL;
	const char *what = stream->input ? "microphone" : "loudspeaker";

	cusax_pulse_lock();
	where = g_strdup(pa_stream_get_device_name(stream->pulse));
	cusax_pulse_unlock();
	if (g_strcmp0(where, stream->where) == 0)
		return;
	cusax_info(stream->device->log_id, "%s: %s -> %s", what,
		   stream->where ? stream->where : "none", where ? where : "none");
	tell_device(stream, where);
}

static void check_stream(struct stream *stream)
{
	pa_stream_state_t state;
	bool came;
	int reason;

	if (!stream->pulse)
		return;
	cusax_pulse_lock();
	came = stream->came;
	stream->came = false;
	cusax_pulse_unlock();
	if (came && (stream->fallback || g_strcmp0(stream->name, stream->where) != 0)) {
		stream->fallback = false;
		close_stream(stream);
		open_stream(stream);
		return;
	}
	cusax_pulse_lock();
	state = pa_stream_get_state(stream->pulse);
	reason = pa_context_errno(pa_stream_get_context(stream->pulse));
	cusax_pulse_unlock();
	if (state == PA_STREAM_READY) {
		note_device(stream);
		return;
	}
	if (PA_STREAM_IS_GOOD(state))
		return;
	close_stream(stream);
	if (reason == PA_ERR_NOENTITY && stream->name && !stream->fallback) {
		cusax_notice(stream->device->log_id, "%s is not there, taking the default",
			     stream->name);
		stream->fallback = true;
		open_stream(stream);
		return;
	}
	retry_later(stream->device);
}

static void event_h(enum cusax_pulse_event event, void *arg)
{
	struct cusax_device *device = arg;

	switch (event) {
	case CUSAX_PULSE_INPUT:
		input_came(device);
		return;
	case CUSAX_PULSE_OUTPUT:
		output_wanted(device);
		return;
	case CUSAX_PULSE_DEVICE:
		look_for_named(&device->input);
		look_for_named(&device->output);
		return;
	case CUSAX_PULSE_STATE:
		check_stream(&device->input);
		check_stream(&device->output);
		return;
	}
}

static void appeared_h(void *arg)
{
	retry_h(arg);
}

static void vanished_h(void *arg)
{
	struct cusax_device *device = arg;

	drop_question(&device->input);
	drop_question(&device->output);
	close_stream(&device->input);
	close_stream(&device->output);
	tell_device(&device->input, NULL);
	tell_device(&device->output, NULL);
	tmr_cancel(&device->retry);
}

static void clear_stream(struct stream *stream)
{
	drop_question(stream);
	close_stream(stream);
	pthread_mutex_destroy(&stream->ring.lock);
	g_free(stream->name);
	g_free(stream->where);
}

static int open_device(struct cusax_device **ret_device, const char *log_id,
		       const struct cusax_device_handlers *handlers)
{
	struct cusax_device *device = g_new0(struct cusax_device, 1);
	int err;

	device->handlers = *handlers;
	device->log_id = g_strdup(log_id);
	device->input.device = device->output.device = device;
	device->input.input = true;
	cusax_ring_init(&device->input.ring);
	cusax_ring_init(&device->output.ring);
	device->client.appeared = appeared_h;
	device->client.vanished = vanished_h;
	device->client.event = event_h;
	device->client.arg = device;
	err = cusax_pulse_acquire(&device->client);
	if (err) {
		clear_stream(&device->input);
		clear_stream(&device->output);
		g_free(device->log_id);
		g_free(device);
		return err;
	}
	*ret_device = device;
	return 0;
}

static void close_device(struct cusax_device *device)
{
	clear_stream(&device->input);
	clear_stream(&device->output);
	tmr_cancel(&device->retry);
	cusax_pulse_release(&device->client);
	g_free(device->log_id);
	g_free(device);
}

static void set_stream(struct stream *stream, const char *name, uint32_t rate)
{
	if (stream->rate == rate && g_strcmp0(stream->name, name) == 0)
		return;
	close_stream(stream);
	g_free(stream->name);
	stream->name = g_strdup(name);
	stream->rate = rate;
	stream->frame = rate * CUSAX_FRAME_MS / 1000;
	stream->fallback = false;
	open_stream(stream);
}

static void set_input(struct cusax_device *device, const char *name, uint32_t rate)
{
	set_stream(&device->input, name, rate);
}

static void set_output(struct cusax_device *device, const char *name, uint32_t rate)
{
	set_stream(&device->output, name, rate);
}

static void add_figures(struct cusax_device *device, CusaxMediaFigures *figures)
{
	figures->input_latency = latency_of(&device->input);
	figures->output_latency = latency_of(&device->output);
	if (device->input.pulse)
		figures->input_device = g_strdup(device->input.where);
	if (device->output.pulse)
		figures->output_device = g_strdup(device->output.where);
}

const struct cusax_device_driver cusax_pulse_driver = {
	.open = open_device,
	.close = close_device,
	.input = set_input,
	.output = set_output,
	.figures = add_figures,
};

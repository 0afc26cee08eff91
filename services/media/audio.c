/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sound of one call: microphone to packets, packets to loudspeaker, keys between. */
/* Libre thread. */
#include "services/media/audio.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "services/media/device.h"
#include "services/media/dtmf.h"
#include "services/media/mix.h"
#include "services/media/voice.h"

#define CUSAX_LOG_DOMAIN "media"
#include "daemon/base/log.h"

enum {
	METER_MS = 300,       /* a level that is older says nothing */
	FLOW_MS = 2000,       /* a direction that should flow and is silent so long does not */
	CONCEAL_MAX_MS = 100, /* made up at most before silence, when nothing comes at all */
};

/* The last frame, to tell its level when somebody asks. */
struct meter {
	int16_t samples[CUSAX_FRAME_MAX];
	size_t n;
	uint64_t at;
};

struct cusax_audio {
	struct cusax_rtp *rtp;
	char *log_id;
	struct cusax_audio_plan plan;
	const struct cusax_device_driver *driver;
	struct cusax_device *device;
	char *input, *output; /* names, NULL: default */
	bool muted;

	/* Sending. */
	struct cusax_codec_state *encoder;
	uint32_t timestamp;
	bool marker; /* the next packet begins a spurt of talk */
	struct cusax_dtmf_sender keys;
	uint32_t key_timestamp;
	struct tmr key_timer;
	struct mbuf *packet;

	/* Hearing. */
	const struct cusax_codec *heard_codec;
	struct cusax_codec_state *decoder;
	struct cusax_jitter jitter;
	uint32_t ssrc;
	struct cusax_dtmf_receiver heard_keys;
	int16_t pending[CUSAX_DECODED_MAX]; /* decoded, not yet played */
	size_t n_pending;
	size_t packet_samples; /* of the packet decoded last */
	unsigned made_up_ms;   /* since the last packet */
	uint64_t concealed_us; /* in all */
	uint64_t began;        /* tmr_jiffies() when sound may flow; 0: not yet */
	uint64_t sent_at;      /* of the last frame sent */

	bool echo, noise;          /* to be taken out of the microphone */
	struct cusax_voice *voice; /* does that, for frames at: */
	uint32_t voice_rate;
	struct meter said, played;
	struct cusax_mix_port mix;
	struct cusax_recorder *recorder;
	cusax_recorder_end_h *recorded_h;
	void *recorded_arg;
	cusax_audio_key_h *heard_h;
	cusax_audio_moved_h *moved_h;
	void *arg;
};

static int send_payload(struct cusax_audio *audio, bool marker, int type, uint32_t timestamp,
			const uint8_t *payload, size_t length)
{
	int err;

	mbuf_reset(audio->packet);
	audio->packet->pos = audio->packet->end = CUSAX_RTP_HEADROOM;
	err = mbuf_write_mem(audio->packet, payload, length);
	if (err)
		return err;
	audio->packet->pos = CUSAX_RTP_HEADROOM;
	return cusax_rtp_send(audio->rtp, marker, (uint8_t)type, timestamp, audio->packet);
}

static void meter_take(struct meter *meter, const int16_t *samples, size_t n)
{
	meter->n = MIN(n, CUSAX_FRAME_MAX);
	memcpy(meter->samples, samples, meter->n * sizeof(*samples));
	meter->at = tmr_jiffies();
}

static double meter_read(const struct meter *meter)
{
	double sum = 0, level;

	if (tmr_jiffies() - meter->at > METER_MS)
		return CUSAX_LEVEL_SILENT;
	for (size_t i = 0; i < meter->n; i++)
		sum += (double)meter->samples[i] * meter->samples[i];
	level = sum > 0 ? 10 * log10(sum / (double)meter->n / (32768.0 * 32768.0))
			: CUSAX_LEVEL_SILENT;
	return MAX(level, CUSAX_LEVEL_SILENT);
}

static bool make_voice(struct cusax_audio *audio, uint32_t rate)
{
	if (audio->voice && audio->voice_rate == rate)
		return true;
	cusax_voice_free(audio->voice);
	audio->voice = cusax_voice_new(rate, audio->echo, audio->noise);
	audio->voice_rate = rate;
	return audio->voice != NULL;
}

static void captured_h(const int16_t *frame, size_t n, void *arg)
{
	struct cusax_audio *audio = arg;
	uint8_t payload[CUSAX_PAYLOAD_MAX];
	int16_t changed[CUSAX_FRAME_MAX];
	size_t length = sizeof(payload);
	const struct cusax_codec *codec = audio->plan.codec;
	uint32_t timestamp = audio->timestamp;

	if (!audio->plan.send || !codec || n != cusax_codec_frame(codec))
		return;
	meter_take(&audio->said, frame, n);
	audio->timestamp += codec->clock * CUSAX_FRAME_MS / 1000;
	/* A key replaces the sound (RFC 4733 §2.5.1.1). */
	if (cusax_dtmf_busy(&audio->keys)) {
		audio->marker = true;
		return;
	}
	if ((audio->echo || audio->noise) && make_voice(audio, codec->rate)) {
		cusax_voice_clean(audio->voice, frame, changed);
		frame = changed;
	}
	if (audio->muted) {
		memset(changed, 0, n * sizeof(*changed));
		frame = changed;
	}
	if (audio->recorder)
		cusax_recorder_near(audio->recorder, frame, n, codec->rate);
	if (audio->mix.joined) {
		if (frame != changed)
			memcpy(changed, frame, n * sizeof(*changed));
		cusax_mix_add(&audio->mix, changed, n, codec->rate);
		frame = changed;
	}
	if (codec->encode(audio->encoder, frame, n, payload, &length))
		return;
	/* A packet that the network refuses is lost, as any other may be. */
	(void)send_payload(audio, audio->marker, audio->plan.type, timestamp, payload, length);
	audio->marker = false;
	audio->sent_at = tmr_jiffies();
}

static void key_timer_h(void *arg)
{
	struct cusax_audio *audio = arg;
	uint8_t payload[CUSAX_DTMF_PAYLOAD];
	uint32_t clock = audio->plan.codec->clock;
	bool first;
	bool send = cusax_dtmf_step(&audio->keys, audio->plan.dtmf_clock, payload, &first);

	if (first)
		audio->key_timestamp = audio->timestamp;
	if (send && audio->plan.send)
		(void)send_payload(audio, first, audio->plan.dtmf_type, audio->key_timestamp,
				   payload, sizeof(payload));
	/* Time goes on without a microphone too: the next key needs a timestamp of its own. */
	if (audio->timestamp - audio->key_timestamp < clock * CUSAX_DTMF_KEY_MS / 1000 &&
	    audio->keys.step == 0)
		audio->timestamp = audio->key_timestamp + clock * CUSAX_DTMF_KEY_MS / 1000;
	if (cusax_dtmf_busy(&audio->keys))
		tmr_start(&audio->key_timer, CUSAX_DTMF_STEP_MS, key_timer_h, audio);
}

/* Appends the sound of one packet, or what stands for it. FALSE: nothing is to be had. */
static bool decode_next(struct cusax_audio *audio)
{
	const struct cusax_codec *codec = audio->heard_codec;
	int16_t *samples = audio->pending + audio->n_pending;
	size_t n = CUSAX_DECODED_MAX - audio->n_pending;
	size_t usual = MIN(audio->packet_samples, n);
	const uint8_t *payload;
	size_t length;

	switch (cusax_jitter_get(&audio->jitter, &payload, &length)) {
	case CUSAX_JITTER_PACKET:
		audio->made_up_ms = 0;
		if (codec->decode(audio->decoder, payload, length, samples, &n))
			return false;
		if (n)
			audio->packet_samples = n;
		audio->n_pending += n;
		return n > 0;
	case CUSAX_JITTER_LOST:
		if (codec->conceal(audio->decoder, payload, length, samples, usual))
			return false;
		audio->n_pending += usual;
		audio->concealed_us += usual * 1000000 / codec->rate;
		return true;
	case CUSAX_JITTER_WAITING:
		if (audio->made_up_ms >= CONCEAL_MAX_MS ||
		    codec->conceal(audio->decoder, NULL, 0, samples, usual))
			return false;
		audio->made_up_ms += (unsigned)(usual * 1000 / codec->rate);
		audio->concealed_us += usual * 1000000 / codec->rate;
		audio->n_pending += usual;
		return true;
	}
	return false;
}

static void wanted_h(int16_t *frame, size_t n, void *arg)
{
	struct cusax_audio *audio = arg;
	size_t ready;

	while (audio->decoder && audio->n_pending < n && decode_next(audio))
		;
	ready = MIN(audio->n_pending, n);
	memcpy(frame, audio->pending, ready * sizeof(*frame));
	memset(frame + ready, 0, (n - ready) * sizeof(*frame));
	audio->n_pending -= ready;
	memmove(audio->pending, audio->pending + ready, audio->n_pending * sizeof(*frame));
	if (!audio->heard_codec)
		return;
	meter_take(&audio->played, frame, n);
	if (audio->voice)
		cusax_voice_played(audio->voice, frame, n, audio->heard_codec->rate);
	cusax_mix_say(&audio->mix, frame, n, audio->heard_codec->rate);
	if (audio->recorder)
		cusax_recorder_far(audio->recorder, frame, n, audio->heard_codec->rate);
}

static void close_encoder(struct cusax_audio *audio)
{
	if (audio->encoder)
		audio->plan.codec->close(audio->encoder);
	audio->encoder = NULL;
}

static void close_decoder(struct cusax_audio *audio)
{
	if (audio->decoder)
		audio->heard_codec->close(audio->decoder);
	audio->decoder = NULL;
	audio->heard_codec = NULL;
}

static void update_devices(struct cusax_audio *audio)
{
	const struct cusax_audio_plan *plan = &audio->plan;

	if (!audio->device)
		return;
	audio->driver->input(audio->device, audio->input,
			     plan->send && plan->codec ? plan->codec->rate : 0);
	audio->driver->output(audio->device, audio->output,
			      plan->receive && audio->heard_codec ? audio->heard_codec->rate : 0);
}

static void audio_destructor(void *data)
{
	struct cusax_audio *audio = data;

	tmr_cancel(&audio->key_timer);
	(void)cusax_mix_set(&audio->mix, false);
	cusax_voice_free(audio->voice);
	if (audio->recorder)
		cusax_recorder_abandon(audio->recorder);
	if (audio->device)
		audio->driver->close(audio->device);
	close_encoder(audio);
	close_decoder(audio);
	mem_deref(audio->packet);
	g_free(audio->input);
	g_free(audio->output);
	g_free(audio->log_id);
}

int cusax_audio_alloc(struct cusax_audio **ret_audio, struct cusax_rtp *rtp, const char *log_id,
		      cusax_audio_key_h *heard, cusax_audio_moved_h *moved, void *arg)
{
	struct cusax_audio *audio = mem_zalloc(sizeof(*audio), audio_destructor);

	if (!audio)
		return ENOMEM;
	audio->packet = mbuf_alloc(CUSAX_PAYLOAD_MAX + 128);
	if (!audio->packet) {
		mem_deref(audio);
		return ENOMEM;
	}
	audio->rtp = rtp;
	audio->log_id = g_strdup(log_id);
	audio->driver = cusax_device_driver();
	audio->plan.type = audio->plan.dtmf_type = -1;
	audio->timestamp = rand_u32();
	audio->marker = true;
	audio->heard_h = heard;
	audio->moved_h = moved;
	audio->arg = arg;
	*ret_audio = audio;
	return 0;
}

static int use_decoder(struct cusax_audio *audio, const struct cusax_codec *codec)
{
	int err;

	if (audio->heard_codec == codec)
		return 0;
	close_decoder(audio);
	err = codec->open(&audio->decoder);
	if (err)
		return err;
	audio->heard_codec = codec;
	cusax_jitter_init(&audio->jitter, codec->clock);
	audio->n_pending = 0;
	audio->packet_samples = cusax_codec_frame(codec);
	audio->made_up_ms = CONCEAL_MAX_MS; /* nothing to build on yet */
	return 0;
}

static void device_moved_h(bool input, const char *device, void *arg)
{
	struct cusax_audio *audio = arg;

	audio->moved_h(input, device, audio->arg);
}

int cusax_audio_start(struct cusax_audio *audio, const struct cusax_audio_plan *plan)
{
	struct cusax_codec_state *encoder = NULL;
	int err;

	if (!audio->device) {
		struct cusax_device_handlers handlers = { captured_h, wanted_h, device_moved_h,
							  audio };

		err = audio->driver->open(&audio->device, audio->log_id, &handlers);
		if (err)
			return err;
	}
	if (plan->codec != audio->plan.codec) {
		err = plan->codec->open(&encoder);
		if (err)
			return err;
		close_encoder(audio);
		audio->encoder = encoder;
		audio->marker = true;
	}
	if (plan->send && !audio->plan.send)
		audio->marker = true;
	/* A direction that opens has time to begin to flow. */
	if (!audio->began || plan->send != audio->plan.send || plan->receive != audio->plan.receive)
		audio->began = tmr_jiffies();
	cusax_rtp_set_clock(audio->rtp, plan->codec->clock);
	audio->plan = *plan;
	err = use_decoder(audio, audio->heard_codec ? audio->heard_codec : plan->codec);
	if (err)
		return err;
	update_devices(audio);
	return 0;
}

void cusax_audio_hear(struct cusax_audio *audio, const struct rtp_header *header,
		      struct mbuf *payload, const struct cusax_codec *codec)
{
	char key;

	if (!audio->device || !audio->plan.receive)
		return;
	if (header->ssrc != audio->ssrc) {
		audio->ssrc = header->ssrc;
		memset(&audio->heard_keys, 0, sizeof(audio->heard_keys));
		if (audio->heard_codec)
			cusax_jitter_init(&audio->jitter, audio->heard_codec->clock);
	}
	if (!codec) {
		key = cusax_dtmf_hear(&audio->heard_keys, header->ts, mbuf_buf(payload),
				      mbuf_get_left(payload));
		if (key)
			audio->heard_h(key, audio->arg);
		return;
	}
	if (codec != audio->heard_codec) {
		if (use_decoder(audio, codec))
			return;
		update_devices(audio);
	}
	(void)cusax_jitter_put(&audio->jitter, header->seq, header->ts, mbuf_buf(payload),
			       mbuf_get_left(payload), (int64_t)tmr_jiffies());
}

void cusax_audio_mute(struct cusax_audio *audio, bool mute)
{
	audio->muted = mute;
}

int cusax_audio_dtmf(struct cusax_audio *audio, char key)
{
	int err;

	if (cusax_dtmf_code(key) < 0)
		return EINVAL;
	if (audio->plan.dtmf_type < 0 || !audio->plan.codec)
		return ENOTSUP;
	err = cusax_dtmf_queue(&audio->keys, key);
	if (err)
		return err;
	if (!tmr_isrunning(&audio->key_timer))
		tmr_start(&audio->key_timer, 0, key_timer_h, audio);
	return 0;
}

void cusax_audio_device(struct cusax_audio *audio, bool input, const char *name)
{
	char **slot = input ? &audio->input : &audio->output;

	g_free(*slot);
	*slot = name && *name ? g_strdup(name) : NULL;
	update_devices(audio);
}

void cusax_audio_voice(struct cusax_audio *audio, bool echo, bool noise)
{
	if (audio->echo == echo && audio->noise == noise)
		return;
	audio->echo = echo;
	audio->noise = noise;
	g_clear_pointer(&audio->voice, cusax_voice_free);
}

int cusax_audio_mix(struct cusax_audio *audio, bool joined)
{
	return cusax_mix_set(&audio->mix, joined);
}

static void recorded_h(int err, void *arg)
{
	struct cusax_audio *audio = arg;

	audio->recorder = NULL;
	audio->recorded_h(err, audio->recorded_arg);
}

int cusax_audio_record(struct cusax_audio *audio, int file, cusax_recorder_end_h *end, void *arg)
{
	if (audio->recorder)
		return EALREADY;
	audio->recorded_h = end;
	audio->recorded_arg = arg;
	return cusax_recorder_start(&audio->recorder, file, recorded_h, audio);
}

int cusax_audio_stop_recording(struct cusax_audio *audio)
{
	if (!audio->recorder)
		return ENOENT;
	cusax_recorder_stop(audio->recorder);
	return 0;
}

/* What should flow, has had the time to, and does not; not where both directions are silent. */
static const char *one_way(const struct cusax_audio *audio, uint64_t now)
{
	uint64_t heard_at = cusax_rtp_heard_at(audio->rtp);
	bool hears = heard_at && now - heard_at < FLOW_MS;
	bool sends = audio->sent_at && now - audio->sent_at < FLOW_MS;

	if (!audio->began || now - audio->began < FLOW_MS || hears == sends)
		return NULL;
	if (sends)
		return audio->plan.receive ? "not-received" : NULL;
	return audio->plan.send ? "not-sent" : NULL;
}

void cusax_audio_figures(struct cusax_audio *audio, CusaxMediaFigures *figures)
{
	figures->concealed = (gint64)audio->concealed_us;
	figures->buffered = (gint64)cusax_jitter_depth_ms(&audio->jitter) * 1000;
	figures->input_level = meter_read(&audio->said);
	figures->output_level = meter_read(&audio->played);
	figures->one_way = one_way(audio, tmr_jiffies());
	if (audio->device && audio->driver->figures)
		audio->driver->figures(audio->device, figures);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call written to a file: Ogg/Opus, the person on the left, the other side on the right. */
/* Libre thread; write_*() run on the recorder's own. */
#include "services/media/recorder.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <opusenc.h>
#include <re.h>
#include <rem.h>

#include "services/media/codec.h"

enum {
	RATE = 48000,
	FRAME = RATE * CUSAX_FRAME_MS / 1000,
	BITRATE = 48000,
	COMPLEXITY = 4,
	WAITING_MAX = 500, /* frames that wait for the disk: 5 s of both sides */
	LAG = 10 * FRAME,  /* how far one side may be ahead before the other counts as silent */
	KEPT = LAG + 2 * FRAME,
};

enum side { NEAR, FAR, SIDES };

struct block {
	enum side side;
	uint32_t rate; /* 0: the end */
	size_t n;
	int16_t samples[CUSAX_FRAME_MAX];
};

struct track {
	struct auresamp resampler;
	uint32_t rate;
	int16_t samples[KEPT];
	size_t n;
};

struct cusax_recorder {
	struct le le;
	GAsyncQueue *blocks;
	GThread *thread;
	struct mqueue *queue; /* back to the libre thread */
	bool stopping;
	cusax_recorder_end_h *end;
	void *arg;
	/* The thread's. */
	int file, err;
	OggOpusEnc *encoder;
	struct track tracks[SIDES];
};

static struct list recorders;

/* --- the thread ------------------------------------------------------------------------------ */

static int write_h(void *data, const unsigned char *bytes, opus_int32 length)
{
	struct cusax_recorder *recorder = data;

	while (length > 0) {
		ssize_t written = write(recorder->file, bytes, (size_t)length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			recorder->err = errno ? errno : EIO;
			return 1;
		}
		bytes += written;
		length -= (opus_int32)written;
	}
	return 0;
}

static int write_close_h(void *data)
{
	(void)data;
	return 0;
}

static void write_frame(struct cusax_recorder *recorder)
{
	int16_t frame[SIDES * FRAME];

	for (size_t side = 0; side < SIDES; side++) {
		struct track *track = &recorder->tracks[side];
		size_t n = MIN(track->n, FRAME);

		for (size_t i = 0; i < FRAME; i++)
			frame[SIDES * i + side] = i < n ? track->samples[i] : 0;
		track->n -= n;
		memmove(track->samples, track->samples + n, track->n * sizeof(frame[0]));
	}
	if (!recorder->err && ope_encoder_write(recorder->encoder, frame, FRAME) != OPE_OK &&
	    !recorder->err)
		recorder->err = EIO;
}

static void write_block(struct cusax_recorder *recorder, const struct block *block)
{
	struct track *track = &recorder->tracks[block->side];
	const struct track *other = &recorder->tracks[!block->side];
	size_t room = KEPT - track->n;

	if (block->rate != track->rate) {
		auresamp_init(&track->resampler);
		if (auresamp_setup(&track->resampler, block->rate, 1, RATE, 1))
			return;
		track->rate = block->rate;
	}
	if (block->rate == RATE) {
		room = MIN(room, block->n);
		memcpy(track->samples + track->n, block->samples, room * sizeof(int16_t));
	} else if (auresamp(&track->resampler, track->samples + track->n, &room, block->samples,
			    block->n)) {
		return;
	}
	track->n += room;
	while (track->n >= FRAME && (other->n >= FRAME || track->n > LAG))
		write_frame(recorder);
}

static gpointer write_all(gpointer data)
{
	struct cusax_recorder *recorder = data;
	struct block *block;
	bool over = false;

	while (!over) {
		block = g_async_queue_pop(recorder->blocks);
		over = block->rate == 0;
		if (!over)
			write_block(recorder, block);
		g_free(block);
	}
	while (recorder->tracks[NEAR].n || recorder->tracks[FAR].n)
		write_frame(recorder);
	if (ope_encoder_drain(recorder->encoder) != OPE_OK && !recorder->err)
		recorder->err = EIO;
	if (close(recorder->file) != 0 && !recorder->err)
		recorder->err = errno;
	(void)mqueue_push(recorder->queue, 0, recorder);
	return NULL;
}

/* --- the libre thread ------------------------------------------------------------------------ */

static void recorder_free(struct cusax_recorder *recorder)
{
	list_unlink(&recorder->le);
	if (recorder->encoder)
		ope_encoder_destroy(recorder->encoder);
	g_async_queue_unref(recorder->blocks);
	mem_deref(recorder->queue);
	g_free(recorder);
}

static void finished_h(int id, void *data, void *arg)
{
	struct cusax_recorder *recorder = data;
	cusax_recorder_end_h *end = recorder->end;
	int err = recorder->err;

	(void)id;
	(void)arg;
	g_thread_join(recorder->thread);
	arg = recorder->arg;
	recorder_free(recorder);
	if (end)
		end(err, arg);
}

static OggOpusEnc *make_encoder(struct cusax_recorder *recorder)
{
	static const OpusEncCallbacks callbacks = { write_h, write_close_h };
	OggOpusComments *comments = ope_comments_create();
	OggOpusEnc *encoder;
	int error;

	if (!comments)
		return NULL;
	ope_comments_add(comments, "ENCODER", "cusaxd");
	encoder = ope_encoder_create_callbacks(&callbacks, recorder, comments, RATE, SIDES, 0,
					       &error);
	ope_comments_destroy(comments);
	if (encoder) {
		ope_encoder_ctl(encoder, OPUS_SET_BITRATE(BITRATE));
		ope_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(COMPLEXITY));
	}
	return encoder;
}

int cusax_recorder_start(struct cusax_recorder **ret_recorder, int file, cusax_recorder_end_h *end,
			 void *arg)
{
	struct cusax_recorder *recorder = g_new0(struct cusax_recorder, 1);
	int err = mqueue_alloc(&recorder->queue, finished_h, NULL);

	recorder->blocks = g_async_queue_new_full(g_free);
	recorder->file = file;
	recorder->end = end;
	recorder->arg = arg;
	if (!err) {
		recorder->encoder = make_encoder(recorder);
		err = recorder->encoder ? 0 : ENOMEM;
	}
	if (err) {
		recorder_free(recorder);
		return err;
	}
	list_append(&recorders, &recorder->le, recorder);
	recorder->thread = g_thread_new("cusax-record", write_all, recorder);
	*ret_recorder = recorder;
	return 0;
}

static void hand_over(struct cusax_recorder *recorder, enum side side, const int16_t *samples,
		      size_t n, uint32_t rate)
{
	struct block *block;

	/* A disk that does not keep up leaves gaps; the call does not wait for it. */
	if (n > CUSAX_FRAME_MAX || g_async_queue_length(recorder->blocks) > WAITING_MAX)
		return;
	block = g_new(struct block, 1);
	block->side = side;
	block->rate = rate;
	block->n = n;
	memcpy(block->samples, samples, n * sizeof(*samples));
	g_async_queue_push(recorder->blocks, block);
}

void cusax_recorder_near(struct cusax_recorder *recorder, const int16_t *samples, size_t n,
			 uint32_t rate)
{
	hand_over(recorder, NEAR, samples, n, rate);
}

void cusax_recorder_far(struct cusax_recorder *recorder, const int16_t *samples, size_t n,
			uint32_t rate)
{
	hand_over(recorder, FAR, samples, n, rate);
}

void cusax_recorder_stop(struct cusax_recorder *recorder)
{
	if (recorder->stopping)
		return;
	recorder->stopping = true;
	g_async_queue_push(recorder->blocks, g_new0(struct block, 1));
}

void cusax_recorder_abandon(struct cusax_recorder *recorder)
{
	recorder->end = NULL;
	cusax_recorder_stop(recorder);
}

void cusax_recorder_close_all(void)
{
	while (recorders.head) {
		struct cusax_recorder *recorder = recorders.head->data;

		cusax_recorder_abandon(recorder);
		g_thread_join(recorder->thread);
		recorder_free(recorder);
	}
}

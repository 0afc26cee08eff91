/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each codec of the table carries a tone, hides a loss, and survives garbage. */
/* One thread. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "services/media/codec.h"
#include "tests/tone.h"

enum {
	FRAMES = 50,
	SETTLE = 10, /* frames until a codec has found its feet */
	AMPLITUDE = 8000,
};

struct stream {
	const struct cusax_codec *codec;
	struct cusax_codec_state *sender, *receiver;
	size_t frame;
	double phase;
	int16_t out[FRAMES * CUSAX_FRAME_MAX];
};

static void open_stream(struct stream *stream, const struct cusax_codec *codec)
{
	memset(stream, 0, sizeof(*stream));
	stream->codec = codec;
	stream->frame = cusax_codec_frame(codec);
	g_assert_cmpuint(stream->frame, <=, CUSAX_FRAME_MAX);
	g_assert_cmpint(codec->open(&stream->sender), ==, 0);
	g_assert_cmpint(codec->open(&stream->receiver), ==, 0);
}

static void close_stream(struct stream *stream)
{
	stream->codec->close(stream->sender);
	stream->codec->close(stream->receiver);
	stream->codec->close(NULL);
	g_free(stream);
}

static size_t encode(struct stream *stream, double frequency, uint8_t *payload)
{
	int16_t samples[CUSAX_FRAME_MAX];
	size_t length = CUSAX_PAYLOAD_MAX;

	tone_make(samples, stream->frame, stream->codec->rate, frequency, AMPLITUDE,
		  &stream->phase);
	g_assert_cmpint(
		stream->codec->encode(stream->sender, samples, stream->frame, payload, &length), ==,
		0);
	g_assert_cmpuint(length, >, 0);
	return length;
}

static void decode(struct stream *stream, unsigned i, const uint8_t *payload, size_t length)
{
	size_t n = CUSAX_DECODED_MAX;
	int16_t samples[CUSAX_DECODED_MAX];

	g_assert_cmpint(stream->codec->decode(stream->receiver, payload, length, samples, &n), ==,
			0);
	g_assert_cmpuint(n, ==, stream->frame);
	memcpy(stream->out + i * stream->frame, samples, n * sizeof(samples[0]));
}

static void expect_tone(const struct stream *stream, double frequency, double share, double loss)
{
	const int16_t *out = stream->out + SETTLE * stream->frame;
	size_t n = (FRAMES - SETTLE) * stream->frame;
	double expected = AMPLITUDE / sqrt(2);

	g_test_message("%s: %.0f Hz has %.3f of the power, level %.2f", stream->codec->label,
		       frequency, tone_share(out, n, stream->codec->rate, frequency),
		       tone_rms(out, n) / expected);
	g_assert_cmpfloat(tone_share(out, n, stream->codec->rate, frequency), >, share);
	g_assert_cmpfloat(tone_rms(out, n), >, expected * (1 - loss));
	g_assert_cmpfloat(tone_rms(out, n), <, expected * (1 + loss));
}

static void test_tone(gconstpointer data)
{
	struct stream *stream = g_new(struct stream, 1);
	uint8_t payload[CUSAX_PAYLOAD_MAX];

	open_stream(stream, data);
	for (unsigned i = 0; i < FRAMES; i++)
		decode(stream, i, payload, encode(stream, 440, payload));
	expect_tone(stream, 440, 0.97, 0.15);
	close_stream(stream);
}

/* Every tenth packet is lost, and the next one is there. */
static void test_loss(gconstpointer data)
{
	struct stream *stream = g_new(struct stream, 1);
	uint8_t payload[CUSAX_PAYLOAD_MAX], next[CUSAX_PAYLOAD_MAX];
	size_t length, next_length;

	open_stream(stream, data);
	next_length = encode(stream, 400, next);
	for (unsigned i = 0; i < FRAMES; i++) {
		memcpy(payload, next, next_length);
		length = next_length;
		next_length = encode(stream, 400, next);
		if (i % 10 != 9)
			decode(stream, i, payload, length);
		else
			g_assert_cmpint(stream->codec->conceal(stream->receiver, next, next_length,
							       stream->out + i * stream->frame,
							       stream->frame),
					==, 0);
	}
	expect_tone(stream, 400, 0.85, 0.2);
	close_stream(stream);
}

/* Nothing comes any more: the sound made up fades away. */
static void test_silence(gconstpointer data)
{
	struct stream *stream = g_new(struct stream, 1);
	uint8_t payload[CUSAX_PAYLOAD_MAX];
	const int16_t *last;

	open_stream(stream, data);
	for (unsigned i = 0; i < FRAMES; i++) {
		size_t length = encode(stream, 440, payload);

		if (i < SETTLE)
			decode(stream, i, payload, length);
		else
			g_assert_cmpint(stream->codec->conceal(stream->receiver, NULL, 0,
							       stream->out + i * stream->frame,
							       stream->frame),
					==, 0);
	}
	last = stream->out + (FRAMES - 1) * stream->frame;
	g_assert_cmpfloat(tone_rms(last, stream->frame), <, AMPLITUDE / 20);
	close_stream(stream);
}

static void test_garbage(gconstpointer data)
{
	struct stream *stream = g_new(struct stream, 1);
	uint8_t payload[CUSAX_PAYLOAD_MAX];
	int16_t *samples = g_new(int16_t, CUSAX_DECODED_MAX);
	size_t n = CUSAX_DECODED_MAX, length = 4;

	open_stream(stream, data);
	g_assert_cmpint(stream->codec->decode(stream->receiver, payload, 0, samples, &n), ==,
			EBADMSG);
	memset(samples, 0x80, stream->frame * sizeof(*samples)); /* also the lowest sample */
	samples[0] = INT16_MIN;
	length = sizeof(payload);
	g_assert_cmpint(
		stream->codec->encode(stream->sender, samples, stream->frame, payload, &length), ==,
		0);
	for (unsigned i = 0; i < 20000; i++) {
		length = (size_t)g_test_rand_int_range(1, CUSAX_PAYLOAD_MAX);
		for (size_t j = 0; j < length; j++)
			payload[j] = (uint8_t)g_test_rand_int();
		n = CUSAX_DECODED_MAX;
		if (stream->codec->decode(stream->receiver, payload, length, samples, &n) == 0)
			g_assert_cmpuint(n, <=, CUSAX_DECODED_MAX);
	}
	g_free(samples);
	close_stream(stream);
}

static void test_table(void)
{
	size_t n;
	const struct cusax_codec *const *codecs = cusax_codecs(&n);

	g_assert_cmpuint(n, >=, 3);
	for (size_t i = 0; i < n; i++) {
		g_autofree char *label = NULL;

		label = codecs[i]->channels > 1
				? g_strdup_printf("%s/%u/%u", codecs[i]->name, codecs[i]->clock,
						  codecs[i]->channels)
				: g_strdup_printf("%s/%u", codecs[i]->name, codecs[i]->clock);
		g_assert_cmpstr(codecs[i]->label, ==, label);
		g_assert_true(cusax_codec_by_word(codecs[i]->word) == codecs[i]);
	}
	g_assert_null(cusax_codec_by_word("gsm"));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *what;
		GTestDataFunc test;
	} tests[] = {
		{ "tone", test_tone },
		{ "loss is hidden", test_loss },
		{ "silence follows the last packet", test_silence },
		{ "garbage", test_garbage },
	};
	const struct cusax_codec *const *codecs;
	size_t n;

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/codec/table", test_table);
	codecs = cusax_codecs(&n);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(tests); j++) {
			g_autofree char *path = g_strdup_printf("/media/codec/%s/%s",
								codecs[i]->word, tests[j].what);

			g_test_add_data_func(path, codecs[i], tests[j].test);
		}
	}
	return g_test_run();
}

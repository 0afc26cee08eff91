/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is heard on the ports of a call, and what leaves them: packets made by hand. */
/* One thread. */
#include <string.h>

#include <re.h>
#include <rem_g711.h>

#include "services/media/sdes.h"
#include "tests/tone.h"
#include "tests/wire/media-pair.h"

enum {
	SOON = 4000,
	WHILE = 700, /* ms in which nothing may be heard */
	FRAME = 160,
	MAX_STREAMS = 3,
};

/* The other side's keys, and keys that are not its own. */
static const char peer_key[] = "1 AES_CM_128_HMAC_SHA1_80 "
			       "inline:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNE";
static const char false_key[] = "1 AES_CM_128_HMAC_SHA1_80 "
				"inline:ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRk";

/* One sender of PCMU: a tone, 20 ms a packet. */
struct stream {
	struct udp_sock *from;
	double frequency, phase;
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	uint8_t type;
	bool padded, wandering; /* a new SSRC for each packet */
	unsigned left;          /* packets still to be sent */
	struct srtp *keys;
};

struct scene {
	struct pair *pair;
	struct udp_sock *peer, *neighbour, *stranger; /* negotiated; same host; other host */
	struct sa media;                              /* the ports under test */
	struct srtp *answer_keys;
	struct stream streams[MAX_STREAMS];
	struct tmr timer;
	unsigned received, clear, protected, at_neighbour, at_stranger, dtls;
};

static struct scene scene;

static void peer_receive_h(const struct sa *source, struct mbuf *packet, void *arg)
{
	(void)source;
	(void)arg;
	if (mbuf_get_left(packet) && *mbuf_buf(packet) >= 20 && *mbuf_buf(packet) <= 63) {
		scene.dtls++;
		return;
	}
	scene.received++;
	/* A packet of PCMU in clear has exactly this size. */
	if (mbuf_get_left(packet) == RTP_HEADER_SIZE + FRAME)
		scene.clear++;
	else if (scene.answer_keys && srtp_decrypt(scene.answer_keys, packet) == 0)
		scene.protected ++;
}

static void other_receive_h(const struct sa *source, struct mbuf *packet, void *arg)
{
	unsigned *count = arg;

	(void)source;
	(void)packet;
	(*count)++;
}

static struct srtp *keys_of(const char *crypto)
{
	struct cusax_crypto parsed;
	struct srtp *keys;

	g_assert_true(cusax_sdes_parse(crypto, &parsed));
	g_assert_cmpint(srtp_alloc(&keys, parsed.key.suite, parsed.key.bytes, parsed.key.length, 0),
			==, 0);
	return keys;
}

static void send_packet(struct stream *stream)
{
	struct rtp_header header = { .ver = RTP_VERSION,
				     .pt = stream->type,
				     .pad = stream->padded,
				     .seq = stream->sequence++,
				     .ts = stream->timestamp,
				     .ssrc = stream->ssrc };
	struct mbuf *packet = mbuf_alloc(512);
	int16_t samples[FRAME];

	if (stream->wandering)
		stream->ssrc++;
	stream->timestamp += FRAME;
	tone_make(samples, FRAME, 8000, stream->frequency, 8000, &stream->phase);
	rtp_hdr_encode(packet, &header);
	for (size_t i = 0; i < FRAME; i++)
		mbuf_write_u8(packet, g711_pcm2ulaw(samples[i]));
	if (stream->padded)
		mbuf_write_mem(packet, (const uint8_t[]){ 0, 0, 0, 4 }, 4);
	packet->pos = 0;
	if (stream->keys)
		g_assert_cmpint(srtp_encrypt(stream->keys, packet), ==, 0);
	udp_send(stream->from, &scene.media, packet);
	mem_deref(packet);
}

static void tick(void *arg)
{
	(void)arg;
	tmr_start(&scene.timer, 20, tick, NULL);
	for (size_t i = 0; i < MAX_STREAMS; i++) {
		if (scene.streams[i].left) {
			scene.streams[i].left--;
			send_packet(&scene.streams[i]);
		}
	}
}

static struct stream *play(size_t i, struct udp_sock *from, double frequency, const char *key)
{
	struct stream *stream = &scene.streams[i];

	stream->from = from;
	stream->frequency = frequency;
	stream->ssrc = 0x1000 + (uint32_t)i;
	stream->sequence = (uint16_t)(1000 * i);
	stream->keys = key ? keys_of(key) : NULL;
	stream->left = 1000;
	return stream;
}

static struct udp_sock *listen_on(const char *address, udp_recv_h *receive, void *arg)
{
	struct udp_sock *sock;
	struct sa sa;

	sa_set_str(&sa, address, 0);
	g_assert_cmpint(udp_listen(&sock, &sa, receive, arg), ==, 0);
	return sock;
}

static void take_answer_keys(const char *answer)
{
	const char *found = strstr(answer, "a=crypto:");
	g_autofree char *value = NULL;

	if (!found)
		return;
	found += strlen("a=crypto:");
	value = g_strndup(found, strcspn(found, "\r\n"));
	scene.answer_keys = keys_of(value);
}

/* An offer of PCMU from 127.0.0.1, answered and started. attributes: more lines. */
static void open_scene(const struct pair_options *options, const char *protocol,
		       const char *attributes)
{
	g_autofree char *offer = NULL, *answer = NULL;
	struct sa local;
	const char *why;

	memset(&scene, 0, sizeof(scene));
	scene.pair = pair_new(options, options);
	scene.peer = listen_on("127.0.0.1", peer_receive_h, NULL);
	scene.neighbour = listen_on("127.0.0.1", other_receive_h, &scene.at_neighbour);
	scene.stranger = listen_on("127.0.0.2", other_receive_h, &scene.at_stranger);
	udp_local_get(scene.peer, &local);
	offer = g_strdup_printf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
				"t=0 0\r\nm=audio %u %s 0 101\r\n"
				"a=rtpmap:101 telephone-event/8000\r\n%s",
				sa_port(&local), protocol, attributes);
	g_assert_cmpint(pair_decode(&scene.pair->a, offer, TRUE, &why), ==, 0);
	answer = pair_encode(&scene.pair->a, FALSE);
	sa_set_str(&scene.media, "127.0.0.1", pair_port(answer));
	take_answer_keys(answer);
	g_assert_cmpint(cusax_media_start(scene.pair->a.media), ==, 0);
	tick(NULL);
}

static void open_clear(void)
{
	static const struct pair_options off = { .srtp = CUSAX_SRTP_OFF };

	open_scene(&off, "RTP/AVP", "");
}

static void open_secure(void)
{
	static const struct pair_options prefer = { .srtp = CUSAX_SRTP_PREFER };
	g_autofree char *attribute = g_strconcat("a=crypto:", peer_key, "\r\n", NULL);

	open_scene(&prefer, "RTP/SAVP", attribute);
	g_assert_cmpint(cusax_media_encryption(scene.pair->a.media), ==,
			CUSAX_ENCRYPTION_SDES_SRTP);
}

static void close_scene(void)
{
	tmr_cancel(&scene.timer);
	pair_free(scene.pair);
	for (size_t i = 0; i < MAX_STREAMS; i++)
		mem_deref(scene.streams[i].keys);
	mem_deref(scene.answer_keys);
	mem_deref(scene.peer);
	mem_deref(scene.neighbour);
	mem_deref(scene.stranger);
}

static gboolean hears(struct pair *pair, gconstpointer data)
{
	return pair_hears(&pair->a, *(const double *)data);
}

static void expect(double frequency)
{
	pair_forget(&scene.pair->a);
	g_assert_true(pair_wait(scene.pair, hears, &frequency, SOON));
}

static void expect_silence(void)
{
	pair_forget(&scene.pair->a);
	pair_run(scene.pair, WHILE);
	g_assert_cmpuint(scene.pair->a.n_heard, >, 0);
	g_assert_true(pair_is_silent(&scene.pair->a));
}

static void test_negotiated(void)
{
	open_clear();
	play(0, scene.peer, 440, NULL);
	expect(440);
	g_assert_cmpuint(scene.clear, >, 0);
	close_scene();
}

static void test_other_host(void)
{
	open_clear();
	play(0, scene.stranger, 1000, NULL);
	expect_silence();
	g_assert_cmpuint(scene.at_stranger, ==, 0);
	g_assert_cmpuint(scene.clear, >, 0);
	close_scene();
}

/* A port that an address translator chose: believed after consistent packets while the negotiated
 * one is silent, and given up when that one speaks. */
static void test_other_port(void)
{
	open_clear();
	play(0, scene.neighbour, 1000, NULL);
	expect(1000);
	g_assert_cmpuint(scene.at_neighbour, >, 0);
	play(1, scene.peer, 440, NULL);
	scene.streams[0].left = 0;
	expect(440);
	close_scene();
}

static void test_spray(void)
{
	open_clear();
	play(0, scene.peer, 440, NULL);
	expect(440);
	play(1, scene.neighbour, 1000, NULL)->ssrc = scene.streams[0].ssrc;
	play(2, scene.stranger, 1000, NULL);
	pair_run(scene.pair, WHILE);
	expect(440);
	g_assert_cmpuint(scene.at_neighbour + scene.at_stranger, ==, 0);
	close_scene();
}

static void test_sender_swap(void)
{
	open_clear();
	play(0, scene.peer, 440, NULL);
	expect(440);
	play(1, scene.peer, 1000, NULL);
	pair_run(scene.pair, WHILE);
	expect(440);
	/* The old one ends: the new one is believed. */
	scene.streams[0].left = 0;
	expect(1000);
	close_scene();
}

static void test_unknown_type(void)
{
	open_clear();
	play(0, scene.peer, 1000, NULL)->type = 8;
	expect_silence();
	close_scene();
}

static void test_padding(void)
{
	open_clear();
	play(0, scene.peer, 440, NULL)->padded = true;
	expect(440);
	close_scene();
}

static void test_clear_on_secure(void)
{
	open_secure();
	play(0, scene.peer, 1000, NULL);
	expect_silence();
	g_assert_cmpuint(scene.clear, ==, 0);
	g_assert_cmpuint(scene.protected, >, 10);
	close_scene();
}

static void test_authentic(void)
{
	open_secure();
	play(0, scene.peer, 440, peer_key);
	expect(440);
	g_assert_cmpuint(scene.clear, ==, 0);
	g_assert_cmpuint(scene.protected, >, 0);
	close_scene();
}

static void test_forged(void)
{
	open_secure();
	play(0, scene.peer, 440, peer_key);
	play(1, scene.peer, 1000, false_key)->ssrc = scene.streams[0].ssrc;
	expect(440);
	pair_run(scene.pair, WHILE);
	expect(440);
	close_scene();
}

/* Many senders that are not authentic leave nothing behind that could keep out the true one. */
static void test_forged_senders(void)
{
	open_secure();
	play(1, scene.peer, 1000, NULL)->wandering = true;
	play(2, scene.peer, 1000, NULL)->wandering = true;
	expect_silence();
	play(0, scene.peer, 440, peer_key);
	expect(440);
	close_scene();
}

static void test_authentic_elsewhere(void)
{
	open_secure();
	play(0, scene.stranger, 440, peer_key);
	expect(440);
	g_assert_cmpuint(scene.at_stranger, >, 0);
	close_scene();
}

static void test_sequence_wrap(void)
{
	open_secure();
	play(0, scene.peer, 440, peer_key)->sequence = 65530;
	expect(440);
	pair_run(scene.pair, WHILE);
	expect(440);
	close_scene();
}

static void test_repeated(void)
{
	unsigned sent;

	open_secure();
	play(0, scene.peer, 440, peer_key);
	expect(440);
	/* The same numbers once more, as many as were sent. */
	sent = scene.streams[0].sequence;
	mem_deref(scene.streams[0].keys);
	memset(&scene.streams[0], 0, sizeof(scene.streams[0]));
	play(0, scene.peer, 1000, peer_key)->left = sent;
	expect_silence();
	close_scene();
}

/* DTLS is agreed and never comes: nothing is heard, nothing is said. */
static void test_no_keys(void)
{
	static const struct pair_options require = { .srtp = CUSAX_SRTP_REQUIRE,
						     .encryption = "dtls" };

	open_scene(&require, "UDP/TLS/RTP/SAVP",
		   "a=setup:actpass\r\na=fingerprint:sha-256 "
		   "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
		   "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n");
	play(0, scene.peer, 1000, NULL);
	expect_silence();
	g_assert_cmpuint(scene.pair->a.captured, >, 10);
	g_assert_cmpuint(scene.received, ==, 0);
	g_assert_cmpuint(scene.dtls, >, 0);
	g_assert_cmpint(cusax_media_encryption(scene.pair->a.media), ==, CUSAX_ENCRYPTION_NONE);
	close_scene();
}

/* Anything at all at the port: the call lives, and its sound with it. */
static void test_noise(gconstpointer secure)
{
	struct mbuf *packet = mbuf_alloc(1500);
	struct sa rtcp;

	if (secure)
		open_secure();
	else
		open_clear();
	play(0, scene.peer, 440, secure ? peer_key : NULL);
	expect(440);
	sa_cpy(&rtcp, &scene.media);
	sa_set_port(&rtcp, (uint16_t)(sa_port(&rtcp) + 1));
	for (unsigned i = 0; i < 20000; i++) {
		size_t length = (size_t)g_test_rand_int_range(0, 200);

		packet->pos = packet->end = 0;
		for (size_t j = 0; j < length; j++)
			mbuf_write_u8(packet, (uint8_t)g_test_rand_int());
		if (length && i % 2)
			packet->buf[0] = (uint8_t)(0x80 | (packet->buf[0] & 0x3f));
		if (length > 1 && i % 3)
			packet->buf[1] = (uint8_t)(i % 3 == 1 ? 0 : 200 + i % 7);
		packet->pos = 0;
		udp_send(scene.peer, i % 5 ? &scene.media : &rtcp, packet);
		if (i % 200 == 0)
			pair_run(scene.pair, 1);
	}
	mem_deref(packet);
	expect(440);
	close_scene();
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(libre_init(), ==, 0);
	g_test_add_func("/media/guard/negotiated source is heard", test_negotiated);
	g_test_add_func("/media/guard/other host is not heard", test_other_host);
	g_test_add_func("/media/guard/other port must be consistent", test_other_port);
	g_test_add_func("/media/guard/spray does not disturb", test_spray);
	g_test_add_func("/media/guard/second sender does not disturb", test_sender_swap);
	g_test_add_func("/media/guard/type not agreed is dropped", test_unknown_type);
	g_test_add_func("/media/guard/padding is taken off", test_padding);
	g_test_add_func("/media/guard/clear on a secure call is dropped", test_clear_on_secure);
	g_test_add_func("/media/guard/authentic is heard", test_authentic);
	g_test_add_func("/media/guard/forged is dropped", test_forged);
	g_test_add_func("/media/guard/forged senders take no room", test_forged_senders);
	g_test_add_func("/media/guard/authentic from elsewhere is followed",
			test_authentic_elsewhere);
	g_test_add_func("/media/guard/numbers wrap on a secure call", test_sequence_wrap);
	g_test_add_func("/media/guard/repeated packets are dropped", test_repeated);
	g_test_add_func("/media/guard/nothing leaves without keys", test_no_keys);
	g_test_add_data_func("/media/guard/noise/clear", NULL, test_noise);
	g_test_add_data_func("/media/guard/noise/secure", "secure", test_noise);
	result = g_test_run();
	cusax_media_close();
	libre_close();
	return result;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SRTP: the vectors of RFC 3711, another implementation as peer, and what attackers try. */
/* One thread. */
#include <errno.h>
#include <string.h>

#include <glib.h>
#include <re.h>

#include "services/media/sdes.h"
#include "services/media/srtp-cipher.h"

enum {
	PAYLOAD = 160,
	SSRC = 0x12345678,
};

static const enum srtp_suite suites[] = { SRTP_AES_CM_128_HMAC_SHA1_80, SRTP_AES_128_GCM,
					  SRTP_AES_256_GCM };

/* RFC 3711 §B.3 */
static void test_derivation(void)
{
	static const uint8_t master[] = { 0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0,
					  0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39,
					  0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB,
					  0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6 };
	static const uint8_t cipher[] = { 0xC6, 0x1E, 0x7A, 0x93, 0x74, 0x4F, 0x39, 0xEE,
					  0x10, 0x73, 0x4A, 0xFE, 0x3F, 0xF7, 0xA0, 0x87 };
	static const uint8_t salt[] = { 0x30, 0xCB, 0xBC, 0x08, 0x86, 0x3D, 0x8C,
					0x85, 0xD4, 0x9D, 0xB3, 0x4A, 0x9A, 0xE1 };
	static const uint8_t authentication[] = { 0xCE, 0xBE, 0x32, 0x1F, 0x6F, 0xF7, 0x71,
						  0x6B, 0x6F, 0xD4, 0xAB, 0x49, 0xAF, 0x25,
						  0x6A, 0x15, 0x6D, 0x38, 0xBA, 0xA4 };
	struct cusax_srtp_key key = { .suite = SRTP_AES_CM_128_HMAC_SHA1_80,
				      .length = sizeof(master) };
	uint8_t bytes[32];

	memcpy(key.bytes, master, sizeof(master));
	g_assert_true(cusax_srtp_derive(&key, 0, bytes, sizeof(cipher)));
	g_assert_cmpmem(bytes, sizeof(cipher), cipher, sizeof(cipher));
	g_assert_true(cusax_srtp_derive(&key, 1, bytes, sizeof(authentication)));
	g_assert_cmpmem(bytes, sizeof(authentication), authentication, sizeof(authentication));
	g_assert_true(cusax_srtp_derive(&key, 2, bytes, sizeof(salt)));
	g_assert_cmpmem(bytes, sizeof(salt), salt, sizeof(salt));
}

static struct mbuf *make_packet(uint32_t ssrc, uint16_t sequence)
{
	struct rtp_header header = { .ver = RTP_VERSION, .seq = sequence, .ssrc = ssrc };
	struct mbuf *packet = mbuf_alloc(512);

	rtp_hdr_encode(packet, &header);
	for (unsigned i = 0; i < PAYLOAD; i++)
		mbuf_write_u8(packet, (uint8_t)(sequence + i));
	packet->pos = 0;
	return packet;
}

static struct mbuf *make_report(uint32_t ssrc)
{
	struct mbuf *packet = mbuf_alloc(512);

	rtcp_encode(packet, RTCP_SR, 0, ssrc, 1, 2, 3, 4, 5, NULL, NULL);
	packet->pos = 0;
	return packet;
}

static void expect_packet(struct mbuf *packet, uint16_t sequence)
{
	struct mbuf *clear = make_packet(SSRC, sequence);

	g_assert_cmpmem(mbuf_buf(packet), mbuf_get_left(packet), mbuf_buf(clear),
			mbuf_get_left(clear));
	mem_deref(clear);
}

static void open_pair(enum srtp_suite suite, struct cusax_srtp **ours, struct srtp **theirs,
		      struct cusax_srtp_key *key)
{
	g_assert_cmpint(cusax_sdes_generate(suite, key), ==, 0);
	g_assert_cmpint(cusax_srtp_alloc(ours), ==, 0);
	g_assert_false(cusax_srtp_ready(*ours));
	g_assert_cmpint(cusax_srtp_set_send(*ours, key), ==, 0);
	g_assert_cmpint(cusax_srtp_set_receive(*ours, key), ==, 0);
	g_assert_true(cusax_srtp_ready(*ours));
	g_assert_cmpint(srtp_alloc(theirs, suite, key->bytes, key->length, 0), ==, 0);
}

/* Across the wrap of the sequence number, both directions. */
static void test_peer(gconstpointer data)
{
	const enum srtp_suite *suite = data;
	struct cusax_srtp_key key;
	struct cusax_srtp *ours;
	struct srtp *send, *receive;

	open_pair(*suite, &ours, &send, &key);
	g_assert_cmpint(srtp_alloc(&receive, *suite, key.bytes, key.length, 0), ==, 0);
	for (unsigned i = 0; i < 200; i++) {
		uint16_t sequence = (uint16_t)(65436 + i);
		struct mbuf *packet = make_packet(SSRC, sequence), *report = make_report(SSRC);

		g_assert_cmpint(cusax_srtp_protect(ours, packet, false), ==, 0);
		g_assert_cmpint(srtp_decrypt(receive, packet), ==, 0);
		expect_packet(packet, sequence);
		mem_deref(packet);

		packet = make_packet(SSRC, sequence);
		g_assert_cmpint(srtp_encrypt(send, packet), ==, 0);
		g_assert_cmpint(cusax_srtp_unprotect(ours, packet, false), ==, 0);
		expect_packet(packet, sequence);
		mem_deref(packet);

		g_assert_cmpint(cusax_srtp_protect(ours, report, true), ==, 0);
		g_assert_cmpint(srtcp_decrypt(receive, report), ==, 0);
		report->pos = 0;
		g_assert_cmpint(srtcp_encrypt(send, report), ==, 0);
		g_assert_cmpint(cusax_srtp_unprotect(ours, report, true), ==, 0);
		mem_deref(report);
	}
	mem_deref(send);
	mem_deref(receive);
	mem_deref(ours);
}

/* The sender's packets as written to the wire, so that they can come in any order and twice. */
struct wire {
	struct cusax_srtp *ours;
	struct srtp *theirs;
	GPtrArray *packets;
};

static void drop_packet(gpointer packet)
{
	mem_deref(packet);
}

static void open_wire(struct wire *wire, enum srtp_suite suite, uint16_t first, unsigned n)
{
	struct cusax_srtp_key key;

	open_pair(suite, &wire->ours, &wire->theirs, &key);
	wire->packets = g_ptr_array_new_with_free_func(drop_packet);
	for (unsigned i = 0; i < n; i++) {
		struct mbuf *packet = make_packet(SSRC, (uint16_t)(first + i));

		g_assert_cmpint(srtp_encrypt(wire->theirs, packet), ==, 0);
		g_ptr_array_add(wire->packets, packet);
	}
}

static void close_wire(struct wire *wire)
{
	g_ptr_array_unref(wire->packets);
	mem_deref(wire->theirs);
	mem_deref(wire->ours);
}

static int deliver(struct wire *wire, unsigned i)
{
	struct mbuf *original = wire->packets->pdata[i];
	struct mbuf *packet = mbuf_alloc(512);
	int err;

	mbuf_write_mem(packet, original->buf, original->end);
	packet->pos = 0;
	err = cusax_srtp_unprotect(wire->ours, packet, false);
	mem_deref(packet);
	return err;
}

static int forge(struct wire *wire, uint32_t ssrc, uint16_t sequence)
{
	struct mbuf *packet = make_packet(ssrc, sequence);
	int err = cusax_srtp_unprotect(wire->ours, packet, false);

	mem_deref(packet);
	return err;
}

static void test_order(gconstpointer data)
{
	static const unsigned order[] = { 10, 9, 11, 30, 29, 12, 60, 31, 99, 98 };
	struct wire wire;

	open_wire(&wire, *(const enum srtp_suite *)data, 65500, 100); /* wraps at 36 */
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
		g_assert_cmpint(deliver(&wire, order[i]), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
		g_assert_cmpint(deliver(&wire, order[i]), ==, EALREADY);
	g_assert_cmpint(deliver(&wire, 34), ==, EALREADY); /* too old to be told from a repeat */
	g_assert_cmpint(deliver(&wire, 36), ==, 0);
	close_wire(&wire);
}

/* Forgeries that would move the counter, did they count: the true stream goes on. */
static void test_forgeries(gconstpointer data)
{
	struct wire wire;

	open_wire(&wire, *(const enum srtp_suite *)data, 65500, 100);
	for (unsigned i = 0; i < 100; i++) {
		for (unsigned j = 0; j < 65536; j += 4099)
			g_assert_cmpint(forge(&wire, SSRC, (uint16_t)j), !=, 0);
		for (unsigned j = 0; j < 20; j++)
			g_assert_cmpint(forge(&wire, j, (uint16_t)j), ==, EAUTH);
		g_assert_cmpint(deliver(&wire, i), ==, 0);
	}
	close_wire(&wire);
}

/* A silence of the network for minutes does not end the stream. */
static void test_gap(gconstpointer data)
{
	struct wire wire;

	open_wire(&wire, *(const enum srtp_suite *)data, 65000, 30000);
	g_assert_cmpint(deliver(&wire, 0), ==, 0);
	g_assert_cmpint(deliver(&wire, 29999), ==, 0);
	close_wire(&wire);
}

/* Packets of a sender that was replaced do not count again. */
static void test_old_sender(gconstpointer data)
{
	struct wire wire;
	struct mbuf *packet;

	open_wire(&wire, *(const enum srtp_suite *)data, 100, 10);
	for (unsigned i = 0; i < 10; i++)
		g_assert_cmpint(deliver(&wire, i), ==, 0);
	packet = make_packet(SSRC + 1, 7);
	g_assert_cmpint(srtp_encrypt(wire.theirs, packet), ==, 0);
	g_assert_cmpint(cusax_srtp_unprotect(wire.ours, packet, false), ==, 0);
	mem_deref(packet);
	for (unsigned i = 0; i < 10; i++)
		g_assert_cmpint(deliver(&wire, i), ==, EALREADY);
	close_wire(&wire);
}

/* Every bit of a packet counts, and no length breaks anything. */
static void test_changed(gconstpointer data)
{
	struct wire wire;
	struct mbuf *original;

	open_wire(&wire, *(const enum srtp_suite *)data, 100, 1);
	original = wire.packets->pdata[0];
	for (size_t bit = 0; bit < 8 * original->end; bit++) {
		struct mbuf *packet = mbuf_alloc(512);

		mbuf_write_mem(packet, original->buf, original->end);
		packet->buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		packet->pos = 0;
		g_assert_cmpint(cusax_srtp_unprotect(wire.ours, packet, false), !=, 0);
		mem_deref(packet);
	}
	for (size_t length = 0; length < original->end; length++) {
		for (unsigned rtcp = 0; rtcp < 2; rtcp++) {
			struct mbuf *packet = mbuf_alloc(length + 1);

			mbuf_write_mem(packet, original->buf, length);
			packet->pos = 0;
			g_assert_cmpint(cusax_srtp_unprotect(wire.ours, packet, rtcp), !=, 0);
			mem_deref(packet);
		}
	}
	g_assert_cmpint(deliver(&wire, 0), ==, 0);
	close_wire(&wire);
}

/* A key set again changes nothing: no number is used twice. */
static void test_same_key(gconstpointer data)
{
	struct cusax_srtp_key key;
	struct cusax_srtp *ours;
	struct srtp *theirs;

	open_pair(*(const enum srtp_suite *)data, &ours, &theirs, &key);
	for (unsigned i = 0; i < 100; i++) {
		struct mbuf *packet = make_packet(SSRC, (uint16_t)(65500 + i));

		g_assert_cmpint(cusax_srtp_protect(ours, packet, false), ==, 0);
		g_assert_cmpint(srtp_decrypt(theirs, packet), ==, 0);
		mem_deref(packet);
		g_assert_cmpint(cusax_srtp_set_send(ours, &key), ==, 0);
	}
	mem_deref(theirs);
	mem_deref(ours);
}

static void test_keys(void)
{
	struct cusax_srtp_key key = { .suite = SRTP_AES_256_CM_HMAC_SHA1_80, .length = 46 };
	struct cusax_srtp *srtp;
	struct mbuf *packet = make_packet(SSRC, 1);

	g_assert_cmpint(cusax_srtp_alloc(&srtp), ==, 0);
	g_assert_cmpint(cusax_srtp_protect(srtp, packet, false), ==, ENOKEY);
	g_assert_cmpint(cusax_srtp_unprotect(srtp, packet, true), ==, ENOKEY);
	g_assert_cmpint(cusax_srtp_set_send(srtp, &key), ==, EINVAL);
	key.suite = SRTP_AES_128_GCM;
	key.length = 30;
	g_assert_cmpint(cusax_srtp_set_receive(srtp, &key), ==, EINVAL);
	mem_deref(packet);
	mem_deref(srtp);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *what;
		GTestDataFunc test;
	} tests[] = {
		{ "agrees with another implementation", test_peer },
		{ "any order and no repeat across the wrap", test_order },
		{ "forgeries move nothing", test_forgeries },
		{ "a gap of minutes", test_gap },
		{ "an old sender is not heard again", test_old_sender },
		{ "every bit counts", test_changed },
		{ "the same key again", test_same_key },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/srtp/derivation", test_derivation);
	g_test_add_func("/media/srtp/keys that are refused", test_keys);
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(tests); j++) {
			g_autofree char *path =
				g_strdup_printf("/media/srtp/%s/%s",
						cusax_sdes_suite_name(suites[i]), tests[j].what);

			g_test_add_data_func(path, &suites[i], tests[j].test);
		}
	}
	return g_test_run();
}

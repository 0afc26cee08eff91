/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of STUN and TURN servers as settings give them. */
/* One thread. */
#include "services/media/nat.h"
#include "services/media/turn-stream.h"

static const struct {
	const char *name, *text, *host;
	uint16_t port;
	CusaxRelayTransport transport;
} rows[] = {
	{ "T8: an address", "192.0.2.1", "192.0.2.1", 0, CUSAX_RELAY_UDP },
	{ "T8: with a port", "192.0.2.1:3479", "192.0.2.1", 3479, CUSAX_RELAY_UDP },
	{ "T8: a name", "stun.example.org:3478", "stun.example.org", 3478, CUSAX_RELAY_UDP },
	{ "T8: a URI (RFC 7064)", "stun:stun.example.org", "stun.example.org", 0, CUSAX_RELAY_UDP },
	{ "T8: a URI (RFC 7065)", "turn:relay.example.org:5000?transport=udp", "relay.example.org",
	  5000, CUSAX_RELAY_UDP },
	{ "T8: over TCP", "turn:relay.example.org?transport=tcp", "relay.example.org", 0,
	  CUSAX_RELAY_TCP },
	{ "T8: over TLS", "turns:relay.example.org:443", "relay.example.org", 443,
	  CUSAX_RELAY_TLS },
	{ "T8: over TLS, said twice", "turns:relay.example.org?transport=tcp", "relay.example.org",
	  0, CUSAX_RELAY_TLS },
	{ "T8: IPv6", "[2001:db8::1]:3478", "2001:db8::1", 3478, CUSAX_RELAY_UDP },
	{ "T8: IPv6 without a port", "[2001:db8::1]", "2001:db8::1", 0, CUSAX_RELAY_UDP },
	{ "nothing", "", NULL, 0, CUSAX_RELAY_UDP },
	{ "no host", ":3478", NULL, 0, CUSAX_RELAY_UDP },
	{ "port zero", "host:0", NULL, 0, CUSAX_RELAY_UDP },
	{ "port too large", "host:65536", NULL, 0, CUSAX_RELAY_UDP },
	{ "no port after the colon", "host:", NULL, 0, CUSAX_RELAY_UDP },
	{ "words", "host:name", NULL, 0, CUSAX_RELAY_UDP },
	{ "no closing bracket", "[2001:db8::1", NULL, 0, CUSAX_RELAY_UDP },
	{ "something after the bracket", "[::1]x", NULL, 0, CUSAX_RELAY_UDP },
};

static void test_row(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *host = NULL;
	uint16_t port = 0;
	CusaxRelayTransport transport;

	g_assert_cmpint(cusax_nat_parse_server(rows[i].text, &host, &port, &transport), ==,
			rows[i].host != NULL);
	g_assert_cmpstr(host, ==, rows[i].host);
	if (!rows[i].host)
		return;
	g_assert_cmpuint(port, ==, rows[i].port);
	g_assert_cmpint(transport, ==, rows[i].transport);
}

/* --- messages on a stream --------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint8_t data[4];
	size_t length;
	int wanted;
} frames[] = {
	{ "T8: a STUN message", { 0x00, 0x01, 0x00, 0x08 }, 4, 28 },
	{ "T8: sound", { 0x40, 0x00, 0x00, 0xac }, 4, 176 },
	{ "T8: sound is padded", { 0x40, 0x00, 0x00, 0xad }, 4, 180 },
	{ "T8: an empty one", { 0x40, 0x00, 0x00, 0x00 }, 4, 4 },
	{ "R12: not enough to tell", { 0x00, 0x01, 0x00 }, 3, 0 },
	{ "R12: nothing", { 0 }, 0, 0 },
	{ "R12: STUN of an odd length", { 0x00, 0x01, 0x00, 0x07 }, 4, -1 },
	{ "R12: too long", { 0x40, 0x00, 0xff, 0xff }, 4, -1 },
	{ "R12: neither", { 'H', 'T', 'T', 'P' }, 4, -1 },
	{ "R12: RTP", { 0x80, 0x00, 0x00, 0x01 }, 4, -1 },
};

static void test_frame(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);

	g_assert_cmpint(cusax_turn_frame(frames[i].data, frames[i].length), ==, frames[i].wanted);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/media/nat/server/%s", rows[i].name);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_row);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(frames); i++) {
		g_autofree char *path = g_strdup_printf("/media/nat/frame/%s", frames[i].name);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_frame);
	}
	return g_test_run();
}

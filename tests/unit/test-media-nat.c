/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of STUN and TURN servers as settings give them. */
/* One thread. */
#include "services/media/nat.h"

static const struct {
	const char *name, *text, *host;
	uint16_t port;
} rows[] = {
	{ "T8: an address", "192.0.2.1", "192.0.2.1", 0 },
	{ "T8: with a port", "192.0.2.1:3479", "192.0.2.1", 3479 },
	{ "T8: a name", "stun.example.org:3478", "stun.example.org", 3478 },
	{ "T8: a URI (RFC 7064)", "stun:stun.example.org", "stun.example.org", 0 },
	{ "T8: a URI (RFC 7065)", "turn:relay.example.org:5000?transport=udp", "relay.example.org",
	  5000 },
	{ "T8: IPv6", "[2001:db8::1]:3478", "2001:db8::1", 3478 },
	{ "T8: IPv6 without a port", "[2001:db8::1]", "2001:db8::1", 0 },
	{ "nothing", "", NULL, 0 },
	{ "no host", ":3478", NULL, 0 },
	{ "port zero", "host:0", NULL, 0 },
	{ "port too large", "host:65536", NULL, 0 },
	{ "no port after the colon", "host:", NULL, 0 },
	{ "words", "host:name", NULL, 0 },
	{ "no closing bracket", "[2001:db8::1", NULL, 0 },
	{ "something after the bracket", "[::1]x", NULL, 0 },
};

static void test_row(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *host = NULL;
	uint16_t port = 0;

	g_assert_cmpint(cusax_nat_parse_server(rows[i].text, &host, &port), ==,
			rows[i].host != NULL);
	g_assert_cmpstr(host, ==, rows[i].host);
	if (rows[i].host)
		g_assert_cmpuint(port, ==, rows[i].port);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/media/nat/server/%s", rows[i].name);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_row);
	}
	return g_test_run();
}

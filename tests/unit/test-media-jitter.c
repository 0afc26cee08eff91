/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jitter buffer, by tables of arrivals. */
/* One thread. */
#include <string.h>

#include <glib.h>

#include "services/media/jitter.h"

enum {
	FRAME = 160,
};

/* One row: packets of 20 ms arrive as written, one is played each 20 ms from the time given.
 * Arrivals: "number@ms", in any order of numbers. Played: numbers, "x" for one made up, "." for a
 * wait. */
struct row {
	const char *name;
	const char *arrivals;
	unsigned first_get;
	const char *played;
};

/* clang-format off */
static const struct row rows[] = {
	{ "in order", "0@0 1@20 2@40 3@60 4@80", 10, ". 0 1 2 3 4 ." },
	{ "numbers wrap", "65534@0 65535@20 0@40 1@60", 10, ". 65534 65535 0 1 ." },
	{ "one is lost", "0@0 1@20 3@60 4@80", 10, ". 0 1 x 3 4 ." },
	{ "one is lost behind a reserve", "0@0 1@1 2@2 4@42 5@62 6@82", 50, "0 1 2 x 4 5 6 ." },
	{ "two are swapped behind a reserve", "0@0 2@1 1@2 3@22 4@42", 50, "0 1 2 3 4 ." },
	{ "swapped before the first is played", "1@0 0@1 2@2", 10, "0 1 2 ." },
	{ "one comes twice", "0@0 1@20 1@21 2@40 2@41", 10, ". 0 1 2 ." },
	{ "one comes too late", "0@0 1@20 3@60 4@80 5@100 2@105", 10, ". 0 1 x 3 4 5 ." },
	{ "the sender begins again", "10@0 11@20 40000@40 40001@60 40002@80 40003@100", 10, ". 10 11 . 40001 40002 40003 ." },
	{ "a far number alone is not believed", "10@0 11@20 40000@30 12@40 13@60", 10, ". 10 11 12 13 ." },
	{ "a gap of numbers without sound", "0@0 1@20 30@600 31@620", 10, ". 0 1 . . . . . . . . . . . . . . . . . . . . . . . . . . . . 30 31 ." },
};
/* clang-format on */

struct arrival {
	unsigned number, ms;
};

static size_t parse_arrivals(const char *text, struct arrival *arrivals, size_t room)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	size_t n = 0;

	for (char **word = words; *word; word++) {
		g_assert_cmpuint(n, <, room);
		arrivals[n].number = (unsigned)g_ascii_strtoull(*word, NULL, 10);
		arrivals[n++].ms = (unsigned)g_ascii_strtoull(strchr(*word, '@') + 1, NULL, 10);
	}
	return n;
}

/* A number stands for its time: the sender sends one each 20 ms. */
static void put(struct cusax_jitter *jitter, unsigned number, unsigned ms)
{
	uint16_t value = (uint16_t)number;
	uint32_t timestamp = (uint32_t)(int32_t)(int16_t)value * FRAME;

	(void)cusax_jitter_put(jitter, value, timestamp, (const uint8_t *)&value, sizeof(value),
			       ms);
}

static void get(struct cusax_jitter *jitter, GString *played)
{
	const uint8_t *payload;
	uint16_t value;
	size_t length;

	switch (cusax_jitter_get(jitter, &payload, &length)) {
	case CUSAX_JITTER_PACKET:
		g_assert_cmpuint(length, ==, sizeof(value));
		memcpy(&value, payload, sizeof(value));
		g_string_append_printf(played, " %u", value);
		break;
	case CUSAX_JITTER_LOST:
		g_string_append(played, " x");
		break;
	case CUSAX_JITTER_WAITING:
		g_string_append(played, " .");
		break;
	}
}

static void test_row(gconstpointer data)
{
	const struct row *row = data;
	g_auto(GStrv) expected = g_strsplit(row->played, " ", -1);
	g_autoptr(GString) played = g_string_new(NULL);
	struct cusax_jitter *jitter = g_new(struct cusax_jitter, 1);
	struct arrival arrivals[64];
	size_t n = parse_arrivals(row->arrivals, arrivals, G_N_ELEMENTS(arrivals)), next = 0;

	cusax_jitter_init(jitter, 8000);
	for (guint i = 0; i < g_strv_length(expected); i++) {
		for (; next < n && arrivals[next].ms < row->first_get + i * CUSAX_FRAME_MS; next++)
			put(jitter, arrivals[next].number, arrivals[next].ms);
		get(jitter, played);
	}
	g_assert_cmpstr(played->str + 1, ==, row->played);
	g_free(jitter);
}

/* How a network delays: packet i, in ms. */
static unsigned steady(unsigned i)
{
	(void)i;
	return 0;
}

static unsigned shaky(unsigned i)
{
	return i * 37 % 41;
}

static unsigned bursts(unsigned i)
{
	return 80 - i % 5 * 20;
}

static unsigned one_spike(unsigned i)
{
	return i >= 500 && i < 507 ? 140 - (i - 500) * 20 : 0;
}

static unsigned calm_after_storm(unsigned i)
{
	return i < 500 ? i * 37 % 120 : 0;
}

struct network {
	const char *name;
	unsigned (*delay)(unsigned i);
	double drift;            /* the sender's clock, parts of one */
	unsigned lose_every;     /* 0: none */
	unsigned settled;        /* packets after which to judge */
	double most_missing;     /* of 1, of what was sent, made up or waited for */
	unsigned most_target_ms; /* at the end */
	unsigned most_depth_ms;  /* at the end */
};

/* clang-format off */
static const struct network networks[] = {
	{ "steady", steady, 0, 0, 50, 0, 20, 60 },
	{ "shaky by 40 ms", shaky, 0, 0, 300, 0.001, 60, 100 },
	{ "bursts of five", bursts, 0, 0, 300, 0.001, 100, 200 },
	{ "one spike", one_spike, 0, 0, 50, 0.006, 20, 80 },
	{ "calm after a storm is quick again", calm_after_storm, 0, 0, 1500, 0.002, 20, 60 },
	{ "sender 0.1 % fast", steady, 0.001, 0, 50, 0.002, 40, 80 },
	{ "sender 0.1 % slow", steady, -0.001, 0, 50, 0.004, 40, 80 },
	{ "5 % loss", steady, 0, 20, 50, 0.052, 20, 60 },
	{ "5 % loss, shaky", shaky, 0, 20, 300, 0.055, 60, 120 },
};
/* clang-format on */

struct packet {
	unsigned number, ms;
};

static int by_arrival(gconstpointer a, gconstpointer b)
{
	const struct packet *x = a, *y = b;

	return x->ms < y->ms ? -1 : x->ms > y->ms;
}

static void test_network(gconstpointer data)
{
	enum {
		PACKETS = 3000,
	};
	const struct network *network = data;
	struct cusax_jitter *jitter = g_new(struct cusax_jitter, 1);
	g_autoptr(GArray) packets = g_array_new(FALSE, FALSE, sizeof(struct packet));
	unsigned missing = 0, judged = 0;
	size_t next = 0;

	for (unsigned i = 0; i < PACKETS; i++) {
		struct packet packet = { i, 0 };

		if (network->lose_every && i % network->lose_every == network->lose_every - 1)
			continue;
		packet.ms = (unsigned)(i * 20 * (1 - network->drift)) + network->delay(i);
		g_array_append_val(packets, packet);
	}
	g_array_sort(packets, by_arrival);

	cusax_jitter_init(jitter, 8000);
	for (unsigned now = 11; next < packets->len; now += CUSAX_FRAME_MS) {
		const uint8_t *payload;
		size_t length;

		for (; next < packets->len; next++) {
			struct packet *packet = &g_array_index(packets, struct packet, next);

			if (packet->ms > now)
				break;
			put(jitter, packet->number, packet->ms);
		}
		if (now / 20 < network->settled) {
			(void)cusax_jitter_get(jitter, &payload, &length);
			continue;
		}
		judged++;
		missing += cusax_jitter_get(jitter, &payload, &length) != CUSAX_JITTER_PACKET;
	}
	g_test_message("missing %u of %u, target %u ms, depth %u ms, late %u, skipped %u", missing,
		       judged, cusax_jitter_target_ms(jitter), cusax_jitter_depth_ms(jitter),
		       jitter->stats.late, jitter->stats.skipped);
	g_assert_cmpfloat(missing, <=, network->most_missing * judged);
	g_assert_cmpuint(cusax_jitter_target_ms(jitter), <=, network->most_target_ms);
	g_assert_cmpuint(cusax_jitter_depth_ms(jitter), <=, network->most_depth_ms);
	g_free(jitter);
}

/* No loudspeaker for a while, then one: the delay does not stay. */
static void test_nobody_plays(void)
{
	struct cusax_jitter *jitter = g_new(struct cusax_jitter, 1);
	const uint8_t *payload;
	size_t length;

	cusax_jitter_init(jitter, 8000);
	for (unsigned i = 0; i < 1000; i++)
		put(jitter, i, i * 20);
	g_assert_cmpuint(jitter->n, <=, CUSAX_JITTER_SLOTS);
	g_assert_cmpint(cusax_jitter_get(jitter, &payload, &length), ==, CUSAX_JITTER_PACKET);
	g_assert_cmpuint(cusax_jitter_depth_ms(jitter), <=, 80);
	g_free(jitter);
}

static void test_random(void)
{
	struct cusax_jitter *jitter = g_new(struct cusax_jitter, 1);
	uint8_t payload[CUSAX_PAYLOAD_MAX + 1] = { 0 };
	const uint8_t *out;
	size_t length;

	cusax_jitter_init(jitter, 48000);
	g_assert_false(cusax_jitter_put(jitter, 1, 1, payload, sizeof(payload), 0));
	for (unsigned i = 0; i < 200000; i++) {
		bool wild = g_test_rand_int_range(0, 3) == 0;

		cusax_jitter_put(jitter, (uint16_t)(wild ? (uint32_t)g_test_rand_int() : i),
				 wild ? (uint32_t)g_test_rand_int() : i * 960, payload,
				 (size_t)g_test_rand_int_range(0, CUSAX_PAYLOAD_MAX + 1),
				 i * 20 + (wild ? g_test_rand_int_range(0, 1000000) : 0));
		if (g_test_rand_int_range(0, 2))
			(void)cusax_jitter_get(jitter, &out, &length);
		g_assert_cmpuint(jitter->n, <=, CUSAX_JITTER_SLOTS);
		g_assert_cmpuint(cusax_jitter_target_ms(jitter), <=, CUSAX_JITTER_MAX_MS);
	}
	g_free(jitter);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/media/jitter/arrivals/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
		g_autofree char *path =
			g_strconcat("/media/jitter/network/", networks[i].name, NULL);

		g_test_add_data_func(path, &networks[i], test_network);
	}
	g_test_add_func("/media/jitter/nobody plays", test_nobody_plays);
	g_test_add_func("/media/jitter/random packets", test_random);
	return g_test_run();
}

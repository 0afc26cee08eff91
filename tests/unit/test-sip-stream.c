/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of a stream: what is passed on, what is taken out. */
/* The test's main thread. */
#include <string.h>

#include <glib.h>

#include "services/sip/stream.h"

#define GOOD(id)                                                                                   \
	"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP b;branch=z9hG4bK" id "\r\nFrom: <sip:c@d>;"   \
	"tag=1\r\nTo: <sip:a@b>\r\nCall-ID: " id                                                   \
	"\r\nCSeq: 1 OPTIONS\r\nContent-Length: 3\r\n\r\nabc"
/* CSeq cannot be read. */
#define BAD                                                                                        \
	"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP b;branch=z9hG4bKx\r\nCSeq: x\r\n"             \
	"Content-Length: 4\r\n\r\nabcd"
#define ENDLESS  "OPTIONS sip:a@b SIP/2.0\r\nCSeq: x\r\n\r\n"
#define DOUBTFUL "OPTIONS sip:a@b SIP/2.0\r\nCSeq: x\r\nContent-Length: 1\r\nl: 2\r\n\r\n"

static const struct {
	const char *name;
	const char *chunks[4]; /* as they come in */
	const char *passed;    /* of all */
	guint refused;
} rows[] = {
	{ "a message", { GOOD("1") }, GOOD("1"), 0 },
	{ "two at once", { GOOD("1") GOOD("2") }, GOOD("1") GOOD("2"), 0 },
	{ "one in three parts",
	  { "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP b;branch=z9hG4bK",
	    "1\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r",
	    "\nContent-Length: 3\r\n\r\nabc" },
	  GOOD("1"),
	  0 },
	{ "signs of life",
	  { "\r\n\r\n" GOOD("1") "\r\n", "\r\n" },
	  "\r\n\r\n" GOOD("1") "\r\n\r\n",
	  0 },
	{ "R12: one that cannot be read, between others",
	  { GOOD("1") BAD GOOD("2") },
	  GOOD("1") GOOD("2"),
	  1 },
	{ "R12: one that cannot be read, in two parts", { BAD, "", GOOD("2") }, GOOD("2"), 1 },
	{ "R12: line feeds alone",
	  { GOOD("1") "\n\r", "\n" GOOD("2") },
	  GOOD("1") "\r\n" GOOD("2"),
	  0 },
	{ "R12: a body longer than it says",
	  { GOOD("1") "more\r\n" BAD GOOD("2") },
	  GOOD("1") GOOD("2"),
	  1 },
	{ "without a length all is left to the stack",
	  { GOOD("1") ENDLESS "x" },
	  GOOD("1") ENDLESS "x",
	  0 },
	{ "so it is with two lengths", { DOUBTFUL }, DOUBTFUL, 0 },
	{ "nothing is touched before a message begins",
	  { "o: x\r\nContent-Length: 0\r\n\r\n", BAD },
	  "o: x\r\nContent-Length: 0\r\n\r\n",
	  1 },
};

static void refused_h(G_GNUC_UNUSED const char *data, G_GNUC_UNUSED size_t length, void *arg)
{
	++*(guint *)arg;
}

static void test_row(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data), refused = 0;
	struct cusax_stream *stream = cusax_stream_new(refused_h, &refused);
	g_autoptr(GString) passed = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(rows[row].chunks) && rows[row].chunks[i]; i++) {
		const char *chunk = rows[row].chunks[i];
		struct mbuf *mb = mbuf_alloc(strlen(chunk) + 1);

		g_assert_cmpint(mbuf_write_mem(mb, (const uint8_t *)chunk, strlen(chunk)), ==, 0);
		mb->pos = 0;
		if (cusax_stream_filter(stream, mb))
			g_string_append_len(passed, (const char *)mbuf_buf(mb),
					    (gssize)mbuf_get_left(mb));
		mem_deref(mb);
	}
	g_assert_cmpstr(passed->str, ==, rows[row].passed);
	g_assert_cmpuint(refused, ==, rows[row].refused);
	cusax_stream_free(stream);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/sip/stream/%s", rows[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_row);
	}
	return g_test_run();
}

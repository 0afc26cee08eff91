/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The torture messages of RFC 4475 and RFC 5118, over UDP and TCP (R11). */
/* The test's main thread. */
#include <string.h>

#include "tests/wire/sip-peer.h"

typedef struct {
	char *name;
	GStrv codes; /* answers that are right; "-": none */
	GString *message;
	gboolean tcp;
} Case;

static void case_free(gpointer data)
{
	Case *row = data;

	g_free(row->name);
	g_strfreev(row->codes);
	g_string_free(row->message, TRUE);
	g_free(row);
}

/* \xNN and \\ */
static void unescape(GString *out, const char *line)
{
	for (; *line; line++) {
		if (line[0] == '\\' && line[1] == 'x') {
			g_string_append_c(out, (char)(g_ascii_xdigit_value(line[2]) * 16 +
						      g_ascii_xdigit_value(line[3])));
			line += 3;
		} else {
			line += line[0] == '\\';
			g_string_append_c(out, *line);
		}
	}
}

/* TRUE: the line goes on in the next. Takes the mark off. */
static gboolean is_joined(char *line)
{
	gsize length = strlen(line), marks = 0;

	while (marks < length && line[length - 1 - marks] == '\\')
		marks++;
	if (marks % 2 == 0)
		return FALSE;
	line[length - 1] = '\0';
	return TRUE;
}

static void run(gconstpointer data);

static void add_message(const char *head, GString *message)
{
	g_auto(GStrv) words = g_strsplit(head + 1, " ", 2);
	g_auto(GStrv) codes = g_strsplit(words[1], "/", -1);

	for (guint tcp = 0; tcp < 2; tcp++) {
		Case *row = g_new0(Case, 1);
		g_autofree char *path = g_strdup_printf("/sip/torture/R11: %s over %s", words[0],
							tcp ? "TCP" : "UDP");

		row->name = g_strdup(words[0]);
		row->codes = g_strdupv(codes);
		row->message = g_string_new_len(message->str, (gssize)message->len);
		row->tcp = tcp > 0;
		g_test_add_data_func_full(path, row, run, case_free);
	}
}

static guint read_file(const char *path)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint n = 0;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i];) {
		const char *head = lines[i++];
		g_autoptr(GString) message = g_string_new(NULL);

		if (*head != '@')
			continue;
		/* The last line is an empty one, between the messages. */
		for (; lines[i] && lines[i + 1] && *lines[i] != '#' && *lines[i + 1] != '#'; i++) {
			gboolean joined = is_joined(lines[i]);

			unescape(message, lines[i]);
			if (!joined)
				g_string_append(message, "\r\n");
		}
		add_message(head, message);
		n++;
	}
	return n;
}

static guint answers(SipRig *rig)
{
	return sip_peer_count(rig->peer, "SIP/2.0 ");
}

static void run(gconstpointer data)
{
	const Case *row = data;
	gboolean wants_ring = g_strv_contains((const char *const *)row->codes, "180");
	gboolean right = FALSE;
	SipRig rig;
	guint before, rung = 0, others, fences = 1;

	sip_rig_init(&rig, row->tcp);
	sip_rig_register(&rig, NULL);
	rig.silent = TRUE;
	before = answers(&rig);
	sip_peer_send_bytes(rig.peer, row->message->str, row->message->len);
	if (!sip_peer_try_fence(rig.peer)) {
		/* The stream is out of step: nothing can be answered on it any more. */
		g_assert_true(row->tcp);
		g_test_message("%s: the connection is given up", row->name);
		for (guint i = 0; row->codes[i]; i++)
			right |= *row->codes[i] >= '4'; /* what may be refused */
		others = 0;
	} else {
		rung = sip_rig_pending(&rig, CUSAX_EVENT_CALL_INCOMING);
		if (rung) {
			guint64 call = sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call;

			sip_rig_done(&rig, sip_rig_operate(&rig, CUSAX_OPERATION_RING, call));
			sip_peer_fence(rig.peer);
			fences++;
		}
		others = answers(&rig) - before - fences;
	}
	for (guint i = 0; row->codes[i]; i++) {
		g_autofree char *start = g_strdup_printf("SIP/2.0 %s ", row->codes[i]);

		right |= strcmp(row->codes[i], "-") == 0
				 ? others == 0
				 : sip_peer_count(rig.peer, start) >
					   (strcmp(row->codes[i], "200") == 0 ? fences : 0);
	}
	if (!right || (rung && !wants_ring))
		sip_peer_show(rig.peer);
	g_assert_true(right);
	g_assert_true(rung == 0 || wants_ring);
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpuint(read_file("tests/data/rfc4475.txt"), ==, 49);
	g_assert_cmpuint(read_file("tests/data/rfc5118.txt"), ==, 11);
	return g_test_run();
}

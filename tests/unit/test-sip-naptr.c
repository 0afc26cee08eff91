/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAPTR records to the ways to a domain (RFC 3263 §4.1), and messages of name servers, good and bad. */
/* Pure. */
#include <string.h>

#include "services/sip/naptr.h"

/* "order preference flags service replacement" a line; "-" is an empty one. */
static const struct {
	const char *name;
	gboolean any;
	CusaxSipTransport transport;
	const char *records, *ways;
} rows[] = {
	{ "T1: no records: TLS", FALSE, CUSAX_SIP_TLS, "", "tls _sips._tcp.sip.test" },
	{ "T1: no records: what the user said", FALSE, CUSAX_SIP_UDP, "",
	  "udp _sip._udp.sip.test" },
	{ "T1: no records, left to DNS: TLS first", TRUE, CUSAX_SIP_TLS, "",
	  "tls _sips._tcp.sip.test, tcp _sip._tcp.sip.test, udp _sip._udp.sip.test" },
	{ "T1: the service stands elsewhere", FALSE, CUSAX_SIP_TLS,
	  "10 10 s SIPS+D2T _sips._tcp.edge.test",
	  "tls _sips._tcp.edge.test, tls _sips._tcp.sip.test" },
	{ "C97: TLS is not given up for a better order", FALSE, CUSAX_SIP_TLS,
	  "1 1 s SIP+D2U _sip._udp.sip.test\n50 50 s SIPS+D2T _sips._tcp.edge.test",
	  "tls _sips._tcp.edge.test, tls _sips._tcp.sip.test" },
	{ "C97: TLS is not given up where only others are named", FALSE, CUSAX_SIP_TLS,
	  "1 1 s SIP+D2U _sip._udp.sip.test\n1 2 s SIP+D2T _sip._tcp.sip.test",
	  "tls _sips._tcp.sip.test" },
	{ "T1: order before preference", TRUE, CUSAX_SIP_TLS,
	  "20 1 s SIPS+D2T _sips._tcp.b.test\n10 9 s SIP+D2T _sip._tcp.a.test",
	  "tcp _sip._tcp.a.test, tcp _sip._tcp.sip.test" },
	{ "T1: preference inside one order", TRUE, CUSAX_SIP_TLS,
	  "10 20 s SIP+D2U _sip._udp.a.test\n10 10 s SIPS+D2T _sips._tcp.b.test",
	  "tls _sips._tcp.b.test, tls _sips._tcp.sip.test" },
	{ "C97: what was chosen is not left for a weaker one", TRUE, CUSAX_SIP_TLS,
	  "10 10 s SIPS+D2T _sips._tcp.b.test\n20 10 s SIP+D2U _sip._udp.a.test\n"
	  "30 1 S sips+d2t _sips._tcp.c.test",
	  "tls _sips._tcp.b.test, tls _sips._tcp.c.test, tls _sips._tcp.sip.test" },
	{ "other services and flags are not looked at", TRUE, CUSAX_SIP_TLS,
	  "1 1 s SIP+D2S _sip._sctp.a.test\n1 1 a SIP+D2U a.test\n1 1 u E2U+sip -\n"
	  "1 1 s SIPS+D2T -\n1 1 s SIPS+D2T a_b/c.test\n1 1 s SIPS+D2T .test",
	  "tls _sips._tcp.sip.test, tcp _sip._tcp.sip.test, udp _sip._udp.sip.test" },
};

static GPtrArray *found_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)cusax_sip_way_free);
}

static char *text_of(GPtrArray *ways)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < ways->len; i++) {
		const CusaxSipWay *way = ways->pdata[i];

		g_string_append_printf(text, "%s%s %s", i ? ", " : "",
				       cusax_sip_transport_word(way->transport), way->name);
	}
	return g_string_free(text, FALSE);
}

static void test_ways(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	CusaxSipTarget target = { .host = (char *)"sip.test",
				  .transport = rows[row].transport,
				  .any = rows[row].any };
	g_autoptr(GPtrArray) found = found_new();
	g_autoptr(GPtrArray) ways = NULL;
	g_auto(GStrv) lines = g_strsplit(rows[row].records, "\n", 0);
	g_autofree char *text = NULL;

	for (guint i = 0; lines[i] && *lines[i]; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], " ", 5);
		CusaxSipWay numbers = { .order = (guint16)g_ascii_strtoull(words[0], NULL, 10),
					.preference =
						(guint16)g_ascii_strtoull(words[1], NULL, 10) };

		cusax_naptr_take(found, &target, &numbers, words[2], words[3], "",
				 strcmp(words[4], "-") == 0 ? "" : words[4]);
	}
	ways = cusax_naptr_ways(&target, found);
	text = text_of(ways);
	g_assert_cmpstr(text, ==, rows[row].ways);
}

/* --- messages -------------------------------------------------------------------------------- */

/* A question for sip.test, and two NAPTR records, the names of which point back into it. */
static const guint8 message[] = "\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
				"\x03sip\x04test\x00\x00\x23\x00\x01"
				"\xc0\x0c\x00\x23\x00\x01\x00\x00\x00\x3c\x00\x1d"
				"\x00\x14\x00\x0a\x01s\x08SIPS+D2T\x00\x05_sips\x04_tcp\xc0\x0c"
				"\xc0\x0c\x00\x23\x00\x01\x00\x00\x00\x3c\x00\x1b"
				"\x00\x0a\x00\x0a\x01s\x07SIP+D2U\x00\x04_sip\x04_udp\xc0\x0c";

static const CusaxSipTarget left_to_dns = { .host = (char *)"sip.test",
					    .transport = CUSAX_SIP_TLS,
					    .any = TRUE };

static void test_message(void)
{
	g_autoptr(GPtrArray) found = found_new();
	g_autofree char *text = NULL;

	cusax_naptr_take_answer(found, &left_to_dns, message, sizeof(message) - 1);
	text = text_of(found);
	g_assert_cmpstr(text, ==, "tls _sips._tcp.sip.test, udp _sip._udp.sip.test");
}

/* Cut anywhere, and with any one octet changed: nothing worse than fewer records. */
static void test_hostile_messages(void)
{
	gsize length = sizeof(message) - 1;

	for (gsize cut = 0; cut < length; cut++) {
		g_autoptr(GPtrArray) found = found_new();
		g_autofree guint8 *part = g_memdup2(message, MAX(cut, 1));

		cusax_naptr_take_answer(found, &left_to_dns, part, cut);
		g_assert_cmpuint(found->len, <, 2);
	}
	for (gsize at = 0; at < length; at++) {
		for (guint value = 0; value < 256; value++) {
			g_autoptr(GPtrArray) found = found_new();
			g_autofree guint8 *bad = g_memdup2(message, length);

			bad[at] = (guint8)value;
			cusax_naptr_take_answer(found, &left_to_dns, bad, length);
			g_assert_cmpuint(found->len, <=, 2);
		}
	}
}

static void test_many(void)
{
	g_autoptr(GPtrArray) found = found_new();
	const CusaxSipWay numbers = { .order = 1 };

	for (guint i = 0; i < 1000; i++)
		cusax_naptr_take(found, &left_to_dns, &numbers, "s", "SIPS+D2T", "",
				 "_sips._tcp.a.test");
	g_assert_cmpuint(found->len, ==, 16);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/sip/naptr/%s", rows[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_ways);
	}
	g_test_add_func("/sip/naptr/a message of a name server", test_message);
	g_test_add_func("/sip/naptr/messages that are cut or wrong", test_hostile_messages);
	g_test_add_func("/sip/naptr/no more than sixteen", test_many);
	return g_test_run();
}

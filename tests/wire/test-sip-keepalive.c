/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs of life between us and a registrar that speaks outbound (RFC 5626), and one that does not. */
/* The test's main thread. */
#include <string.h>

#include "tests/wire/sip-peer.h"

#define OUTBOUND "Require: outbound\r\n"
#define OFTEN    "{'keepalive': <uint32 2>}"
#define SIZE     1500

/* A Binding request: its transaction id is left in id. */
static void expect_stun(SipRig *rig, guint8 *id)
{
	static const guint8 request[] = { 0x00, 0x01 };
	static const guint8 cookie[] = { 0x21, 0x12, 0xa4, 0x42 };
	guint8 data[SIZE];
	gsize n;

	do
		n = sip_peer_take_datagram(rig->peer, data, sizeof(data));
	while (n >= 20 && data[0] >= 0x40); /* SIP, such as SUBSCRIBE */
	g_assert_cmpuint(n, >=, 20);
	g_assert_cmpmem(data, 2, request, sizeof(request));
	g_assert_cmpmem(data + 4, 4, cookie, sizeof(cookie));
	memcpy(id, data + 8, 12);
}

/* Says that we are seen at that port of 192.0.2.1. */
static void answer_stun(SipRig *rig, const guint8 *id, guint16 port)
{
	guint8 data[32] = { 0x01, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42 };

	memcpy(data + 8, id, 12);
	data[21] = 0x20;
	data[23] = 0x08;
	data[25] = 0x01;
	data[26] = (guint8)(port >> 8 ^ 0x21);
	data[27] = (guint8)(port ^ 0x12);
	data[28] = 192 ^ 0x21;
	data[29] = 0 ^ 0x12;
	data[30] = 2 ^ 0xa4;
	data[31] = 1 ^ 0x42;
	sip_peer_send_bytes(rig->peer, (const char *)data, sizeof(data));
}

static CusaxError lost(SipRig *rig)
{
	const CusaxEvent *event = sip_rig_expect(rig, CUSAX_EVENT_CONNECTION);

	g_assert_cmpint(event->connection.state, ==, CUSAX_ACCOUNT_OFFLINE);
	g_assert_true(event->connection.failed);
	g_test_message("lost: %s", event->connection.text);
	return event->connection.code;
}

static void test_instance(void)
{
	SipRig rig;
	g_autofree char *first = NULL, *contact = NULL, *supported = NULL, *again = NULL;
	g_autofree char *same = NULL;
	guint64 op;

	sip_rig_init(&rig, FALSE);
	sip_rig_connect(&rig, "secret-a", NULL);
	first = sip_peer_expect(rig.peer, "REGISTER ");
	contact = sip_header(first, "Contact");
	supported = sip_header(first, "Supported");
	g_assert_true(g_regex_match_simple("\\+sip\\.instance=\"<urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8"
					   "[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}>\";reg-id=1",
					   contact, 0, 0));
	g_assert_nonnull(strstr(supported, "outbound"));
	sip_peer_reply(rig.peer, first, "200 OK", "Contact: <sip:x@127.0.0.1>;expires=600\r\n",
		       NULL);
	while (sip_rig_expect(&rig, CUSAX_EVENT_CONNECTION)->connection.state !=
	       CUSAX_ACCOUNT_ONLINE)
		;
	op = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_CHECK, "a1"));
	again = sip_peer_expect(rig.peer, "REGISTER ");
	same = sip_header(again, "Contact");
	g_assert_nonnull(strstr(same, strstr(contact, "+sip.instance")));
	sip_peer_reply(rig.peer, again, "200 OK", NULL, NULL);
	sip_rig_done(&rig, op);
	sip_rig_leave(&rig);
	sip_rig_clear(&rig);
}

static void test_stun(void)
{
	SipRig rig;
	guint8 id[12], next[12];

	sip_rig_init(&rig, FALSE);
	sip_rig_register_with(&rig, OFTEN, OUTBOUND);
	for (guint i = 0; i < 2; i++) {
		expect_stun(&rig, id);
		answer_stun(&rig, id, 40000);
		sip_peer_fence(rig.peer);
		g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CONNECTION), ==, 0);
	}
	expect_stun(&rig, next);
	g_assert_true(memcmp(id, next, sizeof(id)) != 0);
	/* A NAT has given us another port: what the registrar knows leads nowhere. */
	answer_stun(&rig, next, 40001);
	g_assert_cmpint(lost(&rig), ==, CUSAX_ERROR_NOT_REGISTERED);
	sip_rig_clear(&rig);
}

static void test_stun_silence(void)
{
	SipRig rig;
	guint8 id[12];
	gint64 start;

	sip_rig_init(&rig, FALSE);
	sip_rig_register_with(&rig, NULL, OUTBOUND "Flow-Timer: 30\r\n");
	start = g_get_monotonic_time();
	for (guint i = 0; i < 4; i++)
		expect_stun(&rig, id);
	g_assert_cmpint(lost(&rig), ==, CUSAX_ERROR_TIMEOUT);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 8 * G_USEC_PER_SEC);
	sip_rig_clear(&rig);
}

/* From the proxy as from strangers: nothing of it is SIP, and nothing of it is answered. */
static void test_stun_hostile(void)
{
	SipRig rig;
	guint8 id[12], other[12] = { 0 };
	static const char request[] = "\0\1\0\0\x21\x12\xa4\x42"
				      "abcdefghijkl";

	sip_rig_init(&rig, FALSE);
	sip_rig_register_with(&rig, NULL, OUTBOUND "Flow-Timer: 30\r\n");
	expect_stun(&rig, id);
	answer_stun(&rig, other, 40000); /* nobody asked that */
	sip_peer_send_bytes(rig.peer, request, sizeof(request) - 1);
	for (gsize cut = 1; cut < sizeof(request) - 1; cut++)
		sip_peer_send_bytes(rig.peer, request, cut);
	answer_stun(&rig, id, 40000);
	answer_stun(&rig, id, 40001); /* that question is closed */
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CONNECTION), ==, 0);
	sip_rig_clear(&rig);
}

/* Without outbound nobody has promised to answer STUN: two empty lines, and no answer is missed. */
static void test_crlf(void)
{
	SipRig rig;
	guint8 data[SIZE];
	gsize n;

	sip_rig_init(&rig, FALSE);
	sip_rig_register(&rig, OFTEN);
	for (guint i = 0; i < 2; i++) {
		do
			n = sip_peer_take_datagram(rig.peer, data, sizeof(data));
		while (n > 4);
		g_assert_cmpmem(data, n, "\r\n\r\n", 4);
	}
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CONNECTION), ==, 0);
	sip_rig_clear(&rig);
}

/* On a stream whoever speaks outbound has promised to answer the first ping already. */
static void test_stream(void)
{
	SipRig rig;

	sip_rig_init(&rig, TRUE);
	sip_rig_register_with(&rig, OFTEN, OUTBOUND);
	g_assert_cmpint(lost(&rig), ==, CUSAX_ERROR_TIMEOUT);
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sip/keepalive/T1: a registration names the program", test_instance);
	g_test_add_func("/sip/keepalive/T1: STUN over udp, and a NAT that forgot us", test_stun);
	g_test_add_func("/sip/keepalive/T1: unanswered STUN is a dead flow", test_stun_silence);
	g_test_add_func("/sip/keepalive/R11: STUN that nobody asked for", test_stun_hostile);
	g_test_add_func("/sip/keepalive/T1: empty lines where STUN is not promised", test_crlf);
	g_test_add_func("/sip/keepalive/T1: a stream's missing pong with outbound", test_stream);
	return g_test_run();
}

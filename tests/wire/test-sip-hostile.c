/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hostile other side gets: no password (R7), no call and no answer (R15), no crash (R12). */
/* The test's main thread. */
#include <string.h>

#include "daemon/base/facts.h"
#include "tests/wire/sip-peer.h"

/* --- R7: passwords ---------------------------------------------------------------------------- */

#define DIGEST(word) word " Digest realm=\"sip.test\", nonce=\"n\", qop=\"auth\"\r\n"

static const char *const challenges[][2] = {
	{ "401 Unauthorized", DIGEST("WWW-Authenticate:") },
	{ "407 Proxy Authentication Required", DIGEST("Proxy-Authenticate:") },
};

/* The next request of that method is challenged. */
static void challenge(SipRig *rig, const char *method, guint kind)
{
	g_autofree char *start = g_strconcat(method, " ", NULL);
	g_autofree char *message = sip_peer_expect(rig->peer, start);

	g_assert_null(strstr(message, "uthorization: "));
	sip_rig_reply(rig, message, "b1", challenges[kind][0], challenges[kind][1], NULL);
}

static guint challenge_inside(SipRig *rig, guint kind)
{
	CusaxOperation *operation;
	g_auto(SipDialog) dialog = { 0 };
	guint64 call = sip_rig_stand(rig, "Allow: INVITE, ACK, BYE, UPDATE\r\n", &dialog), op;

	operation = cusax_operation_new(CUSAX_OPERATION_HOLD, "a1");
	operation->call = call;
	operation->toggle.on = TRUE;
	op = sip_rig_submit(rig, operation);
	challenge(rig, "INVITE", kind);
	g_assert_true(sip_rig_done(rig, op)->done.failed);
	operation = cusax_operation_new(CUSAX_OPERATION_TRANSFER, "a1");
	operation->call = call;
	operation->transfer.uri = g_strdup("sip:carol@sip.test");
	op = sip_rig_submit(rig, operation);
	challenge(rig, "REFER", kind);
	g_assert_true(sip_rig_done(rig, op)->done.failed);
	sip_rig_request(rig, &dialog, "REFER", "Refer-To: <sip:carol@sip.test>\r\n", NULL, NULL);
	challenge(rig, "NOTIFY", kind);
	sip_rig_operate(rig, CUSAX_OPERATION_HANGUP, call);
	challenge(rig, "BYE", kind);
	return 4;
}

static guint challenge_keys(SipRig *rig, guint kind)
{
	static const char plain[] =
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
	guint64 call = sip_rig_place(rig), op;
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_DTMF, "a1");
	g_autofree char *invite = sip_peer_expect(rig->peer, "INVITE ");
	g_autofree char *ack = NULL;

	sip_rig_reply(rig, invite, "b1", "183 Session Progress", "Require: 100rel\r\nRSeq: 1\r\n",
		      NULL);
	challenge(rig, "PRACK", kind);
	sip_rig_reply(rig, invite, "b1", "200 OK", "", plain);
	ack = sip_peer_expect(rig->peer, "ACK ");
	sip_rig_expect(rig, CUSAX_EVENT_CALL_ANSWERED);
	operation->call = call;
	operation->dtmf.keys = g_strdup("1");
	op = sip_rig_submit(rig, operation);
	challenge(rig, "INFO", kind);
	g_assert_true(sip_rig_done(rig, op)->done.failed);
	sip_rig_operate(rig, CUSAX_OPERATION_HANGUP, call);
	challenge(rig, "BYE", kind);
	return 3;
}

/* From behind the proxy: after a sign of the other side, or by a realm that is not its own. */
static guint challenge_invite(SipRig *rig, guint kind)
{
	static const char *const before[] = { "180 Ringing", "183 Session Progress", NULL };
	static const char *const realms[] = { DIGEST("WWW-Authenticate:"),
					      DIGEST("Proxy-Authenticate:") };

	for (guint i = 0; i < G_N_ELEMENTS(before); i++) {
		g_autofree char *invite = NULL;
		g_autofree char *ack = NULL;
		g_autofree char *foreign = NULL;
		g_autoptr(GString) header = g_string_new(realms[kind]);

		sip_rig_place(rig);
		invite = sip_peer_expect(rig->peer, "INVITE ");
		if (before[i])
			sip_rig_reply(rig, invite, "b1", before[i], "", NULL);
		else
			g_string_replace(header, "sip.test", "evil.test", 0);
		sip_peer_reply(rig->peer, invite, challenges[kind][0], header->str, NULL);
		ack = sip_peer_expect(rig->peer, "ACK ");
		sip_rig_expect(rig, CUSAX_EVENT_CALL_ENDED);
	}
	return G_N_ELEMENTS(before);
}

static void test_no_password(void)
{
	SipRig rig;
	guint attempts = 0, answered = 0;

	sip_rig_begin(&rig);
	while (attempts < 200) {
		guint kind = attempts / 10 % 2;

		attempts += challenge_inside(&rig, kind);
		attempts += challenge_keys(&rig, kind);
		attempts += challenge_invite(&rig, kind);
	}
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count_with(rig.peer, "uthorization: "), ==, 1); /* REGISTER */
	/* The proxy itself is answered. */
	for (guint i = 0; i < 20; i++) {
		g_autofree char *first = NULL;
		g_autofree char *second = NULL;
		g_autofree char *ack = NULL;
		guint64 call = sip_rig_place(&rig);

		first = sip_peer_expect(rig.peer, "INVITE ");
		sip_peer_reply(rig.peer, first, challenges[1][0], challenges[1][1], NULL);
		second = sip_peer_expect(rig.peer, "INVITE ");
		answered += strstr(second, "Proxy-Authorization: ") != NULL;
		sip_rig_reply(&rig, second, "b1", "486 Busy Here", "", NULL);
		ack = sip_peer_expect(rig.peer, "ACK ");
		while (sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED)->call != call)
			;
	}
	g_test_message("%u challenges of strangers: 0 answered; %u of 20 of the proxy answered",
		       attempts, answered);
	g_assert_cmpuint(answered, ==, 20);
	sip_rig_clear(&rig);
}

/* --- R15: consent ----------------------------------------------------------------------------- */

/* Of a call that nobody answered here; %u is the port of a web server. */
static const char *const inviting[] = {
	"Answer-Mode: Auto\r\n",
	"Priv-Answer-Mode: Auto;require\r\n",
	"Call-Info: <http://127.0.0.1:%u/>;answer-after=0\r\n",
	"Alert-Info: <http://127.0.0.1:%u/a.wav>;info=alert-autoanswer\r\n",
	"Alert-Info: <http://127.0.0.1:%u/ring.wav>\r\n",
	"Call-Info: <http://127.0.0.1:%u/face.png>;purpose=icon\r\n",
	"Call-Info: <http://127.0.0.1:%u/card>;purpose=card\r\n",
	"P-Auto-Answer: normal\r\nX-Auto-Answer: true\r\n",
	"Error-Info: <http://127.0.0.1:%u/>\r\nIdentity-Info: <http://127.0.0.1:%u/>\r\n",
	"Join: a;to-tag=b;from-tag=c\r\n",
};

/* In a call that stands. */
static const struct {
	const char *method, *headers;
} inside[] = {
	{ "REFER", "Refer-To: <sip:premium@evil.test>\r\n" },
	{ "REFER", "Refer-To: <sip:premium@evil.test?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\n" },
	{ "REFER", "Refer-To: <sip:premium@evil.test;method=INVITE>\r\nRefer-Sub: false\r\n" },
	{ "NOTIFY", "Event: talk\r\nSubscription-State: active\r\n" },
	{ "NOTIFY", "Event: hold\r\nSubscription-State: active\r\n" },
	{ "NOTIFY", "Event: refer\r\nSubscription-State: terminated\r\n" },
};

static const char *const redirections[] = { "300 Multiple Choices", "301 Moved Permanently",
					    "302 Moved Temporarily", "305 Use Proxy" };

static GSocket *web_server(guint16 *ret_port)
{
	g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
	g_autoptr(GSocketAddress) bound = NULL;
	GSocket *socket = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
				       G_SOCKET_PROTOCOL_TCP, NULL);

	g_assert_true(g_socket_bind(socket, any, TRUE, NULL));
	g_assert_true(g_socket_listen(socket, NULL));
	bound = g_socket_get_local_address(socket, NULL);
	*ret_port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
	return socket;
}

static void abuse_invite(SipRig *rig, guint row, guint round, guint16 port)
{
	g_autoptr(GString) headers = g_string_new(inviting[row]);
	g_autofree char *digits = g_strdup_printf("%u", port);
	g_autofree char *call_id = g_strdup_printf("abuse%u.%u", row, round);
	g_autofree char *invite = NULL;
	g_autofree char *answer = NULL;
	guint64 call;

	g_string_replace(headers, "%u", digits, 0);
	invite = sip_invite(rig->peer, rig->contact, call_id, headers->str, sip_sdp);
	sip_peer_send(rig->peer, invite);
	call = sip_rig_expect(rig, CUSAX_EVENT_CALL_INCOMING)->call;
	answer = sip_peer_expect(rig->peer, "SIP/2.0 180");
	sip_peer_fence(rig->peer);
	sip_rig_operate(rig, CUSAX_OPERATION_DECLINE, call);
	sip_rig_expect(rig, CUSAX_EVENT_CALL_ENDED);
}

static void test_no_consent(void)
{
	SipRig rig;
	guint16 port;
	g_autoptr(GSocket) web = web_server(&port);
	guint attempts = 0, invites = 0;

	sip_rig_begin(&rig);
	for (guint round = 0; round < 10; round++) {
		g_auto(SipDialog) dialog = { 0 };
		guint64 call = sip_rig_stand(&rig, "Allow: INVITE, ACK, BYE, UPDATE\r\n", &dialog);

		invites++;
		for (guint i = 0; i < G_N_ELEMENTS(inviting); i++, attempts++)
			abuse_invite(&rig, i, round, port);
		for (guint i = 0; i < G_N_ELEMENTS(inside); i++, attempts++)
			sip_rig_request(&rig, &dialog, inside[i].method, inside[i].headers, NULL,
					NULL);
		sip_peer_fence(rig.peer);
		sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, call);
		for (guint i = 0; i < G_N_ELEMENTS(redirections); i++, attempts++) {
			g_autofree char *outgoing = NULL;
			g_autofree char *ack = NULL;

			sip_rig_place(&rig);
			invites++;
			outgoing = sip_peer_expect(rig.peer, "INVITE ");
			sip_rig_reply(&rig, outgoing, "b1", redirections[i], "", NULL);
			ack = sip_peer_expect(rig.peer, "ACK ");
		}
		sip_peer_fence(rig.peer);
	}
	g_test_message("%u attempts: no INVITE, no answer and no fetch of theirs", attempts);
	g_assert_cmpuint(attempts, ==, 200);
	g_assert_cmpuint(sip_peer_count(rig.peer, "INVITE "), ==, invites);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_ANSWERED), ==, 0);
	g_assert_false(g_socket_condition_check(web, G_IO_IN) & G_IO_IN);
	sip_rig_clear(&rig);
}

/* --- R12: mutants ----------------------------------------------------------------------------- */

static void mutate(GString *text)
{
	for (gint edits = g_test_rand_int_range(1, 5); edits > 0 && text->len > 20; edits--) {
		gsize at = (gsize)g_test_rand_int_range(0, (gint)text->len - 1);
		gsize length = (gsize)g_test_rand_int_range(1, 40);
		g_autofree char *run = NULL;

		length = MIN(length, text->len - at);
		run = g_strndup(text->str + at, length);
		switch (g_test_rand_int_range(0, 4)) {
		case 0:
			text->str[at] = (char)g_test_rand_int_range(1, 256);
			break;
		case 1:
			g_string_erase(text, (gssize)at, (gssize)length);
			break;
		case 2:
			g_string_insert(text, (gssize)at, run);
			break;
		case 3:
			g_string_insert(text, (gssize)at, "\r\n");
			break;
		}
	}
}

/* Ends every call that rings, of which we have heard. */
static guint decline_all(SipRig *rig)
{
	g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(guint64));

	while (sip_rig_pending(rig, CUSAX_EVENT_CALL_INCOMING)) {
		guint64 call = sip_rig_expect(rig, CUSAX_EVENT_CALL_INCOMING)->call;

		g_array_append_val(calls, call);
	}
	for (guint i = 0; i < calls->len; i++)
		sip_rig_done(rig, sip_rig_operate(rig, CUSAX_OPERATION_DECLINE,
						  g_array_index(calls, guint64, i)));
	return calls->len;
}

static void test_mutants(void)
{
	const char *wanted = g_getenv("R12_MUTANTS");
	guint total = wanted ? (guint)g_ascii_strtoull(wanted, NULL, 10) : 500;
	guint rang = 0, good = 0;
	SipRig rig;

	sip_rig_begin(&rig);
	for (guint i = 0; i < total; i++) {
		g_autofree char *call_id = g_strdup_printf("mutant%u", i);
		g_autofree char *invite =
			sip_invite(rig.peer, rig.contact, call_id,
				   "Supported: 100rel, timer, replaces\r\nSession-Expires: 1800\r\n"
				   "Call-Info: <xmpp:a@x.test>;purpose=impp\r\n"
				   "Record-Route: <sip:127.0.0.1;lr>\r\n",
				   sip_sdp);
		g_autoptr(GString) text = g_string_new(invite);

		mutate(text);
		sip_peer_send(rig.peer, text->str);
		if (i % 18 != 17)
			continue;
		/* The next good call works, so nothing of the others is left. */
		sip_peer_fence(rig.peer);
		rang += decline_all(&rig);
		sip_peer_fence(rig.peer);
		g_free(invite);
		g_free(call_id);
		call_id = g_strdup_printf("good%u", i);
		invite = sip_invite(rig.peer, rig.contact, call_id, "", sip_sdp);
		sip_peer_send(rig.peer, invite);
		sip_rig_operate(&rig, CUSAX_OPERATION_DECLINE,
				sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call);
		good++;
		sip_peer_fence(rig.peer);
	}
	g_test_message("%u mutants, of which %u rang; %u of %u good calls rang", total, rang, good,
		       total / 18);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CONNECTION), ==, 0);
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sip/hostile/R7: no stranger gets a digest", test_no_password);
	g_test_add_func("/sip/hostile/R15: nothing happens without consent", test_no_consent);
	g_test_add_func("/sip/hostile/R12: after mutants the next call works", test_mutants);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls against a scripted peer: every way a call begins and ends. */
/* The test's main thread. */
#include <string.h>

#include "daemon/base/facts.h"
#include "tests/wire/sip-peer.h"

static guint64 place(SipRig *rig, guint64 call)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_CALL, "a1");

	operation->call = call;
	operation->place.uri = g_strdup("sip:bob@sip.test");
	operation->place.impp = g_strdup("al ice@xmpp.test");
	return sip_rig_submit(rig, operation);
}

static void expect_end(SipRig *rig, guint64 call, CusaxEndReason reason, guint code)
{
	const CusaxEvent *event = sip_rig_expect(rig, CUSAX_EVENT_CALL_ENDED);

	g_test_message("ended: %s %u %s",
		       cusax_word(CUSAX_TYPE_END_REASON, event->call_ended.reason),
		       event->call_ended.code, event->call_ended.text);
	g_assert_cmpuint(event->call, ==, call);
	g_assert_cmpint(event->call_ended.reason, ==, reason);
	g_assert_cmpuint(event->call_ended.code, ==, code);
}

/* An in-dialog request of the peer, who called: the tag is in answer's To. */
static void send_in_dialog(SipRig *rig, const char *method, const char *call_id, guint cseq,
			   const char *answer, const char *headers)
{
	g_autofree char *to = sip_header(answer, "To");
	g_autofree char *text = g_strdup_printf(
		"%s %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bK%s%s%u;rport\r\n"
		"From: \"Bob\" <sip:bob@sip.test>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\n"
		"CSeq: %u %s\r\nMax-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
		method, rig->contact, "UDP", sip_peer_port(rig->peer), call_id, method, cseq,
		call_id, to, call_id, cseq, method, headers);

	sip_peer_send(rig->peer, text);
}

/* --- incoming -------------------------------------------------------------------------------- */

static void test_incoming(void)
{
	SipRig rig;
	const CusaxEvent *event;
	guint64 call, op;
	g_autofree char *invite = NULL;
	g_autofree char *answer = NULL;
	g_autofree char *bye = NULL;

	sip_rig_begin(&rig);
	invite = sip_invite(rig.peer, rig.contact, "in1",
			    "Call-Info: <http://sip.test/b.png>;purpose=icon, "
			    "<xmpp:bob@xmpp.test>;Purpose=IMPP\r\n"
			    "P-Asserted-Identity: <sip:mallory@sip.test>\r\n",
			    sip_sdp);
	sip_peer_send(rig.peer, invite);
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING);
	call = event->call;
	g_assert_cmpstr(event->call_incoming.uri, ==, "sip:bob@sip.test");
	g_assert_cmpstr(event->call_incoming.name, ==, "Bob");
	g_assert_cmpstr(event->call_incoming.impp[0], ==, "xmpp:bob@xmpp.test");
	g_assert_null(event->call_incoming.impp[1]);
	/* Not over TLS, so not proven to come from the proxy. */
	g_assert_null(event->call_incoming.asserted_uri);
	g_assert_true(event->call_incoming.audio);
	g_assert_false(event->call_incoming.anonymous);
	op = sip_rig_operate(&rig, CUSAX_OPERATION_ACCEPT, call);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 200");
	g_assert_nonnull(strstr(answer, "m=audio"));
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	send_in_dialog(&rig, "ACK", "in1", 1, answer, "");
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_ANSWERED)->call, ==, call);
	send_in_dialog(&rig, "BYE", "in1", 2, answer,
		       "Reason: Q.850;cause=16;text=\"Had enough\"\r\n");
	bye = sip_peer_expect(rig.peer, "SIP/2.0 200");
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED);
	g_assert_cmpint(event->call_ended.reason, ==, CUSAX_END_REMOTE_HANGUP);
	g_assert_cmpstr(event->call_ended.text, ==, "Had enough");
	sip_rig_leave(&rig);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_ENDED), ==, 0);
	sip_rig_clear(&rig);
}

static void test_incoming_without_offer(void)
{
	SipRig rig;
	guint64 call;
	g_autofree char *invite = NULL;
	g_autofree char *answer = NULL;
	g_autofree char *to = NULL;
	g_autofree char *ack = NULL;

	sip_rig_begin(&rig);
	invite = sip_invite(rig.peer, rig.contact, "late", "", NULL);
	sip_peer_send(rig.peer, invite);
	call = sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call;
	sip_rig_operate(&rig, CUSAX_OPERATION_ACCEPT, call);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 200");
	g_assert_nonnull(strstr(answer, "m=audio"));
	to = sip_header(answer, "To");
	ack = g_strdup_printf("ACK %s SIP/2.0\r\n"
			      "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKlateack;rport\r\n"
			      "From: \"Bob\" <sip:bob@sip.test>;tag=late\r\nTo: %s\r\n"
			      "Call-ID: late\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\n"
			      "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
			      rig.contact, sip_peer_port(rig.peer), to, strlen(sip_sdp), sip_sdp);
	sip_peer_send(rig.peer, ack);
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_ANSWERED)->call, ==, call);
	sip_rig_clear(&rig);
}

static void test_cancel(gconstpointer data)
{
	const char *reason = data;
	SipRig rig;
	guint64 call;
	g_autofree char *cancel = NULL;
	g_autofree char *ok = NULL;
	g_autofree char *terminated = NULL;

	sip_rig_begin(&rig);
	call = sip_rig_ring(&rig, "cx", "");
	cancel = g_strdup_printf("CANCEL %s SIP/2.0\r\n"
				 "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKcx;rport\r\n"
				 "From: \"Bob\" <sip:bob@sip.test>;tag=cx\r\n"
				 "To: <sip:alice@sip.test>\r\nCall-ID: cx\r\nCSeq: 1 CANCEL\r\n"
				 "Max-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
				 rig.contact, sip_peer_port(rig.peer), reason);
	sip_peer_send(rig.peer, cancel);
	ok = sip_peer_expect(rig.peer, "SIP/2.0 200");
	terminated = sip_peer_expect(rig.peer, "SIP/2.0 487");
	expect_end(&rig, call, *reason ? CUSAX_END_ANSWERED_ELSEWHERE : CUSAX_END_CANCELLED, 487);
	sip_rig_clear(&rig);
}

static void test_decline(gconstpointer data)
{
	guint code = GPOINTER_TO_UINT(data);
	SipRig rig;
	CusaxOperation *operation;
	guint64 call, op;
	g_autofree char *start = g_strdup_printf("SIP/2.0 %u ", code);
	g_autofree char *answer = NULL;

	sip_rig_begin(&rig);
	call = sip_rig_ring(&rig, "decline", "");
	operation = cusax_operation_new(CUSAX_OPERATION_DECLINE, "a1");
	operation->call = call;
	operation->decline.code = code;
	op = sip_rig_submit(&rig, operation);
	answer = sip_peer_expect(rig.peer, start);
	expect_end(&rig, call, CUSAX_END_DECLINED, code);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	op = sip_rig_operate(&rig, CUSAX_OPERATION_ACCEPT, call);
	g_assert_true(sip_rig_done(&rig, op)->done.failed);
	sip_rig_clear(&rig);
}

static void test_refused_alone(void)
{
	SipRig rig;
	CusaxOperation *operation;
	g_autofree char *invite = NULL;
	g_autofree char *answer = NULL;

	sip_rig_begin(&rig);
	rig.silent = TRUE;
	invite = sip_invite(rig.peer, rig.contact, "unwanted", "", sip_sdp);
	sip_peer_send(rig.peer, invite);
	operation = cusax_operation_new(CUSAX_OPERATION_DECLINE, "a1");
	operation->call = sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call;
	operation->decline.code = 486;
	sip_rig_submit(&rig, operation);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 486");
	g_assert_cmpuint(sip_peer_count(rig.peer, "SIP/2.0 1"), ==, 0);
	sip_rig_clear(&rig);
}

static void test_unannounced(void)
{
	SipRig rig;
	gint64 begin = g_get_monotonic_time();
	guint64 call;
	g_autofree char *invite = NULL;
	g_autofree char *trying = NULL;
	g_autofree char *ringing = NULL;

	sip_rig_begin(&rig);
	rig.silent = TRUE;
	invite = sip_invite(rig.peer, rig.contact, "stuck", "", sip_sdp);
	sip_peer_send(rig.peer, invite);
	trying = sip_peer_expect(rig.peer, "SIP/2.0 1");
	g_assert_true(g_str_has_prefix(trying, "SIP/2.0 100 "));
	g_assert_cmpint(g_get_monotonic_time() - begin, >=, 200 * G_TIME_SPAN_MILLISECOND);
	call = sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call;
	sip_rig_operate(&rig, CUSAX_OPERATION_RING, call);
	ringing = sip_peer_expect(rig.peer, "SIP/2.0 180");
	g_assert_false(
		sip_rig_done(&rig, sip_rig_operate(&rig, CUSAX_OPERATION_RING, call))->done.failed);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "SIP/2.0 1"), ==, 2);
	sip_rig_clear(&rig);
}

static void test_too_many(void)
{
	SipRig rig;
	g_autofree char *invite = NULL;
	g_autofree char *busy = NULL;

	sip_rig_begin(&rig);
	for (guint i = 0; i < 4; i++) {
		g_autofree char *call_id = g_strdup_printf("many%u", i);

		sip_rig_ring(&rig, call_id, "");
	}
	invite = sip_invite(rig.peer, rig.contact, "many4", "", sip_sdp);
	sip_peer_send(rig.peer, invite);
	busy = sip_peer_expect(rig.peer, "SIP/2.0 486");
	g_assert_cmpuint(sip_rig_refused(&rig, "too-many-calls"), ==, 1);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_INCOMING), ==, 0);
	sip_rig_clear(&rig);
}

static void test_bad_offers(gconstpointer data)
{
	static const struct {
		const char *type, *body, *status;
	} rows[] = {
		{ "application/sdp", "nonsense", "SIP/2.0 4" },
		{ "application/sdp",
		  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		  "m=audio 9 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n",
		  "SIP/2.0 488" },
		{ "text/plain", "hello", "SIP/2.0 415" },
	};
	guint row = GPOINTER_TO_UINT(data);
	SipRig rig;
	g_autofree char *headers = g_strdup_printf("Content-Type: %s\r\n", rows[row].type);
	g_autofree char *invite = NULL;
	g_autofree char *whole = NULL;
	g_autofree char *answer = NULL;
	g_auto(GStrv) parts = NULL;
	g_autofree char *length = g_strdup_printf("Content-Length: %zu", strlen(rows[row].body));

	sip_rig_begin(&rig);
	invite = sip_invite(rig.peer, rig.contact, "bad", headers, NULL);
	parts = g_strsplit(invite, "Content-Length: 0", 2);
	whole = g_strconcat(parts[0], length, parts[1], rows[row].body, NULL);
	sip_peer_send(rig.peer, whole);
	answer = sip_peer_expect(rig.peer, rows[row].status);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_INCOMING), ==, 0);
	sip_rig_clear(&rig);
}

/* --- outgoing -------------------------------------------------------------------------------- */

static void test_outgoing(void)
{
	SipRig rig;
	guint64 call = cusax_id_next(), op;
	g_autofree char *invite = NULL;
	g_autofree char *call_info = NULL;
	g_autofree char *ack = NULL;
	g_autofree char *bye = NULL;

	sip_rig_begin(&rig);
	op = place(&rig, call);
	invite = sip_peer_expect(rig.peer, "INVITE sip:bob@sip.test SIP/2.0\r\n");
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	call_info = sip_header(invite, "Call-Info");
	g_assert_cmpstr(call_info, ==, "<xmpp:al%20ice@xmpp.test>;purpose=impp");
	sip_peer_reply(rig.peer, invite, "100 Trying", NULL, NULL);
	sip_peer_reply(rig.peer, invite, "180 Ringing", NULL, NULL);
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_RINGING)->call_ringing.code, ==,
			 180);
	sip_peer_reply(rig.peer, invite, "200 OK",
		       "Contact: <sip:bob@127.0.0.1:9>\r\n"
		       "Record-Route: <sip:127.0.0.1;lr>\r\n",
		       sip_sdp);
	(void)ack;
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_ANSWERED)->call, ==, call);
	op = sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, call);
	expect_end(&rig, call, CUSAX_END_LOCAL_HANGUP, 0);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	(void)bye;
	sip_rig_clear(&rig);
}

/* Up to the answer, with a route back to the peer. */
static char *answered(SipRig *rig, guint64 call, const char *sdp)
{
	char *invite, *ack;
	g_autofree char *headers =
		g_strdup_printf("Contact: <sip:bob@127.0.0.1:%u>\r\n", sip_peer_port(rig->peer));

	place(rig, call);
	invite = sip_peer_expect(rig->peer, "INVITE ");
	sip_peer_reply(rig->peer, invite, "200 OK", headers, sdp);
	ack = sip_peer_expect(rig->peer, "ACK ");
	g_free(ack);
	sip_rig_expect(rig, CUSAX_EVENT_CALL_ANSWERED);
	return invite;
}

static void test_outgoing_status(gconstpointer data)
{
	static const struct {
		const char *status;
		gboolean rings;
		CusaxEndReason reason;
	} rows[] = {
		{ "486 Busy Here", TRUE, CUSAX_END_BUSY },
		{ "603 Decline", TRUE, CUSAX_END_DECLINED },
		{ "480 Temporarily Unavailable", TRUE, CUSAX_END_NO_ANSWER },
		{ "480 Temporarily Unavailable", FALSE, CUSAX_END_UNREACHABLE },
		{ "408 Request Timeout", FALSE, CUSAX_END_UNREACHABLE },
		{ "404 Not Found", FALSE, CUSAX_END_NOT_FOUND },
		{ "403 Forbidden", FALSE, CUSAX_END_FORBIDDEN },
		{ "488 Not Acceptable Here", FALSE, CUSAX_END_FAILED },
	};
	guint row = GPOINTER_TO_UINT(data);
	SipRig rig;
	guint64 call = cusax_id_next();
	g_autofree char *invite = NULL;
	g_autofree char *ack = NULL;

	sip_rig_begin(&rig);
	place(&rig, call);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	if (rows[row].rings)
		sip_peer_reply(rig.peer, invite, "180 Ringing", NULL, NULL);
	sip_peer_reply(rig.peer, invite, rows[row].status, NULL, NULL);
	ack = sip_peer_expect(rig.peer, "ACK ");
	expect_end(&rig, call, rows[row].reason, (guint)atoi(rows[row].status));
	sip_rig_clear(&rig);
}

/* C89: what the service says of calls to another domain is told in words. */
static void test_refused_abroad(gconstpointer data)
{
	static const struct {
		const char *uri, *status, *headers, *text;
	} rows[] = {
		{ "sip:bob@other.test", "403 Forbidden", NULL,
		  "sip.test does not allow calls to other.test" },
		{ "sip:bob@other.test", "403 Forbidden",
		  "Reason: SIP;cause=403;text=\"Not in your tariff\"\r\n",
		  "sip.test does not allow calls to other.test: Not in your tariff" },
		{ "sip:bob@other.test", "503 Service Unavailable",
		  "Warning: 399 sip.test \"No trunk\"\r\n",
		  "sip.test cannot reach other.test now: No trunk" },
		{ "sip:bob@OTHER.test", "404 Not Found", NULL,
		  "sip.test finds no such address at other.test" },
		{ "sip:bob@sip.test", "403 Forbidden", NULL, "the service does not allow it" },
		{ "sip:+491@sip.test", "484 Address Incomplete", NULL, "the number is incomplete" },
	};
	guint row = GPOINTER_TO_UINT(data);
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_CALL, "a1");
	g_autofree char *invite = NULL;
	g_autofree char *ack = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	operation->call = cusax_id_next();
	operation->place.uri = g_strdup(rows[row].uri);
	sip_rig_submit(&rig, operation);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	sip_peer_reply(rig.peer, invite, rows[row].status, rows[row].headers, NULL);
	ack = sip_peer_expect(rig.peer, "ACK ");
	g_assert_cmpstr(sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED)->call_ended.text, ==,
			rows[row].text);
	sip_rig_clear(&rig);
}

static void test_redirect(void)
{
	SipRig rig;
	guint64 call = cusax_id_next();
	g_autofree char *invite = NULL;
	g_autofree char *headers = NULL;

	sip_rig_begin(&rig);
	place(&rig, call);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	headers =
		g_strdup_printf("Contact: <sip:premium@127.0.0.1:%u>\r\n", sip_peer_port(rig.peer));
	sip_peer_reply(rig.peer, invite, "302 Moved Temporarily", headers, NULL);
	expect_end(&rig, call, CUSAX_END_REFUSED_BY_POLICY, 302);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "INVITE "), ==, 1);
	g_assert_cmpuint(sip_rig_refused(&rig, "redirection"), ==, 1);
	sip_rig_clear(&rig);
}

static void test_hang_up_ringing(void)
{
	SipRig rig;
	guint64 call = cusax_id_next();
	g_autofree char *invite = NULL;
	g_autofree char *cancel = NULL;
	g_autofree char *ack = NULL;

	sip_rig_begin(&rig);
	place(&rig, call);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	sip_peer_reply(rig.peer, invite, "180 Ringing", NULL, NULL);
	sip_rig_expect(&rig, CUSAX_EVENT_CALL_RINGING);
	sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, call);
	expect_end(&rig, call, CUSAX_END_CANCELLED, 487);
	cancel = sip_peer_expect(rig.peer, "CANCEL ");
	sip_peer_reply(rig.peer, cancel, "200 OK", NULL, NULL);
	sip_peer_reply(rig.peer, invite, "487 Request Terminated", NULL, NULL);
	ack = sip_peer_expect(rig.peer, "ACK ");
	sip_rig_clear(&rig);
}

static void test_answer_without_encryption(void)
{
	SipRig rig;
	guint64 call = cusax_id_next();
	g_autofree char *invite = NULL;
	g_autofree char *headers = NULL;
	g_autofree char *bye = NULL;

	sip_rig_init(&rig, FALSE);
	sip_rig_register(&rig, "{'srtp': <'require'>, 'media-encryption': <'dtls'>}");
	place(&rig, call);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	headers = g_strdup_printf("Contact: <sip:bob@127.0.0.1:%u>\r\n", sip_peer_port(rig.peer));
	sip_peer_reply(rig.peer, invite, "200 OK", headers, sip_sdp);
	expect_end(&rig, call, CUSAX_END_REFUSED_BY_POLICY, 488);
	bye = sip_peer_expect(rig.peer, "BYE ");
	sip_rig_clear(&rig);
}

/* --- who gets a digest ----------------------------------------------------------------------- */

#define CHALLENGE(header, nonce, more)                                                             \
	header ": Digest realm=\"sip.test\", nonce=\"" nonce "\", qop=\"auth\"" more "\r\n"

static void test_proxy_challenge(gconstpointer data)
{
	gboolean proxy = GPOINTER_TO_INT(data);
	SipRig rig;
	guint64 call = cusax_id_next();
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *authorization = NULL;
	g_autofree char *headers = NULL;
	g_autofree char *ack = NULL;
	g_autofree char *bye = NULL;

	sip_rig_begin(&rig);
	place(&rig, call);
	first = sip_peer_expect(rig.peer, "INVITE ");
	g_assert_null(sip_header(first, "Authorization"));
	if (proxy) {
		sip_peer_reply(rig.peer, first, "100 Trying", NULL, NULL);
		sip_peer_reply(rig.peer, first, "407 Proxy Authentication Required",
			       CHALLENGE("Proxy-Authenticate", "n7", ""), NULL);
	} else {
		sip_peer_reply(rig.peer, first, "401 Unauthorized",
			       CHALLENGE("WWW-Authenticate", "n7", ""), NULL);
	}
	second = sip_peer_expect(rig.peer, "INVITE ");
	authorization = sip_header(second, proxy ? "Proxy-Authorization" : "Authorization");
	g_assert_nonnull(authorization);
	headers = g_strdup_printf("Contact: <sip:bob@127.0.0.1:%u>\r\n", sip_peer_port(rig.peer));
	sip_peer_reply(rig.peer, second, "200 OK", headers, sip_sdp);
	ack = sip_peer_expect(rig.peer, "ACK ");
	g_assert_null(strstr(ack, "uthorization:"));
	sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, call);
	bye = sip_peer_expect(rig.peer, "BYE ");
	g_assert_null(strstr(bye, "uthorization:"));
	/* The other side asks for our password. */
	sip_peer_reply(rig.peer, bye, "401 Unauthorized", CHALLENGE("WWW-Authenticate", "x", ""),
		       NULL);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "BYE "), ==, 1);
	g_assert_cmpuint(sip_rig_refused(&rig, "no-digest"), ==, 1);
	sip_rig_clear(&rig);
}

static void test_stranger_challenge(gconstpointer data)
{
	static const struct {
		const char *before; /* a response that comes first */
		const char *status;
		const char *challenge;
	} rows[] = {
		{ "180 Ringing", "401 Unauthorized", CHALLENGE("WWW-Authenticate", "x", "") },
		{ "183 Session Progress", "407 Proxy Authentication Required",
		  CHALLENGE("Proxy-Authenticate", "x", "") },
		{ "100 Trying", "401 Unauthorized", CHALLENGE("WWW-Authenticate", "x", "") },
		{ NULL, "401 Unauthorized",
		  "WWW-Authenticate: Digest realm=\"evil.test\", nonce=\"x\"\r\n" },
		{ NULL, "407 Proxy Authentication Required",
		  "Proxy-Authenticate: Digest realm=\"SIP.test\", nonce=\"x\"\r\n" },
		{ NULL, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"sip.test\"\r\n" },
	};
	guint row = GPOINTER_TO_UINT(data);
	SipRig rig;
	guint64 call = cusax_id_next();
	g_autofree char *invite = NULL;

	sip_rig_begin(&rig);
	place(&rig, call);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	if (rows[row].before)
		sip_peer_reply(rig.peer, invite, rows[row].before, NULL, NULL);
	sip_peer_reply(rig.peer, invite, rows[row].status, rows[row].challenge, NULL);
	expect_end(&rig, call, CUSAX_END_FORBIDDEN, (guint)atoi(rows[row].status));
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "INVITE "), ==, 1);
	sip_rig_clear(&rig);
}

static void test_second_challenge(gconstpointer data)
{
	SipRig rig;
	guint64 call = cusax_id_next();
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	sip_rig_begin(&rig);
	place(&rig, call);
	first = sip_peer_expect(rig.peer, "INVITE ");
	sip_peer_reply(rig.peer, first, "407 Proxy Authentication Required",
		       CHALLENGE("Proxy-Authenticate", "n", ""), NULL);
	second = sip_peer_expect(rig.peer, "INVITE ");
	sip_peer_reply(rig.peer, second, "407 Proxy Authentication Required", data, NULL);
	expect_end(&rig, call, CUSAX_END_FORBIDDEN, 407);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "INVITE "), ==, 2);
	sip_rig_clear(&rig);
}

/* --- in a call ------------------------------------------------------------------------------- */

static void test_hold(gconstpointer data)
{
	gboolean accepted = GPOINTER_TO_INT(data);
	SipRig rig;
	guint64 call = cusax_id_next(), op;
	CusaxOperation *operation;
	g_autofree char *invite = NULL;
	g_autofree char *again = NULL;
	g_autofree char *headers = NULL;

	sip_rig_begin(&rig);
	invite = answered(&rig, call, sip_sdp);
	operation = cusax_operation_new(CUSAX_OPERATION_HOLD, "a1");
	operation->call = call;
	operation->toggle.on = TRUE;
	op = sip_rig_submit(&rig, operation);
	again = sip_peer_expect(rig.peer, "INVITE ");
	g_assert_nonnull(strstr(again, "a=sendonly"));
	headers = g_strdup_printf("Contact: <sip:bob@127.0.0.1:%u>\r\n", sip_peer_port(rig.peer));
	if (accepted)
		sip_peer_reply(rig.peer, again, "200 OK", headers, sip_sdp);
	else
		sip_peer_reply(rig.peer, again, "488 Not Acceptable Here", NULL, NULL);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.failed, ==, !accepted);
	/* The call goes on. */
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_ENDED), ==, 0);
	op = sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, call);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	sip_rig_clear(&rig);
}

static void test_keys_by_info(void)
{
	static const char plain[] =
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
	SipRig rig;
	guint64 call = cusax_id_next(), op;
	CusaxOperation *operation;
	g_autofree char *invite = NULL;

	sip_rig_begin(&rig);
	invite = answered(&rig, call, plain);
	operation = cusax_operation_new(CUSAX_OPERATION_DTMF, "a1");
	operation->call = call;
	operation->dtmf.keys = g_strdup("4#");
	op = sip_rig_submit(&rig, operation);
	for (guint i = 0; i < 2; i++) {
		g_autofree char *info = sip_peer_expect(rig.peer, "INFO ");

		g_assert_nonnull(strstr(info, i ? "Signal=#" : "Signal=4"));
		sip_peer_reply(rig.peer, info, "200 OK", NULL, NULL);
	}
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	operation = cusax_operation_new(CUSAX_OPERATION_DTMF, "a1");
	operation->call = call;
	operation->dtmf.keys = g_strdup("4x");
	op = sip_rig_submit(&rig, operation);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_INVALID_ARGUMENT);
	sip_rig_clear(&rig);
}

static void test_leave_with_calls(void)
{
	SipRig rig;
	guint64 out = cusax_id_next(), in, op;
	gint64 start;
	g_autofree char *invite = NULL;
	g_autofree char *refusal G_GNUC_UNUSED = NULL;
	g_autofree char *bye G_GNUC_UNUSED = NULL;
	g_autofree char *gone = NULL;

	sip_rig_begin(&rig);
	invite = answered(&rig, out, sip_sdp);
	in = sip_rig_ring(&rig, "leave", "");
	start = g_get_monotonic_time();
	op = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	g_assert_cmpuint(in, !=, out);
	for (guint i = 0; i < 2; i++)
		sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
	gone = sip_peer_expect(rig.peer, "REGISTER ");
	g_assert_cmpuint(sip_peer_count(rig.peer, "BYE "), >=, 1);
	g_assert_cmpuint(sip_peer_count(rig.peer, "SIP/2.0 480"), >=, 1);
	sip_rig_clear(&rig);
}

static void test_connection_lost(void)
{
	SipRig rig;
	guint64 call = cusax_id_next();
	g_autofree char *invite = NULL;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, NULL);
	place(&rig, call);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	sip_peer_reply(rig.peer, invite, "180 Ringing", NULL, NULL);
	sip_rig_expect(&rig, CUSAX_EVENT_CALL_RINGING);
	sip_peer_drop(rig.peer);
	sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED);
	g_assert_true(sip_rig_expect(&rig, CUSAX_EVENT_CONNECTION)->connection.failed);
	sip_rig_clear(&rig);
}

static void test_not_registered(void)
{
	SipRig rig;
	guint64 op;

	sip_rig_init(&rig, FALSE);
	op = place(&rig, cusax_id_next());
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_NOT_REGISTERED);
	sip_rig_register(&rig, NULL);
	op = sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, 4711);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_NOT_FOUND);
	op = sip_rig_operate(&rig, CUSAX_OPERATION_BLOCK, 0);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_UNSUPPORTED);
	sip_rig_clear(&rig);
}

/* Responses with a byte changed or a run left out, to one call after the other. */
static void test_mutants(void)
{
	static const char *const statuses[] = { "180 Ringing",      "183 Session Progress",
						"200 OK",           "302 Moved",
						"401 Unauthorized", "486 Busy Here" };
	SipRig rig;

	sip_rig_begin(&rig);
	for (guint i = 0; i < 300; i++) {
		guint64 call = cusax_id_next();
		g_autofree char *invite = NULL;
		g_autofree char *headers =
			g_strdup_printf("Contact: <sip:bob@127.0.0.1:%u>\r\n"
					"WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n\", "
					"qop=\"auth\"\r\n",
					sip_peer_port(rig.peer));
		guint64 op;

		place(&rig, call);
		invite = sip_peer_expect(rig.peer, "INVITE ");
		for (guint k = 0; k < 4; k++) {
			g_autofree char *whole = sip_response(
				invite, statuses[g_test_rand_int_range(0, 6)], headers, sip_sdp);
			gsize at = (gsize)g_test_rand_int_range(0, (gint)strlen(whole));

			if (k % 2)
				whole[at] = (char)g_test_rand_int_range(1, 256);
			else
				memmove(whole + at, whole + MIN(at + 9, strlen(whole)),
					strlen(whole + MIN(at + 9, strlen(whole))) + 1);
			sip_peer_send(rig.peer, whole);
		}
		sip_peer_fence(rig.peer);
		op = sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, call);
		(void)sip_rig_done(&rig, op);
	}
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CONNECTION), ==, 0);
	sip_rig_clear(&rig);
}

static void add_rows(const char *prefix, guint n, GTestDataFunc test)
{
	for (guint i = 0; i < n; i++) {
		g_autofree char *path = g_strdup_printf("%s %u", prefix, i);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sip/call/incoming rings, is answered, ends", test_incoming);
	g_test_add_func("/sip/call/incoming without an offer", test_incoming_without_offer);
	g_test_add_data_func("/sip/call/CANCEL", "", test_cancel);
	g_test_add_data_func("/sip/call/CANCEL because another device answered",
			     "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n",
			     test_cancel);
	g_test_add_data_func("/sip/call/decline 603", GUINT_TO_POINTER(603), test_decline);
	g_test_add_data_func("/sip/call/decline 486", GUINT_TO_POINTER(486), test_decline);
	g_test_add_func("/sip/call/T12: who is refused hears no ringing", test_refused_alone);
	g_test_add_func("/sip/call/R2: what is not announced is tried, and does not ring",
			test_unannounced);
	g_test_add_func("/sip/call/the fifth ringing call is busy", test_too_many);
	add_rows("/sip/call/bad offer", 3, test_bad_offers);
	g_test_add_func("/sip/call/C71: outgoing carries Call-Info", test_outgoing);
	add_rows("/sip/call/refused", 8, test_outgoing_status);
	add_rows("/sip/call/C89: a refusal in words", 6, test_refused_abroad);
	g_test_add_func("/sip/call/R15: a redirection is not followed", test_redirect);
	g_test_add_func("/sip/call/hang up while it rings", test_hang_up_ringing);
	g_test_add_func("/sip/call/R16: an answer without encryption under require",
			test_answer_without_encryption);
	g_test_add_data_func("/sip/call/R7: the proxy's 401 is answered once", GINT_TO_POINTER(0),
			     test_proxy_challenge);
	g_test_add_data_func("/sip/call/R7: the proxy's 407 is answered once", GINT_TO_POINTER(1),
			     test_proxy_challenge);
	add_rows("/sip/call/R7: no digest for a stranger", 6, test_stranger_challenge);
	g_test_add_data_func("/sip/call/R7: no second digest",
			     CHALLENGE("Proxy-Authenticate", "x", ""), test_second_challenge);
	g_test_add_data_func("/sip/call/R7: no second digest because of stale",
			     CHALLENGE("Proxy-Authenticate", "x", ", stale=true"),
			     test_second_challenge);
	g_test_add_data_func("/sip/call/hold", GINT_TO_POINTER(1), test_hold);
	g_test_add_data_func("/sip/call/hold refused", GINT_TO_POINTER(0), test_hold);
	g_test_add_func("/sip/call/keys by INFO", test_keys_by_info);
	g_test_add_func("/sip/call/leaving ends calls within 2 s", test_leave_with_calls);
	g_test_add_func("/sip/call/a lost connection ends calls", test_connection_lost);
	g_test_add_func("/sip/call/operations without an account or call", test_not_registered);
	g_test_add_func("/sip/call/R12: mutated responses do no harm", test_mutants);
	return g_test_run();
}

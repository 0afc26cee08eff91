/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text messages by SIP against a scripted peer, both ways, and features that are switched off. */
/* The test's main thread. */
#include <string.h>

#include "tests/wire/sip-peer.h"

static guint64 send_text(SipRig *rig, const char *id, const char *text)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_SEND_MESSAGE, "a1");

	operation->send_message.address = g_strdup("sip:bob@sip.test");
	operation->send_message.message = g_strdup(id);
	operation->send_message.text = g_strdup(text);
	return sip_rig_submit(rig, operation);
}

static void switch_off(SipRig *rig, CusaxFeatures disabled)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_FEATURES, "a1");

	operation->features.disabled = disabled;
	g_assert_false(sip_rig_done(rig, sip_rig_submit(rig, operation))->done.failed);
}

static const CusaxEvent *expect_state(SipRig *rig, const char *id, CusaxDelivery delivery)
{
	const CusaxEvent *event = sip_rig_expect(rig, CUSAX_EVENT_MESSAGE_STATE);

	g_assert_cmpstr(event->message_state.id, ==, id);
	g_assert_cmpstr(event->message_state.address, ==, "sip:bob@sip.test");
	g_assert_cmpint(event->message_state.delivery, ==, delivery);
	return event;
}

/* A MESSAGE of bob; branch and Call-ID are the row's. */
static void say(SipRig *rig, const char *call_id, const char *branch, const char *headers,
		const char *body)
{
	g_autofree char *text = g_strdup_printf(
		"MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bK%s;rport\r\n"
		"From: \"Bob\" <sip:Bob@SIP.test;user=ip>;tag=b\r\nTo: <sip:alice@sip.test>\r\n"
		"Call-ID: %s\r\nCSeq: 7 MESSAGE\r\nMax-Forwards: 70\r\n%sContent-Length: "
		"%zu\r\n\r\n%s",
		rig->contact, strstr(rig->contact, "transport=tcp") ? "TCP" : "UDP",
		sip_peer_port(rig->peer), branch, call_id, headers, strlen(body), body);

	sip_peer_send(rig->peer, text);
}

#define PLAIN "Content-Type: text/plain;charset=UTF-8\r\n"

/* --- out ------------------------------------------------------------------------------------- */

static void test_send(gconstpointer data)
{
	gboolean kept = GPOINTER_TO_INT(data);
	const char *text = "Gr\xc3\xbc\xc3\x9f"
			   "e, 100 %s \xf0\x9f\x98\x80";
	g_autofree char *request = NULL;
	g_autofree char *type = NULL;
	g_autofree char *to = NULL;
	SipRig rig;
	guint64 op;

	sip_rig_begin(&rig);
	op = send_text(&rig, "m1", text);
	request = sip_peer_expect(rig.peer, "MESSAGE sip:bob@sip.test SIP/2.0");
	type = sip_header(request, "Content-Type");
	to = sip_header(request, "To");
	g_assert_cmpstr(type, ==, "text/plain;charset=UTF-8");
	g_assert_cmpstr(to, ==, "<sip:bob@sip.test>");
	g_assert_null(sip_header(request, "Contact")); /* RFC 3428 §4 */
	g_assert_cmpstr(strstr(request, "\r\n\r\n") + 4, ==, text);
	expect_state(&rig, "m1", CUSAX_DELIVERY_SENT);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	sip_peer_reply(rig.peer, request, kept ? "202 Accepted" : "200 OK", NULL, NULL);
	expect_state(&rig, "m1", kept ? CUSAX_DELIVERY_SERVER : CUSAX_DELIVERY_DELIVERED);
	sip_rig_leave(&rig);
	sip_rig_clear(&rig);
}

static void test_challenge(void)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *first_id = NULL;
	g_autofree char *second_id = NULL;
	g_autofree char *answer = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	send_text(&rig, "m1", "hello");
	first = sip_peer_expect(rig.peer, "MESSAGE ");
	g_assert_null(sip_header(first, "Proxy-Authorization"));
	sip_peer_reply(rig.peer, first, "407 Proxy Authentication Required",
		       "Proxy-Authenticate: Digest realm=\"sip.test\", nonce=\"n2\", "
		       "algorithm=MD5, qop=\"auth\"\r\n",
		       NULL);
	second = sip_peer_expect(rig.peer, "MESSAGE ");
	answer = sip_header(second, "Proxy-Authorization");
	g_assert_nonnull(answer);
	first_id = sip_header(first, "Call-ID");
	second_id = sip_header(second, "Call-ID");
	g_assert_cmpstr(first_id, ==, second_id);
	sip_peer_reply(rig.peer, second, "200 OK", NULL, NULL);
	expect_state(&rig, "m1", CUSAX_DELIVERY_SENT);
	expect_state(&rig, "m1", CUSAX_DELIVERY_DELIVERED);
	sip_rig_clear(&rig);
}

/* R7: the realm is not the account's, or it asks a second time. */
static void test_stranger_challenge(gconstpointer data)
{
	gboolean twice = GPOINTER_TO_INT(data);
	const char *own = "Proxy-Authenticate: Digest realm=\"sip.test\", nonce=\"n2\", "
			  "algorithm=MD5, qop=\"auth\"\r\n";
	g_autofree char *first = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	send_text(&rig, "m1", "hello");
	first = sip_peer_expect(rig.peer, "MESSAGE ");
	if (twice) {
		g_autofree char *second = NULL;

		sip_peer_reply(rig.peer, first, "407 Proxy Authentication Required", own, NULL);
		second = sip_peer_expect(rig.peer, "MESSAGE ");
		sip_peer_reply(rig.peer, second, "407 Proxy Authentication Required", own, NULL);
	} else {
		sip_peer_reply(rig.peer, first, "401 Unauthorized",
			       "WWW-Authenticate: Digest realm=\"evil.test\", nonce=\"n2\", "
			       "algorithm=MD5, qop=\"auth\"\r\n",
			       NULL);
	}
	expect_state(&rig, "m1", CUSAX_DELIVERY_SENT);
	g_assert_cmpint(expect_state(&rig, "m1", CUSAX_DELIVERY_FAILED)->message_state.code, ==,
			CUSAX_ERROR_AUTHENTICATION_FAILED);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "MESSAGE "), ==, twice ? 2 : 1);
	sip_rig_clear(&rig);
}

static const struct {
	const char *status, *headers, *words;
	CusaxError code;
} refusals[] = {
	{ "404 Not Found", NULL, "the message was refused: nobody has this address",
	  CUSAX_ERROR_NOT_FOUND },
	{ "403 Forbidden", "Warning: 399 sip.test \"No messages to others\"\r\n",
	  "the message was refused: the service does not allow it: No messages to others",
	  CUSAX_ERROR_REFUSED },
	{ "405 Method Not Allowed", NULL,
	  "the message was refused: the other side does not take this", CUSAX_ERROR_UNSUPPORTED },
	{ "413 Request Entity Too Large", NULL,
	  "the message was refused: it is longer than the other side takes",
	  CUSAX_ERROR_LIMIT_EXCEEDED },
	{ "302 Moved Temporarily", "Contact: <sip:mallory@sip.test>\r\n",
	  "the message was refused: the other side asks for another address: Moved Temporarily",
	  CUSAX_ERROR_FAILED },
	{ "500 Disk Full", NULL, "the message was refused: the service failed: Disk Full",
	  CUSAX_ERROR_FAILED },
	{ "603 Decline", NULL, "the message was refused: the other side declined",
	  CUSAX_ERROR_REFUSED },
};

static void test_refused(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autofree char *request = NULL;
	const CusaxEvent *event;
	SipRig rig;

	sip_rig_begin(&rig);
	send_text(&rig, "m1", "hello");
	request = sip_peer_expect(rig.peer, "MESSAGE ");
	sip_peer_reply(rig.peer, request, refusals[row].status, refusals[row].headers, NULL);
	expect_state(&rig, "m1", CUSAX_DELIVERY_SENT);
	event = expect_state(&rig, "m1", CUSAX_DELIVERY_FAILED);
	g_assert_cmpstr(event->message_state.text, ==, refusals[row].words);
	g_assert_cmpint(event->message_state.code, ==, refusals[row].code);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "MESSAGE "), ==, 1);
	sip_rig_clear(&rig);
}

/* RFC 3428 §8: over UDP no request is larger than 1300 bytes, with its digest too. */
static void test_udp_limit(void)
{
	gboolean refused = FALSE;
	SipRig rig;

	sip_rig_begin(&rig);
	for (guint length = 100; length <= 1400; length += 100) {
		g_autofree char *text = g_strnfill(length, 'a');
		g_autofree char *request = NULL;
		g_autofree char *again = NULL;
		guint64 op = send_text(&rig, "m1", text);
		const CusaxEvent *event = sip_rig_expect(&rig, CUSAX_EVENT_MESSAGE_STATE);

		if (event->message_state.delivery == CUSAX_DELIVERY_FAILED) {
			g_assert_cmpint(event->message_state.code, ==, CUSAX_ERROR_LIMIT_EXCEEDED);
			g_assert_true(sip_rig_done(&rig, op)->done.failed);
			refused = TRUE;
			continue;
		}
		g_assert_false(refused);
		request = sip_peer_expect(rig.peer, "MESSAGE ");
		sip_peer_reply(rig.peer, request, "407 Proxy Authentication Required",
			       "Proxy-Authenticate: Digest realm=\"sip.test\", nonce=\""
			       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
			       "\", algorithm=MD5, qop=\"auth\"\r\n",
			       NULL);
		again = sip_peer_expect(rig.peer, "MESSAGE ");
		g_assert_cmpuint(strlen(again), <=, 1300);
		sip_peer_reply(rig.peer, again, "200 OK", NULL, NULL);
		expect_state(&rig, "m1", CUSAX_DELIVERY_DELIVERED);
	}
	g_assert_true(refused);
	sip_rig_clear(&rig);
}

static void test_tcp_limit(void)
{
	g_autofree char *most = g_strnfill(8192, 'a');
	g_autofree char *more = g_strnfill(8193, 'a');
	g_autofree char *request = NULL;
	SipRig rig;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, NULL);
	send_text(&rig, "m1", most);
	request = sip_peer_expect(rig.peer, "MESSAGE ");
	g_assert_cmpstr(strstr(request, "\r\n\r\n") + 4, ==, most);
	sip_peer_reply(rig.peer, request, "200 OK", NULL, NULL);
	expect_state(&rig, "m1", CUSAX_DELIVERY_SENT);
	expect_state(&rig, "m1", CUSAX_DELIVERY_DELIVERED);
	send_text(&rig, "m2", more);
	g_assert_cmpint(expect_state(&rig, "m2", CUSAX_DELIVERY_FAILED)->message_state.code, ==,
			CUSAX_ERROR_LIMIT_EXCEEDED);
	sip_rig_clear(&rig);
}

/* What has no answer when the connection goes is not called failed: it may have arrived. */
static void test_lost(void)
{
	g_autofree char *request = NULL;
	SipRig rig;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, NULL);
	send_text(&rig, "m1", "hello");
	request = sip_peer_expect(rig.peer, "MESSAGE ");
	expect_state(&rig, "m1", CUSAX_DELIVERY_SENT);
	sip_peer_drop(rig.peer);
	g_assert_true(sip_rig_expect(&rig, CUSAX_EVENT_CONNECTION)->connection.failed);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_MESSAGE_STATE), ==, 0);
	sip_rig_clear(&rig);
}

/* Leaving waits for no answer beyond its deadline. */
static void test_leave(void)
{
	g_autofree char *request = NULL;
	gint64 begin;
	guint64 op;
	SipRig rig;

	sip_rig_begin(&rig);
	send_text(&rig, "m1", "hello");
	request = sip_peer_expect(rig.peer, "MESSAGE ");
	begin = g_get_monotonic_time();
	op = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	g_assert_cmpint(g_get_monotonic_time() - begin, <, 2 * G_USEC_PER_SEC);
	sip_rig_clear(&rig);
}

/* --- in -------------------------------------------------------------------------------------- */

static void test_receive(gconstpointer data)
{
	gboolean tcp = GPOINTER_TO_INT(data);
	const CusaxEvent *event;
	SipRig rig;

	sip_rig_init(&rig, tcp);
	sip_rig_register(&rig, NULL);
	say(&rig, "c1", "b1", PLAIN,
	    "Gr\xc3\xbc\xc3\x9f"
	    "e\r\nund \x07"
	    "mehr");
	g_free(sip_peer_expect(rig.peer, "SIP/2.0 200"));
	event = sip_rig_expect(&rig, CUSAX_EVENT_MESSAGE);
	g_assert_cmpint(event->message.direction, ==, CUSAX_DIRECTION_IN);
	g_assert_cmpstr(event->message.address, ==, "sip:Bob@sip.test");
	g_assert_cmpstr(event->message.text, ==,
			"Gr\xc3\xbc\xc3\x9f"
			"e\nund mehr");
	g_assert_cmpstr(event->message.id, ==, "c1 7");
	g_assert_false(event->message.wants_receipt);
	/* The same again: the transaction (over TCP it is forgotten at once), then another branch of
	 * the same request. */
	say(&rig, "c1", "b1", PLAIN, "again");
	say(&rig, "c1", "b2", PLAIN, "again");
	say(&rig, "c2", "b3", PLAIN, "");
	/* The same person by other words. */
	say(&rig, "c3", "b4", PLAIN "P-Asserted-Identity: <sips:Bob@sip.test:5061>\r\n", "me");
	g_assert_cmpstr(sip_rig_expect(&rig, CUSAX_EVENT_MESSAGE)->message.text, ==, "me");
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_MESSAGE), ==, 0);
	sip_rig_clear(&rig);
}

static const struct {
	const char *name, *headers, *body, *status, *kind;
} bad[] = {
	{ "cpim", "Content-Type: message/cpim\r\n", "From: <sip:x@y>\r\n\r\nhello", "SIP/2.0 415",
	  "message-type" },
	{ "html", "Content-Type: text/html\r\n", "<b>hello</b>", "SIP/2.0 415", "message-type" },
	{ "no type", "", "hello", "SIP/2.0 415", "message-type" },
	{ "another charset", "Content-Type: text/plain;charset=iso-8859-1\r\n", "gr\xfc\xdf",
	  "SIP/2.0 415", "message-type" },
	{ "encoded", PLAIN "Content-Encoding: gzip\r\n", "hello", "SIP/2.0 415", "message-type" },
	{ "a sender whom the proxy contradicts",
	  PLAIN "P-Asserted-Identity: <sip:mallory@sip.test>\r\n", "hello", "SIP/2.0 403",
	  "message-sender" },
	{ "not UTF-8", PLAIN, "gr\xfc\xdf", "SIP/2.0 400", "message-charset" },
};

static void test_bad(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autofree char *answer = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	say(&rig, "c1", "b1", bad[row].headers, bad[row].body);
	answer = sip_peer_expect(rig.peer, bad[row].status);
	if (g_str_has_prefix(answer, "SIP/2.0 415")) {
		g_autofree char *accept = sip_header(answer, "Accept");

		g_assert_cmpstr(accept, ==, "text/plain");
	}
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_refused(&rig, bad[row].kind), ==, 1);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_MESSAGE), ==, 0);
	sip_rig_clear(&rig);
}

static void test_size_in(void)
{
	g_autofree char *most = g_strnfill(8192, 'a');
	g_autofree char *more = g_strnfill(8193, 'a');
	SipRig rig;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, NULL);
	say(&rig, "c1", "b1", PLAIN, most);
	g_free(sip_peer_expect(rig.peer, "SIP/2.0 200"));
	g_assert_cmpstr(sip_rig_expect(&rig, CUSAX_EVENT_MESSAGE)->message.text, ==, most);
	say(&rig, "c2", "b2", PLAIN, more);
	g_free(sip_peer_expect(rig.peer, "SIP/2.0 413"));
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_refused(&rig, "message-too-large"), ==, 1);
	sip_rig_clear(&rig);
}

/* --- switched off ---------------------------------------------------------------------------- */

static char *allow_of_options(SipRig *rig)
{
	static guint serial;
	g_autofree char *answer = NULL;
	g_autofree char *options = g_strdup_printf(
		"OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKo%u;rport\r\n"
		"From: <sip:bob@sip.test>;tag=o\r\nTo: <sip:alice@sip.test>\r\n"
		"Call-ID: options%u\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
		"Content-Length: 0\r\n\r\n",
		rig->contact, sip_peer_port(rig->peer), serial, serial);

	serial++;
	sip_peer_send(rig->peer, options);
	answer = sip_peer_expect(rig->peer, "SIP/2.0 200");
	return sip_header(answer, "Allow");
}

#define ALL "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, MESSAGE"

static void test_messaging_off(void)
{
	g_autofree char *all = NULL;
	g_autofree char *fewer = NULL;
	g_autofree char *again = NULL;
	g_autofree char *answer = NULL;
	g_autofree char *allow = NULL;
	guint64 op;
	SipRig rig;

	sip_rig_begin(&rig);
	all = allow_of_options(&rig);
	g_assert_cmpstr(all, ==, ALL);
	switch_off(&rig, CUSAX_FEATURE_MESSAGING);
	fewer = allow_of_options(&rig);
	g_assert_cmpstr(fewer, ==,
			"INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY");
	say(&rig, "c1", "b1", PLAIN, "hello");
	answer = sip_peer_expect(rig.peer, "SIP/2.0 405");
	allow = sip_header(answer, "Allow");
	g_assert_cmpstr(allow, ==, fewer);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_refused(&rig, "disabled"), ==, 1);
	op = send_text(&rig, "m1", "hello");
	g_assert_cmpint(expect_state(&rig, "m1", CUSAX_DELIVERY_FAILED)->message_state.code, ==,
			CUSAX_ERROR_FEATURE_DISABLED);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_FEATURE_DISABLED);
	/* And back, on the same registration (C18). */
	switch_off(&rig, 0);
	again = allow_of_options(&rig);
	g_assert_cmpstr(again, ==, ALL);
	say(&rig, "c2", "b2", PLAIN, "hello");
	g_assert_cmpstr(sip_rig_expect(&rig, CUSAX_EVENT_MESSAGE)->message.text, ==, "hello");
	g_assert_cmpuint(sip_peer_count(rig.peer, "REGISTER "), ==, 2);
	g_assert_cmpuint(sip_peer_count(rig.peer, "MESSAGE "), ==, 0);
	sip_rig_clear(&rig);
}

static void test_audio_off(void)
{
	CusaxOperation *place = cusax_operation_new(CUSAX_OPERATION_CALL, "a1");
	g_autofree char *allow = NULL;
	g_autofree char *invite = NULL;
	g_autofree char *second = NULL;
	g_autofree char *answer = NULL;
	g_autofree char *told = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	switch_off(&rig, CUSAX_FEATURE_AUDIO);
	allow = allow_of_options(&rig);
	g_assert_cmpstr(allow, ==,
			"ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, MESSAGE");
	invite = sip_invite(rig.peer, rig.contact, "off", "", sip_sdp);
	sip_peer_send(rig.peer, invite);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 405");
	told = sip_header(answer, "Allow");
	g_assert_cmpstr(told, ==, allow);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_INCOMING), ==, 0);
	place->call = cusax_id_next();
	place->place.uri = g_strdup("sip:bob@sip.test");
	g_assert_cmpint(sip_rig_done(&rig, sip_rig_submit(&rig, place))->done.code, ==,
			CUSAX_ERROR_FEATURE_DISABLED);
	switch_off(&rig, 0);
	second = sip_invite(rig.peer, rig.contact, "on", "", sip_sdp);
	sip_peer_send(rig.peer, second);
	sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING);
	g_free(sip_peer_expect(rig.peer, "SIP/2.0 180"));
	g_assert_cmpuint(sip_peer_count(rig.peer, "INVITE "), ==, 0);
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
	g_test_add_data_func("/sip/message/C4: sent and delivered", GINT_TO_POINTER(FALSE),
			     test_send);
	g_test_add_data_func("/sip/message/C4: sent and kept by a server", GINT_TO_POINTER(TRUE),
			     test_send);
	g_test_add_func("/sip/message/C4: the proxy's challenge is answered", test_challenge);
	g_test_add_data_func("/sip/message/R7: no digest for another realm", GINT_TO_POINTER(FALSE),
			     test_stranger_challenge);
	g_test_add_data_func("/sip/message/R7: no second digest", GINT_TO_POINTER(TRUE),
			     test_stranger_challenge);
	add_rows("/sip/message/C4: refused in words", G_N_ELEMENTS(refusals), test_refused);
	g_test_add_func("/sip/message/C4: no more than 1300 bytes over UDP", test_udp_limit);
	g_test_add_func("/sip/message/C4: 8 KiB over TCP", test_tcp_limit);
	g_test_add_func("/sip/message/C4: a lost connection is no refusal", test_lost);
	g_test_add_func("/sip/message/leaving does not wait for an answer", test_leave);
	g_test_add_data_func("/sip/message/C4: received once over UDP", GINT_TO_POINTER(FALSE),
			     test_receive);
	g_test_add_data_func("/sip/message/C4: received once over TCP", GINT_TO_POINTER(TRUE),
			     test_receive);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *path =
			g_strdup_printf("/sip/message/C4: %s is refused", bad[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_bad);
	}
	g_test_add_func("/sip/message/C4: 8 KiB are taken in", test_size_in);
	g_test_add_func("/sip/message/C1, C15, C17, C18: messaging off and on again",
			test_messaging_off);
	g_test_add_func("/sip/message/C17, C18: audio off and on again", test_audio_off);
	return g_test_run();
}

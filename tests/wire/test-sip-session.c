/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions against a scripted peer: branches, early media, races, reliable responses, UPDATE, session
 * timers, transfers. */
/* The test's main thread. */
#include <string.h>

#include "daemon/base/facts.h"
#include "tests/wire/sip-peer.h"

static void expect_remote_held(SipRig *rig, gboolean held)
{
	while (sip_rig_expect(rig, CUSAX_EVENT_CALL_MEDIA)->call_media.remote_held != held)
		;
}

/* --- branches -------------------------------------------------------------------------------- */

static void test_forks(void)
{
	SipRig rig;
	g_autofree char *invite = NULL;
	g_autofree char *first = NULL;
	g_autofree char *again = NULL;
	g_autofree char *second = NULL;
	g_autofree char *bye = NULL;
	g_autofree char *to = NULL;
	guint64 call;

	sip_rig_begin(&rig);
	call = sip_rig_place(&rig);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	sip_rig_reply(&rig, invite, "b1", "180 Ringing", "", NULL);
	sip_rig_reply(&rig, invite, "b2", "183 Session Progress", "", sip_sdp);
	sip_rig_reply(&rig, invite, "b3", "180 Ringing", "", NULL);
	sip_rig_reply(&rig, invite, "b3", "200 OK", "", sip_sdp);
	first = sip_peer_expect(rig.peer, "ACK ");
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_ANSWERED)->call, ==, call);
	/* Its copy is acknowledged again. */
	sip_rig_reply(&rig, invite, "b3", "200 OK", "", sip_sdp);
	again = sip_peer_expect(rig.peer, "ACK ");
	g_assert_cmpstr(first, ==, again);
	/* Another branch answers, too: ACK and BYE. */
	sip_rig_reply(&rig, invite, "b1", "200 OK", "", sip_sdp);
	second = sip_peer_expect(rig.peer, "ACK ");
	to = sip_header(second, "To");
	g_assert_nonnull(strstr(to, ";tag=b1"));
	bye = sip_peer_expect(rig.peer, "BYE ");
	g_free(to);
	to = sip_header(bye, "To");
	g_assert_nonnull(strstr(to, ";tag=b1"));
	sip_peer_reply(rig.peer, bye, "200 OK", NULL, NULL);
	sip_rig_reply(&rig, invite, "b1", "200 OK", "", sip_sdp);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "BYE "), ==, 1);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_ENDED), ==, 0);
	sip_rig_clear(&rig);
}

static void test_late_answer(void)
{
	SipRig rig;
	g_autofree char *invite = NULL;
	g_autofree char *cancel = NULL;
	g_autofree char *ack = NULL;
	g_autofree char *bye = NULL;
	guint64 call;

	sip_rig_begin(&rig);
	call = sip_rig_place(&rig);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	/* Nothing to be cancelled before the first response (RFC 3261 §9.1). */
	sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, call);
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED)->call_ended.code, ==, 487);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "CANCEL "), ==, 0);
	sip_rig_reply(&rig, invite, "b1", "180 Ringing", "", NULL);
	cancel = sip_peer_expect(rig.peer, "CANCEL ");
	/* The answer crosses it. */
	sip_rig_reply(&rig, invite, "b1", "200 OK", "", sip_sdp);
	sip_peer_reply(rig.peer, cancel, "200 OK", NULL, NULL);
	ack = sip_peer_expect(rig.peer, "ACK ");
	bye = sip_peer_expect(rig.peer, "BYE ");
	sip_peer_reply(rig.peer, bye, "200 OK", NULL, NULL);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_ANSWERED), ==, 0);
	sip_rig_clear(&rig);
}

static void test_early_media(void)
{
	SipRig rig;
	const CusaxEvent *event;
	g_autofree char *invite = NULL;

	sip_rig_begin(&rig);
	sip_rig_place(&rig);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	sip_rig_reply(&rig, invite, "b1", "180 Ringing", "", NULL);
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_RINGING);
	g_assert_false(event->call_ringing.early_media);
	sip_rig_reply(&rig, invite, "b1", "183 Session Progress", "", sip_sdp);
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_MEDIA);
	g_assert_cmpstr(event->call_media.codec, ==, "PCMU/8000");
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_RINGING);
	g_assert_true(event->call_ringing.early_media);
	sip_rig_clear(&rig);
}

/* --- reliable provisional responses (RFC 3262) ------------------------------------------------ */

static void test_prack(void)
{
	SipRig rig;
	g_autofree char *invite = NULL;
	g_autofree char *prack = NULL;
	g_autofree char *next = NULL;
	g_autofree char *rack = NULL;
	g_autofree char *supported = NULL;
	g_autofree char *ack = NULL;

	sip_rig_begin(&rig);
	sip_rig_place(&rig);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	supported = sip_header(invite, "Supported");
	g_assert_nonnull(strstr(supported, "100rel"));
	sip_rig_reply(&rig, invite, "b1", "183 Session Progress", "Require: 100rel\r\nRSeq: 7\r\n",
		      sip_sdp);
	prack = sip_peer_expect(rig.peer, "PRACK ");
	rack = sip_header(prack, "RAck");
	g_assert_true(g_str_has_prefix(rack, "7 ") && g_str_has_suffix(rack, " INVITE"));
	sip_peer_reply(rig.peer, prack, "200 OK", NULL, NULL);
	/* Again, and out of turn: neither counts. */
	sip_rig_reply(&rig, invite, "b1", "183 Session Progress", "Require: 100rel\r\nRSeq: 7\r\n",
		      sip_sdp);
	sip_rig_reply(&rig, invite, "b1", "180 Ringing", "Require: 100rel\r\nRSeq: 9\r\n", NULL);
	sip_rig_reply(&rig, invite, "b1", "180 Ringing", "Require: 100rel\r\nRSeq: 8\r\n", NULL);
	next = sip_peer_expect(rig.peer, "PRACK ");
	g_free(rack);
	rack = sip_header(next, "RAck");
	g_assert_true(g_str_has_prefix(rack, "8 "));
	sip_peer_reply(rig.peer, next, "200 OK", NULL, NULL);
	/* The answer came reliably: the 200 need not hold it. */
	sip_rig_reply(&rig, invite, "b1", "200 OK", "", NULL);
	ack = sip_peer_expect(rig.peer, "ACK ");
	sip_rig_expect(&rig, CUSAX_EVENT_CALL_ANSWERED);
	g_assert_cmpuint(sip_peer_count(rig.peer, "PRACK "), ==, 2);
	sip_rig_clear(&rig);
}

/* Bob calls and demands 100rel. */
static void test_ring_reliably(void)
{
	SipRig rig;
	g_autofree char *invite = NULL;
	g_autofree char *ringing = NULL;
	g_autofree char *copy = NULL;
	g_autofree char *rseq = NULL;
	g_autofree char *wrong = NULL;
	g_autofree char *right = NULL;
	g_autofree char *refused = NULL;
	g_autofree char *answer = NULL;
	g_auto(SipDialog) dialog = { .cseq = 1, .call_id = g_strdup("rel") };
	guint64 call;

	sip_rig_begin(&rig);
	invite = sip_invite(rig.peer, rig.contact, "rel", "Require: 100rel\r\n", sip_sdp);
	sip_peer_send(rig.peer, invite);
	call = sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call;
	ringing = sip_peer_expect(rig.peer, "SIP/2.0 180");
	copy = sip_peer_expect(rig.peer, "SIP/2.0 180");
	g_assert_cmpstr(ringing, ==, copy);
	rseq = sip_header(ringing, "RSeq");
	dialog.local = g_strdup("\"Bob\" <sip:bob@sip.test>;tag=rel");
	dialog.remote = sip_header(ringing, "To");
	wrong = g_strdup("RAck: 1 2 INVITE\r\n");
	sip_rig_request(&rig, &dialog, "PRACK", wrong, NULL, NULL);
	refused = sip_peer_expect(rig.peer, "SIP/2.0 481");
	right = g_strdup_printf("RAck: %s 1 INVITE\r\n", rseq);
	sip_rig_request(&rig, &dialog, "PRACK", right, NULL, NULL);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 200");
	sip_rig_operate(&rig, CUSAX_OPERATION_ACCEPT, call);
	g_free(answer);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 200");
	g_assert_nonnull(strstr(answer, "m=audio"));
	sip_rig_clear(&rig);
}

/* --- changes ---------------------------------------------------------------------------------- */

static guint64 hold(SipRig *rig, guint64 call, gboolean on)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_HOLD, "a1");

	operation->call = call;
	operation->toggle.on = on;
	return sip_rig_submit(rig, operation);
}

static void test_glare(void)
{
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	g_autofree char *mine = NULL;
	g_autofree char *refused = NULL;
	g_autofree char *ack = NULL;
	g_autofree char *again = NULL;
	gint64 start;
	guint64 call, op;

	sip_rig_begin(&rig);
	call = sip_rig_stand(&rig, "", &dialog);
	op = hold(&rig, call, TRUE);
	mine = sip_peer_expect(rig.peer, "INVITE ");
	/* Bob changes something at the same moment (RFC 3261 §14.2). */
	sip_rig_request(&rig, &dialog, "INVITE", "", "application/sdp", sip_sdp);
	refused = sip_peer_expect(rig.peer, "SIP/2.0 491");
	sip_peer_reply(rig.peer, mine, "491 Request Pending", NULL, NULL);
	ack = sip_peer_expect(rig.peer, "ACK ");
	start = g_get_monotonic_time();
	again = sip_peer_expect(rig.peer, "INVITE ");
	/* §14.1: whoever made the Call-ID waits 2.1 to 4 s. */
	g_assert_cmpint(g_get_monotonic_time() - start, >=, 2000 * 1000);
	g_assert_cmpint(g_get_monotonic_time() - start, <=, 5000 * 1000);
	g_assert_nonnull(strstr(again, "a=sendonly"));
	sip_rig_reply(&rig, again, "b1", "200 OK", "", sip_sdp);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	sip_rig_clear(&rig);
}

static void test_their_change(void)
{
	static const char held[] =
		"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n";
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	g_autofree char *answer = NULL;
	g_autofree char *copy = NULL;
	g_autofree char *later = NULL;
	g_autofree char *update = NULL;
	g_autofree char *bad = NULL;
	g_autofree char *mine = NULL;
	guint64 call, op;

	sip_rig_begin(&rig);
	call = sip_rig_stand(&rig, "", &dialog);
	sip_rig_request(&rig, &dialog, "INVITE", "", "application/sdp", held);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 200");
	g_assert_nonnull(strstr(answer, "a=recvonly"));
	expect_remote_held(&rig, TRUE);
	/* Sent again until it is acknowledged; ours waits for that. */
	op = hold(&rig, call, TRUE);
	copy = sip_peer_expect(rig.peer, "SIP/2.0 200");
	g_assert_cmpstr(answer, ==, copy);
	/* A second one before the ACK: later (§14.2). */
	sip_rig_request(&rig, &dialog, "INVITE", "", "application/sdp", held);
	later = sip_peer_expect(rig.peer, "SIP/2.0 500");
	g_assert_nonnull(strstr(later, "Retry-After: "));
	g_assert_cmpuint(sip_peer_count(rig.peer, "INVITE "), ==, 1);
	dialog.cseq--;
	sip_rig_request(&rig, &dialog, "ACK", "", NULL, NULL);
	dialog.cseq++;
	mine = sip_peer_expect(rig.peer, "INVITE ");
	sip_rig_reply(&rig, mine, "b1", "200 OK", "", held);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	/* RFC 3311 */
	sip_rig_request(&rig, &dialog, "UPDATE", "", "application/sdp", sip_sdp);
	update = sip_peer_expect(rig.peer, "SIP/2.0 200");
	g_assert_nonnull(strstr(update, "m=audio"));
	expect_remote_held(&rig, FALSE);
	sip_rig_request(&rig, &dialog, "UPDATE", "", "application/sdp", "nonsense");
	bad = sip_peer_expect(rig.peer, "SIP/2.0 488");
	sip_rig_request(&rig, &dialog, "UPDATE", "", NULL, NULL);
	g_free(update);
	update = sip_peer_expect(rig.peer, "SIP/2.0 200");
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_ENDED), ==, 0);
	sip_rig_clear(&rig);
}

/* The dialog is gone at the other side: so is the call. */
static void test_gone(void)
{
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	g_autofree char *mine = NULL;
	guint64 call, op;

	sip_rig_begin(&rig);
	call = sip_rig_stand(&rig, "", &dialog);
	op = hold(&rig, call, TRUE);
	mine = sip_peer_expect(rig.peer, "INVITE ");
	sip_peer_reply(rig.peer, mine, "481 Call Does Not Exist", NULL, NULL);
	g_assert_true(sip_rig_done(&rig, op)->done.failed);
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED)->call, ==, call);
	sip_rig_clear(&rig);
}

/* --- session timers (RFC 4028) ---------------------------------------------------------------- */

static void test_refresh(gconstpointer data)
{
	gboolean update = GPOINTER_TO_INT(data);
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	g_autofree char *refresh = NULL;
	g_autofree char *expires = NULL;

	sip_rig_begin(&rig);
	sip_rig_stand(
		&rig,
		update ? "Session-Expires: 4;refresher=uac\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n"
		       : "Session-Expires: 4;refresher=uac\r\nAllow: INVITE, ACK, BYE\r\n",
		&dialog);
	refresh = sip_peer_expect(rig.peer, update ? "UPDATE " : "INVITE ");
	expires = sip_header(refresh, "Session-Expires");
	g_assert_cmpstr(expires, ==, "4;refresher=uac");
	sip_rig_reply(&rig, refresh, "b1", "200 OK", "Session-Expires: 4;refresher=uac\r\n",
		      update ? NULL : sip_sdp);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_ENDED), ==, 0);
	sip_rig_clear(&rig);
}

static void test_expiry(void)
{
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	const CusaxEvent *event;
	g_autofree char *bye = NULL;

	sip_rig_begin(&rig);
	sip_rig_stand(&rig, "Session-Expires: 4;refresher=uas\r\n", &dialog);
	/* Bob is to refresh and does not. */
	bye = sip_peer_expect(rig.peer, "BYE ");
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED);
	g_assert_cmpint(event->call_ended.reason, ==, CUSAX_END_FAILED);
	g_assert_cmpstr(event->call_ended.text, ==, "the other side is gone");
	sip_rig_clear(&rig);
}

static void test_interval(void)
{
	SipRig rig;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *expires = NULL;
	g_autofree char *min = NULL;
	g_autofree char *invite = NULL;
	g_autofree char *answer = NULL;

	sip_rig_begin(&rig);
	sip_rig_place(&rig);
	first = sip_peer_expect(rig.peer, "INVITE ");
	expires = sip_header(first, "Session-Expires");
	g_assert_cmpstr(expires, ==, "1800");
	sip_rig_reply(&rig, first, "b1", "422 Session Interval Too Small", "Min-SE: 3600\r\n",
		      NULL);
	second = sip_peer_expect(rig.peer, "INVITE ");
	min = sip_header(second, "Min-SE");
	g_free(expires);
	expires = sip_header(second, "Session-Expires");
	g_assert_cmpstr(min, ==, "3600");
	g_assert_cmpstr(expires, ==, "3600");
	/* Bob calls with a timer: he refreshes. */
	invite = sip_invite(rig.peer, rig.contact, "timer",
			    "Supported: timer\r\nSession-Expires: 200\r\n", sip_sdp);
	sip_peer_send(rig.peer, invite);
	sip_rig_operate(&rig, CUSAX_OPERATION_ACCEPT,
			sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 200");
	g_free(expires);
	expires = sip_header(answer, "Session-Expires");
	g_assert_cmpstr(expires, ==, "200;refresher=uac");
	sip_rig_clear(&rig);
}

/* --- transfers -------------------------------------------------------------------------------- */

static void notify(SipRig *rig, SipDialog *dialog, const char *state, const char *body)
{
	g_autofree char *headers =
		g_strdup_printf("Event: refer\r\nSubscription-State: %s\r\n", state);
	g_autofree char *answer = NULL;

	sip_rig_request(rig, dialog, "NOTIFY", headers, "message/sipfrag;version=2.0", body);
	answer = sip_peer_expect(rig->peer, "SIP/2.0 200");
}

static CusaxOperation *transfer(guint64 call, const char *uri, guint64 other)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_TRANSFER, "a1");

	operation->call = call;
	operation->transfer.uri = g_strdup(uri);
	operation->transfer.other = other;
	return operation;
}

static void test_transfer(void)
{
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	const CusaxEvent *event;
	g_autofree char *refer = NULL;
	g_autofree char *to = NULL;
	g_autofree char *by = NULL;
	g_autofree char *again = NULL;
	guint64 call, op;

	sip_rig_begin(&rig);
	call = sip_rig_stand(&rig, "", &dialog);
	op = sip_rig_submit(&rig, transfer(call, "sip:carol@sip.test", 0));
	refer = sip_peer_expect(rig.peer, "REFER ");
	to = sip_header(refer, "Refer-To");
	by = sip_header(refer, "Referred-By");
	g_assert_cmpstr(to, ==, "<sip:carol@sip.test>");
	g_assert_cmpstr(by, ==, "<sip:alice@sip.test>");
	sip_peer_reply(rig.peer, refer, "202 Accepted", NULL, NULL);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	g_assert_false(sip_rig_expect(&rig, CUSAX_EVENT_CALL_TRANSFERRED)->call_transferred.over);
	/* One at a time. */
	op = sip_rig_submit(&rig, transfer(call, "sip:dave@sip.test", 0));
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_WRONG_STATE);
	notify(&rig, &dialog, "active;expires=60", "SIP/2.0 180 Ringing\r\n");
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_TRANSFERRED);
	g_assert_cmpuint(event->call_transferred.code, ==, 180);
	notify(&rig, &dialog, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_TRANSFERRED);
	g_assert_cmpuint(event->call_transferred.code, ==, 200);
	g_assert_true(event->call_transferred.over);
	sip_rig_request(&rig, &dialog, "NOTIFY", "Event: refer\r\nSubscription-State: active\r\n",
			NULL, NULL);
	again = sip_peer_expect(rig.peer, "SIP/2.0 481");
	sip_rig_clear(&rig);
}

static void test_transfer_refused(void)
{
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	g_autofree char *refer = NULL;
	guint64 call, op;

	sip_rig_begin(&rig);
	call = sip_rig_stand(&rig, "", &dialog);
	op = sip_rig_submit(&rig, transfer(call, "sip:carol@sip.test", 0));
	refer = sip_peer_expect(rig.peer, "REFER ");
	sip_peer_reply(rig.peer, refer, "603 Decline", NULL, NULL);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_REFUSED);
	/* Nobody is asked for a password by somebody in a call. */
	op = sip_rig_submit(&rig, transfer(call, "sip:carol@sip.test", 0));
	g_free(refer);
	refer = sip_peer_expect(rig.peer, "REFER ");
	sip_peer_reply(rig.peer, refer, "407 Proxy Authentication Required",
		       "Proxy-Authenticate: Digest realm=\"sip.test\", nonce=\"x\"\r\n", NULL);
	g_assert_true(sip_rig_done(&rig, op)->done.failed);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "REFER "), ==, 2);
	g_assert_cmpuint(sip_rig_refused(&rig, "no-digest"), ==, 1);
	op = sip_rig_submit(&rig, transfer(call, "tel:+1", 0));
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_INVALID_ARGUMENT);
	op = sip_rig_submit(&rig, transfer(call, NULL, call));
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_WRONG_STATE);
	sip_rig_operate(&rig, CUSAX_OPERATION_HANGUP, call);
	sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED);
	op = sip_rig_submit(&rig, transfer(call, "sip:carol@sip.test", 0));
	g_assert_true(sip_rig_done(&rig, op)->done.failed);
	sip_rig_clear(&rig);
}

static void test_transfer_attended(void)
{
	SipRig rig;
	g_auto(SipDialog) one = { 0 };
	g_auto(SipDialog) two = { 0 };
	g_autofree char *refer = NULL;
	g_autofree char *to = NULL;
	g_autofree char *plain = NULL;
	g_autofree char *wanted = NULL;
	g_autofree char *tag = NULL;
	guint64 call, other;

	sip_rig_begin(&rig);
	call = sip_rig_stand(&rig, "", &one);
	other = sip_rig_stand(&rig, "", &two);
	sip_rig_submit(&rig, transfer(call, NULL, other));
	refer = sip_peer_expect(rig.peer, "REFER ");
	to = sip_header(refer, "Refer-To");
	plain = g_uri_unescape_string(to, NULL);
	tag = sip_param(two.remote, "tag");
	wanted = g_strdup_printf("<sip:bob@sip.test?Replaces=%s;to-tag=b1;from-tag=%s>",
				 two.call_id, tag);
	g_assert_cmpstr(plain, ==, wanted);
	g_assert_null(strstr(to, ";to-tag"));
	sip_rig_clear(&rig);
}

/* Bob asks us to call somebody: nothing is called; he hears what the user makes of it. */
static void test_referred(void)
{
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	const CusaxEvent *event;
	CusaxOperation *tell;
	g_autofree char *accepted = NULL;
	g_autofree char *trying = NULL;
	g_autofree char *final = NULL;
	g_autofree char *state = NULL;
	g_autofree char *pending = NULL;
	guint64 call;

	sip_rig_begin(&rig);
	call = sip_rig_stand(&rig, "", &dialog);
	sip_rig_request(
		&rig, &dialog, "REFER",
		"Refer-To: <sip:premium@evil.test;x=1?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2"
		"&Subject=x>\r\nReferred-By: <sip:bob@sip.test>\r\n",
		NULL, NULL);
	accepted = sip_peer_expect(rig.peer, "SIP/2.0 202");
	event = sip_rig_expect(&rig, CUSAX_EVENT_CALL_REFERRED);
	g_assert_cmpuint(event->call, ==, call);
	g_assert_cmpstr(event->call_referred.uri, ==, "sip:premium@evil.test;x=1");
	g_assert_cmpstr(event->call_referred.replaces, ==, "a@b;to-tag=1;from-tag=2");
	g_assert_cmpstr(event->call_referred.referred_by, ==, "<sip:bob@sip.test>");
	trying = sip_peer_expect(rig.peer, "NOTIFY ");
	g_assert_nonnull(strstr(trying, "\r\n\r\nSIP/2.0 100 "));
	sip_peer_reply(rig.peer, trying, "200 OK", NULL, NULL);
	sip_rig_request(&rig, &dialog, "REFER", "Refer-To: <sip:c@sip.test>\r\n", NULL, NULL);
	pending = sip_peer_expect(rig.peer, "SIP/2.0 491");
	tell = cusax_operation_new(CUSAX_OPERATION_TELL_REFERRER, "a1");
	tell->call = call;
	tell->tell_referrer.code = 603;
	sip_rig_submit(&rig, tell);
	final = sip_peer_expect(rig.peer, "NOTIFY ");
	state = sip_header(final, "Subscription-State");
	g_assert_true(g_str_has_prefix(state, "terminated"));
	g_assert_nonnull(strstr(final, "\r\n\r\nSIP/2.0 603 "));
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "INVITE "), ==, 1);
	sip_rig_clear(&rig);
}

static const char *const bad_targets[] = {
	"",
	"Refer-To: nonsense at all\r\n",
	"Refer-To: <sip:a@b.test;method=BYE>\r\n",
	"Refer-To: <sip:a@b.test>\r\nRefer-To: <sip:c@b.test>\r\n",
	"Refer-To: <sip:a@b.test?Replaces=a%0d%0aX:%20y>\r\n",
};

static void test_bad_target(gconstpointer data)
{
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	g_autofree char *answer = NULL;

	sip_rig_begin(&rig);
	sip_rig_stand(&rig, "", &dialog);
	sip_rig_request(&rig, &dialog, "REFER", data, NULL, NULL);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 400");
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_REFERRED), ==, 0);
	sip_rig_clear(&rig);
}

static void test_replaces(void)
{
	SipRig rig;
	g_auto(SipDialog) dialog = { 0 };
	g_autofree char *tag = NULL;
	g_autofree char *headers = NULL;
	g_autofree char *early = NULL;
	g_autofree char *invite = NULL;
	g_autofree char *ringing = NULL;
	g_autofree char *refused = NULL;
	guint64 call;

	sip_rig_begin(&rig);
	call = sip_rig_stand(&rig, "", &dialog);
	tag = sip_param(dialog.remote, "tag");
	early = g_strdup_printf("Replaces: %s;to-tag=%s;from-tag=b1;early-only\r\n", dialog.call_id,
				tag);
	invite = sip_invite(rig.peer, rig.contact, "early", early, sip_sdp);
	sip_peer_send(rig.peer, invite);
	refused = sip_peer_expect(rig.peer, "SIP/2.0 486");
	headers = g_strdup_printf("Require: replaces\r\nReplaces: %s;to-tag=%s;from-tag=b1\r\n",
				  dialog.call_id, tag);
	g_free(invite);
	invite = sip_invite(rig.peer, rig.contact, "taker", headers, sip_sdp);
	sip_peer_send(rig.peer, invite);
	/* It rings like any other. */
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call_incoming.replaces,
			 ==, call);
	ringing = sip_peer_expect(rig.peer, "SIP/2.0 180");
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "SIP/2.0 200"), ==, 1); /* the fence */
	sip_rig_clear(&rig);
}

/* RFC 3891 §3: what we are calling may be taken over by whoever was called; what rings here may not. */
static void test_replaces_early(void)
{
	SipRig rig;
	g_autofree char *invite = NULL, *from = NULL, *tag = NULL, *call_id = NULL, *right = NULL;
	g_autofree char *wrong = NULL, *taker = NULL, *refused = NULL, *ringing = NULL;
	guint64 call;

	sip_rig_begin(&rig);
	call = sip_rig_place(&rig);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	from = sip_header(invite, "From");
	tag = sip_param(from, "tag");
	call_id = sip_header(invite, "Call-ID");
	sip_rig_reply(&rig, invite, "b1", "180 Ringing", "", NULL);
	sip_rig_expect(&rig, CUSAX_EVENT_CALL_RINGING);
	wrong = g_strdup_printf("Replaces: %s;to-tag=%s;from-tag=b2\r\n", call_id, tag);
	taker = sip_invite(rig.peer, rig.contact, "other", wrong, sip_sdp);
	sip_peer_send(rig.peer, taker);
	refused = sip_peer_expect(rig.peer, "SIP/2.0 481");
	right = g_strdup_printf("Replaces: %s;to-tag=%s;from-tag=b1;early-only\r\n", call_id, tag);
	g_free(taker);
	taker = sip_invite(rig.peer, rig.contact, "taker", right, sip_sdp);
	sip_peer_send(rig.peer, taker);
	g_assert_cmpuint(sip_rig_expect(&rig, CUSAX_EVENT_CALL_INCOMING)->call_incoming.replaces,
			 ==, call);
	ringing = sip_peer_expect(rig.peer, "SIP/2.0 180");
	/* What rings here was begun by the other side. */
	g_free(tag);
	g_free(from);
	g_free(right);
	g_free(taker);
	g_free(refused);
	from = sip_header(ringing, "To");
	tag = sip_param(from, "tag");
	right = g_strdup_printf("Replaces: taker;to-tag=%s;from-tag=peer\r\n", tag);
	taker = sip_invite(rig.peer, rig.contact, "third", right, sip_sdp);
	sip_peer_send(rig.peer, taker);
	refused = sip_peer_expect(rig.peer, "SIP/2.0 481");
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sip/session/T2: one branch is the call, others go home", test_forks);
	g_test_add_func("/sip/session/T2: an answer that crosses CANCEL is ended",
			test_late_answer);
	g_test_add_func("/sip/session/T2: early media are told", test_early_media);
	g_test_add_func("/sip/session/reliable responses are acknowledged in order", test_prack);
	g_test_add_func("/sip/session/ringing reliably where it must be", test_ring_reliably);
	g_test_add_func("/sip/session/T3: changes that meet are tried again", test_glare);
	g_test_add_func("/sip/session/T3: changes of the other side", test_their_change);
	g_test_add_func("/sip/session/a dialog that is gone ends the call", test_gone);
	g_test_add_data_func("/sip/session/a timer is refreshed by INVITE", GINT_TO_POINTER(FALSE),
			     test_refresh);
	g_test_add_data_func("/sip/session/a timer is refreshed by UPDATE", GINT_TO_POINTER(TRUE),
			     test_refresh);
	g_test_add_func("/sip/session/a timer that runs out ends the call", test_expiry);
	g_test_add_func("/sip/session/intervals are agreed", test_interval);
	g_test_add_func("/sip/session/T5: blind transfer and its progress", test_transfer);
	g_test_add_func("/sip/session/T5: a transfer that is refused", test_transfer_refused);
	g_test_add_func("/sip/session/T5: attended transfer", test_transfer_attended);
	g_test_add_func("/sip/session/T5: a transfer that is asked for calls nobody",
			test_referred);
	for (guint i = 0; i < G_N_ELEMENTS(bad_targets); i++) {
		g_autofree char *path = g_strdup_printf("/sip/session/T5: no call is named, %u", i);

		g_test_add_data_func(path, bad_targets[i], test_bad_target);
	}
	g_test_add_func("/sip/session/T5: Replaces rings and answers nothing", test_replaces);
	g_test_add_func("/sip/session/T5: Replaces of a call that rings there",
			test_replaces_early);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls whose account loses its connection to the proxy: they wait, follow, or end with a reason. */
/* The test's main thread. */
#include <string.h>

#include "daemon/base/facts.h"
#include "tests/wire/sip-peer.h"

/* A call of ours over TCP that stands. */
static guint64 stand(SipRig *rig)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_CALL, "a1");
	guint64 call = cusax_id_next();
	g_autofree char *contact = NULL, *invite = NULL, *ack = NULL;

	sip_rig_init(rig, TRUE);
	sip_rig_register(rig, NULL);
	operation->call = call;
	operation->place.uri = g_strdup("sip:bob@sip.test");
	sip_rig_submit(rig, operation);
	contact = g_strdup_printf("Contact: <sip:bob@127.0.0.1:%u;transport=tcp>\r\n",
				  sip_peer_port(rig->peer));
	invite = sip_peer_expect(rig->peer, "INVITE ");
	sip_peer_reply(rig->peer, invite, "200 OK", contact, sip_sdp);
	ack = sip_peer_expect(rig->peer, "ACK ");
	sip_rig_expect(rig, CUSAX_EVENT_CALL_ANSWERED);
	return call;
}

/* The account comes back by another connection, unasked; the password is still known. */
static void take_back(SipRig *rig)
{
	g_autofree char *first = sip_peer_expect(rig->peer, "REGISTER ");
	g_autofree char *second = NULL, *contact = NULL, *headers = NULL;

	sip_peer_reply(rig->peer, first, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"again\", "
		       "algorithm=MD5, qop=\"auth\"\r\n",
		       NULL);
	second = sip_peer_expect(rig->peer, "REGISTER ");
	g_assert_nonnull(strstr(second, "nonce=\"again\""));
	contact = sip_header(second, "Contact");
	headers = g_strdup_printf("Contact: %s\r\n", contact);
	sip_peer_reply(rig->peer, second, "200 OK", headers, NULL);
	g_free(rig->contact);
	rig->contact = g_strndup(contact + 1, strcspn(contact, ">") - 1);
}

static guint64 hang_up(SipRig *rig, guint64 call)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_HANGUP, "a1");

	operation->call = call;
	return sip_rig_submit(rig, operation);
}

static const CusaxEvent *ended(SipRig *rig, CusaxEndReason reason)
{
	const CusaxEvent *event = sip_rig_expect(rig, CUSAX_EVENT_CALL_ENDED);

	g_assert_cmpint(event->call_ended.reason, ==, reason);
	g_test_message("ended: %s", event->call_ended.text);
	return event;
}

static void test_follows(void)
{
	SipRig rig;
	guint64 call = stand(&rig);
	g_autofree char *old = g_strdup(rig.contact), *invite = NULL, *contact = NULL, *ack = NULL;
	g_autofree char *bye = NULL;

	sip_peer_drop(rig.peer);
	take_back(&rig);
	invite = sip_peer_expect(rig.peer, "INVITE sip:bob@127.0.0.1");
	contact = sip_header(invite, "Contact");
	g_assert_nonnull(strstr(contact, rig.contact));
	g_assert_cmpstr(rig.contact, !=, old);
	sip_peer_reply(rig.peer, invite, "200 OK", NULL, sip_sdp);
	ack = sip_peer_expect(rig.peer, "ACK ");
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_ENDED), ==, 0);
	/* Nobody was told that the account was gone, which it was for a moment. */
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CONNECTION), ==, 0);
	hang_up(&rig, call);
	bye = sip_peer_expect(rig.peer, "BYE ");
	sip_peer_reply(rig.peer, bye, "200 OK", NULL, NULL);
	ended(&rig, CUSAX_END_LOCAL_HANGUP);
	sip_rig_clear(&rig);
}

static void test_refused(void)
{
	SipRig rig;
	g_autofree char *invite = NULL, *bye = NULL;
	const CusaxEvent *event;

	stand(&rig);
	sip_peer_drop(rig.peer);
	take_back(&rig);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	sip_peer_reply(rig.peer, invite, "488 Not Acceptable Here", NULL, NULL);
	event = ended(&rig, CUSAX_END_FAILED);
	g_assert_nonnull(strstr(event->call_ended.text, "did not follow"));
	bye = sip_peer_expect(rig.peer, "BYE ");
	sip_rig_clear(&rig);
}

/* The other side does not know the call any more. */
static void test_gone(void)
{
	SipRig rig;
	g_autofree char *invite = NULL;

	stand(&rig);
	sip_peer_drop(rig.peer);
	take_back(&rig);
	invite = sip_peer_expect(rig.peer, "INVITE ");
	sip_peer_reply(rig.peer, invite, "481 Call Does Not Exist", NULL, NULL);
	sip_rig_expect(&rig, CUSAX_EVENT_CALL_ENDED);
	sip_rig_clear(&rig);
}

/* Hanging up needs no connection; the other side hears of it when there is one. */
static void test_hang_up_meanwhile(void)
{
	SipRig rig;
	guint64 call = stand(&rig);
	g_autofree char *first = NULL, *bye = NULL;

	sip_peer_drop(rig.peer);
	first = sip_peer_expect(rig.peer, "REGISTER ");
	hang_up(&rig, call);
	ended(&rig, CUSAX_END_LOCAL_HANGUP);
	sip_peer_reply(rig.peer, first, "200 OK", "Contact: <sip:x@127.0.0.1>;expires=600\r\n",
		       NULL);
	bye = sip_peer_expect(rig.peer, "BYE ");
	sip_rig_clear(&rig);
}

/* A password that is refused is no matter of time: the call ends with the account. */
static void test_password(void)
{
	SipRig rig;
	const CusaxEvent *event;

	stand(&rig);
	sip_peer_drop(rig.peer);
	for (guint i = 0; i < 2; i++) {
		g_autofree char *request = sip_peer_expect(rig.peer, "REGISTER ");

		sip_peer_reply(rig.peer, request, "401 Unauthorized",
			       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n\", "
			       "algorithm=MD5, qop=\"auth\"\r\n",
			       NULL);
	}
	ended(&rig, CUSAX_END_FAILED);
	event = sip_rig_expect(&rig, CUSAX_EVENT_CONNECTION);
	g_assert_cmpint(event->connection.state, ==, CUSAX_ACCOUNT_OFFLINE);
	g_assert_cmpint(event->connection.code, ==, CUSAX_ERROR_AUTHENTICATION_FAILED);
	sip_rig_clear(&rig);
}

static void test_leave_meanwhile(void)
{
	SipRig rig;
	g_autofree char *first = NULL;
	guint64 op;

	stand(&rig);
	sip_peer_drop(rig.peer);
	first = sip_peer_expect(rig.peer, "REGISTER ");
	op = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	ended(&rig, CUSAX_END_LOCAL_HANGUP);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sip/move/R26: a call follows to another connection", test_follows);
	g_test_add_func("/sip/move/R26: a call that may not follow ends", test_refused);
	g_test_add_func("/sip/move/R26: a call that is gone there ends", test_gone);
	g_test_add_func("/sip/move/R26: hanging up needs no connection", test_hang_up_meanwhile);
	g_test_add_func("/sip/move/R26: a refused password ends the call", test_password);
	g_test_add_func("/sip/move/leaving while calls wait", test_leave_meanwhile);
	return g_test_run();
}

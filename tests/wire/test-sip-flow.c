/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow to the proxy against a scripted server: asked for life, found dead, replaced. */
/* The test's main thread. */
#include <string.h>

#include "tests/wire/sip-peer.h"

static guint64 check(SipRig *rig)
{
	return sip_rig_submit(rig, cusax_operation_new(CUSAX_OPERATION_CHECK, "a1"));
}

/* The account went down by itself; why. */
static CusaxError lost(SipRig *rig)
{
	const CusaxEvent *event = sip_rig_expect(rig, CUSAX_EVENT_CONNECTION);

	g_assert_cmpint(event->connection.state, ==, CUSAX_ACCOUNT_OFFLINE);
	g_assert_true(event->connection.failed);
	g_test_message("lost: %s", event->connection.text);
	return event->connection.code;
}

static void test_alive(gconstpointer data)
{
	SipRig rig;
	g_autofree char *request = NULL, *contact = NULL, *to = NULL;
	guint64 first, second;

	sip_rig_init(&rig, GPOINTER_TO_INT(data));
	sip_rig_register(&rig, NULL);
	first = check(&rig);
	second = check(&rig);
	request = sip_peer_expect(rig.peer, "REGISTER sip:sip.test SIP/2.0\r\n");
	contact = sip_header(request, "Contact");
	to = sip_header(request, "To");
	g_assert_nonnull(strstr(contact, rig.contact));
	g_assert_nonnull(strstr(contact, "expires=600"));
	g_assert_cmpstr(to, ==, "<sip:alice@sip.test>");
	sip_peer_reply(rig.peer, request, "200 OK", NULL, NULL);
	g_assert_false(sip_rig_done(&rig, first)->done.failed);
	g_assert_false(sip_rig_done(&rig, second)->done.failed);
	sip_rig_leave(&rig);
	sip_rig_clear(&rig);
}

/* The registrar forgot who we are while we slept: then the password is due again. */
static void test_challenged(void)
{
	SipRig rig;
	g_autofree char *request = NULL, *again = NULL, *authorization = NULL;
	guint64 op;

	sip_rig_begin(&rig);
	op = check(&rig);
	request = sip_peer_expect(rig.peer, "REGISTER ");
	sip_peer_reply(rig.peer, request, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"later\", "
		       "algorithm=MD5, qop=\"auth\"\r\n",
		       NULL);
	again = sip_peer_expect(rig.peer, "REGISTER ");
	authorization = sip_header(again, "Authorization");
	g_assert_nonnull(strstr(authorization, "nonce=\"later\""));
	sip_peer_reply(rig.peer, again, "200 OK", NULL, NULL);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	sip_rig_clear(&rig);
}

static void test_dead(gconstpointer data)
{
	SipRig rig;
	guint64 op;
	gint64 start;

	sip_rig_init(&rig, GPOINTER_TO_INT(data));
	sip_rig_register(&rig, NULL);
	start = g_get_monotonic_time();
	op = check(&rig);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_TIMEOUT);
	g_assert_cmpint(lost(&rig), ==, CUSAX_ERROR_TIMEOUT);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 4 * G_USEC_PER_SEC);
	sip_rig_clear(&rig);
}

static void test_refused(void)
{
	SipRig rig;
	g_autofree char *request = NULL;
	guint64 op;

	sip_rig_begin(&rig);
	op = check(&rig);
	request = sip_peer_expect(rig.peer, "REGISTER ");
	sip_peer_reply(rig.peer, request, "503 Service Unavailable", NULL, NULL);
	g_assert_true(sip_rig_done(&rig, op)->done.failed);
	g_assert_cmpint(lost(&rig), ==, CUSAX_ERROR_NOT_REGISTERED);
	sip_rig_clear(&rig);
}

/* RFC 5626 §4.4.1: who answered a ping before and does not now is gone. */
static void test_missing_pong(void)
{
	SipRig rig;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, "{'keepalive': <uint32 2>}");
	sip_peer_send(rig.peer, "\r\n");
	g_assert_cmpint(lost(&rig), ==, CUSAX_ERROR_TIMEOUT);
	sip_rig_clear(&rig);
}

/* The port is another one each time: what the lost connection left would ring nowhere. */
static void test_binding_is_replaced(void)
{
	SipRig rig;
	g_autofree char *old = NULL, *removal = NULL, *contact = NULL;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, NULL);
	old = g_strdup(rig.contact);
	sip_peer_drop(rig.peer);
	g_assert_cmpint(lost(&rig), ==, CUSAX_ERROR_NOT_REGISTERED);
	sip_rig_register(&rig, NULL);
	g_assert_cmpstr(old, !=, rig.contact);
	removal = sip_peer_expect(rig.peer, "REGISTER ");
	contact = sip_header(removal, "Contact");
	g_assert_nonnull(strstr(contact, old));
	g_assert_nonnull(strstr(contact, "expires=0"));
	sip_peer_reply(rig.peer, removal, "200 OK", NULL, NULL);
	sip_rig_leave(&rig);
	sip_rig_clear(&rig);
}

static void test_leave_while_checking(void)
{
	SipRig rig;
	guint64 op;

	sip_rig_begin(&rig);
	op = check(&rig);
	sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_CANCELLED);
	sip_rig_clear(&rig);
}

static void test_offline(void)
{
	SipRig rig;
	guint64 op;

	sip_rig_init(&rig, FALSE);
	op = check(&rig);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_NOT_REGISTERED);
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/sip/flow/R26: a check over udp registers anew", GINT_TO_POINTER(0),
			     test_alive);
	g_test_add_data_func("/sip/flow/R26: a check over tcp registers anew", GINT_TO_POINTER(1),
			     test_alive);
	g_test_add_func("/sip/flow/R26: a check may be challenged", test_challenged);
	g_test_add_data_func("/sip/flow/R26: a dead flow over udp is found", GINT_TO_POINTER(0),
			     test_dead);
	g_test_add_data_func("/sip/flow/R26: a dead flow over tcp is found", GINT_TO_POINTER(1),
			     test_dead);
	g_test_add_func("/sip/flow/R26: a registrar that refuses is lost", test_refused);
	g_test_add_func("/sip/flow/T1: a missing pong is a dead flow", test_missing_pong);
	g_test_add_func("/sip/flow/R26: the binding of a lost connection is removed",
			test_binding_is_replaced);
	g_test_add_func("/sip/flow/leaving ends a check", test_leave_while_checking);
	g_test_add_func("/sip/flow/an account that is offline has no flow", test_offline);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registration against a scripted server: what is sent, what is believed, how it ends. */
/* The test's main thread. */
#include <string.h>

#include "tests/wire/sip-peer.h"

static gboolean is_tcp(gconstpointer data)
{
	return GPOINTER_TO_INT(data);
}

static void expect_failure(SipRig *rig, guint64 op, CusaxError code)
{
	const CusaxEvent *event;

	do
		event = sip_rig_expect(rig, CUSAX_EVENT_CONNECTION);
	while (event->connection.state == CUSAX_ACCOUNT_CONNECTING);
	g_test_message("failed: %s", event->connection.text);
	g_assert_cmpint(event->connection.state, ==, CUSAX_ACCOUNT_OFFLINE);
	g_assert_true(event->connection.failed);
	g_assert_cmpint(event->connection.code, ==, code);
	g_assert_nonnull(event->connection.text);
	if (!op)
		return;
	event = sip_rig_done(rig, op);
	g_assert_true(event->done.failed);
	g_assert_cmpint(event->done.code, ==, code);
}

static void test_register(gconstpointer data)
{
	SipRig rig;

	sip_rig_init(&rig, is_tcp(data));
	sip_rig_register(&rig, NULL);
	sip_rig_leave(&rig);
	g_assert_cmpuint(sip_peer_count(rig.peer, "REGISTER "), ==, 3);
	sip_rig_clear(&rig);
}

static void test_identity(void)
{
	SipRig rig;
	g_autofree char *request = NULL;
	g_autofree char *from = NULL;
	g_autofree char *agent = NULL;

	sip_rig_init(&rig, FALSE);
	sip_rig_connect(&rig, "secret-a", "{'display-name': <'Al \"x\" \\\\ y'>}");
	request = sip_peer_expect(rig.peer, "REGISTER sip:sip.test SIP/2.0\r\n");
	from = sip_header(request, "From");
	agent = sip_header(request, "User-Agent");
	g_assert_true(g_str_has_prefix(from, "\"Al \\\"x\\\" \\\\ y\" <sip:alice@sip.test>;tag="));
	g_assert_cmpstr(agent, ==, "cusaxd/" CUSAX_VERSION);
	sip_rig_clear(&rig);
}

static void test_wrong_password(gconstpointer data)
{
	SipRig rig;
	guint64 op;

	sip_rig_init(&rig, is_tcp(data));
	op = sip_rig_connect(&rig, "wrong", NULL);
	for (guint i = 0; i < 2; i++) {
		g_autofree char *request = sip_peer_expect(rig.peer, "REGISTER ");

		sip_peer_reply(rig.peer, request, "401 Unauthorized",
			       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n\", "
			       "algorithm=MD5, qop=\"auth\"\r\n",
			       NULL);
	}
	expect_failure(&rig, op, CUSAX_ERROR_AUTHENTICATION_FAILED);
	g_assert_cmpuint(sip_peer_count(rig.peer, "REGISTER "), ==, 2);
	sip_rig_clear(&rig);
}

static void test_no_password(void)
{
	SipRig rig;
	g_autofree char *request = NULL;
	guint64 op;

	sip_rig_init(&rig, FALSE);
	op = sip_rig_connect(&rig, NULL, NULL);
	request = sip_peer_expect(rig.peer, "REGISTER ");
	sip_peer_reply(rig.peer, request, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n\"\r\n", NULL);
	expect_failure(&rig, op, CUSAX_ERROR_SECRET_UNAVAILABLE);
	sip_rig_clear(&rig);
}

static void test_status(gconstpointer data)
{
	static const struct {
		const char *status;
		CusaxError code;
	} rows[] = {
		{ "403 Forbidden", CUSAX_ERROR_REFUSED },
		{ "404 Not Found", CUSAX_ERROR_NOT_FOUND },
		{ "503 Service Unavailable", CUSAX_ERROR_NOT_REGISTERED },
		{ "302 Moved", CUSAX_ERROR_REFUSED },
	};
	guint row = GPOINTER_TO_UINT(data);
	SipRig rig;
	g_autofree char *request = NULL;
	guint64 op;

	sip_rig_init(&rig, FALSE);
	op = sip_rig_connect(&rig, "secret-a", NULL);
	request = sip_peer_expect(rig.peer, "REGISTER ");
	sip_peer_reply(rig.peer, request, rows[row].status, "Contact: <sip:evil@127.0.0.2>\r\n",
		       NULL);
	expect_failure(&rig, op, rows[row].code);
	sip_rig_clear(&rig);
}

static void test_silent(gconstpointer data)
{
	SipRig rig;
	guint64 op;

	sip_rig_init(&rig, is_tcp(data));
	op = sip_rig_connect(&rig, "secret-a", NULL);
	expect_failure(&rig, op, CUSAX_ERROR_TIMEOUT);
	sip_rig_clear(&rig);
}

static void test_nobody(void)
{
	SipRig rig;
	guint64 op;

	sip_rig_init(&rig, TRUE);
	/* Port 9 of the loopback: nobody listens. */
	op = sip_rig_connect(&rig, "secret-a", "{'proxy': <'sip:127.0.0.1:9;transport=tcp'>}");
	expect_failure(&rig, op, CUSAX_ERROR_NOT_REGISTERED);
	sip_rig_clear(&rig);
}

static void test_by_name(void)
{
	SipRig rig;
	g_autofree char *settings = NULL;
	g_autofree char *request = NULL;

	sip_rig_init(&rig, TRUE);
	settings = g_strdup_printf("{'proxy': <'sip:localhost:%u;transport=tcp'>}",
				   sip_peer_port(rig.peer));
	sip_rig_connect(&rig, "secret-a", settings);
	/* While the name is asked for, and when there are addresses. */
	sip_rig_expect(&rig, CUSAX_EVENT_CONNECTION);
	sip_rig_expect(&rig, CUSAX_EVENT_CONNECTION);
	/* Also where the name has an IPv6 address first, at which nobody listens. */
	request = sip_peer_expect(rig.peer, "REGISTER ");
	sip_rig_clear(&rig);
}

static void test_dead_name_server(void)
{
	SipRig rig;
	SipPeer *silent = sip_peer_new(FALSE);
	g_autofree char *settings = NULL;
	guint64 op;

	sip_rig_init(&rig, FALSE);
	settings = g_strdup_printf("{'proxy': <'sip:edge.test;transport=udp'>, "
				   "'dns-servers': <['127.0.0.1:%u']>}",
				   sip_peer_port(silent));
	op = sip_rig_connect(&rig, "secret-a", settings);
	expect_failure(&rig, op, CUSAX_ERROR_TIMEOUT);
	sip_rig_clear(&rig);
	sip_peer_free(silent);
}

static void test_disconnect_while_asking(void)
{
	SipRig rig;
	SipPeer *silent = sip_peer_new(FALSE);
	g_autofree char *settings = NULL;
	guint64 connect, leave;

	sip_rig_init(&rig, FALSE);
	settings = g_strdup_printf("{'proxy': <'sip:edge.test;transport=udp'>, "
				   "'dns-servers': <['127.0.0.1:%u']>}",
				   sip_peer_port(silent));
	connect = sip_rig_connect(&rig, "secret-a", settings);
	leave = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	g_assert_cmpint(sip_rig_done(&rig, connect)->done.code, ==, CUSAX_ERROR_CANCELLED);
	g_assert_false(sip_rig_done(&rig, leave)->done.failed);
	sip_rig_clear(&rig);
	sip_peer_free(silent);
}

static void test_not_tls(void)
{
	SipRig rig;
	g_autofree char *settings = NULL;
	guint64 op;

	sip_rig_init(&rig, TRUE);
	settings = g_strdup_printf("{'proxy': <'sip:127.0.0.1:%u;transport=tls'>}",
				   sip_peer_port(rig.peer));
	op = sip_rig_connect(&rig, "secret-a", settings);
	sip_peer_greet(rig.peer, "220 mail.test ESMTP\r\n");
	expect_failure(&rig, op, CUSAX_ERROR_SECURITY_REQUIRED);
	g_assert_cmpuint(sip_peer_count(rig.peer, "REGISTER "), ==, 0);
	sip_rig_clear(&rig);
}

static void test_bad_settings(gconstpointer data)
{
	SipRig rig;
	guint64 op;

	sip_rig_init(&rig, FALSE);
	op = sip_rig_connect(&rig, "secret-a", data);
	expect_failure(&rig, op, CUSAX_ERROR_INVALID_ARGUMENT);
	sip_rig_clear(&rig);
}

static void test_connection_lost(void)
{
	SipRig rig;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, NULL);
	sip_peer_drop(rig.peer);
	expect_failure(&rig, 0, CUSAX_ERROR_NOT_REGISTERED);
	/* And again, on the same driver. */
	sip_rig_register(&rig, NULL);
	sip_rig_leave(&rig);
	sip_rig_clear(&rig);
}

static void test_realm_is_pinned(void)
{
	SipRig rig;
	g_autofree char *request = NULL;
	guint64 op;

	sip_rig_begin(&rig);
	sip_rig_leave(&rig);
	op = sip_rig_connect(&rig, "secret-a", NULL);
	request = sip_peer_expect(rig.peer, "REGISTER ");
	sip_peer_reply(rig.peer, request, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"other\", nonce=\"n\"\r\n", NULL);
	expect_failure(&rig, op, CUSAX_ERROR_SECURITY_REQUIRED);
	g_assert_cmpuint(sip_rig_refused(&rig, "no-digest"), ==, 1);
	sip_rig_clear(&rig);
}

static void test_strongest(void)
{
	SipRig rig;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *authorization = NULL;
	g_autofree char *algorithm = NULL;
	guint64 op;

	sip_rig_init(&rig, FALSE);
	op = sip_rig_connect(&rig, "secret-a", NULL);
	first = sip_peer_expect(rig.peer, "REGISTER ");
	sip_peer_reply(rig.peer, first, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n\", algorithm=MD5, "
		       "qop=\"auth\"\r\n"
		       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n\", "
		       "algorithm=SHA-256, qop=\"auth\"\r\n",
		       NULL);
	second = sip_peer_expect(rig.peer, "REGISTER ");
	authorization = sip_header(second, "Authorization");
	algorithm = sip_param(authorization, "algorithm");
	g_assert_cmpstr(algorithm, ==, "SHA-256");
	sip_peer_reply(rig.peer, second, "200 OK", NULL, NULL);
	(void)op;
	sip_rig_clear(&rig);
}

static void test_cancelled(void)
{
	SipRig rig;
	guint64 connect, leave;
	g_autofree char *request = NULL;
	const CusaxEvent *event;

	sip_rig_init(&rig, FALSE);
	connect = sip_rig_connect(&rig, "secret-a", NULL);
	request = sip_peer_expect(rig.peer, "REGISTER ");
	leave = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	event = sip_rig_done(&rig, connect);
	g_assert_true(event->done.failed);
	g_assert_cmpint(event->done.code, ==, CUSAX_ERROR_CANCELLED);
	event = sip_rig_expect(&rig, CUSAX_EVENT_CONNECTION);
	g_assert_cmpint(event->connection.state, ==, CUSAX_ACCOUNT_OFFLINE);
	g_assert_false(event->connection.failed);
	g_assert_false(sip_rig_done(&rig, leave)->done.failed);
	sip_rig_clear(&rig);
}

/* Whoever leaves while the answer is on its way takes the registration back when it comes. */
static void test_leave_while_registering(void)
{
	SipRig rig;
	guint64 connect, leave;
	g_autofree char *first = NULL, *second = NULL, *contact = NULL, *headers = NULL;
	g_autofree char *gone = NULL, *withdrawn = NULL;

	sip_rig_init(&rig, TRUE);
	connect = sip_rig_connect(&rig, "secret-a", NULL);
	first = sip_peer_expect(rig.peer, "REGISTER ");
	sip_peer_reply(rig.peer, first, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n1\"\r\n", NULL);
	second = sip_peer_expect(rig.peer, "REGISTER ");
	leave = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	g_assert_true(sip_rig_done(&rig, connect)->done.failed);
	contact = sip_header(second, "Contact");
	headers = g_strdup_printf("Contact: %s\r\n", contact);
	sip_peer_reply(rig.peer, second, "200 OK", headers, NULL);
	gone = sip_peer_expect(rig.peer, "REGISTER ");
	withdrawn = sip_header(gone, "Contact");
	g_assert_nonnull(strstr(withdrawn, "expires=0"));
	sip_peer_reply(rig.peer, gone, "200 OK", NULL, NULL);
	g_assert_false(sip_rig_done(&rig, leave)->done.failed);
	sip_rig_clear(&rig);
}

static void test_leave_unanswered(void)
{
	SipRig rig;
	guint64 op;
	gint64 start;

	sip_rig_begin(&rig);
	start = g_get_monotonic_time();
	op = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
	sip_rig_clear(&rig);
}

static void test_reconnect_while_online(void)
{
	SipRig rig;
	guint64 op;
	g_autofree char *gone = NULL;
	g_autofree char *again = NULL;
	g_autofree char *expires = NULL;

	sip_rig_begin(&rig);
	op = sip_rig_connect(&rig, "secret-a", NULL);
	gone = sip_peer_expect(rig.peer, "REGISTER ");
	expires = sip_header(gone, "Contact");
	g_assert_nonnull(strstr(expires, "expires=0"));
	sip_peer_reply(rig.peer, gone, "200 OK", NULL, NULL);
	again = sip_peer_expect(rig.peer, "REGISTER ");
	sip_peer_reply(rig.peer, again, "200 OK", NULL, NULL);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	sip_rig_clear(&rig);
}

static void test_free_while_online(void)
{
	SipRig rig;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, NULL);
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	static const char *const statuses[] = { "403", "404", "503", "302" };

	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/sip/registration/digest over udp", GINT_TO_POINTER(0),
			     test_register);
	g_test_add_data_func("/sip/registration/digest over tcp", GINT_TO_POINTER(1),
			     test_register);
	g_test_add_func("/sip/registration/name and agent are well-formed", test_identity);
	g_test_add_data_func("/sip/registration/wrong password over udp", GINT_TO_POINTER(0),
			     test_wrong_password);
	g_test_add_data_func("/sip/registration/wrong password over tcp", GINT_TO_POINTER(1),
			     test_wrong_password);
	g_test_add_func("/sip/registration/no password", test_no_password);
	for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
		g_autofree char *path = g_strdup_printf("/sip/registration/status %s", statuses[i]);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_status);
	}
	g_test_add_data_func("/sip/registration/silent server over udp", GINT_TO_POINTER(0),
			     test_silent);
	g_test_add_data_func("/sip/registration/silent server over tcp", GINT_TO_POINTER(1),
			     test_silent);
	g_test_add_func("/sip/registration/nobody listens", test_nobody);
	g_test_add_func("/sip/registration/by name", test_by_name);
	g_test_add_func("/sip/registration/dead name server", test_dead_name_server);
	g_test_add_func("/sip/registration/disconnect while a name is asked for",
			test_disconnect_while_asking);
	g_test_add_func("/sip/registration/no TLS on the port", test_not_tls);
	g_test_add_data_func("/sip/registration/bad proxy", "{'proxy': <'sip:a b'>}",
			     test_bad_settings);
	g_test_add_data_func("/sip/registration/bad transport",
			     "{'proxy': <'sip:127.0.0.1;transport=carrier-pigeon'>}",
			     test_bad_settings);
	g_test_add_data_func("/sip/registration/bad listen address", "{'listen': <'nowhere'>}",
			     test_bad_settings);
	g_test_add_func("/sip/registration/a lost connection is told", test_connection_lost);
	g_test_add_func("/sip/registration/R7: a foreign realm gets no digest",
			test_realm_is_pinned);
	g_test_add_func("/sip/registration/the strongest digest is chosen", test_strongest);
	g_test_add_func("/sip/registration/disconnect ends a connect", test_cancelled);
	g_test_add_func("/sip/registration/C24: leaving while registering takes it back",
			test_leave_while_registering);
	g_test_add_func("/sip/registration/leaving takes less than 2 s", test_leave_unanswered);
	g_test_add_func("/sip/registration/connect while online starts anew",
			test_reconnect_while_online);
	g_test_add_func("/sip/registration/free while online", test_free_while_online);
	return g_test_run();
}

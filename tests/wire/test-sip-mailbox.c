/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The voice mailbox against a scripted server: subscribed to, told of, refused. */
/* The test's main thread. */
#include <string.h>

#include "tests/wire/sip-peer.h"

#define SUMMARY                                                                                    \
	"Messages-Waiting: yes\r\nMessage-Account: sip:box@sip.test\r\nVoice-Message: 2/8 "        \
	"(0/2)\r\n"

static const char type[] = "Content-Type: application/simple-message-summary\r\n";

/* A NOTIFY of the peer; to: the value of To; headers: whole lines. */
static char *notify(SipRig *rig, const char *call_id, const char *to, const char *from,
		    const char *headers, const char *body)
{
	static guint count;
	guint serial = ++count;

	return g_strdup_printf(
		"NOTIFY %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKn%u;rport\r\n"
		"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u NOTIFY\r\n"
		"Contact: <sip:box@127.0.0.1:%u>\r\nMax-Forwards: 70\r\nEvent: message-summary\r\n"
		"%sContent-Length: %zu\r\n\r\n%s",
		rig->contact, sip_peer_port(rig->peer), serial, from, to, call_id, serial,
		sip_peer_port(rig->peer), headers, strlen(body), body);
}

static void expect_mailbox(SipRig *rig, guint fresh, guint old, const char *uri)
{
	const CusaxEvent *event = sip_rig_expect(rig, CUSAX_EVENT_MAILBOX);

	g_assert_cmpuint(event->mailbox.fresh, ==, fresh);
	g_assert_cmpuint(event->mailbox.old, ==, old);
	g_assert_cmpstr(event->mailbox.uri, ==, uri);
}

static void expect_answer(SipRig *rig, const char *status)
{
	g_autofree char *start = g_strconcat("SIP/2.0 ", status, NULL);
	g_autofree char *answer = sip_peer_expect(rig->peer, start);

	g_assert_nonnull(answer);
}

static void test_subscription(void)
{
	SipRig rig;
	g_autofree char *first = NULL, *second = NULL, *to = NULL, *from = NULL, *call_id = NULL;
	g_autofree char *news = NULL, *peer_tag = NULL, *gone = NULL, *expires = NULL;
	g_autofree char *state = g_strconcat("Subscription-State: active\r\n", type, NULL);

	sip_rig_init(&rig, FALSE);
	sip_rig_register(&rig, "{'voicemail-notify': <true>}");
	first = sip_peer_expect(rig.peer, "SUBSCRIBE sip:alice@sip.test SIP/2.0\r\n");
	g_assert_nonnull(strstr(first, "Event: message-summary\r\n"));
	g_assert_nonnull(strstr(first, "Accept: application/simple-message-summary\r\n"));
	sip_peer_reply(rig.peer, first, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"s\", "
		       "algorithm=MD5, qop=\"auth\"\r\n",
		       NULL);
	second = sip_peer_expect(rig.peer, "SUBSCRIBE ");
	g_assert_nonnull(strstr(second, "Authorization: Digest"));
	sip_peer_reply(rig.peer, second, "200 OK",
		       "Expires: 3600\r\nContact: <sip:box@127.0.0.1>\r\n", NULL);
	/* What the answer called itself comes back in From; who subscribed is To. */
	from = sip_header(second, "To");
	to = sip_header(second, "From");
	call_id = sip_header(second, "Call-ID");
	peer_tag = g_strdup_printf("%s;tag=peer", from);
	news = notify(&rig, call_id, to, peer_tag, state, SUMMARY);
	sip_peer_send(rig.peer, news);
	expect_mailbox(&rig, 2, 8, "sip:box@sip.test");
	expect_answer(&rig, "200");
	sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	gone = sip_peer_expect(rig.peer, "SUBSCRIBE ");
	expires = sip_header(gone, "Expires");
	g_assert_cmpstr(expires, ==, "0");
	sip_rig_clear(&rig);
}

static void test_unasked(gconstpointer data)
{
	SipRig rig;
	g_autofree char *news = NULL;

	sip_rig_init(&rig, GPOINTER_TO_INT(data));
	sip_rig_register(&rig, NULL);
	news = notify(&rig, "unasked", "<sip:alice@sip.test>", "<sip:box@sip.test>;tag=u", type,
		      SUMMARY);
	sip_peer_send(rig.peer, news);
	expect_mailbox(&rig, 2, 8, "sip:box@sip.test");
	expect_answer(&rig, "200");
	sip_rig_clear(&rig);
}

typedef struct {
	const char *name, *headers, *body, *status;
} Bad;

static const Bad bad[] = {
	{ "T10: not a summary", "Content-Type: application/simple-message-summary\r\n", "<html/>",
	  "400" },
	{ "T10: of another type", "Content-Type: text/plain\r\n", SUMMARY, "415" },
};

static void test_bad(gconstpointer data)
{
	const Bad *row = data;
	SipRig rig;
	g_autofree char *news = NULL;

	sip_rig_begin(&rig);
	news = notify(&rig, "bad", "<sip:alice@sip.test>", "<sip:box@sip.test>;tag=b", row->headers,
		      row->body);
	sip_peer_send(rig.peer, news);
	expect_answer(&rig, row->status);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_MAILBOX), ==, 0);
	g_assert_cmpuint(sip_rig_refused(&rig, "message-summary"), ==, 1);
	sip_rig_clear(&rig);
}

/* In a dialog of which we know nothing (RFC 6665 §4.1.3). */
static void test_foreign_subscription(void)
{
	SipRig rig;
	g_autofree char *news = NULL;
	g_autofree char *headers = g_strconcat("Subscription-State: active\r\n", type, NULL);

	sip_rig_begin(&rig);
	news = notify(&rig, "foreign", "<sip:alice@sip.test>;tag=who", "<sip:box@sip.test>;tag=f",
		      headers, SUMMARY);
	sip_peer_send(rig.peer, news);
	expect_answer(&rig, "481");
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_MAILBOX), ==, 0);
	sip_rig_clear(&rig);
}

static void test_no_mailbox(void)
{
	SipRig rig;
	g_autofree char *request = NULL;

	sip_rig_init(&rig, FALSE);
	sip_rig_register(&rig, "{'voicemail-notify': <true>}");
	request = sip_peer_expect(rig.peer, "SUBSCRIBE ");
	sip_peer_reply(rig.peer, request, "489 Bad Event", NULL, NULL);
	sip_peer_fence(rig.peer);
	sip_rig_leave(&rig);
	g_assert_cmpuint(sip_peer_count(rig.peer, "SUBSCRIBE "), ==, 1);
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sip/mailbox/T10: subscribed to, told of, left", test_subscription);
	g_test_add_data_func("/sip/mailbox/T10: told of unasked over udp", GINT_TO_POINTER(0),
			     test_unasked);
	g_test_add_data_func("/sip/mailbox/T10: told of unasked over tcp", GINT_TO_POINTER(1),
			     test_unasked);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *path = g_strconcat("/sip/mailbox/", bad[i].name, NULL);

		g_test_add_data_func(path, &bad[i], test_bad);
	}
	g_test_add_func("/sip/mailbox/T10: a subscription of somebody else",
			test_foreign_subscription);
	g_test_add_func("/sip/mailbox/T10: a server without mailboxes is asked once",
			test_no_mailbox);
	return g_test_run();
}

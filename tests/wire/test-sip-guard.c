/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guard lets in: source, essential headers, methods, extensions. */
/* The test's main thread. */
#include <string.h>

#include "tests/wire/sip-peer.h"

/* An INVITE of these lines; %s in the Via is the port, the branch is the row's. */
static char *request(SipRig *rig, const char *first, const char *lines, guint row)
{
	g_autofree char *uri = g_strdup(rig->contact);

	return g_strdup_printf("%s %s SIP/2.0\r\n"
			       "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKg%u;rport\r\n%s"
			       "Content-Length: 0\r\n\r\n",
			       first, uri, sip_peer_port(rig->peer), row, lines);
}

#define FROM    "From: <sip:bob@sip.test>;tag=b\r\n"
#define TO      "To: <sip:alice@sip.test>\r\n"
#define ID      "Call-ID: guard\r\n"
#define CSEQ    "CSeq: 1 INVITE\r\n"
#define HOPS    "Max-Forwards: 70\r\n"
#define CONTACT "Contact: <sip:bob@127.0.0.1>\r\n"

static const struct {
	const char *name, *lines, *status, *kind;
} headers[] = {
	{ "no From", TO ID CSEQ HOPS CONTACT, "SIP/2.0 400", "missing-header" },
	{ "no To", FROM ID CSEQ HOPS CONTACT, "SIP/2.0 400", "missing-header" },
	{ "no Call-ID", FROM TO CSEQ HOPS CONTACT, "SIP/2.0 400", "missing-header" },
	{ "no CSeq", FROM TO ID HOPS CONTACT, "SIP/2.0 400", "missing-header" },
	{ "two From", FROM FROM TO ID CSEQ HOPS CONTACT, "SIP/2.0 400", "duplicate-header" },
	{ "two To", FROM TO TO ID CSEQ HOPS CONTACT, "SIP/2.0 400", "duplicate-header" },
	{ "two Call-ID", FROM TO ID ID CSEQ HOPS CONTACT, "SIP/2.0 400", "duplicate-header" },
	{ "compact double", FROM TO ID "i: other\r\n" CSEQ HOPS CONTACT, "SIP/2.0 400",
	  "duplicate-header" },
	{ "two CSeq", FROM TO ID CSEQ CSEQ HOPS CONTACT, "SIP/2.0 400", "duplicate-header" },
	{ "two Max-Forwards", FROM TO ID CSEQ HOPS HOPS CONTACT, "SIP/2.0 400",
	  "duplicate-header" },
	{ "CSeq of another method", FROM TO ID "CSeq: 1 BYE\r\n" HOPS CONTACT, "SIP/2.0 400",
	  "cseq-mismatch" },
	{ "CSeq too large", FROM TO ID "CSeq: 4294967296 INVITE\r\n" HOPS CONTACT, "SIP/2.0 400",
	  "bad-header" },
	{ "no From tag", "From: <sip:bob@sip.test>\r\n" TO ID CSEQ HOPS CONTACT, "SIP/2.0 400",
	  "no-from-tag" },
	{ "Max-Forwards is no number", FROM TO ID CSEQ "Max-Forwards: x\r\n" CONTACT, "SIP/2.0 400",
	  "bad-header" },
	{ "no Contact", FROM TO ID CSEQ HOPS, "SIP/2.0 400", "bad-contact" },
	{ "two Contacts", FROM TO ID CSEQ HOPS CONTACT CONTACT, "SIP/2.0 400", "bad-contact" },
	{ "Contact *", FROM TO ID CSEQ HOPS "Contact: *\r\n", "SIP/2.0 400", "bad-contact" },
	{ "Contact of another scheme", FROM TO ID CSEQ HOPS "Contact: <http://x/>\r\n",
	  "SIP/2.0 400", "bad-contact" },
	{ "Require", FROM TO ID CSEQ HOPS CONTACT "Require: 100rel, x-y\r\n", "SIP/2.0 420",
	  "require" },
};

static void test_headers(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	SipRig rig;
	g_autofree char *invite = NULL;
	g_autofree char *answer = NULL;

	sip_rig_begin(&rig);
	invite = request(&rig, "INVITE", headers[row].lines, row);
	sip_peer_send(rig.peer, invite);
	answer = sip_peer_expect(rig.peer, headers[row].status);
	if (strcmp(headers[row].kind, "require") == 0) {
		g_autofree char *unsupported = sip_header(answer, "Unsupported");

		g_assert_cmpstr(unsupported, ==, "x-y");
	}
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_refused(&rig, headers[row].kind), ==, 1);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_INCOMING), ==, 0);
	sip_rig_clear(&rig);
}

static const struct {
	const char *method, *to, *more, *status;
} methods[] = {
	{ "OPTIONS", TO, "", "SIP/2.0 200" },
	{ "MESSAGE", TO, "", "SIP/2.0 200" },
	{ "REFER", TO, "Refer-To: <sip:premium@sip.test>\r\n", "SIP/2.0 405" },
	{ "SUBSCRIBE", TO, "Event: presence\r\n", "SIP/2.0 489" },
	{ "NOTIFY", TO, "Event: talk\r\n", "SIP/2.0 489" },
	{ "NOTIFY", "To: <sip:alice@sip.test>;tag=x\r\n", "Event: talk\r\n", "SIP/2.0 481" },
	{ "BYE", "To: <sip:alice@sip.test>;tag=x\r\n", "", "SIP/2.0 481" },
	{ "MESSAGE", "To: <sip:alice@sip.test>;tag=x\r\n", "", "SIP/2.0 481" },
	{ "INFO", "To: <sip:alice@sip.test>;tag=x\r\n", "", "SIP/2.0 481" },
	{ "INVITE", "To: <sip:alice@sip.test>;tag=x\r\n", CONTACT, "SIP/2.0 481" },
	{ "OPTIONS", "To: <sip:alice@sip.test>;tag=x\r\n", "", "SIP/2.0 481" },
	{ "CANCEL", TO, "", "SIP/2.0 481" },
	{ "FROBNICATE", TO, "", "SIP/2.0 501" },
	{ "UPDATE", "To: <sip:alice@sip.test>;tag=x\r\n", "", "SIP/2.0 481" },
	{ "PRACK", "To: <sip:alice@sip.test>;tag=x\r\n", "RAck: 1 1 INVITE\r\n", "SIP/2.0 481" },
	{ "REFER", "To: <sip:alice@sip.test>;tag=x\r\n", "Refer-To: <sip:p@sip.test>\r\n",
	  "SIP/2.0 481" },
	{ "INVITE", TO, CONTACT "Replaces: a;to-tag=b;from-tag=c\r\n", "SIP/2.0 481" },
	{ "INVITE", TO, CONTACT "Replaces: a;to-tag=b\r\n", "SIP/2.0 400" },
	{ "INVITE", TO, CONTACT "Supported: timer\r\nSession-Expires: 30\r\n", "SIP/2.0 422" },
};

static void test_methods(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	SipRig rig;
	g_autofree char *lines =
		g_strdup_printf(FROM "%s" ID "CSeq: 1 %s\r\n" HOPS "%s", methods[row].to,
				methods[row].method, methods[row].more);
	g_autofree char *text = NULL;
	g_autofree char *answer = NULL;

	sip_rig_begin(&rig);
	text = request(&rig, methods[row].method, lines, row);
	sip_peer_send(rig.peer, text);
	answer = sip_peer_expect(rig.peer, methods[row].status);
	if (strcmp(methods[row].status, "SIP/2.0 405") == 0)
		g_assert_nonnull(strstr(answer, "Allow: INVITE"));
	sip_rig_clear(&rig);
}

static void test_foreign_source(void)
{
	SipRig rig;
	SipPeer *stranger;
	g_autofree char *invite = NULL;
	g_autofree char *options = NULL;
	g_autofree char *port = NULL;
	g_autoptr(GSocketAddress) address = NULL;

	sip_rig_begin(&rig);
	stranger = sip_peer_new(FALSE);
	port = g_strdup(strrchr(rig.contact, ':') + 1);
	address = g_inet_socket_address_new_from_string("127.0.0.1", (guint)atoi(port));
	invite = sip_invite(stranger, rig.contact, "foreign", "", sip_sdp);
	sip_peer_send_to(stranger, address, invite);
	sip_peer_send_to(stranger, address, "garbage that is no SIP at all\r\n\r\n");
	options = request(&rig, "OPTIONS", FROM TO ID "CSeq: 1 OPTIONS\r\n" HOPS, 99);
	sip_peer_send_to(stranger, address, options);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_refused(&rig, "foreign-source"), >=, 2);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CALL_INCOMING), ==, 0);
	g_assert_false(sip_peer_has_mail(stranger));
	sip_peer_free(stranger);
	sip_rig_clear(&rig);
}

/* One to four random edits: a byte changed, a run left out, a run doubled. */
static void mutate(GString *text)
{
	for (gint edits = g_test_rand_int_range(1, 5); edits > 0 && text->len > 20; edits--) {
		gsize at = (gsize)g_test_rand_int_range(0, (gint)text->len - 1);
		gsize length = (gsize)g_test_rand_int_range(1, 12);
		g_autofree char *run = NULL;

		length = MIN(length, text->len - at);
		run = g_strndup(text->str + at, length);
		switch (g_test_rand_int_range(0, 3)) {
		case 0:
			text->str[at] = (char)g_test_rand_int_range(1, 256);
			break;
		case 1:
			g_string_erase(text, (gssize)at, (gssize)length);
			break;
		case 2:
			g_string_insert(text, (gssize)at, run);
			break;
		}
	}
}

static void test_mutants(void)
{
	static const char *const starts[] = { "INVITE ", "BYE ",    "CANCEL ", "ACK ",
					      "INFO ",   "NOTIFY ", "MESSAGE " };
	SipRig rig;

	sip_rig_begin(&rig);
	for (guint i = 0; i < 1500; i++) {
		g_autofree char *call_id = g_strdup_printf("m%u", i);
		g_autofree char *invite =
			sip_invite(rig.peer, rig.contact, call_id,
				   "Call-Info: <xmpp:a@x.test>;purpose=impp\r\n", sip_sdp);
		g_autoptr(GString) text = g_string_new(invite);

		if (i % 2)
			g_string_replace(text, "INVITE ", starts[i / 2 % G_N_ELEMENTS(starts)], 0);
		mutate(text);
		sip_peer_send(rig.peer, text->str);
		/* Not more at once than the socket holds. */
		if (i % 50 == 49)
			sip_peer_fence(rig.peer);
	}
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CONNECTION), ==, 0);
	sip_rig_clear(&rig);
}

/* A stranger's message, which a proxy may have relayed, ends nobody's call. */
static void test_unreadable(void)
{
	SipRig rig;
	g_autofree char *bad = NULL;
	g_autofree char *answer = NULL;

	sip_rig_init(&rig, TRUE);
	sip_rig_register(&rig, NULL);
	bad = request(&rig, "INVITE", FROM TO ID "CSeq: x\r\n" HOPS CONTACT, 0);
	sip_peer_send(rig.peer, bad);
	answer = sip_peer_expect(rig.peer, "SIP/2.0 400");
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_rig_refused(&rig, "malformed"), ==, 1);
	g_assert_cmpuint(sip_rig_pending(&rig, CUSAX_EVENT_CONNECTION), ==, 0);
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autofree char *path = g_strdup_printf("/sip/guard/%s", headers[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_headers);
	}
	for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
		g_autofree char *path = g_strdup_printf(
			"/sip/guard/%s %s%s", methods[i].method, methods[i].status + 8,
			strstr(methods[i].to, "tag=") ? " in a dialog" : "");

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_methods);
	}
	g_test_add_func("/sip/guard/a stranger is not heard and not answered", test_foreign_source);
	g_test_add_func("/sip/guard/R12: what cannot be read ends no connection", test_unreadable);
	g_test_add_func("/sip/guard/R12: mutants do no harm", test_mutants);
	return g_test_run();
}

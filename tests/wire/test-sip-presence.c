/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Own presence by SIP against a scripted peer: published, changed, refreshed, withdrawn. */
/* The test's main thread. */
#include <string.h>

#include "tests/wire/sip-peer.h"

static guint64 show(SipRig *rig, CusaxAvailability availability, const char *status)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_PRESENCE, "a1");

	operation->presence.availability = availability;
	operation->presence.status = g_strdup(status);
	return sip_rig_submit(rig, operation);
}

static void switch_off(SipRig *rig, CusaxFeatures disabled)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_FEATURES, "a1");

	operation->features.disabled = disabled;
	g_assert_false(sip_rig_done(rig, sip_rig_submit(rig, operation))->done.failed);
}

/* The next PUBLISH; wanted: its SIP-If-Match, NULL for none; expires: its Expires. */
static char *expect_publish(SipRig *rig, const char *wanted, const char *expires)
{
	char *request = sip_peer_expect(rig->peer, "PUBLISH sip:alice@sip.test SIP/2.0");
	g_autofree char *event = sip_header(request, "Event");
	g_autofree char *etag = sip_header(request, "SIP-If-Match");
	g_autofree char *lasts = sip_header(request, "Expires");

	g_assert_cmpstr(event, ==, "presence");
	g_assert_cmpstr(etag, ==, wanted);
	g_assert_cmpstr(lasts, ==, expires);
	return request;
}

static void reply(SipRig *rig, const char *request, const char *etag)
{
	g_autofree char *headers = g_strdup_printf("SIP-ETag: %s\r\nExpires: 3600\r\n", etag);

	sip_peer_reply(rig->peer, request, "200 OK", headers, NULL);
}

static void test_life(void)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *third = NULL;
	g_autofree char *type = NULL;
	guint64 op;
	SipRig rig;

	sip_rig_begin(&rig);
	op = show(&rig, CUSAX_AVAILABILITY_ONLINE, "At <work> & \"more\"");
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	first = expect_publish(&rig, NULL, "3600");
	type = sip_header(first, "Content-Type");
	g_assert_cmpstr(type, ==, "application/pidf+xml");
	g_assert_nonnull(strstr(first, "entity=\"sip:alice@sip.test\""));
	g_assert_nonnull(strstr(first, "<basic>open</basic>"));
	g_assert_nonnull(strstr(first, "<note>At &lt;work&gt; &amp; &quot;more&quot;</note>"));
	/* What changes meanwhile follows when the answer is there, and goes by its tag. */
	show(&rig, CUSAX_AVAILABILITY_AWAY, NULL);
	show(&rig, CUSAX_AVAILABILITY_DND, NULL);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "PUBLISH "), ==, 1);
	reply(&rig, first, "e1");
	second = expect_publish(&rig, "e1", "3600");
	g_assert_nonnull(strstr(second, "<basic>closed</basic>"));
	g_assert_null(strstr(second, "<note>"));
	reply(&rig, second, "e2");
	/* The same again is nothing new. */
	op = show(&rig, CUSAX_AVAILABILITY_DND, NULL);
	(void)sip_rig_done(&rig, op);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "PUBLISH "), ==, 2);
	/* Withdrawn before the registration is. */
	op = sip_rig_submit(&rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	third = expect_publish(&rig, "e2", "0");
	g_assert_cmpstr(strstr(third, "\r\n\r\n") + 4, ==, "");
	sip_peer_reply(rig.peer, third, "200 OK", NULL, NULL);
	{
		g_autofree char *request = sip_peer_expect(rig.peer, "REGISTER ");

		sip_peer_reply(rig.peer, request, "200 OK", NULL, NULL);
	}
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	sip_rig_clear(&rig);
}

static void test_challenge(void)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	show(&rig, CUSAX_AVAILABILITY_ONLINE, NULL);
	first = expect_publish(&rig, NULL, "3600");
	sip_peer_reply(rig.peer, first, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n2\", "
		       "algorithm=MD5, qop=\"auth\"\r\n",
		       NULL);
	second = expect_publish(&rig, NULL, "3600");
	g_assert_nonnull(strstr(second, "\r\nAuthorization: Digest "));
	g_assert_nonnull(strstr(second, "<basic>open</basic>"));
	reply(&rig, second, "e1");
	sip_rig_clear(&rig);
}

/* RFC 3903 §4.1: the server forgot; what is published is published anew, with its document. */
static void test_forgotten(void)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *third = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	show(&rig, CUSAX_AVAILABILITY_ONLINE, NULL);
	first = expect_publish(&rig, NULL, "3600");
	reply(&rig, first, "e1");
	show(&rig, CUSAX_AVAILABILITY_DND, NULL);
	second = expect_publish(&rig, "e1", "3600");
	sip_peer_reply(rig.peer, second, "412 Conditional Request Failed", NULL, NULL);
	third = expect_publish(&rig, NULL, "3600");
	g_assert_nonnull(strstr(third, "<basic>closed</basic>"));
	reply(&rig, third, "e2");
	sip_rig_clear(&rig);
}

/* A refresh has no document; one that the server knows nothing of leads to a new publication. */
static void test_refresh(void)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *third = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	show(&rig, CUSAX_AVAILABILITY_ONLINE, NULL);
	first = expect_publish(&rig, NULL, "3600");
	sip_peer_reply(rig.peer, first, "200 OK", "SIP-ETag: e1\r\nExpires: 1\r\n", NULL);
	second = expect_publish(&rig, "e1", "3600");
	g_assert_cmpstr(strstr(second, "\r\n\r\n") + 4, ==, "");
	g_assert_null(sip_header(second, "Content-Type"));
	sip_peer_reply(rig.peer, second, "412 Conditional Request Failed", NULL, NULL);
	third = expect_publish(&rig, NULL, "3600");
	g_assert_nonnull(strstr(third, "<basic>open</basic>"));
	reply(&rig, third, "e2");
	sip_rig_clear(&rig);
}

static void test_too_brief(void)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	show(&rig, CUSAX_AVAILABILITY_ONLINE, NULL);
	first = expect_publish(&rig, NULL, "3600");
	sip_peer_reply(rig.peer, first, "423 Interval Too Brief", "Min-Expires: 7200\r\n", NULL);
	second = expect_publish(&rig, NULL, "7200");
	/* A server that is never content is not followed in circles. */
	sip_peer_reply(rig.peer, second, "423 Interval Too Brief", "Min-Expires: 7200\r\n", NULL);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "PUBLISH "), ==, 2);
	sip_rig_clear(&rig);
}

static void test_unavailable(gconstpointer data)
{
	const char *status = data;
	g_autofree char *request = NULL;
	guint64 op;
	SipRig rig;

	sip_rig_begin(&rig);
	show(&rig, CUSAX_AVAILABILITY_ONLINE, NULL);
	request = expect_publish(&rig, NULL, "3600");
	sip_peer_reply(rig.peer, request, status, NULL, NULL);
	sip_peer_fence(rig.peer);
	op = show(&rig, CUSAX_AVAILABILITY_DND, NULL);
	g_assert_false(sip_rig_done(&rig, op)->done.failed);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "PUBLISH "), ==, 1);
	sip_rig_leave(&rig);
	g_assert_cmpuint(sip_peer_count(rig.peer, "PUBLISH "), ==, 1);
	sip_rig_clear(&rig);
}

static void test_off(void)
{
	g_autofree char *first = NULL;
	g_autofree char *removal = NULL;
	g_autofree char *anew = NULL;
	guint64 op;
	SipRig rig;

	sip_rig_begin(&rig);
	switch_off(&rig, CUSAX_FEATURE_PRESENCE);
	op = show(&rig, CUSAX_AVAILABILITY_ONLINE, NULL);
	g_assert_cmpint(sip_rig_done(&rig, op)->done.code, ==, CUSAX_ERROR_FEATURE_DISABLED);
	sip_peer_fence(rig.peer);
	g_assert_cmpuint(sip_peer_count(rig.peer, "PUBLISH "), ==, 0);
	g_assert_cmpuint(sip_peer_count(rig.peer, "SUBSCRIBE "), ==, 0);
	switch_off(&rig, 0);
	show(&rig, CUSAX_AVAILABILITY_ONLINE, NULL);
	first = expect_publish(&rig, NULL, "3600");
	/* Switched off before the answer: taken back as soon as there is one. */
	switch_off(&rig, CUSAX_FEATURE_PRESENCE);
	reply(&rig, first, "e1");
	removal = expect_publish(&rig, "e1", "0");
	sip_peer_reply(rig.peer, removal, "200 OK", NULL, NULL);
	switch_off(&rig, 0);
	show(&rig, CUSAX_AVAILABILITY_ONLINE, NULL);
	anew = expect_publish(&rig, NULL, "3600");
	reply(&rig, anew, "e2");
	sip_rig_clear(&rig);
}

/* Nobody sees our presence by asking us directly, whatever is switched on. */
static void test_asked(gconstpointer data)
{
	const char *method = data;
	g_autofree char *text = NULL;
	SipRig rig;

	sip_rig_begin(&rig);
	switch_off(&rig, CUSAX_FEATURE_PRESENCE);
	text = g_strdup_printf("%s %s SIP/2.0\r\n"
			       "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKask;rport\r\n"
			       "From: <sip:bob@sip.test>;tag=b\r\nTo: <sip:alice@sip.test>\r\n"
			       "Call-ID: ask\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\n"
			       "Contact: <sip:bob@127.0.0.1>\r\nEvent: presence\r\n"
			       "Subscription-State: active\r\nContent-Length: 0\r\n\r\n",
			       method, rig.contact, sip_peer_port(rig.peer), method);
	sip_peer_send(rig.peer, text);
	g_free(sip_peer_expect(rig.peer, "SIP/2.0 489"));
	sip_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	static const char *const refusals[] = { "403 Forbidden", "404 Not Found",
						"405 Method Not Allowed", "489 Bad Event",
						"501 Not Implemented" };

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sip/presence/C4: published, changed, withdrawn", test_life);
	g_test_add_func("/sip/presence/C4: the server's challenge is answered", test_challenge);
	g_test_add_func("/sip/presence/C4: what the server forgot is told again", test_forgotten);
	g_test_add_func("/sip/presence/C4: refreshed before it expires", test_refresh);
	g_test_add_func("/sip/presence/C4: an interval that is too brief", test_too_brief);
	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strdup_printf(
			"/sip/presence/C4: no presence there is no trouble: %s", refusals[i]);

		g_test_add_data_func(path, refusals[i], test_unavailable);
	}
	g_test_add_func("/sip/presence/C1, C16, C17, C18: off and on again", test_off);
	g_test_add_data_func("/sip/presence/C17: SUBSCRIBE is refused", "SUBSCRIBE", test_asked);
	g_test_add_data_func("/sip/presence/C17: NOTIFY is refused", "NOTIFY", test_asked);
	return g_test_run();
}

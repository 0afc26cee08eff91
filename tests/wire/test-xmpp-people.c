/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What servers are asked and told about people: last activity, answers ahead, what an archive keeps. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

static XmppRig rig;

static void expect(const char *line)
{
	g_autofree char *found = xmpp_rig_expect(&rig, line);

	g_assert_cmpstr(found, ==, line);
}

static void expect_done(const char *outcome)
{
	g_autofree char *done = xmpp_rig_expect(&rig, "done");

	g_assert_true(g_str_has_suffix(done, outcome));
}

static char *take(void)
{
	return xmpp_peer_expect(rig.peer, "</iq>");
}

static void answer(const char *request, const char *rest)
{
	g_autofree char *id = xmpp_peer_attr(request, "id");

	xmpp_peer_send(rig.peer, "<iq id='%s' %s", id, rest);
}

static void begin(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
}

/* --- last activity ----------------------------------------------------------------------------- */

#define LAST(attributes) "<query xmlns='jabber:iq:last'" attributes "/></iq>"
#define FROM_BOB         "type='result' from='bob@xmpp.test'>"

static const struct {
	const char *name, *answer, *outcome;
} lasts[] = {
	{ "some time ago", FROM_BOB LAST(" seconds='90'"), "ok" },
	{ "no number", FROM_BOB LAST(" seconds='soon'"), "Failed" },
	{ "negative", FROM_BOB LAST(" seconds='-1'"), "Failed" },
	{ "of another age", FROM_BOB LAST(" seconds='99999999999'"), "Failed" },
	{ "nothing", FROM_BOB LAST(""), "Failed" },
	{ "not to be told",
	  "type='error' from='bob@xmpp.test'><error type='auth'><forbidden "
	  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
	  "Refused" },
};

static void test_last(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	CusaxOperation *fetch = xmpp_rig_operation(CUSAX_OPERATION_FETCH_LAST);
	gint64 now = g_get_real_time() / G_USEC_PER_SEC, then;
	g_autofree char *asked = NULL, *line = NULL;

	begin();
	fetch->fetch_last.address = g_strdup("Bob@xmpp.test/phone");
	xmpp_rig_submit(&rig, fetch);
	asked = take();
	g_assert_nonnull(strstr(asked, "to=\"bob@xmpp.test\""));
	answer(asked, "type='result' from='eve@evil.test'>" LAST(" seconds='1'"));
	expect("refused iq-result");
	answer(asked, lasts[i].answer);
	if (strcmp(lasts[i].outcome, "ok") == 0) {
		line = xmpp_rig_expect(&rig, "last-seen bob@xmpp.test ");
		then = g_ascii_strtoll(strrchr(line, ' '), NULL, 10);
		g_assert_cmpint(then, >=, now - 90);
		g_assert_cmpint(then, <=, now - 80);
	}
	expect_done(lasts[i].outcome);
	xmpp_rig_clear(&rig);
}

/* --- what the archive keeps ---------------------------------------------------------------------- */

#define PREFS(inner) "<prefs xmlns='urn:xmpp:mam:2' " inner "</prefs></iq>"

static CusaxOperation *preferences(const char *fallback, const char *always, const char *never)
{
	CusaxOperation *ask = xmpp_rig_operation(CUSAX_OPERATION_ARCHIVE_PREFERENCES);

	ask->archive_preferences.fallback = g_strdup(fallback);
	ask->archive_preferences.always = always ? g_strsplit(always, " ", *always ? -1 : 0) : NULL;
	ask->archive_preferences.never = never ? g_strsplit(never, " ", *never ? -1 : 0) : NULL;
	return ask;
}

static void test_preferences_read(void)
{
	g_autofree char *asked = NULL;

	begin();
	xmpp_rig_submit(&rig, preferences(NULL, NULL, NULL));
	asked = take();
	g_assert_nonnull(strstr(asked, "type=\"get\""));
	answer(asked, "type='result'>" PREFS("default='roster'><always><jid>Bob@xmpp.test</jid>"
					     "<jid>@</jid></always><never/>"));
	expect("archive-preferences roster [bob@xmpp.test] []");
	expect_done("ok");
	xmpp_rig_forbid(&rig, "refused");
	xmpp_rig_clear(&rig);
}

/* What is not to be changed is sent as it was. */
static void test_preferences_changed(void)
{
	g_autofree char *asked = NULL, *set = NULL;

	begin();
	xmpp_rig_submit(&rig, preferences(NULL, "carol@xmpp.test", NULL));
	asked = take();
	answer(asked, "type='result'>" PREFS("default='roster'><always><jid>bob@xmpp.test</jid>"
					     "</always><never><jid>eve@evil.test</jid></never>"));
	set = take();
	g_assert_nonnull(strstr(set, "type=\"set\""));
	g_assert_nonnull(strstr(set, "default=\"roster\""));
	g_assert_nonnull(strstr(set, "<always><jid>carol@xmpp.test</jid></always>"));
	g_assert_nonnull(strstr(set, "<never><jid>eve@evil.test</jid></never>"));
	answer(set, "type='result'>" PREFS("default='roster'><always><jid>carol@xmpp.test</jid>"
					   "</always><never><jid>eve@evil.test</jid></never>"));
	expect("archive-preferences roster [carol@xmpp.test] [eve@evil.test]");
	expect_done("ok");
	xmpp_rig_clear(&rig);
}

static void test_preferences_none(void)
{
	g_autofree char *asked = NULL, *done = NULL;

	begin();
	xmpp_rig_submit(&rig, preferences("never", NULL, NULL));
	asked = take();
	answer(asked, "type='error'><error type='cancel'><service-unavailable "
		      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
	expect_done("Unsupported");
	xmpp_rig_clear(&rig);
}

/* --- answers ahead of the question (RFC 6121 §3.4) ------------------------------------------------ */

static void authorize(gboolean ahead)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_SUBSCRIPTION);

	operation->subscription.address = g_strdup("bob@xmpp.test");
	operation->subscription.what = CUSAX_AUTHORIZE;
	operation->subscription.ahead = ahead;
	xmpp_rig_submit(&rig, operation);
}

static void log_in_with(const char *features)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_bind_with(rig.peer, features);
	g_free(xmpp_rig_expect(&rig, "connection online"));
	expect_done("ok");
}

static void test_ahead(void)
{
	log_in_with("<sub xmlns='urn:xmpp:features:pre-approval'/>");
	authorize(TRUE);
	g_free(xmpp_peer_expect(rig.peer, "type=\"subscribed\""));
	expect_done("ok");
	xmpp_peer_send(rig.peer, "<iq type='set' id='p1'><query xmlns='jabber:iq:roster'>"
				 "<item jid='bob@xmpp.test' subscription='none' approved='true'/>"
				 "</query></iq>");
	expect("roster item bob@xmpp.test - none approved");
	xmpp_rig_clear(&rig);
}

static void test_not_ahead(void)
{
	log_in_with("");
	authorize(TRUE);
	expect_done("Unsupported");
	authorize(FALSE);
	g_free(xmpp_peer_expect(rig.peer, "type=\"subscribed\""));
	expect_done("ok");
	xmpp_rig_clear(&rig);
}

/* Nobody named is everybody (XEP-0191 §3.5). */
static void test_unblock_all(void)
{
	g_autofree char *asked = NULL;

	begin();
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_BLOCK));
	asked = take();
	g_assert_nonnull(strstr(asked, "<unblock xmlns=\"urn:xmpp:blocking\"/>"));
	answer(asked, "type='result'/>");
	expect_done("ok");
	xmpp_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(lasts); i++) {
		g_autofree char *path =
			g_strconcat("/xmpp/people/X4: last here ", lasts[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_last);
	}
	g_test_add_func("/xmpp/people/X2: what the archive keeps", test_preferences_read);
	g_test_add_func("/xmpp/people/X2: a part of it is changed", test_preferences_changed);
	g_test_add_func("/xmpp/people/X2: no archive", test_preferences_none);
	g_test_add_func("/xmpp/people/X3: an answer ahead of the question", test_ahead);
	g_test_add_func("/xmpp/people/X3: a server that keeps none", test_not_ahead);
	g_test_add_func("/xmpp/people/X3: everybody is unblocked", test_unblock_all);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

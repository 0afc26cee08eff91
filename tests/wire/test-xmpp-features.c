/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of an account (C13-C18): off is not advertised, refused, not sent; on again is on. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define MESSAGING CUSAX_FEATURE_MESSAGING
#define PRESENCE  CUSAX_FEATURE_PRESENCE
#define AUDIO     CUSAX_FEATURE_AUDIO
#define VIDEO     CUSAX_FEATURE_VIDEO

static XmppRig rig;

static void expect(const char *line)
{
	g_autofree char *found = xmpp_rig_expect(&rig, line);

	g_assert_cmpstr(found, ==, line);
}

static char *take(const char *text)
{
	return xmpp_peer_expect(rig.peer, text);
}

static void send(const char *text)
{
	xmpp_peer_send_bytes(rig.peer, text, strlen(text));
}

static void expect_done(const char *outcome)
{
	g_autofree char *done = xmpp_rig_expect(&rig, "done");

	g_assert_true(g_str_has_suffix(done, outcome));
}

/* What comes after binding, as far as the features want it. */
static void serve_session(CusaxFeatures disabled)
{
	g_autofree char *roster = take("</iq>"), *id = xmpp_peer_attr(roster, "id");
	g_autofree char *next = take("</iq>"), *last = NULL, *bookmarks = NULL;

	g_assert_nonnull(strstr(roster, "jabber:iq:roster"));
	g_assert_true(!strstr(next, "urn:xmpp:carbons:2") == ((disabled & MESSAGING) != 0));
	if (!(disabled & MESSAGING))
		last = take("</iq>");
	g_assert_nonnull(strstr(last ? last : next, "disco#info"));
	if (!(disabled & MESSAGING))
		bookmarks = take("</iq>");
	g_assert_true(!bookmarks || strstr(bookmarks, "urn:xmpp:bookmarks:1"));
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s'><query xmlns='jabber:iq:roster' ver='v1'>"
		       "<item jid='bob@xmpp.test' subscription='both'/></query></iq>",
		       id);
	g_free(xmpp_rig_expect(&rig, "roster end v1"));
}

static void login(CusaxFeatures disabled)
{
	CusaxOperation *operation = xmpp_rig_connection(&rig, NULL);

	operation->connect.disabled = disabled;
	xmpp_rig_submit(&rig, operation);
	xmpp_peer_bind(rig.peer);
	serve_session(disabled);
}

static void begin(CusaxFeatures disabled)
{
	xmpp_rig_init(&rig, NULL);
	login(disabled);
}

static void end(void)
{
	xmpp_rig_clear(&rig);
}

static char *ask_features(void)
{
	send("<iq type='get' id='d' from='bob@xmpp.test/b'>"
	     "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
	g_free(take("disco#info"));
	return take("</iq>");
}

/* --- C17: not advertised ---------------------------------------------------------------------- */

static const struct {
	const char *feature;
	CusaxFeatures needs;
} advertised[] = {
	{ "urn:xmpp:receipts", MESSAGING },
	{ "urn:xmpp:chat-markers:0", MESSAGING },
	{ "http://jabber.org/protocol/chatstates", MESSAGING },
	{ "urn:xmpp:message-correct:0", MESSAGING },
	{ "urn:xmpp:message-retract:1", MESSAGING },
	{ "urn:xmpp:reactions:0", MESSAGING },
	{ "urn:xmpp:reply:0", MESSAGING },
	{ "urn:xmpp:carbons:2", MESSAGING },
	{ "urn:xmpp:sid:0", MESSAGING },
	{ "urn:xmpp:reach:0", PRESENCE },
	{ "urn:xmpp:reach:0+notify", PRESENCE },
	{ "urn:xmpp:vcard4+notify", PRESENCE },
	{ "urn:xmpp:ping", 0 },
	{ "http://jabber.org/protocol/caps", 0 },
};

static void test_advertised(void)
{
	static const CusaxFeatures sets[] = { 0, MESSAGING, PRESENCE, MESSAGING | PRESENCE,
					      AUDIO | VIDEO };

	for (guint i = 0; i < G_N_ELEMENTS(sets); i++) {
		g_autofree char *info = NULL;

		begin(sets[i]);
		info = ask_features();
		for (guint j = 0; j < G_N_ELEMENTS(advertised); j++) {
			g_autofree char *var = g_strdup_printf("var=\"%s\"", advertised[j].feature);

			g_assert_true(!strstr(info, var) == ((advertised[j].needs & sets[i]) != 0));
		}
		end();
	}
}

/* The hash in presence is another one, so that nobody goes on with what was cached. */
static void test_hash(void)
{
	g_autofree char *all = NULL, *less = NULL;

	for (guint i = 0; i < 2; i++) {
		CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_PRESENCE);
		g_autofree char *presence = NULL;

		begin(i == 0 ? 0 : MESSAGING);
		operation->presence.availability = CUSAX_AVAILABILITY_ONLINE;
		xmpp_rig_submit(&rig, operation);
		presence = take("</presence>");
		*(i == 0 ? &all : &less) = xmpp_peer_attr(presence, "ver");
		end();
	}
	g_assert_cmpstr(all, !=, less);
}

/* --- C13, C14: calls over XMPP ---------------------------------------------------------------- */

/* There is no Jingle to be had, whatever the features say: real-time sessions go by SIP (C31). */
static void test_no_calls(gconstpointer data)
{
	g_autofree char *info = NULL, *reply = NULL;

	begin((CusaxFeatures)GPOINTER_TO_UINT(data));
	info = ask_features();
	g_assert_null(strstr(info, "jingle"));
	g_assert_null(strstr(info, "rtp"));
	send("<iq type='set' id='j' from='bob@xmpp.test/b'><jingle xmlns='urn:xmpp:jingle:1' "
	     "action='session-initiate' sid='s'/></iq>"
	     "<message type='chat' from='bob@xmpp.test/b'><propose "
	     "xmlns='urn:xmpp:jingle-message:0' id='s'/></message>");
	reply = take("</iq>");
	g_assert_nonnull(strstr(reply, "id=\"j\""));
	g_assert_nonnull(strstr(reply, "<service-unavailable"));
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "message");
	end();
}

/* --- C17: messaging --------------------------------------------------------------------------- */

#define FROM "from='bob@xmpp.test/b' id='i'"

static const struct {
	const char *name, *message;
	gboolean answered;
} messages[] = {
	{ "chat", "<message type='chat' " FROM "><body>x</body></message>", TRUE },
	{ "normal", "<message " FROM "><body>x</body></message>", TRUE },
	{ "encrypted",
	  "<message type='chat' " FROM "><encrypted xmlns='urn:xmpp:omemo:2'/></message>", TRUE },
	{ "chat state",
	  "<message type='chat' " FROM "><composing "
	  "xmlns='http://jabber.org/protocol/chatstates'/></message>",
	  FALSE },
	{ "receipt", "<message " FROM "><received xmlns='urn:xmpp:receipts' id='m1'/></message>",
	  FALSE },
	{ "headline", "<message type='headline' " FROM "><body>x</body></message>", FALSE },
	{ "error, which is never answered",
	  "<message type='error' " FROM "><body>x</body><error type='cancel'/></message>", FALSE },
	{ "room", "<message type='groupchat' " FROM "><body>x</body></message>", FALSE },
};

static void test_message(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_autofree char *before = NULL;

	begin(MESSAGING);
	send(messages[i].message);
	if (messages[i].answered) {
		g_autofree char *reply = take("</message>");

		g_assert_nonnull(strstr(reply, "type=\"error\""));
		g_assert_nonnull(strstr(reply, "to=\"bob@xmpp.test/b\""));
		g_assert_nonnull(strstr(reply, "id=\"i\""));
		g_assert_nonnull(strstr(reply, "<service-unavailable"));
	}
	send("<iq type='get' id='after' from='bob@xmpp.test/b'>"
	     "<ping xmlns='urn:xmpp:ping'/></iq>");
	before = take("after");
	g_assert_null(strstr(before, "<message"));
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "message");
	xmpp_rig_forbid(&rig, "chat-state");
	end();
}

static CusaxOperation *message(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_SEND_MESSAGE);

	operation->send_message.address = g_strdup("bob@xmpp.test");
	operation->send_message.message = g_strdup("m1");
	operation->send_message.text = g_strdup("one");
	return operation;
}

static void test_no_sending(void)
{
	CusaxOperation *state = xmpp_rig_operation(CUSAX_OPERATION_SEND_CHAT_STATE);
	CusaxOperation *marker = xmpp_rig_operation(CUSAX_OPERATION_SEND_MARKER);
	CusaxOperation *retraction = xmpp_rig_operation(CUSAX_OPERATION_SEND_RETRACTION);
	g_autofree char *before = NULL;

	begin(MESSAGING);
	xmpp_rig_submit(&rig, message());
	expect_done("FeatureDisabled");
	state->send_chat_state.address = g_strdup("bob@xmpp.test");
	state->send_chat_state.state = CUSAX_CHAT_STATE_COMPOSING;
	xmpp_rig_submit(&rig, state);
	expect_done("FeatureDisabled");
	marker->send_marker.address = g_strdup("bob@xmpp.test");
	marker->send_marker.message = g_strdup("m2");
	xmpp_rig_submit(&rig, marker);
	expect_done("FeatureDisabled");
	retraction->send_reference.address = g_strdup("bob@xmpp.test");
	retraction->send_reference.target = g_strdup("m2");
	xmpp_rig_submit(&rig, retraction);
	expect_done("FeatureDisabled");
	send("<iq type='get' id='after'><ping xmlns='urn:xmpp:ping'/></iq>");
	before = take("after");
	g_assert_null(strstr(before, "<message"));
	end();
}

/* A message that waits for its acknowledgement is not carried into a session without messaging. */
static void test_unacknowledged(void)
{
	CusaxOperation *again;
	g_autofree char *before = NULL;

	begin(0);
	xmpp_rig_submit(&rig, message());
	g_free(take("one"));
	xmpp_peer_drop(rig.peer);
	expect("connection offline NotConnected");
	again = xmpp_rig_connection(&rig, NULL);
	again->connect.disabled = MESSAGING;
	xmpp_rig_submit(&rig, again);
	xmpp_peer_bind(rig.peer);
	serve_session(MESSAGING);
	send("<iq type='get' id='after'><ping xmlns='urn:xmpp:ping'/></iq>");
	before = take("after");
	g_assert_null(strstr(before, "<message"));
	end();
}

/* --- C17: presence ---------------------------------------------------------------------------- */

static void test_no_presence_heard(void)
{
	begin(PRESENCE);
	send("<presence from='bob@xmpp.test/b'><reach xmlns='urn:xmpp:reach:0'>"
	     "<addr uri='tel:+331'/></reach></presence>"
	     "<presence from='eve@evil.test' type='subscribe'/>"
	     "<message from='bob@xmpp.test'><event "
	     "xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:reach:0'>"
	     "<item><reach xmlns='urn:xmpp:reach:0'><addr uri='tel:+331'/></reach></item></items>"
	     "</event></message>");
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "presence");
	xmpp_rig_forbid(&rig, "subscription");
	xmpp_rig_forbid(&rig, "reachability");
	end();
}

static void test_no_presence_said(void)
{
	static const char *const uris[] = { "sip:alice@sip.test", NULL };
	CusaxOperation *presence = xmpp_rig_operation(CUSAX_OPERATION_PRESENCE);
	CusaxOperation *subscribe = xmpp_rig_operation(CUSAX_OPERATION_SUBSCRIPTION);
	CusaxOperation *reach = xmpp_rig_operation(CUSAX_OPERATION_PUBLISH_REACHABILITY);
	g_autofree char *rest = NULL;

	begin(PRESENCE);
	presence->presence.availability = CUSAX_AVAILABILITY_ONLINE;
	xmpp_rig_submit(&rig, presence);
	expect_done("FeatureDisabled");
	subscribe->subscription.address = g_strdup("bob@xmpp.test");
	xmpp_rig_submit(&rig, subscribe);
	expect_done("FeatureDisabled");
	reach->publish_reachability.uris = g_strdupv((GStrv)uris);
	xmpp_rig_submit(&rig, reach);
	expect_done("FeatureDisabled");
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	rest = take("</stream:stream>");
	g_assert_null(strstr(rest, "presence"));
	g_assert_null(strstr(rest, "pubsub"));
	end();
}

/* The presence of before is not said again, and the session that has it is not resumed. */
static void test_presence_forgotten(void)
{
	CusaxOperation *presence = xmpp_rig_operation(CUSAX_OPERATION_PRESENCE);
	CusaxOperation *again;
	g_autofree char *rest = NULL;

	begin(0);
	presence->presence.availability = CUSAX_AVAILABILITY_DND;
	xmpp_rig_submit(&rig, presence);
	g_free(take("</presence>"));
	xmpp_peer_drop(rig.peer);
	expect("connection offline NotConnected");
	again = xmpp_rig_connection(&rig, NULL);
	again->connect.disabled = PRESENCE;
	xmpp_rig_submit(&rig, again);
	/* To bind, it must not have asked to resume. */
	xmpp_peer_bind(rig.peer);
	serve_session(PRESENCE);
	send("<iq type='get' id='after'><ping xmlns='urn:xmpp:ping'/></iq>");
	rest = take("after");
	g_assert_null(strstr(rest, "<presence"));
	end();
}

/* --- C18: on again ---------------------------------------------------------------------------- */

static void test_on_again(void)
{
	g_autofree char *none = NULL, *all = NULL;

	begin(MESSAGING | PRESENCE);
	none = ask_features();
	g_assert_null(strstr(none, "urn:xmpp:receipts"));
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	expect("connection offline");
	login(0);
	all = ask_features();
	g_assert_nonnull(strstr(all, "urn:xmpp:receipts"));
	g_assert_nonnull(strstr(all, "urn:xmpp:reach:0+notify"));
	send("<message type='chat' from='bob@xmpp.test/b'><body>x</body></message>"
	     "<presence from='bob@xmpp.test/b'/>");
	expect("message in bob@xmpp.test x");
	expect("presence bob@xmpp.test/b online -");
	xmpp_rig_submit(&rig, message());
	g_free(take("one"));
	expect_done("ok");
	end();
}

/* The link was down when it was switched on: a session without copies of messages is not resumed. */
static void test_on_again_after_loss(void)
{
	begin(MESSAGING);
	xmpp_peer_drop(rig.peer);
	expect("connection offline NotConnected");
	login(0);
	end();
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xmpp/features/C17: what is off is not advertised", test_advertised);
	g_test_add_func("/xmpp/features/C17: the hash of capabilities follows", test_hash);
	g_test_add_data_func("/xmpp/features/C13: no audio calls over XMPP",
			     GUINT_TO_POINTER(AUDIO), test_no_calls);
	g_test_add_data_func("/xmpp/features/C14: no video calls over XMPP",
			     GUINT_TO_POINTER(VIDEO), test_no_calls);
	g_test_add_data_func("/xmpp/features/C13, C14: nor where nothing is off",
			     GUINT_TO_POINTER(0), test_no_calls);
	for (guint i = 0; i < G_N_ELEMENTS(messages); i++) {
		g_autofree char *path =
			g_strconcat("/xmpp/features/C17: messaging off: ", messages[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_message);
	}
	g_test_add_func("/xmpp/features/C17: messaging off: nothing is sent", test_no_sending);
	g_test_add_func("/xmpp/features/C17: messaging off: what waits is given up",
			test_unacknowledged);
	g_test_add_func("/xmpp/features/C17: presence off: none is heard", test_no_presence_heard);
	g_test_add_func("/xmpp/features/C17: presence off: none is said", test_no_presence_said);
	g_test_add_func("/xmpp/features/C17: presence off: what was said is not said again",
			test_presence_forgotten);
	g_test_add_func("/xmpp/features/C18: on again without a restart", test_on_again);
	g_test_add_func("/xmpp/features/C18: on again while the link is down",
			test_on_again_after_loss);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

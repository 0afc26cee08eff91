/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What contacts publish: vCard4 news and reachability; who may say it. Our own reachability. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define CONTACTS                                                                                   \
	"<item jid='bob@xmpp.test' subscription='both'/><item jid='carol@xmpp.test' "              \
	"subscription='to'/>"

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

static void begin(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login_with(rig.peer, CONTACTS, "");
	g_free(xmpp_rig_expect(&rig, "roster end v1"));
}

static void end(void)
{
	xmpp_rig_clear(&rig);
}

static void expect_done(const char *outcome)
{
	g_autofree char *done = xmpp_rig_expect(&rig, "done");

	g_assert_true(g_str_has_suffix(done, outcome));
}

/* --- forgeries and their genuine twins -------------------------------------------------------- */

#define EVENT(from, inner)                                                                         \
	"<message" from " type='headline'><event "                                                 \
	"xmlns='http://jabber.org/protocol/pubsub#event'>" inner "</event></message>"
#define ITEMS(node, item) "<items node='" node "'>" item "</items>"
#define VCARD4                                                                                     \
	ITEMS("urn:xmpp:vcard4",                                                                   \
	      "<item id='current'><vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/></item>")
#define REACH(uris)      "<reach xmlns='urn:xmpp:reach:0'>" uris "</reach>"
#define ADDR(uri)        "<addr uri='" uri "'/>"
#define REACH_ITEM(uris) ITEMS("urn:xmpp:reach:0", "<item id='current'>" REACH(uris) "</item>")

typedef struct {
	const char *name;
	const char *forged, *refused, *forbidden;
	const char *genuine, *line;
} Twin;

static const Twin twins[] = {
	{ "vCard4 event of a stranger", EVENT(" from='eve@evil.test'", VCARD4), "refused pep-event",
	  "vcard-changed", EVENT(" from='bob@xmpp.test'", VCARD4), "vcard-changed bob@xmpp.test" },
	{ "vCard4 event of a contact's device, not of the account",
	  EVENT(" from='bob@xmpp.test/phone'", VCARD4), "refused pep-event", "vcard-changed",
	  EVENT(" from='Bob@XMPP.test'", VCARD4), "vcard-changed bob@xmpp.test" },
	{ "vCard4 event of a contact's domain", EVENT(" from='xmpp.test'", VCARD4),
	  "refused pep-event", "vcard-changed", EVENT(" from='carol@xmpp.test'", VCARD4),
	  "vcard-changed carol@xmpp.test" },
	{ "own vCard4 event of another session of ours",
	  EVENT(" from='alice@xmpp.test/two'", VCARD4), "refused pep-event", "vcard-changed",
	  EVENT(" from='alice@xmpp.test'", VCARD4), "vcard-changed alice@xmpp.test" },
	{ "own vCard4 event of a likeness of us",
	  EVENT(" from='alice@xmpp.test.evil.test'", VCARD4), "refused pep-event", "vcard-changed",
	  EVENT("", VCARD4), "vcard-changed alice@xmpp.test" },
	{ "vCard4 event of a room's occupant", EVENT(" from='room@muc.test/bob'", VCARD4),
	  "refused pep-event", "vcard-changed", EVENT(" from='bob@xmpp.test'", VCARD4),
	  "vcard-changed bob@xmpp.test" },
	{ "reachability event of a stranger",
	  EVENT(" from='eve@evil.test'", REACH_ITEM(ADDR("tel:+1900"))), "refused pep-event",
	  "reachability", EVENT(" from='bob@xmpp.test'", REACH_ITEM(ADDR("tel:+331"))),
	  "reachability bob@xmpp.test tel:+331" },
	{ "reachability event of a contact's device",
	  EVENT(" from='bob@xmpp.test/x'", REACH_ITEM(ADDR("tel:+1900"))), "refused pep-event",
	  "reachability", EVENT(" from='bob@xmpp.test'", REACH_ITEM(ADDR("tel:+331"))),
	  "reachability bob@xmpp.test tel:+331" },
	{ "reachability in a stranger's presence",
	  "<presence from='eve@evil.test/x'>" REACH(ADDR("tel:+1900")) "</presence>",
	  "refused reach", "reachability",
	  "<presence from='bob@xmpp.test/x'>" REACH(ADDR("tel:+331")) "</presence>",
	  "reachability bob@xmpp.test tel:+331" },
};

static void test_twin(gconstpointer data)
{
	const Twin *row = data;

	begin();
	send(row->forged);
	expect(row->refused);
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, row->forbidden);
	send(row->genuine);
	expect(row->line);
	end();
}

/* Whoever was taken off the roster is a stranger; whoever was put on it is none. */
static void test_roster_changes(void)
{
	begin();
	send("<iq type='set' id='p1'><query xmlns='jabber:iq:roster'>"
	     "<item jid='bob@xmpp.test' subscription='remove'/></query></iq>");
	send(EVENT(" from='bob@xmpp.test'", VCARD4));
	expect("refused pep-event");
	send("<iq type='set' id='p2'><query xmlns='jabber:iq:roster'>"
	     "<item jid='dave@xmpp.test' subscription='to'/></query></iq>");
	send(EVENT(" from='dave@xmpp.test'", VCARD4));
	expect("vcard-changed dave@xmpp.test");
	end();
}

/* RFC 6121 §2.6: where the server says that our roster is right, it is the one that counts. */
static void test_roster_kept(void)
{
	CusaxOperation *operation;
	const char *roster[] = { "bob@xmpp.test", NULL };
	g_autofree char *request = NULL, *id = NULL;

	xmpp_rig_init(&rig, NULL);
	operation = xmpp_rig_connection(&rig, NULL);
	operation->connect.roster_version = g_strdup("v7");
	operation->connect.roster = g_strdupv((GStrv)roster);
	xmpp_rig_submit(&rig, operation);
	xmpp_peer_bind(rig.peer);
	request = take("</iq>");
	id = xmpp_peer_attr(request, "id");
	xmpp_peer_send(rig.peer, "<iq type='result' id='%s'/>", id);
	expect("roster end v7");
	send(EVENT(" from='eve@evil.test'", VCARD4));
	expect("refused pep-event");
	send(EVENT(" from='bob@xmpp.test'", VCARD4));
	expect("vcard-changed bob@xmpp.test");
	end();
}

#define CARD(uri)                                                                                  \
	ITEMS("urn:xmpp:vcard4",                                                                   \
	      "<item id='current'><vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><tel><uri>" uri  \
	      "</uri></tel></vcard></item>")

static void come_again(void)
{
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	expect("connection offline");
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login_with(rig.peer, CONTACTS, "");
	g_free(xmpp_rig_expect(&rig, "roster end v1"));
}

/* The newest item comes at each login; what is as it was is no news. */
static void test_vcard_at_login(void)
{
	begin();
	send(EVENT(" from='bob@xmpp.test'", CARD("tel:1")));
	expect("vcard-changed bob@xmpp.test");
	come_again();
	send(EVENT(" from='bob@xmpp.test'", CARD("tel:1")));
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "vcard-changed");
	send(EVENT(" from='bob@xmpp.test'", CARD("tel:2")));
	expect("vcard-changed bob@xmpp.test");
	send(EVENT(" from='bob@xmpp.test'", "<purge node='urn:xmpp:vcard4'/>"));
	expect("vcard-changed bob@xmpp.test");
	end();
}

/* Unless it could not be fetched when it was told. */
static void test_vcard_not_had(void)
{
	CusaxOperation *fetch = xmpp_rig_operation(CUSAX_OPERATION_FETCH_VCARD);

	begin();
	send(EVENT(" from='bob@xmpp.test'", CARD("tel:1")));
	expect("vcard-changed bob@xmpp.test");
	fetch->fetch_vcard.address = g_strdup("bob@xmpp.test");
	xmpp_rig_submit(&rig, fetch);
	g_free(take("urn:xmpp:vcard4"));
	come_again();
	send(EVENT(" from='bob@xmpp.test'", CARD("tel:1")));
	expect("vcard-changed bob@xmpp.test");
	end();
}

/* An error with an event in it is our own word come back. */
static void test_bounce(void)
{
	begin();
	send("<message from='bob@xmpp.test' type='error'><event "
	     "xmlns='http://jabber.org/protocol/pubsub#event'>" VCARD4 "</event></message>");
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "vcard-changed");
	end();
}

/* --- C48-C50: reachability -------------------------------------------------------------------- */

#define FROM_BOB(inner)       EVENT(" from='bob@xmpp.test'", inner)
#define PRESENCE(from, inner) "<presence from='" from "'>" inner "</presence>"
#define GONE                  "reachability bob@xmpp.test"
#define ONE                   "reachability bob@xmpp.test tel:+331"

static const struct {
	const char *name, *first, *first_line, *second, *second_line;
} hints[] = {
	{ "C50: order is kept and every scheme survives",
	  FROM_BOB(REACH_ITEM(ADDR("sip:z@sip.test") ADDR("tel:+1-212-555;ext=2") ADDR(
		  "xmpp:bob@xmpp.test") ADDR("x-thing:%41&amp;b") ADDR("mailto:a@b"))),
	  "reachability bob@xmpp.test sip:z@sip.test tel:+1-212-555;ext=2 xmpp:bob@xmpp.test "
	  "x-thing:%41&b mailto:a@b",
	  NULL, NULL },
	{ "malformed addresses are stepped over",
	  FROM_BOB(REACH_ITEM("<addr/>" ADDR("") ADDR("no scheme") ADDR("tel:")
				      ADDR("sip:a b@c") "<other uri='tel:+9'/>" ADDR("tel:+331"))),
	  ONE, NULL, NULL },
	{ "C49: an address named twice is shown once",
	  FROM_BOB(REACH_ITEM(ADDR("tel:+331") ADDR("tel:+331"))), ONE, NULL, NULL },
	{ "C50: an empty item withdraws", FROM_BOB(REACH_ITEM(ADDR("tel:+331"))), ONE,
	  FROM_BOB(REACH_ITEM("")), GONE },
	{ "C50: an item without reach withdraws", FROM_BOB(REACH_ITEM(ADDR("tel:+331"))), ONE,
	  FROM_BOB(ITEMS("urn:xmpp:reach:0", "<item id='current'/>")), GONE },
	{ "C50: a retracted item withdraws", FROM_BOB(REACH_ITEM(ADDR("tel:+331"))), ONE,
	  FROM_BOB(ITEMS("urn:xmpp:reach:0", "<retract id='current'/>")), GONE },
	{ "C50: a purged node withdraws", FROM_BOB(REACH_ITEM(ADDR("tel:+331"))), ONE,
	  FROM_BOB("<purge node='urn:xmpp:reach:0'/>"), GONE },
	{ "C50: a deleted node withdraws", FROM_BOB(REACH_ITEM(ADDR("tel:+331"))), ONE,
	  FROM_BOB("<delete node='urn:xmpp:reach:0'/>"), GONE },
	{ "C48, C50: presence without reach withdraws",
	  PRESENCE("bob@xmpp.test/a", REACH(ADDR("tel:+331"))), ONE,
	  PRESENCE("bob@xmpp.test/a", ""), GONE },
	{ "C48: a device that leaves takes its addresses along",
	  PRESENCE("bob@xmpp.test/a", REACH(ADDR("tel:+331"))), ONE,
	  "<presence from='bob@xmpp.test/a' type='unavailable'/>", GONE },
	{ "C48: each device has its own", PRESENCE("bob@xmpp.test/a", REACH(ADDR("tel:+331"))), ONE,
	  PRESENCE("bob@xmpp.test/b", REACH(ADDR("sip:b@c"))),
	  "reachability bob@xmpp.test tel:+331 sip:b@c" },
	{ "C48, C49: the node's come before a device's",
	  PRESENCE("bob@xmpp.test/a", REACH(ADDR("tel:+331"))), ONE,
	  FROM_BOB(REACH_ITEM(ADDR("sip:b@c"))), "reachability bob@xmpp.test sip:b@c tel:+331" },
};

static void test_hints(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);

	begin();
	send(hints[i].first);
	expect(hints[i].first_line);
	if (hints[i].second) {
		send(hints[i].second);
		expect(hints[i].second_line);
	}
	end();
}

/* One device's presence says nothing about another's, and what did not change is not told again. */
static void test_hints_of_others(void)
{
	begin();
	send(PRESENCE("bob@xmpp.test/a", REACH(ADDR("tel:+331"))));
	expect(ONE);
	send(PRESENCE("bob@xmpp.test/b", "") PRESENCE("carol@xmpp.test/a", ""));
	send(PRESENCE("bob@xmpp.test/a", REACH(ADDR("tel:+331"))));
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "reachability");
	end();
}

static void test_hints_limit(void)
{
	g_autoptr(GString) many = g_string_new(NULL);
	g_autofree char *line = NULL;

	begin();
	for (guint i = 0; i < 100; i++)
		g_string_append_printf(many, "<addr uri='tel:+%u'/>", i);
	xmpp_peer_send(rig.peer, PRESENCE("bob@xmpp.test/a", REACH("%s")), many->str);
	line = xmpp_rig_expect(&rig, "reachability");
	g_assert_true(g_str_has_suffix(line, " tel:+15"));
	for (guint i = 0; i < 16; i++)
		xmpp_peer_send(rig.peer, PRESENCE("bob@xmpp.test/r%u", REACH(ADDR("sip:a@b"))), i);
	send(PRESENCE("bob@xmpp.test/last", REACH(ADDR("sip:a@b"))));
	expect("refused reach-limit");
	end();
}

/* A session that is not resumed knows nothing of who is there. */
static void test_hints_new_session(void)
{
	begin();
	send(PRESENCE("bob@xmpp.test/a", REACH(ADDR("tel:+331"))));
	expect(ONE);
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	expect("connection offline");
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login_with(rig.peer, CONTACTS, "");
	expect(GONE);
	end();
}

/* --- our own ---------------------------------------------------------------------------------- */

static char *publish(const char *const *uris)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_PUBLISH_REACHABILITY);

	operation->publish_reachability.uris = g_strdupv((GStrv)uris);
	xmpp_rig_submit(&rig, operation);
	return take("</iq>");
}

static void answer(const char *request, const char *rest)
{
	g_autofree char *id = xmpp_peer_attr(request, "id");

	xmpp_peer_send(rig.peer, "<iq id='%s' %s", id, rest);
}

static void test_publish(void)
{
	static const char *const uris[] = { "sip:alice@sip.test", "tel:+33<1", NULL };
	g_autofree char *request = NULL;

	begin();
	request = publish(uris);
	g_assert_null(strstr(request, " to="));
	g_assert_nonnull(strstr(request, "<publish node=\"urn:xmpp:reach:0\"><item id=\"current\">"
					 "<reach xmlns=\"urn:xmpp:reach:0\">"
					 "<addr uri=\"sip:alice@sip.test\"/>"
					 "<addr uri=\"tel:+33&lt;1\"/></reach></item></publish>"));
	g_assert_nonnull(strstr(request, "<value>http://jabber.org/protocol/"
					 "pubsub#publish-options</value>"));
	g_assert_nonnull(strstr(request, "<field var=\"pubsub#access_model\">"
					 "<value>presence</value></field>"));
	answer(request, "type='result'/>");
	expect_done("ok");
	end();
}

static const struct {
	const char *name, *rest, *outcome;
} retractions[] = {
	{ "done", "type='result'/>", "ok" },
	{ "there was none",
	  "type='error'><error type='cancel'><item-not-found "
	  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
	  "ok" },
	{ "refused",
	  "type='error'><error type='auth'><forbidden "
	  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
	  "Refused" },
};

static void test_retract(gconstpointer data)
{
	static const char *const none[] = { NULL };
	guint i = GPOINTER_TO_UINT(data);
	g_autofree char *request = NULL;

	begin();
	request = publish(none);
	g_assert_nonnull(strstr(request, "<retract "));
	g_assert_nonnull(strstr(request, "node=\"urn:xmpp:reach:0\""));
	g_assert_nonnull(strstr(request, "notify=\"true\""));
	g_assert_nonnull(strstr(request, "<item id=\"current\"/></retract>"));
	answer(request, retractions[i].rest);
	expect_done(retractions[i].outcome);
	end();
}

/* A server without PEP, or a node that is open to others: told, not hidden. */
static void test_publish_refused(void)
{
	static const char *const uris[] = { "sip:alice@sip.test", NULL };
	g_autofree char *request = NULL, *again = NULL;

	begin();
	request = publish(uris);
	answer(request, "type='error'><error type='cancel'><service-unavailable "
			"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
	expect_done("Unsupported");
	again = publish(uris);
	answer(again, "type='error'><error type='cancel'><conflict "
		      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><precondition-not-met "
		      "xmlns='http://jabber.org/protocol/pubsub#errors'/></error></iq>");
	expect_done("Refused");
	end();
}

/* --- C49: +notify, and the hash that covers it ------------------------------------------------ */

static char *hash_of(const char *info)
{
	g_autoptr(GString) text = g_string_new("client/pc//cusaxd<");
	g_autofree char *last = g_strdup("");
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[20];
	gsize length = sizeof(digest);

	for (const char *p = info; (p = strstr(p, "<feature var=\"")); p++) {
		g_autofree char *var = xmpp_peer_attr(p, "var");

		/* XEP-0115 §5.1: sorted by bytes; no feature twice. */
		g_assert_cmpstr(last, <, var);
		g_string_append_printf(text, "%s<", var);
		g_free(last);
		last = g_steal_pointer(&var);
	}
	g_checksum_update(checksum, (const guint8 *)text->str, -1);
	g_checksum_get_digest(checksum, digest, &length);
	return g_base64_encode(digest, length);
}

static void test_caps(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_PRESENCE);
	g_autofree char *presence = NULL, *ver = NULL, *info = NULL, *hash = NULL;

	begin();
	operation->presence.availability = CUSAX_AVAILABILITY_ONLINE;
	xmpp_rig_submit(&rig, operation);
	presence = take("</presence>");
	ver = xmpp_peer_attr(presence, "ver");
	xmpp_peer_send(rig.peer,
		       "<iq type='get' id='d' from='bob@xmpp.test/b'><query "
		       "xmlns='http://jabber.org/protocol/disco#info' "
		       "node='https://cusax.org/cusaxd#%s'/></iq>",
		       ver);
	info = take("</iq>");
	g_assert_nonnull(strstr(info, "var=\"urn:xmpp:vcard4+notify\""));
	g_assert_nonnull(strstr(info, "var=\"urn:xmpp:reach:0+notify\""));
	hash = hash_of(info);
	g_assert_cmpstr(hash, ==, ver);
	end();
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(twins); i++) {
		g_autofree char *path = g_strconcat("/xmpp/pep/refused/", twins[i].name, NULL);

		g_test_add_data_func(path, &twins[i], test_twin);
	}
	g_test_add_func("/xmpp/pep/refused/whoever is not on the roster now", test_roster_changes);
	g_test_add_func("/xmpp/pep/refused/by the roster of an earlier session", test_roster_kept);
	g_test_add_func("/xmpp/pep/refused/an event that came back", test_bounce);
	g_test_add_func("/xmpp/pep/vcard4/C45: what is as it was is told once",
			test_vcard_at_login);
	g_test_add_func("/xmpp/pep/vcard4/C45: what was not had is told again", test_vcard_not_had);
	for (guint i = 0; i < G_N_ELEMENTS(hints); i++) {
		g_autofree char *path = g_strconcat("/xmpp/pep/reach/", hints[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_hints);
	}
	g_test_add_func("/xmpp/pep/reach/C50: nothing is withdrawn or told without need",
			test_hints_of_others);
	g_test_add_func("/xmpp/pep/reach/limits", test_hints_limit);
	g_test_add_func("/xmpp/pep/reach/a new session begins without", test_hints_new_session);
	g_test_add_func("/xmpp/pep/publish/reachability, for those who see our presence",
			test_publish);
	for (guint i = 0; i < G_N_ELEMENTS(retractions); i++) {
		g_autofree char *path =
			g_strconcat("/xmpp/pep/publish/retracted: ", retractions[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_retract);
	}
	g_test_add_func("/xmpp/pep/publish/refused", test_publish_refused);
	g_test_add_func("/xmpp/pep/caps/C49: +notify is named and hashed", test_caps);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

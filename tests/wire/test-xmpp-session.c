/* SPDX-License-Identifier: GPL-3.0-or-later */
/* While online: who may say what, requests and answers, the roster, stream management. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define ROSTER "xmlns='jabber:iq:roster'"

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

static void skip(const char *text)
{
	g_free(take(text));
}

static void begin(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
}

static void end(void)
{
	xmpp_rig_clear(&rig);
}

/* --- forgeries ------------------------------------------------------------------------------- */

typedef struct {
	const char *name;
	const char *stanza;
	const char *refused;   /* line expected */
	const char *answer;    /* what goes back; NULL: nothing is looked for */
	const char *forbidden; /* line that must not come */
} Forgery;

#define ITEM "<query " ROSTER "><item jid='eve@evil.test' name='Bob' subscription='both'/></query>"
#define CARBON(kind, from, to)                                                                     \
	"<" kind " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"              \
	"<message xmlns='jabber:client' type='chat' from='" from "' to='" to                       \
	"'><body>send money</body></message></forwarded></" kind ">"

static const Forgery forgeries[] = {
	{ "roster push from a stranger",
	  "<iq type='set' id='p' from='eve@evil.test/x'>" ITEM "</iq>", "refused roster-push",
	  "service-unavailable", "roster item" },
	{ "roster push from a contact's bare JID",
	  "<iq type='set' id='p' from='bob@xmpp.test'>" ITEM "</iq>", "refused roster-push",
	  "service-unavailable", "roster item" },
	{ "roster push from the own server's domain",
	  "<iq type='set' id='p' from='xmpp.test'>" ITEM "</iq>", "refused roster-push",
	  "service-unavailable", "roster item" },
	{ "roster push from another session of ours",
	  "<iq type='set' id='p' from='alice@xmpp.test/two'>" ITEM "</iq>", "refused roster-push",
	  "service-unavailable", "roster item" },
	{ "roster push from a likeness of us",
	  "<iq type='set' id='p' from='alice@xmpp.test.evil.test'>" ITEM "</iq>",
	  "refused roster-push", "service-unavailable", "roster item" },
	{ "roster push with two entries",
	  "<iq type='set' id='p'><query " ROSTER "><item jid='a@b.test'/><item jid='c@d.test'/>"
	  "</query></iq>",
	  "refused roster-item", "bad-request", "roster item" },
	{ "roster push of what is no address",
	  "<iq type='set' id='p'><query " ROSTER "><item jid='@'/></query></iq>",
	  "refused roster-item", NULL, "roster item" },
	{ "roster result that nobody asked for",
	  "<iq type='result' id='p' from='alice@xmpp.test'>" ITEM "</iq>", "refused iq-result",
	  NULL, "roster item" },
	{ "received carbon from a stranger",
	  "<message from='eve@evil.test/x'>" CARBON("received", "bob@xmpp.test/b",
						    "alice@xmpp.test/two") "</message>",
	  "refused carbon", NULL, "message" },
	{ "sent carbon from a stranger",
	  "<message from='eve@evil.test/x'>" CARBON("sent", "alice@xmpp.test/two",
						    "bob@xmpp.test") "</message>",
	  "refused carbon", NULL, "message" },
	{ "sent carbon of somebody else's message",
	  "<message from='alice@xmpp.test'>" CARBON("sent", "eve@evil.test",
						    "bob@xmpp.test") ""
								     "</message>",
	  "refused carbon", NULL, "message" },
	{ "received carbon to somebody else",
	  "<message from='alice@xmpp.test'>" CARBON("received", "bob@xmpp.test",
						    "eve@evil.test") ""
								     "</message>",
	  "refused carbon", NULL, "message" },
	{ "empty carbon",
	  "<message from='alice@xmpp.test'><sent xmlns='urn:xmpp:carbons:2'/></message>",
	  "refused carbon", NULL, "message" },
	{ "archive result that nobody asked for",
	  "<message from='alice@xmpp.test'><result xmlns='urn:xmpp:mam:2' queryid='q' id='1'>"
	  "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
	  "from='bob@xmpp.test'"
	  " to='alice@xmpp.test'><body>x</body></message></forwarded></result></message>",
	  "refused archive-result", NULL, "message" },
	{ "copy of a message, in no carbon",
	  "<message from='bob@xmpp.test/x'><forwarded xmlns='urn:xmpp:forward:0'>"
	  "<message xmlns='jabber:client' from='carol@xmpp.test' to='alice@xmpp.test'>"
	  "<body>x</body></message></forwarded></message>",
	  "refused forwarded", NULL, "message" },
	{ "occupant of a room that was never joined",
	  "<presence from='room@muc.test/bob'><x xmlns='http://jabber.org/protocol/muc#user'>"
	  "<item affiliation='owner' role='moderator'/></x></presence>",
	  "refused room-presence", NULL, "presence" },
	{ "message of a room that was never joined",
	  "<message type='groupchat' from='room@muc.test/bob'><body>x</body></message>",
	  "refused room-message", NULL, "message" },
	{ "private message of an occupant, under the name of a person",
	  "<message type='chat' from='room@muc.test/bob'><body>x</body>"
	  "<x xmlns='http://jabber.org/protocol/muc#user'/></message>",
	  "refused room-message", NULL, "message" },
	{ "sender that is no address", "<message from='a@@b'><body>x</body></message>",
	  "refused bad-address", NULL, "message" },
};

static void test_forgery(gconstpointer data)
{
	const Forgery *row = data;

	begin();
	xmpp_peer_send_bytes(rig.peer, row->stanza, strlen(row->stanza));
	expect(row->refused);
	if (row->answer)
		skip(row->answer);
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, row->forbidden);
	end();
}

/* --- requests -------------------------------------------------------------------------------- */

static void ask_vcard(const char *address)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_FETCH_VCARD);

	operation->fetch_vcard.address = g_strdup(address);
	xmpp_rig_submit(&rig, operation);
}

/* Gives the request for the vcard-temp; of vCard4 there is none. */
static char *ask_vcard_temp(const char *address)
{
	g_autofree char *request = NULL, *other = NULL, *id = NULL;

	ask_vcard(address);
	request = take("</iq>");
	other = take("</iq>");
	id = xmpp_peer_attr(other, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='error' id='%s' from='%s'><error type='cancel'><item-not-found "
		       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
		       id, address);
	return g_steal_pointer(&request);
}

#define VCARD(number)                                                                              \
	"<vCard xmlns='vcard-temp'><FN>Bob</FN><TEL><VOICE/><NUMBER>" number                       \
	"</NUMBER></TEL></vCard>"

/* The right id from anybody but the one asked is no answer. */
static void test_forged_answer(void)
{
	static const char *const others[] = { "eve@evil.test", "bob@xmpp.test/phone", "xmpp.test",
					      "alice@xmpp.test", "bob@xmpp.test.evil.test" };
	g_autofree char *request = NULL, *id = NULL;

	begin();
	request = ask_vcard_temp("bob@xmpp.test");
	id = xmpp_peer_attr(request, "id");
	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		xmpp_peer_send(rig.peer,
			       "<iq type='result' id='%s' from='%s'>" VCARD("+1900") "</iq>", id,
			       others[i]);
		expect("refused iq-result");
	}
	xmpp_rig_forbid(&rig, "vcard");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s' from='Bob@XMPP.test'>" VCARD("+331") "</iq>", id);
	expect("vcard bob@xmpp.test Bob | +331 [voice] 0 vcard");
	g_free(xmpp_rig_expect(&rig, "done"));
	/* And it is answered once. */
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s' from='bob@xmpp.test'>" VCARD("+332") "</iq>", id);
	expect("refused iq-result");
	end();
}

static void test_own_answers(void)
{
	static const char *const senders[] = { "", "from='alice@xmpp.test'",
					       "from='alice@xmpp.test/one'" };

	begin();
	for (guint i = 0; i < G_N_ELEMENTS(senders); i++) {
		g_autofree char *request = NULL, *id = NULL;

		request = ask_vcard_temp("alice@xmpp.test");
		id = xmpp_peer_attr(request, "id");
		g_assert_null(strstr(request, " to="));
		xmpp_peer_send(rig.peer, "<iq type='result' id='%s' %s>" VCARD("+331") "</iq>", id,
			       senders[i]);
		expect("vcard alice@xmpp.test Bob | +331 [voice] 0 vcard");
	}
	end();
}

static void test_no_answer(void)
{
	g_autofree char *line = NULL;

	begin();
	rig.times.answer = 200;
	ask_vcard("bob@xmpp.test");
	expect("vcard bob@xmpp.test failed -");
	line = xmpp_rig_expect(&rig, "done");
	g_assert_true(g_str_has_suffix(line, "Timeout"));
	end();
}

static void test_requests_of_others(void)
{
	static const struct {
		const char *child, *answer;
	} asked[] = {
		{ "<query xmlns='jabber:iq:version'/>", "<name>cusaxd</name>" },
		{ "<ping xmlns='urn:xmpp:ping'/>", "type=\"result\"" },
		{ "<time xmlns='urn:xmpp:time'/>", "<tzo>+00:00</tzo>" },
		{ "<query xmlns='http://jabber.org/protocol/disco#items'/>", "type=\"result\"" },
		{ "<query xmlns='jabber:iq:last'/>", "service-unavailable" },
		{ "", "service-unavailable" },
	};

	begin();
	for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
		g_autofree char *answer = NULL;

		xmpp_peer_send(rig.peer, "<iq type='get' id='q%u' from='bob@xmpp.test/b'>%s</iq>",
			       i, asked[i].child);
		skip("<iq");
		answer = take(g_str_has_prefix(asked[i].child, "<ping") ? "/>" : "</iq>");
		g_assert_nonnull(strstr(answer, asked[i].answer));
		g_assert_nonnull(strstr(answer, "bob@xmpp.test/b"));
	}
	end();
}

static void test_disco(void)
{
	g_autofree char *answer = NULL;

	begin();
	xmpp_peer_send(rig.peer, "<iq type='get' id='d' from='bob@xmpp.test/b'>"
				 "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
	answer = take("</iq>");
	g_assert_nonnull(strstr(answer, "urn:xmpp:receipts"));
	g_assert_nonnull(strstr(answer, "http://jabber.org/protocol/caps"));
	g_assert_null(strstr(answer, "jingle"));
	end();
}

/* A stanza over a limit is told and answered; the stream goes on, and it counts as handled. */
static void test_swallowed(void)
{
	g_autofree char *large = g_strnfill(300000, 'x');
	g_autofree char *answer = NULL, *count = NULL;

	begin();
	xmpp_peer_send(rig.peer, "<r xmlns='urn:xmpp:sm:3'/>");
	skip("<a xmlns='urn:xmpp:sm:3' h='4'/>"); /* roster, carbons, features, bookmarks */
	xmpp_peer_send(rig.peer, "<message from='eve@evil.test/x'><body>%s</body></message>",
		       large);
	expect("refused stanza-limit");
	xmpp_peer_send(rig.peer, "<iq type='set' id='big' from='eve@evil.test/x'><a>%s</a></iq>",
		       large);
	answer = take("</iq>");
	g_assert_nonnull(strstr(answer, "big"));
	g_assert_nonnull(strstr(answer, "not-acceptable"));
	xmpp_peer_send(rig.peer, "<r xmlns='urn:xmpp:sm:3'/>");
	count = take("<a xmlns='urn:xmpp:sm:3' h='6'/>");
	xmpp_rig_forbid(&rig, "message");
	end();
}

/* --- roster ---------------------------------------------------------------------------------- */

static void test_push(void)
{
	begin();
	xmpp_peer_send(
		rig.peer,
		"<iq type='set' id='p1'><query " ROSTER " ver='v2'><item "
		"jid='Bob@XMPP.test' name='Bob &amp; Co' subscription='both'/></query></iq>");
	expect("roster item bob@xmpp.test Bob & Co both");
	expect("roster end v2");
	skip("id=\"p1\"");
	xmpp_peer_send(rig.peer, "<iq type='set' id='p2' from='alice@xmpp.test'><query " ROSTER
				 "><item jid='bob@xmpp.test' subscription='remove'/></query></iq>");
	expect("roster item bob@xmpp.test - none removed");
	skip("id=\"p2\"");
	end();
}

/* RFC 6121 §2.6: an empty answer means that what we have is right. */
static void test_version(void)
{
	g_autofree char *roster = NULL, *id = NULL, *bind = NULL, *bind_id = NULL;
	CusaxOperation *operation;

	xmpp_rig_init(&rig, NULL);
	operation = xmpp_rig_connection(&rig, NULL);
	operation->connect.roster_version = g_strdup("v7");
	xmpp_rig_submit(&rig, operation);
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
				 "<mechanism>SCRAM-SHA-256</mechanism></mechanisms>");
	xmpp_peer_scram(rig.peer, FALSE);
	xmpp_peer_open(rig.peer, "<ver xmlns='urn:xmpp:features:rosterver'/>");
	bind = take("</iq>");
	bind_id = xmpp_peer_attr(bind, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
		       "<jid>" XMPP_PEER_FULL "</jid></bind></iq>",
		       bind_id);
	roster = take("</iq>");
	g_assert_nonnull(strstr(roster, "ver=\"v7\""));
	id = xmpp_peer_attr(roster, "id");
	xmpp_peer_send(rig.peer, "<iq type='result' id='%s'/>", id);
	expect("connection online");
	g_free(xmpp_rig_expect(&rig, "done"));
	expect("roster end v7");
	end();
}

static void test_roster_change(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_ROSTER_SET);
	const char *groups[] = { "Friends", NULL };
	g_autofree char *request = NULL, *id = NULL, *done = NULL;

	begin();
	operation->roster.address = g_strdup("Bob@xmpp.test");
	operation->roster.name = g_strdup("Bob <3");
	operation->roster.groups = g_strdupv((GStrv)groups);
	xmpp_rig_submit(&rig, operation);
	request = take("</iq>");
	g_assert_nonnull(strstr(request, "jid=\"bob@xmpp.test\""));
	g_assert_nonnull(strstr(request, "name=\"Bob &lt;3\""));
	g_assert_nonnull(strstr(request, "<group>Friends</group>"));
	id = xmpp_peer_attr(request, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='error' id='%s'><error type='cancel'><not-allowed "
		       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
		       id);
	done = xmpp_rig_expect(&rig, "done");
	g_assert_true(g_str_has_suffix(done, "Refused"));
	end();
}

/* --- presence -------------------------------------------------------------------------------- */

#define HASH "0123456789abcdef0123456789abcdef01234567"

static const struct {
	const char *name, *stanza, *line;
} presences[] = {
	{ "online", "<presence from='bob@xmpp.test/b'/>", "presence bob@xmpp.test/b online -" },
	{ "away", "<presence from='bob@xmpp.test/b'><show>away</show></presence>",
	  "presence bob@xmpp.test/b away -" },
	{ "a word that nobody knows",
	  "<presence from='bob@xmpp.test/b'><show>out</show></presence>",
	  "presence bob@xmpp.test/b online -" },
	{ "gone", "<presence type='unavailable' from='bob@xmpp.test/b'/>",
	  "presence bob@xmpp.test/b offline -" },
	{ "photo",
	  "<presence from='bob@xmpp.test/b'><x xmlns='vcard-temp:x:update'><photo>" HASH
	  "</photo></x></presence>",
	  "presence bob@xmpp.test/b online " HASH },
	{ "no photo",
	  "<presence from='bob@xmpp.test/b'><x xmlns='vcard-temp:x:update'><photo/></x></presence>",
	  "presence bob@xmpp.test/b online " },
	{ "a photo hash that is none",
	  "<presence from='bob@xmpp.test/b'><x xmlns='vcard-temp:x:update'><photo>../../etc</photo>"
	  "</x></presence>",
	  "presence bob@xmpp.test/b online -" },
	{ "X4: idle since",
	  "<presence from='bob@xmpp.test/b'><show>away</show><idle xmlns='urn:xmpp:idle:1' "
	  "since='2020-01-01T00:00:00Z'/></presence>",
	  "presence bob@xmpp.test/b away - seen 1577836800" },
	{ "X4: left before we looked",
	  "<presence type='unavailable' from='bob@xmpp.test/b'><delay xmlns='urn:xmpp:delay' "
	  "stamp='2020-01-01T00:00:10Z'/></presence>",
	  "presence bob@xmpp.test/b offline - seen 1577836810" },
	{ "a delay of one who is here says nothing of activity",
	  "<presence from='bob@xmpp.test/b'><delay xmlns='urn:xmpp:delay' "
	  "stamp='2020-01-01T00:00:10Z'/></presence>",
	  "presence bob@xmpp.test/b online -" },
	{ "idle in the future is not told",
	  "<presence from='bob@xmpp.test/b'><idle xmlns='urn:xmpp:idle:1' "
	  "since='2999-01-01T00:00:00Z'/></presence>",
	  "presence bob@xmpp.test/b online -" },
	{ "somebody asks", "<presence type='subscribe' from='eve@evil.test'/>",
	  "subscription eve@evil.test 0" },
	{ "somebody denies", "<presence type='unsubscribed' from='bob@xmpp.test'/>",
	  "subscription bob@xmpp.test 3" },
};

static void test_presence(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);

	begin();
	xmpp_peer_send_bytes(rig.peer, presences[i].stanza, strlen(presences[i].stanza));
	expect(presences[i].line);
	end();
}

static void test_broadcast(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_PRESENCE);
	g_autofree char *sent = NULL;

	begin();
	operation->presence.availability = CUSAX_AVAILABILITY_DND;
	operation->presence.status = g_strdup("busy\001 & <so>");
	xmpp_rig_submit(&rig, operation);
	sent = take("</presence>");
	g_assert_nonnull(strstr(sent, "<show>dnd</show>"));
	g_assert_nonnull(strstr(sent, "<status>busy &amp; &lt;so&gt;</status>"));
	g_assert_nonnull(strstr(sent, "http://jabber.org/protocol/caps"));
	end();
}

/* --- stream management ----------------------------------------------------------------------- */

static guint64 send_message(const char *id, const char *text)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_SEND_MESSAGE);

	operation->send_message.address = g_strdup("bob@xmpp.test");
	operation->send_message.message = g_strdup(id);
	operation->send_message.text = g_strdup(text);
	return xmpp_rig_submit(&rig, operation);
}

#define FEATURES_AFTER "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>"

static char *log_in_again(void)
{
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
				 "<mechanism>SCRAM-SHA-256</mechanism></mechanisms>");
	xmpp_peer_scram(rig.peer, FALSE);
	xmpp_peer_open(rig.peer, FEATURES_AFTER);
	skip("<resume ");
	return take("/>");
}

static char *come_back(void)
{
	xmpp_peer_drop(rig.peer);
	expect("connection offline NotConnected");
	xmpp_rig_connect(&rig, NULL);
	return log_in_again();
}

static void test_resume(void)
{
	g_autofree char *resume = NULL, *again = NULL;

	begin();
	send_message("m1", "one");
	send_message("m2", "two");
	skip("two");
	resume = come_back();
	g_assert_nonnull(strstr(resume, "h=\"4\""));
	g_assert_nonnull(strstr(resume, "previd=\"sm-1\""));
	/* Roster, carbons, features and m1 have come; m2 has not. */
	xmpp_peer_send(rig.peer, "<resumed xmlns='urn:xmpp:sm:3' previd='sm-1' h='5'/>");
	expect("state bob@xmpp.test m1 server");
	expect("connection online resumed");
	again = take("two");
	g_assert_null(strstr(again, "one"));
	g_assert_nonnull(strstr(again, "m2"));
	xmpp_peer_send(rig.peer, "<a xmlns='urn:xmpp:sm:3' h='6'/>");
	expect("state bob@xmpp.test m2 server");
	/* No roster and no carbons: the session goes on. */
	xmpp_rig_fence(&rig);
	end();
}

/* The link goes while the roster comes: nobody is taken for gone, and it is asked for again. */
static void test_resume_half_a_roster(void)
{
	g_autofree char *request = NULL, *id = NULL, *again = NULL;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_bind(rig.peer);
	request = take("</iq>");
	id = xmpp_peer_attr(request, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s'><query " ROSTER "><item jid='bob@xmpp.test'/>",
		       id);
	expect("roster item bob@xmpp.test - none");
	xmpp_rig_forbid(&rig, "roster end");
	g_free(come_back());
	xmpp_peer_send(rig.peer, "<resumed xmlns='urn:xmpp:sm:3' previd='sm-1' h='4'/>");
	expect("connection online resumed");
	again = take("</iq>");
	g_assert_nonnull(strstr(again, "jabber:iq:roster"));
	end();
}

/* What was said of us just before the link went is said again. */
static void test_resume_presence(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_PRESENCE);

	begin();
	operation->presence.availability = CUSAX_AVAILABILITY_DND;
	xmpp_rig_submit(&rig, operation);
	skip("</presence>");
	g_free(come_back());
	xmpp_peer_send(rig.peer, "<resumed xmlns='urn:xmpp:sm:3' previd='sm-1' h='4'/>");
	skip("<show>dnd</show>");
	end();
}

/* The session is gone: a new one. Messages that were not acknowledged are the core's to hand over
 * again, as it alone knows which have arrived. */
static void test_resume_failed(void)
{
	g_autofree char *bind = NULL, *id = NULL, *again = NULL;

	begin();
	send_message("m1", "one");
	skip("one");
	g_free(come_back());
	xmpp_peer_send(rig.peer, "<failed xmlns='urn:xmpp:sm:3'><item-not-found "
				 "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
	bind = take("</iq>");
	id = xmpp_peer_attr(bind, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
		       "<jid>" XMPP_PEER_FULL "</jid></bind></iq>",
		       id);
	skip("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
	xmpp_peer_send(rig.peer, "<enabled xmlns='urn:xmpp:sm:3'/>");
	expect("connection online");
	send_message("m1", "one");
	again = take("one");
	g_assert_nonnull(strstr(again, "m1"));
	g_assert_null(strstr(again, "one<"));
	/* Roster, carbons, features, m1. */
	xmpp_peer_send(rig.peer, "<a xmlns='urn:xmpp:sm:3' h='5'/>");
	expect("state bob@xmpp.test m1 server");
	end();
}

/* Nothing is acknowledged that is not kept, and a message is not on the wire before its number is. */
static void test_kept_first(void)
{
	g_autofree char *answer = NULL, *sent = NULL;

	begin();
	rig.forgetful = TRUE;
	xmpp_peer_send(rig.peer,
		       "<message from='bob@xmpp.test/b' type='chat' id='x'><body>hi</body>"
		       "</message><r xmlns='urn:xmpp:sm:3'/>");
	expect("message in bob@xmpp.test hi");
	g_free(xmpp_rig_expect(&rig, "handled"));
	send_message("m1", "one");
	expect("state bob@xmpp.test m1 sent");
	/* What comes behind it waits too: the fence's answer would be the first on the wire. */
	xmpp_peer_send(rig.peer, "<iq type='get' id='p' from='xmpp.test'>"
				 "<ping xmlns='urn:xmpp:ping'/></iq><r xmlns='urn:xmpp:sm:3'/>");
	g_free(xmpp_rig_expect(&rig, "handled"));
	xmpp_rig_keep(&rig, FALSE, 2);
	answer = take("/>");
	g_assert_nonnull(strstr(answer, "<a xmlns='urn:xmpp:sm:3' h='2'/>"));
	g_assert_null(strstr(answer, "one"));
	xmpp_rig_keep(&rig, TRUE, 4);
	xmpp_rig_keep(&rig, TRUE, 5);
	sent = take("id=\"p\"");
	g_assert_nonnull(strstr(sent, "one"));
	end();
}

/* The session of a process that was killed: it goes on behind what that one kept. */
static void test_recover(void)
{
	CusaxOperation *connect;
	g_autofree char *resume = NULL, *presence = NULL;

	xmpp_rig_init(&rig, NULL);
	connect = xmpp_rig_connection(&rig, NULL);
	connect->connect.stream = g_strdup("sm-0");
	connect->connect.stream_bound = g_strdup(XMPP_PEER_FULL);
	connect->connect.stream_handled = 41;
	connect->connect.stream_accepted = 7;
	xmpp_rig_submit(&rig, connect);
	resume = log_in_again();
	g_assert_nonnull(strstr(resume, "h=\"41\""));
	g_assert_nonnull(strstr(resume, "previd=\"sm-0\""));
	xmpp_peer_send(rig.peer,
		       "<resumed xmlns='urn:xmpp:sm:3' previd='sm-0' h='9'/>"
		       "<message from='bob@xmpp.test/b' type='chat' id='x'><body>hi</body>"
		       "</message><r xmlns='urn:xmpp:sm:3'/>");
	expect("connection online recovered");
	/* Nobody's presence is known: the server is made to tell it again. */
	presence = take("jabber:iq:roster");
	g_assert_nonnull(strstr(presence, "unavailable"));
	expect("message in bob@xmpp.test hi");
	skip("h='42'/>");
	send_message("m1", "one");
	skip("one");
	/* 9, unavailable, roster, carbons, features, bookmarks, m1. */
	xmpp_peer_send(rig.peer, "<a xmlns='urn:xmpp:sm:3' h='15'/>");
	expect("state bob@xmpp.test m1 server");
	end();
}

/* A server that has less than it said before does not have that session. */
static void test_recover_impossible(void)
{
	CusaxOperation *connect;

	xmpp_rig_init(&rig, NULL);
	connect = xmpp_rig_connection(&rig, NULL);
	connect->connect.stream = g_strdup("sm-0");
	connect->connect.stream_bound = g_strdup(XMPP_PEER_FULL);
	connect->connect.stream_accepted = 7;
	xmpp_rig_submit(&rig, connect);
	g_free(log_in_again());
	xmpp_peer_send(rig.peer, "<resumed xmlns='urn:xmpp:sm:3' previd='sm-0' h='6'/>");
	expect("connection offline Failed");
	/* It is not tried twice. */
	xmpp_rig_login(&rig);
	end();
}

static void test_impossible_acknowledgement(void)
{
	begin();
	xmpp_peer_send(rig.peer, "<a xmlns='urn:xmpp:sm:3' h='400'/>");
	expect("connection offline Failed");
	end();
}

static void test_silent_link(void)
{
	xmpp_rig_init(&rig, NULL);
	rig.times.ack = 200;
	xmpp_rig_login(&rig);
	send_message("m1", "one");
	skip("<r xmlns='urn:xmpp:sm:3'/>");
	expect("connection offline NotConnected");
	end();
}

static void test_idle(void)
{
	xmpp_rig_init(&rig, NULL);
	rig.times.idle = 100;
	rig.times.ack = 300;
	xmpp_rig_login(&rig);
	skip("<r xmlns='urn:xmpp:sm:3'/>");
	xmpp_peer_send(rig.peer, "<a xmlns='urn:xmpp:sm:3' h='4'/>");
	skip("<r xmlns='urn:xmpp:sm:3'/>");
	expect("connection offline NotConnected");
	end();
}

/* The server is asked as soon as the network changed; any answer is a sign of life. */
static void test_check(void)
{
	g_autofree char *ping = NULL, *id = NULL, *done = NULL;

	begin();
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_CHECK));
	ping = xmpp_peer_expect(rig.peer, "<ping xmlns=\"urn:xmpp:ping\"/>");
	id = xmpp_peer_attr(strstr(ping, "<iq"), "id");
	xmpp_peer_send(rig.peer, "<iq type='error' id='%s' from='xmpp.test'/>", id);
	done = xmpp_rig_expect(&rig, "done");
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "connection");
	end();
}

static void test_check_unanswered(void)
{
	xmpp_rig_init(&rig, NULL);
	rig.times.check = 200;
	xmpp_rig_login(&rig);
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_CHECK));
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_CHECK));
	skip("<ping xmlns=\"urn:xmpp:ping\"/>");
	expect("connection offline Timeout");
	end();
}

/* Nobody knows whether it arrived; the core will find out. */
static void test_disconnect_leaves_messages(void)
{
	begin();
	send_message("m1", "one");
	expect("state bob@xmpp.test m1 sent");
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	skip("</stream:stream>");
	xmpp_rig_forbid(&rig, "state");
	expect("connection offline");
	end();
}

static void test_offline_operation(void)
{
	g_autofree char *done = NULL;

	xmpp_rig_init(&rig, NULL);
	send_message("m1", "one");
	done = xmpp_rig_expect(&rig, "done");
	g_assert_true(g_str_has_suffix(done, "NotConnected"));
	end();
}

#define ADD_ROWS(prefix, rows, function)                                                           \
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {                                           \
		g_autofree char *path =                                                            \
			g_strconcat("/xmpp/session/" prefix "/", rows[i].name, NULL);              \
		g_test_add_data_func(path, &rows[i], function);                                    \
	}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("refused", forgeries, test_forgery);
	g_test_add_func("/xmpp/session/refused/answer from somebody else", test_forged_answer);
	g_test_add_func("/xmpp/session/request/the server answers for us", test_own_answers);
	g_test_add_func("/xmpp/session/request/no answer", test_no_answer);
	g_test_add_func("/xmpp/session/request/of others", test_requests_of_others);
	g_test_add_func("/xmpp/session/request/C1: no Jingle is named", test_disco);
	g_test_add_func("/xmpp/session/request/over a limit", test_swallowed);
	g_test_add_func("/xmpp/session/roster/push", test_push);
	g_test_add_func("/xmpp/session/roster/version", test_version);
	g_test_add_func("/xmpp/session/roster/change", test_roster_change);
	for (guint i = 0; i < G_N_ELEMENTS(presences); i++) {
		g_autofree char *path =
			g_strconcat("/xmpp/session/presence/", presences[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_presence);
	}
	g_test_add_func("/xmpp/session/presence/own", test_broadcast);
	g_test_add_func("/xmpp/session/sm/resumed", test_resume);
	g_test_add_func("/xmpp/session/sm/not resumed", test_resume_failed);
	g_test_add_func("/xmpp/session/sm/half a roster", test_resume_half_a_roster);
	g_test_add_func("/xmpp/session/sm/presence", test_resume_presence);
	g_test_add_func("/xmpp/session/sm/acknowledgement that cannot be",
			test_impossible_acknowledgement);
	g_test_add_func("/xmpp/session/sm/a silent link is found dead", test_silent_link);
	g_test_add_func("/xmpp/session/sm/a quiet link is asked", test_idle);
	g_test_add_func("/xmpp/session/R26: a check is answered", test_check);
	g_test_add_func("/xmpp/session/R26: a check finds a dead link", test_check_unanswered);
	g_test_add_func("/xmpp/session/disconnect leaves what was not acknowledged",
			test_disconnect_leaves_messages);
	g_test_add_func("/xmpp/session/sm/R22: kept first, then told", test_kept_first);
	g_test_add_func("/xmpp/session/sm/R22: a killed daemon resumes", test_recover);
	g_test_add_func(
		"/xmpp/session/sm/R22: a killed daemon's session with numbers that cannot be",
		test_recover_impossible);
	g_test_add_func("/xmpp/session/operations of an account that is offline",
			test_offline_operation);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message archives (XEP-0313): what is asked, what counts as an answer, what is read in it. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

static XmppRig rig;

static void expect(const char *line)
{
	g_autofree char *found = xmpp_rig_expect(&rig, line);

	g_assert_cmpstr(found, ==, line);
}

static void begin(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
}

/* Asks; gives the query on the wire. */
static char *fetch(const char *archive, const char *with, const char *before, guint max)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_FETCH_ARCHIVE);

	operation->fetch_archive.archive = g_strdup(archive);
	operation->fetch_archive.with = g_strdup(with);
	operation->fetch_archive.before = g_strdup(before);
	operation->fetch_archive.start = 1600000000 * (gint64)G_USEC_PER_SEC;
	operation->fetch_archive.max = max;
	xmpp_rig_submit(&rig, operation);
	return xmpp_peer_expect(rig.peer, "</iq>");
}

#define RESULT                                                                                     \
	"<message%s><result xmlns='urn:xmpp:mam:2' queryid='%s' id='%s'>"                          \
	"<forwarded xmlns='urn:xmpp:forward:0'>"                                                   \
	"<delay xmlns='urn:xmpp:delay' stamp='2020-10-01T12:00:00Z'/>"                             \
	"<message xmlns='jabber:client' type='chat' from='%s' to='%s' id='x'>%s</message>"         \
	"</forwarded></result></message>"

static void send_result(const char *sender, const char *query, const char *id, const char *from,
			const char *to, const char *body)
{
	xmpp_peer_send(rig.peer, RESULT, sender, query, id, from, to, body);
}

static void send_end(const char *iq, const char *from, const char *complete)
{
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s'%s><fin xmlns='urn:xmpp:mam:2' complete='%s'>"
		       "<set xmlns='http://jabber.org/protocol/rsm'/></fin></iq>",
		       iq, from, complete);
}

static void test_page(void)
{
	g_autofree char *asked = NULL, *query = NULL, *iq = NULL;

	begin();
	asked = fetch(NULL, "bob@xmpp.test", "b&4", 20);
	query = xmpp_peer_attr(asked, "queryid");
	iq = xmpp_peer_attr(asked, "id");
	g_assert_null(strstr(asked, " to="));
	g_assert_nonnull(strstr(asked, "<value>bob@xmpp.test</value>"));
	g_assert_nonnull(strstr(asked, "<value>2020-09-13T12:26:40Z</value>"));
	g_assert_nonnull(strstr(asked, "<max>20</max>"));
	g_assert_nonnull(strstr(asked, "<before>b&amp;4</before>"));
	send_result("", query, "a1", "bob@xmpp.test/b", "alice@xmpp.test",
		    "<body>hi</body><request xmlns='urn:xmpp:receipts'/>");
	send_result(" from='alice@xmpp.test'", query, "a2", "alice@xmpp.test/two", "bob@xmpp.test",
		    "<body>ho</body>");
	send_result("", query, "a3", "bob@xmpp.test/b", "alice@xmpp.test",
		    "<received xmlns='urn:xmpp:receipts' id='m7'/>"
		    "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
	send_end(iq, "", "true");
	/* No receipt is due for what is history, and nobody types in it. */
	expect("archive complete first a1 | message in bob@xmpp.test hi +delayed #a1"
	       " | message out bob@xmpp.test ho +delayed #a2"
	       " | state bob@xmpp.test m7 delivered");
	g_free(xmpp_rig_expect(&rig, "done"));
	xmpp_rig_forbid(&rig, "message");
	xmpp_rig_clear(&rig);
}

/* Of a room only the room answers. */
static void test_room(void)
{
	g_autofree char *asked = NULL, *query = NULL, *iq = NULL;

	begin();
	asked = fetch("room@muc.test", NULL, NULL, 20);
	query = xmpp_peer_attr(asked, "queryid");
	iq = xmpp_peer_attr(asked, "id");
	g_assert_nonnull(strstr(asked, "to=\"room@muc.test\""));
	g_assert_nonnull(strstr(asked, "<before/>"));
	send_result("", query, "a1", "bob@xmpp.test/b", "alice@xmpp.test", "<body>hi</body>");
	expect("refused archive-result");
	send_end(iq, "", "true");
	expect("refused iq-result");
	send_end(iq, " from='room@muc.test'", "false");
	expect("archive complete first (null)");
	xmpp_rig_clear(&rig);
}

/* A room keeps what was said in it by those who were there, and can vouch for nothing else. */
static void test_room_page(void)
{
	static const char *const forged[][3] = {
		{ "room@muc.test/bob", "chat", "private, or so it says" },
		{ "other@muc.test/bob", "groupchat", "of another room" },
		{ "alice@xmpp.test/x", "groupchat", "ours, or so it says" },
		{ "room@muc.test.evil.test/bob", "groupchat", "a likeness" },
	};
	g_autofree char *asked = NULL, *query = NULL, *iq = NULL, *page = NULL;

	begin();
	asked = fetch("room@muc.test", NULL, NULL, 20);
	query = xmpp_peer_attr(asked, "queryid");
	iq = xmpp_peer_attr(asked, "id");
	for (guint i = 0; i < G_N_ELEMENTS(forged); i++) {
		xmpp_peer_send(rig.peer,
			       "<message from='room@muc.test'><result xmlns='urn:xmpp:mam:2' "
			       "queryid='%s' id='f%u'><forwarded xmlns='urn:xmpp:forward:0'>"
			       "<delay xmlns='urn:xmpp:delay' stamp='2020-10-01T12:00:00Z'/>"
			       "<message xmlns='jabber:client' from='%s' type='%s'><body>%s</body>"
			       "</message></forwarded></result></message>",
			       query, i, forged[i][0], forged[i][1], forged[i][2]);
		expect("refused archive-result");
	}
	/* Of the room itself nothing is shown; that somebody typed is no news. */
	for (guint i = 0; i < 2; i++)
		xmpp_peer_send(rig.peer,
			       "<message from='room@muc.test'><result xmlns='urn:xmpp:mam:2' "
			       "queryid='%s' id='r%u'><forwarded xmlns='urn:xmpp:forward:0'>"
			       "<delay xmlns='urn:xmpp:delay' stamp='2020-10-01T12:00:00Z'/>"
			       "<message xmlns='jabber:client' from='room@muc.test%s' "
			       "type='groupchat' id='m1'><body>hi</body></message></forwarded>"
			       "</result></message>",
			       query, i, i ? "/bob" : "");
	send_end(iq, " from='room@muc.test'", "true");
	page = xmpp_rig_expect(&rig, "archive");
	g_assert_cmpstr(page, ==,
			"archive complete first f0 | message room in room@muc.test/bob hi "
			"+delayed #r1");
	xmpp_rig_clear(&rig);
}

typedef struct {
	const char *name;
	const char *sender; /* attribute of the outer message */
	const char *query;  /* NULL: the right one */
	const char *id;
	const char *from, *to;
} Forgery;

static const Forgery forgeries[] = {
	{ "a stranger", " from='eve@evil.test/x'", NULL, "a1", "bob@xmpp.test", "alice@xmpp.test" },
	{ "a contact", " from='bob@xmpp.test'", NULL, "a1", "bob@xmpp.test", "alice@xmpp.test" },
	{ "the server's domain", " from='xmpp.test'", NULL, "a1", "bob@xmpp.test",
	  "alice@xmpp.test" },
	{ "another session of ours", " from='alice@xmpp.test/two'", NULL, "a1", "bob@xmpp.test",
	  "alice@xmpp.test" },
	{ "a likeness", " from='alice@xmpp.test.evil.test'", NULL, "a1", "bob@xmpp.test",
	  "alice@xmpp.test" },
	{ "a query that was never made", "", "guess", "a1", "bob@xmpp.test", "alice@xmpp.test" },
	{ "no id", "", NULL, "", "bob@xmpp.test", "alice@xmpp.test" },
	{ "somebody else's message", "", NULL, "a1", "bob@xmpp.test", "eve@evil.test" },
};

/* R1: nothing of it is shown, the refusal is counted, and the genuine page still comes. */
static void test_forgery(gconstpointer data)
{
	g_autofree char *page = NULL;
	const Forgery *row = data;
	g_autofree char *asked = NULL, *query = NULL, *iq = NULL;

	begin();
	asked = fetch(NULL, NULL, NULL, 20);
	query = xmpp_peer_attr(asked, "queryid");
	iq = xmpp_peer_attr(asked, "id");
	send_result(row->sender, row->query ? row->query : query, row->id, row->from, row->to,
		    "<body>send money</body>");
	expect("refused archive-result");
	send_result("", query, "a9", "bob@xmpp.test/b", "alice@xmpp.test", "<body>hi</body>");
	send_end(iq, "", "true");
	page = xmpp_rig_expect(&rig, "archive complete first");
	g_assert_null(strstr(page, "money"));
	xmpp_rig_clear(&rig);
}

/* A page is never longer than was asked for, and a query counts until its end. */
static void test_too_much(void)
{
	g_autofree char *asked = NULL, *query = NULL, *iq = NULL;

	begin();
	asked = fetch(NULL, NULL, NULL, 2);
	query = xmpp_peer_attr(asked, "queryid");
	iq = xmpp_peer_attr(asked, "id");
	for (guint i = 0; i < 3; i++)
		send_result("", query, "a", "bob@xmpp.test/b", "alice@xmpp.test",
			    "<body>hi</body>");
	expect("refused archive-result");
	send_end(iq, "", "false");
	expect("archive first a | message in bob@xmpp.test hi +delayed #a"
	       " | message in bob@xmpp.test hi +delayed #a");
	send_result("", query, "a", "bob@xmpp.test/b", "alice@xmpp.test", "<body>late</body>");
	expect("refused archive-result");
	xmpp_rig_clear(&rig);
}

static void test_refused(void)
{
	g_autofree char *asked = NULL, *iq = NULL, *done = NULL;

	begin();
	asked = fetch(NULL, NULL, "gone", 20);
	iq = xmpp_peer_attr(asked, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='error' id='%s'><error type='cancel'><item-not-found "
		       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
		       iq);
	done = xmpp_rig_expect(&rig, "done");
	g_assert_true(g_str_has_suffix(done, "NotFound"));
	xmpp_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xmpp/archive/X2: a page", test_page);
	g_test_add_func("/xmpp/archive/X6: of a room", test_room);
	g_test_add_func("/xmpp/archive/R1: a room keeps its own alone", test_room_page);
	for (guint i = 0; i < G_N_ELEMENTS(forgeries); i++) {
		g_autofree char *path =
			g_strconcat("/xmpp/archive/R1: a result of ", forgeries[i].name, NULL);

		g_test_add_data_func(path, &forgeries[i], test_forgery);
	}
	g_test_add_func("/xmpp/archive/more than was asked for", test_too_much);
	g_test_add_func("/xmpp/archive/an id that is gone", test_refused);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

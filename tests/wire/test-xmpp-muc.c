/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms on the wire: joined, told, left; whose word counts, and what is refused. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define ROOM "tea@rooms.test"
#define USER "xmlns='http://jabber.org/protocol/muc#user'"

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

static CusaxOperation *room_operation(CusaxOperationKind kind)
{
	CusaxOperation *operation = xmpp_rig_operation(kind);

	operation->room.address = g_strdup(ROOM);
	return operation;
}

static void ask_to_join(void)
{
	CusaxOperation *join = room_operation(CUSAX_OPERATION_ROOM_JOIN);
	g_autofree char *sent = NULL;

	join->room.nick = g_strdup("al");
	join->room.password = g_strdup("cauldron");
	xmpp_rig_submit(&rig, join);
	sent = xmpp_peer_expect(rig.peer, "</presence>");
	g_assert_nonnull(strstr(sent, "to=\"" ROOM "/al\""));
	g_assert_nonnull(strstr(sent, "<password>cauldron</password>"));
	g_assert_nonnull(strstr(sent, "maxstanzas=\"50\""));
}

static void begin(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	ask_to_join();
}

static void end(void)
{
	xmpp_rig_clear(&rig);
}

static void come_in(void)
{
	xmpp_peer_send(rig.peer,
		       "<presence from='" ROOM "/bob'><x " USER "><item affiliation='owner' "
		       "role='moderator' jid='bob@xmpp.test/b'/></x></presence>"
		       "<presence from='" ROOM "/al'><x " USER "><item affiliation='none' "
		       "role='participant'/><status code='110'/></x></presence>");
	expect("room occupant " ROOM "/bob <bob@xmpp.test> moderator owner");
	expect("room occupant " ROOM "/al participant none +self");
	expect("room joined " ROOM "/al");
	expect_done("ok");
}

static void test_joined(void)
{
	begin();
	come_in();
	xmpp_peer_send(rig.peer, "<message type='groupchat' from='" ROOM "/bob'><subject>tea"
				 "</subject></message>");
	expect("room subject " ROOM "/bob \"tea\"");
	end();
}

typedef struct {
	const char *name, *condition, *outcome;
} FailureRow;

static const FailureRow failures[] = {
	{ "X6: a password", "not-authorized", "AuthenticationFailed" },
	{ "X6: members only", "registration-required", "Refused" },
	{ "X6: banned", "forbidden", "Refused" },
	{ "X6: the nick is taken", "conflict", "Busy" },
	{ "X6: no such room", "item-not-found", "NotFound" },
	{ "X6: full", "service-unavailable", "LimitExceeded" },
};

static void test_failure(gconstpointer data)
{
	const FailureRow *row = data;

	begin();
	xmpp_peer_send(rig.peer,
		       "<presence type='error' from='" ROOM "/al'><error type='auth'>"
		       "<%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>",
		       row->condition);
	expect_done(row->outcome);
	end();
}

/* Each comes while we are in ROOM as "al", with bob. */
typedef struct {
	const char *name, *stanza, *line;
} Row;

#define SAYS(from, more)                                                                           \
	"<message type='groupchat' id='m1' from='" from "'><body>hi</body>" more "</message>"
#define GONE(nick, more)                                                                           \
	"<presence type='unavailable' from='" ROOM "/" nick "'><x " USER ">" more "</x></"         \
	"presence>"

static const Row rows[] = {
	{ "X6: somebody speaks", SAYS(ROOM "/bob", ""), "message room in " ROOM "/bob hi" },
	{ "X6: our own word comes back", SAYS(ROOM "/al", ""), "message room out " ROOM "/al hi" },
	{ "X6: privately",
	  "<message type='chat' from='" ROOM "/bob'><body>psst</body><x " USER "/></message>",
	  "message private in " ROOM "/bob psst" },
	{ "R1: privately without saying so",
	  "<message type='chat' from='" ROOM "/bob'><body>psst</body></message>",
	  "message private in " ROOM "/bob psst" },
	{ "R1: a room that we are not in", SAYS("other@rooms.test/bob", ""),
	  "refused room-message" },
	{ "R1: an occupant of another room",
	  "<presence from='other@rooms.test/eve'><x " USER "><item role='moderator'/></x>"
	  "</presence>",
	  "refused room-presence" },
	{ "R1: who speaks for a room that he is not",
	  "<message from='eve@evil.test/x' type='chat'><body>hi</body><x " USER "/></message>",
	  "refused room-message" },
	{ "X6: kicked",
	  GONE("al", "<item role='none'><reason>out</reason></item>"
		     "<status code='307'/><status code='110'/>"),
	  "room left " ROOM " kicked \"out\"" },
	{ "X6: banned",
	  GONE("al", "<item affiliation='outcast'/><status code='301'/>"
		     "<status code='110'/>"),
	  "room left " ROOM " banned" },
	{ "X6: destroyed", GONE("al", "<destroy><reason>over</reason></destroy>"),
	  "room left " ROOM " destroyed \"over\"" },
	{ "X6: shut down", GONE("al", "<status code='332'/><status code='110'/>"),
	  "room left " ROOM " shutdown" },
	{ "X6: somebody goes", GONE("bob", "<item role='none'/>"),
	  "room gone " ROOM "/bob none left" },
	{ "X6: somebody changes the nick",
	  GONE("bob", "<item nick='rob' role='moderator'/><status code='303'/>"),
	  "room occupant " ROOM "/bob -> rob moderator" },
	{ "X6: the room was configured",
	  "<message type='groupchat' from='" ROOM "'><x " USER
	  "><status code='104'/></x></message>",
	  "room changed " ROOM },
	{ "X6: a direct invitation",
	  "<message from='bob@xmpp.test/b'><x xmlns='jabber:x:conference' jid='new@rooms.test' "
	  "reason='come'/></message>",
	  "room invitation new@rooms.test <bob@xmpp.test> +direct \"come\"" },
	{ "X6: one by the room",
	  "<message from='new@rooms.test'><x " USER "><invite from='bob@xmpp.test'><reason>come"
	  "</reason></invite></x></message>",
	  "room invitation new@rooms.test <bob@xmpp.test> \"come\"" },
	{ "R1: an invitation in the name of an occupant",
	  "<message from='new@rooms.test/eve'><x " USER
	  "><invite from='bob@xmpp.test'/></x></message>",
	  "refused room-invitation" },
	{ "R1: a bookmark of a contact",
	  "<message from='bob@xmpp.test'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
	  "<items node='urn:xmpp:bookmarks:1'><item id='trap@rooms.test'><conference "
	  "xmlns='urn:xmpp:bookmarks:1' autojoin='true'/></item></items></event></message>",
	  "refused pep-event" },
	{ "X6: a bookmark of another device",
	  "<message from='alice@xmpp.test'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
	  "<items node='urn:xmpp:bookmarks:1'><item id='home@rooms.test'><conference name='Home' "
	  "xmlns='urn:xmpp:bookmarks:1' autojoin='1'><nick>ali</nick></conference></item></items>"
	  "</event></message>",
	  "bookmark home@rooms.test|Home|ali||autojoin" },
};

static void test_row(gconstpointer data)
{
	const Row *row = data;

	begin();
	come_in();
	xmpp_peer_send(rig.peer, "%s", row->stanza);
	expect(row->line);
	end();
}

/* XEP-0410: only a clear word says that we are out. */
static void test_ping(void)
{
	g_autofree char *first = NULL, *second = NULL, *first_id = NULL, *second_id = NULL;

	begin();
	come_in();
	xmpp_rig_submit(&rig, room_operation(CUSAX_OPERATION_ROOM_PING));
	first = xmpp_peer_expect(rig.peer, "</iq>");
	first_id = xmpp_peer_attr(strstr(first, "<iq"), "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='error' id='%s' from='" ROOM "/al'><error type='cancel'>"
		       "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		       "</iq>",
		       first_id);
	expect_done("ok");
	xmpp_rig_submit(&rig, room_operation(CUSAX_OPERATION_ROOM_PING));
	second = xmpp_peer_expect(rig.peer, "</iq>");
	second_id = xmpp_peer_attr(strstr(second, "<iq"), "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='error' id='%s' from='" ROOM "/al'><error type='cancel'>"
		       "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
		       second_id);
	expect_done("WrongState");
	end();
}

/* R14: what is over the limit is counted, and the rest goes on. */
static void test_crowd(void)
{
	GString *crowd = g_string_new(NULL);

	begin();
	come_in();
	for (guint i = 0; i < 10001; i++)
		g_string_append_printf(crowd,
				       "<presence from='" ROOM "/n%u'><x " USER
				       "><item role='visitor'/></x></presence>",
				       i);
	xmpp_peer_send_bytes(rig.peer, crowd->str, crowd->len);
	g_string_free(crowd, TRUE);
	expect("refused room-occupants");
	xmpp_peer_send(rig.peer, SAYS(ROOM "/bob", ""));
	expect("message room in " ROOM "/bob hi");
	end();
}

#define OCCUPANT(id) "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='" id "'/>"

static void kept(const char *nick, const char *occupant, const char *body)
{
	xmpp_peer_send(rig.peer,
		       "<message from='" ROOM "/%s' type='groupchat' id='k'><body>%s</body>%s"
		       "<delay xmlns='urn:xmpp:delay' stamp='2020-10-01T12:00:00Z'/></message>",
		       nick, body, occupant);
}

/* XEP-0421: who it was is what the room says, and only a room that says so is asked. */
static void test_occupants(void)
{
	CusaxOperation *ask = room_operation(CUSAX_OPERATION_ROOM_INFO);
	g_autofree char *asked = NULL, *id = NULL;

	begin();
	xmpp_peer_send(rig.peer,
		       "<presence from='" ROOM "/al'><x " USER "><item affiliation='none' "
		       "role='participant'/><status code='110'/></x>" OCCUPANT("me") "</presence>");
	expect_done("ok");
	/* It does not say that it takes away what others claim: nobody is believed. */
	kept("al", OCCUPANT("me"), "one");
	expect("message room out " ROOM "/al one +claimed +delayed");
	kept("bob", OCCUPANT("me"), "two");
	expect("message room in " ROOM "/bob two +delayed");
	xmpp_rig_submit(&rig, ask);
	asked = xmpp_peer_expect(rig.peer, "</iq>");
	id = xmpp_peer_attr(asked, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s' from='" ROOM "'><query xmlns='http://jabber.org/"
		       "protocol/disco#info'><feature var='urn:xmpp:occupant-id:0'/></query></iq>",
		       id);
	expect("room info " ROOM " [occupant-ids]");
	kept("al", OCCUPANT("me"), "three");
	expect("message room out " ROOM "/al three @me +delayed");
	kept("al", OCCUPANT("you"), "four");
	expect("message room in " ROOM "/al four @you +delayed");
	kept("older", OCCUPANT("me"), "five");
	expect("message room out " ROOM "/older five @me +delayed");
	/* What is not sure changes nothing. */
	kept("al",
	     "<reactions xmlns='urn:xmpp:reactions:0' id='x'><reaction>!</reaction>"
	     "</reactions>",
	     "");
	kept("al",
	     OCCUPANT("you") "<reactions xmlns='urn:xmpp:reactions:0' id='x'>"
			     "<reaction>!</reaction></reactions>",
	     "");
	expect("reactions in " ROOM " x !");
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xmpp/muc/X6: who somebody is, whatever the nick", test_occupants);
	g_test_add_func("/xmpp/muc/joined", test_joined);
	for (guint i = 0; i < G_N_ELEMENTS(failures); i++) {
		g_autofree char *path = g_strconcat("/xmpp/muc/refused/", failures[i].name, NULL);

		g_test_add_data_func(path, &failures[i], test_failure);
	}
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/xmpp/muc/in/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/xmpp/muc/X6: self-ping", test_ping);
	g_test_add_func("/xmpp/muc/R14: a crowd", test_crowd);
	return g_test_run();
}

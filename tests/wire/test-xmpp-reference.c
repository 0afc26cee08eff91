/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies, reactions and retractions on the wire. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

static XmppRig rig;

static void begin(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
}

static void end(void)
{
	xmpp_rig_clear(&rig);
}

/* --- incoming -------------------------------------------------------------------------------- */

typedef struct {
	const char *name, *stanza;
	const char *line;      /* what is reported */
	const char *forbidden; /* what is not, by then; NULL: nothing */
} Row;

#define FROM_BOB       "<message type='chat' id='i1' from='bob@xmpp.test/b'>"
#define REACTIONS(...) "<reactions xmlns='urn:xmpp:reactions:0' " __VA_ARGS__ "</reactions>"
#define REPLY          "<reply xmlns='urn:xmpp:reply:0' to='alice@xmpp.test' id='m1'/>"
#define FALLBACK(body)                                                                             \
	"<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>" body "</fallback>"
#define SENT(message)                                                                              \
	"<message from='alice@xmpp.test'><sent xmlns='urn:xmpp:carbons:2'>"                        \
	"<forwarded xmlns='urn:xmpp:forward:0'>" message "</forwarded></sent></message>"

#define MDS(id)                                                                                    \
	"<displayed xmlns='urn:xmpp:mds:displayed:0'><stanza-id xmlns='urn:xmpp:sid:0' "           \
	"by='alice@xmpp.test' id='" id "'/></displayed>"
#define MDS_EVENT(from, items)                                                                     \
	"<message from='" from "' type='headline'>"                                                \
	"<event xmlns='http://jabber.org/protocol/pubsub#event'>"                                  \
	"<items node='urn:xmpp:mds:displayed:0'>" items "</items></event></message>"

static const Row rows[] = {
	{ "reactions",
	  FROM_BOB REACTIONS("id='m1'><reaction>\xf0\x9f\x91\x8b</reaction>"
			     "<reaction> + </reaction>") "</message>",
	  "reactions in bob@xmpp.test m1 \xf0\x9f\x91\x8b,+", "message" },
	{ "none is all taken back", FROM_BOB REACTIONS("id='m1'>") "</message>",
	  "reactions in bob@xmpp.test m1 ", "message" },
	{ "twice is once",
	  FROM_BOB REACTIONS("id='m1'><reaction>a</reaction><reaction>a</reaction>") "</message>",
	  "reactions in bob@xmpp.test m1 a", "message" },
	{ "what is empty, long or several lines is no reaction",
	  FROM_BOB REACTIONS(
		  "id='m1'><reaction/><reaction>"
		  "0123456789012345678901234567890123456789012345678901234567890123456789"
		  "</reaction><reaction>a\nb</reaction><other>c</other>"
		  "<reaction xmlns='urn:x'>d</reaction><reaction>e</reaction>") "</message>",
	  "reactions in bob@xmpp.test m1 e", "message" },
	{ "a fall-back body with reactions is no message",
	  FROM_BOB REACTIONS("id='m1'><reaction>a</reaction>") "<body>reacted</body></message>",
	  "reactions in bob@xmpp.test m1 a", "message" },
	{ "reactions to nothing", FROM_BOB REACTIONS("><reaction>a</reaction>") "</message>",
	  "refused reference", "reactions" },
	{ "reactions by another device",
	  SENT("<message xmlns='jabber:client' type='chat' from='alice@xmpp.test/two' "
	       "to='bob@xmpp.test'>" REACTIONS("id='i0'><reaction>a</reaction>") "</message>"),
	  "reactions out bob@xmpp.test i0 a", "message" },
	{ "of a room that is not joined",
	  "<message type='groupchat' from='room@rooms.xmpp.test/bob'>" REACTIONS(
		  "id='m1'><reaction>a</reaction>") "</message>",
	  "refused room-message", "reactions" },
	{ "retraction",
	  FROM_BOB "<retract xmlns='urn:xmpp:message-retract:1' id='i0'/>"
		   "<body>/me retracted a message</body></message>",
	  "retraction in bob@xmpp.test i0", "message" },
	{ "retraction as of old",
	  FROM_BOB "<apply-to xmlns='urn:xmpp:fasten:0' id='i0'>"
		   "<retract xmlns='urn:xmpp:message-retract:0'/></apply-to></message>",
	  "retraction in bob@xmpp.test i0", "message" },
	{ "fastened, but no retraction",
	  FROM_BOB "<apply-to xmlns='urn:xmpp:fasten:0' id='i0'><other xmlns='urn:x'/></apply-to>"
		   "<body>hi</body></message>",
	  "message in bob@xmpp.test hi", "retraction" },
	{ "retraction of nothing",
	  FROM_BOB "<retract xmlns='urn:xmpp:message-retract:1'/></message>", "refused reference",
	  "retraction" },
	{ "reply", FROM_BOB REPLY "<body>yes</body></message>",
	  "message in bob@xmpp.test yes +reply m1", NULL },
	{ "the quotation of a reply is cut off, in characters",
	  FROM_BOB REPLY "<body>&gt; gr\xc3\xbc\xc3\x9f"
			 "e\nyes</body>" FALLBACK("<body start='0' end='8'/>") "</message>",
	  "message in bob@xmpp.test yes +reply m1", NULL },
	{ "and in the middle",
	  FROM_BOB REPLY "<body>abcdef</body>" FALLBACK("<body start='2' end='4'/>") "</message>",
	  "message in bob@xmpp.test abef +reply m1", NULL },
	{ "numbers beyond the body cut nothing",
	  FROM_BOB REPLY "<body>abc</body>" FALLBACK("<body start='0' end='4'/>") "</message>",
	  "message in bob@xmpp.test abc +reply m1", NULL },
	{ "numbers that are none cut nothing",
	  FROM_BOB REPLY "<body>abc</body>" FALLBACK("<body start='-1' end='2'/>") "</message>",
	  "message in bob@xmpp.test abc +reply m1", NULL },
	{ "end before start cuts nothing",
	  FROM_BOB REPLY "<body>abc</body>" FALLBACK("<body start='2' end='1'/>") "</message>",
	  "message in bob@xmpp.test abc +reply m1", NULL },
	{ "a fall-back of everything leaves the body",
	  FROM_BOB REPLY "<body>abc</body>" FALLBACK("<body/>") "</message>",
	  "message in bob@xmpp.test abc +reply m1", NULL },
	{ "another device of ours has read",
	  SENT("<message xmlns='jabber:client' type='chat' from='alice@xmpp.test/two' "
	       "to='bob@xmpp.test'><displayed xmlns='urn:xmpp:chat-markers:0' id='i0'/></message>"),
	  "read bob@xmpp.test i0", "state" },
	{ "the own node of what was read",
	  MDS_EVENT("alice@xmpp.test",
		    "<item id='Bob@xmpp.test'>" MDS("s7") "</item>"
							  "<item id='carol@xmpp.test'>" MDS(
								  "s8") "</item>"),
	  "read bob@xmpp.test s7", NULL },
	{ "both items of it",
	  MDS_EVENT("alice@xmpp.test",
		    "<item id='@'>" MDS("s7") "</item><item id='x@y'/>"
					      "<item id='carol@xmpp.test'>" MDS("s8") "</item>"),
	  "read carol@xmpp.test s8", NULL },
	{ "the node of somebody else",
	  MDS_EVENT("bob@xmpp.test", "<item id='carol@xmpp.test'>" MDS("s7") "</item>"),
	  "refused pep-event", "read" },
	{ "of something else leaves the body",
	  FROM_BOB "<body>abc</body><fallback xmlns='urn:xmpp:fallback:0' for='urn:x'>"
		   "<body start='0' end='2'/></fallback></message>",
	  "message in bob@xmpp.test abc", NULL },
};

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_autofree char *line = NULL;

	begin();
	xmpp_peer_send_bytes(rig.peer, row->stanza, strlen(row->stanza));
	xmpp_rig_fence(&rig);
	if (row->forbidden)
		xmpp_rig_forbid(&rig, row->forbidden);
	line = xmpp_rig_expect(&rig, row->line);
	g_assert_cmpstr(line, ==, row->line);
	end();
}

/* --- outgoing -------------------------------------------------------------------------------- */

static CusaxOperation *new_reference(CusaxOperationKind kind)
{
	CusaxOperation *operation = xmpp_rig_operation(kind);

	operation->send_reference.address = g_strdup("Bob@xmpp.test/phone");
	operation->send_reference.message = g_strdup("r1");
	operation->send_reference.target = g_strdup("i0");
	return operation;
}

static void test_send_reactions(void)
{
	CusaxOperation *operation = new_reference(CUSAX_OPERATION_SEND_REACTIONS);
	g_autofree char *sent = NULL;

	begin();
	operation->send_reference.reactions = g_strsplit("\xf0\x9f\x91\x8b <+>", " ", -1);
	xmpp_rig_submit(&rig, operation);
	sent = xmpp_peer_expect(rig.peer, "</message>");
	g_assert_nonnull(strstr(sent, "to=\"bob@xmpp.test\""));
	g_assert_nonnull(strstr(sent, "<reactions"));
	g_assert_nonnull(strstr(sent, "id=\"i0\""));
	g_assert_nonnull(strstr(sent, "<reaction>\xf0\x9f\x91\x8b</reaction>"
				      "<reaction>&lt;+&gt;</reaction>"));
	g_assert_nonnull(strstr(sent, "<store xmlns=\"urn:xmpp:hints\"/>"));
	g_assert_null(strstr(sent, "<body"));
	g_free(xmpp_rig_expect(&rig, "state bob@xmpp.test r1 sent"));
	g_free(xmpp_peer_expect(rig.peer, "<r xmlns='urn:xmpp:sm:3'/>"));
	xmpp_peer_send(rig.peer, "<a xmlns='urn:xmpp:sm:3' h='5'/>");
	g_free(xmpp_rig_expect(&rig, "state bob@xmpp.test r1 server"));
	end();
}

static void test_send_retraction(void)
{
	g_autofree char *sent = NULL;

	begin();
	xmpp_rig_submit(&rig, new_reference(CUSAX_OPERATION_SEND_RETRACTION));
	sent = xmpp_peer_expect(rig.peer, "</message>");
	g_assert_nonnull(strstr(sent, "<retract"));
	g_assert_nonnull(strstr(sent, "id=\"i0\""));
	g_assert_nonnull(strstr(sent, "for=\"urn:xmpp:message-retract:1\""));
	g_assert_nonnull(strstr(sent, "<body>"));
	g_free(xmpp_rig_expect(&rig, "state bob@xmpp.test r1 sent"));
	end();
}

static void test_send_reply(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_SEND_MESSAGE);
	g_autofree char *sent = NULL;

	begin();
	operation->send_message.address = g_strdup("bob@xmpp.test");
	operation->send_message.message = g_strdup("m2");
	operation->send_message.text = g_strdup("yes");
	operation->send_message.reply_to = g_strdup("i0");
	operation->send_message.reply_sender = g_strdup("bob@xmpp.test");
	operation->send_message.reply_quote = g_strdup("gr\xc3\xbc\xc3\x9f\ntwo");
	xmpp_rig_submit(&rig, operation);
	sent = xmpp_peer_expect(rig.peer, "</message>");
	g_assert_nonnull(strstr(sent, "<body>&gt; gr\xc3\xbc\xc3\x9f\n&gt; two\nyes</body>"));
	g_assert_nonnull(strstr(sent, "<reply"));
	g_assert_nonnull(strstr(sent, "to=\"bob@xmpp.test\""));
	g_assert_nonnull(strstr(sent, "for=\"urn:xmpp:reply:0\""));
	/* "> grüß\n" and "> two\n" are 7 and 6 characters. */
	g_assert_nonnull(strstr(sent, "end=\"13\""));
	end();
}

static void test_publish_read(void)
{
	CusaxOperation *publish = xmpp_rig_operation(CUSAX_OPERATION_PUBLISH_READ);
	g_autofree char *sent = NULL, *id = NULL, *done = NULL;

	begin();
	publish->publish_read.address = g_strdup("bob@xmpp.test");
	publish->publish_read.server_id = g_strdup("s7");
	xmpp_rig_submit(&rig, publish);
	sent = xmpp_peer_expect(rig.peer, "</iq>");
	g_assert_nonnull(strstr(sent, "node=\"urn:xmpp:mds:displayed:0\"><item "
				      "id=\"bob@xmpp.test\">"));
	g_assert_nonnull(strstr(sent, "by=\"alice@xmpp.test\""));
	g_assert_nonnull(strstr(sent, "whitelist"));
	g_assert_nonnull(strstr(sent, "<value>never</value>"));
	id = xmpp_peer_attr(sent, "id");
	xmpp_peer_send(rig.peer, "<iq type='result' id='%s'/>", id);
	done = xmpp_rig_expect(&rig, "done");
	g_assert_true(g_str_has_suffix(done, "ok"));
	end();
}

static void test_fetch_read(void)
{
	CusaxOperation *fetch = xmpp_rig_operation(CUSAX_OPERATION_FETCH_READ);
	g_autofree char *sent = NULL, *id = NULL, *line = NULL;

	begin();
	xmpp_rig_submit(&rig, fetch);
	sent = xmpp_peer_expect(rig.peer, "</iq>");
	id = xmpp_peer_attr(sent, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s'><pubsub "
		       "xmlns='http://jabber.org/protocol/pubsub'><items "
		       "node='urn:xmpp:mds:displayed:0'><item id='bob@xmpp.test'>%s</item></items>"
		       "</pubsub></iq>",
		       id, MDS("s9"));
	line = xmpp_rig_expect(&rig, "read bob@xmpp.test s9");
	g_free(xmpp_rig_expect(&rig, "done"));
	end();
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path =
			g_strdup_printf("/xmpp/reference/X5: incoming/%s", rows[i].name);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/xmpp/reference/X5: reactions are sent", test_send_reactions);
	g_test_add_func("/xmpp/reference/X5: a retraction is sent", test_send_retraction);
	g_test_add_func("/xmpp/reference/X5: a reply is sent with a quotation", test_send_reply);
	g_test_add_func("/xmpp/reference/X5: what was read is published", test_publish_read);
	g_test_add_func("/xmpp/reference/X5: what was read elsewhere is fetched", test_fetch_read);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

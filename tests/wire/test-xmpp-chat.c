/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One-to-one chat on the wire: what is sent, what is reported, whose word counts. */
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

static void end(void)
{
	xmpp_rig_clear(&rig);
}

/* --- incoming -------------------------------------------------------------------------------- */

typedef struct {
	const char *name, *stanza;
	const char *line;      /* NULL: nothing is reported */
	const char *forbidden; /* NULL: "message" where line is NULL, else nothing */
} Row;

#define FROM_BOB "<message type='chat' id='i1' from='bob@xmpp.test/b' "
#define FORWARDED(message)                                                                         \
	"<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "                     \
	"stamp='2020-01-02T03:04:05Z'/>" message "</forwarded>"

static const Row rows[] = {
	{ "a message", FROM_BOB "><body>hi &lt;b&gt;</body></message>",
	  "message in bob@xmpp.test hi <b>", NULL },
	{ "of type normal", "<message from='bob@xmpp.test'><body>hi</body></message>",
	  "message in bob@xmpp.test hi", NULL },
	{ "the address is prepared", "<message from='BOB@XMPP.test/b'><body>hi</body></message>",
	  "message in bob@xmpp.test hi", NULL },
	{ "asks for a receipt",
	  FROM_BOB "><body>hi</body><request xmlns='urn:xmpp:receipts'/></message>",
	  "message in bob@xmpp.test hi +receipt", NULL },
	{ "a receipt for what has no id cannot be",
	  "<message from='bob@xmpp.test/b'><body>hi</body><request "
	  "xmlns='urn:xmpp:receipts'/></message>",
	  "message in bob@xmpp.test hi", NULL },
	{ "delayed",
	  FROM_BOB "><body>hi</body><delay xmlns='urn:xmpp:delay' "
		   "stamp='2020-01-02T03:04:05Z'/></message>",
	  "message in bob@xmpp.test hi +delayed", NULL },
	{ "from the future is from now",
	  FROM_BOB "><body>hi</body><delay xmlns='urn:xmpp:delay' "
		   "stamp='2999-01-02T03:04:05Z'/></message>",
	  "message in bob@xmpp.test hi", NULL },
	{ "correction",
	  FROM_BOB
	  "><body>ho</body><replace xmlns='urn:xmpp:message-correct:0' id='i0'/></message>",
	  "message in bob@xmpp.test ho +replaces i0", NULL },
	{ "encrypted, with words for those who cannot read it",
	  FROM_BOB "><body>This is OMEMO</body><encrypted xmlns='eu.siacs.conversations.axolotl'/>"
		   "</message>",
	  "message in bob@xmpp.test This is OMEMO +undecryptable", NULL },
	{ "encrypted, without words", FROM_BOB "><encrypted xmlns='urn:xmpp:omemo:2'/></message>",
	  "message in bob@xmpp.test  +undecryptable", NULL },
	{ "control characters are dropped", FROM_BOB "><body>a&#x7f;b&#x85;c</body></message>",
	  "message in bob@xmpp.test abc", NULL },
	{ "without a body", FROM_BOB "><subject>hi</subject></message>", NULL, NULL },
	{ "a body of another namespace",
	  FROM_BOB "><body xmlns='http://www.w3.org/1999/xhtml'>hi</body></message>", NULL, NULL },
	{ "headline", "<message type='headline' from='bob@xmpp.test'><body>x</body></message>",
	  NULL, NULL },
	{ "receipt", FROM_BOB "><received xmlns='urn:xmpp:receipts' id='m1'/></message>",
	  "state bob@xmpp.test m1 delivered", NULL },
	{ "displayed", FROM_BOB "><displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/></message>",
	  "state bob@xmpp.test m1 displayed", NULL },
	{ "receipt for nothing", FROM_BOB "><received xmlns='urn:xmpp:receipts'/></message>", NULL,
	  "state" },
	{ "error",
	  "<message type='error' id='m1' from='bob@xmpp.test'><body>x</body><error "
	  "type='cancel'>"
	  "<service-unavailable "
	  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
	  "state bob@xmpp.test m1 failed", NULL },
	{ "composing",
	  FROM_BOB "><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
	  "chat-state bob@xmpp.test composing", NULL },
	{ "a chat state that nobody knows",
	  FROM_BOB "><none xmlns='http://jabber.org/protocol/chatstates'/></message>", NULL,
	  "chat-state" },
	{ "an old chat state is none",
	  FROM_BOB "><composing xmlns='http://jabber.org/protocol/chatstates'/>"
		   "<delay xmlns='urn:xmpp:delay' stamp='2020-01-02T03:04:05Z'/></message>",
	  NULL, "chat-state" },
	{ "sent by another device",
	  "<message from='alice@xmpp.test'><sent xmlns='urn:xmpp:carbons:2'>" FORWARDED(
		  "<message xmlns='jabber:client' type='chat' from='alice@xmpp.test/two' "
		  "to='bob@xmpp.test'><body>hi</body><request "
		  "xmlns='urn:xmpp:receipts'/></message>") ""
							   "</sent></message>",
	  "message out bob@xmpp.test hi", NULL },
	{ "received by another device",
	  "<message from='alice@xmpp.test'><received xmlns='urn:xmpp:carbons:2'>" FORWARDED(
		  "<message xmlns='jabber:client' type='chat' id='i' "
		  "from='bob@xmpp.test/b' "
		  "to='alice@xmpp.test/two'><body>hi</body><request "
		  "xmlns='urn:xmpp:receipts'/>"
		  "</message>") "</received></message>",
	  "message in bob@xmpp.test hi", NULL },
	{ "a carbon in a carbon is nothing",
	  "<message from='alice@xmpp.test'><received xmlns='urn:xmpp:carbons:2'>" FORWARDED(
		  "<message xmlns='jabber:client' from='bob@xmpp.test/b' "
		  "to='alice@xmpp.test/two'>"
		  "<received xmlns='urn:xmpp:carbons:2'>" FORWARDED(
			  "<message xmlns='jabber:client' from='carol@xmpp.test' "
			  "to='alice@xmpp.test'><body>hi</body></message>") "</received></"
									    "message>") ""
											"</"
											"re"
											"ce"
											"iv"
											"ed"
											"><"
											"/m"
											"es"
											"sa"
											"ge"
											">",
	  NULL, NULL },
};

static void test_row(gconstpointer data)
{
	const Row *row = data;

	begin();
	xmpp_peer_send_bytes(rig.peer, row->stanza, strlen(row->stanza));
	if (row->line) {
		expect(row->line);
	} else {
		xmpp_rig_fence(&rig);
		xmpp_rig_forbid(&rig, row->forbidden ? row->forbidden : "message");
	}
	end();
}

/* --- outgoing -------------------------------------------------------------------------------- */

static CusaxOperation *new_message(const char *text)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_SEND_MESSAGE);

	operation->send_message.address = g_strdup("Bob@xmpp.test/phone");
	operation->send_message.message = g_strdup("m1");
	operation->send_message.text = g_strdup(text);
	return operation;
}

static void test_send(void)
{
	CusaxOperation *operation = new_message("a <b> & \001c");
	g_autofree char *sent = NULL, *done = NULL;

	begin();
	operation->send_message.ask_receipt = TRUE;
	operation->send_message.ask_marker = TRUE;
	operation->send_message.chat_state = TRUE;
	operation->send_message.replaces = g_strdup("m0");
	xmpp_rig_submit(&rig, operation);
	sent = xmpp_peer_expect(rig.peer, "</message>");
	g_assert_nonnull(strstr(sent, "to=\"bob@xmpp.test\""));
	g_assert_nonnull(strstr(sent, "<body>a &lt;b&gt; &amp; c</body>"));
	g_assert_nonnull(strstr(sent, "<origin-id"));
	g_assert_nonnull(strstr(sent, "<request xmlns=\"urn:xmpp:receipts\"/>"));
	g_assert_nonnull(strstr(sent, "<markable"));
	g_assert_nonnull(strstr(sent, "<active"));
	g_assert_nonnull(strstr(sent, "<replace"));
	expect("state bob@xmpp.test m1 sent");
	done = xmpp_rig_expect(&rig, "done");
	g_assert_true(g_str_has_suffix(done, "ok"));
	g_free(xmpp_peer_expect(rig.peer, "<r xmlns='urn:xmpp:sm:3'/>"));
	xmpp_peer_send(rig.peer, "<a xmlns='urn:xmpp:sm:3' h='5'/>");
	expect("state bob@xmpp.test m1 server");
	xmpp_peer_send(rig.peer, "<message from='bob@xmpp.test/phone'>"
				 "<received xmlns='urn:xmpp:receipts' id='m1'/></message>");
	expect("state bob@xmpp.test m1 delivered");
	end();
}

static void test_send_refused(void)
{
	g_autofree char *large = g_strnfill(200 * 1024, 'x');
	const struct {
		const char *text, *address, *outcome;
	} bad[] = {
		{ "", NULL, "InvalidArgument" },
		{ large, NULL, "LimitExceeded" },
		{ "hi", "@@", "InvalidArgument" },
	};

	begin();
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		CusaxOperation *operation = new_message(bad[i].text);
		g_autofree char *done = NULL;

		if (bad[i].address) {
			g_free(operation->send_message.address);
			operation->send_message.address = g_strdup(bad[i].address);
		}
		xmpp_rig_submit(&rig, operation);
		done = xmpp_rig_expect(&rig, "done");
		g_assert_true(g_str_has_suffix(done, bad[i].outcome));
	}
	end();
}

static void test_marker(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_SEND_MARKER);
	g_autofree char *sent = NULL;

	begin();
	operation->send_marker.address = g_strdup("bob@xmpp.test");
	operation->send_marker.message = g_strdup("i1");
	xmpp_rig_submit(&rig, operation);
	sent = xmpp_peer_expect(rig.peer, "</message>");
	g_assert_nonnull(strstr(sent, "<received "));
	g_assert_nonnull(strstr(sent, "urn:xmpp:receipts"));
	g_assert_nonnull(strstr(sent, "id=\"i1\""));
	end();
}

static void test_state(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_SEND_CHAT_STATE);
	g_autofree char *sent = NULL;

	begin();
	operation->send_chat_state.address = g_strdup("bob@xmpp.test");
	operation->send_chat_state.state = CUSAX_CHAT_STATE_COMPOSING;
	xmpp_rig_submit(&rig, operation);
	sent = xmpp_peer_expect(rig.peer, "</message>");
	g_assert_nonnull(strstr(sent, "<composing"));
	g_assert_nonnull(strstr(sent, "no-store"));
	end();
}

/* 2,000 messages in one go: each is reported, in order. */
static void test_many(void)
{
	g_autoptr(GString) burst = g_string_new(NULL);

	begin();
	for (guint i = 0; i < 2000; i++)
		g_string_append_printf(
			burst,
			"<message type='chat' from='bob@xmpp.test/b'><body>n%u</body>"
			"</message>",
			i);
	xmpp_peer_send_bytes(rig.peer, burst->str, burst->len);
	for (guint i = 0; i < 2000; i++) {
		g_autofree char *line = g_strdup_printf("message in bob@xmpp.test n%u", i);
		g_autofree char *found = xmpp_rig_expect(&rig, "message");

		g_assert_cmpstr(found, ==, line);
	}
	end();
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/xmpp/chat/incoming/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/xmpp/chat/incoming/many, in order", test_many);
	g_test_add_func("/xmpp/chat/sent, acknowledged, delivered", test_send);
	g_test_add_func("/xmpp/chat/what cannot be sent", test_send_refused);
	g_test_add_func("/xmpp/chat/receipt of ours", test_marker);
	g_test_add_func("/xmpp/chat/chat state of ours", test_state);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block list: fetched where there is one, followed, changed; whose pushes count. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define BLOCKING          "xmlns='urn:xmpp:blocking'"
#define FEATURE           "<feature var='urn:xmpp:ping'/><feature var='urn:xmpp:blocking'/>"
#define PUSH(from, child) "<iq type='set' id='p'" from ">" child "</iq>"
#define BLOCK(jid)        "<block " BLOCKING "><item jid='" jid "'/></block>"
#define UNBLOCK(jid)      "<unblock " BLOCKING "><item jid='" jid "'/></unblock>"

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

static void answer(const char *request, const char *rest)
{
	g_autofree char *id = xmpp_peer_attr(request, "id");

	xmpp_peer_send(rig.peer, "<iq id='%s' %s", id, rest);
}

/* A server that keeps a list of mallory alone. */
static void begin(void)
{
	g_autofree char *request = NULL;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login_with(rig.peer, "", FEATURE);
	request = take("</iq>");
	g_assert_nonnull(strstr(request, "<blocklist"));
	answer(request, "type='result'><blocklist " BLOCKING
			"><item jid='Mallory@Evil.test'/></blocklist></iq>");
	expect("block-list [mallory@evil.test]");
}

static void end(void)
{
	xmpp_rig_clear(&rig);
}

/* --- pushes ---------------------------------------------------------------------------------- */

static const struct {
	const char *name, *forged, *refused, *reply;
} forgeries[] = {
	{ "block of a stranger", PUSH(" from='eve@evil.test/x'", BLOCK("bob@xmpp.test")),
	  "refused block-push", "service-unavailable" },
	{ "unblock of the one who is blocked",
	  PUSH(" from='mallory@evil.test/x'", UNBLOCK("mallory@evil.test")), "refused block-push",
	  "service-unavailable" },
	{ "unblock of all, of a contact", PUSH(" from='bob@xmpp.test'", "<unblock " BLOCKING "/>"),
	  "refused block-push", "service-unavailable" },
	{ "unblock of another session of ours",
	  PUSH(" from='alice@xmpp.test/two'", UNBLOCK("mallory@evil.test")), "refused block-push",
	  "service-unavailable" },
	{ "unblock of the server's domain", PUSH(" from='xmpp.test'", UNBLOCK("mallory@evil.test")),
	  "refused block-push", "service-unavailable" },
	{ "block of nobody", PUSH("", "<block " BLOCKING "/>"), "refused block-item",
	  "bad-request" },
	{ "list that nobody asked for",
	  "<iq type='result' id='p' from='alice@xmpp.test'><blocklist " BLOCKING "/></iq>",
	  "refused iq-result", NULL },
};

static void test_forgery(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);

	begin();
	send(forgeries[i].forged);
	expect(forgeries[i].refused);
	if (forgeries[i].reply)
		g_free(take(forgeries[i].reply));
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "block-list");
	/* The genuine twins: of the account itself, and without a sender. */
	send(PUSH(" from='alice@xmpp.test'", BLOCK("bob@xmpp.test")));
	expect("block-list [bob@xmpp.test mallory@evil.test]");
	send(PUSH("", UNBLOCK("mallory@evil.test")));
	expect("block-list [bob@xmpp.test]");
	end();
}

static void test_pushes(void)
{
	begin();
	send(PUSH("", "<block " BLOCKING "><item jid='Bad.test'/><item jid='@'/>"
		      "<item jid='bob@xmpp.test/phone'/><other/></block>"));
	expect("refused block-item");
	expect("refused block-item");
	expect("block-list [bad.test bob@xmpp.test/phone mallory@evil.test]");
	g_free(take("id=\"p\""));
	send(PUSH("", "<unblock " BLOCKING "><item jid='@'/><item jid='bad.test'/></unblock>"));
	expect("refused block-item");
	expect("block-list [bob@xmpp.test/phone mallory@evil.test]");
	send(PUSH("", "<unblock " BLOCKING "/>"));
	expect("block-list []");
	end();
}

/* --- fetching -------------------------------------------------------------------------------- */

static void test_none(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "block-list");
	end();
}

/* The answer about the server's features counts from the server alone. */
static void test_forged_features(void)
{
	g_autofree char *roster = NULL, *carbons = NULL, *disco = NULL, *id = NULL;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_bind(rig.peer);
	roster = take("</iq>");
	carbons = take("</iq>");
	disco = take("</iq>");
	g_assert_nonnull(strstr(disco, " to=\"xmpp.test\""));
	id = xmpp_peer_attr(disco, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s' from='eve@evil.test'>"
		       "<query xmlns='http://jabber.org/protocol/disco#info'>" FEATURE
		       "</query></iq>",
		       id);
	expect("refused iq-result");
	end();
}

/* Once in a session: a resumed one goes on, a new one asks again. */
static void test_sessions(void)
{
	g_autofree char *again = NULL;

	begin();
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	expect("connection offline");
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login_with(rig.peer, "", FEATURE);
	again = take("</iq>");
	answer(again, "type='result'><blocklist " BLOCKING "/></iq>");
	expect("block-list []");
	end();
}

/* What comes after the list was asked for and before it came is in it. */
static void test_early_push(void)
{
	g_autofree char *request = NULL;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login_with(rig.peer, "", FEATURE);
	request = take("</iq>");
	send(PUSH("", BLOCK("bob@xmpp.test")));
	xmpp_rig_fence(&rig);
	xmpp_rig_forbid(&rig, "block-list");
	answer(request, "type='result'><blocklist " BLOCKING
			"><item jid='bob@xmpp.test'/></blocklist></iq>");
	expect("block-list [bob@xmpp.test]");
	end();
}

/* --- changing -------------------------------------------------------------------------------- */

static char *change(const char *address, gboolean block)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_BLOCK);

	operation->block.address = g_strdup(address);
	operation->block.block = block;
	xmpp_rig_submit(&rig, operation);
	return take("</iq>");
}

static void test_change(void)
{
	g_autofree char *block = NULL, *unblock = NULL;

	begin();
	block = change("Bob@xmpp.test", TRUE);
	g_assert_nonnull(
		strstr(block, "<block xmlns=\"urn:xmpp:blocking\"><item jid=\"bob@xmpp.test\"/>"));
	send(PUSH("", BLOCK("bob@xmpp.test")));
	answer(block, "type='result'/>");
	expect("block-list [bob@xmpp.test mallory@evil.test]");
	expect_done("ok");
	g_free(take("id=\"p\""));
	g_free(take("/>"));
	unblock = change("bob@xmpp.test", FALSE);
	g_assert_nonnull(strstr(unblock, "<unblock xmlns=\"urn:xmpp:blocking\">"
					 "<item jid=\"bob@xmpp.test\"/>"));
	answer(unblock, "type='error'><error type='cancel'><not-allowed "
			"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
	expect_done("Refused");
	xmpp_rig_forbid(&rig, "block-list");
	end();
}

static void report(const char *reason, const char *text)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_BLOCK);

	operation->block.address = g_strdup("eve@evil.test");
	operation->block.block = TRUE;
	operation->block.report = g_strdup(reason);
	operation->block.report_text = g_strdup(text);
	xmpp_rig_submit(&rig, operation);
}

/* XEP-0377: where the server takes reports, and nowhere else. */
static void test_report(void)
{
	g_autofree char *request = NULL, *block = NULL;

	begin();
	report("spam", NULL);
	expect_done("Unsupported");
	end();
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login_with(rig.peer, "", FEATURE "<feature var='urn:xmpp:reporting:1'/>");
	request = take("</iq>");
	answer(request, "type='result'><blocklist " BLOCKING "/></iq>");
	expect("block-list []");
	report("abuse", "every <day>");
	block = take("</iq>");
	g_assert_nonnull(strstr(block, "jid=\"eve@evil.test\""));
	g_assert_nonnull(strstr(block, "reason=\"urn:xmpp:reporting:abuse\""));
	g_assert_nonnull(strstr(block, "<text>every &lt;day&gt;</text>"));
	answer(block, "type='result'/>");
	expect_done("ok");
	end();
}

static void test_change_malformed(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_BLOCK);

	begin();
	operation->block.address = g_strdup("@");
	xmpp_rig_submit(&rig, operation);
	expect_done("InvalidArgument");
	end();
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(forgeries); i++) {
		g_autofree char *path =
			g_strconcat("/xmpp/block/refused/", forgeries[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_forgery);
	}
	g_test_add_func("/xmpp/block/refused/features of a server that is not ours",
			test_forged_features);
	g_test_add_func("/xmpp/block/pushes are followed", test_pushes);
	g_test_add_func("/xmpp/block/X3: a report goes with the block", test_report);
	g_test_add_func("/xmpp/block/a server without", test_none);
	g_test_add_func("/xmpp/block/each session asks", test_sessions);
	g_test_add_func("/xmpp/block/a push before the list", test_early_push);
	g_test_add_func("/xmpp/block/blocked and unblocked", test_change);
	g_test_add_func("/xmpp/block/what is no address", test_change_malformed);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files on the wire: the service found, a place asked for, files named in messages. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define UPLOAD "xmlns='urn:xmpp:http:upload:0'"
#define INFO   "<query xmlns='http://jabber.org/protocol/disco#info'>"
#define SERVICE                                                                                    \
	INFO "<identity category='store' type='file'/><feature var='urn:xmpp:http:upload:0'/>"     \
	     "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>"        \
	     "<value>urn:xmpp:http:upload:0</value></field><field var='max-file-size'>"            \
	     "<value>1000</value></field></x></query>"

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

/* The next request, which has that in it, is answered by that. */
static void answer(const char *wanted, const char *type, const char *content)
{
	g_autofree char *request = xmpp_peer_expect(rig.peer, "</iq>");
	g_autofree char *id = xmpp_peer_attr(request, "id"), *to = xmpp_peer_attr(request, "to");

	if (!strstr(request, wanted))
		g_error("%s is not in %s", wanted, request);
	xmpp_peer_send(rig.peer, "<iq id='%s' from='%s' type='%s'>%s</iq>", id, to, type, content);
}

static void ask(guint64 size)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_REQUEST_SLOT);

	operation->request_slot.name = g_strdup("a <b>.png");
	operation->request_slot.type = g_strdup("image/png");
	operation->request_slot.size = size;
	xmpp_rig_submit(&rig, operation);
}

static void begin(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	ask(1000);
	answer("disco#items", "result",
	       "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='@'/>"
	       "<item jid='rooms.xmpp.test'/><item jid='Upload.xmpp.test'/></query>");
	answer("to=\"xmpp.test\"", "result", INFO "</query>");
	answer("to=\"rooms.xmpp.test\"", "error",
	       "<error type='cancel'><service-unavailable "
	       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	answer("to=\"upload.xmpp.test\"", "result", SERVICE);
}

static void end(void)
{
	xmpp_rig_clear(&rig);
}

#define SLOT(put, get, headers)                                                                    \
	"<slot " UPLOAD "><put url='" put "'>" headers "</put><get url='" get "'/></slot>"

static void test_slot(void)
{
	begin();
	answer("content-type=\"image/png\" size=\"1000\"", "result",
	       SLOT("https://up.test/1", "https://down.test/1",
		    "<header name='Authorization'>Basic x</header>"
		    "<header name='cookie'>a=b</header><header name='Host'>evil.test</header>"
		    "<header>none</header><header name='Expires'>one\ntwo</header>"));
	expect("refused upload-header");
	expect("refused upload-header");
	expect("refused upload-header");
	expect("slot https://up.test/1 https://down.test/1 [Authorization: Basic x|cookie: a=b]");
	expect_done("ok");
	/* Found once. */
	ask(7);
	answer("size=\"7\"", "result", SLOT("https://up.test/2", "https://down.test/2", ""));
	expect("slot https://up.test/2 https://down.test/2 []");
	expect_done("ok");
	/* The limit is known. */
	ask(1001);
	expect_done("LimitExceeded");
	end();
}

static const struct {
	const char *name, *type, *content, *refused, *outcome;
} answers[] = {
	{ "http to put", "result", SLOT("http://up.test/1", "https://down.test/1", ""),
	  "refused upload-slot", "Refused" },
	{ "http to get", "result", SLOT("https://up.test/1", "http://down.test/1", ""),
	  "refused upload-slot", "Refused" },
	{ "a file to put", "result", SLOT("file:///tmp/x", "https://down.test/1", ""),
	  "refused upload-slot", "Refused" },
	{ "no place", "result", "", "refused upload-slot", "Refused" },
	{ "half a place", "result", "<slot " UPLOAD "><put url='https://up.test/'/></slot>",
	  "refused upload-slot", "Refused" },
	{ "too large after all", "error",
	  "<error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
	  "<file-too-large " UPLOAD "><max-file-size>20</max-file-size></file-too-large></error>",
	  NULL, "LimitExceeded" },
	{ "quota reached", "error",
	  "<error type='wait'><resource-constraint "
	  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
	  NULL, "LimitExceeded" },
};

static void test_answer(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);

	begin();
	answer("<request ", answers[i].type, answers[i].content);
	if (answers[i].refused)
		expect(answers[i].refused);
	expect_done(answers[i].outcome);
	xmpp_rig_forbid(&rig, "slot");
	end();
}

static void test_no_service(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	ask(1);
	answer("disco#items", "error",
	       "<error type='cancel'><feature-not-implemented "
	       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	answer("disco#info", "result", INFO "</query>");
	expect_done("Unsupported");
	end();
}

/* A service that no answer of the server names. */
static void test_forged(void)
{
	g_autofree char *request = NULL, *id = NULL;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	ask(1);
	request = xmpp_peer_expect(rig.peer, "</iq>");
	id = xmpp_peer_attr(request, "id");
	xmpp_peer_send(rig.peer,
		       "<iq id='%s' type='result' from='eve@evil.test'><query "
		       "xmlns='http://jabber.org/protocol/disco#items'>"
		       "<item jid='evil.test'/></query></iq>",
		       id);
	expect("refused iq-result");
	end();
}

/* --- files in messages ------------------------------------------------------------------------ */

#define BODY(rest) "<message type='chat' from='bob@xmpp.test/b'><body>b</body>" rest "</message>"
#define OOB(url)   "<x xmlns='jabber:x:oob'><url>" url "</url></x>"
#define SHARING(name, size, url)                                                                   \
	"<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'>"             \
	"<media-type>image/png</media-type><name>" name "</name><size>" size "</size></file>"      \
	"<sources><url-data xmlns='http://jabber.org/protocol/url-data' target='" url "'/>"        \
	"</sources></file-sharing>"
#define LINE "message in bob@xmpp.test b"

static const struct {
	const char *name, *stanza, *line;
} files[] = {
	{ "out of band", BODY(OOB("https://a.test/x/p%20q.png")),
	  LINE " +file https://a.test/x/p%20q.png p q.png - 0" },
	{ "file sharing", BODY(SHARING("p.png", "12", "https://a.test/1")),
	  LINE " +file https://a.test/1 p.png image/png 12" },
	{ "both", BODY(OOB("https://b.test/1") SHARING("p.png", "12", "https://a.test/1")),
	  LINE " +file https://a.test/1 p.png image/png 12" },
	{ "a name with folders", BODY(SHARING("../..\\x/p.png", "1", "https://a.test/1")),
	  LINE " +file https://a.test/1 p.png image/png 1" },
	{ "no name at all", BODY(SHARING("..", "-5", "https://a.test/")),
	  LINE " +file https://a.test/ - image/png 0" },
	{ "script", BODY(OOB("javascript:alert(1)")), LINE },
	{ "local file", BODY(OOB("file:///etc/passwd")), LINE },
	{ "no address", BODY(OOB("not an address")), LINE },
	{ "sharing without a source falls back",
	  BODY(SHARING("p", "1", "") OOB("https://b.test/q")),
	  LINE " +file https://b.test/q q - 0" },
};

static void test_file(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	xmpp_peer_send_bytes(rig.peer, files[i].stanza, strlen(files[i].stanza));
	expect(files[i].line);
	end();
}

static void test_send(void)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_SEND_MESSAGE);
	g_autofree char *message = NULL;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	operation->send_message.address = g_strdup("bob@xmpp.test");
	operation->send_message.message = g_strdup("m1");
	operation->send_message.text = g_strdup("https://a.test/1");
	operation->send_message.file = cusax_file_new("https://a.test/1");
	operation->send_message.file->name = g_strdup("p.png");
	operation->send_message.file->type = g_strdup("image/png");
	operation->send_message.file->size = 12;
	xmpp_rig_submit(&rig, operation);
	message = xmpp_peer_expect(rig.peer, "</message>");
	g_assert_nonnull(strstr(message, "<body>https://a.test/1</body>"));
	g_assert_nonnull(
		strstr(message, "<x xmlns=\"jabber:x:oob\"><url>https://a.test/1</url></x>"));
	g_assert_nonnull(strstr(message, "<name>p.png</name><size>12</size>"));
	g_assert_nonnull(strstr(message, "target=\"https://a.test/1\""));
	end();
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xmpp/upload/X7: found once, asked for each file", test_slot);
	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autofree char *path = g_strconcat("/xmpp/upload/answer/", answers[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_answer);
	}
	g_test_add_func("/xmpp/upload/no service", test_no_service);
	g_test_add_func("/xmpp/upload/R1: a service named by a stranger", test_forged);
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_strconcat("/xmpp/file/X7: ", files[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_file);
	}
	g_test_add_func("/xmpp/file/X7: sent in both forms", test_send);
	result = g_test_run();
	xmpp_cert_clear();
	return result;
}

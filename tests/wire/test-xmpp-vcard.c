/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vCards in both forms: read from anybody, and numbers put into our own. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define STANZAS "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
#define ERROR(type, condition)                                                                     \
	"type='error'><error type='" type "'><" condition " " STANZAS "/></error></iq>"
#define NONE    ERROR("cancel", "item-not-found")
#define TEMP(x) "type='result'><vCard xmlns='vcard-temp'>" x "</vCard></iq>"
#define FOUR(x)                                                                                    \
	"type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"                         \
	"<items node='urn:xmpp:vcard4'><item id='current'>"                                        \
	"<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'>" x "</vcard></item></items></pubsub>"    \
	"</iq>"
#define URI(types, uri)                                                                            \
	"<tel><parameters><type>" types "</type></parameters><uri>" uri "</uri></tel>"
#define T(word) "<text>" word "</text>"

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

static void begin(void)
{
	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
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

static void answer(const char *request, const char *from, const char *rest)
{
	g_autofree char *id = xmpp_peer_attr(request, "id");
	g_autofree char *stanza = g_strdup_printf("<iq id='%s' %s %s", id, from, rest);

	xmpp_peer_send_bytes(rig.peer, stanza, strlen(stanza));
}

static void ask(const char *address, char **ret_temp, char **ret_four)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_FETCH_VCARD);

	operation->fetch_vcard.address = g_strdup(address);
	xmpp_rig_submit(&rig, operation);
	*ret_temp = take("</iq>");
	*ret_four = take("</iq>");
	g_assert_nonnull(strstr(*ret_temp, "vcard-temp"));
	g_assert_nonnull(strstr(*ret_four, "node=\"urn:xmpp:vcard4\""));
}

/* --- reading --------------------------------------------------------------------------------- */

static const struct {
	const char *name, *temp, *four, *line, *outcome;
} vcards[] = {
	{ "C32: TEL of vcard-temp alone",
	  TEMP("<FN>Bob</FN><TEL><VOICE/><NUMBER>+33 1</NUMBER></TEL>"), NONE,
	  "vcard bob@xmpp.test Bob | +33 1 [voice] 0 vcard", "ok" },
	{ "C33: tel of vCard4 alone, as uri and as text", NONE,
	  FOUR("<fn><text>Bob</text></fn>" URI(T("voice"),
					       "tel:+331") "<tel><text>01 02</text></tel>"),
	  "vcard bob@xmpp.test Bob | tel:+331 [voice] 0 vcard4 | 01 02 [] 0 vcard4", "ok" },
	{ "C32, C33: both, vCard4 first", TEMP("<FN>Old</FN><TEL><NUMBER>1</NUMBER></TEL>"),
	  FOUR("<fn><text>New</text></fn><tel><text>2</text></tel>"),
	  "vcard bob@xmpp.test New | 2 [] 0 vcard4 | 1 [] 0 vcard", "ok" },
	{ "C34: every form of address", TEMP("<TEL><NUMBER>sip:bob@sip.test</NUMBER></TEL>"),
	  FOUR(URI("", "sips:bob@sip.test") URI("", "tel:+33-1;ext=4") "<tel><text>(0) 1/2.3"
								       "</text></tel>"),
	  "vcard bob@xmpp.test - | sips:bob@sip.test [] 0 vcard4 | tel:+33-1;ext=4 [] 0 vcard4 | "
	  "(0) 1/2.3 [] 0 vcard4 | sip:bob@sip.test [] 0 vcard",
	  "ok" },
	{ "C36: video in both forms", TEMP("<TEL><VIDEO/><NUMBER>1</NUMBER></TEL>"),
	  FOUR(URI(T("video") T("Work"), "tel:2")),
	  "vcard bob@xmpp.test - | tel:2 [video,work] 0 vcard4 | 1 [video] 0 vcard", "ok" },
	{ "C37: fax, pager, order and preference",
	  TEMP("<TEL><FAX/><NUMBER>2</NUMBER></TEL><TEL><HOME/><PREF/><NUMBER>1</NUMBER></TEL>"),
	  FOUR(URI(T("fax") T("pager"),
		   "tel:9") "<tel><parameters><pref><integer>7</integer>"
			    "</pref></parameters><uri>tel:8</uri></tel>" URI(T("pref"), "tel:7")),
	  "vcard bob@xmpp.test - | tel:9 [fax,pager] 0 vcard4 | tel:8 [] 7 vcard4 | tel:7 [] 1 "
	  "vcard4 | 2 [fax] 0 vcard | 1 [home] 1 vcard",
	  "ok" },
	{ "C33: numbers in a group", NONE,
	  FOUR("<group name='work'>" URI(T("cell"), "tel:1") "<group><tel><text>no</text></tel>"
							     "</group></group>"),
	  "vcard bob@xmpp.test - | tel:1 [cell] 0 vcard4", "ok" },
	{ "C33: malformed elements are stepped over", NONE,
	  FOUR("<tel/><tel><uri/></tel><tel><uri> </uri><text>3</text></tel><tel>stray</tel>"
	       "<tel><parameters><type><text>vo ice</text><integer>1</integer><text/></type>"
	       "<pref><integer>101</integer></pref></parameters><uri> tel:4 </uri></tel>"
	       "<tel><parameters><pref>1</pref></parameters><uri>tel:5</uri></tel>"
	       "<tel xmlns='other'><uri>tel:6</uri></tel><fn/>"),
	  "vcard bob@xmpp.test - | 3 [] 0 vcard4 | tel:4 [] 0 vcard4 | tel:5 [] 0 vcard4", "ok" },
	{ "C32: malformed elements are stepped over",
	  TEMP("<TEL><NUMBER> </NUMBER></TEL><TEL/><TEL><NUMBER>1\n2</NUMBER></TEL>"
	       "<TEL>+33 1</TEL><TEL><CELL/><NUMBER>1</NUMBER></TEL>"),
	  NONE, "vcard bob@xmpp.test - | +33 1 [] 0 vcard | 1 [cell] 0 vcard", "ok" },
	{ "neither", NONE, NONE, "vcard bob@xmpp.test failed absent -", "ok" },
	{ "neither: empty ones", TEMP(""), FOUR(""), "vcard bob@xmpp.test failed absent -", "ok" },
	{ "neither: an empty node", NONE,
	  "type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
	  "<items node='urn:xmpp:vcard4'/></pubsub></iq>",
	  "vcard bob@xmpp.test failed absent -", "ok" },
	{ "neither: no such services", ERROR("cancel", "service-unavailable"),
	  ERROR("cancel", "feature-not-implemented"), "vcard bob@xmpp.test failed absent -", "ok" },
	{ "item of another node", NONE,
	  "type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='other'>"
	  "<item><vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><tel><text>1</text></tel></vcard>"
	  "</item></items></pubsub></iq>",
	  "vcard bob@xmpp.test failed absent -", "ok" },
	{ "a refused vCard4 hides no vcard-temp", TEMP("<TEL><NUMBER>1</NUMBER></TEL>"),
	  ERROR("auth", "not-authorized"), "vcard bob@xmpp.test - | 1 [] 0 vcard", "ok" },
	{ "a refused vcard-temp hides no vCard4", ERROR("auth", "forbidden"),
	  FOUR("<tel><text>2</text></tel>"), "vcard bob@xmpp.test - | 2 [] 0 vcard4", "ok" },
	{ "refused and absent is refused", ERROR("auth", "forbidden"), NONE,
	  "vcard bob@xmpp.test failed -", "Refused" },
	{ "both refused", ERROR("auth", "forbidden"), ERROR("wait", "remote-server-timeout"),
	  "vcard bob@xmpp.test failed -", "Refused" },
};

/* Whichever answer is first. */
static void test_vcard(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	const char *from = "from='bob@xmpp.test'";

	begin();
	for (guint four_first = 0; four_first < 2; four_first++) {
		g_autofree char *temp = NULL, *four = NULL;

		ask("bob@xmpp.test/phone", &temp, &four);
		if (four_first)
			answer(four, from, vcards[i].four);
		answer(temp, from, vcards[i].temp);
		if (!four_first)
			answer(four, from, vcards[i].four);
		expect(vcards[i].line);
		expect_done(vcards[i].outcome);
	}
	end();
}

static void test_large_photo(void)
{
	g_autofree char *temp = NULL, *four = NULL, *large = g_strnfill(300000, 'x'), *rest = NULL;

	begin();
	ask("bob@xmpp.test", &temp, &four);
	answer(four, "from='bob@xmpp.test'", NONE);
	rest = g_strdup_printf(
		TEMP("<PHOTO><BINVAL>%s</BINVAL></PHOTO><TEL><NUMBER>1</NUMBER></TEL>"), large);
	answer(temp, "from='bob@xmpp.test'", rest);
	expect("refused item-limit");
	expect("vcard bob@xmpp.test - | 1 [] 0 vcard");
	end();
}

static void test_large_vcard4(void)
{
	g_autofree char *temp = NULL, *four = NULL, *large = g_strnfill(300000, 'x'), *rest = NULL;

	begin();
	ask("bob@xmpp.test", &temp, &four);
	rest = g_strdup_printf(FOUR("<photo><uri>data:%s</uri></photo>"), large);
	answer(four, "from='bob@xmpp.test'", rest);
	expect("refused stanza-limit");
	answer(temp, "from='bob@xmpp.test'", TEMP("<TEL><NUMBER>1</NUMBER></TEL>"));
	expect("vcard bob@xmpp.test - | 1 [] 0 vcard");
	expect_done("ok");
	end();
}

static void test_many_numbers(void)
{
	g_autofree char *temp = NULL, *four = NULL, *rest = NULL, *line = NULL;
	g_autoptr(GString) many = g_string_new(NULL);

	begin();
	ask("bob@xmpp.test", &temp, &four);
	for (guint i = 0; i < 200; i++)
		g_string_append_printf(many, "<tel><text>%u</text></tel>", i);
	rest = g_strdup_printf(FOUR("%s"), many->str);
	answer(four, "from='bob@xmpp.test'", rest);
	answer(temp, "from='bob@xmpp.test'", NONE);
	line = xmpp_rig_expect(&rig, "vcard");
	g_assert_true(g_str_has_suffix(line, "| 63 [] 0 vcard4"));
	end();
}

static void test_forged_vcard4(void)
{
	static const char *const others[] = { "from='eve@evil.test'", "from='bob@xmpp.test/x'",
					      "from='xmpp.test'", "", "from='alice@xmpp.test'" };
	g_autofree char *temp = NULL, *four = NULL;

	begin();
	ask("bob@xmpp.test", &temp, &four);
	answer(temp, "from='bob@xmpp.test'", NONE);
	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		answer(four, others[i], FOUR("<tel><text>+1900</text></tel>"));
		expect("refused iq-result");
	}
	xmpp_rig_forbid(&rig, "vcard");
	answer(four, "from='bob@xmpp.test'", FOUR("<tel><text>+331</text></tel>"));
	expect("vcard bob@xmpp.test - | +331 [] 0 vcard4");
	end();
}

static void test_lost(void)
{
	g_autofree char *temp = NULL, *four = NULL;

	begin();
	ask("bob@xmpp.test", &temp, &four);
	answer(temp, "from='bob@xmpp.test'", NONE);
	xmpp_rig_fence(&rig);
	xmpp_peer_drop(rig.peer);
	expect("vcard bob@xmpp.test failed -");
	expect_done("NotConnected");
	end();
}

/* --- C38, C39: our own ------------------------------------------------------------------------ */

static void add_phone(CusaxOperation *operation, const char *uri, const char *const *types,
		      guint preference)
{
	CusaxPhone *phone = cusax_phone_new(uri, types, CUSAX_SOURCE_TYPED);

	phone->preference = preference;
	g_ptr_array_add(operation->publish_phones.phones, phone);
}

/* Asks that +33 1 and a SIP address be in it. */
static void publish(void)
{
	static const char *const types[] = { "voice", "video", NULL };
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_PUBLISH_PHONES);

	operation->publish_phones.phones =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	add_phone(operation, "sip:alice@sip.test", types, 1);
	add_phone(operation, "+33 1", types, 0);
	xmpp_rig_submit(&rig, operation);
}

/* Answers the next request by rest and gives it. */
static char *serve(const char *rest)
{
	char *request = take("</iq>");

	g_assert_null(strstr(request, " to="));
	answer(request, "", rest);
	return request;
}

static void pass(const char *rest)
{
	g_free(serve(rest));
}

#define OWN_TEMP                                                                                   \
	TEMP("<FN>Alice</FN><TEL><FAX/><NUMBER>+33 1</NUMBER></TEL><X-OTHER a='b'>kept</X-OTHER>")
#define OWN_FOUR                                                                                   \
	FOUR("<fn><text>Alice</text></fn><tel><parameters><x-a xmlns='urn:x'>kept</x-a>"           \
	     "</parameters><uri>+33 1</uri></tel><y xmlns='urn:y' c='d'>kept &amp; whole</y>")

static void check_temp(const char *written)
{
	g_assert_nonnull(strstr(written, "<FN>Alice</FN>"));
	g_assert_nonnull(strstr(written, "<TEL><FAX/><NUMBER>+33 1</NUMBER></TEL>"));
	g_assert_nonnull(strstr(written, "<X-OTHER a=\"b\">kept</X-OTHER>"));
	g_assert_nonnull(strstr(written, "<TEL><VOICE/><VIDEO/><PREF/>"
					 "<NUMBER>sip:alice@sip.test</NUMBER></TEL>"));
	g_assert_null(strstr(strstr(written, "+33 1") + 1, "+33 1"));
}

static void check_four(const char *written)
{
	g_assert_nonnull(
		strstr(written, "<publish node=\"urn:xmpp:vcard4\"><item id=\"current\">"));
	g_assert_nonnull(strstr(written, "<fn><text>Alice</text></fn>"));
	g_assert_nonnull(strstr(written, "<x-a xmlns=\"urn:x\">kept</x-a>"));
	g_assert_nonnull(strstr(written, ">kept &amp; whole</y>"));
	g_assert_nonnull(strstr(written, "<tel><parameters><pref><integer>1</integer></pref><type>"
					 "<text>voice</text><text>video</text></type></parameters>"
					 "<uri>sip:alice@sip.test</uri></tel>"));
	g_assert_null(strstr(strstr(written, "+33 1") + 1, "+33 1"));
	/* Who may see it is not ours to change. */
	g_assert_null(strstr(written, "publish-options"));
}

static void test_publish_temp(void)
{
	g_autofree char *written = NULL;

	begin();
	publish();
	pass(OWN_TEMP);
	pass(NONE);
	written = serve("type='result'/>");
	check_temp(written);
	expect_done("ok");
	end();
}

static void test_publish_both(void)
{
	g_autofree char *temp = NULL, *four = NULL;

	begin();
	publish();
	pass(OWN_TEMP);
	pass(OWN_FOUR);
	temp = serve("type='result'/>");
	check_temp(temp);
	four = serve("type='result'/>");
	check_four(four);
	expect_done("ok");
	end();
}

static void test_publish_four(void)
{
	g_autofree char *four = NULL;

	begin();
	publish();
	pass(ERROR("cancel", "service-unavailable"));
	pass(OWN_FOUR);
	four = serve("type='result'/>");
	check_four(four);
	expect_done("ok");
	end();
}

/* Where a set vcard-temp may have been made into the vCard4, that is put back whole. */
static void test_publish_restores(void)
{
	g_autofree char *temp = NULL, *four = NULL;

	begin();
	publish();
	pass(OWN_TEMP);
	pass(FOUR("<tel><text>+33 1</text></tel><tel><uri>sip:alice@sip.test</uri></tel>"
		  "<note><text>mine</text></note>"));
	temp = serve("type='result'/>");
	check_temp(temp);
	four = serve("type='result'/>");
	g_assert_nonnull(strstr(four, "<note><text>mine</text></note>"));
	expect_done("ok");
	end();
}

static void test_publish_nothing_new(void)
{
	begin();
	publish();
	pass(TEMP("<TEL><NUMBER>+33 1</NUMBER></TEL><TEL>sip:alice@sip.test</TEL>"));
	pass(FOUR("<tel><text>+33 1</text></tel><tel><uri>sip:alice@sip.test</uri></tel>"));
	expect_done("ok");
	end();
}

static void test_publish_first(void)
{
	g_autofree char *written = NULL;

	begin();
	publish();
	pass(NONE);
	pass(NONE);
	written = serve("type='result'/>");
	g_assert_nonnull(strstr(written, "<NUMBER>sip:alice@sip.test</NUMBER>"));
	g_assert_nonnull(strstr(written, "<NUMBER>+33 1</NUMBER>"));
	expect_done("ok");
	end();
}

/* What cannot be read whole is not written, in neither form. */
static const struct {
	const char *name, *temp, *four, *outcome;
} unreadable[] = {
	{ "vcard-temp", ERROR("wait", "internal-server-error"), NULL, "Failed" },
	{ "vCard4", OWN_TEMP, ERROR("wait", "resource-constraint"), "LimitExceeded" },
};

static void test_unreadable(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);

	begin();
	publish();
	pass(unreadable[i].temp);
	if (unreadable[i].four)
		pass(unreadable[i].four);
	expect_done(unreadable[i].outcome);
	end();
}

static const struct {
	const char *name, *temp, *four, *outcome;
} refusals[] = {
	{ "vcard-temp is fixed", ERROR("cancel", "not-allowed"), NULL, "Locked" },
	{ "vcard-temp is forbidden", ERROR("auth", "forbidden"), NULL, "Locked" },
	{ "vcard-temp is not accepted", ERROR("modify", "not-acceptable"), NULL, "Locked" },
	{ "vcard-temp by policy", ERROR("cancel", "policy-violation"), NULL, "Refused" },
	{ "vcard-temp is too large", ERROR("wait", "resource-constraint"), NULL, "LimitExceeded" },
	{ "vCard4 is fixed", "type='result'/>", ERROR("cancel", "not-allowed"), "Locked" },
	{ "vCard4 needs a login", "type='result'/>", ERROR("auth", "not-authorized"), "Refused" },
};

static void test_refusal(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);

	begin();
	publish();
	pass(OWN_TEMP);
	pass(OWN_FOUR);
	pass(refusals[i].temp);
	if (refusals[i].four)
		pass(refusals[i].four);
	expect_done(refusals[i].outcome);
	end();
}

/* At each step the link may go; the operation is answered all the same. */
static void test_publish_lost(void)
{
	for (guint step = 0; step < 4; step++) {
		begin();
		publish();
		if (step > 0)
			pass(OWN_TEMP);
		if (step > 1)
			pass(OWN_FOUR);
		if (step > 2)
			pass("type='result'/>");
		g_free(take("</iq>"));
		xmpp_peer_drop(rig.peer);
		expect_done("NotConnected");
		end();
	}
}

#define ADD_ROWS(prefix, rows, function)                                                           \
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {                                           \
		g_autofree char *path = g_strconcat("/xmpp/vcard/" prefix, rows[i].name, NULL);    \
		g_test_add_data_func(path, GUINT_TO_POINTER(i), function);                         \
	}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("read/", vcards, test_vcard);
	g_test_add_func("/xmpp/vcard/read/a large photo hides no number", test_large_photo);
	g_test_add_func("/xmpp/vcard/read/a large vCard4 hides no vcard-temp", test_large_vcard4);
	g_test_add_func("/xmpp/vcard/read/limit of numbers", test_many_numbers);
	g_test_add_func("/xmpp/vcard/read/a link that goes half way", test_lost);
	g_test_add_func("/xmpp/vcard/refused/vCard4 from somebody else", test_forged_vcard4);
	g_test_add_func("/xmpp/vcard/publish/C39: vcard-temp alone, nothing lost",
			test_publish_temp);
	g_test_add_func("/xmpp/vcard/publish/C39: both forms, nothing lost", test_publish_both);
	g_test_add_func("/xmpp/vcard/publish/C39: vCard4 alone", test_publish_four);
	g_test_add_func("/xmpp/vcard/publish/C39: vCard4 is put back whole", test_publish_restores);
	g_test_add_func("/xmpp/vcard/publish/nothing new", test_publish_nothing_new);
	g_test_add_func("/xmpp/vcard/publish/the first vCard", test_publish_first);
	ADD_ROWS("publish/C39: not written where unreadable: ", unreadable, test_unreadable);
	ADD_ROWS("publish/C38: refused: ", refusals, test_refusal);
	g_test_add_func("/xmpp/vcard/publish/a link that goes half way", test_publish_lost);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

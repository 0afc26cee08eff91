/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a connection remembers, where it is sent, and what it is told beside the chat (X1, X9, X10). */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define NS_SASL           "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define MECHANISMS(names) "<mechanisms " NS_SASL ">" names "</mechanisms>"
#define MECHANISM(name)   "<mechanism>" name "</mechanism>"
#define EXPORTER                                                                                   \
	"<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"                                        \
	"<channel-binding type='tls-exporter'/></sasl-channel-binding>"

static void expect(XmppRig *rig, const char *text)
{
	g_free(xmpp_rig_expect(rig, text));
}

/* --- pins ------------------------------------------------------------------------------------ */

typedef struct {
	const char *name, *pin, *features;
	const char *outcome; /* "auth MECHANISM", or the end of the connection */
} Pin;

static const Pin pins[] = {
	{ "X1: a pinned binding is used though the server does not name it",
	  "SCRAM-SHA-256-PLUS tls-exporter",
	  MECHANISMS(MECHANISM("SCRAM-SHA-256-PLUS") MECHANISM("SCRAM-SHA-256")),
	  "auth SCRAM-SHA-256-PLUS" },
	{ "X1: -PLUS that is named by nobody is not guessed", NULL,
	  MECHANISMS(MECHANISM("SCRAM-SHA-256-PLUS") MECHANISM("SCRAM-SHA-256")),
	  "auth SCRAM-SHA-256" },
	{ "R6: a binding that is pinned and not offered any more",
	  "SCRAM-SHA-256-PLUS tls-exporter", MECHANISMS(MECHANISM("SCRAM-SHA-512")),
	  "connection offline SecurityRequired" },
	{ "R6: a weaker hash than pinned", "SCRAM-SHA-512", MECHANISMS(MECHANISM("SCRAM-SHA-256")),
	  "connection offline SecurityRequired" },
	{ "R6: PLAIN after SCRAM", "SCRAM-SHA-1", MECHANISMS(MECHANISM("PLAIN")),
	  "connection offline SecurityRequired" },
	{ "R6: a password after a client certificate", "EXTERNAL",
	  MECHANISMS(MECHANISM("SCRAM-SHA-256-PLUS") MECHANISM("SCRAM-SHA-256")) EXPORTER,
	  "connection offline SecurityRequired" },
	{ "X1: a stronger one than pinned is taken", "SCRAM-SHA-1",
	  MECHANISMS(MECHANISM("SCRAM-SHA-256-PLUS") MECHANISM("SCRAM-SHA-1")) EXPORTER,
	  "auth SCRAM-SHA-256-PLUS" },
	{ "X1: a pin that says nothing to this version", "SCRAM-SHA3-512 tls-magic",
	  MECHANISMS(MECHANISM("SCRAM-SHA-256")), "auth SCRAM-SHA-256" },
};

static void test_pin(gconstpointer data)
{
	const Pin *row = data;
	g_autofree char *auth = NULL, *mechanism = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	rig.login_pin = g_strdup(row->pin);
	xmpp_rig_connect(&rig, "{'allow-plain': <true>}");
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, row->features);
	if (g_str_has_prefix(row->outcome, "auth ")) {
		auth = xmpp_peer_expect(rig.peer, "</auth>");
		mechanism = xmpp_peer_attr(strstr(auth, "<auth"), "mechanism");
		g_assert_cmpstr(mechanism, ==, row->outcome + strlen("auth "));
	} else {
		expect(&rig, row->outcome);
		auth = xmpp_peer_expect_close(rig.peer);
		g_assert_null(strstr(auth, "<auth"));
	}
	xmpp_rig_clear(&rig);
}

static void test_pin_told(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	g_assert_cmpstr(rig.login_pin, ==, "SCRAM-SHA-256");
	xmpp_rig_clear(&rig);
}

/* --- who is looking --------------------------------------------------------------------------- */

static void show(XmppRig *rig, CusaxAvailability availability)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_PRESENCE);

	operation->presence.availability = availability;
	xmpp_rig_submit(rig, operation);
}

static void test_client_state(void)
{
	g_autofree char *sent = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_bind_with(rig.peer, "<csi xmlns='urn:xmpp:csi:0'/>");
	expect(&rig, "connection online");
	show(&rig, CUSAX_AVAILABILITY_ONLINE);
	show(&rig, CUSAX_AVAILABILITY_AWAY);
	sent = xmpp_peer_expect(rig.peer, "<show>away</show>");
	g_assert_null(strstr(sent, "<inactive"));
	show(&rig, CUSAX_AVAILABILITY_XA);
	g_free(sent);
	sent = xmpp_peer_expect(rig.peer, "<inactive xmlns='urn:xmpp:csi:0'/>");
	g_assert_null(strstr(sent, "<active"));
	show(&rig, CUSAX_AVAILABILITY_DND);
	g_free(sent);
	sent = xmpp_peer_expect(rig.peer, "<active xmlns='urn:xmpp:csi:0'/>");
	g_assert_null(strstr(sent, "<inactive"));
	xmpp_rig_clear(&rig);
}

static void test_client_state_unknown(void)
{
	g_autofree char *sent = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	show(&rig, CUSAX_AVAILABILITY_AWAY);
	show(&rig, CUSAX_AVAILABILITY_ONLINE);
	g_free(xmpp_peer_expect(rig.peer, "<show>away</show>"));
	sent = xmpp_peer_expect(rig.peer, "<presence>");
	g_assert_null(strstr(sent, "urn:xmpp:csi:0"));
	xmpp_rig_clear(&rig);
}

/* --- sent elsewhere --------------------------------------------------------------------------- */

static void send_elsewhere(XmppPeer *peer, const char *place)
{
	xmpp_peer_send(peer,
		       "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
		       "%s</see-other-host></stream:error></stream:stream>",
		       place);
}

static void test_redirect(void)
{
	g_autofree char *place = NULL;
	XmppPeer *other, *home;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	home = rig.peer;
	other = xmpp_peer_new(NULL);
	place = g_strdup_printf("127.0.0.1:%u", xmpp_peer_port(other));
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_secure(home);
	xmpp_peer_open(home, MECHANISMS(MECHANISM("SCRAM-SHA-256")));
	send_elsewhere(home, place);
	expect(&rig, "connection offline NotConnected");
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login(other);
	expect(&rig, "connection online");
	/* It holds for that one connection. */
	xmpp_peer_drop(other);
	expect(&rig, "connection offline NotConnected");
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_secure(home);
	xmpp_peer_free(other);
	xmpp_rig_clear(&rig);
}

/* The certificate there is that of the account's domain, or nothing is said. */
static void test_redirect_verified(void)
{
	g_autofree char *place = NULL, *sent = NULL;
	XmppPeer *other;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	other = xmpp_peer_new(xmpp_cert_context(XMPP_CERT_GOOD, "elsewhere.test"));
	place = g_strdup_printf("127.0.0.1:%u", xmpp_peer_port(other));
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, MECHANISMS(MECHANISM("SCRAM-SHA-256")));
	send_elsewhere(rig.peer, place);
	expect(&rig, "connection offline NotConnected");
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_accept(other);
	xmpp_peer_open(other, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	g_free(xmpp_peer_expect(other, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
	xmpp_peer_send(other, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	xmpp_peer_start_tls(other);
	expect(&rig, "connection offline Untrusted");
	xmpp_peer_free(other);
	xmpp_rig_clear(&rig);
}

/* Outside TLS anybody could say so: the next connection goes home. */
static void test_redirect_before_tls(void)
{
	XmppPeer *other;
	g_autofree char *place = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	other = xmpp_peer_new(NULL);
	place = g_strdup_printf("127.0.0.1:%u", xmpp_peer_port(other));
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_accept(rig.peer);
	xmpp_peer_open(rig.peer, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	send_elsewhere(rig.peer, place);
	expect(&rig, "connection offline NotConnected");
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_secure(rig.peer);
	xmpp_peer_free(other);
	xmpp_rig_clear(&rig);
}

static void test_redirect_bounded(void)
{
	g_autofree char *place = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	place = g_strdup_printf("127.0.0.1:%u", xmpp_peer_port(rig.peer));
	for (guint i = 0; i < 4; i++) {
		xmpp_rig_connect(&rig, NULL);
		xmpp_peer_secure(rig.peer);
		xmpp_peer_open(rig.peer, MECHANISMS(MECHANISM("SCRAM-SHA-256")));
		send_elsewhere(rig.peer, place);
		if (i == 3)
			expect(&rig, "refused redirect");
		expect(&rig, "connection offline NotConnected");
	}
	xmpp_rig_clear(&rig);
}

/* --- servers for calls ------------------------------------------------------------------------ */

static void fetch_relays(const char *services, const char *outcome)
{
	g_autofree char *asked = NULL, *id = NULL, *to = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_FETCH_RELAYS));
	asked = xmpp_peer_expect(rig.peer, "urn:xmpp:extdisco:2");
	id = xmpp_peer_attr(g_strrstr(asked, "<iq"), "id");
	to = xmpp_peer_attr(g_strrstr(asked, "<iq"), "to");
	g_assert_cmpstr(to, ==, "xmpp.test");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s' from='xmpp.test'>"
		       "<services xmlns='urn:xmpp:extdisco:2'>%s</services></iq>",
		       id, services);
	expect(&rig, outcome);
	expect(&rig, "done");
	xmpp_rig_clear(&rig);
}

static void test_relays(void)
{
	fetch_relays("<service type='stun' host='stun.xmpp.test'/>"
		     "<service type='turn' transport='tcp' host='192.0.2.1' port='3479' "
		     "username='u' password='p' expires='2036-11-28T00:00:00Z'/>"
		     "<service type='turns' host='t.xmpp.test' username='u' password='q'/>"
		     "<service type='ftp' host='ftp.xmpp.test'/>",
		     "relays stun/0:stun.xmpp.test:3478 turn/1:192.0.2.1:3479:u:p:2111443200 "
		     "turn/2:t.xmpp.test:5349:u:q:0");
}

static void test_relays_bad(void)
{
	fetch_relays("<service type='stun' host='a b'/><service type='stun'/>"
		     "<service type='stun' host='s.test' port='70000'/>"
		     "<service type='turn' host='t.test' username='u'/>"
		     "<service type='turn' host='t.test?x' username='u' password='p'/>",
		     "relays");
}

static void test_relays_stranger(void)
{
	g_autofree char *asked = NULL, *id = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_FETCH_RELAYS));
	asked = xmpp_peer_expect(rig.peer, "urn:xmpp:extdisco:2");
	id = xmpp_peer_attr(g_strrstr(asked, "<iq"), "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s' from='eve@xmpp.test/x'>"
		       "<services xmlns='urn:xmpp:extdisco:2'><service type='turn' "
		       "host='evil.test' username='u' password='p'/></services></iq>",
		       id);
	expect(&rig, "refused iq-result");
	xmpp_rig_forbid(&rig, "relays");
	xmpp_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(pins); i++) {
		g_autofree char *path = g_strconcat("/xmpp/quality/", pins[i].name, NULL);

		g_test_add_data_func(path, &pins[i], test_pin);
	}
	g_test_add_func("/xmpp/quality/X1: a login tells how strong it was", test_pin_told);
	g_test_add_func("/xmpp/quality/X10: away for long is inactive", test_client_state);
	g_test_add_func("/xmpp/quality/X10: nothing to a server that does not ask",
			test_client_state_unknown);
	g_test_add_func("/xmpp/quality/X1: sent elsewhere, once", test_redirect);
	g_test_add_func("/xmpp/quality/X1: elsewhere the same certificate", test_redirect_verified);
	g_test_add_func("/xmpp/quality/X1: not sent elsewhere outside TLS",
			test_redirect_before_tls);
	g_test_add_func("/xmpp/quality/X1: sent in circles", test_redirect_bounded);
	g_test_add_func("/xmpp/quality/X9: servers for calls", test_relays);
	g_test_add_func("/xmpp/quality/X9: malformed servers for calls", test_relays_bad);
	g_test_add_func("/xmpp/quality/X9: servers for calls by a stranger", test_relays_stranger);
	return g_test_run();
}

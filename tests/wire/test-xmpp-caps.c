/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entity capabilities of others (XEP-0115): what is asked, what is believed. */
/* Main thread. */
#include <string.h>

#include "tests/wire/xmpp-peer.h"

static XmppRig rig;

#define BASE                                                                                       \
	"<feature var='http://jabber.org/protocol/caps'/>"                                         \
	"<feature var='http://jabber.org/protocol/disco#info'/>"                                   \
	"<feature var='http://jabber.org/protocol/disco#items'/>"                                  \
	"<feature var='http://jabber.org/protocol/muc'/>"
#define EXODUS "<identity category='client' name='Exodus 0.9.1' type='pc'/>"
#define PSI                                                                                        \
	"<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"                    \
	"<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>"
#define FORM_TYPE(attributes, value)                                                               \
	"<field var='FORM_TYPE'" attributes "><value>" value "</value></field>"
#define HIDDEN " type='hidden'"
#define SOFTWARE                                                                                   \
	"<field var='ip_version'><value>ipv6</value><value>ipv4</value></field>"                   \
	"<field var='os'><value>Mac</value></field>"                                               \
	"<field var='os_version'><value>10.5.1</value></field>"                                    \
	"<field var='software'><value>Psi</value></field>"                                         \
	"<field var='software_version'><value>0.11</value></field>"
#define FORM(type, fields) "<x xmlns='jabber:x:data' type='result'>" type fields "</x>"
#define SOFTWARE_FORM      FORM(FORM_TYPE(HIDDEN, "urn:xmpp:dataforms:softwareinfo"), SOFTWARE)
#define EXODUS_VER         "QgayPKawpkPSDYmwT/WM94uAlu0="
#define PSI_VER            "q07IKJEyjvHSyhy//CH0CxmKi8w="

typedef struct {
	const char *name;
	const char *hash, *ver; /* hash NULL: the form before hashes */
	const char *info;
	const char *line; /* what is told; NULL: it is refused */
} Case;

static const Case cases[] = {
	{ "the simple example", "sha-1", EXODUS_VER, EXODUS BASE,
	  "client bob@xmpp.test/b client/pc Exodus 0.9.1 [rooms]" },
	{ "the complex example", "sha-1", PSI_VER, PSI BASE SOFTWARE_FORM,
	  "client bob@xmpp.test/b client/pc Psi 0.11 [rooms]" },
	{ "in another order", "sha-1", PSI_VER, SOFTWARE_FORM BASE PSI,
	  "client bob@xmpp.test/b client/pc Psi 0.11 [rooms]" },
	{ "a form of no type counts nothing", "sha-1", EXODUS_VER, EXODUS BASE FORM("", SOFTWARE),
	  "client bob@xmpp.test/b client/pc Exodus 0.9.1 [rooms]" },
	{ "a form whose type is not hidden counts nothing", "sha-1", EXODUS_VER,
	  EXODUS BASE FORM(FORM_TYPE("", "urn:xmpp:dataforms:softwareinfo"), SOFTWARE),
	  "client bob@xmpp.test/b client/pc Exodus 0.9.1 [rooms]" },
	{ "SHA-256", "sha-256", "Wr6IGEKhx6b9627gBmi/cCmpxXBc/GYq5zWuYfWGWoc=", EXODUS BASE,
	  "client bob@xmpp.test/b client/pc Exodus 0.9.1 [rooms]" },
	{ "another hash", "sha-1", PSI_VER, EXODUS BASE, NULL },
	{ "one feature more", "sha-1", EXODUS_VER, EXODUS BASE "<feature var='urn:xmpp:receipts'/>",
	  NULL },
	{ "a feature twice", "sha-1", EXODUS_VER,
	  EXODUS BASE "<feature var='http://jabber.org/protocol/muc'/>", NULL },
	{ "an identity twice", "sha-1", EXODUS_VER, EXODUS EXODUS BASE, NULL },
	{ "a form twice", "sha-1", PSI_VER, PSI BASE SOFTWARE_FORM SOFTWARE_FORM, NULL },
	{ "a form of two types", "sha-1", PSI_VER,
	  PSI BASE FORM("<field var='FORM_TYPE' type='hidden'><value>a</value><value>b</value>"
			"</field>",
			SOFTWARE),
	  NULL },
	/* One string, two meanings: what would end a part stays escaped. */
	{ "a feature that ends itself", "sha-1", EXODUS_VER,
	  EXODUS "<feature var='http://jabber.org/protocol/caps&lt;http://jabber.org/protocol/"
		 "disco#info&lt;http://jabber.org/protocol/disco#items'/>"
		 "<feature var='http://jabber.org/protocol/muc'/>",
	  NULL },
	{ "an identity that ends itself", "sha-1", EXODUS_VER,
	  "<identity category='client/pc/' name='Exodus 0.9.1' type=''/>" BASE, NULL },
	{ "a hash that nobody knows is not checked", "whirlpool", "zz", EXODUS BASE,
	  "client bob@xmpp.test/b client/pc Exodus 0.9.1 [rooms]" },
	{ "the form before hashes", NULL, "0.9", EXODUS BASE,
	  "client bob@xmpp.test/b client/pc Exodus 0.9.1 [rooms]" },
	{ "before hashes, ill-formed", NULL, "0.9", EXODUS EXODUS BASE, NULL },
	{ "many features in words", NULL, "1",
	  "<identity category='client' type='phone' name='X'/>"
	  "<feature var='urn:xmpp:receipts'/><feature var='urn:xmpp:reactions:0'/>"
	  "<feature var='urn:xmpp:message-retract:1'/><feature var='urn:xmpp:message-retract:0'/>"
	  "<feature var='secret:thing'/>",
	  "client bob@xmpp.test/b client/phone X [reactions receipts retractions]" },
};

/* The presence tells what to ask for, in the words that the core gives back. */
static void announce(const Case *row)
{
	g_autofree char *hash = row->hash ? g_strdup_printf(" hash='%s'", row->hash) : g_strdup("");
	g_autofree char *line = NULL;

	xmpp_peer_send(rig.peer,
		       "<presence from='bob@xmpp.test/b'><c xmlns='http://jabber.org/protocol/caps'"
		       " node='http://psi-im.org' ver='%s'%s/></presence>",
		       row->ver, hash);
	line = xmpp_rig_expect(&rig, "presence bob@xmpp.test");
	g_assert_nonnull(strstr(line, row->ver));
}

static void test_case(gconstpointer data)
{
	const Case *row = data;
	CusaxOperation *fetch = xmpp_rig_operation(CUSAX_OPERATION_FETCH_CLIENT);
	gboolean checked =
		g_strcmp0(row->hash, "sha-1") == 0 || g_strcmp0(row->hash, "sha-256") == 0;
	g_autofree char *asked = NULL, *id = NULL, *line = NULL, *node = NULL;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	announce(row);
	fetch->fetch_client.address = g_strdup("bob@xmpp.test/b");
	fetch->fetch_client.node = g_strdup("http://psi-im.org");
	fetch->fetch_client.version = g_strdup(row->ver);
	fetch->fetch_client.hash = checked ? g_strdup(row->hash) : NULL;
	xmpp_rig_submit(&rig, fetch);
	asked = xmpp_peer_expect(rig.peer, "</iq>");
	id = xmpp_peer_attr(asked, "id");
	node = g_strdup_printf("node=\"http://psi-im.org#%s\"", row->ver);
	g_assert_cmpint(strstr(asked, node) != NULL, ==, checked);
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s' from='bob@xmpp.test/b'>"
		       "<query xmlns='http://jabber.org/protocol/disco#info'>%s</query></iq>",
		       id, row->info);
	if (row->line) {
		line = xmpp_rig_expect(&rig, "client");
		g_assert_cmpstr(line, ==, row->line);
	} else {
		line = xmpp_rig_expect(&rig, "refused");
		g_assert_cmpstr(line, ==, "refused caps");
	}
	xmpp_rig_clear(&rig);
}

/* The answer counts from the device that was asked, and no other. */
static void test_forgery(void)
{
	CusaxOperation *fetch = xmpp_rig_operation(CUSAX_OPERATION_FETCH_CLIENT);
	g_autofree char *asked = NULL, *id = NULL;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	fetch->fetch_client.address = g_strdup("bob@xmpp.test/b");
	fetch->fetch_client.node = g_strdup("n");
	fetch->fetch_client.version = g_strdup(EXODUS_VER);
	fetch->fetch_client.hash = g_strdup("sha-1");
	xmpp_rig_submit(&rig, fetch);
	asked = xmpp_peer_expect(rig.peer, "</iq>");
	id = xmpp_peer_attr(asked, "id");
	xmpp_peer_send(rig.peer,
		       "<iq type='result' id='%s' from='eve@evil.test/b'>"
		       "<query xmlns='http://jabber.org/protocol/disco#info'>" EXODUS BASE
		       "</query></iq>",
		       id);
	g_free(xmpp_rig_expect(&rig, "refused iq-result"));
	xmpp_rig_forbid(&rig, "client");
	xmpp_rig_clear(&rig);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/xmpp/caps/X4: ", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/xmpp/caps/R1: an answer of somebody else", test_forgery);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers about ourselves. No Jingle is ever named (C1): calls go by SIP. */
/* Main thread. */
#include "services/xmpp/disco.h"

#include <string.h>

#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

#define CAPS_NODE "https://cusax.org/cusaxd"
#define IDENTITY  "client/pc//cusaxd" /* category, type, language, name (XEP-0115 §5.1) */

/* Sorted by bytes, as XEP-0115 §5.1 asks. */
static const struct {
	const char *name;
	CusaxFeatures needs; /* advertised only with that feature on (C17); 0: always */
} features[] = {
	{ CUSAX_NS_CAPS, 0 },
	{ CUSAX_NS_CHAT_STATES, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_DISCO_INFO, 0 },
	{ CUSAX_NS_MUC, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_NICK CUSAX_NOTIFY, CUSAX_FEATURE_PRESENCE },
	{ CUSAX_NS_VERSION, 0 },
	{ CUSAX_NS_MUC_DIRECT, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NODE_AVATAR_METADATA CUSAX_NOTIFY, CUSAX_FEATURE_PRESENCE },
	{ CUSAX_NS_BOOKMARKS CUSAX_NOTIFY, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_CARBONS, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_MARKERS, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_MDS CUSAX_NOTIFY, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_CORRECT, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_RETRACT, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_PING, 0 },
	{ CUSAX_NS_REACH, CUSAX_FEATURE_PRESENCE },
	{ CUSAX_NS_REACH CUSAX_NOTIFY, CUSAX_FEATURE_PRESENCE },
	{ CUSAX_NS_REACTIONS, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_RECEIPTS, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_REPLY, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_SID, CUSAX_FEATURE_MESSAGING },
	{ CUSAX_NS_TIME, 0 },
	{ CUSAX_NODE_VCARD4 CUSAX_NOTIFY, CUSAX_FEATURE_PRESENCE },
};

static gboolean is_advertised(CusaxXmppSession *session, guint i)
{
	return !features[i].needs || cusax_xmpp_session_has(session, features[i].needs);
}

/* XEP-0115 §5.1. */
static char *caps_version(CusaxXmppSession *session)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[20];
	gsize length = sizeof(digest);

	g_checksum_update(checksum, (const guint8 *)IDENTITY "<", -1);
	for (guint i = 0; i < G_N_ELEMENTS(features); i++) {
		if (!is_advertised(session, i))
			continue;
		g_checksum_update(checksum, (const guint8 *)features[i].name, -1);
		g_checksum_update(checksum, (const guint8 *)"<", 1);
	}
	g_checksum_get_digest(checksum, digest, &length);
	return g_base64_encode(digest, length);
}

void cusax_xmpp_disco_add_caps(CusaxXmppSession *session, CusaxNode *presence)
{
	g_autofree char *version = caps_version(session);
	CusaxNode *c = cusax_node_add(presence, "c", CUSAX_NS_CAPS);

	cusax_node_set(c, "hash", "sha-1");
	cusax_node_set(c, "node", CAPS_NODE);
	cusax_node_set(c, "ver", version);
}

static gboolean is_own_node(CusaxXmppSession *session, const char *node)
{
	g_autofree char *version = caps_version(session);
	g_autofree char *own = g_strconcat(CAPS_NODE "#", version, NULL);

	return !node || strcmp(node, own) == 0;
}

void cusax_xmpp_disco_handle_info(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				  CusaxNode *query)
{
	const char *node = cusax_node_attr(query, "node");
	CusaxNode *iq, *answer, *child;

	if (!is_own_node(session, node)) {
		cusax_xmpp_iq_reply_error(session, stanza, "cancel", "item-not-found");
		return;
	}
	iq = cusax_xmpp_iq_result(stanza);
	answer = cusax_node_add(iq, "query", CUSAX_NS_DISCO_INFO);
	cusax_node_set(answer, "node", node);
	child = cusax_node_add(answer, "identity", CUSAX_NS_DISCO_INFO);
	cusax_node_set(child, "category", "client");
	cusax_node_set(child, "type", "pc");
	cusax_node_set(child, "name", "cusaxd");
	for (guint i = 0; i < G_N_ELEMENTS(features); i++) {
		if (is_advertised(session, i)) {
			child = cusax_node_add(answer, "feature", CUSAX_NS_DISCO_INFO);
			cusax_node_set(child, "var", features[i].name);
		}
	}
	cusax_xmpp_session_send(session, iq);
}

void cusax_xmpp_disco_handle_items(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				   CusaxNode *query)
{
	CusaxNode *iq = cusax_xmpp_iq_result(stanza);

	cusax_node_set(cusax_node_add(iq, "query", CUSAX_NS_DISCO_ITEMS), "node",
		       cusax_node_attr(query, "node"));
	cusax_xmpp_session_send(session, iq);
}

void cusax_xmpp_disco_handle_ping(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				  G_GNUC_UNUSED CusaxNode *ping)
{
	cusax_xmpp_iq_reply(session, stanza);
}

/* No operating system: a stranger has no use for it. */
void cusax_xmpp_disco_handle_version(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				     G_GNUC_UNUSED CusaxNode *query)
{
	CusaxNode *iq = cusax_xmpp_iq_result(stanza);
	CusaxNode *answer = cusax_node_add(iq, "query", CUSAX_NS_VERSION);

	cusax_node_add_text(answer, "name", CUSAX_NS_VERSION, "cusaxd");
	cusax_node_add_text(answer, "version", CUSAX_NS_VERSION, CUSAX_VERSION);
	cusax_xmpp_session_send(session, iq);
}

/* In UTC: the time zone would tell where the person is. */
void cusax_xmpp_disco_handle_time(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				  G_GNUC_UNUSED CusaxNode *time)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *utc = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
	CusaxNode *iq = cusax_xmpp_iq_result(stanza);
	CusaxNode *answer = cusax_node_add(iq, "time", CUSAX_NS_TIME);

	cusax_node_add_text(answer, "tzo", CUSAX_NS_TIME, "+00:00");
	cusax_node_add_text(answer, "utc", CUSAX_NS_TIME, utc);
	cusax_xmpp_session_send(session, iq);
}

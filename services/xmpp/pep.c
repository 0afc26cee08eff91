/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Personal eventing: the rule for the sender, requests, publications. */
/* Main thread. */
#include "services/xmpp/pep.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "services/xmpp/avatar.h"
#include "services/xmpp/bookmarks.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/nick.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/reach.h"
#include "services/xmpp/read-sync.h"
#include "services/xmpp/roster.h"
#include "services/xmpp/vcard.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

#define CURRENT "current" /* the item of a node that holds one (XEP-0060 §12.20) */

/* --- events ---------------------------------------------------------------------------------- */

/* The nodes that are followed: disco.c names them with +notify. */
static const struct {
	const char *node;
	/* item: the newest one, borrowed; NULL: the node is empty or gone. */
	void (*changed)(CusaxXmppSession *session, const char *address, CusaxNode *item);
	/* The same of a node of many items: change has those that came or went. */
	void (*changed_items)(CusaxXmppSession *session, const char *address, CusaxNode *change);
} nodes[] = {
	{ CUSAX_NODE_VCARD4, cusax_xmpp_vcard_on_item, NULL },
	{ CUSAX_NS_REACH, cusax_xmpp_reach_on_item, NULL },
	{ CUSAX_NS_MDS, NULL, cusax_xmpp_read_sync_on_change },
	{ CUSAX_NODE_AVATAR_METADATA, cusax_xmpp_avatar_on_item, NULL },
	{ CUSAX_NS_NICK, cusax_xmpp_nick_on_item, NULL },
	{ CUSAX_NS_BOOKMARKS, NULL, cusax_xmpp_bookmarks_on_change },
};

/* XEP-0163 §4.3: the server sends for the account, which speaks as its bare JID. A stranger may
 * send us the same; it says nothing of a contact then, and of the stranger we want no news. */
static gboolean is_from_owner(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	return stanza->from_server || (!*cusax_jid_resource(stanza->from) &&
				       cusax_xmpp_roster_contains(session, stanza->from));
}

static CusaxNode *last_item(CusaxNode *items, const char *ns)
{
	CusaxNode *last = NULL;

	for (CusaxNode *n = cusax_node_first(items); n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "item", ns))
			last = n;
	}
	return last;
}

void cusax_xmpp_pep_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
			   CusaxNode *event)
{
	/* What was deleted or purged is empty (XEP-0060 §8.4, §8.5). */
	CusaxNode *change = cusax_node_first(event);
	const char *node = change ? cusax_node_attr(change, "node") : NULL;

	if (strcmp(stanza->type, "error") == 0)
		return;
	if (!is_from_owner(session, stanza)) {
		cusax_xmpp_session_refuse(session, "pep-event");
		return;
	}
	if (!change || (!cusax_node_is(change, "items", CUSAX_NS_PUBSUB_EVENT) &&
			!cusax_node_is(change, "delete", CUSAX_NS_PUBSUB_EVENT) &&
			!cusax_node_is(change, "purge", CUSAX_NS_PUBSUB_EVENT)))
		return;
	for (guint i = 0; i < G_N_ELEMENTS(nodes); i++) {
		if (g_strcmp0(node, nodes[i].node) != 0)
			continue;
		if (nodes[i].changed_items)
			nodes[i].changed_items(session, stanza->from, change);
		else
			nodes[i].changed(session, stanza->from,
					 last_item(change, CUSAX_NS_PUBSUB_EVENT));
	}
}

/* --- requests -------------------------------------------------------------------------------- */

CusaxNode *cusax_xmpp_pep_request(const char *to, const char *node)
{
	CusaxNode *pubsub, *items, *iq;

	iq = cusax_xmpp_iq_new("get", to, "pubsub", CUSAX_NS_PUBSUB, &pubsub);
	items = cusax_node_add(pubsub, "items", CUSAX_NS_PUBSUB);
	cusax_node_set(items, "node", node);
	cusax_node_set(items, "max_items", "1");
	return iq;
}

CusaxNode *cusax_xmpp_pep_item(CusaxNode *answer, const char *node)
{
	CusaxNode *pubsub = answer ? cusax_node_child(answer, "pubsub", CUSAX_NS_PUBSUB) : NULL;
	CusaxNode *items = pubsub ? cusax_node_child(pubsub, "items", CUSAX_NS_PUBSUB) : NULL;

	if (!items || g_strcmp0(cusax_node_attr(items, "node"), node) != 0)
		return NULL;
	return last_item(items, CUSAX_NS_PUBSUB);
}

gboolean cusax_xmpp_pep_is_absent(CusaxNode *answer)
{
	return answer && (cusax_xmpp_stanza_has_condition(answer, "item-not-found") ||
			  cusax_xmpp_stanza_has_condition(answer, "service-unavailable") ||
			  cusax_xmpp_stanza_has_condition(answer, "feature-not-implemented"));
}

gboolean cusax_xmpp_pep_is_empty(CusaxNode *answer)
{
	return cusax_xmpp_stanza_has_condition(answer, "item-not-found");
}

static void add_field(CusaxNode *form, const char *name, const char *type, const char *value)
{
	CusaxNode *field = cusax_node_add(form, "field", CUSAX_NS_DATA);

	cusax_node_set(field, "var", name);
	cusax_node_set(field, "type", type);
	cusax_node_add_text(field, "value", CUSAX_NS_DATA, value);
}

CusaxNode *cusax_xmpp_pep_publication(const char *node, const char *id, CusaxNode *payload,
				      const char *access)
{
	const CusaxXmppPepOption options[] = { { "pubsub#access_model", access }, { NULL, NULL } };

	return cusax_xmpp_pep_publication_with(node, id, payload, access ? options : NULL);
}

CusaxNode *cusax_xmpp_pep_publication_with(const char *node, const char *id, CusaxNode *payload,
					   const CusaxXmppPepOption *options)
{
	CusaxNode *pubsub, *publish, *item, *form, *iq;

	iq = cusax_xmpp_iq_new("set", NULL, "pubsub", CUSAX_NS_PUBSUB, &pubsub);
	publish = cusax_node_add(pubsub, "publish", CUSAX_NS_PUBSUB);
	cusax_node_set(publish, "node", node);
	item = cusax_node_add(publish, "item", CUSAX_NS_PUBSUB);
	cusax_node_set(item, "id", id ? id : CURRENT);
	cusax_node_adopt(item, payload);
	if (options) {
		form = cusax_node_add(cusax_node_add(pubsub, "publish-options", CUSAX_NS_PUBSUB),
				      "x", CUSAX_NS_DATA);
		cusax_node_set(form, "type", "submit");
		add_field(form, "FORM_TYPE", "hidden", CUSAX_NS_PUBLISH_OPTIONS);
		for (; options->name; options++)
			add_field(form, options->name, NULL, options->value);
	}
	return iq;
}

CusaxNode *cusax_xmpp_pep_retraction(const char *node)
{
	CusaxNode *pubsub, *retract, *iq;

	iq = cusax_xmpp_iq_new("set", NULL, "pubsub", CUSAX_NS_PUBSUB, &pubsub);
	retract = cusax_node_add(pubsub, "retract", CUSAX_NS_PUBSUB);
	cusax_node_set(retract, "node", node);
	cusax_node_set(retract, "notify", "true");
	cusax_node_set(cusax_node_add(retract, "item", CUSAX_NS_PUBSUB), "id", CURRENT);
	return iq;
}

/* --- nodes of one's own that keep many items ---------------------------------------------------- */

typedef struct {
	const char *node; /* static */
	char *id;
	CusaxNode *payload;
	gboolean plain; /* asked with few conditions */
	CusaxXmppPepDone done;
	gpointer data;
	GDestroyNotify destroy;
} Put;

static void put_free(gpointer data)
{
	Put *put = data;

	if (put->destroy)
		put->destroy(put->data);
	cusax_node_unref(put->payload);
	g_free(put->id);
	g_free(put);
}

static void on_configured(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
			  const GError *error, gpointer data)
{
	if (error)
		cusax_info(session->account, "the node %s keeps few items: %s", (const char *)data,
			   error->message);
}

/* What the publication could not ask for: as many items as there are (XEP-0060 §8.2). */
static void configure_node(CusaxXmppSession *session, const char *node)
{
	static const CusaxXmppIqKind kind = { .done = on_configured };
	CusaxNode *pubsub, *configure, *form;
	CusaxNode *iq = cusax_xmpp_iq_new("set", NULL, "pubsub", CUSAX_NS_PUBSUB_OWNER, &pubsub);

	configure = cusax_node_add(pubsub, "configure", CUSAX_NS_PUBSUB_OWNER);
	cusax_node_set(configure, "node", node);
	form = cusax_node_add(configure, "x", CUSAX_NS_DATA);
	cusax_node_set(form, "type", "submit");
	add_field(form, "FORM_TYPE", "hidden", CUSAX_NS_NODE_CONFIG);
	add_field(form, "pubsub#max_items", NULL, "max");
	cusax_xmpp_iq_send(session, iq, &kind, (gpointer)node, NULL);
}

static void send_put(CusaxXmppSession *session, Put *put);

static void on_put(CusaxXmppSession *session, CusaxNode *answer, const GError *error, gpointer data)
{
	Put *put = data, *again;

	/* ejabberd refuses conditions that it does not know, and with them the publication. */
	if (!error || !answer || put->plain || cusax_xmpp_pep_is_absent(answer)) {
		put->done(session, answer, error, put->data);
		return;
	}
	session->plain_nodes = TRUE;
	again = g_new0(Put, 1);
	*again = (Put){ .node = put->node,
			.id = g_steal_pointer(&put->id),
			.payload = cusax_node_copy(put->payload),
			.done = put->done,
			.data = put->data,
			.destroy = put->destroy };
	put->destroy = NULL;
	send_put(session, again);
	configure_node(session, put->node);
}

/* Takes put. */
static void send_put(CusaxXmppSession *session, Put *put)
{
	static const CusaxXmppIqKind kind = { .done = on_put };
	static const CusaxXmppPepOption options[] = {
		{ "pubsub#persist_items", "true" },
		{ "pubsub#access_model", "whitelist" },
		{ "pubsub#max_items", "max" },
		{ "pubsub#send_last_published_item", "never" },
		{ NULL, NULL },
	};
	static const CusaxXmppPepOption plain_options[] = {
		{ "pubsub#persist_items", "true" },
		{ "pubsub#access_model", "whitelist" },
		{ NULL, NULL },
	};

	put->plain = session->plain_nodes;
	cusax_xmpp_iq_send(session,
			   cusax_xmpp_pep_publication_with(put->node, put->id,
							   cusax_node_copy(put->payload),
							   put->plain ? plain_options : options),
			   &kind, put, put_free);
}

void cusax_xmpp_pep_put(CusaxXmppSession *session, const char *node, const char *id,
			CusaxNode *payload, CusaxXmppPepDone done, gpointer data,
			GDestroyNotify destroy)
{
	Put *put = g_new0(Put, 1);

	*put = (Put){ .node = node,
		      .id = g_strdup(id),
		      .payload = payload,
		      .done = done,
		      .data = data,
		      .destroy = destroy };
	send_put(session, put);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The own node of displayed messages: read, followed, written. */
/* Main thread. */
#include "services/xmpp/read-sync.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "services/xmpp/chat.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

#define MAX_ITEMS "250" /* chats whose state is asked for at a login, the last ones changed */

void cusax_xmpp_read_sync_report(CusaxXmppSession *session, const char *peer, const char *id)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_READ);

	event->read.address = cusax_jid_bare(peer);
	event->read.id = g_strdup(id);
	cusax_xmpp_session_push(session, event);
}

/* One chat: the item's id is its address, and the id of the message is one that our server gave. */
static void take_item(CusaxXmppSession *session, CusaxNode *item)
{
	CusaxNode *displayed = cusax_node_child(item, "displayed", CUSAX_NS_MDS);
	CusaxNode *sid = displayed ? cusax_node_child(displayed, "stanza-id", CUSAX_NS_SID) : NULL;
	const char *address = cusax_node_attr(item, "id");
	g_autofree char *jid = address ? cusax_jid_prepare(address, NULL) : NULL;
	g_autofree char *id = sid ? cusax_xmpp_chat_take_id(cusax_node_attr(sid, "id")) : NULL;

	if (jid && id)
		cusax_xmpp_read_sync_report(session, jid, id);
}

static void take_items(CusaxXmppSession *session, CusaxNode *items)
{
	for (CusaxNode *n = cusax_node_first(items); n; n = cusax_node_next(n)) {
		if (strcmp(cusax_node_name(n), "item") == 0)
			take_item(session, n);
	}
}

void cusax_xmpp_read_sync_on_change(CusaxXmppSession *session, const char *address,
				    CusaxNode *change)
{
	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING))
		return;
	if (strcmp(address, session->jid) != 0)
		cusax_xmpp_session_refuse(session, "read-sync");
	else
		take_items(session, change);
}

static void on_fetched(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		       gpointer data)
{
	CusaxNode *pubsub = error ? NULL : cusax_node_child(answer, "pubsub", CUSAX_NS_PUBSUB);
	CusaxNode *items = pubsub ? cusax_node_child(pubsub, "items", CUSAX_NS_PUBSUB) : NULL;

	if (items)
		take_items(session, items);
	/* No such node is no trouble: nothing was read on a device that knows it. */
	cusax_xmpp_session_done(session, *(guint64 *)data,
				cusax_xmpp_pep_is_absent(answer) ? NULL : error);
}

void cusax_xmpp_read_sync_fetch(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_fetched };
	CusaxNode *pubsub, *items;
	CusaxNode *iq = cusax_xmpp_iq_new("get", NULL, "pubsub", CUSAX_NS_PUBSUB, &pubsub);

	items = cusax_node_add(pubsub, "items", CUSAX_NS_PUBSUB);
	cusax_node_set(items, "node", CUSAX_NS_MDS);
	cusax_node_set(items, "max_items", MAX_ITEMS);
	cusax_xmpp_iq_send(session, iq, &kind, g_memdup2(&operation->id, sizeof(operation->id)),
			   g_free);
}

/* --- publishing ------------------------------------------------------------------------------ */

typedef struct {
	guint64 op;
	char *address;
	char *server_id;
	char *by;
	gboolean plain;
} Publication;

static void publication_free(gpointer data)
{
	Publication *publication = data;

	g_free(publication->address);
	g_free(publication->server_id);
	g_free(publication->by);
	g_free(publication);
}

static void on_configured(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
			  const GError *error, G_GNUC_UNUSED gpointer data)
{
	if (error)
		cusax_info(session->account, "what was read is kept of few chats: %s",
			   error->message);
}

/* What the publication could not ask for: as many items as there are chats (XEP-0060 §8.2). */
static void configure_node(CusaxXmppSession *session)
{
	static const CusaxXmppIqKind kind = { .done = on_configured };
	static const char *const fields[][2] = { { "FORM_TYPE", CUSAX_NS_NODE_CONFIG },
						 { "pubsub#max_items", "max" } };
	CusaxNode *pubsub, *configure, *form;
	CusaxNode *iq = cusax_xmpp_iq_new("set", NULL, "pubsub", CUSAX_NS_PUBSUB_OWNER, &pubsub);

	configure = cusax_node_add(pubsub, "configure", CUSAX_NS_PUBSUB_OWNER);
	cusax_node_set(configure, "node", CUSAX_NS_MDS);
	form = cusax_node_add(configure, "x", CUSAX_NS_DATA);
	cusax_node_set(form, "type", "submit");
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		CusaxNode *field = cusax_node_add(form, "field", CUSAX_NS_DATA);

		cusax_node_set(field, "var", fields[i][0]);
		cusax_node_set(field, "type", i == 0 ? "hidden" : NULL);
		cusax_node_add_text(field, "value", CUSAX_NS_DATA, fields[i][1]);
	}
	cusax_xmpp_iq_send(session, iq, &kind, NULL, NULL);
}

static void publish(CusaxXmppSession *session, Publication *publication);

static void on_published(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			 gpointer data)
{
	Publication *publication = data;
	Publication *again;

	/* ejabberd refuses conditions that it does not know, and with them the publication. */
	if (error && answer && !publication->plain) {
		session->plain_nodes = TRUE;
		again = g_new0(Publication, 1);
		again->op = publication->op;
		again->address = g_steal_pointer(&publication->address);
		again->server_id = g_steal_pointer(&publication->server_id);
		again->by = g_steal_pointer(&publication->by);
		publish(session, again);
		configure_node(session);
		return;
	}
	cusax_xmpp_session_done(session, publication->op, error);
}

/* Takes publication. */
static void publish(CusaxXmppSession *session, Publication *publication)
{
	static const CusaxXmppIqKind kind = { .done = on_published };
	/* XEP-0490 §3.1: of one's own, kept, one item a chat. */
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
	CusaxNode *displayed = cusax_node_new("displayed", CUSAX_NS_MDS);
	CusaxNode *sid = cusax_node_add(displayed, "stanza-id", CUSAX_NS_SID);

	publication->plain = session->plain_nodes;
	cusax_node_set(sid, "by", publication->by);
	cusax_node_set(sid, "id", publication->server_id);
	cusax_xmpp_iq_send(
		session,
		cusax_xmpp_pep_publication_with(CUSAX_NS_MDS, publication->address, displayed,
						publication->plain ? plain_options : options),
		&kind, publication, publication_free);
}

void cusax_xmpp_read_sync_publish(CusaxXmppSession *session, const CusaxOperation *operation)
{
	Publication *publication;

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING)) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_FEATURE_DISABLED,
					"messaging is switched off for this account");
		return;
	}
	publication = g_new0(Publication, 1);
	publication->op = operation->id;
	publication->address = g_strdup(operation->publish_read.address);
	publication->server_id = g_strdup(operation->publish_read.server_id);
	publication->by = g_strdup(operation->publish_read.room ? operation->publish_read.address
								: session->jid);
	publish(session, publication);
}

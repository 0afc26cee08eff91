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

static void on_published(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
			 const GError *error, gpointer data)
{
	cusax_xmpp_session_done(session, *(guint64 *)data, error);
}

void cusax_xmpp_read_sync_publish(CusaxXmppSession *session, const CusaxOperation *operation)
{
	const char *address = operation->publish_read.address;
	CusaxNode *displayed, *sid;

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING)) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_FEATURE_DISABLED,
					"messaging is switched off for this account");
		return;
	}
	/* XEP-0490 §3.1: one item a chat. */
	displayed = cusax_node_new("displayed", CUSAX_NS_MDS);
	sid = cusax_node_add(displayed, "stanza-id", CUSAX_NS_SID);
	cusax_node_set(sid, "by", operation->publish_read.room ? address : session->jid);
	cusax_node_set(sid, "id", operation->publish_read.server_id);
	cusax_xmpp_pep_put(session, CUSAX_NS_MDS, address, displayed, on_published,
			   g_memdup2(&operation->id, sizeof operation->id), g_free);
}

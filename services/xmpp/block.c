/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block list: found, fetched, followed, changed. */
/* Main thread. */
#include "services/xmpp/block.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

static GHashTable *new_list(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void report(CusaxXmppSession *session)
{
	g_autoptr(GList) sorted =
		g_list_sort(g_hash_table_get_keys(session->blocked), (GCompareFunc)strcmp);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_BLOCK_LIST);

	for (GList *l = sorted; l; l = l->next)
		g_strv_builder_add(builder, l->data);
	g_strfreev(event->block_list.addresses);
	event->block_list.addresses = g_strv_builder_end(builder);
	cusax_xmpp_session_push(session, event);
}

/* The prepared address of an entry; NULL: it is none. */
static char *address_of(CusaxNode *item)
{
	const char *jid = cusax_node_is(item, "item", CUSAX_NS_BLOCKING)
				  ? cusax_node_attr(item, "jid")
				  : NULL;

	return jid ? cusax_jid_prepare(jid, NULL) : NULL;
}

/* Takes address; NULL is counted. */
static void add(CusaxXmppSession *session, GHashTable *list, char *address)
{
	if (!address) {
		cusax_xmpp_session_refuse(session, "block-item");
	} else if (g_hash_table_size(list) >= CUSAX_XMPP_MAX_BLOCKED) {
		cusax_xmpp_session_refuse(session, "block-limit");
		g_free(address);
	} else {
		g_hash_table_add(list, address);
	}
}

/* --- fetching -------------------------------------------------------------------------------- */

static void on_item(CusaxXmppSession *session, CusaxNode *item, gpointer data)
{
	add(session, data, address_of(item));
}

static void on_list(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer, const GError *error,
		    gpointer data)
{
	if (error) {
		cusax_info(session->account, "the block list cannot be had: %s", error->message);
		return;
	}
	g_clear_pointer(&session->blocked, g_hash_table_unref);
	session->blocked = g_hash_table_ref(data);
	session->blocks_known = TRUE;
	report(session);
}

static void fetch(CusaxXmppSession *session)
{
	static const CusaxXmppIqKind kind = {
		.done = on_list,
		.bulk_name = "blocklist",
		.bulk_ns = CUSAX_NS_BLOCKING,
		.item = on_item,
	};

	cusax_xmpp_iq_send(session,
			   cusax_xmpp_iq_new("get", NULL, "blocklist", CUSAX_NS_BLOCKING, NULL),
			   &kind, new_list(), (GDestroyNotify)g_hash_table_unref);
}

static void on_feature(CusaxXmppSession *session, CusaxNode *item, gpointer data)
{
	const char *feature = cusax_node_is(item, "feature", CUSAX_NS_DISCO_INFO)
				      ? cusax_node_attr(item, "var")
				      : NULL;

	if (g_strcmp0(feature, CUSAX_NS_BLOCKING) == 0)
		*(gboolean *)data = TRUE;
	else if (g_strcmp0(feature, CUSAX_NS_REPORTING) == 0)
		session->reports = TRUE;
}

static void on_features(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
			const GError *error, gpointer data)
{
	if (error)
		cusax_info(session->account, "the server does not tell what it can do: %s",
			   error->message);
	else if (*(gboolean *)data)
		fetch(session);
	else
		session->blocks_known = TRUE; /* there is none */
}

void cusax_xmpp_block_discover(CusaxXmppSession *session)
{
	static const CusaxXmppIqKind kind = {
		.done = on_features,
		.bulk_name = "query",
		.bulk_ns = CUSAX_NS_DISCO_INFO,
		.item = on_feature,
	};

	cusax_xmpp_iq_send(
		session,
		cusax_xmpp_iq_new("get", session->domain, "query", CUSAX_NS_DISCO_INFO, NULL),
		&kind, g_new0(gboolean, 1), g_free);
}

/* --- pushes ---------------------------------------------------------------------------------- */

void cusax_xmpp_block_handle_block(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				   CusaxNode *block)
{
	CusaxNode *item = cusax_node_first(block);

	if (!item) {
		cusax_xmpp_session_refuse(session, "block-item");
		cusax_xmpp_iq_reply_error(session, stanza, "modify", "bad-request");
		return;
	}
	cusax_xmpp_iq_reply(session, stanza);
	if (!session->blocked)
		return; /* the list that was asked for has it */
	for (; item; item = cusax_node_next(item))
		add(session, session->blocked, address_of(item));
	report(session);
}

void cusax_xmpp_block_handle_unblock(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				     CusaxNode *unblock)
{
	CusaxNode *item = cusax_node_first(unblock);

	cusax_xmpp_iq_reply(session, stanza);
	if (!session->blocked)
		return;
	if (!item)
		g_hash_table_remove_all(session->blocked);
	for (; item; item = cusax_node_next(item)) {
		g_autofree char *address = address_of(item);

		if (address)
			g_hash_table_remove(session->blocked, address);
		else
			cusax_xmpp_session_refuse(session, "block-item");
	}
	report(session);
}

/* --- changes --------------------------------------------------------------------------------- */

static void on_changed(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
		       const GError *error, gpointer data)
{
	cusax_xmpp_session_done(session, *(guint64 *)data, error);
}

/* XEP-0377 §3. */
static void add_report(CusaxNode *item, const CusaxOperation *operation)
{
	g_autofree char *reason = g_strconcat("urn:xmpp:reporting:", operation->block.report, NULL);
	CusaxNode *report = cusax_node_add(item, "report", CUSAX_NS_REPORTING);

	cusax_node_set(report, "reason", reason);
	cusax_node_add_text(report, "text", CUSAX_NS_REPORTING, operation->block.report_text);
}

void cusax_xmpp_block_change(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_changed };
	g_autoptr(GError) error = NULL;
	const char *address = operation->block.address;
	g_autofree char *jid = address ? cusax_jid_prepare(address, &error) : NULL;
	CusaxNode *child, *item, *iq;

	if (error) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	if (operation->block.report && !session->reports) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_UNSUPPORTED,
					"the server takes no reports (XEP-0377)");
		return;
	}
	iq = cusax_xmpp_iq_new("set", NULL, operation->block.block ? "block" : "unblock",
			       CUSAX_NS_BLOCKING, &child);
	/* Nobody named: everybody (XEP-0191 §3.5). */
	item = jid ? cusax_node_add(child, "item", CUSAX_NS_BLOCKING) : NULL;
	if (item)
		cusax_node_set(item, "jid", jid);
	if (item && operation->block.report)
		add_report(item, operation);
	cusax_xmpp_iq_send(session, iq, &kind, g_memdup2(&operation->id, sizeof(operation->id)),
			   g_free);
}

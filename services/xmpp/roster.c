/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roster: fetched item by item, pushed, changed. */
/* Main thread. */
#include "services/xmpp/roster.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/reach.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

#define MAX_GROUPS 100

/* --- items ----------------------------------------------------------------------------------- */

static CusaxSubscription subscription_of(CusaxNode *item)
{
	int value = CUSAX_SUBSCRIPTION_NONE;
	const char *word = cusax_node_attr(item, "subscription");

	if (word)
		cusax_word_parse(CUSAX_TYPE_SUBSCRIPTION, word, &value);
	return (CusaxSubscription)value;
}

static GStrv groups_of(CusaxNode *item)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	guint n = 0;

	for (CusaxNode *child = cusax_node_first(item); child && n < MAX_GROUPS;
	     child = cusax_node_next(child)) {
		g_autofree char *name = NULL;

		if (!cusax_node_is(child, "group", CUSAX_NS_ROSTER))
			continue;
		name = cusax_node_text(child);
		if (name && *name) {
			g_strv_builder_add(builder, name);
			n++;
		}
	}
	return g_strv_builder_end(builder);
}

/* FALSE: it was no entry, and is counted as refused. */
static gboolean report_item(CusaxXmppSession *session, CusaxNode *item, GHashTable *contacts)
{
	const char *jid = cusax_node_attr(item, "jid"), *name = cusax_node_attr(item, "name");
	g_autofree char *prepared = jid ? cusax_jid_prepare(jid, NULL) : NULL;
	CusaxEvent *event;

	if (!cusax_node_is(item, "item", CUSAX_NS_ROSTER) || !prepared) {
		cusax_xmpp_session_refuse(session, "roster-item");
		return FALSE;
	}
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_ROSTER_ITEM);
	event->roster_item.address = cusax_jid_bare(prepared);
	event->roster_item.name = name && *name ? cusax_text_clean(name, -1) : NULL;
	g_strfreev(event->roster_item.groups);
	event->roster_item.groups = groups_of(item);
	event->roster_item.subscription = subscription_of(item);
	event->roster_item.asked = g_strcmp0(cusax_node_attr(item, "ask"), "subscribe") == 0;
	event->roster_item.approved = g_strcmp0(cusax_node_attr(item, "approved"), "true") == 0 ||
				      g_strcmp0(cusax_node_attr(item, "approved"), "1") == 0;
	event->roster_item.removed =
		g_strcmp0(cusax_node_attr(item, "subscription"), "remove") == 0;
	if (event->roster_item.removed)
		g_hash_table_remove(contacts, event->roster_item.address);
	else
		g_hash_table_add(contacts, g_strdup(event->roster_item.address));
	cusax_xmpp_session_push(session, event);
	return TRUE;
}

static void report_end(CusaxXmppSession *session, const char *version)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_ROSTER_END);

	event->roster_end.version = g_strdup(version);
	/* version may be the one that is kept already. */
	g_free(session->roster_version);
	session->roster_version = g_strdup(event->roster_end.version);
	cusax_xmpp_session_push(session, event);
}

/* --- fetching -------------------------------------------------------------------------------- */

typedef struct {
	GHashTable *contacts; /* those that came; NULL: nothing has come yet */
	guint count;
} Fetch;

static void fetch_free(gpointer data)
{
	Fetch *fetch = data;

	g_clear_pointer(&fetch->contacts, g_hash_table_unref);
	g_free(fetch);
}

static void on_begin(CusaxXmppSession *session, gpointer data)
{
	Fetch *fetch = data;

	fetch->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	session->roster_begun = TRUE;
	cusax_xmpp_session_push(session,
				cusax_xmpp_session_event(session, CUSAX_EVENT_ROSTER_BEGIN));
}

static void on_item(CusaxXmppSession *session, CusaxNode *item, gpointer data)
{
	Fetch *fetch = data;

	if (fetch->count >= CUSAX_XMPP_MAX_ROSTER)
		cusax_xmpp_session_refuse(session, "roster-limit");
	else if (report_item(session, item, fetch->contacts))
		fetch->count++;
}

static void on_roster(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		      gpointer data)
{
	Fetch *fetch = data;
	CusaxNode *query;

	if (error) {
		session->roster_begun = FALSE;
		cusax_notice(session->account, "the roster cannot be had: %s", error->message);
		return;
	}
	if (fetch->contacts) {
		g_hash_table_unref(session->contacts);
		session->contacts = g_steal_pointer(&fetch->contacts);
	}
	query = cusax_node_child(answer, "query", CUSAX_NS_ROSTER);
	/* RFC 6121 §2.6.3: an empty result says that what we have is right. */
	report_end(session, query ? cusax_node_attr(query, "ver") : session->roster_version);
	session->roster_begun = FALSE;
	session->roster_known = TRUE;
}

void cusax_xmpp_roster_fetch(CusaxXmppSession *session)
{
	static const CusaxXmppIqKind kind = {
		.done = on_roster,
		.bulk_name = "query",
		.bulk_ns = CUSAX_NS_ROSTER,
		.begin = on_begin,
		.item = on_item,
	};
	CusaxNode *query, *iq = cusax_xmpp_iq_new("get", NULL, "query", CUSAX_NS_ROSTER, &query);

	/* "" asks for the roster with a version to go with it. */
	if (cusax_xmpp_stream_has_roster_versions(session->stream))
		cusax_node_set(query, "ver",
			       session->roster_version ? session->roster_version : "");
	cusax_xmpp_iq_send(session, iq, &kind, g_new0(Fetch, 1), fetch_free);
}

/* --- pushes ---------------------------------------------------------------------------------- */

gboolean cusax_xmpp_roster_contains(CusaxXmppSession *session, const char *address)
{
	return g_hash_table_contains(session->contacts, address);
}

static void forget_contact(CusaxXmppSession *session, CusaxNode *item)
{
	g_autofree char *jid = cusax_jid_prepare(cusax_node_attr(item, "jid"), NULL);
	g_autofree char *bare = cusax_jid_bare(jid);

	cusax_xmpp_reach_forget(session, bare);
	g_hash_table_remove(session->vcards, bare);
}

void cusax_xmpp_roster_handle_push(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				   CusaxNode *query)
{
	CusaxNode *item = cusax_node_first(query);

	/* RFC 6121 §2.1.6: exactly one. */
	if (!item || cusax_node_next(item)) {
		cusax_xmpp_session_refuse(session, "roster-item");
		cusax_xmpp_iq_reply_error(session, stanza, "modify", "bad-request");
		return;
	}
	cusax_xmpp_iq_reply(session, stanza);
	if (!report_item(session, item, session->contacts))
		return;
	if (g_strcmp0(cusax_node_attr(item, "subscription"), "remove") == 0)
		forget_contact(session, item);
	if (cusax_node_attr(query, "ver") && !session->roster_begun)
		report_end(session, cusax_node_attr(query, "ver"));
}

/* --- changes --------------------------------------------------------------------------------- */

static void on_changed(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
		       const GError *error, gpointer data)
{
	cusax_xmpp_session_done(session, *(guint64 *)data, error);
}

void cusax_xmpp_roster_change(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_changed };
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(operation->roster.address, &error);
	CusaxNode *query, *item, *iq;

	if (!jid) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	iq = cusax_xmpp_iq_new("set", NULL, "query", CUSAX_NS_ROSTER, &query);
	item = cusax_node_add(query, "item", CUSAX_NS_ROSTER);
	cusax_node_set(item, "jid", jid);
	if (operation->kind == CUSAX_OPERATION_ROSTER_REMOVE) {
		cusax_node_set(item, "subscription", "remove");
	} else {
		cusax_node_set(item, "name", operation->roster.name);
		for (guint i = 0; operation->roster.groups && operation->roster.groups[i]; i++)
			cusax_node_add_text(item, "group", CUSAX_NS_ROSTER,
					    operation->roster.groups[i]);
	}
	cusax_xmpp_iq_send(session, iq, &kind, g_memdup2(&operation->id, sizeof(operation->id)),
			   g_free);
}

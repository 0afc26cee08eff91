/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of handlers; the rule for the sender is part of the row. */
/* Main thread. */
#include "services/xmpp/dispatch.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "services/xmpp/archive.h"
#include "services/xmpp/block.h"
#include "services/xmpp/chat.h"
#include "services/xmpp/disco.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"
#include "services/xmpp/presence.h"
#include "services/xmpp/roster.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

typedef enum {
	SENDER_ANYBODY,
	SENDER_SERVER, /* the own server for the own account: no sender, or the own bare JID */
	SENDER_NOBODY, /* not asked for, or not where it belongs: always refused */
} SenderRule;

typedef struct {
	const char *element;
	const char *type; /* NULL: any */
	const char *child, *ns;
	SenderRule sender;
	const char *refusal; /* word to count by, where the sender may not */
	void (*handle)(CusaxXmppSession *session, const CusaxXmppStanza *stanza, CusaxNode *child);
} Row;

static const Row rows[] = {
	{ "iq", "set", "query", CUSAX_NS_ROSTER, SENDER_SERVER, "roster-push",
	  cusax_xmpp_roster_handle_push },
	{ "iq", "set", "block", CUSAX_NS_BLOCKING, SENDER_SERVER, "block-push",
	  cusax_xmpp_block_handle_block },
	{ "iq", "set", "unblock", CUSAX_NS_BLOCKING, SENDER_SERVER, "block-push",
	  cusax_xmpp_block_handle_unblock },
	{ "message", NULL, "received", CUSAX_NS_CARBONS, SENDER_SERVER, "carbon",
	  cusax_xmpp_chat_handle_carbon },
	{ "message", NULL, "sent", CUSAX_NS_CARBONS, SENDER_SERVER, "carbon",
	  cusax_xmpp_chat_handle_carbon },
	/* From which archive a result counts depends on what was asked: see archive.c. */
	{ "message", NULL, "result", CUSAX_NS_MAM, SENDER_ANYBODY, NULL,
	  cusax_xmpp_archive_handle },
	/* A copy belongs into a carbon or a result (XEP-0297 §5). */
	{ "message", NULL, "forwarded", CUSAX_NS_FORWARD, SENDER_NOBODY, "forwarded", NULL },
	/* From whom an event counts depends on the roster: see pep.c. */
	{ "message", NULL, "event", CUSAX_NS_PUBSUB_EVENT, SENDER_ANYBODY, NULL,
	  cusax_xmpp_pep_handle },
	{ "iq", "get", "query", CUSAX_NS_DISCO_INFO, SENDER_ANYBODY, NULL,
	  cusax_xmpp_disco_handle_info },
	{ "iq", "get", "query", CUSAX_NS_DISCO_ITEMS, SENDER_ANYBODY, NULL,
	  cusax_xmpp_disco_handle_items },
	{ "iq", "get", "ping", CUSAX_NS_PING, SENDER_ANYBODY, NULL, cusax_xmpp_disco_handle_ping },
	{ "iq", "get", "query", CUSAX_NS_VERSION, SENDER_ANYBODY, NULL,
	  cusax_xmpp_disco_handle_version },
	{ "iq", "get", "time", CUSAX_NS_TIME, SENDER_ANYBODY, NULL, cusax_xmpp_disco_handle_time },
};

static gboolean matches(const Row *row, const CusaxXmppStanza *stanza, CusaxNode **ret_child)
{
	if (strcmp(row->element, cusax_node_name(stanza->node)) != 0 ||
	    (row->type && strcmp(row->type, stanza->type) != 0))
		return FALSE;
	*ret_child = cusax_node_child(stanza->node, row->child, row->ns);
	return *ret_child != NULL;
}

static gboolean is_request(const CusaxXmppStanza *stanza)
{
	return strcmp(cusax_node_name(stanza->node), "iq") == 0 &&
	       (strcmp(stanza->type, "get") == 0 || strcmp(stanza->type, "set") == 0);
}

static gboolean may_send(SenderRule rule, const CusaxXmppStanza *stanza)
{
	switch (rule) {
	case SENDER_ANYBODY:
		return TRUE;
	case SENDER_SERVER:
		return stanza->from_server;
	case SENDER_NOBODY:
		return FALSE;
	}
	g_return_val_if_reached(FALSE);
}

/* TRUE: a row took it, or refused it. */
static gboolean walk_rows(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	CusaxNode *child;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (!matches(&rows[i], stanza, &child))
			continue;
		if (!may_send(rows[i].sender, stanza)) {
			cusax_xmpp_session_refuse(session, rows[i].refusal);
			return !is_request(stanza); /* a request is answered all the same */
		}
		rows[i].handle(session, stanza, child);
		return TRUE;
	}
	return FALSE;
}

static void dispatch_iq(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	if (is_request(stanza)) {
		if (!walk_rows(session, stanza))
			cusax_xmpp_iq_reply_error(session, stanza, "cancel", "service-unavailable");
	} else if (strcmp(stanza->type, "result") == 0 || strcmp(stanza->type, "error") == 0) {
		if (!cusax_xmpp_iq_answer(session, stanza))
			cusax_xmpp_session_refuse(session, "iq-result");
	}
}

/* Fills stanza; the sender as prepared is put in ret_from. FALSE: the sender is no address. */
static gboolean describe(CusaxXmppSession *session, CusaxNode *node, CusaxXmppStanza *stanza,
			 char **ret_from)
{
	const char *from = cusax_node_attr(node, "from"), *type = cusax_node_attr(node, "type");

	*ret_from = from ? cusax_jid_prepare(from, NULL) : g_strdup(session->jid);
	if (!*ret_from)
		return FALSE;
	stanza->node = node;
	stanza->type = type ? type : "";
	stanza->id = cusax_node_attr(node, "id");
	stanza->from = *ret_from;
	stanza->from_server = strcmp(*ret_from, session->jid) == 0;
	return TRUE;
}

void cusax_xmpp_dispatch_stanza(CusaxNode *node, gpointer data)
{
	CusaxXmppSession *session = data;
	g_autofree char *from = NULL, *shortened = NULL;
	CusaxXmppStanza stanza;

	if (strcmp(cusax_node_ns(node), CUSAX_NS_CLIENT) != 0)
		return;
	if (!describe(session, node, &stanza, &from)) {
		cusax_xmpp_session_refuse(session, "bad-address");
		return;
	}
	if (cusax_log_is_debug()) {
		shortened = cusax_log_address(from);
		cusax_debug(session->account, "got <%s type='%.16s'> from %s",
			    cusax_node_name(node), stanza.type, shortened);
	}
	if (strcmp(cusax_node_name(node), "iq") == 0) {
		dispatch_iq(session, &stanza);
	} else if (strcmp(cusax_node_name(node), "presence") == 0) {
		cusax_xmpp_presence_handle(session, &stanza);
	} else if (strcmp(cusax_node_name(node), "message") == 0) {
		if (!walk_rows(session, &stanza))
			cusax_xmpp_chat_handle(session, &stanza);
	}
}

gboolean cusax_xmpp_dispatch_bulk(CusaxNode *iq, const char *name, const char *ns, gpointer data)
{
	CusaxXmppSession *session = data;
	g_autofree char *from = NULL;
	CusaxXmppStanza stanza;

	return describe(session, iq, &stanza, &from) &&
	       cusax_xmpp_iq_bulk(session, &stanza, name, ns);
}

void cusax_xmpp_dispatch_item(CusaxNode *iq, CusaxNode *item, gpointer data)
{
	cusax_xmpp_iq_item(data, cusax_node_attr(iq, "id"), item);
}

void cusax_xmpp_dispatch_swallowed(CusaxNode *head, const char *why, gboolean item, gpointer data)
{
	CusaxXmppSession *session = data;
	g_autofree char *from = NULL;
	CusaxXmppStanza stanza;

	cusax_info(session->account, "a stanza over a limit (%s) was refused", why);
	cusax_xmpp_session_refuse(session, item ? "item-limit" : "stanza-limit");
	if (item || !head || !describe(session, head, &stanza, &from))
		return;
	if (is_request(&stanza))
		cusax_xmpp_iq_reply_error(session, &stanza, "modify", "not-acceptable");
	else if (strcmp(cusax_node_name(head), "iq") == 0)
		cusax_xmpp_iq_swallowed(session, &stanza);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of requests under way. */
/* Main thread. */
#include "services/xmpp/iq.h"

#include "daemon/base/error.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/ns.h"

typedef struct {
	char *id;
	char *to; /* prepared; the own bare JID where the request names nobody */
	const CusaxXmppIqKind *kind;
	gpointer data;
	GDestroyNotify destroy;
	gint64 deadline; /* monotonic */
	gboolean begun;  /* a bulk answer is coming in */
} Request;

struct CusaxXmppIqTable {
	CusaxXmppSession *session;
	GHashTable *requests; /* id -> Request */
	GSource *timer;       /* of the earliest deadline; NULL: nothing is awaited */
	char *prefix;         /* makes ids that nobody can guess */
	guint64 last;
};

static void request_free(gpointer data)
{
	Request *request = data;

	if (request->destroy)
		request->destroy(request->data);
	g_free(request->id);
	g_free(request->to);
	g_free(request);
}

/* The request leaves the table first: done may send another. */
static void finish(CusaxXmppIqTable *table, Request *request, CusaxNode *answer,
		   const GError *error)
{
	g_hash_table_steal(table->requests, request->id);
	if (g_hash_table_size(table->requests) == 0)
		cusax_xmpp_timer_clear(&table->timer);
	request->kind->done(table->session, answer, error, request->data);
	request_free(request);
}

/* --- deadlines ------------------------------------------------------------------------------- */

static gboolean on_deadline(gpointer data);

static void arm(CusaxXmppIqTable *table)
{
	gint64 now = g_get_monotonic_time(), earliest = G_MAXINT64;
	GHashTableIter iter;
	Request *request;

	cusax_xmpp_timer_clear(&table->timer);
	g_hash_table_iter_init(&iter, table->requests);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&request))
		earliest = MIN(earliest, request->deadline);
	if (earliest != G_MAXINT64)
		table->timer = cusax_xmpp_timer_new((guint)(MAX(0, earliest - now) / 1000 + 1),
						    on_deadline, table);
}

static gboolean on_deadline(gpointer data)
{
	CusaxXmppIqTable *table = data;
	g_autoptr(GError) error =
		g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT, "no answer came in time");
	gint64 now = g_get_monotonic_time();
	g_autoptr(GPtrArray) late = g_ptr_array_new();
	GHashTableIter iter;
	Request *request;

	g_hash_table_iter_init(&iter, table->requests);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&request)) {
		if (request->deadline <= now)
			g_ptr_array_add(late, request);
	}
	for (guint i = 0; i < late->len; i++)
		finish(table, late->pdata[i], NULL, error);
	arm(table);
	return G_SOURCE_REMOVE;
}

/* --- asking ---------------------------------------------------------------------------------- */

CusaxNode *cusax_xmpp_iq_new(const char *type, const char *to, const char *name, const char *ns,
			     CusaxNode **ret_child)
{
	CusaxNode *iq = cusax_node_new("iq", CUSAX_NS_CLIENT);
	CusaxNode *child = cusax_node_add(iq, name, ns);

	cusax_node_set(iq, "type", type);
	cusax_node_set(iq, "to", to);
	if (ret_child)
		*ret_child = child;
	return iq;
}

void cusax_xmpp_iq_send(CusaxXmppSession *session, CusaxNode *iq, const CusaxXmppIqKind *kind,
			gpointer data, GDestroyNotify destroy)
{
	CusaxXmppIqTable *table = session->iqs;
	const char *to = cusax_node_attr(iq, "to");
	g_autoptr(GError) full = NULL;
	Request *request;

	if (g_hash_table_size(table->requests) >= CUSAX_XMPP_MAX_REQUESTS) {
		full = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_BUSY,
					   "too many requests are under way");
		kind->done(session, NULL, full, data);
		if (destroy)
			destroy(data);
		cusax_node_unref(iq);
		return;
	}
	request = g_new0(Request, 1);
	request->id = g_strdup_printf("%s-%" G_GUINT64_FORMAT, table->prefix, ++table->last);
	request->to = g_strdup(to ? to : session->jid);
	request->kind = kind;
	request->data = data;
	request->destroy = destroy;
	request->deadline = g_get_monotonic_time() + (gint64)session->times->answer * 1000;
	g_hash_table_insert(table->requests, request->id, request);
	if (!table->timer)
		arm(table);
	cusax_node_set(iq, "id", request->id);
	cusax_xmpp_session_send(session, iq);
}

/* --- answers --------------------------------------------------------------------------------- */

/* RFC 6120 §8.1.2.1 and §10.3.3: the server answers for the account as the bare JID, the full one,
 * or nobody. */
static gboolean is_from(CusaxXmppSession *session, const Request *request,
			const CusaxXmppStanza *stanza)
{
	if (g_strcmp0(stanza->from, request->to) == 0)
		return TRUE;
	if (g_strcmp0(request->to, session->jid) == 0)
		return g_strcmp0(stanza->from, cusax_xmpp_stream_bound(session->stream)) == 0;
	return g_strcmp0(request->to, session->domain) == 0 && stanza->from_server;
}

static Request *find(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	Request *request =
		stanza->id ? g_hash_table_lookup(session->iqs->requests, stanza->id) : NULL;

	return request && is_from(session, request, stanza) ? request : NULL;
}

gboolean cusax_xmpp_iq_answer(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	Request *request = find(session, stanza);
	g_autoptr(GError) error = NULL;

	if (!request)
		return FALSE;
	if (g_strcmp0(stanza->type, "error") == 0)
		error = cusax_xmpp_stanza_error(stanza->node);
	finish(session->iqs, request, stanza->node, error);
	return TRUE;
}

gboolean cusax_xmpp_iq_swallowed(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	Request *request = find(session, stanza);
	g_autoptr(GError) error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
						      "the answer is too large");

	if (request)
		finish(session->iqs, request, NULL, error);
	return request != NULL;
}

gboolean cusax_xmpp_iq_bulk(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
			    const char *name, const char *ns)
{
	Request *request = find(session, stanza);

	if (!request || !request->kind->bulk_name ||
	    g_strcmp0(name, request->kind->bulk_name) != 0 ||
	    g_strcmp0(ns, request->kind->bulk_ns) != 0)
		return FALSE;
	request->begun = TRUE;
	if (request->kind->begin)
		request->kind->begin(session, request->data);
	return TRUE;
}

void cusax_xmpp_iq_item(CusaxXmppSession *session, const char *id, CusaxNode *item)
{
	Request *request = id ? g_hash_table_lookup(session->iqs->requests, id) : NULL;

	if (!request || !request->begun)
		return;
	/* As long as it goes on coming it is not late. */
	request->deadline = g_get_monotonic_time() + (gint64)session->times->answer * 1000;
	request->kind->item(session, item, request->data);
}

/* --- answering ------------------------------------------------------------------------------- */

static CusaxNode *make_reply(const CusaxXmppStanza *request, const char *type)
{
	CusaxNode *iq = cusax_node_new("iq", CUSAX_NS_CLIENT);

	cusax_node_set(iq, "type", type);
	cusax_node_set(iq, "id", request->id);
	/* As it came, not as prepared: the asker compares. */
	cusax_node_set(iq, "to", cusax_node_attr(request->node, "from"));
	return iq;
}

CusaxNode *cusax_xmpp_iq_result(const CusaxXmppStanza *request)
{
	return make_reply(request, "result");
}

void cusax_xmpp_iq_reply(CusaxXmppSession *session, const CusaxXmppStanza *request)
{
	cusax_xmpp_session_send(session, make_reply(request, "result"));
}

void cusax_xmpp_iq_reply_error(CusaxXmppSession *session, const CusaxXmppStanza *request,
			       const char *type, const char *condition)
{
	CusaxNode *iq = make_reply(request, "error");
	CusaxNode *error = cusax_node_add(iq, "error", CUSAX_NS_CLIENT);

	cusax_node_set(error, "type", type);
	cusax_node_add(error, condition, CUSAX_NS_ERRORS);
	cusax_xmpp_session_send(session, iq);
}

/* --- life ------------------------------------------------------------------------------------ */

CusaxXmppIqTable *cusax_xmpp_iq_table_new(CusaxXmppSession *session)
{
	CusaxXmppIqTable *table = g_new0(CusaxXmppIqTable, 1);

	table->session = session;
	table->requests = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, request_free);
	table->prefix = g_uuid_string_random();
	return table;
}

void cusax_xmpp_iq_table_fail(CusaxXmppIqTable *table, const GError *error)
{
	g_autoptr(GList) all = g_hash_table_get_values(table->requests);

	for (GList *l = all; l; l = l->next)
		finish(table, l->data, NULL, error);
}

void cusax_xmpp_iq_table_free(CusaxXmppIqTable *table)
{
	if (!table)
		return;
	cusax_xmpp_timer_clear(&table->timer);
	g_hash_table_unref(table->requests);
	g_free(table->prefix);
	g_free(table);
}

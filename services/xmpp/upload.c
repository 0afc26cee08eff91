/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP upload: the service is looked for at the first file of a session, then remembered. */
/* Main thread. */
#include "services/xmpp/upload.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/http.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

#define MAX_SERVICES 20 /* of the server, that are asked what they do */
#define MAX_HEADER   4096

/* One file that wants a place. */
typedef struct {
	guint64 op;
	char *name, *type;
	guint64 size;
	guint asked;      /* answers about services that are to come */
	gboolean settled; /* the place was asked for, or there is none to ask */
	guint refs;       /* requests that hold this */
} Wish;

static void wish_unref(gpointer data)
{
	Wish *wish = data;

	if (--wish->refs > 0)
		return;
	g_free(wish->name);
	g_free(wish->type);
	g_free(wish);
}

static Wish *wish_ref(Wish *wish)
{
	wish->refs++;
	return wish;
}

static void fail_size(CusaxXmppSession *session, guint64 op, guint64 limit)
{
	g_autofree char *text = g_strdup_printf(
		"the server takes files of at most %" G_GUINT64_FORMAT " bytes", limit);

	cusax_xmpp_session_fail(session, op, CUSAX_ERROR_LIMIT_EXCEEDED, text);
}

/* --- the place ------------------------------------------------------------------------------- */

/* XEP-0363 §4: these and no others, of one line. NULL: not allowed. */
static char *header_of(CusaxNode *header)
{
	static const char *const allowed[] = { "authorization", "cookie", "expires", NULL };
	const char *name = cusax_node_attr(header, "name");
	g_autofree char *lower = name ? g_ascii_strdown(name, -1) : NULL;
	g_autofree char *value = cusax_node_text(header);

	if (!lower || !value || !g_strv_contains(allowed, lower) || strlen(value) > MAX_HEADER ||
	    strpbrk(value, "\r\n"))
		return NULL;
	return g_strconcat(name, ": ", value, NULL);
}

static GStrv headers_of(CusaxXmppSession *session, CusaxNode *put)
{
	g_autoptr(GStrvBuilder) headers = g_strv_builder_new();

	for (CusaxNode *n = cusax_node_first(put); n; n = cusax_node_next(n)) {
		g_autofree char *header = NULL;

		if (!cusax_node_is(n, "header", CUSAX_NS_UPLOAD))
			continue;
		header = header_of(n);
		if (header)
			g_strv_builder_add(headers, header);
		else
			cusax_xmpp_session_refuse(session, "upload-header");
	}
	return g_strv_builder_end(headers);
}

static void report_slot(CusaxXmppSession *session, guint64 op, CusaxNode *answer)
{
	CusaxNode *slot = cusax_node_child(answer, "slot", CUSAX_NS_UPLOAD);
	CusaxNode *put = slot ? cusax_node_child(slot, "put", CUSAX_NS_UPLOAD) : NULL;
	CusaxNode *get = slot ? cusax_node_child(slot, "get", CUSAX_NS_UPLOAD) : NULL;
	const char *to = put ? cusax_node_attr(put, "url") : NULL;
	const char *from = get ? cusax_node_attr(get, "url") : NULL;
	CusaxEvent *event;

	if (!cusax_http_is_url(to) || !cusax_http_is_url(from)) {
		cusax_xmpp_session_refuse(session, "upload-slot");
		cusax_xmpp_session_fail(session, op, CUSAX_ERROR_REFUSED,
					"the server gave no https address for the file");
		return;
	}
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_UPLOAD_SLOT);
	event->op = op;
	event->upload_slot.put = g_strdup(to);
	event->upload_slot.get = g_strdup(from);
	g_strfreev(event->upload_slot.headers);
	event->upload_slot.headers = headers_of(session, put);
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, op, NULL);
}

/* XEP-0363 §5: its own limit may have changed since it was asked. 0: it does not say. */
static guint64 limit_in(CusaxNode *answer)
{
	CusaxNode *error = answer ? cusax_node_child(answer, "error", CUSAX_NS_CLIENT) : NULL;
	CusaxNode *large =
		error ? cusax_node_child(error, "file-too-large", CUSAX_NS_UPLOAD) : NULL;
	g_autofree char *text =
		large ? cusax_node_child_text(large, "max-file-size", CUSAX_NS_UPLOAD) : NULL;
	guint64 limit = 0;

	if (text)
		g_ascii_string_to_unsigned(g_strstrip(text), 10, 0, G_MAXINT64, &limit, NULL);
	return limit;
}

static void on_slot(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	Wish *wish = data;
	guint64 limit = error ? limit_in(answer) : 0;

	if (!error)
		report_slot(session, wish->op, answer);
	else if (limit)
		fail_size(session, wish->op, limit);
	else
		cusax_xmpp_session_done(session, wish->op, error);
}

static void ask_slot(CusaxXmppSession *session, Wish *wish)
{
	static const CusaxXmppIqKind kind = { .done = on_slot };
	g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, wish->size);
	CusaxNode *request, *iq;

	wish->settled = TRUE;
	if (!session->upload) {
		cusax_xmpp_session_fail(session, wish->op, CUSAX_ERROR_UNSUPPORTED,
					"the server takes no files (XEP-0363)");
		return;
	}
	if (session->upload_limit && wish->size > session->upload_limit) {
		fail_size(session, wish->op, session->upload_limit);
		return;
	}
	iq = cusax_xmpp_iq_new("get", session->upload, "request", CUSAX_NS_UPLOAD, &request);
	cusax_node_set(request, "filename", wish->name);
	cusax_node_set(request, "size", size);
	cusax_node_set(request, "content-type", wish->type);
	cusax_xmpp_iq_send(session, iq, &kind, wish_ref(wish), wish_unref);
}

/* --- the service ----------------------------------------------------------------------------- */

/* XEP-0363 §4, a form as XEP-0128 has it. 0: no limit is told. */
static guint64 limit_of(CusaxNode *query)
{
	for (CusaxNode *x = cusax_node_first(query); x; x = cusax_node_next(x)) {
		for (CusaxNode *n = cusax_node_is(x, "x", CUSAX_NS_DATA) ? cusax_node_first(x)
									 : NULL;
		     n; n = cusax_node_next(n)) {
			g_autofree char *text = NULL;
			guint64 limit = 0;

			if (g_strcmp0(cusax_node_attr(n, "var"), "max-file-size") != 0)
				continue;
			text = cusax_node_child_text(n, "value", CUSAX_NS_DATA);
			if (text)
				g_ascii_string_to_unsigned(g_strstrip(text), 10, 0, G_MAXINT64,
							   &limit, NULL);
			return limit;
		}
	}
	return 0;
}

static gboolean has_upload(CusaxNode *query)
{
	for (CusaxNode *n = cusax_node_first(query); n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "feature", CUSAX_NS_DISCO_INFO) &&
		    g_strcmp0(cusax_node_attr(n, "var"), CUSAX_NS_UPLOAD) == 0)
			return TRUE;
	}
	return FALSE;
}

static void on_info(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	Wish *wish = data;
	CusaxNode *query = error ? NULL : cusax_node_child(answer, "query", CUSAX_NS_DISCO_INFO);

	if (query && !session->upload && has_upload(query)) {
		const char *from = cusax_node_attr(answer, "from"); /* the one that was asked */

		session->upload = cusax_jid_prepare(from ? from : session->domain, NULL);
		session->upload_limit = limit_of(query);
	}
	wish->asked--;
	if (wish->settled || (wish->asked > 0 && !session->upload))
		return;
	if (!session->upload && error && !answer) { /* nothing is known of the last one */
		wish->settled = TRUE;
		cusax_xmpp_session_done(session, wish->op, error);
		return;
	}
	ask_slot(session, wish);
}

static void ask_info(CusaxXmppSession *session, Wish *wish, const char *jid)
{
	static const CusaxXmppIqKind kind = { .done = on_info };

	cusax_xmpp_iq_send(session,
			   cusax_xmpp_iq_new("get", jid, "query", CUSAX_NS_DISCO_INFO, NULL), &kind,
			   wish_ref(wish), wish_unref);
}

static void on_items(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		     gpointer data)
{
	CusaxNode *query = error ? NULL : cusax_node_child(answer, "query", CUSAX_NS_DISCO_ITEMS);
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	Wish *wish = data;

	if (error && !answer) { /* no answer: nothing is known of the server */
		cusax_xmpp_session_done(session, wish->op, error);
		return;
	}
	g_ptr_array_add(found, g_strdup(session->domain)); /* it may do so itself */
	for (CusaxNode *n = query ? cusax_node_first(query) : NULL; n && found->len < MAX_SERVICES;
	     n = cusax_node_next(n)) {
		const char *jid = cusax_node_is(n, "item", CUSAX_NS_DISCO_ITEMS)
					  ? cusax_node_attr(n, "jid")
					  : NULL;
		char *prepared = jid ? cusax_jid_prepare(jid, NULL) : NULL;

		if (prepared)
			g_ptr_array_add(found, prepared);
	}
	wish->asked = found->len;
	for (guint i = 0; i < found->len; i++)
		ask_info(session, wish, found->pdata[i]);
}

void cusax_xmpp_upload_request(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_items };
	Wish *wish = g_new0(Wish, 1);

	wish->op = operation->id;
	wish->name = g_strdup(operation->request_slot.name);
	wish->type = g_strdup(operation->request_slot.type);
	wish->size = operation->request_slot.size;
	wish->refs = 1;
	if (session->upload)
		ask_slot(session, wish);
	else
		cusax_xmpp_iq_send(session,
				   cusax_xmpp_iq_new("get", session->domain, "query",
						     CUSAX_NS_DISCO_ITEMS, NULL),
				   &kind, wish_ref(wish), wish_unref);
	wish_unref(wish);
}

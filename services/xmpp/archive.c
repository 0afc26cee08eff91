/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages of message archives. */
/* Main thread. */
#include "services/xmpp/archive.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/chat.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

/* A page on its way. The request owns it; the session finds it by the id of the query. */
typedef struct {
	CusaxXmppSession *session;
	guint64 op;
	char *query;
	char *archive; /* prepared; whose results count */
	gboolean room; /* it is that of a room */
	guint max, count;
	char *first; /* id of the first result */
	gint64 first_time;
	GPtrArray *events; /* CusaxEvent, in the order of the archive */
} Page;

static void page_free(gpointer data)
{
	Page *page = data;

	if (page->session->pages)
		g_hash_table_remove(page->session->pages, page->query);
	g_ptr_array_unref(page->events);
	g_free(page->query);
	g_free(page->archive);
	g_free(page->first);
	g_free(page);
}

/* --- results --------------------------------------------------------------------------------- */

static gint64 time_of(CusaxNode *forwarded)
{
	CusaxNode *delay = cusax_node_child(forwarded, "delay", CUSAX_NS_DELAY);
	const char *stamp = delay ? cusax_node_attr(delay, "stamp") : NULL;
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = stamp ? g_date_time_new_from_iso8601(stamp, utc) : NULL;

	return time ? g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time)
		    : 0;
}

/* What chat.c read in it, as the archive has it: it is no news, and wants no answer. */
static void mark_archived(Page *page, guint from, const char *id, gint64 time)
{
	for (guint i = page->events->len; i > from; i--) {
		CusaxEvent *event = page->events->pdata[i - 1];

		if (event->kind == CUSAX_EVENT_CHAT_STATE) {
			g_ptr_array_remove_index(page->events, i - 1);
		} else if (event->kind == CUSAX_EVENT_MESSAGE) {
			g_free(event->message.server_id);
			event->message.server_id = g_strdup(id);
			event->message.time = time;
			event->message.delayed = TRUE;
			event->message.counted = FALSE;
			event->message.wants_receipt = FALSE;
		} else if (event->kind == CUSAX_EVENT_REACTIONS ||
			   event->kind == CUSAX_EVENT_RETRACTION) {
			event->reference.time = time;
		}
	}
}

void cusax_xmpp_archive_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
			       CusaxNode *result)
{
	const char *query = cusax_node_attr(result, "queryid"), *id = cusax_node_attr(result, "id");
	CusaxNode *forwarded = cusax_node_child(result, "forwarded", CUSAX_NS_FORWARD);
	CusaxNode *message =
		forwarded ? cusax_node_child(forwarded, "message", CUSAX_NS_CLIENT) : NULL;
	Page *page = query && session->pages ? g_hash_table_lookup(session->pages, query) : NULL;
	gint64 time = forwarded ? time_of(forwarded) : 0;
	guint before;

	if (!page || g_strcmp0(stanza->from, page->archive) != 0 || page->count >= page->max ||
	    !message || !id || !*id || strlen(id) > CUSAX_XMPP_MAX_ARCHIVE_ID || time <= 0) {
		cusax_xmpp_session_refuse(session, "archive-result");
		return;
	}
	page->count++;
	if (!page->first) {
		page->first = g_strdup(id);
		page->first_time = time;
	}
	before = page->events->len;
	session->collect = page->events;
	if (!cusax_xmpp_chat_handle_archived(session, page->room ? page->archive : NULL, message,
					     forwarded))
		cusax_xmpp_session_refuse(session, "archive-result");
	session->collect = NULL;
	mark_archived(page, before, id, time);
}

static void on_page(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	Page *page = data;
	CusaxNode *fin = error ? NULL : cusax_node_child(answer, "fin", CUSAX_NS_MAM);
	const char *complete = fin ? cusax_node_attr(fin, "complete") : NULL;
	CusaxEvent *event;

	if (!fin) {
		cusax_xmpp_session_done(session, page->op, error);
		if (!error)
			cusax_xmpp_session_fail(session, page->op, CUSAX_ERROR_FAILED,
						"the archive did not answer as one");
		return;
	}
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_ARCHIVE);
	event->op = page->op;
	/* An empty page is the end, whatever is said of it. */
	event->archive.complete = page->count == 0 || g_strcmp0(complete, "true") == 0 ||
				  g_strcmp0(complete, "1") == 0;
	event->archive.first = g_strdup(page->first);
	event->archive.first_time = page->first_time;
	g_ptr_array_unref(event->archive.events);
	event->archive.events = g_ptr_array_ref(page->events);
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, page->op, NULL);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void add_field(CusaxNode *form, const char *name, const char *value)
{
	CusaxNode *field;

	if (!value)
		return;
	field = cusax_node_add(form, "field", CUSAX_NS_DATA);
	cusax_node_set(field, "var", name);
	cusax_node_add_text(field, "value", CUSAX_NS_DATA, value);
}

static void add_time(CusaxNode *form, const char *name, gint64 usec)
{
	g_autoptr(GDateTime) time = NULL;
	g_autofree char *text = NULL;

	if (usec <= 0)
		return;
	time = g_date_time_new_from_unix_utc(usec / G_USEC_PER_SEC);
	text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
	add_field(form, name, text);
}

static void fill_query(CusaxNode *query, const CusaxOperation *operation, const Page *page)
{
	CusaxNode *form = cusax_node_add(query, "x", CUSAX_NS_DATA);
	CusaxNode *type = cusax_node_add(form, "field", CUSAX_NS_DATA);
	CusaxNode *set;
	g_autofree char *max = g_strdup_printf("%u", page->max);

	cusax_node_set(query, "queryid", page->query);
	cusax_node_set(form, "type", "submit");
	cusax_node_set(type, "var", "FORM_TYPE");
	cusax_node_set(type, "type", "hidden");
	cusax_node_add_text(type, "value", CUSAX_NS_DATA, CUSAX_NS_MAM);
	add_field(form, "with", operation->fetch_archive.with);
	add_time(form, "start", operation->fetch_archive.start);
	add_time(form, "end", operation->fetch_archive.end);
	/* Newest first (XEP-0059 §2.5): the last page before what is known already. */
	set = cusax_node_add(query, "set", CUSAX_NS_RSM);
	cusax_node_add_text(set, "max", CUSAX_NS_RSM, max);
	if (operation->fetch_archive.before)
		cusax_node_add_text(set, "before", CUSAX_NS_RSM, operation->fetch_archive.before);
	else
		cusax_node_add(set, "before", CUSAX_NS_RSM);
}

void cusax_xmpp_archive_fetch(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_page };
	const char *archive = operation->fetch_archive.archive;
	g_autoptr(GError) error = NULL;
	g_autofree char *prepared = cusax_jid_prepare(archive ? archive : session->jid, &error);
	CusaxNode *query, *iq;
	Page *page;

	if (!prepared) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	page = g_new0(Page, 1);
	page->session = session;
	page->op = operation->id;
	page->query = g_uuid_string_random();
	page->archive = g_steal_pointer(&prepared);
	page->room = archive != NULL;
	page->max = CLAMP(operation->fetch_archive.max, 1, CUSAX_XMPP_MAX_PAGE);
	page->events = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_event_free);
	if (!session->pages)
		session->pages = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_insert(session->pages, page->query, page);
	iq = cusax_xmpp_iq_new("set", archive ? page->archive : NULL, "query", CUSAX_NS_MAM,
			       &query);
	fill_query(query, operation, page);
	cusax_xmpp_iq_send(session, iq, &kind, page, page_free);
}

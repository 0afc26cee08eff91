/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bookmarks of rooms: read, followed, written. */
/* Main thread. */
#include "services/xmpp/bookmarks.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

/* --- one bookmark ---------------------------------------------------------------------------- */

static gboolean is_true(const char *word)
{
	return g_strcmp0(word, "true") == 0 || g_strcmp0(word, "1") == 0;
}

/* Both forms differ in where the address stands and in the namespace. NULL: it is none. */
static CusaxBookmark *read_one(CusaxNode *conference, const char *jid, const char *ns)
{
	g_autofree char *prepared = jid ? cusax_jid_prepare(jid, NULL) : NULL;
	g_autofree char *bare = prepared ? cusax_jid_bare(prepared) : NULL;
	CusaxBookmark *bookmark;

	if (!bare || !strchr(bare, '@'))
		return NULL;
	bookmark = cusax_bookmark_new(bare);
	bookmark->name = g_strdup(cusax_node_attr(conference, "name"));
	bookmark->nick = cusax_node_child_text(conference, "nick", ns);
	bookmark->password = cusax_node_child_text(conference, "password", ns);
	bookmark->autojoin = is_true(cusax_node_attr(conference, "autojoin"));
	return bookmark;
}

static void write_one(CusaxNode *conference, const CusaxBookmark *bookmark, const char *ns)
{
	if (bookmark->name && *bookmark->name)
		cusax_node_set(conference, "name", bookmark->name);
	cusax_node_set(conference, "autojoin", bookmark->autojoin ? "true" : "false");
	if (bookmark->nick && *bookmark->nick)
		cusax_node_add_text(conference, "nick", ns, bookmark->nick);
	if (bookmark->password && *bookmark->password)
		cusax_node_add_text(conference, "password", ns, bookmark->password);
}

static CusaxBookmark *read_item(CusaxNode *item)
{
	CusaxNode *conference = cusax_node_child(item, "conference", CUSAX_NS_BOOKMARKS);

	return conference ? read_one(conference, cusax_node_attr(item, "id"), CUSAX_NS_BOOKMARKS)
			  : NULL;
}

/* Takes bookmark; NULL is counted. */
static void collect(CusaxXmppSession *session, GPtrArray *list, CusaxBookmark *bookmark)
{
	if (bookmark && list->len < CUSAX_XMPP_MAX_BOOKMARKS) {
		g_ptr_array_add(list, bookmark);
		return;
	}
	cusax_xmpp_session_refuse(session, "bookmark");
	cusax_bookmark_free(bookmark);
}

/* --- all of them ----------------------------------------------------------------------------- */

static CusaxNode *storage_of(CusaxNode *answer)
{
	CusaxNode *query = answer ? cusax_node_child(answer, "query", CUSAX_NS_PRIVATE) : NULL;

	return query ? cusax_node_child(query, "storage", CUSAX_NS_BOOKMARKS_OLD) : NULL;
}

static CusaxNode *storage_request(void)
{
	CusaxNode *query, *iq;

	iq = cusax_xmpp_iq_new("get", NULL, "query", CUSAX_NS_PRIVATE, &query);
	cusax_node_add(query, "storage", CUSAX_NS_BOOKMARKS_OLD);
	return iq;
}

/* data: not NULL where there is no PEP at all. */
static void on_storage(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		       gpointer data)
{
	CusaxNode *storage = error ? NULL : storage_of(answer);
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_BOOKMARKS);

	for (CusaxNode *n = storage ? cusax_node_first(storage) : NULL; n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "conference", CUSAX_NS_BOOKMARKS_OLD))
			collect(session, event->bookmarks.items,
				read_one(n, cusax_node_attr(n, "jid"), CUSAX_NS_BOOKMARKS_OLD));
	}
	/* What is kept the old way stays there: two places would not tell the same. */
	session->private_bookmarks = !error && (data || event->bookmarks.items->len > 0);
	if (error)
		cusax_info(session->account, "no bookmarks of rooms: %s", error->message);
	cusax_xmpp_session_push(session, event);
}

static void on_items(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		     G_GNUC_UNUSED gpointer data)
{
	static const CusaxXmppIqKind kind = { .done = on_storage };
	static char no_pep;
	CusaxNode *pubsub, *items;
	CusaxEvent *event;

	if (error && (!answer || cusax_xmpp_pep_is_absent(answer))) {
		gboolean is_empty = answer && cusax_xmpp_pep_is_empty(answer);

		cusax_xmpp_iq_send(session, storage_request(), &kind, is_empty ? NULL : &no_pep,
				   NULL);
		return;
	}
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_BOOKMARKS);
	pubsub = answer && !error ? cusax_node_child(answer, "pubsub", CUSAX_NS_PUBSUB) : NULL;
	items = pubsub ? cusax_node_child(pubsub, "items", CUSAX_NS_PUBSUB) : NULL;
	for (CusaxNode *n = items ? cusax_node_first(items) : NULL; n; n = cusax_node_next(n))
		collect(session, event->bookmarks.items, read_item(n));
	if (error)
		cusax_info(session->account, "no bookmarks of rooms: %s", error->message);
	cusax_xmpp_session_push(session, event);
}

void cusax_xmpp_bookmarks_fetch(CusaxXmppSession *session)
{
	static const CusaxXmppIqKind kind = { .done = on_items };
	CusaxNode *pubsub, *iq;

	iq = cusax_xmpp_iq_new("get", NULL, "pubsub", CUSAX_NS_PUBSUB, &pubsub);
	cusax_node_set(cusax_node_add(pubsub, "items", CUSAX_NS_PUBSUB), "node",
		       CUSAX_NS_BOOKMARKS);
	cusax_xmpp_iq_send(session, iq, &kind, NULL, NULL);
}

/* --- changes of other devices ---------------------------------------------------------------- */

static void report_one(CusaxXmppSession *session, CusaxBookmark *bookmark, gboolean removed)
{
	CusaxEvent *event;

	if (!bookmark) {
		cusax_xmpp_session_refuse(session, "bookmark");
		return;
	}
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_BOOKMARK);
	event->bookmark.item = bookmark;
	event->bookmark.removed = removed;
	cusax_xmpp_session_push(session, event);
}

void cusax_xmpp_bookmarks_on_change(CusaxXmppSession *session, const char *address,
				    CusaxNode *change)
{
	if (strcmp(address, session->jid) != 0) {
		cusax_xmpp_session_refuse(session, "bookmark");
		return;
	}
	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING))
		return;
	for (CusaxNode *n = cusax_node_first(change); n; n = cusax_node_next(n)) {
		const char *id = cusax_node_attr(n, "id");
		g_autofree char *bare = id ? cusax_jid_prepare(id, NULL) : NULL;

		if (cusax_node_is(n, "item", CUSAX_NS_PUBSUB_EVENT))
			report_one(session, read_item(n), FALSE);
		else if (cusax_node_is(n, "retract", CUSAX_NS_PUBSUB_EVENT) && bare)
			report_one(session, cusax_bookmark_new(bare), TRUE);
	}
}

/* --- changes of our own ---------------------------------------------------------------------- */

typedef struct {
	guint64 op;
	CusaxBookmark *bookmark;
	gboolean remove;
} Change;

static void change_free(gpointer data)
{
	Change *change = data;

	cusax_bookmark_free(change->bookmark);
	g_free(change);
}

static void on_changed(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		       gpointer data)
{
	Change *change = data;

	/* What is not there is removed already. */
	if (error && change->remove && answer && cusax_xmpp_pep_is_absent(answer))
		error = NULL;
	cusax_xmpp_session_done(session, change->op, error);
}

static const CusaxXmppIqKind changed = { .done = on_changed };

static CusaxNode *retraction(const CusaxBookmark *bookmark)
{
	CusaxNode *pubsub, *retract, *iq;

	iq = cusax_xmpp_iq_new("set", NULL, "pubsub", CUSAX_NS_PUBSUB, &pubsub);
	retract = cusax_node_add(pubsub, "retract", CUSAX_NS_PUBSUB);
	cusax_node_set(retract, "node", CUSAX_NS_BOOKMARKS);
	cusax_node_set(retract, "notify", "true");
	cusax_node_set(cusax_node_add(retract, "item", CUSAX_NS_PUBSUB), "id", bookmark->address);
	return iq;
}

/* The old storage is one element: all else in it is written back as it was. */
static void on_storage_to_change(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
				 gpointer data)
{
	Change *change = data, *next;
	CusaxNode *old = error ? NULL : storage_of(answer), *storage, *query, *iq, *conference;

	if (error) {
		cusax_xmpp_session_done(session, change->op, error);
		return;
	}
	iq = cusax_xmpp_iq_new("set", NULL, "query", CUSAX_NS_PRIVATE, &query);
	storage = cusax_node_add(query, "storage", CUSAX_NS_BOOKMARKS_OLD);
	for (CusaxNode *n = old ? cusax_node_first(old) : NULL; n; n = cusax_node_next(n)) {
		const char *jid = cusax_node_attr(n, "jid");
		g_autofree char *prepared = jid ? cusax_jid_prepare(jid, NULL) : NULL;

		if (g_strcmp0(prepared, change->bookmark->address) != 0)
			cusax_node_adopt(storage, cusax_node_copy(n));
	}
	if (!change->remove) {
		conference = cusax_node_add(storage, "conference", CUSAX_NS_BOOKMARKS_OLD);
		cusax_node_set(conference, "jid", change->bookmark->address);
		write_one(conference, change->bookmark, CUSAX_NS_BOOKMARKS_OLD);
	}
	next = g_new0(Change, 1);
	next->op = change->op;
	cusax_xmpp_iq_send(session, iq, &changed, next, change_free);
}

static Change *change_new(guint64 op, const CusaxBookmark *bookmark, gboolean remove)
{
	Change *change = g_new0(Change, 1);

	change->op = op;
	change->bookmark = cusax_bookmark_copy(bookmark);
	change->remove = remove;
	return change;
}

/* Takes change. */
static void change_storage(CusaxXmppSession *session, Change *change)
{
	static const CusaxXmppIqKind kind = { .done = on_storage_to_change };

	cusax_xmpp_iq_send(session, storage_request(), &kind, change, change_free);
}

/* A server without PEP may say so here first: the list is still on its way. */
static void on_published(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			 gpointer data)
{
	const Change *change = data;

	if (!error || !cusax_xmpp_pep_is_absent(answer) || cusax_xmpp_pep_is_empty(answer)) {
		on_changed(session, answer, error, data);
		return;
	}
	session->private_bookmarks = TRUE;
	change_storage(session, change_new(change->op, change->bookmark, change->remove));
}

/* XEP-0402 §4: kept, all of them, for our own eyes. Takes change. */
static void publish(CusaxXmppSession *session, Change *change)
{
	CusaxNode *conference = cusax_node_new("conference", CUSAX_NS_BOOKMARKS);

	write_one(conference, change->bookmark, CUSAX_NS_BOOKMARKS);
	cusax_xmpp_pep_put(session, CUSAX_NS_BOOKMARKS, change->bookmark->address, conference,
			   on_published, change, change_free);
}

void cusax_xmpp_bookmarks_change(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_published };
	gboolean remove = operation->kind == CUSAX_OPERATION_BOOKMARK_REMOVE;
	Change *change = change_new(operation->id, operation->bookmark, remove);

	if (session->private_bookmarks)
		change_storage(session, change);
	else if (remove)
		cusax_xmpp_iq_send(session, retraction(change->bookmark), &kind, change,
				   change_free);
	else
		publish(session, change);
}

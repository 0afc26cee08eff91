/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the own archive keeps: read, changed, told. */
/* Main thread. */
#include "services/xmpp/archive-preferences.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

#define MAX_ADDRESSES 1000 /* in each list */

typedef struct {
	guint64 op;
	char *fallback;
	GStrv always, never; /* NULL: as they are */
} Change;

static void change_free(gpointer data)
{
	Change *change = data;

	g_free(change->fallback);
	g_strfreev(change->always);
	g_strfreev(change->never);
	g_free(change);
}

static Change *change_new(guint64 op, const char *fallback, GStrv always, GStrv never)
{
	Change *change = g_new0(Change, 1);

	change->op = op;
	change->fallback = g_strdup(fallback);
	change->always = g_strdupv(always);
	change->never = g_strdupv(never);
	return change;
}

/* What cannot be an address is left out. */
static GStrv read_list(CusaxNode *prefs, const char *name)
{
	g_autoptr(GStrvBuilder) found = g_strv_builder_new();
	CusaxNode *list = cusax_node_child(prefs, name, CUSAX_NS_MAM);
	guint n = 0;

	for (CusaxNode *c = list ? cusax_node_first(list) : NULL; c && n < MAX_ADDRESSES;
	     c = cusax_node_next(c)) {
		g_autofree char *text =
			cusax_node_is(c, "jid", CUSAX_NS_MAM) ? cusax_node_text(c) : NULL;
		g_autofree char *jid = text ? cusax_jid_prepare(text, NULL) : NULL;

		if (!jid)
			continue;
		g_strv_builder_add(found, jid);
		n++;
	}
	return g_strv_builder_end(found);
}

static const char *read_default(CusaxNode *prefs)
{
	static const char *const words[] = { "always", "never", "roster", NULL };
	const char *word = cusax_node_attr(prefs, "default");

	return word && g_strv_contains(words, word) ? word : "";
}

static void add_list(CusaxNode *prefs, const char *name, GStrv addresses)
{
	CusaxNode *list = cusax_node_add(prefs, name, CUSAX_NS_MAM);

	for (GStrv one = addresses; *one; one++)
		cusax_node_add_text(list, "jid", CUSAX_NS_MAM, *one);
}

static void report(CusaxXmppSession *session, CusaxNode *prefs, guint64 op)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_ARCHIVE_PREFERENCES);

	event->op = op;
	event->archive_preferences.fallback = g_strdup(read_default(prefs));
	g_strfreev(event->archive_preferences.always);
	g_strfreev(event->archive_preferences.never);
	event->archive_preferences.always = read_list(prefs, "always");
	event->archive_preferences.never = read_list(prefs, "never");
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, op, NULL);
}

/* The preferences of an answer; NULL, with the operation answered, where there are none. */
static CusaxNode *prefs_of(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			   guint64 op)
{
	CusaxNode *prefs = error ? NULL : cusax_node_child(answer, "prefs", CUSAX_NS_MAM);

	if (error && cusax_error_code(error) == CUSAX_ERROR_UNSUPPORTED)
		cusax_xmpp_session_fail(session, op, CUSAX_ERROR_UNSUPPORTED,
					"the server has no archive whose preferences can be told");
	else if (error)
		cusax_xmpp_session_done(session, op, error);
	else if (!prefs)
		cusax_xmpp_session_fail(session, op, CUSAX_ERROR_FAILED,
					"the archive did not answer as one");
	return prefs;
}

static void on_set(CusaxXmppSession *session, CusaxNode *answer, const GError *error, gpointer data)
{
	const Change *change = data;
	CusaxNode *prefs = prefs_of(session, answer, error, change->op);

	if (prefs)
		report(session, prefs, change->op);
}

static void on_get(CusaxXmppSession *session, CusaxNode *answer, const GError *error, gpointer data)
{
	static const CusaxXmppIqKind kind = { .done = on_set };
	Change *change = data, *next;
	CusaxNode *prefs = prefs_of(session, answer, error, change->op), *wanted, *iq;
	g_auto(GStrv) always = NULL, never = NULL;

	if (!prefs)
		return;
	if (!change->fallback && !change->always && !change->never) {
		report(session, prefs, change->op);
		return;
	}
	always = read_list(prefs, "always");
	never = read_list(prefs, "never");
	iq = cusax_xmpp_iq_new("set", NULL, "prefs", CUSAX_NS_MAM, &wanted);
	cusax_node_set(wanted, "default",
		       change->fallback ? change->fallback : read_default(prefs));
	add_list(wanted, "always", change->always ? change->always : always);
	add_list(wanted, "never", change->never ? change->never : never);
	next = change_new(change->op, NULL, NULL, NULL);
	cusax_xmpp_iq_send(session, iq, &kind, next, change_free);
}

/* Read first: what is not to be changed stays as it is. */
void cusax_xmpp_archive_preferences(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_get };

	cusax_xmpp_iq_send(session, cusax_xmpp_iq_new("get", NULL, "prefs", CUSAX_NS_MAM, NULL),
			   &kind,
			   change_new(operation->id, operation->archive_preferences.fallback,
				      operation->archive_preferences.always,
				      operation->archive_preferences.never),
			   change_free);
}

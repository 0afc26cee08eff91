/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking for the last activity. Ours is told to nobody who asks: presence says what others may know. */
/* Main thread. */
#include "services/xmpp/last-activity.h"

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

typedef struct {
	guint64 op;
	char *address;
} Question;

static void question_free(gpointer data)
{
	Question *question = data;

	g_free(question->address);
	g_free(question);
}

static void on_last(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	const Question *question = data;
	CusaxNode *query = error ? NULL : cusax_node_child(answer, "query", CUSAX_NS_LAST);
	const char *text = query ? cusax_node_attr(query, "seconds") : NULL;
	CusaxEvent *event;
	guint64 seconds;

	if (error) {
		cusax_xmpp_session_done(session, question->op, error);
		return;
	}
	if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &seconds, NULL)) {
		cusax_xmpp_session_fail(session, question->op, CUSAX_ERROR_FAILED,
					"the answer names no time");
		return;
	}
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_LAST_SEEN);
	event->op = question->op;
	event->last_seen.address = g_strdup(question->address);
	event->last_seen.time = g_get_real_time() - (gint64)seconds * G_USEC_PER_SEC;
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, question->op, NULL);
}

void cusax_xmpp_last_activity_fetch(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_last };
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(operation->fetch_last.address, &error);
	Question *question;

	if (!jid) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	question = g_new0(Question, 1);
	question->op = operation->id;
	question->address = cusax_jid_bare(jid);
	cusax_xmpp_iq_send(
		session, cusax_xmpp_iq_new("get", question->address, "query", CUSAX_NS_LAST, NULL),
		&kind, question, question_free);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the server for a sign of life at once (XEP-0199): the network changed, or we slept. */
/* Main thread. */
#include "services/xmpp/check.h"

#include "daemon/base/error.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

/* Only one is on its way: what asks meanwhile is answered with it. */
typedef struct {
	guint64 op;
} Check;

static gboolean on_silence(gpointer data)
{
	CusaxXmppSession *session = data;

	cusax_xmpp_timer_clear(&session->checking);
	cusax_xmpp_stream_fail(session->stream, g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
							    "the server does not answer any more"));
	return G_SOURCE_REMOVE;
}

/* An error is an answer too: the server is there. */
static void on_answer(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		      gpointer data)
{
	Check *check = data;

	if (answer || error)
		cusax_xmpp_timer_clear(&session->checking);
	cusax_xmpp_session_done(session, check->op, answer ? NULL : error);
}

static const CusaxXmppIqKind check_kind = { .done = on_answer };

void cusax_xmpp_check(CusaxXmppSession *session, guint64 op)
{
	CusaxNode *iq = cusax_xmpp_iq_new("get", session->domain, "ping", CUSAX_NS_PING, NULL);
	Check *check = g_new(Check, 1);

	check->op = op;
	if (!session->checking)
		session->checking =
			cusax_xmpp_timer_new(session->times->check, on_silence, session);
	cusax_xmpp_iq_send(session, iq, &check_kind, check, g_free);
}

void cusax_xmpp_check_stop(CusaxXmppSession *session)
{
	cusax_xmpp_timer_clear(&session->checking);
}

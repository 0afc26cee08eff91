/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests and their answers (RFC 6120 §8.2.3): an answer counts only from the address asked. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

#define CUSAX_XMPP_MAX_REQUESTS 1000 /* under way at a time */

/* What becomes of an answer. Static. */
typedef struct {
	/* Once for each request: the result; or NULL and why there is none: what
	 * cusax_xmpp_stanza_error() makes of an error (answer is set then as well), TIMEOUT,
	 * NOT_CONNECTED, LIMIT_EXCEEDED (the answer was too large). */
	void (*done)(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		     gpointer data);
	/* An answer with this child comes one item after the other. NULL: as a whole. */
	const char *bulk_name, *bulk_ns;
	void (*begin)(CusaxXmppSession *session, gpointer data);
	void (*item)(CusaxXmppSession *session, CusaxNode *item, gpointer data);
} CusaxXmppIqKind;

/* A request of type "get" or "set" with one child, to be filled; ret_child is borrowed from it. */
CusaxNode *cusax_xmpp_iq_new(const char *type, const char *to, const char *name, const char *ns,
			     CusaxNode **ret_child);

/* Sends a request (taken) to its "to", a prepared JID, or, without one, to the own account. data is
 * freed by destroy after done. */
void cusax_xmpp_iq_send(CusaxXmppSession *session, CusaxNode *iq, const CusaxXmppIqKind *kind,
			gpointer data, GDestroyNotify destroy);

/* A result or an error came. FALSE: nobody asked that of this sender. */
gboolean cusax_xmpp_iq_answer(CusaxXmppSession *session, const CusaxXmppStanza *stanza);

/* The same of one that was too large to read. */
gboolean cusax_xmpp_iq_swallowed(CusaxXmppSession *session, const CusaxXmppStanza *stanza);

/* Of the reader. */
gboolean cusax_xmpp_iq_bulk(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
			    const char *name, const char *ns);
void cusax_xmpp_iq_item(CusaxXmppSession *session, const char *id, CusaxNode *item);

/* Answers a request by an empty result, or by an error of that condition (RFC 6120 §8.3.3). */
void cusax_xmpp_iq_reply(CusaxXmppSession *session, const CusaxXmppStanza *request);
void cusax_xmpp_iq_reply_error(CusaxXmppSession *session, const CusaxXmppStanza *request,
			       const char *type, const char *condition);
/* A result to be filled and sent. */
CusaxNode *cusax_xmpp_iq_result(const CusaxXmppStanza *request);

CusaxXmppIqTable *cusax_xmpp_iq_table_new(CusaxXmppSession *session);
/* Every request under way fails with error. */
void cusax_xmpp_iq_table_fail(CusaxXmppIqTable *table, const GError *error);
/* Nobody is told. */
void cusax_xmpp_iq_table_free(CusaxXmppIqTable *table);

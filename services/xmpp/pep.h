/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Personal eventing (XEP-0163): what contacts publish, and what we do. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* An event. Taken from the bare JID of a contact, or from the own one; anything else is refused. */
void cusax_xmpp_pep_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
			   CusaxNode *event);

/* A request for the newest item of a node; to NULL: the own one. Send it with cusax_xmpp_iq_send(). */
CusaxNode *cusax_xmpp_pep_request(const char *to, const char *node);
/* The item in the answer to that, borrowed; NULL: the node is empty. answer may be NULL. */
CusaxNode *cusax_xmpp_pep_item(CusaxNode *answer, const char *node);
/* TRUE where the error in answer says that there is no such node, item or service. */
gboolean cusax_xmpp_pep_is_absent(CusaxNode *answer);
/* TRUE where it says that there is the service, but no such node or item. */
gboolean cusax_xmpp_pep_is_empty(CusaxNode *answer);

/* A request that puts payload (taken) as item id (NULL: "current") on the own node. access: the access
 * model that the node must have, such as "presence" (XEP-0060 §7.1.5); NULL: as it is. */
CusaxNode *cusax_xmpp_pep_publication(const char *node, const char *id, CusaxNode *payload,
				      const char *access);
/* The same with other conditions on the node; options ends with NULL. */
typedef struct {
	const char *name, *value;
} CusaxXmppPepOption;
CusaxNode *cusax_xmpp_pep_publication_with(const char *node, const char *id, CusaxNode *payload,
					   const CusaxXmppPepOption *options);
/* A request that takes item "current" off the own node, and says so to those who follow it. */
CusaxNode *cusax_xmpp_pep_retraction(const char *node);

/* Puts payload (taken) as an item on an own node that keeps all its items, for own eyes alone. done: once,
 * as of a request; data is freed by destroy after it. */
typedef void (*CusaxXmppPepDone)(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
				 gpointer data);
void cusax_xmpp_pep_put(CusaxXmppSession *session, const char *node, const char *id,
			CusaxNode *payload, CusaxXmppPepDone done, gpointer data,
			GDestroyNotify destroy);

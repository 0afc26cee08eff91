/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which stanza goes to whom, and from whom it may come. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

/* The stream's handlers, with the session as their data. */
void cusax_xmpp_dispatch_stanza(CusaxNode *node, gpointer session);
gboolean cusax_xmpp_dispatch_bulk(CusaxNode *iq, const char *name, const char *ns,
				  gpointer session);
void cusax_xmpp_dispatch_item(CusaxNode *iq, CusaxNode *item, gpointer session);
void cusax_xmpp_dispatch_swallowed(CusaxNode *head, const char *why, gboolean item,
				   gpointer session);

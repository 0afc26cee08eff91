/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes to the own vCard: read in both forms, changed, written; what is not changed stays (C39). */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"
#include "services/xmpp/stanza.h"

typedef struct {
	/* Changes a form, in place or by another element in its place; FALSE: nothing was changed, and
	 * nothing is to be written. */
	gboolean (*temp)(CusaxNode **vcard,
			 gpointer data); /* XEP-0054; an empty one where there is none */
	gboolean (*four)(CusaxNode **vcard, gpointer data); /* XEP-0292; only where there is one */
	/* Once, last. CUSAX_ERROR_LOCKED: the server does not let it be changed (C38). */
	void (*done)(CusaxXmppSession *session, const GError *error, gpointer data);
} CusaxXmppVcardEdit;

/* edit: static. data is freed by destroy after done. Where a form cannot be read whole, none is written. */
void cusax_xmpp_vcard_edit(CusaxXmppSession *session, const CusaxXmppVcardEdit *edit, gpointer data,
			   GDestroyNotify destroy);

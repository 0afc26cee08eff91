/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers put into the own vCard (C38, C39). */
/* Main thread. */
#include "services/xmpp/vcard-edit.h"
#include "services/xmpp/vcard-fields.h"
#include "services/xmpp/vcard.h"

typedef struct {
	guint64 op;
	GPtrArray *phones; /* CusaxPhone */
} Publication;

static void publication_free(gpointer data)
{
	Publication *publication = data;

	g_ptr_array_unref(publication->phones);
	g_free(publication);
}

static gboolean add_numbers(const Publication *publication, CusaxNode *node,
			    gboolean (*add)(CusaxNode *, const CusaxPhone *))
{
	gboolean changed = FALSE;

	for (guint i = 0; i < publication->phones->len; i++)
		changed |= add(node, publication->phones->pdata[i]);
	return changed;
}

static gboolean add_to_temp(CusaxNode **vcard, gpointer data)
{
	return add_numbers(data, *vcard, cusax_xmpp_vcard_temp_add);
}

static gboolean add_to_four(CusaxNode **vcard, gpointer data)
{
	return add_numbers(data, *vcard, cusax_xmpp_vcard4_add);
}

static void on_done(CusaxXmppSession *session, const GError *error, gpointer data)
{
	cusax_xmpp_session_done(session, ((Publication *)data)->op, error);
}

void cusax_xmpp_vcard_publish(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppVcardEdit edit = { add_to_temp, add_to_four, on_done };
	Publication *publication = g_new0(Publication, 1);
	GPtrArray *phones = operation->publish_phones.phones;

	publication->op = operation->id;
	publication->phones = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	for (guint i = 0; phones && i < MIN(phones->len, CUSAX_XMPP_MAX_PHONES); i++)
		g_ptr_array_add(publication->phones, cusax_phone_copy(phones->pdata[i]));
	cusax_xmpp_vcard_edit(session, &edit, publication, publication_free);
}

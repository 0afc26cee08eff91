/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The own vCard read in both forms, changed, written. */
/* Main thread. */
#include "services/xmpp/vcard-edit.h"

#include "daemon/base/error.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"

/* One step after the other: read vcard-temp, read vCard4, write vcard-temp, write vCard4. The order
 * of writing matters: there are servers that keep one vCard, and make a vCard4 of a vcard-temp that
 * is set (XEP-0292 has more fields). Written last, and whenever the other was, vCard4 stays whole. */
typedef struct {
	const CusaxXmppVcardEdit *edit;
	gpointer data;
	GDestroyNotify destroy;
	CusaxNode *temp;  /* what is to be written; NULL: nothing */
	CusaxNode *four;  /* the own vCard4, changed; NULL: there is none */
	char *item;       /* its id */
	gboolean no_temp; /* the server has no vcard-temp */
	gboolean four_changed;
} Edit;

static void edit_free(Edit *edit)
{
	if (edit->destroy)
		edit->destroy(edit->data);
	g_clear_pointer(&edit->temp, cusax_node_unref);
	g_clear_pointer(&edit->four, cusax_node_unref);
	g_free(edit->item);
	g_free(edit);
}

/* A request that ends holds the edit no more: each step hands it on. */
typedef struct {
	Edit *edit; /* NULL: handed on */
} Step;

static void step_free(gpointer data)
{
	Step *step = data;

	g_clear_pointer(&step->edit, edit_free);
	g_free(step);
}

/* Takes edit and iq. */
static void ask(CusaxXmppSession *session, Edit *edit, CusaxNode *iq, const CusaxXmppIqKind *kind)
{
	Step *step = g_new0(Step, 1);

	step->edit = edit;
	cusax_xmpp_iq_send(session, iq, kind, step, step_free);
}

static Edit *take(gpointer data)
{
	return g_steal_pointer(&((Step *)data)->edit);
}

/* Takes edit. */
static void end(CusaxXmppSession *session, Edit *edit, const GError *error)
{
	edit->edit->done(session, error, edit->data);
	edit_free(edit);
}

/* --- writing --------------------------------------------------------------------------------- */

/* C38: a provider may fix these fields; that is not the same as a request gone wrong. */
static GError *refusal_of(CusaxNode *answer, const GError *error)
{
	static const char *const fixed[] = { "forbidden", "not-allowed", "not-acceptable" };

	for (guint i = 0; answer && i < G_N_ELEMENTS(fixed); i++) {
		if (cusax_xmpp_stanza_has_condition(answer, fixed[i]))
			return g_error_new(CUSAX_ERROR, CUSAX_ERROR_LOCKED,
					   "the server does not let the vCard be changed: %s",
					   error->message);
	}
	return g_error_copy(error);
}

static void on_four_written(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			    gpointer data)
{
	g_autoptr(GError) refusal = error ? refusal_of(answer, error) : NULL;

	end(session, take(data), refusal);
}

/* Takes edit. */
static void write_four(CusaxXmppSession *session, Edit *edit)
{
	static const CusaxXmppIqKind kind = { .done = on_four_written };
	CusaxNode *vcard = g_steal_pointer(&edit->four);

	ask(session, edit, cusax_xmpp_pep_publication(CUSAX_NODE_VCARD4, edit->item, vcard, NULL),
	    &kind);
}

static void on_temp_written(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			    gpointer data)
{
	Edit *edit = take(data);
	g_autoptr(GError) refusal = error ? refusal_of(answer, error) : NULL;

	if (refusal || !edit->four)
		end(session, edit, refusal);
	else
		write_four(session, edit);
}

/* Takes edit. */
static void write_temp(CusaxXmppSession *session, Edit *edit)
{
	static const CusaxXmppIqKind kind = { .done = on_temp_written };
	CusaxNode *iq = cusax_node_new("iq", CUSAX_NS_CLIENT);

	cusax_node_set(iq, "type", "set");
	cusax_node_adopt(iq, g_steal_pointer(&edit->temp));
	ask(session, edit, iq, &kind);
}

/* --- reading --------------------------------------------------------------------------------- */

static void keep_four(Edit *edit, CusaxNode *item)
{
	CusaxNode *vcard = item ? cusax_node_child(item, "vcard", CUSAX_NS_VCARD4) : NULL;

	if (!vcard)
		return;
	edit->four = cusax_node_copy(vcard);
	edit->item = g_strdup(cusax_node_attr(item, "id"));
	edit->four_changed = edit->edit->four(&edit->four, edit->data);
}

static void on_own_four(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			gpointer data)
{
	Edit *edit = take(data);

	if (error && !cusax_xmpp_pep_is_absent(answer)) {
		end(session, edit, error);
		return;
	}
	if (!error)
		keep_four(edit, cusax_xmpp_pep_item(answer, CUSAX_NODE_VCARD4));
	/* Where neither is kept by the server, the attempt says so. */
	if (edit->temp && !(edit->no_temp && edit->four))
		write_temp(session, edit);
	else if (edit->four && edit->four_changed)
		write_four(session, edit);
	else
		end(session, edit, NULL);
}

static void on_own_temp(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			gpointer data)
{
	static const CusaxXmppIqKind kind = { .done = on_own_four };
	Edit *edit = take(data);
	CusaxNode *found =
		answer && !error ? cusax_node_child(answer, "vCard", CUSAX_NS_VCARD) : NULL;
	CusaxNode *vcard;

	if (error && !cusax_xmpp_pep_is_absent(answer)) {
		end(session, edit, error);
		return;
	}
	edit->no_temp = error && !cusax_xmpp_stanza_has_condition(answer, "item-not-found");
	vcard = found ? cusax_node_copy(found) : cusax_node_new("vCard", CUSAX_NS_VCARD);
	if (edit->edit->temp(&vcard, edit->data))
		edit->temp = vcard;
	else
		cusax_node_unref(vcard);
	ask(session, edit, cusax_xmpp_pep_request(NULL, CUSAX_NODE_VCARD4), &kind);
}

void cusax_xmpp_vcard_edit(CusaxXmppSession *session, const CusaxXmppVcardEdit *kind, gpointer data,
			   GDestroyNotify destroy)
{
	static const CusaxXmppIqKind read = { .done = on_own_temp };
	Edit *edit = g_new0(Edit, 1);

	edit->edit = kind;
	edit->data = data;
	edit->destroy = destroy;
	ask(session, edit, cusax_xmpp_iq_new("get", NULL, "vCard", CUSAX_NS_VCARD, NULL), &read);
}

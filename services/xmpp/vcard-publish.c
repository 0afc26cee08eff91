/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers put into the own vCard: read in both forms, changed, written (C38, C39). */
/* Main thread. */
#include "daemon/base/error.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"
#include "services/xmpp/vcard-fields.h"
#include "services/xmpp/vcard.h"

/* One step after the other: read vcard-temp, read vCard4, write vcard-temp, write vCard4. The order
 * of writing matters: there are servers that keep one vCard, and make a vCard4 of a vcard-temp that
 * is set (XEP-0292 has more fields). Written last, and whenever the other was, vCard4 stays whole. */
typedef struct {
	guint64 op;
	GPtrArray *phones; /* CusaxPhone */
	CusaxNode *temp;   /* what is to be written, with the numbers; NULL: nothing */
	CusaxNode *four;   /* the own vCard4 with the numbers; NULL: there is none */
	char *item;        /* its id */
	gboolean no_temp;  /* the server has no vcard-temp */
	gboolean four_changed;
} Publication;

static void publication_free(Publication *publication)
{
	g_ptr_array_unref(publication->phones);
	g_clear_pointer(&publication->temp, cusax_node_unref);
	g_clear_pointer(&publication->four, cusax_node_unref);
	g_free(publication->item);
	g_free(publication);
}

/* A request that ends holds the publication no more: each step hands it on. */
typedef struct {
	Publication *publication; /* NULL: handed on */
} Step;

static void step_free(gpointer data)
{
	Step *step = data;

	g_clear_pointer(&step->publication, publication_free);
	g_free(step);
}

/* Takes publication and iq. */
static void ask(CusaxXmppSession *session, Publication *publication, CusaxNode *iq,
		const CusaxXmppIqKind *kind)
{
	Step *step = g_new0(Step, 1);

	step->publication = publication;
	cusax_xmpp_iq_send(session, iq, kind, step, step_free);
}

static Publication *take(gpointer data)
{
	return g_steal_pointer(&((Step *)data)->publication);
}

/* Takes publication. */
static void end(CusaxXmppSession *session, Publication *publication, const GError *error)
{
	cusax_xmpp_session_done(session, publication->op, error);
	publication_free(publication);
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

/* Takes publication. */
static void write_four(CusaxXmppSession *session, Publication *publication)
{
	static const CusaxXmppIqKind kind = { .done = on_four_written };
	CusaxNode *vcard = g_steal_pointer(&publication->four);

	ask(session, publication,
	    cusax_xmpp_pep_publication(CUSAX_NODE_VCARD4, publication->item, vcard, NULL), &kind);
}

static void on_temp_written(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			    gpointer data)
{
	Publication *publication = take(data);
	g_autoptr(GError) refusal = error ? refusal_of(answer, error) : NULL;

	if (refusal || !publication->four)
		end(session, publication, refusal);
	else
		write_four(session, publication);
}

/* Takes publication. */
static void write_temp(CusaxXmppSession *session, Publication *publication)
{
	static const CusaxXmppIqKind kind = { .done = on_temp_written };
	CusaxNode *iq = cusax_node_new("iq", CUSAX_NS_CLIENT);

	cusax_node_set(iq, "type", "set");
	cusax_node_adopt(iq, g_steal_pointer(&publication->temp));
	ask(session, publication, iq, &kind);
}

/* --- reading --------------------------------------------------------------------------------- */

static gboolean add_numbers(const Publication *publication, CusaxNode *node,
			    gboolean (*add)(CusaxNode *, const CusaxPhone *))
{
	gboolean changed = FALSE;

	for (guint i = 0; i < publication->phones->len; i++)
		changed |= add(node, publication->phones->pdata[i]);
	return changed;
}

static void keep_four(Publication *publication, CusaxNode *item)
{
	CusaxNode *vcard = item ? cusax_node_child(item, "vcard", CUSAX_NS_VCARD4) : NULL;

	if (!vcard)
		return;
	publication->four = cusax_node_copy(vcard);
	publication->item = g_strdup(cusax_node_attr(item, "id"));
	publication->four_changed =
		add_numbers(publication, publication->four, cusax_xmpp_vcard4_add);
}

static void on_own_four(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			gpointer data)
{
	Publication *publication = take(data);

	if (error && !cusax_xmpp_pep_is_absent(answer)) {
		end(session, publication, error);
		return;
	}
	if (!error)
		keep_four(publication, cusax_xmpp_pep_item(answer, CUSAX_NODE_VCARD4));
	/* Where neither is kept by the server, the attempt says so. */
	if (publication->temp && !(publication->no_temp && publication->four))
		write_temp(session, publication);
	else if (publication->four && publication->four_changed)
		write_four(session, publication);
	else
		end(session, publication, NULL);
}

static void on_own_temp(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			gpointer data)
{
	static const CusaxXmppIqKind kind = { .done = on_own_four };
	Publication *publication = take(data);
	CusaxNode *found =
		answer && !error ? cusax_node_child(answer, "vCard", CUSAX_NS_VCARD) : NULL;
	g_autoptr(CusaxNode) vcard = NULL;

	if (error && !cusax_xmpp_pep_is_absent(answer)) {
		end(session, publication, error);
		return;
	}
	publication->no_temp = error && !cusax_xmpp_stanza_has_condition(answer, "item-not-found");
	vcard = found ? cusax_node_copy(found) : cusax_node_new("vCard", CUSAX_NS_VCARD);
	if (add_numbers(publication, vcard, cusax_xmpp_vcard_temp_add))
		publication->temp = g_steal_pointer(&vcard);
	ask(session, publication, cusax_xmpp_pep_request(NULL, CUSAX_NODE_VCARD4), &kind);
}

void cusax_xmpp_vcard_publish(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_own_temp };
	Publication *publication = g_new0(Publication, 1);
	GPtrArray *phones = operation->publish_phones.phones;

	publication->op = operation->id;
	publication->phones = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	for (guint i = 0; phones && i < MIN(phones->len, CUSAX_XMPP_MAX_PHONES); i++)
		g_ptr_array_add(publication->phones, cusax_phone_copy(phones->pdata[i]));
	ask(session, publication, cusax_xmpp_iq_new("get", NULL, "vCard", CUSAX_NS_VCARD, NULL),
	    &kind);
}

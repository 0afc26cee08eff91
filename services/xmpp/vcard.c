/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vCards of contacts: both forms asked for at once, one answer made of them. */
/* Main thread. */
#include "services/xmpp/vcard.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"
#include "services/xmpp/vcard-fields.h"

/* What became of one of the two requests. */
typedef struct {
	CusaxXmppVcard vcard;
	gboolean absent; /* there is none */
	GError *error;   /* it cannot be had; NULL where absent */
} Half;

typedef struct {
	guint64 op;
	char *address;
	Half temp, four;
	guint pending; /* answers that are still to come */
	guint refs;    /* requests that hold this */
} Fetch;

static void half_clear(Half *half)
{
	cusax_xmpp_vcard_clear(&half->vcard);
	g_clear_error(&half->error);
}

static void fetch_unref(gpointer data)
{
	Fetch *fetch = data;

	if (--fetch->refs > 0)
		return;
	half_clear(&fetch->temp);
	half_clear(&fetch->four);
	g_free(fetch->address);
	g_free(fetch);
}

static gboolean is_here(const Half *half)
{
	return !half->absent && !half->error;
}

static void move_phones(CusaxEvent *event, Half *half)
{
	g_ptr_array_extend_and_steal(event->vcard.phones, g_steal_pointer(&half->vcard.phones));
}

static void finish(CusaxXmppSession *session, Fetch *fetch)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_VCARD);
	const GError *error = fetch->temp.error ? fetch->temp.error : fetch->four.error;

	/* What was not had is told of again. */
	if (fetch->four.error)
		g_hash_table_remove(session->vcards, fetch->address);
	event->op = fetch->op;
	event->vcard.address = g_strdup(fetch->address);
	event->vcard.absent = fetch->temp.absent && fetch->four.absent;
	event->vcard.failed = !is_here(&fetch->temp) && !is_here(&fetch->four);
	/* The newer form first: it says more of each number. */
	event->vcard.full_name = g_steal_pointer(&fetch->four.vcard.full_name);
	if (!event->vcard.full_name)
		event->vcard.full_name = g_steal_pointer(&fetch->temp.vcard.full_name);
	event->vcard.photo_hash = g_steal_pointer(&fetch->temp.vcard.photo_hash);
	event->vcard.photo = g_steal_pointer(&fetch->temp.vcard.photo);
	move_phones(event, &fetch->four);
	move_phones(event, &fetch->temp);
	error = event->vcard.failed && !event->vcard.absent ? error : NULL;
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, fetch->op, error);
}

static void settle(CusaxXmppSession *session, Fetch *fetch, Half *half, gboolean absent,
		   const GError *error)
{
	half->absent = absent;
	half->error = error && !absent ? g_error_copy(error) : NULL;
	if (--fetch->pending == 0)
		finish(session, fetch);
}

/* Field by field: a photo over the limit must not hide a telephone number. */
static void on_field(G_GNUC_UNUSED CusaxXmppSession *session, CusaxNode *item, gpointer data)
{
	cusax_xmpp_vcard_temp_read(&((Fetch *)data)->temp.vcard, item);
}

/* XEP-0054 §3.3: no vCard is item-not-found or an empty one, no such person service-unavailable. */
static void on_temp(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	Fetch *fetch = data;
	gboolean absent =
		error ? answer && (cusax_xmpp_stanza_has_condition(answer, "item-not-found") ||
				   cusax_xmpp_stanza_has_condition(answer, "service-unavailable"))
		      : fetch->temp.vcard.fields == 0;

	settle(session, fetch, &fetch->temp, absent, error);
}

static void on_four(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	Fetch *fetch = data;
	CusaxNode *item = error ? NULL : cusax_xmpp_pep_item(answer, CUSAX_NODE_VCARD4);
	CusaxNode *vcard = item ? cusax_node_child(item, "vcard", CUSAX_NS_VCARD4) : NULL;

	if (vcard)
		cusax_xmpp_vcard4_read(&fetch->four.vcard, vcard);
	settle(session, fetch, &fetch->four,
	       error ? cusax_xmpp_pep_is_absent(answer) : fetch->four.vcard.fields == 0, error);
}

void cusax_xmpp_vcard_fetch(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind temp = {
		.done = on_temp,
		.bulk_name = "vCard",
		.bulk_ns = CUSAX_NS_VCARD,
		.item = on_field,
	};
	static const CusaxXmppIqKind four = { .done = on_four };
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(operation->fetch_vcard.address, &error);
	const char *to;
	Fetch *fetch;

	if (!jid) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	fetch = g_new0(Fetch, 1);
	fetch->op = operation->id;
	fetch->address = cusax_jid_bare(jid);
	fetch->pending = 2;
	fetch->refs = 3; /* the third is this function's */
	cusax_xmpp_vcard_init(&fetch->temp.vcard);
	cusax_xmpp_vcard_init(&fetch->four.vcard);
	to = strcmp(fetch->address, session->jid) == 0 ? NULL : fetch->address;
	cusax_xmpp_iq_send(session, cusax_xmpp_iq_new("get", to, "vCard", CUSAX_NS_VCARD, NULL),
			   &temp, fetch, fetch_unref);
	cusax_xmpp_iq_send(session, cusax_xmpp_pep_request(to, CUSAX_NODE_VCARD4), &four, fetch,
			   fetch_unref);
	fetch_unref(fetch);
}

void cusax_xmpp_vcard_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item)
{
	CusaxNode *vcard = item ? cusax_node_child(item, "vcard", CUSAX_NS_VCARD4) : NULL;
	g_autofree char *text = vcard ? cusax_node_to_text(vcard, NULL) : g_strdup("");
	g_autofree char *checksum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	CusaxEvent *event;

	if (g_strcmp0(g_hash_table_lookup(session->vcards, address), checksum) == 0)
		return;
	g_hash_table_insert(session->vcards, g_strdup(address), g_steal_pointer(&checksum));
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_VCARD_CHANGED);
	event->vcard_changed.address = g_strdup(address);
	cusax_xmpp_session_push(session, event);
}

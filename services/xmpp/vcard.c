/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vcard-temp: read for TEL, FN and PHOTO; TEL added to the own one. */
/* Main thread. */
#include "services/xmpp/vcard.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

#define MAX_PHONES 64
#define MAX_NUMBER 256 /* bytes */

/* XEP-0054 §3.1 and <VIDEO/>; the words of CusaxPhone in capitals. */
static const char *const tel_types[] = { "HOME",  "WORK", "VOICE", "FAX",  "PAGER", "MSG",  "CELL",
					 "VIDEO", "BBS",  "MODEM", "ISDN", "PCS",   "PREF", NULL };

/* --- reading --------------------------------------------------------------------------------- */

static char *number_of(CusaxNode *tel)
{
	g_autofree char *text = cusax_node_child_text(tel, "NUMBER", CUSAX_NS_VCARD);

	/* Some write the number into TEL itself. */
	if (!text)
		text = cusax_node_text(tel);
	if (!text || !*g_strstrip(text) || strlen(text) > MAX_NUMBER || strpbrk(text, "\t\n"))
		return NULL;
	return g_steal_pointer(&text);
}

/* NULL: there is no number in it. */
static CusaxPhone *parse_tel(CusaxNode *tel)
{
	g_autofree char *number = number_of(tel);
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	g_auto(GStrv) types = NULL;
	gboolean preferred = FALSE;
	CusaxPhone *phone;

	if (!number)
		return NULL;
	for (guint i = 0; tel_types[i]; i++) {
		g_autofree char *word = NULL;

		if (!cusax_node_child(tel, tel_types[i], CUSAX_NS_VCARD))
			continue;
		if (strcmp(tel_types[i], "PREF") == 0) {
			preferred = TRUE;
			continue;
		}
		word = g_ascii_strdown(tel_types[i], -1);
		g_strv_builder_add(words, word);
	}
	types = g_strv_builder_end(words);
	phone = cusax_phone_new(number, (const char *const *)types, CUSAX_SOURCE_VCARD);
	phone->preference = preferred ? 1 : 0;
	return phone;
}

/* XEP-0153 §3.1: the SHA-1 of the bytes. */
static char *photo_hash(CusaxNode *photo)
{
	g_autofree char *encoded = cusax_node_child_text(photo, "BINVAL", CUSAX_NS_VCARD);
	g_autofree guint8 *bytes = NULL;
	gsize length = 0;

	if (!encoded)
		return NULL;
	bytes = g_base64_decode(encoded, &length);
	return length > 0 ? g_compute_checksum_for_data(G_CHECKSUM_SHA1, bytes, length) : NULL;
}

static void read_field(CusaxEvent *event, CusaxNode *field)
{
	CusaxPhone *phone;

	if (cusax_node_is(field, "TEL", CUSAX_NS_VCARD) && event->vcard.phones->len < MAX_PHONES) {
		phone = parse_tel(field);
		if (phone)
			g_ptr_array_add(event->vcard.phones, phone);
	} else if (cusax_node_is(field, "FN", CUSAX_NS_VCARD) && !event->vcard.full_name) {
		event->vcard.full_name = cusax_node_text(field);
	} else if (cusax_node_is(field, "PHOTO", CUSAX_NS_VCARD) && !event->vcard.photo_hash) {
		event->vcard.photo_hash = photo_hash(field);
	}
}

/* --- fetching -------------------------------------------------------------------------------- */

typedef struct {
	CusaxEvent *event; /* filled as the fields come */
	guint fields;
} Fetch;

static void fetch_free(gpointer data)
{
	Fetch *fetch = data;

	cusax_event_free(fetch->event);
	g_free(fetch);
}

/* Field by field: a photo over the limit must not hide a telephone number. */
static void on_field(G_GNUC_UNUSED CusaxXmppSession *session, CusaxNode *item, gpointer data)
{
	Fetch *fetch = data;

	fetch->fields++;
	read_field(fetch->event, item);
}

/* XEP-0054 §3.3: no vCard is item-not-found or an empty one, no such person service-unavailable. */
static gboolean is_absent(CusaxNode *answer, const GError *error, guint fields)
{
	if (!error)
		return fields == 0;
	return answer && (cusax_xmpp_stanza_has_condition(answer, "item-not-found") ||
			  cusax_xmpp_stanza_has_condition(answer, "service-unavailable"));
}

static void on_vcard(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		     gpointer data)
{
	Fetch *fetch = data;
	CusaxEvent *event = g_steal_pointer(&fetch->event);
	guint64 op = event->op;

	event->vcard.absent = is_absent(answer, error, fetch->fields);
	event->vcard.failed = error || event->vcard.absent;
	error = event->vcard.absent ? NULL : error;
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, op, error);
}

void cusax_xmpp_vcard_fetch(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = {
		.done = on_vcard,
		.bulk_name = "vCard",
		.bulk_ns = CUSAX_NS_VCARD,
		.item = on_field,
	};
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(operation->fetch_vcard.address, &error);
	Fetch *fetch;
	char *bare;

	if (!jid) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	bare = cusax_jid_bare(jid);
	fetch = g_new0(Fetch, 1);
	fetch->event = cusax_xmpp_session_event(session, CUSAX_EVENT_VCARD);
	fetch->event->op = operation->id;
	fetch->event->vcard.address = bare;
	cusax_xmpp_iq_send(session,
			   cusax_xmpp_iq_new("get", strcmp(bare, session->jid) == 0 ? NULL : bare,
					     "vCard", CUSAX_NS_VCARD, NULL),
			   &kind, fetch, fetch_free);
}

void cusax_xmpp_vcard_on_item(CusaxXmppSession *session, const char *address,
			      G_GNUC_UNUSED CusaxNode *item)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_VCARD_CHANGED);

	event->vcard_changed.address = g_strdup(address);
	cusax_xmpp_session_push(session, event);
}

/* --- publishing ------------------------------------------------------------------------------ */

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

static gboolean has_number(CusaxNode *vcard, const char *number)
{
	for (CusaxNode *n = cusax_node_first(vcard); n; n = cusax_node_next(n)) {
		g_autofree char *found =
			cusax_node_is(n, "TEL", CUSAX_NS_VCARD) ? number_of(n) : NULL;

		if (g_strcmp0(found, number) == 0)
			return TRUE;
	}
	return FALSE;
}

static void add_tel(CusaxNode *vcard, const CusaxPhone *phone)
{
	CusaxNode *tel = cusax_node_add(vcard, "TEL", CUSAX_NS_VCARD);

	for (guint i = 0; tel_types[i]; i++) {
		g_autofree char *word = g_ascii_strdown(tel_types[i], -1);

		if (g_strv_contains((const char *const *)phone->types, word) ||
		    (strcmp(word, "pref") == 0 && phone->preference == 1))
			cusax_node_add(tel, tel_types[i], CUSAX_NS_VCARD);
	}
	cusax_node_add_text(tel, "NUMBER", CUSAX_NS_VCARD, phone->uri);
}

static void on_written(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
		       const GError *error, gpointer data)
{
	cusax_xmpp_session_done(session, *(guint64 *)data, error);
}

/* Takes vcard, which has no parent. */
static void write_vcard(CusaxXmppSession *session, CusaxNode *vcard, guint64 op)
{
	static const CusaxXmppIqKind kind = { .done = on_written };
	CusaxNode *iq = cusax_node_new("iq", CUSAX_NS_CLIENT);

	cusax_node_set(iq, "type", "set");
	cusax_node_adopt(iq, vcard);
	cusax_xmpp_iq_send(session, iq, &kind, g_memdup2(&op, sizeof(op)), g_free);
}

static void on_own_vcard(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			 gpointer data)
{
	Publication *publication = data;
	gboolean absent = answer && is_absent(answer, error, 1);
	CusaxNode *found =
		answer && !error ? cusax_node_child(answer, "vCard", CUSAX_NS_VCARD) : NULL;
	CusaxNode *vcard;
	gboolean changed = FALSE;

	if (error && !absent) {
		cusax_xmpp_session_done(session, publication->op, error);
		return;
	}
	vcard = found ? cusax_node_copy(found) : cusax_node_new("vCard", CUSAX_NS_VCARD);
	for (guint i = 0; i < publication->phones->len; i++) {
		CusaxPhone *phone = publication->phones->pdata[i];

		if (!has_number(vcard, phone->uri)) {
			add_tel(vcard, phone);
			changed = TRUE;
		}
	}
	if (changed) {
		write_vcard(session, vcard, publication->op);
	} else {
		cusax_node_unref(vcard);
		cusax_xmpp_session_done(session, publication->op, NULL);
	}
}

void cusax_xmpp_vcard_publish(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_own_vcard };
	Publication *publication = g_new0(Publication, 1);
	GPtrArray *phones = operation->publish_phones.phones;

	publication->op = operation->id;
	publication->phones = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	for (guint i = 0; phones && i < MIN(phones->len, MAX_PHONES); i++)
		g_ptr_array_add(publication->phones, cusax_phone_copy(phones->pdata[i]));
	cusax_xmpp_iq_send(session, cusax_xmpp_iq_new("get", NULL, "vCard", CUSAX_NS_VCARD, NULL),
			   &kind, publication, publication_free);
}

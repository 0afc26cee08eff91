/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Avatars on the wire: metadata that is followed, data that is asked for by its hash. */
/* Main thread. */
#include "services/xmpp/avatar.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"
#include "services/xmpp/vcard-edit.h"
#include "services/xmpp/vcard-fields.h"

#define SHA1_HEX 40

/* --- metadata -------------------------------------------------------------------------------- */

/* XEP-0084 §4.2.1: the id is the SHA-1 of the picture; one that lies elsewhere has a url, and nothing
 * is fetched from there. NULL: not of use. */
static char *hash_of(CusaxNode *info)
{
	const char *id = cusax_node_attr(info, "id");

	if (!id || strlen(id) != SHA1_HEX || cusax_node_attr(info, "url") ||
	    strspn(id, "0123456789abcdefABCDEF") != SHA1_HEX)
		return NULL;
	return g_ascii_strdown(id, -1);
}

void cusax_xmpp_avatar_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item)
{
	CusaxNode *metadata =
		item ? cusax_node_child(item, "metadata", CUSAX_NODE_AVATAR_METADATA) : NULL;
	char *hash = NULL;
	CusaxEvent *event;
	gboolean any = FALSE;

	for (CusaxNode *n = metadata ? cusax_node_first(metadata) : NULL; n && !hash;
	     n = cusax_node_next(n)) {
		if (!cusax_node_is(n, "info", CUSAX_NODE_AVATAR_METADATA))
			continue;
		any = TRUE;
		hash = hash_of(n);
	}
	if (any && !hash) {
		cusax_xmpp_session_refuse(session, "avatar");
		return;
	}
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_AVATAR);
	event->avatar.address = g_strdup(address);
	event->avatar.hash = hash ? hash : g_strdup("");
	cusax_xmpp_session_push(session, event);
}

/* --- fetching -------------------------------------------------------------------------------- */

typedef struct {
	guint64 op;
	char *address, *hash;
	CusaxXmppVcard vcard; /* of an occupant: what has been read of it */
} Fetch;

static void fetch_free(gpointer data)
{
	Fetch *fetch = data;

	cusax_xmpp_vcard_clear(&fetch->vcard);
	g_free(fetch->address);
	g_free(fetch->hash);
	g_free(fetch);
}

static GBytes *decode(CusaxNode *item)
{
	CusaxNode *data = item ? cusax_node_child(item, "data", CUSAX_NODE_AVATAR_DATA) : NULL;
	g_autofree char *text = data ? cusax_node_text(data) : NULL;
	gsize length = 0;
	guchar *bytes = text ? g_base64_decode(text, &length) : NULL;

	if (length > 0)
		return g_bytes_new_take(bytes, length);
	g_free(bytes);
	return NULL;
}

/* Takes picture; NULL: there is none. */
static void tell(CusaxXmppSession *session, const Fetch *fetch, GBytes *taken, const GError *error)
{
	g_autoptr(GBytes) picture = taken;
	g_autofree char *hash =
		picture ? g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, picture) : NULL;
	CusaxEvent *event;

	if (error) {
		cusax_xmpp_session_done(session, fetch->op, error);
		return;
	}
	if (!picture) {
		cusax_xmpp_session_fail(session, fetch->op, CUSAX_ERROR_NOT_FOUND,
					"the picture is not there");
		return;
	}
	if (strcmp(hash, fetch->hash) != 0) {
		cusax_xmpp_session_refuse(session, "avatar-hash");
		cusax_xmpp_session_fail(session, fetch->op, CUSAX_ERROR_REFUSED,
					"the picture is not the one that was announced");
		return;
	}
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_AVATAR_DATA);
	event->op = fetch->op;
	event->avatar_data.address = g_strdup(fetch->address);
	event->avatar_data.picture = g_steal_pointer(&picture);
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, fetch->op, NULL);
}

static void on_data(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	tell(session, data,
	     error ? NULL : decode(cusax_xmpp_pep_item(answer, CUSAX_NODE_AVATAR_DATA)), error);
}

static void on_field(G_GNUC_UNUSED CusaxXmppSession *session, CusaxNode *field, gpointer data)
{
	cusax_xmpp_vcard_temp_read(&((Fetch *)data)->vcard, field);
}

static void on_vcard(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
		     const GError *error, gpointer data)
{
	Fetch *fetch = data;

	tell(session, fetch, g_steal_pointer(&fetch->vcard.photo), error);
}

/* XEP-0153; the room hands the question on to the person (XEP-0045 §17.3). Takes fetch. */
static void fetch_by_room(CusaxXmppSession *session, Fetch *fetch)
{
	static const CusaxXmppIqKind kind = {
		.done = on_vcard,
		.bulk_name = "vCard",
		.bulk_ns = CUSAX_NS_VCARD,
		.item = on_field,
	};

	cusax_xmpp_iq_send(session,
			   cusax_xmpp_iq_new("get", fetch->address, "vCard", CUSAX_NS_VCARD, NULL),
			   &kind, fetch, fetch_free);
}

void cusax_xmpp_avatar_fetch(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_data };
	const char *address = operation->fetch_avatar.address;
	const char *to = strcmp(address, session->jid) == 0 ? NULL : address;
	Fetch *fetch = g_new(Fetch, 1);
	CusaxNode *pubsub, *items, *iq;

	*fetch = (Fetch){ .op = operation->id,
			  .address = g_strdup(address),
			  .hash = g_strdup(operation->fetch_avatar.hash) };
	cusax_xmpp_vcard_init(&fetch->vcard);
	if (*cusax_jid_resource(address)) {
		fetch_by_room(session, fetch);
		return;
	}
	iq = cusax_xmpp_iq_new("get", to, "pubsub", CUSAX_NS_PUBSUB, &pubsub);
	items = cusax_node_add(pubsub, "items", CUSAX_NS_PUBSUB);
	cusax_node_set(items, "node", CUSAX_NODE_AVATAR_DATA);
	cusax_node_set(cusax_node_add(items, "item", CUSAX_NS_PUBSUB), "id", fetch->hash);
	cusax_xmpp_iq_send(session, iq, &kind, fetch, fetch_free);
}

/* --- publishing ------------------------------------------------------------------------------ */

typedef struct {
	guint64 op;
	char *hash, *type; /* NULL: no picture any more */
	char *text;        /* the picture in base64 */
	gsize size;
	guint refs; /* requests that hold this */
} Publication;

static Publication *publication_ref(Publication *publication)
{
	publication->refs++;
	return publication;
}

static void publication_unref(gpointer data)
{
	Publication *publication = data;

	if (--publication->refs > 0)
		return;
	g_free(publication->hash);
	g_free(publication->type);
	g_free(publication->text);
	g_free(publication);
}

/* --- the photo of the vCard, for those who look only there (XEP-0153) --- */

static gboolean set_photo(CusaxNode **vcard, gpointer data)
{
	const Publication *publication = data;
	CusaxNode *changed = cusax_node_new("vCard", CUSAX_NS_VCARD);
	gboolean had = FALSE;
	CusaxNode *photo;

	for (CusaxNode *n = cusax_node_first(*vcard); n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "PHOTO", CUSAX_NS_VCARD))
			had = TRUE;
		else
			cusax_node_adopt(changed, cusax_node_copy(n));
	}
	if (publication->hash) {
		photo = cusax_node_add(changed, "PHOTO", CUSAX_NS_VCARD);
		cusax_node_add_text(photo, "TYPE", CUSAX_NS_VCARD, publication->type);
		cusax_node_add_text(photo, "BINVAL", CUSAX_NS_VCARD, publication->text);
	}
	cusax_node_unref(*vcard);
	*vcard = changed;
	return had || publication->hash;
}

static gboolean keep(G_GNUC_UNUSED CusaxNode **vcard, G_GNUC_UNUSED gpointer data)
{
	return FALSE;
}

static void on_photo_set(CusaxXmppSession *session, const GError *error, gpointer data)
{
	const Publication *publication = data;

	if (!error) {
		g_free(session->photo_hash);
		session->photo_hash = g_strdup(publication->hash ? publication->hash : "");
	}
	cusax_xmpp_session_done(session, publication->op, error);
}

/* XEP-0398 §3: a server that converts wants one of the two alone. */
static void on_own_info(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			gpointer data)
{
	static const CusaxXmppVcardEdit edit = { set_photo, keep, on_photo_set };
	CusaxNode *query = error ? NULL : cusax_node_child(answer, "query", CUSAX_NS_DISCO_INFO);
	Publication *publication = data;

	for (CusaxNode *n = query ? cusax_node_first(query) : NULL; n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "feature", CUSAX_NS_DISCO_INFO) &&
		    g_strcmp0(cusax_node_attr(n, "var"), CUSAX_NS_PEP_VCARD) == 0) {
			cusax_xmpp_session_done(session, publication->op, NULL);
			return;
		}
	}
	cusax_xmpp_vcard_edit(session, &edit, publication_ref(publication), publication_unref);
}

static void on_published(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
			 const GError *error, gpointer data)
{
	static const CusaxXmppIqKind kind = { .done = on_own_info };
	Publication *publication = data;

	if (error)
		cusax_xmpp_session_done(session, publication->op, error);
	else
		cusax_xmpp_iq_send(
			session, cusax_xmpp_iq_new("get", NULL, "query", CUSAX_NS_DISCO_INFO, NULL),
			&kind, publication_ref(publication), publication_unref);
}

/* XEP-0084 §4.2.1; without a picture an empty element (§4.2.4). */
static void publish_metadata(CusaxXmppSession *session, Publication *publication)
{
	static const CusaxXmppIqKind kind = { .done = on_published };
	CusaxNode *metadata = cusax_node_new("metadata", CUSAX_NODE_AVATAR_METADATA);
	g_autofree char *size = g_strdup_printf("%" G_GSIZE_FORMAT, publication->size);
	CusaxNode *info;

	if (publication->hash) {
		info = cusax_node_add(metadata, "info", CUSAX_NODE_AVATAR_METADATA);
		cusax_node_set(info, "id", publication->hash);
		cusax_node_set(info, "type", publication->type);
		cusax_node_set(info, "bytes", size);
	}
	cusax_xmpp_iq_send(session,
			   cusax_xmpp_pep_publication(CUSAX_NODE_AVATAR_METADATA, publication->hash,
						      metadata, NULL),
			   &kind, publication_ref(publication), publication_unref);
}

static void on_data_published(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
			      const GError *error, gpointer data)
{
	Publication *publication = data;

	if (error)
		cusax_xmpp_session_done(session, publication->op, error);
	else
		publish_metadata(session, publication);
}

void cusax_xmpp_avatar_publish(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_data_published };
	GBytes *picture = operation->publish_avatar.picture;
	g_autoptr(CusaxNode) payload = NULL;
	Publication *publication = g_new0(Publication, 1);
	gsize size;
	gconstpointer bytes;

	publication->op = operation->id;
	publication->refs = 1;
	if (!picture) {
		publish_metadata(session, publication);
		publication_unref(publication);
		return;
	}
	bytes = g_bytes_get_data(picture, &size);
	publication->hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, picture);
	publication->type = g_strdup(operation->publish_avatar.type);
	publication->size = size;
	publication->text = g_base64_encode(bytes, size);
	payload = cusax_node_new("data", CUSAX_NODE_AVATAR_DATA);
	cusax_node_set_text(payload, publication->text, -1);
	cusax_xmpp_iq_send(session,
			   cusax_xmpp_pep_publication(CUSAX_NODE_AVATAR_DATA, publication->hash,
						      g_steal_pointer(&payload), NULL),
			   &kind, publication, publication_unref);
}

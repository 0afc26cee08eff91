/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reachability: the addresses of each contact from all its sources, the own ones published. */
/* Main thread. */
#include "services/xmpp/reach.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/pep.h"
#include "services/xmpp/roster.h"

#define MAX_ADDRESSES 16   /* of one source, and of one contact */
#define MAX_RESOURCES 16   /* of one contact */
#define MAX_URI       1024 /* bytes */

/* What one contact hints at. */
typedef struct {
	GPtrArray *sources; /* Source, the node first, then resources as they came */
	char *shown;        /* the URIs last reported, in lines */
} Hints;

typedef struct {
	char *resource; /* "": the PEP node */
	GStrv uris;
} Source;

static void source_free(gpointer data)
{
	Source *source = data;

	g_free(source->resource);
	g_strfreev(source->uris);
	g_free(source);
}

static void hints_free(gpointer data)
{
	Hints *hints = data;

	g_ptr_array_unref(hints->sources);
	g_free(hints->shown);
	g_free(hints);
}

/* --- reading --------------------------------------------------------------------------------- */

/* Any scheme (C50), as given. NULL: not a URI, or not one for a line of text. */
static char *take_uri(const char *text)
{
	g_autofree char *uri = text ? g_strstrip(cusax_text_clean(text, -1)) : NULL;
	const char *scheme = uri ? g_uri_peek_scheme(uri) : NULL;

	if (!scheme || strlen(uri) > MAX_URI || strpbrk(uri, " \t\n") || !strchr(uri, ':')[1])
		return NULL;
	return g_steal_pointer(&uri);
}

/* NULL: none. reach may be NULL. */
static GStrv read_addresses(CusaxNode *reach)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	guint n = 0;

	for (CusaxNode *addr = reach ? cusax_node_first(reach) : NULL; addr && n < MAX_ADDRESSES;
	     addr = cusax_node_next(addr)) {
		g_autofree char *uri = cusax_node_is(addr, "addr", CUSAX_NS_REACH)
					       ? take_uri(cusax_node_attr(addr, "uri"))
					       : NULL;

		if (uri) {
			g_strv_builder_add(builder, uri);
			n++;
		}
	}
	return n > 0 ? g_strv_builder_end(builder) : NULL;
}

/* --- what is known --------------------------------------------------------------------------- */

static Hints *take_hints(CusaxXmppSession *session, const char *address)
{
	Hints *hints;

	if (!session->reach)
		session->reach = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, hints_free);
	hints = g_hash_table_lookup(session->reach, address);
	if (!hints) {
		hints = g_new0(Hints, 1);
		hints->sources = g_ptr_array_new_with_free_func(source_free);
		g_hash_table_insert(session->reach, g_strdup(address), hints);
	}
	return hints;
}

static gboolean find_source(Hints *hints, const char *resource, guint *ret_index)
{
	for (guint i = 0; i < hints->sources->len; i++) {
		if (strcmp(((Source *)hints->sources->pdata[i])->resource, resource) == 0) {
			*ret_index = i;
			return TRUE;
		}
	}
	return FALSE;
}

static void push_report(CusaxXmppSession *session, const char *address, GPtrArray *uris)
{
	static const char *const no_types[] = { NULL };
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_REACHABILITY);

	event->reachability.address = g_strdup(address);
	for (guint i = 0; i < uris->len; i++)
		g_ptr_array_add(
			event->reachability.phones,
			cusax_phone_new(uris->pdata[i], no_types, CUSAX_SOURCE_REACHABILITY));
	cusax_xmpp_session_push(session, event);
}

/* All of the contact, each address once, where that is not what was reported last. */
static void report(CusaxXmppSession *session, const char *address, Hints *hints)
{
	g_autoptr(GPtrArray) uris = g_ptr_array_new();
	g_autoptr(GString) lines = g_string_new(NULL);

	for (guint i = 0; i < hints->sources->len; i++) {
		Source *source = hints->sources->pdata[i];

		for (GStrv uri = source->uris; *uri && uris->len < MAX_ADDRESSES; uri++) {
			if (g_ptr_array_find_with_equal_func(uris, *uri, g_str_equal, NULL))
				continue;
			g_ptr_array_add(uris, *uri);
			g_string_append_printf(lines, "%s\n", *uri);
		}
	}
	if (g_strcmp0(lines->str, hints->shown ? hints->shown : "") == 0)
		return;
	g_free(hints->shown);
	hints->shown = g_string_free(g_steal_pointer(&lines), FALSE);
	push_report(session, address, uris);
}

/* Takes uris; NULL: none. */
static void set_source(CusaxXmppSession *session, const char *address, const char *resource,
		       GStrv uris)
{
	Hints *hints = take_hints(session, address);
	Source *source;
	guint i;

	if (find_source(hints, resource, &i)) {
		source = hints->sources->pdata[i];
		g_strfreev(source->uris);
		source->uris = uris;
		if (!uris)
			g_ptr_array_remove_index(hints->sources, i);
	} else if (uris && hints->sources->len > MAX_RESOURCES) {
		cusax_xmpp_session_refuse(session, "reach-limit");
		g_strfreev(uris);
	} else if (uris) {
		source = g_new0(Source, 1);
		source->resource = g_strdup(resource);
		source->uris = uris;
		g_ptr_array_insert(hints->sources, *resource ? -1 : 0, source);
	}
	report(session, address, hints);
	if (hints->sources->len == 0)
		g_hash_table_remove(session->reach, address);
}

/* --- entry: from the wire -------------------------------------------------------------------- */

void cusax_xmpp_reach_on_presence(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				  gboolean available)
{
	const char *resource = cusax_jid_resource(stanza->from);
	CusaxNode *reach =
		available ? cusax_node_child(stanza->node, "reach", CUSAX_NS_REACH) : NULL;
	g_autofree char *bare = cusax_jid_bare(stanza->from);

	if (strcmp(bare, session->jid) == 0)
		return; /* another device of ours */
	if (!cusax_xmpp_roster_contains(session, bare)) {
		if (reach)
			cusax_xmpp_session_refuse(session, "reach");
		return;
	}
	/* Presence without a resource is a component's or the server's: no device that can be called. */
	if (*resource)
		set_source(session, bare, resource, read_addresses(reach));
}

void cusax_xmpp_reach_on_item(CusaxXmppSession *session, const char *address, CusaxNode *item)
{
	CusaxNode *reach = item ? cusax_node_child(item, "reach", CUSAX_NS_REACH) : NULL;

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_PRESENCE) ||
	    strcmp(address, session->jid) == 0)
		return;
	set_source(session, address, "", read_addresses(reach));
}

void cusax_xmpp_reach_reset(CusaxXmppSession *session)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	GHashTableIter iter;
	const char *address;

	if (!session->reach)
		return;
	g_hash_table_iter_init(&iter, session->reach);
	while (g_hash_table_iter_next(&iter, (gpointer *)&address, NULL))
		push_report(session, address, none);
	g_hash_table_remove_all(session->reach);
}

void cusax_xmpp_reach_forget(CusaxXmppSession *session, const char *address)
{
	if (session->reach)
		g_hash_table_remove(session->reach, address);
}

/* --- the own --------------------------------------------------------------------------------- */

typedef struct {
	guint64 op;
	gboolean retracts;
} Publication;

static void on_published(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			 gpointer data)
{
	Publication *publication = data;

	/* What was never there is as good as taken away. */
	if (publication->retracts && cusax_xmpp_pep_is_absent(answer))
		error = NULL;
	cusax_xmpp_session_done(session, publication->op, error);
}

void cusax_xmpp_reach_publish(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_published };
	GStrv uris = operation->publish_reachability.uris;
	Publication *publication;
	CusaxNode *reach, *iq;

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_PRESENCE)) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_FEATURE_DISABLED,
					"presence is switched off for this account");
		return;
	}
	publication = g_new0(Publication, 1);
	publication->op = operation->id;
	publication->retracts = !uris || !*uris;
	if (publication->retracts) {
		iq = cusax_xmpp_pep_retraction(CUSAX_NS_REACH);
	} else {
		reach = cusax_node_new("reach", CUSAX_NS_REACH);
		for (; *uris; uris++)
			cusax_node_set(cusax_node_add(reach, "addr", CUSAX_NS_REACH), "uri", *uris);
		iq = cusax_xmpp_pep_publication(CUSAX_NS_REACH, NULL, reach, "presence");
	}
	cusax_xmpp_iq_send(session, iq, &kind, publication, g_free);
}

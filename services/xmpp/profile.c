/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The own profile: single fields of both forms of the vCard, read and changed. */
/* Main thread. */
#include "services/xmpp/profile.h"

#include <string.h>

#include "services/xmpp/iq.h"
#include "services/xmpp/nick.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/vcard-edit.h"

/* One field in both forms: an element, and the element in it that has the text; NULL: itself. */
static const struct {
	const char *key;
	const char *temp, *temp_in;
	const char *four, *four_in;
} fields[] = {
	{ "name", "FN", NULL, "fn", "text" },
	{ "nick", "NICKNAME", NULL, "nickname", "text" },
	{ "note", "DESC", NULL, "note", "text" },
	{ "url", "URL", NULL, "url", "uri" },
	{ "organization", "ORG", "ORGNAME", "org", "text" },
	{ "title", "TITLE", NULL, "title", "text" },
	{ "role", "ROLE", NULL, "role", "text" },
	{ "birthday", "BDAY", NULL, "bday", "date" },
};

typedef struct {
	guint64 op;
	GHashTable *changes; /* key -> text, "": take it away */
	GHashTable *found;   /* key -> text, after the changes */
} Profile;

static void profile_free(gpointer data)
{
	Profile *profile = data;

	g_hash_table_unref(profile->changes);
	g_hash_table_unref(profile->found);
	g_free(profile);
}

static char *text_of(CusaxNode *field, const char *inner, const char *ns)
{
	g_autofree char *text =
		inner ? cusax_node_child_text(field, inner, ns) : cusax_node_text(field);

	return text && *g_strstrip(text) ? g_steal_pointer(&text) : NULL;
}

static void add_field(CusaxNode *vcard, const char *name, const char *inner, const char *ns,
		      const char *text)
{
	if (inner)
		cusax_node_add_text(cusax_node_add(vcard, name, ns), inner, ns, text);
	else
		cusax_node_add_text(vcard, name, ns, text);
}

/* A copy of vcard with text in the place of the first such field; "": without it. */
static CusaxNode *with_field(CusaxNode *vcard, const char *name, const char *inner, const char *ns,
			     const char *text)
{
	CusaxNode *changed = cusax_node_new(cusax_node_name(vcard), ns);
	gboolean done = FALSE;

	for (CusaxNode *n = cusax_node_first(vcard); n; n = cusax_node_next(n)) {
		if (done || !cusax_node_is(n, name, ns)) {
			cusax_node_adopt(changed, cusax_node_copy(n));
			continue;
		}
		done = TRUE;
		if (*text)
			add_field(changed, name, inner, ns, text);
	}
	if (!done && *text)
		add_field(changed, name, inner, ns, text);
	return changed;
}

/* One field of one form; what is found first counts: vCard4 is read last and says more. */
static gboolean change_field(Profile *profile, CusaxNode **vcard, const char *key, const char *name,
			     const char *inner, const char *ns)
{
	CusaxNode *field = cusax_node_child(*vcard, name, ns);
	g_autofree char *old = field ? text_of(field, inner, ns) : NULL;
	const char *wanted = g_hash_table_lookup(profile->changes, key);
	gboolean changed = wanted && g_strcmp0(wanted, old ? old : "") != 0;
	CusaxNode *fresh;

	if (changed) {
		fresh = with_field(*vcard, name, inner, ns, wanted);
		cusax_node_unref(*vcard);
		*vcard = fresh;
	}
	if (wanted && *wanted)
		g_hash_table_insert(profile->found, g_strdup(key), g_strdup(wanted));
	else if (!wanted && old)
		g_hash_table_insert(profile->found, g_strdup(key), g_steal_pointer(&old));
	return changed;
}

static gboolean change_temp(CusaxNode **vcard, gpointer data)
{
	gboolean changed = FALSE;

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		changed |= change_field(data, vcard, fields[i].key, fields[i].temp,
					fields[i].temp_in, CUSAX_NS_VCARD);
	return changed;
}

static gboolean change_four(CusaxNode **vcard, gpointer data)
{
	gboolean changed = FALSE;

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		changed |= change_field(data, vcard, fields[i].key, fields[i].four,
					fields[i].four_in, CUSAX_NS_VCARD4);
	return changed;
}

static void report(CusaxXmppSession *session, const Profile *profile)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_PROFILE);

	event->op = profile->op;
	event->profile.fields = g_hash_table_ref(profile->found);
	cusax_xmpp_session_push(session, event);
}

static void on_nick(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer, const GError *error,
		    gpointer data)
{
	cusax_xmpp_session_done(session, *(guint64 *)data, error);
}

static void on_done(CusaxXmppSession *session, const GError *error, gpointer data)
{
	static const CusaxXmppIqKind kind = { .done = on_nick };
	const Profile *profile = data;
	const char *nick = g_hash_table_lookup(profile->changes, "nick");

	if (!error)
		report(session, profile);
	if (error || !nick)
		cusax_xmpp_session_done(session, profile->op, error);
	else /* XEP-0172 §4.4: followers learn it at once */
		cusax_xmpp_iq_send(session, cusax_xmpp_nick_publication(nick), &kind,
				   g_memdup2(&profile->op, sizeof(profile->op)), g_free);
}

void cusax_xmpp_profile(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppVcardEdit edit = { change_temp, change_four, on_done };
	Profile *profile = g_new0(Profile, 1);

	profile->op = operation->id;
	profile->changes = g_hash_table_ref(operation->profile.changes);
	profile->found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	cusax_xmpp_vcard_edit(session, &edit, profile, profile_free);
}

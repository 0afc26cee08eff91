/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The own profile: single fields of both forms of the vCard, read and changed. */
/* Main thread. */
#include "services/xmpp/profile.h"

#include <string.h>

#include "services/xmpp/iq.h"
#include "services/xmpp/nick.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/vcard-edit.h"

#define PHONE "phone"

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
	{ "email", "EMAIL", "USERID", "email", "text" },
	{ PHONE, "TEL", "NUMBER", "tel", "uri" },
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

/* A number as it is written: of vCard4 without "tel:". NULL: a SIP address, which is entered elsewhere
 * (vcard-publish.c). Takes text. */
static char *take_number(char *text)
{
	g_autofree char *number = text;

	if (!number || g_ascii_strncasecmp(number, "sip", 3) == 0)
		return NULL;
	return g_strdup(g_ascii_strncasecmp(number, "tel:", 4) == 0 ? number + 4 : number);
}

/* RFC 3966 §3: without what separates. */
static char *number_uri(const char *number)
{
	GString *uri = g_string_new("tel:");

	for (const char *p = number; *p; p++) {
		if (g_ascii_isdigit(*p) || *p == '+')
			g_string_append_c(uri, *p);
	}
	return g_string_free(uri, FALSE);
}

/* The first such field that has a text; NULL: there is none. */
static CusaxNode *find_field(CusaxNode *vcard, const char *key, const char *name, const char *inner,
			     char **ret_text)
{
	const char *ns = cusax_node_ns(vcard);

	for (CusaxNode *n = cusax_node_first(vcard); n; n = cusax_node_next(n)) {
		if (!cusax_node_is(n, name, ns))
			continue;
		*ret_text = text_of(n, inner, ns);
		if (strcmp(key, PHONE) == 0)
			*ret_text = take_number(*ret_text);
		if (*ret_text)
			return n;
	}
	return NULL;
}

static void add_field(CusaxNode *vcard, const char *key, const char *name, const char *inner,
		      const char *text)
{
	const char *ns = cusax_node_ns(vcard);
	gboolean is_uri = strcmp(key, PHONE) == 0 && strcmp(ns, CUSAX_NS_VCARD4) == 0;
	g_autofree char *uri = is_uri ? number_uri(text) : NULL;

	if (inner)
		cusax_node_add_text(cusax_node_add(vcard, name, ns), inner, ns, uri ? uri : text);
	else
		cusax_node_add_text(vcard, name, ns, text);
}

/* A copy of vcard with text in the place of old (NULL: at its end); "": without it. */
static CusaxNode *with_field(CusaxNode *vcard, CusaxNode *old, const char *key, const char *name,
			     const char *inner, const char *text)
{
	CusaxNode *changed = cusax_node_new(cusax_node_name(vcard), cusax_node_ns(vcard));

	for (CusaxNode *n = cusax_node_first(vcard); n; n = cusax_node_next(n)) {
		if (n != old)
			cusax_node_adopt(changed, cusax_node_copy(n));
		else if (*text)
			add_field(changed, key, name, inner, text);
	}
	if (!old && *text)
		add_field(changed, key, name, inner, text);
	return changed;
}

/* One field of one form; what is found first counts: vCard4 is read last and says more. */
static gboolean change_field(Profile *profile, CusaxNode **vcard, const char *key, const char *name,
			     const char *inner)
{
	g_autofree char *old = NULL;
	CusaxNode *field = find_field(*vcard, key, name, inner, &old), *fresh;
	const char *wanted = g_hash_table_lookup(profile->changes, key);
	gboolean changed = wanted && g_strcmp0(wanted, old ? old : "") != 0;

	if (changed) {
		fresh = with_field(*vcard, field, key, name, inner, wanted);
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
		changed |=
			change_field(data, vcard, fields[i].key, fields[i].temp, fields[i].temp_in);
	return changed;
}

static gboolean change_four(CusaxNode **vcard, gpointer data)
{
	gboolean changed = FALSE;

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		changed |=
			change_field(data, vcard, fields[i].key, fields[i].four, fields[i].four_in);
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

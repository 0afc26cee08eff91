/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Announced capabilities: asked for, checked against their hash, made into words. */
/* Main thread. */
#include "services/xmpp/caps.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

#define MAX_TEXT  512 /* bytes of a node or a version */
#define MAX_PARTS 512 /* identities, features, fields: each; more than any client has */

/* --- the string that is hashed (§5.1) -------------------------------------------------------- */

/* What could be taken for the end of a part stays as it stands in XML. */
static void append(GString *string, const char *text)
{
	for (const char *p = text ? text : ""; *p; p++) {
		if (*p == '<')
			g_string_append(string, "&lt;");
		else
			g_string_append_c(string, *p);
	}
}

static void append_part(GString *string, const char *text)
{
	append(string, text);
	g_string_append_c(string, '<');
}

/* Stands for the end of what is sorted by: it is in no XML, and comes before all that is. */
#define END "\1"

static void append_key(GString *string, const char *text)
{
	append(string, text);
	g_string_append(string, END);
}

static int by_bytes(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* FALSE: one is there twice, or there are too many. */
static gboolean sort(GPtrArray *texts, gboolean unique)
{
	g_ptr_array_sort(texts, by_bytes);
	for (guint i = 1; unique && i < texts->len; i++) {
		if (strcmp(texts->pdata[i - 1], texts->pdata[i]) == 0)
			return FALSE;
	}
	return texts->len <= MAX_PARTS;
}

static const char *attr(CusaxNode *node, const char *name)
{
	const char *value = cusax_node_attr(node, name);

	return value ? value : "";
}

/* NULL: a field of it ends where it should not. */
static char *identity_key(CusaxNode *identity)
{
	const char *category = attr(identity, "category"), *type = attr(identity, "type"),
		   *lang = attr(identity, "xml:lang");

	if (strchr(category, '/') || strchr(type, '/') || strchr(lang, '/'))
		return NULL;
	return g_strjoin(END, category, type, lang, attr(identity, "name"), NULL);
}

static gboolean hash_identities(CusaxNode *query, GString *string)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);

	for (CusaxNode *n = cusax_node_first(query); n; n = cusax_node_next(n)) {
		char *key;

		if (!cusax_node_is(n, "identity", CUSAX_NS_DISCO_INFO))
			continue;
		key = identity_key(n);
		if (!key)
			return FALSE;
		g_ptr_array_add(keys, key);
	}
	if (!sort(keys, TRUE))
		return FALSE;
	for (guint i = 0; i < keys->len; i++) {
		g_strdelimit(keys->pdata[i], END, '/');
		append_part(string, keys->pdata[i]);
	}
	return TRUE;
}

static gboolean hash_features(CusaxNode *query, GString *string)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (CusaxNode *n = cusax_node_first(query); n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "feature", CUSAX_NS_DISCO_INFO))
			g_ptr_array_add(names, (char *)attr(n, "var"));
	}
	if (!sort(names, TRUE))
		return FALSE;
	for (guint i = 0; i < names->len; i++)
		append_part(string, names->pdata[i]);
	return TRUE;
}

static GPtrArray *values_of(CusaxNode *field)
{
	GPtrArray *values = g_ptr_array_new_with_free_func(g_free);

	for (CusaxNode *n = cusax_node_first(field); n; n = cusax_node_next(n)) {
		char *text = cusax_node_is(n, "value", CUSAX_NS_DATA) ? cusax_node_text(n) : NULL;

		if (cusax_node_is(n, "value", CUSAX_NS_DATA))
			g_ptr_array_add(values, text ? text : g_strdup(""));
	}
	return values;
}

/* One field: its name and values, each closed. */
static char *field_text(CusaxNode *field)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) values = values_of(field);

	append_key(text, attr(field, "var"));
	if (!sort(values, FALSE))
		return NULL;
	for (guint i = 0; i < values->len; i++)
		append_part(text, values->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The FORM_TYPE of a form; *ret_good FALSE: it has several. NULL: the form does not count (3.7). */
static char *form_type(CusaxNode *form, gboolean *ret_good)
{
	for (CusaxNode *n = cusax_node_first(form); n; n = cusax_node_next(n)) {
		g_autoptr(GPtrArray) values = NULL;

		if (!cusax_node_is(n, "field", CUSAX_NS_DATA) ||
		    strcmp(attr(n, "var"), "FORM_TYPE") != 0)
			continue;
		values = values_of(n);
		for (guint i = 1; i < values->len; i++) {
			if (strcmp(values->pdata[0], values->pdata[i]) != 0)
				*ret_good = FALSE;
		}
		if (strcmp(attr(n, "type"), "hidden") != 0 || values->len == 0)
			return NULL;
		return g_strdup(values->pdata[0]);
	}
	return NULL;
}

/* One form (XEP-0128): its type and fields, each closed; NULL: ill-formed. */
static char *form_text(CusaxNode *form, const char *type)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);

	append_key(text, type);
	for (CusaxNode *n = cusax_node_first(form); n; n = cusax_node_next(n)) {
		char *field;

		if (!cusax_node_is(n, "field", CUSAX_NS_DATA) ||
		    strcmp(attr(n, "var"), "FORM_TYPE") == 0)
			continue;
		field = field_text(n);
		if (!field)
			return NULL;
		g_ptr_array_add(fields, field);
	}
	if (!sort(fields, FALSE))
		return NULL;
	for (guint i = 0; i < fields->len; i++)
		g_string_append(text, fields->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean hash_forms(CusaxNode *query, GString *string)
{
	g_autoptr(GHashTable) types = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) forms = g_ptr_array_new_with_free_func(g_free);

	for (CusaxNode *n = cusax_node_first(query); n; n = cusax_node_next(n)) {
		gboolean good = TRUE;
		char *type, *text;

		if (!cusax_node_is(n, "x", CUSAX_NS_DATA))
			continue;
		type = form_type(n, &good);
		if (type && !g_hash_table_add(types, type))
			good = FALSE;
		text = good && type ? form_text(n, type) : NULL;
		if (!good || (type && !text))
			return FALSE;
		if (text)
			g_ptr_array_add(forms, text);
	}
	if (!sort(forms, TRUE))
		return FALSE;
	for (guint i = 0; i < forms->len; i++)
		g_string_append(string, forms->pdata[i]);
	return TRUE;
}

char *cusax_xmpp_caps_hash(CusaxNode *query, GChecksumType type)
{
	g_autoptr(GString) string = g_string_new(NULL);
	g_autoptr(GChecksum) checksum = NULL;
	guint8 digest[64];
	gsize length = sizeof(digest);

	if (!hash_identities(query, string) || !hash_features(query, string) ||
	    !hash_forms(query, string))
		return NULL;
	g_strdelimit(string->str, END, '<');
	checksum = g_checksum_new(type);
	g_checksum_update(checksum, (const guint8 *)string->str, (gssize)string->len);
	g_checksum_get_digest(checksum, digest, &length);
	return g_base64_encode(digest, length);
}

/* FALSE: nobody here can check it. MD5 is no proof of anything. */
static gboolean hash_type(const char *name, GChecksumType *ret)
{
	static const struct {
		const char *name;
		GChecksumType type;
	} types[] = {
		{ "sha-1", G_CHECKSUM_SHA1 },
		{ "sha-256", G_CHECKSUM_SHA256 },
		{ "sha-384", G_CHECKSUM_SHA384 },
		{ "sha-512", G_CHECKSUM_SHA512 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
		if (g_strcmp0(name, types[i].name) == 0) {
			*ret = types[i].type;
			return TRUE;
		}
	}
	return FALSE;
}

/* --- presence --------------------------------------------------------------------------------- */

static gboolean fits(const char *text)
{
	return text && *text && strlen(text) <= MAX_TEXT && g_utf8_validate(text, -1, NULL);
}

void cusax_xmpp_caps_read(CusaxNode *presence, CusaxEvent *event)
{
	CusaxNode *c = cusax_node_child(presence, "c", CUSAX_NS_CAPS);
	const char *node = c ? cusax_node_attr(c, "node") : NULL;
	const char *version = c ? cusax_node_attr(c, "ver") : NULL;
	GChecksumType type;

	if (!fits(node) || !fits(version))
		return;
	event->presence.caps_node = g_strdup(node);
	event->presence.caps_version = g_strdup(version);
	if (hash_type(cusax_node_attr(c, "hash"), &type))
		event->presence.caps_hash = g_strdup(cusax_node_attr(c, "hash"));
}

/* --- asking ------------------------------------------------------------------------------------ */

/* Sorted by word. What a person can do with somebody; several names of one thing are one word. */
static const struct {
	const char *feature, *word;
} words[] = {
	{ "urn:xmpp:attention:0", "attention" },
	{ CUSAX_NS_CHAT_STATES, "chat-states" },
	{ CUSAX_NS_CORRECT, "corrections" },
	{ "eu.siacs.conversations.axolotl.devicelist+notify", "encryption" },
	{ "urn:xmpp:omemo:2:devices+notify", "encryption" },
	{ "urn:xmpp:jingle:apps:file-transfer:5", "file-transfer" },
	{ CUSAX_NS_OOB, "files" },
	{ CUSAX_NS_FILE_SHARING, "files" },
	{ CUSAX_NS_MUC_DIRECT, "invitations" },
	{ "urn:xmpp:jingle:apps:rtp:audio", "jingle-audio" },
	{ "urn:xmpp:jingle:apps:rtp:video", "jingle-video" },
	{ CUSAX_NS_LAST, "last-activity" },
	{ CUSAX_NS_MARKERS, "markers" },
	{ CUSAX_NS_REACTIONS, "reactions" },
	{ CUSAX_NS_RECEIPTS, "receipts" },
	{ CUSAX_NS_REPLY, "replies" },
	{ CUSAX_NS_RETRACT, "retractions" },
	{ CUSAX_NS_RETRACT_0, "retractions" },
	{ CUSAX_NS_MUC, "rooms" },
	{ "urn:xmpp:styling:0", "styling" },
	{ CUSAX_NS_TIME, "time" },
	{ CUSAX_NS_VERSION, "version" },
};

static GStrv words_of(CusaxNode *query)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GStrvBuilder) found = g_strv_builder_new();
	const char *last = "";

	for (CusaxNode *n = cusax_node_first(query); n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "feature", CUSAX_NS_DISCO_INFO))
			g_hash_table_add(names, (char *)attr(n, "var"));
	}
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		if (strcmp(words[i].word, last) == 0 ||
		    !g_hash_table_contains(names, words[i].feature))
			continue;
		last = words[i].word;
		g_strv_builder_add(found, last);
	}
	return g_strv_builder_end(found);
}

/* What it is: a client before all else that it may be. */
static CusaxNode *identity_of(CusaxNode *query)
{
	CusaxNode *best = NULL;

	for (CusaxNode *n = cusax_node_first(query); n; n = cusax_node_next(n)) {
		if (!cusax_node_is(n, "identity", CUSAX_NS_DISCO_INFO))
			continue;
		if (strcmp(attr(n, "category"), "client") == 0)
			return n;
		if (!best)
			best = n;
	}
	return best;
}

typedef struct {
	guint64 op;
	char *address, *version, *hash;
} Question;

static void question_free(gpointer data)
{
	Question *question = data;

	g_free(question->address);
	g_free(question->version);
	g_free(question->hash);
	g_free(question);
}

/* FALSE: it is not what was announced. */
static gboolean is_true(CusaxNode *query, const Question *question)
{
	GChecksumType type = G_CHECKSUM_SHA1;
	gboolean checked = question->hash && hash_type(question->hash, &type);
	g_autofree char *hash = cusax_xmpp_caps_hash(query, type);

	/* Ill-formed is ill-formed, also where there is no hash to check. */
	return hash && (!checked || strcmp(hash, question->version) == 0);
}

static void on_info(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	const Question *question = data;
	CusaxNode *query = error ? NULL : cusax_node_child(answer, "query", CUSAX_NS_DISCO_INFO);
	CusaxNode *identity;
	CusaxEvent *event;

	if (!query || !is_true(query, question)) {
		if (!error) {
			cusax_xmpp_session_refuse(session, "caps");
			cusax_xmpp_session_fail(session, question->op, CUSAX_ERROR_REFUSED,
						"the client is not what it announces");
		} else {
			cusax_xmpp_session_done(session, question->op, error);
		}
		return;
	}
	identity = identity_of(query);
	event = cusax_xmpp_session_event(session, CUSAX_EVENT_CLIENT);
	event->op = question->op;
	event->client.address = g_strdup(question->address);
	if (identity) {
		event->client.category = g_strdup(attr(identity, "category"));
		event->client.type = g_strdup(attr(identity, "type"));
		event->client.name = g_strdup(attr(identity, "name"));
	}
	g_strfreev(event->client.features);
	event->client.features = words_of(query);
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, question->op, NULL);
}

void cusax_xmpp_caps_fetch(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const CusaxXmppIqKind kind = { .done = on_info };
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(operation->fetch_client.address, &error);
	g_autofree char *node = NULL;
	CusaxNode *query, *iq;
	Question *question;

	if (!jid) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	question = g_new0(Question, 1);
	question->op = operation->id;
	question->address = g_strdup(jid);
	question->version = g_strdup(operation->fetch_client.version);
	question->hash = g_strdup(operation->fetch_client.hash);
	node = g_strconcat(operation->fetch_client.node, "#", question->version, NULL);
	iq = cusax_xmpp_iq_new("get", jid, "query", CUSAX_NS_DISCO_INFO, &query);
	/* What came before hashes (§1.3 of the older text) knows other nodes: all of it is asked for. */
	if (question->hash)
		cusax_node_set(query, "node", node);
	cusax_xmpp_iq_send(session, iq, &kind, question, question_free);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vCard 4 as XML (RFC 6351, RFC 6350): fn and tel read, tel added. */
/* Main thread. */
#include <string.h>

#include "services/xmpp/ns.h"
#include "services/xmpp/vcard-fields.h"

#define MAX_TYPES 16
#define MAX_TYPE  32 /* bytes */

/* --- reading --------------------------------------------------------------------------------- */

static char *number_of(CusaxNode *tel)
{
	char *number = cusax_xmpp_vcard_number(cusax_node_child_text(tel, "uri", CUSAX_NS_VCARD4));

	return number ? number
		      : cusax_xmpp_vcard_number(
				cusax_node_child_text(tel, "text", CUSAX_NS_VCARD4));
}

/* A type as a word in small letters (RFC 6350 §5.6); NULL: not one. */
static char *take_word(CusaxNode *node)
{
	g_autofree char *text =
		cusax_node_is(node, "text", CUSAX_NS_VCARD4) ? cusax_node_text(node) : NULL;
	g_autofree char *word = text ? g_ascii_strdown(g_strstrip(text), -1) : NULL;

	if (!word || !*word || strlen(word) > MAX_TYPE ||
	    word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		return NULL;
	return g_steal_pointer(&word);
}

/* "pref" among them is how version 3 said it. */
static GStrv read_types(CusaxNode *parameters, gboolean *ret_preferred)
{
	CusaxNode *type = parameters ? cusax_node_child(parameters, "type", CUSAX_NS_VCARD4) : NULL;
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	guint n = 0;

	*ret_preferred = FALSE;
	for (CusaxNode *node = type ? cusax_node_first(type) : NULL; node && n < MAX_TYPES;
	     node = cusax_node_next(node)) {
		g_autofree char *word = take_word(node);

		if (g_strcmp0(word, "pref") == 0) {
			*ret_preferred = TRUE;
		} else if (word) {
			g_strv_builder_add(words, word);
			n++;
		}
	}
	return g_strv_builder_end(words);
}

/* RFC 6350 §5.3: from 1, the best, to 100. 0: not given. */
static guint read_preference(CusaxNode *parameters)
{
	CusaxNode *pref = parameters ? cusax_node_child(parameters, "pref", CUSAX_NS_VCARD4) : NULL;
	g_autofree char *text =
		pref ? cusax_node_child_text(pref, "integer", CUSAX_NS_VCARD4) : NULL;
	guint64 value = 0;

	if (text)
		g_ascii_string_to_unsigned(g_strstrip(text), 10, 1, 100, &value, NULL);
	return (guint)value;
}

/* NULL: there is no number in it. */
static CusaxPhone *parse_tel(CusaxNode *tel)
{
	CusaxNode *parameters = cusax_node_child(tel, "parameters", CUSAX_NS_VCARD4);
	g_autofree char *number = number_of(tel);
	g_auto(GStrv) types = NULL;
	gboolean preferred;
	CusaxPhone *phone;

	if (!number)
		return NULL;
	types = read_types(parameters, &preferred);
	phone = cusax_phone_new(number, (const char *const *)types, CUSAX_SOURCE_VCARD4);
	phone->preference = read_preference(parameters);
	if (phone->preference == 0 && preferred)
		phone->preference = 1;
	return phone;
}

static void read_property(CusaxXmppVcard *vcard, CusaxNode *node)
{
	vcard->fields++;
	if (cusax_node_is(node, "tel", CUSAX_NS_VCARD4))
		cusax_xmpp_vcard_add_phone(vcard, parse_tel(node));
	else if (cusax_node_is(node, "fn", CUSAX_NS_VCARD4) && !vcard->full_name)
		vcard->full_name = cusax_node_child_text(node, "text", CUSAX_NS_VCARD4);
}

void cusax_xmpp_vcard4_read(CusaxXmppVcard *vcard, CusaxNode *node)
{
	for (CusaxNode *n = cusax_node_first(node); n; n = cusax_node_next(n)) {
		if (!cusax_node_is(n, "group", CUSAX_NS_VCARD4)) {
			read_property(vcard, n);
			continue;
		}
		/* RFC 6351 §5: properties that belong together; groups have no groups in them. */
		for (CusaxNode *in = cusax_node_first(n); in; in = cusax_node_next(in))
			read_property(vcard, in);
	}
}

/* --- writing --------------------------------------------------------------------------------- */

static void add_types(CusaxNode *parameters, const CusaxPhone *phone)
{
	CusaxNode *type;

	if (!*phone->types)
		return;
	type = cusax_node_add(parameters, "type", CUSAX_NS_VCARD4);
	for (GStrv word = phone->types; *word; word++)
		cusax_node_add_text(type, "text", CUSAX_NS_VCARD4, *word);
}

static gboolean has_number(CusaxNode *node, const char *number)
{
	CusaxXmppVcard vcard;
	gboolean found = FALSE;

	cusax_xmpp_vcard_init(&vcard);
	cusax_xmpp_vcard4_read(&vcard, node);
	for (guint i = 0; i < vcard.phones->len; i++)
		found |= strcmp(((CusaxPhone *)vcard.phones->pdata[i])->uri, number) == 0;
	cusax_xmpp_vcard_clear(&vcard);
	return found;
}

gboolean cusax_xmpp_vcard4_add(CusaxNode *node, const CusaxPhone *phone)
{
	g_autofree char *preference = g_strdup_printf("%u", phone->preference);
	CusaxNode *tel, *parameters;

	if (has_number(node, phone->uri))
		return FALSE;
	tel = cusax_node_add(node, "tel", CUSAX_NS_VCARD4);
	if (phone->preference || *phone->types) {
		parameters = cusax_node_add(tel, "parameters", CUSAX_NS_VCARD4);
		if (phone->preference)
			cusax_node_add_text(cusax_node_add(parameters, "pref", CUSAX_NS_VCARD4),
					    "integer", CUSAX_NS_VCARD4, preference);
		add_types(parameters, phone);
	}
	cusax_node_add_text(tel, g_uri_peek_scheme(phone->uri) ? "uri" : "text", CUSAX_NS_VCARD4,
			    phone->uri);
	return TRUE;
}

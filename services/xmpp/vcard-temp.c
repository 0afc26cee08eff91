/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vcard-temp (XEP-0054): FN, TEL and PHOTO read, TEL added. */
/* Main thread. */
#include <string.h>

#include "services/xmpp/ns.h"
#include "services/xmpp/vcard-fields.h"

/* XEP-0054 §3.1 and <VIDEO/>; the words of CusaxPhone in capitals. */
static const char *const tel_types[] = { "HOME",  "WORK", "VOICE", "FAX",  "PAGER", "MSG",  "CELL",
					 "VIDEO", "BBS",  "MODEM", "ISDN", "PCS",   "PREF", NULL };

/* --- of both forms --------------------------------------------------------------------------- */

void cusax_xmpp_vcard_init(CusaxXmppVcard *vcard)
{
	*vcard = (CusaxXmppVcard){ 0 };
	vcard->phones = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
}

void cusax_xmpp_vcard_clear(CusaxXmppVcard *vcard)
{
	g_clear_pointer(&vcard->full_name, g_free);
	g_clear_pointer(&vcard->photo_hash, g_free);
	g_clear_pointer(&vcard->photo, g_bytes_unref);
	g_clear_pointer(&vcard->phones, g_ptr_array_unref);
}

char *cusax_xmpp_vcard_number(char *text)
{
	g_autofree char *number = text;

	if (!number || !*g_strstrip(number) || strlen(number) > CUSAX_XMPP_MAX_NUMBER ||
	    strpbrk(number, "\t\n"))
		return NULL;
	return g_steal_pointer(&number);
}

void cusax_xmpp_vcard_add_phone(CusaxXmppVcard *vcard, CusaxPhone *phone)
{
	if (phone && vcard->phones->len < CUSAX_XMPP_MAX_PHONES)
		g_ptr_array_add(vcard->phones, phone);
	else
		cusax_phone_free(phone);
}

/* --- reading --------------------------------------------------------------------------------- */

/* Some write the number into TEL itself. */
static char *number_of(CusaxNode *tel)
{
	CusaxNode *number = cusax_node_child(tel, "NUMBER", CUSAX_NS_VCARD);

	return cusax_xmpp_vcard_number(cusax_node_text(number ? number : tel));
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
static void read_photo(CusaxXmppVcard *vcard, CusaxNode *photo)
{
	g_autofree char *encoded = cusax_node_child_text(photo, "BINVAL", CUSAX_NS_VCARD);
	guint8 *bytes;
	gsize length = 0;

	if (!encoded)
		return;
	bytes = g_base64_decode(encoded, &length);
	if (length == 0) {
		g_free(bytes);
		return;
	}
	vcard->photo = g_bytes_new_take(bytes, length);
	vcard->photo_hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, vcard->photo);
}

void cusax_xmpp_vcard_temp_read(CusaxXmppVcard *vcard, CusaxNode *field)
{
	vcard->fields++;
	if (cusax_node_is(field, "TEL", CUSAX_NS_VCARD))
		cusax_xmpp_vcard_add_phone(vcard, parse_tel(field));
	else if (cusax_node_is(field, "FN", CUSAX_NS_VCARD) && !vcard->full_name)
		vcard->full_name = cusax_node_text(field);
	else if (cusax_node_is(field, "PHOTO", CUSAX_NS_VCARD) && !vcard->photo_hash)
		read_photo(vcard, field);
}

/* --- writing --------------------------------------------------------------------------------- */

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

gboolean cusax_xmpp_vcard_temp_add(CusaxNode *node, const CusaxPhone *phone)
{
	CusaxNode *tel;

	if (has_number(node, phone->uri))
		return FALSE;
	tel = cusax_node_add(node, "TEL", CUSAX_NS_VCARD);
	for (guint i = 0; tel_types[i]; i++) {
		g_autofree char *word = g_ascii_strdown(tel_types[i], -1);

		if (g_strv_contains((const char *const *)phone->types, word) ||
		    (strcmp(word, "pref") == 0 && phone->preference == 1))
			cusax_node_add(tel, tel_types[i], CUSAX_NS_VCARD);
	}
	cusax_node_add_text(tel, "NUMBER", CUSAX_NS_VCARD, phone->uri);
	return TRUE;
}

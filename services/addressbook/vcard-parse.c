/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vCards as text: lines, properties and parameters, persons. */
/* Pure functions: no state, any thread. */
#include "services/addressbook/vcard-parse.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "daemon/base/text.h"

#define MAX_LINE  8192 /* bytes, unfolded */
#define MAX_TYPES 16
#define MAX_TYPE  32 /* bytes */

/* --- lines ------------------------------------------------------------------------------------- */

typedef struct {
	const char *next, *end;
	GString *line;
} Reader;

/* One line as it stands in the file is added to the unfolded one. */
static void take_physical(Reader *reader, gboolean *overlong)
{
	const char *stop = memchr(reader->next, '\n', reader->end - reader->next);
	const char *last = stop ? stop : reader->end;
	gsize length = last - reader->next;

	if (length > 0 && last[-1] == '\r')
		length--;
	if (reader->line->len + length > MAX_LINE)
		*overlong = TRUE;
	else
		g_string_append_len(reader->line, reader->next, length);
	reader->next = stop ? stop + 1 : reader->end;
}

static gboolean is_folded(const Reader *reader)
{
	return reader->next < reader->end && (*reader->next == ' ' || *reader->next == '\t');
}

/* RFC 6350 §3.2. FALSE at the end; an overlong or malformed line comes as an empty one. */
static gboolean next_line(Reader *reader)
{
	gboolean overlong = FALSE;

	g_string_truncate(reader->line, 0);
	if (reader->next >= reader->end)
		return FALSE;
	take_physical(reader, &overlong);
	while (is_folded(reader)) {
		reader->next++;
		take_physical(reader, &overlong);
	}
	if (overlong || !g_utf8_validate(reader->line->str, reader->line->len, NULL))
		g_string_truncate(reader->line, 0);
	return TRUE;
}

/* --- one property ------------------------------------------------------------------------------ */

typedef struct {
	const char *name; /* without its group */
	const char *value;
	GStrv types;      /* lower case, without "pref"; never NULL */
	guint preference; /* 1 … 100; 0: not given */
	gboolean is_xmpp; /* X-SERVICE-TYPE says so */
} Property;

static void property_clear(Property *property)
{
	g_clear_pointer(&property->types, g_strfreev);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Property, property_clear)

/* Ends the text at the first of stops that is not in quotes; returns what follows, NULL: none of
 * them is there. ret_stop may be NULL. */
static char *cut(char *text, const char *stops, char *ret_stop)
{
	gboolean quoted = FALSE;

	for (; *text; text++) {
		if (*text == '"') {
			quoted = !quoted;
		} else if (!quoted && strchr(stops, *text)) {
			if (ret_stop)
				*ret_stop = *text;
			*text = '\0';
			return text + 1;
		}
	}
	return NULL;
}

static void add_type(Property *property, GPtrArray *types, const char *text)
{
	g_autofree char *word = g_strstrip(g_ascii_strdown(text, -1));

	if (strcmp(word, "pref") == 0) {
		property->preference = property->preference ? property->preference : 1;
		return;
	}
	if (!*word || strlen(word) > MAX_TYPE || types->len >= MAX_TYPES ||
	    word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		return;
	g_ptr_array_add(types, g_steal_pointer(&word));
}

/* One type or a list of them, in quotes or not. */
static void add_types(Property *property, GPtrArray *types, char *list)
{
	g_auto(GStrv) words = g_strsplit(g_strdelimit(list, "\"", ' '), ",", 2 * MAX_TYPES);

	for (guint i = 0; words[i]; i++)
		add_type(property, types, words[i]);
}

static void read_parameter(Property *property, GPtrArray *types, char *parameter)
{
	char *value = cut(parameter, "=", NULL);
	guint64 number;

	if (!value) {
		add_types(property, types, parameter); /* the bare word of older cards */
	} else if (g_ascii_strcasecmp(parameter, "type") == 0) {
		add_types(property, types, value);
	} else if (g_ascii_strcasecmp(parameter, "pref") == 0) {
		if (g_ascii_string_to_unsigned(value, 10, 1, 100, &number, NULL))
			property->preference = (guint)number;
	} else if (g_ascii_strcasecmp(parameter, "x-service-type") == 0) {
		property->is_xmpp = g_ascii_strcasecmp(value, "xmpp") == 0 ||
				    g_ascii_strcasecmp(value, "jabber") == 0;
	}
}

/* RFC 6350 §3.4; also what is no escape keeps its letter. In place. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '\\' && text[1]) {
			text++;
			*to++ = *text == 'n' || *text == 'N' ? '\n' : *text;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* The strings of ret lie in line, which is cut up. FALSE: no property. */
static gboolean read_property(char *line, Property *ret)
{
	g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);
	char stop = '\0', *group, *name = line, *rest = cut(line, ":;", &stop);

	*ret = (Property){ 0 };
	while (rest && stop == ';') {
		char *parameter = rest;

		rest = cut(parameter, ":;", &stop);
		if (rest)
			read_parameter(ret, types, parameter);
	}
	if (!rest)
		return FALSE;
	group = strrchr(name, '.');
	ret->name = g_strstrip(group ? group + 1 : name);
	unescape(rest);
	ret->value = g_strstrip(rest);
	g_ptr_array_add(types, NULL);
	ret->types = (GStrv)g_ptr_array_steal(types, NULL);
	return TRUE;
}

/* --- one person -------------------------------------------------------------------------------- */

typedef struct {
	CusaxBookEntry *entry; /* NULL: between entries */
	gboolean version_known;
	gboolean is_group;
} Card;

static gboolean starts_with(const char *text, const char *scheme)
{
	return g_ascii_strncasecmp(text, scheme, strlen(scheme)) == 0;
}

static void add_address(CusaxBookEntry *entry, const char *text)
{
	g_autofree char *jid = cusax_jid_prepare(text, NULL);
	g_autofree char *bare = jid ? cusax_jid_bare(jid) : NULL;

	if (!bare || entry->addresses->len >= CUSAX_BOOK_MAX_ADDRESSES ||
	    g_ptr_array_find_with_equal_func(entry->addresses, bare, g_str_equal, NULL))
		return;
	g_ptr_array_add(entry->addresses, g_steal_pointer(&bare));
}

static void add_phone(CusaxBookEntry *entry, const Property *property, const char *number)
{
	CusaxPhone *phone;

	if (!*number || strlen(number) > CUSAX_BOOK_MAX_NUMBER || strpbrk(number, "\t\r\n") ||
	    entry->phones->len >= CUSAX_BOOK_MAX_PHONES)
		return;
	phone = cusax_phone_new(number, (const char *const *)property->types,
				CUSAX_SOURCE_ADDRESS_BOOK);
	phone->preference = property->preference;
	g_ptr_array_add(entry->phones, phone);
}

static gboolean has_sip_scheme(const char *text)
{
	return starts_with(text, "sip:") || starts_with(text, "sips:");
}

/* RFC 4770, and what was written before it. */
static void take_messaging(CusaxBookEntry *entry, const Property *property)
{
	if (starts_with(property->value, "xmpp:") ||
	    (property->is_xmpp && !strchr(property->value, ':')))
		add_address(entry, property->value);
	else if (has_sip_scheme(property->value))
		add_phone(entry, property, property->value);
}

static void take_sip(CusaxBookEntry *entry, const Property *property)
{
	g_autofree char *uri = has_sip_scheme(property->value)
				       ? g_strdup(property->value)
				       : g_strconcat("sip:", property->value, NULL);

	add_phone(entry, property, uri);
}

static void take_property(Card *card, const Property *property)
{
	CusaxBookEntry *entry = card->entry;
	const char *name = property->name, *value = property->value;

	if (g_ascii_strcasecmp(name, "version") == 0)
		card->version_known = strcmp(value, "3.0") == 0 || strcmp(value, "4.0") == 0;
	else if (g_ascii_strcasecmp(name, "kind") == 0 ||
		 g_ascii_strcasecmp(name, "x-addressbookserver-kind") == 0)
		card->is_group = g_ascii_strcasecmp(value, "group") == 0;
	else if (g_ascii_strcasecmp(name, "fn") == 0 && !entry->full_name && *value)
		entry->full_name = cusax_text_line(value, CUSAX_TEXT_NAME_MAX);
	else if (g_ascii_strcasecmp(name, "tel") == 0)
		add_phone(entry, property, value);
	else if (g_ascii_strcasecmp(name, "x-sip") == 0 && *value)
		take_sip(entry, property);
	else if (g_ascii_strcasecmp(name, "impp") == 0)
		take_messaging(entry, property);
	else if (g_ascii_strcasecmp(name, "x-jabber") == 0)
		add_address(entry, value);
}

static void end_card(Card *card, GPtrArray *entries, CusaxVcardCounts *counts)
{
	g_autoptr(CusaxBookEntry) entry = g_steal_pointer(&card->entry);

	if (!card->version_known)
		counts->broken++;
	else if (card->is_group || entry->addresses->len == 0)
		return;
	else if (entries->len >= CUSAX_BOOK_MAX_ENTRIES)
		counts->surplus++;
	else
		g_ptr_array_add(entries, g_steal_pointer(&entry));
}

/* An entry that is not closed: whose the rest of it is cannot be known. */
static void drop_card(Card *card, CusaxVcardCounts *counts)
{
	if (!card->entry)
		return;
	counts->broken++;
	g_clear_pointer(&card->entry, cusax_book_entry_free);
}

GPtrArray *cusax_vcard_parse(const char *text, gsize length, CusaxVcardCounts *ret_counts)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_book_entry_free);
	gsize skip = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	Reader reader = { text + skip, text + length, g_string_new(NULL) };
	CusaxVcardCounts counts = { 0 };
	Card card = { 0 };

	while (next_line(&reader)) {
		g_auto(Property) property = { 0 };
		gboolean begins, ends;

		if (!read_property(reader.line->str, &property))
			continue;
		begins = g_ascii_strcasecmp(property.name, "begin") == 0;
		ends = g_ascii_strcasecmp(property.name, "end") == 0;
		if (begins) {
			drop_card(&card, &counts);
			card = (Card){ 0 };
			if (g_ascii_strcasecmp(property.value, "vcard") == 0)
				card.entry = cusax_book_entry_new();
		} else if (card.entry && ends) {
			end_card(&card, entries, &counts);
		} else if (card.entry) {
			take_property(&card, &property);
		}
	}
	drop_card(&card, &counts);
	g_string_free(reader.line, TRUE);
	if (ret_counts)
		*ret_counts = counts;
	return entries;
}

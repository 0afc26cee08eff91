/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merging and ranking the telephone entries of one person. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/phones.h"

#include <string.h>

#include "daemon/base/text.h"

#define TYPES_MAX 16
#define UNRANKED  1000 /* after every preference that a card can give (1 … 100) */

/* Types that rule out a conversation when nothing else is said (RFC 6350 §6.4.1, XEP-0054). */
static const char *const deaf_types[] = { "fax", "pager", "modem", "bbs", "textphone", NULL };
/* Types that promise one, whatever else the line can do. */
static const char *const voice_types[] = { "voice", "video", "cell", NULL };

static gboolean has_one_of(GStrv types, const char *const *wanted)
{
	for (guint i = 0; types[i]; i++) {
		if (g_strv_contains(wanted, types[i]))
			return TRUE;
	}
	return FALSE;
}

/* C37: untyped means voice; fax, pager and modem alone do not. */
static gboolean is_for_voice(GStrv types)
{
	return has_one_of(types, voice_types) || !has_one_of(types, deaf_types);
}

static gboolean is_association(CusaxSource source)
{
	switch (source) {
	case CUSAX_SOURCE_VCARD:
	case CUSAX_SOURCE_VCARD4:
	case CUSAX_SOURCE_ADDRESS_BOOK:
	case CUSAX_SOURCE_DIRECTORY:
		return TRUE;
	case CUSAX_SOURCE_NONE:
	case CUSAX_SOURCE_REACHABILITY:
	case CUSAX_SOURCE_TYPED:
	case CUSAX_SOURCE_CALL_INFO:
		return FALSE;
	}
	g_return_val_if_reached(FALSE);
}

/* Which source to name where several have an entry: the strongest evidence (C54, C55). */
static int strength(CusaxSource source)
{
	switch (source) {
	case CUSAX_SOURCE_DIRECTORY:
		return 5;
	case CUSAX_SOURCE_VCARD4:
		return 4;
	case CUSAX_SOURCE_VCARD:
		return 3;
	case CUSAX_SOURCE_ADDRESS_BOOK:
		return 2;
	case CUSAX_SOURCE_REACHABILITY:
	case CUSAX_SOURCE_TYPED:
	case CUSAX_SOURCE_CALL_INFO:
		return 1;
	case CUSAX_SOURCE_NONE:
		return 0;
	}
	g_return_val_if_reached(0);
}

static GStrv join_types(GStrv old, GStrv more)
{
	g_autoptr(GPtrArray) joined = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; old && old[i]; i++)
		g_ptr_array_add(joined, g_strdup(old[i]));
	for (guint i = 0; more && more[i] && joined->len < TYPES_MAX; i++) {
		g_autofree char *line = cusax_text_line(more[i], 32);
		g_autofree char *word = g_utf8_strdown(line, -1);

		if (*word && !g_ptr_array_find_with_equal_func(joined, word, g_str_equal, NULL))
			g_ptr_array_add(joined, g_steal_pointer(&word));
	}
	g_ptr_array_add(joined, NULL);
	return (GStrv)g_ptr_array_steal(joined, NULL);
}

static void judge(CusaxPhoneEntry *entry, const CusaxDialPlan *plan)
{
	g_auto(CusaxNumber) number = cusax_number_read(entry->uri, plan);

	entry->media = 0;
	if (!number.uri && !number.digits) {
		entry->reason = CUSAX_PHONE_NOT_DIALABLE;
	} else if (!is_for_voice(entry->types)) {
		entry->reason = CUSAX_PHONE_NOT_VOICE;
	} else {
		entry->reason = CUSAX_PHONE_CALLABLE;
		entry->media = CUSAX_FEATURE_AUDIO;
		if (g_strv_contains((const char *const *)entry->types, "video"))
			entry->media |= CUSAX_FEATURE_VIDEO;
	}
	entry->telephone = number.telephone;
	if (number.e164)
		entry->alias = g_steal_pointer(&number.address);
}

static CusaxPhoneEntry *entry_new(const CusaxPhone *phone, char *key)
{
	CusaxPhoneEntry *entry = g_new0(CusaxPhoneEntry, 1);

	entry->uri = g_strdup(phone->uri ? phone->uri : "");
	entry->types = join_types(NULL, phone->types);
	entry->key = key;
	entry->preference = phone->preference;
	entry->source = phone->source;
	entry->association = is_association(phone->source);
	return entry;
}

/* Two sources say different things of one line: the one that rules out a call loses only where the
 * other promises voice, so types are joined. */
static void absorb(CusaxPhoneEntry *entry, const CusaxPhone *phone)
{
	GStrv joined = join_types(entry->types, phone->types);

	g_strfreev(entry->types);
	entry->types = joined;
	if (phone->preference && (!entry->preference || phone->preference < entry->preference))
		entry->preference = phone->preference;
	if (strength(phone->source) > strength(entry->source))
		entry->source = phone->source;
	entry->association |= is_association(phone->source);
}

static guint rank(const CusaxPhoneEntry *entry)
{
	return entry->preference ? MIN(entry->preference, UNRANKED - 1) : UNRANKED;
}

static int compare(gconstpointer a, gconstpointer b)
{
	const CusaxPhoneEntry *left = *(const CusaxPhoneEntry *const *)a;
	const CusaxPhoneEntry *right = *(const CusaxPhoneEntry *const *)b;

	if (!left->media != !right->media)
		return !left->media - !right->media;
	if (left->association != right->association)
		return right->association - left->association;
	/* The sort is stable: what is left keeps the order found. */
	return (int)rank(left) - (int)rank(right);
}

void cusax_phone_entry_free(CusaxPhoneEntry *entry)
{
	if (!entry)
		return;
	g_free(entry->uri);
	g_strfreev(entry->types);
	g_free(entry->key);
	g_free(entry->alias);
	g_free(entry);
}

GPtrArray *cusax_phones_merge(const GPtrArray *phones, const CusaxDialPlan *plan)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_entry_free);
	g_autoptr(GHashTable) by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; phones && i < phones->len && entries->len < CUSAX_PHONES_MAX; i++) {
		const CusaxPhone *phone = g_ptr_array_index(phones, i);
		g_autofree char *key = cusax_number_key(phone->uri, plan);
		/* What has no key is the same only where it is written the same. */
		g_autofree char *same = key ? g_strdup(key) : g_strconcat("=", phone->uri, NULL);
		CusaxPhoneEntry *entry = g_hash_table_lookup(by_key, same);

		if (entry) {
			absorb(entry, phone);
			continue;
		}
		entry = entry_new(phone, g_steal_pointer(&key));
		g_ptr_array_add(entries, entry);
		g_hash_table_insert(by_key, g_steal_pointer(&same), entry);
	}
	for (guint i = 0; i < entries->len; i++)
		judge(g_ptr_array_index(entries, i), plan);
	g_ptr_array_sort(entries, compare);
	return entries;
}

CusaxFeatures cusax_phones_media(const GPtrArray *entries)
{
	CusaxFeatures media = 0;

	for (guint i = 0; entries && i < entries->len; i++) {
		const CusaxPhoneEntry *entry = g_ptr_array_index(entries, i);

		media |= entry->media;
	}
	return media;
}

const char *cusax_phone_reason_text(CusaxPhoneReason reason)
{
	switch (reason) {
	case CUSAX_PHONE_CALLABLE:
		return "Can be called.";
	case CUSAX_PHONE_NOT_VOICE:
		return "A line for fax, pager or modem only.";
	case CUSAX_PHONE_NOT_DIALABLE:
		return "Not an address that can be dialled.";
	}
	g_return_val_if_reached("");
}

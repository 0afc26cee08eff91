/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person can be called by, merged and ranked. */
/* Test program. */
#include "tests/unit/policy-support.h"
#include "tests/unit/rows.h"

typedef struct {
	const char *name;
	const char *phones; /* see phones_from_text() */
	const char *
		expected; /* "key:media;…", - for no key, media of a (audio) v (video) or nothing */
	CusaxFeatures media;
} Row;

#define A  CUSAX_FEATURE_AUDIO
#define AV (CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_VIDEO)

/* clang-format off */
static const Row rows[] = {
	{ "C32: a vcard-temp number can be called", "+33123456789,vcard,voice", "tel:+33123456789 a", A },
	{ "C33: a vCard4 URI can be called", "tel:+33123456789,vcard4,voice", "tel:+33123456789 a", A },
	{ "C33: a vCard4 text can be called", "01 23 45 67 89,vcard4,", "tel:+33123456789 a", A },
	{ "C34: every form at once is one entry",
	  "tel:+33-1-23-45-67-89|01 23 45 67 89|0033123456789|sip:+33123456789@sip.test;user=phone",
	  "tel:+33123456789 a", A },
	{ "C35: no address is made up", "", "", 0 },
	{ "C36: vcard-temp video", "sip:bob@sip.test,vcard,video", "sip:bob@sip.test av", AV },
	{ "C36: vCard4 video among others", "sip:bob@sip.test,vcard4,voice+video+home", "sip:bob@sip.test av", AV },
	{ "C36: type words in capitals", "sip:bob@sip.test,vcard,VIDEO", "sip:bob@sip.test av", AV },
	{ "C37: untyped means voice", "+33123456789", "tel:+33123456789 a", A },
	{ "C37: a place alone means voice", "+33123456789,vcard,home", "tel:+33123456789 a", A },
	{ "C37: fax only is not callable", "+33123456789,vcard,fax", "tel:+33123456789 ", 0 },
	{ "C37: home fax is not callable", "+33123456789,vcard,home+fax", "tel:+33123456789 ", 0 },
	{ "C37: pager only is not callable", "+33123456789,vcard,pager", "tel:+33123456789 ", 0 },
	{ "C37: modem only is not callable", "+33123456789,vcard,modem", "tel:+33123456789 ", 0 },
	{ "C37: fax and voice is callable", "+33123456789,vcard,fax+voice", "tel:+33123456789 a", A },
	{ "C37: a mobile that takes faxes is callable", "+33123456789,vcard,cell+fax", "tel:+33123456789 a", A },
	{ "C37: lower preference value first", "+33100000001,vcard,,2|+33100000002,vcard,,1",
	  "tel:+33100000002 a;tel:+33100000001 a", A },
	{ "C37: preferred before not given", "+33100000001|+33100000002,vcard,,100",
	  "tel:+33100000002 a;tel:+33100000001 a", A },
	{ "C37: the order found is kept", "+33100000003|+33100000001|+33100000002",
	  "tel:+33100000003 a;tel:+33100000001 a;tel:+33100000002 a", A },
	{ "C37: what cannot be called comes last", "+33100000001,vcard,fax,1|+33100000002",
	  "tel:+33100000002 a;tel:+33100000001 ", A },
	{ "C37: an absurd preference is the worst given", "+33100000001,vcard,,4294967295|+33100000002",
	  "tel:+33100000001 a;tel:+33100000002 a", A },
	{ "C37: a duplicate joins types", "sip:bob@sip.test,vcard,voice|sip:bob@SIP.TEST;transport=tls,vcard4,video",
	  "sip:bob@sip.test av", AV },
	{ "C37: a duplicate keeps the better preference", "+33100000001|+33100000002,vcard,,5|+33100000001,vcard4,,1",
	  "tel:+33100000001 a;tel:+33100000002 a", A },
	{ "C37: a duplicate does not lose its preference", "+33100000002,vcard,,5|+33100000001,vcard,,1|+33100000001,vcard,,9|+33100000001",
	  "tel:+33100000001 a;tel:+33100000002 a", A },
	{ "C37: a duplicate with a better preference wins", "+33100000002,vcard,,3|+33100000001,vcard,,5|+33100000001,vcard,,2",
	  "tel:+33100000001 a;tel:+33100000002 a", A },
	{ "C40: a directory entry follows the same rules", "sip:bob@sip.test,directory,fax", "sip:bob@sip.test ", 0 },
	{ "C43: one callable entry is enough", "+33100000001,vcard,fax|sip:bob@sip.test", "sip:bob@sip.test a;tel:+33100000001 ", A },
	{ "C45: text that cannot be dialled is not callable", "ask my assistant", "- ", 0 },
	{ "C45: an xmpp URI is not callable", "xmpp:bob@xmpp.test", "- ", 0 },
	{ "C45: a number without key is callable all the same", "+44 (0)20 7946 0123", "- a", A },
	{ "C47: no video without the type", "sip:bob@sip.test,vcard,voice", "sip:bob@sip.test a", A },
	{ "C47: a video line that is fax too", "sip:bob@sip.test,vcard,fax+video", "sip:bob@sip.test av", AV },
	{ "C50: hints come after associations", "sip:a@sip.test,reachability,,1|sip:b@sip.test,vcard,,9",
	  "sip:b@sip.test a;sip:a@sip.test a", A },
	{ "C50: the order of hints is kept", "sip:b@sip.test,reachability|sip:a@sip.test,reachability",
	  "sip:b@sip.test a;sip:a@sip.test a", A },
	{ "the same text without key is one entry", "nonsense|nonsense", "- ", 0 },
	{ "types that are nothing are dropped", "sip:bob@sip.test,vcard,\xe2\x80\x8b+voice+voice", "sip:bob@sip.test a", A },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_autoptr(GPtrArray) entries = entries_from_text(row->phones, &plan_france);
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < entries->len; i++) {
		const CusaxPhoneEntry *entry = g_ptr_array_index(entries, i);

		g_string_append_printf(got, "%s%s %s%s", i ? ";" : "",
				       entry->key ? entry->key : "-",
				       entry->media & CUSAX_FEATURE_AUDIO ? "a" : "",
				       entry->media & CUSAX_FEATURE_VIDEO ? "v" : "");
		g_assert_nonnull(entry->types);
		g_assert_cmpint(entry->reason == CUSAX_PHONE_CALLABLE, ==, entry->media != 0);
		g_assert_cmpstr(cusax_phone_reason_text(entry->reason), !=, "");
	}
	g_assert_cmpstr(got->str, ==, row->expected);
	g_assert_cmpint(cusax_phones_media(entries), ==, row->media);
}

typedef struct {
	const char *name;
	const char *phones;
	CusaxSource source;
	gboolean association;
} SourceRow;

static const SourceRow source_rows[] = {
	{ "C54: an address book entry is an association", "sip:b@sip.test,address-book",
	  CUSAX_SOURCE_ADDRESS_BOOK, TRUE },
	{ "C55: the vCard goes before the address book",
	  "sip:b@sip.test,address-book|sip:b@sip.test,vcard", CUSAX_SOURCE_VCARD, TRUE },
	{ "C55: vCard4 goes before vcard-temp", "sip:b@sip.test,vcard|sip:b@sip.test,vcard4",
	  CUSAX_SOURCE_VCARD4, TRUE },
	{ "C55: the directory goes before all",
	  "sip:b@sip.test,directory|sip:b@sip.test,vcard4|sip:b@sip.test,reachability",
	  CUSAX_SOURCE_DIRECTORY, TRUE },
	{ "C51: a hint is no association", "sip:b@sip.test,reachability", CUSAX_SOURCE_REACHABILITY,
	  FALSE },
	{ "C51: a typed address is no association", "sip:b@sip.test,typed", CUSAX_SOURCE_TYPED,
	  FALSE },
	{ "C51: a cue is no association", "sip:b@sip.test,call-info", CUSAX_SOURCE_CALL_INFO,
	  FALSE },
	{ "C51: a vCard makes an association of what was a hint",
	  "sip:b@sip.test,reachability|sip:b@sip.test,vcard", CUSAX_SOURCE_VCARD, TRUE },
};

static void test_source(gconstpointer data)
{
	const SourceRow *row = data;
	g_autoptr(GPtrArray) entries = entries_from_text(row->phones, &plan_france);
	const CusaxPhoneEntry *entry = g_ptr_array_index(entries, 0);

	g_assert_cmpuint(entries->len, ==, 1);
	g_assert_cmpint(entry->source, ==, row->source);
	g_assert_cmpint(entry->association, ==, row->association);
}

static void test_none(void)
{
	g_autoptr(GPtrArray) entries = cusax_phones_merge(NULL, NULL);
	CusaxPhone nameless = { .source = CUSAX_SOURCE_NONE };
	CusaxPhone named = { .uri = (char *)"nonsense", .source = CUSAX_SOURCE_NONE };
	g_autoptr(GPtrArray) phones = g_ptr_array_new();
	g_autoptr(GPtrArray) odd = NULL;

	g_assert_cmpuint(entries->len, ==, 0);
	g_assert_cmpint(cusax_phones_media(NULL), ==, 0);
	cusax_phone_entry_free(NULL);
	g_ptr_array_add(phones, &nameless);
	g_ptr_array_add(phones, &named);
	g_ptr_array_add(phones, &named);
	odd = cusax_phones_merge(phones, NULL);
	g_assert_cmpuint(odd->len, ==, 2);
}

/* Hostile: ten thousand entries, and one with ten thousand types. */
static void test_many(void)
{
	g_autoptr(GPtrArray) phones =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) types = NULL;
	const CusaxPhoneEntry *first;

	for (guint i = 0; i < 10000; i++) {
		g_autofree char *type = g_strdup_printf("type-%u", i);

		g_strv_builder_add(builder, type);
	}
	types = g_strv_builder_end(builder);
	for (guint i = 0; i < 10000; i++) {
		g_autofree char *uri = g_strdup_printf("sip:user%u@sip.test", i);

		g_ptr_array_add(phones, cusax_phone_new(uri, i ? NULL : (const char *const *)types,
							CUSAX_SOURCE_VCARD));
	}
	entries = cusax_phones_merge(phones, &plan_france);
	g_assert_cmpuint(entries->len, ==, CUSAX_PHONES_MAX);
	first = g_ptr_array_index(entries, 0);
	g_assert_cmpuint(g_strv_length(first->types), <=, 16);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/phones", rows, test_row);
	ADD_ROWS("/policy/phones", source_rows, test_source);
	g_test_add_func("/policy/phones/no entries and nameless ones", test_none);
	g_test_add_func("/policy/phones/ten thousand entries are cut", test_many);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: what the user's own address books make of contacts and callers. */
/* Main thread. */
#include <string.h>

#include "tests/unit/core-bench.h"

/* --- a fake book ------------------------------------------------------------------------------------ */

typedef struct {
	CusaxAddressBook book;
	CusaxBookChanged changed;
	gpointer data;
} FakeBook;

static void fake_watch(CusaxAddressBook *book, CusaxBookChanged changed, gpointer data)
{
	((FakeBook *)book)->changed = changed;
	((FakeBook *)book)->data = data;
}

static void fake_free(CusaxAddressBook *book)
{
	g_free(book);
}

/* The core frees it. */
static FakeBook *add_book(CoreBench *bench)
{
	FakeBook *fake = g_new0(FakeBook, 1);

	fake->book = (CusaxAddressBook){ fake_watch, fake_free };
	cusax_core_add_book(bench->core, &fake->book);
	g_assert_nonnull(fake->changed);
	return fake;
}

static GPtrArray *entries_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)cusax_book_entry_free);
}

static void add_entry(GPtrArray *entries, const char *name, const char *address, const char *number,
		      const char *type)
{
	const char *const types[] = { type, NULL };
	CusaxBookEntry *entry = cusax_book_entry_new();

	entry->full_name = g_strdup(name);
	g_ptr_array_add(entry->addresses, g_strdup(address));
	if (number)
		g_ptr_array_add(entry->phones,
				cusax_phone_new(number, types, CUSAX_SOURCE_ADDRESS_BOOK));
	g_ptr_array_add(entries, entry);
}

static void tell(CoreBench *bench, FakeBook *book, GPtrArray *entries)
{
	book->changed(entries, book->data);
	g_ptr_array_unref(entries);
	core_bench_settle(bench);
}

/* The book has one entry; number NULL: none at all. */
static void tell_one(CoreBench *bench, FakeBook *book, const char *name, const char *address,
		     const char *number)
{
	GPtrArray *entries = entries_new();

	if (number || name)
		add_entry(entries, name, address, number, NULL);
	tell(bench, book, entries);
}

/* --- what the tests look at ------------------------------------------------------------------------- */

static void add_contact(CoreBench *bench, const char *address, const char *name)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_ROSTER_ITEM,
					    cusax_object_id(CUSAX_OBJECT(bench->chat)));

	event->roster_item.address = g_strdup(address);
	event->roster_item.name = g_strdup(name);
	event->roster_item.subscription = CUSAX_SUBSCRIPTION_BOTH;
	core_bench_event(bench, event);
	event = cusax_event_new(CUSAX_EVENT_ROSTER_END, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->roster_end.version = g_strdup("v2");
	core_bench_event(bench, event);
}

static gboolean can(CusaxContact *contact, const char *word)
{
	return g_strv_contains((const char *const *)contact->capabilities, word);
}

static void expect_caller(CoreBench *bench, const char *from, const char *address,
			  const char *source)
{
	guint64 handle = core_bench_incoming(bench, from, NULL);
	CusaxCall *call = core_bench_call(bench);

	if (address) {
		g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_VERIFIED);
		g_assert_true(call->contact == core_bench_contact(bench, address));
		g_assert_cmpstr(call->identity_source, ==, source);
	} else {
		g_assert_cmpint(call->identity, !=, CUSAX_IDENTITY_VERIFIED);
		g_assert_null(call->contact);
	}
	core_bench_end_call(bench, handle, CUSAX_END_CANCELLED, 487);
	cusax_registry_remove(bench->registry, CUSAX_OBJECT(call));
}

/* --- numbers ---------------------------------------------------------------------------------------- */

static void test_only_source(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	FakeBook *book = add_book(bench);
	CusaxContact *bob;
	CusaxOperation *dial;

	core_bench_alice(bench, NULL);
	bob = core_bench_contact(bench, "bob@xmpp.test");
	g_assert_false(can(bob, "audio"));
	tell_one(bench, book, "Robert", "bob@xmpp.test", "sip:bob@sip.test");
	g_assert_true(can(bob, "audio"));
	g_assert_false(can(bob, "video"));
	expect_caller(bench, "sip:bob@sip.test", "bob@xmpp.test", "address-book");
	core_bench_place(bench, "bob");
	dial = core_bench_expect(bench, CUSAX_OPERATION_CALL);
	g_assert_cmpstr(dial->place.uri, ==, "sip:bob@sip.test");
	cusax_operation_free(dial);
}

static void test_withdrawn(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	FakeBook *book = add_book(bench);
	CusaxContact *bob;
	CusaxCall *call;

	core_bench_alice(bench, NULL);
	bob = core_bench_contact(bench, "bob@xmpp.test");
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	call = core_bench_call(bench);
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_UNKNOWN);
	tell_one(bench, book, NULL, "bob@xmpp.test", "sip:bob@sip.test");
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_VERIFIED);
	tell_one(bench, book, NULL, NULL, NULL);
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_UNKNOWN);
	g_assert_null(call->contact);
	g_assert_false(can(bob, "audio"));
	g_assert_cmpuint(g_variant_n_children(bob->phones), ==, 0);
}

static void test_both(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	FakeBook *book = add_book(bench);
	GPtrArray *entries = entries_new();
	CusaxContact *bob;

	core_bench_alice(bench, "sip:bob@sip.test");
	bob = core_bench_contact(bench, "bob@xmpp.test");
	add_entry(entries, NULL, "bob@xmpp.test", "sip:bob@sip.test", "video");
	add_entry(entries, NULL, "bob@xmpp.test", "sip:home@sip.test", NULL);
	tell(bench, book, entries);
	g_assert_true(can(bob, "video"));
	expect_caller(bench, "sip:bob@sip.test", "bob@xmpp.test", "vcard");
	expect_caller(bench, "sip:home@sip.test", "bob@xmpp.test", "address-book");
	tell_one(bench, book, NULL, NULL, NULL);
	g_assert_false(can(bob, "video"));
	expect_caller(bench, "sip:bob@sip.test", "bob@xmpp.test", "vcard");
	expect_caller(bench, "sip:home@sip.test", NULL, NULL);
}

static void test_ambiguous(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	FakeBook *book = add_book(bench);

	core_bench_alice(bench, "sip:bob@sip.test");
	add_contact(bench, "carol@xmpp.test", "Carol");
	core_bench_vcard(bench, "carol@xmpp.test", NULL);
	tell_one(bench, book, NULL, "carol@xmpp.test", "sip:bob@sip.test");
	expect_caller(bench, "sip:bob@sip.test", NULL, NULL);
	tell_one(bench, book, NULL, "carol@xmpp.test", "sip:carol@sip.test");
	expect_caller(bench, "sip:bob@sip.test", "bob@xmpp.test", "vcard");
	expect_caller(bench, "sip:carol@sip.test", "carol@xmpp.test", "address-book");
}

static void test_stranger(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	FakeBook *book = add_book(bench);
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	event = cusax_event_new(CUSAX_EVENT_SUBSCRIPTION,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->subscription.what = CUSAX_SUBSCRIPTION_ASKED;
	event->subscription.address = g_strdup("dave@xmpp.test");
	core_bench_event(bench, event);
	tell_one(bench, book, "Dave", "dave@xmpp.test", "sip:dave@sip.test");
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, 2);
	expect_caller(bench, "sip:dave@sip.test", NULL, NULL);
	add_contact(bench, "dave@xmpp.test", NULL);
	expect_caller(bench, "sip:dave@sip.test", "dave@xmpp.test", "address-book");
	g_assert_cmpstr(core_bench_contact(bench, "dave@xmpp.test")->name, ==, "Dave");
}

/* --- names and ranks -------------------------------------------------------------------------------- */

static void test_names(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	FakeBook *book = add_book(bench);
	CusaxOperation *fetch;
	CusaxContact *carol;
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	add_contact(bench, "carol@xmpp.test", NULL);
	carol = core_bench_contact(bench, "carol@xmpp.test");
	g_assert_cmpstr(carol->name, ==, "carol@xmpp.test");
	fetch = core_bench_expect(bench, CUSAX_OPERATION_FETCH_VCARD);
	event = cusax_event_new(CUSAX_EVENT_VCARD, fetch->account);
	event->vcard.address = g_strdup("carol@xmpp.test");
	event->vcard.full_name = g_strdup("The Boss");
	core_bench_event(bench, event);
	core_bench_done(bench, fetch, -1);
	core_bench_settle(bench);
	g_assert_cmpstr(carol->name, ==, "The Boss");
	tell_one(bench, book, "Caroline", "carol@xmpp.test", NULL);
	g_assert_cmpstr(carol->name, ==, "Caroline");
	add_contact(bench, "carol@xmpp.test", "Carol");
	g_assert_cmpstr(carol->name, ==, "Carol");
	add_contact(bench, "carol@xmpp.test", NULL);
	g_assert_cmpstr(carol->name, ==, "Caroline");
	tell_one(bench, book, NULL, NULL, NULL);
	g_assert_cmpstr(carol->name, ==, "The Boss");
}

static void test_two_books(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	FakeBook *first = add_book(bench), *second = add_book(bench);

	core_bench_alice(bench, NULL);
	add_contact(bench, "carol@xmpp.test", NULL);
	tell_one(bench, second, "Second", "carol@xmpp.test", "sip:two@sip.test");
	g_assert_cmpstr(core_bench_contact(bench, "carol@xmpp.test")->name, ==, "Second");
	tell_one(bench, first, "First", "carol@xmpp.test", "sip:one@sip.test");
	g_assert_cmpstr(core_bench_contact(bench, "carol@xmpp.test")->name, ==, "First");
	expect_caller(bench, "sip:one@sip.test", "carol@xmpp.test", "address-book");
	expect_caller(bench, "sip:two@sip.test", "carol@xmpp.test", "address-book");
	tell_one(bench, first, NULL, NULL, NULL);
	expect_caller(bench, "sip:one@sip.test", NULL, NULL);
	expect_caller(bench, "sip:two@sip.test", "carol@xmpp.test", "address-book");
}

static void test_large(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	FakeBook *book = add_book(bench);
	GPtrArray *entries = entries_new();

	core_bench_alice(bench, NULL);
	for (guint i = 0; i < CUSAX_BOOK_MAX_ENTRIES - 1; i++) {
		g_autofree char *address = g_strdup_printf("u%u@xmpp.test", i);

		add_entry(entries, NULL, address, "sip:bob@sip.test", NULL);
	}
	add_entry(entries, NULL, "bob@xmpp.test", "sip:bob@sip.test", NULL);
	tell(bench, book, entries);
	expect_caller(bench, "sip:bob@sip.test", "bob@xmpp.test", "address-book");
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("C40, C54: the book alone makes a contact callable and verifies its calls",
		       test_only_source, NULL);
	core_bench_add("C54: an entry that is removed is withdrawn, also from a ringing call",
		       test_withdrawn, NULL);
	core_bench_add("C55: numbers of vCard and book are joined, the vCard is named for both",
		       test_both, NULL);
	core_bench_add("C55: a number that the book gives to another contact verifies nobody",
		       test_ambiguous, NULL);
	core_bench_add("C54: the book makes no contact of a stranger", test_stranger, NULL);
	core_bench_add("C55: the roster's name, then the book's, then the vCard's", test_names,
		       NULL);
	core_bench_add("C55: the first book names, all books give numbers", test_two_books, NULL);
	core_bench_add("C54: a full book is taken in slices to its end", test_large, NULL);
	return g_test_run();
}

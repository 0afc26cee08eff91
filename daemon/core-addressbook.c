/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Address books and directories: which entry belongs to which contact (C40, C52, C54, C55). */
/* Main thread. */
#include "daemon/core-private.h"

#include "daemon/core-start.h"

/* Contacts looked at in one go: a book of 10,000 entries must not hold up a call. */
#define SLICE 100

struct CoreBook {
	CusaxCore *core;
	CusaxAddressBook *source;
	GPtrArray *entries;     /* CusaxBookEntry; never NULL */
	GHashTable *by_address; /* bare JID -> GPtrArray of CusaxBookEntry, all of entries */
};

void core_book_free(CoreBook *book)
{
	book->source->free(book->source);
	g_hash_table_unref(book->by_address);
	g_ptr_array_unref(book->entries);
	g_free(book);
}

/* --- one contact --------------------------------------------------------------------------------- */

static void add_phones(GPtrArray *phones, const CusaxBookEntry *entry)
{
	for (guint i = 0; i < entry->phones->len && phones->len < CUSAX_BOOK_MAX_PHONES; i++)
		g_ptr_array_add(phones, cusax_phone_copy(entry->phones->pdata[i]));
}

/* What all books have on an address; NULL: nothing. ret_name is borrowed from a book. */
static GPtrArray *look_up(CusaxCore *core, const char *address, const char **ret_name)
{
	g_autoptr(GPtrArray) phones =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);

	*ret_name = NULL;
	for (guint i = 0; i < core->books->len; i++) {
		CoreBook *book = core->books->pdata[i];
		GPtrArray *entries = g_hash_table_lookup(book->by_address, address);

		for (guint k = 0; entries && k < entries->len; k++) {
			const CusaxBookEntry *entry = entries->pdata[k];

			add_phones(phones, entry);
			if (!*ret_name)
				*ret_name = entry->full_name;
		}
	}
	return phones->len > 0 ? g_steal_pointer(&phones) : NULL;
}

static gboolean same_phones(const GPtrArray *a, const GPtrArray *b)
{
	if (!a || !b)
		return a == b;
	if (a->len != b->len)
		return FALSE;
	for (guint i = 0; i < a->len; i++) {
		const CusaxPhone *left = a->pdata[i], *right = b->pdata[i];

		if (g_strcmp0(left->uri, right->uri) != 0 || left->source != right->source ||
		    left->preference != right->preference ||
		    !g_strv_equal((const char *const *)left->types,
				  (const char *const *)right->types))
			return FALSE;
	}
	return TRUE;
}

void core_book_link(CusaxCore *core, CusaxContact *contact)
{
	g_autoptr(GPtrArray) phones = NULL;
	const char *name;
	CusaxCard *card;

	if (core->books->len == 0)
		return;
	phones = look_up(core, contact->address, &name);
	if (g_strcmp0(contact->card->book_name, name) != 0) {
		card = cusax_contact_card(contact);
		g_free(card->book_name);
		card->book_name = g_strdup(name);
		core_contact_show_name(contact);
	}
	if (same_phones(contact->card->book, phones))
		return;
	card = cusax_contact_card(contact);
	g_clear_pointer(&card->book, g_ptr_array_unref);
	card->book = g_steal_pointer(&phones);
	core_vcard_apply(core, contact);
}

/* --- a whole book -------------------------------------------------------------------------------- */

static void link_address(CusaxCore *core, GPtrArray *accounts, const char *address)
{
	for (guint i = 0; i < accounts->len; i++) {
		CusaxContact *contact = core_contact_find(core, accounts->pdata[i], address);

		if (contact && contact->listed) /* who merely asks to subscribe is no contact yet */
			core_book_link(core, contact);
	}
}

static gboolean on_slice(gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_XMPP);
	GHashTableIter iter;
	gpointer address;

	g_hash_table_iter_init(&iter, core->book_changed);
	for (guint i = 0; i < SLICE && g_hash_table_iter_next(&iter, &address, NULL); i++) {
		link_address(core, accounts, address);
		g_hash_table_iter_remove(&iter);
	}
	if (g_hash_table_size(core->book_changed) > 0)
		return G_SOURCE_CONTINUE;
	core->book_idle = 0;
	return G_SOURCE_REMOVE;
}

static void mark_changed(CoreBook *book)
{
	GHashTableIter iter;
	gpointer address;

	g_hash_table_iter_init(&iter, book->by_address);
	while (g_hash_table_iter_next(&iter, &address, NULL))
		g_hash_table_add(book->core->book_changed, g_strdup(address));
}

static GHashTable *index_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
				     (GDestroyNotify)g_ptr_array_unref);
}

static void index_entry(GHashTable *by_address, CusaxBookEntry *entry)
{
	for (guint i = 0; i < entry->addresses->len; i++) {
		const char *address = entry->addresses->pdata[i];
		GPtrArray *same = g_hash_table_lookup(by_address, address);

		if (!same) {
			same = g_ptr_array_new();
			g_hash_table_insert(by_address, g_strdup(address), same);
		}
		g_ptr_array_add(same, entry);
	}
}

static void on_changed(GPtrArray *entries, gpointer data)
{
	CoreBook *book = data;
	CusaxCore *core = book->core;

	mark_changed(book);
	g_hash_table_remove_all(book->by_address);
	g_ptr_array_unref(book->entries);
	book->entries = g_ptr_array_ref(entries);
	for (guint i = 0; i < MIN(entries->len, CUSAX_BOOK_MAX_ENTRIES); i++)
		index_entry(book->by_address, entries->pdata[i]);
	mark_changed(book);
	if (core->book_idle == 0 && g_hash_table_size(core->book_changed) > 0)
		core->book_idle = g_idle_add(on_slice, core);
}

void cusax_core_add_book(CusaxCore *core, CusaxAddressBook *source)
{
	CoreBook *book = g_new0(CoreBook, 1);

	*book = (CoreBook){ core, source, g_ptr_array_new(), index_new() };
	g_ptr_array_add(core->books, book);
	source->watch(source, on_changed, book);
}

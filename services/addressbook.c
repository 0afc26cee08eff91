/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One person in an address book. */
/* Usable from any thread. */
#include "services/addressbook.h"

CusaxBookEntry *cusax_book_entry_new(void)
{
	CusaxBookEntry *entry = g_new0(CusaxBookEntry, 1);

	entry->addresses = g_ptr_array_new_with_free_func(g_free);
	entry->phones = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	return entry;
}

void cusax_book_entry_free(CusaxBookEntry *entry)
{
	if (!entry)
		return;
	g_free(entry->full_name);
	g_ptr_array_unref(entry->addresses);
	g_ptr_array_unref(entry->phones);
	g_free(entry);
}

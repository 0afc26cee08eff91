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

CusaxBookEntry *cusax_book_entry_copy(const CusaxBookEntry *entry)
{
	CusaxBookEntry *copy = cusax_book_entry_new();

	copy->full_name = g_strdup(entry->full_name);
	for (guint i = 0; i < entry->addresses->len; i++)
		g_ptr_array_add(copy->addresses, g_strdup(entry->addresses->pdata[i]));
	for (guint i = 0; i < entry->phones->len; i++)
		g_ptr_array_add(copy->phones, cusax_phone_copy(entry->phones->pdata[i]));
	return copy;
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

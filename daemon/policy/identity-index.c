/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hash index from key to contacts, and back for updates. */
/* One owner; not locked: use on one thread. */
#include "daemon/policy/identity-index.h"

/* Ids and keys are owned once, by the tables that hold them as keys. */
struct CusaxIdentityIndex {
	GHashTable *contacts; /* id -> NULL-ended array of keys, borrowed from holders */
	GHashTable *holders;  /* key -> Holder */
};

/* Who has a key. Nearly always that is one contact, which costs no table of its own. */
typedef struct {
	const char *first; /* borrowed from contacts */
	GHashTable *more;  /* set of the others; NULL: none */
} Holder;

static void holder_free(gpointer data)
{
	Holder *holder = data;

	g_clear_pointer(&holder->more, g_hash_table_unref);
	g_free(holder);
}

/* Takes an id out; TRUE where nobody is left. */
static gboolean holder_remove(Holder *holder, const char *contact)
{
	GHashTableIter iter;
	gpointer next;

	if (!g_str_equal(holder->first, contact)) {
		g_hash_table_remove(holder->more, contact);
	} else {
		if (!holder->more)
			return TRUE;
		g_hash_table_iter_init(&iter, holder->more);
		g_hash_table_iter_next(&iter, &next, NULL);
		holder->first = next;
		g_hash_table_iter_remove(&iter);
	}
	if (g_hash_table_size(holder->more) == 0) {
		g_hash_table_unref(holder->more);
		holder->more = NULL;
	}
	return FALSE;
}

static void forget(CusaxIdentityIndex *index, const char *contact)
{
	const char **keys = g_hash_table_lookup(index->contacts, contact);

	for (; keys && *keys; keys++) {
		if (holder_remove(g_hash_table_lookup(index->holders, *keys), contact))
			g_hash_table_remove(index->holders, *keys);
	}
	g_hash_table_remove(index->contacts, contact);
}

/* Both strings that are kept are borrowed: contact from the table, the key from holders. */
static void add(CusaxIdentityIndex *index, const char *contact, GPtrArray *keys, const char *key)
{
	gpointer owned_key, found;
	Holder *holder;

	if (!key)
		return;
	if (!g_hash_table_lookup_extended(index->holders, key, &owned_key, &found)) {
		owned_key = g_strdup(key);
		holder = g_new0(Holder, 1);
		holder->first = contact;
		g_hash_table_insert(index->holders, owned_key, holder);
	} else {
		holder = found;
		if (holder->first == contact)
			return;
		if (!holder->more)
			holder->more = g_hash_table_new(g_str_hash, g_str_equal);
		if (!g_hash_table_add(holder->more, (gpointer)contact))
			return;
	}
	g_ptr_array_add(keys, owned_key);
}

CusaxIdentityIndex *cusax_identity_index_new(void)
{
	CusaxIdentityIndex *index = g_new0(CusaxIdentityIndex, 1);

	index->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	index->holders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, holder_free);
	return index;
}

void cusax_identity_index_free(CusaxIdentityIndex *index)
{
	if (!index)
		return;
	g_hash_table_unref(index->holders);
	g_hash_table_unref(index->contacts);
	g_free(index);
}

void cusax_identity_index_set(CusaxIdentityIndex *index, const char *contact,
			      const GPtrArray *entries)
{
	g_autofree char *id = g_strdup(contact);
	g_autoptr(GPtrArray) keys = g_ptr_array_new();

	forget(index, id);
	for (guint i = 0; entries && i < entries->len; i++) {
		const CusaxPhoneEntry *entry = g_ptr_array_index(entries, i);

		if (!entry->association)
			continue;
		add(index, id, keys, entry->key);
		add(index, id, keys, entry->alias);
	}
	if (!keys->len)
		return;
	g_ptr_array_add(keys, NULL);
	g_hash_table_insert(index->contacts, g_steal_pointer(&id), g_ptr_array_steal(keys, NULL));
}

guint cusax_identity_index_lookup(const CusaxIdentityIndex *index, const char *key,
				  const char **ret_contacts, guint max)
{
	const Holder *holder = key ? g_hash_table_lookup(index->holders, key) : NULL;
	GHashTableIter iter;
	gpointer contact;

	if (!holder)
		return 0;
	if (max > 0)
		ret_contacts[0] = holder->first;
	if (!holder->more)
		return 1;
	g_hash_table_iter_init(&iter, holder->more);
	for (guint i = 1; i < max && g_hash_table_iter_next(&iter, &contact, NULL); i++)
		ret_contacts[i] = contact;
	return 1 + g_hash_table_size(holder->more);
}

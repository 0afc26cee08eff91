/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of words that many objects have alike: groups of contacts, capabilities. */
/* Main thread. */
#include "daemon/model/words.h"

#include <string.h>

/* One block: this, the pointers, the words that they point to. */
typedef struct {
	guint refs;
	char *words[];
} Shared;

static GHashTable *all; /* set of char *const *, each inside its Shared; NULL while there is none */

static guint hash(gconstpointer words)
{
	guint sum = 0;

	for (const char *const *word = words; *word; word++)
		sum = sum * 31 + g_str_hash(*word);
	return sum;
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
	return g_strv_equal(a, b);
}

static Shared *shared_of(GStrv words)
{
	return (Shared *)((char *)words - G_STRUCT_OFFSET(Shared, words));
}

static Shared *shared_new(const char *const *words)
{
	gsize n = 0, length = 0;
	Shared *shared;
	char *at;

	for (; words[n]; n++)
		length += strlen(words[n]) + 1;
	shared = g_malloc(sizeof(*shared) + (n + 1) * sizeof(char *) + length);
	shared->refs = 0;
	at = (char *)&shared->words[n + 1];
	for (gsize i = 0; i < n; i++) {
		shared->words[i] = at;
		at = g_stpcpy(at, words[i]) + 1;
	}
	shared->words[n] = NULL;
	return shared;
}

GStrv cusax_words_ref(const char *const *words)
{
	Shared *shared;
	GStrv found;

	if (!words)
		return NULL;
	if (!all)
		all = g_hash_table_new(hash, equal);
	found = (GStrv)g_hash_table_lookup(all, words);
	shared = found ? shared_of(found) : shared_new(words);
	if (!found)
		g_hash_table_add(all, shared->words);
	shared->refs++;
	return shared->words;
}

void cusax_words_unref(GStrv words)
{
	if (!words || --shared_of(words)->refs > 0)
		return;
	g_hash_table_remove(all, words);
	if (g_hash_table_size(all) == 0)
		g_clear_pointer(&all, g_hash_table_unref);
	g_free(shared_of(words));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The roster goes to the disk, so that it is there after a restart: some contacts at a time. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"

/* Contacts in one write: no turn of the main loop is long, and no second copy of a long roster is
 * held. */
#define SLICE 256

/* One full roster on its way. Until the last contact is kept the disk names no version, so that after
 * a crash in between the server is asked for all. */
typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	guint32 generation; /* of the roster */
	guint next;         /* of link->roster_unkept */
} Keep;

static void keep_free(Keep *keep)
{
	g_object_unref(keep->account);
	g_free(keep);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keep, keep_free)

static CusaxCachedContact *cached(const CusaxContact *contact)
{
	CusaxCachedContact *entry = cusax_cached_contact_new(contact->address);

	entry->name = g_strdup(contact->roster_name);
	if (contact->groups) {
		g_strfreev(entry->groups);
		entry->groups = g_strdupv(contact->groups);
	}
	entry->subscription = contact->subscription;
	entry->asked = contact->subscription_pending;
	entry->approved = contact->pre_approved;
	return entry;
}

static GPtrArray *entries_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)cusax_cached_contact_free);
}

static gboolean is_kept(CusaxCore *core, GAsyncResult *result)
{
	g_autoptr(GError) error = NULL;

	if (cusax_history_cache_finish(core->history, result, &error))
		return TRUE;
	cusax_notice(NULL, "the roster could not be kept, ignoring: %s", error->message);
	return FALSE;
}

static void keep_slice(Keep *keep);

static void on_slice(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(Keep) keep = data;
	CoreLink *link = core_link_of(keep->core, keep->account);
	gboolean kept = is_kept(keep->core, result);

	(void)source;
	/* The account is gone, or a newer roster came. */
	if (!link || link->roster_generation != keep->generation || !link->roster_unkept)
		return;
	if (kept && keep->next < link->roster_unkept->len)
		keep_slice(g_steal_pointer(&keep));
	else
		g_clear_pointer(&link->roster_unkept, g_ptr_array_unref);
}

/* The first slice takes the place of what was there, the last one brings the version. Takes keep. */
static void keep_slice(Keep *keep)
{
	CoreLink *link = core_link_of(keep->core, keep->account);
	guint end = MIN(keep->next + SLICE, link->roster_unkept->len);
	const char *id = cusax_object_id(CUSAX_OBJECT(keep->account));
	const char *version = end < link->roster_unkept->len ? NULL : link->roster_version;
	gboolean first = keep->next == 0;
	GPtrArray *entries = entries_new();

	for (; keep->next < end; keep->next++) {
		CusaxContact *contact = link->roster_unkept->pdata[keep->next];

		/* A push may have taken it away meanwhile. */
		if (cusax_registry_contains(keep->core->registry, CUSAX_OBJECT(contact)))
			g_ptr_array_add(entries, cached(contact));
	}
	if (first)
		cusax_history_set_roster_async(keep->core->history, id, version, entries, on_slice,
					       keep);
	else
		cusax_history_put_contacts_async(keep->core->history, id, version, entries,
						 on_slice, keep);
}

void core_roster_keep(CusaxCore *core, CusaxAccount *account)
{
	Keep *keep = g_new0(Keep, 1);

	*keep = (Keep){ core, g_object_ref(account), core_link_of(core, account)->roster_generation,
			0 };
	keep_slice(keep);
}

static void on_push_kept(GObject *source, GAsyncResult *result, gpointer data)
{
	(void)source;
	is_kept(data, result);
}

void core_roster_keep_push(CusaxCore *core, CusaxAccount *account, const char *address)
{
	CoreLink *link = core_link_of(core, account);
	CusaxContact *contact = core_contact_find(core, account, address);
	const char *id = cusax_object_id(CUSAX_OBJECT(account));
	const char *version = link->roster_unkept ? NULL : link->roster_version;
	GPtrArray *entries;

	if (!contact || !contact->listed) {
		cusax_history_remove_contact_async(core->history, id, version, address,
						   on_push_kept, core);
		return;
	}
	entries = entries_new();
	g_ptr_array_add(entries, cached(contact));
	cusax_history_put_contacts_async(core->history, id, version, entries, on_push_kept, core);
}

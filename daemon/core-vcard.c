/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telephone numbers of contacts: fetched on need, a few at a time, cached, refreshed by hash. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/policy/number.h"
#include "daemon/policy/phones.h"

/* In flight at once: enough to be quick, too few to be a storm at login. */
#define MAX_IN_FLIGHT 4
/* Contacts nobody has asked for: so many are fetched by ourselves, so that a roster of ordinary size
 * is callable at once (C43). The others follow when they come online or are asked for. */
#define MAX_UNASKED 500
#define MAX_PHONES  32

void core_vcard_want(CusaxCore *core, CusaxContact *contact, gboolean urgent)
{
	if (!g_hash_table_add(core->vcards_queued, contact)) {
		if (urgent && g_queue_remove(&core->vcards_wanted, contact))
			g_queue_push_head(&core->vcards_wanted, contact);
		core_vcard_run(core);
		return;
	}
	if (urgent)
		g_queue_push_head(&core->vcards_wanted, contact);
	else
		g_queue_push_tail(&core->vcards_wanted, contact);
	core_vcard_run(core);
}

typedef struct {
	CusaxAccount *account;
	GPtrArray *found; /* CusaxContact, borrowed */
} Missing;

static gboolean is_missing(gpointer object, gpointer data)
{
	Missing *missing = data;
	CusaxContact *contact = object;

	if (contact->account == missing->account && contact->listed && !contact->card->numbers)
		g_ptr_array_add(missing->found, contact);
	return missing->found->len < MAX_UNASKED;
}

void core_vcard_want_missing(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	Missing missing = { account, found };

	cusax_registry_each(core->registry, CUSAX_TYPE_CONTACT, is_missing, &missing);
	for (guint i = 0; i < found->len; i++)
		core_vcard_want(core, found->pdata[i], FALSE);
}

void core_vcard_forget(CusaxCore *core, CusaxContact *contact)
{
	g_hash_table_remove(core->vcards_queued, contact);
	g_queue_remove(&core->vcards_wanted, contact);
}

static void on_fetched(CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(CusaxContact) contact = data;

	/* What was found came as an event before this. */
	core->vcards_in_flight--;
	g_hash_table_remove(core->vcards_queued, contact);
	if (error)
		cusax_debug(cusax_object_id(CUSAX_OBJECT(contact)), "vCard: %s", error->message);
	core_identity_on_vcard(core, contact);
	core_vcard_run(core);
}

/* The next contact whose account can be asked; the others keep their place. */
static CusaxContact *take_next(CusaxCore *core)
{
	for (GList *node = core->vcards_wanted.head; node; node = node->next) {
		CusaxContact *contact = node->data;

		if (core_is_online(contact->account)) {
			g_queue_delete_link(&core->vcards_wanted, node);
			return contact;
		}
	}
	return NULL;
}

void core_vcard_run(CusaxCore *core)
{
	CusaxContact *contact;

	while (core->vcards_in_flight < MAX_IN_FLIGHT && (contact = take_next(core))) {
		CusaxOperation *fetch =
			cusax_operation_new(CUSAX_OPERATION_FETCH_VCARD,
					    cusax_object_id(CUSAX_OBJECT(contact->account)));

		fetch->fetch_vcard.address = g_strdup(contact->address);
		core->vcards_in_flight++;
		core_submit_owned(core, contact->account, fetch, on_fetched, g_object_ref(contact),
				  g_object_unref);
	}
}

/* --- what numbers mean ------------------------------------------------------------------------ */

/* Every contact can be written to; called only with a number that fits (C43-C47). */
static GStrv capabilities_of(const GPtrArray *entries)
{
	CusaxFeatures media = cusax_phones_media(entries);
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	g_strv_builder_add(words, "chat");
	if (media & CUSAX_FEATURE_AUDIO)
		g_strv_builder_add(words, "audio");
	if (media & CUSAX_FEATURE_VIDEO)
		g_strv_builder_add(words, "video");
	return g_strv_builder_end(words);
}

static GPtrArray *copy_numbers(GPtrArray *numbers)
{
	GPtrArray *copy = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);

	for (guint i = 0; i < numbers->len && i < MAX_PHONES; i++)
		g_ptr_array_add(copy, cusax_phone_copy(numbers->pdata[i]));
	return copy;
}

/* What the vCards say, then the user's own address book and directory (C54, C55), then what is merely hinted at
 * (C51). */
static GPtrArray *all_phones(CusaxContact *contact)
{
	GPtrArray *all = g_ptr_array_new();

	if (contact->card->numbers)
		g_ptr_array_extend(all, contact->card->numbers, NULL, NULL);
	if (contact->card->book)
		g_ptr_array_extend(all, contact->card->book, NULL, NULL);
	if (contact->card->hints)
		g_ptr_array_extend(all, contact->card->hints, NULL, NULL);
	return all;
}

void core_vcard_apply(CusaxCore *core, CusaxContact *contact)
{
	CusaxDialPlan plan = core_service_dial_plan(core_service_of(contact->account));
	g_autoptr(GPtrArray) phones = all_phones(contact);
	GPtrArray *entries = cusax_phones_merge(phones, &plan);
	g_autoptr(GPtrArray) normalised = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) capabilities = capabilities_of(entries);

	for (guint i = 0; i < phones->len; i++) {
		CusaxPhone *phone = phones->pdata[i];
		char *key = cusax_number_key(phone->uri, &plan);

		g_ptr_array_add(normalised, key ? key : g_strdup(""));
	}
	cusax_contact_show_phones(contact, phones, (const char *const *)normalised->pdata,
				  (const char *const *)capabilities);
	core_identity_set_numbers(core, contact, entries);
	core_identity_on_numbers(core, contact);
}

void core_vcard_reapply(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GPtrArray) contacts = cusax_registry_list(core->registry, CUSAX_TYPE_CONTACT);

	for (guint i = 0; i < contacts->len; i++) {
		CusaxContact *contact = contacts->pdata[i];

		if (contact->account == account &&
		    (contact->card->numbers || contact->card->book || contact->card->hints))
			core_vcard_apply(core, contact);
	}
}

/* --- arrival and cache ------------------------------------------------------------------------ */

static void apply_vcard(CusaxCore *core, CusaxContact *contact, const char *full_name,
			GPtrArray *phones)
{
	CusaxCard *card = cusax_contact_card(contact);

	g_free(card->vcard_name);
	card->vcard_name = g_strdup(full_name);
	core_contact_show_name(contact);
	g_clear_pointer(&card->numbers, g_ptr_array_unref);
	card->numbers = copy_numbers(phones);
	core_vcard_apply(core, contact);
}

static void set_photo_hash(CusaxContact *contact, const char *hash)
{
	CusaxCard *card = cusax_contact_card(contact);

	g_free(card->photo_hash);
	card->photo_hash = g_strdup(hash);
}

void core_vcard_restore(CusaxCore *core, CusaxAccount *account, const CusaxCachedVcard *vcard)
{
	CusaxContact *contact = core_contact_find(core, account, vcard->address);

	if (!contact)
		return;
	set_photo_hash(contact, vcard->photo_hash);
	if (vcard->photo_hash)
		core_avatar_on_photo_hash(core, contact, vcard->photo_hash);
	apply_vcard(core, contact, vcard->full_name, vcard->phones);
}

static void on_cached(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_cache_finish(core->history, result, &error))
		cusax_notice(NULL, "a vCard could not be kept, ignoring: %s", error->message);
}

static void keep_own(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);

	if (event->vcard.failed && !event->vcard.absent)
		return;
	g_clear_pointer(&link->own_phones, g_ptr_array_unref);
	link->own_phones = copy_numbers(event->vcard.phones);
}

void core_vcard_on_vcard(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxContact *contact = core_contact_find(core, account, event->vcard.address);
	CusaxCachedVcard *vcard;

	if (strcmp(event->vcard.address, account->address) == 0) {
		keep_own(core, account, event);
		return;
	}
	if (!contact || (event->vcard.failed && !event->vcard.absent))
		return; /* what is known stays known; the next reason to ask asks again */
	vcard = cusax_cached_vcard_new(contact->address);
	vcard->absent = event->vcard.absent;
	vcard->full_name = g_strdup(event->vcard.full_name);
	vcard->photo_hash = g_strdup(contact->card->photo_hash);
	g_ptr_array_unref(vcard->phones);
	vcard->phones = copy_numbers(event->vcard.phones);
	vcard->fetched = g_get_real_time();
	cusax_history_put_vcard_async(core->history, cusax_object_id(CUSAX_OBJECT(account)), vcard,
				      on_cached, core);
	core_avatar_on_photo(core, contact, event->vcard.photo);
	apply_vcard(core, contact, event->vcard.full_name, event->vcard.phones);
}

void core_vcard_on_photo_hash(CusaxCore *core, CusaxContact *contact, const char *hash)
{
	if (g_strcmp0(contact->card->photo_hash, hash) == 0 && contact->card->numbers)
		return;
	set_photo_hash(contact, hash);
	core_vcard_want(core, contact, FALSE);
}

void core_vcard_on_changed(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxContact *contact = core_contact_find(core, account, event->vcard_changed.address);

	if (contact)
		core_vcard_want(core, contact, FALSE);
}

/* --- waiting for one card --------------------------------------------------------------------- */

#define PATIENCE_SECONDS 5

typedef struct {
	CusaxCore *core;
	guint timer; /* 0: it ran out */
	CoreReady ready;
	gpointer data;
} Wait;

static gboolean on_patience_over(gpointer data)
{
	Wait *wait = data;

	wait->timer = 0;
	wait->ready(wait->core, wait->data);
	return G_SOURCE_REMOVE;
}

static void on_card(CusaxCore *core, G_GNUC_UNUSED const GError *error, gpointer data)
{
	g_autofree Wait *wait = data;

	/* What was found came as an event before this. */
	if (!wait->timer)
		return;
	g_source_remove(wait->timer);
	wait->ready(core, wait->data);
}

void core_vcard_await(CusaxCore *core, CusaxContact *contact, CoreReady ready, gpointer data)
{
	CusaxOperation *fetch;
	Wait *wait;

	if (contact->card->numbers || !core_is_online(contact->account)) {
		ready(core, data);
		return;
	}
	fetch = cusax_operation_new(CUSAX_OPERATION_FETCH_VCARD,
				    cusax_object_id(CUSAX_OBJECT(contact->account)));
	fetch->fetch_vcard.address = g_strdup(contact->address);
	wait = g_new(Wait, 1);
	*wait = (Wait){ core, g_timeout_add_seconds(PATIENCE_SECONDS, on_patience_over, wait),
			ready, data };
	core_submit(core, contact->account, fetch, on_card, wait);
}

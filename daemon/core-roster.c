/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The roster: entries as the server tells them, kept over restarts, and requests to subscribe. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/base/stable-id.h"
#include "daemon/base/text.h"

#define MAX_CONTACTS  200000
#define MAX_STRANGERS 100 /* who ask to subscribe and are not in the roster */

CusaxContact *core_contact_find(CusaxCore *core, CusaxAccount *account, const char *address)
{
	g_autofree char *id =
		cusax_stable_id("contact", cusax_object_id(CUSAX_OBJECT(account)), address);

	return cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT, id);
}

CusaxContact *core_contact_find_any(CusaxCore *core, const char *address)
{
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_XMPP);

	for (guint i = 0; i < accounts->len; i++) {
		CusaxContact *contact = core_contact_find(core, accounts->pdata[i], address);

		if (contact)
			return contact;
	}
	return NULL;
}

static CusaxContact *find_or_add(CusaxCore *core, CusaxAccount *account, const char *address)
{
	g_autofree char *id =
		cusax_stable_id("contact", cusax_object_id(CUSAX_OBJECT(account)), address);
	CusaxContact *contact = cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT, id);

	if (contact)
		return contact;
	if (cusax_registry_count(core->registry, CUSAX_TYPE_CONTACT) >= MAX_CONTACTS) {
		core_count(core, "contacts-refused");
		return NULL;
	}
	return cusax_contact_new(id, account, address);
}

/* A contact is shown only when it is filled, so that the first announcement is complete. */
static void show(CusaxCore *core, CusaxContact *contact)
{
	if (cusax_object_is_watched(CUSAX_OBJECT(contact)))
		return;
	cusax_registry_add(core->registry, CUSAX_OBJECT(contact));
	core_chat_link_contact(core, contact, TRUE);
	g_object_unref(contact); /* the registry holds it now */
}

/* It is in the roster now, or gone. */
static void forget_stranger(CusaxCore *core, CusaxContact *contact)
{
	CoreLink *link = core_link_of(core, contact->account);

	if (contact->stranger && link)
		link->strangers--;
	contact->stranger = FALSE;
}

/* It is in the roster that is current, or on its way. */
static void see(CoreLink *link, CusaxContact *contact)
{
	if (link->roster_in_full && contact->generation != link->roster_generation)
		g_ptr_array_add(link->roster_unkept, g_object_ref(contact));
	contact->generation = link->roster_generation;
}

void core_contact_remove(CusaxCore *core, CusaxContact *contact)
{
	CoreLink *link = core_link_of(core, contact->account);

	if (contact->listed && link)
		link->roster_listed--;
	forget_stranger(core, contact);
	core_identity_forget(core, contact);
	core_vcard_forget(core, contact);
	core_chat_link_contact(core, contact, FALSE);
	cusax_registry_remove(core->registry, CUSAX_OBJECT(contact));
}

/* C55: the user's own names for a contact are above the one that the contact chose. */
void core_contact_show_name(CusaxContact *contact)
{
	const char *const names[] = { contact->roster_name, contact->card->book_name,
				      contact->card->nickname, contact->card->vcard_name };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *shown =
			names[i] ? cusax_text_line(names[i], CUSAX_TEXT_NAME_MAX) : NULL;

		if (shown && *shown) {
			cusax_contact_set_name(contact, shown);
			return;
		}
	}
	cusax_contact_set_name(contact, contact->address);
}

static void apply_entry(CoreLink *link, CusaxContact *contact, const char *name,
			const char *const *groups, CusaxSubscription subscription, gboolean pending)
{
	link->roster_listed += !contact->listed;
	contact->listed = TRUE;
	cusax_contact_set_entry(contact, name, groups, subscription, pending);
	core_contact_show_name(contact);
	if (contact->subscription_requested &&
	    (subscription == CUSAX_SUBSCRIPTION_FROM || subscription == CUSAX_SUBSCRIPTION_BOTH))
		g_object_set(contact, "subscription-requested", FALSE, "request-message", NULL,
			     NULL);
}

GPtrArray *core_roster_contacts(CusaxCore *core, CusaxAccount *account)
{
	GPtrArray *contacts = cusax_registry_list(core->registry, CUSAX_TYPE_CONTACT);

	for (guint i = contacts->len; i > 0; i--) {
		if (((CusaxContact *)contacts->pdata[i - 1])->account != account)
			g_ptr_array_remove_index_fast(contacts, i - 1);
	}
	return contacts;
}

/* --- over restarts -------------------------------------------------------------------------- */

void core_roster_restore(CusaxCore *core, CusaxAccount *account, CusaxRosterCache *cache)
{
	CoreLink *link = core_link_of(core, account);

	g_free(link->roster_version);
	link->roster_version = g_strdup(cache->version);
	link->login_pin = g_strdup(cache->login_pin);
	for (guint i = 0; i < cache->contacts->len; i++) {
		CusaxCachedContact *entry = cache->contacts->pdata[i];
		CusaxContact *contact = find_or_add(core, account, entry->address);

		if (!contact)
			return;
		apply_entry(link, contact, entry->name, (const char *const *)entry->groups,
			    entry->subscription, entry->asked);
		contact->pre_approved = entry->approved;
		show(core, contact);
		core_book_link(core, contact);
	}
	for (guint i = 0; i < cache->vcards->len; i++)
		core_vcard_restore(core, account, cache->vcards->pdata[i]);
}

/* --- what the server tells ------------------------------------------------------------------- */

void core_roster_on_begin(CusaxCore *core, CusaxAccount *account,
			  G_GNUC_UNUSED const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);

	link->roster_generation++;
	link->roster_in_full = TRUE;
	g_clear_pointer(&link->roster_unkept, g_ptr_array_unref);
	link->roster_unkept = g_ptr_array_new_with_free_func(g_object_unref);
}

CusaxContact *core_roster_accepted(CusaxCore *core, CusaxAccount *account, const char *address,
				   const char *name, const char *const *groups)
{
	CusaxContact *contact = core_contact_find(core, account, address);
	CoreLink *link = core_link_of(core, account);

	if (contact && contact->listed)
		return contact;
	contact = find_or_add(core, account, address);
	if (!contact)
		return NULL;
	forget_stranger(core, contact);
	see(link, contact);
	apply_entry(link, contact, name, groups, CUSAX_SUBSCRIPTION_NONE, FALSE);
	show(core, contact);
	core_book_link(core, contact);
	return contact;
}

void core_roster_on_item(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);
	CusaxContact *contact;
	gboolean approved;

	if (!link->roster_in_full) {
		g_free(link->roster_pushed);
		link->roster_pushed = g_strdup(event->roster_item.address);
	}
	if (event->roster_item.removed) {
		contact = core_contact_find(core, account, event->roster_item.address);
		if (contact)
			core_contact_remove(core, contact);
		return;
	}
	contact = find_or_add(core, account, event->roster_item.address);
	if (!contact)
		return;
	forget_stranger(core, contact);
	see(link, contact);
	apply_entry(link, contact, event->roster_item.name,
		    (const char *const *)event->roster_item.groups, event->roster_item.subscription,
		    event->roster_item.asked);
	/* Not every server tells; what we said holds until the contact has asked. */
	approved = event->roster_item.approved ||
		   (contact->pre_approved && !core_read_may_know_us(contact));
	if (contact->pre_approved != approved)
		g_object_set(contact, "pre-approved", approved, NULL);
	show(core, contact);
	core_book_link(core, contact);
	/* Of a whole roster, its end takes some: no storm at login. */
	if (!contact->card->numbers && !link->roster_in_full)
		core_vcard_want(core, contact, FALSE);
}

/* What a full roster does not name is gone since we last looked. */
static void remove_unnamed(CusaxCore *core, CusaxAccount *account, CoreLink *link)
{
	g_autoptr(GPtrArray) contacts = NULL;

	if (link->roster_listed == link->roster_unkept->len)
		return;
	contacts = core_roster_contacts(core, account);
	for (guint i = 0; i < contacts->len; i++) {
		CusaxContact *contact = contacts->pdata[i];

		if (contact->listed && contact->generation != link->roster_generation)
			core_contact_remove(core, contact);
	}
}

void core_roster_on_end(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);

	g_free(link->roster_version);
	link->roster_version = g_strdup(event->roster_end.version);
	if (link->roster_in_full) {
		remove_unnamed(core, account, link);
		core_roster_keep(core, account);
	} else if (link->roster_pushed) {
		core_roster_keep_push(core, account, link->roster_pushed);
		g_clear_pointer(&link->roster_pushed, g_free);
	}
	link->roster_in_full = FALSE;
	core_vcard_want_missing(core, account);
}

void core_roster_forget(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GPtrArray) contacts = core_roster_contacts(core, account);

	for (guint i = 0; i < contacts->len; i++)
		core_contact_remove(core, contacts->pdata[i]);
}

/* --- subscriptions --------------------------------------------------------------------------- */

static void on_request(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	g_autofree char *text =
		event->subscription.text ? cusax_text_line(event->subscription.text, 512) : NULL;
	CusaxContact *contact = core_contact_find(core, account, event->subscription.address);

	if (!contact && core_link_of(core, account)->strangers >= MAX_STRANGERS) {
		core_count(core, "subscription-requests-refused");
		return;
	}
	if (!contact) {
		contact = find_or_add(core, account, event->subscription.address);
		if (!contact)
			return;
		contact->stranger = TRUE;
		core_link_of(core, account)->strangers++;
	}
	g_object_set(contact, "subscription-requested", TRUE, "request-message", text, NULL);
	show(core, contact);
}

void core_roster_on_subscription(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxContact *contact = core_contact_find(core, account, event->subscription.address);

	switch (event->subscription.what) {
	case CUSAX_SUBSCRIPTION_ASKED:
		on_request(core, account, event);
		return;
	case CUSAX_SUBSCRIPTION_WITHDRAWN:
		if (contact && !contact->listed)
			core_contact_remove(core, contact);
		else if (contact)
			g_object_set(contact, "subscription-requested", FALSE, NULL);
		return;
	case CUSAX_SUBSCRIPTION_GRANTED:
	case CUSAX_SUBSCRIPTION_DENIED:
		return; /* what changed comes as a roster push */
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence: one availability of a contact's many devices; our own, and what calls make of it. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/text.h"
#include "daemon/policy/presence.h"

#define MAX_DEVICES 64 /* of one contact */

static void show_presence(CusaxContact *contact)
{
	guint n = contact->card->devices ? contact->card->devices->len : 0;
	g_autofree CusaxResource *resources = g_new0(CusaxResource, n + 1);
	const CusaxResource *best;

	for (guint i = 0; i < n; i++) {
		CusaxDevice *device = contact->card->devices->pdata[i];

		resources[i] = (CusaxResource){ device->name, device->availability, device->status,
						device->priority, (guint64)device->since };
	}
	best = cusax_presence_best(resources, n);
	g_object_set(contact, "availability",
		     best ? best->availability : CUSAX_AVAILABILITY_OFFLINE, "status-message",
		     best ? best->status : NULL, NULL);
}

void core_presence_hide(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GPtrArray) contacts = core_roster_contacts(core, account);

	for (guint i = 0; i < contacts->len; i++) {
		CusaxContact *contact = contacts->pdata[i];

		if (contact->card->devices)
			cusax_contact_hide_resources(contact);
	}
}

void core_presence_restore(CusaxCore *core, CusaxAccount *account, gboolean resumed)
{
	g_autoptr(GPtrArray) contacts = core_roster_contacts(core, account);

	for (guint i = 0; i < contacts->len; i++) {
		CusaxContact *contact = contacts->pdata[i];

		if (!contact->card->devices)
			continue;
		g_object_freeze_notify(G_OBJECT(contact));
		if (resumed)
			cusax_contact_show_resources(contact);
		else
			cusax_contact_clear_resources(contact);
		show_presence(contact);
		g_object_thaw_notify(G_OBJECT(contact));
	}
}

/* Nobody has that many: a server that makes them up fills nothing. */
static gboolean has_place(CusaxContact *contact, const CusaxEvent *event)
{
	return event->presence.availability == CUSAX_AVAILABILITY_OFFLINE ||
	       !contact->card->devices || contact->card->devices->len < MAX_DEVICES ||
	       cusax_contact_find_device(contact, event->presence.resource);
}

void core_presence_on_presence(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxContact *contact = core_contact_find(core, account, event->presence.address);
	g_autofree char *status = NULL;

	if (!(account->features & CUSAX_FEATURE_PRESENCE))
		return;
	if (!contact) {
		/* Our own other devices are no contact of ours; anybody else has no business here. */
		if (strcmp(event->presence.address, account->address) != 0)
			core_count_refused(core, cusax_object_id(CUSAX_OBJECT(account)),
					   "presence");
		return;
	}
	if (!has_place(contact, event)) {
		core_count_refused(core, cusax_object_id(CUSAX_OBJECT(account)), "resource-limit");
		return;
	}
	if (event->presence.status)
		status = cusax_text_line(event->presence.status, 1024);
	g_object_freeze_notify(G_OBJECT(contact));
	cusax_contact_apply_resource(contact, event->presence.resource,
				     event->presence.availability, event->presence.priority, status,
				     event->presence.seen ? event->presence.seen
							  : g_get_real_time());
	/* Of one who left while we were not looking, and of one who is idle. */
	if (event->presence.seen > contact->last_seen)
		g_object_set(contact, "last-seen", event->presence.seen, NULL);
	show_presence(contact);
	if (event->presence.availability != CUSAX_AVAILABILITY_OFFLINE)
		core_client_on_presence(core, contact, event);
	g_object_thaw_notify(G_OBJECT(contact));
	if (event->presence.availability == CUSAX_AVAILABILITY_OFFLINE)
		return;
	if (event->presence.nickname)
		core_profile_take_nickname(core, account, event->presence.address,
					   event->presence.nickname);
	if (event->presence.photo_hash)
		core_avatar_on_photo_hash(core, contact, event->presence.photo_hash);
	if (event->presence.photo_hash)
		core_vcard_on_photo_hash(core, contact, event->presence.photo_hash);
	else if (!contact->card->numbers)
		core_vcard_want(core, contact, FALSE);
}

void core_presence_on_last_seen(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxContact *contact = core_contact_find(core, account, event->last_seen.address);

	if (contact && event->last_seen.time > contact->last_seen)
		g_object_set(contact, "last-seen", event->last_seen.time, NULL);
	core_operation_answer(core, event->op, g_variant_new_int64(event->last_seen.time));
}

/* --- our own -------------------------------------------------------------------------------------- */

static guint calls_under_way(CusaxCore *core)
{
	return core_call_count(core, CUSAX_CALL_DIALING) +
	       core_call_count(core, CUSAX_CALL_RINGING) + core_call_count(core, CUSAX_CALL_ACTIVE);
}

void core_presence_publish(CusaxCore *core, CusaxAccount *account)
{
	CusaxManager *manager = core->manager;
	CoreLink *link = core_link_of(core, account);
	CusaxOwnPresence own = cusax_presence_own(
		manager->availability, manager->status_message, calls_under_way(core),
		cusax_settings_boolean(core_policy(core), "presence-during-calls"));
	CusaxOperation *publish;

	if (!core_is_online(account) || !(account->features & CUSAX_FEATURE_PRESENCE))
		return;
	if (link->presence_sent && link->sent_availability == own.availability &&
	    g_strcmp0(link->sent_status, own.status) == 0)
		return;
	link->presence_sent = TRUE;
	link->sent_availability = own.availability;
	g_free(link->sent_status);
	link->sent_status = g_strdup(own.status);
	publish = cusax_operation_new(CUSAX_OPERATION_PRESENCE,
				      cusax_object_id(CUSAX_OBJECT(account)));
	publish->presence.availability = own.availability;
	publish->presence.status = g_strdup(own.status);
	core_submit(core, account, publish, NULL, NULL);
}

void core_presence_repeat(CusaxCore *core, CusaxAccount *account)
{
	core_link_of(core, account)->presence_sent = FALSE;
	core_presence_publish(core, account);
}

void core_presence_publish_all(CusaxCore *core)
{
	g_autoptr(GPtrArray) accounts = cusax_registry_list(core->registry, CUSAX_TYPE_ACCOUNT);

	for (guint i = 0; i < accounts->len; i++)
		core_presence_publish(core, accounts->pdata[i]);
}

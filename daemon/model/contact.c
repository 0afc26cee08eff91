/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One roster entry: the person, where they are reachable, and how. */
/* Main thread. */
#include "daemon/model/contact.h"

#include <string.h>

#include "daemon/model/words.h"

G_DEFINE_FINAL_TYPE(CusaxContact, cusax_contact, CUSAX_TYPE_OBJECT)

#define AT(member) G_STRUCT_OFFSET(CusaxContact, member)

static const CusaxField fields[] = {
	{ "account", CUSAX_FIELD_OBJECT, AT(account), NULL, NULL },
	{ "address", CUSAX_FIELD_STRING, AT(address), NULL, NULL },
	{ "name", CUSAX_FIELD_STRING, AT(name), NULL, NULL },
	{ "groups", CUSAX_FIELD_STRV, AT(groups), NULL, NULL },
	{ "subscription", CUSAX_FIELD_ENUM, AT(subscription), cusax_subscription_get_type, NULL },
	{ "subscription-pending", CUSAX_FIELD_BOOLEAN, AT(subscription_pending), NULL, NULL },
	{ "subscription-requested", CUSAX_FIELD_BOOLEAN, AT(subscription_requested), NULL, NULL },
	{ "pre-approved", CUSAX_FIELD_BOOLEAN, AT(pre_approved), NULL, NULL },
	{ "request-message", CUSAX_FIELD_STRING, AT(request_message), NULL, NULL },
	{ "availability", CUSAX_FIELD_ENUM, AT(availability), cusax_availability_get_type, NULL },
	{ "status-message", CUSAX_FIELD_STRING, AT(status_message), NULL, NULL },
	{ "resources", CUSAX_FIELD_VARIANT, AT(resources), NULL, "a(ssix)" },
	{ "clients", CUSAX_FIELD_VARIANT, AT(clients), NULL, "aa{sv}" },
	{ "capabilities", CUSAX_FIELD_STRV, AT(capabilities), NULL, NULL },
	{ "phones", CUSAX_FIELD_VARIANT, AT(phones), NULL, "a(sasss)" },
	{ "blocked", CUSAX_FIELD_BOOLEAN, AT(blocked), NULL, NULL },
	{ "avatar-path", CUSAX_FIELD_STRING, AT(avatar_path), NULL, NULL },
	{ "last-seen", CUSAX_FIELD_INT64, AT(last_seen), NULL, NULL },
};

/* Shared by all contacts that have none, which are most. */
static GVariant *no_resources, *no_clients, *no_phones;

static void client_clear(gpointer data)
{
	CusaxClient *client = data;

	g_free(client->category);
	g_free(client->type);
	g_free(client->name);
	g_strfreev(client->features);
}

CusaxClient *cusax_client_new(const char *category, const char *type, const char *name,
			      const char *const *features)
{
	CusaxClient *client = g_rc_box_new0(CusaxClient);

	client->category = g_strdup(category ? category : "");
	client->type = g_strdup(type ? type : "");
	client->name = g_strdup(name ? name : "");
	client->features = g_strdupv((GStrv)features);
	return client;
}

void cusax_client_unref(CusaxClient *client)
{
	g_rc_box_release_full(client, client_clear);
}

static void device_free(CusaxDevice *device)
{
	g_clear_pointer(&device->caps, g_ref_string_release);
	g_clear_pointer(&device->client, cusax_client_unref);
	g_free(device->name);
	g_free(device->status);
	g_free(device);
}

static const CusaxCard no_card;

static void card_free(const CusaxCard *card)
{
	if (card == &no_card)
		return;
	g_free(card->book_name);
	g_free(card->vcard_name);
	g_free(card->photo_hash);
	g_free(card->nickname);
	g_free(card->avatar_hash);
	g_clear_pointer(&((CusaxCard *)card)->devices, g_ptr_array_unref);
	g_clear_pointer(&((CusaxCard *)card)->numbers, g_ptr_array_unref);
	g_clear_pointer(&((CusaxCard *)card)->book, g_ptr_array_unref);
	g_clear_pointer(&((CusaxCard *)card)->hints, g_ptr_array_unref);
	g_free((CusaxCard *)card);
}

static void finalize(GObject *object)
{
	CusaxContact *self = CUSAX_CONTACT(object);

	if (self->roster_name != self->name)
		g_free(self->roster_name);
	card_free(self->card);
	G_OBJECT_CLASS(cusax_contact_parent_class)->finalize(object);
}

static void cusax_contact_class_init(CusaxContactClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = finalize;
	cusax_object_class_install_fields(CUSAX_OBJECT_CLASS(klass), "contact", fields,
					  G_N_ELEMENTS(fields));
	no_resources = g_variant_ref_sink(g_variant_new("a(ssix)", NULL));
	no_clients = g_variant_ref_sink(g_variant_new("aa{sv}", NULL));
	no_phones = g_variant_ref_sink(g_variant_new("a(sasss)", NULL));
}

static void cusax_contact_init(CusaxContact *self)
{
	static const char *const chat_only[] = { "chat", NULL };

	self->resources = g_variant_ref(no_resources);
	self->clients = g_variant_ref(no_clients);
	self->phones = g_variant_ref(no_phones);
	self->capabilities = cusax_words_ref(chat_only);
	self->card = &no_card;
}

CusaxContact *cusax_contact_new(const char *id, CusaxAccount *account, const char *address)
{
	CusaxContact *contact = cusax_object_new(CUSAX_TYPE_CONTACT, id);

	contact->account = g_object_ref(account);
	contact->address = g_strdup(address);
	contact->name = g_strdup(address);
	return contact;
}

/* Most contacts have nobody there, or nothing that is known: they share what says so. */
static void show_clients(CusaxContact *contact)
{
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
	gboolean known = FALSE;

	for (guint i = 0; contact->card->devices && i < contact->card->devices->len; i++) {
		const CusaxDevice *device = contact->card->devices->pdata[i];
		const CusaxClient *client = device->client;

		if (!client)
			continue;
		known = TRUE;
		g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&list, "{sv}", "resource",
				      g_variant_new_string(device->name));
		g_variant_builder_add(&list, "{sv}", "category",
				      g_variant_new_string(client->category));
		g_variant_builder_add(&list, "{sv}", "type", g_variant_new_string(client->type));
		g_variant_builder_add(&list, "{sv}", "name", g_variant_new_string(client->name));
		g_variant_builder_add(
			&list, "{sv}", "features",
			g_variant_new_strv((const char *const *)client->features, -1));
		g_variant_builder_close(&list);
	}
	if (known)
		g_object_set(contact, "clients", g_variant_builder_end(&list), NULL);
	else if (contact->clients != no_clients)
		g_object_set(contact, "clients", no_clients, NULL);
}

/* Of one that is not in the registry yet nobody is told. */
static void changed(CusaxContact *contact, const char *property)
{
	if (cusax_object_is_watched(CUSAX_OBJECT(contact)))
		g_object_notify(G_OBJECT(contact), property);
}

CusaxCard *cusax_contact_card(CusaxContact *contact)
{
	if (contact->card == &no_card)
		contact->card = g_new0(CusaxCard, 1);
	return (CusaxCard *)contact->card;
}

/* The name shown is mostly the one of the roster, and then the same string. */
void cusax_contact_set_name(CusaxContact *contact, const char *name)
{
	char *old = contact->name;

	if (strcmp(old, name) == 0)
		return;
	contact->name =
		g_strcmp0(contact->roster_name, name) == 0 ? contact->roster_name : g_strdup(name);
	if (old != contact->roster_name)
		g_free(old);
	changed(contact, "name");
}

static void set_roster_name(CusaxContact *contact, const char *name)
{
	if (g_strcmp0(contact->roster_name, name) == 0)
		return;
	if (contact->roster_name != contact->name)
		g_free(contact->roster_name);
	contact->roster_name = g_strdup(name);
}

/* A long roster is thousands of these: what is as it was costs a comparison and no more. */
void cusax_contact_set_entry(CusaxContact *contact, const char *name, const char *const *groups,
			     CusaxSubscription subscription, gboolean pending)
{
	GStrv old = contact->groups;

	set_roster_name(contact, name);
	contact->groups = cusax_words_ref(groups);
	if (contact->groups != old)
		changed(contact, "groups");
	cusax_words_unref(old);
	if (contact->subscription != subscription) {
		contact->subscription = subscription;
		changed(contact, "subscription");
	}
	if (contact->subscription_pending != pending) {
		contact->subscription_pending = pending;
		changed(contact, "subscription-pending");
	}
}

void cusax_contact_show_resources(CusaxContact *contact)
{
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(ssix)"));

	for (guint i = 0; contact->card->devices && i < contact->card->devices->len; i++) {
		CusaxDevice *device = contact->card->devices->pdata[i];

		g_variant_builder_add(&list, "(ssix)", device->name,
				      cusax_word(CUSAX_TYPE_AVAILABILITY, device->availability),
				      (gint32)device->priority, device->since);
	}
	g_object_set(contact, "resources", g_variant_builder_end(&list), NULL);
	show_clients(contact);
}

static CusaxDevice *find_resource(CusaxContact *contact, const char *name, guint *ret_index)
{
	for (guint i = 0; contact->card->devices && i < contact->card->devices->len; i++) {
		CusaxDevice *device = contact->card->devices->pdata[i];

		if (g_strcmp0(device->name, name) == 0) {
			*ret_index = i;
			return device;
		}
	}
	return NULL;
}

void cusax_contact_apply_resource(CusaxContact *contact, const char *resource,
				  CusaxAvailability availability, gint8 priority,
				  const char *status, gint64 now)
{
	guint index;
	CusaxDevice *device = find_resource(contact, resource, &index);

	if (availability == CUSAX_AVAILABILITY_OFFLINE) {
		if (!device)
			return;
		g_ptr_array_remove_index(contact->card->devices, index);
		g_object_set(contact, "last-seen", now, NULL);
	} else {
		if (!contact->card->devices)
			cusax_contact_card(contact)->devices =
				g_ptr_array_new_with_free_func((GDestroyNotify)device_free);
		if (!device) {
			device = g_new0(CusaxDevice, 1);
			device->name = g_strdup(resource);
			g_ptr_array_add(contact->card->devices, device);
		}
		device->availability = availability;
		device->priority = priority;
		device->since = now;
		g_free(device->status);
		device->status = g_strdup(status);
	}
	cusax_contact_show_resources(contact);
}

CusaxDevice *cusax_contact_find_device(CusaxContact *contact, const char *resource)
{
	guint index;

	return find_resource(contact, resource, &index);
}

void cusax_contact_set_client(CusaxContact *contact, CusaxDevice *device, CusaxClient *client)
{
	if (device->client == client)
		return;
	g_clear_pointer(&device->client, cusax_client_unref);
	device->client = client ? g_rc_box_acquire(client) : NULL;
	show_clients(contact);
}

void cusax_contact_clear_resources(CusaxContact *contact)
{
	if (contact->card->devices)
		g_clear_pointer(&cusax_contact_card(contact)->devices, g_ptr_array_unref);
	cusax_contact_show_resources(contact);
}

void cusax_contact_hide_resources(CusaxContact *contact)
{
	g_object_set(contact, "resources", no_resources, "clients", no_clients, "availability",
		     CUSAX_AVAILABILITY_OFFLINE, "status-message", NULL, NULL);
}

void cusax_contact_show_phones(CusaxContact *contact, const GPtrArray *phones,
			       const char *const *normalised, const char *const *capabilities)
{
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sasss)"));

	for (guint i = 0; i < phones->len; i++) {
		CusaxPhone *phone = phones->pdata[i];

		g_variant_builder_add(&list, "(s^asss)", phone->uri, phone->types, normalised[i],
				      cusax_word(CUSAX_TYPE_SOURCE, phone->source));
	}
	g_object_set(contact, "phones", g_variant_builder_end(&list), "capabilities", capabilities,
		     NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One roster entry: the person, where they are reachable, and how. */
/* Main thread. */
#pragma once

#include "daemon/base/facts.h"
#include "daemon/model/account.h"

#define CUSAX_TYPE_CONTACT (cusax_contact_get_type())
G_DECLARE_FINAL_TYPE(CusaxContact, cusax_contact, CUSAX, CONTACT, CusaxObject)

/* What runs on a device (XEP-0115). Shared: g_rc_box; not changed once made. */
typedef struct {
	char *category, *type; /* as registered: client, phone; "": not told */
	char *name;            /* made safe */
	GStrv features;        /* words; never NULL */
} CusaxClient;

CusaxClient *cusax_client_new(const char *category, const char *type, const char *name,
			      const char *const *features);
void cusax_client_unref(CusaxClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxClient, cusax_client_unref)

/* One connected device of a contact. */
typedef struct {
	char *name;
	CusaxAvailability availability;
	gint8 priority;
	char *status;
	gint64 since;        /* Unix microseconds of the last change */
	char *caps;          /* what it announces, a GRefString; NULL: nothing */
	CusaxClient *client; /* what that is; NULL: not known */
} CusaxDevice;

/* What is known of a contact beyond its entry in the roster. */
typedef struct {
	char *book_name;        /* of the user's address book, NULL: none */
	char *vcard_name;       /* what the contact calls itself, NULL: not known */
	char *nickname;         /* XEP-0172, made safe; NULL: none */
	char *avatar_hash;      /* of the picture to show; "": none; NULL: not known */
	gboolean avatar_by_pep; /* told by XEP-0084 */
	char *photo_hash;       /* XEP-0153 of the newest presence; NULL: none seen */
	GPtrArray *devices;     /* CusaxDevice; NULL while there is none */
	GPtrArray *numbers;     /* CusaxPhone of the vCards; NULL before one was read */
	GPtrArray *book;        /* CusaxPhone of the user's address book; NULL: none */
	GPtrArray *hints;       /* CusaxPhone of XEP-0152; NULL: none */
} CusaxCard;

/* There may be 100,000: in an order without gaps. */
struct _CusaxContact {
	CusaxObject parent;
	CusaxAccount *account;
	char *address; /* bare JID, prepared */
	char *name;
	GStrv groups;
	CusaxSubscription subscription;
	gboolean subscription_pending;   /* we asked */
	gboolean subscription_requested; /* the contact asks */
	gboolean pre_approved;           /* it will see us as soon as it asks */
	CusaxAvailability availability;  /* of all resources together */
	gboolean blocked;
	char *request_message;
	char *status_message;
	GVariant *resources; /* a(ssix) */
	GVariant *clients;   /* aa{sv}, of the devices of which it is known */
	GStrv capabilities;  /* of chat, audio, video */
	GVariant *phones;    /* a(sasss): uri as given, types, normalised, source */
	char *avatar_path;
	gint64 last_seen;

	/* Not on the bus by themselves. */
	char *roster_name;     /* the user's own name for the contact, NULL: none; may be name */
	const CusaxCard *card; /* shared by all contacts of whom nothing is known; never NULL */
	guint32 generation;    /* of the roster in which it was seen last */
	guint stranger : 1;    /* shown for its question alone, and counted as such */
	guint listed : 1;      /* in the roster; else a stranger who asks to subscribe */
};

CusaxContact *cusax_contact_new(const char *id, CusaxAccount *account, const char *address);

/* To write to: the contact's own. */
CusaxCard *cusax_contact_card(CusaxContact *contact);

/* What the roster says of the contact: roster_name, groups, subscription, subscription_pending. */
void cusax_contact_set_entry(CusaxContact *contact, const char *name, const char *const *groups,
			     CusaxSubscription subscription, gboolean pending);
/* The name to show; made safe. */
void cusax_contact_set_name(CusaxContact *contact, const char *name);

/* What a presence of one resource says; an offline one removes the resource. now: Unix
 * microseconds. The contact's own availability is set by the core, which asks policy. */
void cusax_contact_apply_resource(CusaxContact *contact, const char *resource,
				  CusaxAvailability availability, gint8 priority,
				  const char *status, gint64 now);
CusaxDevice *cusax_contact_find_device(CusaxContact *contact, const char *resource);
/* What runs on that device now; client NULL: it is not known. */
void cusax_contact_set_client(CusaxContact *contact, CusaxDevice *device, CusaxClient *client);
void cusax_contact_clear_resources(CusaxContact *contact);
/* While the account is not connected: the devices are kept and not shown, nobody is there. */
void cusax_contact_hide_resources(CusaxContact *contact);
void cusax_contact_show_resources(CusaxContact *contact);

/* Shows the telephone entries: all of them (CusaxPhone), the normalised form of each ("" where it has
 * none; as many as phones) and what they make possible. */
void cusax_contact_show_phones(CusaxContact *contact, const GPtrArray *phones,
			       const char *const *normalised, const char *const *capabilities);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What servers told and need not tell again after a restart: rosters with version, vCards; and how
 * strong an account's login was. */
/* Called on the main thread; see history.h for order, completion and errors. */
#pragma once

#include "daemon/base/facts.h"
#include "daemon/base/types.h"
#include "daemon/store/history.h"

typedef struct {
	char *address; /* bare JID, prepared */
	char *name;    /* may be NULL */
	GStrv groups;  /* never NULL */
	CusaxSubscription subscription;
	gboolean asked;    /* ask='subscribe' */
	gboolean approved; /* before it asks (RFC 6121 §3.4) */
} CusaxCachedContact;

typedef struct {
	char *address;     /* bare JID, prepared */
	gboolean absent;   /* the person has none */
	char *full_name;   /* may be NULL */
	char *photo_hash;  /* SHA-1 in hex of the photo that came with it; may be NULL */
	GPtrArray *phones; /* CusaxPhone, in the order found; never NULL */
	gint64 fetched;    /* Unix microseconds */
} CusaxCachedVcard;

typedef struct {
	char *login_pin;     /* what later logins must not fall below; NULL: none */
	char *version;       /* RFC 6121 §2.6; NULL: none is cached, ask for all */
	GPtrArray *contacts; /* CusaxCachedContact */
	GPtrArray *vcards;   /* CusaxCachedVcard */
} CusaxRosterCache;

CusaxCachedContact *cusax_cached_contact_new(const char *address);
void cusax_cached_contact_free(CusaxCachedContact *contact);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxCachedContact, cusax_cached_contact_free)
CusaxCachedVcard *cusax_cached_vcard_new(const char *address);
void cusax_cached_vcard_free(CusaxCachedVcard *vcard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxCachedVcard, cusax_cached_vcard_free)
void cusax_roster_cache_free(CusaxRosterCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxRosterCache, cusax_roster_cache_free)

/* All that is cached for an account; owned by the caller. */
void cusax_history_get_cache_async(CusaxHistory *history, const char *account,
				   GAsyncReadyCallback callback, gpointer data);
CusaxRosterCache *cusax_history_get_cache_finish(CusaxHistory *history, GAsyncResult *result,
						 GError **error);

/* The whole roster as of version (may be NULL), instead of what was cached. Takes contacts (of
 * CusaxCachedContact, with its free function). vCards stay. */
void cusax_history_set_roster_async(CusaxHistory *history, const char *account, const char *version,
				    GPtrArray *contacts, GAsyncReadyCallback callback,
				    gpointer data);
/* Entries beside those there are, or instead of them (a push, or a part of a long roster), and the
 * version with them, in one step, so that the version is never ahead of the entries. Takes contacts. */
void cusax_history_put_contacts_async(CusaxHistory *history, const char *account,
				      const char *version, GPtrArray *contacts,
				      GAsyncReadyCallback callback, gpointer data);
void cusax_history_remove_contact_async(CusaxHistory *history, const char *account,
					const char *version, const char *address,
					GAsyncReadyCallback callback, gpointer data);
/* Takes vcard. */
void cusax_history_put_vcard_async(CusaxHistory *history, const char *account,
				   CusaxCachedVcard *vcard, GAsyncReadyCallback callback,
				   gpointer data);
/* pin NULL: the account begins anew, as after a change by its user. */
void cusax_history_set_login_pin_async(CusaxHistory *history, const char *account, const char *pin,
				       GAsyncReadyCallback callback, gpointer data);
/* An account is removed: its rosters, vCards, session and pin go; messages and calls stay. */
void cusax_history_forget_cache_async(CusaxHistory *history, const char *account,
				      GAsyncReadyCallback callback, gpointer data);
/* Of the six above. */
gboolean cusax_history_cache_finish(CusaxHistory *history, GAsyncResult *result, GError **error);

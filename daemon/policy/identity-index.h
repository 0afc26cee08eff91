/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a caller's key to the contacts that have it, at a cost that does not grow with the roster. */
/* One owner; not locked: use on one thread. */
#pragma once

#include "daemon/policy/phones.h"

typedef struct CusaxIdentityIndex CusaxIdentityIndex;

CusaxIdentityIndex *cusax_identity_index_new(void);
void cusax_identity_index_free(CusaxIdentityIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxIdentityIndex, cusax_identity_index_free)

/* Replaces what is known of a contact (id). entries: CusaxPhoneEntry; those that are mere hints are
 * left out (C51). NULL or empty removes the contact. */
void cusax_identity_index_set(CusaxIdentityIndex *index, const char *contact,
			      const GPtrArray *entries);

/* How many contacts have the key; the first max ids are put into ret_contacts, borrowed until the
 * next change. key NULL gives 0. */
guint cusax_identity_index_lookup(const CusaxIdentityIndex *index, const char *key,
				  const char **ret_contacts, guint max);

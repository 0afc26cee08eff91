/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The telephone entries of one person: what each is good for, duplicates, order (C32-C37). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/base/facts.h"
#include "daemon/policy/number.h"

typedef enum {
	CUSAX_PHONE_CALLABLE,
	CUSAX_PHONE_NOT_VOICE,    /* fax, pager, modem and the like, and nothing else (C37) */
	CUSAX_PHONE_NOT_DIALABLE, /* not an address that can be dialled (C45) */
} CusaxPhoneReason;

/* A merged entry. */
typedef struct {
	char *uri;        /* as given */
	GStrv types;      /* of all merged ones, lower case; never NULL */
	char *key;        /* cusax_number_key(), or NULL */
	char *alias;      /* the SIP address itself, where the key is the number in it; else NULL */
	guint preference; /* 1 is best; 0: not given */
	CusaxSource source;  /* the best of the merged ones */
	CusaxFeatures media; /* audio, video: what it may be called with; 0: not callable */
	CusaxPhoneReason reason;
	gboolean telephone;   /* see CusaxNumber */
	gboolean association; /* may tie a caller to the person; a hint may not (C51) */
} CusaxPhoneEntry;

void cusax_phone_entry_free(CusaxPhoneEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxPhoneEntry, cusax_phone_entry_free)

/* The entries (CusaxPhone, in the order found, all sources together) merged by key, best first:
 * associations before hints (XEP-0152), then by preference, then by the order found. Entries that
 * cannot be called are kept, last, for display. A new array of CusaxPhoneEntry that frees them, not
 * more than CUSAX_PHONES_MAX. phones and plan may be NULL. */
GPtrArray *cusax_phones_merge(const GPtrArray *phones, const CusaxDialPlan *plan);

#define CUSAX_PHONES_MAX 64

/* The media that at least one callable entry takes: audio, and video only where an entry has the
 * type "video" (C36, C47). 0: the person cannot be called (C45). entries may be NULL. */
CusaxFeatures cusax_phones_media(const GPtrArray *entries);

const char *cusax_phone_reason_text(CusaxPhoneReason reason);

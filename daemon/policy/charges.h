/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a call may cost money, and why (C85-C90, T17). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/policy/number.h"

/* What provider and user say about costs; everything may be NULL. Patterns as in number-list.h. */
typedef struct {
	const char *const *free;
	const char *const *charged;
	const char *const *emergency; /* numbers, no patterns */
	const char *cue;              /* the provider's own text for the user */
} CusaxChargeRules;

typedef enum {
	CUSAX_CHARGES_OWN_DOMAIN,       /* none: a user of the account's own domain */
	CUSAX_CHARGES_FREE_LIST,        /* none: provider or user say so */
	CUSAX_CHARGES_EMERGENCY,        /* none: an emergency number is never gated (T17) */
	CUSAX_CHARGES_TELEPHONE_NUMBER, /* possible: a telephone number (C88) */
	CUSAX_CHARGES_OTHER_DOMAIN,     /* possible: another domain (C85) */
	CUSAX_CHARGES_PROVIDER,         /* expected: provider or user say so (C87) */
	CUSAX_CHARGES_NOT_KNOWN,        /* unknown: not an address that can be judged */
} CusaxChargesReason;

typedef struct {
	CusaxCharges charges;
	CusaxChargesReason reason;
	const char
		*cue; /* for the user; borrowed from rules or static; NULL where none is needed */
} CusaxChargesResult;

/* address as for cusax_number_read(); plan and rules may be NULL. In this order: emergency, charged,
 * free, the rest; so a number on both lists is charged. A numeric user of the own domain is a
 * telephone number: what looks like an extension may be a premium short number (C90). */
CusaxChargesResult cusax_charges_of(const char *address, const CusaxDialPlan *plan,
				    const CusaxChargeRules *rules);

/* TRUE where the address is one of the emergency numbers, or the URI that dials it at the plan's
 * domain. */
gboolean cusax_charges_is_emergency(const char *address, const CusaxDialPlan *plan,
				    const CusaxChargeRules *rules);

/* "telephone-number", "other-domain", "provider", or "" where nothing is charged; static. */
const char *cusax_charges_reason_word(CusaxChargesReason reason);

/* One sentence for a person; static. */
const char *cusax_charges_reason_text(CusaxChargesReason reason);

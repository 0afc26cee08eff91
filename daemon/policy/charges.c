/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a call may cost money. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/charges.h"

#include <string.h>

#include "daemon/policy/number-list.h"

/* A longer "emergency number" would be a way around the question of costs. */
#define EMERGENCY_MAX 6

static gboolean is_emergency(const CusaxNumber *number, const CusaxChargeRules *rules)
{
	if (!rules || !rules->emergency || !number->digits || number->foreign)
		return FALSE;
	for (guint i = 0; rules->emergency[i]; i++) {
		const char *emergency = rules->emergency[i];
		gsize length = strlen(emergency);

		if (length >= 1 && length <= EMERGENCY_MAX &&
		    strspn(emergency, "0123456789") == length &&
		    strcmp(emergency, number->digits) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Of a SIP address. */
static gboolean is_own_domain(const CusaxNumber *number, const CusaxDialPlan *plan)
{
	const char *host = strrchr(number->address, '@') + 1;

	return plan && plan->domain && g_ascii_strcasecmp(host, plan->domain) == 0;
}

static CusaxChargesReason judge(const CusaxNumber *number, const CusaxDialPlan *plan,
				const CusaxChargeRules *rules)
{
	if (!number->digits && !number->uri)
		return CUSAX_CHARGES_NOT_KNOWN;
	if (is_emergency(number, rules))
		return CUSAX_CHARGES_EMERGENCY;
	if (rules && cusax_number_list_has(rules->charged, number))
		return CUSAX_CHARGES_PROVIDER;
	if (rules && cusax_number_list_has(rules->free, number))
		return CUSAX_CHARGES_FREE_LIST;
	if (number->telephone && !number->foreign)
		return CUSAX_CHARGES_TELEPHONE_NUMBER;
	return is_own_domain(number, plan) ? CUSAX_CHARGES_OWN_DOMAIN : CUSAX_CHARGES_OTHER_DOMAIN;
}

static const CusaxCharges charges_of_reason[] = {
	[CUSAX_CHARGES_OWN_DOMAIN] = CUSAX_CHARGES_NONE,
	[CUSAX_CHARGES_FREE_LIST] = CUSAX_CHARGES_NONE,
	[CUSAX_CHARGES_EMERGENCY] = CUSAX_CHARGES_NONE,
	[CUSAX_CHARGES_TELEPHONE_NUMBER] = CUSAX_CHARGES_POSSIBLE,
	[CUSAX_CHARGES_OTHER_DOMAIN] = CUSAX_CHARGES_POSSIBLE,
	[CUSAX_CHARGES_PROVIDER] = CUSAX_CHARGES_EXPECTED,
	[CUSAX_CHARGES_NOT_KNOWN] = CUSAX_CHARGES_UNKNOWN,
};

CusaxChargesResult cusax_charges_of(const char *address, const CusaxDialPlan *plan,
				    const CusaxChargeRules *rules)
{
	g_auto(CusaxNumber) number = cusax_number_read(address, plan);
	CusaxChargesResult result = { 0 };

	result.reason = judge(&number, plan, rules);
	result.charges = charges_of_reason[result.reason];
	if (result.charges != CUSAX_CHARGES_NONE)
		result.cue = rules && rules->cue && *rules->cue
				     ? rules->cue
				     : cusax_charges_reason_text(result.reason);
	return result;
}

gboolean cusax_charges_is_emergency(const char *address, const CusaxDialPlan *plan,
				    const CusaxChargeRules *rules)
{
	g_auto(CusaxNumber) number = cusax_number_read(address, plan);

	return is_emergency(&number, rules);
}

const char *cusax_charges_reason_word(CusaxChargesReason reason)
{
	switch (reason) {
	case CUSAX_CHARGES_TELEPHONE_NUMBER:
		return "telephone-number";
	case CUSAX_CHARGES_OTHER_DOMAIN:
		return "other-domain";
	case CUSAX_CHARGES_PROVIDER:
		return "provider";
	case CUSAX_CHARGES_OWN_DOMAIN:
	case CUSAX_CHARGES_FREE_LIST:
	case CUSAX_CHARGES_EMERGENCY:
	case CUSAX_CHARGES_NOT_KNOWN:
		return "";
	}
	g_return_val_if_reached("");
}

const char *cusax_charges_reason_text(CusaxChargesReason reason)
{
	switch (reason) {
	case CUSAX_CHARGES_OWN_DOMAIN:
		return "A user of your own service.";
	case CUSAX_CHARGES_FREE_LIST:
		return "Listed as free of charge.";
	case CUSAX_CHARGES_EMERGENCY:
		return "An emergency number.";
	case CUSAX_CHARGES_TELEPHONE_NUMBER:
		return "This is a telephone number: the call may cost money.";
	case CUSAX_CHARGES_OTHER_DOMAIN:
		return "This address is at another service: the call may cost money.";
	case CUSAX_CHARGES_PROVIDER:
		return "This call costs money.";
	case CUSAX_CHARGES_NOT_KNOWN:
		return "It is not known whether this call costs money.";
	}
	g_return_val_if_reached("");
}

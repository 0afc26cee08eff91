/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's own lists of callers. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/callers.h"

#include "daemon/policy/number-list.h"

static gboolean has_word(const char *const *list, const char *word)
{
	for (; list && *list; list++) {
		if (g_ascii_strcasecmp(*list, word) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean has_address(const char *const *list, const char *address, const CusaxDialPlan *plan)
{
	g_auto(CusaxNumber) number = { 0 };

	if (!list || !*list || !address || !*address)
		return FALSE;
	number = cusax_number_read(address, plan);
	return cusax_number_list_has(list, &number);
}

/* By the address that the grade of identity goes by: none where it is hidden or disputed. */
static gboolean opens(const char *const *list, const CusaxCaller *caller, const char *contact)
{
	g_autofree char *key = NULL;

	if (!list || !*list)
		return FALSE;
	if (contact && has_word(list, contact))
		return TRUE;
	key = cusax_identity_caller_key(caller);
	return key && has_address(list, key, caller->plan);
}

static gboolean is_blocked(const CusaxCaller *caller, const char *contact, const char *const *list)
{
	if (caller->anonymous && has_word(list, CUSAX_CALLERS_ANONYMOUS))
		return TRUE;
	return (contact && has_word(list, contact)) ||
	       has_address(list, caller->from_uri, caller->plan) ||
	       has_address(list, caller->asserted_uri, caller->plan) ||
	       has_address(list, caller->unproven_uri, caller->plan);
}

CusaxCallerVerdict cusax_callers_judge(const CusaxCaller *caller, const char *contact,
				       const CusaxCallerLists *lists)
{
	const CusaxChargeRules rules = { .emergency = lists->emergency };
	CusaxCallerVerdict verdict = { 0 };

	verdict.emergency = caller->asserted_uri &&
			    cusax_charges_is_emergency(caller->asserted_uri, caller->plan, &rules);
	verdict.allowed = opens(lists->allowed, caller, contact) ||
			  (caller->anonymous && has_word(lists->allowed, CUSAX_CALLERS_ANONYMOUS));
	verdict.blocked = !verdict.allowed && is_blocked(caller, contact, lists->blocked);
	verdict.answered = !verdict.blocked && (caller->asserted_uri || contact) &&
			   opens(lists->answered, caller, contact);
	return verdict;
}

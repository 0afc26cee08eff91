/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grading a caller by evidence. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/identity.h"

#include <string.h>

#include "daemon/base/jid.h"

#define CUES_MAX 8

static gboolean is_set(const char *text)
{
	return text && *text;
}

/* The address that the network vouches for, else the one the caller gives (C68). */
static const char *caller_address(const CusaxCaller *caller)
{
	return is_set(caller->asserted_uri) ? caller->asserted_uri : caller->from_uri;
}

/* Whether the network names another caller than From, over a connection that proves nothing: enough
 * not to believe From, not enough to believe the network (C68). */
static gboolean is_disputed(const CusaxCaller *caller)
{
	g_auto(CusaxNumber) from = { 0 }, unproven = { 0 };

	if (is_set(caller->asserted_uri) || !is_set(caller->unproven_uri))
		return FALSE;
	from = cusax_number_read(caller->from_uri, caller->plan);
	unproven = cusax_number_read(caller->unproven_uri, caller->plan);
	return g_strcmp0(from.key, unproven.key) != 0;
}

/* The comparable form, and whether a foreign domain claimed a telephone number. */
static char *caller_key(const CusaxCaller *caller, gboolean *ret_foreign)
{
	g_auto(CusaxNumber) number = { 0 };

	*ret_foreign = FALSE;
	if (caller->anonymous || is_disputed(caller))
		return NULL;
	number = cusax_number_read(caller_address(caller), caller->plan);
	if (!number.foreign)
		return g_steal_pointer(&number.key);
	*ret_foreign = number.e164 != NULL;
	return g_steal_pointer(&number.address);
}

/* The entry of a candidate that has the key; hints count only where there is nothing else. */
static const CusaxPhoneEntry *find_entry(const CusaxCandidate *candidate, const char *key)
{
	const CusaxPhoneEntry *hint = NULL;

	for (guint i = 0; candidate->phones && i < candidate->phones->len; i++) {
		const CusaxPhoneEntry *entry = g_ptr_array_index(candidate->phones, i);

		if (g_strcmp0(entry->key, key) != 0 && g_strcmp0(entry->alias, key) != 0)
			continue;
		if (entry->association)
			return entry;
		hint = entry;
	}
	return hint;
}

/* What the candidates say about a key. */
typedef struct {
	const CusaxCandidate *named; /* the contact that the cue names, or NULL */
	const CusaxPhoneEntry *named_entry;
	const CusaxCandidate *match; /* the first contact that has the key, or NULL */
	const CusaxPhoneEntry *match_entry;
	gboolean several; /* another person has it too */
	gboolean hint;    /* somebody has it as a mere hint */
} Findings;

static Findings gather(const char *key, const char *claim, const CusaxCandidate *candidates,
		       guint n)
{
	Findings found = { 0 };

	for (guint i = 0; i < n; i++) {
		const CusaxCandidate *candidate = &candidates[i];
		const CusaxPhoneEntry *entry = key ? find_entry(candidate, key) : NULL;

		if (!candidate->contact)
			continue;
		if (entry && !entry->association) {
			found.hint = TRUE;
			entry = NULL;
		}
		if (!found.named && cusax_jid_equal_bare(claim, candidate->address)) {
			found.named = candidate;
			found.named_entry = entry;
		}
		if (!entry)
			continue;
		/* One person in the rosters of two accounts is one person. */
		if (!found.match) {
			found.match = candidate;
			found.match_entry = entry;
		} else if (!cusax_jid_equal_bare(found.match->address, candidate->address)) {
			found.several = TRUE;
		}
	}
	return found;
}

/* The caller names a contact: only its card, or a source as good, can make that more than a claim. */
static CusaxIdentityReason judge_named(const Findings *found, const char *key)
{
	if (!key)
		return CUSAX_IDENTITY_CUE_UNPROVABLE;
	if (found->named_entry)
		return found->several ? CUSAX_IDENTITY_CUE_AMBIGUOUS : CUSAX_IDENTITY_CUE_CONFIRMED;
	if (found->match)
		return CUSAX_IDENTITY_CUE_CONFLICT;
	switch (found->named->card) {
	case CUSAX_CARD_UNKNOWN:
		return CUSAX_IDENTITY_CUE_PENDING;
	case CUSAX_CARD_KNOWN:
		return CUSAX_IDENTITY_CUE_DENIED;
	case CUSAX_CARD_FAILED:
		return CUSAX_IDENTITY_CUE_UNAVAILABLE;
	}
	g_return_val_if_reached(CUSAX_IDENTITY_CUE_UNAVAILABLE);
}

static CusaxIdentityReason judge(const CusaxCaller *caller, const Findings *found, const char *key,
				 gboolean foreign, const char *claim)
{
	if (found->named)
		return judge_named(found, key);
	if (found->match && !found->several)
		return CUSAX_IDENTITY_MATCH;
	if (claim)
		return CUSAX_IDENTITY_CUE_STRANGER;
	if (caller->anonymous)
		return CUSAX_IDENTITY_ANONYMOUS;
	if (!key)
		return is_disputed(caller) ? CUSAX_IDENTITY_DISPUTED : CUSAX_IDENTITY_NO_ADDRESS;
	if (found->several)
		return CUSAX_IDENTITY_AMBIGUOUS;
	if (found->hint)
		return CUSAX_IDENTITY_HINT_ONLY;
	return foreign ? CUSAX_IDENTITY_FOREIGN_NUMBER : CUSAX_IDENTITY_NO_MATCH;
}

static const CusaxIdentity grade_of_reason[CUSAX_N_IDENTITY_REASONS] = {
	[CUSAX_IDENTITY_NO_ADDRESS] = CUSAX_IDENTITY_UNKNOWN,
	[CUSAX_IDENTITY_ANONYMOUS] = CUSAX_IDENTITY_UNKNOWN,
	[CUSAX_IDENTITY_NO_MATCH] = CUSAX_IDENTITY_UNKNOWN,
	[CUSAX_IDENTITY_HINT_ONLY] = CUSAX_IDENTITY_UNKNOWN,
	[CUSAX_IDENTITY_AMBIGUOUS] = CUSAX_IDENTITY_UNKNOWN,
	[CUSAX_IDENTITY_FOREIGN_NUMBER] = CUSAX_IDENTITY_UNKNOWN,
	[CUSAX_IDENTITY_DISPUTED] = CUSAX_IDENTITY_UNKNOWN,
	[CUSAX_IDENTITY_CUE_PENDING] = CUSAX_IDENTITY_CLAIMED,
	[CUSAX_IDENTITY_CUE_UNAVAILABLE] = CUSAX_IDENTITY_CLAIMED,
	[CUSAX_IDENTITY_CUE_STRANGER] = CUSAX_IDENTITY_CLAIMED,
	[CUSAX_IDENTITY_CUE_AMBIGUOUS] = CUSAX_IDENTITY_CLAIMED,
	[CUSAX_IDENTITY_CUE_UNPROVABLE] = CUSAX_IDENTITY_CLAIMED,
	[CUSAX_IDENTITY_CUE_DENIED] = CUSAX_IDENTITY_CONTRADICTED,
	[CUSAX_IDENTITY_CUE_CONFLICT] = CUSAX_IDENTITY_CONTRADICTED,
	[CUSAX_IDENTITY_MATCH] = CUSAX_IDENTITY_VERIFIED,
	[CUSAX_IDENTITY_CUE_CONFIRMED] = CUSAX_IDENTITY_VERIFIED,
};

/* Of the sources that make an association: no other can verify. */
static const char *const source_names[] = {
	[CUSAX_SOURCE_VCARD] = "the vCard",
	[CUSAX_SOURCE_VCARD4] = "the vCard",
	[CUSAX_SOURCE_DIRECTORY] = "the directory entry",
	[CUSAX_SOURCE_ADDRESS_BOOK] = "your address book entry",
};

/* The sentence that shows why (C53): addresses in it are prepared or escaped already. */
static void explain(CusaxIdentityResult *result, const Findings *found)
{
	GString *text = g_string_new(cusax_identity_reason_text(result->reason));

	if (result->grade == CUSAX_IDENTITY_VERIFIED)
		g_string_append_printf(text, " %s is in %s of %s.", result->key,
				       source_names[found->match_entry->source],
				       found->match->address);
	if (result->confirmation == CUSAX_CONFIRMED_DIRECTORY)
		g_string_append(text, " The directory is trusted.");
	else if (result->confirmation == CUSAX_CONFIRMED_BOTH_WAYS)
		g_string_append(text, " Both sides name each other.");
	if (result->claimed && result->reason != CUSAX_IDENTITY_CUE_CONFIRMED)
		g_string_append_printf(text, " The caller claims to be %s.", result->claimed);
	result->evidence = g_string_free(text, FALSE);
}

static CusaxConfirmation confirmation_of(const CusaxCaller *caller,
					 const CusaxIdentityResult *result)
{
	gboolean card =
		result->source == CUSAX_SOURCE_VCARD || result->source == CUSAX_SOURCE_VCARD4;

	if (result->source == CUSAX_SOURCE_DIRECTORY)
		return CUSAX_CONFIRMED_DIRECTORY;
	return card && is_set(caller->asserted_uri) &&
			       result->reason == CUSAX_IDENTITY_CUE_CONFIRMED
		       ? CUSAX_CONFIRMED_BOTH_WAYS
		       : CUSAX_CONFIRMED_ONE_WAY;
}

void cusax_identity_result_clear(CusaxIdentityResult *result)
{
	g_clear_pointer(&result->contact, g_free);
	g_clear_pointer(&result->claimed, g_free);
	g_clear_pointer(&result->fetch, g_free);
	g_clear_pointer(&result->key, g_free);
	g_clear_pointer(&result->evidence, g_free);
}

char *cusax_identity_caller_key(const CusaxCaller *caller)
{
	gboolean foreign;

	return caller_key(caller, &foreign);
}

char *cusax_identity_claim(const CusaxCaller *caller, GHashTable *contacts)
{
	g_autofree char *first = NULL;

	for (guint i = 0; caller->impp && caller->impp[i] && i < CUES_MAX; i++) {
		g_autofree char *jid = NULL, *bare = NULL;

		if (g_ascii_strncasecmp(caller->impp[i], "xmpp:", 5) != 0)
			continue;
		jid = cusax_jid_prepare(caller->impp[i], NULL);
		if (!jid)
			continue;
		bare = cusax_jid_bare(jid);
		if (contacts && g_hash_table_contains(contacts, bare))
			return g_steal_pointer(&bare);
		if (!first)
			first = g_steal_pointer(&bare);
	}
	return g_steal_pointer(&first);
}

CusaxIdentityResult cusax_identity_grade(const CusaxCaller *caller, const char *claim,
					 const CusaxCandidate *candidates, guint n)
{
	CusaxIdentityResult result = { 0 };
	gboolean foreign;
	Findings found;

	result.key = caller_key(caller, &foreign);
	found = gather(result.key, claim, candidates, n);
	result.reason = judge(caller, &found, result.key, foreign, claim);
	result.grade = grade_of_reason[result.reason];
	result.claimed = g_strdup(claim);
	result.source = claim ? CUSAX_SOURCE_CALL_INFO : CUSAX_SOURCE_NONE;
	if (result.reason == CUSAX_IDENTITY_CUE_PENDING)
		result.fetch = g_strdup(found.named->address);
	if (result.grade == CUSAX_IDENTITY_VERIFIED) {
		result.contact = g_strdup(found.match->contact);
		result.source = found.match_entry->source;
		result.confirmation = confirmation_of(caller, &result);
	}
	explain(&result, &found);
	return result;
}

const char *cusax_identity_confirmation_word(CusaxConfirmation confirmation)
{
	switch (confirmation) {
	case CUSAX_CONFIRMED_NOT:
		return "none";
	case CUSAX_CONFIRMED_ONE_WAY:
		return "one-way";
	case CUSAX_CONFIRMED_BOTH_WAYS:
		return "both-ways";
	case CUSAX_CONFIRMED_DIRECTORY:
		return "directory";
	}
	g_return_val_if_reached("none");
}

const char *cusax_identity_reason_text(CusaxIdentityReason reason)
{
	switch (reason) {
	case CUSAX_IDENTITY_NO_ADDRESS:
		return "The caller gives no address that can be compared.";
	case CUSAX_IDENTITY_ANONYMOUS:
		return "The caller asked to stay anonymous.";
	case CUSAX_IDENTITY_NO_MATCH:
		return "No contact has the caller's address.";
	case CUSAX_IDENTITY_HINT_ONLY:
		return "A contact announces this address, but no card or directory says so.";
	case CUSAX_IDENTITY_AMBIGUOUS:
		return "Several contacts have the caller's address.";
	case CUSAX_IDENTITY_FOREIGN_NUMBER:
		return "A telephone number that comes from another domain.";
	case CUSAX_IDENTITY_DISPUTED:
		return "The network names another caller than the call does.";
	case CUSAX_IDENTITY_CUE_PENDING:
		return "The card of the contact named by the caller is being fetched.";
	case CUSAX_IDENTITY_CUE_UNAVAILABLE:
		return "The card of the contact named by the caller cannot be had.";
	case CUSAX_IDENTITY_CUE_STRANGER:
		return "The caller names somebody who is not a contact.";
	case CUSAX_IDENTITY_CUE_AMBIGUOUS:
		return "Several contacts have the caller's address; the caller names one of them.";
	case CUSAX_IDENTITY_CUE_UNPROVABLE:
		return "The caller names a contact without an address that could confirm it.";
	case CUSAX_IDENTITY_CUE_DENIED:
		return "The contact named by the caller does not have the caller's address.";
	case CUSAX_IDENTITY_CUE_CONFLICT:
		return "The caller's address belongs to another contact than the one named.";
	case CUSAX_IDENTITY_MATCH:
		return "Exactly one contact has the caller's address.";
	case CUSAX_IDENTITY_CUE_CONFIRMED:
		return "The contact named by the caller has the caller's address.";
	}
	g_return_val_if_reached("");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who calls: hands policy the caller and the candidates, shows its grade (C62-C68). */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/jid.h"
#include "daemon/base/log.h"

/* --- the index of numbers ------------------------------------------------------------------------ */

GPtrArray *core_numbers_of(CusaxCore *core, CusaxContact *contact)
{
	return g_hash_table_lookup(core->numbers, contact);
}

void core_identity_set_numbers(CusaxCore *core, CusaxContact *contact, GPtrArray *entries)
{
	cusax_identity_index_set(core->identities, cusax_object_id(CUSAX_OBJECT(contact)), entries);
	g_hash_table_replace(core->numbers, contact, entries);
}

void core_identity_forget(CusaxCore *core, CusaxContact *contact)
{
	cusax_identity_index_set(core->identities, cusax_object_id(CUSAX_OBJECT(contact)), NULL);
	g_hash_table_remove(core->numbers, contact);
}

/* --- a caller --------------------------------------------------------------------------------------- */

/* One person is in as many rosters as there are chat accounts, so with one more than that a second
 * person with the same number is among those that the index gives, if there is one (C67). */
#define MAX_MATCHES    (CUSAX_CONFIG_MAX_ACCOUNTS + 1)
#define MAX_CANDIDATES (MAX_MATCHES + 1) /* and the one claimed */

typedef struct {
	CusaxCandidate list[MAX_CANDIDATES];
	guint n;
} Candidates;

static void add_candidate(CusaxCore *core, Candidates *candidates, CusaxContact *contact,
			  gboolean fetch_failed)
{
	const char *id = cusax_object_id(CUSAX_OBJECT(contact));
	CusaxCandidate *candidate;

	for (guint i = 0; i < candidates->n; i++) {
		if (g_strcmp0(candidates->list[i].contact, id) == 0)
			return;
	}
	candidate = &candidates->list[candidates->n++];
	candidate->contact = id;
	candidate->address = contact->address;
	candidate->phones = core_numbers_of(core, contact);
	if (contact->card->numbers)
		candidate->card = CUSAX_CARD_KNOWN;
	else
		candidate->card = fetch_failed ? CUSAX_CARD_FAILED : CUSAX_CARD_UNKNOWN;
}

static void find_candidates(CusaxCore *core, const char *key, const char *claim,
			    gboolean fetch_failed, Candidates *ret)
{
	const char *ids[MAX_MATCHES];
	guint n = cusax_identity_index_lookup(core->identities, key, ids, MAX_MATCHES);
	CusaxContact *claimed = claim ? core_contact_find_any(core, claim) : NULL;

	for (guint i = 0; i < MIN(n, MAX_MATCHES); i++) {
		CusaxContact *contact =
			cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT, ids[i]);

		if (contact)
			add_candidate(core, ret, contact, fetch_failed);
	}
	if (claimed && claimed->listed) /* who merely asks to subscribe is no contact yet */
		add_candidate(core, ret, claimed, fetch_failed);
	else if (claim && ret->n < MAX_CANDIDATES)
		ret->list[ret->n++] = (CusaxCandidate){ .address = claim };
}

CusaxCaller core_identity_caller(CoreCall *record, const CusaxDialPlan *plan)
{
	return (CusaxCaller){ .from_uri = record->from_uri,
			      .asserted_uri = record->asserted_uri,
			      .unproven_uri = record->unproven_uri,
			      .impp = (const char *const *)record->impp,
			      .anonymous = record->anonymous,
			      .plan = plan };
}

void core_identity_grade(CusaxCore *core, CoreCall *record)
{
	CusaxCall *call = record->call;
	CusaxDialPlan plan = core_dial_plan(core_service_of(call->account), call->account);
	CusaxCaller caller = core_identity_caller(record, &plan);
	g_autofree char *key = cusax_identity_caller_key(&caller);
	g_autofree char *claim = cusax_identity_claim(&caller, NULL);
	g_auto(CusaxIdentityResult) result = { 0 };
	Candidates candidates = { 0 };
	CusaxContact *contact = NULL, *wanted;

	find_candidates(core, key, claim, record->fetch_failed, &candidates);
	result = cusax_identity_grade(&caller, claim, candidates.list, candidates.n);
	if (result.contact)
		contact = cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT, result.contact);
	cusax_info(cusax_object_id(CUSAX_OBJECT(call)), "identity %s (%s)",
		   cusax_word(CUSAX_TYPE_IDENTITY, result.grade), result.evidence);
	g_object_set(call, "identity", result.grade, "contact", contact, "claimed-address",
		     contact ? NULL : result.claimed, "identity-source",
		     cusax_word(CUSAX_TYPE_SOURCE, result.source), "identity-confirmation",
		     cusax_identity_confirmation_word(result.confirmation), "identity-evidence",
		     result.evidence, NULL);
	g_clear_pointer(&record->awaits, g_free);
	if (!result.fetch || record->fetch_failed)
		return;
	/* C65: exactly the one card that decides is fetched. */
	wanted = core_contact_find_any(core, result.fetch);
	if (wanted) {
		record->awaits = g_steal_pointer(&result.fetch);
		core_vcard_want(core, wanted, TRUE);
	}
}

static void grade_again(CusaxCore *core, CusaxContact *contact, gboolean only_awaiting)
{
	GHashTableIter iter;
	gpointer record_pointer;

	g_hash_table_iter_init(&iter, core->calls);
	while (g_hash_table_iter_next(&iter, NULL, &record_pointer)) {
		CoreCall *record = record_pointer;

		if (record->call->direction != CUSAX_CALL_INCOMING_DIRECTION)
			continue;
		if (only_awaiting) {
			if (g_strcmp0(record->awaits, contact->address) != 0)
				continue;
			record->fetch_failed = !contact->card->numbers;
		}
		core_identity_grade(core, record);
		core_call_admit_again(core, record);
	}
}

void core_identity_on_numbers(CusaxCore *core, CusaxContact *contact)
{
	if (g_hash_table_size(core->calls) > 0)
		grade_again(core, contact, FALSE);
}

void core_identity_on_vcard(CusaxCore *core, CusaxContact *contact)
{
	grade_again(core, contact, TRUE);
}

/* --- Lookup ------------------------------------------------------------------------------------------- */

/* A JID is whose it says: only whether it is a contact is open. */
static gboolean look_up_jid(CusaxCore *core, const char *text, GTask *task)
{
	g_autofree char *plain = core_target_plain_jid(text);
	g_autofree char *jid = cusax_jid_prepare(plain, NULL);
	g_autofree char *bare = jid ? cusax_jid_bare(jid) : NULL;
	CusaxContact *contact = bare ? core_contact_find_any(core, bare) : NULL;
	g_autofree char *path = NULL;
	GVariantDict evidence;

	if (!contact)
		return FALSE;
	path = cusax_object_path(CUSAX_OBJECT(contact));
	g_variant_dict_init(&evidence, NULL);
	g_variant_dict_insert(&evidence, "normalised", "s", bare);
	g_variant_dict_insert(&evidence, "reason", "s", "It is the address of this contact.");
	g_task_return_pointer(task,
			      g_variant_ref_sink(g_variant_new(
				      "(os@a{sv})", path,
				      cusax_word(CUSAX_TYPE_IDENTITY, CUSAX_IDENTITY_VERIFIED),
				      g_variant_dict_end(&evidence))),
			      (GDestroyNotify)g_variant_unref);
	return TRUE;
}

/* A name says who is meant, and proves nothing: contacts choose names for themselves. */
static void look_up_name(CusaxCore *core, const char *text, GTask *task)
{
	g_auto(CoreTarget) target = { NULL, NULL };
	g_autofree char *path = NULL;
	GError *error = NULL;
	GVariantDict evidence;

	core_target_find(core, text, &target, &error);
	if (g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT)) {
		g_task_return_error(task, error); /* several: it names them */
		return;
	}
	if (!target.contact) {
		g_clear_error(&error);
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					"uri: is neither an address that can be compared nor the "
					"name of one contact");
		return;
	}
	path = cusax_object_path(CUSAX_OBJECT(target.contact));
	g_variant_dict_init(&evidence, NULL);
	g_variant_dict_insert(&evidence, "normalised", "s", target.contact->address);
	g_variant_dict_insert(&evidence, "reason", "s", "It is the name of this contact alone.");
	g_task_return_pointer(
		task,
		g_variant_ref_sink(g_variant_new(
			"(os@a{sv})", path, cusax_word(CUSAX_TYPE_IDENTITY, CUSAX_IDENTITY_CLAIMED),
			g_variant_dict_end(&evidence))),
		(GDestroyNotify)g_variant_unref);
}

void cusax_core_lookup(CusaxCore *core, const char *uri, GAsyncReadyCallback callback,
		       gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_SIP);
	CusaxAccount *account = accounts->len > 0 ? accounts->pdata[0] : NULL;
	CusaxDialPlan plan = core_dial_plan(account ? core_service_of(account) : NULL, account);
	CusaxCaller caller = { .from_uri = uri, .plan = &plan };
	g_autofree char *key = cusax_number_key(uri, &plan);
	g_auto(CusaxIdentityResult) result = { 0 };
	Candidates candidates = { 0 };
	g_autofree char *path = NULL;
	GVariantDict evidence;

	if (look_up_jid(core, uri, task))
		return;
	if (!key) {
		look_up_name(core, uri, task);
		return;
	}
	/* A number that was typed is compared as its key; a foreign host vouches for nothing here. */
	caller.from_uri = key;
	find_candidates(core, key, NULL, FALSE, &candidates);
	result = cusax_identity_grade(&caller, NULL, candidates.list, candidates.n);
	path = cusax_object_path(
		result.contact
			? cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT, result.contact)
			: NULL);
	g_variant_dict_init(&evidence, NULL);
	g_variant_dict_insert(&evidence, "normalised", "s", key);
	g_variant_dict_insert(&evidence, "reason", "s", result.evidence);
	if (result.source != CUSAX_SOURCE_NONE)
		g_variant_dict_insert(&evidence, "source", "s",
				      cusax_word(CUSAX_TYPE_SOURCE, result.source));
	g_variant_dict_insert(&evidence, "confirmation", "s",
			      cusax_identity_confirmation_word(result.confirmation));
	g_task_return_pointer(
		task,
		g_variant_ref_sink(g_variant_new("(os@a{sv})", path,
						 cusax_word(CUSAX_TYPE_IDENTITY, result.grade),
						 g_variant_dict_end(&evidence))),
		(GDestroyNotify)g_variant_unref);
}

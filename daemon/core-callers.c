/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lists, blocks and limits say of a caller (T12, T17, T18, R14). */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"

/* --- lists ----------------------------------------------------------------------------------------- */

/* An account that is not paired goes by the defaults: emergency numbers above all. */
static GStrv emergency_of(CusaxAccount *account)
{
	CusaxService *service = core_service_of(account);
	g_autoptr(CusaxSettings) none = cusax_settings_new(CUSAX_SETTINGS_PAIR);

	return cusax_settings_strv(service ? service->values : none, "emergency");
}

/* Of those who have the number one is blocked and nobody is welcome: a number that a blocked person
 * enters into a vCard does not shut out whoever else it belongs to. */
static gboolean is_number_of_blocked(CusaxCore *core, const char *uri, const CusaxDialPlan *plan)
{
	g_autofree char *key = uri ? cusax_number_key(uri, plan) : NULL;
	const char *ids[CUSAX_CONFIG_MAX_ACCOUNTS + 1];
	gboolean blocked = FALSE;
	guint n;

	if (!key)
		return FALSE;
	n = cusax_identity_index_lookup(core->identities, key, ids, G_N_ELEMENTS(ids));
	for (guint i = 0; i < MIN(n, G_N_ELEMENTS(ids)); i++) {
		CusaxContact *contact =
			cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT, ids[i]);

		if (contact && !contact->blocked)
			return FALSE;
		blocked |= contact != NULL;
	}
	return blocked;
}

CusaxCallerVerdict core_callers_judge(CusaxCore *core, CoreCall *record)
{
	CusaxSettings *policy = core_policy(core);
	CusaxContact *contact = record->call->contact;
	CusaxAccount *account = record->call->account;
	CusaxDialPlan plan = core_dial_plan(core_service_of(account), account);
	const CusaxCaller caller = core_identity_caller(record, &plan);
	g_auto(GStrv) blocked = cusax_settings_strv(policy, "block-callers");
	g_auto(GStrv) allowed = cusax_settings_strv(policy, "allow-callers");
	g_auto(GStrv) answered = cusax_settings_strv(policy, "auto-answer");
	g_auto(GStrv) emergency = emergency_of(account);
	const CusaxCallerLists lists = {
		.blocked = (const char *const *)blocked,
		.allowed = (const char *const *)allowed,
		.answered = (const char *const *)answered,
		.emergency = (const char *const *)emergency,
	};
	CusaxCallerVerdict verdict =
		cusax_callers_judge(&caller, contact ? contact->address : NULL, &lists);

	/* In step with chat: whoever is blocked there rings by no address of theirs. */
	if ((contact && contact->blocked) || is_number_of_blocked(core, caller.from_uri, &plan) ||
	    is_number_of_blocked(core, caller.asserted_uri, &plan) ||
	    is_number_of_blocked(core, caller.unproven_uri, &plan)) {
		verdict.blocked = TRUE;
		verdict.answered = FALSE;
	}
	return verdict;
}

void core_callers_on_blocks(CusaxCore *core)
{
	g_autoptr(GList) records = g_hash_table_get_values(core->calls);

	for (GList *node = records; node; node = node->next) {
		CoreCall *record = node->data;
		CusaxCallerVerdict verdict;

		if (record->fsm.state != CUSAX_CALL_INCOMING)
			continue;
		verdict = core_callers_judge(core, record);
		if (verdict.blocked && !verdict.emergency)
			core_call_input(core, record, CUSAX_CALL_DO_DECLINE, CUSAX_END_NONE);
	}
}

/* --- limits ----------------------------------------------------------------------------------------- */

gboolean core_callers_may_ring(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	const char *asserted = event->call_incoming.asserted_uri;
	g_auto(GStrv) emergency = emergency_of(account);
	const CusaxChargeRules rules = { .emergency = (const char *const *)emergency };
	CusaxDialPlan plan = core_dial_plan(core_service_of(account), account);

	if (asserted && cusax_charges_is_emergency(asserted, &plan, &rules))
		return TRUE;
	return cusax_flood_admit(core->flood, asserted ? asserted : event->call_incoming.uri,
				 g_get_monotonic_time());
}

void core_callers_forgive(CusaxCore *core, CoreCall *record)
{
	if (record->call->direction == CUSAX_CALL_INCOMING_DIRECTION)
		cusax_flood_forgive(core->flood,
				    record->asserted_uri ? record->asserted_uri : record->from_uri);
}

/* --- answering by itself ------------------------------------------------------------------------------ */

void core_callers_answer(CusaxCore *core, CoreCall *record)
{
	if (record->fsm.state != CUSAX_CALL_INCOMING || record->silent ||
	    g_hash_table_size(core->calls) > 1 || !core_callers_judge(core, record).answered)
		return;
	cusax_info(cusax_object_id(CUSAX_OBJECT(record->call)),
		   "answered by itself: the caller is on the user's list");
	core_call_input(core, record, CUSAX_CALL_DO_ACCEPT, CUSAX_END_NONE);
}

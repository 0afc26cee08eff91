/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value outside its enumeration is reported, and answered on the safe side. */
/* Test program. */
#include "daemon/policy/account-fsm.h"
#include "daemon/policy/admit.h"
#include "daemon/policy/call-fsm.h"
#include "daemon/policy/connect.h"
#include "daemon/policy/identity-index.h"
#include "daemon/policy/identity.h"
#include "daemon/policy/presence.h"
#include "daemon/policy/route.h"
#include "daemon/policy/security.h"

#define WILD 99

/* The expression reports a programming error. */
#define REPORTED(expression)                                                                       \
	G_STMT_START                                                                               \
	{                                                                                          \
		g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL,                          \
				      "*should not be reached*");                                  \
		expression;                                                                        \
		g_test_assert_expected_messages();                                                 \
	}                                                                                          \
	G_STMT_END

static void test_texts(void)
{
	REPORTED(g_assert_cmpstr(cusax_number_reason_text(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_phone_reason_text(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_identity_reason_text(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_identity_confirmation_word(WILD), ==, "none"));
	REPORTED(g_assert_cmpstr(cusax_charges_reason_text(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_charges_reason_word(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_route_reason_text(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_connect_reason_text(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_retry_reason_text(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_admit_reason_text(WILD), ==, ""));
	REPORTED(g_assert_cmpstr(cusax_call_input_word(WILD), ==, "unknown"));
	REPORTED(g_assert_cmpstr(cusax_account_input_word(WILD), ==, "unknown"));
}

static void test_machines(void)
{
	CusaxCallFsm call = cusax_call_fsm_init(CUSAX_CALL_INCOMING_DIRECTION);
	CusaxCallEffects effects = 0;
	CusaxRetry retry = { 0 };

	REPORTED(g_assert_cmpint(cusax_call_fsm_step(&call, WILD, 0, &call, &effects), ==,
				 CUSAX_CALL_ILLEGAL));
	REPORTED(g_assert_cmpint(
		cusax_call_fsm_step(&call, CUSAX_CALL_ON_ENDED, WILD, &call, &effects), ==,
		CUSAX_CALL_STEPPED));
	g_assert_true(effects & CUSAX_CALL_NOTE_MISSED);
	call.state = WILD;
	REPORTED(g_assert_cmpint(
		cusax_call_fsm_step(&call, CUSAX_CALL_ON_RINGING, 0, &call, &effects), ==,
		CUSAX_CALL_LATE));
	REPORTED(g_assert_cmpint(cusax_retry_lost(&retry, WILD, 0, 0).reason, ==,
				 CUSAX_RETRY_BACKOFF));
}

static void test_decisions(void)
{
	const CusaxAdmitFacts caller = { .audio_enabled = TRUE,
					 .media_offered = TRUE,
					 .unknown_callers = WILD,
					 .max_ringing = 4 };
	const CusaxResource resource = { "a", WILD, NULL, 0, 0 };
	const CusaxResource gone = { "b", CUSAX_AVAILABILITY_OFFLINE, NULL, 0, 0 };
	const CusaxCaller cue = { .from_uri = "sip:a@sip.test" };
	const CusaxCandidate named = { .contact = "1", .address = "a@xmpp.test", .card = WILD };
	const CusaxConnectSide chat = { TRUE, WILD, NULL, NULL };
	const CusaxConnectSide telephony = { FALSE, CUSAX_ACCOUNT_OFFLINE, NULL, NULL };
	CusaxPhone phone = { .uri = (char *)"sip:a@sip.test", .source = WILD };
	g_autoptr(GPtrArray) phones = g_ptr_array_new();

	REPORTED(g_assert_cmpint(cusax_admit(&caller).verdict, ==, CUSAX_ADMIT_SILENT));
	REPORTED(g_assert_true(cusax_presence_is_better(&gone, &resource) == FALSE));
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*should not be reached*");
	{
		g_auto(CusaxIdentityResult) result =
			cusax_identity_grade(&cue, "a@xmpp.test", &named, 1);

		g_assert_cmpint(result.grade, ==, CUSAX_IDENTITY_CLAIMED);
	}
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*should not be reached*");
	{
		g_auto(CusaxConnectDecision) decision =
			cusax_connect_decide(CUSAX_CONNECT_BOTH_REQUIRED, &chat, &telephony);

		g_assert_cmpint(decision.chat, ==, CUSAX_CONNECT_HOLD);
	}
	g_test_assert_expected_messages();
	g_ptr_array_add(phones, &phone);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*should not be reached*");
	{
		g_autoptr(GPtrArray) entries = cusax_phones_merge(phones, NULL);
		const CusaxPhoneEntry *entry = g_ptr_array_index(entries, 0);

		g_assert_false(entry->association);
	}
	g_test_assert_expected_messages();
	g_ptr_array_add(phones, &phone);
	/* Once for the association of each, twice for the strengths compared. */
	for (guint i = 0; i < 4; i++)
		g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL,
				      "*should not be reached*");
	g_ptr_array_unref(cusax_phones_merge(phones, NULL));
	g_test_assert_expected_messages();
}

/* Cleared twice, or never filled: nothing happens. */
static void test_empty(void)
{
	g_auto(CusaxNumber) number = { 0 };
	g_auto(CusaxIdentityResult) identity = { 0 };
	g_auto(CusaxConnectDecision) decision = { 0 };
	g_auto(CusaxSecurityResult) security = { 0 };
	g_autoptr(CusaxIdentityIndex) index = NULL;

	cusax_identity_index_free(index);
	cusax_security_result_clear(&security);
	g_assert_null(number.key);
	g_assert_null(identity.key);
	g_assert_null(decision.text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/policy/guards/sentences and words", test_texts);
	g_test_add_func("/policy/guards/state machines", test_machines);
	g_test_add_func("/policy/guards/decisions fall on the safe side", test_decisions);
	g_test_add_func("/policy/guards/what is empty can be cleared", test_empty);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: several calls at once, transfers, and who is asked before. */
/* Main thread. */
#include <string.h>

#include "tests/unit/core-bench.h"

/* A call to bob that stands. */
static CusaxCall *stand(CoreBench *bench)
{
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	call = core_bench_place(bench, "bob");
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_CALL), -1);
	core_bench_call_event(bench, call->handle, CUSAX_EVENT_CALL_ANSWERED);
	return call;
}

static void refer(CoreBench *bench, CusaxCall *call, const char *uri, gboolean redirected)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CALL_REFERRED,
					    cusax_object_id(CUSAX_OBJECT(bench->telephony)));

	event->call = call->handle;
	event->call_referred.uri = g_strdup(uri);
	event->call_referred.replaces = g_strdup("id;to-tag=1;from-tag=2");
	event->call_referred.redirected = redirected;
	core_bench_event(bench, event);
	core_bench_settle(bench);
}

static void progress(CoreBench *bench, CusaxCall *call, guint code, gboolean over)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CALL_TRANSFERRED,
					    cusax_object_id(CUSAX_OBJECT(bench->telephony)));

	event->call = call->handle;
	event->call_transferred.code = code;
	event->call_transferred.over = over;
	core_bench_event(bench, event);
	core_bench_settle(bench);
}

/* --- several at once -------------------------------------------------------------------------- */

static void test_one_talks(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	CusaxCall *first = stand(bench), *second;
	CusaxOperation *hold;
	Answer answer = { 0 };
	guint64 handle = core_bench_incoming(bench, "sip:carol@sip.test", NULL);

	second = NULL;
	for (guint i = 0; !second; i++) {
		g_autoptr(GPtrArray) calls = cusax_registry_list(bench->registry, CUSAX_TYPE_CALL);

		if (((CusaxCall *)calls->pdata[i])->handle == handle)
			second = calls->pdata[i];
	}
	cusax_core_accept_call(bench->core, second, none, core_bench_answer, &answer);
	hold = core_bench_expect(bench, CUSAX_OPERATION_HOLD);
	g_assert_cmpuint(hold->call, ==, first->handle);
	g_assert_true(hold->toggle.on);
	core_bench_done(bench, hold, -1);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_ACCEPT), -1);
	core_bench_call_event(bench, handle, CUSAX_EVENT_CALL_ANSWERED);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	g_assert_true(first->held && !second->held);
	/* One write swaps them. */
	memset(&answer, 0, sizeof(answer));
	cusax_core_hold_call(bench->core, first, FALSE, core_bench_answer, &answer);
	hold = core_bench_expect(bench, CUSAX_OPERATION_HOLD);
	g_assert_cmpuint(hold->call, ==, second->handle);
	g_assert_true(hold->toggle.on);
	core_bench_done(bench, hold, -1);
	hold = core_bench_expect(bench, CUSAX_OPERATION_HOLD);
	g_assert_cmpuint(hold->call, ==, first->handle);
	g_assert_false(hold->toggle.on);
	core_bench_done(bench, hold, -1);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	g_assert_true(!first->held && second->held);
}

/* --- we ask ----------------------------------------------------------------------------------- */

static void test_transfer(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCall *call = stand(bench);
	CusaxOperation *transfer;
	Answer answer = { 0 };

	cusax_core_transfer_call(bench->core, call, "sip:carol@sip.test", core_bench_answer,
				 &answer);
	transfer = core_bench_expect(bench, CUSAX_OPERATION_TRANSFER);
	g_assert_cmpstr(transfer->transfer.uri, ==, "sip:carol@sip.test");
	core_bench_done(bench, transfer, -1);
	core_bench_await(&answer);
	g_assert_true(cusax_core_finish(bench->core, answer.result, NULL));
	g_clear_object(&answer.result);
	g_assert_cmpint(call->transfer_state, ==, CUSAX_REFERRAL_REQUESTED);
	progress(bench, call, 180, FALSE);
	g_assert_cmpint(call->transfer_state, ==, CUSAX_REFERRAL_RINGING);
	core_bench_forbid(bench, CUSAX_OPERATION_HANGUP);
	progress(bench, call, 200, TRUE);
	g_assert_cmpint(call->transfer_state, ==, CUSAX_REFERRAL_DONE);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_HANGUP), -1);
}

static void test_transfer_fails(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCall *call = stand(bench);
	Answer answer = { 0 };

	cusax_core_transfer_call(bench->core, call, "sip:carol@sip.test", core_bench_answer,
				 &answer);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_TRANSFER),
			CUSAX_ERROR_REFUSED);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_REFUSED);
	g_assert_cmpint(call->transfer_state, ==, CUSAX_REFERRAL_FAILED);
	memset(&answer, 0, sizeof(answer));
	cusax_core_transfer_call(bench->core, call, "no such person", core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_NOT_FOUND);
	memset(&answer, 0, sizeof(answer));
	cusax_core_transfer_call_to(bench->core, call, call, core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_INVALID_ARGUMENT);
	core_bench_end_call(bench, call->handle, CUSAX_END_REMOTE_HANGUP, 0);
	memset(&answer, 0, sizeof(answer));
	cusax_core_transfer_call(bench->core, call, "bob", core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_WRONG_STATE);
	core_bench_forbid(bench, CUSAX_OPERATION_TRANSFER);
}

/* --- we are asked ------------------------------------------------------------------------------ */

static void test_asked(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	CusaxCall *call = stand(bench), *placed;
	CusaxOperation *operation;
	Answer answer = { 0 };

	refer(bench, call, "sip:carol@sip.test", FALSE);
	g_assert_cmpint(call->transfer_state, ==, CUSAX_REFERRAL_ASKED);
	g_assert_cmpstr(call->transfer_target, ==, "sip:carol@sip.test");
	g_assert_cmpint(call->transfer_charges, ==, CUSAX_CHARGES_NONE);
	core_bench_forbid(bench, CUSAX_OPERATION_CALL);
	cusax_core_accept_transfer(bench->core, call, none, core_bench_answer, &answer);
	core_bench_await(&answer);
	placed = (CusaxCall *)cusax_core_finish_object(bench->core, answer.result, NULL);
	g_clear_object(&answer.result);
	operation = core_bench_expect(bench, CUSAX_OPERATION_CALL);
	g_assert_cmpstr(operation->place.uri, ==, "sip:carol@sip.test");
	g_assert_cmpstr(operation->place.replaces, ==, "id;to-tag=1;from-tag=2");
	core_bench_done(bench, operation, -1);
	core_bench_call_event(bench, placed->handle, CUSAX_EVENT_CALL_RINGING);
	operation = core_bench_expect(bench, CUSAX_OPERATION_TELL_REFERRER);
	g_assert_cmpuint(operation->tell_referrer.code, ==, 180);
	g_assert_cmpuint(operation->call, ==, call->handle);
	core_bench_done(bench, operation, -1);
	core_bench_call_event(bench, placed->handle, CUSAX_EVENT_CALL_ANSWERED);
	operation = core_bench_expect(bench, CUSAX_OPERATION_TELL_REFERRER);
	g_assert_cmpuint(operation->tell_referrer.code, ==, 200);
	core_bench_done(bench, operation, -1);
	g_assert_cmpint(call->transfer_state, ==, CUSAX_REFERRAL_DONE);
	core_bench_end_call(bench, placed->handle, CUSAX_END_REMOTE_HANGUP, 0);
	core_bench_forbid(bench, CUSAX_OPERATION_TELL_REFERRER);
	g_object_unref(placed);
}

static void test_asked_and_declined(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCall *call = stand(bench);
	CusaxOperation *operation;
	Answer answer = { 0 };

	refer(bench, call, "sip:carol@sip.test", FALSE);
	cusax_core_decline_transfer(bench->core, call, core_bench_answer, &answer);
	operation = core_bench_expect(bench, CUSAX_OPERATION_TELL_REFERRER);
	g_assert_cmpuint(operation->tell_referrer.code, ==, 603);
	core_bench_done(bench, operation, -1);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	g_assert_cmpint(call->transfer_state, ==, CUSAX_REFERRAL_DECLINED);
	memset(&answer, 0, sizeof(answer));
	cusax_core_decline_transfer(bench->core, call, core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_WRONG_STATE);
	core_bench_forbid(bench, CUSAX_OPERATION_CALL);
}

/* C86: what may cost money is not dialled without a yes, whoever wants it; also after the call. */
static void test_asked_for_money(CoreBench *bench, gconstpointer data)
{
	gboolean redirected = GPOINTER_TO_INT(data);
	g_autoptr(GVariant) none = core_bench_no_options();
	CusaxCall *call = stand(bench);
	Answer answer = { 0 };

	refer(bench, call, "sip:+33899123456@sip.test;user=phone", redirected);
	g_assert_cmpint(call->transfer_charges, !=, CUSAX_CHARGES_NONE);
	if (redirected)
		core_bench_end_call(bench, call->handle, CUSAX_END_REFUSED_BY_POLICY, 302);
	cusax_core_accept_transfer(bench->core, call, none, core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_CONFIRMATION_NEEDED);
	core_bench_forbid(bench, CUSAX_OPERATION_CALL);
	g_assert_cmpint(call->transfer_state, ==, CUSAX_REFERRAL_ASKED);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("T3: one call talks, and one write swaps two", test_one_talks, NULL);
	core_bench_add("T5: a transfer and how it goes", test_transfer, NULL);
	core_bench_add("T5: a transfer that cannot be", test_transfer_fails, NULL);
	core_bench_add("T5: a call that is asked for waits for a yes", test_asked, NULL);
	core_bench_add("T5: a call that is asked for and declined", test_asked_and_declined, NULL);
	core_bench_add("T5, C86: REFER to a number that costs", test_asked_for_money,
		       GINT_TO_POINTER(FALSE));
	core_bench_add("T5, C86: 302 to a number that costs", test_asked_for_money,
		       GINT_TO_POINTER(TRUE));
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: calls out and in, and who is calling. */
/* Main thread. */
#include <string.h>

#include "tests/unit/core-bench.h"

/* --- calling -------------------------------------------------------------------------------------- */

static void test_call_contact(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxContact *bob;
	CusaxOperation *operation;
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	bob = core_bench_contact(bench, "bob@xmpp.test");
	g_assert_true(g_strv_contains((const char *const *)bob->capabilities, "audio"));
	call = core_bench_place(bench, "bob");
	g_assert_cmpint(call->state, ==, CUSAX_CALL_DIALING);
	g_assert_true(call->contact == bob);
	g_assert_true(call->account == bench->telephony);
	operation = core_bench_expect(bench, CUSAX_OPERATION_CALL);
	g_assert_cmpstr(operation->place.uri, ==, "sip:bob@sip.test");
	g_assert_cmpstr(operation->place.impp, ==, "alice@xmpp.test");
	core_bench_done(bench, operation, -1);
	core_bench_call_event(bench, call->handle, CUSAX_EVENT_CALL_RINGING);
	g_assert_cmpint(call->state, ==, CUSAX_CALL_RINGING);
	core_bench_call_event(bench, call->handle, CUSAX_EVENT_CALL_ANSWERED);
	g_assert_cmpint(call->state, ==, CUSAX_CALL_ACTIVE);
	g_assert_cmpint(call->answer_time, >=, call->start_time);
	core_bench_end_call(bench, call->handle, CUSAX_END_REMOTE_HANGUP, 0);
	g_assert_cmpint(call->state, ==, CUSAX_CALL_ENDED);
	g_assert_cmpint(call->end_reason, ==, CUSAX_END_REMOTE_HANGUP);
	g_assert_true(cusax_registry_contains(bench->registry, CUSAX_OBJECT(call)));
}

static void test_not_callable(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	g_assert_false(g_strv_contains(
		(const char *const *)core_bench_contact(bench, "bob@xmpp.test")->capabilities,
		"audio"));
	cusax_core_call(bench->core, "bob@xmpp.test", none, core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_NO_ROUTE);
	core_bench_forbid(bench, CUSAX_OPERATION_CALL);
}

static void test_not_registered(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_NOT_REGISTERED);
	cusax_core_call(bench->core, "bob", none, core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_NOT_REGISTERED);
}

static void test_charges(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	cusax_core_call(bench->core, "+33 1 23 45 67 89", none, core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_CONFIRMATION_NEEDED);
	core_bench_forbid(bench, CUSAX_OPERATION_CALL);
}

static void test_hangup_while_ringing(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	Answer answer = { 0 };
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	call = core_bench_place(bench, "bob");
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_CALL), -1);
	cusax_core_hangup_call(bench->core, call, core_bench_answer, &answer);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_HANGUP), -1);
	core_bench_end_call(bench, call->handle, CUSAX_END_CANCELLED, 487);
	core_bench_await(&answer);
	g_assert_true(cusax_core_finish(bench->core, answer.result, NULL));
	g_clear_object(&answer.result);
	g_assert_cmpint(call->end_reason, ==, CUSAX_END_CANCELLED);
	g_assert_cmpuint(call->end_code, ==, 487);
}

/* --- being called ----------------------------------------------------------------------------------- */

static void test_verified(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCall *call;
	CusaxChat *chat;
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_incoming(bench, "sip:bob@SIP.test", "xmpp:bob@xmpp.test");
	call = core_bench_call(bench);
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_VERIFIED);
	g_assert_true(call->contact == core_bench_contact(bench, "bob@xmpp.test"));
	cusax_core_open_call_chat(bench->core, call, core_bench_answer, &answer);
	core_bench_await(&answer);
	chat = (CusaxChat *)cusax_core_finish_object(bench->core, answer.result, NULL);
	g_assert_cmpstr(chat->parent.address, ==, "bob@xmpp.test");
	g_assert_true(call->chat == chat);
	g_object_unref(chat);
	g_clear_object(&answer.result);
}

typedef struct {
	const char *name;
	const char *number; /* in bob's vCard */
	const char *from;
	const char *impp;
	CusaxIdentity identity;
} Caller;

static const Caller callers[] = {
	{ "C67: another user of the domain is unknown", "sip:bob@sip.test", "sip:bobby@sip.test",
	  NULL, CUSAX_IDENTITY_UNKNOWN },
	{ "C67: the same user of another domain is unknown", "sip:bob@sip.test",
	  "sip:bob@evil.test", NULL, CUSAX_IDENTITY_UNKNOWN },
	{ "C66: a contradicted cue is never shown as a contact", "sip:bob@sip.test",
	  "sip:mallory@evil.test", "xmpp:bob@xmpp.test", CUSAX_IDENTITY_CONTRADICTED },
	{ "C64: a stranger's cue is only a claim", "sip:bob@sip.test", "sip:carol@sip.test",
	  "xmpp:carol@xmpp.test", CUSAX_IDENTITY_CLAIMED },
	{ "C35: a JID that looks like the address proves nothing", NULL, "sip:bob@xmpp.test", NULL,
	  CUSAX_IDENTITY_UNKNOWN },
};

static void test_caller(CoreBench *bench, gconstpointer data)
{
	const Caller *row = data;
	Answer answer = { 0 };
	CusaxCall *call;

	core_bench_alice(bench, row->number);
	core_bench_incoming(bench, row->from, row->impp);
	call = core_bench_call(bench);
	g_assert_cmpint(call->identity, ==, row->identity);
	g_assert_null(call->contact);
	cusax_core_open_call_chat(bench->core, call, core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_NOT_FOUND);
}

/* A contact of alice on an account of hers, with a number in the vCard. */
static void add_contact(CoreBench *bench, const char *account, const char *address,
			const char *number)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_ROSTER_ITEM, account);

	event->roster_item.address = g_strdup(address);
	event->roster_item.subscription = CUSAX_SUBSCRIPTION_BOTH;
	core_bench_event(bench, event);
	core_bench_vcard(bench, address, number);
}

static void test_two_rosters(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	g_autoptr(CusaxObject) second = NULL;
	const char *first;
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	first = cusax_object_id(CUSAX_OBJECT(bench->chat));
	cusax_core_add_account(bench->core, CUSAX_PROTOCOL_XMPP, "alice@other.test", none,
			       core_bench_answer, &answer);
	core_bench_await(&answer);
	second = cusax_core_finish_object(bench->core, answer.result, NULL);
	g_clear_object(&answer.result);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, CUSAX_ACCOUNT(second), CUSAX_ACCOUNT_ONLINE, -1);
	add_contact(bench, cusax_object_id(second), "bob@xmpp.test", "sip:bob@sip.test");
	add_contact(bench, first, "carol@xmpp.test", "sip:bob@sip.test");
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	g_assert_cmpint(core_bench_call(bench)->identity, ==, CUSAX_IDENTITY_UNKNOWN);
	g_assert_null(core_bench_call(bench)->contact);
}

static void test_number_changes(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	Answer answer = { 0 };
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	call = core_bench_call(bench);
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_VERIFIED);
	cusax_core_refresh_contact(bench->core, core_bench_contact(bench, "bob@xmpp.test"),
				   core_bench_answer, &answer);
	core_bench_vcard(bench, "bob@xmpp.test", "sip:robert@sip.test");
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_UNKNOWN);
	g_assert_null(call->contact);
}

static void test_missed(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxManager *manager = cusax_registry_find(bench->registry, CUSAX_TYPE_MANAGER, "manager");
	guint64 handle;

	core_bench_alice(bench, NULL);
	handle = core_bench_incoming(bench, "sip:carol@sip.test", NULL);
	core_bench_end_call(bench, handle, CUSAX_END_CANCELLED, 487);
	g_assert_cmpuint(manager->missed_calls, ==, 1);
}

static void test_too_many(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *decline;

	core_bench_alice(bench, NULL);
	for (guint i = 0; i < 5; i++)
		core_bench_incoming(bench, "sip:carol@sip.test", NULL);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CALL), ==, 4);
	decline = core_bench_expect(bench, CUSAX_OPERATION_DECLINE);
	g_assert_cmpuint(decline->decline.code, ==, 486);
	cusax_operation_free(decline);
}

static void test_decline_with_message(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) options = g_variant_ref_sink(
		g_variant_new_parsed("{'reason': <'declined'>, 'message': <'Later.'>}"));
	CusaxOperation *operation;
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	cusax_core_decline_call(bench->core, core_bench_call(bench), options, core_bench_answer,
				&answer);
	operation = core_bench_expect(bench, CUSAX_OPERATION_DECLINE);
	g_assert_cmpuint(operation->decline.code, ==, 603);
	core_bench_done(bench, operation, -1);
	operation = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(operation->send_message.text, ==, "Later.");
	cusax_operation_free(operation);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("C43, C56, C71: a contact with a number is called at once",
		       test_call_contact, NULL);
	core_bench_add("C45: a contact without a number cannot be called", test_not_callable, NULL);
	core_bench_add("C61: an account that is not registered is no way out", test_not_registered,
		       NULL);
	core_bench_add("C86: a number that may cost is not called without a yes", test_charges,
		       NULL);
	core_bench_add("T2: a call hung up while it rings is cancelled", test_hangup_while_ringing,
		       NULL);
	core_bench_add("C62, C69: a caller with a contact's number is verified", test_verified,
		       NULL);
	for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
		core_bench_add(callers[i].name, test_caller, &callers[i]);
	core_bench_add("C67: one person in two rosters does not hide another with the number",
		       test_two_rosters, NULL);
	core_bench_add("C45: a number that changed no longer verifies", test_number_changes, NULL);
	core_bench_add("T11: a call nobody took is missed", test_missed, NULL);
	core_bench_add("R14: beyond four ringing calls the answer is busy", test_too_many, NULL);
	core_bench_add("B1: declining with a message sends it by chat", test_decline_with_message,
		       NULL);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: accounts, pairs, protection, provider checks, restart. */
/* Main thread. */
#include <string.h>

#include "tests/unit/core-bench.h"

/* --- accounts ------------------------------------------------------------------------------------ */

static void test_locked_keyring(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *connect;

	core_bench_alice(bench, NULL);
	bench->keyring_locked = TRUE;
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_UNTRUSTED);
	g_assert_cmpint(bench->chat->state, ==, CUSAX_ACCOUNT_WAITING);
	g_assert_cmpstr(bench->chat->error_name, ==, "org.cusax.Cusax1.Error.Untrusted");
	/* The wait is over only in minutes; settings that change try at once. */
	{
		g_autoptr(GVariant) changes =
			g_variant_ref_sink(g_variant_new_parsed("{'resource': <'desk'>}"));
		Answer answer = { 0 };

		cusax_core_update_account(bench->core, bench->chat, changes, core_bench_answer,
					  &answer);
		core_bench_await(&answer);
		g_clear_object(&answer.result);
	}
	core_bench_settle(bench);
	g_assert_cmpint(bench->chat->state, ==, CUSAX_ACCOUNT_NEEDS_SECRET);
	g_assert_cmpstr(bench->chat->error_name, ==, "org.cusax.Cusax1.Error.SecretUnavailable");
	g_assert_cmpint(bench->telephony->state, ==, CUSAX_ACCOUNT_ONLINE); /* C19 */
	bench->keyring_locked = FALSE;
	bench->secrets_changed(bench->secrets_data);
	connect = core_bench_expect(bench, CUSAX_OPERATION_CONNECT);
	g_assert_cmpstr(connect->connect.secret, ==, "secret");
	cusax_operation_free(connect);
}

static void test_refused_password(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_alice(bench, NULL);
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_AUTHENTICATION_FAILED);
	g_assert_cmpint(bench->telephony->state, ==, CUSAX_ACCOUNT_WAITING);
	for (guint i = 0; i < 2; i++) {
		cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
		core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
				      CUSAX_ERROR_AUTHENTICATION_FAILED);
	}
	g_assert_cmpint(bench->telephony->state, ==, CUSAX_ACCOUNT_FAILED);
	g_assert_cmpstr(bench->telephony->error_name, ==,
			"org.cusax.Cusax1.Error.AuthenticationFailed");
	core_bench_forbid(bench, CUSAX_OPERATION_CONNECT);
}

static void test_one_sided(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxService *service;

	core_bench_alice(bench, NULL);
	service = CUSAX_SERVICE(bench->chat->service);
	g_assert_cmpint(service->state, ==, CUSAX_SERVICE_ONLINE);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	g_assert_cmpint(service->state, ==, CUSAX_SERVICE_PARTIAL);
	g_assert_nonnull(strstr(service->state_reason, "Chat"));
	g_assert_cmpint(service->telephony_state, ==, CUSAX_ACCOUNT_ONLINE);
}

static void test_second_account(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	cusax_core_add_account(bench->core, CUSAX_PROTOCOL_XMPP, "Alice@XMPP.test", none,
			       core_bench_answer, &answer);
	core_bench_expect_error(bench, &answer, CUSAX_ERROR_INVALID_ARGUMENT);
}

static void test_remove(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	cusax_core_remove_account(bench->core, bench->chat, none, core_bench_answer, &answer);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_DISCONNECT), -1);
	core_bench_await(&answer);
	g_assert_true(cusax_core_finish(bench->core, answer.result, NULL));
	g_clear_object(&answer.result);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, 0);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_SERVICE), ==, 0);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_ACCOUNT), ==, 1);
	g_assert_null(bench->telephony->service);
}

/* --- security ------------------------------------------------------------------------------------- */

static void online_with(CoreBench *bench, CusaxAccount *account, const char *transport,
			const char *tls_version)
{
	CusaxEvent *event =
		cusax_event_new(CUSAX_EVENT_CONNECTION, cusax_object_id(CUSAX_OBJECT(account)));

	event->connection.state = CUSAX_ACCOUNT_ONLINE;
	event->connection.security = cusax_security_new();
	event->connection.security->transport = g_strdup(transport);
	event->connection.security->tls_version = g_strdup(tls_version);
	event->connection.security->tls_verified = tls_version != NULL;
	core_bench_event(bench, event);
}

static void test_raise(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) answer_map = NULL;
	g_autoptr(GError) error = NULL;
	Answer answer = { 0 };
	CusaxOperation *connect;
	CusaxService *service;

	core_bench_alice(bench, NULL);
	service = CUSAX_SERVICE(bench->chat->service);
	online_with(bench, bench->chat, "starttls", "TLSv1.3");
	online_with(bench, bench->telephony, "udp", NULL);
	g_assert_false(service->secure);
	g_assert_true(g_strv_contains((const char *const *)service->security_mismatch,
				      "telephony-no-tls"));
	cusax_core_raise_security(bench->core, service, core_bench_answer, &answer);
	core_bench_await(&answer);
	answer_map = cusax_core_finish_variant(bench->core, answer.result, &error);
	g_assert_no_error(error);
	g_clear_object(&answer.result);
	g_assert_cmpstr(cusax_settings_string(bench->telephony->values, "transport"), ==, "tls");
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_DISCONNECT), -1);
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE, -1);
	connect = core_bench_expect(bench, CUSAX_OPERATION_CONNECT);
	g_assert_cmpstr(connect->account, ==, cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	g_assert_cmpstr(cusax_settings_string(connect->connect.settings, "transport"), ==, "tls");
	cusax_operation_free(connect);
	online_with(bench, bench->telephony, "tls", "TLSv1.3");
	g_assert_true(service->secure);
}

/* --- doctor ------------------------------------------------------------------------------------------ */

static char *result_of(GVariant *report, const char *check)
{
	GVariantIter iter;
	GVariant *row;
	char *result = NULL;

	g_variant_iter_init(&iter, report);
	while ((row = g_variant_iter_next_value(&iter))) {
		const char *id;

		if (g_variant_lookup(row, "check", "&s", &id) && strcmp(id, check) == 0)
			g_variant_lookup(row, "result", "s", &result);
		g_variant_unref(row);
	}
	return result;
}

static void test_doctor(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const expected[][2] = {
		{ "C101", "failed" }, { "C102", "ok" }, { "C103", "ok" },
		{ "C104", "failed" }, { "C105", "ok" }, { "C106", "ok" },
	};
	g_autoptr(GVariant) report = NULL;
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	core_bench_incoming(bench, "sip:bob@sip.test", "xmpp:bob@xmpp.test");
	cusax_core_diagnose(bench->core, CUSAX_SERVICE(bench->chat->service), core_bench_answer,
			    &answer);
	core_bench_vcard(bench, "alice@xmpp.test", "sip:alice@sip.test");
	core_bench_await(&answer);
	report = cusax_core_finish_variant(bench->core, answer.result, NULL);
	g_clear_object(&answer.result);
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_autofree char *result = result_of(report, expected[i][0]);

		g_assert_cmpstr(result, ==, expected[i][1]);
	}
}

/* --- restart ---------------------------------------------------------------------------------------- */

static void test_restart(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxManager *manager;
	CusaxContact *bob;
	g_autofree char *path = NULL, *path_now = NULL;
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_receive(bench, "bob@xmpp.test", "m1", "hello");
	path = cusax_object_path(CUSAX_OBJECT(core_bench_contact(bench, "bob@xmpp.test")));
	cusax_core_set_availability(bench->core, CUSAX_AVAILABILITY_AWAY, core_bench_answer,
				    &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	core_bench_restart(bench);
	manager = cusax_registry_find(bench->registry, CUSAX_TYPE_MANAGER, "manager");
	g_assert_cmpint(manager->availability, ==, CUSAX_AVAILABILITY_AWAY);
	g_assert_cmpuint(manager->unread, ==, 1);
	bob = core_bench_contact(bench, "bob@xmpp.test");
	g_assert_nonnull(bob);
	path_now = cusax_object_path(CUSAX_OBJECT(bob));
	g_assert_cmpstr(path_now, ==, path);
	g_assert_cmpstr(bob->name, ==, "Bob");
	g_assert_true(g_strv_contains((const char *const *)bob->capabilities, "audio"));
	g_assert_nonnull(bench->chat->service);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("C100: a locked keyring is needs-secret until it opens", test_locked_keyring,
		       NULL);
	core_bench_add("C20: a refused password is tried three times, then failed",
		       test_refused_password, NULL);
	core_bench_add("C19, C22: one side lost is partial and names the side", test_one_sided,
		       NULL);
	core_bench_add("the same address twice is refused", test_second_account, NULL);
	core_bench_add("a removed account takes its contacts and its pair with it", test_remove,
		       NULL);
	core_bench_add("C93, C94, C95: a mismatch is named, and one act raises both sides",
		       test_raise, NULL);
	core_bench_add("C101-C106: the provider checks say what was found", test_doctor, NULL);
	core_bench_add("contacts, numbers, unread and presence survive a restart", test_restart,
		       NULL);
	return g_test_run();
}

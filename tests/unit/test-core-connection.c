/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: what it remembers of logins, and what one side of a pair gives the other. */
/* Main thread. */
#include "tests/unit/core-bench.h"

#define PIN "SCRAM-SHA-256-PLUS tls-exporter"

/* --- how strong a login was ---------------------------------------------------------------------- */

static void log_in(CoreBench *bench, const char *pin)
{
	CusaxEvent *event =
		cusax_event_new(CUSAX_EVENT_CONNECTION, cusax_object_id(CUSAX_OBJECT(bench->chat)));

	event->connection.state = CUSAX_ACCOUNT_ONLINE;
	event->connection.security = cusax_security_new();
	event->connection.login_pin = g_strdup(pin);
	core_bench_event(bench, event);
	core_bench_settle(bench);
}

/* The pin that the next connection of the chat account is given. */
static char *next_pin(CoreBench *bench)
{
	for (;;) {
		CusaxOperation *connect = core_bench_expect(bench, CUSAX_OPERATION_CONNECT);
		char *pin = g_steal_pointer(&connect->connect.login_pin);
		gboolean is_chat =
			g_str_equal(connect->account, cusax_object_id(CUSAX_OBJECT(bench->chat)));

		cusax_operation_free(connect);
		if (is_chat)
			return pin;
		g_free(pin);
	}
}

static char *reconnect(CoreBench *bench)
{
	Answer answer = { 0 };

	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	cusax_core_connect_account(bench->core, bench->chat, core_bench_answer, &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	return next_pin(bench);
}

static void test_pin_kept(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *pin = NULL;

	core_bench_alice(bench, NULL);
	log_in(bench, PIN);
	pin = reconnect(bench);
	g_assert_cmpstr(pin, ==, PIN);
	core_bench_restart(bench);
	g_free(pin);
	pin = next_pin(bench);
	g_assert_cmpstr(pin, ==, PIN);
}

static void update(CoreBench *bench, const char *settings)
{
	g_autoptr(GVariant) changes = g_variant_ref_sink(g_variant_new_parsed(settings));
	Answer answer = { 0 };

	cusax_core_update_account(bench->core, bench->chat, changes, core_bench_answer, &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
}

static void test_pin_settings(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *kept = NULL, *forgotten = NULL, *after = NULL;

	core_bench_alice(bench, NULL);
	log_in(bench, PIN);
	update(bench, "{'display-name': <'Alice'>, 'priority': <5>}");
	kept = reconnect(bench);
	g_assert_cmpstr(kept, ==, PIN);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_UNTRUSTED);
	update(bench, "{'allow-plain': <true>}");
	forgotten = next_pin(bench);
	g_assert_null(forgotten);
	core_bench_restart(bench);
	after = next_pin(bench);
	g_assert_null(after);
}

static void test_pin_secret(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *pin = NULL;
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	log_in(bench, PIN);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_SECURITY_REQUIRED);
	cusax_core_set_secret(bench->core, bench->chat, "another", core_bench_answer, &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	pin = next_pin(bench);
	g_assert_null(pin);
}

/* --- servers for calls ---------------------------------------------------------------------------- */

static CusaxRelay *relay(CusaxRelayKind kind, const char *host, gint64 expires)
{
	CusaxRelay *made = cusax_relay_new();

	made->kind = kind;
	made->host = g_strdup(host);
	made->port = 3478;
	made->username = g_strdup("user");
	made->password = g_strdup("password");
	made->expires = expires;
	return made;
}

static void tell_relays(CoreBench *bench)
{
	CusaxEvent *event =
		cusax_event_new(CUSAX_EVENT_RELAYS, cusax_object_id(CUSAX_OBJECT(bench->chat)));

	g_ptr_array_add(event->relays.relays, relay(CUSAX_RELAY_STUN, "stun.test", 0));
	g_ptr_array_add(event->relays.relays, relay(CUSAX_RELAY_TURN, "old.test", 1));
	g_ptr_array_add(event->relays.relays, relay(CUSAX_RELAY_TURN, "turn.test",
						    g_get_real_time() + 3600LL * G_USEC_PER_SEC));
	core_bench_event(bench, event);
}

/* Hosts of what the telephony account is given, joined. */
static char *given(CoreBench *bench)
{
	g_autoptr(GString) hosts = g_string_new(NULL);
	CusaxOperation *operation = core_bench_expect(bench, CUSAX_OPERATION_RELAYS);

	g_assert_cmpstr(operation->account, ==, cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	for (guint i = 0; i < operation->relays.relays->len; i++) {
		const CusaxRelay *one = operation->relays.relays->pdata[i];

		g_assert_cmpstr(one->password, ==, "password");
		g_string_append_printf(hosts, "%s ", one->host);
	}
	cusax_operation_free(operation);
	return g_string_free(g_steal_pointer(&hosts), FALSE);
}

static void test_relays(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *hosts = NULL;
	CusaxOperation *fetch;
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	log_in(bench, NULL);
	fetch = core_bench_expect(bench, CUSAX_OPERATION_FETCH_RELAYS);
	g_assert_cmpstr(fetch->account, ==, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	tell_relays(bench);
	core_bench_done(bench, fetch, -1);
	hosts = given(bench);
	g_assert_cmpstr(hosts, ==, "stun.test turn.test "); /* not what has expired */
	/* A telephony account that comes later, or again, is told as well. */
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_NOT_CONNECTED);
	cusax_core_connect_account(bench->core, bench->telephony, core_bench_answer, &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_ONLINE, -1);
	g_free(hosts);
	hosts = given(bench);
	g_assert_cmpstr(hosts, ==, "stun.test turn.test ");
}

static void test_own_relay(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) changes =
		g_variant_ref_sink(g_variant_new_parsed("{'turn': <'turn.own.test'>}"));
	g_autofree char *hosts = NULL;
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	cusax_core_update_account(bench->core, bench->telephony, changes, core_bench_answer,
				  &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	tell_relays(bench);
	hosts = given(bench);
	g_assert_cmpstr(hosts, ==, "stun.test ");
}

static void test_unpaired(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	g_autofree char *hosts = NULL;
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	tell_relays(bench);
	g_free(given(bench));
	cusax_core_unpair(bench->core, CUSAX_SERVICE(bench->chat->service), core_bench_answer,
			  &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	hosts = given(bench);
	g_assert_cmpstr(hosts, ==, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	core_bench_add("X1: how strong a login was is kept over restarts", test_pin_kept, NULL);
	core_bench_add("X1: only settings of the login forget it", test_pin_settings, NULL);
	core_bench_add("X1: a new password forgets it", test_pin_secret, NULL);
	core_bench_add("X9: servers for calls go to the other side", test_relays, NULL);
	core_bench_add("X9: the account's own server for calls counts", test_own_relay, NULL);
	core_bench_add("X9: without a pair there are none", test_unpaired, NULL);
	return g_test_run();
}

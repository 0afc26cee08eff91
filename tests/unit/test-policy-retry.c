/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delays, their bounds, what resets them and what ends them. */
/* Test program. */
#include "daemon/policy/retry.h"

#include "tests/unit/rows.h"

#define SECOND G_USEC_PER_SEC

typedef struct {
	const char *name;
	CusaxError cause;
	guint attempts; /* before */
	guint auth_failures;
	guint32 random;
	CusaxRetryReason reason;
	guint delay_ms; /* 0: stop */
} Row;

/* clang-format off */
static const Row rows[] = {
	{ "C20: the first delay is at most a second", CUSAX_ERROR_TIMEOUT, 0, 0, G_MAXUINT32, CUSAX_RETRY_BACKOFF, 1000 },
	{ "C20: and never nothing", CUSAX_ERROR_TIMEOUT, 0, 0, 0, CUSAX_RETRY_BACKOFF, 100 },
	{ "C20: half the chance is half the window", CUSAX_ERROR_TIMEOUT, 0, 0, 1u << 31, CUSAX_RETRY_BACKOFF, 550 },
	{ "C20: the window doubles", CUSAX_ERROR_FAILED, 1, 0, G_MAXUINT32, CUSAX_RETRY_BACKOFF, 2000 },
	{ "C20: eight doublings", CUSAX_ERROR_FAILED, 8, 0, G_MAXUINT32, CUSAX_RETRY_BACKOFF, 256000 },
	{ "C20: the cap is five minutes", CUSAX_ERROR_FAILED, 9, 0, G_MAXUINT32, CUSAX_RETRY_BACKOFF, 300000 },
	{ "C20: the cap stays", CUSAX_ERROR_FAILED, 4000000000u, 0, G_MAXUINT32, CUSAX_RETRY_BACKOFF, 300000 },
	{ "C20: attempts do not wrap", CUSAX_ERROR_FAILED, G_MAXUINT, 0, G_MAXUINT32, CUSAX_RETRY_BACKOFF, 300000 },
	{ "C20: jitter is full also at the cap", CUSAX_ERROR_FAILED, 30, 0, 0, CUSAX_RETRY_BACKOFF, 100 },
	{ "a password refused once is tried again", CUSAX_ERROR_AUTHENTICATION_FAILED, 0, 0, G_MAXUINT32, CUSAX_RETRY_AUTH, 1000 },
	{ "a password refused twice is tried again", CUSAX_ERROR_AUTHENTICATION_FAILED, 1, 1, G_MAXUINT32, CUSAX_RETRY_AUTH, 2000 },
	{ "a password refused three times is the end", CUSAX_ERROR_AUTHENTICATION_FAILED, 2, 2, 0, CUSAX_RETRY_STOP_AUTH, 0 },
	{ "C98: an untrusted server is tried again, it may be a captive portal", CUSAX_ERROR_UNTRUSTED, 0, 0, G_MAXUINT32, CUSAX_RETRY_UNTRUSTED, 1000 },
	{ "C98: and at most every five minutes", CUSAX_ERROR_UNTRUSTED, 30, 0, G_MAXUINT32, CUSAX_RETRY_UNTRUSTED, 300000 },
	{ "C97: so is a server below the policy", CUSAX_ERROR_SECURITY_REQUIRED, 0, 0, G_MAXUINT32, CUSAX_RETRY_UNTRUSTED, 1000 },
	{ "no password ends it", CUSAX_ERROR_SECRET_UNAVAILABLE, 0, 0, 0, CUSAX_RETRY_STOP_SECRET, 0 },
	{ "a bad setting ends it", CUSAX_ERROR_INVALID_ARGUMENT, 0, 0, 0, CUSAX_RETRY_STOP_SETTING, 0 },
	{ "what is not supported ends it", CUSAX_ERROR_UNSUPPORTED, 0, 0, 0, CUSAX_RETRY_STOP_SETTING, 0 },
	{ "a feature switched off ends it", CUSAX_ERROR_FEATURE_DISABLED, 0, 0, 0, CUSAX_RETRY_STOP_SETTING, 0 },
	{ "what the provider fixed ends it", CUSAX_ERROR_LOCKED, 0, 0, 0, CUSAX_RETRY_STOP_SETTING, 0 },
	{ "a request to stop ends it", CUSAX_ERROR_CANCELLED, 0, 0, 0, CUSAX_RETRY_STOP_ASKED, 0 },
	{ "an unknown host may come back", CUSAX_ERROR_NOT_FOUND, 0, 0, 0, CUSAX_RETRY_BACKOFF, 100 },
	{ "a busy server may have time later", CUSAX_ERROR_BUSY, 0, 0, 0, CUSAX_RETRY_BACKOFF, 100 },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	CusaxRetry retry = { .attempts = row->attempts, .auth_failures = row->auth_failures };
	CusaxRetryDecision got = cusax_retry_lost(&retry, row->cause, 0, row->random);

	g_assert_cmpint(got.reason, ==, row->reason);
	g_assert_cmpuint(got.delay_ms, ==, row->delay_ms);
	g_assert_cmpint(got.stop, ==, row->delay_ms == 0);
	g_assert_cmpuint(retry.attempts, >=, row->attempts);
	g_assert_cmpstr(cusax_retry_reason_text(got.reason), !=, "");
}

/* Every cause there is has an answer within the bounds, whatever the random bits. */
static void test_every_cause(void)
{
	for (guint cause = 0; cause < CUSAX_N_ERRORS; cause++) {
		CusaxRetry retry = { 0 };

		for (guint i = 0; i < 100; i++) {
			CusaxRetryDecision got =
				cusax_retry_lost(&retry, cause, 0, g_test_rand_int());

			if (got.stop)
				break;
			g_assert_cmpuint(got.delay_ms, >=, CUSAX_RETRY_FLOOR_MS);
			g_assert_cmpuint(got.delay_ms, <=, CUSAX_RETRY_CAP_MS);
		}
	}
}

static guint most(CusaxRetry *retry, gint64 now)
{
	return cusax_retry_lost(retry, CUSAX_ERROR_FAILED, now, G_MAXUINT32).delay_ms;
}

static void test_reset(void)
{
	CusaxRetry retry = { 0 };

	g_assert_cmpuint(most(&retry, 1 * SECOND), ==, 1000);
	g_assert_cmpuint(most(&retry, 2 * SECOND), ==, 2000);
	/* 9 s online forget nothing, 10 s everything. */
	cusax_retry_online(&retry, 10 * SECOND);
	g_assert_cmpuint(most(&retry, 19 * SECOND), ==, 4000);
	cusax_retry_online(&retry, 100 * SECOND);
	g_assert_cmpuint(most(&retry, 110 * SECOND), ==, 1000);
	/* A second loss without having been online counts on. */
	g_assert_cmpuint(most(&retry, 999 * SECOND), ==, 2000);
}

static void test_auth_reset(void)
{
	CusaxRetry retry = { 0 };

	for (guint i = 0; i < 10; i++) {
		g_assert_false(
			cusax_retry_lost(&retry, CUSAX_ERROR_AUTHENTICATION_FAILED, 0, 0).stop);
		g_assert_false(
			cusax_retry_lost(&retry, CUSAX_ERROR_AUTHENTICATION_FAILED, 0, 0).stop);
		cusax_retry_online(&retry, SECOND);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/retry", rows, test_row);
	g_test_add_func("/policy/retry/every cause stays in its bounds", test_every_cause);
	g_test_add_func("/policy/retry/C20: ten seconds online start anew", test_reset);
	g_test_add_func("/policy/retry/a login that works forgets refused ones", test_auth_reset);
	return g_test_run();
}

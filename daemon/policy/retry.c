/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Back-off with full jitter, and the causes that end it. */
/* Pure functions: time and random come in as arguments; any thread. */
#include "daemon/policy/retry.h"

/* Doublings after which the cap is passed. */
#define MAX_DOUBLINGS 9

/* Which way a cause leads; BACKOFF for whatever time may heal. */
static CusaxRetryReason reason_of(CusaxError cause)
{
	switch (cause) {
	case CUSAX_ERROR_AUTHENTICATION_FAILED:
		return CUSAX_RETRY_AUTH;
	case CUSAX_ERROR_UNTRUSTED:
	case CUSAX_ERROR_SECURITY_REQUIRED:
		return CUSAX_RETRY_UNTRUSTED;
	case CUSAX_ERROR_SECRET_UNAVAILABLE:
		return CUSAX_RETRY_STOP_SECRET;
	case CUSAX_ERROR_INVALID_ARGUMENT:
	case CUSAX_ERROR_FEATURE_DISABLED:
	case CUSAX_ERROR_LOCKED:
	case CUSAX_ERROR_UNSUPPORTED:
		return CUSAX_RETRY_STOP_SETTING;
	case CUSAX_ERROR_CANCELLED:
		return CUSAX_RETRY_STOP_ASKED;
	case CUSAX_ERROR_FAILED:
	case CUSAX_ERROR_NOT_FOUND:
	case CUSAX_ERROR_WRONG_STATE:
	case CUSAX_ERROR_NOT_CONNECTED:
	case CUSAX_ERROR_NOT_REGISTERED:
	case CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED:
	case CUSAX_ERROR_CONFIRMATION_NEEDED:
	case CUSAX_ERROR_NO_ROUTE:
	case CUSAX_ERROR_REFUSED:
	case CUSAX_ERROR_BUSY:
	case CUSAX_ERROR_TIMEOUT:
	case CUSAX_ERROR_LIMIT_EXCEEDED:
		return CUSAX_RETRY_BACKOFF;
	}
	g_return_val_if_reached(CUSAX_RETRY_BACKOFF);
}

static guint backoff(const CusaxRetry *retry, guint32 random)
{
	guint window = MIN(CUSAX_RETRY_FIRST_MS << MIN(retry->attempts, MAX_DOUBLINGS),
			   CUSAX_RETRY_CAP_MS);

	/* Evenly from the floor to the window, both included. */
	return CUSAX_RETRY_FLOOR_MS +
	       (guint)(((guint64)random * (window - CUSAX_RETRY_FLOOR_MS + 1)) >> 32);
}

void cusax_retry_online(CusaxRetry *retry, gint64 now)
{
	retry->auth_failures = 0;
	retry->online_since = now;
}

CusaxRetryDecision cusax_retry_lost(CusaxRetry *retry, CusaxError cause, gint64 now, guint32 random)
{
	CusaxRetryDecision decision = { .reason = reason_of(cause) };

	if (retry->online_since && now - retry->online_since >= CUSAX_RETRY_STABLE_USEC)
		retry->attempts = 0;
	retry->online_since = 0;
	if (decision.reason == CUSAX_RETRY_AUTH && ++retry->auth_failures >= CUSAX_RETRY_AUTH_MAX)
		decision.reason = CUSAX_RETRY_STOP_AUTH;
	switch (decision.reason) {
	case CUSAX_RETRY_BACKOFF:
	case CUSAX_RETRY_UNTRUSTED:
	case CUSAX_RETRY_AUTH:
		decision.delay_ms = backoff(retry, random);
		break;
	case CUSAX_RETRY_STOP_AUTH:
	case CUSAX_RETRY_STOP_SECRET:
	case CUSAX_RETRY_STOP_SETTING:
	case CUSAX_RETRY_STOP_ASKED:
		decision.stop = TRUE;
		break;
	}
	if (retry->attempts < G_MAXUINT)
		retry->attempts++;
	return decision;
}

const char *cusax_retry_reason_text(CusaxRetryReason reason)
{
	switch (reason) {
	case CUSAX_RETRY_BACKOFF:
		return "Trying again soon.";
	case CUSAX_RETRY_UNTRUSTED:
		return "Nothing was sent to it; trying again soon.";
	case CUSAX_RETRY_AUTH:
		return "The server refused the password; trying once more.";
	case CUSAX_RETRY_STOP_AUTH:
		return "The server refused the password three times.";
	case CUSAX_RETRY_STOP_SECRET:
		return "There is no password to log in with.";
	case CUSAX_RETRY_STOP_SETTING:
		return "A setting must be changed first.";
	case CUSAX_RETRY_STOP_ASKED:
		return "Stopped on request.";
	}
	g_return_val_if_reached("");
}

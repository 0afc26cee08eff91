/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When to try again after a lost or refused connection (C20). */
/* Pure functions: time and random come in as arguments; any thread. */
#pragma once

#include "daemon/base/error.h"

#define CUSAX_RETRY_FIRST_MS    1000u
#define CUSAX_RETRY_CAP_MS      300000u
#define CUSAX_RETRY_FLOOR_MS    100u
#define CUSAX_RETRY_AUTH_MAX    3u
#define CUSAX_RETRY_STABLE_USEC (10 * G_USEC_PER_SEC)

/* One account's memory; all zero is a fresh start. */
typedef struct {
	guint attempts;      /* since it was last stable */
	guint auth_failures; /* in a row */
	gint64 online_since; /* monotonic microseconds; 0: not online */
} CusaxRetry;

typedef enum {
	CUSAX_RETRY_BACKOFF,      /* full jitter: anywhere up to min(cap, 1 s × 2^attempts) */
	CUSAX_RETRY_UNTRUSTED,    /* certificate or policy: a captive portal passes, too */
	CUSAX_RETRY_AUTH,         /* the password was refused: it may have been a hiccup */
	CUSAX_RETRY_STOP_AUTH,    /* refused three times: the person must act */
	CUSAX_RETRY_STOP_SECRET,  /* no password to try with */
	CUSAX_RETRY_STOP_SETTING, /* trying again cannot help: a setting is wrong */
	CUSAX_RETRY_STOP_ASKED,   /* we were told to stop */
} CusaxRetryReason;

typedef struct {
	gboolean stop;
	guint delay_ms; /* where not stop: floor … cap */
	CusaxRetryReason reason;
} CusaxRetryDecision;

/* The account went online at now (monotonic microseconds). Refused passwords are forgotten. */
void cusax_retry_online(CusaxRetry *retry, gint64 now);

/* The account was lost, or could not connect, because of cause. random: any 32 bits. Ten seconds online
 * makes the back-off start anew. */
CusaxRetryDecision cusax_retry_lost(CusaxRetry *retry, CusaxError cause, gint64 now,
				    guint32 random);

/* One sentence for a person; static. */
const char *cusax_retry_reason_text(CusaxRetryReason reason);

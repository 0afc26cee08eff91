/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May this incoming call ring (T12, T17, B3, C70)? */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/base/types.h"

typedef enum {
	CUSAX_UNKNOWN_CALLERS_RING, /* the default: strangers may call (C70) */
	CUSAX_UNKNOWN_CALLERS_ASK,  /* shown without ringing; the person decides */
	CUSAX_UNKNOWN_CALLERS_REFUSE,
} CusaxUnknownCallers;

/* The value of a word of the setting `unknown-callers`; NULL and anything else is RING. */
CusaxUnknownCallers cusax_unknown_callers_from_word(const char *word);

typedef struct {
	CusaxIdentity identity;
	gboolean looking_up;    /* the look-up that may still verify the caller runs */
	gboolean blocked;       /* number, domain or linked address is blocked */
	gboolean allowed;       /* on the user's list of those who are always let in */
	gboolean emergency;     /* an emergency service calls back: always rings (T17) */
	gboolean audio_enabled; /* calls are not switched off for the account (C17) */
	gboolean media_offered; /* the offer has media that we can take */
	CusaxUnknownCallers unknown_callers;
	CusaxAvailability availability; /* as the person asked for, not as a call made it */
	gboolean dnd_silences;          /* policy dnd-silences-calls */
	guint ringing;                  /* other incoming calls not yet answered */
	guint max_ringing;              /* policy max-incoming-calls */
} CusaxAdmitFacts;

typedef enum {
	CUSAX_ADMIT_RING,
	CUSAX_ADMIT_SILENT, /* the call is there, without a sound */
	CUSAX_ADMIT_BUSY,   /* answered with code, no call object */
	CUSAX_ADMIT_REFUSE, /* answered with code, no call object */
} CusaxAdmitVerdict;

typedef enum {
	CUSAX_ADMIT_WELCOME,   /* ring */
	CUSAX_ADMIT_EMERGENCY, /* ring, whatever else is set */
	CUSAX_ADMIT_DND,       /* silent: do not disturb (B3) */
	CUSAX_ADMIT_ASK,       /* silent: an unknown caller, and the policy is to ask */
	CUSAX_ADMIT_LOOKING_UP, /* silent for now: unknown callers are refused, this one may be known */
	CUSAX_ADMIT_UNKNOWN,   /* refuse: an unknown caller */
	CUSAX_ADMIT_BLOCKED,   /* refuse */
	CUSAX_ADMIT_CALLS_OFF, /* refuse: calls are switched off for the account */
	CUSAX_ADMIT_NO_MEDIA,  /* refuse: nothing in the offer that we can take */
	CUSAX_ADMIT_TOO_MANY,  /* busy: enough calls ring already */
} CusaxAdmitReason;

typedef struct {
	CusaxAdmitVerdict verdict;
	guint code; /* SIP status: 180 where it is let in */
	CusaxAdmitReason reason;
} CusaxAdmitDecision;

/* Call again when the look-up is over and the verdict was LOOKING_UP. Only a verified caller is
 * known: a claim opens no door. With unknown callers refused, the list of those let in and the contacts
 * are all who ring. */
CusaxAdmitDecision cusax_admit(const CusaxAdmitFacts *facts);

/* One sentence for a person; static. */
const char *cusax_admit_reason_text(CusaxAdmitReason reason);

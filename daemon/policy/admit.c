/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether an incoming call rings. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/admit.h"

#define RINGING        180
#define BUSY_HERE      486
#define NOT_ACCEPTABLE 488
#define DECLINE        603

static CusaxAdmitDecision ring(CusaxAdmitReason reason)
{
	return (CusaxAdmitDecision){ CUSAX_ADMIT_RING, RINGING, reason };
}

static CusaxAdmitDecision silent(CusaxAdmitReason reason)
{
	return (CusaxAdmitDecision){ CUSAX_ADMIT_SILENT, RINGING, reason };
}

static CusaxAdmitDecision refuse(guint code, CusaxAdmitReason reason)
{
	return (CusaxAdmitDecision){ CUSAX_ADMIT_REFUSE, code, reason };
}

/* A person who may disturb now: do-not-disturb has the last word. */
static CusaxAdmitDecision admit_welcome(const CusaxAdmitFacts *facts)
{
	if (facts->availability == CUSAX_AVAILABILITY_DND && facts->dnd_silences)
		return silent(CUSAX_ADMIT_DND);
	return ring(CUSAX_ADMIT_WELCOME);
}

static CusaxAdmitDecision admit_unknown(const CusaxAdmitFacts *facts)
{
	switch (facts->unknown_callers) {
	case CUSAX_UNKNOWN_CALLERS_RING:
		return admit_welcome(facts);
	case CUSAX_UNKNOWN_CALLERS_ASK:
		return silent(CUSAX_ADMIT_ASK);
	case CUSAX_UNKNOWN_CALLERS_REFUSE:
		return facts->looking_up ? silent(CUSAX_ADMIT_LOOKING_UP)
					 : refuse(DECLINE, CUSAX_ADMIT_UNKNOWN);
	}
	g_return_val_if_reached(silent(CUSAX_ADMIT_ASK));
}

CusaxUnknownCallers cusax_unknown_callers_from_word(const char *word)
{
	if (g_strcmp0(word, "ask") == 0)
		return CUSAX_UNKNOWN_CALLERS_ASK;
	if (g_strcmp0(word, "refuse") == 0)
		return CUSAX_UNKNOWN_CALLERS_REFUSE;
	return CUSAX_UNKNOWN_CALLERS_RING;
}

CusaxAdmitDecision cusax_admit(const CusaxAdmitFacts *facts)
{
	if (!facts->media_offered)
		return refuse(NOT_ACCEPTABLE, CUSAX_ADMIT_NO_MEDIA);
	if (facts->emergency)
		return ring(CUSAX_ADMIT_EMERGENCY);
	if (!facts->audio_enabled)
		return refuse(NOT_ACCEPTABLE, CUSAX_ADMIT_CALLS_OFF);
	if (facts->blocked)
		return refuse(DECLINE, CUSAX_ADMIT_BLOCKED);
	if (facts->ringing >= facts->max_ringing)
		return (CusaxAdmitDecision){ CUSAX_ADMIT_BUSY, BUSY_HERE, CUSAX_ADMIT_TOO_MANY };
	if (facts->identity == CUSAX_IDENTITY_VERIFIED || facts->allowed)
		return admit_welcome(facts);
	return admit_unknown(facts);
}

const char *cusax_admit_reason_text(CusaxAdmitReason reason)
{
	switch (reason) {
	case CUSAX_ADMIT_WELCOME:
		return "The call may ring.";
	case CUSAX_ADMIT_EMERGENCY:
		return "An emergency service calls back.";
	case CUSAX_ADMIT_DND:
		return "Do not disturb is set.";
	case CUSAX_ADMIT_ASK:
		return "An unknown caller: you decide.";
	case CUSAX_ADMIT_LOOKING_UP:
		return "The caller is being looked up.";
	case CUSAX_ADMIT_UNKNOWN:
		return "Unknown callers are refused.";
	case CUSAX_ADMIT_BLOCKED:
		return "The caller is blocked.";
	case CUSAX_ADMIT_CALLS_OFF:
		return "Calls are switched off for this account.";
	case CUSAX_ADMIT_NO_MEDIA:
		return "The caller offers no audio that we can take.";
	case CUSAX_ADMIT_TOO_MANY:
		return "Enough calls are ringing already.";
	}
	g_return_val_if_reached("");
}

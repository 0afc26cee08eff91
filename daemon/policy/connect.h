/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two connections, one service: what each side may do now (C19-C28). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/base/types.h"

typedef struct {
	gboolean wanted; /* enabled, and the person wants to be connected */
	CusaxAccountState state;
	const char *label; /* "Chat", "Telephony" or as configured (C22); NULL: the default */
	const char *why;   /* reason of the state, for sentences; NULL or "": none */
} CusaxConnectSide;

typedef enum {
	CUSAX_CONNECT_STAY,  /* as it is: connected, on its way, retrying by itself, or off */
	CUSAX_CONNECT_START, /* connect */
	CUSAX_CONNECT_HOLD,  /* is off and stays off until told otherwise */
	CUSAX_CONNECT_STOP,  /* disconnect, then stay off until told otherwise */
} CusaxConnectAct;

typedef enum {
	CUSAX_CONNECT_BOTH_UP,          /* nothing is missing */
	CUSAX_CONNECT_UNWANTED,         /* nobody wants to be connected */
	CUSAX_CONNECT_FREE,             /* each side for itself (C19) */
	CUSAX_CONNECT_STARTING,         /* what may run is on its way */
	CUSAX_CONNECT_AWAITS_TELEPHONY, /* chat waits for the registration (C26, C27) */
	CUSAX_CONNECT_LOST_TELEPHONY,   /* chat leaves, because calls cannot come (C28) */
	CUSAX_CONNECT_AWAITS_OTHER,     /* both-required: one is held until the other is up (C25) */
	CUSAX_CONNECT_LOST_OTHER,       /* both-required: one is down, so the other leaves (C24) */
	CUSAX_CONNECT_OTHER_UNWANTED,   /* a side that the policy needs is switched off */
} CusaxConnectReason;

typedef struct {
	CusaxConnectAct chat, telephony;
	CusaxServiceState state;
	CusaxConnectReason reason;
	char *text; /* one sentence that names the side and the cause (C21, C22) */
} CusaxConnectDecision;

void cusax_connect_decision_clear(CusaxConnectDecision *decision);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxConnectDecision, cusax_connect_decision_clear)

/* Call again whenever a state, a wish or the policy changed. Independent: each side follows its
 * wish. Telephony-first: chat runs only while telephony is online, so a registration that never
 * comes leaves chat off, and one that is lost takes chat down. Both-required: both start together;
 * when one falls the other leaves, and is held back until the fallen one, which retries by itself,
 * is online again. The same states always give the same acts, and acting on them ends. */
CusaxConnectDecision cusax_connect_decide(CusaxConnectPolicy policy, const CusaxConnectSide *chat,
					  const CusaxConnectSide *telephony);

/* Both online, one, on the way, or none: waiting for a retry is offline. */
CusaxServiceState cusax_connect_service_state(CusaxAccountState chat, CusaxAccountState telephony);

/* One sentence for a person; static. */
const char *cusax_connect_reason_text(CusaxConnectReason reason);

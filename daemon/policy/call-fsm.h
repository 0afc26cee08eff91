/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a call as one pure step: (state, input) to state and effects. */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/base/types.h"

typedef enum {
	/* What the telephony service reports. */
	CUSAX_CALL_ON_RINGING,       /* CUSAX_EVENT_CALL_RINGING */
	CUSAX_CALL_ON_ANSWERED,      /* CUSAX_EVENT_CALL_ANSWERED, either direction */
	CUSAX_CALL_ON_ENDED,         /* CUSAX_EVENT_CALL_ENDED, with its reason */
	CUSAX_CALL_ON_ACCEPT_FAILED, /* the accept operation is done and failed */
	CUSAX_CALL_ON_HOLD_FAILED, /* the hold operation is done and failed: back to what it was */
	/* What a person asks for. */
	CUSAX_CALL_DO_ACCEPT,
	CUSAX_CALL_DO_DECLINE,
	CUSAX_CALL_DO_HANGUP,
	CUSAX_CALL_DO_HOLD,
	CUSAX_CALL_DO_RESUME,
	CUSAX_CALL_DO_MUTE,
	CUSAX_CALL_DO_UNMUTE,
	CUSAX_CALL_DO_DTMF,
	CUSAX_CALL_DO_TRANSFER,
} CusaxCallInput;

#define CUSAX_N_CALL_INPUTS (CUSAX_CALL_DO_TRANSFER + 1)

/* A set: values are or-ed. */
typedef enum {
	CUSAX_CALL_SEND_ACCEPT = 1 << 0,
	CUSAX_CALL_SEND_DECLINE = 1 << 1,
	CUSAX_CALL_SEND_HANGUP = 1 << 2, /* CANCEL or BYE, as the session stands */
	CUSAX_CALL_SEND_HOLD = 1 << 3,   /* to the value of held */
	CUSAX_CALL_SEND_MUTE = 1 << 4,   /* to the value of muted */
	CUSAX_CALL_SEND_DTMF = 1 << 5,
	CUSAX_CALL_SEND_TRANSFER = 1 << 6,
	CUSAX_CALL_STOP_RING = 1 << 7,   /* the own ringing ends */
	CUSAX_CALL_NOTE_ANSWER = 1 << 8, /* AnswerTime is now */
	CUSAX_CALL_NOTE_END = 1 << 9,    /* EndTime is now; write the log; forget it in 60 s */
	CUSAX_CALL_NOTE_MISSED =
		1 << 10, /* incoming, never answered, not declined here or elsewhere */
} CusaxCallEffects;

/* Everything the step looks at. Start with cusax_call_fsm_init(). */
typedef struct {
	CusaxCallDirection direction;
	CusaxCallState state;
	gboolean accepting;     /* the answer is on its way */
	CusaxEndReason leaving; /* what we ended it with, its end not yet reported; else NONE */
	gboolean held, muted;
	CusaxEndReason end_reason; /* ended */
} CusaxCallFsm;

typedef enum {
	CUSAX_CALL_STEPPED,   /* both outputs were written */
	CUSAX_CALL_NO_CHANGE, /* legal and already so: nothing to do */
	CUSAX_CALL_LATE,      /* news of the past, such as ringing after the answer: drop it */
	CUSAX_CALL_ILLEGAL,   /* a verb that does not fit the state: CUSAX_ERROR_WRONG_STATE */
} CusaxCallVerdict;

CusaxCallFsm cusax_call_fsm_init(CusaxCallDirection direction);

/* reason: with CUSAX_CALL_ON_ENDED what the service reports, else CUSAX_END_NONE. What we ended
 * ourselves ends with our reason: declined, cancelled (before the answer), local-hangup. ret_next
 * may be now itself. Outputs are written only for CUSAX_CALL_STEPPED. */
CusaxCallVerdict cusax_call_fsm_step(const CusaxCallFsm *now, CusaxCallInput input,
				     CusaxEndReason reason, CusaxCallFsm *ret_next,
				     CusaxCallEffects *ret_effects);

/* The word of an input for the log and for errors, such as "answered", "hang up"; static. */
const char *cusax_call_input_word(CusaxCallInput input);

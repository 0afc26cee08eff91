/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state machine of a call. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/call-fsm.h"

typedef struct {
	CusaxCallFsm next;
	CusaxCallEffects effects;
	CusaxEndReason reason; /* that came with the input */
} Step;

static gboolean is_leaving(const Step *step)
{
	return step->next.leaving != CUSAX_END_NONE;
}

/* Up, and not being left. */
static gboolean is_talking(const Step *step)
{
	return step->next.state == CUSAX_CALL_ACTIVE && !is_leaving(step);
}

/* Rings here: neither answered nor declined. */
static gboolean is_ringing_here(const Step *step)
{
	return step->next.state == CUSAX_CALL_INCOMING && !step->next.accepting &&
	       !is_leaving(step);
}

static CusaxCallVerdict on_ringing(Step *step)
{
	switch (step->next.state) {
	case CUSAX_CALL_DIALING:
		if (is_leaving(step))
			return CUSAX_CALL_LATE;
		step->next.state = CUSAX_CALL_RINGING;
		return CUSAX_CALL_STEPPED;
	case CUSAX_CALL_RINGING:
		return CUSAX_CALL_NO_CHANGE;
	case CUSAX_CALL_INCOMING:
	case CUSAX_CALL_ACTIVE:
	case CUSAX_CALL_ENDED:
		return CUSAX_CALL_LATE;
	}
	g_return_val_if_reached(CUSAX_CALL_LATE);
}

static CusaxCallVerdict on_answered(Step *step)
{
	if (step->next.state == CUSAX_CALL_ENDED || is_leaving(step))
		return CUSAX_CALL_LATE;
	if (step->next.state == CUSAX_CALL_ACTIVE)
		return CUSAX_CALL_NO_CHANGE;
	step->effects = CUSAX_CALL_NOTE_ANSWER;
	if (is_ringing_here(step))
		step->effects |= CUSAX_CALL_STOP_RING;
	/* Muted while it rang: the session hears of it now that there is one. */
	if (step->next.muted)
		step->effects |= CUSAX_CALL_SEND_MUTE;
	step->next.state = CUSAX_CALL_ACTIVE;
	step->next.accepting = FALSE;
	return CUSAX_CALL_STEPPED;
}

/* What of the service's reasons is no missed call: it was taken, or not wanted, elsewhere. */
static gboolean is_missed(CusaxEndReason reason)
{
	switch (reason) {
	case CUSAX_END_ANSWERED_ELSEWHERE:
	case CUSAX_END_DECLINED:
	case CUSAX_END_REFUSED_BY_POLICY:
	case CUSAX_END_LOCAL_HANGUP:
		return FALSE;
	case CUSAX_END_NONE:
	case CUSAX_END_REMOTE_HANGUP:
	case CUSAX_END_BUSY:
	case CUSAX_END_NO_ANSWER:
	case CUSAX_END_UNREACHABLE:
	case CUSAX_END_NOT_FOUND:
	case CUSAX_END_FORBIDDEN:
	case CUSAX_END_FAILED:
	case CUSAX_END_CANCELLED:
		return TRUE;
	}
	g_return_val_if_reached(TRUE);
}

static CusaxCallVerdict on_ended(Step *step)
{
	if (step->next.state == CUSAX_CALL_ENDED)
		return CUSAX_CALL_LATE;
	step->effects = CUSAX_CALL_NOTE_END;
	if (is_ringing_here(step)) {
		step->effects |= CUSAX_CALL_STOP_RING;
		if (is_missed(step->reason))
			step->effects |= CUSAX_CALL_NOTE_MISSED;
	}
	if (is_leaving(step))
		step->next.end_reason = step->next.leaving;
	else
		step->next.end_reason = step->reason ? step->reason : CUSAX_END_FAILED;
	step->next.state = CUSAX_CALL_ENDED;
	step->next.accepting = FALSE;
	step->next.leaving = CUSAX_END_NONE;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict on_accept_failed(Step *step)
{
	if (!step->next.accepting)
		return CUSAX_CALL_LATE;
	step->next.accepting = FALSE;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict on_hold_failed(Step *step)
{
	if (step->next.state != CUSAX_CALL_ACTIVE)
		return CUSAX_CALL_LATE;
	step->next.held = !step->next.held;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict do_accept(Step *step)
{
	if (step->next.state != CUSAX_CALL_INCOMING || is_leaving(step))
		return CUSAX_CALL_ILLEGAL;
	if (step->next.accepting)
		return CUSAX_CALL_NO_CHANGE;
	step->next.accepting = TRUE;
	step->effects = CUSAX_CALL_SEND_ACCEPT | CUSAX_CALL_STOP_RING;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict do_decline(Step *step)
{
	if (step->next.state != CUSAX_CALL_INCOMING || step->next.accepting)
		return CUSAX_CALL_ILLEGAL;
	if (is_leaving(step))
		return CUSAX_CALL_NO_CHANGE;
	step->next.leaving = CUSAX_END_DECLINED;
	step->effects = CUSAX_CALL_SEND_DECLINE | CUSAX_CALL_STOP_RING;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict do_hangup(Step *step)
{
	if (step->next.state == CUSAX_CALL_ENDED)
		return CUSAX_CALL_ILLEGAL;
	if (is_leaving(step))
		return CUSAX_CALL_NO_CHANGE;
	if (is_ringing_here(step))
		return do_decline(step);
	step->next.leaving = step->next.direction == CUSAX_CALL_OUTGOING_DIRECTION &&
					     step->next.state != CUSAX_CALL_ACTIVE
				     ? CUSAX_END_CANCELLED
				     : CUSAX_END_LOCAL_HANGUP;
	step->effects = CUSAX_CALL_SEND_HANGUP;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict set_held(Step *step, gboolean held)
{
	if (!is_talking(step))
		return CUSAX_CALL_ILLEGAL;
	if (step->next.held == held)
		return CUSAX_CALL_NO_CHANGE;
	step->next.held = held;
	step->effects = CUSAX_CALL_SEND_HOLD;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict set_muted(Step *step, gboolean muted)
{
	if (step->next.state == CUSAX_CALL_ENDED || is_leaving(step))
		return CUSAX_CALL_ILLEGAL;
	if (step->next.muted == muted)
		return CUSAX_CALL_NO_CHANGE;
	step->next.muted = muted;
	if (step->next.state == CUSAX_CALL_ACTIVE)
		step->effects = CUSAX_CALL_SEND_MUTE;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict do_while_talking(Step *step, CusaxCallEffects effect)
{
	if (!is_talking(step))
		return CUSAX_CALL_ILLEGAL;
	step->effects = effect;
	return CUSAX_CALL_STEPPED;
}

static CusaxCallVerdict take(Step *step, CusaxCallInput input)
{
	switch (input) {
	case CUSAX_CALL_ON_RINGING:
		return on_ringing(step);
	case CUSAX_CALL_ON_ANSWERED:
		return on_answered(step);
	case CUSAX_CALL_ON_ENDED:
		return on_ended(step);
	case CUSAX_CALL_ON_ACCEPT_FAILED:
		return on_accept_failed(step);
	case CUSAX_CALL_ON_HOLD_FAILED:
		return on_hold_failed(step);
	case CUSAX_CALL_DO_ACCEPT:
		return do_accept(step);
	case CUSAX_CALL_DO_DECLINE:
		return do_decline(step);
	case CUSAX_CALL_DO_HANGUP:
		return do_hangup(step);
	case CUSAX_CALL_DO_HOLD:
		return set_held(step, TRUE);
	case CUSAX_CALL_DO_RESUME:
		return set_held(step, FALSE);
	case CUSAX_CALL_DO_MUTE:
		return set_muted(step, TRUE);
	case CUSAX_CALL_DO_UNMUTE:
		return set_muted(step, FALSE);
	case CUSAX_CALL_DO_DTMF:
		return do_while_talking(step, CUSAX_CALL_SEND_DTMF);
	case CUSAX_CALL_DO_TRANSFER:
		return do_while_talking(step, CUSAX_CALL_SEND_TRANSFER);
	}
	g_return_val_if_reached(CUSAX_CALL_ILLEGAL);
}

CusaxCallFsm cusax_call_fsm_init(CusaxCallDirection direction)
{
	return (CusaxCallFsm){
		.direction = direction,
		.state = direction == CUSAX_CALL_OUTGOING_DIRECTION ? CUSAX_CALL_DIALING
								    : CUSAX_CALL_INCOMING,
	};
}

CusaxCallVerdict cusax_call_fsm_step(const CusaxCallFsm *now, CusaxCallInput input,
				     CusaxEndReason reason, CusaxCallFsm *ret_next,
				     CusaxCallEffects *ret_effects)
{
	Step step = { .next = *now, .reason = reason };
	CusaxCallVerdict verdict = take(&step, input);

	if (verdict == CUSAX_CALL_STEPPED) {
		*ret_next = step.next;
		*ret_effects = step.effects;
	}
	return verdict;
}

const char *cusax_call_input_word(CusaxCallInput input)
{
	switch (input) {
	case CUSAX_CALL_ON_RINGING:
		return "ringing";
	case CUSAX_CALL_ON_ANSWERED:
		return "answered";
	case CUSAX_CALL_ON_ENDED:
		return "ended";
	case CUSAX_CALL_ON_ACCEPT_FAILED:
		return "accept failed";
	case CUSAX_CALL_ON_HOLD_FAILED:
		return "hold failed";
	case CUSAX_CALL_DO_ACCEPT:
		return "accept";
	case CUSAX_CALL_DO_DECLINE:
		return "decline";
	case CUSAX_CALL_DO_HANGUP:
		return "hang up";
	case CUSAX_CALL_DO_HOLD:
		return "hold";
	case CUSAX_CALL_DO_RESUME:
		return "resume";
	case CUSAX_CALL_DO_MUTE:
		return "mute";
	case CUSAX_CALL_DO_UNMUTE:
		return "unmute";
	case CUSAX_CALL_DO_DTMF:
		return "dtmf";
	case CUSAX_CALL_DO_TRANSFER:
		return "transfer";
	}
	g_return_val_if_reached("unknown");
}

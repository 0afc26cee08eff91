/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state machine of an account's connection. */
/* Pure functions: time and random come in as arguments; any thread. */
#include "daemon/policy/account-fsm.h"

static void drop(CusaxAccountStep *step)
{
	step->ignored = TRUE;
}

/* Starts a connect: first the password, which may have changed since. */
static void begin(CusaxAccountStep *step)
{
	step->next.state = CUSAX_ACCOUNT_CONNECTING;
	step->next.looking = TRUE;
	step->effects |= CUSAX_ACCOUNT_LOOKUP_SECRET;
	step->reason = "Connecting.";
}

/* TRUE where the service has the account: a connect was sent and no end was reported. */
static gboolean is_in_service(const CusaxAccountFsm *fsm)
{
	return !fsm->stopping && !fsm->looking &&
	       (fsm->state == CUSAX_ACCOUNT_CONNECTING || fsm->state == CUSAX_ACCOUNT_ONLINE);
}

static void take_down(CusaxAccountStep *step)
{
	if (is_in_service(&step->next)) {
		step->effects |= CUSAX_ACCOUNT_DISCONNECT;
		step->next.stopping = TRUE;
	}
	if (step->next.state == CUSAX_ACCOUNT_WAITING)
		step->effects |= CUSAX_ACCOUNT_CANCEL_RETRY;
	step->next.looking = FALSE;
}

static void do_start(CusaxAccountStep *step)
{
	if (step->next.started) {
		drop(step);
		return;
	}
	step->next.started = TRUE;
	if (step->next.stopping) {
		/* The old connection is still being closed: ON_OFFLINE goes on from here. */
		step->next.state = CUSAX_ACCOUNT_CONNECTING;
		step->reason = "Closing the old connection first.";
		return;
	}
	begin(step);
}

static void do_stop(CusaxAccountStep *step)
{
	if (!step->next.started) {
		drop(step);
		return;
	}
	take_down(step);
	/* What a person had to put right gets a fresh chance at the next start. */
	if (step->next.state == CUSAX_ACCOUNT_FAILED)
		step->next.retry = (CusaxRetry){ 0 };
	step->next.retry.online_since = 0;
	step->next.started = FALSE;
	step->next.state = CUSAX_ACCOUNT_OFFLINE;
	step->reason = "Disconnected.";
}

static void do_restart(CusaxAccountStep *step)
{
	if (!step->next.started) {
		drop(step);
		return;
	}
	take_down(step);
	step->next.retry = (CusaxRetry){ 0 };
	if (step->next.stopping) {
		step->next.state = CUSAX_ACCOUNT_CONNECTING;
		step->reason = "Connecting anew.";
		return;
	}
	begin(step);
}

static void on_secret(CusaxAccountStep *step)
{
	if (!step->next.looking) {
		drop(step);
		return;
	}
	step->next.looking = FALSE;
	step->effects |= CUSAX_ACCOUNT_CONNECT;
}

static void on_no_secret(CusaxAccountStep *step, const CusaxAccountInputFacts *input)
{
	if (!step->next.looking) {
		drop(step);
		return;
	}
	step->next.looking = FALSE;
	step->next.state = CUSAX_ACCOUNT_NEEDS_SECRET;
	step->next.error = input->code;
	step->reason = "The password is missing, or the keyring is locked.";
}

static void on_connecting(CusaxAccountStep *step)
{
	if (!is_in_service(&step->next)) {
		drop(step);
		return;
	}
	step->next.state = CUSAX_ACCOUNT_CONNECTING;
	step->reason = "Connecting.";
}

static void on_online(CusaxAccountStep *step, const CusaxAccountInputFacts *input)
{
	if (!is_in_service(&step->next)) {
		drop(step);
		return;
	}
	/* Told twice, as after a re-registration: the time of the first counts. */
	if (step->next.state != CUSAX_ACCOUNT_ONLINE)
		cusax_retry_online(&step->next.retry, input->now);
	step->next.state = CUSAX_ACCOUNT_ONLINE;
}

static void on_lost(CusaxAccountStep *step, const CusaxAccountInputFacts *input, CusaxError code)
{
	CusaxRetryDecision decision;

	if (step->next.stopping) {
		step->next.stopping = FALSE;
		if (step->next.started)
			begin(step);
		return;
	}
	if (!is_in_service(&step->next)) {
		drop(step);
		return;
	}
	decision = cusax_retry_lost(&step->next.retry, code, input->now, input->random);
	step->next.error = code;
	step->reason = cusax_retry_reason_text(decision.reason);
	if (!decision.stop) {
		step->next.state = CUSAX_ACCOUNT_WAITING;
		step->delay_ms = decision.delay_ms;
		step->effects |= CUSAX_ACCOUNT_SCHEDULE_RETRY;
	} else if (decision.reason == CUSAX_RETRY_STOP_SECRET) {
		step->next.state = CUSAX_ACCOUNT_NEEDS_SECRET;
	} else {
		step->next.state = CUSAX_ACCOUNT_FAILED;
	}
}

static void on_retry(CusaxAccountStep *step)
{
	if (step->next.state != CUSAX_ACCOUNT_WAITING) {
		drop(step);
		return;
	}
	begin(step);
}

/* What waits tries at once, what is online is asked whether it still is, and an attempt on the way that
 * may be gone begins anew. Refused passwords stay counted: a network that comes and goes is no reason
 * to send one more often. */
static void on_network(CusaxAccountStep *step)
{
	switch (step->next.state) {
	case CUSAX_ACCOUNT_WAITING:
		step->effects |= CUSAX_ACCOUNT_CANCEL_RETRY;
		step->next.retry.attempts = 0;
		begin(step);
		return;
	case CUSAX_ACCOUNT_ONLINE:
		step->effects |= CUSAX_ACCOUNT_CHECK;
		step->next.retry.attempts = 0;
		return;
	case CUSAX_ACCOUNT_CONNECTING:
		if (!is_in_service(&step->next))
			break;
		take_down(step);
		step->next.retry.attempts = 0;
		step->reason = "The network changed: connecting anew.";
		return;
	case CUSAX_ACCOUNT_OFFLINE:
	case CUSAX_ACCOUNT_FAILED:
	case CUSAX_ACCOUNT_NEEDS_SECRET:
		break;
	}
	drop(step);
}

CusaxAccountStep cusax_account_fsm_step(const CusaxAccountFsm *now,
					const CusaxAccountInputFacts *input)
{
	CusaxAccountStep step = { .next = *now, .reason = "" };

	switch (input->kind) {
	case CUSAX_ACCOUNT_DO_START:
		do_start(&step);
		break;
	case CUSAX_ACCOUNT_DO_STOP:
		do_stop(&step);
		break;
	case CUSAX_ACCOUNT_DO_RESTART:
		do_restart(&step);
		break;
	case CUSAX_ACCOUNT_ON_SECRET:
		on_secret(&step);
		break;
	case CUSAX_ACCOUNT_ON_NO_SECRET:
		on_no_secret(&step, input);
		break;
	case CUSAX_ACCOUNT_ON_CONNECTING:
		on_connecting(&step);
		break;
	case CUSAX_ACCOUNT_ON_ONLINE:
		on_online(&step, input);
		break;
	case CUSAX_ACCOUNT_ON_OFFLINE:
		/* Nobody here asked: the other side closed in good order. It is lost all the same. */
		on_lost(&step, input, CUSAX_ERROR_FAILED);
		break;
	case CUSAX_ACCOUNT_ON_LOST:
		on_lost(&step, input, input->code);
		break;
	case CUSAX_ACCOUNT_ON_RETRY:
		on_retry(&step);
		break;
	case CUSAX_ACCOUNT_ON_NETWORK:
		on_network(&step);
		break;
	}
	return step;
}

const char *cusax_account_input_word(CusaxAccountInput input)
{
	switch (input) {
	case CUSAX_ACCOUNT_DO_START:
		return "start";
	case CUSAX_ACCOUNT_DO_STOP:
		return "stop";
	case CUSAX_ACCOUNT_DO_RESTART:
		return "restart";
	case CUSAX_ACCOUNT_ON_SECRET:
		return "secret found";
	case CUSAX_ACCOUNT_ON_NO_SECRET:
		return "no secret";
	case CUSAX_ACCOUNT_ON_CONNECTING:
		return "connecting";
	case CUSAX_ACCOUNT_ON_ONLINE:
		return "online";
	case CUSAX_ACCOUNT_ON_OFFLINE:
		return "offline";
	case CUSAX_ACCOUNT_ON_LOST:
		return "lost";
	case CUSAX_ACCOUNT_ON_RETRY:
		return "retry due";
	case CUSAX_ACCOUNT_ON_NETWORK:
		return "network changed";
	}
	g_return_val_if_reached("unknown");
}

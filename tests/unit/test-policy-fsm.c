/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both state machines: stories of inputs, and every input in every state. */
/* Test program. */
#include <string.h>

#include "daemon/policy/account-fsm.h"
#include "daemon/policy/call-fsm.h"
#include "tests/unit/rows.h"

/* --- calls --- */

#define IN  CUSAX_CALL_INCOMING_DIRECTION
#define OUT CUSAX_CALL_OUTGOING_DIRECTION

/* One input of a story, and what must come of it. */
typedef struct {
	CusaxCallInput input;
	CusaxEndReason reason;
	CusaxCallVerdict verdict;
	CusaxCallState state;
	CusaxCallEffects effects;
} CallStep;

typedef struct {
	const char *name;
	CusaxCallDirection direction;
	CallStep steps[8]; /* the first n of them */
	guint n;
	CusaxEndReason end_reason;
} CallRow;

#define STEP(input, verdict, state, effects)                                                       \
	{                                                                                          \
		CUSAX_CALL_##input, CUSAX_END_NONE, CUSAX_CALL_##verdict, CUSAX_CALL_##state,      \
			(effects)                                                                  \
	}
#define END(reason, state, effects)                                                                \
	{                                                                                          \
		CUSAX_CALL_ON_ENDED, CUSAX_END_##reason, CUSAX_CALL_STEPPED, CUSAX_CALL_##state,   \
			(effects)                                                                  \
	}
#define E(effect) CUSAX_CALL_##effect

/* clang-format off */
static const CallRow call_rows[] = {
	{ "an outgoing call from ring to remote hang up", OUT, {
		STEP(ON_RINGING, STEPPED, RINGING, 0),
		STEP(ON_RINGING, NO_CHANGE, RINGING, 0),
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER)),
		STEP(ON_RINGING, LATE, ACTIVE, 0),
		STEP(ON_ANSWERED, NO_CHANGE, ACTIVE, 0),
		END(REMOTE_HANGUP, ENDED, E(NOTE_END)),
		STEP(ON_ENDED, LATE, ENDED, 0),
		STEP(ON_RINGING, LATE, ENDED, 0) }, 8, CUSAX_END_REMOTE_HANGUP },
	{ "an outgoing call answered without ringing", OUT, {
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER)),
		STEP(DO_HANGUP, STEPPED, ACTIVE, E(SEND_HANGUP)),
		STEP(DO_HANGUP, NO_CHANGE, ACTIVE, 0),
		STEP(DO_HOLD, ILLEGAL, ACTIVE, 0),
		STEP(DO_DTMF, ILLEGAL, ACTIVE, 0),
		STEP(DO_MUTE, ILLEGAL, ACTIVE, 0),
		END(REMOTE_HANGUP, ENDED, E(NOTE_END)),
		STEP(DO_HANGUP, ILLEGAL, ENDED, 0) }, 8, CUSAX_END_LOCAL_HANGUP },
	{ "an outgoing call that is busy", OUT, { END(BUSY, ENDED, E(NOTE_END)) }, 1, CUSAX_END_BUSY },
	{ "an end without a reason is a failure", OUT, { END(NONE, ENDED, E(NOTE_END)) }, 1, CUSAX_END_FAILED },
	{ "an outgoing call cancelled while dialling", OUT, {
		STEP(DO_HANGUP, STEPPED, DIALING, E(SEND_HANGUP)),
		STEP(ON_RINGING, LATE, DIALING, 0),
		STEP(ON_ANSWERED, LATE, DIALING, 0),
		END(FAILED, ENDED, E(NOTE_END)),
		STEP(ON_ANSWERED, LATE, ENDED, 0) }, 5, CUSAX_END_CANCELLED },
	{ "an outgoing call cancelled while ringing", OUT, {
		STEP(ON_RINGING, STEPPED, RINGING, 0),
		STEP(DO_HANGUP, STEPPED, RINGING, E(SEND_HANGUP)),
		END(NO_ANSWER, ENDED, E(NOTE_END)) }, 3, CUSAX_END_CANCELLED },
	{ "an outgoing call is not accepted or declined", OUT, {
		STEP(DO_ACCEPT, ILLEGAL, DIALING, 0),
		STEP(DO_DECLINE, ILLEGAL, DIALING, 0),
		STEP(ON_ACCEPT_FAILED, LATE, DIALING, 0),
		STEP(ON_HOLD_FAILED, LATE, DIALING, 0),
		STEP(DO_TRANSFER, ILLEGAL, DIALING, 0),
		STEP(DO_RESUME, ILLEGAL, DIALING, 0) }, 6, CUSAX_END_NONE },
	{ "an incoming call accepted", IN, {
		STEP(ON_RINGING, LATE, INCOMING, 0),
		STEP(DO_ACCEPT, STEPPED, INCOMING, E(SEND_ACCEPT) | E(STOP_RING)),
		STEP(DO_ACCEPT, NO_CHANGE, INCOMING, 0),
		STEP(DO_DECLINE, ILLEGAL, INCOMING, 0),
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER)),
		STEP(DO_ACCEPT, ILLEGAL, ACTIVE, 0),
		STEP(DO_TRANSFER, STEPPED, ACTIVE, E(SEND_TRANSFER)),
		END(REMOTE_HANGUP, ENDED, E(NOTE_END)) }, 8, CUSAX_END_REMOTE_HANGUP },
	{ "an incoming call that the service answers by itself stops ringing", IN, {
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER) | E(STOP_RING)) }, 1, CUSAX_END_NONE },
	{ "an incoming call declined is not missed", IN, {
		STEP(DO_DECLINE, STEPPED, INCOMING, E(SEND_DECLINE) | E(STOP_RING)),
		STEP(DO_DECLINE, NO_CHANGE, INCOMING, 0),
		STEP(DO_ACCEPT, ILLEGAL, INCOMING, 0),
		END(CANCELLED, ENDED, E(NOTE_END)) }, 4, CUSAX_END_DECLINED },
	{ "hanging up what rings is declining it", IN, {
		STEP(DO_HANGUP, STEPPED, INCOMING, E(SEND_DECLINE) | E(STOP_RING)),
		END(LOCAL_HANGUP, ENDED, E(NOTE_END)) }, 2, CUSAX_END_DECLINED },
	{ "an incoming call hung up while the answer is on its way", IN, {
		STEP(DO_ACCEPT, STEPPED, INCOMING, E(SEND_ACCEPT) | E(STOP_RING)),
		STEP(DO_HANGUP, STEPPED, INCOMING, E(SEND_HANGUP)),
		END(FAILED, ENDED, E(NOTE_END)) }, 3, CUSAX_END_LOCAL_HANGUP },
	{ "T11: an incoming call given up is missed", IN, {
		END(CANCELLED, ENDED, E(NOTE_END) | E(NOTE_MISSED) | E(STOP_RING)) }, 1, CUSAX_END_CANCELLED },
	{ "T11: an incoming call that failed is missed", IN, {
		END(FAILED, ENDED, E(NOTE_END) | E(NOTE_MISSED) | E(STOP_RING)) }, 1, CUSAX_END_FAILED },
	{ "T11: a call answered elsewhere is not missed", IN, {
		END(ANSWERED_ELSEWHERE, ENDED, E(NOTE_END) | E(STOP_RING)) }, 1, CUSAX_END_ANSWERED_ELSEWHERE },
	{ "T11: a call refused by policy is not missed", IN, {
		END(REFUSED_BY_POLICY, ENDED, E(NOTE_END) | E(STOP_RING)) }, 1, CUSAX_END_REFUSED_BY_POLICY },
	{ "T11: a call declined on another device is not missed", IN, {
		END(DECLINED, ENDED, E(NOTE_END) | E(STOP_RING)) }, 1, CUSAX_END_DECLINED },
	{ "T11: a call ended here without a verb is not missed", IN, {
		END(LOCAL_HANGUP, ENDED, E(NOTE_END) | E(STOP_RING)) }, 1, CUSAX_END_LOCAL_HANGUP },
	{ "an answer that cannot be sent may be tried again", IN, {
		STEP(DO_ACCEPT, STEPPED, INCOMING, E(SEND_ACCEPT) | E(STOP_RING)),
		STEP(ON_ACCEPT_FAILED, STEPPED, INCOMING, 0),
		STEP(ON_ACCEPT_FAILED, LATE, INCOMING, 0),
		STEP(DO_ACCEPT, STEPPED, INCOMING, E(SEND_ACCEPT) | E(STOP_RING)),
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER)) }, 5, CUSAX_END_NONE },
	{ "T3: hold and resume", OUT, {
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER)),
		STEP(DO_HOLD, STEPPED, ACTIVE, E(SEND_HOLD)),
		STEP(DO_HOLD, NO_CHANGE, ACTIVE, 0),
		STEP(DO_RESUME, STEPPED, ACTIVE, E(SEND_HOLD)),
		STEP(DO_RESUME, NO_CHANGE, ACTIVE, 0),
		STEP(DO_HOLD, STEPPED, ACTIVE, E(SEND_HOLD)),
		STEP(ON_HOLD_FAILED, STEPPED, ACTIVE, 0),
		STEP(DO_RESUME, NO_CHANGE, ACTIVE, 0) }, 8, CUSAX_END_NONE },
	{ "T3: mute and unmute", OUT, {
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER)),
		STEP(DO_MUTE, STEPPED, ACTIVE, E(SEND_MUTE)),
		STEP(DO_MUTE, NO_CHANGE, ACTIVE, 0),
		STEP(DO_UNMUTE, STEPPED, ACTIVE, E(SEND_MUTE)),
		END(REMOTE_HANGUP, ENDED, E(NOTE_END)),
		STEP(DO_MUTE, ILLEGAL, ENDED, 0) }, 6, CUSAX_END_REMOTE_HANGUP },
	{ "T3: muted before the answer", OUT, {
		STEP(DO_MUTE, STEPPED, DIALING, 0),
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER) | E(SEND_MUTE)) }, 2, CUSAX_END_NONE },
	{ "T4: keys only while talking", OUT, {
		STEP(DO_DTMF, ILLEGAL, DIALING, 0),
		STEP(ON_ANSWERED, STEPPED, ACTIVE, E(NOTE_ANSWER)),
		STEP(DO_DTMF, STEPPED, ACTIVE, E(SEND_DTMF)) }, 3, CUSAX_END_NONE },
};
/* clang-format on */

static void test_call(gconstpointer data)
{
	const CallRow *row = data;
	CusaxCallFsm fsm = cusax_call_fsm_init(row->direction);

	for (guint i = 0; i < row->n; i++) {
		const CallStep *step = &row->steps[i];
		CusaxCallEffects effects = 0;

		g_test_message("%s", cusax_call_input_word(step->input));
		g_assert_cmpint(
			cusax_call_fsm_step(&fsm, step->input, step->reason, &fsm, &effects), ==,
			step->verdict);
		g_assert_cmpint(fsm.state, ==, step->state);
		g_assert_cmpint(effects, ==, step->effects);
	}
	g_assert_cmpint(fsm.end_reason, ==, row->end_reason);
}

/* Any inputs in any order: what holds of every call. */
static void test_call_random(void)
{
	for (guint story = 0; story < 2000; story++) {
		CusaxCallFsm fsm = cusax_call_fsm_init(story & 1 ? IN : OUT);
		guint ends = 0, answers = 0;

		for (guint i = 0; i < 30; i++) {
			CusaxCallInput input = g_test_rand_int_range(0, CUSAX_N_CALL_INPUTS);
			CusaxCallFsm before = fsm;
			CusaxCallEffects effects = 0;
			CusaxCallVerdict verdict = cusax_call_fsm_step(
				&fsm, input, CUSAX_END_REMOTE_HANGUP, &fsm, &effects);

			if (verdict != CUSAX_CALL_STEPPED) {
				g_assert_cmpint(effects, ==, 0);
				g_assert_cmpmem(&before, sizeof before, &fsm, sizeof fsm);
			}
			/* Only verbs can be illegal, only news can be late. */
			if (verdict == CUSAX_CALL_ILLEGAL)
				g_assert_cmpint(input, >=, CUSAX_CALL_DO_ACCEPT);
			if (verdict == CUSAX_CALL_LATE)
				g_assert_cmpint(input, <, CUSAX_CALL_DO_ACCEPT);
			ends += (effects & CUSAX_CALL_NOTE_END) != 0;
			answers += (effects & CUSAX_CALL_NOTE_ANSWER) != 0;
			g_assert_cmpint(fsm.state == CUSAX_CALL_ENDED, ==,
					fsm.end_reason != CUSAX_END_NONE);
		}
		g_assert_cmpuint(ends, <=, 1);
		g_assert_cmpuint(answers, <=, 1);
	}
}

/* --- accounts --- */

typedef struct {
	CusaxAccountInput kind;
	CusaxError code;
	CusaxAccountState state;
	CusaxAccountEffects effects;
	gboolean ignored;
} AccountStep;

typedef struct {
	const char *name;
	AccountStep steps[10];
	guint n;
} AccountRow;

#define DID(input, state, effects)                                                                 \
	{                                                                                          \
		CUSAX_ACCOUNT_##input, 0, CUSAX_ACCOUNT_##state, (effects), FALSE                  \
	}
#define CODE(input, code, state, effects)                                                          \
	{                                                                                          \
		CUSAX_ACCOUNT_##input, CUSAX_ERROR_##code, CUSAX_ACCOUNT_##state, (effects), FALSE \
	}
#define DROPPED(input, state)                                                                      \
	{                                                                                          \
		CUSAX_ACCOUNT_##input, 0, CUSAX_ACCOUNT_##state, 0, TRUE                           \
	}
#define LOOKUP     CUSAX_ACCOUNT_LOOKUP_SECRET
#define CONNECT    CUSAX_ACCOUNT_CONNECT
#define DISCONNECT CUSAX_ACCOUNT_DISCONNECT
#define SCHEDULE   CUSAX_ACCOUNT_SCHEDULE_RETRY
#define CANCEL     CUSAX_ACCOUNT_CANCEL_RETRY
#define CHECK      CUSAX_ACCOUNT_CHECK
#define GO_ONLINE                                                                                  \
	DID(DO_START, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT),                    \
		DID(ON_ONLINE, ONLINE, 0)

/* clang-format off */
static const AccountRow account_rows[] = {
	{ "start, secret, connecting, online, stop", {
		DID(DO_START, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT), DID(ON_CONNECTING, CONNECTING, 0),
		DID(ON_ONLINE, ONLINE, 0), DID(ON_ONLINE, ONLINE, 0), DROPPED(DO_START, ONLINE),
		DID(DO_STOP, OFFLINE, DISCONNECT), DID(ON_OFFLINE, OFFLINE, 0), DROPPED(ON_OFFLINE, OFFLINE), DROPPED(DO_STOP, OFFLINE) }, 10 },
	{ "a secret that is missing", {
		DID(DO_START, CONNECTING, LOOKUP), CODE(ON_NO_SECRET, SECRET_UNAVAILABLE, NEEDS_SECRET, 0),
		DROPPED(ON_NO_SECRET, NEEDS_SECRET), DROPPED(ON_SECRET, NEEDS_SECRET), DROPPED(ON_RETRY, NEEDS_SECRET),
		DID(DO_RESTART, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT) }, 7 },
	{ "stop while the secret is looked up", {
		DID(DO_START, CONNECTING, LOOKUP), DID(DO_STOP, OFFLINE, 0), DROPPED(ON_SECRET, OFFLINE), DROPPED(ON_NO_SECRET, OFFLINE) }, 4 },
	{ "C20: lost, retried, online again", {
		GO_ONLINE, CODE(ON_LOST, TIMEOUT, WAITING, SCHEDULE), DROPPED(ON_LOST, WAITING), DROPPED(ON_ONLINE, WAITING),
		DID(ON_RETRY, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT), DID(ON_ONLINE, ONLINE, 0), DROPPED(ON_RETRY, ONLINE) }, 10 },
	{ "C20: refused while connecting", {
		DID(DO_START, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT), CODE(ON_LOST, NOT_FOUND, WAITING, SCHEDULE) }, 3 },
	{ "closed in good order by the server is lost too", { GO_ONLINE, DID(ON_OFFLINE, WAITING, SCHEDULE) }, 4 },
	{ "stop while waiting", { GO_ONLINE, CODE(ON_LOST, FAILED, WAITING, SCHEDULE), DID(DO_STOP, OFFLINE, CANCEL), DROPPED(ON_RETRY, OFFLINE) }, 6 },
	{ "the network is back", { GO_ONLINE, CODE(ON_LOST, FAILED, WAITING, SCHEDULE), DID(ON_NETWORK, CONNECTING, CANCEL | LOOKUP), DROPPED(ON_NETWORK, CONNECTING) }, 6 },
	{ "R26: the network changed while online", { GO_ONLINE, DID(ON_NETWORK, ONLINE, CHECK), CODE(ON_LOST, TIMEOUT, WAITING, SCHEDULE) }, 5 },
	{ "R26: the network changed while connecting", { DID(DO_START, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT),
		DID(ON_NETWORK, CONNECTING, DISCONNECT), DROPPED(ON_NETWORK, CONNECTING), DID(ON_OFFLINE, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT) }, 6 },
	{ "settings changed while waiting", { GO_ONLINE, CODE(ON_LOST, FAILED, WAITING, SCHEDULE), DID(DO_RESTART, CONNECTING, CANCEL | LOOKUP) }, 5 },
	{ "settings changed while online", { GO_ONLINE, DID(DO_RESTART, CONNECTING, DISCONNECT), DROPPED(ON_CONNECTING, CONNECTING), DROPPED(ON_ONLINE, CONNECTING),
		DID(ON_OFFLINE, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT) }, 8 },
	{ "settings changed while the secret is looked up", { DID(DO_START, CONNECTING, LOOKUP), DID(DO_RESTART, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT) }, 3 },
	{ "settings changed while stopped", { DROPPED(DO_RESTART, OFFLINE) }, 1 },
	{ "started again before the old connection is closed", { GO_ONLINE, DID(DO_STOP, OFFLINE, DISCONNECT), DID(DO_START, CONNECTING, 0),
		CODE(ON_LOST, FAILED, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT) }, 7 },
	{ "started and stopped again before the old connection is closed", { GO_ONLINE, DID(DO_STOP, OFFLINE, DISCONNECT), DID(DO_START, CONNECTING, 0),
		DID(DO_STOP, OFFLINE, 0), DID(ON_OFFLINE, OFFLINE, 0) }, 7 },
	{ "stopped while connecting", { DID(DO_START, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT), DID(DO_STOP, OFFLINE, DISCONNECT), CODE(ON_LOST, CANCELLED, OFFLINE, 0) }, 4 },
	{ "a bad setting needs the person", { GO_ONLINE, CODE(ON_LOST, INVALID_ARGUMENT, FAILED, 0), DROPPED(ON_RETRY, FAILED), DROPPED(ON_NETWORK, FAILED), DID(DO_RESTART, CONNECTING, LOOKUP) }, 7 },
	{ "a service without secret needs one", { GO_ONLINE, CODE(ON_LOST, SECRET_UNAVAILABLE, NEEDS_SECRET, 0) }, 4 },
	{ "registering anew is connecting", { GO_ONLINE, DID(ON_CONNECTING, CONNECTING, 0), DID(ON_ONLINE, ONLINE, 0) }, 5 },
	{ "three refused passwords need the person", {
		DID(DO_START, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT), CODE(ON_LOST, AUTHENTICATION_FAILED, WAITING, SCHEDULE),
		DID(ON_RETRY, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT), CODE(ON_LOST, AUTHENTICATION_FAILED, WAITING, SCHEDULE),
		DID(ON_RETRY, CONNECTING, LOOKUP), DID(ON_SECRET, CONNECTING, CONNECT), CODE(ON_LOST, AUTHENTICATION_FAILED, FAILED, 0), DID(DO_STOP, OFFLINE, 0) }, 10 },
	{ "C98: an untrusted server is waited for", { GO_ONLINE, CODE(ON_LOST, UNTRUSTED, WAITING, SCHEDULE) }, 4 },
	{ "news of an account that was never started", { DROPPED(ON_CONNECTING, OFFLINE), DROPPED(ON_ONLINE, OFFLINE), DROPPED(ON_OFFLINE, OFFLINE), DROPPED(ON_LOST, OFFLINE),
		DROPPED(ON_SECRET, OFFLINE), DROPPED(ON_NETWORK, OFFLINE) }, 6 },
};
/* clang-format on */

static void test_account(gconstpointer data)
{
	const AccountRow *row = data;
	CusaxAccountFsm fsm = { 0 };

	for (guint i = 0; i < row->n; i++) {
		const AccountStep *expected = &row->steps[i];
		const CusaxAccountInputFacts input = { expected->kind, expected->code, 1000, 7 };
		CusaxAccountStep step = cusax_account_fsm_step(&fsm, &input);

		g_test_message("%u: %s", i, cusax_account_input_word(expected->kind));
		g_assert_cmpint(step.next.state, ==, expected->state);
		g_assert_cmpint(step.effects, ==, expected->effects);
		g_assert_cmpint(step.ignored, ==, expected->ignored);
		g_assert_cmpint((step.effects & SCHEDULE) != 0, ==, step.delay_ms != 0);
		g_assert_nonnull(step.reason);
		fsm = step.next;
	}
}

/* The memory of refused passwords ends with a stop after the failure, not with one before. */
static void test_account_memory(void)
{
	CusaxAccountFsm fsm = { .state = CUSAX_ACCOUNT_FAILED,
				.started = TRUE,
				.retry = { .attempts = 3, .auth_failures = 3 } };
	const CusaxAccountInputFacts stop = { .kind = CUSAX_ACCOUNT_DO_STOP };

	g_assert_cmpuint(cusax_account_fsm_step(&fsm, &stop).next.retry.auth_failures, ==, 0);
	fsm.state = CUSAX_ACCOUNT_WAITING;
	g_assert_cmpuint(cusax_account_fsm_step(&fsm, &stop).next.retry.auth_failures, ==, 3);
}

/* A network that comes and goes never makes a refused password be sent more often. */
static void test_account_network_memory(void)
{
	static const CusaxAccountState states[] = { CUSAX_ACCOUNT_WAITING, CUSAX_ACCOUNT_ONLINE,
						    CUSAX_ACCOUNT_CONNECTING };
	const CusaxAccountInputFacts network = { .kind = CUSAX_ACCOUNT_ON_NETWORK };

	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		const CusaxAccountFsm fsm = { .state = states[i],
					      .started = TRUE,
					      .retry = { .attempts = 9, .auth_failures = 2 } };
		CusaxAccountStep step = cusax_account_fsm_step(&fsm, &network);

		g_assert_false(step.ignored);
		g_assert_cmpuint(step.next.retry.attempts, ==, 0);
		g_assert_cmpuint(step.next.retry.auth_failures, ==, 2);
	}
}

/* Any inputs in any order: never two connects without an end between them, no retry beside one. */
static void test_account_random(void)
{
	for (guint story = 0; story < 2000; story++) {
		CusaxAccountFsm fsm = { 0 };
		gboolean connected = FALSE, scheduled = FALSE;

		for (guint i = 0; i < 60; i++) {
			const CusaxAccountInputFacts input = {
				.kind = g_test_rand_int_range(0, CUSAX_N_ACCOUNT_INPUTS),
				.code = g_test_rand_int_range(0, CUSAX_N_ERRORS),
				.now = i * G_USEC_PER_SEC,
				.random = g_test_rand_int(),
			};
			CusaxAccountStep step;

			/* What the world cannot say: an end of nothing, a retry not scheduled. */
			if (input.kind >= CUSAX_ACCOUNT_ON_CONNECTING &&
			    input.kind <= CUSAX_ACCOUNT_ON_LOST && !connected)
				continue;
			if (input.kind == CUSAX_ACCOUNT_ON_RETRY && !scheduled)
				continue;
			step = cusax_account_fsm_step(&fsm, &input);
			if (input.kind == CUSAX_ACCOUNT_ON_OFFLINE ||
			    input.kind == CUSAX_ACCOUNT_ON_LOST)
				connected = FALSE;
			if (input.kind == CUSAX_ACCOUNT_ON_RETRY)
				scheduled = FALSE;
			if (step.ignored) {
				g_assert_cmpint(step.effects, ==, 0);
				g_assert_cmpmem(&fsm, sizeof fsm, &step.next, sizeof step.next);
			}
			if (step.effects & CANCEL) {
				g_assert_true(scheduled);
				scheduled = FALSE;
			}
			if (step.effects & DISCONNECT)
				g_assert_true(connected);
			if (step.effects & CONNECT) {
				g_assert_false(connected);
				connected = TRUE;
			}
			if (step.effects & SCHEDULE)
				scheduled = TRUE;
			fsm = step.next;
			g_assert_cmpint(scheduled, ==, fsm.state == CUSAX_ACCOUNT_WAITING);
			if (!fsm.started)
				g_assert_cmpint(fsm.state, ==, CUSAX_ACCOUNT_OFFLINE);
		}
	}
}

static void test_words(void)
{
	for (guint i = 0; i < CUSAX_N_ACCOUNT_INPUTS; i++)
		g_assert_cmpstr(cusax_account_input_word(i), !=, "");
	for (guint i = 0; i < CUSAX_N_CALL_INPUTS; i++)
		g_assert_cmpstr(cusax_call_input_word(i), !=, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/call-fsm", call_rows, test_call);
	g_test_add_func("/policy/call-fsm/two thousand stories keep its promises",
			test_call_random);
	ADD_ROWS("/policy/account-fsm", account_rows, test_account);
	g_test_add_func("/policy/account-fsm/what is remembered over a stop", test_account_memory);
	g_test_add_func("/policy/account-fsm/a change of the network forgives no refused password",
			test_account_network_memory);
	g_test_add_func("/policy/account-fsm/two thousand stories keep its promises",
			test_account_random);
	g_test_add_func("/policy/fsm/every input has a word", test_words);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each side may do under each connect policy, in every state, and that it comes to rest. */
/* Test program. */
#include "daemon/policy/connect.h"

#include <string.h>

#include "tests/unit/rows.h"

#define INDEPENDENT CUSAX_CONNECT_INDEPENDENT
#define FIRST       CUSAX_CONNECT_TELEPHONY_FIRST
#define BOTH        CUSAX_CONNECT_BOTH_REQUIRED
#define OFF         CUSAX_ACCOUNT_OFFLINE
#define TRYING      CUSAX_ACCOUNT_CONNECTING
#define UP          CUSAX_ACCOUNT_ONLINE
#define WAITING     CUSAX_ACCOUNT_WAITING
#define FAILED      CUSAX_ACCOUNT_FAILED
#define NEEDS       CUSAX_ACCOUNT_NEEDS_SECRET
#define STAY        CUSAX_CONNECT_STAY
#define START       CUSAX_CONNECT_START
#define HOLD        CUSAX_CONNECT_HOLD
#define STOP        CUSAX_CONNECT_STOP

typedef struct {
	const char *name;
	CusaxConnectPolicy policy;
	CusaxAccountState chat, telephony;
	CusaxConnectAct chat_act, telephony_act;
	CusaxServiceState state;
	CusaxConnectReason reason;
	gboolean chat_unwanted, telephony_unwanted;
} Row;

/* clang-format off */
static const Row rows[] = {
	{ "C19: both start for themselves", INDEPENDENT, OFF, OFF, START, START, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_FREE, FALSE, FALSE },
	{ "C19: telephony failing leaves chat up", INDEPENDENT, UP, FAILED, STAY, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_FREE, FALSE, FALSE },
	{ "C19: chat failing leaves telephony up", INDEPENDENT, FAILED, UP, STAY, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_FREE, FALSE, FALSE },
	{ "C20: a side that waits retries by itself", INDEPENDENT, WAITING, UP, STAY, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_FREE, FALSE, FALSE },
	{ "C22: one side up is a state of its own", INDEPENDENT, UP, TRYING, STAY, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_FREE, FALSE, FALSE },
	{ "C22: on the way", INDEPENDENT, TRYING, WAITING, STAY, STAY, CUSAX_SERVICE_CONNECTING, CUSAX_CONNECT_FREE, FALSE, FALSE },
	{ "C22: both up", INDEPENDENT, UP, UP, STAY, STAY, CUSAX_SERVICE_ONLINE, CUSAX_CONNECT_BOTH_UP, FALSE, FALSE },
	{ "both waiting is offline", INDEPENDENT, WAITING, WAITING, STAY, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_FREE, FALSE, FALSE },
	{ "nobody wants to be connected", INDEPENDENT, UP, WAITING, STOP, STOP, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_UNWANTED, TRUE, TRUE },
	{ "nobody wants to, and nothing is", INDEPENDENT, OFF, OFF, STAY, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_UNWANTED, TRUE, TRUE },
	{ "one side is switched off", INDEPENDENT, OFF, OFF, STAY, START, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_FREE, TRUE, FALSE },

	{ "C26: telephony starts alone", FIRST, OFF, OFF, HOLD, START, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_AWAITS_TELEPHONY, FALSE, FALSE },
	{ "C26: chat waits while telephony registers", FIRST, OFF, TRYING, HOLD, STAY, CUSAX_SERVICE_CONNECTING, CUSAX_CONNECT_AWAITS_TELEPHONY, FALSE, FALSE },
	{ "C26: chat starts after the registration", FIRST, OFF, UP, START, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_STARTING, FALSE, FALSE },
	{ "C26: both up", FIRST, UP, UP, STAY, STAY, CUSAX_SERVICE_ONLINE, CUSAX_CONNECT_BOTH_UP, FALSE, FALSE },
	{ "C27: a registration that fails for good leaves chat off", FIRST, OFF, FAILED, HOLD, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_AWAITS_TELEPHONY, FALSE, FALSE },
	{ "C27: and so does one without password", FIRST, OFF, NEEDS, HOLD, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_AWAITS_TELEPHONY, FALSE, FALSE },
	{ "C28: telephony lost takes chat down", FIRST, UP, WAITING, STOP, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_LOST_TELEPHONY, FALSE, FALSE },
	{ "C28: telephony registering anew takes chat down", FIRST, UP, TRYING, STOP, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_LOST_TELEPHONY, FALSE, FALSE },
	{ "C28: telephony lost while chat connects", FIRST, TRYING, WAITING, STOP, STAY, CUSAX_SERVICE_CONNECTING, CUSAX_CONNECT_LOST_TELEPHONY, FALSE, FALSE },
	{ "C28: chat does not retry meanwhile", FIRST, WAITING, WAITING, STOP, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_AWAITS_TELEPHONY, FALSE, FALSE },
	{ "C28: what needs a person stays to be seen", FIRST, NEEDS, WAITING, HOLD, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_AWAITS_TELEPHONY, FALSE, FALSE },
	{ "C19: chat failing leaves telephony up, telephony first", FIRST, WAITING, UP, STAY, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_STARTING, FALSE, FALSE },
	{ "C26: telephony switched off holds chat", FIRST, OFF, OFF, HOLD, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_OTHER_UNWANTED, FALSE, TRUE },
	{ "C26: telephony being switched off stops both", FIRST, UP, UP, STOP, STOP, CUSAX_SERVICE_ONLINE, CUSAX_CONNECT_OTHER_UNWANTED, FALSE, TRUE },
	{ "C26: chat switched off does not matter to telephony", FIRST, OFF, OFF, STAY, START, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_STARTING, TRUE, FALSE },

	{ "C23: both start together", BOTH, OFF, OFF, START, START, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_STARTING, FALSE, FALSE },
	{ "C23: both on their way", BOTH, TRYING, TRYING, STAY, STAY, CUSAX_SERVICE_CONNECTING, CUSAX_CONNECT_STARTING, FALSE, FALSE },
	{ "C23: one up, the other on its way", BOTH, UP, TRYING, STAY, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_STARTING, FALSE, FALSE },
	{ "C23: both up", BOTH, UP, UP, STAY, STAY, CUSAX_SERVICE_ONLINE, CUSAX_CONNECT_BOTH_UP, FALSE, FALSE },
	{ "C24: telephony failing at start-up stops chat", BOTH, TRYING, FAILED, STOP, STAY, CUSAX_SERVICE_CONNECTING, CUSAX_CONNECT_LOST_OTHER, FALSE, FALSE },
	{ "C24: chat failing at start-up stops telephony", BOTH, WAITING, TRYING, STAY, STOP, CUSAX_SERVICE_CONNECTING, CUSAX_CONNECT_LOST_OTHER, FALSE, FALSE },
	{ "C24: telephony lost takes chat down", BOTH, UP, WAITING, STOP, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_LOST_OTHER, FALSE, FALSE },
	{ "C24: chat lost takes telephony down", BOTH, WAITING, UP, STAY, STOP, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_LOST_OTHER, FALSE, FALSE },
	{ "C24: a missing password takes the other down", BOTH, NEEDS, UP, STAY, STOP, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_LOST_OTHER, FALSE, FALSE },
	{ "C25: the other is held while the lost one waits", BOTH, OFF, WAITING, HOLD, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_LOST_OTHER, FALSE, FALSE },
	{ "C25: and while it tries", BOTH, OFF, TRYING, HOLD, STAY, CUSAX_SERVICE_CONNECTING, CUSAX_CONNECT_AWAITS_OTHER, FALSE, FALSE },
	{ "C25: the same, sides changed", BOTH, TRYING, OFF, STAY, HOLD, CUSAX_SERVICE_CONNECTING, CUSAX_CONNECT_AWAITS_OTHER, FALSE, FALSE },
	{ "C25: and starts when it is up again", BOTH, OFF, UP, START, STAY, CUSAX_SERVICE_PARTIAL, CUSAX_CONNECT_STARTING, FALSE, FALSE },
	{ "C25: both lost retry for themselves", BOTH, WAITING, WAITING, STAY, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_LOST_OTHER, FALSE, FALSE },
	{ "C23: a side switched off holds the other", BOTH, OFF, OFF, HOLD, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_OTHER_UNWANTED, FALSE, TRUE },
	{ "C23: a side being switched off takes the other down", BOTH, UP, UP, STOP, STOP, CUSAX_SERVICE_ONLINE, CUSAX_CONNECT_OTHER_UNWANTED, TRUE, FALSE },
	{ "both-required, nobody wants", BOTH, WAITING, OFF, STOP, STAY, CUSAX_SERVICE_OFFLINE, CUSAX_CONNECT_UNWANTED, TRUE, TRUE },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	const CusaxConnectSide chat = { !row->chat_unwanted, row->chat, NULL, NULL };
	const CusaxConnectSide telephony = { !row->telephony_unwanted, row->telephony, NULL, NULL };
	g_auto(CusaxConnectDecision) got = cusax_connect_decide(row->policy, &chat, &telephony);

	g_assert_cmpint(got.chat, ==, row->chat_act);
	g_assert_cmpint(got.telephony, ==, row->telephony_act);
	g_assert_cmpint(got.state, ==, row->state);
	g_assert_cmpint(got.reason, ==, row->reason);
	g_assert_true(g_str_has_prefix(got.text, cusax_connect_reason_text(got.reason)));
}

/* C21, C22: labels and causes are in the sentence. */
static void test_text(void)
{
	const CusaxConnectSide chat = { TRUE, UP, "Talk", NULL };
	CusaxConnectSide telephony = { TRUE, WAITING, "Phone", "the server does not answer." };
	g_auto(CusaxConnectDecision) one = cusax_connect_decide(INDEPENDENT, &chat, &telephony);
	g_auto(CusaxConnectDecision) two = { 0 };

	g_assert_nonnull(strstr(one.text, " Phone is waiting: the server does not answer."));
	g_assert_null(strstr(one.text, ".."));
	g_assert_null(strstr(one.text, "Talk"));
	telephony.label = NULL;
	telephony.why = "";
	two = cusax_connect_decide(INDEPENDENT, &chat, &telephony);
	g_assert_nonnull(strstr(two.text, " Telephony is waiting."));
}

/* A world in which each side connects or fails as a bit says. */
typedef struct {
	CusaxAccountState state;
	gboolean held;
} Side;

static void act(Side *side, CusaxConnectAct what)
{
	switch (what) {
	case CUSAX_CONNECT_STAY:
	case CUSAX_CONNECT_HOLD:
		break;
	case CUSAX_CONNECT_START:
		g_assert_cmpint(side->state, ==, OFF);
		side->state = TRYING;
		break;
	case CUSAX_CONNECT_STOP:
		g_assert_cmpint(side->state, !=, OFF);
		side->state = OFF;
		break;
	}
}

/* Applies decisions until nothing changes: at most a few rounds. */
static void settle(CusaxConnectPolicy policy, Side *chat, Side *telephony)
{
	for (guint round = 0;; round++) {
		const CusaxConnectSide a = { TRUE, chat->state, NULL, NULL };
		const CusaxConnectSide b = { TRUE, telephony->state, NULL, NULL };
		g_auto(CusaxConnectDecision) now = cusax_connect_decide(policy, &a, &b);
		CusaxAccountState before_chat = chat->state, before_telephony = telephony->state;

		act(chat, now.chat);
		act(telephony, now.telephony);
		if (chat->state == before_chat && telephony->state == before_telephony)
			return;
		g_assert_cmpuint(round, <, 4);
	}
}

/* One thing happens to one side: what tries comes up or falls, what is up falls, what waits tries. */
static void happen(Side *side, gboolean works)
{
	switch (side->state) {
	case CUSAX_ACCOUNT_CONNECTING:
		side->state = works ? UP : WAITING;
		break;
	case CUSAX_ACCOUNT_ONLINE:
		if (!works)
			side->state = WAITING;
		break;
	case CUSAX_ACCOUNT_WAITING:
		side->state = TRYING;
		break;
	case CUSAX_ACCOUNT_OFFLINE:
	case CUSAX_ACCOUNT_FAILED:
	case CUSAX_ACCOUNT_NEEDS_SECRET:
		break;
	}
}

static void check_promise(CusaxConnectPolicy policy, const Side *chat, const Side *telephony)
{
	/* C26, C28: never online without being callable. */
	if (policy == FIRST && telephony->state != UP)
		g_assert_cmpint(chat->state, ==, OFF);
	/* C23, C24: with one side down by a fault, the other is not connected. */
	if (policy == BOTH && telephony->state == WAITING)
		g_assert_cmpint(chat->state, !=, UP);
	if (policy == BOTH && chat->state == WAITING)
		g_assert_cmpint(telephony->state, !=, UP);
}

/* C25: two hundred stories of losses and returns; every promise holds at every step, and when both
 * servers work again both sides come up by themselves. */
static void test_stories(gconstpointer data)
{
	CusaxConnectPolicy policy = GPOINTER_TO_INT(data);

	for (guint story = 0; story < 200; story++) {
		Side chat = { OFF, FALSE }, telephony = { OFF, FALSE };

		settle(policy, &chat, &telephony);
		for (guint i = 0; i < 40; i++) {
			guint32 random = g_test_rand_int();

			happen(random & 1 ? &chat : &telephony, (random & 6) != 0);
			settle(policy, &chat, &telephony);
			check_promise(policy, &chat, &telephony);
		}
		for (guint i = 0; i < 20; i++) {
			happen(i & 1 ? &chat : &telephony, TRUE);
			settle(policy, &chat, &telephony);
			check_promise(policy, &chat, &telephony);
		}
		g_assert_cmpint(chat.state, ==, UP);
		g_assert_cmpint(telephony.state, ==, UP);
	}
}

/* Every pair of states and wishes under every policy: acts fit the state, and they end. */
static void test_all_states(void)
{
	for (guint i = 0; i < 3 * 6 * 6 * 4; i++) {
		CusaxConnectPolicy policy = i % 3;
		Side chat = { (i / 3) % 6, FALSE }, telephony = { (i / 18) % 6, FALSE };
		gboolean chat_wanted = (i / 108) & 1, telephony_wanted = (i / 216) & 1;

		for (guint round = 0; round < 5; round++) {
			const CusaxConnectSide a = { chat_wanted, chat.state, NULL, NULL };
			const CusaxConnectSide b = { telephony_wanted, telephony.state, NULL,
						     NULL };
			g_auto(CusaxConnectDecision) now = cusax_connect_decide(policy, &a, &b);

			act(&chat, now.chat);
			act(&telephony, now.telephony);
			if (round == 4) {
				g_assert_cmpint(now.chat, !=, START);
				g_assert_cmpint(now.telephony, !=, STOP);
			}
			if (round == 4 && !chat_wanted)
				g_assert_cmpint(chat.state, ==, OFF);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/connect", rows, test_row);
	g_test_add_func("/policy/connect/C22: the sentence names side and cause", test_text);
	g_test_add_func("/policy/connect/acting on decisions ends", test_all_states);
	g_test_add_data_func("/policy/connect/C19: 200 stories, independent",
			     GINT_TO_POINTER(INDEPENDENT), test_stories);
	g_test_add_data_func("/policy/connect/C28: 200 stories, telephony first",
			     GINT_TO_POINTER(FIRST), test_stories);
	g_test_add_data_func("/policy/connect/C25: 200 stories, both required",
			     GINT_TO_POINTER(BOTH), test_stories);
	return g_test_run();
}

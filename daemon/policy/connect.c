/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each side of a service may do under its connect policy. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/connect.h"

static gboolean is_up(const CusaxConnectSide *side)
{
	return side->state == CUSAX_ACCOUNT_ONLINE;
}

/* On its way or up. */
static gboolean is_running(const CusaxConnectSide *side)
{
	return side->state == CUSAX_ACCOUNT_CONNECTING || is_up(side);
}

/* Down by a fault of its own: it retries by itself, or needs a person. */
static gboolean is_fallen(const CusaxConnectSide *side)
{
	return side->state != CUSAX_ACCOUNT_OFFLINE && !is_running(side);
}

/* A side that only follows its own wish. */
static CusaxConnectAct act_free(const CusaxConnectSide *side)
{
	if (side->state == CUSAX_ACCOUNT_OFFLINE)
		return side->wanted ? CUSAX_CONNECT_START : CUSAX_CONNECT_STAY;
	return side->wanted ? CUSAX_CONNECT_STAY : CUSAX_CONNECT_STOP;
}

/* A side that must be off although it is wanted. What needs a person stays to be seen. */
static CusaxConnectAct act_held(const CusaxConnectSide *side)
{
	switch (side->state) {
	case CUSAX_ACCOUNT_CONNECTING:
	case CUSAX_ACCOUNT_ONLINE:
	case CUSAX_ACCOUNT_WAITING:
		return CUSAX_CONNECT_STOP;
	case CUSAX_ACCOUNT_OFFLINE:
	case CUSAX_ACCOUNT_FAILED:
	case CUSAX_ACCOUNT_NEEDS_SECRET:
		return CUSAX_CONNECT_HOLD;
	}
	g_return_val_if_reached(CUSAX_CONNECT_HOLD);
}

static void decide_independent(CusaxConnectDecision *decision, const CusaxConnectSide *chat,
			       const CusaxConnectSide *telephony)
{
	decision->chat = act_free(chat);
	decision->telephony = act_free(telephony);
	decision->reason = CUSAX_CONNECT_FREE;
}

static void decide_telephony_first(CusaxConnectDecision *decision, const CusaxConnectSide *chat,
				   const CusaxConnectSide *telephony)
{
	decision->telephony = act_free(telephony);
	if (!chat->wanted || (telephony->wanted && is_up(telephony))) {
		decision->chat = act_free(chat);
		decision->reason = CUSAX_CONNECT_STARTING;
		return;
	}
	decision->chat = act_held(chat);
	if (!telephony->wanted)
		decision->reason = CUSAX_CONNECT_OTHER_UNWANTED;
	else if (is_running(chat))
		decision->reason = CUSAX_CONNECT_LOST_TELEPHONY;
	else
		decision->reason = CUSAX_CONNECT_AWAITS_TELEPHONY;
}

/* One side of both-required, given the other. A side that is off starts together with the other or
 * after it is up: never while it merely tries, so that no retry makes us flicker. */
static CusaxConnectAct act_required(const CusaxConnectSide *side, const CusaxConnectSide *other)
{
	if (!side->wanted)
		return act_free(side);
	if (!other->wanted)
		return act_held(side);
	if (is_running(side))
		return is_fallen(other) ? CUSAX_CONNECT_STOP : CUSAX_CONNECT_STAY;
	if (is_fallen(side))
		return CUSAX_CONNECT_STAY;
	if (is_up(other) || other->state == CUSAX_ACCOUNT_OFFLINE)
		return CUSAX_CONNECT_START;
	return CUSAX_CONNECT_HOLD;
}

static void decide_both_required(CusaxConnectDecision *decision, const CusaxConnectSide *chat,
				 const CusaxConnectSide *telephony)
{
	decision->chat = act_required(chat, telephony);
	decision->telephony = act_required(telephony, chat);
	if (chat->wanted != telephony->wanted)
		decision->reason = CUSAX_CONNECT_OTHER_UNWANTED;
	else if (is_fallen(chat) || is_fallen(telephony))
		decision->reason = CUSAX_CONNECT_LOST_OTHER;
	else if (decision->chat == CUSAX_CONNECT_HOLD || decision->telephony == CUSAX_CONNECT_HOLD)
		decision->reason = CUSAX_CONNECT_AWAITS_OTHER;
	else
		decision->reason = CUSAX_CONNECT_STARTING;
}

/* "Telephony is waiting: the name server does not answer." */
static void describe(GString *text, const CusaxConnectSide *side, const char *label)
{
	if (!side->wanted || is_up(side))
		return;
	g_string_append_printf(text, " %s is %s", side->label ? side->label : label,
			       cusax_word(CUSAX_TYPE_ACCOUNT_STATE, side->state));
	if (side->why && *side->why)
		g_string_append_printf(text, ": %s", side->why);
	if (text->str[text->len - 1] != '.')
		g_string_append_c(text, '.');
}

void cusax_connect_decision_clear(CusaxConnectDecision *decision)
{
	g_clear_pointer(&decision->text, g_free);
}

CusaxServiceState cusax_connect_service_state(CusaxAccountState chat, CusaxAccountState telephony)
{
	gboolean chat_up = chat == CUSAX_ACCOUNT_ONLINE;
	gboolean telephony_up = telephony == CUSAX_ACCOUNT_ONLINE;

	if (chat_up && telephony_up)
		return CUSAX_SERVICE_ONLINE;
	if (chat_up || telephony_up)
		return CUSAX_SERVICE_PARTIAL;
	if (chat == CUSAX_ACCOUNT_CONNECTING || telephony == CUSAX_ACCOUNT_CONNECTING)
		return CUSAX_SERVICE_CONNECTING;
	return CUSAX_SERVICE_OFFLINE;
}

CusaxConnectDecision cusax_connect_decide(CusaxConnectPolicy policy, const CusaxConnectSide *chat,
					  const CusaxConnectSide *telephony)
{
	CusaxConnectDecision decision = { 0 };
	GString *text;

	switch (policy) {
	case CUSAX_CONNECT_INDEPENDENT:
		decide_independent(&decision, chat, telephony);
		break;
	case CUSAX_CONNECT_TELEPHONY_FIRST:
		decide_telephony_first(&decision, chat, telephony);
		break;
	case CUSAX_CONNECT_BOTH_REQUIRED:
		decide_both_required(&decision, chat, telephony);
		break;
	}
	if (!chat->wanted && !telephony->wanted)
		decision.reason = CUSAX_CONNECT_UNWANTED;
	else if (chat->wanted && is_up(chat) && telephony->wanted && is_up(telephony))
		decision.reason = CUSAX_CONNECT_BOTH_UP;
	decision.state = cusax_connect_service_state(chat->state, telephony->state);
	text = g_string_new(cusax_connect_reason_text(decision.reason));
	describe(text, telephony, "Telephony");
	describe(text, chat, "Chat");
	decision.text = g_string_free(text, FALSE);
	return decision;
}

const char *cusax_connect_reason_text(CusaxConnectReason reason)
{
	switch (reason) {
	case CUSAX_CONNECT_BOTH_UP:
		return "Chat and telephony are connected.";
	case CUSAX_CONNECT_UNWANTED:
		return "Not connected, as asked.";
	case CUSAX_CONNECT_FREE:
		return "Each side connects for itself.";
	case CUSAX_CONNECT_STARTING:
		return "Connecting.";
	case CUSAX_CONNECT_AWAITS_TELEPHONY:
		return "Chat waits until telephony is registered.";
	case CUSAX_CONNECT_LOST_TELEPHONY:
		return "Chat leaves, because telephony is not registered.";
	case CUSAX_CONNECT_AWAITS_OTHER:
		return "One side waits until the other is connected.";
	case CUSAX_CONNECT_LOST_OTHER:
		return "Both sides are required, and one is down.";
	case CUSAX_CONNECT_OTHER_UNWANTED:
		return "A side that is required is switched off.";
	}
	g_return_val_if_reached("");
}

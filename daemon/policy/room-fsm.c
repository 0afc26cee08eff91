/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine of a room. */
/* Pure functions: time and random come in as arguments; any thread. */
#include "daemon/policy/room-fsm.h"

/* Of somebody who was in before: only the person can change it. What is left may pass. */
static gboolean is_final(CusaxError cause)
{
	switch (cause) {
	case CUSAX_ERROR_INVALID_ARGUMENT:
	case CUSAX_ERROR_FEATURE_DISABLED:
	case CUSAX_ERROR_AUTHENTICATION_FAILED: /* the password of the room */
	case CUSAX_ERROR_SECRET_UNAVAILABLE:
	case CUSAX_ERROR_UNTRUSTED:
	case CUSAX_ERROR_SECURITY_REQUIRED:
	case CUSAX_ERROR_LOCKED:
	case CUSAX_ERROR_REFUSED: /* banned, members only */
	case CUSAX_ERROR_CANCELLED:
	case CUSAX_ERROR_UNSUPPORTED:
		return TRUE;
	case CUSAX_ERROR_FAILED:
	case CUSAX_ERROR_NOT_FOUND: /* its server may be away for a while */
	case CUSAX_ERROR_WRONG_STATE:
	case CUSAX_ERROR_NOT_CONNECTED:
	case CUSAX_ERROR_NOT_REGISTERED:
	case CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED:
	case CUSAX_ERROR_CONFIRMATION_NEEDED:
	case CUSAX_ERROR_NO_ROUTE:
	case CUSAX_ERROR_BUSY:
	case CUSAX_ERROR_TIMEOUT:
	case CUSAX_ERROR_LIMIT_EXCEEDED: /* the room is full */
		return FALSE;
	}
	g_return_val_if_reached(TRUE);
}

static CusaxRoomVerdict verdict(guint effects)
{
	return (CusaxRoomVerdict){ effects, 0 };
}

/* Full jitter, as for accounts: a server that comes back is not run over by everybody at once. */
static CusaxRoomVerdict try_later(CusaxRoomFsm *fsm, gint64 now, guint32 random)
{
	CusaxRetryDecision decision =
		cusax_retry_lost(&fsm->retry, CUSAX_ERROR_NOT_CONNECTED, now, random);

	fsm->state = CUSAX_ROOM_JOINING;
	return (CusaxRoomVerdict){ CUSAX_ROOM_ARM, decision.delay_ms };
}

static CusaxRoomVerdict join(CusaxRoomFsm *fsm)
{
	if (!fsm->wanted || !fsm->online || fsm->pending || fsm->state == CUSAX_ROOM_JOINED)
		return verdict(0);
	fsm->pending = TRUE;
	fsm->state = CUSAX_ROOM_JOINING;
	return verdict(CUSAX_ROOM_SEND_JOIN | CUSAX_ROOM_DISARM);
}

static CusaxRoomVerdict leave(CusaxRoomFsm *fsm)
{
	gboolean is_in = fsm->online &&
			 (fsm->state == CUSAX_ROOM_JOINED || fsm->state == CUSAX_ROOM_JOINING);

	fsm->wanted = fsm->pending = fsm->asked = fsm->interrupted = FALSE;
	fsm->state = CUSAX_ROOM_LEFT;
	return verdict(CUSAX_ROOM_DISARM | (is_in ? CUSAX_ROOM_SEND_LEAVE : 0));
}

static CusaxRoomVerdict resumed(CusaxRoomFsm *fsm)
{
	fsm->online = TRUE;
	if (!fsm->interrupted)
		return join(fsm);
	fsm->interrupted = FALSE;
	fsm->state = CUSAX_ROOM_JOINED;
	return verdict(CUSAX_ROOM_PING);
}

static CusaxRoomVerdict offline(CusaxRoomFsm *fsm)
{
	fsm->interrupted |= fsm->state == CUSAX_ROOM_JOINED;
	fsm->online = fsm->pending = FALSE;
	if (fsm->state != CUSAX_ROOM_FAILED)
		fsm->state = CUSAX_ROOM_LEFT;
	return verdict(CUSAX_ROOM_DISARM);
}

static CusaxRoomVerdict joined(CusaxRoomFsm *fsm, gint64 now)
{
	fsm->pending = FALSE;
	if (!fsm->wanted)
		return verdict(CUSAX_ROOM_SEND_LEAVE);
	fsm->asked = FALSE;
	fsm->state = CUSAX_ROOM_JOINED;
	cusax_retry_online(&fsm->retry, now);
	return verdict(CUSAX_ROOM_DISARM);
}

static CusaxRoomVerdict refused(CusaxRoomFsm *fsm, CusaxError cause, gint64 now, guint32 random)
{
	if (fsm->state != CUSAX_ROOM_JOINING || !fsm->online)
		return verdict(0); /* left meanwhile */
	fsm->pending = FALSE;
	if (!fsm->asked && !is_final(cause))
		return try_later(fsm, now, random);
	fsm->wanted = fsm->asked = FALSE;
	fsm->state = CUSAX_ROOM_FAILED;
	return verdict(CUSAX_ROOM_DISARM);
}

CusaxRoomVerdict cusax_room_fsm_input(CusaxRoomFsm *fsm, CusaxRoomInput input, CusaxError cause,
				      gint64 now, guint32 random)
{
	switch (input) {
	case CUSAX_ROOM_DO_JOIN:
		fsm->asked = fsm->state != CUSAX_ROOM_JOINED;
		fsm->wanted = TRUE;
		return join(fsm);
	case CUSAX_ROOM_DO_REJOIN:
		fsm->wanted = TRUE;
		return join(fsm);
	case CUSAX_ROOM_DO_LEAVE:
		return leave(fsm);
	case CUSAX_ROOM_ON_ONLINE:
		fsm->online = TRUE;
		fsm->interrupted = FALSE;
		return join(fsm);
	case CUSAX_ROOM_ON_RESUMED:
		return resumed(fsm);
	case CUSAX_ROOM_ON_OFFLINE:
		return offline(fsm);
	case CUSAX_ROOM_ON_JOINED:
		return joined(fsm, now);
	case CUSAX_ROOM_ON_REFUSED:
		return refused(fsm, cause, now, random);
	case CUSAX_ROOM_ON_REMOVED:
		fsm->wanted = fsm->pending = fsm->asked = FALSE;
		fsm->state = CUSAX_ROOM_LEFT;
		return verdict(CUSAX_ROOM_DISARM);
	case CUSAX_ROOM_ON_LOST:
		return fsm->wanted && fsm->online ? try_later(fsm, now, random) : verdict(0);
	case CUSAX_ROOM_ON_TIMER:
		return join(fsm);
	}
	g_return_val_if_reached(verdict(0));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a room for one account: joined, lost, joined again, given up. */
/* Pure functions: time and random come in as arguments; any thread. */
#pragma once

#include "daemon/base/types.h"
#include "daemon/policy/retry.h"

typedef enum {
	CUSAX_ROOM_DO_JOIN,    /* the person wants in */
	CUSAX_ROOM_DO_REJOIN,  /* the person was in before, or a bookmark says so */
	CUSAX_ROOM_DO_LEAVE,   /* the person wants out */
	CUSAX_ROOM_ON_ONLINE,  /* the account has a new session: no room knows it */
	CUSAX_ROOM_ON_RESUMED, /* the account has its old session (XEP-0198) */
	CUSAX_ROOM_ON_OFFLINE,
	CUSAX_ROOM_ON_JOINED,
	CUSAX_ROOM_ON_REFUSED, /* joining failed, because of cause */
	CUSAX_ROOM_ON_REMOVED, /* put out for good, or the room is no more */
	CUSAX_ROOM_ON_LOST,    /* the room forgot us, or its server went down */
	CUSAX_ROOM_ON_TIMER,
} CusaxRoomInput;

/* What to do, or-ed. */
typedef enum {
	CUSAX_ROOM_SEND_JOIN = 1 << 0,
	CUSAX_ROOM_SEND_LEAVE = 1 << 1,
	CUSAX_ROOM_ARM = 1 << 2,    /* the timer, for delay_ms */
	CUSAX_ROOM_DISARM = 1 << 3, /* the timer */
	CUSAX_ROOM_PING = 1 << 4,   /* ask whether we are in (XEP-0410) */
} CusaxRoomEffects;

/* All zero: a room that nobody wants, of an account that is offline. */
typedef struct {
	CusaxRoomState state;
	gboolean wanted;
	gboolean online;
	gboolean pending;     /* a join was sent, and is not answered */
	gboolean asked;       /* the person waits for the first answer: nothing is tried again */
	gboolean interrupted; /* in when the account went offline */
	CusaxRetry retry;
} CusaxRoomFsm;

typedef struct {
	guint effects; /* of CusaxRoomEffects */
	guint delay_ms;
} CusaxRoomVerdict;

/* cause: where refused. now: monotonic microseconds. random: any 32 bits. */
CusaxRoomVerdict cusax_room_fsm_input(CusaxRoomFsm *fsm, CusaxRoomInput input, CusaxError cause,
				      gint64 now, guint32 random);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine of a room: what each input does in each state. */
/* Test program. */
#include "daemon/policy/room-fsm.h"

#include "tests/unit/rows.h"

#define J CUSAX_ROOM_SEND_JOIN
#define L CUSAX_ROOM_SEND_LEAVE
#define A CUSAX_ROOM_ARM
#define D CUSAX_ROOM_DISARM
#define P CUSAX_ROOM_PING

enum { WANTED = 1, ONLINE = 2, PENDING = 4, ASKED = 8, INTERRUPTED = 16 };

typedef struct {
	const char *name;
	CusaxRoomState state;
	guint flags;
	CusaxRoomInput input;
	CusaxError cause;
	CusaxRoomState after;
	guint flags_after, effects;
} Row;

#define LEFT    CUSAX_ROOM_LEFT
#define JOINING CUSAX_ROOM_JOINING
#define JOINED  CUSAX_ROOM_JOINED
#define FAILED  CUSAX_ROOM_FAILED
#define ERR(e)  CUSAX_ERROR_##e

/* clang-format off */
static const Row rows[] = {
	{ "X6: the person joins", LEFT, ONLINE, CUSAX_ROOM_DO_JOIN, ERR(FAILED), JOINING, WANTED | ONLINE | PENDING | ASKED, J | D },
	{ "offline it is joined later", LEFT, 0, CUSAX_ROOM_DO_JOIN, ERR(FAILED), LEFT, WANTED | ASKED, 0 },
	{ "in already", JOINED, WANTED | ONLINE, CUSAX_ROOM_DO_JOIN, ERR(FAILED), JOINED, WANTED | ONLINE, 0 },
	{ "a join under way is not sent twice", JOINING, WANTED | ONLINE | PENDING, CUSAX_ROOM_ON_ONLINE, ERR(FAILED), JOINING, WANTED | ONLINE | PENDING, 0 },
	{ "a failed one is tried anew", FAILED, ONLINE, CUSAX_ROOM_DO_JOIN, ERR(FAILED), JOINING, WANTED | ONLINE | PENDING | ASKED, J | D },
	{ "X6: a bookmark joins", LEFT, ONLINE, CUSAX_ROOM_DO_REJOIN, ERR(FAILED), JOINING, WANTED | ONLINE | PENDING, J | D },
	{ "X6: a new session joins again", LEFT, WANTED | INTERRUPTED, CUSAX_ROOM_ON_ONLINE, ERR(FAILED), JOINING, WANTED | ONLINE | PENDING, J | D },
	{ "what is not wanted stays out", LEFT, 0, CUSAX_ROOM_ON_ONLINE, ERR(FAILED), LEFT, ONLINE, 0 },
	{ "X6: a resumed session is still in, and asks", LEFT, WANTED | INTERRUPTED, CUSAX_ROOM_ON_RESUMED, ERR(FAILED), JOINED, WANTED | ONLINE, P },
	{ "resumed while joining: again", LEFT, WANTED, CUSAX_ROOM_ON_RESUMED, ERR(FAILED), JOINING, WANTED | ONLINE | PENDING, J | D },
	{ "offline from in", JOINED, WANTED | ONLINE, CUSAX_ROOM_ON_OFFLINE, ERR(FAILED), LEFT, WANTED | INTERRUPTED, D },
	{ "offline from joining", JOINING, WANTED | ONLINE | PENDING, CUSAX_ROOM_ON_OFFLINE, ERR(FAILED), LEFT, WANTED, D },
	{ "a failure outlives the connection", FAILED, ONLINE, CUSAX_ROOM_ON_OFFLINE, ERR(FAILED), FAILED, 0, D },
	{ "joined", JOINING, WANTED | ONLINE | PENDING | ASKED, CUSAX_ROOM_ON_JOINED, ERR(FAILED), JOINED, WANTED | ONLINE, D },
	{ "joined when nobody wants it any more", LEFT, ONLINE, CUSAX_ROOM_ON_JOINED, ERR(FAILED), LEFT, ONLINE, L },
	{ "leaving", JOINED, WANTED | ONLINE, CUSAX_ROOM_DO_LEAVE, ERR(FAILED), LEFT, ONLINE, L | D },
	{ "leaving on the way in", JOINING, WANTED | ONLINE | PENDING, CUSAX_ROOM_DO_LEAVE, ERR(FAILED), LEFT, ONLINE, L | D },
	{ "leaving what one is not in", FAILED, ONLINE, CUSAX_ROOM_DO_LEAVE, ERR(FAILED), LEFT, ONLINE, D },
	{ "leaving offline", LEFT, WANTED | INTERRUPTED, CUSAX_ROOM_DO_LEAVE, ERR(FAILED), LEFT, 0, D },
	{ "the person is told at once", JOINING, WANTED | ONLINE | PENDING | ASKED, CUSAX_ROOM_ON_REFUSED, ERR(TIMEOUT), FAILED, ONLINE, D },
	{ "X6: coming back is tried again", JOINING, WANTED | ONLINE | PENDING, CUSAX_ROOM_ON_REFUSED, ERR(TIMEOUT), JOINING, WANTED | ONLINE, A },
	{ "a server that is away may return", JOINING, WANTED | ONLINE | PENDING, CUSAX_ROOM_ON_REFUSED, ERR(NOT_FOUND), JOINING, WANTED | ONLINE, A },
	{ "a full room may have a place later", JOINING, WANTED | ONLINE | PENDING, CUSAX_ROOM_ON_REFUSED, ERR(LIMIT_EXCEEDED), JOINING, WANTED | ONLINE, A },
	{ "banned meanwhile", JOINING, WANTED | ONLINE | PENDING, CUSAX_ROOM_ON_REFUSED, ERR(REFUSED), FAILED, ONLINE, D },
	{ "another password", JOINING, WANTED | ONLINE | PENDING, CUSAX_ROOM_ON_REFUSED, ERR(AUTHENTICATION_FAILED), FAILED, ONLINE, D },
	{ "refused after leaving", LEFT, ONLINE, CUSAX_ROOM_ON_REFUSED, ERR(REFUSED), LEFT, ONLINE, 0 },
	{ "refused by a lost connection", JOINING, WANTED, CUSAX_ROOM_ON_REFUSED, ERR(NOT_CONNECTED), JOINING, WANTED, 0 },
	{ "X6: who is removed does not come back by itself", JOINED, WANTED | ONLINE, CUSAX_ROOM_ON_REMOVED, ERR(REFUSED), LEFT, ONLINE, D },
	{ "X6: a room that forgot us is joined again", JOINED, WANTED | ONLINE, CUSAX_ROOM_ON_LOST, ERR(WRONG_STATE), JOINING, WANTED | ONLINE, A },
	{ "lost, but not wanted", LEFT, ONLINE, CUSAX_ROOM_ON_LOST, ERR(WRONG_STATE), LEFT, ONLINE, 0 },
	{ "lost with the connection", LEFT, WANTED, CUSAX_ROOM_ON_LOST, ERR(WRONG_STATE), LEFT, WANTED, 0 },
	{ "the timer joins", JOINING, WANTED | ONLINE, CUSAX_ROOM_ON_TIMER, ERR(FAILED), JOINING, WANTED | ONLINE | PENDING, J | D },
};
/* clang-format on */

static guint flags_of(const CusaxRoomFsm *fsm)
{
	return (fsm->wanted ? WANTED : 0) | (fsm->online ? ONLINE : 0) |
	       (fsm->pending ? PENDING : 0) | (fsm->asked ? ASKED : 0) |
	       (fsm->interrupted ? INTERRUPTED : 0);
}

static void test_row(gconstpointer data)
{
	const Row *row = data;
	CusaxRoomFsm fsm = {
		.state = row->state,
		.wanted = (row->flags & WANTED) != 0,
		.online = (row->flags & ONLINE) != 0,
		.pending = (row->flags & PENDING) != 0,
		.asked = (row->flags & ASKED) != 0,
		.interrupted = (row->flags & INTERRUPTED) != 0,
	};
	CusaxRoomVerdict verdict =
		cusax_room_fsm_input(&fsm, row->input, row->cause, 1, G_MAXUINT32);

	g_assert_cmpint(fsm.state, ==, row->after);
	g_assert_cmpuint(flags_of(&fsm), ==, row->flags_after);
	g_assert_cmpuint(verdict.effects, ==, row->effects);
	g_assert_cmpuint(verdict.delay_ms, ==, row->effects & A ? 1000 : 0);
}

/* C20: as accounts do, up to five minutes; a room that held for a while starts anew. */
static void test_back_off(void)
{
	CusaxRoomFsm fsm = { .state = JOINING, .wanted = TRUE, .online = TRUE };
	CusaxRoomVerdict verdict = { 0 };

	for (guint i = 0; i < 12; i++)
		verdict = cusax_room_fsm_input(&fsm, CUSAX_ROOM_ON_REFUSED, CUSAX_ERROR_TIMEOUT, 1,
					       G_MAXUINT32);
	g_assert_cmpuint(verdict.delay_ms, ==, 300000);
	cusax_room_fsm_input(&fsm, CUSAX_ROOM_ON_JOINED, CUSAX_ERROR_FAILED, 1, 0);
	verdict = cusax_room_fsm_input(&fsm, CUSAX_ROOM_ON_LOST, CUSAX_ERROR_FAILED,
				       60 * G_USEC_PER_SEC, G_MAXUINT32);
	g_assert_cmpuint(verdict.delay_ms, ==, 1000);
}

/* Every cause decides: the person must act, or time may heal. */
static void test_causes(void)
{
	guint final = 0;

	for (int cause = 0; cause < CUSAX_N_ERRORS; cause++) {
		CusaxRoomFsm fsm = { .state = JOINING, .wanted = TRUE, .online = TRUE };

		cusax_room_fsm_input(&fsm, CUSAX_ROOM_ON_REFUSED, (CusaxError)cause, 1, 0);
		g_assert_true(fsm.state == FAILED || fsm.state == JOINING);
		g_assert_cmpint(fsm.wanted, ==, fsm.state == JOINING);
		final += fsm.state == FAILED;
	}
	g_assert_cmpuint(final, ==, 10);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/room", rows, test_row);
	g_test_add_func("/policy/room/back-off", test_back_off);
	g_test_add_func("/policy/room/causes", test_causes);
	return g_test_run();
}

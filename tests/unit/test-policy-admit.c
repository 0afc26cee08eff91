/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which incoming calls ring, and whose presence shows. */
/* Test program. */
#include "daemon/policy/admit.h"
#include "daemon/policy/presence.h"
#include "tests/unit/rows.h"

#define RING    CUSAX_ADMIT_RING, 180
#define SILENT  CUSAX_ADMIT_SILENT, 180
#define BUSY    CUSAX_ADMIT_BUSY, 486
#define UNKNOWN CUSAX_IDENTITY_UNKNOWN
#define FRIEND  CUSAX_IDENTITY_VERIFIED

enum {
	BLOCKED = 1,
	EMERGENCY = 2,
	CALLS_OFF = 4,
	NO_MEDIA = 8,
	LOOKING_UP = 16,
	DND = 32,
	DND_RINGS = 64,
	FULL = 128,
	ALMOST_FULL = 256,
	ALLOWED = 512,
};

typedef struct {
	const char *name;
	CusaxIdentity identity;
	guint what;
	const char *policy; /* word of unknown-callers */
	CusaxAdmitVerdict verdict;
	guint code;
	CusaxAdmitReason reason;
} Row;

/* clang-format off */
static const Row rows[] = {
	{ "C70: a stranger may call by default", UNKNOWN, 0, "ring", RING, CUSAX_ADMIT_WELCOME },
	{ "C70: no policy is the default", UNKNOWN, 0, NULL, RING, CUSAX_ADMIT_WELCOME },
	{ "C70: an unknown word is the default", UNKNOWN, 0, "nonsense", RING, CUSAX_ADMIT_WELCOME },
	{ "a contact rings", FRIEND, 0, "refuse", RING, CUSAX_ADMIT_WELCOME },
	{ "C70: the person may be asked about strangers", UNKNOWN, 0, "ask", SILENT, CUSAX_ADMIT_ASK },
	{ "C70: strangers may be refused", UNKNOWN, 0, "refuse", CUSAX_ADMIT_REFUSE, 603, CUSAX_ADMIT_UNKNOWN },
	{ "C64: a claim opens no door", CUSAX_IDENTITY_CLAIMED, 0, "refuse", CUSAX_ADMIT_REFUSE, 603, CUSAX_ADMIT_UNKNOWN },
	{ "C66: a contradicted cue opens no door", CUSAX_IDENTITY_CONTRADICTED, 0, "refuse", CUSAX_ADMIT_REFUSE, 603, CUSAX_ADMIT_UNKNOWN },
	{ "a look-up that runs is waited for in silence", CUSAX_IDENTITY_CLAIMED, LOOKING_UP, "refuse", SILENT, CUSAX_ADMIT_LOOKING_UP },
	{ "a look-up does not delay ringing", CUSAX_IDENTITY_CLAIMED, LOOKING_UP, "ring", RING, CUSAX_ADMIT_WELCOME },
	{ "T12: a blocked contact is refused", FRIEND, BLOCKED, "ring", CUSAX_ADMIT_REFUSE, 603, CUSAX_ADMIT_BLOCKED },
	{ "T12: a blocked stranger is refused", UNKNOWN, BLOCKED, "ask", CUSAX_ADMIT_REFUSE, 603, CUSAX_ADMIT_BLOCKED },
	{ "T17: an emergency service is never blocked", UNKNOWN, EMERGENCY | BLOCKED | CALLS_OFF | DND | FULL, "refuse", RING, CUSAX_ADMIT_EMERGENCY },
	{ "T17: but needs media", UNKNOWN, EMERGENCY | NO_MEDIA, "ring", CUSAX_ADMIT_REFUSE, 488, CUSAX_ADMIT_NO_MEDIA },
	{ "C17: calls switched off", FRIEND, CALLS_OFF, "ring", CUSAX_ADMIT_REFUSE, 488, CUSAX_ADMIT_CALLS_OFF },
	{ "nothing to talk with", FRIEND, NO_MEDIA, "ring", CUSAX_ADMIT_REFUSE, 488, CUSAX_ADMIT_NO_MEDIA },
	{ "the fifth call is busy", FRIEND, FULL, "ring", BUSY, CUSAX_ADMIT_TOO_MANY },
	{ "T12: who is on the list rings where strangers are refused", UNKNOWN, ALLOWED, "refuse", RING, CUSAX_ADMIT_WELCOME },
	{ "T12: who is on the list is not asked about", UNKNOWN, ALLOWED, "ask", RING, CUSAX_ADMIT_WELCOME },
	{ "B3: do not disturb silences who is on the list", UNKNOWN, ALLOWED | DND, "refuse", SILENT, CUSAX_ADMIT_DND },
	{ "the fourth call rings", FRIEND, ALMOST_FULL, "ring", RING, CUSAX_ADMIT_WELCOME },
	{ "B3: do not disturb silences a contact", FRIEND, DND, "ring", SILENT, CUSAX_ADMIT_DND },
	{ "B3: do not disturb silences a stranger", UNKNOWN, DND, "ring", SILENT, CUSAX_ADMIT_DND },
	{ "B3: unless it is set not to", FRIEND, DND | DND_RINGS, "ring", RING, CUSAX_ADMIT_WELCOME },
	{ "B3: strangers are refused under do not disturb too", UNKNOWN, DND, "refuse", CUSAX_ADMIT_REFUSE, 603, CUSAX_ADMIT_UNKNOWN },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	const CusaxAdmitFacts facts = {
		.identity = row->identity,
		.looking_up = (row->what & LOOKING_UP) != 0,
		.blocked = (row->what & BLOCKED) != 0,
		.allowed = (row->what & ALLOWED) != 0,
		.emergency = (row->what & EMERGENCY) != 0,
		.audio_enabled = !(row->what & CALLS_OFF),
		.media_offered = !(row->what & NO_MEDIA),
		.unknown_callers = cusax_unknown_callers_from_word(row->policy),
		.availability =
			row->what & DND ? CUSAX_AVAILABILITY_DND : CUSAX_AVAILABILITY_ONLINE,
		.dnd_silences = !(row->what & DND_RINGS),
		.ringing = row->what & FULL          ? 4
			   : row->what & ALMOST_FULL ? 3
						     : 0,
		.max_ringing = 4,
	};
	CusaxAdmitDecision got = cusax_admit(&facts);

	g_assert_cmpint(got.verdict, ==, row->verdict);
	g_assert_cmpuint(got.code, ==, row->code);
	g_assert_cmpint(got.reason, ==, row->reason);
	g_assert_cmpstr(cusax_admit_reason_text(got.reason), !=, "");
}

/* --- presence --- */

#define ONLINE  CUSAX_AVAILABILITY_ONLINE
#define AWAY    CUSAX_AVAILABILITY_AWAY
#define XA      CUSAX_AVAILABILITY_XA
#define BUSY_   CUSAX_AVAILABILITY_DND
#define OFFLINE CUSAX_AVAILABILITY_OFFLINE

typedef struct {
	const char *name;
	CusaxResource better, worse;
} BetterRow;

/* clang-format off */
static const BetterRow better_rows[] = {
	{ "X4: present before offline", { "a", BUSY_, NULL, -1, 0 }, { "b", OFFLINE, NULL, 9, 9 } },
	{ "X4: a negative priority speaks last", { "a", XA, NULL, 0, 0 }, { "b", ONLINE, NULL, -1, 9 } },
	{ "X4: online before away", { "a", ONLINE, NULL, 0, 0 }, { "b", AWAY, NULL, 5, 9 } },
	{ "X4: away before xa", { "a", AWAY, NULL, 0, 0 }, { "b", XA, NULL, 5, 9 } },
	{ "X4: xa before dnd", { "a", XA, NULL, 0, 0 }, { "b", BUSY_, NULL, 5, 9 } },
	{ "X4: the higher priority", { "a", ONLINE, NULL, 5, 0 }, { "b", ONLINE, NULL, 4, 9 } },
	{ "X4: the newer", { "b", ONLINE, NULL, 5, 2 }, { "a", ONLINE, NULL, 5, 1 } },
	{ "X4: the name decides at last", { "a", ONLINE, NULL, 5, 1 }, { "b", ONLINE, NULL, 5, 1 } },
};
/* clang-format on */

static void test_better(gconstpointer data)
{
	const BetterRow *row = data;
	const CusaxResource both[] = { row->worse, row->better };

	g_assert_true(cusax_presence_is_better(&row->better, &row->worse));
	g_assert_false(cusax_presence_is_better(&row->worse, &row->better));
	g_assert_true(cusax_presence_best(both, 2) == &both[1]);
}

static void test_best(void)
{
	static const CusaxResource gone[] = { { "a", OFFLINE, NULL, 0, 0 } };
	static const CusaxResource some[] = { { "a", AWAY, NULL, 1, 1 },
					      { "b", ONLINE, NULL, 1, 2 },
					      { "c", BUSY_, NULL, 1, 3 } };

	g_assert_null(cusax_presence_best(NULL, 0));
	g_assert_null(cusax_presence_best(gone, 1));
	g_assert_true(cusax_presence_best(some, 3) == &some[1]);
}

typedef struct {
	const char *name;
	CusaxAvailability wanted;
	guint calls;
	gboolean enabled;
	CusaxAvailability shown;
	const char *status;
	CusaxPresenceReason reason;
} OwnRow;

/* clang-format off */
static const OwnRow own_rows[] = {
	{ "B2: on the phone while online", ONLINE, 1, TRUE, BUSY_, "On the phone", CUSAX_PRESENCE_ON_THE_PHONE },
	{ "B2: three calls are no more than one", ONLINE, 3, TRUE, BUSY_, "On the phone", CUSAX_PRESENCE_ON_THE_PHONE },
	{ "B2: restored after the last call", ONLINE, 0, TRUE, ONLINE, "mine", CUSAX_PRESENCE_AS_WANTED },
	{ "B2: the switch is off", ONLINE, 1, FALSE, ONLINE, "mine", CUSAX_PRESENCE_AS_WANTED },
	{ "B2: away is not overwritten", AWAY, 1, TRUE, AWAY, "mine", CUSAX_PRESENCE_KEPT },
	{ "B2: xa is not overwritten", XA, 1, TRUE, XA, "mine", CUSAX_PRESENCE_KEPT },
	{ "B2: dnd is not overwritten", BUSY_, 1, TRUE, BUSY_, "mine", CUSAX_PRESENCE_KEPT },
	{ "B2: a call does not make one visible", OFFLINE, 1, TRUE, OFFLINE, "mine", CUSAX_PRESENCE_KEPT },
};
/* clang-format on */

static void test_own(gconstpointer data)
{
	const OwnRow *row = data;
	CusaxOwnPresence got = cusax_presence_own(row->wanted, "mine", row->calls, row->enabled);

	g_assert_cmpint(got.availability, ==, row->shown);
	g_assert_cmpstr(got.status, ==, row->status);
	g_assert_cmpint(got.reason, ==, row->reason);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/admit", rows, test_row);
	ADD_ROWS("/policy/presence", better_rows, test_better);
	ADD_ROWS("/policy/presence", own_rows, test_own);
	g_test_add_func("/policy/presence/X4: one of many, or none", test_best);
	return g_test_run();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of an account's connection as one pure step: (state, input) to state and effects. */
/* Pure functions: time and random come in as arguments; any thread. */
#pragma once

#include "daemon/base/types.h"
#include "daemon/policy/retry.h"

typedef enum {
	CUSAX_ACCOUNT_DO_START,      /* enabled, wanted, and the connect policy lets it */
	CUSAX_ACCOUNT_DO_STOP,       /* disabled, unwanted, or held back by the connect policy */
	CUSAX_ACCOUNT_DO_RESTART,    /* settings or secret changed: connect anew, memory wiped */
	CUSAX_ACCOUNT_ON_SECRET,     /* the password is at hand, or none is needed */
	CUSAX_ACCOUNT_ON_NO_SECRET,  /* missing, or the keyring is locked */
	CUSAX_ACCOUNT_ON_CONNECTING, /* CUSAX_EVENT_CONNECTION connecting */
	CUSAX_ACCOUNT_ON_ONLINE,     /* CUSAX_EVENT_CONNECTION online */
	CUSAX_ACCOUNT_ON_OFFLINE, /* CUSAX_EVENT_CONNECTION offline, not failed: we asked for it */
	CUSAX_ACCOUNT_ON_LOST,    /* CUSAX_EVENT_CONNECTION offline, failed: with its code */
	CUSAX_ACCOUNT_ON_RETRY,   /* the scheduled time has come */
	CUSAX_ACCOUNT_ON_NETWORK, /* the network changed or sleep is over: nothing that was known of
				   * the way to the server holds */
} CusaxAccountInput;

#define CUSAX_N_ACCOUNT_INPUTS (CUSAX_ACCOUNT_ON_NETWORK + 1)

/* A set: values are or-ed. */
typedef enum {
	CUSAX_ACCOUNT_LOOKUP_SECRET = 1 << 0, /* answer with ON_SECRET or ON_NO_SECRET */
	CUSAX_ACCOUNT_CONNECT = 1 << 1,
	CUSAX_ACCOUNT_DISCONNECT = 1 << 2,     /* answer with ON_OFFLINE */
	CUSAX_ACCOUNT_SCHEDULE_RETRY = 1 << 3, /* in delay_ms, replacing an earlier one */
	CUSAX_ACCOUNT_CANCEL_RETRY = 1 << 4,
	CUSAX_ACCOUNT_CHECK = 1 << 5, /* a dead connection answers with ON_LOST */
} CusaxAccountEffects;

/* Everything the step looks at; all zero is a new account. */
typedef struct {
	CusaxAccountState state;
	gboolean started;  /* between start and stop */
	gboolean looking;  /* a secret is being looked up */
	gboolean stopping; /* a disconnect is under way */
	CusaxError error;  /* waiting, failed, needs-secret: why */
	CusaxRetry retry;
} CusaxAccountFsm;

typedef struct {
	CusaxAccountInput kind;
	CusaxError code; /* with ON_LOST, ON_NO_SECRET */
	gint64 now;      /* monotonic microseconds; with ON_ONLINE, ON_LOST */
	guint32 random;  /* any 32 bits; with ON_LOST */
} CusaxAccountInputFacts;

typedef struct {
	CusaxAccountFsm next;
	CusaxAccountEffects effects; /* carry out in the order of their bits, disconnect first */
	guint delay_ms;              /* with SCHEDULE_RETRY */
	gboolean ignored; /* the input does not fit the state: dropped, next is as before */
	const char
		*reason; /* one sentence, static, of why it is so; "" where there is none to say */
} CusaxAccountStep;

/* A secret is looked up before each connect. Failures that trying again can heal end in waiting,
 * the others in failed; a missing secret in needs-secret, which a restart or start leaves. After
 * stop, what still comes of the old connection is dropped. */
CusaxAccountStep cusax_account_fsm_step(const CusaxAccountFsm *now,
					const CusaxAccountInputFacts *input);

/* The word of an input for the log, such as "lost"; static. */
const char *cusax_account_input_word(CusaxAccountInput input);

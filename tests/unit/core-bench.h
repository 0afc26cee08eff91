/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A core on fake services: operations are recorded, events are put in by the test. */
/* Main thread. */
#pragma once

#include "daemon/core-start.h"
#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/chat.h"
#include "daemon/model/contact.h"
#include "daemon/model/manager.h"
#include "daemon/model/service.h"

typedef struct {
	CusaxCore *core;
	CusaxRegistry *registry;
	GPtrArray *operations; /* CusaxOperation, in order, until taken */
	char *folder;          /* settings and history of this test alone */
	gboolean keyring_locked;
	void (*secrets_changed)(gpointer data);
	gpointer secrets_data;
	CusaxAccount *chat, *telephony; /* alice's, once made */
} CoreBench;

void core_bench_start(CoreBench *bench);
void core_bench_stop(CoreBench *bench);
/* Ends the core in order and starts a new one on the same settings and history; the accounts of
 * alice are found again. Nothing is online then. */
void core_bench_restart(CoreBench *bench);

/* alice@xmpp.test and sip:alice@sip.test, paired, online; bob in the roster with the number given (a
 * SIP URI; NULL: an empty vCard). */
void core_bench_alice(CoreBench *bench, const char *bobs_number);

/* Waits for the next operation of that kind, dropping others before it; owned by the caller. Fails
 * the test after 5 s. */
CusaxOperation *core_bench_expect(CoreBench *bench, CusaxOperationKind kind);
/* Fails the test where an operation of that kind was submitted and not taken, after all that is
 * ready to run has run. */
void core_bench_forbid(CoreBench *bench, CusaxOperationKind kind);

/* Answers an operation (taken). code < 0: it went well. */
void core_bench_done(CoreBench *bench, CusaxOperation *operation, int code);
/* Puts an event (taken) in. */
void core_bench_event(CoreBench *bench, CusaxEvent *event);
void core_bench_connection(CoreBench *bench, CusaxAccount *account, CusaxAccountState state,
			   int code);
void core_bench_vcard(CoreBench *bench, const char *address, const char *number);
/* An incoming call; impp and name may be NULL. The handle. */
guint64 core_bench_incoming(CoreBench *bench, const char *from, const char *impp);

/* Turns the main loop until *flag or 5 s (then fails the test). */
void core_bench_until(gboolean (*met)(gpointer data), gpointer data);
/* Turns the loop until the queue of events and all that follows at once is done. */
void core_bench_settle(CoreBench *bench);

/* For verbs: what a callback got. */
typedef struct {
	gboolean done;
	GAsyncResult *result;
} Answer;
void core_bench_answer(GObject *source, GAsyncResult *result, gpointer answer);
/* Waits for it; the result stays in answer (g_clear_object). */
void core_bench_await(Answer *answer);

CusaxContact *core_bench_contact(CoreBench *bench, const char *address);
CusaxCall *core_bench_call(CoreBench *bench); /* the only one */

/* As a client does: verbs with their answers awaited. */
GVariant *core_bench_no_options(void);
void core_bench_expect_error(CoreBench *bench, Answer *answer, int code);
CusaxCall *core_bench_place(CoreBench *bench, const char *target);      /* borrowed */
CusaxChat *core_bench_open_chat(CoreBench *bench, const char *address); /* borrowed */
/* As the services do. */
void core_bench_call_event(CoreBench *bench, guint64 handle, CusaxEventKind kind);
void core_bench_end_call(CoreBench *bench, guint64 handle, CusaxEndReason reason, guint code);
void core_bench_receive(CoreBench *bench, const char *from, const char *id, const char *text);

/* Adds a test "/core/<name>" that starts and stops a bench of its own. */
void core_bench_add(const char *name, void (*test)(CoreBench *, gconstpointer), gconstpointer data);

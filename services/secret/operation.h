/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request to the Secret Service: its deadline, its place at the prompt, its one answer. */
/* Main thread. */
#pragma once

#include <libsecret/secret.h>

#include "daemon/base/error.h"
#include "services/secret.h"

typedef struct SecretGate SecretGate;
typedef struct SecretOperation SecretOperation;

/* What the requests of a store share: one prompt at a time, and one session with the service while
 * any of them is under way. Nothing is kept longer, so nothing can be of a service that has been
 * started again since. */
struct SecretGate {
	guint refs;
	SecretService *service; /* the session, or NULL */
	gboolean opening;
	GQueue at_door; /* SecretOperation, referenced: they wait for the session */
	GQueue waiting; /* SecretOperation, referenced */
	gboolean busy;
	guint deadline_ms;        /* without a prompt */
	guint prompt_deadline_ms; /* from asking for a prompt on */
	GQueue running;           /* SecretOperation, borrowed: those without an answer */
};

struct SecretOperation {
	guint refs; /* one for each library call under way, one until the answer */
	SecretGate *gate;
	GTask *task;               /* NULL once answered */
	GCancellable *cancellable; /* given to the library */
	GSource *deadline;
	GSource *cancelled;                  /* of the caller's cancellable, or NULL */
	gboolean at_gate;                    /* holds the prompt */
	void (*enter)(SecretOperation *op);  /* what follows when the prompt is free */
	void (*opened)(SecretOperation *op); /* what follows when there is a session */
	void (*unlock_done)(SecretOperation *op, gboolean dismissed);

	CusaxProtocol protocol;
	char *account;
	char *label;
	char *secret; /* to be stored; wiped */
	gboolean interactive;
	gboolean unlocked; /* the one prompt of this operation is behind it */

	SecretService *service;
	GList *items; /* SecretItem */
	SecretCollection *collection;
};

/* Takes task. The answer comes within the deadlines of the gate, whatever the service does. */
SecretOperation *secret_operation_new(SecretGate *gate, GTask *task, CusaxProtocol protocol,
				      const char *account);
SecretOperation *secret_operation_ref(SecretOperation *op);
void secret_operation_unref(SecretOperation *op);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SecretOperation, secret_operation_unref)

/* FALSE: answered already, by its deadline or its caller; a step that comes back then ends there. */
gboolean secret_operation_is_open(SecretOperation *op);
void secret_operation_return_error(SecretOperation *op, CusaxError code, const char *text);
/* An error of the library or the bus, in our terms. */
void secret_operation_return_foreign(SecretOperation *op, const GError *error);
/* value: for g_task_return_pointer(), freed with cusax_secret_free(); NULL: TRUE is returned. */
void secret_operation_return(SecretOperation *op, char *value);

/* Calls opened with op->service set, or answers. */
void secret_operation_open(SecretOperation *op, void (*opened)(SecretOperation *op));

/* Waits until no other operation shows a prompt, then calls enter. The gate is held until leave, or
 * until the answer. leave with dismissed: those that wait get that answer too. */
void secret_operation_enter(SecretOperation *op, void (*enter)(SecretOperation *op));
void secret_operation_leave(SecretOperation *op, gboolean dismissed);

SecretGate *secret_gate_new(guint deadline_ms, guint prompt_deadline_ms);
/* Answers everything with CANCELLED, and gives up the gate. */
void secret_gate_close(SecretGate *gate);

/* What cusax_secret_store_new() makes, with deadlines of the caller's choice: for tests. */
CusaxSecretStore *secret_store_new(guint deadline_ms, guint prompt_deadline_ms);

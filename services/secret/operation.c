/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of one request to the Secret Service. */
/* Main thread. */
#include "services/secret/operation.h"

SecretGate *secret_gate_new(guint deadline_ms, guint prompt_deadline_ms)
{
	SecretGate *gate = g_new0(SecretGate, 1);

	gate->refs = 1;
	gate->deadline_ms = deadline_ms;
	gate->prompt_deadline_ms = prompt_deadline_ms;
	g_queue_init(&gate->at_door);
	g_queue_init(&gate->waiting);
	g_queue_init(&gate->running);
	return gate;
}

static void gate_unref(SecretGate *gate)
{
	if (--gate->refs > 0)
		return;
	g_clear_object(&gate->service);
	g_free(gate);
}

SecretOperation *secret_operation_ref(SecretOperation *op)
{
	op->refs++;
	return op;
}

void secret_operation_unref(SecretOperation *op)
{
	if (!op || --op->refs > 0)
		return;
	g_free(op->account);
	g_free(op->label);
	cusax_secret_free(op->secret);
	g_list_free_full(op->items, g_object_unref);
	g_clear_object(&op->collection);
	g_clear_object(&op->service);
	g_object_unref(op->cancellable);
	gate_unref(op->gate);
	g_free(op);
}

gboolean secret_operation_is_open(SecretOperation *op)
{
	return op->task != NULL;
}

static void drop_source(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_source_unref(g_steal_pointer(source));
}

/* Ends the operation, save for the answer itself. What the library still does is cancelled; its
 * callbacks find the operation closed. Gives the task. */
static GTask *close_operation(SecretOperation *op)
{
	GTask *task = g_steal_pointer(&op->task);
	SecretGate *gate = op->gate;

	drop_source(&op->deadline);
	drop_source(&op->cancelled);
	g_queue_remove(&gate->running, op);
	if (g_queue_remove(&gate->waiting, op) || g_queue_remove(&gate->at_door, op))
		secret_operation_unref(op);
	if (g_queue_is_empty(&gate->running))
		g_clear_object(&gate->service);
	secret_operation_leave(op, FALSE);
	g_cancellable_cancel(op->cancellable);
	return task;
}

void secret_operation_return_error(SecretOperation *op, CusaxError code, const char *text)
{
	g_autoptr(GTask) task = NULL;

	if (!secret_operation_is_open(op))
		return;
	task = close_operation(op);
	g_task_return_new_error(task, CUSAX_ERROR, code, "%s", text);
	secret_operation_unref(op);
}

void secret_operation_return_foreign(SecretOperation *op, const GError *error)
{
	/* The next request starts anew. */
	g_clear_object(&op->gate->service);
	if (g_error_matches(error, SECRET_ERROR, SECRET_ERROR_NO_SUCH_OBJECT))
		secret_operation_return_error(op, CUSAX_ERROR_NOT_FOUND,
					      "the secret is no longer there");
	else if (g_error_matches(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED))
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the keyring is locked");
	else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
		 g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT))
		secret_operation_return_error(op, CUSAX_ERROR_TIMEOUT,
					      "the Secret Service does not answer");
	else
		/* The text of the service is its own: it may hold anything. */
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the Secret Service cannot be used");
}

void secret_operation_return(SecretOperation *op, char *value)
{
	g_autoptr(GTask) task = NULL;

	if (!secret_operation_is_open(op)) {
		cusax_secret_free(value);
		return;
	}
	task = close_operation(op);
	if (value)
		g_task_return_pointer(task, value, (GDestroyNotify)cusax_secret_free);
	else
		g_task_return_boolean(task, TRUE);
	secret_operation_unref(op);
}

static gboolean on_deadline(gpointer data)
{
	secret_operation_return_error(data, CUSAX_ERROR_TIMEOUT,
				      "the Secret Service does not answer");
	return G_SOURCE_REMOVE;
}

static gboolean on_cancelled(G_GNUC_UNUSED GCancellable *cancellable, gpointer data)
{
	secret_operation_return_error(data, CUSAX_ERROR_CANCELLED, "the request was cancelled");
	return G_SOURCE_REMOVE;
}

static void set_deadline(SecretOperation *op, guint ms)
{
	drop_source(&op->deadline);
	op->deadline = g_timeout_source_new(ms);
	g_source_set_callback(op->deadline, on_deadline, op, NULL);
	g_source_attach(op->deadline, g_task_get_context(op->task));
}

SecretOperation *secret_operation_new(SecretGate *gate, GTask *task, CusaxProtocol protocol,
				      const char *account)
{
	SecretOperation *op = g_new0(SecretOperation, 1);
	GCancellable *cancellable = g_task_get_cancellable(task);

	op->refs = 1;
	op->gate = gate;
	gate->refs++;
	op->task = task;
	op->protocol = protocol;
	op->account = g_strdup(account);
	op->cancellable = g_cancellable_new();
	g_queue_push_tail(&gate->running, op);
	/* The answer names its error itself. */
	g_task_set_check_cancellable(task, FALSE);
	set_deadline(op, gate->deadline_ms);
	if (cancellable) {
		op->cancelled = g_cancellable_source_new(cancellable);
		g_source_set_callback(op->cancelled, G_SOURCE_FUNC(on_cancelled), op, NULL);
		g_source_attach(op->cancelled, g_task_get_context(task));
	}
	return op;
}

static void on_open(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	SecretGate *gate = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(SecretService) service = secret_service_open_finish(result, &error);
	SecretOperation *op;

	gate->opening = FALSE;
	if (!g_queue_is_empty(&gate->running))
		g_set_object(&gate->service, service);
	while (!gate->opening && (op = g_queue_pop_head(&gate->at_door))) {
		if (service) {
			op->service = g_object_ref(service);
			op->opened(op);
		} else {
			secret_operation_return_foreign(op, error);
		}
		secret_operation_unref(op);
	}
	gate_unref(gate);
}

void secret_operation_open(SecretOperation *op, void (*opened)(SecretOperation *op))
{
	SecretGate *gate = op->gate;

	if (gate->service) {
		op->service = g_object_ref(gate->service);
		opened(op);
		return;
	}
	op->opened = opened;
	g_queue_push_tail(&gate->at_door, secret_operation_ref(op));
	if (gate->opening)
		return;
	gate->opening = TRUE;
	gate->refs++;
	/* Not cancelled with the request that asks first: others may wait for it too. */
	secret_service_open(SECRET_TYPE_SERVICE, NULL, SECRET_SERVICE_OPEN_SESSION, NULL, on_open,
			    gate);
}

static void take_gate(SecretOperation *op)
{
	op->gate->busy = TRUE;
	op->at_gate = TRUE;
	set_deadline(op, op->gate->prompt_deadline_ms);
	op->enter(op);
}

void secret_operation_enter(SecretOperation *op, void (*enter)(SecretOperation *op))
{
	op->enter = enter;
	if (!op->gate->busy) {
		take_gate(op);
		return;
	}
	/* The person at the prompt of another request decides for this one too. */
	set_deadline(op, op->gate->prompt_deadline_ms);
	g_queue_push_tail(&op->gate->waiting, secret_operation_ref(op));
}

void secret_operation_leave(SecretOperation *op, gboolean dismissed)
{
	SecretGate *gate = op->gate;
	SecretOperation *next;

	if (!op->at_gate)
		return;
	op->at_gate = FALSE;
	gate->busy = FALSE;
	while (dismissed && (next = g_queue_pop_head(&gate->waiting))) {
		secret_operation_return_error(next, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the prompt was dismissed");
		secret_operation_unref(next);
	}
	next = gate->busy ? NULL : g_queue_pop_head(&gate->waiting);
	if (next) {
		take_gate(next);
		secret_operation_unref(next);
	}
}

void secret_gate_close(SecretGate *gate)
{
	SecretOperation *op;

	while ((op = g_queue_peek_head(&gate->running)))
		secret_operation_return_error(op, CUSAX_ERROR_CANCELLED,
					      "the store of secrets is closed");
	gate_unref(gate);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was asked of services and is not done yet. */
/* Main thread. */
#include "daemon/core-private.h"

typedef struct {
	CoreDone done;
	gpointer data;
	GDestroyNotify destroy; /* where the core ends before the answer; may be NULL */
} Pending;

static void pending_free(gpointer data)
{
	Pending *pending = data;

	if (pending->destroy)
		pending->destroy(pending->data);
	g_free(pending);
}

GHashTable *core_operations_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pending_free);
}

static void submit(CusaxCore *core, CusaxProtocol protocol, CusaxOperation *operation,
		   const Pending *what)
{
	if (what->done)
		g_hash_table_insert(core->operations,
				    g_memdup2(&operation->id, sizeof operation->id),
				    g_memdup2(what, sizeof *what));
	cusax_driver_submit(core->drivers[protocol], operation);
}

void core_submit_to(CusaxCore *core, CusaxProtocol protocol, CusaxOperation *operation,
		    CoreDone done, gpointer data)
{
	submit(core, protocol, operation, &(Pending){ done, data, NULL });
}

void core_submit_owned(CusaxCore *core, CusaxAccount *account, CusaxOperation *operation,
		       CoreDone done, gpointer data, GDestroyNotify destroy)
{
	submit(core, account->protocol, operation, &(Pending){ done, data, destroy });
}

void core_submit(CusaxCore *core, CusaxAccount *account, CusaxOperation *operation, CoreDone done,
		 gpointer data)
{
	core_submit_to(core, account->protocol, operation, done, data);
}

gpointer core_operation_data(CusaxCore *core, guint64 op)
{
	Pending *pending = g_hash_table_lookup(core->operations, &op);

	return pending ? pending->data : NULL;
}

static void return_on_task(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;

	if (error)
		g_task_return_error(task, g_error_copy(error));
	else
		g_task_return_boolean(task, TRUE);
}

void core_submit_for_task(CusaxCore *core, CusaxAccount *account, CusaxOperation *operation,
			  GTask *task)
{
	core_submit(core, account, operation, return_on_task, task);
}

static void return_answer(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;
	GVariant *answer = g_task_get_task_data(task);

	if (error)
		g_task_return_error(task, g_error_copy(error));
	else if (!answer)
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_FAILED,
					"the answer did not come");
	else
		g_task_return_pointer(task, g_variant_ref(answer), (GDestroyNotify)g_variant_unref);
}

void core_submit_for_answer(CusaxCore *core, CusaxAccount *account, CusaxOperation *operation,
			    GTask *task)
{
	core_submit(core, account, operation, return_answer, task);
}

void core_operation_answer(CusaxCore *core, guint64 op, GVariant *answer)
{
	Pending *pending = g_hash_table_lookup(core->operations, &op);
	g_autoptr(GVariant) owned = g_variant_ref_sink(answer);

	if (pending && pending->done == return_answer)
		g_task_set_task_data(pending->data, g_steal_pointer(&owned),
				     (GDestroyNotify)g_variant_unref);
}

void core_operation_on_done(CusaxCore *core, const CusaxEvent *event)
{
	g_autoptr(GError) error = NULL;
	g_autofree Pending *pending = NULL;
	g_autofree gpointer key = NULL;

	if (!g_hash_table_steal_extended(core->operations, &event->op, &key, (gpointer *)&pending))
		return;
	if (event->done.failed)
		error = g_error_new_literal(CUSAX_ERROR, event->done.code,
					    event->done.text ? event->done.text : "");
	pending->done(core, error, pending->data);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transfers: what a person asks of the other side, and what the other side asks of a person. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/base/text.h"

#define CONSENT_SECONDS                                                                            \
	120 /* who asks waits so long (RFC 3515 §2.4.4: less than his subscription) */

/* What the other side of a call asks for. The call itself may have ended. */
typedef struct {
	CusaxCore *core;
	CusaxCall *call;
	char *uri;
	CoreReferral referral;
	guint timer;
} Asked;

static void asked_free(gpointer data)
{
	Asked *asked = data;

	if (asked->timer)
		g_source_remove(asked->timer);
	g_object_unref(asked->call);
	g_free(asked->uri);
	g_free(asked->referral.replaces);
	g_free(asked->referral.referred_by);
	g_free(asked);
}

GHashTable *core_referrals_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, asked_free);
}

void core_referral_forget(CusaxCore *core, CusaxCall *call)
{
	g_hash_table_remove(core->referrals, &call->handle);
}

/* --- what we ask ------------------------------------------------------------------------------------ */

typedef struct {
	CusaxCore *core;
	CusaxCall *call;
	GTask *task;
} Asking;

static void asking_free(Asking *asking)
{
	g_object_unref(asking->call);
	g_object_unref(asking->task);
	g_free(asking);
}

static void on_agreed(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	Asking *asking = data;

	if (error) {
		g_object_set(asking->call, "transfer-state", CUSAX_REFERRAL_FAILED, NULL);
		g_task_return_error(asking->task, g_error_copy(error));
	} else {
		g_task_return_boolean(asking->task, TRUE);
	}
	asking_free(asking);
}

/* other: the call whose other side it goes to, or NULL; uri: its address, or the one to be called.
 * Takes task. */
static void submit(CusaxCore *core, CusaxCall *call, const char *uri, CusaxCall *other, GTask *task)
{
	CusaxOperation *transfer = cusax_operation_new(
		CUSAX_OPERATION_TRANSFER, cusax_object_id(CUSAX_OBJECT(call->account)));
	Asking *asking = g_new(Asking, 1);

	*asking = (Asking){ core, g_object_ref(call), task };
	transfer->call = call->handle;
	if (other)
		transfer->transfer.other = other->handle;
	else
		transfer->transfer.uri = g_strdup(uri);
	g_object_set(call, "transfer-state", CUSAX_REFERRAL_REQUESTED, "transfer-target", uri,
		     "transfer-charges", CUSAX_CHARGES_UNKNOWN, NULL);
	core_submit(core, call->account, transfer, on_agreed, asking);
}

/* FALSE, with an error on task: the call cannot be transferred now. */
static gboolean may_transfer(CusaxCore *core, CusaxCall *call, GTask *task)
{
	CoreCall *record = core_call_record(core, call);

	if (record && core_call_input(core, record, CUSAX_CALL_DO_TRANSFER, CUSAX_END_NONE) ==
			      CUSAX_CALL_STEPPED)
		return TRUE;
	g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
				"transfer is not possible while the call is %s",
				cusax_word(CUSAX_TYPE_CALL_STATE, call->state));
	return FALSE;
}

static void on_resolved(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Asking *asking = data;
	GError *error = NULL;
	g_autofree char *uri = g_task_propagate_pointer(G_TASK(result), &error);

	if (!uri)
		g_task_return_error(asking->task, error);
	else if (may_transfer(asking->core, asking->call, asking->task))
		submit(asking->core, asking->call, uri, NULL, g_object_ref(asking->task));
	asking_free(asking);
}

void cusax_core_transfer_call(CusaxCore *core, CusaxCall *call, const char *target,
			      GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	Asking *asking;

	if (!may_transfer(core, call, task))
		return;
	asking = g_new(Asking, 1);
	*asking = (Asking){ core, g_object_ref(call), g_steal_pointer(&task) };
	core_route_resolve(core, target, call->account, on_resolved, asking);
}

void cusax_core_transfer_call_to(CusaxCore *core, CusaxCall *call, CusaxCall *other,
				 GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

	if (call == other) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					"call: is the call itself");
		return;
	}
	if (!may_transfer(core, call, task) || !may_transfer(core, other, task))
		return;
	submit(core, call, other->remote_uri, other, g_steal_pointer(&task));
}

void core_referral_on_progress(CusaxCore *core, CoreCall *record, const CusaxEvent *event)
{
	CusaxCall *call = record->call;
	guint code = event->call_transferred.code;
	CusaxReferralState state = CUSAX_REFERRAL_REQUESTED;

	if (event->call_transferred.over)
		state = code >= 200 && code < 300 ? CUSAX_REFERRAL_DONE : CUSAX_REFERRAL_FAILED;
	else if (code > 100)
		state = CUSAX_REFERRAL_RINGING;
	cusax_info(cusax_object_id(CUSAX_OBJECT(call)), "transfer: %s (%u)",
		   cusax_word(CUSAX_TYPE_REFERRAL_STATE, state), code);
	g_object_set(call, "transfer-state", state, NULL);
	/* They have each other; we leave (RFC 5589 §6.1). */
	if (state == CUSAX_REFERRAL_DONE)
		core_call_input(core, record, CUSAX_CALL_DO_HANGUP, CUSAX_END_NONE);
}

/* --- what we are asked ------------------------------------------------------------------------------ */

/* code 0: nobody waits for an answer. */
static void tell(CusaxCore *core, guint64 handle, guint code)
{
	CoreCall *record = g_hash_table_lookup(core->calls, &handle);
	CusaxOperation *op;

	if (!record || !code)
		return;
	op = cusax_operation_new(CUSAX_OPERATION_TELL_REFERRER,
				 cusax_object_id(CUSAX_OBJECT(record->call->account)));
	op->call = handle;
	op->tell_referrer.code = code;
	core_submit(core, record->call->account, op, NULL, NULL);
}

static void decline(Asked *asked, guint code)
{
	CusaxCore *core = asked->core;
	g_autoptr(CusaxCall) call = g_object_ref(asked->call);

	tell(core, call->handle, code);
	g_object_set(call, "transfer-state", CUSAX_REFERRAL_DECLINED, NULL);
	g_hash_table_remove(core->referrals, &call->handle);
}

static gboolean on_no_consent(gpointer data)
{
	Asked *asked = data;

	asked->timer = 0;
	decline(asked, 408);
	return G_SOURCE_REMOVE;
}

void core_referral_on_referred(CusaxCore *core, CoreCall *record, const CusaxEvent *event)
{
	CusaxCall *call = record->call;
	Asked *asked = g_new0(Asked, 1);

	asked->core = core;
	asked->call = g_object_ref(call);
	asked->uri = cusax_text_line(event->call_referred.uri, 512);
	asked->referral.replaces = g_strdup(event->call_referred.replaces);
	asked->referral.referred_by = g_strdup(event->call_referred.referred_by);
	asked->referral.referrer = event->call_referred.redirected ? 0 : call->handle;
	asked->timer = g_timeout_add_seconds(CONSENT_SECONDS, on_no_consent, asked);
	g_hash_table_replace(core->referrals, &call->handle, asked);
	g_object_set(call, "transfer-state", CUSAX_REFERRAL_ASKED, "transfer-target", asked->uri,
		     "transfer-charges", core_route_charges(core, asked->uri, call->account), NULL);
	core_count(core, "transfers-asked");
	cusax_registry_moment(
		core->registry, call, "TransferRequested",
		g_variant_new("(ss)", asked->uri,
			      cusax_word(CUSAX_TYPE_CHARGES, call->transfer_charges)));
}

static Asked *find(CusaxCore *core, CusaxCall *call, GTask *task)
{
	Asked *asked = g_hash_table_lookup(core->referrals, &call->handle);

	if (!asked)
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					"the other side asks for no transfer");
	return asked;
}

static void on_placed(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Asking *asking = data;
	GError *error = NULL;
	CusaxCall *placed = g_task_propagate_pointer(G_TASK(result), &error);

	if (placed) {
		g_object_set(asking->call, "transfer-state", CUSAX_REFERRAL_REQUESTED, NULL);
		g_hash_table_remove(asking->core->referrals, &asking->call->handle);
		g_task_return_pointer(asking->task, placed, g_object_unref);
	} else {
		g_task_return_error(asking->task, error); /* it may be tried again */
	}
	asking_free(asking);
}

void cusax_core_accept_transfer(CusaxCore *core, CusaxCall *call, GVariant *options,
				GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_autofree char *path = cusax_object_path(CUSAX_OBJECT(call->account));
	Asked *asked = find(core, call, task);
	GVariantDict dict;
	Asking *asking;

	if (!asked)
		return;
	g_variant_dict_init(&dict, options);
	if (!g_variant_dict_contains(&dict, "account"))
		g_variant_dict_insert(&dict, "account", "o", path);
	asking = g_new(Asking, 1);
	*asking = (Asking){ core, g_object_ref(call), g_steal_pointer(&task) };
	core_route_call(core, asked->uri, g_variant_dict_end(&dict), &asked->referral, on_placed,
			asking);
}

void cusax_core_decline_transfer(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
				 gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	Asked *asked = find(core, call, task);

	if (!asked)
		return;
	decline(asked, 603);
	g_task_return_boolean(task, TRUE);
}

/* The code by which a call that was asked for ended. */
static guint code_of_end(const CusaxCall *call)
{
	if (call->end_code >= 300)
		return call->end_code;
	return call->end_reason == CUSAX_END_CANCELLED ? 487 : 480;
}

static void tell_state(CusaxCore *core, guint64 referrer, CusaxReferralState state, guint code)
{
	CoreCall *record = g_hash_table_lookup(core->calls, &referrer);

	tell(core, referrer, code);
	if (record)
		g_object_set(record->call, "transfer-state", state, NULL);
}

void core_referral_tell(CusaxCore *core, CoreCall *record)
{
	guint64 referrer = record->referrer;

	if (!referrer)
		return;
	switch (record->fsm.state) {
	case CUSAX_CALL_DIALING:
	case CUSAX_CALL_INCOMING:
		break;
	case CUSAX_CALL_RINGING:
		tell_state(core, referrer, CUSAX_REFERRAL_RINGING, 180);
		break;
	case CUSAX_CALL_ACTIVE:
		record->referrer = 0; /* the last word */
		tell_state(core, referrer, CUSAX_REFERRAL_DONE, 200);
		break;
	case CUSAX_CALL_ENDED:
		record->referrer = 0;
		tell_state(core, referrer, CUSAX_REFERRAL_FAILED, code_of_end(record->call));
		break;
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that go on when their account has lost its way to the proxy: they follow to another address. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "daemon/base/log.h"
#include "services/sip/call-private.h"

#define FOLLOW_MS 10000

gboolean cusax_sip_call_needs_no_server(const CusaxSipAccount *account,
					const CusaxOperation *operation)
{
	if (!cusax_sip_account_seeks_way(account))
		return FALSE;
	/* A BYE waits for it. */
	return operation->kind == CUSAX_OPERATION_HANGUP ||
	       operation->kind == CUSAX_OPERATION_MUTE ||
	       operation->kind == CUSAX_OPERATION_DEVICE ||
	       operation->kind == CUSAX_OPERATION_MIX ||
	       operation->kind == CUSAX_OPERATION_STATISTICS ||
	       operation->kind == CUSAX_OPERATION_RECORD;
}

static void lost(CusaxSipCall *call, guint code)
{
	cusax_sip_call_end_ours(call, CUSAX_END_FAILED, code,
				"the other side did not follow to the new address");
}

static void follow_deadline_h(void *arg)
{
	lost(arg, 408);
}

static void refused_h(void *arg)
{
	lost(arg, 488);
}

void cusax_sip_call_follow(CusaxSipCall *call)
{
	if (call->state != ACTIVE || !call->waits_to_move)
		return;
	call->waits_to_move = false;
	if (cusax_session_modify(call->session) == 0)
		tmr_start(&call->timer, FOLLOW_MS, follow_deadline_h, call);
	else
		lost(call, 0);
}

void cusax_sip_call_followed(CusaxSipCall *call, bool accepted, guint code)
{
	tmr_cancel(&call->timer);
	call->moving = false;
	if (!accepted) {
		/* Out of the handler of the session; where that is over it says so itself. */
		cusax_info(call->account->id, "the new address is refused (%u)", code);
		tmr_start(&call->ending, 0, refused_h, call);
		return;
	}
	cusax_info(call->account->id, "call %" G_GUINT64_FORMAT " has followed", call->id);
	/* A hold that waited meanwhile. */
	if (!call->hold_op)
		cusax_sip_call_hold_over(call, CUSAX_ERROR_FAILED, NULL);
}

static void resume(CusaxSipCall *call)
{
	bool changed;
	int err =
		cusax_media_move(call->media, &call->account->local, call->account->dnsc, &changed);

	if (err) {
		cusax_info(call->account->id, "the media cannot move: %s", g_strerror(err));
		lost(call, 0);
		return;
	}
	/* Where only the connection is another one, its Contact is told all the same. */
	call->moving = call->waits_to_move = true;
	if (!changed || cusax_media_gather(call->media, true))
		cusax_sip_call_follow(call);
}

void cusax_sip_calls_resume(CusaxSipAccount *account)
{
	g_autoptr(GPtrArray) calls = cusax_sip_calls_of(account);

	for (guint i = 0; i < calls->len; i++) {
		CusaxSipCall *call = calls->pdata[i];

		if (call->state == ACTIVE)
			resume(call);
	}
}

void cusax_sip_calls_pause(CusaxSipAccount *account, const char *text)
{
	g_autoptr(GPtrArray) calls = cusax_sip_calls_of(account);

	for (guint i = 0; i < calls->len; i++) {
		CusaxSipCall *call = calls->pdata[i];

		if (call->state != ACTIVE) {
			cusax_sip_call_end(call, CUSAX_END_FAILED, 0, text);
			continue;
		}
		/* A change that was under way is told with the new address. */
		tmr_cancel(&call->timer);
		call->moving = call->waits_to_move = false;
	}
}

gboolean cusax_sip_calls_stand(const CusaxSipAccount *account)
{
	g_autoptr(GPtrArray) calls = cusax_sip_calls_of(account);

	for (guint i = 0; i < calls->len; i++) {
		if (((CusaxSipCall *)calls->pdata[i])->state == ACTIVE)
			return TRUE;
	}
	return FALSE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transfers: ours to the other side, and what the other side asks of us. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include <errno.h>

#include "daemon/base/log.h"
#include "daemon/base/sip-uri.h"
#include "services/sip/call-private.h"
#include "services/sip/sip-status.h"

/* --- ours ------------------------------------------------------------------------------------ */

static GError *refusal(CusaxError code, const char *text)
{
	return g_error_new_literal(CUSAX_ERROR, code, text);
}

/* Where to: an address, or the other side of another call with what names that call. */
static GError *read_target(CusaxSipCall *call, const CusaxOperation *operation, char **ret_uri,
			   char **ret_replaces)
{
	CusaxSipCall *other;
	g_autoptr(CusaxSipUri) target = NULL;

	if (operation->transfer.uri) {
		*ret_uri = g_strdup(operation->transfer.uri);
	} else {
		other = g_hash_table_lookup(call->service->calls, &operation->transfer.other);
		if (!other || other == call || other->state != ACTIVE)
			return refusal(CUSAX_ERROR_WRONG_STATE, "the other call is not answered");
		*ret_uri = cusax_session_remote_uri(other->session);
		*ret_replaces = cusax_session_replaces(other->session);
	}
	target = cusax_sip_uri_parse(*ret_uri, NULL);
	if (!target || target->scheme == CUSAX_SCHEME_TEL)
		return refusal(CUSAX_ERROR_INVALID_ARGUMENT, "target: is not a SIP address");
	return NULL;
}

GError *cusax_sip_call_transfer(CusaxSipCall *call, const CusaxOperation *operation)
{
	g_autofree char *uri = NULL;
	g_autofree char *replaces = NULL;
	GError *error;
	int err;

	if (call->state != ACTIVE)
		return refusal(CUSAX_ERROR_WRONG_STATE, "the call is not answered");
	error = read_target(call, operation, &uri, &replaces);
	if (error)
		return error;
	err = cusax_session_refer(call->session, uri, replaces);
	if (err == EALREADY)
		return refusal(CUSAX_ERROR_WRONG_STATE, "a transfer is under way");
	if (err)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
				   "the transfer cannot be asked for: %s", g_strerror(err));
	call->transfer_op = operation->id;
	return NULL;
}

void cusax_sip_call_transferred(guint code, bool over, void *arg)
{
	CusaxSipCall *call = arg;
	CusaxEvent *event;

	if (call->state == ENDED)
		return;
	if (call->transfer_op && over && code >= 300) {
		g_autofree char *text = g_strdup_printf("the other side does not transfer: %s",
							cusax_sip_words(code));

		cusax_sip_call_done(call, &call->transfer_op, cusax_sip_error_code(code), text);
	} else {
		cusax_sip_call_done(call, &call->transfer_op, CUSAX_ERROR_FAILED, NULL);
	}
	event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_TRANSFERRED);
	event->call_transferred.code = code;
	event->call_transferred.over = over;
	cusax_sip_call_push(call, event);
}

/* --- theirs ---------------------------------------------------------------------------------- */

GError *cusax_sip_call_tell_referrer(CusaxSipCall *call, guint code)
{
	if (call->state != ACTIVE)
		return refusal(CUSAX_ERROR_WRONG_STATE, "the call is over");
	cusax_session_notify(call->session, code, code >= 200);
	return NULL;
}

static void report(CusaxSipCall *call, const struct cusax_session_referral *referral,
		   gboolean redirected)
{
	CusaxEvent *event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_REFERRED);

	event->call_referred.uri = g_utf8_make_valid(referral->uri, -1);
	event->call_referred.replaces = g_strdup(referral->replaces);
	event->call_referred.referred_by = g_strdup(referral->referred_by);
	event->call_referred.redirected = redirected;
	cusax_sip_call_push(call, event);
}

bool cusax_sip_call_referred(const struct cusax_session_referral *referral, void *arg)
{
	CusaxSipCall *call = arg;

	/* C17: no new call where calls are switched off. */
	if (call->state != ACTIVE || call->account->disabled & CUSAX_FEATURE_AUDIO)
		return false;
	report(call, referral, FALSE);
	return true;
}

void cusax_sip_call_redirected(CusaxSipCall *call, const char *uri)
{
	const struct cusax_session_referral referral = { .uri = uri };

	if (uri)
		report(call, &referral, TRUE);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls: what the core asks of them. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/sip-uri.h"
#include "services/sip/call-private.h"
#include "services/sip/headers.h"
#include "services/sip/sip-status.h"

#define MODIFY_MS 8000
#define INFO_MS   8000
#define MAX_KEYS  64
#define DTMF_KEYS "0123456789*#ABCD"

static GError *wrong_state(const char *text)
{
	return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE, text);
}

/* --- placing -------------------------------------------------------------------------------- */

/* value: without line breaks; NULL: none. */
static void add_header(CusaxSipCall *call, const char *name, const char *value)
{
	char *longer;

	if (!value)
		return;
	longer = g_strdup_printf("%s%s: %s\r\n", call->headers, name, value);
	g_free(call->headers);
	call->headers = longer;
}

static GError *place(CusaxSipAccount *account, const CusaxOperation *operation)
{
	g_autoptr(CusaxSipUri) target = NULL;
	g_autofree char *impp = NULL;
	GError *error = NULL;
	CusaxSipCall *call;
	int err;

	target = cusax_sip_uri_parse(operation->place.uri, &error);
	if (!target || target->scheme == CUSAX_SCHEME_TEL) {
		g_clear_error(&error);
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					   "uri: is not a SIP address");
	}
	if (operation->place.impp)
		impp = cusax_sip_xmpp_uri(operation->place.impp);
	call = cusax_sip_call_new(account, operation->call, DIALING);
	call->uri = cusax_sip_uri_to_string(target);
	/* C71: RFC 6993 */
	call->headers =
		impp ? g_strdup_printf("Call-Info: <%s>;purpose=impp\r\n", impp) : g_strdup("");
	add_header(call, "Replaces", operation->place.replaces);
	add_header(call, "Referred-By", operation->place.referred_by);
	call->input = g_strdup(operation->place.input_device);
	call->output = g_strdup(operation->place.output_device);
	if (g_ascii_strcasecmp(target->host, account->target->domain) != 0)
		call->other_domain = g_strdup(target->host);
	err = cusax_sip_call_invite(call);
	if (!err) {
		cusax_sip_call_ring(call);
		return NULL;
	}
	g_hash_table_remove(account->service->calls, &call->id);
	return g_error_new(CUSAX_ERROR,
			   err == EADDRINUSE ? CUSAX_ERROR_LIMIT_EXCEEDED : CUSAX_ERROR_FAILED,
			   "the call cannot be placed: %s",
			   err == EADDRINUSE ? "no media port is free" : g_strerror(err));
}

/* --- keys ----------------------------------------------------------------------------------- */

/* Circular: an answer sends the next key. */
static void send_next_key(CusaxSipCall *call);

void cusax_sip_call_key_over(bool accepted, void *arg)
{
	CusaxSipCall *call = arg;

	tmr_cancel(&call->informing);
	if (accepted) {
		send_next_key(call);
		return;
	}
	g_string_truncate(call->keys, 0);
	cusax_sip_call_done(call, &call->keys_op, CUSAX_ERROR_UNSUPPORTED,
			    "the other side takes no keys");
}

static void info_deadline_h(void *arg)
{
	cusax_sip_call_key_over(false, arg);
}

/* One INFO after the other, so that keys keep their order. */
static void send_next_key(CusaxSipCall *call)
{
	char key = call->keys->str[0];

	if (!key) {
		cusax_sip_call_done(call, &call->keys_op, CUSAX_ERROR_FAILED, NULL);
		return;
	}
	g_string_erase(call->keys, 0, 1);
	tmr_start(&call->informing, INFO_MS, info_deadline_h, call);
	if (cusax_session_info(call->session, key) != 0)
		cusax_sip_call_key_over(false, call);
}

/* --- hold ----------------------------------------------------------------------------------- */

static void modify_deadline_h(void *arg)
{
	cusax_sip_call_hold_over(arg, CUSAX_ERROR_TIMEOUT,
				 "the other side did not answer the change");
}

/* errno where it cannot be sent. */
static int send_hold(CusaxSipCall *call, guint64 op, bool on)
{
	int err;

	call->hold_op = op;
	call->wants_held = on;
	cusax_media_hold(call->media, on);
	err = cusax_session_modify(call->session);
	if (!err)
		tmr_start(&call->timer, MODIFY_MS, modify_deadline_h, call);
	return err;
}

void cusax_sip_call_hold_over(CusaxSipCall *call, CusaxError code, const char *text)
{
	guint64 next = call->next_hold_op;

	tmr_cancel(&call->timer);
	if (text) {
		call->wants_held = call->held;
		cusax_media_hold(call->media, call->held);
	} else {
		call->held = call->wants_held;
	}
	cusax_sip_call_done(call, &call->hold_op, code, text);
	if (!next)
		return;
	call->next_hold_op = 0;
	if (call->next_held == call->held)
		cusax_sip_report_done(call->service, call->account->id, next, NULL);
	else if (send_hold(call, next, call->next_held) != 0)
		cusax_sip_call_hold_over(call, CUSAX_ERROR_FAILED, "the change could not be sent");
}

/* --- each operation ------------------------------------------------------------------------- */

/* Waits for the addresses of the media where need be. */
static GError *accept_call(CusaxSipCall *call, const CusaxOperation *operation)
{
	if (call->state != RINGING)
		return wrong_state("the call does not ring");
	if (call->accept_op)
		return wrong_state("the call is being answered");
	if (operation->accept.input_device)
		(void)cusax_media_device(call->media, true, operation->accept.input_device);
	if (operation->accept.output_device)
		(void)cusax_media_device(call->media, false, operation->accept.output_device);
	if (cusax_media_gather(call->media, call->delayed))
		return cusax_sip_call_answer(call);
	call->accept_op = operation->id;
	return NULL;
}

GError *cusax_sip_call_answer(CusaxSipCall *call)
{
	struct mbuf *sdp = NULL;
	int err = cusax_media_encode(call->media, call->delayed, &sdp);

	if (!err)
		err = cusax_session_answer(call->session, sdp);
	mem_deref(sdp);
	if (err) {
		cusax_sip_call_end_ours(call, CUSAX_END_FAILED, 480,
					"the call could not be answered");
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
				   "the call cannot be answered: %s", g_strerror(err));
	}
	/* libre sends BYE by itself where no ACK comes (RFC 3261 §13.3.1.4). */
	tmr_cancel(&call->timer);
	call->state = ANSWERED;
	if (!call->delayed)
		(void)cusax_media_start(call->media);
	return NULL;
}

static GError *ring(CusaxSipCall *call)
{
	int err;

	if (call->state != RINGING)
		return wrong_state("the call does not ring");
	err = cusax_session_ring(call->session);
	return err ? g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED, "the caller is not told: %s",
				 g_strerror(err))
		   : NULL;
}

static GError *decline(CusaxSipCall *call, guint code)
{
	if (call->state != RINGING)
		return wrong_state("the call does not ring");
	if (code < 400 || code > 699)
		code = 603;
	cusax_sip_call_end_ours(call, CUSAX_END_DECLINED, code, NULL);
	return NULL;
}

GError *cusax_sip_call_hang_up(CusaxSipCall *call)
{
	switch (call->state) {
	case DIALING:
		cusax_sip_call_end(call, CUSAX_END_CANCELLED, 487, NULL);
		break;
	case RINGING:
		cusax_sip_call_end_ours(call, CUSAX_END_DECLINED, 603, NULL);
		break;
	case ANSWERED:
	case ACTIVE:
		cusax_sip_call_end(call, CUSAX_END_LOCAL_HANGUP, 0, NULL);
		break;
	case ENDED:
		return wrong_state("the call is over");
	}
	return NULL;
}

static GError *hold(CusaxSipCall *call, const CusaxOperation *operation)
{
	if (call->state != ACTIVE)
		return wrong_state("the call is not answered");
	if (call->hold_op || call->moving) {
		/* One change at a time (RFC 3261 §14.1); the last wish counts. */
		cusax_sip_call_done(call, &call->next_hold_op, CUSAX_ERROR_FAILED, NULL);
		call->next_hold_op = operation->id;
		call->next_held = operation->toggle.on;
		return NULL;
	}
	if (call->held == !!operation->toggle.on)
		cusax_sip_report_done(call->service, call->account->id, operation->id, NULL);
	else if (send_hold(call, operation->id, operation->toggle.on) != 0)
		cusax_sip_call_hold_over(call, CUSAX_ERROR_FAILED, "the change could not be sent");
	return NULL;
}

/* RFC 4733 where the other side takes it, else INFO for what is left. */
static GError *press(CusaxSipCall *call, const CusaxOperation *operation)
{
	g_autofree char *keys = g_ascii_strup(operation->dtmf.keys ? operation->dtmf.keys : "", -1);
	const char *key = keys;

	if (!*keys || strlen(keys) > MAX_KEYS || strspn(keys, DTMF_KEYS) != strlen(keys))
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					   "keys: may hold 0-9 * # A-D, 64 at most");
	if (call->state != ACTIVE)
		return wrong_state("the call is not answered");
	if (call->keys_op)
		return wrong_state("keys are being sent");
	while (*key && cusax_media_dtmf(call->media, *key) == 0)
		key++;
	call->keys_op = operation->id;
	g_string_assign(call->keys, key);
	send_next_key(call);
	return NULL;
}

static GError *move(CusaxSipCall *call, const CusaxOperation *operation)
{
	int err;

	if (call->state == ENDED)
		return wrong_state("the call is over");
	err = cusax_media_device(call->media, operation->device.input, operation->device.device);
	if (!err)
		return NULL;
	return g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND, "the device cannot be used: %s",
			   g_strerror(err));
}

static GError *mute(CusaxSipCall *call, const CusaxOperation *operation)
{
	if (call->state == ENDED)
		return wrong_state("the call is over");
	cusax_media_mute(call->media, operation->toggle.on);
	return NULL;
}

static GError *mix(CusaxSipCall *call, const CusaxOperation *operation)
{
	if (call->state == ENDED || !call->media)
		return operation->toggle.on ? wrong_state("the call is over") : NULL;
	if (cusax_media_mix(call->media, operation->toggle.on) == 0)
		return NULL;
	return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
				   "the conversation is full");
}

/* Stopping is done when the file is complete. */
static GError *record(CusaxSipCall *call, const CusaxOperation *operation)
{
	int file = operation->record.file, err;

	if (call->state != ACTIVE)
		return wrong_state("the call is not answered");
	if (file < 0) {
		if (call->record_op || cusax_media_stop_recording(call->media) != 0)
			return wrong_state("the call is not being recorded");
		call->record_op = operation->id;
		return NULL;
	}
	file = dup(file); /* the operation closes its own */
	err = file < 0 ? errno : cusax_media_record(call->media, file);
	if (!err) {
		cusax_sip_call_recording(call, true, NULL);
		cusax_sip_report_done(call->service, call->account->id, operation->id, NULL);
		return NULL;
	}
	if (file >= 0)
		close(file);
	return err == EALREADY ? wrong_state("the call is being recorded")
			       : g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
					     "the call cannot be recorded: %s", g_strerror(err));
}

static GError *tell_figures(CusaxSipCall *call, const CusaxOperation *operation)
{
	if (call->state == ENDED || !call->media)
		return wrong_state("the call has no media");
	cusax_sip_call_report_figures(call, operation->id);
	return NULL;
}

static GError *check_place(CusaxSipService *service, const CusaxSipAccount *account,
			   const CusaxOperation *operation)
{
	if (account->disabled & CUSAX_FEATURE_AUDIO)
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
					   "calls are switched off for this account");
	if (g_hash_table_size(service->calls) >= CUSAX_SIP_MAX_CALLS)
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
					   "there are too many calls");
	if (!operation->call || g_hash_table_contains(service->calls, &operation->call))
		return wrong_state("the call exists already");
	return NULL;
}

/* TRUE where the operation is over at once, with or without *ret_error. */
static gboolean operate(CusaxSipCall *call, const CusaxOperation *operation, GError **ret_error)
{
	switch (operation->kind) {
	case CUSAX_OPERATION_RING:
		*ret_error = ring(call);
		return TRUE;
	case CUSAX_OPERATION_ACCEPT:
		*ret_error = accept_call(call, operation);
		return *ret_error || !call->accept_op;
	case CUSAX_OPERATION_DECLINE:
		*ret_error = decline(call, operation->decline.code);
		return TRUE;
	case CUSAX_OPERATION_HANGUP:
		*ret_error = cusax_sip_call_hang_up(call);
		return TRUE;
	case CUSAX_OPERATION_MUTE:
		*ret_error = mute(call, operation);
		return TRUE;
	case CUSAX_OPERATION_DEVICE:
		*ret_error = move(call, operation);
		return TRUE;
	case CUSAX_OPERATION_MIX:
		*ret_error = mix(call, operation);
		return TRUE;
	case CUSAX_OPERATION_VOICE:
		call->echo = operation->voice.echo;
		call->noise = operation->voice.noise;
		if (call->media)
			cusax_media_voice(call->media, call->echo, call->noise);
		return TRUE;
	case CUSAX_OPERATION_STATISTICS:
		*ret_error = tell_figures(call, operation);
		return TRUE;
	case CUSAX_OPERATION_RECORD:
		*ret_error = record(call, operation);
		return *ret_error != NULL;
	case CUSAX_OPERATION_HOLD:
		*ret_error = hold(call, operation);
		return *ret_error != NULL;
	case CUSAX_OPERATION_DTMF:
		*ret_error = press(call, operation);
		return *ret_error != NULL;
	case CUSAX_OPERATION_TRANSFER:
		*ret_error = cusax_sip_call_transfer(call, operation);
		return *ret_error != NULL;
	case CUSAX_OPERATION_TELL_REFERRER:
		*ret_error = cusax_sip_call_tell_referrer(call, operation->tell_referrer.code);
		return TRUE;
	case CUSAX_OPERATION_CALL:
	case CUSAX_OPERATION_SOUND:
	case CUSAX_OPERATION_AUDIO_DEVICES:
	case CUSAX_OPERATION_CONNECT:
	case CUSAX_OPERATION_DISCONNECT:
	case CUSAX_OPERATION_CHECK:
	case CUSAX_OPERATION_FEATURES:
	case CUSAX_OPERATION_RELAYS:
	case CUSAX_OPERATION_FETCH_RELAYS:
	case CUSAX_OPERATION_PRESENCE:
	case CUSAX_OPERATION_ROSTER_SET:
	case CUSAX_OPERATION_ROSTER_REMOVE:
	case CUSAX_OPERATION_SUBSCRIPTION:
	case CUSAX_OPERATION_FETCH_VCARD:
	case CUSAX_OPERATION_FETCH_LAST:
	case CUSAX_OPERATION_ARCHIVE_PREFERENCES:
	case CUSAX_OPERATION_FETCH_CLIENT:
	case CUSAX_OPERATION_PUBLISH_PHONES:
	case CUSAX_OPERATION_PUBLISH_REACHABILITY:
	case CUSAX_OPERATION_BLOCK:
	case CUSAX_OPERATION_SEND_MESSAGE:
	case CUSAX_OPERATION_FETCH_READ:
	case CUSAX_OPERATION_PUBLISH_READ:
	case CUSAX_OPERATION_SEND_REACTIONS:
	case CUSAX_OPERATION_SEND_RETRACTION:
	case CUSAX_OPERATION_FETCH_ARCHIVE:
	case CUSAX_OPERATION_SEND_CHAT_STATE:
	case CUSAX_OPERATION_SEND_MARKER:
	case CUSAX_OPERATION_KEPT:
	case CUSAX_OPERATION_REQUEST_SLOT:
	case CUSAX_OPERATION_FETCH_AVATAR:
	case CUSAX_OPERATION_PUBLISH_AVATAR:
	case CUSAX_OPERATION_PROFILE:
	case CUSAX_OPERATION_ROOM_JOIN:
	case CUSAX_OPERATION_ROOM_LEAVE:
	case CUSAX_OPERATION_ROOM_NICK:
	case CUSAX_OPERATION_ROOM_PING:
	case CUSAX_OPERATION_ROOM_SUBJECT:
	case CUSAX_OPERATION_ROOM_INVITE:
	case CUSAX_OPERATION_ROOM_DECLINE:
	case CUSAX_OPERATION_ROOM_ROLE:
	case CUSAX_OPERATION_ROOM_AFFILIATION:
	case CUSAX_OPERATION_ROOM_VOICE:
	case CUSAX_OPERATION_ROOM_CONFIGURE:
	case CUSAX_OPERATION_ROOM_DESTROY:
	case CUSAX_OPERATION_ROOM_INFO:
	case CUSAX_OPERATION_BOOKMARK_SET:
	case CUSAX_OPERATION_BOOKMARK_REMOVE:
		break;
	}
	*ret_error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
					 "a telephony account cannot do this");
	return TRUE;
}

void cusax_sip_call_operate(CusaxSipService *service, CusaxSipAccount *account,
			    const CusaxOperation *operation)
{
	g_autoptr(GError) error = NULL;
	CusaxSipCall *call = g_hash_table_lookup(service->calls, &operation->call);

	if (!account) {
		error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
					    "the telephony account is not registered");
	} else if (operation->kind == CUSAX_OPERATION_CALL) {
		error = check_place(service, account, operation);
		if (!error)
			error = place(account, operation);
	} else if (operation->call && (!call || call->account != account)) {
		error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
					    "there is no such call");
	} else if (!call) {
		error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
					    "a telephony account cannot do this");
	} else if (!operate(call, operation, &error)) {
		return;
	}
	cusax_sip_report_done(service, operation->account, operation->id, error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls: what the core asks and hears of them. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/call-private.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/facts.h"
#include "daemon/base/log.h"
#include "services/sip/headers.h"
#include "services/sip/refusal.h"
#include "services/sip/sip-status.h"

#define RING_MS 120000

/* --- events ---------------------------------------------------------------------------------- */

CusaxEvent *cusax_sip_call_event(CusaxSipCall *call, CusaxEventKind kind)
{
	CusaxEvent *event = cusax_event_new(kind, call->account->id);

	event->call = call->id;
	return event;
}

void cusax_sip_call_push(CusaxSipCall *call, CusaxEvent *event)
{
	cusax_event_queue_push(call->service->events, event);
}

void cusax_sip_call_done(CusaxSipCall *call, guint64 *op, CusaxError code, const char *text)
{
	g_autoptr(GError) error = text ? g_error_new_literal(CUSAX_ERROR, code, text) : NULL;

	if (*op)
		cusax_sip_report_done(call->service, call->account->id, *op, error);
	*op = 0;
}

/* Only what is new is told. */
void cusax_sip_call_report_media(CusaxSipCall *call)
{
	CusaxEncryption encryption = cusax_media_encryption(call->media);
	const char *codec = cusax_media_codec(call->media);
	bool held = cusax_media_remote_held(call->media);
	CusaxEvent *event;

	if (call->codec && encryption == call->encryption && held == call->remote_held &&
	    strcmp(codec, call->codec) == 0)
		return;
	g_free(call->codec);
	call->codec = g_strdup(codec);
	call->encryption = encryption;
	call->remote_held = held;
	event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_MEDIA);
	event->call_media.encryption = encryption;
	event->call_media.codec = g_strdup(codec);
	event->call_media.remote_held = held;
	cusax_sip_call_push(call, event);
}

void cusax_sip_call_recording(CusaxSipCall *call, bool on, const char *text)
{
	CusaxEvent *event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_RECORDING);

	event->call_recording.on = on;
	event->call_recording.text = g_strdup(text);
	cusax_sip_call_push(call, event);
}

void cusax_sip_call_report_figures(CusaxSipCall *call, guint64 op)
{
	CusaxEvent *event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_STATISTICS);

	event->op = op;
	event->call_statistics.figures = cusax_media_figures(call->media);
	cusax_sip_call_push(call, event);
}

/* --- end ------------------------------------------------------------------------------------- */

void cusax_sip_call_free(CusaxSipCall *call)
{
	tmr_cancel(&call->timer);
	tmr_cancel(&call->ending);
	tmr_cancel(&call->informing);
	cusax_session_free(call->session);
	mem_deref(call->media);
	g_string_free(call->keys, TRUE);
	g_free(call->failure);
	g_free(call->codec);
	g_free(call->other_domain);
	g_free(call->uri);
	g_free(call->headers);
	g_free(call->input);
	g_free(call->output);
	g_free(call);
}

static void free_h(void *arg)
{
	CusaxSipCall *call = arg;

	g_hash_table_remove(call->service->calls, &call->id);
}

/* The one way into ENDED: tells the core and lets go of wire and media. The call itself goes in the
 * next turn, as this may run inside a handler of its session or media. */
void cusax_sip_call_end(CusaxSipCall *call, CusaxEndReason reason, guint code, const char *text)
{
	CusaxEvent *event;

	if (call->state == ENDED)
		return;
	cusax_info(call->account->id, "call %" G_GUINT64_FORMAT " ended: %s (%u%s%s)", call->id,
		   cusax_word(CUSAX_TYPE_END_REASON, reason), code, text ? " " : "",
		   text ? text : "");
	call->state = ENDED;
	cusax_sip_call_done(call, &call->accept_op, CUSAX_ERROR_WRONG_STATE, "the call is over");
	cusax_sip_call_done(call, &call->hold_op, CUSAX_ERROR_WRONG_STATE, "the call is over");
	cusax_sip_call_done(call, &call->next_hold_op, CUSAX_ERROR_WRONG_STATE, "the call is over");
	cusax_sip_call_done(call, &call->keys_op, CUSAX_ERROR_WRONG_STATE, "the call is over");
	cusax_sip_call_done(call, &call->transfer_op, CUSAX_ERROR_WRONG_STATE, "the call is over");
	/* What was recorded is kept; it ends with the media. */
	cusax_sip_call_done(call, &call->record_op, CUSAX_ERROR_FAILED, NULL);
	if (call->media)
		cusax_sip_call_report_figures(call, 0);
	event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_ENDED);
	event->call_ended.reason = reason;
	event->call_ended.code = code;
	event->call_ended.text = g_strdup(text ? text : "");
	cusax_sip_call_push(call, event);
	tmr_cancel(&call->timer);
	tmr_cancel(&call->informing);
	g_clear_pointer(&call->session, cusax_session_free);
	call->media = mem_deref(call->media);
	tmr_start(&call->ending, 0, free_h, call);
}

/* Refuses what rings with code, ends what stands with BYE or CANCEL. */
void cusax_sip_call_end_ours(CusaxSipCall *call, CusaxEndReason reason, guint code,
			     const char *text)
{
	if (call->state == RINGING)
		(void)cusax_session_reject(call->session, code);
	cusax_sip_call_end(call, reason, call->state == ACTIVE ? 0 : code, text);
}

/* What a media error of a description means. */
static guint code_of_media(int err)
{
	return err == EBADMSG ? 400 : 488;
}

/* --- media ----------------------------------------------------------------------------------- */

static void media_changed(void *arg)
{
	CusaxSipCall *call = arg;

	if (call->state != ENDED && call->media && call->codec)
		cusax_sip_call_report_media(call);
}

static void media_dtmf(char key, void *arg)
{
	CusaxSipCall *call = arg;
	CusaxEvent *event;

	if (call->state == ENDED)
		return;
	event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_DTMF);
	event->call_dtmf.key = key;
	cusax_sip_call_push(call, event);
}

static void media_failed_h(void *arg)
{
	CusaxSipCall *call = arg;

	cusax_sip_call_end_ours(call, CUSAX_END_FAILED, 480, call->failure);
}

static void media_failed(G_GNUC_UNUSED CusaxError code, const char *text, void *arg)
{
	CusaxSipCall *call = arg;

	if (call->state == ENDED)
		return;
	g_free(call->failure);
	call->failure = g_strdup(text);
	tmr_start(&call->ending, 0, media_failed_h, call);
}

static int send_invite(CusaxSipCall *call)
{
	struct mbuf *offer = NULL;
	int err = cusax_media_encode(call->media, true, &offer);

	if (!err)
		err = cusax_session_connect(&call->session, call->account, call->uri, offer,
					    call->headers, &cusax_sip_call_handlers, call);
	mem_deref(offer);
	return err;
}

static void media_gathered(void *arg)
{
	CusaxSipCall *call = arg;
	int err;

	cusax_sip_call_follow(call);

	if (call->state == DIALING && call->gathering) {
		call->gathering = false;
		err = send_invite(call);
		if (err)
			cusax_sip_call_end(call, CUSAX_END_FAILED, 0, g_strerror(err));
	} else if (call->state == RINGING && call->accept_op) {
		guint64 op = call->accept_op;
		g_autoptr(GError) error = NULL;

		call->accept_op = 0;
		error = cusax_sip_call_answer(call);
		cusax_sip_report_done(call->service, call->account->id, op, error);
	}
}

static void media_moved(bool input, const char *device, void *arg)
{
	CusaxSipCall *call = arg;
	CusaxEvent *event;

	if (call->state == ENDED)
		return;
	event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_DEVICE);
	event->call_device.input = input;
	event->call_device.device = g_strdup(device);
	cusax_sip_call_push(call, event);
}

static void media_recorded(const char *text, void *arg)
{
	CusaxSipCall *call = arg;

	cusax_sip_call_recording(call, false, text);
	cusax_sip_call_done(call, &call->record_op, CUSAX_ERROR_FAILED, text);
}

/* The stricter of what the account and the user's policy ask for. */
static CusaxSrtpPolicy srtp_policy(const CusaxSipAccount *account)
{
	int policy = CUSAX_SRTP_PREFER;

	if (cusax_settings_boolean(account->policy, "require-srtp"))
		return CUSAX_SRTP_REQUIRE;
	cusax_word_parse(CUSAX_TYPE_SRTP_POLICY, cusax_settings_string(account->settings, "srtp"),
			 &policy);
	return (CusaxSrtpPolicy)policy;
}

int cusax_sip_call_alloc_media(CusaxSipCall *call, const char *input, const char *output)
{
	g_autofree char *log_id = g_strdup_printf("%" G_GUINT64_FORMAT, call->id);
	const struct cusax_media_config config = {
		.log_id = log_id,
		.local = &call->account->local,
		.settings = call->account->settings,
		.srtp = call->insists ? CUSAX_SRTP_REQUIRE : srtp_policy(call->account),
		.signalling_secure = call->account->tls != NULL,
		.relays = call->account->relays,
		.turn_secret = cusax_credentials_secret(call->account->credentials),
		.dnsc = call->account->dnsc,
		.input_device = input,
		.output_device = output,
	};
	const struct cusax_media_handlers handlers = {
		.changed = media_changed,
		.dtmf = media_dtmf,
		.failed = media_failed,
		.gathered = media_gathered,
		.moved = media_moved,
		.recorded = media_recorded,
		.arg = call,
	};

	int err = cusax_media_alloc(&call->media, &config, &handlers);

	if (!err)
		cusax_media_voice(call->media, call->echo, call->noise);
	return err;
}

/* --- session --------------------------------------------------------------------------------- */

/* No microphone before the answer, whoever offers what before it. */
static int start_media(CusaxSipCall *call)
{
	int err;

	if (call->state == DIALING || call->state == RINGING)
		return cusax_media_start_early(call->media);
	err = cusax_media_start(call->media);
	if (!err && call->state == ACTIVE)
		cusax_sip_call_report_media(call);
	return err;
}

static int session_offer(struct mbuf *sdp, struct mbuf **ret_sdp, void *arg)
{
	CusaxSipCall *call = arg;
	const char *why = NULL;
	int err;

	if (sdp) {
		err = cusax_media_decode(call->media, sdp, true, &why);
		if (err) {
			cusax_info(call->account->id, "a change of the call is refused: %s", why);
			return err;
		}
	}
	err = cusax_media_encode(call->media, !sdp, ret_sdp);
	if (err || !sdp)
		return err;
	(void)start_media(call);
	return 0;
}

static int session_answer(struct mbuf *sdp, void *arg)
{
	CusaxSipCall *call = arg;
	const char *why = NULL;
	int err = cusax_media_decode(call->media, sdp, false, &why);

	if (err) {
		call->refusal = why;
		return err;
	}
	err = cusax_media_start(call->media);
	if (!err && call->state == ACTIVE)
		cusax_sip_call_report_media(call);
	return err;
}

/* What is played before the answer; a description that cannot be taken is no reason to end. */
static void session_early(struct mbuf *sdp, void *arg)
{
	CusaxSipCall *call = arg;
	const char *why = NULL;

	if (call->state != DIALING)
		return;
	if (cusax_media_decode(call->media, sdp, false, &why) == 0) {
		call->early = cusax_media_start_early(call->media) == 0;
		cusax_sip_call_report_media(call);
	} else {
		cusax_info(call->account->id, "early media are refused: %s", why);
	}
}

static void session_progress(guint code, void *arg)
{
	CusaxSipCall *call = arg;
	CusaxEvent *event;

	if (code <= 100 || call->state != DIALING)
		return;
	call->rang = true;
	event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_RINGING);
	event->call_ringing.code = code;
	event->call_ringing.early_media = call->early;
	cusax_sip_call_push(call, event);
}

static void session_established(void *arg)
{
	CusaxSipCall *call = arg;

	if (call->state == ENDED)
		return;
	tmr_cancel(&call->timer);
	call->state = ACTIVE;
	cusax_sip_call_push(call, cusax_sip_call_event(call, CUSAX_EVENT_CALL_ANSWERED));
	cusax_sip_call_report_media(call);
}

static void session_modified(bool accepted, guint code, void *arg)
{
	CusaxSipCall *call = arg;

	if (call->state == ACTIVE && call->moving)
		cusax_sip_call_followed(call, accepted, code);
	if (call->state == ACTIVE && call->hold_op)
		cusax_sip_call_hold_over(call, cusax_sip_error_code(code),
					 accepted ? NULL
						  : "the other side did not take the change");
}

static void session_key(char key, void *arg)
{
	media_dtmf(key, arg);
}

/* Why an outgoing call that was not answered is over. */
static void close_dialing(CusaxSipCall *call, const struct cusax_session_end *over)
{
	if (cusax_sip_call_insist(call, over->code))
		return;
	if (over->code >= 400) {
		g_autofree char *text = cusax_sip_refusal_text(
			over->code, call->account->target->domain, call->other_domain, over->text);

		cusax_sip_call_end(call, cusax_sip_end_reason(over->code, call->rang), over->code,
				   text);
	} else if (over->code >= 300) {
		cusax_sip_call_redirected(call, over->other);
		cusax_sip_call_end(call, cusax_sip_end_reason(over->code, call->rang), over->code,
				   over->text);
	} else if (over->err == ETIMEDOUT)
		cusax_sip_call_end(call, call->rang ? CUSAX_END_NO_ANSWER : CUSAX_END_UNREACHABLE,
				   408, "the other side does not answer");
	else if (over->err == EACCES)
		cusax_sip_call_end(call, CUSAX_END_REFUSED_BY_POLICY, 488, call->refusal);
	else if (over->code >= 200)
		cusax_sip_call_end(call, CUSAX_END_FAILED, 488, call->refusal);
	else
		cusax_sip_call_end(call, CUSAX_END_UNREACHABLE, 0, g_strerror(over->err));
}

static void close_ringing(CusaxSipCall *call, const struct cusax_session_end *over)
{
	if (over->elsewhere)
		cusax_sip_call_end(call, CUSAX_END_ANSWERED_ELSEWHERE, 487, over->text);
	else
		cusax_sip_call_end(call, CUSAX_END_CANCELLED, 487, over->text);
}

static void session_closed(const struct cusax_session_end *over, void *arg)
{
	CusaxSipCall *call = arg;

	switch (call->state) {
	case DIALING:
		close_dialing(call, over);
		break;
	case RINGING:
		close_ringing(call, over);
		break;
	case ANSWERED:
	case ACTIVE:
		if (over->err == EACCES)
			cusax_sip_call_end(call, CUSAX_END_REFUSED_BY_POLICY, 488, call->refusal);
		else if (over->err == ECONNRESET)
			cusax_sip_call_end(call, CUSAX_END_REMOTE_HANGUP, 0, over->text);
		else
			cusax_sip_call_end(call, CUSAX_END_FAILED, over->code,
					   over->text ? over->text : g_strerror(over->err));
		break;
	case ENDED:
		break;
	}
}

const struct cusax_session_handlers cusax_sip_call_handlers = {
	.offer = session_offer,
	.answer = session_answer,
	.early = session_early,
	.progress = session_progress,
	.established = session_established,
	.modified = session_modified,
	.key = session_key,
	.informed = cusax_sip_call_key_over,
	.referred = cusax_sip_call_referred,
	.transferred = cusax_sip_call_transferred,
	.closed = session_closed,
};

/* --- the INVITE of an outgoing call ---------------------------------------------------------- */

int cusax_sip_call_invite(CusaxSipCall *call)
{
	int err = cusax_sip_call_alloc_media(call, call->input, call->output);

	if (err)
		return err;
	call->gathering = !cusax_media_gather(call->media, true);
	return call->gathering ? 0 : send_invite(call);
}

static void insist_h(void *arg)
{
	CusaxSipCall *call = arg;
	int err;

	if (call->state != DIALING)
		return;
	g_clear_pointer(&call->session, cusax_session_free);
	call->media = mem_deref(call->media);
	err = cusax_sip_call_invite(call);
	if (err)
		cusax_sip_call_end(call, CUSAX_END_FAILED, 488, g_strerror(err));
}

bool cusax_sip_call_insist(CusaxSipCall *call, guint code)
{
	if ((code != 488 && code != 606) || call->insists || !call->account->tls ||
	    srtp_policy(call->account) != CUSAX_SRTP_PREFER)
		return false;
	call->insists = true;
	cusax_info(call->account->id,
		   "call %" G_GUINT64_FORMAT " was refused with %u: offering encryption alone",
		   call->id, code);
	/* Out of the handler of the session that ends. */
	tmr_start(&call->ending, 0, insist_h, call);
	return true;
}

/* --- begin ----------------------------------------------------------------------------------- */

CusaxSipCall *cusax_sip_call_new(CusaxSipAccount *account, guint64 id, enum state state)
{
	CusaxSipCall *call = g_new0(CusaxSipCall, 1);

	call->service = account->service;
	call->account = account;
	call->id = id;
	call->state = state;
	call->outgoing = state == DIALING;
	call->keys = g_string_new(NULL);
	tmr_init(&call->timer);
	tmr_init(&call->ending);
	tmr_init(&call->informing);
	g_hash_table_insert(account->service->calls, &call->id, call);
	return call;
}

static void no_answer_h(void *arg)
{
	CusaxSipCall *call = arg;

	cusax_sip_call_end_ours(call, CUSAX_END_NO_ANSWER, call->outgoing ? 487 : 480,
				"nobody answered");
}

void cusax_sip_call_ring(CusaxSipCall *call)
{
	tmr_start(&call->timer, RING_MS, no_answer_h, call);
}

static guint count_ringing(const CusaxSipAccount *account)
{
	GHashTableIter iter;
	gpointer value;
	guint n = 0;

	/* All accounts ring on the same desk. */
	g_hash_table_iter_init(&iter, account->service->calls);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		n += ((CusaxSipCall *)value)->state == RINGING;
	return n;
}

static char *header_copy(const struct sip_msg *msg, enum sip_hdrid id)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, id);

	return hdr ? g_strndup(hdr->val.p, MIN(hdr->val.l, 1024)) : NULL;
}

static char *uri_copy(const struct pl *uri)
{
	g_autofree char *raw = g_strndup(uri->p, MIN(uri->l, 512));

	return g_utf8_make_valid(raw, -1);
}

/* Whole lines: libre's own comma splitting knows nothing of "<>". */
static GStrv read_impp(const struct sip_msg *msg)
{
	g_autoptr(GPtrArray) uris = g_ptr_array_new();

	for (struct le *le = msg->hdrl.head; le; le = le->next) {
		const struct sip_hdr *hdr = le->data;

		if (hdr->id == SIP_HDR_CALL_INFO)
			cusax_sip_read_call_info(hdr->val.p, hdr->val.l, uris);
	}
	g_ptr_array_add(uris, NULL);
	return (GStrv)g_ptr_array_free(g_steal_pointer(&uris), FALSE);
}

/* RFC 3325: from the proxy alone (the guard saw to that). */
char *cusax_sip_read_asserted(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_P_ASSERTED_IDENTITY);
	struct sip_addr address;

	if (!hdr || sip_addr_decode(&address, &hdr->val))
		return NULL;
	return uri_copy(&address.auri);
}

/* Believed only where TLS proves that it is the proxy. */
char *cusax_sip_asserted_uri(const CusaxSipAccount *account, const struct sip_msg *msg)
{
	return account->tls ? cusax_sip_read_asserted(msg) : NULL;
}

static void report_incoming(CusaxSipCall *call, const struct sip_msg *msg, guint64 replaces)
{
	CusaxEvent *event = cusax_sip_call_event(call, CUSAX_EVENT_CALL_INCOMING);
	g_autofree char *user = g_strndup(msg->from.uri.user.p, msg->from.uri.user.l);
	g_autofree char *host = g_strndup(msg->from.uri.host.p, msg->from.uri.host.l);
	g_autofree char *privacy = header_copy(msg, SIP_HDR_PRIVACY);

	event->call_incoming.uri = uri_copy(&msg->from.auri);
	if (msg->from.dname.p)
		event->call_incoming.name = cusax_sip_text(msg->from.dname.p, msg->from.dname.l);
	event->call_incoming.asserted_uri = cusax_sip_asserted_uri(call->account, msg);
	if (!event->call_incoming.asserted_uri)
		event->call_incoming.unproven_uri = cusax_sip_read_asserted(msg);
	g_strfreev(event->call_incoming.impp);
	event->call_incoming.impp = read_impp(msg);
	event->call_incoming.audio = TRUE;
	event->call_incoming.replaces = replaces;
	event->call_incoming.video = cusax_media_has_video(call->media);
	event->call_incoming.anonymous = cusax_sip_is_anonymous(user, host ? host : "", privacy);
	cusax_sip_call_push(call, event);
}

/* Takes the offer, where there is one; the code to refuse with, or 0. */
static guint take_offer(CusaxSipCall *call, const struct sip_msg *msg)
{
	const char *why = NULL;
	struct mbuf *sdp;
	int err = cusax_sip_call_alloc_media(call, NULL, NULL);

	if (err)
		return 480;
	call->delayed = mbuf_get_left(msg->mb) == 0;
	if (call->delayed)
		return 0;
	sdp = cusax_session_copy_body(msg);
	if (!sdp)
		return 480;
	err = cusax_media_decode(call->media, sdp, true, &why);
	mem_deref(sdp);
	if (!err)
		return 0;
	cusax_info(call->account->id, "an incoming call is refused: %s", why);
	cusax_sip_report_refused(call->account, err == EACCES ? "no-encryption" : "bad-offer");
	return code_of_media(err);
}

/* The call that an INVITE is to take the place of; *ret_code is set where it names none of ours. */
static guint64 read_replaced(CusaxSipAccount *account, const struct sip_msg *msg, guint *ret_code)
{
	struct cusax_session *session;
	CusaxSipCall *call;

	if (!sip_msg_hdr(msg, SIP_HDR_REPLACES))
		return 0;
	session = cusax_session_replaced(account, msg, ret_code);
	call = session ? cusax_session_owner(session) : NULL;
	if (call) {
		*ret_code = 0;
		return call->id;
	}
	cusax_sip_report_refused(account, "replaces");
	return 0;
}

void cusax_sip_call_incoming(CusaxSipAccount *account, const struct sip_msg *msg)
{
	CusaxSipCall *call = NULL;
	guint code = 0;
	guint64 replaces = read_replaced(account, msg, &code);

	if (count_ringing(account) >= cusax_settings_uint(account->policy, "max-incoming-calls") ||
	    g_hash_table_size(account->service->calls) >= CUSAX_SIP_MAX_CALLS) {
		code = 486;
		cusax_sip_report_refused(account, "too-many-calls");
	}
	if (!code) {
		call = cusax_sip_call_new(account, cusax_id_next(), RINGING);
		code = take_offer(call, msg);
	}
	if (!code &&
	    cusax_session_take(&call->session, account, msg, &cusax_sip_call_handlers, call))
		code = 400;
	if (!code) {
		cusax_sip_call_ring(call);
		report_incoming(call, msg, replaces);
		return;
	}
	(void)sip_treply(NULL, account->sip, msg, (uint16_t)code, cusax_sip_phrase(code));
	if (call)
		g_hash_table_remove(account->service->calls, &call->id);
}

/* --- all of an account ----------------------------------------------------------------------- */

GPtrArray *cusax_sip_calls_of(const CusaxSipAccount *account)
{
	GPtrArray *calls = g_ptr_array_new();
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, account->service->calls);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		if (((CusaxSipCall *)value)->account == account)
			g_ptr_array_add(calls, value);
	}
	return calls;
}

void cusax_sip_calls_leave(CusaxSipAccount *account)
{
	g_autoptr(GPtrArray) calls = cusax_sip_calls_of(account);

	for (guint i = 0; i < calls->len; i++) {
		CusaxSipCall *call = calls->pdata[i];

		if (call->state == RINGING)
			cusax_sip_call_end_ours(call, CUSAX_END_FAILED, 480,
						"the account was disconnected");
		else if (call->state != ENDED)
			cusax_sip_call_hang_up(call);
	}
}

void cusax_sip_calls_fail(CusaxSipAccount *account, const char *text)
{
	g_autoptr(GPtrArray) calls = cusax_sip_calls_of(account);

	for (guint i = 0; i < calls->len; i++)
		cusax_sip_call_end(calls->pdata[i], CUSAX_END_FAILED, 0, text);
}

void cusax_sip_calls_drop(CusaxSipAccount *account)
{
	g_autoptr(GPtrArray) calls = cusax_sip_calls_of(account);

	for (guint i = 0; i < calls->len; i++)
		g_hash_table_remove(account->service->calls,
				    &((CusaxSipCall *)calls->pdata[i])->id);
}

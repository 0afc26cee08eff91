/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls: what the core asks and hears of them. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/call.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/facts.h"
#include "daemon/base/log.h"
#include "daemon/base/sip-uri.h"
#include "services/media.h"
#include "services/sip/headers.h"
#include "services/sip/session.h"
#include "services/sip/sip-status.h"

#define MAX_CALLS 16
#define RING_MS   120000
#define MODIFY_MS 8000
#define INFO_MS   8000
#define MAX_KEYS  64
#define DTMF_KEYS "0123456789*#ABCD"

enum state {
	DIALING,  /* outgoing, until it is answered */
	RINGING,  /* incoming, until we answer */
	ANSWERED, /* 200 was sent or taken; waits for ACK where it is ours */
	ACTIVE,
	ENDED, /* told the core; waits for the next turn to be freed */
};

struct CusaxSipCall {
	CusaxSipService *service;
	CusaxSipAccount *account;
	guint64 id;
	enum state state;
	bool outgoing;
	bool rang;    /* outgoing: the other side was heard of */
	bool delayed; /* incoming without an offer: ours goes in the 200 */
	bool held;
	bool wants_held;     /* what the re-INVITE under way is to bring */
	const char *refusal; /* why policy refused the description; static */
	struct cusax_session *session;
	struct cusax_media *media;
	struct tmr timer;  /* ringing; then the re-INVITE */
	struct tmr ending; /* frees, or ends for failed media, out of handlers */
	struct tmr informing;
	char *codec; /* as reported, with the next two; NULL: nothing was */
	CusaxEncryption encryption;
	bool remote_held;
	char *failure;            /* of the media */
	guint64 hold_op, keys_op; /* operations that wait; 0: none */
	GString *keys;            /* to be sent by INFO */
};

/* --- events ---------------------------------------------------------------------------------- */

static CusaxEvent *event_new(CusaxSipCall *call, CusaxEventKind kind)
{
	CusaxEvent *event = cusax_event_new(kind, call->account->id);

	event->call = call->id;
	return event;
}

static void push(CusaxSipCall *call, CusaxEvent *event)
{
	cusax_event_queue_push(call->service->events, event);
}

static void done(CusaxSipCall *call, guint64 *op, CusaxError code, const char *text)
{
	g_autoptr(GError) error = text ? g_error_new_literal(CUSAX_ERROR, code, text) : NULL;

	if (*op)
		cusax_sip_report_done(call->service, call->account->id, *op, error);
	*op = 0;
}

/* Only what is new is told. */
static void report_media(CusaxSipCall *call)
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
	event = event_new(call, CUSAX_EVENT_CALL_MEDIA);
	event->call_media.encryption = encryption;
	event->call_media.codec = g_strdup(codec);
	event->call_media.remote_held = held;
	push(call, event);
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
	g_free(call);
}

static void free_h(void *arg)
{
	CusaxSipCall *call = arg;

	g_hash_table_remove(call->service->calls, &call->id);
}

/* The one way into ENDED: tells the core and lets go of wire and media. The call itself goes in the
 * next turn, as this may run inside a handler of its session or media. */
static void end(CusaxSipCall *call, CusaxEndReason reason, guint code, const char *text)
{
	CusaxEvent *event;

	if (call->state == ENDED)
		return;
	cusax_info(call->account->id, "call %" G_GUINT64_FORMAT " ended: %s (%u%s%s)", call->id,
		   cusax_word(CUSAX_TYPE_END_REASON, reason), code, text ? " " : "",
		   text ? text : "");
	call->state = ENDED;
	done(call, &call->hold_op, CUSAX_ERROR_WRONG_STATE, "the call is over");
	done(call, &call->keys_op, CUSAX_ERROR_WRONG_STATE, "the call is over");
	event = event_new(call, CUSAX_EVENT_CALL_ENDED);
	event->call_ended.reason = reason;
	event->call_ended.code = code;
	event->call_ended.text = g_strdup(text ? text : "");
	push(call, event);
	tmr_cancel(&call->timer);
	tmr_cancel(&call->informing);
	g_clear_pointer(&call->session, cusax_session_free);
	call->media = mem_deref(call->media);
	tmr_start(&call->ending, 0, free_h, call);
}

/* Refuses what rings with code, ends what stands with BYE or CANCEL. */
static void end_ours(CusaxSipCall *call, CusaxEndReason reason, guint code, const char *text)
{
	if (call->state == RINGING)
		(void)cusax_session_reject(call->session, code);
	end(call, reason, call->state == ACTIVE ? 0 : code, text);
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
		report_media(call);
}

static void media_dtmf(char key, void *arg)
{
	CusaxSipCall *call = arg;
	CusaxEvent *event;

	if (call->state == ENDED)
		return;
	event = event_new(call, CUSAX_EVENT_CALL_DTMF);
	event->call_dtmf.key = key;
	push(call, event);
}

static void media_failed_h(void *arg)
{
	CusaxSipCall *call = arg;

	end_ours(call, CUSAX_END_FAILED, 480, call->failure);
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

static int alloc_media(CusaxSipCall *call, const char *input, const char *output)
{
	g_autofree char *log_id = g_strdup_printf("%" G_GUINT64_FORMAT, call->id);
	const struct cusax_media_config config = {
		.log_id = log_id,
		.local = &call->account->local,
		.settings = call->account->settings,
		.srtp = srtp_policy(call->account),
		.signalling_secure = call->account->tls != NULL,
		.input_device = input,
		.output_device = output,
	};
	const struct cusax_media_handlers handlers = {
		.changed = media_changed,
		.dtmf = media_dtmf,
		.failed = media_failed,
		.arg = call,
	};

	return cusax_media_alloc(&call->media, &config, &handlers);
}

/* --- session --------------------------------------------------------------------------------- */

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
	(void)cusax_media_start(call->media);
	if (call->state == ACTIVE)
		report_media(call);
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
		report_media(call);
	return err;
}

static void session_progress(guint code, void *arg)
{
	CusaxSipCall *call = arg;
	CusaxEvent *event;

	if (code <= 100 || call->state != DIALING)
		return;
	call->rang = true;
	event = event_new(call, CUSAX_EVENT_CALL_RINGING);
	event->call_ringing.code = code;
	push(call, event);
}

static void session_established(void *arg)
{
	CusaxSipCall *call = arg;

	if (call->state == ENDED)
		return;
	tmr_cancel(&call->timer);
	call->state = ACTIVE;
	push(call, event_new(call, CUSAX_EVENT_CALL_ANSWERED));
	report_media(call);
}

static void finish_hold(CusaxSipCall *call, CusaxError code, const char *text)
{
	tmr_cancel(&call->timer);
	if (text) {
		call->wants_held = call->held;
		cusax_media_hold(call->media, call->held);
	} else {
		call->held = call->wants_held;
	}
	done(call, &call->hold_op, code, text);
}

static void session_modified(bool accepted, guint code, void *arg)
{
	CusaxSipCall *call = arg;

	if (call->state == ACTIVE && call->hold_op)
		finish_hold(call, cusax_sip_error_code(code),
			    accepted ? NULL : "the other side did not take the change");
}

static void session_key(char key, void *arg)
{
	media_dtmf(key, arg);
}

static void send_next_key(CusaxSipCall *call);

static void session_informed(bool accepted, void *arg)
{
	CusaxSipCall *call = arg;

	tmr_cancel(&call->informing);
	if (accepted) {
		send_next_key(call);
		return;
	}
	g_string_truncate(call->keys, 0);
	done(call, &call->keys_op, CUSAX_ERROR_UNSUPPORTED, "the other side takes no keys");
}

/* Why an outgoing call that was not answered is over. */
static void close_dialing(CusaxSipCall *call, const struct cusax_session_end *over)
{
	if (over->code >= 300)
		end(call, cusax_sip_end_reason(over->code, call->rang), over->code, over->text);
	else if (over->err == ETIMEDOUT)
		end(call, call->rang ? CUSAX_END_NO_ANSWER : CUSAX_END_UNREACHABLE, 408,
		    "the other side does not answer");
	else if (over->err == EACCES)
		end(call, CUSAX_END_REFUSED_BY_POLICY, 488, call->refusal);
	else if (over->code >= 200)
		end(call, CUSAX_END_FAILED, 488, call->refusal);
	else
		end(call, CUSAX_END_UNREACHABLE, 0, g_strerror(over->err));
}

static void close_ringing(CusaxSipCall *call, const struct cusax_session_end *over)
{
	if (over->elsewhere)
		end(call, CUSAX_END_ANSWERED_ELSEWHERE, 487, over->text);
	else
		end(call, CUSAX_END_CANCELLED, 487, over->text);
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
			end(call, CUSAX_END_REFUSED_BY_POLICY, 488, call->refusal);
		else if (over->err == ECONNRESET)
			end(call, CUSAX_END_REMOTE_HANGUP, 0, over->text);
		else
			end(call, CUSAX_END_FAILED, over->code,
			    over->err ? g_strerror(over->err) : over->text);
		break;
	case ENDED:
		break;
	}
}

static const struct cusax_session_handlers session_handlers = {
	.offer = session_offer,
	.answer = session_answer,
	.progress = session_progress,
	.established = session_established,
	.modified = session_modified,
	.key = session_key,
	.informed = session_informed,
	.closed = session_closed,
};

/* --- begin ----------------------------------------------------------------------------------- */

static CusaxSipCall *call_new(CusaxSipAccount *account, guint64 id, enum state state)
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

	end_ours(call, CUSAX_END_NO_ANSWER, call->outgoing ? 487 : 480, "nobody answered");
}

static GError *place(CusaxSipAccount *account, const CusaxOperation *operation)
{
	g_autoptr(CusaxSipUri) target = NULL;
	g_autofree char *uri = NULL;
	g_autofree char *impp = NULL;
	g_autofree char *call_info = NULL;
	struct mbuf *offer = NULL;
	GError *error = NULL;
	CusaxSipCall *call;
	int err;

	target = cusax_sip_uri_parse(operation->place.uri, &error);
	if (!target || target->scheme == CUSAX_SCHEME_TEL) {
		g_clear_error(&error);
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					   "uri: is not a SIP address");
	}
	uri = cusax_sip_uri_to_string(target);
	if (operation->place.impp)
		impp = cusax_sip_xmpp_uri(operation->place.impp);
	/* C71: RFC 6993 */
	call_info = impp ? g_strdup_printf("Call-Info: <%s>;purpose=impp\r\n", impp) : g_strdup("");
	call = call_new(account, operation->call, DIALING);
	err = alloc_media(call, operation->place.input_device, operation->place.output_device);
	if (!err)
		err = cusax_media_encode(call->media, true, &offer);
	if (!err)
		err = cusax_session_connect(&call->session, account, uri, offer, call_info,
					    &session_handlers, call);
	mem_deref(offer);
	if (!err) {
		tmr_start(&call->timer, RING_MS, no_answer_h, call);
		return NULL;
	}
	g_hash_table_remove(account->service->calls, &call->id);
	return g_error_new(CUSAX_ERROR,
			   err == EADDRINUSE ? CUSAX_ERROR_LIMIT_EXCEEDED : CUSAX_ERROR_FAILED,
			   "the call cannot be placed: %s",
			   err == EADDRINUSE ? "no media port is free" : g_strerror(err));
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

/* RFC 3325: believed from the proxy alone (the guard saw to that), and only where TLS proves that it
 * is the proxy. */
static char *asserted_uri(const CusaxSipAccount *account, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_P_ASSERTED_IDENTITY);
	struct sip_addr address;

	if (!hdr || !account->tls || sip_addr_decode(&address, &hdr->val))
		return NULL;
	return uri_copy(&address.auri);
}

static void report_incoming(CusaxSipCall *call, const struct sip_msg *msg)
{
	CusaxEvent *event = event_new(call, CUSAX_EVENT_CALL_INCOMING);
	g_autofree char *user = g_strndup(msg->from.uri.user.p, msg->from.uri.user.l);
	g_autofree char *host = g_strndup(msg->from.uri.host.p, msg->from.uri.host.l);
	g_autofree char *privacy = header_copy(msg, SIP_HDR_PRIVACY);

	event->call_incoming.uri = uri_copy(&msg->from.auri);
	if (msg->from.dname.p)
		event->call_incoming.name = cusax_sip_text(msg->from.dname.p, msg->from.dname.l);
	event->call_incoming.asserted_uri = asserted_uri(call->account, msg);
	g_strfreev(event->call_incoming.impp);
	event->call_incoming.impp = read_impp(msg);
	event->call_incoming.audio = TRUE;
	event->call_incoming.video = cusax_media_has_video(call->media);
	event->call_incoming.anonymous = cusax_sip_is_anonymous(user, host, privacy);
	push(call, event);
}

/* Takes the offer, where there is one; the code to refuse with, or 0. */
static guint take_offer(CusaxSipCall *call, const struct sip_msg *msg)
{
	size_t length = mbuf_get_left(msg->mb);
	const char *why = NULL;
	struct mbuf *sdp;
	int err = alloc_media(call, NULL, NULL);

	if (err)
		return 480;
	call->delayed = length == 0;
	if (call->delayed)
		return 0;
	sdp = mbuf_alloc(length);
	if (!sdp || mbuf_write_mem(sdp, mbuf_buf(msg->mb), length)) {
		mem_deref(sdp);
		return 480;
	}
	sdp->pos = 0;
	err = cusax_media_decode(call->media, sdp, true, &why);
	mem_deref(sdp);
	if (!err)
		return 0;
	cusax_info(call->account->id, "an incoming call is refused: %s", why);
	cusax_sip_report_refused(call->account, err == EACCES ? "no-encryption" : "bad-offer");
	return code_of_media(err);
}

void cusax_sip_call_incoming(CusaxSipAccount *account, const struct sip_msg *msg)
{
	CusaxSipCall *call = NULL;
	guint code = 0;

	if (account->disabled & CUSAX_FEATURE_AUDIO)
		code = 488;
	else if (count_ringing(account) >=
			 cusax_settings_uint(account->policy, "max-incoming-calls") ||
		 g_hash_table_size(account->service->calls) >= MAX_CALLS)
		code = 486;
	if (code) {
		cusax_sip_report_refused(account, code == 486 ? "too-many-calls" : "disabled");
	} else {
		call = call_new(account, cusax_id_next(), RINGING);
		code = take_offer(call, msg);
	}
	if (!code && cusax_session_ring(&call->session, account, msg, &session_handlers, call))
		code = 400;
	if (!code) {
		tmr_start(&call->timer, RING_MS, no_answer_h, call);
		report_incoming(call, msg);
		return;
	}
	(void)sip_treply(NULL, account->sip, msg, (uint16_t)code, cusax_sip_phrase(code));
	if (call)
		g_hash_table_remove(account->service->calls, &call->id);
}

/* --- operations ------------------------------------------------------------------------------ */

static GError *wrong_state(const char *text)
{
	return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE, text);
}

static GError *accept_call(CusaxSipCall *call, const CusaxOperation *operation)
{
	struct mbuf *sdp = NULL;
	int err;

	if (call->state != RINGING)
		return wrong_state("the call does not ring");
	if (operation->accept.input_device)
		(void)cusax_media_device(call->media, true, operation->accept.input_device);
	if (operation->accept.output_device)
		(void)cusax_media_device(call->media, false, operation->accept.output_device);
	err = cusax_media_encode(call->media, call->delayed, &sdp);
	if (!err)
		err = cusax_session_answer(call->session, sdp);
	mem_deref(sdp);
	if (err) {
		end_ours(call, CUSAX_END_FAILED, 480, "the call could not be answered");
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

static GError *decline(CusaxSipCall *call, guint code)
{
	if (call->state != RINGING)
		return wrong_state("the call does not ring");
	if (code < 400 || code > 699)
		code = 603;
	end_ours(call, CUSAX_END_DECLINED, code, NULL);
	return NULL;
}

static GError *hang_up(CusaxSipCall *call)
{
	switch (call->state) {
	case DIALING:
		end(call, CUSAX_END_CANCELLED, 487, NULL);
		break;
	case RINGING:
		end_ours(call, CUSAX_END_DECLINED, 603, NULL);
		break;
	case ANSWERED:
	case ACTIVE:
		end(call, CUSAX_END_LOCAL_HANGUP, 0, NULL);
		break;
	case ENDED:
		return wrong_state("the call is over");
	}
	return NULL;
}

static void modify_deadline_h(void *arg)
{
	finish_hold(arg, CUSAX_ERROR_TIMEOUT, "the other side did not answer the change");
}

static GError *hold(CusaxSipCall *call, const CusaxOperation *operation)
{
	struct mbuf *offer = NULL;
	int err;

	if (call->state != ACTIVE)
		return wrong_state("the call is not answered");
	if (call->hold_op)
		return wrong_state("the call is being changed");
	if (call->held == !!operation->toggle.on) {
		cusax_sip_report_done(call->service, call->account->id, operation->id, NULL);
		return NULL;
	}
	call->hold_op = operation->id;
	call->wants_held = operation->toggle.on;
	cusax_media_hold(call->media, call->wants_held);
	err = cusax_media_encode(call->media, true, &offer);
	if (!err)
		err = cusax_session_modify(call->session, offer);
	mem_deref(offer);
	if (err)
		finish_hold(call, CUSAX_ERROR_FAILED, "the change could not be sent");
	else
		tmr_start(&call->timer, MODIFY_MS, modify_deadline_h, call);
	return NULL;
}

static void info_deadline_h(void *arg)
{
	session_informed(false, arg);
}

/* One INFO after the other, so that keys keep their order. */
static void send_next_key(CusaxSipCall *call)
{
	char key = call->keys->str[0];

	if (!key) {
		done(call, &call->keys_op, CUSAX_ERROR_FAILED, NULL);
		return;
	}
	g_string_erase(call->keys, 0, 1);
	tmr_start(&call->informing, INFO_MS, info_deadline_h, call);
	if (cusax_session_info(call->session, key) != 0)
		session_informed(false, call);
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

static GError *check_place(CusaxSipService *service, const CusaxSipAccount *account,
			   const CusaxOperation *operation)
{
	if (account->disabled & CUSAX_FEATURE_AUDIO)
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
					   "calls are switched off for this account");
	if (g_hash_table_size(service->calls) >= MAX_CALLS)
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
	case CUSAX_OPERATION_ACCEPT:
		*ret_error = accept_call(call, operation);
		return TRUE;
	case CUSAX_OPERATION_DECLINE:
		*ret_error = decline(call, operation->decline.code);
		return TRUE;
	case CUSAX_OPERATION_HANGUP:
		*ret_error = hang_up(call);
		return TRUE;
	case CUSAX_OPERATION_MUTE:
		*ret_error = mute(call, operation);
		return TRUE;
	case CUSAX_OPERATION_DEVICE:
		*ret_error = move(call, operation);
		return TRUE;
	case CUSAX_OPERATION_HOLD:
		*ret_error = hold(call, operation);
		return *ret_error != NULL;
	case CUSAX_OPERATION_DTMF:
		*ret_error = press(call, operation);
		return *ret_error != NULL;
	case CUSAX_OPERATION_CALL:
	case CUSAX_OPERATION_CONNECT:
	case CUSAX_OPERATION_DISCONNECT:
	case CUSAX_OPERATION_PRESENCE:
	case CUSAX_OPERATION_ROSTER_SET:
	case CUSAX_OPERATION_ROSTER_REMOVE:
	case CUSAX_OPERATION_SUBSCRIPTION:
	case CUSAX_OPERATION_FETCH_VCARD:
	case CUSAX_OPERATION_PUBLISH_PHONES:
	case CUSAX_OPERATION_SEND_MESSAGE:
	case CUSAX_OPERATION_SEND_CHAT_STATE:
	case CUSAX_OPERATION_SEND_MARKER:
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

/* --- all of an account ----------------------------------------------------------------------- */

static GPtrArray *calls_of(CusaxSipAccount *account)
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
	g_autoptr(GPtrArray) calls = calls_of(account);

	for (guint i = 0; i < calls->len; i++) {
		CusaxSipCall *call = calls->pdata[i];

		if (call->state == RINGING)
			end_ours(call, CUSAX_END_FAILED, 480, "the account was disconnected");
		else if (call->state != ENDED)
			hang_up(call);
	}
}

void cusax_sip_calls_fail(CusaxSipAccount *account, const char *text)
{
	g_autoptr(GPtrArray) calls = calls_of(account);

	for (guint i = 0; i < calls->len; i++)
		end(calls->pdata[i], CUSAX_END_FAILED, 0, text);
}

void cusax_sip_calls_drop(CusaxSipAccount *account)
{
	g_autoptr(GPtrArray) calls = calls_of(account);

	for (guint i = 0; i < calls->len; i++)
		g_hash_table_remove(account->service->calls,
				    &((CusaxSipCall *)calls->pdata[i])->id);
}

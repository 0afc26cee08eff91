/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One SIP session on libre's sipsess, and what sipsess does not tell. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/session.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/log.h"
#include "services/sip/call.h"
#include "services/sip/guard.h"
#include "services/sip/headers.h"
#include "services/sip/refusal.h"
#include "services/sip/sip-status.h"

struct cusax_session {
	CusaxSipAccount *account;
	struct sipsess *libre; /* NULL once it is closed */
	struct cusax_auth_scope *scope;
	const struct cusax_session_handlers *handlers;
	void *arg;
	char *call_id;
	struct mbuf *first_offer;     /* outgoing */
	struct cusax_session_end end; /* gathered before the close comes */
	bool modifying;               /* a re-INVITE of ours waits for its answer */
	bool informing;
};

static char *allow_line(const CusaxSipAccount *account)
{
	g_autofree char *allow = cusax_guard_allow(account);

	return g_strdup_printf("Allow: %s\r\n", allow);
}

/* --- messages -------------------------------------------------------------------------------- */

static struct mbuf *copy_body(const struct sip_msg *msg)
{
	size_t length = mbuf_get_left(msg->mb);
	struct mbuf *body;

	if (length == 0)
		return NULL;
	body = mbuf_alloc(length);
	if (body && mbuf_write_mem(body, mbuf_buf(msg->mb), length))
		body = mem_deref(body);
	if (body)
		body->pos = 0;
	return body;
}

static bool has_sdp(const struct sip_msg *msg)
{
	return mbuf_get_left(msg->mb) > 0 && msg_ctype_cmp(&msg->ctyp, "application", "sdp");
}

static void take_text(struct cusax_session *session, char *text)
{
	g_free(session->end.text);
	session->end.text = text;
}

/* RFC 3326 */
static guint note_reason(struct cusax_session *session, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_REASON);
	char *text = NULL;
	guint cause;

	if (!hdr)
		return 0;
	cause = cusax_sip_read_reason(hdr->val.p, hdr->val.l, &text);
	if (text)
		take_text(session, text);
	return cause;
}

/* --- libre's handlers ------------------------------------------------------------------------ */

static int description_h(struct mbuf **ret_desc, G_GNUC_UNUSED const struct sa *src,
			 G_GNUC_UNUSED const struct sa *dst, void *arg)
{
	struct cusax_session *session = arg;

	*ret_desc = mem_ref(session->first_offer);
	return 0;
}

static int offer_h(struct mbuf **ret_desc, const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;
	struct mbuf *body;
	int err;

	*ret_desc = NULL;
	if (mbuf_get_left(msg->mb) > 0 && !has_sdp(msg))
		return ENOTSUP;
	body = copy_body(msg);
	err = session->handlers->offer(body, ret_desc, session->arg);
	mem_deref(body);
	return err;
}

static int answer_h(const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;
	struct mbuf *body = has_sdp(msg) ? copy_body(msg) : NULL;
	int err = EBADMSG;

	if (body)
		err = session->handlers->answer(body, session->arg);
	mem_deref(body);
	if (!session->modifying)
		return err;
	session->modifying = false;
	session->handlers->modified(!err, msg->scode, session->arg);
	return err;
}

static void progress_h(const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;

	cusax_auth_scope_progress(session->scope, msg->scode);
	session->handlers->progress(msg->scode, session->arg);
}

static void established_h(G_GNUC_UNUSED const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;

	cusax_auth_scope_close(session->scope);
	session->handlers->established(session->arg);
}

static void info_h(struct sip *sip, const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;
	char key = 0;

	if (msg_ctype_cmp(&msg->ctyp, "application", "dtmf-relay") ||
	    msg_ctype_cmp(&msg->ctyp, "application", "dtmf")) {
		key = cusax_sip_read_dtmf((const char *)mbuf_buf(msg->mb), mbuf_get_left(msg->mb));
		(void)sip_treply(NULL, sip, msg, key ? 200 : 400, key ? "OK" : "Not A Key");
	} else if (mbuf_get_left(msg->mb) == 0) {
		(void)sip_treply(NULL, sip, msg, 200, "OK"); /* RFC 2976 §2.2: a keep-alive */
	} else {
		(void)sip_treplyf(NULL, NULL, sip, msg, false, 415, "Unsupported Media Type",
				  "Accept: application/dtmf-relay\r\nContent-Length: 0\r\n\r\n");
	}
	if (key)
		session->handlers->key(key, session->arg);
}

static void close_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;

	session->end.err = err;
	if (msg && !msg->req) {
		session->end.code = msg->scode;
		if (!session->end.text)
			take_text(session, cusax_sip_refusal_cause(msg));
	}
	session->libre = mem_deref(session->libre);
	session->handlers->closed(&session->end, session->arg);
}

static const struct re_compat_session_handlers libre_handlers = {
	.desch = description_h,
	.offerh = offer_h,
	.answerh = answer_h,
	.progrh = progress_h,
	.estabh = established_h,
	.infoh = info_h,
	.closeh = close_h,
};

/* --- life ------------------------------------------------------------------------------------ */

static struct cusax_session *session_new(CusaxSipAccount *account,
					 const struct cusax_session_handlers *handlers, void *arg)
{
	struct cusax_session *session = g_new0(struct cusax_session, 1);

	session->account = account;
	session->handlers = handlers;
	session->arg = arg;
	session->scope = cusax_auth_scope_new(account->credentials, CUSAX_AUTH_CALL);
	return session;
}

static void enter(struct cusax_session *session)
{
	session->call_id = g_strdup(sip_dialog_callid(sipsess_dialog(session->libre)));
	g_hash_table_insert(session->account->sessions, session->call_id, session);
}

void cusax_session_free(struct cusax_session *session)
{
	if (!session)
		return;
	if (session->call_id &&
	    g_hash_table_lookup(session->account->sessions, session->call_id) == session)
		g_hash_table_remove(session->account->sessions, session->call_id);
	mem_deref(session->libre);
	mem_deref(session->scope);
	mem_deref(session->first_offer);
	g_free(session->call_id);
	g_free(session->end.text);
	g_free(session);
}

int cusax_session_connect(struct cusax_session **ret_session, CusaxSipAccount *account,
			  const char *to, struct mbuf *offer, const char *headers,
			  const struct cusax_session_handlers *handlers, void *arg)
{
	struct cusax_session *session = session_new(account, handlers, arg);
	g_autofree char *name = cusax_sip_account_name(account);
	g_autofree char *allow = allow_line(account);
	g_autofree char *lines = g_strconcat(allow, headers, NULL);
	int err;

	session->first_offer = mem_ref(offer);
	err = re_compat_connect(&session->libre, account->sock, to, name, account->target->aor,
				account->target->user, account->route, offer, session->scope,
				&libre_handlers, session, lines);

	if (err) {
		cusax_session_free(session);
		return err;
	}
	enter(session);
	*ret_session = session;
	return 0;
}

int cusax_session_ring(struct cusax_session **ret_session, CusaxSipAccount *account,
		       const struct sip_msg *msg, const struct cusax_session_handlers *handlers,
		       void *arg)
{
	struct cusax_session *session = session_new(account, handlers, arg);
	g_autofree char *allow = allow_line(account);
	int err = re_compat_accept(&session->libre, account->sock, msg, 180, "Ringing",
				   account->target->user, session->scope, &libre_handlers, session,
				   allow);

	/* We are the called side: a challenge in this dialog comes from the caller. */
	cusax_auth_scope_close(session->scope);
	if (err) {
		cusax_session_free(session);
		return err;
	}
	enter(session);
	*ret_session = session;
	return 0;
}

int cusax_session_answer(struct cusax_session *session, struct mbuf *sdp)
{
	g_autofree char *allow = allow_line(session->account);

	return sipsess_answer(session->libre, 200, "OK", sdp, "%s", allow);
}

int cusax_session_reject(struct cusax_session *session, guint code)
{
	return sipsess_reject(session->libre, (uint16_t)code, cusax_sip_phrase(code), NULL);
}

int cusax_session_modify(struct cusax_session *session, struct mbuf *offer)
{
	int err = sipsess_modify(session->libre, offer);

	session->modifying = !err;
	return err;
}

static void informed_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;

	session->informing = false;
	session->handlers->informed(!err && msg && msg->scode < 300, session->arg);
}

int cusax_session_info(struct cusax_session *session, char key)
{
	struct mbuf *body = mbuf_alloc(64);
	int err = body ? mbuf_printf(body, "Signal=%c\r\nDuration=100\r\n", key) : ENOMEM;

	if (!err) {
		body->pos = 0;
		err = sipsess_info(session->libre, "application/dtmf-relay", body, informed_h,
				   session);
	}
	mem_deref(body);
	session->informing = !err;
	return err;
}

/* --- around libre ---------------------------------------------------------------------------- */

void cusax_session_invite_h(const struct sip_msg *msg, void *arg)
{
	CusaxSipAccount *account = arg;
	guint code = 0;

	if (account->state != CUSAX_SIP_ONLINE || account->failure)
		code = 480;
	else if (mbuf_get_left(msg->mb) > 0 && !has_sdp(msg))
		code = 415;
	if (code == 415)
		(void)sip_treplyf(NULL, NULL, account->sip, msg, false, 415,
				  "Unsupported Media Type",
				  "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n");
	else if (code)
		(void)sip_treply(NULL, account->sip, msg, (uint16_t)code, cusax_sip_phrase(code));
	else
		cusax_sip_call_incoming(account, msg);
}

static struct cusax_session *find(CusaxSipAccount *account, const struct pl *call_id)
{
	g_autofree char *key = NULL;

	/* The trace comes before the guard: the header may be missing. */
	if (!call_id->p)
		return NULL;
	key = g_strndup(call_id->p, call_id->l);
	return g_hash_table_lookup(account->sessions, key);
}

struct cusax_session *cusax_session_find(CusaxSipAccount *account, const struct sip_msg *msg)
{
	struct cusax_session *session = find(account, &msg->callid);

	return session && session->libre && sip_dialog_cmp(sipsess_dialog(session->libre), msg)
		       ? session
		       : NULL;
}

void cusax_session_note_bye(CusaxSipAccount *account, const struct sip_msg *msg)
{
	struct cusax_session *session = cusax_session_find(account, msg);

	if (session)
		note_reason(session, msg);
}

/* A redirection is not followed: the session ends before libre would call the new target. */
static void refuse_redirection(struct cusax_session *session, const struct sip_msg *msg)
{
	session->end.code = msg->scode;
	take_text(session, g_strdup("the other side asks to call another address instead"));
	cusax_sip_report_refused(session->account, "redirection");
	session->libre = mem_deref(session->libre);
	session->handlers->closed(&session->end, session->arg);
}

static void trace_response(struct cusax_session *session, const struct sip_msg *msg)
{
	if (pl_strcmp(&msg->cseq.met, "INVITE") || msg->scode < 300 || !session->libre)
		return;
	if (session->modifying) {
		/* 491 and 500 with Retry-After are tried again by libre. */
		if (msg->scode == 491)
			return;
		session->modifying = false;
		session->handlers->modified(false, msg->scode, session->arg);
	} else if (msg->scode < 400) {
		refuse_redirection(session, msg);
	}
}

static void trace_cancel(CusaxSipAccount *account, const struct sip_msg *msg)
{
	struct cusax_session *session = find(account, &msg->callid);

	if (session && note_reason(session, msg) == 200)
		session->end.elsewhere = true;
}

void cusax_session_trace(CusaxSipAccount *account, const uint8_t *packet, size_t length)
{
	bool cancel = length > 7 && memcmp(packet, "CANCEL ", 7) == 0;
	bool refusal = length > 12 && memcmp(packet, "SIP/2.0 ", 8) == 0 && packet[8] >= '3';
	struct sip_msg *msg = NULL;
	struct mbuf *mb;

	if ((!cancel && !refusal) || g_hash_table_size(account->sessions) == 0)
		return;
	mb = mbuf_alloc(length);
	if (mb && mbuf_write_mem(mb, packet, length) == 0) {
		mb->pos = 0;
		(void)sip_msg_decode(&msg, mb);
	}
	if (msg && cancel) {
		trace_cancel(account, msg);
	} else if (msg) {
		struct cusax_session *session = find(account, &msg->callid);

		if (session)
			trace_response(session, msg);
	}
	mem_deref(msg);
	mem_deref(mb);
}

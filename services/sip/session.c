/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a session, and the requests inside its dialog. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include <errno.h>
#include <string.h>

#include "daemon/base/log.h"
#include "services/sip/call.h"
#include "services/sip/guard.h"
#include "services/sip/headers.h"
#include "services/sip/refusal.h"
#include "services/sip/session-private.h"
#include "services/sip/sip-status.h"

/* --- messages -------------------------------------------------------------------------------- */

/* An rtpmap without a clock rate describes nothing (RFC 8866 §6.6), and is no reason to refuse the
 * rest. */
static bool is_useless(const char *line, size_t length)
{
	return length > 9 && memcmp(line, "a=rtpmap:", 9) == 0 && !memchr(line, '/', length);
}

struct mbuf *cusax_session_copy_body(const struct sip_msg *msg)
{
	const char *line = (const char *)mbuf_buf(msg->mb);
	size_t left = mbuf_get_left(msg->mb), length;
	struct mbuf *body;
	int err = 0;

	if (left == 0)
		return NULL;
	body = mbuf_alloc(left);
	for (; body && left && !err; line += length, left -= length) {
		const char *end = memchr(line, '\n', left);

		length = end ? (size_t)(end - line) + 1 : left;
		if (!is_useless(line, length))
			err = mbuf_write_mem(body, (const uint8_t *)line, length);
	}
	if (err)
		body = mem_deref(body);
	if (body)
		body->pos = 0;
	return body;
}

bool cusax_session_has_sdp(const struct sip_msg *msg)
{
	return mbuf_get_left(msg->mb) > 0 && msg_ctype_cmp(&msg->ctyp, "application", "sdp");
}

static void take_text(struct cusax_session *session, char *text)
{
	g_free(session->end.text);
	session->end.text = text;
}

guint cusax_session_note_reason(struct cusax_session *session, const struct sip_msg *msg)
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

char *cusax_session_abilities(const CusaxSipAccount *account)
{
	g_autofree char *allow = cusax_guard_allow(account);

	return g_strdup_printf("Allow: %s\r\nSupported: %s\r\n", allow, CUSAX_GUARD_SUPPORTED);
}

void cusax_session_note_abilities(struct cusax_session *session, const struct sip_msg *msg)
{
	if (sip_msg_hdr(msg, SIP_HDR_ALLOW))
		session->peer_updates = sip_msg_hdr_has_value(msg, SIP_HDR_ALLOW, "UPDATE");
}

void cusax_session_count_challenge(CusaxSipAccount *account, const struct sip_msg *msg)
{
	if (msg && (msg->scode == 401 || msg->scode == 407))
		cusax_sip_report_refused(account, "no-digest");
}

int cusax_session_reply(struct cusax_session *session, struct sip_strans **transaction,
			const struct sip_msg *msg, guint code, const char *headers,
			struct mbuf *sdp, struct mbuf **ret)
{
	g_autofree char *abilities = cusax_session_abilities(session->account);
	g_autofree char *contact = cusax_dialog_contact(session->account);
	size_t length = sdp ? mbuf_get_left(sdp) : 0;

	return sip_treplyf(transaction, ret, session->account->sip, msg, true, (uint16_t)code,
			   cusax_sip_phrase(code), "%s%s%s%sContent-Length: %zu\r\n\r\n%b", contact,
			   abilities, headers ? headers : "",
			   length ? "Content-Type: application/sdp\r\n" : "", length,
			   length ? mbuf_buf(sdp) : NULL, length);
}

/* --- repetition ------------------------------------------------------------------------------ */

void cusax_session_repeat_stop(struct cusax_repeat *repeat)
{
	tmr_cancel(&repeat->timer);
	repeat->response = mem_deref(repeat->response);
	repeat->request = mem_deref(repeat->request);
}

static void repeat_now(struct cusax_session *session, struct cusax_repeat *repeat, tmr_h *again)
{
	struct sa to;

	repeat->waited += repeat->interval;
	if (repeat->waited >= CUSAX_ACK_WAIT_MS) {
		cusax_session_repeat_stop(repeat);
		repeat->gave_up(session);
		return;
	}
	sip_reply_addr(&to, repeat->request, true);
	repeat->response->pos = 0;
	(void)sip_send(session->account->sip, repeat->request->sock, repeat->request->tp, &to,
		       repeat->response);
	repeat->interval = MIN(2 * repeat->interval, CUSAX_T2_MS);
	tmr_start(&repeat->timer, repeat->interval, again, session);
}

static void reply_again_h(void *arg)
{
	struct cusax_session *session = arg;

	repeat_now(session, &session->reply, reply_again_h);
}

static void reliable_again_h(void *arg)
{
	struct cusax_session *session = arg;

	repeat_now(session, &session->reliable, reliable_again_h);
}

void cusax_session_repeat(struct cusax_session *session, struct cusax_repeat *repeat,
			  const struct sip_msg *request, struct mbuf *response,
			  void (*gave_up)(struct cusax_session *session))
{
	cusax_session_repeat_stop(repeat);
	repeat->request = mem_ref((void *)request);
	repeat->response = mem_ref(response);
	repeat->interval = CUSAX_T1_MS;
	repeat->waited = 0;
	repeat->gave_up = gave_up;
	tmr_start(&repeat->timer, repeat->interval,
		  repeat == &session->reply ? reply_again_h : reliable_again_h, session);
}

/* --- life ------------------------------------------------------------------------------------ */

struct cusax_session *cusax_session_new(CusaxSipAccount *account,
					const struct cusax_session_handlers *handlers, void *arg)
{
	struct cusax_session *session = g_new0(struct cusax_session, 1);

	session->account = account;
	session->handlers = handlers;
	session->arg = arg;
	session->scope = cusax_auth_scope_new(account->credentials, CUSAX_AUTH_CALL);
	session->forks = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_fork_free);
	tmr_init(&session->trying);
	tmr_init(&session->reliable.timer);
	tmr_init(&session->reply.timer);
	tmr_init(&session->change_timer);
	tmr_init(&session->timer);
	tmr_init(&session->refer_timer);
	return session;
}

static char *key_of(const struct pl *call_id, const struct pl *local_tag)
{
	if (!call_id->p || !local_tag->p)
		return NULL;
	return g_strdup_printf("%.*s\n%.*s", (int)call_id->l, call_id->p, (int)local_tag->l,
			       local_tag->p);
}

void cusax_session_enter(struct cusax_session *session, struct cusax_dialog *dialog)
{
	session->dialog = dialog;
	session->key = g_strdup_printf("%s\n%s", dialog->call_id, dialog->local_tag);
	g_hash_table_insert(session->account->sessions, session->key, session);
}

static void silence(struct cusax_session *session)
{
	tmr_cancel(&session->trying);
	cusax_session_repeat_stop(&session->reliable);
	cusax_session_repeat_stop(&session->reply);
	tmr_cancel(&session->change_timer);
	tmr_cancel(&session->timer);
	tmr_cancel(&session->refer_timer);
	session->change = mem_deref(session->change);
	session->refer = mem_deref(session->refer);
	session->info = mem_deref(session->info);
}

void cusax_session_destroy(struct cusax_session *session)
{
	if (session->key &&
	    g_hash_table_lookup(session->account->sessions, session->key) == session)
		g_hash_table_remove(session->account->sessions, session->key);
	silence(session);
	session->invite = mem_deref(session->invite);
	session->transaction = mem_deref(session->transaction);
	session->request = mem_deref(session->request);
	session->first_offer = mem_deref(session->first_offer);
	session->auth = mem_deref(session->auth);
	session->scope = mem_deref(session->scope);
	g_ptr_array_unref(session->forks);
	cusax_dialog_free(session->dialog);
	g_free(session->headers);
	g_free(session->key);
	g_free(session->end.text);
	g_free(session->end.other);
	g_free(session);
}

void cusax_session_close(struct cusax_session *session, int err, const struct sip_msg *msg)
{
	if (session->told_over)
		return;
	session->told_over = true;
	session->state = SESSION_OVER;
	silence(session);
	session->end.err = err;
	if (msg && !msg->req) {
		session->end.code = msg->scode;
		if (!session->end.text)
			take_text(session, cusax_sip_refusal_cause(msg));
	}
	if (session->handlers)
		session->handlers->closed(&session->end, session->arg);
	else
		cusax_session_destroy(session);
}

/* A BYE under way keeps the stack: an account that is left waits for its answer. */
struct farewell {
	CusaxSipAccount *account; /* outlives its stack */
	struct sip *sip;
};

static void bye_h(G_GNUC_UNUSED int err, const struct sip_msg *msg, void *arg)
{
	struct farewell *farewell = arg;
	struct sip *sip = farewell->sip;

	if (msg && msg->scode < 200)
		return;
	cusax_session_count_challenge(farewell->account, msg);
	g_free(farewell);
	mem_deref(sip);
}

void cusax_session_bye(struct cusax_session *session, const char *reason)
{
	struct farewell *farewell = g_new(struct farewell, 1);
	const struct cusax_dialog_request bye = {
		.method = "BYE",
		.headers = reason,
		.resph = bye_h,
		.arg = farewell,
	};

	farewell->account = session->account;
	farewell->sip = session->account->sip;
	if (cusax_dialog_send(session->dialog, session->account, &bye, NULL) == 0)
		mem_ref(farewell->sip);
	else
		g_free(farewell);
}

void cusax_session_free(struct cusax_session *session)
{
	if (!session)
		return;
	session->handlers = NULL;
	switch (session->state) {
	case SESSION_CALLING:
		cusax_session_cancel(session);
		return;
	case SESSION_RINGING:
		(void)cusax_session_reject(session, 486);
		break;
	case SESSION_ANSWERED:
		/* RFC 3261 §15: no BYE before the ACK, or before it is given up. */
		return;
	case SESSION_STANDING:
		/* As soon as there is a way again: cusax_sessions_resume(). A stack that is there already
		 * may have none yet. */
		if (!session->account->sip || cusax_sip_account_seeks_way(session->account))
			return;
		cusax_session_bye(session, NULL);
		break;
	case SESSION_OVER:
		break;
	}
	cusax_session_destroy(session);
}

void *cusax_session_owner(const struct cusax_session *session)
{
	return session->handlers ? session->arg : NULL;
}

void cusax_sessions_drop(CusaxSipAccount *account)
{
	g_autoptr(GList) sessions = g_hash_table_get_values(account->sessions);

	for (GList *item = sessions; item; item = item->next)
		cusax_session_destroy(item->data);
	g_hash_table_remove_all(account->acks);
}

/* The session timer goes on: nothing of it hangs on the stack. */
static void pause_session(struct cusax_session *session)
{
	bool told = session->info && session->handlers;

	cusax_session_repeat_stop(&session->reliable);
	cusax_session_repeat_stop(&session->reply);
	tmr_cancel(&session->change_timer);
	session->change = mem_deref(session->change);
	session->changing = session->refreshing = false;
	session->transaction = mem_deref(session->transaction);
	session->invite = mem_deref(session->invite);
	session->info = mem_deref(session->info);
	if (told)
		session->handlers->informed(false, session->arg);
	if (session->refer) {
		session->refer = mem_deref(session->refer);
		session->referring = false;
		if (session->handlers)
			session->handlers->transferred(408, true, session->arg);
	}
}

void cusax_sessions_pause(CusaxSipAccount *account)
{
	g_autoptr(GList) sessions = g_hash_table_get_values(account->sessions);

	for (GList *item = sessions; item; item = item->next) {
		struct cusax_session *session = item->data;

		if (session->state == SESSION_STANDING)
			pause_session(session);
		else
			cusax_session_destroy(session);
	}
	g_hash_table_remove_all(account->acks);
}

void cusax_sessions_resume(CusaxSipAccount *account)
{
	g_autoptr(GList) sessions = g_hash_table_get_values(account->sessions);

	for (GList *item = sessions; item; item = item->next) {
		struct cusax_session *session = item->data;

		if (session->state == SESSION_STANDING && !session->handlers)
			cusax_session_free(session);
	}
}

/* --- finding --------------------------------------------------------------------------------- */

static struct cusax_session *find(CusaxSipAccount *account, const struct sip_msg *msg,
				  struct cusax_dialog **ret_dialog)
{
	g_autofree char *key = key_of(&msg->callid, msg->req ? &msg->to.tag : &msg->from.tag);
	struct cusax_session *session = key ? g_hash_table_lookup(account->sessions, key) : NULL;
	struct cusax_fork *fork;

	if (!session)
		return NULL;
	*ret_dialog = session->dialog;
	if (cusax_dialog_owns(session->dialog, msg))
		return session;
	fork = cusax_session_fork(session, msg);
	if (!fork)
		return NULL;
	*ret_dialog = fork->dialog;
	return session;
}

struct cusax_session *cusax_session_find(CusaxSipAccount *account, const struct sip_msg *msg)
{
	struct cusax_dialog *dialog;
	struct cusax_session *session = find(account, msg, &dialog);

	return session && session->state != SESSION_OVER ? session : NULL;
}

/* --- requests in the dialog ------------------------------------------------------------------ */

static void take_info(struct cusax_session *session, const struct sip_msg *msg)
{
	struct sip *sip = session->account->sip;
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
	if (key && session->handlers)
		session->handlers->key(key, session->arg);
}

static void take_bye(struct cusax_session *session, const struct sip_msg *msg)
{
	(void)sip_treply(NULL, session->account->sip, msg, 200, "OK");
	if (session->state == SESSION_CALLING) {
		struct cusax_fork *fork = cusax_session_fork(session, msg);

		/* One branch left; the others go on (RFC 3261 §15.1.2). */
		if (fork)
			g_ptr_array_remove(session->forks, fork);
		return;
	}
	cusax_session_note_reason(session, msg);
	if (session->transaction)
		(void)sip_treply(&session->transaction, session->account->sip, session->request,
				 487, "Request Terminated");
	cusax_session_close(session, ECONNRESET, NULL);
}

static bool is_method(const struct sip_msg *msg, const char *method)
{
	return !pl_strcmp(&msg->met, method);
}

static void take(struct cusax_session *session, struct cusax_dialog *dialog,
		 const struct sip_msg *msg)
{
	/* RFC 3261 §12.2.2 */
	if (!cusax_dialog_in_order(dialog, msg))
		(void)sip_treply(NULL, session->account->sip, msg, 500, "Out Of Order");
	else if (is_method(msg, "BYE"))
		take_bye(session, msg);
	else if (is_method(msg, "INVITE"))
		cusax_session_take_invite(session, msg);
	else if (is_method(msg, "UPDATE"))
		cusax_session_take_update(session, dialog, msg);
	else if (is_method(msg, "PRACK"))
		cusax_session_take_prack(session, msg);
	else if (is_method(msg, "REFER"))
		cusax_session_take_refer(session, msg);
	else if (is_method(msg, "NOTIFY"))
		cusax_session_take_notify(session, msg);
	else
		take_info(session, msg);
}

static void take_new_invite(CusaxSipAccount *account, const struct sip_msg *msg)
{
	guint code = 0;

	if (account->state != CUSAX_SIP_ONLINE || account->failure)
		code = 480;
	else if (mbuf_get_left(msg->mb) > 0 && !cusax_session_has_sdp(msg))
		code = 415;
	if (code == 415)
		(void)sip_treplyf(NULL, NULL, account->sip, msg, false, 415,
				  "Unsupported Media Type",
				  "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n");
	else if (code)
		(void)sip_treply(NULL, account->sip, msg, (uint16_t)code, cusax_sip_phrase(code));
	else if (cusax_session_timer_check(msg))
		cusax_session_timer_refuse(account, msg);
	else
		cusax_sip_call_incoming(account, msg);
}

static bool request_h(const struct sip_msg *msg, void *arg)
{
	static const char *const methods[] = { "INVITE", "ACK",   "BYE",   "INFO",
					       "UPDATE", "PRACK", "REFER", "NOTIFY" };
	CusaxSipAccount *account = arg;
	struct cusax_dialog *dialog;
	struct cusax_session *session;
	bool known = false;

	for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
		known |= is_method(msg, methods[i]);
	if (!known)
		return false;
	if (is_method(msg, "INVITE") && !pl_isset(&msg->to.tag)) {
		take_new_invite(account, msg);
		return true;
	}
	session = find(account, msg, &dialog);
	if (!session && is_method(msg, "NOTIFY"))
		return false; /* of a subscription */
	if (session && is_method(msg, "ACK"))
		cusax_session_take_ack(session, msg);
	else if (session && session->state != SESSION_OVER)
		take(session, dialog, msg);
	else if (!is_method(msg, "ACK"))
		(void)sip_treply(NULL, account->sip, msg, 481, "Call Does Not Exist");
	return true;
}

static bool response_h(const struct sip_msg *msg, void *arg)
{
	if (pl_strcmp(&msg->cseq.met, "INVITE") || msg->scode < 200 || msg->scode > 299)
		return false;
	cusax_session_stray_answer(arg, msg);
	return true;
}

int cusax_sessions_listen(CusaxSipAccount *account)
{
	int err = sip_listen(&account->requests, account->sip, true, request_h, account);

	return err ? err : sip_listen(&account->answers, account->sip, false, response_h, account);
}

/* --- INFO ------------------------------------------------------------------------------------ */

static void informed_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;

	if (msg && msg->scode < 200)
		return;
	cusax_session_count_challenge(session->account, msg);
	session->handlers->informed(!err && msg && msg->scode < 300, session->arg);
}

int cusax_session_info(struct cusax_session *session, char key)
{
	struct mbuf *body = mbuf_alloc(64);
	int err = body ? mbuf_printf(body, "Signal=%c\r\nDuration=100\r\n", key) : ENOMEM;
	const struct cusax_dialog_request info = {
		.method = "INFO",
		.type = "application/dtmf-relay",
		.body = body,
		.resph = informed_h,
		.arg = session,
	};

	session->info = mem_deref(session->info);
	if (!err) {
		body->pos = 0;
		err = cusax_dialog_send(session->dialog, session->account, &info, &session->info);
	}
	mem_deref(body);
	return err;
}

/* --- the trace ------------------------------------------------------------------------------- */

/* The ringing session that a CANCEL is for: it has the branch of the INVITE and no To tag. */
static struct cusax_session *find_cancelled(CusaxSipAccount *account, const struct sip_msg *msg)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, account->sessions);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct cusax_session *session = value;

		if (session->state == SESSION_RINGING &&
		    !pl_cmp(&session->request->callid, &msg->callid) &&
		    !pl_cmp(&session->request->via.branch, &msg->via.branch))
			return session;
	}
	return NULL;
}

void cusax_session_trace(CusaxSipAccount *account, const uint8_t *packet, size_t length)
{
	struct cusax_session *session;
	struct sip_msg *msg = NULL;
	struct mbuf *mb;

	if (length <= 7 || memcmp(packet, "CANCEL ", 7) != 0 ||
	    g_hash_table_size(account->sessions) == 0)
		return;
	mb = mbuf_alloc(length);
	if (mb && mbuf_write_mem(mb, packet, length) == 0) {
		mb->pos = 0;
		(void)sip_msg_decode(&msg, mb);
	}
	session = msg && msg->callid.p && msg->via.branch.p ? find_cancelled(account, msg) : NULL;
	if (session && cusax_session_note_reason(session, msg) == 200)
		session->end.elsewhere = true;
	mem_deref(msg);
	mem_deref(mb);
}

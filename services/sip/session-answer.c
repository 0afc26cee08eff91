/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Their INVITE: ringing, reliably where it must be, the answer, its ACK and its cancellation. */
/* The libre thread. */
#include <errno.h>
#include <string.h>

#include "services/sip/session-private.h"
#include "services/sip/sip-status.h"

#define TRYING_MS 200 /* RFC 3261 §17.2.1 */

/* --- ringing --------------------------------------------------------------------------------- */

static void cancel_h(void *arg)
{
	struct cusax_session *session = arg;

	(void)sip_treply(&session->transaction, session->account->sip, session->request, 487,
			 "Request Terminated");
	cusax_session_close(session, ECONNRESET, NULL);
}

/* RFC 3262 §3: nobody acknowledges that it rings. */
static void unheard(struct cusax_session *session)
{
	(void)sip_treply(&session->transaction, session->account->sip, session->request, 504,
			 cusax_sip_phrase(504));
	cusax_session_close(session, ETIMEDOUT, NULL);
}

static int ring_reliably(struct cusax_session *session)
{
	g_autofree char *headers = NULL;
	struct mbuf *copy = NULL;
	int err;

	session->rseq = 1 + rand_u16();
	headers = g_strdup_printf("Require: 100rel\r\nRSeq: %u\r\n", session->rseq);
	err = cusax_session_reply(session, &session->transaction, session->request, 180, headers,
				  NULL, &copy);
	if (!err)
		cusax_session_repeat(session, &session->reliable, session->request, copy, unheard);
	mem_deref(copy);
	return err;
}

static int try(struct cusax_session *session)
{
	return sip_treply(&session->transaction, session->account->sip, session->request, 100,
			  "Trying");
}

static void trying_h(void *arg)
{
	(void)try(arg);
}

/* Where every response must be reliable and the first reliable one would have to hold an offer (RFC
 * 3262 §5), only 100 is sent until the answer. */
int cusax_session_ring(struct cusax_session *session)
{
	if (session->state != SESSION_RINGING)
		return EPROTO;
	if (session->rang)
		return 0;
	session->rang = true;
	tmr_cancel(&session->trying);
	if (!sip_msg_hdr_has_value(session->request, SIP_HDR_REQUIRE, "100rel"))
		return cusax_session_reply(session, &session->transaction, session->request, 180,
					   NULL, NULL, NULL);
	if (session->offered)
		return ring_reliably(session);
	return try(session);
}

/* Whether it rings at all is not known yet: one whom the user does not want to hear gets the refusal
 * alone. */
int cusax_session_take(struct cusax_session **ret_session, CusaxSipAccount *account,
		       const struct sip_msg *msg, const struct cusax_session_handlers *handlers,
		       void *arg)
{
	struct cusax_dialog *dialog = cusax_dialog_accept(msg);
	struct cusax_session *session;
	int err;

	if (!dialog)
		return EBADMSG;
	session = cusax_session_new(account, handlers, arg);
	session->state = SESSION_RINGING;
	session->request = mem_ref((void *)msg);
	session->offered = mbuf_get_left(msg->mb) > 0;
	/* We are the called side: a challenge in this dialog comes from the caller. */
	cusax_auth_scope_close(session->scope);
	cusax_session_note_abilities(session, msg);
	cusax_session_enter(session, dialog);
	err = sip_strans_alloc(&session->transaction, account->sip, msg, cancel_h, session);
	if (err) {
		cusax_session_destroy(session);
		return err;
	}
	tmr_start(&session->trying, TRYING_MS, trying_h, session);
	*ret_session = session;
	return 0;
}

void cusax_session_take_prack(struct cusax_session *session, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_RACK);
	struct sip *sip = session->account->sip;
	g_autofree char *wanted = g_strdup_printf(
		"%u %u INVITE", session->rseq, session->request ? session->request->cseq.num : 0);

	/* RFC 3262 §3 */
	if (!hdr || !session->reliable.response || pl_strcmp(&hdr->val, wanted) != 0) {
		(void)sip_treply(NULL, sip, msg, 481, "Nothing To Acknowledge");
		return;
	}
	cusax_session_repeat_stop(&session->reliable);
	(void)sip_treply(NULL, sip, msg, 200, "OK");
}

/* --- the answer ------------------------------------------------------------------------------ */

/* RFC 3261 §13.3.1.4, §14.2 */
static void no_ack(struct cusax_session *session)
{
	session->state = SESSION_STANDING;
	cusax_session_bye(session, "Reason: SIP;cause=408;text=\"No ACK\"\r\n");
	cusax_session_close(session, ETIMEDOUT, NULL);
}

int cusax_session_accept(struct cusax_session *session, struct sip_strans **transaction,
			 const struct sip_msg *msg, struct mbuf *sdp, bool offer)
{
	g_autofree char *timer = cusax_session_timer_answer(session, msg);
	struct mbuf *copy = NULL;
	int err = cusax_session_reply(session, transaction, msg, 200, timer, sdp, &copy);

	if (!err) {
		session->reply_cseq = msg->cseq.num;
		session->reply_offered = offer;
		cusax_session_repeat(session, &session->reply, msg, copy, no_ack);
	}
	mem_deref(copy);
	return err;
}

int cusax_session_answer(struct cusax_session *session, struct mbuf *sdp)
{
	int err;

	if (session->state != SESSION_RINGING)
		return EPROTO;
	err = cusax_session_accept(session, &session->transaction, session->request, sdp,
				   !session->offered);
	if (err)
		return err;
	tmr_cancel(&session->trying);
	cusax_session_repeat_stop(&session->reliable);
	session->state = SESSION_ANSWERED;
	return 0;
}

int cusax_session_reject(struct cusax_session *session, guint code)
{
	if (session->state != SESSION_RINGING)
		return EPROTO;
	tmr_cancel(&session->trying);
	cusax_session_repeat_stop(&session->reliable);
	session->state = SESSION_OVER;
	return sip_treply(&session->transaction, session->account->sip, session->request,
			  (uint16_t)code, cusax_sip_phrase(code));
}

static int take_answer(struct cusax_session *session, const struct sip_msg *msg)
{
	struct mbuf *body = cusax_session_has_sdp(msg) ? cusax_session_copy_body(msg) : NULL;
	int err = EBADMSG;

	if (body)
		err = session->handlers->answer(body, session->arg);
	mem_deref(body);
	return err;
}

void cusax_session_take_ack(struct cusax_session *session, const struct sip_msg *msg)
{
	bool first = session->state == SESSION_ANSWERED;
	int err = 0;

	if (!session->reply.response || msg->cseq.num != session->reply_cseq)
		return;
	cusax_session_repeat_stop(&session->reply);
	if (first)
		session->state = SESSION_STANDING;
	if (!session->handlers) { /* hung up in between */
		cusax_session_bye(session, NULL);
		cusax_session_destroy(session);
		return;
	}
	if (session->reply_offered)
		err = take_answer(session, msg);
	session->reply_offered = false;
	if (err && first) {
		cusax_session_bye(session, NULL);
		cusax_session_close(session, err, NULL);
		return;
	}
	if (first)
		session->handlers->established(session->arg);
	else
		cusax_session_modify_again(session);
}

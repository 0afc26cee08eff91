/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of a session that stands, ours and theirs, and what happens when they meet (RFC 3261 §14,
 * RFC 3311). */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include <errno.h>

#include "daemon/base/log.h"
#include "services/sip/session-private.h"

#define MAX_TRIES       5
#define MAX_RETRY_AFTER 4 /* s: whoever waits for the change waits no longer */

/* --- ours ------------------------------------------------------------------------------------ */

static void change_over(struct cusax_session *session, bool done, guint code)
{
	bool told = !session->refreshing;

	tmr_cancel(&session->change_timer);
	session->changing = session->refreshing = false;
	session->change_tries = 0;
	if (told && session->handlers)
		session->handlers->modified(done, code, session->arg);
}

/* Circular: an answer may lead to the next attempt. */
static sip_resp_h change_h;

/* §14.1: not while an INVITE of theirs is under way. */
static bool must_wait(const struct cusax_session *session)
{
	return session->reply.response != NULL;
}

static int send_change(struct cusax_session *session)
{
	g_autofree char *abilities = cusax_session_abilities(session->account);
	g_autofree char *timer = cusax_session_timer_refresh(session);
	g_autofree char *headers = g_strconcat(abilities, timer, NULL);
	struct mbuf *offer = NULL;
	struct cusax_dialog_request change = {
		.method = session->by_update ? "UPDATE" : "INVITE",
		.headers = headers,
		.type = "application/sdp",
		.resph = change_h,
		.arg = session,
	};
	int err = 0;

	if (!session->by_update)
		err = session->handlers->offer(NULL, &offer, session->arg);
	change.body = offer;
	if (!err)
		err = cusax_dialog_send(session->dialog, session->account, &change,
					&session->change);
	session->change_cseq = session->dialog->local_cseq;
	mem_deref(offer);
	return err;
}

static void change_again_h(void *arg)
{
	struct cusax_session *session = arg;

	if (must_wait(session))
		return; /* its ACK brings us back */
	if (send_change(session) != 0)
		change_over(session, false, 0);
}

void cusax_session_modify_again(struct cusax_session *session)
{
	if (session->changing && !session->change && !tmr_isrunning(&session->change_timer))
		change_again_h(session);
}

/* §14.1: who made the Call-ID waits longer, so that the two do not meet again. */
static guint glare_wait(const struct cusax_session *session)
{
	guint steps = rand_u32() % 200;

	return session->outgoing ? 2100 + steps * 1900 / 200 : 10 * steps;
}

static guint retry_after(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_RETRY_AFTER);

	return hdr ? pl_u32(&hdr->val) : G_MAXUINT;
}

/* TRUE: it is tried again. */
static bool postpone(struct cusax_session *session, const struct sip_msg *msg)
{
	guint wait;

	if (++session->change_tries > MAX_TRIES)
		return false;
	if (msg->scode == 491)
		wait = glare_wait(session);
	else if (msg->scode == 500 && retry_after(msg) <= MAX_RETRY_AFTER)
		wait = 1000 * retry_after(msg);
	else
		return false;
	cusax_debug(session->account->id, "a change met another: again in %u ms", wait);
	tmr_start(&session->change_timer, wait, change_again_h, session);
	return true;
}

static int take_answer(struct cusax_session *session, const struct sip_msg *msg)
{
	struct mbuf *body = cusax_session_has_sdp(msg) ? cusax_session_copy_body(msg) : NULL;
	int err = EBADMSG;

	if (session->by_update)
		err = 0; /* it offered nothing */
	else if (body)
		err = session->handlers->answer(body, session->arg);
	mem_deref(body);
	return err;
}

static void changed(struct cusax_session *session, const struct sip_msg *msg)
{
	int err;

	cusax_dialog_retarget(session->dialog, msg);
	if (!session->by_update)
		cusax_session_ack(session->account, session->dialog, session->change_cseq);
	err = take_answer(session, msg);
	cusax_session_note_abilities(session, msg);
	cusax_session_timer_start(session, msg);
	change_over(session, !err, msg->scode);
}

static void change_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;
	guint code = msg ? msg->scode : 0;

	if (msg && code < 200)
		return;
	cusax_session_count_challenge(session->account, msg);
	if (!session->changing)
		return;
	if (!err && msg && code < 300) {
		changed(session, msg);
	} else if (err || code == 481 || code == 408) {
		/* §12.2.1.2: nobody is there any more. */
		cusax_session_bye(session, NULL);
		change_over(session, false, code);
		cusax_session_close(session, err ? err : ECONNRESET, NULL);
	} else if (session->by_update && session->refreshing && (code == 405 || code == 501)) {
		session->peer_updates = session->by_update = false;
		change_again_h(session);
	} else if (!postpone(session, msg)) {
		change_over(session, false, code);
	}
}

static int begin(struct cusax_session *session)
{
	session->changing = true;
	session->change_tries = 0;
	return must_wait(session) ? 0 : send_change(session);
}

int cusax_session_modify(struct cusax_session *session)
{
	int err;

	if (session->state != SESSION_STANDING)
		return EPROTO;
	if (session->changing && !session->refreshing)
		return EALREADY;
	if (session->changing) { /* a refresh gives way: this one refreshes as well */
		session->change = mem_deref(session->change);
		tmr_cancel(&session->change_timer);
	}
	session->refreshing = session->by_update = false;
	err = begin(session);
	if (err)
		session->changing = false;
	return err;
}

void cusax_session_refresh(struct cusax_session *session)
{
	if (session->changing || session->state != SESSION_STANDING || !session->handlers)
		return; /* what is under way refreshes, too */
	session->refreshing = true;
	session->by_update = session->peer_updates;
	if (begin(session) != 0)
		session->changing = session->refreshing = false;
}

/* --- theirs ---------------------------------------------------------------------------------- */

static void refuse_later(struct cusax_session *session, const struct sip_msg *msg)
{
	(void)sip_treplyf(NULL, NULL, session->account->sip, msg, false, 500,
			  "Server Internal Error", "Retry-After: %u\r\nContent-Length: 0\r\n\r\n",
			  rand_u32() % 10 + 1);
}

/* TRUE: it has been answered with a refusal. */
static bool refuse_change(struct cusax_session *session, const struct sip_msg *msg)
{
	if (cusax_session_timer_check(msg)) {
		cusax_session_timer_refuse(session->account, msg);
		return true;
	}
	if (mbuf_get_left(msg->mb) > 0 && !cusax_session_has_sdp(msg)) {
		(void)sip_treplyf(NULL, NULL, session->account->sip, msg, false, 415,
				  "Unsupported Media Type",
				  "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n");
		return true;
	}
	return false;
}

void cusax_session_take_invite(struct cusax_session *session, const struct sip_msg *msg)
{
	struct sip *sip = session->account->sip;
	bool offered = mbuf_get_left(msg->mb) > 0;
	struct mbuf *body, *sdp = NULL;
	int err;

	if (session->state != SESSION_STANDING || session->reply.response || !session->handlers) {
		refuse_later(session, msg); /* §14.2 */
		return;
	}
	if (session->change && !session->by_update) {
		(void)sip_treply(NULL, sip, msg, 491, "Request Pending");
		return;
	}
	if (refuse_change(session, msg))
		return;
	body = offered ? cusax_session_copy_body(msg) : NULL;
	err = session->handlers->offer(body, &sdp, session->arg);
	mem_deref(body);
	if (err) {
		(void)sip_treply(NULL, sip, msg, err == EBADMSG ? 400 : 488,
				 err == EBADMSG ? "Bad Session Description"
						: "Not Acceptable Here");
		return;
	}
	cusax_dialog_retarget(session->dialog, msg);
	cusax_session_note_abilities(session, msg);
	(void)cusax_session_accept(session, NULL, msg, sdp, !offered);
	mem_deref(sdp);
}

/* RFC 3311 §5.2: the code that refuses an offer by UPDATE at this moment, 0: it may come. */
static guint offer_untimely(const struct cusax_session *session)
{
	switch (session->state) {
	case SESSION_CALLING:
		return session->answer_seen ? 0 : 491;
	case SESSION_RINGING:
	case SESSION_ANSWERED:
		return 500;
	case SESSION_STANDING:
		if (session->change && !session->by_update)
			return 491;
		return session->reply.response ? 500 : 0;
	case SESSION_OVER:
		break;
	}
	return 481;
}

void cusax_session_take_update(struct cusax_session *session, struct cusax_dialog *dialog,
			       const struct sip_msg *msg)
{
	struct sip *sip = session->account->sip;
	bool offered = mbuf_get_left(msg->mb) > 0;
	guint untimely = offered ? offer_untimely(session) : 0;
	g_autofree char *timer = NULL;
	struct mbuf *body = NULL, *sdp = NULL;
	int err = 0;

	if (refuse_change(session, msg))
		return;
	if (untimely == 491 || untimely == 481 || !session->handlers) {
		(void)sip_treply(NULL, sip, msg, untimely == 491 ? 491 : 481,
				 untimely == 491 ? "Request Pending" : "Call Does Not Exist");
		return;
	}
	if (untimely) {
		refuse_later(session, msg);
		return;
	}
	if (offered) {
		body = cusax_session_copy_body(msg);
		err = body ? session->handlers->offer(body, &sdp, session->arg) : ENOMEM;
		mem_deref(body);
	}
	if (err) {
		(void)sip_treply(NULL, sip, msg, 488, "Not Acceptable Here");
		return;
	}
	cusax_dialog_retarget(dialog, msg);
	if (session->state == SESSION_STANDING)
		timer = cusax_session_timer_answer(session, msg);
	(void)cusax_session_reply(session, NULL, msg, 200, timer, sdp, NULL);
	mem_deref(sdp);
}

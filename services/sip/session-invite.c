/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our INVITE: its branches, reliable responses, challenge, answer and cancellation. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include <errno.h>

#include "daemon/base/log.h"
#include "services/sip/session-private.h"

#define MAX_FORKS 16

/* --- branches -------------------------------------------------------------------------------- */

void cusax_fork_free(struct cusax_fork *fork)
{
	cusax_dialog_free(fork->dialog);
	g_free(fork);
}

struct cusax_fork *cusax_session_fork(struct cusax_session *session, const struct sip_msg *msg)
{
	for (guint i = 0; i < session->forks->len; i++) {
		struct cusax_fork *fork = session->forks->pdata[i];

		if (cusax_dialog_owns(fork->dialog, msg))
			return fork;
	}
	return NULL;
}

/* The branch of a response, known or new; NULL where it makes no dialog. */
static struct cusax_fork *branch_of(struct cusax_session *session, const struct sip_msg *msg)
{
	struct cusax_fork *fork = cusax_session_fork(session, msg);
	struct cusax_dialog *dialog;

	if (fork || session->forks->len >= MAX_FORKS)
		return fork;
	dialog = cusax_dialog_fork(session->dialog, msg);
	if (!dialog)
		return NULL;
	fork = g_new0(struct cusax_fork, 1);
	fork->dialog = dialog;
	g_ptr_array_add(session->forks, fork);
	return fork;
}

/* --- provisional ----------------------------------------------------------------------------- */

static void pracked_h(G_GNUC_UNUSED int err, const struct sip_msg *msg, void *arg)
{
	cusax_session_count_challenge(arg, msg);
}

/* RFC 3262 §4. FALSE: it was taken before, or comes out of turn, and counts for nothing. */
static bool acknowledge(struct cusax_session *session, struct cusax_fork *fork,
			const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_RSEQ);
	uint32_t rseq = hdr ? pl_u32(&hdr->val) : 0;
	g_autofree char *rack = NULL;
	struct cusax_dialog_request prack = {
		.method = "PRACK",
		.resph = pracked_h,
		.arg = session->account,
	};

	if (!fork || rseq == 0 || (fork->rseq && rseq != fork->rseq + 1))
		return false;
	fork->rseq = rseq;
	rack = g_strdup_printf("RAck: %u %u INVITE\r\n", rseq, msg->cseq.num);
	prack.headers = rack;
	(void)cusax_dialog_send(fork->dialog, session->account, &prack, NULL);
	return true;
}

/* What one branch sends before the answer is heard; with several, the first to send something. */
static void hear_early(struct cusax_session *session, struct cusax_fork *fork,
		       const struct sip_msg *msg, bool reliable)
{
	struct mbuf *body;

	if (!cusax_session_has_sdp(msg))
		return;
	for (guint i = 0; i < session->forks->len; i++) {
		const struct cusax_fork *other = session->forks->pdata[i];

		if (other != fork && other->answered)
			return;
	}
	body = cusax_session_copy_body(msg);
	if (!body)
		return;
	if (fork)
		fork->answered = true;
	if (fork && reliable)
		session->answer_seen = true;
	session->handlers->early(body, session->arg);
	mem_deref(body);
}

static void provisional(struct cusax_session *session, const struct sip_msg *msg)
{
	struct cusax_fork *fork = NULL;
	bool reliable = sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, "100rel");

	cusax_auth_scope_progress(session->scope, msg->scode);
	if (!session->handlers)
		return; /* cancelled */
	if (msg->scode > 100)
		fork = branch_of(session, msg);
	if (reliable && !acknowledge(session, fork, msg))
		return;
	if (fork)
		cusax_session_note_abilities(session, msg);
	hear_early(session, fork, msg, reliable);
	session->handlers->progress(msg->scode, session->arg);
}

/* --- final ----------------------------------------------------------------------------------- */

static int take_answer(struct cusax_session *session, const struct cusax_fork *fork,
		       const struct sip_msg *msg)
{
	struct mbuf *body;
	int err;

	if (!cusax_session_has_sdp(msg))
		return fork->answered ? 0 : EBADMSG;
	body = cusax_session_copy_body(msg);
	err = body ? session->handlers->answer(body, session->arg) : ENOMEM;
	mem_deref(body);
	return err;
}

static void answered(struct cusax_session *session, const struct sip_msg *msg)
{
	struct cusax_fork *fork = branch_of(session, msg);
	int err;

	cusax_auth_scope_close(session->scope);
	if (!fork) {
		cusax_session_close(session, EBADMSG, msg);
		return;
	}
	/* The first branch that answers is the call; another is sent home by session-ack.c. */
	cusax_dialog_free(session->dialog);
	session->dialog = g_steal_pointer(&fork->dialog);
	session->dialog->local_cseq = MAX(session->dialog->local_cseq, session->invite_cseq);
	cusax_dialog_retarget(session->dialog, msg);
	session->state = SESSION_STANDING;
	cusax_session_ack(session->account, session->dialog, session->invite_cseq);
	if (!session->handlers) { /* it crossed our CANCEL (RFC 3261 §15.1.1) */
		cusax_session_bye(session, NULL);
		cusax_session_destroy(session);
		return;
	}
	err = take_answer(session, fork, msg);
	g_ptr_array_set_size(session->forks, 0);
	if (err) {
		cusax_session_bye(session, NULL);
		cusax_session_close(session, err, msg);
		return;
	}
	cusax_session_note_abilities(session, msg);
	cusax_session_timer_start(session, msg);
	session->handlers->established(session->arg);
}

/* A redirection is not followed (§8.1.3.4): the user may. */
static void note_redirection(struct cusax_session *session, const struct sip_msg *msg)
{
	const struct sip_hdr *contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr address;

	if (contact && !sip_addr_decode(&address, &contact->val) && address.auri.l <= 512)
		session->end.other = g_strndup(address.auri.p, address.auri.l);
	g_free(session->end.text);
	session->end.text = g_strdup("the other side asks to call another address instead");
	cusax_sip_report_refused(session->account, "redirection");
}

/* Circular: a refusal may lead to the next attempt. */
static sip_resp_h response_h;

static int send_invite(struct cusax_session *session)
{
	g_autofree char *abilities = cusax_session_abilities(session->account);
	g_autofree char *timer = cusax_session_timer_request(session);
	g_autofree char *headers = g_strconcat(abilities, timer, session->headers, NULL);
	const struct cusax_dialog_request invite = {
		.method = "INVITE",
		.auth = session->auth,
		.headers = headers,
		.type = "application/sdp",
		.body = session->first_offer,
		.resph = response_h,
		.arg = session,
	};
	int err = cusax_dialog_send(session->dialog, session->account, &invite, &session->invite);

	session->invite_cseq = session->dialog->local_cseq;
	return err;
}

/* TRUE: the INVITE is on its way again. */
static bool try_again(struct cusax_session *session, const struct sip_msg *msg)
{
	guint min;

	if (!session->handlers)
		return false;
	switch (msg->scode) {
	case 401:
	case 407:
		if (sip_auth_authenticate(session->auth, msg) != 0)
			return false;
		break;
	case 422: /* RFC 4028 §7.3 */
		min = cusax_session_timer_min(msg);
		if (!min || session->min_se)
			return false;
		session->min_se = min;
		break;
	default:
		return false;
	}
	g_ptr_array_set_size(session->forks, 0);
	return send_invite(session) == 0;
}

static void response_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;

	if (err || !msg) {
		cusax_session_close(session, err, NULL);
	} else if (msg->scode < 200) {
		provisional(session, msg);
	} else if (msg->scode < 300) {
		answered(session, msg);
	} else if (!try_again(session, msg)) {
		cusax_auth_scope_close(session->scope);
		if (msg->scode < 400)
			note_redirection(session, msg);
		cusax_session_close(session, 0, msg);
	}
}

/* --- begin and cancel ------------------------------------------------------------------------ */

int cusax_session_connect(struct cusax_session **ret_session, CusaxSipAccount *account,
			  const char *to, struct mbuf *offer, const char *headers,
			  const struct cusax_session_handlers *handlers, void *arg)
{
	struct cusax_session *session = cusax_session_new(account, handlers, arg);
	int err = sip_auth_alloc(&session->auth, NULL, session->scope, true);

	session->outgoing = true;
	session->state = SESSION_CALLING;
	session->first_offer = mem_ref(offer);
	session->headers = g_strdup(headers);
	cusax_session_enter(session, cusax_dialog_new(account, to));
	if (!err)
		err = send_invite(session);
	if (err) {
		cusax_session_destroy(session);
		return err;
	}
	*ret_session = session;
	return 0;
}

void cusax_session_cancel(struct cusax_session *session)
{
	if (!session->invite) {
		cusax_session_destroy(session);
		return;
	}
	/* Stays for its last response: 487, or a 200 that crosses the CANCEL. libre sends the CANCEL
	 * when there is something to be cancelled (§9.1), and gives up after 32 s. */
	sip_request_cancel(session->invite);
}

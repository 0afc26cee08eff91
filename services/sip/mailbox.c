/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The account's voice mailbox (RFC 3842): subscribed to, or told of unasked. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/mailbox.h"

#include "daemon/base/log.h"
#include "services/sip/message-summary.h"

#define EXPIRES_SECONDS 3600
#define RETRY_MS        300000
#define EVENT           "message-summary"
#define ACCEPT          "Accept: application/simple-message-summary\r\n"

struct cusax_mailbox {
	CusaxSipAccount *account;
	struct sipsub *subscription;
	struct cusax_auth_scope *scope;
	struct tmr retry;
	bool unavailable; /* the server has none; on this connection */
};

static bool is_summary(const struct sip_msg *msg)
{
	return msg_ctype_cmp(&msg->ctyp, "application", "simple-message-summary");
}

/* The facts go up; whether the account of the mailbox may be dialled is not ours to say. */
static bool report(struct cusax_mailbox *mailbox, const struct sip_msg *msg)
{
	CusaxSipAccount *account = mailbox->account;
	g_auto(CusaxMessageSummary) summary = { 0 };
	CusaxEvent *event;

	if (!is_summary(msg) || !cusax_message_summary_parse((const char *)mbuf_buf(msg->mb),
							     mbuf_get_left(msg->mb), &summary))
		return false;
	event = cusax_event_new(CUSAX_EVENT_MAILBOX, account->id);
	event->mailbox.fresh = summary.fresh;
	event->mailbox.old = summary.old;
	event->mailbox.uri = g_steal_pointer(&summary.account);
	cusax_event_queue_push(account->service->events, event);
	return true;
}

static void answer(struct cusax_mailbox *mailbox, struct sip *sip, const struct sip_msg *msg)
{
	/* RFC 6665 §4.2.1.2: the first one may have nothing to tell yet. */
	if (mbuf_get_left(msg->mb) == 0 || report(mailbox, msg)) {
		(void)sip_treply(NULL, sip, msg, 200, "OK");
		return;
	}
	cusax_sip_report_refused(mailbox->account, "message-summary");
	if (is_summary(msg))
		(void)sip_treply(NULL, sip, msg, 400, "Not A Message Summary");
	else
		(void)sip_treplyf(NULL, NULL, sip, msg, false, 415, "Unsupported Media Type",
				  ACCEPT "Content-Length: 0\r\n\r\n");
}

/* --- subscription ---------------------------------------------------------------------------- */

static void retry_h(void *arg)
{
	cusax_mailbox_start(arg);
}

static void notify_h(struct sip *sip, const struct sip_msg *msg, void *arg)
{
	answer(arg, sip, msg);
}

static void close_h(int err, const struct sip_msg *msg, const struct sipevent_substate *substate,
		    void *arg)
{
	struct cusax_mailbox *mailbox = arg;

	mailbox->subscription = mem_deref(mailbox->subscription);
	mailbox->scope = mem_deref(mailbox->scope);
	/* A refusal holds for this connection; what only ended is asked for again. */
	if (!substate && msg && msg->scode >= 300) {
		cusax_info(mailbox->account->id, "the server tells of no voice messages (%u)",
			   msg->scode);
		mailbox->unavailable = true;
	} else if (!err || substate) {
		tmr_start(&mailbox->retry, RETRY_MS, retry_h, mailbox);
	}
}

void cusax_mailbox_start(struct cusax_mailbox *mailbox)
{
	CusaxSipAccount *account = mailbox->account;
	g_autofree char *name = cusax_sip_account_name(account);
	const char *routes[1] = { account->route };

	if (mailbox->subscription || mailbox->unavailable ||
	    !cusax_settings_boolean(account->settings, "voicemail-notify"))
		return;
	mailbox->scope = cusax_auth_scope_new(account->credentials, CUSAX_AUTH_REGISTRATION);
	if (sipevent_subscribe(&mailbox->subscription, account->subscriptions, account->target->aor,
			       name, account->target->aor, EVENT, NULL, EXPIRES_SECONDS,
			       account->target->user, routes, 1, NULL, mailbox->scope, true, NULL,
			       notify_h, close_h, mailbox, ACCEPT) == 0)
		return;
	mailbox->scope = mem_deref(mailbox->scope);
	cusax_debug(account->id, "voice messages cannot be subscribed to");
}

void cusax_mailbox_stop(struct cusax_mailbox *mailbox)
{
	tmr_cancel(&mailbox->retry);
	mailbox->subscription = mem_deref(mailbox->subscription);
	mailbox->scope = mem_deref(mailbox->scope);
	mailbox->unavailable = false;
}

bool cusax_mailbox_notify(struct cusax_mailbox *mailbox, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_EVENT);
	struct sipevent_event event;

	if (!hdr || sipevent_event_decode(&event, &hdr->val) != 0 ||
	    pl_strcasecmp(&event.event, EVENT) != 0)
		return false;
	if (pl_isset(&msg->to.tag))
		return false;
	/* Unasked, as many servers do (RFC 3842 §2.2): the guard let it through, so the own proxy
	 * sends it. */
	answer(mailbox, mailbox->account->sip, msg);
	return true;
}

/* --- life ------------------------------------------------------------------------------------ */

struct cusax_mailbox *cusax_mailbox_new(CusaxSipAccount *account)
{
	struct cusax_mailbox *mailbox = g_new0(struct cusax_mailbox, 1);

	mailbox->account = account;
	tmr_init(&mailbox->retry);
	return mailbox;
}

void cusax_mailbox_free(struct cusax_mailbox *mailbox)
{
	if (!mailbox)
		return;
	cusax_mailbox_stop(mailbox);
	g_free(mailbox);
}

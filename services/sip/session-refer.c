/* SPDX-License-Identifier: GPL-3.0-or-later */
/* REFER in a session (RFC 3515), its subscription, and Replaces (RFC 3891). */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include <errno.h>
#include <string.h>

#include "daemon/base/log.h"
#include "services/sip/session-private.h"
#include "services/sip/sip-status.h"

#define SUBSCRIPTION_S 180 /* as long as a call may ring, and more */
#define MAX_VALUE      512

/* --- ours ------------------------------------------------------------------------------------ */

static void transfer_over(struct cusax_session *session, guint code)
{
	tmr_cancel(&session->refer_timer);
	session->referring = false;
	session->handlers->transferred(code, true, session->arg);
}

static void silent_h(void *arg)
{
	transfer_over(arg, 408);
}

static void refer_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_session *session = arg;

	if (msg && msg->scode < 200)
		return;
	cusax_session_count_challenge(session->account, msg);
	if (!session->referring)
		return; /* a NOTIFY told the end already */
	if (err || !msg)
		transfer_over(session, 408);
	else if (msg->scode >= 300)
		transfer_over(session, msg->scode);
	else
		session->handlers->transferred(100, false, session->arg);
}

int cusax_session_refer(struct cusax_session *session, const char *uri, const char *replaces)
{
	g_autofree char *escaped = replaces ? g_uri_escape_string(replaces, NULL, FALSE) : NULL;
	g_autofree char *headers = g_strdup_printf(
		"Refer-To: <%s%s%s>\r\nReferred-By: <%s>\r\n", uri, escaped ? "?Replaces=" : "",
		escaped ? escaped : "", session->account->target->aor);
	const struct cusax_dialog_request refer = {
		.method = "REFER",
		.headers = headers,
		.resph = refer_h,
		.arg = session,
	};
	int err;

	if (session->state != SESSION_STANDING)
		return EPROTO;
	if (session->referring)
		return EALREADY;
	err = cusax_dialog_send(session->dialog, session->account, &refer, &session->refer);
	if (err)
		return err;
	session->referring = true;
	tmr_start(&session->refer_timer, 1000 * SUBSCRIPTION_S, silent_h, session);
	return 0;
}

char *cusax_session_replaces(const struct cusax_session *session)
{
	if (session->state != SESSION_STANDING)
		return NULL;
	/* As the other side of this session sees it. */
	return g_strdup_printf("%s;to-tag=%s;from-tag=%s", session->dialog->call_id,
			       session->dialog->remote_tag, session->dialog->local_tag);
}

char *cusax_session_remote_uri(const struct cusax_session *session)
{
	struct sip_addr address;
	struct pl text, gruu;

	/* RFC 5589 §6: the Contact where others can use it (RFC 5627), else the address. */
	pl_set_str(&text, session->dialog->target);
	if (!uri_decode(&address.uri, &text) && !msg_param_exists(&address.uri.params, "gr", &gruu))
		return g_strdup(session->dialog->target);
	pl_set_str(&text, session->dialog->remote);
	if (sip_addr_decode(&address, &text))
		return g_strdup(session->dialog->target);
	return g_strndup(address.auri.p, address.auri.l);
}

static bool is_refer_event(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_EVENT);
	struct pl event;

	return hdr && !re_regex(hdr->val.p, hdr->val.l, "[^; \t]+", &event) &&
	       !pl_strcasecmp(&event, "refer");
}

/* "SIP/2.0 180 Ringing" of a message/sipfrag (RFC 3420); 0: none. */
static guint read_fragment(const struct sip_msg *msg)
{
	struct pl code;

	if (!msg_ctype_cmp(&msg->ctyp, "message", "sipfrag") ||
	    re_regex((const char *)mbuf_buf(msg->mb), MIN(mbuf_get_left(msg->mb), 64),
		     "SIP/2.0 [0-9]3", &code))
		return 0;
	return pl_u32(&code);
}

void cusax_session_take_notify(struct cusax_session *session, const struct sip_msg *msg)
{
	const struct sip_hdr *state = sip_msg_hdr(msg, SIP_HDR_SUBSCRIPTION_STATE);
	struct sip *sip = session->account->sip;
	guint code = read_fragment(msg);
	bool over;

	if (!is_refer_event(msg)) {
		(void)sip_treplyf(NULL, NULL, sip, msg, false, 489, "Bad Event",
				  "Allow-Events: refer\r\nContent-Length: 0\r\n\r\n");
		cusax_sip_report_refused(session->account, "event");
		return;
	}
	if (!session->referring || !session->handlers) {
		(void)sip_treply(NULL, sip, msg, 481, "Subscription Does Not Exist");
		return;
	}
	(void)sip_treply(NULL, sip, msg, 200, "OK");
	over = code >= 200 || (state && state->val.l >= 10 &&
			       !g_ascii_strncasecmp(state->val.p, "terminated", 10));
	if (over)
		transfer_over(session, code);
	else if (code)
		session->handlers->transferred(code, false, session->arg);
}

/* --- theirs ---------------------------------------------------------------------------------- */

void cusax_session_notify(struct cusax_session *session, guint code, bool over)
{
	g_autofree char *headers = NULL;
	struct cusax_dialog_request notify = {
		.method = "NOTIFY",
		.type = "message/sipfrag;version=2.0",
	};
	struct mbuf *body;

	if (!session->referred || session->state != SESSION_STANDING)
		return;
	session->referred = !over;
	body = session->refer_silent ? NULL : mbuf_alloc(64);
	if (!body || mbuf_printf(body, "SIP/2.0 %u %s\r\n", code, cusax_sip_phrase(code))) {
		mem_deref(body);
		return;
	}
	body->pos = 0;
	headers = g_strdup_printf("Event: refer\r\nSubscription-State: %s\r\n",
				  over ? "terminated;reason=noresource"
				       : "active;expires=" G_STRINGIFY(SUBSCRIPTION_S));
	notify.headers = headers;
	notify.body = body;
	(void)cusax_dialog_send(session->dialog, session->account, &notify, NULL);
	mem_deref(body);
}

static char *unescape(const struct pl *text)
{
	g_autofree char *raw = g_strndup(text->p, text->l);
	char *plain = g_uri_unescape_string(raw, "\r\n");

	return plain;
}

static bool is_clean(const char *text)
{
	for (; *text; text++) {
		if ((guchar)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

struct request {
	char *uri, *replaces, *referred_by;
};

static void request_clear(struct request *request)
{
	g_free(request->uri);
	g_free(request->replaces);
	g_free(request->referred_by);
}

/* What the address says beside where: one Replaces counts, nothing else is put into a request of
 * ours. FALSE: it asks for something other than a call. */
static bool read_target(const struct pl *auri, struct request *request)
{
	struct pl where = *auri, method, replaces;
	const char *query = pl_strchr(auri, '?');
	struct uri uri;

	if (auri->l > MAX_VALUE || uri_decode(&uri, auri))
		return false;
	if (!msg_param_decode(&uri.params, "method", &method) && pl_strcasecmp(&method, "INVITE"))
		return false;
	if (query)
		where.l = (size_t)(query - auri->p);
	request->uri = g_strndup(where.p, where.l);
	if (query && !re_regex(query, auri->l - where.l, "[?&]1Replaces=[^&]+", NULL, &replaces)) {
		request->replaces = unescape(&replaces);
		if (!request->replaces || !is_clean(request->replaces))
			return false;
	}
	return is_clean(request->uri);
}

static bool read_request(const struct sip_msg *msg, struct request *request)
{
	const struct sip_hdr *to = sip_msg_hdr(msg, SIP_HDR_REFER_TO);
	const struct sip_hdr *by = sip_msg_hdr(msg, SIP_HDR_REFERRED_BY);
	struct sip_addr address;

	if (sip_msg_hdr_count(msg, SIP_HDR_REFER_TO) != 1 || !to->val.l ||
	    sip_addr_decode(&address, &to->val) || !read_target(&address.auri, request))
		return false;
	if (by && by->val.l <= MAX_VALUE) {
		request->referred_by = g_strndup(by->val.p, by->val.l);
		if (!is_clean(request->referred_by))
			g_clear_pointer(&request->referred_by, g_free);
	}
	return true;
}

void cusax_session_take_refer(struct cusax_session *session, const struct sip_msg *msg)
{
	const struct sip_hdr *sub = sip_msg_hdr(msg, SIP_HDR_REFER_SUB);
	struct sip *sip = session->account->sip;
	struct request request = { 0 };
	struct cusax_session_referral referral;
	g_autofree char *contact = cusax_dialog_contact(session->account);

	if (session->state != SESSION_STANDING || !session->handlers || session->referred) {
		(void)sip_treply(NULL, sip, msg, 491, "Request Pending");
		return;
	}
	if (!read_request(msg, &request)) {
		(void)sip_treply(NULL, sip, msg, 400, "Refer-To Names No Call");
		cusax_sip_report_refused(session->account, "bad-transfer");
		request_clear(&request);
		return;
	}
	referral = (struct cusax_session_referral){ request.uri, request.replaces,
						    request.referred_by };
	session->referred = true;
	session->refer_silent = sub && !pl_strcasecmp(&sub->val, "false");
	if (session->handlers->referred(&referral, session->arg)) {
		(void)sip_treplyf(NULL, NULL, sip, msg, true, 202, "Accepted",
				  "%s%sContent-Length: 0\r\n\r\n", contact,
				  session->refer_silent ? "Refer-Sub: false\r\n" : "");
		cusax_session_notify(session, 100, false);
	} else {
		session->referred = false;
		(void)sip_treply(NULL, sip, msg, 603, "Decline");
	}
	request_clear(&request);
}

/* --- Replaces -------------------------------------------------------------------------------- */

/* An early dialog that we began, by the tag of the branch that rings. */
static bool has_fork(const struct cusax_session *session, const struct pl *remote_tag)
{
	for (guint i = 0; i < session->forks->len; i++) {
		const struct cusax_fork *fork = session->forks->pdata[i];

		if (pl_strcmp(remote_tag, fork->dialog->remote_tag) == 0)
			return true;
	}
	return false;
}

struct cusax_session *cusax_session_replaced(CusaxSipAccount *account, const struct sip_msg *msg,
					     guint *ret_code)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_REPLACES);
	struct pl call_id, params, to_tag, from_tag, early;
	g_autofree char *key = NULL;
	struct cusax_session *session;

	*ret_code = 400;
	if (!hdr || sip_msg_hdr_count(msg, SIP_HDR_REPLACES) != 1 || hdr->val.l > MAX_VALUE ||
	    re_regex(hdr->val.p, hdr->val.l, "[^; \t]+[^]*", &call_id, &params) ||
	    msg_param_decode(&params, "to-tag", &to_tag) ||
	    msg_param_decode(&params, "from-tag", &from_tag))
		return NULL;
	*ret_code = 481;
	key = g_strdup_printf("%.*s\n%.*s", (int)call_id.l, call_id.p, (int)to_tag.l, to_tag.p);
	session = g_hash_table_lookup(account->sessions, key);
	if (session && session->state == SESSION_CALLING && session->handlers &&
	    has_fork(session, &from_tag))
		return session;
	if (!session || !session->dialog->remote_tag ||
	    pl_strcmp(&from_tag, session->dialog->remote_tag) != 0)
		return NULL;
	if (session->state == SESSION_OVER)
		*ret_code = 603;
	if (session->state != SESSION_STANDING || !session->handlers)
		return NULL;
	*ret_code = 486;
	return msg_param_exists(&params, "early-only", &early) ? session : NULL;
}

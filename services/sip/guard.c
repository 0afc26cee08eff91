/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard: the source, the essential headers and the method of every new request. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/guard.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/log.h"
#include "services/sip/flow.h"
#include "services/sip/mailbox.h"
#include "services/sip/malformed.h"
#include "services/sip/message.h"
#include "services/sip/session.h"
#include "services/sip/stun-ping.h"

#define MAX_CSEQ       0x7fffffffU /* RFC 3261 §8.1.1.5 */
#define MAX_VALUE      1024
#define KEEPALIVE_SIZE 4 /* CRLF CRLF (RFC 5626 §3.5.1) */

static const struct cusax_guard_verdict fine = { NULL, 0, NULL };

char *cusax_guard_allow(const CusaxSipAccount *account)
{
	return g_strconcat(account->disabled & CUSAX_FEATURE_AUDIO ? "" : "INVITE, ",
			   "ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY",
			   account->disabled & CUSAX_FEATURE_MESSAGING ? "" : ", MESSAGE", NULL);
}

/* --- form ------------------------------------------------------------------------------------ */

static struct cusax_guard_verdict check_counts(const struct sip_msg *msg)
{
	static const struct {
		enum sip_hdrid id;
		bool needed;
		const char *missing, *doubled;
	} rules[] = {
		{ SIP_HDR_FROM, true, "No From Header", "More Than One From Header" },
		{ SIP_HDR_TO, true, "No To Header", "More Than One To Header" },
		{ SIP_HDR_CALL_ID, true, "No Call-ID Header", "More Than One Call-ID Header" },
		{ SIP_HDR_CSEQ, true, "No CSeq Header", "More Than One CSeq Header" },
		{ SIP_HDR_MAX_FORWARDS, false, NULL, "More Than One Max-Forwards Header" },
		{ SIP_HDR_CONTENT_LENGTH, false, NULL, "More Than One Content-Length Header" },
		{ SIP_HDR_CONTENT_TYPE, false, NULL, "More Than One Content-Type Header" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rules); i++) {
		uint32_t n = sip_msg_hdr_count(msg, rules[i].id);

		if (n == 0 && rules[i].needed)
			return (struct cusax_guard_verdict){ "missing-header", 400,
							     rules[i].missing };
		if (n > 1)
			return (struct cusax_guard_verdict){ "duplicate-header", 400,
							     rules[i].doubled };
	}
	return fine;
}

static bool is_number(const struct pl *text, uint32_t max)
{
	if (text->l == 0 || text->l > 10)
		return false;
	for (size_t i = 0; i < text->l; i++) {
		if (!g_ascii_isdigit(text->p[i]))
			return false;
	}
	return pl_u64(text) <= max;
}

static bool is_sip_uri(const struct uri *uri)
{
	return !pl_strcasecmp(&uri->scheme, "sip") || !pl_strcasecmp(&uri->scheme, "sips");
}

/* A quoted string that does not end (RFC 3261 §25.1). */
static bool is_open(const struct pl *value)
{
	bool open = false;

	for (size_t i = 0; i < value->l; i++) {
		if (value->p[i] == '\\' && open)
			i++;
		else if (value->p[i] == '"')
			open = !open;
	}
	return open;
}

static struct cusax_guard_verdict check_values(const struct sip_msg *msg)
{
	const struct sip_hdr *cseq = sip_msg_hdr(msg, SIP_HDR_CSEQ);
	struct pl number = { cseq->val.p, 0 };

	while (number.l < cseq->val.l && g_ascii_isdigit(number.p[number.l]))
		number.l++;
	if (pl_cmp(&msg->cseq.met, &msg->met))
		return (struct cusax_guard_verdict){ "cseq-mismatch", 400,
						     "CSeq Of Another Method" };
	if (!is_number(&number, MAX_CSEQ))
		return (struct cusax_guard_verdict){ "bad-header", 400,
						     "CSeq Number Out Of Range" };
	if (msg->from.tag.l == 0)
		return (struct cusax_guard_verdict){ "no-from-tag", 400, "No Tag In From" };
	if (is_open(&msg->from.val) || is_open(&msg->to.val))
		return (struct cusax_guard_verdict){ "bad-header", 400, "Quote Without End" };
	if (msg->maxfwd.p && !is_number(&msg->maxfwd, 255))
		return (struct cusax_guard_verdict){ "bad-header", 400,
						     "Max-Forwards Out Of Range" };
	if (msg->callid.l == 0 || msg->callid.l > MAX_VALUE || msg->from.val.l > MAX_VALUE ||
	    msg->to.val.l > MAX_VALUE)
		return (struct cusax_guard_verdict){ "bad-header", 400, "Header Too Long" };
	if (msg->clen.p && !is_number(&msg->clen, 0xffff))
		return (struct cusax_guard_verdict){ "bad-header", 400,
						     "Content-Length Out Of Range" };
	/* RFC 3261 §18.3: over UDP the length says less than the datagram, or is wrong. */
	if (msg->tp == SIP_TRANSP_UDP && msg->clen.p && pl_u32(&msg->clen) > mbuf_get_left(msg->mb))
		return (struct cusax_guard_verdict){ "bad-header", 400,
						     "Content-Length Beyond The Message" };
	return fine;
}

/* RFC 5118 §4.2: without brackets nobody can tell address and port apart. */
static bool is_bare_ipv6(const struct pl *uri)
{
	const char *at = pl_strchr(uri, '@'), *colon = pl_strchr(uri, ':');
	const char *host = at ? at + 1 : colon ? colon + 1 : uri->p, *end = uri->p + uri->l;
	guint colons = 0;

	for (; host < end && *host != ';' && *host != '?'; host++) {
		if (*host == '[')
			return false;
		colons += *host == ':';
	}
	return colons > 1;
}

/* Each value by itself: commas and semicolons with nothing between are no Via. */
static bool bad_via_h(const struct sip_hdr *hdr, G_GNUC_UNUSED const struct sip_msg *msg,
		      G_GNUC_UNUSED void *arg)
{
	struct sip_via via;

	return sip_via_decode(&via, &hdr->val) == EBADMSG;
}

static bool accepts_sdp_h(const struct sip_hdr *hdr, G_GNUC_UNUSED const struct sip_msg *msg,
			  G_GNUC_UNUSED void *arg)
{
	static const char *const types[] = { "application/sdp", "application/*", "*/*" };

	for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
		if (hdr->val.l >= strlen(types[i]) &&
		    !g_ascii_strncasecmp(hdr->val.p, types[i], strlen(types[i])))
			return true;
	}
	return false;
}

static struct cusax_guard_verdict check_invite(const struct sip_msg *msg)
{
	const struct sip_hdr *contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr address;

	if (sip_msg_hdr_count(msg, SIP_HDR_CONTACT) != 1 || contact->val.l > MAX_VALUE ||
	    sip_addr_decode(&address, &contact->val) || !is_sip_uri(&address.uri))
		return (struct cusax_guard_verdict){ "bad-contact", 400,
						     "INVITE Needs One SIP Contact" };
	/* RFC 3261 §20.1: the answer would be one that the caller does not take. */
	if (sip_msg_hdr_count(msg, SIP_HDR_ACCEPT) > 0 &&
	    !sip_msg_hdr_apply(msg, true, SIP_HDR_ACCEPT, accepts_sdp_h, NULL))
		return (struct cusax_guard_verdict){ "no-sdp", 406, "Not Acceptable" };
	return fine;
}

struct cusax_guard_verdict cusax_guard_check(const struct sip_msg *msg)
{
	struct cusax_guard_verdict verdict;

	/* Without a Via there is no way back. */
	if (sip_msg_hdr_count(msg, SIP_HDR_VIA) == 0)
		return (struct cusax_guard_verdict){ "missing-header", 0, NULL };
	if (sip_msg_hdr_apply(msg, true, SIP_HDR_VIA, bad_via_h, NULL))
		return (struct cusax_guard_verdict){ "bad-header", 400, "Via Cannot Be Read" };
	verdict = check_counts(msg);
	if (!verdict.kind)
		verdict = check_values(msg);
	if (!verdict.kind && pl_strchr(&msg->ruri, '<'))
		verdict = (struct cusax_guard_verdict){ "bad-uri", 400, "Request URI In Brackets" };
	/* RFC 3261 §19.1.1: headers have no place in a request URI. */
	if (!verdict.kind && pl_isset(&msg->uri.headers))
		verdict = (struct cusax_guard_verdict){ "bad-uri", 400, "Headers In Request URI" };
	if (!verdict.kind && is_bare_ipv6(&msg->ruri))
		verdict =
			(struct cusax_guard_verdict){ "bad-uri", 400, "Address Without Brackets" };
	if (!verdict.kind && !is_sip_uri(&msg->uri))
		verdict = (struct cusax_guard_verdict){ "bad-uri", 416, "Unsupported URI Scheme" };
	if (!verdict.kind && !pl_strcmp(&msg->met, "INVITE"))
		verdict = check_invite(msg);
	if (verdict.kind && !pl_strcmp(&msg->met, "ACK"))
		verdict.code = 0;
	return verdict;
}

/* --- source ---------------------------------------------------------------------------------- */

/* Only the account's proxy speaks to us: over UDP from its address, over TCP and TLS on the
 * connection that we opened to it. */
static bool is_from_proxy(const CusaxSipAccount *account, const struct sip_msg *msg)
{
	return msg->tp == account->transport && sa_cmp(&msg->src, &account->proxy, SA_ALL);
}

/* What is read here is read again by libre, which would only complain to the terminal. */
static bool is_readable(struct mbuf *mb)
{
	size_t start = mb->pos;
	struct sip_msg *msg = NULL;
	int err;

	if (mbuf_get_left(mb) <= KEEPALIVE_SIZE)
		return true;
	err = sip_msg_decode(&msg, mb);
	mem_deref(msg);
	mb->pos = start;
	return err == 0;
}

void cusax_guard_unreadable(CusaxSipAccount *account, const char *data, size_t length,
			    struct tcp_conn *connection)
{
	g_autofree char *answer = cusax_malformed_answer(data, length);
	struct mbuf *packet = answer ? mbuf_alloc(strlen(answer)) : NULL;

	if (packet && mbuf_write_str(packet, answer) == 0) {
		packet->pos = 0;
		if (connection)
			(void)tcp_send(connection, packet);
		else
			(void)udp_send(account->datagrams, &account->proxy, packet);
	}
	mem_deref(packet);
	cusax_sip_report_refused(account, "malformed");
}

static bool datagram_h(struct sa *src, struct mbuf *mb, void *arg)
{
	CusaxSipAccount *account = arg;

	if (!sa_cmp(src, &account->proxy, SA_ALL)) {
		cusax_sip_report_refused(account, "foreign-source");
		return true;
	}
	if (cusax_stun_is(mb)) {
		cusax_flow_stun_received(account->flow, mb);
		return true;
	}
	if (!is_readable(mb)) {
		cusax_guard_unreadable(account, (const char *)mbuf_buf(mb), mbuf_get_left(mb),
				       NULL);
		return true;
	}
	return false;
}

void cusax_guard_filter(CusaxSipAccount *account, const struct sip_msg *msg)
{
	if (msg->tp != SIP_TRANSP_UDP || account->filter)
		return;
	account->datagrams = msg->sock;
	if (udp_register_helper(&account->filter, msg->sock, 0, NULL, datagram_h, account))
		cusax_debug(account->id, "datagrams cannot be filtered");
}

/* --- answers --------------------------------------------------------------------------------- */

static bool require_h(const struct sip_hdr *hdr, G_GNUC_UNUSED const struct sip_msg *msg, void *arg)
{
	static const char *const known[] = { "100rel", "timer", "replaces", "norefersub" };
	GString *unsupported = arg;

	if (unsupported->len + hdr->val.l > MAX_VALUE)
		return true;
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if (!pl_strcasecmp(&hdr->val, known[i]))
			return false;
	}
	g_string_append_printf(unsupported, "%s%.*s", unsupported->len ? ", " : "", (int)hdr->val.l,
			       hdr->val.p);
	return false;
}

/* RFC 3261 §8.2.2.3 */
static bool refuse_extensions(CusaxSipAccount *account, const struct sip_msg *msg)
{
	g_autoptr(GString) unsupported = g_string_new(NULL);

	if (!pl_strcmp(&msg->met, "ACK") || !pl_strcmp(&msg->met, "CANCEL"))
		return false;
	sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, require_h, unsupported);
	if (unsupported->len == 0)
		return false;
	(void)sip_treplyf(NULL, NULL, account->sip, msg, false, 420, "Bad Extension",
			  "Unsupported: %s\r\nContent-Length: 0\r\n\r\n", unsupported->str);
	cusax_sip_report_refused(account, "require");
	return true;
}

static void answer_options(CusaxSipAccount *account, const struct sip_msg *msg)
{
	bool dialog = pl_isset(&msg->to.tag);
	g_autofree char *allow = cusax_guard_allow(account);

	if (dialog && !cusax_session_find(account, msg)) {
		(void)sip_treply(NULL, account->sip, msg, 481, "Call Does Not Exist");
		return;
	}
	/* RFC 3261 §11.2 */
	(void)sip_treplyf(
		NULL, NULL, account->sip, msg, false, 200, "OK",
		"Allow: %s\r\n%s%s"
		"Accept-Encoding: identity\r\nAccept-Language: en\r\n"
		"Supported: " CUSAX_GUARD_SUPPORTED "\r\nContent-Length: 0\r\n\r\n",
		allow, account->disabled & CUSAX_FEATURE_AUDIO ? "" : "Accept: application/sdp\r\n",
		account->disabled & CUSAX_FEATURE_MESSAGING ? "" : "Accept: text/plain\r\n");
}

static void refuse_method(CusaxSipAccount *account, const struct sip_msg *msg, uint16_t code,
			  const char *phrase)
{
	g_autofree char *allow = cusax_guard_allow(account);

	(void)sip_treplyf(NULL, NULL, account->sip, msg, false, code, phrase,
			  "Allow: %s\r\nContent-Length: 0\r\n\r\n", allow);
}

/* C17: what is switched off is not known here; a call that stands goes on. */
static bool is_switched_off(const CusaxSipAccount *account, const struct sip_msg *msg)
{
	if (!pl_strcmp(&msg->met, "INVITE"))
		return account->disabled & CUSAX_FEATURE_AUDIO && !pl_isset(&msg->to.tag);
	return !pl_strcmp(&msg->met, "MESSAGE") && account->disabled & CUSAX_FEATURE_MESSAGING;
}

/* What is known and not taken (RFC 3261 §8.2.1), and events that nobody subscribed to (RFC 6665).
 * Who is in no call with us asks for no call of ours. */
static bool answer_method(CusaxSipAccount *account, const struct sip_msg *msg)
{
	static const char *const refused[] = { "REFER", "PUBLISH", "REGISTER" };
	bool inside = pl_isset(&msg->to.tag);

	if (is_switched_off(account, msg)) {
		refuse_method(account, msg, 405, "Method Not Allowed");
		cusax_sip_report_refused(account, "disabled");
		return true;
	}
	if (!pl_strcmp(&msg->met, "MESSAGE")) {
		cusax_sip_message_receive(account, msg);
		return true;
	}
	if (!pl_strcmp(&msg->met, "OPTIONS")) {
		answer_options(account, msg);
		return true;
	}
	if (!pl_strcmp(&msg->met, "SUBSCRIBE")) {
		(void)sip_treplyf(NULL, NULL, account->sip, msg, false, 489, "Bad Event",
				  "Allow-Events:\r\nContent-Length: 0\r\n\r\n");
		return true;
	}
	if (!pl_strcmp(&msg->met, "NOTIFY")) {
		if (cusax_mailbox_notify(account->mailbox, msg))
			return true;
		if (inside && cusax_session_find(account, msg))
			return false;
		/* What can be of a subscription is answered there: by 481 if it is of none. */
		if (inside && sip_msg_hdr(msg, SIP_HDR_EVENT) &&
		    sip_msg_hdr(msg, SIP_HDR_SUBSCRIPTION_STATE))
			return false;
		if (inside)
			(void)sip_treply(NULL, account->sip, msg, 481,
					 "Subscription Does Not Exist");
		else
			(void)sip_treply(NULL, account->sip, msg, 489, "Bad Event");
		return true;
	}
	for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
		if (pl_strcmp(&msg->met, refused[i]) || (i == 0 && inside))
			continue;
		refuse_method(account, msg, 405, "Method Not Allowed");
		return true;
	}
	return false;
}

/* --- listeners ------------------------------------------------------------------------------- */

static bool guard_h(const struct sip_msg *msg, void *arg)
{
	CusaxSipAccount *account = arg;
	struct cusax_guard_verdict verdict;

	/* A stranger gets no answer: it would tell him who lives here, and the address may be
	 * forged. */
	if (!is_from_proxy(account, msg)) {
		cusax_sip_report_refused(account, "foreign-source");
		return true;
	}
	/* RFC 2543 knows no branch: transactions are told apart by their call. */
	if (!pl_isset(&msg->via.branch))
		((struct sip_msg *)msg)->via.branch = msg->callid;
	verdict = cusax_guard_check(msg);
	if (verdict.kind) {
		if (verdict.code)
			(void)sip_reply(account->sip, msg, verdict.code, verdict.phrase);
		cusax_sip_report_refused(account, verdict.kind);
		return true;
	}
	return refuse_extensions(account, msg) || answer_method(account, msg);
}

static bool rest_h(const struct sip_msg *msg, void *arg)
{
	CusaxSipAccount *account = arg;

	if (!pl_strcmp(&msg->met, "ACK"))
		return true;
	if (!pl_strcmp(&msg->met, "CANCEL") || pl_isset(&msg->to.tag))
		(void)sip_reply(account->sip, msg, 481, "Call Does Not Exist");
	else
		refuse_method(account, msg, 501, "Not Implemented");
	return true;
}

/* Late responses to what is over. */
static bool response_h(G_GNUC_UNUSED const struct sip_msg *msg, G_GNUC_UNUSED void *arg)
{
	return true;
}

int cusax_guard_listen(CusaxSipAccount *account)
{
	return sip_listen(&account->guard, account->sip, true, guard_h, account);
}

int cusax_guard_listen_rest(CusaxSipAccount *account)
{
	int err = sip_listen(&account->rest, account->sip, true, rest_h, account);

	return err ? err
		   : sip_listen(&account->responses, account->sip, false, response_h, account);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text messages in pager mode (RFC 3428): text/plain, one request each. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/message.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/sip-uri.h"
#include "daemon/base/text.h"
#include "services/sip/call.h"
#include "services/sip/refusal.h"
#include "services/sip/request.h"
#include "services/sip/sip-status.h"

/* RFC 3428 §8: what may go where the next link may not control congestion. */
#define MAX_UDP_REQUEST 1300
/* What a request has beside text and addresses, and what the answer to a challenge adds. */
#define HEADERS_SIZE     400
#define CREDENTIALS_SIZE 400
#define MAX_UNDER_WAY    64
#define MAX_SEEN         64

#define ACCEPT "Accept: text/plain\r\nContent-Length: 0\r\n\r\n"

/* --- out ------------------------------------------------------------------------------------- */

struct sending {
	CusaxSipAccount *account;
	char *address, *id;
};

static void sending_free(struct sending *sending)
{
	g_free(sending->address);
	g_free(sending->id);
	g_free(sending);
}

/* error NULL: it went as far as delivery says. */
static void report_state(CusaxSipAccount *account, const char *address, const char *id,
			 CusaxDelivery delivery, const GError *error)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_MESSAGE_STATE, account->id);

	event->message_state.address = g_strdup(address);
	event->message_state.id = g_strdup(id);
	event->message_state.delivery = delivery;
	if (error) {
		event->message_state.code = cusax_error_code(error);
		event->message_state.text = g_strdup(error->message);
	}
	cusax_event_queue_push(account->service->events, event);
}

static void answered_h(int err, const struct sip_msg *msg, void *arg)
{
	struct sending *sending = arg;
	CusaxSipAccount *account = sending->account;
	g_autoptr(GError) error = NULL;

	account->messages--;
	if (msg && msg->scode < 300) {
		/* 202: kept by somebody on the way; 200: at the other side (RFC 3428 §7). */
		report_state(account, sending->address, sending->id,
			     msg->scode == 202 ? CUSAX_DELIVERY_SERVER : CUSAX_DELIVERY_DELIVERED,
			     NULL);
	} else if (msg) {
		g_autofree char *words = cusax_sip_refusal_words(msg);

		error = g_error_new(CUSAX_ERROR, cusax_sip_error_code(msg->scode),
				    "the message was refused: %s", words);
	} else if (err == ETIMEDOUT) {
		error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT, "%s does not answer",
				    account->target->host);
	} else {
		/* Nobody knows whether it arrived: it is sent again with the next connection. */
		cusax_debug(account->id, "a message has no answer: %s", g_strerror(err));
	}
	if (error)
		report_state(account, sending->address, sending->id, CUSAX_DELIVERY_FAILED, error);
	sending_free(sending);
}

/* Bytes that a request with this text has at most. */
static gsize size_of(const CusaxSipAccount *account, const CusaxOperation *operation)
{
	g_autofree char *name = cusax_sip_account_name(account);
	CusaxDigestAlgorithm algorithm;
	gsize size = HEADERS_SIZE + strlen(operation->send_message.text);

	size += 3 * strlen(operation->send_message.address); /* also in the digest */
	size += strlen(account->target->aor) + strlen(account->route);
	size += name ? strlen(name) : 0;
	if (cusax_credentials_used(account->credentials, &algorithm))
		size += CREDENTIALS_SIZE + strlen(account->target->login);
	return size;
}

static GError *check(const CusaxSipAccount *account, const CusaxOperation *operation)
{
	const char *text = operation->send_message.text;
	g_autoptr(CusaxSipUri) uri = cusax_sip_uri_parse(operation->send_message.address, NULL);

	if (account->disabled & CUSAX_FEATURE_MESSAGING)
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
					   "messaging is switched off for this account");
	if (!uri || uri->scheme == CUSAX_SCHEME_TEL)
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					   "the address is not a SIP address");
	if (!g_utf8_validate(text, -1, NULL))
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					   "the message is not valid UTF-8");
	if (strlen(text) > CUSAX_SIP_MAX_MESSAGE)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
				   "the message is too long: more than %d bytes",
				   CUSAX_SIP_MAX_MESSAGE);
	if (account->transport == SIP_TRANSP_UDP && size_of(account, operation) > MAX_UDP_REQUEST)
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
					   "the message is too long for UDP: "
					   "a connection by TLS or TCP takes longer ones");
	if (account->messages >= MAX_UNDER_WAY)
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
					   "too many messages wait for an answer");
	return NULL;
}

void cusax_sip_message_send(CusaxSipAccount *account, const CusaxOperation *operation)
{
	const char *address = operation->send_message.address;
	const char *id = operation->send_message.message;
	g_autoptr(GError) error = check(account, operation);
	struct sending *sending;
	int err;

	if (!error) {
		sending = g_new0(struct sending, 1);
		sending->account = account;
		sending->address = g_strdup(address);
		sending->id = g_strdup(id);
		err = cusax_sip_request_send(NULL, account, CUSAX_AUTH_CALL, "MESSAGE", address,
					     "Content-Type: text/plain;charset=UTF-8\r\n",
					     operation->send_message.text, answered_h, sending);
		if (err) {
			sending_free(sending);
			error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
					    "the message cannot be sent: %s", g_strerror(err));
		}
	}
	if (!error) {
		account->messages++;
		report_state(account, address, id, CUSAX_DELIVERY_SENT, NULL);
	} else {
		report_state(account, address, id, CUSAX_DELIVERY_FAILED, error);
	}
	cusax_sip_report_done(account->service, account->id, operation->id, error);
}

/* --- in -------------------------------------------------------------------------------------- */

struct refusal {
	guint16 code;
	const char *kind, *phrase, *lines;
};

/* RFC 3261 §18.3: what a datagram has beyond its Content-Length is not the message's. */
static size_t body_length(const struct sip_msg *msg)
{
	size_t left = mbuf_get_left(msg->mb);

	return msg->clen.p ? MIN(left, pl_u32(&msg->clen)) : left;
}

/* RFC 3428 §4 wants text/plain of everybody; UTF-8 is the one charset that is taken. */
static bool is_plain_utf8(const struct sip_msg *msg)
{
	struct pl charset;

	if (!msg_ctype_cmp(&msg->ctyp, "text", "plain"))
		return false;
	if (msg_param_decode(&msg->ctyp.params, "charset", &charset) != 0)
		return true;
	if (charset.l >= 2 && charset.p[0] == '"') {
		charset.p++;
		charset.l -= 2;
	}
	return !pl_strcasecmp(&charset, "utf-8") || !pl_strcasecmp(&charset, "us-ascii");
}

static const struct refusal *judge(const CusaxSipAccount *account, const struct sip_msg *msg)
{
	static const struct refusal leaving = { 480, "not-online", "Temporarily Unavailable",
						"Content-Length: 0\r\n\r\n" };
	static const struct refusal dialog = { 481, "message-in-dialog", "Call Does Not Exist",
					       "Content-Length: 0\r\n\r\n" };
	static const struct refusal too_large = { 413, "message-too-large",
						  "Request Entity Too Large",
						  "Content-Length: 0\r\n\r\n" };
	static const struct refusal type = { 415, "message-type", "Unsupported Media Type",
					     ACCEPT };
	static const struct refusal encoded = { 415, "message-type", "Unsupported Media Type",
						"Accept-Encoding: identity\r\n" ACCEPT };
	static const struct refusal charset = { 400, "message-charset", "Text Is Not UTF-8",
						"Content-Length: 0\r\n\r\n" };
	const char *body = (const char *)mbuf_buf(msg->mb);
	size_t length = body_length(msg);

	if (account->state != CUSAX_SIP_ONLINE || account->failure)
		return &leaving;
	/* No session of ours carries messages (RFC 3428 §9). */
	if (pl_isset(&msg->to.tag))
		return &dialog;
	if (length > CUSAX_SIP_MAX_MESSAGE)
		return &too_large;
	if (sip_msg_hdr_count(msg, SIP_HDR_CONTENT_ENCODING) > 0)
		return &encoded;
	if (length > 0 && !is_plain_utf8(msg))
		return &type;
	/* Also no zero byte: the text would end there. */
	if (length > 0 && !g_utf8_validate(body, (gssize)length, NULL))
		return &charset;
	return NULL;
}

/* A request that came by two ways, or again after its transaction was forgotten (RFC 3261
 * §8.2.2.2): it is answered and not shown again. Takes key. */
static bool was_seen(CusaxSipAccount *account, char *key)
{
	if (g_queue_find_custom(&account->seen, key, (GCompareFunc)strcmp)) {
		g_free(key);
		return true;
	}
	g_queue_push_head(&account->seen, key);
	if (g_queue_get_length(&account->seen) > MAX_SEEN)
		g_free(g_queue_pop_tail(&account->seen));
	return false;
}

/* The address of record of a SIP URI, or NULL. */
static char *address_of(const char *text)
{
	g_autoptr(CusaxSipUri) uri = text ? cusax_sip_uri_parse(text, NULL) : NULL;

	return uri ? cusax_sip_uri_key(uri) : NULL;
}

/* Who wrote: the proxy's word where TLS proves that it is the proxy's, else From. Without TLS such a
 * word confirms nothing, but may contradict: then nobody is believed. NULL where it is no address. */
static char *sender_of(const CusaxSipAccount *account, const struct sip_msg *msg)
{
	g_autofree char *from_uri = g_strndup(msg->from.auri.p, MIN(msg->from.auri.l, 512));
	g_autofree char *asserted_uri = cusax_sip_read_asserted(msg);
	g_autofree char *from = address_of(from_uri);
	g_autofree char *asserted = address_of(asserted_uri);

	if (!asserted)
		return g_steal_pointer(&from);
	if (account->tls || (from && strcmp(from, asserted) == 0))
		return g_steal_pointer(&asserted);
	return NULL;
}

static void report_message(CusaxSipAccount *account, const struct sip_msg *msg, char *sender)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_MESSAGE, account->id);
	g_autofree char *raw = g_strndup((const char *)mbuf_buf(msg->mb), body_length(msg));

	event->message.direction = CUSAX_DIRECTION_IN;
	event->message.address = sender;
	event->message.id = g_strdup_printf("%.*s %u", (int)MIN(msg->callid.l, 256), msg->callid.p,
					    msg->cseq.num);
	event->message.text = cusax_text_body(raw, CUSAX_SIP_MAX_MESSAGE);
	cusax_event_queue_push(account->service->events, event);
}

void cusax_sip_message_receive(CusaxSipAccount *account, const struct sip_msg *msg)
{
	const struct refusal *refusal = judge(account, msg);
	g_autofree char *sender = NULL;
	char *key;

	if (refusal) {
		(void)sip_treplyf(NULL, NULL, account->sip, msg, false, refusal->code,
				  refusal->phrase, "%s", refusal->lines);
		cusax_sip_report_refused(account, refusal->kind);
		return;
	}
	sender = sender_of(account, msg);
	if (!sender) {
		(void)sip_treply(NULL, account->sip, msg, 403, "The Sender Is In Doubt");
		cusax_sip_report_refused(account, "message-sender");
		return;
	}
	(void)sip_treply(NULL, account->sip, msg, 200, "OK");
	key = g_strdup_printf("%.*s\n%u\n%.*s", (int)msg->callid.l, msg->callid.p, msg->cseq.num,
			      (int)msg->from.tag.l, msg->from.tag.p);
	if (!was_seen(account, key) && body_length(msg) > 0)
		report_message(account, msg, g_steal_pointer(&sender));
}

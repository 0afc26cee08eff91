/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outgoing messages, chat states, receipts and markers. */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/chat-reference.h"
#include "services/xmpp/chat.h"
#include "services/xmpp/file.h"
#include "services/xmpp/ns.h"

CusaxNode *cusax_xmpp_chat_message_new(CusaxXmppSession *session, guint64 op, const char *address,
				       const char *id)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = NULL, *to = NULL;
	CusaxMessageKind kind;
	CusaxNode *message;

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING)) {
		cusax_xmpp_session_fail(session, op, CUSAX_ERROR_FEATURE_DISABLED,
					"messaging is switched off for this account");
		return NULL;
	}
	jid = cusax_jid_prepare(address, &error);
	if (!jid) {
		cusax_xmpp_session_done(session, op, error);
		return NULL;
	}
	kind = cusax_xmpp_chat_kind(session, jid);
	to = cusax_xmpp_chat_address(jid, kind);
	message = cusax_node_new("message", CUSAX_NS_CLIENT);
	cusax_node_set(message, "to", to);
	cusax_node_set(message, "type", kind == CUSAX_MESSAGE_ROOM ? "groupchat" : "chat");
	cusax_node_set(message, "id", id);
	/* Tells every device that it is no person's address (XEP-0045 §7.5). */
	if (kind == CUSAX_MESSAGE_PRIVATE)
		cusax_node_add(message, "x", CUSAX_NS_MUC_USER);
	return message;
}

void cusax_xmpp_chat_submit(CusaxXmppSession *session, guint64 op, CusaxNode *message,
			    const char *id)
{
	g_autoptr(CusaxNode) taken = message;
	const char *to = cusax_node_attr(message, "to");

	cusax_xmpp_stream_send(session->stream, message, id, to);
	cusax_xmpp_session_done(session, op, NULL);
}

static CusaxMessageKind sent_kind(CusaxXmppSession *session, CusaxNode *message)
{
	return cusax_xmpp_chat_kind(session, cusax_node_attr(message, "to"));
}

void cusax_xmpp_chat_send(CusaxXmppSession *session, const CusaxOperation *operation)
{
	const char *id = operation->send_message.message, *text = operation->send_message.text;
	CusaxNode *message;

	if (!text || !*text || strlen(text) > CUSAX_XMPP_MAX_TEXT) {
		cusax_xmpp_session_fail(session, operation->id,
					text && *text ? CUSAX_ERROR_LIMIT_EXCEEDED
						      : CUSAX_ERROR_INVALID_ARGUMENT,
					"text: must have from 1 byte to 128 KiB");
		return;
	}
	message = cusax_xmpp_chat_message_new(session, operation->id,
					      operation->send_message.address, id);
	if (!message)
		return;
	if (operation->send_message.kind != sent_kind(session, message)) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_WRONG_STATE,
					"the account is not in the room");
		return;
	}
	cusax_xmpp_reference_add_body(message, operation);
	cusax_node_set(cusax_node_add(message, "origin-id", CUSAX_NS_SID), "id", id);
	if (operation->send_message.ask_receipt)
		cusax_node_add(message, "request", CUSAX_NS_RECEIPTS);
	if (operation->send_message.ask_marker)
		cusax_node_add(message, "markable", CUSAX_NS_MARKERS);
	if (operation->send_message.chat_state)
		cusax_node_add(message, "active", CUSAX_NS_CHAT_STATES);
	if (operation->send_message.replaces)
		cusax_node_set(cusax_node_add(message, "replace", CUSAX_NS_CORRECT), "id",
			       operation->send_message.replaces);
	if (operation->send_message.file)
		cusax_xmpp_file_write(message, operation->send_message.file);
	cusax_xmpp_chat_submit(session, operation->id, message, id);
}

void cusax_xmpp_chat_send_state(CusaxXmppSession *session, const CusaxOperation *operation)
{
	CusaxChatState state = operation->send_chat_state.state;
	CusaxNode *message;

	if (state == CUSAX_CHAT_STATE_NONE) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_INVALID_ARGUMENT,
					"state: must be a chat state");
		return;
	}
	message = cusax_xmpp_chat_message_new(session, operation->id,
					      operation->send_chat_state.address, NULL);
	if (!message)
		return;
	cusax_node_add(message, cusax_word(CUSAX_TYPE_CHAT_STATE, (int)state),
		       CUSAX_NS_CHAT_STATES);
	/* Nothing for an archive (XEP-0334 §4.2). */
	cusax_node_add(message, "no-store", CUSAX_NS_HINTS);
	cusax_xmpp_session_send(session, message);
	cusax_xmpp_session_done(session, operation->id, NULL);
}

void cusax_xmpp_chat_send_marker(CusaxXmppSession *session, const CusaxOperation *operation)
{
	gboolean displayed = operation->send_marker.displayed;
	g_autofree char *id = g_uuid_string_random();
	CusaxNode *mark, *message;

	message = cusax_xmpp_chat_message_new(session, operation->id,
					      operation->send_marker.address, id);
	if (!message)
		return;
	mark = cusax_node_add(message, displayed ? "displayed" : "received",
			      displayed ? CUSAX_NS_MARKERS : CUSAX_NS_RECEIPTS);
	cusax_node_set(mark, "id", operation->send_marker.message);
	/* Whoever is away wants to know afterwards: markers and receipts are kept (XEP-0334 §4.4). */
	cusax_node_add(message, "store", CUSAX_NS_HINTS);
	cusax_xmpp_session_send(session, message);
	cusax_xmpp_session_done(session, operation->id, NULL);
}

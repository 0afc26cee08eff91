/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One-to-one chat: messages, receipts, markers, chat states, carbons. */
/* Main thread. */
#pragma once

#include "services/xmpp/session.h"

#define CUSAX_XMPP_MAX_TEXT (128 * 1024) /* bytes of an outgoing message */

/* A message that no other handler took. */
void cusax_xmpp_chat_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza);
/* <sent/> or <received/> of XEP-0280, from the own server. */
void cusax_xmpp_chat_handle_carbon(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
				   CusaxNode *carbon);

/* Asks for copies of what other devices send and get (XEP-0280). */
void cusax_xmpp_chat_enable_carbons(CusaxXmppSession *session);

/* CUSAX_OPERATION_SEND_MESSAGE, _SEND_CHAT_STATE, _SEND_MARKER. */
void cusax_xmpp_chat_send(CusaxXmppSession *session, const CusaxOperation *operation);
void cusax_xmpp_chat_send_state(CusaxXmppSession *session, const CusaxOperation *operation);
void cusax_xmpp_chat_send_marker(CusaxXmppSession *session, const CusaxOperation *operation);

/* The server has an own message, or will never get it. */
void cusax_xmpp_chat_report_state(CusaxXmppSession *session, const char *address, const char *id,
				  CusaxDelivery delivery, const GError *error);

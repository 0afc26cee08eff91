/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text messages in pager mode (RFC 3428): text/plain, one request each. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

/* Bytes of text that are taken in, and sent out where the transport carries them. */
#define CUSAX_SIP_MAX_MESSAGE 8192

/* CUSAX_OPERATION_SEND_MESSAGE on an account that is online: done when it is written, or where it
 * cannot be; how it went is told by CUSAX_EVENT_MESSAGE_STATE in both cases. A message whose answer
 * is lost with the connection stays as sent. */
void cusax_sip_message_send(CusaxSipAccount *account, const CusaxOperation *operation);

/* A MESSAGE that passed the guard, on an account that has messaging. */
void cusax_sip_message_receive(CusaxSipAccount *account, const struct sip_msg *msg);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The account's voice mailbox (RFC 3842): subscribed to, or told of unasked. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

struct cusax_mailbox;

struct cusax_mailbox *cusax_mailbox_new(CusaxSipAccount *account);
void cusax_mailbox_free(struct cusax_mailbox *mailbox);

/* The account is registered: subscribes, once for each connection. */
void cusax_mailbox_start(struct cusax_mailbox *mailbox);
/* Before the stack goes; the subscription is ended where it can be. */
void cusax_mailbox_stop(struct cusax_mailbox *mailbox);

/* A NOTIFY that passed the guard. FALSE: it is not of a mailbox, or belongs to the subscription, which
 * is asked next. */
bool cusax_mailbox_notify(struct cusax_mailbox *mailbox, const struct sip_msg *msg);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One one-to-one conversation; its messages are in the history, not here. */
/* Main thread. */
#pragma once

#include "daemon/model/contact.h"

#define CUSAX_TYPE_CHAT (cusax_chat_get_type())
G_DECLARE_FINAL_TYPE(CusaxChat, cusax_chat, CUSAX, CHAT, CusaxObject)

struct _CusaxChat {
	CusaxObject parent;
	CusaxAccount *account;
	CusaxContact *contact; /* NULL: not in the roster */
	char *address;         /* bare JID */
	guint unread;
	CusaxChatState peer_state;
	char *encryption;   /* "none" until end-to-end encryption exists (X11, C99) */
	char *last_message; /* id; "" where there is none */
};

CusaxChat *cusax_chat_new(const char *id, CusaxAccount *account, const char *address);

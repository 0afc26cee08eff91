/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One one-to-one conversation; its messages are in the history, not here. */
/* Main thread. */
#pragma once

#include "daemon/model/contact.h"
#include "daemon/model/conversation.h"

#define CUSAX_TYPE_CHAT (cusax_chat_get_type())
G_DECLARE_FINAL_TYPE(CusaxChat, cusax_chat, CUSAX, CHAT, CusaxConversation)

struct _CusaxChat {
	CusaxConversation parent; /* its address: a bare JID, or an occupant */
	CusaxContact *contact;    /* NULL: not in the roster */
	CusaxObject *room;        /* CusaxRoom: private, with the occupant that address names */
	CusaxChatState peer_state;
	GVariant *privacy; /* a{sb}: what is told of here, where that differs from the policy */
	char *encryption;  /* "none" until end-to-end encryption exists (X11, C99) */
};

CusaxChat *cusax_chat_new(const char *id, CusaxAccount *account, const char *address);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a chat and a room have in common: an account, an address, messages in the history. */
/* Main thread. */
#pragma once

#include "daemon/model/account.h"

typedef struct _CusaxConversation CusaxConversation;
typedef struct {
	CusaxObjectClass parent_class;
} CusaxConversationClass;

#define CUSAX_TYPE_CONVERSATION (cusax_conversation_get_type())
#define CUSAX_CONVERSATION(object)                                                                 \
	(G_TYPE_CHECK_INSTANCE_CAST((object), CUSAX_TYPE_CONVERSATION, CusaxConversation))
#define CUSAX_IS_CONVERSATION(object)                                                              \
	(G_TYPE_CHECK_INSTANCE_TYPE((object), CUSAX_TYPE_CONVERSATION))
GType cusax_conversation_get_type(void);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxConversation, g_object_unref)

/* Abstract: what is said and read is the same in a chat and in a room. The messages are in the
 * history, under the account and the address. Each kind lists CUSAX_CONVERSATION_FIELDS among its
 * fields. */
struct _CusaxConversation {
	CusaxObject parent;
	CusaxAccount *account;
	char *address; /* prepared: of the other side, or of the room */
	guint unread;
	char *last_message; /* id; "" where there is none */
};

#define CUSAX_CONVERSATION_AT(member) G_STRUCT_OFFSET(CusaxConversation, member)
#define CUSAX_CONVERSATION_FIELDS                                                                  \
	{ "account", CUSAX_FIELD_OBJECT, CUSAX_CONVERSATION_AT(account), NULL, NULL },             \
		{ "address", CUSAX_FIELD_STRING, CUSAX_CONVERSATION_AT(address), NULL, NULL },     \
		{ "unread", CUSAX_FIELD_UINT, CUSAX_CONVERSATION_AT(unread), NULL, NULL },         \
	{                                                                                          \
		"last-message", CUSAX_FIELD_STRING, CUSAX_CONVERSATION_AT(last_message), NULL,     \
			NULL                                                                       \
	}

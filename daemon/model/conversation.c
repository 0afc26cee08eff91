/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The abstract base of chats and rooms. */
/* Main thread. */
#include "daemon/model/conversation.h"

G_DEFINE_ABSTRACT_TYPE(CusaxConversation, cusax_conversation, CUSAX_TYPE_OBJECT)

static void cusax_conversation_class_init(G_GNUC_UNUSED CusaxConversationClass *klass)
{
}

static void cusax_conversation_init(G_GNUC_UNUSED CusaxConversation *self)
{
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One one-to-one conversation. */
/* Main thread. */
#include "daemon/model/chat.h"

G_DEFINE_FINAL_TYPE(CusaxChat, cusax_chat, CUSAX_TYPE_CONVERSATION)

#define AT(member) G_STRUCT_OFFSET(CusaxChat, member)

static const CusaxField fields[] = {
	CUSAX_CONVERSATION_FIELDS,
	{ "room", CUSAX_FIELD_OBJECT, AT(room), NULL, NULL },
	{ "contact", CUSAX_FIELD_OBJECT, AT(contact), NULL, NULL },
	{ "peer-state", CUSAX_FIELD_ENUM, AT(peer_state), cusax_chat_state_get_type, NULL },
	{ "privacy", CUSAX_FIELD_VARIANT, AT(privacy), NULL, "a{sb}" },
	{ "encryption", CUSAX_FIELD_STRING, AT(encryption), NULL, NULL },
};

static void cusax_chat_class_init(CusaxChatClass *klass)
{
	cusax_object_class_install_fields(CUSAX_OBJECT_CLASS(klass), "chat", fields,
					  G_N_ELEMENTS(fields));
}

static void cusax_chat_init(CusaxChat *self)
{
	self->encryption = g_strdup("none");
}

CusaxChat *cusax_chat_new(const char *id, CusaxAccount *account, const char *address)
{
	CusaxChat *chat = cusax_object_new(CUSAX_TYPE_CHAT, id);

	chat->parent.account = g_object_ref(account);
	chat->parent.address = g_strdup(address);
	return chat;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file on its way. */
/* Main thread. */
#include "daemon/model/transfer.h"

G_DEFINE_FINAL_TYPE(CusaxTransfer, cusax_transfer, CUSAX_TYPE_OBJECT)

#define AT(member) G_STRUCT_OFFSET(CusaxTransfer, member)

static const CusaxField fields[] = {
	{ "account", CUSAX_FIELD_OBJECT, AT(account), NULL, NULL },
	{ "chat", CUSAX_FIELD_OBJECT, AT(chat), NULL, NULL },
	{ "direction", CUSAX_FIELD_ENUM, AT(direction), cusax_direction_get_type, NULL },
	{ "state", CUSAX_FIELD_ENUM, AT(state), cusax_transfer_state_get_type, NULL },
	{ "name", CUSAX_FIELD_STRING, AT(name), NULL, NULL },
	{ "type", CUSAX_FIELD_STRING, AT(type), NULL, NULL },
	{ "size", CUSAX_FIELD_UINT64, AT(size), NULL, NULL },
	{ "transferred", CUSAX_FIELD_UINT64, AT(transferred), NULL, NULL },
	{ "uri", CUSAX_FIELD_STRING, AT(uri), NULL, NULL },
	{ "message", CUSAX_FIELD_STRING, AT(message), NULL, NULL },
	{ "error-name", CUSAX_FIELD_STRING, AT(error_name), NULL, NULL },
	{ "reason", CUSAX_FIELD_STRING, AT(reason), NULL, NULL },
};

static void cusax_transfer_class_init(CusaxTransferClass *klass)
{
	cusax_object_class_install_fields(CUSAX_OBJECT_CLASS(klass), "transfer", fields,
					  G_N_ELEMENTS(fields));
}

static void cusax_transfer_init(G_GNUC_UNUSED CusaxTransfer *self)
{
}

CusaxTransfer *cusax_transfer_new(const char *id, CusaxAccount *account, CusaxConversation *chat,
				  CusaxDirection direction)
{
	CusaxTransfer *transfer = cusax_object_new(CUSAX_TYPE_TRANSFER, id);

	transfer->account = g_object_ref(account);
	transfer->chat = g_object_ref(chat);
	transfer->direction = direction;
	return transfer;
}

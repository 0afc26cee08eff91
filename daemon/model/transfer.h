/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file on its way. */
/* Main thread. */
#pragma once

#include "daemon/model/conversation.h"

#define CUSAX_TYPE_TRANSFER (cusax_transfer_get_type())
G_DECLARE_FINAL_TYPE(CusaxTransfer, cusax_transfer, CUSAX, TRANSFER, CusaxObject)

struct _CusaxTransfer {
	CusaxObject parent;
	CusaxAccount *account;
	CusaxConversation *chat;
	CusaxDirection direction;
	CusaxTransferState state;
	char *name; /* without a folder */
	char *type; /* media type; "" where not known */
	guint64 size;
	guint64 transferred;
	char *uri;        /* https; "" while there is none */
	char *message;    /* id of the message that names the file; "" while there is none */
	char *error_name; /* D-Bus name of the error; "" unless failed */
	char *reason;     /* one line for a person; "" unless failed */
};

/* chat: where the file is sent, or came. */
CusaxTransfer *cusax_transfer_new(const char *id, CusaxAccount *account, CusaxConversation *chat,
				  CusaxDirection direction);

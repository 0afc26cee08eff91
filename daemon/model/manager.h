/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon as a whole, as clients see it at the root path. */
/* Main thread. */
#pragma once

#include "daemon/model/object.h"

#define CUSAX_TYPE_MANAGER (cusax_manager_get_type())
G_DECLARE_FINAL_TYPE(CusaxManager, cusax_manager, CUSAX, MANAGER, CusaxObject)

struct _CusaxManager {
	CusaxObject parent;
	char *version;
	CusaxAvailability availability; /* what the user asked for */
	char *status_message;
	guint unread;        /* messages, over all chats */
	guint missed_calls;  /* not seen yet */
	char *storage_error; /* why messages cannot be kept now; NULL: they can */
};

CusaxManager *cusax_manager_new(void);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One CUSAX pair: a chat account and a telephony account that are one service (draft §3.4). */
/* Main thread. */
#pragma once

#include "daemon/base/settings.h"
#include "daemon/model/account.h"

#define CUSAX_TYPE_SERVICE (cusax_service_get_type())
G_DECLARE_FINAL_TYPE(CusaxService, cusax_service, CUSAX, SERVICE, CusaxObject)

struct _CusaxService {
	CusaxObject parent;
	char *name;
	CusaxAccount *chat_account; /* while both exist */
	CusaxAccount *telephony_account;
	CusaxServiceState state;
	CusaxAccountState chat_state;
	CusaxAccountState telephony_state;
	char *state_reason; /* which side is not online, and why (C22) */
	CusaxConnectPolicy connect_policy;
	gboolean secure;         /* both sides equally protected (C93) */
	GStrv security_mismatch; /* C94 */
	char *origin;            /* "manual" or "provisioned" */

	CusaxSettings *values; /* pair settings */
};

/* values: a reference is taken. */
CusaxService *cusax_service_new(const char *id, CusaxAccount *chat, CusaxAccount *telephony,
				const char *origin, CusaxSettings *values);

/* New settings, with all that follows from them (name, connect policy). */
void cusax_service_set_values(CusaxService *service, CusaxSettings *values);

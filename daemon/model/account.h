/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One account of one protocol: what is configured and how it fares. */
/* Main thread. */
#pragma once

#include "daemon/base/facts.h"
#include "daemon/base/settings.h"
#include "daemon/model/object.h"

#define CUSAX_TYPE_ACCOUNT (cusax_account_get_type())
G_DECLARE_FINAL_TYPE(CusaxAccount, cusax_account, CUSAX, ACCOUNT, CusaxObject)

struct _CusaxAccount {
	CusaxObject parent;
	CusaxProtocol protocol;
	char *address; /* bare JID, or SIP address of record */
	char *label;
	char *role; /* "chat" or "telephony" */
	gboolean enabled;
	CusaxAccountState state;
	char *state_reason;     /* one line for a person; "" when there is nothing to tell */
	char *error_name;       /* of base/error.h; "" when there is none */
	CusaxFeatures features; /* in effect: follow disabled_features and service */
	CusaxFeatures disabled_features;
	CusaxObject *service; /* CusaxService or NULL */
	GVariant *security;   /* a{sv} */
	GVariant *settings;   /* a{sv} */
	char *avatar_path;    /* "": none, or not known */
	GVariant *voicemail;  /* (uu): new, old */
	char *voicemail_uri;  /* what to dial to hear them; NULL: not known */

	CusaxSettings *values; /* what settings shows */
	char *avatar_hash;     /* of the own picture; "": none; NULL: not known */
	CusaxSecurity *facts;  /* what security shows; NULL while not online */
};

/* values: a reference is taken. disabled features and label are read from it. */
CusaxAccount *cusax_account_new(const char *id, CusaxProtocol protocol, const char *address,
				CusaxSettings *values);

/* New settings, with all that follows from them (label, enabled, features). */
void cusax_account_set_values(CusaxAccount *account, CusaxSettings *values);

/* Facts of the connection; NULL: not connected. Takes facts. */
void cusax_account_set_security(CusaxAccount *account, CusaxSecurity *facts);

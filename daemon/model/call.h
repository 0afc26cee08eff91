/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call: who, in which state, how protected, and how it ended. */
/* Main thread. */
#pragma once

#include "daemon/model/chat.h"
#include "daemon/model/service.h"

#define CUSAX_TYPE_CALL (cusax_call_get_type())
G_DECLARE_FINAL_TYPE(CusaxCall, cusax_call, CUSAX, CALL, CusaxObject)

struct _CusaxCall {
	CusaxObject parent;
	CusaxAccount *account;
	CusaxService *service; /* NULL: the account is not paired */
	CusaxCallDirection direction;
	CusaxCallState state;
	CusaxEndReason end_reason;
	guint end_code; /* SIP status; 0: none */
	char *end_text;
	char *remote_uri;
	char *remote_name;     /* as claimed, made safe */
	CusaxContact *contact; /* only when verified */
	char *claimed_address; /* a JID that the caller merely claims */
	CusaxIdentity identity;
	char *identity_source;       /* word of CusaxSource, or "" */
	char *identity_confirmation; /* word of how far it is confirmed, or "" */
	char *identity_evidence;     /* one sentence for a person, or "" */
	GStrv media;                 /* of audio, video */
	CusaxEncryption encryption;
	gboolean held;
	gboolean remote_held;
	gboolean early_media; /* heard before the answer */
	gboolean muted;
	gboolean merged; /* in the local mix: those in it hear one another */
	gboolean recording;
	CusaxCharges charges;
	CusaxReferralState transfer_state;
	char *transfer_target;
	CusaxCharges transfer_charges; /* asked: of the call to the target */
	CusaxCall
		*replaces; /* incoming: the call that ends when this one is accepted; NULL: none */
	CusaxObject *conference;                  /* NULL: none */
	CusaxChat *chat;                          /* opened from this call; NULL: none */
	gint64 start_time, answer_time, end_time; /* Unix microseconds, 0: never */
	char *codec;
	char *input_device, *output_device;           /* "": the default */
	char *input_device_used, *output_device_used; /* "": none */

	guint64 handle;       /* of services: CusaxEvent.call */
	GVariant *statistics; /* a{sv}, the last known; NULL: none. Not a property. */
};

/* handle: how services know the call; the id is derived from start_time and handle, so that it is
 * not used again after a restart. */
CusaxCall *cusax_call_new(guint64 handle, CusaxAccount *account, CusaxCallDirection direction,
			  CusaxCallState state, const char *remote_uri, gint64 start_time);

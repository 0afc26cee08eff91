/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls by their id: one session, its media, and what the core wants of them. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

typedef struct CusaxSipCall CusaxSipCall;

void cusax_sip_call_free(CusaxSipCall *call);

/* CALL, ACCEPT, DECLINE, HANGUP, HOLD, MUTE, DTMF, DEVICE; the operation stays with the caller. Each is
 * answered by one CUSAX_EVENT_DONE. account: NULL where it is not online. */
void cusax_sip_call_operate(CusaxSipService *service, CusaxSipAccount *account,
			    const CusaxOperation *operation);

/* A new INVITE that passed the guard: rings, or is refused. */
void cusax_sip_call_incoming(CusaxSipAccount *account, const struct sip_msg *msg);

/* The URI of P-Asserted-Identity as it stands there, or NULL; free with g_free(). */
char *cusax_sip_read_asserted(const struct sip_msg *msg);
/* P-Asserted-Identity (RFC 3325) where it can be believed, else NULL; free with g_free(). */
char *cusax_sip_asserted_uri(const CusaxSipAccount *account, const struct sip_msg *msg);

/* All calls of an account: ended in order because we leave (BYE, CANCEL, 480); ended because the
 * connection is gone; dropped without an event. */
void cusax_sip_calls_leave(CusaxSipAccount *account);
void cusax_sip_calls_fail(CusaxSipAccount *account, const char *text);
/* What is asked of a call that waits for its account's way, and does not need it. */
gboolean cusax_sip_call_needs_no_server(const CusaxSipAccount *account,
					const CusaxOperation *operation);
/* TRUE where one is answered and goes on. */
gboolean cusax_sip_calls_stand(const CusaxSipAccount *account);
/* The account loses its way and looks for another: what does not stand ends; what does, waits, and
 * follows to the address that the account then has. */
void cusax_sip_calls_pause(CusaxSipAccount *account, const char *text);
void cusax_sip_calls_resume(CusaxSipAccount *account);
void cusax_sip_calls_drop(CusaxSipAccount *account);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request outside of any dialog (RFC 3261 §8.1), with one answer to the proxy's challenge. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

struct cusax_sip_request;

/* The final response, once. msg is NULL where none came, err then says why: ETIMEDOUT where the
 * server was silent, anything else where the connection or the stack went. */
typedef void (*CusaxSipAnswered)(int err, const struct sip_msg *msg, void *arg);

/* Sends method to uri by way of the account's proxy. lines: whole header lines, each ending in CRLF,
 * without Content-Length; body may be NULL. kind: what is asked of the own server may be challenged
 * as a registration is, what goes to somebody else as a call is. *ret_request is valid until
 * answered() is called; it may be NULL. Returns errno where nothing could be sent; answered() is not
 * called then, and never from inside this. */
int cusax_sip_request_send(struct cusax_sip_request **ret_request, CusaxSipAccount *account,
			   enum cusax_auth_kind kind, const char *method, const char *uri,
			   const char *lines, const char *body, CusaxSipAnswered answered,
			   void *arg);
/* The same, to an address of record other than the URI that is asked (RFC 3261 §10.2). */
int cusax_sip_request_send_to(struct cusax_sip_request **ret_request, CusaxSipAccount *account,
			      enum cusax_auth_kind kind, const char *method, const char *uri,
			      const char *to, const char *lines, const char *body,
			      CusaxSipAnswered answered, void *arg);
/* It goes on without us: nobody is told. NULL is fine. */
void cusax_sip_request_forget(struct cusax_sip_request *request);

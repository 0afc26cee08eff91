/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The libre stack of an account: made for one endpoint, taken down in order or at once. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

/* The address that the kernel would send from towards the proxy; errno where there is no way. */
int cusax_sip_source_address(const struct sa *proxy, struct sa *ret_local);

/* Makes the stack for endpoint. FALSE and an error where a socket or the TLS rules do not work; then
 * nothing is left. */
gboolean cusax_sip_stack_open(CusaxSipAccount *account, const CusaxSipEndpoint *endpoint,
			      GError **error);
/* Withdraws the registration and lets go; gone is called, from the loop or from inside this, when
 * libre has nothing left to send. Calls have been ended before. */
void cusax_sip_stack_leave(CusaxSipAccount *account);
/* Closes the sockets: nothing is sent any more, as to a proxy that is gone. */
void cusax_sip_stack_cut(CusaxSipAccount *account);
/* At once: what is under way is dropped. Fine without a stack. */
/* The same, but for what a new stack of the account goes on with: credentials, and the sessions that
 * stand. */
void cusax_sip_stack_renew(CusaxSipAccount *account);
void cusax_sip_stack_close(CusaxSipAccount *account);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Own presence by SIP (RFC 3903, RFC 3863): published, refreshed, withdrawn. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

/* Never NULL; nothing is published yet. Free it after the stack is closed. */
struct cusax_publication *cusax_publication_new(CusaxSipAccount *account);
void cusax_publication_free(struct cusax_publication *publication);

/* What everybody who may know shall see from now on, kept up until it is changed or withdrawn. A
 * server that has no presence is asked once in a connection. status: may be NULL. */
void cusax_publication_set(struct cusax_publication *publication, CusaxAvailability availability,
			   const char *status);
/* Takes back what is published; one under way is taken back when it is answered. */
void cusax_publication_withdraw(struct cusax_publication *publication);

/* The document (RFC 3863) as text; tuple: an XML name. Pure; free with g_free(). */
char *cusax_publication_pidf(const char *aor, const char *tuple, CusaxAvailability availability,
			     const char *status);

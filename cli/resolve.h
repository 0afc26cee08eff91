/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person types for an object, made into the object. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include "cli/client.h"

/* Finds one object of a kind ("Account", "Service", "Contact", "Chat", "Call"). id is a full path, a
 * short id ("call/3" or "3"), an address with or without its scheme, a name, or for calls @active
 * and @incoming. Borrowed from the client's snapshot.
 * Fails with CUSAX_EXIT_NO_OBJECT, or CUSAX_EXIT_USAGE where several fit: the message names them. */
const CusaxObject *cusax_resolve(CusaxClient *client, const char *kind, const char *id,
				 GError **error);

/* The same for accounts of one protocol, "xmpp" or "sip"; NULL is either. */
const CusaxObject *cusax_resolve_account(CusaxClient *client, const char *protocol, const char *id,
					 GError **error);

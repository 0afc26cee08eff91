/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of objects that are the same after every restart. */
/* Usable from any thread. */
#pragma once

#include <glib.h>

/* An id for a thing of that kind with an account and an address: 16 hexadecimal digits behind the
 * first letter of kind, so that it fits an object path: a contact and the chat with it have the same. Free
 * with g_free(). */
char *cusax_stable_id(const char *kind, const char *account, const char *address);

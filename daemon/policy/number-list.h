/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of numbers and addresses as people write them. */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/policy/number.h"

/* TRUE where a pattern of the list, which may be NULL, is the whole of the number. `*` is any run, `?`
 * any one character; they are laid over the key ("sip:bob@sip.test", "tel:+33123456789"), over the key
 * without its scheme, and over the digits as written. Separators in number patterns do not count. */
gboolean cusax_number_list_has(const char *const *list, const CusaxNumber *number);

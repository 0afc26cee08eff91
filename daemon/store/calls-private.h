/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the call log. */
/* The history's worker thread. */
#pragma once

#include "daemon/store/calls.h"
#include "daemon/store/database.h"

/* FALSE on error, *ret_call NULL where there is no such call. */
gboolean call_find(Database *db, const char *id, CusaxCallRecord **ret_call, GError **error);

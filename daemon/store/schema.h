/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of the history, by version. */
/* The history's worker thread. */
#pragma once

#include "daemon/store/database.h"

#define SCHEMA_VERSION 11

/* Brings an open database from version (0: empty) to SCHEMA_VERSION, all or nothing, and ends what an
 * earlier run left open. */
gboolean schema_migrate(Database *db, gint64 version, GError **error);

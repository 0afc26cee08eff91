/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings as rows of a key file: text a person can edit, and back. */
/* Main thread. */
#pragma once

#include "daemon/base/settings.h"

/* Reads the known rows of a group, with each row that is refused told to refused (its key is static,
 * why for a person) and left out. Rows in skip (may be NULL) are not settings. Rows that are not
 * known are told with known NULL, or with the known key that they may be meant for. */
typedef void (*CusaxRowRefused)(const char *key, const char *why, gpointer data);
typedef void (*CusaxRowUnknown)(const char *key, const char *meant, gpointer data);

CusaxSettings *cusax_rows_read(GKeyFile *file, const char *group, CusaxSettingsKind kind,
			       const char *const *skip, CusaxRowRefused refused,
			       CusaxRowUnknown unknown, gpointer data);

/* Writes the rows of changes (an a{sv} that cusax_settings_merge() accepted); an empty string or
 * array removes its row. */
void cusax_rows_write(GKeyFile *file, const char *group, GVariant *changes);

/* TRUE where found differs so little from known that it may be a slip of it, or known cut short. */
gboolean cusax_rows_look_alike(const char *known, const char *found);

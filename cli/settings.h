/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings as a person types them, key=value, made into an option map. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include <glib.h>

/* A floating a{sv} of the words, each key=value; an empty value asks for the default. A key that is
 * not known here goes as a string, so that the daemon can name it. Lists are joined by commas,
 * yes and no stand for booleans, a range of ports is 20000-29999. */
GVariant *cusax_settings_parse(char **words, GError **error);

/* Names of all keys, for completions; static. */
const char *const *cusax_settings_names(void);

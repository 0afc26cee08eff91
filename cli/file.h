/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files handed to the daemon as open descriptors. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include <fcntl.h>

#include "cli/client.h"

/* Opens a file; -1 and CUSAX_EXIT_USAGE with the reason. */
int cusax_file_open(const char *file, int flags, GError **error);

/* Calls a method with fd behind handle 0; the answer's tuple, to be unreffed. arguments: floating. */
GVariant *cusax_call_with_file(CusaxClient *client, const char *path, const char *kind,
			       const char *method, GVariant *arguments, int fd, GError **error);

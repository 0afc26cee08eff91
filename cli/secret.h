/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords: asked on the terminal or read from a descriptor, never from the command line. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include <glib.h>

/* One line from fd, or where fd is -1 typed on the terminal without echo. Free with
 * cusax_secret_free(). Fails with CUSAX_EXIT_USAGE where there is neither. */
char *cusax_secret_read(int fd, const char *prompt, GError **error);

/* Wipes, then frees; NULL is fine. */
void cusax_secret_free(char *secret);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors of the command line: exit status, name on the bus, and what to do next. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include <glib.h>

/* The exit status, a promise to scripts. An error of the domain below has one of them as its code. */
typedef enum {
	CUSAX_EXIT_OK = 0,
	CUSAX_EXIT_FAILED = 1,
	CUSAX_EXIT_USAGE = 2,
	CUSAX_EXIT_TIMEOUT = 3,
	CUSAX_EXIT_REFUSED = 4,       /* by policy, or the user must confirm or choose */
	CUSAX_EXIT_BUSY = 5,          /* busy, declined, no answer */
	CUSAX_EXIT_NOT_CONNECTED = 6, /* an account is not online */
	CUSAX_EXIT_NO_DAEMON = 8,
	CUSAX_EXIT_NO_OBJECT = 10,
} CusaxExit;

#define CUSAX_CLI_ERROR (cusax_cli_error_quark())
GQuark cusax_cli_error_quark(void);

/* The exit status of an error: one of ours, of the daemon, or of the bus. */
CusaxExit cusax_cli_error_exit(const GError *error);

/* Its name as on the bus, such as "org.cusax.Cusax1.Error.NotFound"; free. */
char *cusax_cli_error_name(const GError *error);

/* What the user can do about it, static, or NULL. */
const char *cusax_cli_error_advice(const GError *error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the service manager how we fare: ready, alive, stopping (sd_notify(3) protocol). */
/* Main thread. */
#pragma once

#include <glib.h>

/* Everything here does nothing where no service manager asked for it (NOTIFY_SOCKET). */

/* Answers the watchdog at half its interval for as long as the main loop turns. */
void cusax_service_manager_start(void);

/* state: a line of sd_notify(3), such as "READY=1", "STOPPING=1", "STATUS=…". */
void cusax_service_manager_notify(const char *state);

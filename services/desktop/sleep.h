/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the machine slept: logind's word on the system bus (org.freedesktop.login1(5)). */
/* Main thread. */
#pragma once

#include <glib.h>

/* Calls woke each time the machine is awake again, for as long as the process lives. Where there is no
 * system bus, or no logind on it, it never does. Never blocks. */
void cusax_sleep_watch(void (*woke)(gpointer data), gpointer data);

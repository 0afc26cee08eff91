/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the network changed: a link, an address or a route came or went. */
/* Main thread. */
#pragma once

#include <glib.h>

/* Calls changed soon after the network did, once for changes that come together, for as long as the
 * process lives. Never blocks. */
void cusax_network_watch(void (*changed)(gpointer data), gpointer data);

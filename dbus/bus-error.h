/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors at the edge to the bus: ours by their names, anything else as one of ours. */
/* Main thread. */
#pragma once

#include <gio/gio.h>

/* Ties every code of CUSAX_ERROR to its name on the bus, for both directions. May be called again. */
void cusax_bus_error_register(void);

/* Takes any error, NULL included, and gives one of CUSAX_ERROR whose message is valid UTF-8. */
GError *cusax_bus_error_translate(GError *error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every well-known name of the D-Bus API. */
/* Constants. */
#pragma once

#define CUSAX_BUS_NAME         "org.cusax.Cusax1"
#define CUSAX_ROOT_PATH        "/org/cusax/Cusax1"
#define CUSAX_INTERFACE_PREFIX "org.cusax.Cusax1."
#define CUSAX_ERROR_PREFIX     "org.cusax.Cusax1.Error."

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The well-known names of the bus API that cusaxctl speaks. */
/* Constants. */
#pragma once

#define CUSAX_BUS_NAME         "org.cusax.Cusax1"
#define CUSAX_ROOT_PATH        "/org/cusax/Cusax1"
#define CUSAX_INTERFACE_PREFIX "org.cusax.Cusax1."
#define CUSAX_ERROR_PREFIX     "org.cusax.Cusax1.Error."

#define CUSAX_PROPERTIES     "org.freedesktop.DBus.Properties"
#define CUSAX_OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

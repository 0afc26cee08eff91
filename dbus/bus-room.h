/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a room can be told to be. */
/* Main thread. */
#pragma once

#include "dbus/bus-arguments.h"

extern const CusaxBusOption cusax_bus_room_settings[];

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XMPP driver with time limits of one's own, for tests. */
/* Main thread. */
#pragma once

#include "services/driver.h"
#include "services/xmpp/times.h"

/* times: outlives the driver. */
CusaxDriver *cusax_xmpp_driver_new_with_times(CusaxEventQueue *events, const CusaxXmppTimes *times);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract between the core and one kind of outside world: operations down, events up. */
/* All functions are called on the main thread and never block. */
#pragma once

#include "services/event.h"
#include "services/operation.h"

typedef struct CusaxDriver CusaxDriver;

/* A driver embeds CusaxDriver as its first member. It holds any number of accounts of one protocol,
 * knows no other driver, decides no policy, and does not retry by itself: it reports a lost
 * connection and waits for the next CUSAX_OPERATION_CONNECT. */
struct CusaxDriver {
	/* Takes the operation. Answers come as events, never from inside this call. */
	void (*submit)(CusaxDriver *driver, CusaxOperation *operation);
	/* Stops at once, joins threads, frees. Nothing is pushed afterwards. To leave in order,
	 * disconnect the accounts first and wait for the answers. */
	void (*free)(CusaxDriver *driver);
};

static inline void cusax_driver_submit(CusaxDriver *driver, CusaxOperation *operation)
{
	driver->submit(driver, operation);
}

static inline void cusax_driver_free(CusaxDriver *driver)
{
	if (driver)
		driver->free(driver);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxDriver, cusax_driver_free)

/* The real ones: services/xmpp/driver.c, services/sip/driver.c. They push into events (a reference
 * is taken). NULL and an error where the library or a thread cannot be started. */
CusaxDriver *cusax_xmpp_driver_new(CusaxEventQueue *events, GError **error);
CusaxDriver *cusax_sip_driver_new(CusaxEventQueue *events, GError **error);

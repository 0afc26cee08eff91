/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unlocking, with the service's prompt where it wants one. */
/* Main thread. */
#pragma once

#include "services/secret/operation.h"

/* Unlocks objects (paths, NULL-terminated) of op->service, with the gate held. done is called while
 * the operation is open: dismissed where the person did not want it. An error or a service that goes
 * away is answered here. Where the operation ends first, its prompt is taken away. */
void secret_operation_unlock(SecretOperation *op, const char *const *objects,
			     void (*done)(SecretOperation *op, gboolean dismissed));

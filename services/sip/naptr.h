/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By which transport a domain is reached, and where its SRV records stand (RFC 3263 §4.1). */
/* Pure, but for cusax_naptr_ask(), which is of the main thread. */
#pragma once

#include <gio/gio.h>

#include "services/sip/target.h"

/* A transport, and the name that has its SRV records. */
typedef struct {
	CusaxSipTransport transport;
	char *name; /* "_sips._tcp.sip.test" */
	guint16 order, preference;
} CusaxSipWay;
void cusax_sip_way_free(CusaxSipWay *way);

/* Takes a NAPTR record into found (of CusaxSipWay) where it serves the target: one that has to use TLS
 * takes no other service than SIPS+D2T. What is malformed or of another kind is left out, and so is
 * what comes after the 16th. */
void cusax_naptr_take(GPtrArray *found, const CusaxSipTarget *target, const CusaxSipWay *numbers,
		      const char *flags, const char *service, const char *regexp,
		      const char *replacement);
/* The same with all records of a name server's message, whatever that is. */
void cusax_naptr_take_answer(GPtrArray *found, const CusaxSipTarget *target, const guint8 *answer,
			     gsize length);

/* The ways to a target, best first: those that were found, by order and preference, of the best one's
 * transport only; then what stands to reason without NAPTR. The first that has SRV records is the
 * one. found may be NULL. Free with g_ptr_array_unref(). */
GPtrArray *cusax_naptr_ways(const CusaxSipTarget *target, GPtrArray *found);

/* Asks the system's name servers, in a thread of its own and for a few seconds at most. finish: never
 * NULL; of CusaxSipWay, empty where there are none or nobody answers. */
void cusax_naptr_ask(const CusaxSipTarget *target, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data);
GPtrArray *cusax_naptr_ask_finish(GAsyncResult *result);

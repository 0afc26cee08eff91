/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a target to the addresses to connect to, best first; never blocks. */
/* cusax_sip_lookup_*() on the main thread, cusax_sip_query_*() on the libre thread. */
#pragma once

#include "services/sip/target.h"

#define CUSAX_SIP_MAX_ENDPOINTS 8

/* One address and port to connect to, and how. */
typedef struct {
	char address[46]; /* IPv4 or IPv6 in text */
	guint16 port;
	CusaxSipTransport transport;
} CusaxSipEndpoint;

/* endpoints: CusaxSipEndpoint, all of one transport, best first, at most CUSAX_SIP_MAX_ENDPOINTS, borrowed; NULL with an
 * error (borrowed): CUSAX_ERROR_NOT_REGISTERED where the name is unknown or has no address,
 * CUSAX_ERROR_TIMEOUT where no name server answers. Called once, never from inside start. */
typedef void (*CusaxSipResolved)(GArray *endpoints, const GError *error, gpointer data);

/* The endpoint of a target whose host is an address, or NULL: then the name has to be asked for. */
GArray *cusax_sip_literal_endpoint(const CusaxSipTarget *target);

/* RFC 3263 §4 by the system's resolver: a given port means the addresses of the host; else NAPTR where
 * the user named no transport, SRV of the ways that are left, and the addresses of the host where
 * there is none. */
typedef struct CusaxSipLookup CusaxSipLookup;
CusaxSipLookup *cusax_sip_lookup_start(const CusaxSipTarget *target, CusaxSipResolved resolved,
				       gpointer data);
/* Frees; resolved is not called any more. */
void cusax_sip_lookup_cancel(CusaxSipLookup *lookup);

/* The same through the name servers of the setting dns-servers ("address:port"). Where start fails
 * resolved was not called: CUSAX_ERROR_INVALID_ARGUMENT for a malformed server. */
typedef struct CusaxSipQuery CusaxSipQuery;
struct dnsc;
CusaxSipQuery *cusax_sip_query_start(const CusaxSipTarget *target, struct dnsc *dnsc,
				     CusaxSipResolved resolved, gpointer data);
void cusax_sip_query_cancel(CusaxSipQuery *query);

/* A DNS client of libre. servers: "address" or "address:port"; empty: the system's. NULL and
 * CUSAX_ERROR_INVALID_ARGUMENT naming a malformed one. mem_deref() it. */
struct dnsc *cusax_sip_dns_client(const char *const *servers, GError **error);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a target to the addresses to connect to, through given name servers. */
/* The libre thread. */
#include <errno.h>
#include <string.h>

#include "services/sip/naptr.h"
#include "services/sip/re-compat.h"
#include "services/sip/resolve.h"

#define QUERY_MS    10000
#define MAX_SERVERS 8

struct CusaxSipQuery {
	CusaxSipResolved resolved;
	gpointer data;
	struct dnsc *dnsc;
	const CusaxSipTarget *target; /* the owner's, who lives longer */
	CusaxSipTransport transport;
	char *host;
	guint16 port;
	struct dns_query *service, *ipv4, *ipv6; /* NULL where none is under way */
	GPtrArray *found, *ways;                 /* CusaxSipWay: by NAPTR; to ask SRV of */
	guint way;
	GQueue names; /* struct service: to look up, best first */
	GArray *endpoints;
	struct tmr deadline;
	int err;
};

struct service {
	char *name;
	guint16 port, priority, weight;
};

static void service_free(gpointer data)
{
	struct service *service = data;

	g_free(service->name);
	g_free(service);
}

static void query_free(CusaxSipQuery *query)
{
	tmr_cancel(&query->deadline);
	mem_deref(query->service);
	mem_deref(query->ipv4);
	mem_deref(query->ipv6);
	mem_deref(query->dnsc);
	g_queue_clear_full(&query->names, service_free);
	g_ptr_array_unref(query->found);
	g_clear_pointer(&query->ways, g_ptr_array_unref);
	g_array_unref(query->endpoints);
	g_free(query->host);
	g_free(query);
}

static void finish_h(void *arg)
{
	CusaxSipQuery *query = arg;
	g_autoptr(GError) error = NULL;

	if (query->endpoints->len == 0 && query->err == ETIMEDOUT)
		error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
				    "no name server answered for %s", query->host);
	else if (query->endpoints->len == 0)
		error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
				    "%s cannot be found: no name server knows an address",
				    query->host);
	query->resolved(error ? NULL : query->endpoints, error, query->data);
	query_free(query);
}

static void deadline_h(void *arg)
{
	CusaxSipQuery *query = arg;

	query->err = ETIMEDOUT;
	finish_h(query);
}

static bool address_h(struct dnsrr *rr, void *arg)
{
	CusaxSipQuery *query = arg;
	CusaxSipEndpoint endpoint = { .port = query->port, .transport = query->transport };
	struct sa sa;

	if (rr->type == DNS_TYPE_A)
		sa_set_in(&sa, rr->rdata.a.addr, 0);
	else
		sa_set_in6(&sa, rr->rdata.aaaa.addr, 0);
	if (query->endpoints->len < CUSAX_SIP_MAX_ENDPOINTS &&
	    sa_ntop(&sa, endpoint.address, sizeof(endpoint.address)) == 0)
		g_array_append_val(query->endpoints, endpoint);
	return false;
}

/* Circular: an answer leads to the next question. */
static dns_query_h addresses_h;

static void next_name(CusaxSipQuery *query)
{
	struct service *service = g_queue_pop_head(&query->names);
	int err;

	if (!service || query->endpoints->len >= CUSAX_SIP_MAX_ENDPOINTS) {
		if (service)
			service_free(service);
		/* Not at once: this may still be inside start. */
		tmr_start(&query->deadline, 0, finish_h, query);
		return;
	}
	query->port = service->port;
	err = dnsc_query(&query->ipv4, query->dnsc, service->name, DNS_TYPE_A, DNS_CLASS_IN, true,
			 addresses_h, query);
	if (!err)
		err = dnsc_query(&query->ipv6, query->dnsc, service->name, DNS_TYPE_AAAA,
				 DNS_CLASS_IN, true, addresses_h, query);
	service_free(service);
	if (err && !query->ipv4)
		next_name(query);
}

static void addresses_h(int err, G_GNUC_UNUSED const struct dnshdr *hdr, struct list *answers,
			G_GNUC_UNUSED struct list *authorities, G_GNUC_UNUSED struct list *more,
			void *arg)
{
	CusaxSipQuery *query = arg;

	if (err)
		query->err = err;
	dns_rrlist_apply2(answers, NULL, DNS_TYPE_A, DNS_TYPE_AAAA, DNS_CLASS_IN, false, address_h,
			  query);
	/* libre clears the pointer of a query before it calls. */
	if (!query->ipv4 && !query->ipv6)
		next_name(query);
}

static void push_name(CusaxSipQuery *query, const char *name, guint16 port, guint16 priority,
		      guint16 weight)
{
	struct service *service = g_new0(struct service, 1);

	service->name = g_strdup(name);
	service->port = port;
	service->priority = priority;
	service->weight = weight;
	g_queue_push_tail(&query->names, service);
}

static bool service_h(struct dnsrr *rr, void *arg)
{
	CusaxSipQuery *query = arg;

	if (g_queue_get_length(&query->names) < CUSAX_SIP_MAX_ENDPOINTS && rr->rdata.srv.port &&
	    strlen(rr->rdata.srv.target) > 1)
		push_name(query, rr->rdata.srv.target, rr->rdata.srv.port, rr->rdata.srv.pri,
			  rr->rdata.srv.weight);
	return false;
}

/* RFC 2782: the lowest priority first; inside one the heavier first. */
static int compare_services(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
	const struct service *left = a, *right = b;

	if (left->priority != right->priority)
		return left->priority - right->priority;
	return right->weight - left->weight;
}

static dns_query_h services_h;

/* Without SRV anywhere: the addresses of the host itself. */
static void next_way(CusaxSipQuery *query)
{
	for (; query->way < query->ways->len; query->way++) {
		const CusaxSipWay *way = query->ways->pdata[query->way];

		query->transport = way->transport;
		if (dnsc_query(&query->service, query->dnsc, way->name, DNS_TYPE_SRV, DNS_CLASS_IN,
			       true, services_h, query) == 0)
			return;
	}
	query->transport = ((const CusaxSipWay *)query->ways->pdata[0])->transport;
	push_name(query, query->host, cusax_sip_transport_port(query->transport), 0, 0);
	next_name(query);
}

static void services_h(int err, G_GNUC_UNUSED const struct dnshdr *hdr, struct list *answers,
		       G_GNUC_UNUSED struct list *authorities, G_GNUC_UNUSED struct list *more,
		       void *arg)
{
	CusaxSipQuery *query = arg;

	if (err)
		query->err = err;
	dns_rrlist_apply(answers, NULL, DNS_TYPE_SRV, DNS_CLASS_IN, false, service_h, query);
	g_queue_sort(&query->names, compare_services, NULL);
	if (g_queue_is_empty(&query->names)) {
		query->way++;
		next_way(query);
	} else {
		next_name(query);
	}
}

static bool naptr_h(struct dnsrr *rr, void *arg)
{
	CusaxSipQuery *query = arg;
	const CusaxSipWay numbers = { .order = rr->rdata.naptr.order,
				      .preference = rr->rdata.naptr.pref };

	cusax_naptr_take(query->found, query->target, &numbers, rr->rdata.naptr.flags,
			 rr->rdata.naptr.services, rr->rdata.naptr.regexp, rr->rdata.naptr.replace);
	return false;
}

static void start_ways(CusaxSipQuery *query)
{
	query->ways = cusax_naptr_ways(query->target, query->found);
	next_way(query);
}

static void naptrs_h(G_GNUC_UNUSED int err, G_GNUC_UNUSED const struct dnshdr *hdr,
		     struct list *answers, G_GNUC_UNUSED struct list *authorities,
		     G_GNUC_UNUSED struct list *more, void *arg)
{
	CusaxSipQuery *query = arg;

	dns_rrlist_apply(answers, NULL, DNS_TYPE_NAPTR, DNS_CLASS_IN, false, naptr_h, query);
	start_ways(query);
}

CusaxSipQuery *cusax_sip_query_start(const CusaxSipTarget *target, struct dnsc *dnsc,
				     CusaxSipResolved resolved, gpointer data)
{
	CusaxSipQuery *query = g_new0(CusaxSipQuery, 1);

	query->resolved = resolved;
	query->data = data;
	query->dnsc = mem_ref(dnsc);
	query->target = target;
	query->transport = target->transport;
	query->host = g_strdup(target->host);
	query->found = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_sip_way_free);
	g_queue_init(&query->names);
	query->endpoints = g_array_new(FALSE, FALSE, sizeof(CusaxSipEndpoint));
	tmr_init(&query->deadline);
	tmr_start(&query->deadline, QUERY_MS, deadline_h, query);
	if (target->port) {
		push_name(query, target->host, target->port, 0, 0);
		next_name(query);
	} else if (!target->naptr || dnsc_query(&query->service, dnsc, target->host, DNS_TYPE_NAPTR,
						DNS_CLASS_IN, true, naptrs_h, query) != 0) {
		start_ways(query);
	}
	return query;
}

void cusax_sip_query_cancel(CusaxSipQuery *query)
{
	if (query)
		query_free(query);
}

struct dnsc *cusax_sip_dns_client(const char *const *servers, GError **error)
{
	struct sa addresses[MAX_SERVERS];
	uint32_t n = 0;
	struct dnsc *dnsc = NULL;
	int err;

	for (; servers && *servers && n < MAX_SERVERS; servers++) {
		if (sa_decode(&addresses[n], *servers, strlen(*servers)) != 0 &&
		    sa_set_str(&addresses[n], *servers, DNS_PORT) != 0) {
			g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "dns-servers: \"%s\" is not an address with a port", *servers);
			return NULL;
		}
		n++;
	}
	if (n == 0) {
		char domain[256] = "";

		n = MAX_SERVERS;
		if (dns_srv_get(domain, sizeof(domain), addresses, &n) != 0)
			n = 0;
	}
	err = dnsc_alloc(&dnsc, NULL, addresses, n);
	if (err)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED, "DNS cannot be used: %s",
			    g_strerror(err));
	return dnsc;
}

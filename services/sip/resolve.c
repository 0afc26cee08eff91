/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a target to the addresses to connect to, by the system's resolver. */
/* Main thread. */
#include "services/sip/resolve.h"

#include <gio/gio.h>
#include <string.h>

#include "services/sip/naptr.h"

#define LOOKUP_SECONDS 10

struct CusaxSipLookup {
	CusaxSipResolved resolved;
	gpointer data;
	const CusaxSipTarget *target; /* the owner's, who lives longer */
	CusaxSipTransport transport;
	char *host;
	guint16 port;
	GCancellable *cancellable;
	GSource *deadline;
	GPtrArray *ways; /* CusaxSipWay */
	guint way;       /* the one that is asked for */
	GList *services; /* GSrvTarget that are left, best first */
	GArray *endpoints;
	GError *first_error;
	guint refs; /* the owner, and each question under way */
};

static void look_up_host(CusaxSipLookup *lookup, const char *name);

static void lookup_unref(CusaxSipLookup *lookup)
{
	if (--lookup->refs > 0)
		return;
	g_free(lookup->host);
	g_object_unref(lookup->cancellable);
	g_resolver_free_targets(lookup->services);
	g_clear_pointer(&lookup->ways, g_ptr_array_unref);
	g_array_unref(lookup->endpoints);
	g_clear_error(&lookup->first_error);
	g_free(lookup);
}

static void drop_deadline(CusaxSipLookup *lookup)
{
	if (!lookup->deadline)
		return;
	g_source_destroy(lookup->deadline);
	g_clear_pointer(&lookup->deadline, g_source_unref);
}

/* Tells the owner, who thereby gives his reference away. */
static void finish(CusaxSipLookup *lookup, const GError *error)
{
	CusaxSipResolved resolved = g_steal_pointer(&lookup->resolved);

	drop_deadline(lookup);
	if (!resolved)
		return;
	resolved(error ? NULL : lookup->endpoints, error, lookup->data);
	lookup_unref(lookup);
}

static void add_endpoint(GArray *endpoints, const char *address, guint16 port,
			 CusaxSipTransport transport)
{
	CusaxSipEndpoint endpoint = { .port = port, .transport = transport };

	if (endpoints->len >= CUSAX_SIP_MAX_ENDPOINTS || strchr(address, '%'))
		return;
	g_strlcpy(endpoint.address, address, sizeof(endpoint.address));
	g_array_append_val(endpoints, endpoint);
}

static void next_service(CusaxSipLookup *lookup)
{
	g_autoptr(GError) error = NULL;
	GList *first = lookup->services;

	if (first && lookup->endpoints->len < CUSAX_SIP_MAX_ENDPOINTS) {
		g_autofree char *name = g_strdup(g_srv_target_get_hostname(first->data));

		lookup->port = g_srv_target_get_port(first->data);
		g_srv_target_free(first->data);
		lookup->services = g_list_delete_link(first, first);
		look_up_host(lookup, name);
		return;
	}
	if (lookup->endpoints->len > 0) {
		finish(lookup, NULL);
		return;
	}
	error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED, "%s cannot be found: %s",
			    lookup->host,
			    lookup->first_error ? lookup->first_error->message : "no address");
	finish(lookup, error);
}

static void on_host(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxSipLookup *lookup = data;
	g_autoptr(GError) error = NULL;
	GList *found = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &error);

	if (lookup->resolved) {
		for (GList *item = found; item; item = item->next) {
			g_autofree char *address = g_inet_address_to_string(item->data);

			add_endpoint(lookup->endpoints, address, lookup->port, lookup->transport);
		}
		if (error && !lookup->first_error)
			lookup->first_error = g_steal_pointer(&error);
		next_service(lookup);
	}
	g_resolver_free_addresses(found);
	lookup_unref(lookup);
}

static void look_up_host(CusaxSipLookup *lookup, const char *name)
{
	g_autoptr(GResolver) resolver = g_resolver_get_default();

	lookup->refs++;
	g_resolver_lookup_by_name_async(resolver, name, lookup->cancellable, on_host, lookup);
}

static void next_way(CusaxSipLookup *lookup);

/* RFC 2782: a target "." says that there is no such service. */
static GList *services_of(GList *records)
{
	GList *services = NULL;

	for (GList *item = records; item; item = item->next) {
		guint16 priority, weight, port;
		const char *name;

		g_variant_get(item->data, "(qqq&s)", &priority, &weight, &port, &name);
		if (port && *name && strcmp(name, ".") != 0)
			services = g_list_prepend(services,
						  g_srv_target_new(name, port, priority, weight));
	}
	return g_srv_target_list_sort(services);
}

static void on_services(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxSipLookup *lookup = data;
	GList *records = g_resolver_lookup_records_finish(G_RESOLVER(source), result, NULL);

	if (lookup->resolved) {
		lookup->services = services_of(records);
		if (lookup->services) {
			next_service(lookup);
		} else {
			lookup->way++;
			next_way(lookup);
		}
	}
	g_list_free_full(records, (GDestroyNotify)g_variant_unref);
	lookup_unref(lookup);
}

static void next_way(CusaxSipLookup *lookup)
{
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	const CusaxSipWay *way;

	if (lookup->way >= lookup->ways->len) {
		lookup->transport = ((const CusaxSipWay *)lookup->ways->pdata[0])->transport;
		lookup->port = cusax_sip_transport_port(lookup->transport);
		look_up_host(lookup, lookup->host);
		return;
	}
	way = lookup->ways->pdata[lookup->way];
	lookup->transport = way->transport;
	lookup->refs++;
	g_resolver_lookup_records_async(resolver, way->name, G_RESOLVER_RECORD_SRV,
					lookup->cancellable, on_services, lookup);
}

static void start_ways(CusaxSipLookup *lookup, GPtrArray *found)
{
	lookup->ways = cusax_naptr_ways(lookup->target, found);
	next_way(lookup);
}

static void on_naptr(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxSipLookup *lookup = data;
	g_autoptr(GPtrArray) found = cusax_naptr_ask_finish(result);

	if (lookup->resolved)
		start_ways(lookup, found);
	lookup_unref(lookup);
}

static gboolean on_deadline(gpointer data)
{
	CusaxSipLookup *lookup = data;
	g_autoptr(GError) error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
					      "no name server answered for %s within %d s",
					      lookup->host, LOOKUP_SECONDS);

	lookup->refs++;
	g_cancellable_cancel(lookup->cancellable);
	finish(lookup, error);
	lookup_unref(lookup);
	return G_SOURCE_REMOVE;
}

GArray *cusax_sip_literal_endpoint(const CusaxSipTarget *target)
{
	GArray *endpoints;

	if (!g_hostname_is_ip_address(target->host))
		return NULL;
	endpoints = g_array_new(FALSE, FALSE, sizeof(CusaxSipEndpoint));
	add_endpoint(endpoints, target->host,
		     target->port ? target->port : cusax_sip_transport_port(target->transport),
		     target->transport);
	return endpoints;
}

CusaxSipLookup *cusax_sip_lookup_start(const CusaxSipTarget *target, CusaxSipResolved resolved,
				       gpointer data)
{
	CusaxSipLookup *lookup = g_new0(CusaxSipLookup, 1);

	lookup->refs = 1;
	lookup->target = target;
	lookup->resolved = resolved;
	lookup->data = data;
	lookup->transport = target->transport;
	lookup->host = g_strdup(target->host);
	lookup->port = target->port;
	lookup->cancellable = g_cancellable_new();
	lookup->endpoints = g_array_new(FALSE, FALSE, sizeof(CusaxSipEndpoint));
	lookup->deadline = g_timeout_source_new_seconds(LOOKUP_SECONDS);
	g_source_set_callback(lookup->deadline, on_deadline, lookup, NULL);
	g_source_attach(lookup->deadline, g_main_context_get_thread_default());
	if (target->port) {
		look_up_host(lookup, target->host);
	} else if (target->naptr) {
		lookup->refs++;
		cusax_naptr_ask(target, lookup->cancellable, on_naptr, lookup);
	} else {
		start_ways(lookup, NULL);
	}
	return lookup;
}

void cusax_sip_lookup_cancel(CusaxSipLookup *lookup)
{
	if (!lookup)
		return;
	lookup->resolved = NULL;
	drop_deadline(lookup);
	g_cancellable_cancel(lookup->cancellable);
	lookup_unref(lookup);
}

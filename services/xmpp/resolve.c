/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The servers of a domain, by SRV records. */
/* Main thread. */
#include "services/xmpp/resolve.h"

#include <string.h>

#include "daemon/base/error.h"

#define MAX_TARGETS   10
#define STARTTLS_PORT 5222
#define DIRECT_PORT   5223

/* One search: two questions, joined when both are answered. */
typedef struct {
	char *domain; /* A-labels */
	gboolean direct_only;
	guint pending;
	gboolean denied; /* a record says that there is no such service */
	GPtrArray *targets;
} Search;

typedef struct {
	GTask *task;
	gboolean direct_tls;
} Question;

CusaxXmppTarget *cusax_xmpp_target_new(const char *host, guint16 port, gboolean direct_tls)
{
	CusaxXmppTarget *target = g_new0(CusaxXmppTarget, 1);

	target->host = g_strdup(host);
	target->port = port;
	target->direct_tls = direct_tls;
	return target;
}

void cusax_xmpp_target_free(CusaxXmppTarget *target)
{
	g_free(target->host);
	g_free(target);
}

static void search_free(gpointer data)
{
	Search *search = data;

	g_free(search->domain);
	g_ptr_array_unref(search->targets);
	g_free(search);
}

static void finish_search(GTask *task, Search *search)
{
	if (search->targets->len == 0 && search->denied) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"%s says that it has no chat service", search->domain);
		return;
	}
	if (search->targets->len == 0)
		g_ptr_array_add(
			search->targets,
			cusax_xmpp_target_new(search->domain,
					      search->direct_only ? DIRECT_PORT : STARTTLS_PORT,
					      search->direct_only));
	g_task_return_pointer(task, g_ptr_array_ref(search->targets),
			      (GDestroyNotify)g_ptr_array_unref);
}

/* GResolver has each answer in order already (RFC 2782); between the two answers priority alone
 * decides, and what came first stays first. */
static void insert_target(GPtrArray *targets, CusaxXmppTarget *target)
{
	guint i = targets->len;

	while (i > 0 && ((CusaxXmppTarget *)targets->pdata[i - 1])->priority > target->priority)
		i--;
	g_ptr_array_insert(targets, (int)i, target);
}

static void take_answer(Search *search, GList *records, gboolean direct_tls)
{
	for (GList *l = records; l; l = l->next) {
		const char *host = g_srv_target_get_hostname(l->data);
		CusaxXmppTarget *target;

		if (!*host || strcmp(host, ".") == 0) {
			search->denied = TRUE; /* RFC 2782: decidedly not available */
			continue;
		}
		if (g_srv_target_get_port(l->data) == 0)
			continue;
		target = cusax_xmpp_target_new(host, g_srv_target_get_port(l->data), direct_tls);
		target->priority = g_srv_target_get_priority(l->data);
		insert_target(search->targets, target);
	}
	if (search->targets->len > MAX_TARGETS)
		g_ptr_array_set_size(search->targets, MAX_TARGETS);
}

static void on_records(GObject *source, GAsyncResult *result, gpointer data)
{
	Question *question = data;
	GTask *task = question->task;
	Search *search = g_task_get_task_data(task);
	GList *records;

	/* No answer is no records: the domain itself is tried then. */
	records = g_resolver_lookup_service_finish(G_RESOLVER(source), result, NULL);
	take_answer(search, records, question->direct_tls);
	g_resolver_free_targets(records);
	if (--search->pending == 0 && !g_task_return_error_if_cancelled(task))
		finish_search(task, search);
	g_object_unref(task);
	g_free(question);
}

static void ask(GTask *task, GResolver *resolver, gboolean direct_tls)
{
	Search *search = g_task_get_task_data(task);
	Question *question = g_new0(Question, 1);

	question->task = g_object_ref(task);
	question->direct_tls = direct_tls;
	search->pending++;
	g_resolver_lookup_service_async(resolver, direct_tls ? "xmpps-client" : "xmpp-client",
					"tcp", search->domain, g_task_get_cancellable(task),
					on_records, question);
}

void cusax_xmpp_resolve_async(const char *domain, gboolean direct_tls, GCancellable *cancellable,
			      GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	Search *search = g_new0(Search, 1);

	g_task_set_source_tag(task, cusax_xmpp_resolve_async);
	g_task_set_task_data(task, search, search_free);
	search->domain = g_hostname_to_ascii(domain);
	search->direct_only = direct_tls;
	search->targets = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_xmpp_target_free);
	if (!search->domain) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"%s is not a host name", domain);
	} else if (g_hostname_is_ip_address(domain)) {
		finish_search(task, search);
	} else {
		ask(task, resolver, TRUE);
		if (!direct_tls)
			ask(task, resolver, FALSE);
	}
}

GPtrArray *cusax_xmpp_resolve_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

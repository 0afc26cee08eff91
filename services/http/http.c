/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTPS requests under way: a thread for each, told of by one source of the main loop. */
/* Main thread, but for wake(). */
#include "services/http.h"

#include <curl/curl.h>
#include <string.h>

#include "daemon/base/facts.h"
#include "services/http/http-job.h"

typedef struct {
	CusaxHttp http;   /* first */
	GHashTable *jobs; /* id -> Entry */
	GSource *source;  /* made ready by the threads */
} HttpService;

typedef struct {
	guint64 id;
	CusaxHttpJob *job;
	CusaxHttpHandlers handlers;
	gpointer data;
	guint64 told;
} Entry;

static void entry_free(Entry *entry)
{
	cusax_http_job_free(entry->job);
	g_free(entry);
}

gboolean cusax_http_is_url(const char *url)
{
	g_autoptr(GUri) uri = NULL;

	if (!url || strlen(url) > CUSAX_HTTP_MAX_URL)
		return FALSE;
	for (const char *c = url; *c; c++) {
		if (g_ascii_iscntrl(*c) || *c == ' ')
			return FALSE;
	}
	uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
	return uri && g_strcmp0(g_uri_get_scheme(uri), "https") == 0 && g_uri_get_host(uri) &&
	       *g_uri_get_host(uri) && !g_uri_get_userinfo(uri);
}

/* Any thread: setting the ready time wakes the main loop. */
static void wake(gpointer source)
{
	g_source_set_ready_time(source, 0);
}

/* A handler may begin or cancel requests: ids are looked up again each time. */
static void look(HttpService *service, guint64 id)
{
	Entry *entry = g_hash_table_lookup(service->jobs, &id);
	g_autoptr(GError) error = NULL;
	guint64 transferred, size;
	gboolean ended;

	if (!entry)
		return;
	ended = cusax_http_job_look(entry->job, &transferred, &size, &error);
	if (transferred != entry->told && entry->handlers.progress) {
		entry->told = transferred;
		entry->handlers.progress(transferred, size, entry->data);
		entry = g_hash_table_lookup(service->jobs, &id);
	}
	if (!ended || !entry)
		return;
	g_hash_table_steal(service->jobs, &id);
	entry->handlers.done(error, entry->data);
	entry_free(entry);
}

static gboolean dispatch(GSource *source, G_GNUC_UNUSED GSourceFunc callback, gpointer data)
{
	HttpService *service = data;
	g_autofree guint64 *ids = NULL;
	guint n = 0;
	GHashTableIter iter;
	gpointer key;

	g_source_set_ready_time(source, -1);
	ids = g_new(guint64, g_hash_table_size(service->jobs) + 1);
	g_hash_table_iter_init(&iter, service->jobs);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		ids[n++] = *(guint64 *)key;
	for (guint i = 0; i < n; i++)
		look(service, ids[i]);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = dispatch };

static gboolean nothing(G_GNUC_UNUSED gpointer data)
{
	return G_SOURCE_CONTINUE;
}

static guint64 start(CusaxHttp *http, const CusaxHttpRequest *request,
		     const CusaxHttpHandlers *handlers, gpointer data, GError **error)
{
	HttpService *service = (HttpService *)http;
	CusaxHttpJob *job;
	Entry *entry;

	if (!cusax_http_is_url(request->url)) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "the address is no https URL");
		return 0;
	}
	if (g_hash_table_size(service->jobs) >= CUSAX_HTTP_MAX_JOBS) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
			    "%d files are under way already", CUSAX_HTTP_MAX_JOBS);
		return 0;
	}
	job = cusax_http_job_new(request, wake, service->source, error);
	if (!job)
		return 0;
	entry = g_new0(Entry, 1);
	*entry = (Entry){ cusax_id_next(), job, *handlers, data, 0 };
	g_hash_table_insert(service->jobs, &entry->id, entry);
	return entry->id;
}

static void cancel(CusaxHttp *http, guint64 id)
{
	Entry *entry = g_hash_table_lookup(((HttpService *)http)->jobs, &id);

	if (entry)
		cusax_http_job_cancel(entry->job);
}

static void service_free(CusaxHttp *http)
{
	HttpService *service = (HttpService *)http;
	GHashTableIter iter;
	gpointer value;

	/* All at once first: they end beside each other. */
	g_hash_table_iter_init(&iter, service->jobs);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		cusax_http_job_cancel(((Entry *)value)->job);
	g_hash_table_unref(service->jobs);
	g_source_destroy(service->source);
	g_source_unref(service->source);
	g_free(service);
}

CusaxHttp *cusax_http_new(void)
{
	static gsize ready;
	HttpService *service = g_new0(HttpService, 1);

	if (g_once_init_enter(&ready)) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		g_once_init_leave(&ready, 1);
	}
	service->http.start = start;
	service->http.cancel = cancel;
	service->http.free = service_free;
	service->jobs = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
					      (GDestroyNotify)entry_free);
	service->source = g_source_new(&source_funcs, sizeof(GSource));
	g_source_set_static_name(service->source, "cusax http");
	g_source_set_callback(service->source, nothing, service, NULL);
	g_source_attach(service->source, NULL);
	return &service->http;
}

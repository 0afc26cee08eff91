/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTPS request by libcurl, in a thread of its own: disks and servers may be slow. */
/* The thread of the job, where nothing else is said. */
#include "services/http/http-job.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "services/tls/tls-policy.h"

#define CONNECT_SECONDS 15L
#define STALL_SECONDS   30    /* so long nothing may move */
#define TOTAL_SECONDS   7200L /* whatever moves */
#define TELL_USEC       (100 * G_TIME_SPAN_MILLISECOND)
#define POLL_MSEC       1000

struct CusaxHttpJob {
	GThread *thread;
	CURLM *multi;
	gint cancelled; /* atomic */
	CusaxHttpJobWake wake;
	gpointer wake_data;

	/* Of the thread. */
	gboolean upload;
	char *url, *host;
	struct curl_slist *headers;
	int fd;
	guint64 size, moved;
	gint64 patience; /* microseconds */
	curl_off_t seen;
	gint64 seen_at;
	char *min_tls, *ca_file, *pin;
	char reason[CURL_ERROR_SIZE];
	GError *failure; /* what a callback found; it ends the transfer */
	gint64 told;

	/* For the main thread. */
	pthread_mutex_t lock;
	guint64 transferred, total;
	gboolean ended;
	GError *error;
};

/* --- errors ---------------------------------------------------------------------------------- */

static void set_failure(CusaxHttpJob *job, CusaxError code, const char *text)
{
	if (!job->failure)
		job->failure = g_error_new_literal(CUSAX_ERROR, (int)code, text);
}

static CusaxError code_of(CURLcode result)
{
	switch ((int)result) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return CUSAX_ERROR_NOT_CONNECTED;
	case CURLE_PEER_FAILED_VERIFICATION:
		return CUSAX_ERROR_UNTRUSTED;
	case CURLE_SSL_CONNECT_ERROR:
		return CUSAX_ERROR_SECURITY_REQUIRED;
	case CURLE_OPERATION_TIMEDOUT:
		return CUSAX_ERROR_TIMEOUT;
	case CURLE_FILESIZE_EXCEEDED:
		return CUSAX_ERROR_LIMIT_EXCEEDED;
	}
	return CUSAX_ERROR_FAILED;
}

/* RFC 9110 §15; success is 2xx alone: a redirect leads to a place that nobody chose. */
static GError *status_error(long status)
{
	CusaxError code = CUSAX_ERROR_FAILED;
	const char *text = "the server does not do what was asked";

	if (status >= 200 && status < 300)
		return NULL;
	if (status == 401 || status == 403) {
		code = CUSAX_ERROR_REFUSED;
		text = "the server refuses";
	} else if (status == 404 || status == 410) {
		code = CUSAX_ERROR_NOT_FOUND;
		text = "the server does not have it";
	} else if (status == 413 || status == 507) {
		code = CUSAX_ERROR_LIMIT_EXCEEDED;
		text = "the file is too large for the server";
	} else if (status >= 300 && status < 400) {
		code = CUSAX_ERROR_REFUSED;
		text = "the server names another place, which is not followed";
	}
	return g_error_new(CUSAX_ERROR, (int)code, "%s (status %ld)", text, status);
}

static GError *outcome(CusaxHttpJob *job, CURL *easy, CURLcode result)
{
	const char *text = *job->reason ? job->reason : curl_easy_strerror(result);
	g_autofree char *line = NULL;
	long status = 0;

	if (g_atomic_int_get(&job->cancelled))
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED, "it was cancelled");
	if (job->failure)
		return g_steal_pointer(&job->failure);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (result == CURLE_OK)
		return status_error(status);
	/* A server may answer before it has taken all, and close. */
	if (status >= 400)
		return status_error(status);
	line = g_utf8_make_valid(text, -1);
	return g_error_new(CUSAX_ERROR, (int)code_of(result), "%s: %s", job->host, line);
}

/* --- what moves ------------------------------------------------------------------------------ */

static void tell(CusaxHttpJob *job, gboolean ended, GError *error)
{
	gint64 now = g_get_monotonic_time();

	if (!ended && now - job->told < TELL_USEC)
		return;
	job->told = now;
	pthread_mutex_lock(&job->lock);
	job->transferred = job->moved;
	job->total = job->size;
	job->ended = ended;
	job->error = error;
	pthread_mutex_unlock(&job->lock);
	job->wake(job->wake_data);
}

/* By position: another process may hold the same open file and move its offset. */
static size_t on_read(char *buffer, size_t one, size_t count, void *data)
{
	CusaxHttpJob *job = data;
	guint64 left = job->size - job->moved;
	gsize wanted = (gsize)MIN(left, (guint64)one * count);
	gssize n;

	if (wanted == 0)
		return 0;
	do
		n = pread(job->fd, buffer, wanted, (off_t)job->moved);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		set_failure(job, CUSAX_ERROR_FAILED,
			    n < 0 ? "the file cannot be read any more"
				  : "the file became shorter while it was read");
		return CURL_READFUNC_ABORT;
	}
	job->moved += (guint64)n;
	tell(job, FALSE, NULL);
	return (size_t)n;
}

static gboolean write_all(int fd, const char *bytes, gsize length)
{
	while (length > 0) {
		gssize n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		bytes += n;
		length -= (gsize)n;
	}
	return TRUE;
}

static size_t on_write(char *bytes, size_t one, size_t count, void *data)
{
	CusaxHttpJob *job = data;
	gsize length = one * count;

	if (job->upload) /* the words of an answer to a PUT are of no use */
		return length;
	if (job->moved + length > job->size) {
		g_autofree char *text = g_strdup_printf(
			"the file is larger than the limit of %" G_GUINT64_FORMAT " bytes",
			job->size);

		set_failure(job, CUSAX_ERROR_LIMIT_EXCEEDED, text);
		return 0;
	}
	if (!write_all(job->fd, bytes, length)) {
		set_failure(job, CUSAX_ERROR_FAILED, "the file cannot be written");
		return 0;
	}
	job->moved += length;
	tell(job, FALSE, NULL);
	return length;
}

/* --- trust ----------------------------------------------------------------------------------- */

static CURLcode on_context(G_GNUC_UNUSED CURL *easy, void *ctx, void *data)
{
	CusaxHttpJob *job = data;
	CusaxTlsRules rules = { .min_version = job->min_tls,
				.ca_file = job->ca_file,
				.pin = job->pin,
				.pin_adds = TRUE };
	g_autoptr(GError) error = NULL;

	if (!cusax_tls_apply(ctx, &rules, &error)) {
		set_failure(job, cusax_error_code(error), error->message);
		return CURLE_SSL_CERTPROBLEM;
	}
	if (!cusax_tls_expect_host_ctx(ctx, job->host)) {
		set_failure(job, CUSAX_ERROR_UNTRUSTED, "the host of the URL is no name");
		return CURLE_SSL_CERTPROBLEM;
	}
	return CURLE_OK;
}

/* --- the request ----------------------------------------------------------------------------- */

static CURL *prepare(CusaxHttpJob *job)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		return NULL;
	curl_easy_setopt(easy, CURLOPT_URL, job->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->reason);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, TOTAL_SECONDS);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, job->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
	/* The name is checked by our own policy, inside the handshake: a pin stands above it. */
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, job);
	if (job->upload) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(easy, CURLOPT_READDATA, job);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)job->size);
	} else {
		curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	}
	return easy;
}

/* FALSE, with the failure noted: nothing has moved for too long. */
static gboolean is_alive(CusaxHttpJob *job, CURL *easy)
{
	gint64 now = g_get_monotonic_time();
	curl_off_t up = 0, down = 0;

	curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &up);
	curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	if (up + down != job->seen || job->seen_at == 0) {
		job->seen = up + down;
		job->seen_at = now;
	}
	if (now - job->seen_at < job->patience)
		return TRUE;
	set_failure(job, CUSAX_ERROR_TIMEOUT, "nothing has moved for too long");
	return FALSE;
}

static CURLcode perform(CusaxHttpJob *job, CURL *easy)
{
	int running = 1, left;
	CURLMsg *message;

	if (curl_multi_add_handle(job->multi, easy) != CURLM_OK)
		return CURLE_FAILED_INIT;
	while (running && !g_atomic_int_get(&job->cancelled)) {
		if (curl_multi_perform(job->multi, &running) != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (running && !is_alive(job, easy))
			return CURLE_OPERATION_TIMEDOUT;
		if (running)
			curl_multi_poll(job->multi, NULL, 0, POLL_MSEC, NULL);
	}
	message = curl_multi_info_read(job->multi, &left);
	return message && message->msg == CURLMSG_DONE ? message->data.result
						       : CURLE_ABORTED_BY_CALLBACK;
}

static gpointer run(gpointer data)
{
	CusaxHttpJob *job = data;
	CURL *easy = prepare(job);
	CURLcode result = easy ? perform(job, easy) : CURLE_FAILED_INIT;
	GError *error = easy ? outcome(job, easy, result)
			     : g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FAILED,
						   "no request could be made");

	if (easy) {
		curl_multi_remove_handle(job->multi, easy);
		curl_easy_cleanup(easy);
	}
	ERR_clear_error();
	tell(job, TRUE, error);
	return NULL;
}

/* --- life, on the main thread ---------------------------------------------------------------- */

static struct curl_slist *copy_headers(const CusaxHttpRequest *request)
{
	/* Nobody waits for a "100 Continue": what refuses does so by the answer itself. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	g_autofree char *type =
		request->type ? g_strconcat("Content-Type: ", request->type, NULL) : NULL;

	if (type)
		list = curl_slist_append(list, type);
	for (guint i = 0; request->headers && request->headers[i]; i++)
		list = curl_slist_append(list, request->headers[i]);
	return list;
}

static void job_clear(CusaxHttpJob *job)
{
	curl_slist_free_all(job->headers);
	if (job->multi)
		curl_multi_cleanup(job->multi);
	if (job->fd >= 0)
		close(job->fd);
	pthread_mutex_destroy(&job->lock);
	g_clear_error(&job->error);
	g_clear_error(&job->failure);
	g_free(job->url);
	g_free(job->host);
	g_free(job->min_tls);
	g_free(job->ca_file);
	g_free(job->pin);
	g_free(job);
}

static char *host_of(const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

	return uri ? g_strdup(g_uri_get_host(uri)) : NULL;
}

CusaxHttpJob *cusax_http_job_new(const CusaxHttpRequest *request, CusaxHttpJobWake wake,
				 gpointer data, GError **error)
{
	CusaxHttpJob *job = g_new0(CusaxHttpJob, 1);

	job->wake = wake;
	job->wake_data = data;
	job->upload = request->upload;
	job->url = g_strdup(request->url);
	job->host = host_of(request->url);
	job->headers = copy_headers(request);
	job->fd = fcntl(request->fd, F_DUPFD_CLOEXEC, 3);
	job->size = request->size;
	job->patience = (request->patience ? request->patience : STALL_SECONDS) * G_USEC_PER_SEC;
	job->min_tls = g_strdup(request->min_tls);
	job->ca_file = g_strdup(request->ca_file);
	job->pin = g_strdup(request->pin);
	job->multi = curl_multi_init();
	pthread_mutex_init(&job->lock, NULL);
	if (job->fd >= 0 && job->multi)
		job->thread = g_thread_try_new("http", run, job, NULL);
	if (job->thread)
		return job;
	g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_FAILED,
			    job->fd < 0
				    ? "the file cannot be used: it is closed, or too many are open"
				    : "no thread could be started");
	job_clear(job);
	return NULL;
}

void cusax_http_job_cancel(CusaxHttpJob *job)
{
	g_atomic_int_set(&job->cancelled, TRUE);
	curl_multi_wakeup(job->multi);
}

gboolean cusax_http_job_look(CusaxHttpJob *job, guint64 *ret_transferred, guint64 *ret_size,
			     GError **ret_error)
{
	gboolean ended;

	pthread_mutex_lock(&job->lock);
	*ret_transferred = job->transferred;
	*ret_size = job->total;
	ended = job->ended;
	if (ended)
		*ret_error = g_steal_pointer(&job->error);
	pthread_mutex_unlock(&job->lock);
	return ended;
}

void cusax_http_job_free(CusaxHttpJob *job)
{
	cusax_http_job_cancel(job);
	g_thread_join(job->thread);
	job_clear(job);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files over HTTPS: put, taken, refused; whom we trust; limits, time, cancelling. */
/* Main thread; the server has one of its own. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/error.h"
#include "services/http.h"
#include "tests/wire/xmpp-cert.h"

#define SECONDS 8
#define BODY    (300 * 1024)

/* --- a server of one connection -------------------------------------------------------------- */

typedef struct {
	int listener;
	guint16 port;
	SSL_CTX *ctx;
	const char *answer; /* NULL: silence until the client goes */
	GString *head, *body;
	GThread *thread;
	int stop[2];
} Server;

static gssize content_length(const char *head)
{
	const char *at = strcasestr(head, "\r\ncontent-length:");

	return at ? (gssize)g_ascii_strtoll(at + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

static void read_request(Server *server, SSL *ssl)
{
	char buffer[16384];
	gssize wanted = -1;

	while (wanted < 0 || (gssize)server->body->len < wanted) {
		int n = SSL_read(ssl, buffer, sizeof(buffer));
		const char *end;

		if (n <= 0)
			return;
		if (wanted >= 0) {
			g_string_append_len(server->body, buffer, n);
			continue;
		}
		g_string_append_len(server->head, buffer, n);
		end = strstr(server->head->str, "\r\n\r\n");
		if (!end)
			continue;
		end += 4;
		g_string_append_len(server->body, end,
				    (gssize)server->head->len - (end - server->head->str));
		g_string_truncate(server->head, (gsize)(end - server->head->str));
		wanted = content_length(server->head->str);
	}
}

static gpointer serve(gpointer data)
{
	Server *server = data;
	int fd = accept(server->listener, NULL, NULL);
	SSL *ssl = SSL_new(server->ctx);
	char end;

	SSL_set_fd(ssl, fd);
	if (fd >= 0 && SSL_accept(ssl) == 1) {
		read_request(server, ssl);
		if (server->answer)
			SSL_write(ssl, server->answer, (int)strlen(server->answer));
		else
			(void)!read(server->stop[0], &end, 1);
		SSL_shutdown(ssl);
	}
	ERR_clear_error();
	SSL_free(ssl);
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void server_init(Server *server, SSL_CTX *ctx, const char *answer)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t length = sizeof(at);

	*server = (Server){ .ctx = ctx, .answer = answer };
	server->head = g_string_new(NULL);
	server->body = g_string_new(NULL);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(server->listener, (struct sockaddr *)&at, sizeof(at)), ==, 0);
	g_assert_cmpint(listen(server->listener, 1), ==, 0);
	getsockname(server->listener, (struct sockaddr *)&at, &length);
	server->port = ntohs(at.sin_port);
	g_assert_cmpint(pipe(server->stop), ==, 0);
	server->thread = g_thread_new("server", serve, server);
}

static void server_clear(Server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	close(server->stop[1]);
	g_thread_join(server->thread);
	close(server->stop[0]);
	close(server->listener);
	SSL_CTX_free(server->ctx);
	g_string_free(server->head, TRUE);
	g_string_free(server->body, TRUE);
}

/* --- a request ------------------------------------------------------------------------------- */

typedef struct {
	gboolean over;
	GError *error;
	guint64 last;
	guint tellings;
	guint64 cancel_at; /* id to cancel when something has moved */
	CusaxHttp *http;
} Watch;

static void on_progress(guint64 transferred, G_GNUC_UNUSED guint64 size, gpointer data)
{
	Watch *watch = data;

	g_assert_cmpuint(transferred, >=, watch->last);
	watch->last = transferred;
	watch->tellings++;
	if (watch->cancel_at)
		watch->http->cancel(watch->http, watch->cancel_at);
}

static void on_done(const GError *error, gpointer data)
{
	Watch *watch = data;

	g_assert_false(watch->over);
	watch->over = TRUE;
	watch->error = error ? g_error_copy(error) : NULL;
}

static const CusaxHttpHandlers handlers = { on_progress, on_done };

static gboolean on_late(G_GNUC_UNUSED gpointer data)
{
	g_error("the request did not end in time");
	return G_SOURCE_REMOVE;
}

static void wait_for(Watch *watch)
{
	guint timer = g_timeout_add_seconds(SECONDS, on_late, NULL);

	while (!watch->over)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

static int file_of(gsize length)
{
	g_autofree char *bytes = g_malloc(length + 1);
	int fd = memfd_create("file", MFD_CLOEXEC);

	for (gsize i = 0; i < length; i++)
		bytes[i] = (char)('a' + i % 23);
	g_assert_cmpint(write(fd, bytes, length), ==, (gssize)length);
	return fd;
}

static char *url_of(const Server *server)
{
	return g_strdup_printf("https://localhost:%u/slot/a%%20b.txt", server->port);
}

static SSL_CTX *good(void)
{
	return xmpp_cert_context(XMPP_CERT_GOOD, "localhost");
}

static GError *ask(const CusaxHttpRequest *request, Watch *ret_watch)
{
	CusaxHttp *http = cusax_http_new();
	Watch watch = { 0 };

	g_assert_cmpuint(http->start(http, request, &handlers, &watch, NULL), !=, 0);
	wait_for(&watch);
	http->free(http);
	if (ret_watch)
		*ret_watch = watch;
	return watch.error;
}

/* --- putting --------------------------------------------------------------------------------- */

static void test_put(void)
{
	const char *const headers[] = { "Authorization: Basic Zm9v", "Cookie: a=b", NULL };
	Server server;
	int fd = file_of(BODY);
	g_autofree char *url = NULL;
	g_autoptr(GError) error = NULL;
	CusaxHttpRequest request = { .upload = TRUE,
				     .type = "text/plain",
				     .headers = headers,
				     .fd = fd,
				     .size = BODY,
				     .ca_file = xmpp_cert_ca_file() };
	Watch watch;
	char first;

	server_init(&server, good(), "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
	request.url = url = url_of(&server);
	lseek(fd, 5, SEEK_SET);
	error = ask(&request, &watch);
	g_assert_no_error(error);
	g_assert_cmpuint(watch.last, ==, BODY);
	g_assert_cmpuint(server.body->len, ==, BODY);
	g_assert_cmpmem(server.body->str, 24, "abcdefghijklmnopqrstuvwa", 24);
	g_assert_true(g_str_has_prefix(server.head->str, "PUT /slot/a%20b.txt HTTP/1.1\r\n"));
	g_assert_nonnull(strstr(server.head->str, "\r\nContent-Type: text/plain\r\n"));
	g_assert_nonnull(strstr(server.head->str, "\r\nAuthorization: Basic Zm9v\r\n"));
	g_assert_null(strstr(server.head->str, "User-Agent"));
	g_assert_null(strstr(server.head->str, "Expect"));
	/* Read by position. */
	g_assert_cmpint(lseek(fd, 0, SEEK_CUR), ==, 5);
	g_assert_cmpint(read(fd, &first, 1), ==, 1);
	close(fd);
	server_clear(&server);
}

static const struct {
	const char *name, *answer;
	CusaxError code;
} refusals[] = {
	{ "too large", "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n",
	  CUSAX_ERROR_LIMIT_EXCEEDED },
	{ "forbidden", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", CUSAX_ERROR_REFUSED },
	{ "gone", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", CUSAX_ERROR_NOT_FOUND },
	{ "redirect", "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
	  CUSAX_ERROR_REFUSED },
	{ "failure", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", CUSAX_ERROR_FAILED },
	{ "nothing", "", CUSAX_ERROR_NOT_CONNECTED },
};

static void test_refusal(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	Server server;
	int fd = file_of(100);
	g_autofree char *url = NULL;
	g_autoptr(GError) error = NULL;
	CusaxHttpRequest request = {
		.upload = TRUE, .fd = fd, .size = 100, .ca_file = xmpp_cert_ca_file()
	};

	server_init(&server, good(), refusals[i].answer);
	request.url = url = url_of(&server);
	error = ask(&request, NULL);
	g_assert_error(error, CUSAX_ERROR, (int)refusals[i].code);
	close(fd);
	server_clear(&server);
}

static void test_shorter(void)
{
	Server server;
	int fd = file_of(100);
	g_autofree char *url = NULL;
	g_autoptr(GError) error = NULL;
	CusaxHttpRequest request = {
		.upload = TRUE, .fd = fd, .size = 200, .ca_file = xmpp_cert_ca_file()
	};

	server_init(&server, good(), "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
	request.url = url = url_of(&server);
	error = ask(&request, NULL);
	g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "shorter"));
	close(fd);
	server_clear(&server);
}

/* --- trust ----------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	XmppCertKind kind;
	gboolean authority, pin, accepted;
} trusts[] = {
	{ "good", XMPP_CERT_GOOD, TRUE, FALSE, TRUE },
	{ "good, authority not known", XMPP_CERT_GOOD, FALSE, FALSE, FALSE },
	{ "expired", XMPP_CERT_EXPIRED, TRUE, FALSE, FALSE },
	{ "wrong name", XMPP_CERT_WRONG_NAME, TRUE, FALSE, FALSE },
	{ "self-signed", XMPP_CERT_SELF_SIGNED, TRUE, FALSE, FALSE },
	{ "self-signed and pinned", XMPP_CERT_SELF_SIGNED, TRUE, TRUE, TRUE },
	{ "wrong name and pinned", XMPP_CERT_WRONG_NAME, FALSE, TRUE, TRUE },
};

static void test_trust(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	SSL_CTX *ctx = xmpp_cert_context(trusts[i].kind, "localhost");
	g_autofree char *pin = xmpp_cert_fingerprint(ctx), *url = NULL;
	g_autoptr(GError) error = NULL;
	Server server;
	int fd = file_of(100);
	CusaxHttpRequest request = { .upload = TRUE,
				     .fd = fd,
				     .size = 100,
				     .ca_file = trusts[i].authority ? xmpp_cert_ca_file() : NULL,
				     .pin = trusts[i].pin ? pin : NULL };

	server_init(&server, ctx, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	request.url = url = url_of(&server);
	error = ask(&request, NULL);
	if (trusts[i].accepted) {
		g_assert_no_error(error);
	} else {
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED);
		g_assert_cmpuint(server.head->len, ==, 0);
	}
	close(fd);
	server_clear(&server);
}

/* With a pin for another server, this one is judged the ordinary way. */
static void test_other_pin(void)
{
	Server server;
	int fd = file_of(10);
	g_autofree char *url = NULL;
	g_autofree char *pin = g_strnfill(64, 'a');
	g_autoptr(GError) error = NULL;
	CusaxHttpRequest request = {
		.upload = TRUE, .fd = fd, .size = 10, .pin = pin, .ca_file = xmpp_cert_ca_file()
	};

	server_init(&server, good(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	request.url = url = url_of(&server);
	error = ask(&request, NULL);
	g_assert_no_error(error);
	close(fd);
	server_clear(&server);
}

/* --- taking ---------------------------------------------------------------------------------- */

static void test_get(gconstpointer data)
{
	guint64 limit = GPOINTER_TO_UINT(data);
	Server server;
	int fd = memfd_create("got", MFD_CLOEXEC);
	char bytes[6] = "";
	g_autofree char *url = NULL;
	g_autoptr(GError) error = NULL;
	CusaxHttpRequest request = { .fd = fd, .size = limit, .ca_file = xmpp_cert_ca_file() };

	server_init(&server, good(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	request.url = url = url_of(&server);
	error = ask(&request, NULL);
	if (limit < 5) {
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED);
	} else {
		g_assert_no_error(error);
		g_assert_cmpint(pread(fd, bytes, 5, 0), ==, 5);
		g_assert_cmpstr(bytes, ==, "hello");
	}
	close(fd);
	server_clear(&server);
}

/* --- time ------------------------------------------------------------------------------------ */

static void test_silence(void)
{
	Server server;
	int fd = file_of(10);
	g_autofree char *url = NULL;
	g_autoptr(GError) error = NULL;
	CusaxHttpRequest request = {
		.upload = TRUE, .fd = fd, .size = 10, .patience = 1, .ca_file = xmpp_cert_ca_file()
	};

	server_init(&server, good(), NULL);
	request.url = url = url_of(&server);
	error = ask(&request, NULL);
	g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_TIMEOUT);
	close(fd);
	server_clear(&server);
}

static void test_cancel(void)
{
	CusaxHttp *http = cusax_http_new();
	Watch watch = { .http = http };
	Server server;
	int fd = file_of(10);
	gint64 begin = g_get_monotonic_time();
	g_autofree char *url = NULL;
	CusaxHttpRequest request = {
		.upload = TRUE, .fd = fd, .size = 10, .ca_file = xmpp_cert_ca_file()
	};

	server_init(&server, good(), NULL);
	request.url = url = url_of(&server);
	watch.cancel_at = http->start(http, &request, &handlers, &watch, NULL);
	wait_for(&watch);
	g_assert_error(watch.error, CUSAX_ERROR, CUSAX_ERROR_CANCELLED);
	g_assert_cmpint(g_get_monotonic_time() - begin, <, 2 * G_TIME_SPAN_SECOND);
	g_clear_error(&watch.error);
	http->cancel(http, watch.cancel_at); /* over: ignored */
	http->free(http);
	close(fd);
	server_clear(&server);
}

/* What is under way when the daemon ends. */
static void test_free(void)
{
	CusaxHttp *http = cusax_http_new();
	Watch watch = { .http = http };
	Server server;
	int fd = file_of(10);
	g_autofree char *url = NULL;
	CusaxHttpRequest request = {
		.upload = TRUE, .fd = fd, .size = 10, .ca_file = xmpp_cert_ca_file()
	};

	server_init(&server, good(), NULL);
	request.url = url = url_of(&server);
	g_assert_cmpuint(http->start(http, &request, &handlers, &watch, NULL), !=, 0);
	http->free(http);
	g_assert_false(watch.over);
	close(fd);
	server_clear(&server);
}

/* --- what is not begun ----------------------------------------------------------------------- */

static const struct {
	const char *url;
	gboolean good;
} urls[] = {
	{ "https://a.test/", TRUE },
	{ "https://[::1]:8/x?y", TRUE },
	{ "http://a.test/", FALSE },
	{ "ftp://a.test/", FALSE },
	{ "file:///etc/passwd", FALSE },
	{ "https:///x", FALSE },
	{ "https://user:pw@a.test/", FALSE },
	{ "https://a.test/\r\nX: y", FALSE },
	{ "https://a b.test/", FALSE },
	{ "a.test", FALSE },
	{ "", FALSE },
	{ NULL, FALSE },
};

static void test_urls(void)
{
	CusaxHttp *http = cusax_http_new();
	g_autofree char *filling = g_strnfill(CUSAX_HTTP_MAX_URL, 'a');
	g_autofree char *endless = g_strconcat("https://a.test/", filling, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
		g_autoptr(GError) error = NULL;
		CusaxHttpRequest request = { .url = urls[i].url, .fd = 0, .size = 1 };

		g_assert_cmpint(cusax_http_is_url(urls[i].url), ==, urls[i].good);
		if (urls[i].good)
			continue;
		g_assert_cmpuint(http->start(http, &request, &handlers, NULL, &error), ==, 0);
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT);
	}
	g_assert_false(cusax_http_is_url(endless));
	http->free(http);
}

static void test_closed(void)
{
	CusaxHttp *http = cusax_http_new();
	g_autoptr(GError) error = NULL;
	CusaxHttpRequest request = { .url = "https://a.test/", .fd = -1, .size = 1 };

	g_assert_cmpuint(http->start(http, &request, &handlers, NULL, &error), ==, 0);
	g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED);
	http->free(http);
}

int main(int argc, char **argv)
{
	int result;

	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/X7: a file is put whole, with its headers, by position", test_put);
	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/http/answer/", refusals[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_refusal);
	}
	g_test_add_func("/http/X7: a file that became shorter is not sent as whole", test_shorter);
	for (guint i = 0; i < G_N_ELEMENTS(trusts); i++) {
		g_autofree char *path = g_strconcat("/http/R5: trust/", trusts[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_trust);
	}
	g_test_add_func("/http/R5: trust/another server is pinned", test_other_pin);
	g_test_add_data_func("/http/X7: a file is taken", GUINT_TO_POINTER(5), test_get);
	g_test_add_data_func("/http/X7: a file over the limit is not taken", GUINT_TO_POINTER(4),
			     test_get);
	g_test_add_func("/http/silence ends in time", test_silence);
	g_test_add_func("/http/X7: cancelled at once", test_cancel);
	g_test_add_func("/http/freed while under way", test_free);
	g_test_add_func("/http/urls", test_urls);
	g_test_add_func("/http/closed descriptor", test_closed);
	result = g_test_run();
	xmpp_cert_clear();
	return result;
}

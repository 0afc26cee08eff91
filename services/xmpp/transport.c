/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP by GSocketClient, TLS by OpenSSL on the non-blocking descriptor, one GSource. */
/* Main thread. */
#include "services/xmpp/transport.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>

#include "daemon/base/error.h"
#include "services/tls/tls-policy.h"
#include "services/xmpp/resolve.h"

#define READ_CHUNK    16384
#define READ_PER_TURN 65536
#define TURN_USEC     2000 /* and no longer than that */
#define MAX_UNSENT    (8 * 1024 * 1024)
#define TCP_DEAD_MSEC 45000 /* unacknowledged data for so long: the link is dead */

typedef enum {
	TRANSPORT_NEW,
	TRANSPORT_CONNECTING,
	TRANSPORT_PLAIN,
	TRANSPORT_HANDSHAKE,
	TRANSPORT_TLS,
	TRANSPORT_CLOSED,
} TransportState;

struct CusaxXmppTransport {
	grefcount refs; /* the owner's, and one for each callback under way */
	TransportState state;
	const CusaxXmppTransportHandlers *handlers;
	gpointer data;
	const CusaxXmppTimes *times;
	char *host;
	SSL_CTX *ctx;

	GPtrArray *targets; /* while connecting */
	guint target;
	gint64 deadline; /* of connecting, monotonic */
	GCancellable *cancellable;
	GSource *timer;
	gboolean timed_out; /* this attempt */
	gboolean direct_tls;

	GSocketConnection *connection;
	int fd;
	SSL *ssl;
	GSource *source;
	gpointer tag;
	GIOCondition read_wants, write_wants; /* TLS may have to write to read */
	GByteArray *out;

	GSource *closing; /* reports the end from a clean stack */
	GError *error;
};

typedef struct {
	GSource source;
	CusaxXmppTransport *transport; /* not owned: the transport owns the source */
} TransportSource;

static void transport_unref(CusaxXmppTransport *transport)
{
	if (!g_ref_count_dec(&transport->refs))
		return;
	SSL_free(transport->ssl);
	SSL_CTX_free(transport->ctx);
	g_clear_object(&transport->connection);
	g_clear_object(&transport->cancellable);
	g_clear_pointer(&transport->targets, g_ptr_array_unref);
	g_byte_array_unref(transport->out);
	g_clear_error(&transport->error);
	g_free(transport->host);
	g_free(transport);
}

static CusaxXmppTransport *transport_ref(CusaxXmppTransport *transport)
{
	g_ref_count_inc(&transport->refs);
	return transport;
}

/* --- the end --------------------------------------------------------------------------------- */

static gboolean report_end(gpointer data)
{
	CusaxXmppTransport *transport = transport_ref(data);

	cusax_xmpp_timer_clear(&transport->closing);
	transport->handlers->closed(transport->error, transport->data);
	transport_unref(transport);
	return G_SOURCE_REMOVE;
}

static void stop(CusaxXmppTransport *transport)
{
	transport->state = TRANSPORT_CLOSED;
	cusax_xmpp_timer_clear(&transport->timer);
	cusax_xmpp_timer_clear(&transport->source);
	g_cancellable_cancel(transport->cancellable);
}

/* Takes the error. */
static void end(CusaxXmppTransport *transport, GError *error)
{
	if (transport->state == TRANSPORT_CLOSED) {
		g_error_free(error);
		return;
	}
	stop(transport);
	transport->error = error;
	transport->closing = cusax_xmpp_timer_new(0, report_end, transport);
}

static GError *lost(const char *why)
{
	return g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
			   "the connection to the server was lost: %s", why);
}

/* --- bytes ----------------------------------------------------------------------------------- */

static GIOCondition wants_of(int ssl_error)
{
	return ssl_error == SSL_ERROR_WANT_READ    ? G_IO_IN
	       : ssl_error == SSL_ERROR_WANT_WRITE ? G_IO_OUT
						   : 0;
}

/* The GError of a TLS read or write that failed for good. */
static GError *tls_error(int ssl_error)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	gboolean cut = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
	int code = errno;

	ERR_clear_error();
	if (ssl_error == SSL_ERROR_ZERO_RETURN || cut || (!reason && code == 0))
		return lost("the server closed it");
	return lost(reason ? reason : g_strerror(code));
}

/* Bytes read, 0 to wait, -1 at the end (told). */
static gssize read_once(CusaxXmppTransport *transport, char *buffer, gsize size)
{
	gsize length = 0;
	gssize n;
	int code;

	errno = 0;
	if (transport->state == TRANSPORT_PLAIN) {
		n = read(transport->fd, buffer, size);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0) {
			end(transport, lost(n == 0 ? "the server closed it" : g_strerror(errno)));
			return -1;
		}
		return n;
	}
	ERR_clear_error();
	if (SSL_read_ex(transport->ssl, buffer, size, &length))
		return (gssize)length;
	code = SSL_get_error(transport->ssl, 0);
	transport->read_wants = wants_of(code);
	if (transport->read_wants)
		return 0;
	end(transport, tls_error(code));
	return -1;
}

/* The same for writing. */
static gssize write_once(CusaxXmppTransport *transport, const guint8 *bytes, gsize size)
{
	gsize length = 0;
	gssize n;
	int code;

	errno = 0;
	if (transport->state == TRANSPORT_PLAIN) {
		n = write(transport->fd, bytes, size);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0)
			end(transport, lost(g_strerror(errno)));
		return n;
	}
	ERR_clear_error();
	if (SSL_write_ex(transport->ssl, bytes, size, &length))
		return (gssize)length;
	code = SSL_get_error(transport->ssl, 0);
	transport->write_wants = wants_of(code);
	if (transport->write_wants)
		return 0;
	end(transport, tls_error(code));
	return -1;
}

static void write_pending(CusaxXmppTransport *transport)
{
	gsize sent = 0;

	while (sent < transport->out->len) {
		gssize n = write_once(transport, transport->out->data + sent,
				      transport->out->len - sent);

		if (n <= 0)
			break;
		sent += (gsize)n;
	}
	if (sent > 0)
		g_byte_array_remove_range(transport->out, 0, (guint)sent);
}

/* Ends early when a handler starts TLS or closes. Bytes that TLS holds already make no poll event,
 * hence the ready time. */
static void read_available(CusaxXmppTransport *transport)
{
	TransportState state = transport->state;
	gint64 until = g_get_monotonic_time() + TURN_USEC;
	char buffer[READ_CHUNK];
	gsize total = 0;

	transport->read_wants = G_IO_IN;
	while (transport->state == state && total < READ_PER_TURN &&
	       (total == 0 || g_get_monotonic_time() < until)) {
		gssize n = read_once(transport, buffer, sizeof(buffer));

		if (n <= 0)
			return;
		total += (gsize)n;
		transport->handlers->received(buffer, (gsize)n, transport->data);
	}
	if (transport->state == state)
		g_source_set_ready_time(transport->source, 0);
}

/* --- TLS ------------------------------------------------------------------------------------- */

static gboolean on_handshake_timeout(gpointer data)
{
	CusaxXmppTransport *transport = data;

	end(transport,
	    g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
			"the server %s did not finish the TLS handshake in time", transport->host));
	return G_SOURCE_REMOVE;
}

static void begin_handshake(CusaxXmppTransport *transport)
{
	static const guint8 alpn[] = "\x0bxmpp-client"; /* XEP-0368 */

	transport->ssl = SSL_new(transport->ctx);
	if (!transport->ssl || !SSL_set_fd(transport->ssl, transport->fd) ||
	    !cusax_tls_expect_host(transport->ssl, transport->host)) {
		ERR_clear_error();
		end(transport, g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
					   "TLS cannot be started for %s", transport->host));
		return;
	}
	if (transport->direct_tls)
		SSL_set_alpn_protos(transport->ssl, alpn, sizeof(alpn) - 1);
	SSL_set_connect_state(transport->ssl);
	transport->state = TRANSPORT_HANDSHAKE;
	transport->read_wants = G_IO_OUT;
	cusax_xmpp_timer_clear(&transport->timer);
	transport->timer =
		cusax_xmpp_timer_new(transport->times->handshake, on_handshake_timeout, transport);
	g_source_set_ready_time(transport->source, 0);
}

static void step_handshake(CusaxXmppTransport *transport)
{
	int n, code;

	errno = 0;
	ERR_clear_error();
	n = SSL_do_handshake(transport->ssl);
	if (n != 1) {
		code = SSL_get_error(transport->ssl, n);
		transport->read_wants = wants_of(code);
		if (!transport->read_wants)
			end(transport, cusax_tls_handshake_error(transport->ssl, transport->host));
		return;
	}
	cusax_xmpp_timer_clear(&transport->timer);
	transport->state = TRANSPORT_TLS;
	transport->read_wants = G_IO_IN;
	transport->write_wants = G_IO_OUT;
	g_source_set_ready_time(transport->source, 0);
	if (transport->direct_tls)
		transport->handlers->connected(transport->data);
	else
		transport->handlers->secured(transport->data);
}

/* --- the source ------------------------------------------------------------------------------ */

static void update_poll(CusaxXmppTransport *transport)
{
	GIOCondition wants = transport->read_wants;

	if (transport->state == TRANSPORT_CLOSED)
		return;
	if (transport->state != TRANSPORT_HANDSHAKE && transport->out->len > 0)
		wants |= transport->write_wants;
	g_source_modify_unix_fd(transport->source, transport->tag, wants);
}

static gboolean dispatch(GSource *source, G_GNUC_UNUSED GSourceFunc callback,
			 G_GNUC_UNUSED gpointer data)
{
	CusaxXmppTransport *transport = transport_ref(((TransportSource *)source)->transport);

	g_source_set_ready_time(source, -1);
	if (transport->state == TRANSPORT_HANDSHAKE) {
		step_handshake(transport);
	} else {
		write_pending(transport);
		if (transport->state == TRANSPORT_PLAIN || transport->state == TRANSPORT_TLS)
			read_available(transport);
	}
	update_poll(transport);
	transport_unref(transport);
	return G_SOURCE_CONTINUE;
}

/* No prepare and no check: descriptor and ready time decide. */
static GSourceFuncs source_funcs = { .dispatch = dispatch };

static void adopt_connection(CusaxXmppTransport *transport)
{
	GSocket *socket = g_socket_connection_get_socket(transport->connection);

	g_socket_set_blocking(socket, FALSE);
	g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
	g_socket_set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, TCP_DEAD_MSEC, NULL);
	transport->fd = g_socket_get_fd(socket);
	transport->state = TRANSPORT_PLAIN;
	transport->read_wants = G_IO_IN;
	transport->write_wants = G_IO_OUT;
	transport->source = g_source_new(&source_funcs, sizeof(TransportSource));
	((TransportSource *)transport->source)->transport = transport;
	g_source_set_static_name(transport->source, "cusax xmpp");
	transport->tag = g_source_add_unix_fd(transport->source, transport->fd, G_IO_IN);
	g_source_attach(transport->source, g_main_context_get_thread_default());
}

/* --- connecting ------------------------------------------------------------------------------ */

static void connect_next(CusaxXmppTransport *transport);

static const CusaxXmppTarget *current_target(CusaxXmppTransport *transport)
{
	return transport->targets->pdata[transport->target];
}

static GError *connect_error(CusaxXmppTransport *transport, const GError *error)
{
	const CusaxXmppTarget *target = current_target(transport);

	if (transport->timed_out || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
				   "the server %s, port %u, does not answer", target->host,
				   target->port);
	if (error->domain == G_RESOLVER_ERROR)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
				   "the server %s was not found: %s", target->host, error->message);
	return g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
			   "the server %s, port %u, cannot be reached: %s", target->host,
			   target->port, error->message);
}

static void on_connected(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxXmppTransport *transport = data;
	g_autoptr(GError) error = NULL;
	GSocketConnection *connection;

	connection = g_socket_client_connect_finish(G_SOCKET_CLIENT(source), result, &error);
	if (transport->state != TRANSPORT_CONNECTING) {
		g_clear_object(&connection);
	} else if (connection) {
		transport->connection = connection;
		transport->direct_tls = current_target(transport)->direct_tls;
		cusax_xmpp_timer_clear(&transport->timer);
		adopt_connection(transport);
		if (transport->direct_tls)
			begin_handshake(transport);
		else
			transport->handlers->connected(transport->data);
	} else if (transport->target + 1 < transport->targets->len) {
		transport->target++;
		connect_next(transport);
	} else {
		end(transport, connect_error(transport, error));
	}
	transport_unref(transport);
}

static gboolean on_connect_timeout(gpointer data)
{
	CusaxXmppTransport *transport = data;

	transport->timed_out = TRUE;
	g_cancellable_cancel(transport->cancellable);
	return G_SOURCE_REMOVE;
}

/* Every target gets an equal share of the time that is left. */
static void connect_next(CusaxXmppTransport *transport)
{
	const CusaxXmppTarget *target = current_target(transport);
	gint64 left = MAX(0, transport->deadline - g_get_monotonic_time()) / 1000;
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GSocketConnectable) address = g_network_address_new(target->host, target->port);

	g_clear_object(&transport->cancellable);
	transport->cancellable = g_cancellable_new();
	transport->timed_out = FALSE;
	cusax_xmpp_timer_clear(&transport->timer);
	transport->timer =
		cusax_xmpp_timer_new((guint)(left / (transport->targets->len - transport->target)),
				     on_connect_timeout, transport);
	/* A proxy would see where we connect to; none unless the user asks for it. */
	g_socket_client_set_enable_proxy(client, FALSE);
	g_socket_client_connect_async(client, address, transport->cancellable, on_connected,
				      transport_ref(transport));
}

/* --- entry points ---------------------------------------------------------------------------- */

CusaxXmppTransport *cusax_xmpp_transport_new(const CusaxXmppTransportHandlers *handlers,
					     gpointer data, const char *host, SSL_CTX *ctx,
					     const CusaxXmppTimes *times)
{
	CusaxXmppTransport *transport = g_new0(CusaxXmppTransport, 1);

	g_ref_count_init(&transport->refs);
	transport->handlers = handlers;
	transport->data = data;
	transport->host = g_strdup(host);
	transport->times = times;
	SSL_CTX_up_ref(ctx);
	transport->ctx = ctx;
	transport->fd = -1;
	transport->out = g_byte_array_new();
	transport->cancellable = g_cancellable_new();
	return transport;
}

void cusax_xmpp_transport_free(CusaxXmppTransport *transport)
{
	if (!transport)
		return;
	if (transport->state == TRANSPORT_PLAIN || transport->state == TRANSPORT_TLS)
		write_pending(transport);
	if (transport->state == TRANSPORT_TLS)
		SSL_shutdown(transport->ssl);
	ERR_clear_error();
	stop(transport);
	cusax_xmpp_timer_clear(&transport->closing);
	/* The descriptor goes with the connection, callbacks under way or not. */
	g_clear_object(&transport->connection);
	transport_unref(transport);
}

void cusax_xmpp_transport_connect(CusaxXmppTransport *transport, GPtrArray *targets)
{
	transport->state = TRANSPORT_CONNECTING;
	transport->targets = targets;
	transport->deadline = g_get_monotonic_time() + (gint64)transport->times->connect * 1000;
	connect_next(transport);
}

void cusax_xmpp_transport_start_tls(CusaxXmppTransport *transport)
{
	if (transport->state == TRANSPORT_PLAIN)
		begin_handshake(transport);
}

void cusax_xmpp_transport_write(CusaxXmppTransport *transport, const char *bytes, gsize length)
{
	if (transport->state != TRANSPORT_PLAIN && transport->state != TRANSPORT_TLS)
		return;
	if (transport->out->len + length > MAX_UNSENT) {
		end(transport, lost("the server does not read"));
		return;
	}
	g_byte_array_append(transport->out, (const guint8 *)bytes, (guint)length);
	g_source_set_ready_time(transport->source, 0);
}

SSL *cusax_xmpp_transport_ssl(CusaxXmppTransport *transport)
{
	return transport->ssl;
}

gboolean cusax_xmpp_transport_is_direct(CusaxXmppTransport *transport)
{
	return transport->direct_tls;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The states of a stream from the first byte to the last (RFC 6120 §4-§7, XEP-0198). */
/* Main thread. */
#include "services/xmpp/stream-internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/redirect.h"
#include "services/xmpp/resolve.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

#define STARTTLS_PORT 5222
#define DIRECT_PORT   5223

/* --- life ------------------------------------------------------------------------------------ */

CusaxXmppStream *cusax_xmpp_stream_ref(CusaxXmppStream *stream)
{
	g_ref_count_inc(&stream->refs);
	return stream;
}

void cusax_xmpp_stream_unref(CusaxXmppStream *stream)
{
	if (!g_ref_count_dec(&stream->refs))
		return;
	cusax_reader_free(stream->reader);
	cusax_security_free(stream->security);
	g_clear_error(&stream->error);
	g_object_unref(stream->cancellable);
	g_free(stream->domain);
	g_free(stream->user);
	g_free(stream->bound);
	g_free(stream->bind_id);
	g_free(stream->login_pin);
	g_free(stream->other_host);
	g_free(stream);
}

void cusax_xmpp_stream_wipe_login(CusaxXmppStream *stream)
{
	g_clear_pointer(&stream->sasl, cusax_sasl_free);
	cusax_sasl_wipe(g_steal_pointer(&stream->secret));
}

/* Everything that could call back is disarmed; what was sent so far still goes out. */
static void stop(CusaxXmppStream *stream)
{
	stream->state = STREAM_CLOSED;
	cusax_xmpp_timer_clear(&stream->limit);
	cusax_xmpp_timer_clear(&stream->resolving);
	cusax_xmpp_timer_clear(&stream->keepalive);
	g_cancellable_cancel(stream->cancellable);
	cusax_reader_stop(stream->reader);
	cusax_xmpp_stream_wipe_login(stream);
	cusax_xmpp_sm_pause(stream->sm);
	g_clear_pointer(&stream->transport, cusax_xmpp_transport_free);
}

static gboolean report_end(gpointer data)
{
	CusaxXmppStream *stream = cusax_xmpp_stream_ref(data);

	cusax_xmpp_timer_clear(&stream->ending);
	if (stream->state != STREAM_CLOSED)
		stop(stream);
	stream->handlers->closed(stream->error, stream->data);
	cusax_xmpp_stream_unref(stream);
	return G_SOURCE_REMOVE;
}

/* Handlers are on the stack: the end is told from an idle one. */
static void end(CusaxXmppStream *stream, GError *error)
{
	if (stream->ending || stream->state == STREAM_CLOSED) {
		g_clear_error(&error);
		return;
	}
	/* To a server that is verified the end is said; to another nothing. */
	if (stream->is_open && stream->is_secure)
		cusax_xmpp_stream_write(stream, "</stream:stream>");
	stream->state = STREAM_ENDING;
	stream->error = error;
	cusax_reader_stop(stream->reader);
	stream->ending = cusax_xmpp_timer_new(0, report_end, stream);
}

void cusax_xmpp_stream_fail(CusaxXmppStream *stream, GError *error)
{
	/* After our own end nothing is a failure any more. */
	if (stream->state == STREAM_CLOSING)
		g_clear_error(&error);
	end(stream, error);
}

static gboolean on_negotiation_timeout(gpointer data)
{
	cusax_xmpp_stream_fail(data, g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
						 "the server did not finish the login in time"));
	return G_SOURCE_REMOVE;
}

/* --- bytes ----------------------------------------------------------------------------------- */

void cusax_xmpp_stream_write(CusaxXmppStream *stream, const char *text)
{
	if (stream->transport)
		cusax_xmpp_transport_write(stream->transport, text, strlen(text));
}

void cusax_xmpp_stream_write_node(CusaxXmppStream *stream, CusaxNode *node)
{
	g_autofree char *text = cusax_node_to_text(node, NULL);

	cusax_xmpp_stream_write(stream, text);
}

void cusax_xmpp_stream_open(CusaxXmppStream *stream)
{
	g_autofree char *to = g_markup_escape_text(stream->domain, -1);
	g_autofree char *from = g_markup_escape_text(stream->options->jid, -1);
	g_autoptr(GString) header = g_string_new("<?xml version='1.0'?><stream:stream");

	g_string_append_printf(header, " to='%s'", to);
	/* RFC 6120 §4.7.1: who we are is told inside TLS only. */
	if (stream->is_secure)
		g_string_append_printf(header, " from='%s'", from);
	g_string_append(header, " version='1.0' xml:lang='en' xmlns='" CUSAX_NS_CLIENT
				"' xmlns:stream='" CUSAX_NS_STREAMS "'>");
	cusax_xmpp_stream_write(stream, header->str);
	stream->state = STREAM_AWAITING_FEATURES;
	stream->is_open = TRUE;
}

/* --- of the reader --------------------------------------------------------------------------- */

static void on_opened(CusaxNode *header, gpointer data)
{
	CusaxXmppStream *stream = data;

	if (g_strcmp0(cusax_node_attr(header, "version"), "1.0") != 0)
		cusax_xmpp_stream_fail(stream,
				       g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
						   "the server speaks a version of XMPP without "
						   "security"));
}

static void count_stanza(CusaxXmppStream *stream, CusaxNode *node)
{
	const char *name = node ? cusax_node_name(node) : "message";

	/* One whose head was over a limit can only be a stanza: nothing else is that large. */
	if (stream->sm->active && (strcmp(name, "message") == 0 || strcmp(name, "presence") == 0 ||
				   strcmp(name, "iq") == 0))
		stream->sm->h_in++;
}

static void on_stanza(CusaxNode *node, gpointer data)
{
	CusaxXmppStream *stream = data;

	stream->last_heard = g_get_monotonic_time();
	if (cusax_node_is(node, "error", CUSAX_NS_STREAMS)) {
		/* Outside TLS anybody on the way could say so. */
		if (stream->is_secure && !stream->other_host)
			cusax_xmpp_redirect_read(node, &stream->other_host, &stream->other_port);
		cusax_xmpp_stream_fail(stream, cusax_xmpp_stream_error(node));
	} else if (stream->state != STREAM_ONLINE) {
		if (stream->state != STREAM_CLOSING)
			cusax_xmpp_stream_negotiate(stream, node);
	} else if (g_strcmp0(cusax_node_ns(node), CUSAX_NS_SM) == 0) {
		cusax_xmpp_stream_handle_sm(stream, node);
	} else {
		count_stanza(stream, node);
		stream->handlers->stanza(node, stream->data);
	}
}

static gboolean on_bulk(CusaxNode *iq, const char *name, const char *ns, gpointer data)
{
	CusaxXmppStream *stream = data;

	return stream->state == STREAM_ONLINE && stream->handlers->bulk(iq, name, ns, stream->data);
}

static void on_item(CusaxNode *iq, CusaxNode *item, gpointer data)
{
	CusaxXmppStream *stream = data;

	if (stream->state == STREAM_ONLINE)
		stream->handlers->item(iq, item, stream->data);
}

static void on_swallowed(CusaxNode *head, const char *why, gboolean item, gpointer data)
{
	CusaxXmppStream *stream = data;

	stream->last_heard = g_get_monotonic_time();
	if (stream->state == STREAM_CLOSING)
		return;
	if (stream->state != STREAM_ONLINE) {
		cusax_xmpp_stream_fail(stream, g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
							   "the server's stream is not valid: an "
							   "answer during the login is too large"));
		return;
	}
	if (!item)
		count_stanza(stream, head);
	stream->handlers->swallowed(head, why, item, stream->data);
}

static void on_stream_end(gpointer data)
{
	cusax_xmpp_stream_fail(data, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
						 "the server ended the stream"));
}

static const CusaxReaderHandlers reader_handlers = {
	.opened = on_opened,
	.stanza = on_stanza,
	.bulk = on_bulk,
	.item = on_item,
	.swallowed = on_swallowed,
	.closed = on_stream_end,
};

/* --- of the transport ------------------------------------------------------------------------ */

static void secure(CusaxXmppStream *stream, const char *transport_word)
{
	stream->is_secure = TRUE;
	stream->security =
		cusax_tls_security_new(cusax_xmpp_transport_ssl(stream->transport), transport_word);
	cusax_xmpp_stream_open(stream);
}

static void on_connected(gpointer data)
{
	CusaxXmppStream *stream = data;

	if (cusax_xmpp_transport_is_direct(stream->transport))
		secure(stream, "direct-tls");
	else
		cusax_xmpp_stream_open(stream);
}

static void on_secured(gpointer data)
{
	secure(data, "starttls");
}

static void on_received(const char *bytes, gsize length, gpointer data)
{
	CusaxXmppStream *stream = cusax_xmpp_stream_ref(data);
	GError *error = NULL;

	if (stream->state == STREAM_ENDING || stream->state == STREAM_CLOSED) {
		/* What comes after the end means nothing. */
	} else if (!cusax_reader_feed(stream->reader, bytes, length, &error)) {
		cusax_xmpp_stream_fail(stream, error);
	} else if (stream->state == STREAM_PROCEEDING) {
		/* Only now is it known that nothing came behind <proceed/>. */
		stream->state = STREAM_SECURING;
		stream->is_open = FALSE;
		cusax_xmpp_transport_start_tls(stream->transport);
	} else if (stream->state == STREAM_REOPENING) {
		cusax_xmpp_stream_open(stream);
	}
	cusax_xmpp_stream_unref(stream);
}

static void on_closed(const GError *error, gpointer data)
{
	CusaxXmppStream *stream = data;

	stream->is_open = FALSE;
	cusax_xmpp_stream_fail(stream, g_error_copy(error));
}

static const CusaxXmppTransportHandlers transport_handlers = {
	.connected = on_connected,
	.secured = on_secured,
	.received = on_received,
	.closed = on_closed,
};

/* --- start ----------------------------------------------------------------------------------- */

static SSL_CTX *make_context(CusaxXmppStream *stream, GError **error)
{
	const CusaxXmppStreamOptions *options = stream->options;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (!cusax_tls_apply(ctx, &options->tls, error)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (options->certificate &&
	    (SSL_CTX_use_certificate_chain_file(ctx, options->certificate) != 1 ||
	     SSL_CTX_use_PrivateKey_file(ctx, options->certificate, SSL_FILETYPE_PEM) != 1)) {
		const char *reason = ERR_reason_error_string(ERR_peek_last_error());

		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT, "certificate: %s: %s",
			    options->certificate, reason ? reason : "it cannot be used");
		ERR_clear_error();
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static gboolean on_resolve_timeout(gpointer data)
{
	CusaxXmppStream *stream = data;

	cusax_xmpp_stream_fail(stream, g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
						   "the name servers do not answer for %s",
						   stream->domain));
	return G_SOURCE_REMOVE;
}

/* The transport goes on to the next server where none can be reached; one that can be reached and is
 * of no use must not be the only one that is ever tried. */
static void rotate(GPtrArray *targets, guint by)
{
	for (by %= targets->len; by > 0; by--)
		g_ptr_array_add(targets, g_ptr_array_steal_index(targets, 0));
}

static void on_resolved(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxXmppStream *stream = data;
	GError *error = NULL;
	GPtrArray *targets = cusax_xmpp_resolve_finish(result, &error);

	cusax_xmpp_timer_clear(&stream->resolving);
	if (stream->state != STREAM_CONNECTING) {
		g_clear_pointer(&targets, g_ptr_array_unref);
		g_clear_error(&error);
	} else if (targets) {
		rotate(targets, stream->options->attempt);
		cusax_xmpp_transport_connect(stream->transport, targets);
	} else {
		cusax_xmpp_stream_fail(stream, error);
	}
	cusax_xmpp_stream_unref(stream);
}

static void connect_to(CusaxXmppStream *stream, const char *host, guint16 port)
{
	gboolean direct_tls = stream->options->direct_tls;
	GPtrArray *targets = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_xmpp_target_free);

	if (port == 0)
		port = direct_tls ? DIRECT_PORT : STARTTLS_PORT;
	g_ptr_array_add(targets, cusax_xmpp_target_new(host, port, direct_tls));
	cusax_xmpp_transport_connect(stream->transport, targets);
}

static void locate(CusaxXmppStream *stream)
{
	const CusaxXmppStreamOptions *options = stream->options;

	if (options->other_host) {
		connect_to(stream, options->other_host, options->other_port);
		return;
	}
	if (options->server || options->port) {
		connect_to(stream, options->server ? options->server : stream->domain,
			   options->port);
		return;
	}
	stream->resolving =
		cusax_xmpp_timer_new(stream->times->connect, on_resolve_timeout, stream);
	cusax_xmpp_resolve_async(stream->domain, options->direct_tls, stream->cancellable,
				 on_resolved, cusax_xmpp_stream_ref(stream));
}

static void on_prepared(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxXmppStream *stream = data;
	GError *error = NULL;
	SSL_CTX *ctx = NULL;

	cusax_tls_prepare_finish(result);
	if (stream->state == STREAM_CONNECTING) {
		ctx = make_context(stream, &error);
		if (ctx) {
			stream->transport = cusax_xmpp_transport_new(
				&transport_handlers, stream, stream->domain, ctx, stream->times);
			SSL_CTX_free(ctx);
			locate(stream);
		} else {
			cusax_xmpp_stream_fail(stream, error);
		}
	}
	cusax_xmpp_stream_unref(stream);
}

/* --- entry points ---------------------------------------------------------------------------- */

CusaxXmppStream *cusax_xmpp_stream_new(const CusaxXmppStreamHandlers *handlers, gpointer data,
				       const CusaxXmppStreamOptions *options, CusaxXmppSm *sm,
				       const CusaxXmppTimes *times)
{
	CusaxXmppStream *stream = g_new0(CusaxXmppStream, 1);
	const char *at = strchr(options->jid, '@');

	g_ref_count_init(&stream->refs);
	stream->handlers = handlers;
	stream->data = data;
	stream->options = options;
	stream->sm = sm;
	stream->times = times;
	stream->domain = cusax_jid_domain(options->jid);
	stream->user = options->user ? g_strdup(options->user)
		       : at          ? g_strndup(options->jid, (gsize)(at - options->jid))
				     : g_strdup("");
	stream->secret = g_strdup(options->secret);
	stream->cancellable = g_cancellable_new();
	stream->reader = cusax_reader_new(&reader_handlers, stream);
	stream->state = STREAM_CONNECTING;
	stream->limit = cusax_xmpp_timer_new(times->negotiation, on_negotiation_timeout, stream);
	cusax_tls_prepare_async(on_prepared, cusax_xmpp_stream_ref(stream));
	return stream;
}

void cusax_xmpp_stream_free(CusaxXmppStream *stream)
{
	if (!stream)
		return;
	cusax_xmpp_timer_clear(&stream->ending);
	stop(stream);
	cusax_xmpp_stream_unref(stream);
}

static gboolean on_close_timeout(gpointer data)
{
	cusax_xmpp_stream_fail(data, NULL);
	return G_SOURCE_REMOVE;
}

void cusax_xmpp_stream_close(CusaxXmppStream *stream)
{
	if (stream->state == STREAM_CLOSING || stream->state == STREAM_ENDING ||
	    stream->state == STREAM_CLOSED)
		return;
	cusax_xmpp_timer_clear(&stream->keepalive);
	if (stream->state != STREAM_ONLINE) {
		end(stream, NULL);
		return;
	}
	/* What is kept shall not come again. The session ends with the stream (XEP-0198 §5): nobody can
	 * resume it. */
	if (stream->sm->active)
		cusax_xmpp_stream_answer(stream);
	g_clear_pointer(&stream->sm->id, g_free);
	cusax_xmpp_stream_write(stream, "</stream:stream>");
	stream->is_open = FALSE;
	stream->state = STREAM_CLOSING;
	cusax_xmpp_timer_clear(&stream->limit);
	stream->limit = cusax_xmpp_timer_new(stream->times->close, on_close_timeout, stream);
}

gboolean cusax_xmpp_stream_pre_approves(const CusaxXmppStream *stream)
{
	return stream->has_pre_approval;
}

gboolean cusax_xmpp_stream_is_online(CusaxXmppStream *stream)
{
	return stream && stream->state == STREAM_ONLINE;
}

const char *cusax_xmpp_stream_bound(CusaxXmppStream *stream)
{
	return stream->bound;
}

const CusaxSecurity *cusax_xmpp_stream_security(CusaxXmppStream *stream)
{
	return stream->security;
}

gboolean cusax_xmpp_stream_has_roster_versions(CusaxXmppStream *stream)
{
	return stream->has_roster_versions;
}

const char *cusax_xmpp_stream_login_pin(CusaxXmppStream *stream)
{
	return stream->login_pin;
}

const char *cusax_xmpp_stream_other_host(CusaxXmppStream *stream, guint16 *ret_port)
{
	*ret_port = stream->other_port;
	return stream->other_host;
}

void cusax_xmpp_stream_indicate(CusaxXmppStream *stream, gboolean active)
{
	if (cusax_xmpp_stream_is_online(stream) && stream->has_csi)
		cusax_xmpp_stream_write(stream, active ? "<active xmlns='" CUSAX_NS_CSI "'/>"
						       : "<inactive xmlns='" CUSAX_NS_CSI "'/>");
}

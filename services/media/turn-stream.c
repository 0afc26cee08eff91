/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TURN over TCP and TLS, behind a socket that looks like a TURN server on UDP. */
/* Libre thread. */
#include "services/media/turn-stream.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <openssl/ssl.h>

#include "services/tls/tls-policy.h"

#define CUSAX_LOG_DOMAIN "media"
#include "daemon/base/log.h"

enum {
	STUN_HEADER = 20,
	CHANNEL_HEADER = 4,
	/* No media packet is longer; a stream that says so is not TURN. */
	FRAME_MAX = 4096,
	SEND_BUFFER = 65536, /* what a slow connection may keep: a second of sound and more */
};

struct cusax_turn_stream {
	char *log_id;
	char *host;
	struct udp_sock *near;
	struct sa peer; /* the media socket that speaks to us; not set before it has */
	struct tls *tls;
	struct tcp_conn *connection;
	struct tls_conn *secured;
	struct mbuf *kept;     /* what has arrived of a message */
	struct mbuf *question; /* what waits for the connection: the last one counts */
	long verdict;          /* X509_V_…: of the certificate, once there is one */
	bool established;
};

static void destructor(void *data)
{
	struct cusax_turn_stream *stream = data;

	mem_deref(stream->secured);
	mem_deref(stream->connection);
	if (stream->tls)
		SSL_CTX_set_app_data(tls_openssl_context(stream->tls), NULL);
	mem_deref(stream->tls);
	mem_deref(stream->near);
	mem_deref(stream->kept);
	mem_deref(stream->question);
	g_free(stream->host);
	g_free(stream->log_id);
}

/* --- messages -------------------------------------------------------------------------------- */

int cusax_turn_frame(const uint8_t *data, size_t length)
{
	size_t size;

	if (length < CHANNEL_HEADER)
		return 0;
	size = (size_t)data[2] << 8 | data[3];
	switch (data[0] >> 6) {
	case 0:
		size += STUN_HEADER;
		if (size % 4)
			return -1;
		break;
	case 1:
		/* Over a stream it is padded to four octets. */
		size = CHANNEL_HEADER + ((size + 3) & ~(size_t)3);
		break;
	default:
		return -1;
	}
	return size > FRAME_MAX ? -1 : (int)size;
}

/* As a datagram it has no padding. */
static size_t bare_length(const uint8_t *frame, size_t length)
{
	return frame[0] >> 6 == 1 ? CHANNEL_HEADER + ((size_t)frame[2] << 8 | frame[3]) : length;
}

static void give_up(struct cusax_turn_stream *stream, const char *why)
{
	cusax_notice(stream->log_id, "the connection to the relay %s is over: %s", stream->host,
		     why);
	/* The client notices the silence; what holds us lets go when the call does. */
	stream->secured = mem_deref(stream->secured);
	stream->connection = mem_deref(stream->connection);
	stream->established = false;
}

/* --- near to far ----------------------------------------------------------------------------- */

static void send_far(struct cusax_turn_stream *stream, struct mbuf *mb)
{
	static const uint8_t padding[3];
	size_t missing = (4 - mbuf_get_left(mb) % 4) % 4, start = mb->pos;

	if (missing) {
		mb->pos = mb->end;
		if (mbuf_write_mem(mb, padding, missing) != 0)
			return;
		mb->pos = start;
	}
	(void)tcp_send(stream->connection, mb);
}

static void near_h(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct cusax_turn_stream *stream = arg;

	/* The first who speaks, from the address of the media, is the one. */
	if (!sa_isset(&stream->peer, SA_ALL))
		stream->peer = *src;
	if (!sa_cmp(src, &stream->peer, SA_ALL) || mbuf_get_left(mb) > FRAME_MAX ||
	    !stream->connection)
		return;
	if (stream->established) {
		send_far(stream, mb);
		return;
	}
	/* It asks again and again until there is an answer: once is enough. */
	mem_deref(stream->question);
	stream->question = mbuf_alloc(mbuf_get_left(mb));
	if (stream->question &&
	    mbuf_write_mem(stream->question, mbuf_buf(mb), mbuf_get_left(mb)) == 0)
		stream->question->pos = 0;
	else
		stream->question = mem_deref(stream->question);
}

/* --- far to near ----------------------------------------------------------------------------- */

static void hand_over(struct cusax_turn_stream *stream, const uint8_t *frame, size_t length)
{
	struct mbuf *mb = mbuf_alloc(length);

	if (mb && mbuf_write_mem(mb, frame, bare_length(frame, length)) == 0) {
		mb->pos = 0;
		(void)udp_send(stream->near, &stream->peer, mb);
	}
	mem_deref(mb);
}

static void far_h(struct mbuf *mb, void *arg)
{
	struct cusax_turn_stream *stream = arg;
	struct mbuf *kept = stream->kept;
	size_t at = 0;
	int length = 0;

	kept->pos = kept->end;
	if (mbuf_write_mem(kept, mbuf_buf(mb), mbuf_get_left(mb)) != 0) {
		give_up(stream, g_strerror(ENOMEM));
		return;
	}
	while ((length = cusax_turn_frame(kept->buf + at, kept->end - at)) > 0 &&
	       at + (size_t)length <= kept->end) {
		hand_over(stream, kept->buf + at, (size_t)length);
		at += (size_t)length;
	}
	if (length < 0) {
		give_up(stream, "it does not speak TURN");
		return;
	}
	memmove(kept->buf, kept->buf + at, kept->end - at);
	kept->end -= at;
}

/* --- the connection -------------------------------------------------------------------------- */

static void established_h(void *arg)
{
	struct cusax_turn_stream *stream = arg;

	stream->established = true;
	if (stream->question)
		send_far(stream, stream->question);
	stream->question = mem_deref(stream->question);
}

static void closed_h(int err, void *arg)
{
	struct cusax_turn_stream *stream = arg;
	g_autoptr(GError) untrusted = cusax_tls_verify_error(stream->verdict, stream->host);

	give_up(stream, untrusted ? untrusted->message : g_strerror(err ? err : ECONNRESET));
}

/* Where the name is said to the server, and a certificate that was refused leaves its reason. */
static void info_h(const SSL *ssl, int where, G_GNUC_UNUSED int value)
{
	struct cusax_turn_stream *stream = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!stream)
		return;
	if (where & SSL_CB_HANDSHAKE_START && SSL_in_before(ssl))
		(void)cusax_tls_expect_host((SSL *)ssl, stream->host);
	else if (where & SSL_CB_ALERT && where & SSL_CB_WRITE && SSL_in_init(ssl))
		stream->verdict = SSL_get_verify_result(ssl);
}

static int secure(struct cusax_turn_stream *stream, const struct cusax_turn_stream_config *config)
{
	const CusaxTlsRules rules = { .ca_file = config->ca_file };
	g_autoptr(GError) error = NULL;
	int err = tls_alloc(&stream->tls, TLS_METHOD_SSLV23, NULL, NULL);

	if (err)
		return err;
	if (!cusax_tls_apply(tls_openssl_context(stream->tls), &rules, &error) ||
	    !cusax_tls_expect_host_ctx(tls_openssl_context(stream->tls), config->host)) {
		cusax_notice(config->log_id, "no TLS to the relay: %s",
			     error ? error->message : "its name is none");
		return EINVAL;
	}
	SSL_CTX_set_app_data(tls_openssl_context(stream->tls), stream);
	SSL_CTX_set_info_callback(tls_openssl_context(stream->tls), info_h);
	return tls_start_tcp(&stream->secured, stream->tls, stream->connection, 0);
}

int cusax_turn_stream_alloc(struct cusax_turn_stream **ret_stream,
			    const struct cusax_turn_stream_config *config, struct sa *ret_near)
{
	struct cusax_turn_stream *stream = mem_zalloc(sizeof(*stream), destructor);
	struct sa at = *config->local;
	int err;

	if (!stream)
		return ENOMEM;
	stream->log_id = g_strdup(config->log_id);
	stream->host = g_strdup(config->host);
	sa_init(&stream->peer, AF_UNSPEC);
	sa_set_port(&at, 0);
	stream->kept = mbuf_alloc(FRAME_MAX);
	err = stream->kept ? udp_listen(&stream->near, &at, near_h, stream) : ENOMEM;
	if (!err)
		err = udp_local_get(stream->near, ret_near);
	if (!err)
		err = tcp_connect(&stream->connection, config->server, established_h, far_h,
				  closed_h, stream);
	if (!err) {
		tcp_conn_txqsz_set(stream->connection, SEND_BUFFER);
		if (config->secure)
			err = secure(stream, config);
	}
	if (err)
		mem_deref(stream);
	else
		*ret_stream = stream;
	return err;
}

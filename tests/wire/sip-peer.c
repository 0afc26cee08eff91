/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted SIP server on 127.0.0.1. */
/* The test's main thread. */
#include "tests/wire/sip-peer.h"

#include <string.h>

struct SipPeer {
	gboolean tcp;
	GSocket *listener;      /* TCP only */
	GSocket *socket;        /* NULL: no connection yet */
	GSocketAddress *remote; /* UDP: where the last message came from */
	guint16 port;
	GString *buffer; /* TCP: what is not a whole message yet */
	GHashTable *counts;
	GPtrArray *seen;
	guint serial;
};

const char sip_sdp[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		       "m=audio 9 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
		       "a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";

static GSocket *bind_local(GSocketType type, guint16 *ret_port)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
	g_autoptr(GSocketAddress) bound = NULL;
	GSocket *socket =
		g_socket_new(G_SOCKET_FAMILY_IPV4, type, G_SOCKET_PROTOCOL_DEFAULT, &error);

	g_assert_no_error(error);
	g_socket_bind(socket, any, TRUE, &error);
	g_assert_no_error(error);
	bound = g_socket_get_local_address(socket, &error);
	g_assert_no_error(error);
	*ret_port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
	return socket;
}

SipPeer *sip_peer_new(gboolean tcp)
{
	SipPeer *peer = g_new0(SipPeer, 1);

	peer->tcp = tcp;
	peer->buffer = g_string_new(NULL);
	peer->seen = g_ptr_array_new_with_free_func(g_free);
	if (tcp) {
		peer->listener = bind_local(G_SOCKET_TYPE_STREAM, &peer->port);
		g_assert_true(g_socket_listen(peer->listener, NULL));
	} else {
		peer->socket = bind_local(G_SOCKET_TYPE_DATAGRAM, &peer->port);
	}
	return peer;
}

void sip_peer_free(SipPeer *peer)
{
	g_clear_object(&peer->listener);
	g_clear_object(&peer->socket);
	g_clear_object(&peer->remote);
	g_string_free(peer->buffer, TRUE);
	g_ptr_array_unref(peer->seen);
	g_free(peer);
}

guint16 sip_peer_port(SipPeer *peer)
{
	return peer->port;
}

void sip_peer_drop(SipPeer *peer)
{
	g_socket_close(peer->socket, NULL);
	g_clear_object(&peer->socket);
	g_string_truncate(peer->buffer, 0);
}

static gboolean wait_readable(GSocket *socket, gint64 end)
{
	gint64 left = end - g_get_monotonic_time();

	return left > 0 && g_socket_condition_timed_wait(socket, G_IO_IN, left, NULL, NULL);
}

/* One whole message off a stream, or NULL. */
static char *take_message(GString *buffer)
{
	const char *head_end;
	g_autofree char *head = NULL;
	g_autofree char *length = NULL;
	gsize size;
	char *message;

	while (buffer->len >= 2 && strncmp(buffer->str, "\r\n", 2) == 0)
		g_string_erase(buffer, 0, 2);
	head_end = strstr(buffer->str, "\r\n\r\n");
	if (!head_end)
		return NULL;
	head = g_strndup(buffer->str, head_end - buffer->str + 2);
	length = sip_header(head, "Content-Length");
	size = (head_end - buffer->str) + 4 + (length ? g_ascii_strtoull(length, NULL, 10) : 0);
	if (buffer->len < size)
		return NULL;
	message = g_strndup(buffer->str, size);
	g_string_erase(buffer, 0, size);
	return message;
}

void sip_peer_greet(SipPeer *peer, const char *text)
{
	gint64 end = g_get_monotonic_time() + SIP_PEER_SECONDS * G_USEC_PER_SEC;

	g_assert_true(wait_readable(peer->listener, end));
	peer->socket = g_socket_accept(peer->listener, NULL, NULL);
	sip_peer_send(peer, text);
}

static char *receive(SipPeer *peer, gint64 end)
{
	char data[65536];
	gssize n;

	if (!peer->socket && wait_readable(peer->listener, end))
		peer->socket = g_socket_accept(peer->listener, NULL, NULL);
	for (;;) {
		char *message = peer->tcp ? take_message(peer->buffer) : NULL;

		if (message)
			return message;
		if (!peer->socket || !wait_readable(peer->socket, end))
			return NULL;
		if (!peer->tcp)
			g_clear_object(&peer->remote);
		n = g_socket_receive_from(peer->socket, peer->tcp ? NULL : &peer->remote, data,
					  sizeof(data), NULL, NULL);
		if (n <= 0)
			return NULL;
		if (!peer->tcp)
			return g_strndup(data, n);
		/* What is echoed may hold a NUL. */
		for (gssize i = 0; i < n; i++)
			data[i] = data[i] ? data[i] : '?';
		g_string_append_len(peer->buffer, data, n);
	}
}

gsize sip_peer_take_datagram(SipPeer *peer, guint8 *data, gsize size)
{
	gint64 end = g_get_monotonic_time() + SIP_PEER_SECONDS * G_USEC_PER_SEC;
	gssize n;

	g_assert_false(peer->tcp);
	g_assert_true(wait_readable(peer->socket, end));
	g_clear_object(&peer->remote);
	n = g_socket_receive_from(peer->socket, &peer->remote, (char *)data, size, NULL, NULL);
	g_assert_cmpint(n, >=, 0);
	return (gsize)n;
}

/* The next message that begins with start, until the end; or NULL. */
static char *wait_for(SipPeer *peer, const char *start, gint64 end)
{
	char *message;

	while ((message = receive(peer, end))) {
		g_ptr_array_add(peer->seen, g_strdup(message));
		if (g_str_has_prefix(message, start))
			return message;
		g_free(message);
	}
	return NULL;
}

void sip_peer_show(SipPeer *peer)
{
	for (guint i = 0; i < peer->seen->len; i++)
		g_test_message("peer saw: %s", (char *)peer->seen->pdata[i]);
}

char *sip_peer_expect(SipPeer *peer, const char *start)
{
	char *message =
		wait_for(peer, start, g_get_monotonic_time() + SIP_PEER_SECONDS * G_USEC_PER_SEC);

	if (message)
		return message;
	sip_peer_show(peer);
	g_error("the peer waited for \"%s\" in vain", start);
}

guint sip_peer_count(SipPeer *peer, const char *start)
{
	guint n = 0;

	for (guint i = 0; i < peer->seen->len; i++)
		n += g_str_has_prefix(peer->seen->pdata[i], start);
	return n;
}

guint sip_peer_count_with(SipPeer *peer, const char *text)
{
	guint n = 0;

	for (guint i = 0; i < peer->seen->len; i++)
		n += strstr(peer->seen->pdata[i], text) != NULL;
	return n;
}

void sip_peer_send_bytes(SipPeer *peer, const char *data, gsize length)
{
	g_autoptr(GError) error = NULL;

	g_socket_send_to(peer->socket, peer->remote, data, length, NULL, &error);
	g_assert_no_error(error);
}

void sip_peer_send(SipPeer *peer, const char *text)
{
	sip_peer_send_bytes(peer, text, strlen(text));
}

void sip_peer_send_to(SipPeer *peer, GSocketAddress *address, const char *text)
{
	g_autoptr(GError) error = NULL;

	g_socket_send_to(peer->socket, address, text, strlen(text), NULL, &error);
	g_assert_no_error(error);
}

gboolean sip_peer_has_mail(SipPeer *peer)
{
	return g_socket_condition_check(peer->socket, G_IO_IN) & G_IO_IN;
}

static void copy_headers(GString *out, const char *request, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(request, "\r\n", -1);
	gsize length = strlen(name);

	for (guint i = 1; lines[i] && *lines[i]; i++) {
		if (g_ascii_strncasecmp(lines[i], name, length) == 0 && lines[i][length] == ':')
			g_string_append_printf(out, "%s\r\n", lines[i]);
	}
}

char *sip_response(const char *request, const char *status, const char *headers, const char *body)
{
	GString *out = g_string_new(NULL);
	g_autofree char *to = sip_header(request, "To");

	g_string_printf(out, "SIP/2.0 %s\r\n", status);
	copy_headers(out, request, "Via");
	copy_headers(out, request, "From");
	g_string_append_printf(out, "To: %s%s\r\n", to, strstr(to, ";tag=") ? "" : ";tag=peer");
	copy_headers(out, request, "Call-ID");
	copy_headers(out, request, "CSeq");
	g_string_append(out, headers ? headers : "");
	if (body)
		g_string_append(out, "Content-Type: application/sdp\r\n");
	g_string_append_printf(out, "Content-Length: %zu\r\n\r\n%s", body ? strlen(body) : 0,
			       body ? body : "");
	return g_string_free(out, FALSE);
}

void sip_peer_reply(SipPeer *peer, const char *request, const char *status, const char *headers,
		    const char *body)
{
	g_autofree char *response = sip_response(request, status, headers, body);

	sip_peer_send(peer, response);
}

static gboolean fence(SipPeer *peer, gint64 wait)
{
	gint64 end = g_get_monotonic_time() + wait;
	guint serial = ++peer->serial;
	g_autofree char *options = g_strdup_printf(
		"OPTIONS sip:alice@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bKfence%u\r\n"
		"From: <sip:fence@sip.test>;tag=fence%u\r\nTo: <sip:alice@sip.test>\r\n"
		"Call-ID: fence%u\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
		"Content-Length: 0\r\n\r\n",
		peer->tcp ? "TCP" : "UDP", peer->port, serial, serial, serial);

	g_socket_send_to(peer->socket, peer->remote, options, strlen(options), NULL, NULL);
	for (;;) {
		g_autofree char *answer = wait_for(peer, "SIP/2.0 200", end);
		g_autofree char *call_id = answer ? sip_header(answer, "Call-ID") : NULL;

		if (!answer)
			return FALSE;
		if (call_id && g_str_has_prefix(call_id, "fence"))
			return TRUE;
	}
}

void sip_peer_fence(SipPeer *peer)
{
	if (fence(peer, SIP_PEER_SECONDS * G_USEC_PER_SEC))
		return;
	sip_peer_show(peer);
	g_error("the peer's OPTIONS were not answered");
}

gboolean sip_peer_try_fence(SipPeer *peer)
{
	return fence(peer, G_USEC_PER_SEC);
}

char *sip_header(const char *message, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(message, "\r\n", -1);
	gsize length = strlen(name);

	for (guint i = 0; lines[i] && (i == 0 || *lines[i]); i++) {
		if (g_ascii_strncasecmp(lines[i], name, length) == 0 && lines[i][length] == ':')
			return g_strdup(g_strstrip(lines[i] + length + 1));
	}
	return NULL;
}

char *sip_param(const char *value, const char *name)
{
	g_autofree char *pattern = g_strdup_printf("\\b%s=(?:\"([^\"]*)\"|([^,;\\s]+))", name);
	g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	char *quoted;

	if (!g_regex_match(regex, value, 0, &match))
		return NULL;
	quoted = g_match_info_fetch(match, 1);
	if (quoted && *quoted)
		return quoted;
	g_free(quoted);
	return g_match_info_fetch(match, 2);
}

char *sip_invite(SipPeer *peer, const char *contact, const char *call_id, const char *headers,
		 const char *body)
{
	return g_strdup_printf("INVITE %s SIP/2.0\r\n"
			       "Via: SIP/2.0/%s 127.0.0.1:%u;branch=z9hG4bK%s;rport\r\n"
			       "From: \"Bob\" <sip:bob@sip.test>;tag=%s\r\n"
			       "To: <sip:alice@sip.test>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n"
			       "Contact: <sip:bob@127.0.0.1:%u>\r\nMax-Forwards: 70\r\n%s%s"
			       "Content-Length: %zu\r\n\r\n%s",
			       contact, peer->tcp ? "TCP" : "UDP", peer->port, call_id, call_id,
			       call_id, peer->port, headers,
			       body ? "Content-Type: application/sdp\r\n" : "",
			       body ? strlen(body) : 0, body ? body : "");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scripted XMPP server. */
/* Main thread. */
#include "tests/wire/xmpp-peer.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <string.h>

#define HEADER                                                                                     \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='"                 \
	"http://etherx.jabber.org/streams' version='1.0' from='xmpp.test' id='s1'>"

struct XmppPeer {
	GSocket *listener, *connection;
	guint16 port;
	SSL_CTX *ctx;
	SSL *ssl;
	GSource *source;
	GString *in;
	gboolean closed, secured, refused;
};

/* --- the loop -------------------------------------------------------------------------------- */

static gboolean on_late(gpointer data)
{
	g_error("nothing came in time; waiting for %s", (const char *)data);
	return G_SOURCE_REMOVE;
}

static void wait_until(gboolean (*condition)(XmppPeer *peer, const char *text), XmppPeer *peer,
		       const char *text)
{
	guint timer = g_timeout_add_seconds(XMPP_PEER_SECONDS, on_late, (gpointer)text);

	while (!condition(peer, text))
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

/* --- bytes ----------------------------------------------------------------------------------- */

static gssize read_some(XmppPeer *peer, char *buffer, gsize size)
{
	gssize n;

	if (!peer->secured) {
		n = g_socket_receive(peer->connection, buffer, size, NULL, NULL);
		return n < 0 ? (g_socket_condition_check(peer->connection, G_IO_HUP) ? 0 : -1) : n;
	}
	ERR_clear_error();
	n = SSL_read(peer->ssl, buffer, (int)size);
	if (n > 0)
		return n;
	return SSL_get_error(peer->ssl, (int)n) == SSL_ERROR_WANT_READ ? -1 : 0;
}

static void shake(XmppPeer *peer)
{
	int n, code;

	ERR_clear_error();
	n = SSL_accept(peer->ssl);
	code = SSL_get_error(peer->ssl, n);
	if (n == 1)
		peer->secured = TRUE;
	else if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE)
		peer->refused = TRUE;
	ERR_clear_error();
}

static void pump(XmppPeer *peer)
{
	char buffer[4096];
	gssize n;

	if (peer->ssl && !peer->secured)
		shake(peer);
	if (peer->ssl && !peer->secured)
		return;
	while ((n = read_some(peer, buffer, sizeof(buffer))) > 0)
		g_string_append_len(peer->in, buffer, n);
	if (n == 0)
		peer->closed = TRUE;
}

static gboolean on_readable(G_GNUC_UNUSED int fd, G_GNUC_UNUSED GIOCondition condition,
			    gpointer data)
{
	XmppPeer *peer = data;

	pump(peer);
	return !peer->closed && !peer->refused;
}

static gboolean on_writable(G_GNUC_UNUSED int fd, G_GNUC_UNUSED GIOCondition condition,
			    gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_REMOVE;
}

/* Until the socket takes more; the client may be in this process, so that the loop turns meanwhile. */
static void wait_writable(XmppPeer *peer)
{
	gboolean writable = FALSE;

	g_unix_fd_add(g_socket_get_fd(peer->connection), G_IO_OUT, on_writable, &writable);
	while (!writable)
		g_main_context_iteration(NULL, TRUE);
}

void xmpp_peer_send_bytes(XmppPeer *peer, const char *bytes, gsize length)
{
	while (length > 0) {
		gssize n;

		if (peer->secured)
			n = SSL_write(peer->ssl, bytes, (int)length);
		else
			n = g_socket_send(peer->connection, bytes, length, NULL, NULL);
		if (n > 0) {
			bytes += n;
			length -= (gsize)n;
		} else {
			wait_writable(peer);
		}
	}
}

void xmpp_peer_send(XmppPeer *peer, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	xmpp_peer_send_bytes(peer, text, strlen(text));
}

static gboolean has_text(XmppPeer *peer, const char *text)
{
	if (peer->closed && !strstr(peer->in->str, text))
		g_error("the client closed before %s; it sent %s", text, peer->in->str);
	return strstr(peer->in->str, text) != NULL;
}

char *xmpp_peer_expect(XmppPeer *peer, const char *text)
{
	char *taken;
	gsize end;

	wait_until(has_text, peer, text);
	end = (gsize)(strstr(peer->in->str, text) - peer->in->str) + strlen(text);
	taken = g_strndup(peer->in->str, end);
	g_string_erase(peer->in, 0, (gssize)end);
	return taken;
}

static gboolean is_closed(XmppPeer *peer, G_GNUC_UNUSED const char *text)
{
	return peer->closed || peer->refused;
}

char *xmpp_peer_expect_close(XmppPeer *peer)
{
	wait_until(is_closed, peer, "the client to close");
	return g_strdup(peer->in->str);
}

char *xmpp_peer_attr(const char *text, const char *name)
{
	g_autofree char *pattern = g_strdup_printf("\\b%s=[\"']([^\"']*)", name);
	g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	return g_regex_match(regex, text, 0, &match) ? g_match_info_fetch(match, 1) : NULL;
}

/* --- connections ----------------------------------------------------------------------------- */

static gboolean has_connection(XmppPeer *peer, G_GNUC_UNUSED const char *text)
{
	peer->connection = g_socket_accept(peer->listener, NULL, NULL);
	return peer->connection != NULL;
}

static void hang_up(XmppPeer *peer)
{
	if (peer->source)
		g_source_destroy(peer->source);
	g_clear_pointer(&peer->source, g_source_unref);
	g_clear_pointer(&peer->ssl, SSL_free);
	g_clear_object(&peer->connection);
	peer->secured = peer->closed = peer->refused = FALSE;
	g_string_truncate(peer->in, 0);
}

void xmpp_peer_drop(XmppPeer *peer)
{
	hang_up(peer);
}

static gboolean do_nothing(G_GNUC_UNUSED int fd, G_GNUC_UNUSED GIOCondition condition,
			   G_GNUC_UNUSED gpointer data)
{
	return G_SOURCE_CONTINUE;
}

void xmpp_peer_accept(XmppPeer *peer)
{
	guint waker = g_unix_fd_add(g_socket_get_fd(peer->listener), G_IO_IN, do_nothing, NULL);

	hang_up(peer);
	wait_until(has_connection, peer, "a connection");
	g_source_remove(waker);
	g_socket_set_blocking(peer->connection, FALSE);
	g_socket_set_option(peer->connection, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
	peer->source = g_unix_fd_source_new(g_socket_get_fd(peer->connection), G_IO_IN | G_IO_HUP);
	g_source_set_callback(peer->source, G_SOURCE_FUNC(on_readable), peer, NULL);
	g_source_attach(peer->source, NULL);
}

static gboolean is_shaken(XmppPeer *peer, G_GNUC_UNUSED const char *text)
{
	return peer->secured || peer->refused;
}

gboolean xmpp_peer_start_tls(XmppPeer *peer)
{
	peer->ssl = SSL_new(peer->ctx);
	SSL_set_fd(peer->ssl, g_socket_get_fd(peer->connection));
	pump(peer);
	wait_until(is_shaken, peer, "the TLS handshake");
	return peer->secured;
}

SSL *xmpp_peer_ssl(XmppPeer *peer)
{
	return peer->ssl;
}

XmppPeer *xmpp_peer_new(SSL_CTX *ctx)
{
	XmppPeer *peer = g_new0(XmppPeer, 1);
	g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
	g_autoptr(GSocketAddress) address = g_inet_socket_address_new(loopback, 0);
	g_autoptr(GSocketAddress) bound = NULL;

	peer->ctx = ctx ? ctx : xmpp_cert_context(XMPP_CERT_GOOD, "xmpp.test");
	peer->in = g_string_new(NULL);
	peer->listener = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
	g_socket_set_blocking(peer->listener, FALSE);
	g_assert_true(g_socket_bind(peer->listener, address, TRUE, NULL));
	g_assert_true(g_socket_listen(peer->listener, NULL));
	bound = g_socket_get_local_address(peer->listener, NULL);
	peer->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
	return peer;
}

void xmpp_peer_free(XmppPeer *peer)
{
	hang_up(peer);
	g_object_unref(peer->listener);
	SSL_CTX_free(peer->ctx);
	g_string_free(peer->in, TRUE);
	g_free(peer);
}

guint16 xmpp_peer_port(XmppPeer *peer)
{
	return peer->port;
}

/* --- login ----------------------------------------------------------------------------------- */

static void skip(XmppPeer *peer, const char *text)
{
	g_free(xmpp_peer_expect(peer, text));
}

void xmpp_peer_open(XmppPeer *peer, const char *features)
{
	skip(peer, "<stream:stream");
	skip(peer, ">");
	xmpp_peer_send(peer, "%s<stream:features>%s</stream:features>", HEADER, features);
}

void xmpp_peer_secure(XmppPeer *peer)
{
	xmpp_peer_accept(peer);
	xmpp_peer_open(peer,
		       "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>");
	skip(peer, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	xmpp_peer_send(peer, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	g_assert_true(xmpp_peer_start_tls(peer));
}

/* The text between the tags of an element that is expected. */
static char *expect_base64(XmppPeer *peer, const char *end)
{
	g_autofree char *element = xmpp_peer_expect(peer, end);
	g_autofree char *open = g_strndup(element, strlen(element) - strlen(end));
	const char *begin = strrchr(open, '>');
	gsize length;
	g_autofree guchar *bytes = g_base64_decode(begin + 1, &length);

	return g_strndup((const char *)bytes, length);
}

static void send_base64(XmppPeer *peer, const char *name, const char *text)
{
	g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));

	xmpp_peer_send(peer, "<%s xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</%s>", name, encoded,
		       name);
}

/* RFC 5802 §3, the server's side. */
static char *server_proof(const char *auth_message)
{
	guint8 salted[32], key[32], signature[32];
	g_autofree char *encoded = NULL;

	PKCS5_PBKDF2_HMAC(XMPP_PEER_SECRET, -1, (const guint8 *)"salt", 4, 4096, EVP_sha256(), 32,
			  salted);
	HMAC(EVP_sha256(), salted, 32, (const guint8 *)"Server Key", 10, key, NULL);
	HMAC(EVP_sha256(), key, 32, (const guint8 *)auth_message, strlen(auth_message), signature,
	     NULL);
	encoded = g_base64_encode(signature, sizeof(signature));
	return g_strconcat("v=", encoded, NULL);
}

void xmpp_peer_scram(XmppPeer *peer, gboolean bad_proof)
{
	g_autofree char *first = expect_base64(peer, "</auth>");
	const char *bare = strstr(first, "n=");
	g_autofree char *challenge =
		g_strdup_printf("r=%sserver,s=c2FsdA==,i=4096", strstr(first, "r=") + 2);
	g_autofree char *final = NULL, *without_proof = NULL, *message = NULL, *proof = NULL;

	send_base64(peer, "challenge", challenge);
	final = expect_base64(peer, "</response>");
	without_proof = g_strndup(final, (gsize)(strstr(final, ",p=") - final));
	message = g_strjoin(",", bare, challenge, without_proof, NULL);
	proof = server_proof(bad_proof ? "something else" : message);
	send_base64(peer, "success", proof);
}

#define MECHANISMS                                                                                 \
	"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"                                    \
	"<mechanism>SCRAM-SHA-256</mechanism><mechanism>PLAIN</mechanism></mechanisms>"

void xmpp_peer_bind_with(XmppPeer *peer, const char *features)
{
	g_autofree char *bind = NULL, *bind_id = NULL, *all = NULL;

	xmpp_peer_secure(peer);
	xmpp_peer_open(peer, MECHANISMS);
	xmpp_peer_scram(peer, FALSE);
	all = g_strconcat("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
			  "<sm xmlns='urn:xmpp:sm:3'/>"
			  "<ver xmlns='urn:xmpp:features:rosterver'/>",
			  features, NULL);
	xmpp_peer_open(peer, all);
	bind = xmpp_peer_expect(peer, "</iq>");
	bind_id = xmpp_peer_attr(bind, "id");
	xmpp_peer_send(peer,
		       "<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
		       "<jid>" XMPP_PEER_FULL "</jid></bind></iq>",
		       bind_id);
	skip(peer, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
	xmpp_peer_send(peer, "<enabled xmlns='urn:xmpp:sm:3' id='sm-1' resume='true'/>");
}

void xmpp_peer_bind(XmppPeer *peer)
{
	xmpp_peer_bind_with(peer, "");
}

void xmpp_peer_login_with(XmppPeer *peer, const char *items, const char *features)
{
	g_autofree char *roster = NULL, *carbons = NULL, *disco = NULL, *rooms = NULL;
	g_autofree char *roster_id = NULL, *carbons_id = NULL, *disco_id = NULL, *rooms_id = NULL;

	xmpp_peer_bind(peer);
	roster = xmpp_peer_expect(peer, "</iq>");
	roster_id = xmpp_peer_attr(roster, "id");
	carbons = xmpp_peer_expect(peer, "</iq>");
	carbons_id = xmpp_peer_attr(carbons, "id");
	disco = xmpp_peer_expect(peer, "</iq>");
	disco_id = xmpp_peer_attr(disco, "id");
	rooms = xmpp_peer_expect(peer, "</iq>");
	rooms_id = xmpp_peer_attr(rooms, "id");
	xmpp_peer_send(
		peer,
		"<iq type='result' id='%s' from='xmpp.test'>"
		"<query xmlns='http://jabber.org/protocol/disco#info'>%s</query></iq>"
		"<iq type='result' id='%s'/>"
		"<iq type='result' id='%s'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
		"<items node='urn:xmpp:bookmarks:1'/></pubsub></iq>"
		"<iq type='result' id='%s'><query xmlns='jabber:iq:roster' ver='v1'>%s"
		"</query></iq>",
		disco_id, features, carbons_id, rooms_id, roster_id, items);
}

void xmpp_peer_login(XmppPeer *peer)
{
	xmpp_peer_login_with(peer, "", "");
}

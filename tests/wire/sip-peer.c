/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted SIP server on 127.0.0.1, and the telephony driver under test. */
/* The test's main thread; the driver's own thread runs beside it. */
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

/* --- peer ------------------------------------------------------------------------------------ */

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

/* --- driver ---------------------------------------------------------------------------------- */

/* Events belong to the queue, so what is kept is a shallow copy whose payload is taken over. */
static void on_event(CusaxEvent *event, gpointer data)
{
	SipRig *rig = data;
	CusaxEvent *copy;

	if (event->kind == CUSAX_EVENT_REFUSED) {
		gpointer count = g_hash_table_lookup(rig->refused, event->refused.kind);

		g_hash_table_insert(rig->refused, (gpointer)event->refused.kind,
				    GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
		return;
	}
	copy = g_memdup2(event, sizeof(*event));
	event->account = NULL;
	event->kind = CUSAX_EVENT_REFUSED; /* has no payload to free */
	g_queue_push_tail(&rig->events, copy);
}

void sip_rig_init(SipRig *rig, gboolean tcp)
{
	g_autoptr(GError) error = NULL;

	memset(rig, 0, sizeof(*rig));
	g_queue_init(&rig->events);
	rig->refused = g_hash_table_new(g_str_hash, g_str_equal);
	rig->queue = cusax_event_queue_new(NULL, on_event, rig);
	rig->peer = sip_peer_new(tcp);
	rig->driver = cusax_sip_driver_new(rig->queue, &error);
	g_assert_no_error(error);
}

void sip_rig_clear(SipRig *rig)
{
	cusax_driver_free(rig->driver);
	cusax_event_queue_close(rig->queue);
	cusax_event_queue_unref(rig->queue);
	g_queue_clear_full(&rig->events, (GDestroyNotify)cusax_event_free);
	g_hash_table_unref(rig->refused);
	sip_peer_free(rig->peer);
	g_free(rig->contact);
}

guint64 sip_rig_submit(SipRig *rig, CusaxOperation *operation)
{
	guint64 id = operation->id;

	cusax_driver_submit(rig->driver, operation);
	return id;
}

guint64 sip_rig_connect(SipRig *rig, const char *secret, const char *settings)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_CONNECT, "a1");
	g_autofree char *text = g_strdup_printf("{'proxy': <'sip:127.0.0.1:%u;transport=%s'>, "
						"'voicemail-notify': <false>}",
						rig->peer->port, rig->peer->tcp ? "tcp" : "udp");
	g_autoptr(GVariant) base = g_variant_ref_sink(g_variant_new_parsed(text));
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxSettings) plain =
		cusax_settings_merge(CUSAX_SETTINGS_SIP_ACCOUNT, NULL, base, &error);

	g_assert_no_error(error);
	operation->connect.address = g_strdup("sip:alice@sip.test");
	operation->connect.policy = cusax_settings_new(CUSAX_SETTINGS_POLICY);
	operation->connect.secret = g_strdup(secret);
	if (settings) {
		g_autoptr(GVariant) more =
			g_variant_parse(G_VARIANT_TYPE_VARDICT, settings, NULL, NULL, &error);

		g_assert_no_error(error);
		operation->connect.settings =
			cusax_settings_merge(CUSAX_SETTINGS_SIP_ACCOUNT, plain, more, &error);
		g_assert_no_error(error);
	} else {
		operation->connect.settings = cusax_settings_ref(plain);
	}
	return sip_rig_submit(rig, operation);
}

static gboolean on_tick(G_GNUC_UNUSED gpointer data)
{
	return G_SOURCE_CONTINUE;
}

static CusaxEvent *next_event(SipRig *rig, gint64 end)
{
	/* Wakes the loop, so that the deadline is looked at. */
	guint tick = g_timeout_add(50, on_tick, NULL);

	while (g_queue_is_empty(&rig->events) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(tick);
	return g_queue_pop_head(&rig->events);
}

static const CusaxEvent *keep(CusaxEvent *event)
{
	static CusaxEvent *kept;

	g_clear_pointer(&kept, cusax_event_free);
	kept = event;
	return event;
}

static const CusaxEvent *find_event(SipRig *rig, CusaxEventKind kind, guint64 op)
{
	gint64 end = g_get_monotonic_time() + 3 * SIP_PEER_SECONDS * G_USEC_PER_SEC;
	CusaxEvent *event;

	while ((event = next_event(rig, end))) {
		if (event->kind == kind && (!op || event->op == op))
			return keep(event);
		g_test_message("passed over event %d", event->kind);
		cusax_event_free(event);
	}
	g_error("event %d did not come", kind);
}

const CusaxEvent *sip_rig_expect(SipRig *rig, CusaxEventKind kind)
{
	return find_event(rig, kind, 0);
}

const CusaxEvent *sip_rig_done(SipRig *rig, guint64 op)
{
	return find_event(rig, CUSAX_EVENT_DONE, op);
}

guint sip_rig_pending(SipRig *rig, CusaxEventKind kind)
{
	guint n = 0;

	while (g_main_context_iteration(NULL, FALSE))
		;
	for (GList *item = rig->events.head; item; item = item->next)
		n += ((CusaxEvent *)item->data)->kind == kind;
	return n;
}

guint sip_rig_refused(SipRig *rig, const char *kind)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
	return GPOINTER_TO_UINT(g_hash_table_lookup(rig->refused, kind));
}

#define CHALLENGE                                                                                  \
	"WWW-Authenticate: Digest realm=\"sip.test\", nonce=\"n1\", algorithm=MD5, "               \
	"qop=\"auth\"\r\n"

void sip_rig_register(SipRig *rig, const char *settings)
{
	sip_rig_register_with(rig, settings, "");
}

void sip_rig_register_with(SipRig *rig, const char *settings, const char *more)
{
	guint64 op = sip_rig_connect(rig, "secret-a", settings);
	g_autofree char *first = sip_peer_expect(rig->peer, "REGISTER ");
	g_autofree char *second = NULL;
	g_autofree char *contact = NULL;
	g_autofree char *headers = NULL;
	const CusaxEvent *event;

	g_assert_null(sip_header(first, "Authorization"));
	sip_peer_reply(rig->peer, first, "401 Unauthorized", CHALLENGE, NULL);
	second = sip_peer_expect(rig->peer, "REGISTER ");
	contact = sip_header(second, "Contact");
	headers = g_strdup_printf("Contact: %s\r\n%s", contact, more);
	sip_peer_reply(rig->peer, second, "200 OK", headers, NULL);
	g_free(rig->contact);
	rig->contact = g_strndup(contact + 1, strcspn(contact, ">") - 1);
	do
		event = sip_rig_expect(rig, CUSAX_EVENT_CONNECTION);
	while (event->connection.state == CUSAX_ACCOUNT_CONNECTING);
	g_assert_cmpint(event->connection.state, ==, CUSAX_ACCOUNT_ONLINE);
	g_assert_false(sip_rig_done(rig, op)->done.failed);
}

void sip_rig_leave(SipRig *rig)
{
	guint64 op = sip_rig_submit(rig, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, "a1"));
	g_autofree char *request = sip_peer_expect(rig->peer, "REGISTER ");
	g_autofree char *contact = sip_header(request, "Contact");

	g_assert_nonnull(strstr(contact, "expires=0"));
	sip_peer_reply(rig->peer, request, "200 OK", NULL, NULL);
	g_assert_false(sip_rig_done(rig, op)->done.failed);
}

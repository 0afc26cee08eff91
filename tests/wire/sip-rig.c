/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The telephony driver under test, and calls between it and the scripted peer. */
/* The test's main thread; the driver's own thread runs beside it. */
#include <string.h>

#include "tests/wire/sip-peer.h"

/* --- operations and events ------------------------------------------------------------------- */

guint64 sip_rig_submit(SipRig *rig, CusaxOperation *operation)
{
	guint64 id = operation->id;

	cusax_driver_submit(rig->driver, operation);
	return id;
}

guint64 sip_rig_operate(SipRig *rig, CusaxOperationKind kind, guint64 call)
{
	CusaxOperation *operation = cusax_operation_new(kind, "a1");

	operation->call = call;
	return sip_rig_submit(rig, operation);
}

/* Events belong to the queue, so what is kept is a shallow copy whose payload is taken over. */
static void on_event(CusaxEvent *event, gpointer data)
{
	SipRig *rig = data;
	CusaxEvent *copy;

	if (event->kind == CUSAX_EVENT_CALL_INCOMING && !rig->silent)
		sip_rig_operate(rig, CUSAX_OPERATION_RING, event->call);
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
	rig->tcp = tcp;
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

guint64 sip_rig_connect(SipRig *rig, const char *secret, const char *settings)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_CONNECT, "a1");
	g_autofree char *text = g_strdup_printf("{'proxy': <'sip:127.0.0.1:%u;transport=%s'>, "
						"'voicemail-notify': <false>}",
						sip_peer_port(rig->peer), rig->tcp ? "tcp" : "udp");
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

void sip_rig_begin(SipRig *rig)
{
	sip_rig_init(rig, FALSE);
	sip_rig_register(rig, NULL);
}

/* --- calls ----------------------------------------------------------------------------------- */

void sip_dialog_clear(SipDialog *dialog)
{
	g_free(dialog->local);
	g_free(dialog->remote);
	g_free(dialog->call_id);
}

SipDialog sip_dialog_of(const char *invite, const char *tag)
{
	g_autofree char *to = sip_header(invite, "To");

	return (SipDialog){ .local = g_strdup_printf("%s;tag=%s", to, tag),
			    .remote = sip_header(invite, "From"),
			    .call_id = sip_header(invite, "Call-ID"),
			    .cseq = 100 };
}

guint64 sip_rig_ring(SipRig *rig, const char *call_id, const char *headers)
{
	g_autofree char *invite = sip_invite(rig->peer, rig->contact, call_id, headers, sip_sdp);
	g_autofree char *ringing = NULL;
	guint64 call;

	sip_peer_send(rig->peer, invite);
	call = sip_rig_expect(rig, CUSAX_EVENT_CALL_INCOMING)->call;
	ringing = sip_peer_expect(rig->peer, "SIP/2.0 180");
	return call;
}

guint64 sip_rig_place(SipRig *rig)
{
	CusaxOperation *operation = cusax_operation_new(CUSAX_OPERATION_CALL, "a1");
	guint64 call = cusax_id_next();

	operation->call = call;
	operation->place.uri = g_strdup("sip:bob@sip.test");
	sip_rig_submit(rig, operation);
	return call;
}

void sip_rig_reply(SipRig *rig, const char *request, const char *tag, const char *status,
		   const char *more, const char *body)
{
	g_autofree char *headers = g_strdup_printf("Contact: <sip:bob@127.0.0.1:%u>\r\n%s",
						   sip_peer_port(rig->peer), more);
	g_autofree char *plain = sip_response(request, status, headers, body);
	g_autofree char *to = g_strdup_printf(";tag=%s", tag);
	g_autoptr(GString) text = g_string_new(plain);

	g_string_replace(text, ";tag=peer", to, 1);
	sip_peer_send(rig->peer, text->str);
}

guint64 sip_rig_stand(SipRig *rig, const char *more, SipDialog *ret_dialog)
{
	guint64 call = sip_rig_place(rig);
	g_autofree char *invite = sip_peer_expect(rig->peer, "INVITE ");
	g_autofree char *ack = NULL;

	sip_rig_reply(rig, invite, "b1", "200 OK", more, sip_sdp);
	ack = sip_peer_expect(rig->peer, "ACK ");
	sip_rig_expect(rig, CUSAX_EVENT_CALL_ANSWERED);
	*ret_dialog = sip_dialog_of(invite, "b1");
	return call;
}

void sip_rig_request(SipRig *rig, SipDialog *dialog, const char *method, const char *headers,
		     const char *type, const char *body)
{
	guint cseq = strcmp(method, "ACK") == 0 ? dialog->cseq : ++dialog->cseq;
	g_autofree char *text = g_strdup_printf(
		"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s%s%u;rport\r\n"
		"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n"
		"Contact: <sip:bob@127.0.0.1:%u>\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
		method, rig->contact, sip_peer_port(rig->peer), dialog->call_id, method, cseq,
		dialog->local, dialog->remote, dialog->call_id, cseq, method,
		sip_peer_port(rig->peer), headers, body ? "Content-Type: " : "", body ? type : "",
		body ? "\r\n" : "", body ? strlen(body) : 0, body ? body : "");

	sip_peer_send(rig->peer, text);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stream management on the wire (XEP-0198), and signs of life. */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/stream-internal.h"

/* --- signs of life --------------------------------------------------------------------------- */

static gboolean on_keepalive(gpointer data);

static void arm(CusaxXmppStream *stream, guint msec)
{
	cusax_xmpp_timer_clear(&stream->keepalive);
	stream->keepalive = cusax_xmpp_timer_new(msec, on_keepalive, stream);
}

/* One question at a time; without an answer in time the link is dead. */
static void ask_for_ack(CusaxXmppStream *stream)
{
	if (!stream->sm->active || stream->ack_asked)
		return;
	cusax_xmpp_stream_write(stream, "<r xmlns='" CUSAX_NS_SM "'/>");
	stream->ack_asked = TRUE;
	arm(stream, stream->times->ack);
}

/* Either the answer to <r/> is overdue, or it has been quiet for long. Then the server is asked;
 * one without stream management gets a space, which TCP has to deliver in its time. */
static gboolean on_keepalive(gpointer data)
{
	CusaxXmppStream *stream = data;
	gint64 quiet = (g_get_monotonic_time() - stream->last_heard) / 1000;

	if (stream->ack_asked) {
		cusax_xmpp_stream_fail(stream, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
							   "the connection to the server was lost: "
							   "no sign of life"));
	} else if (quiet < stream->times->idle) {
		arm(stream, stream->times->idle - (guint)quiet);
	} else if (stream->sm->active) {
		ask_for_ack(stream);
	} else {
		cusax_xmpp_stream_write(stream, " ");
		arm(stream, stream->times->idle);
	}
	return G_SOURCE_REMOVE;
}

/* --- sending --------------------------------------------------------------------------------- */

/* On another connection. Who sent a request is told when the connection is lost, and may ask again;
 * what is for a room is of no use before it is joined anew. */
static gboolean is_worth_keeping(CusaxNode *stanza)
{
	const char *name = cusax_node_name(stanza), *type = cusax_node_attr(stanza, "type");

	if (strcmp(name, "presence") == 0)
		return !cusax_node_attr(stanza, "to") || (type && strcmp(type, "unavailable") != 0);
	return strcmp(name, "iq") != 0 && g_strcmp0(type, "groupchat") != 0;
}

static void write_sent(CusaxXmppStream *stream, const CusaxXmppSent *sent)
{
	cusax_xmpp_transport_write(stream->transport, sent->bytes, sent->length);
	if (sent->message || stream->sm->sent.length >= 50)
		ask_for_ack(stream);
}

/* Takes sent. */
static void send_counted(CusaxXmppStream *stream, CusaxXmppSent *sent)
{
	gboolean now = TRUE;

	if (stream->sm->active)
		now = cusax_xmpp_sm_push(stream->sm, sent);
	if (sent->message)
		stream->handlers->sent(sent, stream->sm->active, stream->data);
	if (now)
		write_sent(stream, sent);
	if (!stream->sm->active)
		cusax_xmpp_sent_free(sent);
}

void cusax_xmpp_stream_kept(CusaxXmppStream *stream, gboolean own, guint32 count)
{
	const CusaxXmppSent *sent;

	if (stream->state != STREAM_ONLINE || !stream->sm->active)
		return;
	while (own && (sent = cusax_xmpp_sm_next_written(stream->sm, count)))
		write_sent(stream, sent);
	if (!own && stream->ack_owed)
		cusax_xmpp_stream_answer(stream);
}

void cusax_xmpp_stream_send(CusaxXmppStream *stream, CusaxNode *stanza, const char *message,
			    const char *address)
{
	CusaxXmppSent *sent;

	if (stream->state != STREAM_ONLINE)
		return;
	sent = g_new0(CusaxXmppSent, 1);
	sent->bytes = cusax_node_to_text(stanza, &sent->length);
	sent->message = g_strdup(message);
	sent->address = g_strdup(address);
	sent->keep = is_worth_keeping(stanza);
	send_counted(stream, sent);
}

static void go_online(CusaxXmppStream *stream)
{
	g_autoptr(GPtrArray) again = cusax_xmpp_sm_take_unacknowledged(stream->sm);

	stream->state = STREAM_ONLINE;
	stream->last_heard = g_get_monotonic_time();
	cusax_xmpp_timer_clear(&stream->limit);
	arm(stream, stream->times->idle);
	stream->handlers->online(stream->begin, stream->data);
	/* Under the same ids, so that who got them already can tell. */
	while (again->len > 0 && stream->state == STREAM_ONLINE)
		send_counted(stream, g_ptr_array_steal_index(again, 0));
}

/* --- resuming -------------------------------------------------------------------------------- */

/* FALSE: the number cannot be, and the stream has ended. */
static gboolean acknowledge(CusaxXmppStream *stream, const char *h)
{
	g_autoptr(GPtrArray) done = NULL;
	guint64 number;

	if (!h || !g_ascii_string_to_unsigned(h, 10, 0, G_MAXUINT32, &number, NULL) ||
	    !cusax_xmpp_sm_acknowledge(stream->sm, (guint32)number, &done)) {
		/* The counters disagree: what is on the way cannot be known any more. */
		g_clear_pointer(&stream->sm->id, g_free);
		cusax_xmpp_stream_fail(stream, g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
							   "the server acknowledged what was not "
							   "sent"));
		return FALSE;
	}
	for (guint i = 0; i < done->len; i++)
		stream->handlers->acknowledged(done->pdata[i], stream->data);
	stream->begin.accepted = (guint32)number;
	return TRUE;
}

void cusax_xmpp_stream_resume(CusaxXmppStream *stream)
{
	g_autoptr(CusaxNode) node = NULL;
	g_autofree char *h = NULL;

	if (!stream->has_sm || !stream->sm->id) {
		cusax_xmpp_stream_bind(stream);
		return;
	}
	node = cusax_node_new("resume", CUSAX_NS_SM);
	/* Nothing more than is kept: the rest comes again. */
	h = g_strdup_printf("%u", stream->sm->h_kept);
	cusax_node_set(node, "h", h);
	cusax_node_set(node, "previd", stream->sm->id);
	cusax_xmpp_stream_write_node(stream, node);
	stream->state = STREAM_RESUMING;
}

void cusax_xmpp_stream_handle_resume(CusaxXmppStream *stream, CusaxNode *node)
{
	const char *h = cusax_node_attr(node, "h");

	if (cusax_node_is(node, "resumed", CUSAX_NS_SM) &&
	    g_strcmp0(cusax_node_attr(node, "previd"), stream->sm->id) == 0) {
		stream->begin.recovered = stream->sm->restored;
		stream->begin.resumed = stream->begin.settled = TRUE;
		if (!acknowledge(stream, h))
			return;
		cusax_xmpp_sm_resume(stream->sm);
		stream->bound = g_strdup(stream->sm->bound);
		go_online(stream);
	} else if (cusax_node_is(node, "failed", CUSAX_NS_SM)) {
		/* The session is gone; what the server had handled of it may be told. */
		stream->begin.settled = h != NULL;
		if (h && !acknowledge(stream, h))
			return;
		g_clear_pointer(&stream->sm->id, g_free);
		cusax_xmpp_stream_bind(stream);
	} else {
		cusax_xmpp_stream_fail(stream, g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
							   "the server did not answer <resume/>"));
	}
}

void cusax_xmpp_stream_enable(CusaxXmppStream *stream)
{
	if (!stream->has_sm) {
		cusax_xmpp_sm_start(stream->sm, NULL, stream->bound);
		stream->sm->active = FALSE;
		go_online(stream);
		return;
	}
	cusax_xmpp_stream_write(stream, "<enable xmlns='" CUSAX_NS_SM "' resume='true'/>");
	stream->state = STREAM_ENABLING;
}

void cusax_xmpp_stream_handle_enable(CusaxXmppStream *stream, CusaxNode *node)
{
	const char *resume = cusax_node_attr(node, "resume");
	gboolean resumable = g_strcmp0(resume, "true") == 0 || g_strcmp0(resume, "1") == 0;

	if (cusax_node_is(node, "enabled", CUSAX_NS_SM)) {
		cusax_xmpp_sm_start(stream->sm, resumable ? cusax_node_attr(node, "id") : NULL,
				    stream->bound);
		go_online(stream);
	} else if (cusax_node_is(node, "failed", CUSAX_NS_SM)) {
		cusax_xmpp_sm_start(stream->sm, NULL, stream->bound);
		stream->sm->active = FALSE;
		go_online(stream);
	} else if (cusax_node_is(node, "message", CUSAX_NS_CLIENT) ||
		   cusax_node_is(node, "presence", CUSAX_NS_CLIENT) ||
		   cusax_node_is(node, "iq", CUSAX_NS_CLIENT)) {
		/* Between binding and <enabled/> stanzas may come already; uncounted. */
		stream->handlers->stanza(node, stream->data);
	} else {
		cusax_xmpp_stream_fail(stream, g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
							   "the server did not answer <enable/>"));
	}
}

/* --- while online ---------------------------------------------------------------------------- */

void cusax_xmpp_stream_answer(CusaxXmppStream *stream)
{
	g_autofree char *answer =
		g_strdup_printf("<a xmlns='" CUSAX_NS_SM "' h='%u'/>", stream->sm->h_kept);

	stream->ack_owed = FALSE;
	cusax_xmpp_stream_write(stream, answer);
}

void cusax_xmpp_stream_handle_sm(CusaxXmppStream *stream, CusaxNode *node)
{
	if (cusax_node_is(node, "r", CUSAX_NS_SM) && stream->sm->active) {
		stream->ack_owed = TRUE;
		stream->handlers->asked(stream->data);
	} else if (cusax_node_is(node, "a", CUSAX_NS_SM) && stream->sm->active) {
		stream->ack_asked = FALSE;
		arm(stream, stream->times->idle);
		if (!acknowledge(stream, cusax_node_attr(node, "h")))
			return;
		/* Something was sent after the question that this answers. */
		for (GList *l = stream->sm->sent.head; l; l = l->next) {
			if (((CusaxXmppSent *)l->data)->message) {
				ask_for_ack(stream);
				break;
			}
		}
	}
}

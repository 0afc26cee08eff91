/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One chat account: taken up, taken down, what it reports. */
/* Main thread. */
#include "services/xmpp/session.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/secret.h"
#include "services/xmpp/block.h"
#include "services/xmpp/bookmarks.h"
#include "services/xmpp/chat.h"
#include "services/xmpp/check.h"
#include "services/xmpp/dispatch.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/muc.h"
#include "services/xmpp/presence.h"
#include "services/xmpp/reach.h"
#include "services/xmpp/redirect.h"
#include "services/xmpp/roster.h"
#include "services/xmpp/sasl.h"

#define CUSAX_LOG_DOMAIN "xmpp"
#include "daemon/base/log.h"

/* --- reports --------------------------------------------------------------------------------- */

CusaxEvent *cusax_xmpp_session_event(CusaxXmppSession *session, CusaxEventKind kind)
{
	return cusax_event_new(kind, session->account);
}

void cusax_xmpp_session_push(CusaxXmppSession *session, CusaxEvent *event)
{
	/* A guard's word is no part of what was read. */
	if (session->collect && event->kind != CUSAX_EVENT_REFUSED)
		g_ptr_array_add(session->collect, event);
	else
		cusax_event_queue_push(session->events, event);
}

void cusax_xmpp_session_done(CusaxXmppSession *session, guint64 op, const GError *error)
{
	if (op)
		cusax_xmpp_session_push(session, cusax_event_new_done(session->account, op, error));
}

void cusax_xmpp_session_fail(CusaxXmppSession *session, guint64 op, CusaxError code,
			     const char *text)
{
	g_autoptr(GError) error = g_error_new_literal(CUSAX_ERROR, (int)code, text);

	cusax_xmpp_session_done(session, op, error);
}

void cusax_xmpp_session_refuse(CusaxXmppSession *session, const char *word)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_REFUSED);

	event->refused.kind = word;
	cusax_xmpp_session_push(session, event);
}

static void report_connection(CusaxXmppSession *session, CusaxAccountState state,
			      const GError *error)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_CONNECTION);

	event->connection.state = state;
	if (error) {
		event->connection.failed = TRUE;
		event->connection.code = cusax_error_code(error);
		event->connection.text = g_strdup(error->message);
	}
	event->connection.stream = g_strdup(session->sm.id);
	cusax_xmpp_session_push(session, event);
}

gboolean cusax_xmpp_session_has(CusaxXmppSession *session, CusaxFeatures feature)
{
	return session->wanted && !(session->wanted->connect.disabled & feature);
}

void cusax_xmpp_session_send(CusaxXmppSession *session, CusaxNode *stanza)
{
	if (session->stream)
		cusax_xmpp_stream_send(session->stream, stanza, NULL, NULL);
	cusax_node_unref(stanza);
}

/* --- the stream's end ------------------------------------------------------------------------ */

static void answer_disconnects(CusaxXmppSession *session)
{
	for (guint i = 0; i < session->disconnect_ops->len; i++)
		cusax_xmpp_session_done(session, g_array_index(session->disconnect_ops, guint64, i),
					NULL);
	g_array_set_size(session->disconnect_ops, 0);
}

/* Everything that came up to now has been told. */
static void report_handled(CusaxXmppSession *session)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_HANDLED);

	event->handled.count = session->sm.h_in;
	cusax_xmpp_session_push(session, event);
}

/* The stream is gone. error NULL: it was asked for. */
static void go_down(CusaxXmppSession *session, const GError *error)
{
	g_autoptr(GError) why = error ? g_error_copy(error)
				      : g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
							    "the account was disconnected");
	g_autoptr(GError) gone = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
						     "the connection was lost");
	guint64 op = session->connect_op;

	session->is_online = FALSE;
	session->roster_begun = FALSE;
	session->connect_op = 0;
	cusax_xmpp_check_stop(session);
	g_clear_pointer(&session->stream, cusax_xmpp_stream_free);
	cusax_xmpp_iq_table_fail(session->iqs, gone);
	/* Only what was closed in order is over; the rest can be resumed, whoever ended it. */
	if (session->sm.id)
		report_handled(session);
	else
		cusax_xmpp_sm_clear(&session->sm);
	report_connection(session, CUSAX_ACCOUNT_OFFLINE, error);
	cusax_xmpp_session_done(session, op, why);
	answer_disconnects(session);
}

/* The next connection, which the core asks for in its time, goes where the server said; the one after
 * that where the domain says, as does every one after too many in a row. */
static void note_redirect(CusaxXmppSession *session)
{
	guint16 port = 0;
	const char *host = cusax_xmpp_stream_other_host(session->stream, &port);

	g_clear_pointer(&session->other_host, g_free);
	if (!host)
		return;
	if (++session->redirects > CUSAX_XMPP_MAX_REDIRECTS) {
		cusax_xmpp_session_refuse(session, "redirect");
		return;
	}
	cusax_info(session->account, "the server names another place: %s", host);
	session->other_host = g_strdup(host);
	session->other_port = port;
}

/* What a login itself says is said by the right server, whichever it is. */
static void count_attempt(CusaxXmppSession *session, const GError *error)
{
	if (session->is_online || !error ||
	    cusax_error_code(error) == CUSAX_ERROR_AUTHENTICATION_FAILED)
		return;
	session->attempt++;
}

static void on_closed(const GError *error, gpointer data)
{
	CusaxXmppSession *session = data;

	note_redirect(session);
	count_attempt(session, error);
	/* A disconnect that waits makes any end the one asked for. */
	go_down(session, session->disconnect_ops->len > 0 ? NULL : error);
}

/* What was known by pushes and presence of a session that was not resumed. */
static void forget_session(CusaxXmppSession *session)
{
	session->roster_known = FALSE;
	session->blocks_known = FALSE;
	session->private_bookmarks = FALSE;
	cusax_xmpp_muc_reset(session);
	session->reports = FALSE;
	g_clear_pointer(&session->blocked, g_hash_table_unref);
	g_clear_pointer(&session->upload, g_free);
	cusax_xmpp_reach_reset(session);
}

static void on_online(CusaxXmppBegin begin, gpointer data)
{
	CusaxXmppSession *session = data;
	gboolean resumed = begin.resumed && !begin.recovered;
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_CONNECTION);
	char *pin;

	session->is_online = TRUE;
	session->is_inactive = FALSE; /* XEP-0352 §5: so a stream begins, resumed or not */
	session->redirects = 0;
	session->attempt = 0;
	pin = g_strdup(cusax_sasl_stronger_pin(session->login_pin,
					       cusax_xmpp_stream_login_pin(session->stream)));
	g_free(session->login_pin);
	session->login_pin = pin;
	session->options.login_pin = pin;
	event->connection.login_pin = g_strdup(pin);
	event->connection.state = CUSAX_ACCOUNT_ONLINE;
	event->connection.security =
		cusax_security_copy(cusax_xmpp_stream_security(session->stream));
	event->connection.bound_address = g_strdup(cusax_xmpp_stream_bound(session->stream));
	event->connection.resumed = resumed;
	event->connection.recovered = begin.recovered;
	event->connection.settled = begin.settled;
	event->connection.accepted = begin.accepted;
	event->connection.stream = g_strdup(session->sm.id);
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_session_done(session, session->connect_op, NULL);
	session->connect_op = 0;
	if (!resumed)
		forget_session(session);
	/* Whoever was told of us by the process before is told again, and so are we of them: the server
	 * tells all of it with the presence that follows (RFC 6121 §4.2.2, §4.5.2). */
	if (begin.recovered)
		cusax_xmpp_presence_leave(session);
	/* A roster cut off half way is asked for again. */
	if (!session->roster_known) {
		/* Before any presence: whoever asks for the roster gets pushes (RFC 6121 §2.2). */
		cusax_xmpp_roster_fetch(session);
		if (cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING))
			cusax_xmpp_chat_enable_carbons(session);
	}
	if (!session->blocks_known)
		cusax_xmpp_block_discover(session);
	if (!resumed && cusax_xmpp_session_has(session, CUSAX_FEATURE_MESSAGING))
		cusax_xmpp_bookmarks_fetch(session);
}

static void on_sent(const CusaxXmppSent *sent, gboolean counted, gpointer data)
{
	CusaxXmppSession *session = data;
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_MESSAGE_STATE);

	event->message_state.address = cusax_xmpp_chat_address(
		sent->address, cusax_xmpp_chat_kind(session, sent->address));
	event->message_state.id = g_strdup(sent->message);
	event->message_state.delivery = CUSAX_DELIVERY_SENT;
	event->message_state.counted = counted;
	event->message_state.count = sent->number;
	cusax_xmpp_session_push(session, event);
}

static void on_asked(gpointer data)
{
	report_handled(data);
}

static void on_acknowledged(const CusaxXmppSent *sent, gpointer data)
{
	/* In a room only its reflection tells that the message has arrived. */
	if (sent->message && cusax_xmpp_chat_kind(data, sent->address) != CUSAX_MESSAGE_ROOM)
		cusax_xmpp_chat_report_state(data, sent->address, sent->message,
					     CUSAX_DELIVERY_SERVER, NULL);
}

static const CusaxXmppStreamHandlers stream_handlers = {
	.online = on_online,
	.stanza = cusax_xmpp_dispatch_stanza,
	.bulk = cusax_xmpp_dispatch_bulk,
	.item = cusax_xmpp_dispatch_item,
	.swallowed = cusax_xmpp_dispatch_swallowed,
	.sent = on_sent,
	.asked = on_asked,
	.acknowledged = on_acknowledged,
	.closed = on_closed,
};

/* --- taking up ------------------------------------------------------------------------------- */

static void read_options(CusaxXmppSession *session)
{
	CusaxSettings *settings = session->wanted->connect.settings;
	CusaxSettings *policy = session->wanted->connect.policy;

	session->options = (CusaxXmppStreamOptions){
		.jid = session->jid,
		.user = cusax_settings_string(settings, "login"),
		.secret = session->wanted->connect.secret,
		.resource = cusax_settings_string(settings, "resource"),
		.server = cusax_settings_string(settings, "server"),
		.port = (guint16)cusax_settings_uint(settings, "port"),
		.direct_tls = cusax_settings_boolean(settings, "direct-tls"),
		.allow_plain = cusax_settings_boolean(settings, "allow-plain"),
		.certificate = cusax_settings_string(settings, "certificate"),
		.tls.ca_file = cusax_settings_string(settings, "ca-file"),
		.tls.pin = cusax_settings_string(settings, "pin"),
		.tls.min_version = policy ? cusax_settings_string(policy, "min-tls") : NULL,
		.login_pin = session->login_pin,
		.other_host = session->other_host,
		.other_port = session->other_port,
		.attempt = session->attempt,
	};
}

/* What goes on in a session of other features is not resumed: it has the presence, or the copies of
 * messages, that are off now (C17), or lacks those that are on (C18). */
static void fit_to_features(CusaxXmppSession *session, const CusaxOperation *operation)
{
	CusaxFeatures disabled = operation->connect.disabled;
	CusaxFeatures changed = session->wanted ? session->wanted->connect.disabled ^ disabled : 0;

	if (!(changed & (CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE)))
		return;
	cusax_xmpp_sm_clear(&session->sm);
}

/* FALSE: not an address of an account; answered. */
static gboolean take_address(CusaxXmppSession *session, const CusaxOperation *operation)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(operation->connect.address, &error);

	if (!jid) {
		report_connection(session, CUSAX_ACCOUNT_OFFLINE, error);
		cusax_xmpp_session_done(session, operation->id, error);
		return FALSE;
	}
	/* Another person's session cannot go on as this one's. */
	if (session->jid && !cusax_jid_equal_bare(jid, session->jid)) {
		cusax_xmpp_sm_clear(&session->sm);
		g_clear_pointer(&session->login_pin, g_free);
		session->redirects = 0;
		g_clear_pointer(&session->other_host, g_free);
		session->roster_known = FALSE;
		g_hash_table_remove_all(session->contacts);
		g_hash_table_remove_all(session->vcards);
	}
	g_free(session->jid);
	g_free(session->domain);
	session->jid = cusax_jid_bare(jid);
	session->domain = cusax_jid_domain(jid);
	return TRUE;
}

/* Of a roster that came before this process: the server may say that it is right (RFC 6121 §2.6). */
static void take_contacts(CusaxXmppSession *session, CusaxOperation *operation)
{
	GStrv roster = operation->connect.roster_version ? operation->connect.roster : NULL;

	if (session->roster_known || !roster)
		return;
	g_hash_table_remove_all(session->contacts);
	for (guint i = 0; roster[i]; i++)
		g_hash_table_add(session->contacts, g_steal_pointer(&roster[i]));
}

/* A session of an earlier process, where there was none in this one. */
static void take_stream(CusaxXmppSession *session, const CusaxOperation *operation)
{
	if (!session->stream_taken && operation->connect.stream && operation->connect.stream_bound)
		cusax_xmpp_sm_restore(
			&session->sm, operation->connect.stream, operation->connect.stream_bound,
			operation->connect.stream_handled, operation->connect.stream_accepted);
	session->stream_taken = TRUE;
}

/* What the core says counts, be it nothing: the person may have changed how the account logs in. */
static void take_pin(CusaxXmppSession *session, const CusaxOperation *operation)
{
	g_free(session->login_pin);
	session->login_pin = g_strdup(operation->connect.login_pin);
}

/* Takes down at once what is up. */
static void drop_stream(CusaxXmppSession *session)
{
	g_autoptr(GError) replaced = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
							 "the account is connected anew");
	guint64 op = session->connect_op;

	if (!session->stream)
		return;
	session->connect_op = 0;
	session->is_online = FALSE;
	session->roster_begun = FALSE;
	cusax_xmpp_check_stop(session);
	/* Other settings want a session of their own: the old one is not resumed. */
	cusax_xmpp_stream_close(session->stream);
	g_clear_pointer(&session->stream, cusax_xmpp_stream_free);
	cusax_xmpp_iq_table_fail(session->iqs, replaced);
	cusax_xmpp_session_done(session, op, replaced);
	answer_disconnects(session);
}

void cusax_xmpp_session_connect(CusaxXmppSession *session, CusaxOperation *operation)
{
	drop_stream(session);
	if (!take_address(session, operation)) {
		cusax_operation_free(operation);
		return;
	}
	fit_to_features(session, operation);
	g_clear_pointer(&session->wanted, cusax_operation_free);
	session->wanted = operation;
	session->connect_op = operation->id;
	g_free(session->roster_version);
	session->roster_version = g_strdup(operation->connect.roster_version);
	take_contacts(session, operation);
	take_stream(session, operation);
	take_pin(session, operation);
	read_options(session);
	report_connection(session, CUSAX_ACCOUNT_CONNECTING, NULL);
	session->stream = cusax_xmpp_stream_new(&stream_handlers, session, &session->options,
						&session->sm, session->times);
	/* The stream has its own copy, which it wipes when the login is over. */
	cusax_secret_free(g_steal_pointer(&operation->connect.secret));
	session->options.secret = NULL;
}

void cusax_xmpp_session_kept(CusaxXmppSession *session, const CusaxOperation *operation)
{
	/* What is told of a session that is gone counts nothing in the one that took its place. */
	if (g_strcmp0(operation->kept.stream, session->sm.id) != 0) {
		cusax_xmpp_session_done(session, operation->id, NULL);
		return;
	}
	if (!operation->kept.own)
		session->sm.h_kept = operation->kept.count;
	if (session->stream)
		cusax_xmpp_stream_kept(session->stream, operation->kept.own, operation->kept.count);
	cusax_xmpp_session_done(session, operation->id, NULL);
}

void cusax_xmpp_session_disconnect(CusaxXmppSession *session, guint64 op)
{
	g_array_append_val(session->disconnect_ops, op);
	if (!session->stream) {
		answer_disconnects(session);
		return;
	}
	if (session->is_online)
		cusax_xmpp_presence_leave(session);
	cusax_xmpp_stream_close(session->stream);
}

/* --- life ------------------------------------------------------------------------------------ */

CusaxXmppSession *cusax_xmpp_session_new(const char *account, CusaxEventQueue *events,
					 const CusaxXmppTimes *times)
{
	CusaxXmppSession *session = g_new0(CusaxXmppSession, 1);

	session->account = g_strdup(account);
	session->events = cusax_event_queue_ref(events);
	session->times = times;
	session->disconnect_ops = g_array_new(FALSE, FALSE, sizeof(guint64));
	session->iqs = cusax_xmpp_iq_table_new(session);
	session->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	session->vcards = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	session->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					       (GDestroyNotify)cusax_xmpp_room_free);
	cusax_xmpp_sm_init(&session->sm);
	return session;
}

void cusax_xmpp_session_free(CusaxXmppSession *session)
{
	cusax_xmpp_check_stop(session);
	cusax_xmpp_stream_free(session->stream);
	cusax_xmpp_iq_table_free(session->iqs);
	cusax_xmpp_sm_clear(&session->sm);
	cusax_operation_free(session->wanted);
	g_array_unref(session->disconnect_ops);
	cusax_event_queue_unref(session->events);
	g_hash_table_unref(session->contacts);
	g_hash_table_unref(session->vcards);
	g_hash_table_unref(session->rooms);
	g_clear_pointer(&session->reach, g_hash_table_unref);
	g_clear_pointer(&session->blocked, g_hash_table_unref);
	g_clear_pointer(&session->pages, g_hash_table_unref);
	g_free(session->roster_version);
	g_free(session->login_pin);
	g_free(session->other_host);
	g_free(session->upload);
	g_free(session->photo_hash);
	g_free(session->account);
	g_free(session->jid);
	g_free(session->domain);
	g_free(session);
}

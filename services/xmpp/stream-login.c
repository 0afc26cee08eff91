/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The negotiation of a stream: TLS, login, binding (RFC 6120 §5-§7). */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/condition.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/stream-internal.h"

static void fail(CusaxXmppStream *stream, CusaxError code, const char *text)
{
	cusax_xmpp_stream_fail(stream, g_error_new_literal(CUSAX_ERROR, (int)code, text));
}

static void fail_unexpected(CusaxXmppStream *stream, CusaxNode *node)
{
	cusax_xmpp_stream_fail(stream, g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
						   "the server sent <%.64s/> out of turn",
						   cusax_node_name(node)));
}

/* --- TLS ------------------------------------------------------------------------------------- */

static void begin_tls(CusaxXmppStream *stream, CusaxNode *features)
{
	if (!cusax_node_child(features, "starttls", CUSAX_NS_TLS)) {
		fail(stream, CUSAX_ERROR_SECURITY_REQUIRED,
		     "the server offers no encryption (STARTTLS)");
		return;
	}
	cusax_xmpp_stream_write(stream, "<starttls xmlns='" CUSAX_NS_TLS "'/>");
	stream->state = STREAM_AWAITING_PROCEED;
}

static void handle_proceed(CusaxXmppStream *stream, CusaxNode *node)
{
	if (cusax_node_is(node, "proceed", CUSAX_NS_TLS)) {
		cusax_reader_restart(stream->reader);
		stream->state = STREAM_PROCEEDING;
	} else if (cusax_node_is(node, "failure", CUSAX_NS_TLS)) {
		fail(stream, CUSAX_ERROR_SECURITY_REQUIRED, "the server refuses to encrypt");
	} else {
		fail_unexpected(stream, node);
	}
}

/* --- login ----------------------------------------------------------------------------------- */

static void write_sasl(CusaxXmppStream *stream, const char *name, const char *mechanism,
		       const char *text)
{
	g_autoptr(CusaxNode) node = cusax_node_new(name, CUSAX_NS_SASL);

	cusax_node_set(node, "mechanism", mechanism);
	if (text)
		cusax_node_set_text(node, text, -1);
	cusax_xmpp_stream_write_node(stream, node);
}

static void begin_login(CusaxXmppStream *stream, CusaxNode *features)
{
	CusaxSaslInput input = {
		.user = stream->user,
		.password = stream->secret,
		.allow_plain = stream->options->allow_plain,
		.has_certificate = stream->options->certificate != NULL,
		.pin = stream->options->login_pin,
		.ssl = cusax_xmpp_transport_ssl(stream->transport),
	};
	GError *error = NULL;
	char *initial;

	stream->sasl = cusax_sasl_new(features, &input, &error);
	if (!stream->sasl) {
		cusax_xmpp_stream_fail(stream, error);
		return;
	}
	initial = cusax_sasl_initial(stream->sasl);
	write_sasl(stream, "auth", cusax_sasl_mechanism(stream->sasl), initial);
	cusax_sasl_wipe(initial);
	stream->state = STREAM_LOGGING_IN;
}

static void on_answer(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxXmppStream *stream = data;
	GError *error = NULL;
	char *answer;

	/* In another state the login may be gone, and its outcome with it. */
	if (stream->state == STREAM_LOGGING_IN) {
		answer = cusax_sasl_answer_finish(stream->sasl, result, &error);
		if (answer)
			write_sasl(stream, "response", NULL, answer);
		else
			cusax_xmpp_stream_fail(stream, error);
		cusax_sasl_wipe(answer);
	}
	cusax_xmpp_stream_unref(stream);
}

static void finish_login(CusaxXmppStream *stream, CusaxNode *node)
{
	g_autofree char *text = cusax_node_text(node);
	GError *error = NULL;

	if (!cusax_sasl_finish(stream->sasl, text, &error)) {
		cusax_xmpp_stream_fail(stream, error);
		return;
	}
	stream->is_logged_in = TRUE;
	stream->login_pin = cusax_sasl_pin(stream->sasl);
	stream->security->authentication = g_strdup(cusax_sasl_mechanism(stream->sasl));
	cusax_xmpp_stream_wipe_login(stream);
	cusax_reader_restart(stream->reader);
	stream->state = STREAM_REOPENING;
}

static void handle_login(CusaxXmppStream *stream, CusaxNode *node)
{
	g_autofree char *text = NULL;

	if (cusax_node_is(node, "challenge", CUSAX_NS_SASL)) {
		text = cusax_node_text(node);
		cusax_sasl_answer_async(stream->sasl, text, stream->cancellable, on_answer,
					cusax_xmpp_stream_ref(stream));
	} else if (cusax_node_is(node, "success", CUSAX_NS_SASL)) {
		finish_login(stream, node);
	} else if (cusax_node_is(node, "failure", CUSAX_NS_SASL)) {
		cusax_xmpp_stream_fail(stream, cusax_xmpp_sasl_error(node));
	} else {
		fail_unexpected(stream, node);
	}
}

/* --- binding --------------------------------------------------------------------------------- */

void cusax_xmpp_stream_bind(CusaxXmppStream *stream)
{
	g_autoptr(CusaxNode) iq = cusax_node_new("iq", CUSAX_NS_CLIENT);
	CusaxNode *bind = cusax_node_add(iq, "bind", CUSAX_NS_BIND);

	g_free(stream->bind_id);
	stream->bind_id = g_uuid_string_random();
	cusax_node_set(iq, "type", "set");
	cusax_node_set(iq, "id", stream->bind_id);
	cusax_node_add_text(bind, "resource", CUSAX_NS_BIND, stream->options->resource);
	cusax_xmpp_stream_write_node(stream, iq);
	stream->state = STREAM_BINDING;
}

static void handle_bound(CusaxXmppStream *stream, CusaxNode *node)
{
	CusaxNode *bind = cusax_node_child(node, "bind", CUSAX_NS_BIND);
	g_autofree char *jid = bind ? cusax_node_child_text(bind, "jid", CUSAX_NS_BIND) : NULL;
	const char *type = cusax_node_attr(node, "type");

	if (!cusax_node_is(node, "iq", CUSAX_NS_CLIENT) ||
	    g_strcmp0(cusax_node_attr(node, "id"), stream->bind_id) != 0) {
		fail_unexpected(stream, node);
		return;
	}
	if (g_strcmp0(type, "error") == 0) {
		GError *error = cusax_xmpp_stanza_error(node);

		g_prefix_error(&error, "the server gives no session: ");
		cusax_xmpp_stream_fail(stream, error);
		return;
	}
	g_free(stream->bound);
	stream->bound = jid ? cusax_jid_prepare(jid, NULL) : NULL;
	if (!stream->bound || !*cusax_jid_resource(stream->bound) ||
	    !cusax_jid_equal_bare(stream->bound, stream->options->jid)) {
		fail(stream, CUSAX_ERROR_FAILED, "the server gave the session of another address");
		return;
	}
	cusax_xmpp_stream_enable(stream);
}

/* --- order ----------------------------------------------------------------------------------- */

static void handle_features(CusaxXmppStream *stream, CusaxNode *node)
{
	if (!cusax_node_is(node, "features", CUSAX_NS_STREAMS)) {
		fail_unexpected(stream, node);
		return;
	}
	if (!stream->is_secure) {
		begin_tls(stream, node);
	} else if (!stream->is_logged_in) {
		begin_login(stream, node);
	} else {
		stream->has_sm = cusax_node_child(node, "sm", CUSAX_NS_SM) != NULL;
		stream->has_roster_versions =
			cusax_node_child(node, "ver", CUSAX_NS_ROSTERVER) != NULL;
		stream->has_pre_approval =
			cusax_node_child(node, "sub", CUSAX_NS_PREAPPROVAL) != NULL;
		stream->has_csi = cusax_node_child(node, "csi", CUSAX_NS_CSI) != NULL;
		cusax_xmpp_stream_resume(stream);
	}
}

void cusax_xmpp_stream_negotiate(CusaxXmppStream *stream, CusaxNode *node)
{
	switch (stream->state) {
	case STREAM_AWAITING_FEATURES:
		handle_features(stream, node);
		break;
	case STREAM_AWAITING_PROCEED:
		handle_proceed(stream, node);
		break;
	case STREAM_LOGGING_IN:
		handle_login(stream, node);
		break;
	case STREAM_RESUMING:
		cusax_xmpp_stream_handle_resume(stream, node);
		break;
	case STREAM_BINDING:
		handle_bound(stream, node);
		break;
	case STREAM_ENABLING:
		cusax_xmpp_stream_handle_enable(stream, node);
		break;
	case STREAM_CONNECTING:
	case STREAM_PROCEEDING:
	case STREAM_SECURING:
	case STREAM_REOPENING:
		fail_unexpected(stream, node);
		break;
	case STREAM_ONLINE:
	case STREAM_CLOSING:
	case STREAM_ENDING:
	case STREAM_CLOSED:
		break;
	}
}

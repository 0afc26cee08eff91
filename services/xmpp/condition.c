/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of XMPP's error conditions. */
/* Main thread. */
#include "services/xmpp/condition.h"

#include "daemon/base/error.h"
#include "services/xmpp/ns.h"

#define MAX_TEXT 200 /* characters of a server's own words that are passed on */

typedef struct {
	const char *condition;
	CusaxError code;
	const char *text;
} Row;

static const Row stanza_rows[] = {
	{ "bad-request", CUSAX_ERROR_INVALID_ARGUMENT, "the request was malformed" },
	{ "conflict", CUSAX_ERROR_REFUSED, "something of that name exists" },
	{ "feature-not-implemented", CUSAX_ERROR_UNSUPPORTED, "the other side cannot do that" },
	{ "forbidden", CUSAX_ERROR_REFUSED, "not allowed to this account" },
	{ "gone", CUSAX_ERROR_NOT_FOUND, "the address is gone" },
	{ "internal-server-error", CUSAX_ERROR_FAILED, "the server had an internal error" },
	{ "item-not-found", CUSAX_ERROR_NOT_FOUND, "there is no such thing" },
	{ "jid-malformed", CUSAX_ERROR_INVALID_ARGUMENT, "the address is malformed" },
	{ "not-acceptable", CUSAX_ERROR_REFUSED, "the other side does not accept it" },
	{ "not-allowed", CUSAX_ERROR_REFUSED, "nobody is allowed that" },
	{ "not-authorized", CUSAX_ERROR_REFUSED, "not authorized" },
	{ "policy-violation", CUSAX_ERROR_REFUSED, "against the server's policy" },
	{ "recipient-unavailable", CUSAX_ERROR_NOT_FOUND, "the other side is not available" },
	{ "redirect", CUSAX_ERROR_NOT_FOUND, "the other side is elsewhere for now" },
	{ "registration-required", CUSAX_ERROR_REFUSED, "a registration is required" },
	{ "remote-server-not-found", CUSAX_ERROR_NOT_FOUND, "the other server was not found" },
	{ "remote-server-timeout", CUSAX_ERROR_TIMEOUT, "the other server does not answer" },
	{ "resource-constraint", CUSAX_ERROR_LIMIT_EXCEEDED, "a limit of the server is reached" },
	{ "service-unavailable", CUSAX_ERROR_UNSUPPORTED, "the other side does not do that" },
	{ "subscription-required", CUSAX_ERROR_REFUSED, "a subscription is required" },
	{ "unexpected-request", CUSAX_ERROR_WRONG_STATE, "not possible at this moment" },
};

static const Row stream_rows[] = {
	{ "conflict", CUSAX_ERROR_REFUSED, "another session took this one's place" },
	{ "connection-timeout", CUSAX_ERROR_NOT_CONNECTED, "the server missed a sign of life" },
	{ "host-gone", CUSAX_ERROR_NOT_CONNECTED, "the server does not serve the domain any more" },
	{ "host-unknown", CUSAX_ERROR_NOT_CONNECTED, "the server does not serve the domain" },
	{ "not-authorized", CUSAX_ERROR_AUTHENTICATION_FAILED, "the server refuses the account" },
	{ "policy-violation", CUSAX_ERROR_REFUSED, "against the server's policy" },
	{ "remote-connection-failed", CUSAX_ERROR_NOT_CONNECTED, "a part of the server failed" },
	{ "resource-constraint", CUSAX_ERROR_NOT_CONNECTED, "the server is overloaded" },
	{ "see-other-host", CUSAX_ERROR_NOT_CONNECTED, "the server names another one" },
	{ "system-shutdown", CUSAX_ERROR_NOT_CONNECTED, "the server is being shut down" },
	{ "reset", CUSAX_ERROR_NOT_CONNECTED, "the server wants a new connection" },
};

static const Row sasl_rows[] = {
	{ "account-disabled", CUSAX_ERROR_AUTHENTICATION_FAILED, "the account is disabled" },
	{ "credentials-expired", CUSAX_ERROR_AUTHENTICATION_FAILED, "the password has expired" },
	{ "encryption-required", CUSAX_ERROR_SECURITY_REQUIRED, "the server wants encryption" },
	{ "invalid-authzid", CUSAX_ERROR_AUTHENTICATION_FAILED, "the account's name is refused" },
	{ "mechanism-too-weak", CUSAX_ERROR_SECURITY_REQUIRED, "the login method is too weak" },
	{ "not-authorized", CUSAX_ERROR_AUTHENTICATION_FAILED,
	  "the server refused the user name or the password" },
	{ "temporary-auth-failure", CUSAX_ERROR_NOT_CONNECTED, "the server cannot log in anybody" },
};

static const Row *find_row(const Row *rows, guint n, const char *condition)
{
	for (guint i = 0; i < n; i++) {
		if (g_strcmp0(rows[i].condition, condition) == 0)
			return &rows[i];
	}
	return NULL;
}

/* The condition is the child that is not <text/>; XMPP puts it first, not everybody does. */
static CusaxNode *find_condition(CusaxNode *parent, const char *ns)
{
	CusaxNode *child;

	for (child = parent ? cusax_node_first(parent) : NULL; child;
	     child = cusax_node_next(child)) {
		if (g_strcmp0(cusax_node_ns(child), ns) == 0 &&
		    g_strcmp0(cusax_node_name(child), "text") != 0)
			return child;
	}
	return NULL;
}

static GError *make_error(CusaxNode *parent, const char *ns, const Row *rows, guint n,
			  CusaxError fallback, const char *what)
{
	CusaxNode *node = find_condition(parent, ns);
	const char *condition = node ? cusax_node_name(node) : "undefined-condition";
	const Row *row = find_row(rows, n, condition);
	g_autofree char *text = parent ? cusax_node_child_text(parent, "text", ns) : NULL;
	g_autofree char *shortened = NULL;

	if (text) {
		shortened = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), MAX_TEXT));
		g_strdelimit(shortened, "\t\n", ' ');
	}
	return g_error_new(CUSAX_ERROR, row ? row->code : fallback, "%s (%.64s%s%s)",
			   row ? row->text : what, condition, shortened ? ": " : "",
			   shortened ? shortened : "");
}

GError *cusax_xmpp_stanza_error(CusaxNode *stanza)
{
	return make_error(cusax_node_child(stanza, "error", CUSAX_NS_CLIENT), CUSAX_NS_ERRORS,
			  stanza_rows, G_N_ELEMENTS(stanza_rows), CUSAX_ERROR_FAILED,
			  "the other side answered with an error");
}

GError *cusax_xmpp_stream_error(CusaxNode *node)
{
	return make_error(node, CUSAX_NS_STREAM_ERRORS, stream_rows, G_N_ELEMENTS(stream_rows),
			  CUSAX_ERROR_NOT_CONNECTED, "the server ended the stream");
}

GError *cusax_xmpp_sasl_error(CusaxNode *node)
{
	return make_error(node, CUSAX_NS_SASL, sasl_rows, G_N_ELEMENTS(sasl_rows),
			  CUSAX_ERROR_AUTHENTICATION_FAILED, "the server refused the login");
}

gboolean cusax_xmpp_stanza_has_condition(CusaxNode *stanza, const char *condition)
{
	CusaxNode *node =
		find_condition(cusax_node_child(stanza, "error", CUSAX_NS_CLIENT), CUSAX_NS_ERRORS);

	return node && g_strcmp0(cusax_node_name(node), condition) == 0;
}

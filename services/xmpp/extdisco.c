/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking for external services, reading the answer. */
/* Main thread. */
#include "services/xmpp/extdisco.h"

#include <gio/gio.h>
#include <string.h>

#include "services/xmpp/iq.h"
#include "services/xmpp/ns.h"

#define MAX_RELAYS 16
#define MAX_TEXT   512 /* bytes of a host, a name or a password */

static char *take_text(CusaxNode *service, const char *name)
{
	const char *text = cusax_node_attr(service, name);

	return text && *text && strlen(text) <= MAX_TEXT ? g_strdup(text) : NULL;
}

/* Names and addresses as they may stand in a URI: nothing that could be taken for something else. */
static gboolean is_host(const char *host)
{
	return host && (g_hostname_is_ip_address(host) ||
			strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-.") == strlen(host));
}

/* FALSE: a service of another kind, which does not concern calls. */
static gboolean read_kind(const char *type, const char *transport, CusaxRelay *relay)
{
	gboolean secure = g_strcmp0(type, "turns") == 0 || g_strcmp0(type, "stuns") == 0;

	if (!secure && g_strcmp0(type, "turn") != 0 && g_strcmp0(type, "stun") != 0)
		return FALSE;
	relay->kind = type[0] == 't' ? CUSAX_RELAY_TURN : CUSAX_RELAY_STUN;
	if (secure)
		relay->transport = CUSAX_RELAY_TLS;
	else if (g_strcmp0(transport, "tcp") == 0)
		relay->transport = CUSAX_RELAY_TCP;
	else
		relay->transport = CUSAX_RELAY_UDP;
	return TRUE;
}

static gint64 read_time(const char *text)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, utc) : NULL;

	return time ? g_date_time_to_unix(time) * G_USEC_PER_SEC : 0;
}

static CusaxRelay *read_service(CusaxNode *service)
{
	g_autoptr(CusaxRelay) relay = cusax_relay_new();
	const char *port = cusax_node_attr(service, "port");
	guint64 number = 0;

	if (!cusax_node_is(service, "service", CUSAX_NS_EXTDISCO) ||
	    !read_kind(cusax_node_attr(service, "type"), cusax_node_attr(service, "transport"),
		       relay))
		return NULL;
	relay->host = take_text(service, "host");
	if (!is_host(relay->host))
		return NULL;
	/* RFC 8656 §12: the usual ports, where none is given. */
	if (port && !g_ascii_string_to_unsigned(port, 10, 1, G_MAXUINT16, &number, NULL))
		return NULL;
	relay->port = port ? (guint16)number : relay->transport == CUSAX_RELAY_TLS ? 5349 : 3478;
	relay->username = take_text(service, "username");
	relay->password = take_text(service, "password");
	relay->expires = read_time(cusax_node_attr(service, "expires"));
	/* XEP-0215 §3.2: to be asked for one by one; no server in use does. */
	if (relay->kind == CUSAX_RELAY_TURN && !relay->password)
		return NULL;
	return g_steal_pointer(&relay);
}

static void on_services(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
			gpointer data)
{
	const guint64 *op = data;
	CusaxNode *services =
		!error ? cusax_node_child(answer, "services", CUSAX_NS_EXTDISCO) : NULL;
	CusaxEvent *event;

	if (services) {
		event = cusax_xmpp_session_event(session, CUSAX_EVENT_RELAYS);
		event->op = *op;
		for (CusaxNode *n = cusax_node_first(services);
		     n && event->relays.relays->len < MAX_RELAYS; n = cusax_node_next(n)) {
			CusaxRelay *relay = read_service(n);

			if (relay)
				g_ptr_array_add(event->relays.relays, relay);
		}
		cusax_xmpp_session_push(session, event);
	}
	cusax_xmpp_session_done(session, *op, error);
}

void cusax_xmpp_extdisco_fetch(CusaxXmppSession *session, guint64 op)
{
	static const CusaxXmppIqKind kind = { .done = on_services };

	cusax_xmpp_iq_send(
		session,
		cusax_xmpp_iq_new("get", session->domain, "services", CUSAX_NS_EXTDISCO, NULL),
		&kind, g_memdup2(&op, sizeof(op)), g_free);
}

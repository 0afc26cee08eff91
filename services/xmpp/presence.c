/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence: of others reported, the own broadcast. */
/* Main thread. */
#include "services/xmpp/presence.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/caps.h"
#include "services/xmpp/disco.h"
#include "services/xmpp/muc.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/reach.h"

#define MAX_STATUS 4096 /* bytes */

/* --- of others ------------------------------------------------------------------------------- */

/* RFC 6121 §4.7.2.1; a word that nobody knows is none. "chat" is a kind of online. */
static CusaxAvailability availability_of(CusaxNode *node)
{
	g_autofree char *show = cusax_node_child_text(node, "show", CUSAX_NS_CLIENT);

	if (g_strcmp0(show, "away") == 0)
		return CUSAX_AVAILABILITY_AWAY;
	if (g_strcmp0(show, "xa") == 0)
		return CUSAX_AVAILABILITY_XA;
	if (g_strcmp0(show, "dnd") == 0)
		return CUSAX_AVAILABILITY_DND;
	return CUSAX_AVAILABILITY_ONLINE;
}

static char *cut(char *text)
{
	gsize length = text ? strlen(text) : 0;

	if (length > MAX_STATUS) {
		char *end = g_utf8_find_prev_char(text, text + MAX_STATUS + 1);

		*end = '\0';
	}
	return text;
}

static gint8 priority_of(CusaxNode *node)
{
	g_autofree char *text = cusax_node_child_text(node, "priority", CUSAX_NS_CLIENT);
	gint64 priority = 0;

	if (text)
		g_ascii_string_to_signed(g_strstrip(text), 10, -128, 127, &priority, NULL);
	return (gint8)priority;
}

/* XEP-0153 §3.2: no <photo/> says nothing, an empty one that there is none. */
static char *photo_hash_of(CusaxNode *node)
{
	CusaxNode *x = cusax_node_child(node, "x", CUSAX_NS_VCARD_UPDATE);
	CusaxNode *photo = x ? cusax_node_child(x, "photo", CUSAX_NS_VCARD_UPDATE) : NULL;
	g_autofree char *text = NULL;

	if (!photo)
		return NULL;
	text = cusax_node_text(photo);
	if (!text)
		return g_strdup("");
	g_strstrip(text);
	if (*text && (strlen(text) != 40 || strspn(text, "0123456789abcdefABCDEF") != 40))
		return NULL;
	return g_ascii_strdown(text, -1);
}

void cusax_xmpp_presence_read(CusaxNode *node, CusaxAvailability *ret_availability,
			      char **ret_status, char **ret_photo_hash)
{
	*ret_availability = availability_of(node);
	*ret_status = cut(cusax_node_child_text(node, "status", CUSAX_NS_CLIENT));
	*ret_photo_hash = photo_hash_of(node);
}

/* A time in the past; 0: it is none. */
static gint64 time_of(const char *stamp)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = stamp ? g_date_time_new_from_iso8601(stamp, utc) : NULL;
	gint64 usec = time ? g_date_time_to_unix(time) * G_USEC_PER_SEC : 0;

	return usec > 0 && usec <= g_get_real_time() ? usec : 0;
}

/* Of one who is here: idle since (XEP-0319 §3). Of one who is not: left at, as the server (XEP-0203) or the
 * person's client (XEP-0256 §3) says. 0: not told. */
static gint64 seen_of(CusaxNode *node, gboolean available)
{
	CusaxNode *idle = cusax_node_child(node, "idle", CUSAX_NS_IDLE);
	CusaxNode *last = cusax_node_child(node, "query", CUSAX_NS_LAST);
	CusaxNode *delay = cusax_node_child(node, "delay", CUSAX_NS_DELAY);
	const char *text = last ? cusax_node_attr(last, "seconds") : NULL;
	guint64 seconds;

	if (idle)
		return time_of(cusax_node_attr(idle, "since"));
	if (text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &seconds, NULL))
		return MAX(0, g_get_real_time() - (gint64)seconds * G_USEC_PER_SEC);
	return delay && !available ? time_of(cusax_node_attr(delay, "stamp")) : 0;
}

static void report_presence(CusaxXmppSession *session, const CusaxXmppStanza *stanza,
			    gboolean available)
{
	CusaxNode *node = stanza->node;
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_PRESENCE);

	event->presence.address = cusax_jid_bare(stanza->from);
	event->presence.resource = g_strdup(cusax_jid_resource(stanza->from));
	event->presence.status = cut(cusax_node_child_text(node, "status", CUSAX_NS_CLIENT));
	event->presence.availability = CUSAX_AVAILABILITY_OFFLINE;
	event->presence.seen = seen_of(node, available);
	if (available) {
		event->presence.availability = availability_of(node);
		event->presence.priority = priority_of(node);
		event->presence.photo_hash = photo_hash_of(node);
		cusax_xmpp_caps_read(node, event);
		event->presence.nickname = cut(cusax_node_child_text(node, "nick", CUSAX_NS_NICK));
	}
	cusax_xmpp_session_push(session, event);
	cusax_xmpp_reach_on_presence(session, stanza, available);
}

static void report_subscription(CusaxXmppSession *session, const CusaxXmppStanza *stanza, int what)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, CUSAX_EVENT_SUBSCRIPTION);

	event->subscription.address = cusax_jid_bare(stanza->from);
	event->subscription.what = what;
	event->subscription.text =
		cut(cusax_node_child_text(stanza->node, "status", CUSAX_NS_CLIENT));
	cusax_xmpp_session_push(session, event);
}

void cusax_xmpp_presence_handle(CusaxXmppSession *session, const CusaxXmppStanza *stanza)
{
	static const struct {
		const char *type;
		int what;
	} subscriptions[] = {
		{ "subscribe", CUSAX_SUBSCRIPTION_ASKED },
		{ "subscribed", CUSAX_SUBSCRIPTION_GRANTED },
		{ "unsubscribe", CUSAX_SUBSCRIPTION_WITHDRAWN },
		{ "unsubscribed", CUSAX_SUBSCRIPTION_DENIED },
	};

	if (cusax_xmpp_muc_handle_presence(session, stanza))
		return;
	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_PRESENCE))
		return;
	if (g_strcmp0(stanza->from, cusax_xmpp_stream_bound(session->stream)) == 0)
		return; /* the own broadcast, reflected */
	if (!*stanza->type || strcmp(stanza->type, "unavailable") == 0) {
		report_presence(session, stanza, !*stanza->type);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(subscriptions); i++) {
		if (strcmp(stanza->type, subscriptions[i].type) == 0)
			report_subscription(session, stanza, subscriptions[i].what);
	}
}

/* --- the own --------------------------------------------------------------------------------- */

static void add_extras(CusaxXmppSession *session, CusaxNode *presence)
{
	CusaxSettings *settings = session->wanted->connect.settings;
	int priority = cusax_settings_int(settings, "priority");
	g_autofree char *number = g_strdup_printf("%d", priority);
	CusaxNode *x;

	if (priority != 0)
		cusax_node_add_text(presence, "priority", CUSAX_NS_CLIENT, number);
	cusax_xmpp_disco_add_caps(session, presence);
	/* XEP-0153 §3.1: which photo is the right one is said where we have set it. */
	x = cusax_node_add(presence, "x", CUSAX_NS_VCARD_UPDATE);
	if (session->photo_hash)
		cusax_node_add_text(x, "photo", CUSAX_NS_VCARD_UPDATE, session->photo_hash);
}

static const char *show_of(CusaxAvailability availability)
{
	switch (availability) {
	case CUSAX_AVAILABILITY_OFFLINE:
	case CUSAX_AVAILABILITY_ONLINE:
		return NULL;
	case CUSAX_AVAILABILITY_AWAY:
		return "away";
	case CUSAX_AVAILABILITY_XA:
		return "xa";
	case CUSAX_AVAILABILITY_DND:
		return "dnd";
	}
	g_return_val_if_reached(NULL);
}

/* XEP-0352: who is away for long looks at nothing; what can wait may. Who is away for a moment still sees
 * others come and go. */
static void indicate(CusaxXmppSession *session, CusaxAvailability availability)
{
	gboolean inactive = availability == CUSAX_AVAILABILITY_XA;

	if (session->is_inactive == inactive)
		return;
	session->is_inactive = inactive;
	cusax_xmpp_stream_indicate(session->stream, !inactive);
}

void cusax_xmpp_presence_broadcast(CusaxXmppSession *session, const CusaxOperation *operation)
{
	CusaxAvailability availability = operation->presence.availability;
	const char *status = operation->presence.status;
	CusaxNode *presence;

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_PRESENCE)) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_FEATURE_DISABLED,
					"presence is switched off for this account");
		return;
	}
	presence = cusax_node_new("presence", CUSAX_NS_CLIENT);
	if (availability == CUSAX_AVAILABILITY_OFFLINE)
		cusax_node_set(presence, "type", "unavailable");
	cusax_node_add_text(presence, "show", CUSAX_NS_CLIENT, show_of(availability));
	cusax_node_add_text(presence, "status", CUSAX_NS_CLIENT, status && *status ? status : NULL);
	if (availability != CUSAX_AVAILABILITY_OFFLINE)
		add_extras(session, presence);
	cusax_xmpp_session_send(session, presence);
	indicate(session, availability);
	cusax_xmpp_session_done(session, operation->id, NULL);
}

void cusax_xmpp_presence_leave(CusaxXmppSession *session)
{
	CusaxNode *presence;

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_PRESENCE))
		return;
	presence = cusax_node_new("presence", CUSAX_NS_CLIENT);
	cusax_node_set(presence, "type", "unavailable");
	cusax_xmpp_session_send(session, presence);
}

void cusax_xmpp_presence_subscribe(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const char *const types[] = {
		[CUSAX_SUBSCRIBE] = "subscribe",
		[CUSAX_AUTHORIZE] = "subscribed",
		[CUSAX_DENY] = "unsubscribed",
		[CUSAX_UNSUBSCRIBE] = "unsubscribe",
	};
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(operation->subscription.address, &error);
	g_autofree char *bare = jid ? cusax_jid_bare(jid) : NULL;
	CusaxNode *presence;

	if (!cusax_xmpp_session_has(session, CUSAX_FEATURE_PRESENCE)) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_FEATURE_DISABLED,
					"presence is switched off for this account");
		return;
	}
	if (operation->subscription.ahead && !cusax_xmpp_stream_pre_approves(session->stream)) {
		cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_UNSUPPORTED,
					"the contact has not asked, and the server keeps no answer "
					"for when it does");
		return;
	}
	if (bare) {
		presence = cusax_node_new("presence", CUSAX_NS_CLIENT);
		cusax_node_set(presence, "to", bare);
		cusax_node_set(presence, "type", types[operation->subscription.what]);
		cusax_node_add_text(presence, "status", CUSAX_NS_CLIENT,
				    operation->subscription.text);
		cusax_xmpp_session_send(session, presence);
	}
	cusax_xmpp_session_done(session, operation->id, error);
}

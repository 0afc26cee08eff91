/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies (XEP-0461), reactions (XEP-0444), retractions (XEP-0424), fall-backs (XEP-0428). */
/* Main thread. */
#include "services/xmpp/chat-reference.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "services/xmpp/muc.h"
#include "services/xmpp/ns.h"

#define MAX_REACTIONS     16
#define MAX_REACTION      64 /* bytes */
#define RETRACTION_NOTICE "/me took back a message, which this client cannot show as such."

/* --- incoming -------------------------------------------------------------------------------- */

static CusaxEvent *new_event(CusaxXmppSession *session, const CusaxXmppIncoming *in,
			     CusaxEventKind kind, char *id)
{
	CusaxEvent *event = cusax_xmpp_session_event(session, kind);

	event->reference.direction = in->direction;
	event->reference.kind = in->kind;
	event->reference.address = cusax_xmpp_chat_address(in->peer, in->kind);
	if ((in->direction == CUSAX_DIRECTION_IN || in->kind == CUSAX_MESSAGE_ROOM) &&
	    *cusax_jid_resource(in->peer))
		event->reference.resource = g_strdup(cusax_jid_resource(in->peer));
	event->reference.id = id;
	if (in->kind == CUSAX_MESSAGE_ROOM)
		event->reference.occupant = cusax_xmpp_muc_occupant_of(
			cusax_xmpp_muc_find(session, in->peer), in->node);
	event->reference.time = cusax_xmpp_chat_time(in, NULL);
	return event;
}

/* What somebody may react with: no line, no essay. NULL: nothing of the kind. */
static char *take_reaction(CusaxNode *node)
{
	g_autofree char *text = NULL;

	if (!cusax_node_is(node, "reaction", CUSAX_NS_REACTIONS))
		return NULL;
	text = cusax_node_text(node);
	if (!text || !*g_strstrip(text) || strlen(text) > MAX_REACTION || strpbrk(text, "\t\n"))
		return NULL;
	return g_steal_pointer(&text);
}

static GStrv read_reactions(CusaxNode *reactions)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

	for (CusaxNode *n = cusax_node_first(reactions); n && found->len < MAX_REACTIONS;
	     n = cusax_node_next(n)) {
		g_autofree char *text = take_reaction(n);

		if (text && !g_ptr_array_find_with_equal_func(found, text, g_str_equal, NULL))
			g_ptr_array_add(found, g_steal_pointer(&text));
	}
	g_ptr_array_add(found, NULL);
	return (GStrv)g_ptr_array_steal(found, NULL);
}

/* <retract/> as of today, or attached to the message as before version 0.4. */
static CusaxNode *find_retraction(CusaxNode *message)
{
	CusaxNode *retract = cusax_node_child(message, "retract", CUSAX_NS_RETRACT);
	CusaxNode *apply = cusax_node_child(message, "apply-to", CUSAX_NS_FASTEN);

	if (retract)
		return retract;
	return apply && cusax_node_child(apply, "retract", CUSAX_NS_RETRACT_0) ? apply : NULL;
}

gboolean cusax_xmpp_reference_handle(CusaxXmppSession *session, const CusaxXmppIncoming *in)
{
	CusaxNode *reactions = cusax_node_child(in->node, "reactions", CUSAX_NS_REACTIONS);
	CusaxNode *retraction = find_retraction(in->node);
	CusaxNode *reference = retraction ? retraction : reactions;
	CusaxEvent *event;
	char *id;

	if (!reference)
		return FALSE;
	/* Of us, or of somebody who had our nick: what is not sure changes nothing. */
	if (in->claimed)
		return TRUE;
	id = cusax_xmpp_chat_take_id(cusax_node_attr(reference, "id"));
	if (!id) {
		cusax_xmpp_session_refuse(session, "reference");
		return TRUE;
	}
	event = new_event(session, in, retraction ? CUSAX_EVENT_RETRACTION : CUSAX_EVENT_REACTIONS,
			  id);
	if (!retraction) {
		g_strfreev(event->reference.reactions);
		event->reference.reactions = read_reactions(reactions);
	}
	cusax_xmpp_session_push(session, event);
	return TRUE;
}

/* Characters, not bytes. FALSE: not a number. */
static gboolean read_offset(CusaxNode *range, const char *name, gint64 fallback, gint64 *ret)
{
	const char *text = cusax_node_attr(range, name);
	guint64 number;

	*ret = fallback;
	if (!text)
		return TRUE;
	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &number, NULL))
		return FALSE;
	*ret = (gint64)number;
	return TRUE;
}

char *cusax_xmpp_reference_strip(CusaxNode *message, const char *body)
{
	gint64 length = g_utf8_strlen(body, -1);

	for (CusaxNode *n = cusax_node_first(message); n; n = cusax_node_next(n)) {
		CusaxNode *range;
		gint64 start, end;

		if (!cusax_node_is(n, "fallback", CUSAX_NS_FALLBACK) ||
		    g_strcmp0(cusax_node_attr(n, "for"), CUSAX_NS_REPLY) != 0)
			continue;
		range = cusax_node_child(n, "body", CUSAX_NS_FALLBACK);
		/* A whole body that is a fall-back would leave nothing said: it is kept. */
		if (range && read_offset(range, "start", 0, &start) &&
		    read_offset(range, "end", length, &end) && start < end && end <= length &&
		    end - start < length) {
			const char *from = g_utf8_offset_to_pointer(body, start);
			const char *to = g_utf8_offset_to_pointer(from, end - start);
			g_autofree char *before = g_strndup(body, (gsize)(from - body));

			return g_strconcat(before, to, NULL);
		}
	}
	return g_strdup(body);
}

/* --- outgoing -------------------------------------------------------------------------------- */

static CusaxNode *add_fallback(CusaxNode *message, const char *what)
{
	CusaxNode *fallback = cusax_node_add(message, "fallback", CUSAX_NS_FALLBACK);

	cusax_node_set(fallback, "for", what);
	return fallback;
}

/* "> " before each line. */
static char *quotation(const char *quote)
{
	g_auto(GStrv) lines = g_strsplit(quote, "\n", -1);
	GString *text = g_string_new(NULL);

	for (guint i = 0; lines[i]; i++)
		g_string_append_printf(text, "> %s\n", lines[i]);
	return g_string_free(text, FALSE);
}

void cusax_xmpp_reference_add_body(CusaxNode *message, const CusaxOperation *operation)
{
	const char *text = operation->send_message.text;
	g_autofree char *clean = NULL, *quote = NULL, *whole = NULL, *end = NULL;
	CusaxNode *node;

	if (!operation->send_message.reply_to) {
		cusax_node_add_text(message, "body", CUSAX_NS_CLIENT, text);
		return;
	}
	/* Made safe before it is counted: the numbers are of what goes on the wire. */
	clean = cusax_text_clean(
		operation->send_message.reply_quote ? operation->send_message.reply_quote : "", -1);
	quote = *clean ? quotation(clean) : g_strdup("");
	whole = g_strconcat(quote, text, NULL);
	cusax_node_add_text(message, "body", CUSAX_NS_CLIENT, whole);
	node = cusax_node_add(message, "reply", CUSAX_NS_REPLY);
	cusax_node_set(node, "to", operation->send_message.reply_sender);
	cusax_node_set(node, "id", operation->send_message.reply_to);
	if (!*quote)
		return;
	end = g_strdup_printf("%ld", g_utf8_strlen(quote, -1));
	node = cusax_node_add(add_fallback(message, CUSAX_NS_REPLY), "body", CUSAX_NS_FALLBACK);
	cusax_node_set(node, "start", "0");
	cusax_node_set(node, "end", end);
}

/* Not NULL: also kept by servers, though it has no body (XEP-0334 §4.4). */
static CusaxNode *new_reference(CusaxXmppSession *session, const CusaxOperation *operation)
{
	CusaxNode *message = cusax_xmpp_chat_message_new(session, operation->id,
							 operation->send_reference.address,
							 operation->send_reference.message);

	if (!message)
		return NULL;
	cusax_node_set(cusax_node_add(message, "origin-id", CUSAX_NS_SID), "id",
		       operation->send_reference.message);
	cusax_node_add(message, "store", CUSAX_NS_HINTS);
	return message;
}

void cusax_xmpp_reference_send_reactions(CusaxXmppSession *session, const CusaxOperation *operation)
{
	CusaxNode *message = new_reference(session, operation);
	CusaxNode *reactions;

	if (!message)
		return;
	reactions = cusax_node_add(message, "reactions", CUSAX_NS_REACTIONS);
	cusax_node_set(reactions, "id", operation->send_reference.target);
	for (GStrv reaction = operation->send_reference.reactions; *reaction; reaction++)
		cusax_node_add_text(reactions, "reaction", CUSAX_NS_REACTIONS, *reaction);
	cusax_xmpp_chat_submit(session, operation->id, message, operation->send_reference.message);
}

void cusax_xmpp_reference_send_retraction(CusaxXmppSession *session,
					  const CusaxOperation *operation)
{
	CusaxNode *message = new_reference(session, operation);

	if (!message)
		return;
	cusax_node_set(cusax_node_add(message, "retract", CUSAX_NS_RETRACT), "id",
		       operation->send_reference.target);
	add_fallback(message, CUSAX_NS_RETRACT);
	cusax_node_add_text(message, "body", CUSAX_NS_CLIENT, RETRACTION_NOTICE);
	cusax_xmpp_chat_submit(session, operation->id, message, operation->send_reference.message);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said in rooms: whose it is, whether it counts as new, when ours may go out. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/jid.h"

CusaxMessageKind core_message_kind(CusaxConversation *conversation)
{
	if (CUSAX_IS_ROOM(conversation))
		return CUSAX_MESSAGE_ROOM;
	return CUSAX_IS_CHAT(conversation) && CUSAX_CHAT(conversation)->room ? CUSAX_MESSAGE_PRIVATE
									     : CUSAX_MESSAGE_CHAT;
}

/* The room that a peer of the history is, or is in; NULL: it is a person. */
static CoreRoom *room_of_peer(CusaxCore *core, CusaxAccount *account, const char *peer)
{
	g_autofree char *bare = NULL;

	if (account->protocol != CUSAX_PROTOCOL_XMPP)
		return NULL;
	bare = cusax_jid_bare(peer);
	return core_room_record(core, account, bare);
}

gboolean core_room_takes(CusaxCore *core, CusaxAccount *account, const char *peer)
{
	CoreRoom *record = room_of_peer(core, account, peer);

	if (!record) /* an occupant of a room that is forgotten cannot be reached */
		return account->protocol != CUSAX_PROTOCOL_XMPP || !*cusax_jid_resource(peer);
	/* Not before the past is here: it may have what seems to wait. */
	return record->fsm.state == CUSAX_ROOM_JOINED && record->caught_up;
}

/* XEP-0308 §5: under the same nick there may be somebody else by now. What is kept by the room says
 * nothing about who had the nick when. */
static gint64 known_since(CoreRoom *record, const CusaxEvent *event)
{
	const CusaxOccupant *occupant =
		event->message.resource ? cusax_room_occupant(record->room, event->message.resource)
					: NULL;

	return occupant && !event->message.delayed ? occupant->since : G_MAXINT64;
}

char *core_sender(CusaxAccount *account, CusaxDirection direction, CusaxMessageKind kind,
		  const char *address, const char *resource)
{
	if (direction == CUSAX_DIRECTION_OUT)
		return g_strdup(account->address);
	return kind == CUSAX_MESSAGE_ROOM ? g_strconcat(address, "/", resource, NULL)
					  : g_strdup(address);
}

gboolean core_room_admits(CusaxCore *core, CusaxAccount *account, CusaxMessageKind kind,
			  const char *address)
{
	CoreRoom *record = room_of_peer(core, account, address);

	/* A room that we have left, or never were in, is no person who writes. */
	if (kind == CUSAX_MESSAGE_CHAT ? !record : record && record->fsm.wanted)
		return TRUE;
	core_count_refused(core, cusax_object_id(CUSAX_OBJECT(account)), "room-message");
	return FALSE;
}

void core_room_describe_message(CusaxAccount *account, const CusaxEvent *event,
				CusaxMessage *message)
{
	g_free(message->sender);
	message->sender = core_sender(account, event->message.direction, event->message.kind,
				      event->message.address, event->message.resource);
	/* Ours where we know it, else of whoever had the nick before us. */
	if (event->message.claimed)
		message->else_sender = core_sender(account, CUSAX_DIRECTION_IN, event->message.kind,
						   event->message.address, event->message.resource);
	message->replaces_since =
		event->message.direction == CUSAX_DIRECTION_OUT && !event->message.claimed
			? 0
			: G_MAXINT64;
}

static void admit_in_room(CoreRoom *record, const CusaxEvent *event, CusaxMessage *message)
{
	gboolean incoming = event->message.direction == CUSAX_DIRECTION_IN;

	record->heard = g_get_monotonic_time();
	core_room_describe_message(record->room->parent.account, event, message);
	if (incoming)
		message->replaces_since = known_since(record, event);
	/* Of what was said before we ever came, nothing is news. Rooms tell times to the second. */
	message->unread =
		incoming &&
		(!event->message.delayed ||
		 (record->news_since && message->time + G_USEC_PER_SEC > record->news_since));
}

gboolean core_room_admit_message(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event,
				 CusaxMessage *message)
{
	if (!core_room_admits(core, account, event->message.kind, event->message.address))
		return FALSE;
	if (event->message.kind == CUSAX_MESSAGE_ROOM)
		admit_in_room(room_of_peer(core, account, event->message.address), event, message);
	return TRUE;
}

/* TRUE where text has the nick as a word of its own. */
static gboolean names(const char *text, const char *nick)
{
	g_autofree char *in = g_utf8_casefold(text, -1), *what = g_utf8_casefold(nick, -1);
	gsize length = strlen(what);

	if (length == 0)
		return FALSE;
	for (const char *at = strstr(in, what); at; at = strstr(at + 1, what)) {
		const char *before = at > in ? g_utf8_prev_char(at) : NULL;

		if (!(before && g_unichar_isalnum(g_utf8_get_char(before))) &&
		    !g_unichar_isalnum(g_utf8_get_char(at + length)))
			return TRUE;
	}
	return FALSE;
}

void core_room_on_stored(CusaxCore *core, CusaxAccount *account, CusaxConversation *conversation,
			 const CusaxMessage *message, gboolean is_new)
{
	CusaxRoom *room;
	CoreRoom *record;

	if (!CUSAX_IS_ROOM(conversation))
		return;
	room = CUSAX_ROOM(conversation);
	record = g_hash_table_lookup(core->rooms, room);
	record->last_time = MAX(record->last_time, message->time);
	/* The room sends us what we said: now everybody has it, as the history knows already. */
	if (message->direction == CUSAX_DIRECTION_OUT && !is_new &&
	    g_hash_table_contains(core->unacknowledged, message->id))
		core_chat_show_delivery(core, account, message);
	if (is_new && message->unread && names(message->text, room->nick ? room->nick : ""))
		g_object_set(room, "mentions", room->mentions + 1, NULL);
}

void core_room_check_caught_up(CoreRoom *record)
{
	if (record->caught_up || record->archive_runs || !record->subject_came)
		return;
	record->caught_up = TRUE;
	core_chat_flush(record->core, record->room->parent.account);
}

void core_room_on_archive(CusaxCore *core, CusaxAccount *account, const char *address, guint turn)
{
	CoreRoom *record = core_room_record(core, account, address);

	if (!record || record->archive_turn != turn)
		return;
	record->archive_runs = FALSE;
	core_room_check_caught_up(record);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of a room: who is in it, its subject, what it says of itself. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/sip-uri.h"
#include "daemon/base/text.h"

#define MAX_SUBJECT 4096
#define CROWD       64   /* occupants from which on changes are told together */
#define SHOW_MSEC   250  /* and how long they are gathered, at least */
#define MAX_MSEC    5000 /* and at most: a large room is a large message on the bus */

/* --- who is in -------------------------------------------------------------------------------- */

static gboolean on_show(gpointer data)
{
	CoreRoom *record = data;

	record->show = 0;
	cusax_room_show(record->room);
	return G_SOURCE_REMOVE;
}

void core_room_show(CoreRoom *record)
{
	guint n = g_hash_table_size(record->room->members);

	if (record->show)
		return;
	if (n <= CROWD)
		cusax_room_show(record->room);
	else
		record->show = g_timeout_add(MIN(SHOW_MSEC + n, MAX_MSEC), on_show, record);
}

static CusaxOccupant *read_occupant(CoreRoom *record, const CusaxRoomFacts *facts)
{
	const CusaxOccupant *old = cusax_room_occupant(record->room, facts->nick);
	CusaxOccupant *occupant = cusax_occupant_new(facts->nick);

	occupant->address = g_strdup(facts->person);
	occupant->role = g_strdup(facts->role);
	occupant->affiliation = g_strdup(facts->affiliation);
	occupant->availability = facts->availability;
	occupant->status = facts->text ? cusax_text_line(facts->text, 1024) : NULL;
	occupant->avatar_hash = g_strdup(facts->photo_hash ? facts->photo_hash
					 : old             ? old->avatar_hash
							   : NULL);
	occupant->self = facts->self;
	occupant->since = old ? old->since : g_get_real_time();
	return occupant;
}

static void rename_occupant(CoreRoom *record, const CusaxRoomFacts *facts)
{
	const CusaxOccupant *old = cusax_room_occupant(record->room, facts->nick);
	CusaxOccupant *renamed;

	if (!old)
		return;
	renamed = cusax_occupant_new(facts->new_nick);
	renamed->address = g_strdup(old->address);
	renamed->role = g_strdup(old->role);
	renamed->affiliation = g_strdup(old->affiliation);
	renamed->availability = old->availability;
	renamed->status = g_strdup(old->status);
	renamed->avatar_hash = g_strdup(old->avatar_hash);
	renamed->self = old->self;
	renamed->since = g_get_real_time();
	cusax_room_take_out(record->room, facts->nick);
	cusax_room_put(record->room, renamed);
}

static void show_self(CoreRoom *record, const CusaxRoomFacts *facts)
{
	g_autofree char *nick = cusax_text_line(facts->new_nick ? facts->new_nick : facts->nick,
						CUSAX_TEXT_NAME_MAX);

	g_object_set(record->room, "nick", nick, NULL);
	if (facts->role)
		g_object_set(record->room, "role", facts->role, NULL);
	if (facts->affiliation)
		g_object_set(record->room, "affiliation", facts->affiliation, NULL);
	if (facts->new_nick) { /* wanted so by us, or by the room */
		g_free(record->asked_nick);
		record->asked_nick = g_strdup(nick);
		core_room_save(record);
	}
}

void core_room_on_occupant(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreRoom *record = core_room_record(core, account, event->room.address);

	if (!record || !record->fsm.wanted)
		return;
	record->heard = g_get_monotonic_time();
	if (event->room.new_nick)
		rename_occupant(record, &event->room);
	else if (event->room.availability == CUSAX_AVAILABILITY_OFFLINE)
		cusax_room_take_out(record->room, event->room.nick);
	else
		cusax_room_put(record->room, read_occupant(record, &event->room));
	if (event->room.self)
		show_self(record, &event->room);
	/* While we come in, all who are there are told as one. */
	if (record->fsm.state == CUSAX_ROOM_JOINED)
		core_room_show(record);
}

/* --- what it is about -------------------------------------------------------------------------- */

void core_room_on_subject(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreRoom *record = core_room_record(core, account, event->room.address);
	g_autofree char *subject = NULL;

	if (!record)
		return;
	record->heard = g_get_monotonic_time();
	subject = cusax_text_line(event->room.text, MAX_SUBJECT);
	g_object_set(record->room, "subject", subject, NULL);
	if (!record->last_time) /* what comes from now on is news, also when we miss it */
		record->last_time = g_get_real_time();
	if (!record->news_since)
		record->news_since = record->last_time;
	record->subject_came = TRUE;
	core_room_check_caught_up(record);
}

static void on_info_done(G_GNUC_UNUSED CusaxCore *core, G_GNUC_UNUSED const GError *error,
			 G_GNUC_UNUSED gpointer data)
{
}

void core_room_ask_info(CoreRoom *record)
{
	CusaxConversation *room = &record->room->parent;
	CusaxOperation *ask = cusax_operation_new(CUSAX_OPERATION_ROOM_INFO,
						  cusax_object_id(CUSAX_OBJECT(room->account)));

	ask->room.address = g_strdup(room->address);
	core_submit(record->core, room->account, ask, on_info_done, NULL);
}

void core_room_on_changed(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreRoom *record = core_room_record(core, account, event->room.address);

	if (record && record->fsm.state == CUSAX_ROOM_JOINED)
		core_room_ask_info(record);
}

/* C78: a SIP URI and nothing else; what else a room may name is no conference of ours. */
static char *conference_uri(const char *text)
{
	g_autoptr(CusaxSipUri) uri = text ? cusax_sip_uri_parse(text, NULL) : NULL;

	return uri && strlen(text) <= 1024 ? cusax_text_line(text, 1024) : NULL;
}

void core_room_on_info(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreRoom *record = core_room_record(core, account, event->room.address);
	g_autofree char *name = NULL, *uri = NULL;

	if (!record)
		return;
	name = cusax_text_line(event->room.name, CUSAX_TEXT_NAME_MAX);
	uri = conference_uri(event->room.audio_video_uri);
	g_object_set(record->room, "features", event->room.features, "audio-video-uri", uri, NULL);
	if (*name && g_strcmp0(name, record->room->name) != 0) {
		g_object_set(record->room, "name", name, NULL);
		core_room_save(record);
	}
}

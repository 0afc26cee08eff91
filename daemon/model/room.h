/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One multi-user chat and who is in it; its messages are in the history, not here. */
/* Main thread. */
#pragma once

#include "daemon/model/conversation.h"

#define CUSAX_TYPE_ROOM (cusax_room_get_type())
G_DECLARE_FINAL_TYPE(CusaxRoom, cusax_room, CUSAX, ROOM, CusaxConversation)

struct _CusaxRoom {
	CusaxConversation parent; /* its address: the bare JID of the room */
	char *name;
	char *subject;
	char *nick; /* as asked for, or as the room has it while joined */
	CusaxRoomState state;
	char *state_reason;  /* one line for a person; "" when there is nothing to tell */
	char *error_name;    /* of base/error.h; "" when there is none */
	char *role;          /* own; "none" while not in */
	char *affiliation;   /* own, as last told */
	GStrv features;      /* words, as the room says: "members-only", "password"… */
	GVariant *occupants; /* aa{sv}, by nick; follows what is below by cusax_room_show() */
	guint mentions;      /* unread messages that name the own nick */
	gboolean autojoin;
	GVariant *invitation; /* a{sv}; empty: none */
	char *audio_video_uri;
	CusaxObject *conference; /* NULL: none */

	GHashTable *members; /* nick as on the wire -> CusaxOccupant */
};

/* Somebody in a room. Strings are owned; NULL where nothing is known. */
typedef struct {
	char *nick;    /* as on the wire */
	char *address; /* bare JID, where the room tells */
	char *role, *affiliation;
	CusaxAvailability availability;
	char *status;
	char *avatar_hash;
	gboolean self;
	gint64 since; /* Unix microseconds: under this nick, as far as we saw */
} CusaxOccupant;

CusaxRoom *cusax_room_new(const char *id, CusaxAccount *account, const char *address);

CusaxOccupant *cusax_occupant_new(const char *nick);
void cusax_occupant_free(CusaxOccupant *occupant);

/* Takes occupant; whoever had its nick is replaced. Not shown before cusax_room_show(). */
void cusax_room_put(CusaxRoom *room, CusaxOccupant *occupant);
/* FALSE: nobody has that nick. */
gboolean cusax_room_take_out(CusaxRoom *room, const char *nick);
/* Borrowed; NULL: nobody has that nick. */
const CusaxOccupant *cusax_room_occupant(CusaxRoom *room, const char *nick);
/* The same by the nick as it is shown, made safe; NULL also where two are shown alike. */
const CusaxOccupant *cusax_room_find_shown(CusaxRoom *room, const char *shown);
/* The property occupants becomes what is known now. */
void cusax_room_show(CusaxRoom *room);

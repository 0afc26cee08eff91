/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the core that follow rooms share; a part of core-private.h. */
/* Main thread. */
#pragma once

#include "daemon/core-private.h"

/* A room as it is followed (core-room.c). */
typedef struct {
	CusaxCore *core;
	CusaxRoom *room; /* the registry holds it at least as long */
	CusaxRoomFsm fsm;
	char *password;      /* wiped when freed; NULL: none is known */
	char *asked_nick;    /* what the person is called there, before others had the nick */
	guint nick_tries;    /* how often another nick was tried since */
	GVariant *settings;  /* for a room that may be new; NULL: its service's defaults */
	GPtrArray *awaiting; /* GTask, of those who join */
	char *inviter;       /* JID; NULL: nobody has invited */
	gboolean invited_directly;
	gboolean marked;       /* the list of bookmarks being read has it */
	gboolean is_new;       /* made for a join that has not succeeded yet */
	gboolean keep;         /* the next success is to be bookmarked */
	guint archive_turn;    /* which reading of its archive is that of this stay */
	gboolean archive_runs; /* what was said while away is being fetched */
	gboolean subject_came; /* all that the room tells by itself of the past is here */
	gboolean caught_up;    /* all that was said before is here: what waits can be sent */
	gint64 last_time;      /* of the newest message, or of coming in first; 0: neither */
	gint64 news_since;     /* of this stay: what was said before is no news; 0: all that was */
	gint64 heard;          /* monotonic: the room was alive */
	guint retry, show, ping; /* timers, 0: none */
} CoreRoom;

/* --- core-room.c: rooms joined, left, joined again ----------------------------------------------- */

GHashTable *core_rooms_new(void);
CusaxRoom *core_room_find(CusaxCore *core, CusaxAccount *account, const char *address);
/* Made where there is none. NULL and LIMIT_EXCEEDED beyond the limit. */
CoreRoom *core_room_open(CusaxCore *core, CusaxAccount *account, const char *address,
			 GError **error);
/* The record; NULL: no such room. */
CoreRoom *core_room_record(CusaxCore *core, CusaxAccount *account, const char *address);
void core_room_restore(CusaxCore *core, const CusaxStoredRoom *stored);
/* One step of the room; its record may be gone afterwards, where nothing is left of it. */
void core_room_input(CoreRoom *record, CusaxRoomInput input, const GError *cause);
/* Where none is known: as the account says, or the first part of its address. */
void core_room_default_nick(CoreRoom *record);
/* What is kept for the next start follows. */
void core_room_save(CoreRoom *record);
/* Nothing is left of it but its messages. */
void core_room_remove(CoreRoom *record);
/* The account is removed: so are its rooms. */
void core_room_forget(CusaxCore *core, CusaxAccount *account);
/* Its session is there again, resumed. A new one: see core_bookmark_on_list(). */
void core_room_resume(CusaxCore *core, CusaxAccount *account);
void core_room_offline(CusaxCore *core, CusaxAccount *account);
void core_room_on_joined(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_room_on_left(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* --- core-room-facts.c: who is in, subject, what the room says of itself -------------------------- */

/* Soon where many are in, so that a crowd that comes is one change; else at once. */
void core_room_show(CoreRoom *record);
void core_room_ask_info(CoreRoom *record);
void core_room_on_occupant(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_room_on_subject(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_room_on_changed(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_room_on_info(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* --- core-room-message.c: what is said in rooms ---------------------------------------------------- */

/* FALSE: the message is for a room that cannot be told anything now. */
gboolean core_room_takes(CusaxCore *core, CusaxAccount *account, const char *peer);
/* FALSE: nothing of that kind can come from there; it is counted. */
gboolean core_room_admits(CusaxCore *core, CusaxAccount *account, CusaxMessageKind kind,
			  const char *address);
/* Whose word it is: the account's, the occupant's or the other side's. Free with g_free(). */
char *core_sender(CusaxAccount *account, CusaxDirection direction, CusaxMessageKind kind,
		  const char *address, const char *resource);
/* Fills what is different in a room. FALSE: it is refused, and counted. */
gboolean core_room_admit_message(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event,
				 CusaxMessage *message);
/* The same of what the archive of a room has. */
void core_room_describe_message(CusaxAccount *account, const CusaxEvent *event,
				CusaxMessage *message);
/* The reading of its archive is over, or there is none. */
void core_room_on_archive(CusaxCore *core, CusaxAccount *account, const char *address, guint turn);
/* What was said while we were out is here, as far as it can be had: what waits goes out. */
void core_room_check_caught_up(CoreRoom *record);
/* A message is stored: time, mentions, reflection. */
void core_room_on_stored(CusaxCore *core, CusaxAccount *account, CusaxConversation *conversation,
			 const CusaxMessage *message, gboolean is_new);
/* As what a message to that conversation counts. */
CusaxMessageKind core_message_kind(CusaxConversation *conversation);

/* --- core-room-invitation.c ------------------------------------------------------------------------ */

void core_room_on_invitation(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_room_on_declined(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* --- core-bookmark.c: rooms on all devices -------------------------------------------------------- */

/* The list came, or there is none: rooms are joined again. */
void core_bookmark_on_list(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_bookmark_on_change(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* Writes the bookmark of the room as it is now. */
void core_bookmark_save(CoreRoom *record);
void core_bookmark_remove(CoreRoom *record);
